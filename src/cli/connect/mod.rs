//! Connects to the cluster that kubectl would connect to, as the user kubectl would be.

mod bearer;
mod check;
pub mod files;
pub mod kubeconfig;
mod plugin;
mod pod;
pub mod proxy;
pub mod reach;
pub mod served;

use crate::cli::failure::{Failure, Reason};
use crate::cli::output::age::length;
use bearer::Bearer;
use jiff::SignedDuration;
use k8s_openapi::ByteString;
use kube::Client;
use kube::client::ClientBuilder;
use kube::config::{AuthInfo, Cluster, Config};
use kubeconfig::Effective;
use plugin::Plugin;
use reach::Patience;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::path::{Path, PathBuf};
use tower::util::option_layer;

/// How to connect: kubectl's flags, with kubectl's meaning.
#[derive(clap::Args, Clone, Default)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Kubeconfig file to use
    #[arg(long, global = true, value_name = "FILE", value_parser = path)]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig to use
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Cluster of the kubeconfig to use
    #[arg(long, global = true, value_name = "NAME")]
    pub cluster: Option<String>,
    /// User of the kubeconfig to be
    #[arg(long, global = true, value_name = "NAME")]
    pub user: Option<String>,
    /// Namespace to work in
    #[arg(short = 'n', long, global = true, value_name = "NAME")]
    pub namespace: Option<String>,
    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "USER")]
    pub as_user: Option<String>,
    /// Group to impersonate, repeatable
    #[arg(long, global = true, value_name = "GROUP")]
    pub as_group: Vec<String>,
    /// Uid to impersonate
    #[arg(long, global = true, value_name = "UID")]
    pub as_uid: Option<String>,
    /// Bearer token to authenticate with
    #[arg(long, global = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Address of the API server
    #[arg(short = 's', long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// File with the certificate authority
    #[arg(long, global = true, value_name = "FILE")]
    pub certificate_authority: Option<String>,
    /// File with the client certificate
    #[arg(long, global = true, value_name = "FILE")]
    pub client_certificate: Option<String>,
    /// File with the client key
    #[arg(long, global = true, value_name = "FILE")]
    pub client_key: Option<String>,
    /// Do not check the API server's certificate
    #[arg(long, global = true)]
    pub insecure_skip_tls_verify: bool,
    /// Name to check the API server's certificate against
    #[arg(long, global = true, value_name = "NAME")]
    pub tls_server_name: Option<String>,
    /// How long to wait for one answer, for example 10s; 0 waits for ever
    #[arg(long, global = true, value_name = "LENGTH", value_parser = length)]
    pub request_timeout: Option<SignedDuration>,
    /// Do not ask for compressed answers
    #[arg(long, global = true)]
    pub disable_compression: bool,
    /// Accepted for kubectl's sake; nothing is cached
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true, value_parser = path)]
    pub cache_dir: Option<PathBuf>,
    /// How much to log, 0 to 9
    #[arg(short = 'v', long = "v", global = true, value_name = "LEVEL")]
    pub verbosity: Option<u8>,
}

/// An empty path is none, so it is let through.
fn path(text: &str) -> Result<PathBuf, std::convert::Infallible> {
    Ok(PathBuf::from(text))
}

/// A client, and what it was made from.
#[derive(Clone)]
pub struct Connected {
    /// Talks to the API server; never retries by itself.
    pub client: Client,
    /// The namespace to work in.
    pub namespace: String,
    /// Name of the context; empty without one.
    pub context: String,
    /// The API server's URL.
    pub server: String,
    /// The whole configuration, for making further clients.
    pub config: Config,
}

impl Connected {
    /// A connection around a ready client, in a namespace; for tests.
    pub fn around(client: Client, namespace: &str) -> Self {
        let config = Config::new(http::Uri::from_static("http://scripted"));
        Self { client, namespace: namespace.to_owned(), context: "test".to_owned(), server: "http://scripted".to_owned(), config }
    }
}

/// Reads the kubeconfig, lays the flags over it, and makes a client. Nothing is sent yet, but a credential plugin runs.
///
/// Where this differs from kubectl: a context that names a missing cluster is an error (kubectl tries localhost:8080); `--as` and
/// `--request-timeout` do not take a pod its service account; a plain-http server behind an http proxy is reached by CONNECT, and user and
/// password of a SOCKS proxy are not sent (both are kube's); a client certificate from a plugin is not renewed while we run; without any
/// credential nobody is asked for a name and a password.
///
/// # Errors
/// When the kubeconfig or the flags are wrong, or a credential plugin fails.
pub fn connect(flags: &Connection) -> Result<Connected, Failure> {
    let env = |name: &str| std::env::var(name).ok();
    let account = || pod::account(Path::new(pod::FOLDER), env);
    let found = kubeconfig::effective(&files::read(flags.kubeconfig.as_ref())?, flags, account)?;
    let own = found.namespace.clone().or_else(|| account().and_then(|pod| pod.namespace));
    let namespace = flags.namespace.clone().filter(|name| !name.is_empty()).or(own).unwrap_or_else(|| "default".to_owned());
    let (context, guessed) = (found.context.clone().unwrap_or_default(), found.guessed);
    let (mut config, bearer) = configured(found)?;
    config.default_retry = false;
    config.headers.push((http::header::USER_AGENT, http::HeaderValue::from_static(AGENT)));
    config.default_namespace.clone_from(&namespace);
    let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
    let limit = flags.request_timeout.and_then(|limit| std::time::Duration::try_from(limit).ok()).filter(|limit| !limit.is_zero());
    let patience = Patience { server: server.clone(), guessed, limit };
    let builder = ClientBuilder::try_from(config.clone()).map_err(|error| unusable(&error))?;
    let client = builder.with_layer(&option_layer(bearer)).with_layer(&patience).build();
    Ok(Connected { client, namespace, context, server, config })
}

const AGENT: &str = concat!("kubectl-kubernaut/", env!("CARGO_PKG_VERSION"));

fn wrong(message: impl Into<String>) -> Failure {
    Failure::new(Reason::Internal, message).hint("see  kubectl config view")
}

fn unusable(error: &kube::Error) -> Failure {
    let innermost = anyhow::Chain::new(error).last().map(ToString::to_string).unwrap_or_default();
    wrong(format!("the certificates or credentials of this context cannot be used: {innermost}"))
}

fn configured(found: Effective) -> Result<(Config, Option<Bearer>), Failure> {
    let Effective { cluster, user, .. } = found;
    let server = cluster.server.clone().unwrap_or_default();
    let server = if server.contains("://") { server } else { format!("http://{server}") };
    let url: http::Uri = server.parse().map_err(|_| wrong(format!("{server:?} is not the address of a server")))?;
    let mut config = Config::new(url);
    config.proxy_url =
        proxy::proxy_for(&config.cluster_url, cluster.proxy_url.as_deref(), |name| std::env::var(name).ok()).map_err(wrong)?;
    let secure = config.cluster_url.scheme_str() == Some("https");
    let authority = if secure { authority(&cluster)? } else { None };
    config.root_cert = authority.as_deref().map(certificates).transpose()?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or_default();
    config.disable_compression = cluster.disable_compression.unwrap_or_default();
    config.tls_server_name = cluster.tls_server_name.clone();
    let (user, bearer) = if secure { authenticated(user, &cluster, authority.as_deref())? } else { (impersonation_of(&user), None) };
    config.auth_info = user;
    Ok((config, bearer))
}

/// What goes over an open connection: never a credential.
fn impersonation_of(user: &AuthInfo) -> AuthInfo {
    AuthInfo {
        impersonate: user.impersonate.clone(),
        impersonate_uid: user.impersonate_uid.clone(),
        impersonate_groups: user.impersonate_groups.clone(),
        impersonate_user_extra: user.impersonate_user_extra.clone(),
        ..AuthInfo::default()
    }
}

/// The credentials that count, of several: what is fixed goes to kube, what may change while we run is ours.
fn authenticated(mut user: AuthInfo, cluster: &Cluster, authority: Option<&[u8]>) -> Result<(AuthInfo, Option<Bearer>), Failure> {
    let certified = user.client_certificate.is_some() || user.client_certificate_data.is_some();
    if !certified {
        (user.client_key, user.client_key_data) = (None, None);
    }
    let basic = user.username.is_some() || user.password.is_some();
    if basic {
        user.username.get_or_insert_default();
        user.password.get_or_insert_with(|| String::new().into());
    }
    let (exec, file) = (user.exec.take(), user.token_file.take());
    if basic || user.token.is_some() || file.is_some() {
        user.auth_provider = None;
    }
    if let Some(file) = file {
        // As with kubectl, a file that changes counts more than a token that does not.
        user.token = None;
        let bearer = if basic { None } else { Some(Bearer::from_file(file.into())?) };
        return Ok((user, bearer));
    }
    match exec.filter(|_| !basic && !certified && user.token.is_none()) {
        Some(exec) => plugged(user, Plugin::new(&exec, cluster, authority)?),
        None => Ok((user, None)),
    }
}

fn plugged(mut user: AuthInfo, plugin: Plugin) -> Result<(AuthInfo, Option<Bearer>), Failure> {
    let given = plugin.run()?;
    if let Some((certificate, key)) = &given.certificate {
        user.client_certificate_data = Some(base64(certificate)?);
        user.client_key_data = Some(base64(key)?.into());
    }
    Ok((user, Bearer::from_plugin(plugin, &given)?))
}

fn base64(text: &str) -> Result<String, Failure> {
    let encoded = serde_json::to_value(ByteString(text.as_bytes().to_vec())).ok();
    encoded.and_then(|value| value.as_str().map(str::to_owned)).ok_or_else(|| wrong("the plugin's certificate cannot be written"))
}

fn authority(cluster: &Cluster) -> Result<Option<Vec<u8>>, Failure> {
    match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) => {
            let bytes: Result<ByteString, _> = serde_json::from_value(data.as_str().into());
            bytes.map(|bytes| Some(bytes.0)).map_err(|_| wrong("certificate-authority-data is not base64"))
        }
        (None, Some(file)) => std::fs::read(file).map(Some).map_err(|error| wrong(format!("cannot read {file}: {error}"))),
        (None, None) => Ok(None),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let read = CertificateDer::pem_slice_iter(pem).map(|read| read.map(|certificate| certificate.to_vec()));
    let none = || wrong("the certificate authority holds no certificate in PEM");
    read.collect::<Result<Vec<_>, _>>().ok().filter(|found| !found.is_empty()).ok_or_else(none)
}
