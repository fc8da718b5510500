//! BlockClearance: a person lifts a block, by name and with a reason.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person lifts one block, by name and with a reason. Create-only.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "BlockClearance", namespaced)]
#[kube(status = "BlockClearanceStatus", shortname = "bc", category = "kubernaut", derive = "PartialEq")]
#[kube(selectable = ".spec.targetResource")]
#[kube(printcolumn(name = "Target", type_ = "string", json_path = ".spec.targetResource"))]
#[kube(printcolumn(name = "Block", type_ = "string", json_path = ".spec.blockId"))]
#[kube(printcolumn(name = "By", type_ = "string", json_path = ".spec.clearedBy"))]
#[kube(printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "Created", type_ = "string", json_path = ".metadata.creationTimestamp", priority = 1))]
#[kube(printcolumn(name = "Namespace", type_ = "string", json_path = ".metadata.namespace", priority = 1))]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec is immutable"))]
#[serde(rename_all = "camelCase")]
pub struct BlockClearanceSpec {
    /// The target, `namespace/kind/name` or `kind/name`.
    #[schemars(length(min = 3, max = 400), regex(pattern = r"^[^/]+/[^/]+(/[^/]+)?$"))]
    pub target_resource: String,
    /// The block's id, as the ledger has it.
    #[schemars(length(min = 1, max = 32))]
    pub block_id: String,
    /// The user who clears.
    #[schemars(length(min = 1, max = 512))]
    pub cleared_by: String,
    /// Why it is safe to run again; at least 10 characters.
    #[schemars(length(min = 10, max = 1024))]
    #[x_kube(validation = Rule::new("self.trim().size() >= 10").message("give a reason of at least 10 characters"))]
    pub reason: String,
}

/// What became of the clearance. Only controllers write it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct BlockClearanceStatus {
    /// Whether it was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<BlockClearancePhase>,
    /// Why not, or what was lifted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub message: String,
}

/// Whether a clearance was applied.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum BlockClearancePhase {
    Applied,
    Refused,
}
