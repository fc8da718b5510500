//! What the controllers have seen of the cluster. It may lag; nothing that cannot be undone is decided on it.

use super::objects::Kind;
use crate::api::{
    AIAnalysis, AIApprovalRequest, BlockClearance, KubernetesExecution, NotificationRequest, RemediationProcessing, RemediationRequest,
    RemediationTarget, WorkflowExecution, WorkflowStepApprovalRequest,
};
use kube::ResourceExt;
use kube::runtime::reflector::{ObjectRef, Store};
use std::collections::HashMap;
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

impl Stores {
    /// The version of every object, by uid.
    pub fn versions(&self) -> HashMap<String, String> {
        let mut all = HashMap::new();
        versions_of(&self.requests, &mut all);
        versions_of(&self.processings, &mut all);
        versions_of(&self.analyses, &mut all);
        versions_of(&self.approvals, &mut all);
        versions_of(&self.workflows, &mut all);
        versions_of(&self.steps, &mut all);
        versions_of(&self.step_approvals, &mut all);
        versions_of(&self.notifications, &mut all);
        versions_of(&self.targets, &mut all);
        versions_of(&self.clearances, &mut all);
        all
    }
}

fn versions_of<K: Kind>(store: &Store<K>, all: &mut HashMap<String, String>) {
    all.extend(store.state().iter().filter_map(|object| Some((object.uid()?, object.resource_version()?))));
}

/// The object of that name, as it was last seen.
pub fn seen<K>(store: &Store<K>, namespace: &str, name: &str) -> Option<Arc<K>>
where
    K: kube::runtime::reflector::Lookup + Clone + 'static,
    K::DynamicType: Default + Eq + std::hash::Hash + Clone,
{
    store.get(&ObjectRef::<K>::new(name).within(namespace))
}
