//! The connection of a program that runs in a pod: its service account.

use super::kubeconfig::Effective;
use kube::config::{AuthInfo, Cluster};
use std::path::Path;

/// Where Kubernetes puts a pod's credentials.
pub const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The API server and the service account of this pod; `None` outside of one.
///
/// kubectl forgets about its pod as soon as `--as` or `--request-timeout` is given, and tries localhost:8080; here they apply to the pod's account.
pub fn account(folder: &Path, env: impl Fn(&str) -> Option<String>) -> Option<Effective> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let (host, port) = (set("KUBERNETES_SERVICE_HOST")?, set("KUBERNETES_SERVICE_PORT")?);
    let token = folder.join("token");
    let authority = folder.join("ca.crt");
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let file = |path: &Path| path.is_file().then(|| path.display().to_string());
    let user = AuthInfo { token_file: Some(file(&token)?), ..AuthInfo::default() };
    let cluster = Cluster { server: Some(format!("https://{host}:{port}")), certificate_authority: file(&authority), ..Cluster::default() };
    let written = std::fs::read_to_string(folder.join("namespace")).ok().map(|text| text.trim().to_owned());
    let namespace = set("POD_NAMESPACE").or(written.filter(|name| !name.is_empty()));
    Some(Effective { context: None, cluster, user, namespace, guessed: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_its_service_account() {
        let folder = tempfile::tempdir().unwrap();
        let within = |name: &str| match name {
            "KUBERNETES_SERVICE_HOST" => Some("10.0.0.1".to_owned()),
            "KUBERNETES_SERVICE_PORT" => Some("443".to_owned()),
            _ => None,
        };
        assert!(account(folder.path(), within).is_none(), "there is no token");
        for (name, text) in [("token", "t"), ("ca.crt", "c"), ("namespace", "payment\n")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let found = account(folder.path(), within).unwrap();
        assert_eq!(found.cluster.server.as_deref(), Some("https://10.0.0.1:443"));
        assert_eq!(found.namespace.as_deref(), Some("payment"));
        assert_eq!(found.user.token_file, Some(folder.path().join("token").display().to_string()));
        assert_eq!(found.cluster.certificate_authority, Some(folder.path().join("ca.crt").display().to_string()));
        let named = |name: &str| within(name).or((name == "POD_NAMESPACE").then(|| "shop".to_owned()));
        assert_eq!(account(folder.path(), named).unwrap().namespace.as_deref(), Some("shop"));
        let v6 = |name: &str| if name.ends_with("HOST") { Some("fd00::1".to_owned()) } else { within(name) };
        assert_eq!(account(folder.path(), v6).unwrap().cluster.server.as_deref(), Some("https://[fd00::1]:443"));
        assert!(account(folder.path(), |_| None).is_none(), "nothing says that this is a pod");
    }
}
