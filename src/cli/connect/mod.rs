//! Connects to the cluster that kubectl would connect to, as the user kubectl would be.

pub mod kubeconfig;
pub mod proxy;
pub mod reach;

use crate::cli::failure::{Failure, Reason};
use crate::cli::output::age::length;
use jiff::SignedDuration;
use k8s_openapi::ByteString;
use kube::client::ClientBuilder;
use kube::config::{Cluster, Config};
use kube::{Client, config::AuthInfo};
use kubeconfig::Effective;
use reach::Patience;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::path::PathBuf;

/// How to connect: kubectl's flags, with kubectl's meaning.
#[derive(clap::Args, Clone, Default)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Kubeconfig file to use
    #[arg(long, global = true, value_name = "FILE")]
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
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true)]
    pub cache_dir: Option<PathBuf>,
    /// How much to log, 0 to 9
    #[arg(short = 'v', long = "v", global = true, value_name = "LEVEL")]
    pub verbosity: Option<u8>,
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

/// Reads the kubeconfig, lays the flags over it, and makes a client. Nothing is sent yet.
///
/// # Errors
/// When the kubeconfig or the flags are wrong, or nothing says where to connect.
pub fn connect(flags: &Connection) -> Result<Connected, Failure> {
    let found = kubeconfig::effective(&kubeconfig::read(flags.kubeconfig.as_ref())?, flags)?;
    let context = found.as_ref().and_then(|effective| effective.context.clone()).unwrap_or_default();
    let namespace = found.as_ref().and_then(|effective| effective.namespace.clone());
    let mut config = match found {
        Some(effective) => configured(effective)?,
        None => in_cluster(flags)?,
    };
    config.default_retry = false;
    config.headers.push((http::header::USER_AGENT, http::HeaderValue::from_static(AGENT)));
    let namespace = flags.namespace.clone().or(namespace).filter(|name| !name.is_empty());
    let namespace = namespace.unwrap_or_else(|| config.default_namespace.clone());
    config.default_namespace.clone_from(&namespace);
    let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
    let limit = flags.request_timeout.and_then(|limit| std::time::Duration::try_from(limit).ok()).filter(|limit| !limit.is_zero());
    let patience = Patience { server: server.clone(), limit };
    let builder = ClientBuilder::try_from(config.clone()).map_err(|error| Failure::from_kube(&error, "connect"))?;
    Ok(Connected { client: builder.with_layer(&patience).build(), namespace, context, server, config })
}

const AGENT: &str = concat!("kubectl-kubernaut/", env!("CARGO_PKG_VERSION"));

fn wrong(message: impl Into<String>) -> Failure {
    Failure::new(Reason::Internal, message).hint("see  kubectl config view")
}

fn in_cluster(flags: &Connection) -> Result<Config, Failure> {
    let nowhere = |_| {
        Failure::new(Reason::Unreachable, "nothing says where to connect: no kubeconfig, no --server, and this is not a pod")
            .hint("start a cluster, or name a file with --kubeconfig")
    };
    let mut config = Config::incluster().map_err(nowhere)?;
    if let Some(token) = &flags.token {
        config.auth_info = AuthInfo { token: Some(token.clone().into()), ..AuthInfo::default() };
    }
    config.auth_info.impersonate.clone_from(&flags.as_user);
    config.auth_info.impersonate_uid.clone_from(&flags.as_uid);
    config.auth_info.impersonate_groups = Some(flags.as_group.clone()).filter(|groups| !groups.is_empty());
    Ok(config)
}

fn configured(effective: Effective) -> Result<Config, Failure> {
    let Effective { cluster, mut user, .. } = effective;
    let server = cluster.server.clone().unwrap_or_default();
    let server = if server.contains("://") { server } else { format!("http://{server}") };
    let url: http::Uri = server.parse().map_err(|_| wrong(format!("{server:?} is not the address of a server")))?;
    if let Some(exec) = user.exec.as_mut().filter(|exec| exec.provide_cluster_info) {
        exec.cluster = Some((&cluster).try_into().map_err(|error: kube::config::KubeconfigError| wrong(error.to_string()))?);
    }
    let mut config = Config::new(url);
    config.proxy_url =
        proxy::proxy_for(&config.cluster_url, cluster.proxy_url.as_deref(), |name| std::env::var(name).ok()).map_err(wrong)?;
    config.root_cert = authorities(&cluster)?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or_default();
    config.disable_compression = cluster.disable_compression.unwrap_or_default();
    config.tls_server_name = cluster.tls_server_name.clone();
    config.auth_info = user;
    Ok(config)
}

fn authorities(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, Failure> {
    let pem = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) if !data.is_empty() => {
            let bytes: ByteString =
                serde_json::from_value(data.as_str().into()).map_err(|_| wrong("certificate-authority-data is not base64"))?;
            bytes.0
        }
        (_, Some(file)) if !file.is_empty() => std::fs::read(file).map_err(|error| wrong(format!("cannot read {file}: {error}")))?,
        _ => return Ok(None),
    };
    let certificates = CertificateDer::pem_slice_iter(&pem).map(|read| read.map(|certificate| certificate.to_vec()));
    certificates.collect::<Result<Vec<_>, _>>().map(Some).map_err(|error| wrong(format!("the certificate authority is not PEM: {error}")))
}
