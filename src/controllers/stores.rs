//! What the controllers have seen of the cluster. It may lag; nothing that cannot be undone is decided on it.

use crate::api::{
    AIAnalysis, AIApprovalRequest, BlockClearance, KubernetesExecution, NotificationRequest, RemediationProcessing, RemediationRequest,
    RemediationTarget, WorkflowExecution, WorkflowStepApprovalRequest,
};
use kube::runtime::reflector::{ObjectRef, Store};
use std::sync::Arc;

/// One store a kind.
#[derive(Clone)]
pub struct Stores {
    /// RemediationRequests.
    pub requests: Store<RemediationRequest>,
    /// RemediationProcessings.
    pub processings: Store<RemediationProcessing>,
    /// AIAnalyses.
    pub analyses: Store<AIAnalysis>,
    /// AIApprovalRequests.
    pub approvals: Store<AIApprovalRequest>,
    /// WorkflowExecutions.
    pub workflows: Store<WorkflowExecution>,
    /// KubernetesExecutions.
    pub steps: Store<KubernetesExecution>,
    /// WorkflowStepApprovalRequests.
    pub step_approvals: Store<WorkflowStepApprovalRequest>,
    /// NotificationRequests.
    pub notifications: Store<NotificationRequest>,
    /// RemediationTargets, to be woken by; every decision about a ledger reads it live.
    pub targets: Store<RemediationTarget>,
    /// BlockClearances.
    pub clearances: Store<BlockClearance>,
}

/// The object of that name, as it was last seen.
pub fn seen<K>(store: &Store<K>, namespace: &str, name: &str) -> Option<Arc<K>>
where
    K: kube::runtime::reflector::Lookup + Clone + 'static,
    K::DynamicType: Default + Eq + std::hash::Hash + Clone,
{
    store.get(&ObjectRef::<K>::new(name).within(namespace))
}
