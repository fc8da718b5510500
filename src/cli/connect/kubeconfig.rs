//! Chooses what of a kubeconfig counts, and lays the flags over it, as kubectl does.

use super::{Connection, check, wrong};
use crate::cli::failure::Failure;
use kube::config::{AuthInfo, Cluster, Context, Kubeconfig};

/// Where kubectl looks when nothing says where the cluster is.
const LAST_RESORT: &str = "http://localhost:8080";

/// What a kubeconfig and the flags come to.
pub struct Effective {
    /// Name of the context, if one is used.
    pub context: Option<String>,
    /// The cluster.
    pub cluster: Cluster,
    /// Who one is.
    pub user: AuthInfo,
    /// The context's namespace.
    pub namespace: Option<String>,
    /// Whether nothing said where the cluster is.
    pub guessed: bool,
}

/// Chooses context, cluster and user, and lays the flags over them. Where nothing says where the cluster is, `pod` counts; and where that is none,
/// the address that kubectl tries then.
///
/// # Errors
/// When a context, cluster or user that is asked for does not exist, or what was chosen contradicts itself.
pub fn effective(config: &Kubeconfig, flags: &Connection, pod: impl FnOnce() -> Option<Effective>) -> Result<Effective, Failure> {
    let mut chosen = chosen(config, flags)?;
    if chosen.cluster.server.is_none() && flags.server.is_none() {
        chosen = pod().map(|pod| without_its_token(pod, flags)).unwrap_or(Effective { guessed: true, ..chosen });
    }
    lay_over_cluster(&mut chosen.cluster, flags)?;
    lay_over_user(&mut chosen.user, flags);
    check::cluster(&chosen.cluster)?;
    check::user(&chosen.user)?;
    chosen.cluster.server.get_or_insert_with(|| LAST_RESORT.to_owned());
    Ok(chosen)
}

/// In a pod, a token replaces the service account's; elsewhere, the token file of a kubeconfig counts more than a token, as with kubectl.
fn without_its_token(mut pod: Effective, flags: &Connection) -> Effective {
    if given(flags.token.as_ref()).is_some() {
        pod.user.token_file = None;
    }
    pod
}

/// An empty flag is none.
fn given(flag: Option<&String>) -> Option<&str> {
    flag.map(String::as_str).filter(|value| !value.is_empty())
}

fn chosen(config: &Kubeconfig, flags: &Connection) -> Result<Effective, Failure> {
    let name = given(flags.context.as_ref()).or(config.current_context.as_deref());
    let context = name.map_or(Ok(Context::default()), |name| context(config, name))?;
    let named = |flag: Option<&String>, own: Option<&String>| given(flag).or(given(own)).map(str::to_owned);
    let cluster = named(flags.cluster.as_ref(), Some(&context.cluster));
    let user = named(flags.user.as_ref(), context.user.as_ref());
    Ok(Effective {
        context: name.map(str::to_owned),
        cluster: cluster.map_or(Ok(Cluster::default()), |name| cluster_called(config, &name, flags))?,
        user: user.map_or(Ok(AuthInfo::default()), |name| user_called(config, &name, flags))?,
        namespace: context.namespace,
        guessed: false,
    })
}

fn missing(what: &str, name: &str, known: Vec<&str>) -> Failure {
    let listed = if known.is_empty() { "the kubeconfig has none".to_owned() } else { format!("there is  {}", known.join("  ")) };
    wrong(format!("{what} {name:?} does not exist")).because(listed)
}

fn context(config: &Kubeconfig, name: &str) -> Result<Context, Failure> {
    let found = config.contexts.iter().find(|known| known.name == name).map(|known| known.context.clone().unwrap_or_default());
    found.ok_or_else(|| missing("context", name, config.contexts.iter().map(|known| known.name.as_str()).collect()))
}

/// kubectl goes to localhost:8080 when a context names a cluster that does not exist; here that is an error, too.
fn cluster_called(config: &Kubeconfig, name: &str, flags: &Connection) -> Result<Cluster, Failure> {
    let found = config.clusters.iter().find(|known| known.name == name).map(|known| known.cluster.clone().unwrap_or_default());
    let replaced = flags.server.is_some() && given(flags.cluster.as_ref()).is_none();
    let found = found.or_else(|| replaced.then(Cluster::default));
    found.ok_or_else(|| missing("cluster", name, config.clusters.iter().map(|known| known.name.as_str()).collect()))
}

/// A context may name a user that does not exist: that is nobody.
fn user_called(config: &Kubeconfig, name: &str, flags: &Connection) -> Result<AuthInfo, Failure> {
    let found = config.auth_infos.iter().find(|known| known.name == name).map(|known| known.auth_info.clone().unwrap_or_default());
    let found = found.or_else(|| given(flags.user.as_ref()).is_none().then(AuthInfo::default));
    found.ok_or_else(|| missing("user", name, config.auth_infos.iter().map(|known| known.name.as_str()).collect()))
}

fn lay_over_cluster(cluster: &mut Cluster, flags: &Connection) -> Result<(), Failure> {
    let authority = given(flags.certificate_authority.as_ref());
    if flags.insecure_skip_tls_verify && authority.is_some() {
        return Err(check::exclusive());
    }
    if let Some(server) = given(flags.server.as_ref()) {
        // Another server has another certificate name: the file's would be wrong.
        (cluster.server, cluster.tls_server_name) = (Some(server.to_owned()), None);
    }
    if flags.insecure_skip_tls_verify || authority.is_some() {
        cluster.insecure_skip_tls_verify = Some(flags.insecure_skip_tls_verify);
        (cluster.certificate_authority, cluster.certificate_authority_data) = (authority.map(str::to_owned), None);
    }
    if let Some(name) = given(flags.tls_server_name.as_ref()) {
        cluster.tls_server_name = Some(name.to_owned());
    }
    if flags.disable_compression {
        cluster.disable_compression = Some(true);
    }
    Ok(())
}

/// A token joins the file's certificate, as with kubectl: the server decides which counts.
fn lay_over_user(user: &mut AuthInfo, flags: &Connection) {
    let given = |flag: &Option<String>| flag.clone().filter(|value| !value.is_empty());
    if let Some(token) = given(&flags.token) {
        user.token = Some(token.into());
    }
    if let Some(file) = given(&flags.client_certificate) {
        (user.client_certificate, user.client_certificate_data) = (Some(file), None);
    }
    if let Some(file) = given(&flags.client_key) {
        (user.client_key, user.client_key_data) = (Some(file), None);
    }
    user.impersonate = given(&flags.as_user).or(user.impersonate.take());
    user.impersonate_uid = given(&flags.as_uid).or(user.impersonate_uid.take());
    if !flags.as_group.is_empty() {
        user.impersonate_groups = Some(flags.as_group.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::{Exit, Reason};

    const FILE: &str = r#"
apiVersion: v1
kind: Config
current-context: a
clusters:
- {name: one, cluster: {server: "https://one:6443", tls-server-name: inner, certificate-authority-data: eA==}}
- {name: two, cluster: {server: "https://two:6443"}}
users:
- {name: alice, user: {client-certificate: /dev/null, client-key: /dev/null}}
- {name: bob, user: {token: bobs}}
contexts:
- {name: a, context: {cluster: one, user: alice, namespace: payment}}
- {name: b, context: {cluster: two, user: bob}}
"#;

    fn with(flags: Connection) -> Result<Effective, Failure> {
        effective(&Kubeconfig::from_yaml(FILE).expect("kubeconfig"), &flags, || None)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_context_chooses_and_the_flags_overrule() {
        let plain = with(Connection::default()).expect("fine");
        assert_eq!((plain.cluster.server, plain.namespace), (some("https://one:6443"), some("payment")));
        let other = with(Connection { context: some("b"), ..Connection::default() }).expect("fine");
        assert_eq!((other.cluster.server, other.namespace), (some("https://two:6443"), None));
        let mixed = with(Connection { cluster: some("two"), user: some("bob"), ..Connection::default() }).expect("fine");
        assert_eq!((mixed.cluster.server, mixed.namespace), (some("https://two:6443"), some("payment")));
    }

    #[test]
    fn a_token_joins_the_certificate_and_the_server_decides() {
        let told = with(Connection { token: some("t"), as_user: some("eve"), ..Connection::default() }).expect("fine");
        assert!(told.user.token.is_some() && told.user.client_certificate.is_some());
        assert_eq!(told.user.impersonate, some("eve"));
    }

    #[test]
    fn another_server_loses_the_files_tls_name() {
        let told = with(Connection { server: some("https://x:1"), ..Connection::default() }).expect("fine");
        assert_eq!((told.cluster.server, told.cluster.tls_server_name), (some("https://x:1"), None));
    }

    #[test]
    fn what_does_not_exist_is_named() {
        for flags in [
            Connection { context: some("x"), ..Connection::default() },
            Connection { cluster: some("x"), ..Connection::default() },
            Connection { user: some("x"), ..Connection::default() },
        ] {
            let failure = with(flags).err().expect("refused");
            assert!(failure.message.contains("\"x\" does not exist"), "{}", failure.message);
        }
    }

    #[test]
    fn groups_need_a_user() {
        let failure = with(Connection { as_group: vec!["g".to_owned()], ..Connection::default() }).err().expect("refused");
        assert_eq!((failure.reason, failure.exit), (Reason::Usage, Exit::Usage));
        assert!(with(Connection { as_group: vec!["g".to_owned()], as_user: some("u"), ..Connection::default() }).is_ok());
    }

    #[test]
    fn a_server_needs_no_file_and_nothing_is_a_guess_unless_in_a_pod() {
        let nothing = Kubeconfig::default();
        let bare = Connection { server: some("http://x:1"), ..Connection::default() };
        assert!(!effective(&nothing, &bare, || None).expect("fine").guessed);
        let guess = effective(&nothing, &Connection::default(), || None).expect("fine");
        assert_eq!((guess.guessed, guess.cluster.server), (true, some(LAST_RESORT)));
        let cluster = Cluster { server: some("https://pod"), ..Cluster::default() };
        let pod = Effective { context: None, cluster, user: AuthInfo::default(), namespace: some("n"), guessed: false };
        let flags = Connection { as_user: some("eve"), ..Connection::default() };
        let within = effective(&nothing, &flags, || Some(pod)).expect("fine");
        assert_eq!((within.cluster.server, within.user.impersonate, within.guessed), (some("https://pod"), some("eve"), false));
    }

    #[test]
    fn contradictions_are_refused() {
        #[rustfmt::skip]
        let table = [
            ("two authorities",       "clusters: [{name: k, cluster: {server: 'https://x', certificate-authority: /dev/null, certificate-authority-data: eA==}}]"),
            ("an authority unread",   "clusters: [{name: k, cluster: {server: 'https://x', certificate-authority: /nonexistent}}]"),
            ("checked and not",       "clusters: [{name: k, cluster: {server: 'https://x', certificate-authority: /dev/null, insecure-skip-tls-verify: true}}]"),
            ("token and password",    "users: [{name: u, user: {token: t, username: u}}]"),
            ("half a certificate",    "users: [{name: u, user: {client-certificate: /dev/null}}]"),
            ("two keys",              "users: [{name: u, user: {client-certificate: /dev/null, client-key: /dev/null, client-key-data: eA==}}]"),
            ("groups of nobody",      "users: [{name: u, user: {as-groups: [g]}}]"),
            ("extra of nobody",       "users: [{name: u, user: {as-user-extra: {a: [b]}}}]"),
            ("no command",            "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}}}]"),
            ("no version",            "users: [{name: u, user: {exec: {command: x, interactiveMode: Never}}}]"),
            ("a version long gone",   "users: [{name: u, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}}}]"),
            ("no mode",               "users: [{name: u, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1}}}]"),
        ];
        for (case, part) in table {
            let whole = format!("contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\ncurrent-context: c\n{part}");
            let server = part.starts_with("users").then(|| "https://x".to_owned());
            let flags = Connection { server, ..Connection::default() };
            assert!(effective(&Kubeconfig::from_yaml(&whole).expect(case), &flags, || None).is_err(), "{case}");
        }
    }
}
