//! What users see in kubectl: one kind a file, with its spec, its status and the rules the API server checks.

pub mod ai_analysis;
pub mod ai_approval_request;
pub mod block_clearance;
pub mod common;
pub mod kubernetes_execution;
pub mod labels;
pub mod names;
pub mod notification_request;
pub mod plan;
pub mod remediation_processing;
pub mod remediation_request;
pub mod remediation_target;
pub mod target;
pub mod workflow_execution;
pub mod workflow_step_approval_request;

pub use ai_analysis::{AIAnalysis, AIAnalysisSpec, AIAnalysisStatus, AnalysisPhase, ApprovalStatus, ConfidenceLevel};
pub use ai_approval_request::{AIApprovalRequest, AIApprovalRequestSpec, AIApprovalRequestStatus, Investigation};
pub use block_clearance::{BlockClearance, BlockClearancePhase, BlockClearanceSpec, BlockClearanceStatus};
pub use common::{Condition, Decision, Evidence, Recommendation, Ref, Signal};
pub use kubernetes_execution::{Change, Intent, KubernetesExecution, KubernetesExecutionSpec, KubernetesExecutionStatus, StepPhase};
pub use notification_request::{
    Delivery, DeliveryState, NotificationPhase, NotificationPriority, NotificationRequest, NotificationRequestSpec,
    NotificationRequestStatus, NotificationType,
};
pub use plan::{ApprovalPolicy, ExecutionStrategy, ObjectId, Plan, RollbackStrategy, Step, WorkflowDefinition, WorkflowRef, Write};
pub use remediation_processing::{ProcessingPhase, RemediationProcessing, RemediationProcessingSpec, RemediationProcessingStatus};
pub use remediation_request::{
    Priority, RemediationOutcome, RemediationPhase, RemediationRequest, RemediationRequestSpec, RemediationRequestStatus, Severity,
};
pub use remediation_target::{
    Block, Clearance, Holder, LastSuccess, RecordedRun, RemediationTarget, RemediationTargetSpec, RemediationTargetStatus, RunOutcome,
    RunRef,
};
pub use target::Target;
pub use workflow_execution::{
    FailureDetails, SkipDetails, SkipReason, StepApprovalStatus, StepStatus, StopReason, WorkflowExecution, WorkflowExecutionSpec,
    WorkflowExecutionStatus, WorkflowPhase,
};
pub use workflow_step_approval_request::{WorkflowStepApprovalRequest, WorkflowStepApprovalRequestSpec};

/// The API group of every kind.
pub const GROUP: &str = "kubernaut.ai";
/// The served version of every kind.
pub const VERSION: &str = "v1alpha1";
/// Where cluster-scoped targets' objects and the controllers live.
pub const SYSTEM_NAMESPACE: &str = "kubernaut-system";

/// The definitions of every kind, in a stable order.
pub fn crds() -> Vec<k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition> {
    use kube::CustomResourceExt;
    let mut all = vec![
        RemediationRequest::crd(),
        RemediationProcessing::crd(),
        AIAnalysis::crd(),
        AIApprovalRequest::crd(),
        WorkflowExecution::crd(),
        KubernetesExecution::crd(),
        WorkflowStepApprovalRequest::crd(),
        NotificationRequest::crd(),
        RemediationTarget::crd(),
        BlockClearance::crd(),
    ];
    all.iter_mut().for_each(common::require_spec);
    all
}
