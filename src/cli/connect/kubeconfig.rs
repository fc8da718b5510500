//! Reads kubeconfig files as kubectl does, and lays the flags over them.

use super::Connection;
use crate::cli::failure::{Exit, Failure, Reason};
use kube::config::{AuthInfo, Cluster, Context, Kubeconfig};
use std::path::PathBuf;

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
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(Reason::Internal, message).hint("see  kubectl config view")
}

/// Reads `--kubeconfig`, else the files of KUBECONFIG that exist, else the one in the home directory.
pub fn read(explicit: Option<&PathBuf>) -> Result<Kubeconfig, Failure> {
    let files: Vec<PathBuf> = match (explicit, std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty())) {
        (Some(file), _) => vec![file.clone()],
        (None, Some(list)) => std::env::split_paths(&list).filter(|file| file.is_file()).collect(),
        (None, None) => std::env::home_dir().map(|home| home.join(".kube/config")).into_iter().filter(|file| file.is_file()).collect(),
    };
    files.iter().try_fold(Kubeconfig::default(), |merged, file| {
        let named = |error: &dyn std::fmt::Display| bad(format!("cannot read kubeconfig {}: {error}", file.display()));
        let next = Kubeconfig::read_from(file).map_err(|error| named(&error))?;
        merged.merge(next).map_err(|error| named(&error))
    })
}

/// Chooses context, cluster and user, and lays the flags over them. `None` when nothing says where to connect.
pub fn effective(config: &Kubeconfig, flags: &Connection) -> Result<Option<Effective>, Failure> {
    let name = flags.context.clone().or_else(|| config.current_context.clone()).filter(|name| !name.is_empty());
    let context = context(config, name.as_deref(), flags)?;
    let cluster_name = flags.cluster.clone().or_else(|| Some(context.cluster.clone())).filter(|name| !name.is_empty());
    let user_name = flags.user.clone().or_else(|| context.user.clone()).filter(|name| !name.is_empty());
    let mut cluster = match &cluster_name {
        None => Cluster::default(),
        Some(wanted) => {
            let found = config.clusters.iter().find(|known| &known.name == wanted).and_then(|known| known.cluster.clone());
            found
                .or_else(|| flags.server.as_ref().map(|_| Cluster::default()))
                .ok_or_else(|| bad(format!("cluster {wanted:?} does not exist")))?
        }
    };
    let found = user_name.as_ref().and_then(|wanted| config.auth_infos.iter().find(|known| &known.name == wanted));
    if let (Some(wanted), None) = (&flags.user, found) {
        return Err(bad(format!("user {wanted:?} does not exist")));
    }
    let mut user = found.and_then(|known| known.auth_info.clone()).unwrap_or_default();
    lay_over_cluster(&mut cluster, flags)?;
    lay_over_user(&mut user, flags)?;
    let usable = cluster.server.as_ref().is_some_and(|server| !server.is_empty());
    Ok(usable.then_some(Effective { context: name, cluster, user, namespace: context.namespace }))
}

fn context(config: &Kubeconfig, name: Option<&str>, flags: &Connection) -> Result<Context, Failure> {
    let Some(name) = name else { return Ok(Context::default()) };
    let found = config.contexts.iter().find(|known| known.name == name).and_then(|known| known.context.clone());
    match found {
        Some(context) => Ok(context),
        None if flags.context.is_none() && flags.server.is_some() => Ok(Context::default()),
        None => Err(bad(format!("context {name:?} does not exist"))),
    }
}

fn lay_over_cluster(cluster: &mut Cluster, flags: &Connection) -> Result<(), Failure> {
    if flags.insecure_skip_tls_verify && flags.certificate_authority.is_some() {
        return Err(Failure::usage("a certificate authority and --insecure-skip-tls-verify exclude each other"));
    }
    if let Some(server) = &flags.server {
        // Another server has another certificate name: the file's would be wrong.
        (cluster.server, cluster.tls_server_name) = (Some(server.clone()), None);
    }
    if flags.insecure_skip_tls_verify {
        cluster.insecure_skip_tls_verify = Some(true);
        (cluster.certificate_authority, cluster.certificate_authority_data) = (None, None);
    }
    if let Some(file) = &flags.certificate_authority {
        (cluster.certificate_authority, cluster.certificate_authority_data) = (Some(file.clone()), None);
        cluster.insecure_skip_tls_verify = None;
    }
    if flags.tls_server_name.is_some() {
        cluster.tls_server_name = flags.tls_server_name.clone();
    }
    if flags.disable_compression {
        cluster.disable_compression = Some(true);
    }
    Ok(())
}

fn lay_over_user(user: &mut AuthInfo, flags: &Connection) -> Result<(), Failure> {
    if let Some(token) = &flags.token {
        // Whoever names a token wants to be its bearer, not the file's certificate or plugin.
        *user = AuthInfo {
            token: Some(token.clone().into()),
            impersonate: user.impersonate.take(),
            impersonate_uid: user.impersonate_uid.take(),
            impersonate_groups: user.impersonate_groups.take(),
            impersonate_user_extra: user.impersonate_user_extra.take(),
            ..AuthInfo::default()
        };
    }
    if let Some(file) = &flags.client_certificate {
        (user.client_certificate, user.client_certificate_data) = (Some(file.clone()), None);
    }
    if let Some(file) = &flags.client_key {
        (user.client_key, user.client_key_data) = (Some(file.clone()), None);
    }
    impersonate(user, flags)
}

fn impersonate(user: &mut AuthInfo, flags: &Connection) -> Result<(), Failure> {
    if flags.as_user.is_some() {
        user.impersonate = flags.as_user.clone();
    }
    if flags.as_uid.is_some() {
        user.impersonate_uid = flags.as_uid.clone();
    }
    if !flags.as_group.is_empty() {
        user.impersonate_groups = Some(flags.as_group.clone());
    }
    let groups = user.impersonate_groups.as_ref().is_some_and(|groups| !groups.is_empty());
    let alone = user.impersonate.as_ref().is_none_or(String::is_empty) && (groups || user.impersonate_uid.is_some());
    match alone {
        true => Err(Failure::usage("requesting uid, groups or user-extra without impersonating a user")
            .hint("name the user with --as")
            .exiting(Exit::Usage)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
apiVersion: v1
kind: Config
current-context: a
clusters:
- {name: one, cluster: {server: "https://one:6443", tls-server-name: inner, certificate-authority-data: eA==}}
- {name: two, cluster: {server: "https://two:6443"}}
users:
- {name: alice, user: {username: alice, password: secret, client-certificate: /c, client-key: /k}}
- {name: bob, user: {token: bobs}}
contexts:
- {name: a, context: {cluster: one, user: alice, namespace: payment}}
- {name: b, context: {cluster: two, user: bob}}
"#;

    fn with(flags: Connection) -> Result<Option<Effective>, Failure> {
        effective(&Kubeconfig::from_yaml(FILE).expect("kubeconfig"), &flags)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_context_chooses_and_the_flags_overrule() {
        let plain = with(Connection::default()).expect("fine").expect("somewhere");
        assert_eq!((plain.cluster.server, plain.namespace), (some("https://one:6443"), some("payment")));
        let other = with(Connection { context: some("b"), ..Connection::default() }).expect("fine").expect("somewhere");
        assert_eq!((other.cluster.server, other.namespace), (some("https://two:6443"), None));
        let mixed =
            with(Connection { cluster: some("two"), user: some("bob"), ..Connection::default() }).expect("fine").expect("somewhere");
        assert_eq!((mixed.cluster.server, mixed.namespace), (some("https://two:6443"), some("payment")));
    }

    #[test]
    fn a_token_replaces_every_other_credential() {
        let told = with(Connection { token: some("t"), as_user: some("eve"), ..Connection::default() }).expect("fine").expect("somewhere");
        assert!(told.user.token.is_some() && told.user.password.is_none() && told.user.client_certificate.is_none());
        assert_eq!(told.user.impersonate, some("eve"));
    }

    #[test]
    fn another_server_loses_the_files_tls_name() {
        let told = with(Connection { server: some("https://x:1"), ..Connection::default() }).expect("fine").expect("somewhere");
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
    fn a_server_needs_no_file_and_nothing_is_nowhere() {
        let bare = Connection { server: some("http://x:1"), ..Connection::default() };
        assert!(effective(&Kubeconfig::default(), &bare).expect("fine").is_some());
        assert!(effective(&Kubeconfig::default(), &Connection::default()).expect("fine").is_none());
    }
}
