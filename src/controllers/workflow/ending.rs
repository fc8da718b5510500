//! Ends a run: the ledger first, then the run's own status, then the finalizer.

use super::{Part, asking};
use crate::api::{
    FailureDetails, RemediationTargetStatus, RunOutcome, StopReason, WorkflowExecution, WorkflowExecutionStatus, WorkflowPhase, labels,
};
use crate::controllers::clearing;
use crate::controllers::context::{Doing, Error, Next};
use crate::controllers::ledger::{self, run_ref};
use crate::controllers::objects::{api, live, patching, put_status};
use crate::rules::ledger::Ended;
use crate::rules::steps::Failure;
use kube::api::Patch;
use kube::{Resource, ResourceExt};
use serde_json::json;

/// Ends a run in which nothing was begun, because it was asked to.
pub async fn cancel(part: &Part<'_>, reason: StopReason) -> Result<Next, Error> {
    before_start(part, RunOutcome::Cancelled, "Stopped", format!("stopped before anything was begun: {reason:?}")).await
}

/// Ends a run in which nothing was begun.
pub async fn before_start(part: &Part<'_>, outcome: RunOutcome, reason: &'static str, message: String) -> Result<Next, Error> {
    end(part, outcome, Some(Failure { outcome, step: None, reason, message })).await
}

/// Ends a run that did what it was to do.
pub async fn succeed(part: &Part<'_>, outcome: RunOutcome) -> Result<Next, Error> {
    end(part, outcome, None).await
}

/// Ends a run that failed.
pub async fn fail(part: &Part<'_>, failure: Failure) -> Result<Next, Error> {
    end(part, failure.outcome, Some(failure)).await
}

/// Decides the outcome by a write of the run against the version that was read: of two processes that see the run end differently, or
/// of one that was paused meanwhile, only the first is heard. Everybody carries that outcome through.
async fn end(part: &Part<'_>, outcome: RunOutcome, failure: Option<Failure>) -> Result<Next, Error> {
    let status = WorkflowExecutionStatus {
        outcome: Some(outcome),
        failure_details: failure.map(|failure| details(part, &failure)),
        step_statuses: part.steps_as_seen(),
        ..asking::closed(part, part.status())
    };
    let decided = put_status(part.ctx, &WorkflowExecution { status: Some(status), ..part.run.clone() }).await?;
    conclude(&Part { run: &decided, ..*part }).await
}

/// Records a decided outcome in the ledger, and only then in the run's phase.
pub async fn conclude(part: &Part<'_>) -> Result<Next, Error> {
    let status = part.status();
    let outcome = status.outcome.unwrap_or(RunOutcome::FailedDuring);
    if is_over(part).await? {
        return Ok(Next::Change);
    }
    let message = status.failure_details.as_ref().map(|details| details.message.clone()).unwrap_or_default();
    let ended = Ended { run: run_ref(part.run), workflow_id: part.run.spec.workflow_ref.workflow_id.clone(), outcome, message };
    let ledger = ledger::end(part.target, &ended, part.ctx).await?;
    asking::withdraw(part).await?;
    let mut status = terminal(part, outcome, status.failure_details);
    match ledger {
        Some(ledger) => mirror(&mut status, &ledger),
        // The ledger went with its namespace, and the block with it.
        None => status.block_cleared = outcome == RunOutcome::FailedDuring,
    }
    part.write(status).await
}

/// Read live: a process that was paused finds that the others have carried the outcome through.
async fn is_over(part: &Part<'_>) -> Result<bool, Error> {
    let found: Option<WorkflowExecution> = live(part.ctx, &part.run.namespace().unwrap_or_default(), &part.run.name_any()).await?;
    Ok(found.is_none_or(|found| found.uid() != part.run.uid() || found.phase().is_over()))
}

/// Takes over an end that stands in the ledger.
pub async fn copy(
    part: &Part<'_>,
    outcome: RunOutcome,
    reason: &'static str,
    message: String,
    ledger: &RemediationTargetStatus,
) -> Result<Next, Error> {
    let failure = (!outcome.is_success()).then_some(Failure { outcome, step: None, reason, message });
    let mut status = terminal(part, outcome, failure.map(|failure| details(part, &failure)));
    mirror(&mut status, ledger);
    part.write(status).await
}

fn mirror(status: &mut WorkflowExecutionStatus, ledger: &RemediationTargetStatus) {
    status.consecutive_failures = Some(ledger.consecutive_failures);
    status.next_allowed_execution = ledger.next_allowed_execution;
}

fn terminal(part: &Part<'_>, outcome: RunOutcome, failure_details: Option<FailureDetails>) -> WorkflowExecutionStatus {
    let now = part.ctx.clock.now();
    let phase = if outcome.is_success() { WorkflowPhase::Completed } else { WorkflowPhase::Failed };
    let status = part.status();
    WorkflowExecutionStatus {
        phase: Some(phase),
        outcome: Some(outcome),
        completion_time: Some(now),
        deleted_while_running: part.run.meta().deletion_timestamp.is_some(),
        failure_details,
        step_statuses: part.steps_as_seen(),
        ..status
    }
}

/// What went wrong, for machines and for people.
pub fn details(part: &Part<'_>, failure: &Failure) -> FailureDetails {
    let executed = failure.outcome == RunOutcome::FailedDuring;
    let state = match executed {
        true => "At least one action was begun, so the state of the target is not known. Look at it before anything else runs there.",
        false => "Nothing was executed; the target is as it was.",
    };
    FailureDetails {
        was_execution_failure: executed,
        failed_step: failure.step,
        reason: failure.reason.to_owned(),
        message: failure.message.chars().take(2048).collect(),
        failed_at: Some(part.ctx.clock.now()),
        natural_language_summary: format!("{} on {} failed: {}. {state}", part.run.name_any(), part.target, failure.message)
            .chars()
            .take(4096)
            .collect(),
    }
}

/// The outcome stands in the ledger: the deletion may go on.
pub async fn release(part: &Part<'_>) -> Result<Next, Error> {
    let finalizers: Vec<&String> = part.run.finalizers().iter().filter(|finalizer| *finalizer != labels::LEDGER_FINALIZER).collect();
    if finalizers.len() == part.run.finalizers().len() {
        return Ok(Next::Change);
    }
    if !ledger::namespace_is_ending(part.target, part.ctx).await? {
        // A ledger that was lost is built from this run while it is still there: its block outlives it.
        ledger::open(part.target, part.ctx).await?;
        clearing::lift_by_deletion(part.run, part.target, part.ctx).await?;
    }
    let patch = json!({ "metadata": { "resourceVersion": part.run.resource_version(), "finalizers": finalizers } });
    let params = patching();
    let (namespace, name) = (part.run.namespace().unwrap_or_default(), part.run.name_any());
    let runs = api::<WorkflowExecution>(part.ctx, &namespace);
    runs.patch(&name, &params, &Patch::Merge(&patch)).await.doing(|| format!("let {namespace}/{name} go"))?;
    Ok(Next::Change)
}
