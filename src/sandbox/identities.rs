//! Names who may talk to a sandbox, and renders their tokens, kubeconfigs and rights.

use super::error::Error;
use serde_json::{Value, json};
use uuid::Uuid;

/// The people of a sandbox and their groups; the first is the current context.
pub const PEOPLE: [(&str, &str); 3] = [("admin", "system:masters"), ("alice", "sre"), ("bob", "dev")];

/// Components run under accounts of their own: as an admin, garbage collection would pass every policy and hide what a real cluster refuses.
pub(super) const CONTROLLER_MANAGER: &str = "system:kube-controller-manager";
pub(super) const SCHEDULER: &str = "system:kube-scheduler";
pub(super) const KWOK: &str = "kwok-controller";

/// Cluster roles each group gets. Those named `kubernaut-*` come with `install`; a binding may precede its role.
const RIGHTS: [(&str, &str); 6] = [
    ("sre", "kubernaut-viewer"),
    ("sre", "kubernaut-approver"),
    ("sre", "kubernaut-clearer"),
    ("sre", "view"),
    ("dev", "kubernaut-viewer"),
    ("dev", "view"),
];

/// Somebody with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub user: &'static str,
    pub group: Option<&'static str>,
    pub token: String,
}

/// Everybody, with new random tokens; `more` are people without rights, and their groups.
pub(super) fn everybody(more: &[(&'static str, &'static str)]) -> Vec<Identity> {
    let people = PEOPLE.iter().chain(more).map(|(user, group)| (*user, Some(*group)));
    let machines = [CONTROLLER_MANAGER, SCHEDULER, KWOK].into_iter().map(|user| (user, None));
    people.chain(machines).map(|(user, group)| Identity { user, group, token: token() }).collect()
}

/// Two random UUIDs: 244 random bits.
fn token() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// The API server's token file.
pub(super) fn tokens_csv(identities: &[Identity]) -> String {
    let line = |who: &Identity| format!("{},{1},{1},\"{2}\"\n", who.token, who.user, who.group.unwrap_or_default());
    identities.iter().map(line).collect()
}

/// A kubeconfig with one context for each of `who`, called as its user; the first is current.
pub(super) fn kubeconfig<'a>(
    cluster: &str,
    server: &str,
    authority: &str,
    who: impl Iterator<Item = &'a Identity> + Clone,
) -> Result<String, Error> {
    let user = |who: &Identity| json!({"name": who.user, "user": {"token": who.token}});
    let context = |who: &Identity| json!({"name": who.user, "context": {"cluster": cluster, "user": who.user, "namespace": "default"}});
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": who.clone().next().map(|who| who.user),
        "clusters": [{"name": cluster, "cluster": {"server": server, "certificate-authority-data": base64(authority.as_bytes())}}],
        "users": who.clone().map(user).collect::<Vec<_>>(),
        "contexts": who.map(context).collect::<Vec<_>>(),
    });
    serde_saphyr::to_string(&config).map_err(|error| Error::Kubeconfig(error.to_string()))
}

/// What people and kwok may do, as objects to create.
pub(super) fn rights() -> (Vec<Value>, Vec<Value>) {
    let groups = RIGHTS.map(|(group, role)| binding(&format!("sandbox:{group}:{role}"), role, "Group", group));
    let kwok = binding(KWOK, KWOK, "User", KWOK);
    (vec![kwok_role()], groups.into_iter().chain([kwok]).collect())
}

fn binding(name: &str, role: &str, kind: &str, subject: &str) -> Value {
    let group = "rbac.authorization.k8s.io";
    json!({
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": group, "kind": kind, "name": subject}],
    })
}

fn kwok_role() -> Value {
    let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    let looking = ["get", "list", "watch", "update", "patch"];
    json!({
        "metadata": {"name": KWOK},
        "rules": [
            rule("", &["nodes", "pods"], &looking),
            rule("", &["pods"], &["delete"]),
            rule("", &["nodes/status", "pods/status"], &["update", "patch"]),
            rule("coordination.k8s.io", &["leases"], &["*"]),
            rule("", &["events"], &["create", "patch", "update"]),
            rule("events.k8s.io", &["events"], &["create", "patch", "update"]),
        ],
    })
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    bytes.chunks(3).flat_map(four_letters).collect()
}

fn four_letters(chunk: &[u8]) -> [char; 4] {
    let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or_default());
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    let letter = |place: usize, shift: u32| match ALPHABET.get((bits >> shift & 63) as usize) {
        Some(letter) if place <= chunk.len() => char::from(*letter),
        _ => '=',
    };
    [letter(0, 18), letter(1, 12), letter(2, 6), letter(3, 0)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn who(user: &'static str, group: Option<&'static str>) -> Identity {
        Identity { user, group, token: format!("t-{user}") }
    }

    #[test]
    fn nobody_shares_a_token() {
        let mut tokens: Vec<String> = everybody(&[("eve", "ops")]).into_iter().chain(everybody(&[])).map(|who| who.token).collect();
        let count = tokens.len();
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), count);
        assert!(tokens.iter().all(|token| token.len() == 64));
    }

    #[test]
    fn only_admin_is_a_master() {
        let masters: Vec<_> = everybody(&[]).into_iter().filter(|who| who.group == Some("system:masters")).map(|who| who.user).collect();
        assert_eq!(masters, ["admin"]);
    }

    #[test]
    fn a_token_file_has_a_line_for_each_identity() {
        let file = tokens_csv(&[who("alice", Some("sre")), who(SCHEDULER, None)]);
        assert_eq!(file, "t-alice,alice,alice,\"sre\"\nt-system:kube-scheduler,system:kube-scheduler,system:kube-scheduler,\"\"\n");
    }

    #[test]
    fn a_kubeconfig_has_a_context_for_each_person() {
        let people = [who("admin", None), who("alice", None)];
        let text = kubeconfig("here", "https://127.0.0.1:1", "ca", people.iter()).unwrap();
        let read = kube::config::Kubeconfig::from_yaml(&text).unwrap();
        assert_eq!(read.current_context.as_deref(), Some("admin"));
        let contexts: Vec<&str> = read.contexts.iter().map(|context| context.name.as_str()).collect();
        assert_eq!(contexts, ["admin", "alice"]);
        assert_eq!(read.contexts[1].context.as_ref().unwrap().namespace.as_deref(), Some("default"));
        assert_eq!(read.clusters[0].cluster.as_ref().unwrap().certificate_authority_data.as_deref(), Some("Y2E="));
    }

    #[test]
    fn base64_pads_to_four_letters() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("\u{ff}", "w78=")] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
