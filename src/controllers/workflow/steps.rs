//! Runs the steps of a run, and undoes what can be undone.

use super::{Part, asking, ending, monitoring};
use crate::actions;
use crate::api::{
    KubernetesExecution, KubernetesExecutionSpec, RunOutcome, StepPhase, StepStatus, WorkflowExecutionStatus, WorkflowPhase, names,
};
use crate::controllers::conditions::{self, FENCE_REFUSED};
use crate::controllers::context::{Error, Next};
use crate::controllers::objects::{Made, child_of, live, make, refer};
use crate::controllers::step;
use crate::controllers::stores::seen;
use crate::rules::steps::{self, Failure, Seen, StepApproval, StepState, Steps, Undo};
use kube::ResourceExt;
use std::sync::Arc;
use std::time::Duration;

/// Makes the steps that are ready, asks for those that a person must approve, and moves on when all have ended.
pub async fn execute(part: &Part<'_>, stopped: bool) -> Result<Next, Error> {
    let states = states(part).await?;
    let known = asking::known(&part.status());
    let mut next_look = None;
    if steps::is_lost(&view(part, &states, &known, stopped)) {
        asking::withdraw(part).await?;
    } else {
        let found = asking::look(part).await?;
        if found.approvals != part.status().step_approvals {
            return part.write(asking::with(part, part.status(), found.approvals)).await;
        }
        next_look = found.next_look;
    }
    match steps::decide(&view(part, &states, &known, stopped)) {
        Steps::Wait => wait(part, next_look).await,
        Steps::Ask(numbers) => asking::ask(part, &numbers).await,
        Steps::Create(numbers) => create(part, &numbers, false).await,
        Steps::Verify => monitoring::begin(part).await,
        Steps::NotBegun(failure) => ending::fail(part, failure).await,
        Steps::RollBack(failure) => {
            fence_off(part, &states).await?;
            begin_rollback(part, failure, &states).await
        }
    }
}

/// Shows what a person must do before a step goes on, and looks again in time.
async fn wait(part: &Part<'_>, next_look: Option<Duration>) -> Result<Next, Error> {
    let refused = part.status().step_statuses.into_iter().filter_map(|recorded| {
        let reference = &recorded.kubernetes_execution_ref;
        let found = seen(&part.stores.steps, &reference.namespace, &reference.name).filter(|found| found.uid() == reference.uid)?;
        let message = conditions::message(&found.status.as_ref()?.conditions, FENCE_REFUSED)?;
        Some(format!("step {}: {message}", recorded.step_number))
    });
    let refused: Vec<String> = refused.collect();
    part.show(FENCE_REFUSED, "WriteNotSettled", (!refused.is_empty()).then(|| refused.join("; "))).await?;
    Ok(next_look.map_or(Next::Change, Next::After))
}

/// A step whose record is gone may have a write on its way: it must not arrive once the target is given back.
async fn fence_off(part: &Part<'_>, states: &[StepState]) -> Result<(), Error> {
    for gone in states.iter().filter(|state| state.phase.is_none()) {
        let planned = part.run.spec.workflow_definition.steps.iter().filter(|step| step.step_number == gone.number);
        for write in planned.flat_map(|step| &step.writes) {
            let fenced = step::fence_off(part.ctx, &write.object, &part.run.uid().unwrap_or_default()).await;
            if let Err(error) = &fenced
                && let Some(refusal) = error.refusal()
            {
                let message = format!("step {}: {}", gone.number, step::fence_refused(&write.object, refusal));
                part.show(FENCE_REFUSED, &refusal.reason, Some(message)).await?;
            }
            fenced?;
        }
    }
    Ok(())
}

/// What the rules are told.
pub fn view<'a>(part: &'a Part<'_>, states: &'a [StepState], approvals: &'a [StepApproval], stopped: bool) -> Seen<'a> {
    Seen {
        steps: &part.run.spec.workflow_definition.steps,
        states,
        approvals,
        parallel: part.ctx.settings.execution.parallel_steps,
        stopped,
        rollback: part.run.spec.execution_strategy.rollback_strategy,
    }
}

/// Ends a run in which something was begun, after what can be undone was undone.
pub async fn begin_rollback(part: &Part<'_>, failure: Failure, states: &[StepState]) -> Result<Next, Error> {
    if steps::undo(&view(part, states, &[], false)) == Undo::Done {
        return ending::fail(part, failure).await;
    }
    let details = Some(ending::details(part, &failure));
    let status = WorkflowExecutionStatus {
        phase: Some(WorkflowPhase::RollingBack),
        failure_details: details,
        step_statuses: part.steps_as_seen(),
        ..asking::closed(part, part.status())
    };
    part.write(status).await
}

/// Makes one undo after the other; a failing undo is reported and stops no other.
pub async fn roll_back(part: &Part<'_>) -> Result<Next, Error> {
    let states = states(part).await?;
    match steps::undo(&view(part, &states, &[], false)) {
        Undo::Wait => wait(part, None).await,
        Undo::Create(number) => create(part, &[number], true).await,
        Undo::Done => ending::fail(part, reported(part, &states)).await,
    }
}

fn reported(part: &Part<'_>, states: &[StepState]) -> Failure {
    let details = part.status().failure_details.unwrap_or_default();
    let undone = |state: &StepState| match state.phase {
        Some(StepPhase::Completed) => format!("step {} was undone", state.number),
        _ => format!("step {} could not be undone: {}", state.number, state.message),
    };
    let undos: Vec<String> = states.iter().filter(|state| state.undo).map(undone).collect();
    let message = std::iter::once(details.message).chain(undos).collect::<Vec<_>>().join("; ");
    let known = ["NotHealthy", "Stopped", "StepGone", "StepSkipped", "StepNeverReady"];
    let reason = known.into_iter().find(|reason| *reason == details.reason).unwrap_or("StepFailed");
    Failure { outcome: RunOutcome::FailedDuring, step: details.failed_step, reason, message }
}

/// Makes the first steps before the write that begins the run, which records them; until that write they do not act.
/// It carries the version of the run that was read, so that a stop in between wins.
pub async fn begin(part: &Part<'_>) -> Result<Next, Error> {
    let status = WorkflowExecutionStatus { phase: Some(WorkflowPhase::Executing), start_time: Some(part.ctx.clock.now()), ..part.status() };
    match steps::decide(&view(part, &[], &[], false)) {
        Steps::Create(numbers) => record(part, status, &numbers, false).await,
        _ => part.write(status).await,
    }
}

async fn create(part: &Part<'_>, numbers: &[i32], undo: bool) -> Result<Next, Error> {
    let status = WorkflowExecutionStatus { step_statuses: part.steps_as_seen(), ..part.status() };
    record(part, status, numbers, undo).await
}

/// Makes KubernetesExecutions, then records their uids: until then they must not act.
async fn record(part: &Part<'_>, mut status: WorkflowExecutionStatus, numbers: &[i32], undo: bool) -> Result<Next, Error> {
    for number in numbers {
        let Some(wanted) = execution(part, *number, undo) else { continue };
        match make(part.ctx, &wanted).await? {
            Made::Ours(made) => status.step_statuses.push(StepStatus {
                step_number: *number,
                undo,
                kubernetes_execution_ref: refer(made.as_ref()),
                phase: Some(StepPhase::Pending),
                message: String::new(),
            }),
            Made::OtherOwner => return Ok(Next::After(Duration::from_secs(1))),
            Made::Foreign => return foreign(part, *number, &wanted.name_any()).await,
        }
    }
    part.write(status).await
}

/// Somebody else made an object of the name: the run is lost, but what is at work finishes first.
pub async fn foreign(part: &Part<'_>, number: i32, name: &str) -> Result<Next, Error> {
    let states = states(part).await?;
    let message = format!("ForeignChild: somebody else's {name} has the name of ours");
    let failure = Failure { outcome: RunOutcome::FailedBeforeStart, step: Some(number), reason: "ForeignChild", message };
    if states.iter().any(|state| state.phase.is_some_and(|phase| !phase.is_over())) {
        return Ok(Next::After(Duration::from_secs(1)));
    }
    match states.iter().any(|state| state.begun) {
        true => ending::fail(part, Failure { outcome: RunOutcome::FailedDuring, ..failure }).await,
        false => ending::fail(part, failure).await,
    }
}

fn execution(part: &Part<'_>, number: i32, undo: bool) -> Option<KubernetesExecution> {
    let step = part.run.spec.workflow_definition.steps.iter().find(|step| step.step_number == number)?;
    let run = part.run.name_any();
    let undo_of = || part.status().step_statuses.into_iter().find(|status| !status.undo && status.step_number == number);
    let spec = KubernetesExecutionSpec {
        workflow_execution_ref: refer(part.run),
        step_number: number,
        action: step.action.clone(),
        parameters: step.parameters.clone(),
        timeout: part.ctx.settings.execution.step_timeout.to_string(),
        undo_of: undo.then(undo_of).flatten().map(|status| status.kubernetes_execution_ref),
    };
    let mut execution = KubernetesExecution::new("", spec);
    let name = if undo { names::undo(&run, number) } else { names::step(&run, number) };
    execution.metadata = child_of(part.run, name, &part.run.spec.remediation_request_ref.name);
    Some(execution)
}

/// The steps as their own objects tell them; one that was recorded and is gone has no phase.
pub async fn states(part: &Part<'_>) -> Result<Vec<StepState>, Error> {
    let mut states = Vec::new();
    for recorded in part.status().step_statuses {
        let reference = &recorded.kubernetes_execution_ref;
        let same = |found: &KubernetesExecution| found.uid() == reference.uid;
        let found = match seen(&part.stores.steps, &reference.namespace, &reference.name).filter(|found| same(found)) {
            Some(found) => Some(found),
            None => live(part.ctx, &reference.namespace, &reference.name).await?.filter(same).map(Arc::new),
        };
        states.push(state(&recorded, found.as_deref()));
    }
    Ok(states)
}

fn state(recorded: &StepStatus, found: Option<&KubernetesExecution>) -> StepState {
    let (number, undo) = (recorded.step_number, recorded.undo);
    let Some(found) = found else {
        return StepState { number, undo, phase: None, begun: true, reversible: false, message: "its record is gone".to_owned() };
    };
    let status = found.status.clone().unwrap_or_default();
    let phase = found.phase();
    let begun = status.intent.is_some() || !status.changes.is_empty() || matches!(phase, StepPhase::Executing | StepPhase::Completed);
    let reversible = actions::find(&found.spec.action).is_some_and(|action| action.is_reversible()) && !status.undo.is_empty();
    StepState { number, undo, phase: Some(phase), begun, reversible, message: status.message }
}
