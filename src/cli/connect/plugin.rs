//! Runs a credential plugin of the kubeconfig, once: kube would run it three times for one client, and keep back what it wrote.

use super::check;
use crate::cli::failure::{Failure, Reason};
use crate::cli::output::text::one_line;
use jiff::Timestamp;
use kube::config::{Cluster, ExecConfig};
use serde_json::{Map, Value, json};
use std::io::IsTerminal;
use std::process::{Command, Stdio};

const OTHERWISE: &str = "correct it, or choose another user with --user or --token";

/// Who one is, according to a plugin.
#[derive(Clone, Debug, Default)]
pub struct Credential {
    /// A bearer token.
    pub token: Option<String>,
    /// A client certificate and its key, in PEM.
    pub certificate: Option<(String, String)>,
    /// Until when.
    pub expires: Option<Timestamp>,
}

/// A plugin, ready to be run.
#[derive(Clone, Debug)]
pub struct Plugin {
    exec: ExecConfig,
    info: Value,
    interactive: bool,
}

impl Plugin {
    /// The plugin of a user of this cluster, whose certificate authority is `authority`, in PEM.
    ///
    /// # Errors
    /// When it needs a terminal and there is none.
    pub fn new(exec: &ExecConfig, cluster: &Cluster, authority: Option<&[u8]>) -> Result<Self, Failure> {
        let interactive = check::interactive(exec, std::io::stdin().is_terminal())?;
        let mut spec = Map::from_iter([("interactive".to_owned(), Value::from(interactive))]);
        if exec.provide_cluster_info {
            spec.insert("cluster".to_owned(), described(cluster, authority));
        }
        let info = json!({"kind": "ExecCredential", "apiVersion": exec.api_version, "spec": spec});
        Ok(Self { exec: exec.clone(), info, interactive })
    }

    /// Runs it; blocks until it ends.
    ///
    /// # Errors
    /// When it is not there, fails, or gives no credentials.
    pub fn run(&self) -> Result<Credential, Failure> {
        let name = self.exec.command.clone().unwrap_or_default();
        let mut command = Command::new(&name);
        let variables = self.exec.env.iter().flatten();
        let variables = variables.filter_map(|pair| Some((pair.get("name")?, pair.get("value").map(String::as_str).unwrap_or_default())));
        command.args(self.exec.args.iter().flatten()).envs(variables).env("KUBERNETES_EXEC_INFO", self.info.to_string());
        command.stdin(if self.interactive { Stdio::inherit() } else { Stdio::null() }).stderr(Stdio::inherit());
        let output = command.output().map_err(|error| self.not_run(&name, &error))?;
        if !output.status.success() {
            return Err(failed(format!("the plugin {name} failed with {}", output.status)).hint("what it wrote stands above"));
        }
        self.read(&output.stdout).map_err(|said| failed(format!("the plugin {name} {said}")).hint(OTHERWISE))
    }

    fn not_run(&self, name: &str, error: &std::io::Error) -> Failure {
        if error.kind() != std::io::ErrorKind::NotFound {
            return failed(format!("the plugin {name} cannot be run: {error}")).hint(OTHERWISE);
        }
        let failure = failed(format!("the plugin {name} is not installed"));
        match &self.exec.install_hint {
            Some(hint) => failure.hint(one_line(hint)),
            None => failure.hint(OTHERWISE),
        }
    }

    /// The errors never quote the answer, which holds secrets.
    fn read(&self, answer: &[u8]) -> Result<Credential, String> {
        let answer: Value =
            serde_saphyr::from_slice(answer).map_err(|_| "answered with something that is not an ExecCredential".to_owned())?;
        let version = answer.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        let wanted = self.exec.api_version.as_deref().unwrap_or_default();
        if version != wanted {
            return Err(format!("answered in version {version:?}, but the kubeconfig says {wanted}"));
        }
        let status = answer.get("status").ok_or("gave no credentials")?;
        let field = |name: &str| status.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let certificate = match (field("clientCertificateData"), field("clientKeyData")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err("gave only a certificate or only a key, not both".to_owned()),
        };
        let (token, expires) = (field("token"), field("expirationTimestamp"));
        if token.is_none() && certificate.is_none() {
            return Err("gave neither a token nor a certificate".to_owned());
        }
        let expires = expires.map(|text| text.parse()).transpose().map_err(|_| "gave an expiry that is not a time".to_owned())?;
        Ok(Credential { token, certificate, expires })
    }
}

fn failed(message: String) -> Failure {
    Failure::new(Reason::Unauthorized, format!("cannot get credentials: {message}"))
}

/// The cluster, as a plugin is told about it.
fn described(cluster: &Cluster, authority: Option<&[u8]>) -> Value {
    let authority = authority.map(|pem| json!(k8s_openapi::ByteString(pem.to_vec())));
    let own = cluster.extensions.iter().flatten().find(|extension| extension.name == "client.authentication.k8s.io/exec");
    let fields = [
        ("server", cluster.server.as_deref().map(Value::from)),
        ("tls-server-name", cluster.tls_server_name.as_deref().map(Value::from)),
        ("insecure-skip-tls-verify", cluster.insecure_skip_tls_verify.filter(|skip| *skip).map(Value::from)),
        ("certificate-authority-data", authority),
        ("proxy-url", cluster.proxy_url.as_deref().map(Value::from)),
        ("disable-compression", cluster.disable_compression.filter(|disable| *disable).map(Value::from)),
        ("config", Some(own.map(|extension| extension.extension.clone()).unwrap_or_default())),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}
