//! `version`: what runs here, and what is served there.

use super::OUTPUT_VERSION;
use super::connect::Connected;
use super::failure::{Attempted, Exit, is_missing};
use super::output::OutputArgs;
use super::session::Session;
use crate::api;
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
    kind: &'static str,
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
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterVersion {
    kubernetes: String,
    served_versions: Vec<String>,
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
    };
    let info = VersionInfo { api_version: OUTPUT_VERSION, kind: "VersionInfo", client, cluster };
    match args.output.format() {
        format if format.is_rendered() => session.voice.print(&args.output.render(&serde_json::to_value(&info)?)?)?,
        _ => tell(&info, session)?,
    }
    Ok(Exit::Done)
}

async fn ask(connected: &Connected) -> anyhow::Result<ClusterVersion> {
    let kubernetes = connected.client.apiserver_version().await.attempted(|| "ask for the cluster's version".to_owned())?;
    let path = http::Request::get(format!("/apis/{}", api::GROUP)).body(Vec::new())?;
    let group = connected.client.request::<k8s_openapi::apimachinery::pkg::apis::meta::v1::APIGroup>(path).await;
    let served_versions = match group {
        Ok(group) => group.versions.into_iter().map(|version| version.version).collect(),
        Err(error) if is_missing(&error) => Vec::new(),
        Err(error) => return Err(error).attempted(|| "ask which versions are served".to_owned()).map_err(Into::into),
    };
    Ok(ClusterVersion { kubernetes: kubernetes.git_version, served_versions })
}

fn tell(info: &VersionInfo, session: &Session) -> anyhow::Result<()> {
    let client = &info.client;
    session.voice.print_line(&format!("Client: v{} ({}, {})", client.version, client.api_version, client.platform))?;
    let Some(cluster) = &info.cluster else { return Ok(()) };
    let served = Some(cluster.served_versions.join(", ")).filter(|list| !list.is_empty());
    let kinds = served.map_or_else(|| "CRDs not installed".to_owned(), |list| format!("CRDs {list}"));
    session.voice.print_line(&super::output::text::one_line(&format!("Cluster: Kubernetes {}, {kinds}", cluster.kubernetes)))?;
    if cluster.served_versions.is_empty() {
        session.hint("install them with  kubectl kubernaut install");
    } else if !cluster.served_versions.iter().any(|version| version == api::VERSION) {
        session.voice.tell(&format!("warning: the cluster does not serve {}, which this client speaks", api::VERSION));
    }
    Ok(())
}
