//! `version`: what runs here, and what is served there.

use super::OUTPUT_VERSION;
use super::connect::Connected;
use super::failure::{Attempted, Exit, is_missing};
use super::output::{Document, OutputArgs, text::one_line};
use super::session::Session;
use crate::api;
use crate::controllers::leadership;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use serde::Serialize;

/// Show the versions of the client and of what the cluster serves
#[derive(clap::Args)]
pub struct VersionArgs {
    /// Only the client's version; contacts nothing
    #[arg(long)]
    client: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// The versions of client and cluster.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionInfo {
    api_version: &'static str,
    kind: Document,
    client: ClientVersion,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<ClusterVersion>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientVersion {
    version: &'static str,
    api_version: String,
    platform: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterVersion {
    kubernetes: String,
    served_versions: Vec<String>,
    /// Version of the controllers that hold the lease, where it may be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    controllers: Option<String>,
}

/// Prints the versions.
///
/// # Errors
/// When the API server does not answer.
pub async fn run(args: &VersionArgs, session: &Session) -> anyhow::Result<Exit> {
    let cluster = match args.client {
        true => None,
        false => Some(ask(&session.connect()?).await?),
    };
    let client = ClientVersion {
        version: env!("CARGO_PKG_VERSION"),
        api_version: format!("{}/{}", api::GROUP, api::VERSION),
        platform: format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
        // Known where `make build` or `make dist` built it.
        commit: option_env!("KUBERNAUT_COMMIT").filter(|commit| !commit.is_empty()),
        date: option_env!("KUBERNAUT_DATE").filter(|date| !date.is_empty()),
    };
    let info = VersionInfo { api_version: OUTPUT_VERSION, kind: Document::VersionInfo, client, cluster };
    match args.output.format() {
        format if format.is_rendered() => session.voice.print(&args.output.render(&serde_json::to_value(&info)?)?)?,
        _ => tell(&info, session)?,
    }
    Ok(Exit::Done)
}

async fn ask(connected: &Connected) -> anyhow::Result<ClusterVersion> {
    let (kubernetes, controllers) = futures::join!(connected.client.apiserver_version(), controllers(connected));
    let kubernetes = kubernetes.attempted(|| "ask for the cluster's version".to_owned())?;
    let path = http::Request::get(format!("/apis/{}", api::GROUP)).body(Vec::new())?;
    let group = connected.client.request::<k8s_openapi::apimachinery::pkg::apis::meta::v1::APIGroup>(path).await;
    let served_versions = match group {
        Ok(group) => group.versions.into_iter().map(|version| version.version).collect(),
        Err(error) if is_missing(&error) => Vec::new(),
        Err(error) => return Err(error).attempted(|| "ask which versions are served".to_owned()).map_err(Into::into),
    };
    Ok(ClusterVersion { kubernetes: kubernetes.git_version, served_versions, controllers })
}

/// Who may not read the lease is told nothing of the controllers.
async fn controllers(connected: &Connected) -> Option<String> {
    let leases: Api<Lease> = Api::namespaced(connected.client.clone(), api::SYSTEM_NAMESPACE);
    let lease = leases.get_opt(leadership::LEASE).await.ok().flatten()?;
    let held = lease.spec.as_ref()?.holder_identity.as_ref().is_some_and(|holder| !holder.is_empty());
    lease.metadata.annotations?.remove(leadership::VERSION).filter(|_| held)
}

fn tell(info: &VersionInfo, session: &Session) -> anyhow::Result<()> {
    let client = &info.client;
    let built = client.commit.into_iter().chain(client.date).map(|part| format!(", {part}")).collect::<String>();
    session.voice.print_line(&format!("Client: v{} ({}{built}, {})", client.version, client.api_version, client.platform))?;
    let Some(cluster) = &info.cluster else { return Ok(()) };
    let served = Some(cluster.served_versions.join(", ")).filter(|list| !list.is_empty());
    let kinds = served.map_or_else(|| "CRDs not installed".to_owned(), |list| format!("CRDs {list}"));
    let controllers = cluster.controllers.as_ref().map(|version| format!(", controllers v{version}")).unwrap_or_default();
    session.voice.print_line(&one_line(&format!("Cluster: Kubernetes {}, {kinds}{controllers}", cluster.kubernetes)))?;
    if let Some(other) = cluster.controllers.as_ref().filter(|version| *version != client.version) {
        session.voice.tell(&one_line(&format!("warning: the controllers are of version {other}, this client is of {}", client.version)));
    }
    if cluster.served_versions.is_empty() {
        session.hint(&format!("install them with  {}", super::paste::ours("install")));
    } else if !cluster.served_versions.iter().any(|version| version == api::VERSION) {
        session.voice.tell(&format!("warning: the cluster does not serve {}, which this client speaks", api::VERSION));
    }
    Ok(())
}
