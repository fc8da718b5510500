//! WorkflowStepApprovalRequest: asks a person whether one step of a run may be taken.

use super::ai_approval_request::AIApprovalRequestStatus;
use super::common::{Ref, string_map};
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Asks a person whether one step of a run may be taken.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "WorkflowStepApprovalRequest", namespaced)]
#[kube(status = "AIApprovalRequestStatus", shortname = "wsar", category = "kubernaut", derive = "PartialEq")]
#[kube(selectable = ".status.decision")]
#[kube(printcolumn(name = "Step", type_ = "integer", json_path = ".spec.stepNumber"))]
#[kube(printcolumn(name = "Action", type_ = "string", json_path = ".spec.action"))]
#[kube(printcolumn(name = "Decision", type_ = "string", json_path = ".status.decision"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
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
    #[schemars(length(max = 64))]
    pub plan_hash: String,
    /// Groups one of which the decider must be in; empty means anyone with the right to approve.
    #[serde(default)]
    #[schemars(length(max = 16), inner(length(max = 253)))]
    pub approver_groups: Vec<String>,
    /// Who asked for the remediation; may not approve it.
    #[schemars(length(max = 512))]
    pub requested_by: String,
    /// When the request was written.
    pub requested_at: Timestamp,
    /// How long the request waits, for example `15m`.
    #[schemars(length(min = 2, max = 32))]
    pub timeout: String,
}
