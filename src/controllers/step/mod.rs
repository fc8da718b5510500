//! Carries out one step: announces each write, sends it, records what it changed; settles what was interrupted.
//!
//! Writes: the status of KubernetesExecution, and the objects that actions name.
//! Relies on a run recording a step before the step acts, and on the API server refusing a write to another version.

mod send;
mod settle;

pub use send::{permitted, write_group};
pub use settle::{fence_off, fence_refused};

use super::context::{self, Ctx, Error, Next};
use super::objects::{live, put_status, seen_or_live};
use super::stores::{Stores, seen};
use crate::actions::cluster::Cluster;
use crate::actions::{self, Asked};
use crate::api::{KubernetesExecution, KubernetesExecutionStatus, StepPhase, Target, WorkflowExecution, WorkflowPhase, Write};
use crate::permissions::Rule;
use crate::rules::step_run::{self, Seen, StepRun};
use crate::settings::Length;
use jiff::Timestamp;
use kube::{Resource, ResourceExt};
use std::sync::Arc;
use std::time::Duration;

/// What this controller needs; each action adds its own.
pub const RULES: &[Rule] = &[
    Rule { groups: &["kubernaut.ai"], resources: &["kubernetesexecutions"], verbs: &["get", "list", "watch"] },
    Rule { groups: &["kubernaut.ai"], resources: &["kubernetesexecutions/status"], verbs: &["update"] },
    Rule { groups: &["kubernaut.ai"], resources: &["workflowexecutions"], verbs: &["get"] },
];

/// Moves a step forward by one decision.
pub async fn reconcile(step: Arc<KubernetesExecution>, ctx: Ctx, stores: Arc<Stores>) -> Result<Next, Error> {
    if step.phase().is_over() {
        return Ok(Next::Change);
    }
    let Some(run) = run_of(&step, &ctx, &stores).await? else { return skip(&step, &ctx, "its run is gone").await };
    let Some(writes) = writes_of(&step, &run, &ctx, &stores).await? else {
        return end(&step, &ctx, StepPhase::Failed, "the step that it undoes is gone").await;
    };
    let status = step.status.clone().unwrap_or_default();
    let decision = step_run::decide(&Seen {
        phase: step.phase(),
        is_undo: step.spec.undo_of.is_some(),
        recorded: is_recorded(&step, &run),
        run: run.phase(),
        stopped: is_stopped(&run),
        timed_out: time_left(&step, &ctx).is_zero(),
        has_intent: status.intent.is_some(),
        writes: &writes,
        changes: &status.changes,
    });
    let part = Part { step: &step, run: &run, writes: &writes, ctx: &ctx };
    match decision {
        StepRun::Nothing => Ok(Next::Change),
        StepRun::Skip => send::give_up(&part, StepPhase::Skipped, "the run ended before this step".to_owned()).await,
        StepRun::TimeOut => {
            let why = format!("it did not end within {}; it writes no more", step.spec.timeout);
            send::give_up(&part, StepPhase::Failed, why).await
        }
        StepRun::Read => read(&part).await,
        StepRun::Settle => settle::settle(&part).await,
        StepRun::Write(object) => send::send(&part, &object).await,
        StepRun::Complete => part.finish(StepPhase::Completed, "done".to_owned(), part.status()).await,
    }
}

/// What carrying out a step works with.
struct Part<'a> {
    step: &'a KubernetesExecution,
    run: &'a WorkflowExecution,
    writes: &'a [Write],
    ctx: &'a Ctx,
}

impl Part<'_> {
    fn status(&self) -> KubernetesExecutionStatus {
        self.step.status.clone().unwrap_or_default()
    }

    async fn write(&self, status: KubernetesExecutionStatus) -> Result<KubernetesExecution, Error> {
        put_status(self.ctx, &KubernetesExecution { status: Some(status), ..self.step.clone() }).await
    }

    async fn finish(&self, phase: StepPhase, message: String, status: KubernetesExecutionStatus) -> Result<Next, Error> {
        let completion_time = Some(self.ctx.clock.now());
        let message = message.chars().take(16_000).collect();
        self.write(KubernetesExecutionStatus { phase: Some(phase), message, completion_time, ..status }).await?;
        Ok(Next::Change)
    }
}

async fn run_of(step: &KubernetesExecution, ctx: &Ctx, stores: &Stores) -> Result<Option<WorkflowExecution>, Error> {
    let reference = &step.spec.workflow_execution_ref;
    let same = |run: &WorkflowExecution| run.uid() == reference.uid;
    match seen(&stores.workflows, &reference.namespace, &reference.name).filter(|run| same(run)) {
        Some(run) => Ok(Some((*run).clone())),
        None => Ok(live(ctx, &reference.namespace, &reference.name).await?.filter(same)),
    }
}

fn is_recorded(step: &KubernetesExecution, run: &WorkflowExecution) -> bool {
    let recorded = run.status.iter().flat_map(|status| &status.step_statuses);
    recorded.into_iter().any(|status| status.kubernetes_execution_ref.uid == step.uid())
}

/// A step writes what was approved; an undo writes what the step captured before it wrote.
async fn writes_of(step: &KubernetesExecution, run: &WorkflowExecution, ctx: &Ctx, stores: &Stores) -> Result<Option<Vec<Write>>, Error> {
    let Some(undone) = &step.spec.undo_of else {
        let planned = run.spec.workflow_definition.steps.iter().find(|planned| planned.step_number == step.spec.step_number);
        return Ok(Some(planned.map(|planned| planned.writes.clone()).unwrap_or_default()));
    };
    let forward = seen_or_live(ctx, &stores.steps, &undone.namespace, &undone.name).await?;
    Ok(forward.filter(|forward| forward.uid() == undone.uid).and_then(|forward| forward.status.clone()).map(|status| status.undo))
}

async fn skip(step: &KubernetesExecution, ctx: &Ctx, why: &str) -> Result<Next, Error> {
    end(step, ctx, StepPhase::Skipped, why).await
}

async fn end(step: &KubernetesExecution, ctx: &Ctx, phase: StepPhase, why: &str) -> Result<Next, Error> {
    let status = KubernetesExecutionStatus {
        phase: Some(phase),
        message: why.to_owned(),
        completion_time: Some(ctx.clock.now()),
        ..step.status.clone().unwrap_or_default()
    };
    put_status(ctx, &KubernetesExecution { status: Some(status), ..step.clone() }).await?;
    Ok(Next::Change)
}

/// Reading may be repeated without harm, so it is not announced.
async fn read(part: &Part<'_>) -> Result<Next, Error> {
    let start_time = Some(part.ctx.clock.now());
    let status = KubernetesExecutionStatus { start_time, ..part.status() };
    let Ok(target) = part.run.spec.target_resource.parse::<Target>() else {
        return part.finish(StepPhase::Failed, "the run's target cannot be read".to_owned(), status).await;
    };
    let Some(action) = actions::find(&part.step.spec.action) else {
        return part.finish(StepPhase::Failed, "the action is not in the catalogue".to_owned(), status).await;
    };
    let asked = Asked { target: &target, parameters: &part.step.spec.parameters, now: part.ctx.clock.now() };
    let cluster = Cluster::new(part.ctx.client.clone());
    let Ok(read) = tokio::time::timeout(time_left(part.step, part.ctx), action.read(&cluster, asked)).await else {
        return Ok(Next::After(Duration::ZERO));
    };
    match read {
        Ok(text) => part.finish(StepPhase::Completed, text, status).await,
        Err(actions::Error::Refused(why)) => part.finish(StepPhase::Failed, why, status).await,
        Err(not_now) => Err(not_now.into()),
    }
}

/// What is left of the step's own time. One whose time cannot be read has the time of the settings.
fn time_left(step: &KubernetesExecution, ctx: &Ctx) -> Duration {
    let timeout = step.spec.timeout.parse::<Length>().unwrap_or(ctx.settings.execution.step_timeout);
    let now = ctx.clock.now();
    let began = step.creation_timestamp().map_or(now, |created| created.0);
    context::time_left(now, began.checked_add(timeout.0).unwrap_or(Timestamp::MAX))
}

/// A run that is being deleted is stopped, too.
fn is_stopped(run: &WorkflowExecution) -> bool {
    run.spec.stop.is_some() || run.meta().deletion_timestamp.is_some()
}

/// Whether a run may still begin a write: read live, just before it is announced.
fn may_write(run: &WorkflowExecution, is_undo: bool) -> bool {
    let undecided = run.status.as_ref().is_none_or(|status| status.outcome.is_none());
    undecided
        && match is_undo {
            true => run.phase() == WorkflowPhase::RollingBack,
            false => run.phase() == WorkflowPhase::Executing && !is_stopped(run),
        }
}
