//! What a simulation comes to, as it is printed for programs.

use crate::api::{NotificationPriority, RemediationRequestSpec, SkipReason, Step};
use crate::cli::OUTPUT_VERSION;
use crate::cli::why::explanation::GateAnswer;
use crate::rules::gate::Verdict;
use jiff::Timestamp;
use serde::Serialize;

/// What would become of alerts.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Simulation {
    /// Version of this shape.
    pub api_version: &'static str,
    /// `Simulation`.
    pub kind: &'static str,
    /// The time that was simulated.
    pub at: Timestamp,
    /// What would become of each alert, in their order.
    pub requests: Vec<Simulated>,
    /// The result among them that asks most of people.
    pub result: Outcome,
}

impl Simulation {
    /// The simulation of these alerts.
    pub fn of(requests: Vec<Simulated>, at: Timestamp) -> Self {
        let result = requests.iter().map(|one| one.result).min().unwrap_or(Outcome::Nothing);
        Self { api_version: OUTPUT_VERSION, kind: "Simulation", at, requests, result }
    }
}

/// What would become of an alert. In order: what asks most of people comes first.
#[derive(Clone, Copy, Debug, Serialize, clap::ValueEnum, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// A person is told, and nothing runs: the analysis ends without a plan that may be approved.
    Escalate,
    /// The gate refuses the run.
    Skipped,
    /// A person is asked.
    Approval,
    /// It runs without a person.
    Auto,
    /// It is counted in an open remediation.
    Duplicate,
    /// The gateway refuses the alert.
    Refused,
    /// The alert has ended.
    Nothing,
}

/// What the confidence, and whether the plan can be made, decide.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
pub enum Decision {
    /// The plan is approved without a person.
    AutoApprove,
    /// A person is asked.
    Ask,
    /// There is no run; a person is told.
    Refuse,
}

/// What would become of one alert.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Simulated {
    /// Name of the alert.
    pub alert: String,
    /// What would become of it.
    pub result: Outcome,
    /// Why, in a sentence.
    pub message: String,
    /// Name of the remediation request that it becomes, or is counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Namespace of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Fingerprint of the alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Name of the remediation that it repeats: the open one of its fingerprint, or the one whose run stands in its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
    /// The target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Namespaces in which whoever sends the alert must be allowed to create remediation requests. Nobody knows here who sends it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sender_needs: Vec<String>,
    /// What the analysis says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    /// Whether a person is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Whether its run might start now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The gate that refuses; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<SkipReason>,
    /// When that gate opens by itself, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// Every gate, in order; none where no run would ask.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateAnswer>,
    /// The plan, as far as it can be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Planned>,
    /// What people are told until the run starts, in order.
    pub notifications: Vec<Notification>,
    /// What could not be looked up, and what was supposed instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The request that would be made.
    #[serde(skip)]
    pub wanted: Option<Box<RemediationRequestSpec>>,
}

/// What the analysis says.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// Confidence, 0 to 100; absent when none was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Who says so: `--confidence`, or the analyst.
    pub from: String,
    /// The root cause.
    pub root_cause: String,
    /// The workflow; absent when none is proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
}

/// A plan.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// Its steps, with the values that they would replace.
    pub steps: Vec<Step>,
    /// Numbers of the steps whose values are not in the files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unresolved: Vec<i32>,
    /// Its hash; absent when anything in it is not known, or holds the time at which it is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// A notice, and who receives it.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// What is told, as in the name of the notification request.
    pub event: &'static str,
    /// How urgent it is.
    pub priority: NotificationPriority,
    /// Its subject.
    pub subject: String,
    /// Who receives it, in order.
    pub receivers: Vec<String>,
}
