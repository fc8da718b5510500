//! WorkflowStepApprovalRequest: asks a person whether one step of a run may be taken.

use super::ai_approval_request::AIApprovalRequestStatus;
use super::common::{Decision, Ref, string_map};
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Asks a person whether one step of a run may be taken. Decide it by writing `status.decision`, before the deadline.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "WorkflowStepApprovalRequest", namespaced)]
#[kube(status = "AIApprovalRequestStatus", shortname = "wsar", category = "kubernaut", derive = "PartialEq")]
#[kube(selectable = ".status.decision", selectable = ".spec.workflowExecutionRef.name")]
#[kube(printcolumn(name = "Step", type_ = "integer", json_path = ".spec.stepNumber"))]
#[kube(printcolumn(name = "Action", type_ = "string", json_path = ".spec.action"))]
#[kube(printcolumn(name = "Decision", type_ = "string", json_path = ".status.decision"))]
#[kube(printcolumn(name = "By", type_ = "string", json_path = ".status.decidedBy"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "Timeout", type_ = "string", json_path = ".spec.timeout", priority = 1))]
#[kube(printcolumn(name = "Requested-By", type_ = "string", json_path = ".spec.requestedBy", priority = 1))]
#[kube(printcolumn(name = "Created", type_ = "string", json_path = ".metadata.creationTimestamp", priority = 1))]
#[kube(printcolumn(name = "Namespace", type_ = "string", json_path = ".metadata.namespace", priority = 1))]
#[kube(validation = Rule::new("!has(oldSelf.status) || !has(oldSelf.status.decision) || oldSelf.status.decision == '' || (has(self.status) && has(self.status.decision) && self.status.decision == oldSelf.status.decision && has(self.status.decidedBy) == has(oldSelf.status.decidedBy) && (!has(self.status.decidedBy) || self.status.decidedBy == oldSelf.status.decidedBy) && has(self.status.reason) == has(oldSelf.status.reason) && (!has(self.status.reason) || self.status.reason == oldSelf.status.reason) && has(self.status.planHash) == has(oldSelf.status.planHash) && (!has(self.status.planHash) || self.status.planHash == oldSelf.status.planHash) && (!has(oldSelf.status.decidedAt) || (has(self.status.decidedAt) && self.status.decidedAt == oldSelf.status.decidedAt)))").message("a decision is final: it can be neither changed nor removed"))]
#[kube(validation = Rule::new("!has(self.status) || !has(self.status.decision) || self.status.decision == '' || (has(self.status.decidedBy) && self.status.decidedBy != '')").message("a decision names who decides: set status.decidedBy to your user name (kubectl auth whoami)"))]
#[kube(validation = Rule::new("!has(self.status) || !has(self.status.planHash) || self.status.planHash == self.spec.planHash").message("status.planHash is not the plan's: the plan that was looked at is not the one in this request"))]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec is immutable"))]
#[serde(rename_all = "camelCase")]
pub struct WorkflowStepApprovalRequestSpec {
    /// The run.
    pub workflow_execution_ref: Ref,
    /// Number of the step.
    #[schemars(range(min = 1, max = 50))]
    pub step_number: i32,
    /// Name of the action.
    #[schemars(length(max = 63))]
    pub action: String,
    /// Parameters of the action.
    #[serde(default)]
    #[schemars(schema_with = "string_map")]
    pub parameters: BTreeMap<String, String>,
    /// SHA-256 of the approved plan's canonical form, in hex.
    #[schemars(length(min = 64, max = 64))]
    pub plan_hash: String,
    /// Groups one of which the decider must be in; empty means anyone with the right to approve.
    #[serde(default)]
    #[schemars(length(max = 16), inner(length(max = 253)))]
    pub approver_groups: Vec<String>,
    /// Who asked for the remediation; may not approve it.
    #[schemars(length(max = 512))]
    pub requested_by: String,
    /// When the request was written; the deadline counts from `metadata.creationTimestamp`.
    pub requested_at: Timestamp,
    /// How long the request waits, for example `15m`.
    #[schemars(length(min = 2, max = 32))]
    pub timeout: String,
}

impl WorkflowStepApprovalRequest {
    /// What was decided; `Undecided` while the request waits.
    pub fn decision(&self) -> Decision {
        self.status.as_ref().and_then(|s| s.decision).unwrap_or(Decision::Undecided)
    }
}
