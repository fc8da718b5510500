//! The plan: what is proposed, shown, approved and run. One shape, carried by analysis, request and workflow.

use super::common::string_map;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that was approved. Its canonical form is hashed into `planHash`.
#[derive(Clone, Debug, Deserialize, Serialize, KubeSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The target, `namespace/kind/name`.
    #[schemars(length(max = 400))]
    pub target_resource: String,
    /// Uid of the target when the plan was made.
    #[schemars(length(max = 64))]
    pub target_uid: String,
    /// The workflow that the steps make up.
    #[schemars(length(max = 128))]
    pub workflow_id: String,
    /// The steps, in order of their numbers.
    #[schemars(length(max = 50))]
    pub steps: Vec<Step>,
    /// How the plan is run.
    pub execution_strategy: ExecutionStrategy,
    /// Hash of the policy that judged the plan; empty when there is none.
    #[schemars(length(max = 64))]
    pub policy_hash: String,
    /// Version of this shape; an unknown one is refused.
    #[schemars(range(min = 1, max = 1000))]
    pub plan_schema: i32,
}

/// One step of a plan.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Number of the step, from 1.
    #[schemars(range(min = 1, max = 50))]
    pub step_number: i32,
    /// Name of an action of the catalogue.
    #[schemars(length(max = 63))]
    pub action: String,
    /// Parameters of the action.
    #[serde(default)]
    #[schemars(schema_with = "string_map")]
    pub parameters: BTreeMap<String, String>,
    /// Numbers of the steps that must complete first.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub dependencies: Vec<i32>,
    /// Whether a person is asked before this step.
    #[serde(default)]
    pub requires_approval: bool,
    /// Who may approve the step, and for how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_policy: Option<ApprovalPolicy>,
    /// What the step will write, with absolute values.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub writes: Vec<Write>,
}

/// Who may approve a step.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalPolicy {
    /// Groups one of which the decider must be in; empty means anyone with the right to approve.
    #[serde(default)]
    #[schemars(length(max = 16), inner(length(max = 253)))]
    pub approver_groups: Vec<String>,
    /// How long the request waits, for example `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub timeout: Option<String>,
}

/// One value of one object that a step will replace.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Write {
    /// The object that is written.
    pub object: ObjectId,
    /// Path of the field, for example `spec.template.spec.containers[name=api].resources.limits.memory`; `.` is the object itself.
    #[schemars(length(max = 512))]
    pub field: String,
    /// The value that is replaced, as text; absent when the field is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub before: Option<String>,
    /// The value afterwards, as text; absent when the field, or the object, is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub after: Option<String>,
}

/// Which object, exactly.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "camelCase")]
pub struct ObjectId {
    /// For example `apps/v1`.
    #[schemars(length(max = 128))]
    pub api_version: String,
    /// For example `Deployment`.
    #[schemars(length(max = 63))]
    pub kind: String,
    /// Absent for cluster-scoped objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub namespace: Option<String>,
    /// Name of the object.
    #[schemars(length(max = 253))]
    pub name: String,
    /// Uid of the object.
    #[schemars(length(max = 64))]
    pub uid: String,
}

/// How a plan is run.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionStrategy {
    /// Whether the annotation `kubernaut.ai/approved-by` is waited for before the start.
    #[serde(default)]
    pub approval_required: bool,
    /// Whether every write is first sent as a dry run.
    #[serde(default)]
    pub dry_run_first: bool,
    /// What happens to completed steps when a later one fails.
    pub rollback_strategy: RollbackStrategy,
}

/// What happens to completed steps when a later one fails.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum RollbackStrategy {
    /// Completed reversible steps are undone, last first.
    #[default]
    Automatic,
    /// A person undoes them.
    Manual,
    /// Nothing is undone.
    None,
}

/// Which workflow a run belongs to.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowRef {
    /// The playbook rule's id, or the analyst's constant name.
    #[schemars(length(max = 128))]
    pub workflow_id: String,
}

/// The steps of a run.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowDefinition {
    /// The steps, in order of their numbers.
    #[schemars(length(max = 50))]
    pub steps: Vec<Step>,
}
