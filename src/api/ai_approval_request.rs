//! AIApprovalRequest: asks a person whether a plan may run.

use super::ai_analysis::ConfidenceLevel;
use super::common::{Decision, Evidence, Ref};
use super::plan::Plan;
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Asks a person whether a plan may run. Decide it by writing `status.decision`, before the deadline.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "AIApprovalRequest", namespaced)]
#[kube(plural = "aiapprovalrequests", status = "AIApprovalRequestStatus", shortname = "aar", category = "kubernaut", derive = "PartialEq")]
#[kube(selectable = ".status.decision", selectable = ".spec.plan.targetResource")]
#[kube(printcolumn(name = "Target", type_ = "string", json_path = ".spec.plan.targetResource"))]
#[kube(printcolumn(name = "Confidence", type_ = "number", json_path = ".spec.investigation.confidenceScore"))]
#[kube(printcolumn(name = "Decision", type_ = "string", json_path = ".status.decision"))]
#[kube(printcolumn(name = "By", type_ = "string", json_path = ".status.decidedBy"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "Steps", type_ = "integer", json_path = ".spec.plan.steps[-1:].stepNumber", priority = 1))]
#[kube(printcolumn(name = "Workflow", type_ = "string", json_path = ".spec.plan.workflowId", priority = 1))]
#[kube(printcolumn(name = "Timeout", type_ = "string", json_path = ".spec.timeout", priority = 1))]
#[kube(printcolumn(name = "Requested-By", type_ = "string", json_path = ".spec.requestedBy", priority = 1))]
#[kube(printcolumn(name = "Created", type_ = "string", json_path = ".metadata.creationTimestamp", priority = 1))]
#[kube(printcolumn(name = "Namespace", type_ = "string", json_path = ".metadata.namespace", priority = 1))]
#[kube(validation = Rule::new("!has(oldSelf.status) || !has(oldSelf.status.decision) || oldSelf.status.decision == '' || (has(self.status) && has(self.status.decision) && self.status.decision == oldSelf.status.decision && has(self.status.decidedBy) == has(oldSelf.status.decidedBy) && (!has(self.status.decidedBy) || self.status.decidedBy == oldSelf.status.decidedBy) && has(self.status.reason) == has(oldSelf.status.reason) && (!has(self.status.reason) || self.status.reason == oldSelf.status.reason) && has(self.status.planHash) == has(oldSelf.status.planHash) && (!has(self.status.planHash) || self.status.planHash == oldSelf.status.planHash) && (!has(oldSelf.status.decidedAt) || (has(self.status.decidedAt) && self.status.decidedAt == oldSelf.status.decidedAt)))").message("a decision is final: it can be neither changed nor removed"))]
#[kube(validation = Rule::new("!has(self.status) || !has(self.status.decision) || self.status.decision == '' || (has(self.status.decidedBy) && self.status.decidedBy != '')").message("a decision names who decides: set status.decidedBy to your user name (kubectl auth whoami)"))]
#[kube(validation = Rule::new("!has(self.status) || !has(self.status.planHash) || self.status.planHash == self.spec.planHash").message("status.planHash is not the plan's: the plan that was looked at is not the one in this request"))]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec is immutable"))]
#[serde(rename_all = "camelCase")]
pub struct AIApprovalRequestSpec {
    /// The analysis that asks.
    pub ai_analysis_ref: Ref,
    /// What was found.
    pub investigation: Investigation,
    /// What supports it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub evidence: Vec<Evidence>,
    /// The plan to decide on.
    pub plan: Plan,
    /// SHA-256 of the plan's canonical form, in hex.
    #[schemars(length(min = 64, max = 64))]
    pub plan_hash: String,
    /// Who asked for the remediation; may not approve it.
    #[schemars(length(max = 512))]
    pub requested_by: String,
    /// When the request was written; the deadline counts from `metadata.creationTimestamp`.
    pub requested_at: Timestamp,
    /// How long the request waits, for example `15m`.
    #[schemars(length(min = 2, max = 32))]
    pub timeout: String,
}

/// What was found, in short.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Investigation {
    /// The root cause.
    #[schemars(length(max = 4096))]
    pub root_cause: String,
    /// Confidence of the analyst, 0 to 100.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub confidence_score: f64,
    /// Band of the confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence_level: Option<ConfidenceLevel>,
    /// The proposed actions.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub recommendations: Vec<ProposedAction>,
}

/// One proposed action, in short.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ProposedAction {
    /// Identifier within the analysis.
    #[schemars(length(max = 63))]
    pub id: String,
    /// Name of the action.
    #[schemars(length(max = 63))]
    pub action: String,
}

/// The decision. Absent, or with an empty `decision`, while the request waits.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AIApprovalRequestStatus {
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The user who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub decided_by: Option<String>,
    /// When; filled in by the controllers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
    /// Hash of the plan that was looked at; must be the request's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub plan_hash: Option<String>,
}

impl AIApprovalRequest {
    /// What was decided; `Undecided` while the request waits.
    pub fn decision(&self) -> Decision {
        self.status.as_ref().and_then(|s| s.decision).unwrap_or(Decision::Undecided)
    }
}
