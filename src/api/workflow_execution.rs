//! WorkflowExecution: one run of an approved plan on its target.

use super::ai_analysis::ApprovalStatus;
use super::common::{Condition, Ref};
use super::plan::{ExecutionStrategy, Plan, WorkflowDefinition, WorkflowRef};
use super::remediation_target::RunOutcome;
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One run of an approved plan on its target.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "WorkflowExecution", namespaced)]
#[kube(status = "WorkflowExecutionStatus", shortname = "wfe", category = "kubernaut", derive = "PartialEq")]
#[kube(selectable = ".spec.targetResource", selectable = ".status.phase")]
#[kube(printcolumn(name = "Target", type_ = "string", json_path = ".spec.targetResource"))]
#[kube(printcolumn(name = "Workflow", type_ = "string", json_path = ".spec.workflowRef.workflowId"))]
#[kube(printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"))]
#[kube(printcolumn(name = "Reason", type_ = "string", json_path = ".status.skipDetails.reason"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "Next-Allowed", type_ = "string", json_path = ".status.nextAllowedExecution", priority = 1))]
#[kube(printcolumn(name = "Outcome", type_ = "string", json_path = ".status.outcome", priority = 1))]
#[kube(printcolumn(name = "Remediation", type_ = "string", json_path = ".spec.remediationRequestRef.name", priority = 1))]
#[kube(printcolumn(name = "Created", type_ = "string", json_path = ".metadata.creationTimestamp", priority = 1))]
#[kube(printcolumn(name = "Namespace", type_ = "string", json_path = ".metadata.namespace", priority = 1))]
#[x_kube(validation = Rule::new("self.attempt >= oldSelf.attempt && self.attempt <= oldSelf.attempt + 1").message("spec.attempt may only grow, by one"))]
#[x_kube(validation = Rule::new("!has(oldSelf.stop) || (has(self.stop) && self.stop == oldSelf.stop)").message("spec.stop is set once"))]
#[x_kube(validation = Rule::new("self.remediationRequestRef == oldSelf.remediationRequestRef && self.targetResource == oldSelf.targetResource && self.targetUid == oldSelf.targetUid && self.workflowRef == oldSelf.workflowRef && self.workflowDefinition == oldSelf.workflowDefinition && self.executionStrategy == oldSelf.executionStrategy && self.planHash == oldSelf.planHash && self.policyHash == oldSelf.policyHash && self.planSchema == oldSelf.planSchema").message("spec is immutable, but for attempt and stop"))]
#[serde(rename_all = "camelCase")]
pub struct WorkflowExecutionSpec {
    /// The remediation.
    pub remediation_request_ref: Ref,
    /// The target, `namespace/kind/name` or `kind/name`.
    #[schemars(length(min = 3, max = 400), regex(pattern = r"^[^/]+/[^/]+(/[^/]+)?$"))]
    pub target_resource: String,
    /// Uid of the target when the plan was made.
    #[schemars(length(max = 64))]
    pub target_uid: String,
    /// Which workflow this is a run of.
    pub workflow_ref: WorkflowRef,
    /// The approved steps.
    pub workflow_definition: WorkflowDefinition,
    /// How the plan is run.
    pub execution_strategy: ExecutionStrategy,
    /// SHA-256 of the approved plan's canonical form, in hex.
    #[schemars(length(max = 64))]
    pub plan_hash: String,
    /// Hash of the policy that judged the plan; empty when there is none.
    #[schemars(length(max = 64))]
    pub policy_hash: String,
    /// Version of the plan's shape.
    #[schemars(range(min = 1, max = 1000))]
    pub plan_schema: i32,
    /// How often the gate was asked again. May only grow, by one.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub attempt: i32,
    /// Asks the run to end. Set once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopReason>,
}

/// Why a run is asked to end.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum StopReason {
    Resolved,
    TimedOut,
    RequestGone,
}

/// How a run is getting on. Only controllers write it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowExecutionStatus {
    /// Where the run stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<WorkflowPhase>,
    /// When the run took its target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When the run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_time: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RunOutcome>,
    /// Why it was skipped, the last time it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_details: Option<SkipDetails>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_details: Option<FailureDetails>,
    /// Failures before start in a row on the target, mirrored from its ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub consecutive_failures: Option<i32>,
    /// Before when nothing starts on the target, mirrored from its ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_allowed_execution: Option<Timestamp>,
    /// Whether the block that this run made was cleared.
    #[serde(default)]
    pub block_cleared: bool,
    /// Whether a deletion was pending when the outcome was recorded; such a deletion lifts no block.
    #[serde(default)]
    pub deleted_while_running: bool,
    /// How each step is getting on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub step_statuses: Vec<StepStatus>,
    /// The steps that a person was asked for, and what came of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub step_approvals: Vec<StepApprovalStatus>,
    /// Since when a person is asked for a step; the execution budget is paused from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for_approval_since: Option<Timestamp>,
    /// How long people were waited for before that, in seconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0))]
    pub waited_for_approval_seconds: i64,
    /// The value of `spec.attempt` that was last answered.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub observed_attempt: i32,
    /// Observations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum WorkflowPhase {
    Pending,
    Planning,
    Validating,
    Executing,
    Monitoring,
    RollingBack,
    Skipped,
    Completed,
    Failed,
}

impl WorkflowPhase {
    /// Whether the run is over. `Skipped` is not: a new attempt may follow.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// Why the gate refused a run.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum SkipReason {
    PreviousExecutionFailed,
    ExhaustedRetries,
    ResourceBusy,
    RecentlyRemediated,
}

impl SkipReason {
    /// Whether only a person can lift the refusal.
    pub fn is_permanent(self) -> bool {
        matches!(self, Self::PreviousExecutionFailed | Self::ExhaustedRetries)
    }

    /// The reason as it is written in objects and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreviousExecutionFailed => "PreviousExecutionFailed",
            Self::ExhaustedRetries => "ExhaustedRetries",
            Self::ResourceBusy => "ResourceBusy",
            Self::RecentlyRemediated => "RecentlyRemediated",
        }
    }
}

/// Why and when a run was skipped.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SkipDetails {
    /// The gate that refused.
    pub reason: SkipReason,
    /// Why, in a sentence.
    #[schemars(length(max = 2048))]
    pub message: String,
    /// When.
    pub skipped_at: Timestamp,
    /// The run that holds the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflicting_workflow: Option<ConflictingWorkflow>,
    /// The earlier run that stands in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recent_remediation: Option<RecentRemediation>,
}

/// The run that holds the target.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ConflictingWorkflow {
    /// Name of the run.
    #[schemars(length(max = 253))]
    pub name: String,
    /// Namespace of the run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 63))]
    pub namespace: String,
    /// Name of its remediation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 253))]
    pub remediation_request: String,
    /// Its workflow.
    #[schemars(length(max = 128))]
    pub workflow_id: String,
    /// When it took the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// The target.
    #[schemars(length(max = 400))]
    pub target_resource: String,
}

/// The earlier run that stands in the way.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RecentRemediation {
    /// Name of the run.
    #[schemars(length(max = 253))]
    pub name: String,
    /// Namespace of the run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 63))]
    pub namespace: String,
    /// Name of its remediation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 253))]
    pub remediation_request: String,
    /// Its workflow.
    #[schemars(length(max = 128))]
    pub workflow_id: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 63))]
    pub outcome: String,
    /// The target.
    #[schemars(length(max = 400))]
    pub target_resource: String,
    /// How long to wait, for example `1m12s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub cooldown_remaining: Option<String>,
}

/// Why a run failed.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct FailureDetails {
    /// Whether at least one action was begun, or nobody can prove that it was not.
    pub was_execution_failure: bool,
    /// The step that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 50))]
    pub failed_step: Option<i32>,
    /// One word that says why.
    #[schemars(length(max = 128))]
    pub reason: String,
    /// A sentence that says why.
    #[schemars(length(max = 2048))]
    pub message: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// What happened, and what state the target is in, for a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 4096))]
    pub natural_language_summary: String,
}

/// How a step is getting on.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct StepStatus {
    /// Number of the step.
    #[schemars(range(min = 1, max = 50))]
    pub step_number: i32,
    /// Whether this is the undo of the step.
    #[serde(default)]
    pub undo: bool,
    /// The KubernetesExecution, recorded before it may write anything.
    pub kubernetes_execution_ref: Ref,
    /// Where the step stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<super::kubernetes_execution::StepPhase>,
    /// What happened, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 2048))]
    pub message: String,
}

/// What became of asking a person for a step.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct StepApprovalStatus {
    /// Number of the step.
    #[schemars(range(min = 1, max = 50))]
    pub step_number: i32,
    /// The WorkflowStepApprovalRequest.
    pub approval_request_ref: Ref,
    /// What came of it; a step that is not approved, and whatever depends on it, is never run.
    pub approval_status: ApprovalStatus,
    /// Who decided, and why, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 2048))]
    pub message: String,
}

impl StepApprovalStatus {
    /// Whether it was decided, or has ended otherwise, and the step will not run.
    pub fn is_refused(&self) -> bool {
        !matches!(self.approval_status, ApprovalStatus::Pending | ApprovalStatus::Approved | ApprovalStatus::AutoApproved)
    }
}

impl WorkflowExecutionStatus {
    /// What people refused, in a sentence; `None` when nothing was.
    pub fn refusals(&self) -> Option<String> {
        let refused = self.step_approvals.iter().filter(|asked| asked.is_refused());
        let each: Vec<String> = refused.map(|asked| format!("step {} was not approved: {}", asked.step_number, asked.message)).collect();
        (!each.is_empty()).then(|| each.join("; "))
    }
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl WorkflowExecution {
    /// Where the run stands; a new one is `Pending`.
    pub fn phase(&self) -> WorkflowPhase {
        self.status.as_ref().and_then(|s| s.phase).unwrap_or(WorkflowPhase::Pending)
    }
}

impl WorkflowExecutionSpec {
    /// The plan that this run carries out, in the shape that was hashed.
    pub fn plan(&self) -> Plan {
        Plan {
            target_resource: self.target_resource.clone(),
            target_uid: self.target_uid.clone(),
            workflow_id: self.workflow_ref.workflow_id.clone(),
            steps: self.workflow_definition.steps.clone(),
            execution_strategy: self.execution_strategy,
            policy_hash: self.policy_hash.clone(),
            plan_schema: self.plan_schema,
        }
    }
}
