//! Runs the steps of a run, watches its target become healthy, and undoes what can be undone.

use super::{Part, ending};
use crate::actions;
use crate::actions::cluster::{Cluster, as_value};
use crate::api::{
    Condition, KubernetesExecution, KubernetesExecutionSpec, RunOutcome, StepPhase, StepStatus, WorkflowExecutionStatus, WorkflowPhase,
    names,
};
use crate::controllers::context::{Error, Next};
use crate::controllers::objects::{Made, child_of, live, make, refer};
use crate::controllers::processing::workload;
use crate::controllers::stores::seen;
use crate::rules::health::{self, Health, Watch, Workload};
use crate::rules::step_run::OBJECT;
use crate::rules::steps::{self, Failure, Seen, StepState, Steps, Undo};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use std::sync::Arc;
use std::time::Duration;

/// How often a target is looked at while it becomes healthy.
const HEALTH_LOOK: Duration = Duration::from_millis(500);
/// How long the controllers of a workload may take to notice that a pod was deleted.
const SETTLING: SignedDuration = SignedDuration::from_secs(2);
const MONITORING: &str = "Monitoring";

/// Makes the steps that are ready, and moves on when all have ended.
pub async fn execute(part: &Part<'_>, stopped: bool) -> Result<Next, Error> {
    let states = states(part).await?;
    match steps::decide(&view(part, &states, stopped)) {
        Steps::Wait => Ok(Next::Change),
        Steps::Create(numbers) => create(part, &numbers, false).await,
        Steps::Verify => verify(part).await,
        Steps::NotBegun(failure) => ending::fail(part, failure).await,
        Steps::RollBack(failure) => {
            fence_off(part, &states).await?;
            begin_rollback(part, failure, &states).await
        }
    }
}

/// A step whose record is gone may have a write on its way: it must not arrive once the target is given back.
async fn fence_off(part: &Part<'_>, states: &[StepState]) -> Result<(), Error> {
    for gone in states.iter().filter(|state| state.phase.is_none()) {
        let planned = part.run.spec.workflow_definition.steps.iter().filter(|step| step.step_number == gone.number);
        for write in planned.flat_map(|step| &step.writes) {
            crate::controllers::step::fence_off(part.ctx, &write.object, &part.run.uid().unwrap_or_default()).await?;
        }
    }
    Ok(())
}

fn view<'a>(part: &'a Part<'_>, states: &'a [StepState], stopped: bool) -> Seen<'a> {
    Seen {
        steps: &part.run.spec.workflow_definition.steps,
        states,
        parallel: part.ctx.settings.execution.parallel_steps,
        stopped,
        rollback: part.run.spec.execution_strategy.rollback_strategy,
    }
}

async fn verify(part: &Part<'_>) -> Result<Next, Error> {
    let now = part.ctx.clock.now();
    let mut status =
        WorkflowExecutionStatus { phase: Some(WorkflowPhase::Monitoring), step_statuses: part.steps_as_seen(), ..part.status() };
    status.conditions.push(Condition {
        r#type: MONITORING.to_owned(),
        status: "True".to_owned(),
        reason: "StepsCompleted".to_owned(),
        message: "every step completed; waiting for the target to be healthy".to_owned(),
        last_transition_time: now,
    });
    part.write(status).await
}

async fn begin_rollback(part: &Part<'_>, failure: Failure, states: &[StepState]) -> Result<Next, Error> {
    if steps::undo(&view(part, states, false)) == Undo::Done {
        return ending::fail(part, failure).await;
    }
    let details = Some(ending::details(part, &failure));
    let status = WorkflowExecutionStatus {
        phase: Some(WorkflowPhase::RollingBack),
        failure_details: details,
        step_statuses: part.steps_as_seen(),
        ..part.status()
    };
    part.write(status).await
}

/// Makes one undo after the other; a failing undo is reported and stops no other.
pub async fn roll_back(part: &Part<'_>) -> Result<Next, Error> {
    let states = states(part).await?;
    match steps::undo(&view(part, &states, false)) {
        Undo::Wait => Ok(Next::Change),
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
    Failure { outcome: RunOutcome::FailedDuring, step: details.failed_step, reason: "StepFailed", message }
}

/// Waits until the target is healthy, or gives up. A target that cannot be read by then is not verified.
pub async fn monitor(part: &Part<'_>) -> Result<Next, Error> {
    let status = part.status();
    let now = part.ctx.clock.now();
    let began = status.conditions.iter().find(|condition| condition.r#type == MONITORING);
    let watch = Watch {
        now,
        since: began.map_or(now, |condition| condition.last_transition_time),
        settling: if deletes(part) { SETTLING } else { SignedDuration::ZERO },
        timeout: part.ctx.settings.execution.health_timeout.0,
    };
    let seen = match seen_workload(part).await {
        Err(unread) if !watch.is_over() => return Err(unread),
        Err(_) => Workload::Other,
        Ok(seen) => seen,
    };
    match health::decide(&seen, &watch) {
        Health::Healthy => ending::succeed(part, RunOutcome::Succeeded).await,
        Health::Unknown => ending::succeed(part, RunOutcome::Unverified).await,
        Health::Wait { until } => Ok(Next::After(HEALTH_LOOK.min(left(now, until)))),
        Health::Unhealthy(message) => {
            let failure = Failure { outcome: RunOutcome::FailedDuring, step: None, reason: "NotHealthy", message };
            let states = states(part).await?;
            begin_rollback(part, failure, &states).await
        }
    }
}

/// Whether the plan deletes an object: its controller needs a moment to notice.
fn deletes(part: &Part<'_>) -> bool {
    part.run.spec.workflow_definition.steps.iter().flat_map(|step| &step.writes).any(|write| write.field == OBJECT)
}

fn left(now: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO)
}

/// Another object of the same name is not the target.
async fn seen_workload(part: &Part<'_>) -> Result<Workload, Error> {
    let cluster = Cluster::new(part.ctx.client.clone());
    let namespace = part.target.namespace.as_deref();
    match cluster.get(&part.target.kind, namespace, &part.target.name).await {
        Ok(Some(object)) if object.uid().as_deref() == Some(&part.run.spec.target_uid) => Ok(workload(&as_value(&object))),
        Ok(_) | Err(actions::Error::Refused(_)) => Ok(Workload::Gone),
        Err(actions::Error::NotNow { doing, source }) => Err(Error::Api { doing, source }),
    }
}

/// Makes the first steps before the write that begins the run, which records them; until that write they do not act.
/// It carries the version of the run that was read, so that a stop in between wins.
pub async fn begin(part: &Part<'_>) -> Result<Next, Error> {
    let status = WorkflowExecutionStatus { phase: Some(WorkflowPhase::Executing), start_time: Some(part.ctx.clock.now()), ..part.status() };
    match steps::decide(&view(part, &[], false)) {
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
async fn foreign(part: &Part<'_>, number: i32, name: &str) -> Result<Next, Error> {
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
async fn states(part: &Part<'_>) -> Result<Vec<StepState>, Error> {
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
