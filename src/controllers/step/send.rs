//! Announces one write, sends it with the announced preconditions, and records what it changed.

use super::{Part, may_write};
use crate::actions::cluster::{Cluster, as_value, is_absent};
use crate::actions::{self, field};
use crate::api::{Change, Intent, KubernetesExecutionStatus, ObjectId, RemediationRequest, StepPhase, WorkflowExecution, Write, labels};
use crate::controllers::context::{Ctx, Doing, Error, Next};
use crate::controllers::objects::{is_alive, live};
use crate::rules::step_run::{OBJECT, deletes};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, DynamicObject, ObjectMeta, Patch, PatchParams, PostParams, Preconditions};
use std::time::Duration;

/// Writes to one object: looks, announces, sends, records. Only this call sends what it announced.
pub async fn send(part: &Part<'_>, object: &ObjectId) -> Result<Next, Error> {
    let group: Vec<&Write> = part.writes.iter().filter(|write| write.object == *object).collect();
    let cluster = Cluster::new(part.ctx.client.clone());
    let live_object = match cluster.find(object).await {
        Ok(Some(found)) => found,
        Ok(None) => return missing(part, &group).await,
        Err(actions::Error::Refused(why)) => return refuse(part, why).await,
        Err(not_now) => return Err(not_now.into()),
    };
    let value = as_value(&live_object);
    if let Some(write) = group.iter().find(|write| field::read(&value, &write.field) != write.before) {
        if part.status().start_time.is_some() {
            return after_an_announcement(part, &group, &live_object).await;
        }
        return refuse(part, format!("{} of {} {} is not what it was when the step was planned", write.field, object.kind, object.name))
            .await;
    }
    match write_group(&cluster, &group, &live_object, true).await {
        Err(refused) if is_gone(&refused) => return missing(part, &group).await,
        Err(refused) => return dry_run_refused(part, refused).await,
        Ok(_) => {}
    }
    announce_and_send(part, &cluster, &group, &live_object).await
}

/// A write that was announced and answered with a conflict may still have happened, if something in between sent it twice:
/// then the new values are there. Anything else that is no longer the old value counts as executed, too.
async fn after_an_announcement(part: &Part<'_>, group: &[&Write], live_object: &DynamicObject) -> Result<Next, Error> {
    let value = as_value(live_object);
    let status = announcement(part, group, live_object);
    if group.iter().all(|write| field::read(&value, &write.field) == write.after) {
        return record(part, group, None, status).await;
    }
    let why = "a write was refused with a conflict, and the object changed since; it counts as executed".to_owned();
    part.finish(StepPhase::Failed, why, status).await
}

/// Ends a step that writes no more. A write that was announced and answered with a conflict can not happen any more, but it is
/// looked at whether it had, as in [`after_an_announcement`].
pub async fn give_up(part: &Part<'_>, phase: StepPhase, why: String) -> Result<Next, Error> {
    let status = part.status();
    let announced = part.writes.first().filter(|_| status.start_time.is_some() && status.changes.is_empty());
    let Some(first) = announced else { return part.finish(phase, why, status).await };
    let group: Vec<&Write> = part.writes.iter().filter(|write| write.object == first.object).collect();
    let found = Cluster::new(part.ctx.client.clone()).find(&first.object).await?;
    match found {
        Some(found) if group.iter().all(|write| field::read(&as_value(&found), &write.field) == write.before) => {
            part.finish(phase, why, status).await
        }
        Some(found) => after_an_announcement(part, &group, &found).await,
        None if group.iter().all(|write| deletes(write)) => record(part, &group, None, status).await,
        None => {
            let gone = DynamicObject { types: None, metadata: ObjectMeta::default(), data: serde_json::Value::Null };
            after_an_announcement(part, &group, &gone).await
        }
    }
}

async fn is_wanted(run: &WorkflowExecution, ctx: &Ctx) -> Result<bool, Error> {
    let reference = &run.spec.remediation_request_ref;
    let request: Option<RemediationRequest> = live(ctx, &reference.namespace, &reference.name).await?;
    Ok(is_alive(request.as_ref(), reference))
}

async fn announce_and_send(part: &Part<'_>, cluster: &Cluster, group: &[&Write], live_object: &DynamicObject) -> Result<Next, Error> {
    let reference = &part.step.spec.workflow_execution_ref;
    let run: Option<WorkflowExecution> = live(part.ctx, &reference.namespace, &reference.name).await?;
    let is_undo = part.step.spec.undo_of.is_some();
    let Some(run) = run.filter(|run| run.uid() == reference.uid && may_write(run, is_undo)) else {
        return Ok(Next::After(Duration::from_secs(1)));
    };
    // A run whose remediation is gone begins nothing any more; what it began is undone all the same.
    if !is_undo && !is_wanted(&run, part.ctx).await? {
        return give_up(part, StepPhase::Skipped, "the remediation is gone".to_owned()).await;
    }
    let announced = part.write(announcement(part, group, live_object)).await?;
    let status = announced.status.clone().unwrap_or_default();
    let part = Part { step: &announced, ..*part };
    match write_group(cluster, group, live_object, false).await {
        Ok(written) => record(&part, group, written.as_ref(), status).await,
        // Somebody else deleted what was to be deleted: it is gone, which is all that was asked.
        Err(refused) if is_gone(&refused) && group.iter().all(|write| deletes(write)) => record(&part, group, None, status).await,
        // A refusal is an answer: the write did not happen. Anything else is settled by the next look.
        Err(Error::Api { source: kube::Error::Api(refusal), .. }) if refusal.code == 409 => {
            part.write(KubernetesExecutionStatus { intent: None, phase: Some(StepPhase::Validating), ..status }).await?;
            Ok(Next::After(Duration::ZERO))
        }
        Err(error) => match error.refusal() {
            Some(refusal) => {
                let message = format!("refused: {}", refusal.message);
                part.finish(StepPhase::Failed, message, KubernetesExecutionStatus { intent: None, ..status }).await
            }
            None => Err(error),
        },
    }
}

fn announcement(part: &Part<'_>, group: &[&Write], live_object: &DynamicObject) -> KubernetesExecutionStatus {
    let before = part.status();
    let object = group.first().map(|write| write.object.clone()).unwrap_or_default();
    let intent = Intent {
        process: part.ctx.process.clone(),
        uid: object.uid.clone(),
        object,
        resource_version: live_object.resource_version().unwrap_or_default(),
    };
    let inverse = |write: &&Write| Write { before: write.after.clone(), after: write.before.clone(), ..(*write).clone() };
    let reversible = actions::find(&part.step.spec.action).is_some_and(|action| action.is_reversible());
    let undo = group.iter().filter(|_| reversible).map(inverse);
    KubernetesExecutionStatus {
        phase: Some(StepPhase::Executing),
        intent: Some(intent),
        // An earlier announcement of this write came to nothing, so its undo is replaced.
        undo: before.undo.iter().filter(|other| !group.iter().any(|write| write.object == other.object)).cloned().chain(undo).collect(),
        start_time: before.start_time.or(Some(part.ctx.clock.now())),
        ..before
    }
}

/// What stands in the ledger of changes is what the API server answered.
pub async fn record(
    part: &Part<'_>,
    group: &[&Write],
    written: Option<&DynamicObject>,
    status: KubernetesExecutionStatus,
) -> Result<Next, Error> {
    let value = written.map(as_value);
    let after = |write: &&Write| match (&value, write.field.as_str()) {
        (Some(value), field) if field != OBJECT => field::read(value, field),
        _ => write.after.clone(),
    };
    let change = |write: &&Write| Change {
        object: write.object.clone(),
        field: write.field.clone(),
        before: write.before.clone(),
        after: after(write),
    };
    let changes: Vec<Change> = status.changes.iter().cloned().chain(group.iter().map(change)).collect();
    let all = part.writes.iter().all(|write| changes.iter().any(|change| change.object == write.object));
    let message = changes.iter().map(describe).collect::<Vec<_>>().join("; ");
    let status = KubernetesExecutionStatus { intent: None, changes, message: message.clone(), ..status };
    if all {
        return part.finish(StepPhase::Completed, message, status).await;
    }
    part.write(status).await.map(|_| Next::Change)
}

fn describe(change: &Change) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "<none>".to_owned());
    match change.field.as_str() {
        OBJECT => format!("{} {} deleted", change.object.kind, change.object.name),
        field => format!("{} {}: {field} {} -> {}", change.object.kind, change.object.name, text(&change.before), text(&change.after)),
    }
}

fn is_gone(refused: &Error) -> bool {
    matches!(refused, Error::Api { source: kube::Error::Api(status), .. } if is_absent(status))
}

/// An object that was to be deleted and is gone needs nothing more; any other one that is gone fails the step.
async fn missing(part: &Part<'_>, group: &[&Write]) -> Result<Next, Error> {
    if group.iter().all(|write| deletes(write)) {
        return record(part, group, None, part.status()).await;
    }
    refuse(part, "the object is gone".to_owned()).await
}

async fn refuse(part: &Part<'_>, why: String) -> Result<Next, Error> {
    part.finish(StepPhase::Failed, why, part.status()).await
}

async fn dry_run_refused(part: &Part<'_>, refused: Error) -> Result<Next, Error> {
    match refused.refusal() {
        Some(status) => refuse(part, format!("dry run: {}", status.message)).await,
        None if refused.is_conflict() => Ok(Next::After(Duration::from_millis(50))),
        None => Err(refused),
    }
}

/// Sends one write, or tries it without effect, at exactly the version that was read.
pub async fn write_group(
    cluster: &Cluster,
    group: &[&Write],
    live_object: &DynamicObject,
    dry_run: bool,
) -> Result<Option<DynamicObject>, Error> {
    let Some(first) = group.first() else { return Ok(None) };
    let object = &first.object;
    let api = cluster.api(&object.kind, object.namespace.as_deref()).map_err(Error::from)?;
    let version = live_object.resource_version().unwrap_or_default();
    let doing = || format!("{} {} {}", if dry_run { "try to change" } else { "change" }, object.kind, object.name);
    if first.field == OBJECT {
        let preconditions = Some(Preconditions { uid: Some(object.uid.clone()), resource_version: Some(version) });
        let params = DeleteParams { dry_run, preconditions, ..DeleteParams::default() };
        return api.delete(&object.name, &params).await.doing(doing).map(|_| None);
    }
    let patch = field::patch(group, &object.uid, &version);
    let params = PatchParams { dry_run, field_manager: Some(labels::CONTROLLERS.to_owned()), ..PatchParams::default() };
    api.patch(&object.name, &params, &Patch::Strategic(&patch)).await.doing(doing).map(Some)
}

/// Asks whether we may make these writes; names what is missing.
pub async fn permitted(ctx: &Ctx, group: &[&Write]) -> Result<Option<String>, Error> {
    let Some(first) = group.first() else { return Ok(None) };
    let object = &first.object;
    let verb = if first.field == OBJECT { "delete" } else { "patch" };
    let (api_group, _) = object.api_version.split_once('/').unwrap_or(("", ""));
    let resource = format!("{}s", object.kind.to_lowercase());
    let attributes = ResourceAttributes {
        group: Some(api_group.to_owned()),
        resource: Some(resource.clone()),
        name: Some(object.name.clone()),
        namespace: object.namespace.clone(),
        verb: Some(verb.to_owned()),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() },
        ..Default::default()
    };
    let reviews: Api<SelfSubjectAccessReview> = Api::all(ctx.client.clone());
    let answer = reviews.create(&PostParams::default(), &review).await.doing(|| format!("ask whether {resource} may be written"))?;
    let allowed = answer.status.is_some_and(|status| status.allowed);
    Ok((!allowed).then(|| format!("{} may not {verb} {resource} {}", ctx.account, object.name)))
}
