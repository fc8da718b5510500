//! RemediationTarget: the ledger of one target. Everything that decides whether a run may start there is in this object.

use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ledger of one target: who holds it, what ran there, what blocks it.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "RemediationTarget", namespaced)]
#[kube(status = "RemediationTargetStatus", shortname = "rt", category = "kubernaut", derive = "PartialEq")]
#[kube(selectable = ".spec.targetResource")]
#[kube(printcolumn(name = "Target", type_ = "string", json_path = ".spec.targetResource"))]
#[kube(printcolumn(name = "Holder", type_ = "string", json_path = ".status.holder.name"))]
#[kube(printcolumn(name = "Failures", type_ = "integer", json_path = ".status.consecutiveFailures"))]
#[kube(printcolumn(name = "Blocked-By", type_ = "string", json_path = ".status.blocks[*].run.name"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "Created", type_ = "string", json_path = ".metadata.creationTimestamp", priority = 1))]
#[kube(printcolumn(name = "Namespace", type_ = "string", json_path = ".metadata.namespace", priority = 1))]
#[kube(validation = Rule::new("self.metadata.name == self.spec.targetResource.lowerAscii().split('/')[self.spec.targetResource.split('/').size() - 2] + '.' + self.spec.targetResource.split('/')[self.spec.targetResource.split('/').size() - 1]").message("the name must be <kind>.<name> of spec.targetResource"))]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec is immutable"))]
#[serde(rename_all = "camelCase")]
pub struct RemediationTargetSpec {
    /// The target, `namespace/kind/name` or `kind/name`, with the kind in lower case.
    #[schemars(length(min = 3, max = 400), regex(pattern = r"^[^/]+/[^/]+(/[^/]+)?$"))]
    pub target_resource: String,
}

/// What the ledger holds. Only controllers write it, always against the version they read.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RemediationTargetStatus {
    /// The run that holds the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-map-type" = "atomic"))]
    pub holder: Option<Holder>,
    /// Failures before start in a row, of any workflow.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub consecutive_failures: i32,
    /// Before when nothing starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_allowed_execution: Option<Timestamp>,
    /// The last success of each workflow, newest 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub last_success: Vec<LastSuccess>,
    /// Runs that ran and failed, and were not cleared; 20 at most, with room to spare in the schema.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub blocks: Vec<Block>,
    /// Who lifted what, newest 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub clearances: Vec<Clearance>,
    /// The runs whose outcome is recorded, newest 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub runs: Vec<RecordedRun>,
    /// When the ledger was built from the runs of the cluster; without it nothing starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuilt_at: Option<Timestamp>,
}

/// A reference to a run.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(rename_all = "camelCase")]
pub struct RunRef {
    /// Namespace of the WorkflowExecution.
    #[schemars(length(max = 63))]
    pub namespace: String,
    /// Name of the WorkflowExecution.
    #[schemars(length(max = 253))]
    pub name: String,
    /// Uid of the WorkflowExecution.
    #[schemars(length(max = 64))]
    pub uid: String,
    /// Name of its RemediationRequest.
    #[schemars(length(max = 253))]
    pub remediation_request: String,
}

/// The run that holds a target.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The run.
    #[serde(flatten)]
    pub run: RunRef,
    /// Its workflow.
    #[schemars(length(max = 128))]
    pub workflow_id: String,
    /// Since when.
    pub since: Timestamp,
}

/// The last success of a workflow.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct LastSuccess {
    /// The workflow.
    #[schemars(length(max = 128))]
    pub workflow_id: String,
    /// The run.
    pub run: RunRef,
    /// When it succeeded.
    pub completed_at: Timestamp,
}

/// A run that ran and failed: its workflow does not start again here until a person cleared it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// First 12 hex digits of the run's uid.
    #[schemars(length(max = 32))]
    pub id: String,
    /// The run that failed.
    pub run: RunRef,
    /// Its workflow.
    #[schemars(length(max = 128))]
    pub workflow_id: String,
    /// Since when.
    pub since: Timestamp,
    /// What happened.
    #[schemars(length(max = 1024))]
    pub message: String,
}

/// A block or an exhaustion that was lifted.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Clearance {
    /// Uid of the BlockClearance, or of the run that was deleted.
    #[schemars(length(max = 64))]
    pub uid: String,
    /// What was lifted.
    #[schemars(length(max = 32))]
    pub block_id: String,
    /// By whom.
    #[schemars(length(max = 512))]
    pub who: String,
    /// When.
    pub when: Timestamp,
    /// Why.
    #[schemars(length(max = 1024))]
    pub why: String,
    /// How: `BlockClearance` or `Deleted`.
    #[schemars(length(max = 32))]
    pub how: String,
}

/// A run whose outcome is recorded: it is over, whatever its own status says.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRun {
    /// The run.
    pub run: RunRef,
    /// Its workflow.
    #[schemars(length(max = 128))]
    pub workflow_id: String,
    /// How it ended.
    pub outcome: RunOutcome,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum RunOutcome {
    Succeeded,
    PartialCompletion,
    Unverified,
    FailedBeforeStart,
    FailedDuring,
    NothingExecuted,
    TargetChanged,
    PlanMismatch,
    Cancelled,
}

impl RunOutcome {
    /// Whether the run counts as a success on its target.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::PartialCompletion | Self::Unverified)
    }
}
