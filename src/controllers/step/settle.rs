//! Settles a write that was announced and whose outcome was not recorded: fences it off, then looks.

use super::{Part, send};
use crate::actions::cluster::{Cluster, as_value, is_absent};
use crate::actions::field;
use crate::api::{Intent, KubernetesExecution, KubernetesExecutionStatus, ObjectId, StepPhase, Write, labels};
use crate::controllers::conditions::{self, FENCE_REFUSED};
use crate::controllers::context::{Ctx, Error, Next};
use crate::controllers::objects::{live, patching};
use crate::rules::step_run::{self, Settled, Shown};
use kube::ResourceExt;
use kube::api::{DynamicObject, Patch};
use kube::core::Status;
use serde_json::json;
use std::time::Duration;

/// Finds out what an announced write came to. It is never sent again.
pub async fn settle(part: &Part<'_>) -> Result<Next, Error> {
    // The cache may lag behind the process that announced the write: settle only what still stands announced.
    let (namespace, name) = (part.step.namespace().unwrap_or_default(), part.step.name_any());
    let Some(fresh) = live::<KubernetesExecution>(part.ctx, &namespace, &name).await? else { return Ok(Next::Change) };
    if fresh.resource_version() != part.step.resource_version() {
        return Ok(Next::After(Duration::from_millis(200)));
    }
    let status = part.status();
    let Some(intent) = status.intent.clone() else { return Ok(Next::Change) };
    let group: Vec<&Write> = part.writes.iter().filter(|write| write.object == intent.object).collect();
    let cluster = Cluster::new(part.ctx.client.clone());
    let shown = match look(part, &cluster, &intent, &group).await {
        Ok(shown) => shown,
        Err(error) => return not_settled(part, &intent, error).await,
    };
    tracing::info!(step = %name, ?shown, "settled an interrupted write");
    let conditions = conditions::with(status.conditions.clone(), FENCE_REFUSED, "", None, part.ctx.clock.now());
    conclude(part, &group, &shown, KubernetesExecutionStatus { conditions, ..status }).await
}

/// Nobody can tell what the write came to until the fence stands. A refusal is shown to people, and tried again with growing pauses.
async fn not_settled(part: &Part<'_>, intent: &Intent, error: Error) -> Result<Next, Error> {
    let Some(refusal) = error.refusal() else { return Err(error) };
    let status = part.status();
    let message = fence_refused(&intent.object, refusal);
    let now = part.ctx.clock.now();
    let conditions = conditions::with(status.conditions.clone(), FENCE_REFUSED, &refusal.reason, Some(message.clone()), now);
    if conditions != status.conditions {
        part.write(KubernetesExecutionStatus { conditions, message, ..status }).await?;
    }
    Err(error)
}

/// What a refused fence means, and what a person does about it.
pub fn fence_refused(object: &ObjectId, refusal: &Status) -> String {
    let (kind, name) = (&object.kind, &object.name);
    let refused: String = refusal.message.chars().take(1024).collect();
    format!(
        "a write to {kind} {name} was interrupted, and the annotation {} that would keep it from arriving later is refused ({}): {refused}. \
         Let the controllers' account annotate {kind} {name}, or delete it; it is tried again by itself, and the target stays held until then",
        labels::FENCE,
        refusal.code,
    )
}

async fn conclude(part: &Part<'_>, group: &[&Write], shown: &Shown, status: KubernetesExecutionStatus) -> Result<Next, Error> {
    match step_run::settle(shown, group) {
        Settled::Undone => {
            let undo = status.undo.iter().filter(|undo| !group.iter().any(|write| write.object == undo.object)).cloned().collect();
            // It is certain that nothing was written, so the step starts over.
            let undone = KubernetesExecutionStatus { intent: None, undo, start_time: None, phase: Some(StepPhase::Validating), ..status };
            part.write(undone).await?;
            Ok(Next::After(Duration::ZERO))
        }
        Settled::Done => send::record(part, group, None, status).await,
        Settled::Unknown => {
            let message = "a write was interrupted and nobody can tell whether it happened; it counts as executed".to_owned();
            part.finish(StepPhase::Failed, message, status).await
        }
    }
}

/// Fences at the announced version; if that is refused, at the present one, and reads what is there.
async fn look(part: &Part<'_>, cluster: &Cluster, intent: &Intent, group: &[&Write]) -> Result<Shown, Error> {
    let mark = format!("{}/{}", part.step.uid().unwrap_or_default(), part.ctx.clock.now());
    match fence(cluster, &intent.object, &intent.resource_version, &mark).await? {
        Fence::Stands(_) => return Ok(Shown::FencedInTime),
        Fence::Gone => return Ok(Shown::Gone),
        Fence::MovedOn => {}
    }
    let found = cluster.find(&intent.object).await?;
    let Some(found) = found else { return Ok(Shown::Gone) };
    match fence(cluster, &intent.object, &found.resource_version().unwrap_or_default(), &mark).await? {
        Fence::Stands(object) => Ok(Shown::MovedOn(values(&object, group))),
        Fence::Gone => Ok(Shown::Gone),
        Fence::MovedOn => Err(too_fast(&intent.object)),
    }
}

fn values(object: &DynamicObject, group: &[&Write]) -> Vec<Option<String>> {
    let value = as_value(object);
    group.iter().map(|write| field::read(&value, &write.field)).collect()
}

enum Fence {
    Stands(Box<DynamicObject>),
    MovedOn,
    Gone,
}

/// An annotation with exactly these preconditions: once it stands, a write with an older version is refused for good.
async fn fence(cluster: &Cluster, object: &ObjectId, version: &str, mark: &str) -> Result<Fence, Error> {
    let api = cluster.api(&object.kind, object.namespace.as_deref())?;
    let patch = json!({ "metadata": { "uid": object.uid, "resourceVersion": version, "annotations": { labels::FENCE: mark } } });
    match api.patch(&object.name, &patching(), &Patch::Merge(&patch)).await {
        Ok(fenced) => Ok(Fence::Stands(Box::new(fenced))),
        Err(kube::Error::Api(status)) if status.is_conflict() => Ok(Fence::MovedOn),
        Err(kube::Error::Api(status)) if is_absent(&status) => Ok(Fence::Gone),
        Err(source) => Err(Error::Api { doing: format!("fence {} {}", object.kind, object.name), source }),
    }
}

/// Fences an object at its present version, so that no write announced before can arrive any more.
pub async fn fence_off(ctx: &Ctx, object: &ObjectId, by: &str) -> Result<(), Error> {
    let cluster = Cluster::new(ctx.client.clone());
    let Some(found) = cluster.find(object).await? else { return Ok(()) };
    let mark = format!("{by}/{}", ctx.clock.now());
    match fence(&cluster, object, &found.resource_version().unwrap_or_default(), &mark).await? {
        Fence::Stands(_) | Fence::Gone => Ok(()),
        Fence::MovedOn => Err(too_fast(object)),
    }
}

fn too_fast(object: &ObjectId) -> Error {
    Error::Malformed(format!("{} {} moves on too fast to be fenced", object.kind, object.name))
}
