//! Decides what an alert becomes: a new request, a duplicate of an open one, or the end of one.

use crate::api::{Priority, RemediationRequestSpec, Severity, Signal, Target, names};
use crate::rules::alert::{self, Alert, Alerting, KINDS, Refusal, State};
use crate::rules::text::{bounded, bounded_map};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};

/// A request of the same fingerprint, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// Whether it has ended, or is being deleted.
    pub over: bool,
    /// When its alert began to fire.
    pub began: Timestamp,
    /// When its alert was reported resolved, if it was.
    pub resolved: Option<Timestamp>,
}

/// The namespaces in which whoever sends an alert must be allowed to create RemediationRequests: the one that the request will be in,
/// and that of the target, if it is another.
pub fn sender_needs<'a>(object: &'a Target, root: &'a Target) -> Vec<&'a str> {
    let (own, other) = (object.home(), root.home());
    if own == other { vec![own] } else { vec![own, other] }
}

/// What is known about an alert when its fate is decided.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// What the alert is about.
    pub alerting: &'a Alerting,
    /// Whether another alert of this fingerprint fires in the same message, for example of another container of the pod.
    pub another_fires: bool,
    /// Every request of its fingerprint in its namespace.
    pub known: &'a [Known],
}

/// The alerts of a message that are about one fingerprint: where each stands in the message, what it says, what it is about.
pub type Group<'a> = Vec<(usize, &'a Alert, Alerting)>;

/// The alerts of a message by fingerprint, and those that cannot be taken, with their places.
pub fn grouped(alerts: &[Alert]) -> (Vec<Group<'_>>, Vec<(usize, Refusal)>) {
    let (mut groups, mut refused) = (BTreeMap::<String, Group<'_>>::new(), vec![]);
    for (place, sent) in alerts.iter().enumerate() {
        match alert::read(sent) {
            Ok(alerting) => groups.entry(alerting.fingerprint.clone()).or_default().push((place, sent, alerting)),
            Err(refusal) => refused.push((place, refusal)),
        }
    }
    (groups.into_values().collect(), refused)
}

/// Whether any alert of a group fires.
pub fn fires(group: &Group<'_>) -> bool {
    group.iter().any(|(_, _, alerting)| alerting.state == State::Firing)
}

/// What an alert becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intake {
    /// A new request.
    Create {
        /// Its name.
        name: String,
    },
    /// One more occurrence of an open request.
    Duplicate {
        /// Name of the open request.
        of: String,
        /// Whether the request was reported resolved and its alert has begun anew since.
        reopened: bool,
    },
    /// The end of these open requests' alert.
    Resolved {
        /// Their names; never empty.
        which: Vec<String>,
    },
    /// The end of an alert that no open request waits for.
    NothingToDo,
}

impl Display for Intake {
    /// In a few words, for the log.
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Create { name } => write!(f, "becomes the request {name}"),
            Self::Duplicate { of, reopened: false } => write!(f, "is one more occurrence of {of}"),
            Self::Duplicate { of, reopened: true } => write!(f, "fires again, is one more occurrence of {of}"),
            Self::Resolved { which } => write!(f, "has ended: {}", which.join(", ")),
            Self::NothingToDo => write!(f, "has ended; no open request waits for that"),
        }
    }
}

/// Decides what an alert becomes.
pub fn decide(seen: &Seen) -> Intake {
    match seen.alerting.state {
        State::Firing => firing(seen),
        State::Resolved => resolved(seen),
    }
}

fn firing(seen: &Seen) -> Intake {
    match seen.known.iter().filter(|known| !known.over).min_by_key(|known| (known.began, &known.name)) {
        Some(open) => {
            Intake::Duplicate { of: open.name.clone(), reopened: open.resolved.is_some_and(|resolved| seen.alerting.began > resolved) }
        }
        None => Intake::Create { name: free_name(seen) },
    }
}

/// A late message about an earlier firing does not end a request that began after it.
fn resolved(seen: &Seen) -> Intake {
    let ended = seen.alerting.ended.unwrap_or(Timestamp::MAX);
    let waits = |known: &&Known| !known.over && known.resolved.is_none() && known.began <= ended;
    let which: Vec<String> = seen.known.iter().filter(waits).map(|known| known.name.clone()).collect();
    match which.is_empty() || seen.another_fires {
        true => Intake::NothingToDo,
        false => Intake::Resolved { which },
    }
}

fn free_name(seen: &Seen) -> String {
    let name = |nth| names::remediation_request(&seen.alerting.fingerprint, seen.alerting.began.as_second(), nth);
    let is_free = |name: &String| seen.known.iter().all(|known| known.name != *name);
    (1..=u32::MAX).map(name).find(is_free).unwrap_or_default()
}

/// What was looked up for a new request.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// Top of the alerting object's owner chain.
    pub target: &'a Target,
    /// Label `environment` of the alert's namespace, or `unknown`.
    pub environment: &'a str,
    /// When the alert was received.
    pub now: Timestamp,
    /// The gateway's own account.
    pub requested_by: &'a str,
}

/// The request that an alert asks for, within the bounds of its schema.
pub fn request(alert: &Alert, alerting: &Alerting, found: &Found) -> RemediationRequestSpec {
    let needed: Vec<&str> = KINDS.into_iter().chain(["alertname", "namespace", "severity", "container"]).collect();
    RemediationRequestSpec {
        signal_name: alerting.alert.clone(),
        signal_fingerprint: alerting.fingerprint.clone(),
        severity: alerting.severity,
        environment: bounded(found.environment, 63),
        priority: priority(alerting.severity, found.environment),
        target_resource: bounded(&found.target.to_string(), 400),
        signal_labels: bounded_map(&alert.labels, &needed),
        signal_annotations: bounded_map(&alert.annotations, &["summary", "description", "runbook_url"]),
        firing_time: alerting.began,
        received_time: found.now,
        is_storm: false,
        storm_type: None,
        affected_resources: vec![],
        notify_on_success: false,
        requested_by: bounded(found.requested_by, 512),
        timeouts: BTreeMap::new(),
    }
}

/// The environment that a namespace's label `environment` tells, or `unknown`.
pub fn environment(label: Option<&String>) -> String {
    label.filter(|label| !label.is_empty()).cloned().unwrap_or_else(|| "unknown".to_owned())
}

/// What an analyst is told about the alert of a request.
pub fn signal(spec: &RemediationRequestSpec) -> Signal {
    let severity = match spec.severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    Signal {
        name: spec.signal_name.clone(),
        fingerprint: spec.signal_fingerprint.clone(),
        severity: severity.to_owned(),
        labels: spec.signal_labels.clone(),
        annotations: spec.signal_annotations.clone(),
        firing_time: spec.firing_time,
    }
}

/// How urgent an alert is, by how bad it is and where.
pub fn priority(severity: Severity, environment: &str) -> Priority {
    use Priority::{P0, P1, P2, P3};
    use Severity::{Critical, Info, Warning};
    match (severity, environment) {
        (Critical, "production") => P0,
        (Critical, "development") => P2,
        (Critical, _) | (Warning, "production") => P1,
        (Info, "production" | "staging" | "development") => P2,
        (Warning, _) => P2,
        (Info, _) => P3,
    }
}
