//! RemediationRequest: one alert on one target, and how far its remediation has come.

use super::common::{Condition, Ref, string_map};
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One alert on one target. Made by the gateway, or by a person.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "RemediationRequest", namespaced)]
#[kube(status = "RemediationRequestStatus", shortname = "rr", category = "kubernaut", derive = "PartialEq")]
#[kube(selectable = ".spec.signalFingerprint", selectable = ".spec.targetResource", selectable = ".status.phase")]
#[kube(printcolumn(name = "Signal", type_ = "string", json_path = ".spec.signalName"))]
#[kube(printcolumn(name = "Target", type_ = "string", json_path = ".spec.targetResource"))]
#[kube(printcolumn(name = "Severity", type_ = "string", json_path = ".spec.severity"))]
#[kube(printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"))]
#[kube(printcolumn(name = "Outcome", type_ = "string", json_path = ".status.outcome"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "Created", type_ = "string", json_path = ".metadata.creationTimestamp", priority = 1))]
#[kube(printcolumn(name = "Namespace", type_ = "string", json_path = ".metadata.namespace", priority = 1))]
#[kube(validation = Rule::new("self.metadata.name.size() <= 52 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')").message("the name must be a DNS label of at most 52 characters, so that its children's names and labels fit"))]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec is immutable"))]
#[serde(rename_all = "camelCase")]
pub struct RemediationRequestSpec {
    /// The alert's name.
    #[schemars(length(min = 1, max = 253))]
    pub signal_name: String,
    /// SHA-256 of alert name, namespace, kind and name of the alerting object, in hex.
    #[schemars(length(min = 64, max = 64), regex(pattern = r"^[0-9a-f]{64}$"))]
    pub signal_fingerprint: String,
    /// How bad the alert is.
    pub severity: Severity,
    /// Label `environment` of the alert's namespace, or `unknown`.
    #[schemars(length(max = 63))]
    pub environment: String,
    /// How urgent the remediation is.
    pub priority: Priority,
    /// The top of the alerting object's owner chain: `namespace/kind/name`, or `kind/name`.
    #[schemars(length(min = 3, max = 400), regex(pattern = r"^[^/]+/[^/]+(/[^/]+)?$"))]
    pub target_resource: String,
    /// The alert's labels.
    #[serde(default)]
    #[schemars(schema_with = "string_map")]
    pub signal_labels: BTreeMap<String, String>,
    /// The alert's annotations.
    #[serde(default)]
    #[schemars(schema_with = "string_map")]
    pub signal_annotations: BTreeMap<String, String>,
    /// When the alert began to fire.
    pub firing_time: Timestamp,
    /// When the gateway received it.
    pub received_time: Timestamp,
    /// Whether this stands for many alerts at once.
    #[serde(default)]
    pub is_storm: bool,
    /// What kind of storm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub storm_type: Option<String>,
    /// The resources of a storm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(max = 400)))]
    pub affected_resources: Vec<String>,
    /// Whether a successful end is announced.
    #[serde(default)]
    pub notify_on_success: bool,
    /// Account that asked for the remediation; for alerts the gateway's.
    #[schemars(length(max = 512))]
    pub requested_by: String,
    /// Budgets of this request, for example `{"execution": "30m"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "string_map")]
    pub timeouts: BTreeMap<String, String>,
}

/// How bad an alert is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Severity {
    Critical,
    Warning,
    Info,
}

/// How urgent a remediation is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Priority {
    P0,
    P1,
    P2,
    P3,
}

/// How far a remediation has come. Only controllers write it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct RemediationRequestStatus {
    /// Where the remediation stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<RemediationPhase>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RemediationOutcome>,
    /// Whether a person must look.
    #[serde(default)]
    pub requires_manual_review: bool,
    /// Why the run was refused for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub skip_reason: Option<String>,
    /// What happened, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 2048))]
    pub message: String,
    /// The RemediationProcessing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation_processing_ref: Option<Ref>,
    /// The AIAnalysis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_analysis_ref: Option<Ref>,
    /// The WorkflowExecution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_execution_ref: Option<Ref>,
    /// The NotificationRequests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub notification_request_refs: Vec<Ref>,
    /// The remediation that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<Ref>,
    /// The remediations that repeat this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub duplicate_refs: Vec<Ref>,
    /// Number of distinct remediations that repeat this one.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub duplicate_count: i32,
    /// When each phase began.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "string_map")]
    pub phase_times: BTreeMap<String, String>,
    /// What the gateway heard of the alert since. Only the gateway writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<SignalStatus>,
    /// Whether the ledger holds a block of this remediation's run.
    #[serde(default)]
    pub blocked: bool,
    /// Observations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
}

/// What the gateway heard of an alert since its request was made.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct SignalStatus {
    /// How often the alert was received.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub occurrences: i64,
    /// When it was last received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// When it was reported resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
}

/// Where a remediation stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum RemediationPhase {
    Pending,
    Processing,
    Analyzing,
    AwaitingApproval,
    Executing,
    Completed,
    Failed,
    TimedOut,
}

impl RemediationPhase {
    /// Whether the remediation is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::TimedOut)
    }
}

/// How a remediation ended.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum RemediationOutcome {
    Remediated,
    PartialCompletion,
    Unverified,
    NoActionRequired,
    ManualReviewRequired,
    Rejected,
    TargetChanged,
    PlanMismatch,
    Cancelled,
}

impl RemediationRequest {
    /// Where the remediation stands; a new one is `Pending`.
    pub fn phase(&self) -> RemediationPhase {
        self.status.as_ref().and_then(|s| s.phase).unwrap_or(RemediationPhase::Pending)
    }
}
