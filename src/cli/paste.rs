//! Commands that a person can paste: for the cluster and the user that the person asked for, with what comes from the cluster quoted for the shell.

use super::connect::Connection;
use super::output::text::one_line;

/// The connection flags as they were typed, ready to be typed again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed {
    flags: String,
    namespace: String,
}

tokio::task_local! {
    /// What was typed for the verb that runs; nothing where none runs.
    pub static TYPED: Typed;
}

impl Typed {
    /// The flags that say which cluster and which user. What is secret is left out: a token, and what an address holds before its `@`.
    pub fn of(connection: &Connection) -> Self {
        let Connection { kubeconfig, context, cluster, user, as_user, as_group, as_uid, server, .. } = connection;
        let file = kubeconfig.as_ref().map(|file| file.to_string_lossy().into_owned());
        let server = server.as_deref().map(without_credentials);
        let before = [("kubeconfig", &file), ("context", context), ("cluster", cluster), ("user", user), ("as", as_user)];
        let after = [
            ("as-uid", as_uid),
            ("server", &server),
            ("certificate-authority", &connection.certificate_authority),
            ("client-certificate", &connection.client_certificate),
            ("client-key", &connection.client_key),
            ("tls-server-name", &connection.tls_server_name),
        ];
        let flag = |(name, value): &(&str, &Option<String>)| value.as_deref().map(|value| said(name, value));
        let groups = as_group.iter().map(|group| said("as-group", group));
        let unchecked = connection.insecure_skip_tls_verify.then(|| " --insecure-skip-tls-verify".to_owned());
        let flags = before.iter().filter_map(flag).chain(groups).chain(after.iter().filter_map(flag)).chain(unchecked).collect();
        let namespace = connection.namespace.as_deref().filter(|name| !name.is_empty()).map(place).unwrap_or_default();
        Self { flags, namespace }
    }
}

/// An address without what stands before the `@` of its host.
fn without_credentials(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").map_or(("", address), |(scheme, rest)| (scheme, rest));
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(host);
    let host = authority.rsplit('@').next().unwrap_or_default();
    if scheme.is_empty() { format!("{host}{path}") } else { format!("{scheme}://{host}{path}") }
}

fn said(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(" --{name} {}", quoted(value)) }
}

fn place(namespace: &str) -> String {
    if namespace.is_empty() { String::new() } else { format!(" -n {}", quoted(namespace)) }
}

fn typed() -> Typed {
    TYPED.try_with(Clone::clone).unwrap_or_default()
}

/// The word, in quotes where a shell would take it for more than a word.
pub fn quoted(word: &str) -> String {
    let word = one_line(word);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '+');
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// A command of kubectl's own. The words are taken as they are, so whatever is not ours must be [`quoted`].
pub fn kubectl(words: &str) -> String {
    format!("kubectl {words}{}", typed().flags)
}

/// `kubectl get` of one object, in the namespace that was asked for with `-n`, if one was.
pub fn get(resource: &str, name: &str) -> String {
    kubectl(&format!("get {} {}{}", quoted(resource), quoted(name), typed().namespace))
}

/// A command of ours, in no namespace in particular.
pub fn ours(words: &str) -> String {
    kubectl(&format!("kubernaut {words}"))
}

/// A command of ours, in the namespace that was asked for with `-n`, if one was.
pub fn here(words: &str) -> String {
    ours(&format!("{words}{}", typed().namespace))
}

/// A verb of ours on an object in its namespace.
pub fn object(verb: &str, name: &str, namespace: &str) -> String {
    ours(&format!("{verb} {}{}", quoted(name), place(namespace)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_stay_words() {
        #[rustfmt::skip]
        let table = [
            ("pay-oom-002",        "pay-oom-002"),
            ("a/b.c",              "a/b.c"),
            ("",                   "''"),
            ("x; rm -rf /",        "'x; rm -rf /'"),
            ("it's",               r"'it'\''s'"),
            ("--all",              "'--all'"),
            ("$(id)",              "'$(id)'"),
            ("a\nb\u{202e}",       "'a b'"),
        ];
        for (word, expected) in table {
            assert_eq!(quoted(word), expected);
        }
    }

    #[test]
    fn an_address_is_typed_again_without_its_secrets() {
        #[rustfmt::skip]
        let table = [
            ("https://h:6443",            "https://h:6443"),
            ("https://u:p@h:6443/base",   "https://h:6443/base"),
            ("https://u:p%40@x@h",        "https://h"),
            ("u:p@h",                     "h"),
            ("https://h/p@th?q=@#@",      "https://h/p@th?q=@#@"),
        ];
        for (address, expected) in table {
            assert_eq!(without_credentials(address), expected);
        }
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn commands_are_for_the_cluster_and_the_user_that_were_asked_for() {
        let none = Connection::default();
        let other = Connection { context: some("prod eu"), as_user: some("bob"), as_group: vec!["a".into(), "b".into()], ..none.clone() };
        let file = Connection { kubeconfig: Some("/tmp/k".into()), namespace: some("night"), ..none.clone() };
        let secret =
            Connection { token: some("s3cret"), server: some("https://u:s3cret@x"), insecure_skip_tls_verify: true, ..none.clone() };
        let empty = Connection { context: some(""), namespace: some(""), ..none.clone() };
        #[rustfmt::skip]
        let table = [
            ("nothing typed",          none,   "kubectl kubernaut get blocks",                                                       "kubectl kubernaut why wfe/x -n pay"),
            ("a context and a user",   other,  "kubectl kubernaut get blocks --context 'prod eu' --as bob --as-group a --as-group b", "kubectl kubernaut why wfe/x -n pay --context 'prod eu' --as bob --as-group a --as-group b"),
            ("a file and a namespace", file,   "kubectl kubernaut get blocks -n night --kubeconfig /tmp/k",                          "kubectl kubernaut why wfe/x -n pay --kubeconfig /tmp/k"),
            ("secrets",                secret, "kubectl kubernaut get blocks --server https://x --insecure-skip-tls-verify",                            "kubectl kubernaut why wfe/x -n pay --server https://x --insecure-skip-tls-verify"),
            ("empty flags",            empty,  "kubectl kubernaut get blocks",                                                       "kubectl kubernaut why wfe/x -n pay"),
        ];
        for (case, connection, list, one) in table {
            let said = TYPED.sync_scope(Typed::of(&connection), || (here("get blocks"), object("why", "wfe/x", "pay")));
            assert_eq!(said, (list.to_owned(), one.to_owned()), "{case}");
        }
        assert_eq!((ours("install"), kubectl("get pods")), ("kubectl kubernaut install".to_owned(), "kubectl get pods".to_owned()));
    }
}
