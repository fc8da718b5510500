//! Reads one alert of an Alertmanager webhook: which object alerts, since when, how badly.

use crate::api::{Severity, Target};
use crate::rules::text::bounded;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The labels that may name the alerting object, in the order they are tried.
pub const KINDS: [&str; 6] = ["pod", "deployment", "statefulset", "daemonset", "node", "service"];
/// The kinds of [`KINDS`] that live in no namespace.
const CLUSTER_SCOPED: [&str; 1] = ["node"];

/// Body of an Alertmanager webhook, version 4. Only the alerts matter: a group's status lies when alerts were left out of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Webhook {
    /// Every alert of the group that changed or still fires.
    pub alerts: Vec<Alert>,
}

/// One alert of a webhook. What is missing or `null` is empty; what is unknown is ignored.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Alert {
    /// `firing` or `resolved`.
    #[serde(deserialize_with = "or_empty")]
    pub status: String,
    /// What the alert is about.
    #[serde(deserialize_with = "or_empty")]
    pub labels: BTreeMap<String, String>,
    /// What the alert says.
    #[serde(deserialize_with = "or_empty")]
    pub annotations: BTreeMap<String, String>,
    /// When it began to fire, RFC 3339.
    #[serde(deserialize_with = "or_empty")]
    pub starts_at: String,
    /// When it ended, RFC 3339; of no meaning while it fires.
    #[serde(deserialize_with = "or_empty")]
    pub ends_at: String,
}

/// What an alert turned out to be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerting {
    /// Name of the alert.
    pub alert: String,
    /// The object that alerts, as its labels name it.
    pub object: Target,
    /// SHA-256 of `<alert name>:<namespace>:<kind>:<name>`, in hex.
    pub fingerprint: String,
    /// How bad it is.
    pub severity: Severity,
    /// When it began to fire.
    pub began: Timestamp,
    /// When it ended; absent while it fires.
    pub ended: Option<Timestamp>,
    /// Whether it fires, or was reported resolved.
    pub state: State,
}

/// Whether an alert fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It fires.
    Firing,
    /// It was reported resolved.
    Resolved,
}

/// Why an alert is not taken. Sending it again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no name.
    #[error("the alert has no label `alertname`; add it to the rule that sends it")]
    NoName,
    /// It says neither that it fires nor that it ended.
    #[error("the alert {alert} has the status {status:?}; it must be `firing` or `resolved`")]
    NoState {
        /// Name of the alert.
        alert: String,
        /// What it says instead.
        status: String,
    },
    /// No label names an object that we know how to look after.
    #[error("the alert {alert} names no object; give it one of the labels pod, deployment, statefulset, daemonset, node or service")]
    NoObject {
        /// Name of the alert.
        alert: String,
    },
    /// The object lives in a namespace, but the alert does not say in which.
    #[error("the alert {alert} is about {kind}/{name}, but has no label `namespace`; keep that label in the rule's expression")]
    NoNamespace {
        /// Name of the alert.
        alert: String,
        /// Kind of the object.
        kind: &'static str,
        /// Name of the object.
        name: String,
    },
    /// A label that must hold a name holds something else.
    #[error("the alert {alert} has {value:?} in its label `{label}`, which is no name of an object; correct the rule that sends it")]
    NotAName {
        /// Name of the alert.
        alert: String,
        /// The label.
        label: &'static str,
        /// What it holds.
        value: String,
    },
    /// It does not say when it began.
    #[error("the alert {alert} has {value:?} as `startsAt`; it must be a time from 1970 on, such as 2026-11-22T17:28:04Z")]
    NoBeginning {
        /// Name of the alert.
        alert: String,
        /// What it says instead.
        value: String,
    },
}

impl Alert {
    /// Value of a label; an empty one counts as missing.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Name of the alert, shortened for messages; empty when it has none.
    pub fn title(&self) -> String {
        bounded(self.label("alertname").unwrap_or_default(), 253)
    }
}

/// Reads an alert, or says why it cannot be taken.
pub fn read(alert: &Alert) -> Result<Alerting, Refusal> {
    let name = alert.label("alertname").ok_or(Refusal::NoName)?;
    let object = object(alert)?;
    Ok(Alerting {
        fingerprint: fingerprint(name, &object),
        alert: alert.title(),
        object,
        severity: severity(alert),
        began: began(alert)?,
        ended: alert.ends_at.parse().ok().filter(is_since_1970),
        state: state(alert)?,
    })
}

/// SHA-256 of `<alert name>:<namespace>:<kind>:<name>` of the alerting object, in hex.
pub fn fingerprint(alert: &str, object: &Target) -> String {
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let digest = Sha256::digest(format!("{alert}:{namespace}:{}:{}", object.kind, object.name));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn state(alert: &Alert) -> Result<State, Refusal> {
    match alert.status.as_str() {
        "" | "firing" => Ok(State::Firing),
        "resolved" => Ok(State::Resolved),
        other => Err(Refusal::NoState { alert: alert.title(), status: bounded(other, 64) }),
    }
}

fn object(alert: &Alert) -> Result<Target, Refusal> {
    let named = KINDS.iter().find_map(|kind| Some((*kind, alert.label(kind)?)));
    let (kind, name) = named.ok_or_else(|| Refusal::NoObject { alert: alert.title() })?;
    if !is_name(name, 253) {
        return Err(not_a_name(alert, kind, name));
    }
    if CLUSTER_SCOPED.contains(&kind) {
        return Ok(Target::cluster(kind, name));
    }
    match alert.label("namespace") {
        None => Err(Refusal::NoNamespace { alert: alert.title(), kind, name: name.to_owned() }),
        Some(namespace) if is_name(namespace, 63) && !namespace.contains('.') => Ok(Target::namespaced(namespace, kind, name)),
        Some(other) => Err(not_a_name(alert, "namespace", other)),
    }
}

/// Whether the text is a DNS subdomain, so that it may stand in the path of a request.
pub fn is_name(text: &str, longest: usize) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    text.len() <= longest && edge(text.chars().next()) && edge(text.chars().last()) && text.chars().all(inner)
}

fn not_a_name(alert: &Alert, label: &'static str, value: &str) -> Refusal {
    Refusal::NotAName { alert: alert.title(), label, value: bounded(value, 64) }
}

fn severity(alert: &Alert) -> Severity {
    match alert.label("severity") {
        Some("critical") => Severity::Critical,
        Some("info") => Severity::Info,
        _ => Severity::Warning,
    }
}

fn began(alert: &Alert) -> Result<Timestamp, Refusal> {
    let time = alert.starts_at.parse().ok().filter(is_since_1970);
    time.ok_or_else(|| Refusal::NoBeginning { alert: alert.title(), value: bounded(&alert.starts_at, 64) })
}

fn is_since_1970(time: &Timestamp) -> bool {
    *time >= Timestamp::UNIX_EPOCH
}

fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}
