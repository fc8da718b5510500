//! The shape of a remediation and everything that belongs to it.

use crate::cli::kinds::Kind;
use crate::cli::output::Document;
use crate::cli::terminal::Mark;
use crate::rules::review::Settled;
use jiff::Timestamp;
use serde::Serialize;

/// A remediation and everything that belongs to it.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct StatusTree {
    /// Version of this shape.
    pub api_version: &'static str,
    /// `StatusTree`.
    pub kind: Document,
    /// `namespace/name` of the remediation.
    pub object: String,
    /// Where it stands.
    pub phase: String,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What is remediated.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// How bad the alert is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub severity: String,
    /// Name of the alert.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub signal: String,
    /// When the remediation was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When this was looked at.
    pub at: Timestamp,
    /// What happened, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether it ended so that a person must look.
    pub requires_manual_review: bool,
    /// Why a person has to look no more; absent when one has to, or never had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_settled: Option<Settled>,
    /// Whether its run blocks the target.
    pub blocked: bool,
    /// What it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// What belongs to it, and what is still to come.
    pub children: Vec<Node>,
    /// What the cluster's Events tell of all of these, oldest first; absent unless they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Event>>,
}

/// What a remediation waits for.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// For what.
    #[serde(rename = "for")]
    pub what: String,
    /// Until when at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Seconds until then; negative when it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_in_seconds: Option<i64>,
}

/// One of the cluster's Events.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// When it happened last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// `Normal` or `Warning`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// Why, in a word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The object, `type/name`.
    pub object: String,
    /// Who says so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// How often.
    pub count: i64,
    /// What.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Something that belongs to a remediation, or will.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// `namespace/name`.
    pub object: String,
    /// Its kind.
    pub resource: String,
    /// `rr/NAME`.
    #[serde(skip)]
    pub short: String,
    /// Where it stands; absent as long as it does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Why it does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent_because: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// What else is worth knowing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub info: String,
    /// When its time is up, as long as somebody is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// What belongs to it.
    pub children: Vec<Node>,
}

impl Node {
    /// Something that does not exist, and why.
    pub fn absent(kind: Kind, namespace: &str, name: &str, because: impl Into<String>) -> Self {
        Self {
            object: format!("{namespace}/{name}"),
            resource: kind.resource().kind,
            short: format!("{}/{name}", kind.short()),
            phase: None,
            absent_because: Some(because.into()),
            created_at: None,
            info: String::new(),
            deadline: None,
            children: Vec::new(),
        }
    }

    /// What its phase means to a reader.
    pub fn mark(&self) -> Mark {
        self.phase.as_deref().map_or(Mark::Absent, mark)
    }
}

/// What a phase means to a reader, whatever the kind.
pub fn mark(phase: &str) -> Mark {
    match phase {
        "Completed" | "Approved" | "Sent" | "Applied" => Mark::Good,
        "Failed" | "Rejected" | "Expired" | "TimedOut" | "PartiallySent" | "Refused" | "Superseded" => Mark::Bad,
        "Skipped" => Mark::Blocked,
        "Pending" | "Approving" | "AwaitingApproval" | "Validating" => Mark::Waiting,
        _ => Mark::Running,
    }
}

impl StatusTree {
    /// Everything that belongs to it, parents before their children; without the remediation itself.
    pub fn nodes(&self) -> Vec<&Node> {
        let mut found = Vec::new();
        let mut next: Vec<&Node> = self.children.iter().rev().collect();
        while let Some(node) = next.pop() {
            found.push(node);
            next.extend(node.children.iter().rev());
        }
        found
    }

    /// Its bare name.
    pub fn name(&self) -> &str {
        self.object.rsplit('/').next().unwrap_or_default()
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        self.object.split_once('/').map(|(namespace, _)| namespace).unwrap_or_default()
    }

    /// Whether it ended otherwise than wished.
    pub fn has_failed(&self) -> bool {
        matches!(self.phase.as_str(), "Failed" | "TimedOut")
    }

    /// Whether it ended.
    pub fn is_over(&self) -> bool {
        self.has_failed() || self.phase == "Completed"
    }

    /// Whether nothing goes on without a person.
    pub fn needs_a_person(&self) -> bool {
        self.phase == "AwaitingApproval" || self.awaits_review() || self.blocked
    }

    /// Whether a person must look, and as far as is known nobody has.
    pub fn awaits_review(&self) -> bool {
        self.requires_manual_review && self.review_settled.is_none()
    }
}
