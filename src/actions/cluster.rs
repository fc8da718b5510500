//! Reads the objects that actions work on, live, whatever their kind.

use super::Error;
use crate::api::{ObjectId, Target};
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams};
use kube::core::Status;
use kube::{Api, Client, ResourceExt};
use serde_json::Value;

/// Kinds that targets and actions may name: lower case, API group, version, kind, plural, whether in a namespace.
const KINDS: &[(&str, &str, &str, &str, &str, bool)] = &[
    ("pod", "", "v1", "Pod", "pods", true),
    ("node", "", "v1", "Node", "nodes", false),
    ("service", "", "v1", "Service", "services", true),
    ("deployment", "apps", "v1", "Deployment", "deployments", true),
    ("replicaset", "apps", "v1", "ReplicaSet", "replicasets", true),
    ("statefulset", "apps", "v1", "StatefulSet", "statefulsets", true),
    ("daemonset", "apps", "v1", "DaemonSet", "daemonsets", true),
    ("job", "batch", "v1", "Job", "jobs", true),
    ("cronjob", "batch", "v1", "CronJob", "cronjobs", true),
];

/// `None` only when the API server itself says that the object is not there: a 404 of something in between is an error.
///
/// # Errors
/// Any other answer, and none.
pub fn found<T>(answer: Result<T, kube::Error>) -> Result<Option<T>, kube::Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(kube::Error::Api(status)) if is_absent(&status) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether an answer is the API server's own word that an object is not there.
pub fn is_absent(status: &Status) -> bool {
    status.code == 404 && status.reason == "NotFound"
}

/// The objects that actions work on.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
}

impl Cluster {
    /// Reads with this client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// The API of a kind, in a namespace where the kind has one.
    pub fn api(&self, kind: &str, namespace: Option<&str>) -> Result<Api<DynamicObject>, Error> {
        let wanted = kind.to_lowercase();
        let known = KINDS.iter().find(|(name, ..)| *name == wanted);
        let (_, group, version, kind, plural, namespaced) =
            known.ok_or_else(|| Error::Refused(format!("{kind:?} is not a kind that actions work on")))?;
        let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural);
        Ok(match namespace.filter(|_| *namespaced) {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        })
    }

    /// The object, or nothing when the API server says that it is not there.
    pub async fn get(&self, kind: &str, namespace: Option<&str>, name: &str) -> Result<Option<DynamicObject>, Error> {
        let doing = || format!("read {} {name}", kind.to_lowercase());
        found(self.api(kind, namespace)?.get(name).await).map_err(|source| Error::NotNow { doing: doing(), source })
    }

    /// The object that an identifier names, or nothing when it is gone or another one took its name.
    pub async fn find(&self, id: &ObjectId) -> Result<Option<DynamicObject>, Error> {
        let found = self.get(&id.kind, id.namespace.as_deref(), &id.name).await?;
        Ok(found.filter(|object| object.uid().as_deref() == Some(&id.uid)))
    }

    /// The target itself; that it is gone is a refusal.
    pub async fn target(&self, target: &Target) -> Result<DynamicObject, Error> {
        let found = self.get(&target.kind, target.namespace.as_deref(), &target.name).await?;
        found.ok_or_else(|| Error::Refused(format!("{target} does not exist")))
    }

    /// The pods that a workload's selector picks, oldest first; a pod picks itself.
    pub async fn pods_of(&self, target: &Target) -> Result<Vec<Pod>, Error> {
        let Some(namespace) = target.namespace.as_deref() else { return Ok(Vec::new()) };
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let doing = |source| Error::NotNow { doing: format!("list the pods of {target}"), source };
        if target.kind == "pod" {
            return Ok(found(pods.get(&target.name).await).map_err(doing)?.into_iter().collect());
        }
        let Some(selector) = selector(&as_value(&self.target(target).await?)) else { return Ok(Vec::new()) };
        let mut found = pods.list(&ListParams::default().labels(&selector).limit(100)).await.map_err(doing)?.items;
        found.sort_by_key(|pod| (pod.creation_timestamp(), pod.name_any()));
        Ok(found)
    }

    /// Whether a pod is the target's own: controlled by it, or by a ReplicaSet that it controls.
    pub async fn owns(&self, owner_uid: &str, pod: &Pod) -> Result<bool, Error> {
        let Some(controller) = pod.owner_references().iter().find(|owner| owner.controller == Some(true)) else { return Ok(false) };
        if controller.uid == owner_uid || controller.kind != "ReplicaSet" {
            return Ok(controller.uid == owner_uid);
        }
        let between = self.get("replicaset", pod.namespace().as_deref(), &controller.name).await?;
        let same = between.filter(|between| between.uid().as_deref() == Some(&controller.uid));
        Ok(same
            .is_some_and(|between| between.owner_references().iter().any(|owner| owner.controller == Some(true) && owner.uid == owner_uid)))
    }

    /// Newest events about an object, as sentences.
    pub async fn events_of(&self, namespace: &str, name: &str) -> Result<Vec<String>, Error> {
        let events: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        let about = ListParams::default().fields(&format!("involvedObject.name={name}")).limit(50);
        let found = events.list(&about).await.map_err(|source| Error::NotNow { doing: format!("list the events of {name}"), source })?;
        let sentence = |event: Event| format!("{}: {}", event.reason.unwrap_or_default(), event.message.unwrap_or_default());
        Ok(found.items.into_iter().rev().take(10).map(sentence).collect())
    }
}

/// The object as plain data.
pub fn as_value(object: &DynamicObject) -> Value {
    serde_json::to_value(object).unwrap_or(Value::Null)
}

/// Identifies an object that was read as `kind`.
pub fn identify(kind: &str, object: &DynamicObject) -> ObjectId {
    let wanted = kind.to_lowercase();
    let (group, version, kind) =
        KINDS.iter().find(|(name, ..)| *name == wanted).map_or(("", "v1", kind), |(_, group, version, kind, ..)| (*group, *version, *kind));
    ObjectId {
        api_version: if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") },
        kind: kind.to_owned(),
        namespace: object.namespace(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
    }
}

/// Only plain labels are understood: a selector that says more picks nothing, rather than too much.
fn selector(workload: &Value) -> Option<String> {
    let selector = workload.pointer("/spec/selector")?;
    if selector.get("matchExpressions").and_then(Value::as_array).is_some_and(|expressions| !expressions.is_empty()) {
        return None;
    }
    let labels = selector.get("matchLabels")?.as_object()?;
    let pairs: Option<Vec<String>> = labels.iter().map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
    pairs.filter(|pairs| !pairs.is_empty()).map(|pairs| pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::is_absent;
    use kube::core::Status;

    #[test]
    fn only_the_api_servers_own_word_makes_an_object_absent() {
        #[rustfmt::skip]
        let table = [
            ("the API server's answer",       404, "NotFound",                   true),
            ("a page of something in between", 404, "Failed to parse error data", false),
            ("no reason",                     404, "",                           false),
            ("forbidden",                     403, "Forbidden",                  false),
            ("another code with that reason", 500, "NotFound",                   false),
        ];
        for (case, code, reason, expected) in table {
            let status = Status { code, reason: reason.to_owned(), ..Status::default() };
            assert_eq!(is_absent(&status), expected, "{case}");
        }
    }
}
