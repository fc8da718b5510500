//! KubernetesExecution: one step of a run, or the undo of one.

use super::common::{Condition, Ref, string_map};
use super::plan::{ObjectId, Write};
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One step of a run, or the undo of one.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "KubernetesExecution", namespaced)]
#[kube(status = "KubernetesExecutionStatus", shortname = "ke", category = "kubernaut", derive = "PartialEq")]
#[kube(selectable = ".status.phase")]
#[kube(printcolumn(name = "Step", type_ = "integer", json_path = ".spec.stepNumber"))]
#[kube(printcolumn(name = "Action", type_ = "string", json_path = ".spec.action"))]
#[kube(printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "Started", type_ = "string", json_path = ".status.startTime", priority = 1))]
#[kube(printcolumn(name = "Ended", type_ = "string", json_path = ".status.completionTime", priority = 1))]
#[kube(printcolumn(name = "Created", type_ = "string", json_path = ".metadata.creationTimestamp", priority = 1))]
#[kube(printcolumn(name = "Namespace", type_ = "string", json_path = ".metadata.namespace", priority = 1))]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec is immutable"))]
#[serde(rename_all = "camelCase")]
pub struct KubernetesExecutionSpec {
    /// The run.
    pub workflow_execution_ref: Ref,
    /// Number of the step.
    #[schemars(range(min = 1, max = 50))]
    pub step_number: i32,
    /// Name of an action of the catalogue.
    #[schemars(length(max = 63))]
    pub action: String,
    /// Parameters of the action.
    #[serde(default)]
    #[schemars(schema_with = "string_map")]
    pub parameters: BTreeMap<String, String>,
    /// How long the step may take, for example `5m`.
    #[schemars(length(max = 32))]
    pub timeout: String,
    /// The KubernetesExecution that this one undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_of: Option<Ref>,
}

/// How a step is getting on. Only controllers write it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesExecutionStatus {
    /// Where the step stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<StepPhase>,
    /// Which write is about to be sent, and by which process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// What was written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub changes: Vec<Change>,
    /// What would undo it, captured before the write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub undo: Vec<Write>,
    /// What happened, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 16384))]
    pub message: String,
    /// When the step began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When the step ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_time: Option<Timestamp>,
    /// Observations, for example that a write cannot be settled without a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum StepPhase {
    Pending,
    Validating,
    Executing,
    Completed,
    Failed,
    Skipped,
}

impl StepPhase {
    /// Whether the step is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Skipped)
    }
}

/// One write that is about to be sent: only the named process sends it, with these preconditions.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Identifier of the process, drawn when it started.
    #[schemars(length(max = 64))]
    pub process: String,
    /// The object that is written.
    pub object: ObjectId,
    /// Uid of the object, a precondition of the write.
    #[schemars(length(max = 64))]
    pub uid: String,
    /// Version of the object, a precondition of the write.
    #[schemars(length(max = 64))]
    pub resource_version: String,
}

/// One value that a step replaced.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The object that was written.
    pub object: ObjectId,
    /// Path of the field; `.` is the object itself.
    #[schemars(length(max = 512))]
    pub field: String,
    /// The value before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub before: Option<String>,
    /// The value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub after: Option<String>,
}

impl KubernetesExecution {
    /// Where the step stands; a new one is `Pending`.
    pub fn phase(&self) -> StepPhase {
        self.status.as_ref().and_then(|s| s.phase).unwrap_or(StepPhase::Pending)
    }
}
