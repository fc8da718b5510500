//! Everything of ours in a namespace, and the Deployment it is about, without what differs from run to run: times, uids and versions.

use crate::stage::Scene;
use jiff::Timestamp;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::ListParams;
use kube::{Resource, ResourceExt};
use kubernaut::api::{
    AIAnalysis, AIApprovalRequest, KubernetesExecution, NotificationRequest, RemediationProcessing, RemediationRequest, RemediationTarget,
    WorkflowExecution,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// Objects by kind and name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot(BTreeMap<String, Value>);

impl Snapshot {
    /// What is there now.
    pub async fn of(scene: &Scene) -> Self {
        let requests: Vec<RemediationRequest> = scene.api().list(&ListParams::default()).await.unwrap().items;
        let names = requests.iter().map(|request| (request.name_any(), format!("<rr of {}>", request.spec.signal_name)));
        let plain = Plain { names: names.chain([(scene.namespace.clone(), "<ns>".to_owned())]).collect() };
        let mut all = Vec::new();
        all.extend(kind(&plain, requests));
        all.extend(kind::<RemediationProcessing>(&plain, listed(scene).await));
        all.extend(kind::<AIAnalysis>(&plain, listed(scene).await));
        all.extend(kind::<AIApprovalRequest>(&plain, listed(scene).await));
        all.extend(kind::<WorkflowExecution>(&plain, listed(scene).await));
        all.extend(kind::<KubernetesExecution>(&plain, listed(scene).await));
        all.extend(kind::<NotificationRequest>(&plain, listed(scene).await));
        all.extend(kind::<RemediationTarget>(&plain, listed(scene).await));
        all.extend(listed::<Deployment>(scene).await.iter().map(|deployment| workload(&plain, deployment)));
        let count = all.len();
        let snapshot = Self(all.into_iter().collect());
        assert_eq!(snapshot.0.len(), count, "two remediations have the same objects");
        snapshot
    }

    /// Where two snapshots differ, one line a difference.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for key in self.0.keys().chain(other.0.keys().filter(|key| !self.0.contains_key(*key))) {
            let of = |snapshot: &Self| snapshot.0.get(key).cloned().unwrap_or(Value::Null);
            compare(key, &of(self), &of(other), &mut found);
        }
        found
    }
}

async fn listed<K>(scene: &Scene) -> Vec<K>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + Debug,
{
    scene.api::<K>().list(&ListParams::default()).await.unwrap().items
}

fn kind<K: Resource<DynamicType = ()> + Serialize>(plain: &Plain, objects: Vec<K>) -> Vec<(String, Value)> {
    let read = |object: &K| {
        let meta = object.meta();
        let owners: Vec<Value> = object
            .owner_references()
            .iter()
            .map(|owner| json!({ "kind": owner.kind, "name": owner.name, "controller": owner.controller }))
            .collect();
        let mut whole = serde_json::to_value(object).unwrap();
        leave_out(&mut whole);
        let value = json!({
            "labels": meta.labels, "finalizers": meta.finalizers, "owners": owners, "deleted": meta.deletion_timestamp.is_some(),
            "spec": whole["spec"].take(), "status": whole["status"].take(),
        });
        (format!("{}/{}", K::kind(&()), plain.text(&object.name_any())), plain.value(&value))
    };
    objects.iter().map(read).collect()
}

/// What an alert's sender does is not the controllers' doing, and what surrounds a target is as it is found.
fn leave_out(whole: &mut Value) {
    let Some(status) = whole.get_mut("status").and_then(Value::as_object_mut) else { return };
    status.remove("signal");
    status.remove("context");
}

/// What a Deployment runs. A fence leaves an annotation, which is not a part of that.
fn workload(plain: &Plain, deployment: &Deployment) -> (String, Value) {
    let template = deployment.spec.as_ref().map(|spec| &spec.template);
    let revision = deployment.annotations().get("deployment.kubernetes.io/revision");
    (format!("Deployment/{}", deployment.name_any()), plain.value(&json!({ "template": template, "revision": revision })))
}

fn compare(at: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(ones), Value::Object(others)) => {
            for key in ones.keys().chain(others.keys().filter(|key| !ones.contains_key(*key))) {
                compare(&format!("{at} {key}"), &one[key], &other[key], found);
            }
        }
        (Value::Array(ones), Value::Array(others)) if ones.len() == others.len() => {
            for (nth, (one, other)) in ones.iter().zip(others).enumerate() {
                compare(&format!("{at} {nth}"), one, other, found);
            }
        }
        (one, other) if one != other => found.push(format!("{at}: {one} became {other}")),
        _ => {}
    }
}

/// Replaces what differs from run to run.
struct Plain {
    names: Vec<(String, String)>,
}

impl Plain {
    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                let kept = fields.iter().filter(|(key, _)| *key != "resourceVersion");
                kept.map(|(key, value)| (self.text(key), self.value(value))).collect()
            }
            other => other.clone(),
        }
    }

    fn text(&self, text: &str) -> String {
        let named = self.names.iter().fold(text.to_owned(), |text, (name, plain)| text.replace(name, plain));
        let mut plain = String::new();
        let mut word = String::new();
        for letter in named.chars().chain(['\0']) {
            if letter.is_ascii_alphanumeric() || ['-', ':', '.', '+'].contains(&letter) {
                word.push(letter);
                continue;
            }
            plain.push_str(kind_of_word(&word).unwrap_or(&word));
            word.clear();
            plain.push(letter);
        }
        plain.pop();
        plain
    }
}

fn kind_of_word(word: &str) -> Option<&'static str> {
    let bare = word.trim_end_matches(['.', ':']);
    let hex = |text: &str| text.chars().all(|letter| letter.is_ascii_hexdigit());
    if bare.parse::<Timestamp>().is_ok() {
        return Some("<time>");
    }
    if uuid::Uuid::parse_str(bare).is_ok() {
        return Some("<uid>");
    }
    (bare.len() >= 12 && hex(bare)).then_some("<hash>")
}
