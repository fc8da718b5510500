//! Targets as people type them: kubectl's names for kinds, and a namespace that goes without saying.

use super::connect::Connected;
use super::failure::Failure;
use super::output::text::one_line;
use super::session::Session;
use crate::actions::cluster::{Cluster, as_value};
use crate::api::Target;
use crate::rules::owners::{Kind, followed};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// kubectl's short name of a kind; empty where it has none.
const fn short(kind: Kind) -> &'static str {
    match kind {
        Kind::Pod => "po",
        Kind::ReplicaSet => "rs",
        Kind::Deployment => "deploy",
        Kind::StatefulSet => "sts",
        Kind::DaemonSet => "ds",
        Kind::Job => "",
        Kind::CronJob => "cj",
        Kind::Node => "no",
        Kind::Service => "svc",
    }
}

/// The kind that is meant: by its name, its plural or kubectl's short name, also with its API group behind it.
fn kind(text: &str) -> Option<Kind> {
    let (name, group) = text.split_once('.').map_or((text, None), |(name, group)| (name, Some(group)));
    let is = |kind: &Kind| {
        let named = [kind.name(), kind.plural(), short(*kind)].iter().any(|known| !name.is_empty() && known.eq_ignore_ascii_case(name));
        named && group.is_none_or(|group| group == kind.group())
    };
    Kind::ALL.into_iter().find(is)
}

/// The target that files may know under this name: kubectl's names for kinds are understood, and what is no known kind stays as it is.
/// `namespace` completes `kind/name` of a kind that lives in namespaces.
///
/// # Errors
/// When the text is no target.
pub fn lenient(text: &str, namespace: Option<&str>) -> Result<Target, Failure> {
    let target: Target = text.parse().map_err(|error: crate::api::target::NotATarget| Failure::usage(error.to_string()))?;
    let Some(kind) = kind(&target.kind) else { return Ok(target) };
    let own = target.namespace.as_deref().or(namespace.filter(|name| kind.is_namespaced() && !name.is_empty()));
    Ok(match own {
        Some(namespace) => Target::namespaced(namespace, kind.name(), &target.name),
        None => Target::cluster(kind.name(), &target.name),
    })
}

/// Like [`lenient`], but only what a cluster could have.
///
/// # Errors
/// When the text is no target, its kind is none that is looked after, or a namespace is missing or too much.
pub fn strict(text: &str, namespace: Option<&str>) -> Result<Target, Failure> {
    let target = lenient(text, namespace)?;
    let Some(kind) = kind(&target.kind) else {
        let known = Kind::ALL.map(|kind| match short(kind) {
            "" => kind.name().to_lowercase(),
            short => format!("{} ({short})", kind.name().to_lowercase()),
        });
        return Err(Failure::usage(format!("{:?} is not a kind that can be a target; one of {}", target.kind, known.join(", ")))
            .hint("write namespace/kind/name, or kind/name"));
    };
    let (kind_name, name) = (kind.name().to_lowercase(), &target.name);
    match (kind.is_namespaced(), &target.namespace) {
        (true, None) => Err(Failure::usage(format!("{kind_name}/{name} lives in a namespace")).hint("say which one with -n")),
        (false, Some(_)) => Err(Failure::usage(format!("a {kind_name} lives in no namespace")).hint(format!("write {kind_name}/{name}"))),
        _ => Ok(target),
    }
}

/// Says when a target is not there, or is no target because another object speaks for it. Whether it is there; `None` where that cannot be read
/// now.
pub async fn remark(connected: &Connected, target: &Target, session: &Session) -> Option<bool> {
    let read = Cluster::new(connected.client.clone()).get(&target.kind, target.namespace.as_deref(), &target.name).await;
    let is_there = read.as_ref().ok().map(Option::is_some);
    let said = match read {
        Err(_) => None,
        Ok(None) => Some(format!("{target} does not exist now; what is known of that name is all that counts here")),
        Ok(Some(object)) => above(target, as_value(&object).get("metadata").unwrap_or(&serde_json::Value::Null))
            .map(|above| format!("{target} belongs to {above}; remediations work on what is at the top of that, so ask for that one")),
    };
    if let Some(said) = said {
        session.voice.tell(&one_line(&format!("note: {said}")));
    }
    is_there
}

fn above(target: &Target, metadata: &serde_json::Value) -> Option<String> {
    let metadata: ObjectMeta = serde_json::from_value(metadata.clone()).ok()?;
    let (kind, owner) = followed(kind(&target.kind)?, metadata.owner_references.as_deref().unwrap_or_default())?;
    Some(format!("{}/{}", kind.name().to_lowercase(), owner.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn targets_go_by_kubectls_names() {
        #[rustfmt::skip]
        let table = [
            ("in full",                                     "night/deployment/api",       None,          Ok("night/deployment/api")),
            ("a short name",                                "night/deploy/api",           None,          Ok("night/deployment/api")),
            ("a plural",                                    "night/StatefulSets/api",     None,          Ok("night/statefulset/api")),
            ("with its group",                              "night/deployments.apps/api", None,          Ok("night/deployment/api")),
            ("with a group of another",                     "night/deployments.x.io/api", None,          Err("is not a kind that can be a target")),
            ("the namespace goes without saying",           "deploy/api",                 Some("night"), Ok("night/deployment/api")),
            ("its own namespace counts more",               "day/deploy/api",             Some("night"), Ok("day/deployment/api")),
            ("a node needs none, whatever -n says",         "no/worker-1",                Some("night"), Ok("node/worker-1")),
            ("a node in a namespace",                       "night/node/worker-1",        None,          Err("lives in no namespace")),
            ("a deployment without one",                    "deployment/api",             None,          Err("lives in a namespace")),
            ("an unknown kind, with all that are known",    "night/foo/api",              None,          Err("pod (po), replicaset (rs), deployment (deploy)")),
            ("no kind at all",                              "api",                        Some("night"), Err("is not a target")),
        ];
        for (case, text, namespace, expected) in table {
            match (strict(text, namespace), expected) {
                (Ok(target), Ok(expected)) => assert_eq!(target.to_string(), expected, "{case}"),
                (Err(failure), Err(part)) => assert!(failure.message.contains(part), "{case}: {}", failure.message),
                (found, _) => panic!("{case}: {found:?}"),
            }
        }
        assert_eq!(lenient("night/foo/api", None).unwrap().to_string(), "night/foo/api");
        assert_eq!(lenient("deployment/api", None).unwrap().to_string(), "deployment/api");
    }

    #[test]
    fn a_pod_belongs_to_what_speaks_for_it() {
        let owner =
            |kind: &str| json!({"ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": "o", "uid": "u", "controller": true}]});
        let pod = Target::namespaced("night", "pod", "api-1");
        assert_eq!(above(&pod, &owner("ReplicaSet")).as_deref(), Some("replicaset/o"));
        assert_eq!(above(&pod, &owner("Custom")), None);
        assert_eq!(above(&pod, &json!({})), None);
    }
}
