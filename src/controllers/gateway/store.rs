//! Brings one alert into the cluster: looks for its requests, asks the intake rule, writes what it decided.

use super::answer::{Handled, Verdict};
use super::auth::{Door, Sender};
use crate::api::{RemediationRequest, RemediationRequestStatus, Target, labels};
use crate::controllers::context::Context;
use crate::controllers::root::{self, NoRoot, why};
use crate::rules::alert::{Alert, Alerting};
use crate::rules::intake::{self, Found, Intake, Known, Seen, decide, request};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use std::time::Duration;

/// How often somebody else may write first.
const MOST_LOOKS: u32 = 6;

/// What there is to do with one alert.
pub struct Task<'a> {
    /// The alert as it was sent.
    pub alert: &'a Alert,
    /// What it is about.
    pub alerting: Alerting,
    /// Whether another alert of its fingerprint fires in the same message.
    pub another_fires: bool,
    /// Who sent it.
    pub sender: &'a Sender,
}

/// How an alert ended: its request, if any, and a sentence.
struct Done(Verdict, String, String);

/// Why an alert is not stored yet.
enum Unstored {
    /// Somebody else wrote first: look again.
    Overtaken,
    /// It is not going to be.
    Ended(Done),
}

/// Brings one alert into the cluster.
pub async fn store(ctx: &Context, door: &Door, task: &Task<'_>) -> Handled {
    let Done(result, name, message) = match allowed(door, task, task.alerting.object.home()).await {
        Ok(()) => stored(ctx, door, task).await,
        Err(done) => done,
    };
    Handled {
        alert: task.alerting.alert.clone(),
        fingerprint: task.alerting.fingerprint.clone(),
        result,
        name,
        namespace: task.alerting.object.home().to_owned(),
        message,
    }
}

async fn allowed(door: &Door, task: &Task<'_>, namespace: &str) -> Result<(), Done> {
    match door.may_create(task.sender, namespace).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let hint = format!("the sender may not create RemediationRequests in {namespace}; bind a role with that right to its account");
            Err(Done(Verdict::Forbidden, String::new(), hint))
        }
        Err(why) => Err(not_now(why)),
    }
}

async fn stored(ctx: &Context, door: &Door, task: &Task<'_>) -> Done {
    for look in 0..MOST_LOOKS {
        match once(ctx, door, task).await {
            Ok(done) | Err(Unstored::Ended(done)) => return done,
            Err(Unstored::Overtaken) => tokio::time::sleep(Duration::from_millis(20 << look)).await,
        }
    }
    not_now("others kept writing the same objects; send it again".to_owned())
}

async fn once(ctx: &Context, door: &Door, task: &Task<'_>) -> Result<Done, Unstored> {
    let found = look(ctx, task).await?;
    let known: Vec<Known> = found.iter().map(known).collect();
    let decision = decide(&Seen { alerting: &task.alerting, another_fires: task.another_fires, known: &known });
    tracing::info!(alert = %task.alerting.alert, object = %task.alerting.object, "{decision}");
    match decision {
        Intake::Create { name } => create(ctx, door, task, name).await,
        Intake::Duplicate { of, reopened } => count(ctx, named(&found, &of)?, reopened).await,
        Intake::Resolved { which } => end(ctx, &found, &which).await,
        Intake::NothingToDo => Ok(Done(Verdict::Resolved, String::new(), "no open request waits for the end of this alert".to_owned())),
    }
}

/// A live list: the cache may not know yet what another gateway made a moment ago.
async fn look(ctx: &Context, task: &Task<'_>) -> Result<Vec<RemediationRequest>, Unstored> {
    let same = ListParams::default().fields(&format!("spec.signalFingerprint={}", task.alerting.fingerprint));
    let listed = requests(ctx, task.alerting.object.home()).list(&same).await;
    Ok(listed.map_err(|error| unstored("the requests of this alert cannot be listed now", &error))?.items)
}

fn known(request: &RemediationRequest) -> Known {
    Known {
        name: request.name_any(),
        over: request.phase().is_over() || request.metadata.deletion_timestamp.is_some(),
        began: request.spec.firing_time,
        resolved: request.status.as_ref().and_then(|status| status.signal.as_ref()?.resolved_at),
    }
}

async fn create(ctx: &Context, door: &Door, task: &Task<'_>, name: String) -> Result<Done, Unstored> {
    let root = root::find(&ctx.client, &task.alerting.object, &task.alert.labels).await.map_err(|no| Unstored::Ended(rootless(no)))?;
    // The first of them was asked about before anything was looked up; the door remembers.
    for namespace in intake::sender_needs(&task.alerting.object, &root.target) {
        allowed(door, task, namespace).await.map_err(Unstored::Ended)?;
    }
    let environment = environment(ctx, &root.target).await?;
    let found = Found { target: &root.target, environment: &environment, now: ctx.clock.now(), requested_by: &ctx.account };
    let request = RemediationRequest::new(&name, request(task.alert, &task.alerting, &found));
    let params = PostParams { field_manager: Some(labels::GATEWAY.to_owned()), ..PostParams::default() };
    let created = requests(ctx, task.alerting.object.home()).create(&params, &request).await;
    created.map_err(|error| unstored(&format!("the request {name} cannot be created now"), &error))?;
    Ok(Done(Verdict::Created, name, format!("a new remediation of {}", root.target)))
}

fn rootless(no: NoRoot) -> Done {
    match no {
        NoRoot::NotNow { .. } => not_now(no.to_string()),
        NoRoot::TargetGone { .. } | NoRoot::UnknownKind { .. } => Done(Verdict::Refused, String::new(), no.to_string()),
    }
}

async fn environment(ctx: &Context, target: &Target) -> Result<String, Unstored> {
    let Some(name) = &target.namespace else { return Ok(intake::environment(None)) };
    let namespace = Api::<Namespace>::all(ctx.client.clone()).get_metadata(name).await;
    let namespace = namespace.map_err(|error| unstored(&format!("the namespace {name} cannot be read now"), &error))?;
    Ok(intake::environment(namespace.labels().get("environment")))
}

fn named<'a>(found: &'a [RemediationRequest], name: &str) -> Result<&'a RemediationRequest, Unstored> {
    found.iter().find(|request| request.name_any() == name).ok_or(Unstored::Overtaken)
}

/// The message that made a request was the first occurrence, though nobody counted it.
async fn count(ctx: &Context, request: &RemediationRequest, reopened: bool) -> Result<Done, Unstored> {
    let counted = |status: &RemediationRequestStatus| status.signal.as_ref().map(|signal| signal.occurrences);
    let occurrences = request.status.as_ref().and_then(counted).unwrap_or(1).max(1).saturating_add(1);
    let mut signal = json!({ "occurrences": occurrences, "lastSeen": ctx.clock.now() });
    if let (true, Some(signal)) = (reopened, signal.as_object_mut()) {
        signal.insert("resolvedAt".to_owned(), Value::Null);
    }
    record(ctx, request, signal).await?;
    Ok(Done(Verdict::Duplicate, request.name_any(), format!("occurrence {occurrences} of an open remediation")))
}

async fn end(ctx: &Context, found: &[RemediationRequest], which: &[String]) -> Result<Done, Unstored> {
    let now: Timestamp = ctx.clock.now();
    for name in which {
        record(ctx, named(found, name)?, json!({ "resolvedAt": now, "lastSeen": now })).await?;
    }
    Ok(Done(Verdict::Resolved, which.first().cloned().unwrap_or_default(), "the end of the alert was recorded".to_owned()))
}

/// Writes against the version that was looked at, so that an ended request is not written to.
async fn record(ctx: &Context, request: &RemediationRequest, signal: Value) -> Result<(), Unstored> {
    let version = request.resource_version();
    let patch = json!({ "metadata": { "resourceVersion": version, "uid": request.uid() }, "status": { "signal": signal } });
    let params = PatchParams { field_manager: Some(labels::GATEWAY.to_owned()), ..PatchParams::default() };
    let namespace = request.namespace().unwrap_or_default();
    let patched = requests(ctx, &namespace).patch_status(&request.name_any(), &params, &Patch::Merge(patch)).await;
    patched.map(drop).map_err(|error| unstored(&format!("the request {} cannot be written now", request.name_any()), &error))
}

/// A conflict, a taken name and an object that is gone by now all mean that the look is out of date.
fn unstored(what: &str, error: &kube::Error) -> Unstored {
    match error {
        kube::Error::Api(status) if status.code == 409 => Unstored::Overtaken,
        other => Unstored::Ended(not_now(format!("{what}: {}", why(other)))),
    }
}

fn not_now(message: String) -> Done {
    Done(Verdict::NotNow, String::new(), message)
}

fn requests(ctx: &Context, namespace: &str) -> Api<RemediationRequest> {
    Api::namespaced(ctx.client.clone(), namespace)
}
