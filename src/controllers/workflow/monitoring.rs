//! Watches the target of a run whose steps are done become healthy.

use super::{Part, asking, ending, steps};
use crate::actions;
use crate::actions::cluster::{Cluster, as_value};
use crate::api::{RunOutcome, StopReason, WorkflowExecutionStatus, WorkflowPhase};
use crate::controllers::conditions;
use crate::controllers::context::{Error, Next, time_left};
use crate::controllers::processing::workload;
use crate::rules::health::{self, Health, Watch, Workload};
use crate::rules::step_run::OBJECT;
use crate::rules::steps::{Failure, success};
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use std::time::Duration;

/// How often a target is looked at while it becomes healthy.
const LOOK: Duration = Duration::from_millis(500);
/// How long the controllers of a workload may take to notice that a pod was deleted.
const SETTLING: SignedDuration = SignedDuration::from_secs(2);
const MONITORING: &str = "Monitoring";
const CRASHING: &str = "CrashLoopBackOff";

/// Moves on from the steps to watching the target.
pub async fn begin(part: &Part<'_>) -> Result<Next, Error> {
    let status = part.status();
    let message = Some("the steps are done; waiting for the target to be healthy".to_owned());
    let conditions = conditions::with(status.conditions.clone(), MONITORING, "StepsCompleted", message, part.ctx.clock.now());
    let (phase, step_statuses) = (Some(WorkflowPhase::Monitoring), part.steps_as_seen());
    part.write(WorkflowExecutionStatus { phase, step_statuses, conditions, ..status }).await
}

/// Waits until the target is healthy, or gives up. A target that cannot be read by then is not verified.
pub async fn look(part: &Part<'_>) -> Result<Next, Error> {
    let status = part.status();
    let now = part.ctx.clock.now();
    let began = status.conditions.iter().find(|condition| condition.r#type == MONITORING);
    let mut watch = Watch {
        now,
        since: began.map_or(now, |condition| condition.last_transition_time),
        settling: if deletes(part) { SETTLING } else { SignedDuration::ZERO },
        timeout: part.ctx.settings.execution.health_timeout.0,
        touched: touched(part),
        crashing: 0,
    };
    let mut seen = match seen_workload(part).await {
        Err(unread) if !watch.is_over() => return Err(unread),
        Err(_) => Workload::Other,
        Ok(seen) => seen,
    };
    if seen != Workload::Other && (health::decide(&seen, &watch) == Health::Healthy || watch.is_over()) {
        match crashing(part).await {
            Ok(crashing) => watch.crashing = crashing,
            Err(unread) if !watch.is_over() => return Err(unread),
            Err(_) => seen = Workload::Other,
        }
    }
    match health::decide(&seen, &watch) {
        Health::Healthy => succeed(part, true).await,
        Health::Unknown => succeed(part, false).await,
        Health::Wait { until } => Ok(Next::After(LOOK.min(time_left(now, until)))),
        Health::Unhealthy(message) => {
            let failure = Failure { outcome: RunOutcome::FailedDuring, step: None, reason: "NotHealthy", message };
            steps::begin_rollback(part, failure, &steps::states(part).await?).await
        }
    }
}

/// A stop: the steps were executed, so what can be undone is, and the run failed.
pub async fn give_up(part: &Part<'_>, reason: StopReason) -> Result<Next, Error> {
    let message = format!("stopped before the target was seen healthy: {reason:?}");
    let failure = Failure { outcome: RunOutcome::FailedDuring, step: None, reason: "Stopped", message };
    steps::begin_rollback(part, failure, &steps::states(part).await?).await
}

async fn succeed(part: &Part<'_>, verified: bool) -> Result<Next, Error> {
    let known = asking::known(&part.status());
    ending::succeed(part, success(&steps::view(part, &[], &known, false), verified)).await
}

/// Whether a step that was made was to write something; refused ones touched nothing.
fn touched(part: &Part<'_>) -> bool {
    let made = part.status().step_statuses;
    let writes = part.run.spec.workflow_definition.steps.iter().filter(|step| !step.writes.is_empty());
    writes.into_iter().any(|step| made.iter().any(|made| made.step_number == step.step_number))
}

/// Whether the plan deletes an object: its controller needs a moment to notice.
fn deletes(part: &Part<'_>) -> bool {
    part.run.spec.workflow_definition.steps.iter().flat_map(|step| &step.writes).any(|write| write.field == OBJECT)
}

/// Another object of the same name is not the target.
async fn seen_workload(part: &Part<'_>) -> Result<Workload, Error> {
    let cluster = Cluster::new(part.ctx.client.clone());
    let namespace = part.target.namespace.as_deref();
    match cluster.get(&part.target.kind, namespace, &part.target.name).await {
        Ok(Some(object)) if object.uid().as_deref() == Some(&part.run.spec.target_uid) => Ok(workload(&as_value(&object))),
        Ok(_) | Err(actions::Error::Refused(_)) => Ok(Workload::Gone),
        Err(not_now) => Err(not_now.into()),
    }
}

/// Pods of the target that end again and again: between two ends they look available.
async fn crashing(part: &Part<'_>) -> Result<usize, Error> {
    let pods = Cluster::new(part.ctx.client.clone()).pods_of(part.target).await?;
    Ok(pods.iter().filter(|pod| is_crashing(pod)).count())
}

fn is_crashing(pod: &Pod) -> bool {
    let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().chain(&status.init_container_statuses).flatten());
    let reasons = statuses.filter_map(|status| status.state.as_ref()?.waiting.as_ref()?.reason.as_deref());
    reasons.into_iter().any(|reason| reason == CRASHING)
}
