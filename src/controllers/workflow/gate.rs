//! Asks the gate whether a run may start, and records a refusal.

use super::{Part, ending};
use crate::actions;
use crate::api::workflow_execution::{ConflictingWorkflow, RecentRemediation};
use crate::api::{RemediationTargetStatus, RunOutcome, SkipDetails, SkipReason, WorkflowExecution, WorkflowExecutionStatus, WorkflowPhase};
use crate::controllers::context::{Error, Next};
use crate::controllers::ledger::{self, run_ref};
use crate::controllers::objects::live;
use crate::rules::gate::{self, Gate, Refusal, Seen};
use crate::rules::ledger::Ended;
use crate::rules::plan;
use kube::ResourceExt;

/// Asks without taking: a refused run is `Skipped`, an accepted one goes on to `Validating`.
pub async fn ask(part: &Part<'_>) -> Result<Next, Error> {
    let ledger = ledger::open(part.target, part.ctx).await?.status.unwrap_or_default();
    match answer(part, &ledger) {
        Gate::Skip(refusal) if release_if_dead(part, &ledger, &refusal).await? => Ok(Next::After(std::time::Duration::ZERO)),
        Gate::Skip(refusal) => skip(part, refusal, &ledger).await,
        Gate::NotRebuilt => Err(Error::Malformed(format!("the ledger of {} is not built yet", part.target))),
        Gate::Start(_) => match plan::check(&part.run.spec.plan(), |name| actions::find(name).is_some()) {
            Ok(()) => part.write(WorkflowExecutionStatus { phase: Some(WorkflowPhase::Validating), ..observed(part) }).await,
            Err(flaw) => ending::before_start(part, RunOutcome::FailedBeforeStart, "InvalidPlan", flaw.to_string()).await,
        },
    }
}

/// The gate's answer for this version of the ledger.
pub fn answer(part: &Part<'_>, ledger: &RemediationTargetStatus) -> Gate {
    gate::decide(&Seen {
        now: part.ctx.clock.now(),
        run: &run_ref(part.run),
        workflow_id: Some(&part.run.spec.workflow_ref.workflow_id),
        target: &part.target.to_string(),
        ledger,
        settings: &part.ctx.settings.gate,
    })
}

fn observed(part: &Part<'_>) -> WorkflowExecutionStatus {
    WorkflowExecutionStatus { observed_attempt: part.run.spec.attempt, ..part.status() }
}

/// Records a refusal.
pub async fn skip(part: &Part<'_>, refusal: Refusal, ledger: &RemediationTargetStatus) -> Result<Next, Error> {
    let status = WorkflowExecutionStatus {
        phase: Some(WorkflowPhase::Skipped),
        skip_details: Some(details(part, refusal)),
        consecutive_failures: Some(ledger.consecutive_failures),
        next_allowed_execution: ledger.next_allowed_execution,
        ..observed(part)
    };
    part.write(status).await
}

fn details(part: &Part<'_>, refusal: Refusal) -> SkipDetails {
    let now = part.ctx.clock.now();
    let target_resource = part.target.to_string();
    let mut details = SkipDetails {
        reason: refusal.reason,
        message: refusal.message,
        skipped_at: now,
        conflicting_workflow: None,
        recent_remediation: None,
    };
    let Some(because) = refusal.because_of else { return details };
    let (name, namespace, remediation_request) = (because.run.name, because.run.namespace, because.run.remediation_request);
    if refusal.reason == SkipReason::ResourceBusy {
        let started_at = because.at;
        let workflow_id = because.workflow_id;
        details.conflicting_workflow =
            Some(ConflictingWorkflow { name, namespace, remediation_request, workflow_id, started_at, target_resource });
    } else {
        details.recent_remediation = Some(RecentRemediation {
            name,
            namespace,
            remediation_request,
            workflow_id: because.workflow_id,
            completed_at: because.at,
            outcome: because.outcome.unwrap_or_default().to_owned(),
            target_resource,
            cooldown_remaining: refusal.retry_at.map(|until| format!("{:#}", until.duration_since(now))),
        });
    }
    details
}

/// A holder whose run is gone, or over, is released by recording its end. There is no expiry by time.
async fn release_if_dead(part: &Part<'_>, ledger: &RemediationTargetStatus, refusal: &Refusal) -> Result<bool, Error> {
    let Some(holder) = ledger.holder.as_ref().filter(|_| refusal.reason == SkipReason::ResourceBusy) else { return Ok(false) };
    let found: Option<WorkflowExecution> = live(part.ctx, &holder.run.namespace, &holder.run.name).await?;
    let same = found.filter(|run| run.uid().as_deref() == Some(&holder.run.uid));
    let (outcome, message) = match same {
        None => (RunOutcome::FailedDuring, "the run was deleted while it held the target, so nobody can tell what it did"),
        Some(run) if run.phase().is_over() => {
            let own = run.status.as_ref().and_then(|status| status.outcome);
            (own.unwrap_or(RunOutcome::FailedDuring), "the run ended without giving the target back")
        }
        Some(_) => return Ok(false),
    };
    let ended = Ended { run: holder.run.clone(), workflow_id: holder.workflow_id.clone(), outcome, message: message.to_owned() };
    Ok(ledger::end(part.target, &ended, part.ctx).await?.is_some())
}
