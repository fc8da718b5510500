//! What a remediation came to, to be compared with what it should have come to.

use crate::stage::Scene;
use kube::ResourceExt;
use kubernaut::api::{KubernetesExecution, RemediationRequest, RemediationRequestStatus};

/// What a remediation came to, but for names and times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub request: String,
    pub run: Option<String>,
    pub steps: Vec<String>,
    pub notices: Vec<String>,
    pub memory: String,
    pub rollouts: i64,
    pub held: bool,
    pub failures: i32,
    pub runs: Vec<String>,
    pub blocks: usize,
    pub successes: usize,
}

impl End {
    /// How a remediation ends whose playbook is sure, and that nobody disturbs.
    pub fn remediated() -> Self {
        Self {
            request: "Completed Some(Remediated) review=false blocked=false".to_owned(),
            run: Some("Completed Some(Succeeded)".to_owned()),
            steps: vec!["-workflow-step-1 Completed changes=1".to_owned()],
            notices: vec![],
            memory: "256Mi".to_owned(),
            rollouts: 1,
            held: false,
            failures: 0,
            runs: vec!["Succeeded".to_owned()],
            blocks: 0,
            successes: 1,
        }
    }

    /// How it ends when its only step's write was interrupted and nobody can tell whether it happened; it did not.
    pub fn blocked() -> Self {
        Self {
            request: "Failed Some(ManualReviewRequired) review=true blocked=true".to_owned(),
            run: Some("Failed Some(FailedDuring)".to_owned()),
            steps: vec!["-workflow-step-1 Failed changes=0".to_owned()],
            notices: vec!["-notification-failed".to_owned()],
            memory: "128Mi".to_owned(),
            rollouts: 0,
            runs: vec!["FailedDuring".to_owned()],
            blocks: 1,
            successes: 0,
            ..Self::remediated()
        }
    }
}

fn said(request: &RemediationRequest, status: &RemediationRequestStatus) -> String {
    format!("{:?} {:?} review={} blocked={}", request.phase(), status.outcome, status.requires_manual_review, status.blocked)
}

fn ending_of(step: &KubernetesExecution, request: &str) -> String {
    let changes = step.status.as_ref().map_or(0, |status| status.changes.len());
    format!("{} {:?} changes={changes}", suffix(&step.name_any(), request), step.phase())
}

fn suffix(name: &str, request: &str) -> String {
    name.strip_prefix(request).unwrap_or(name).to_owned()
}

impl Scene {
    /// Everything that a remediation of a Deployment came to, but for names and times.
    pub async fn end(&self, request: &str, deployment: &str) -> End {
        let over = self.over(request).await;
        let run = self.run(request).await;
        let ledger = self.ledger(deployment).await;
        let (memory, rollouts) = self.memory(deployment).await;
        let mut steps: Vec<_> = self.steps(request).await.iter().map(|step| ending_of(step, request)).collect();
        let mut notices: Vec<_> = self.notices(request).await.iter().map(|notice| suffix(&notice.name_any(), request)).collect();
        steps.sort();
        notices.sort();
        let status = over.status.clone().unwrap_or_default();
        End {
            request: said(&over, &status),
            run: run.map(|run| format!("{:?} {:?}", run.phase(), run.status.unwrap_or_default().outcome)),
            steps,
            notices,
            memory,
            rollouts,
            held: ledger.holder.is_some(),
            failures: ledger.consecutive_failures,
            runs: ledger.runs.iter().map(|run| format!("{:?}", run.outcome)).collect(),
            blocks: ledger.blocks.len(),
            successes: ledger.last_success.len(),
        }
    }
}
