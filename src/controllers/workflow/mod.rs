//! Moves one WorkflowExecution forward: asks the gate, takes the target, runs the steps, records the end.
//!
//! Writes: the status of WorkflowExecution, its finalizer's removal, KubernetesExecutions, the ledger of its target;
//! WorkflowStepApprovalRequests and of their status only `Expired`, `Superseded` and the one `decidedAt`.
//! Relies on nobody else writing a run's status or a ledger, and on the API server's compare-and-swap for both.

mod asking;
mod ending;
mod gate;
mod monitoring;
mod steps;
mod take;

use super::clearing;
use super::conditions;
use super::context::{Ctx, Error, Next};
use super::objects::{is_alive, live, put_status};
use super::stores::{Stores, seen};
use crate::api::{RemediationRequest, StepStatus, Target, WorkflowExecution, WorkflowExecutionStatus};
use crate::permissions::Rule;
use crate::rules::run::{self, Run, Seen};
use kube::{Resource, ResourceExt};
use std::sync::Arc;

/// What this controller needs.
pub const RULES: &[Rule] = &[
    Rule { groups: &["kubernaut.ai"], resources: &["workflowexecutions"], verbs: &["get", "list", "watch", "patch"] },
    Rule { groups: &["kubernaut.ai"], resources: &["workflowexecutions/status"], verbs: &["update"] },
    Rule { groups: &["kubernaut.ai"], resources: &["kubernetesexecutions"], verbs: &["get", "list", "watch", "create"] },
    Rule { groups: &["kubernaut.ai"], resources: &["remediationrequests", "aianalyses", "aiapprovalrequests"], verbs: &["get"] },
    Rule { groups: &["kubernaut.ai"], resources: &["workflowstepapprovalrequests"], verbs: &["get", "list", "watch", "create"] },
    Rule { groups: &["kubernaut.ai"], resources: &["workflowstepapprovalrequests/status"], verbs: &["update", "patch"] },
    Rule { groups: &[""], resources: &["pods"], verbs: &["get", "list"] },
    Rule { groups: &["authorization.k8s.io"], resources: &["selfsubjectaccessreviews"], verbs: &["create"] },
    // Owner references with blockOwnerDeletion need this where the admission plugin that checks it is on.
    Rule {
        groups: &["kubernaut.ai"],
        resources: &["remediationrequests/finalizers", "aianalyses/finalizers", "workflowexecutions/finalizers"],
        verbs: &["update"],
    },
];

/// Moves a run forward by one decision.
pub async fn reconcile(run: Arc<WorkflowExecution>, ctx: Ctx, stores: Arc<Stores>) -> Result<Next, Error> {
    let target: Target = match run.spec.target_resource.parse() {
        Ok(target) => target,
        Err(error) => return Err(Error::Malformed(format!("{}: {error}", run.name_any()))),
    };
    let status = run.status.clone().unwrap_or_default();
    let decision = run::decide(&Seen {
        phase: run.phase(),
        stop: run.spec.stop,
        orphaned: is_orphaned(&run, &ctx, &stores).await?,
        being_deleted: run.meta().deletion_timestamp.is_some(),
        skipped_for: status.skip_details.as_ref().map(|skip| skip.reason),
        attempt: run.spec.attempt,
        observed_attempt: status.observed_attempt,
        decided: status.outcome.is_some(),
    });
    let part = Part { run: &run, target: &target, ctx: &ctx, stores: &stores };
    match decision {
        Run::Nothing if clearing::may_be_uncleared(&run) => clearing::mark_cleared(&run, &target, &ctx, &stores).await,
        Run::Nothing => Ok(Next::Change),
        Run::Conclude => ending::conclude(&part).await,
        Run::Release => ending::release(&part).await,
        Run::Cancel(reason) => ending::cancel(&part, reason).await,
        Run::AskGate => gate::ask(&part).await,
        Run::Take => take::take(&part).await,
        Run::Steps { stop } => steps::execute(&part, stop.is_some()).await,
        Run::Monitor => monitoring::look(&part).await,
        Run::GiveUp(reason) => monitoring::give_up(&part, reason).await,
        Run::RollBack => steps::roll_back(&part).await,
    }
}

/// What each part of a run's course works with.
struct Part<'a> {
    run: &'a WorkflowExecution,
    target: &'a Target,
    ctx: &'a Ctx,
    stores: &'a Stores,
}

impl Part<'_> {
    fn status(&self) -> WorkflowExecutionStatus {
        self.run.status.clone().unwrap_or_default()
    }

    /// The recorded steps with their phases as last seen, for people who look at the run.
    fn steps_as_seen(&self) -> Vec<StepStatus> {
        let mirror = |recorded: StepStatus| {
            let reference = &recorded.kubernetes_execution_ref;
            let found = seen(&self.stores.steps, &reference.namespace, &reference.name).filter(|found| found.uid() == reference.uid);
            match found {
                Some(found) => StepStatus {
                    phase: Some(found.phase()),
                    message: found.status.as_ref().map(|status| status.message.chars().take(1024).collect()).unwrap_or_default(),
                    ..recorded
                },
                None => recorded,
            }
        };
        self.status().step_statuses.into_iter().map(mirror).collect()
    }

    /// Shows an observation on the run, or takes it away; writes only if that is new.
    async fn show(&self, kind: &str, reason: &str, message: Option<String>) -> Result<(), Error> {
        let status = self.status();
        let conditions = conditions::with(status.conditions.clone(), kind, reason, message, self.ctx.clock.now());
        if conditions != status.conditions {
            self.write(WorkflowExecutionStatus { conditions, ..status }).await?;
        }
        Ok(())
    }

    /// Writes the status, if nobody wrote the run since it was read.
    async fn write(&self, status: WorkflowExecutionStatus) -> Result<Next, Error> {
        put_status(self.ctx, &WorkflowExecution { status: Some(status), ..self.run.clone() }).await?;
        Ok(Next::Change)
    }
}

/// Whether nobody wants the run any more. The cache only raises the suspicion; the API server confirms it.
async fn is_orphaned(run: &WorkflowExecution, ctx: &Ctx, stores: &Stores) -> Result<bool, Error> {
    if run.phase().is_over() {
        return Ok(false);
    }
    if run.meta().deletion_timestamp.is_some() {
        return Ok(true);
    }
    let reference = &run.spec.remediation_request_ref;
    let cached = seen(&stores.requests, &reference.namespace, &reference.name);
    if is_alive(cached.as_deref(), reference) {
        return Ok(false);
    }
    let request: Option<RemediationRequest> = live(ctx, &reference.namespace, &reference.name).await?;
    Ok(!is_alive(request.as_ref(), reference))
}
