//! Delivers notices. Writes `status` of NotificationRequests; relies on nobody else writing it.

use super::context::{Context, Ctx, Doing, Error, Next, time_left};
use super::objects::patching;
use crate::api::{Delivery, NotificationPhase, NotificationRequest, NotificationRequestStatus};
use crate::channels::{Channels, Notice, Undelivered};
use crate::permissions::Rule;
use crate::rules::delivery::{self, Answer, Decision, Limits, Seen};
use crate::rules::receivers::{Receiver, receivers, to_these};
use crate::settings::Length;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use kube::api::{Api, Patch};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// What this controller may do.
pub const RULES: &[Rule] = &[
    Rule { groups: &["kubernaut.ai"], resources: &["notificationrequests"], verbs: &["get", "list", "watch"] },
    Rule { groups: &["kubernaut.ai"], resources: &["notificationrequests/status"], verbs: &["patch"] },
    Rule { groups: &["kubernaut.ai"], resources: &["remediationrequests"], verbs: &["operate"] },
];

/// The ConfigMap of the system namespace that may hold a routing tree, and its key. It is read when the controllers start.
pub const ROUTING: (&str, &str) = ("kubernaut-routing", "routing.yaml");

/// Longest a channel may take, whatever it promises.
const LONGEST_SEND: Duration = Duration::from_secs(20);
/// How often what was sent is written down before giving up; giving up means sending it again.
const MOST_WRITES: u32 = 6;

/// Delivers a notice to whoever has not got it.
#[tracing::instrument(skip_all, fields(notice = %request.name_any()))]
pub async fn reconcile(request: Arc<NotificationRequest>, ctx: Ctx, channels: &Channels) -> Result<Next, Error> {
    if request.phase().is_over() {
        return Ok(Next::Change);
    }
    // Sending cannot be undone, and the cache may not know yet what was sent a moment ago.
    let Some(request) = look(&request, &ctx).await? else { return Ok(Next::Change) };
    let to = receivers(&request.spec.channels, &deliveries(&request), request.labels(), channels.tree());
    let now = ctx.clock.now();
    match decided(&request, &to, now) {
        _ if request.phase().is_over() => Ok(Next::Change),
        Decision::Wait { until } => Ok(Next::After(time_left(now, until))),
        Decision::Finish(phase) => {
            write(&request, status(&request, delivery::closed(&deliveries(&request)), phase), &ctx).await?;
            Ok(Next::Change)
        }
        Decision::Send(due) => {
            let answers = sent(&request, due, channels).await;
            recorded(request, &to, &answers, &ctx).await
        }
    }
}

async fn look(request: &NotificationRequest, ctx: &Context) -> Result<Option<NotificationRequest>, Error> {
    let name = request.name_any();
    let found = api(request, ctx).get_opt(&name).await.doing(|| format!("read notification request {name}"))?;
    Ok(found.filter(|found| found.uid() == request.uid() && found.metadata.deletion_timestamp.is_none()))
}

fn decided(request: &NotificationRequest, to: &[Receiver], now: Timestamp) -> Decision {
    delivery::decide(&Seen {
        now,
        created: created(request, now),
        receivers: to,
        deliveries: &deliveries(request),
        limits: limits(request),
    })
}

/// Sends to all of them at once: a slow channel delays no other.
async fn sent(request: &NotificationRequest, due: Vec<Receiver>, channels: &Channels) -> Vec<(Receiver, Answer)> {
    let notice = Notice::from(request);
    let notice = &notice;
    join_all(due.into_iter().map(|receiver| async move {
        let answer = tokio::time::timeout(LONGEST_SEND, channels.send(&receiver, notice)).await;
        let answer = answer.unwrap_or_else(|_| Err(Undelivered::later(format!("the channel {} did not finish in time", receiver.channel))));
        tracing::info!(receiver = %receiver.name, channel = %receiver.channel, "{}", came_of(&answer));
        (receiver, as_answer(answer))
    }))
    .await
}

/// What came of sending, for the log.
fn came_of(answer: &Result<(), Undelivered>) -> String {
    match answer {
        Ok(()) => "sent".to_owned(),
        Err(Undelivered { retry: true, why, .. }) => format!("not sent, will be tried again: {why:?}"),
        Err(Undelivered { why, .. }) => format!("not sent: {why:?}"),
    }
}

fn as_answer(answer: Result<(), Undelivered>) -> Answer {
    match answer {
        Ok(()) => Answer::Delivered,
        Err(Undelivered { retry: false, why, .. }) => Answer::Never { why },
        Err(Undelivered { retry_after, why, .. }) => {
            Answer::Later { after: retry_after.map(|after| SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX)), why }
        }
    }
}

/// Writes down what was sent, again on top of what somebody else wrote meanwhile.
async fn recorded(mut request: NotificationRequest, to: &[Receiver], answers: &[(Receiver, Answer)], ctx: &Context) -> Result<Next, Error> {
    let mut tries = 0;
    loop {
        let now = ctx.clock.now();
        let new = after(&request, to, answers, now);
        let refused = match write(&request, new.clone(), ctx).await {
            Ok(()) => return Ok(next(&request, new, to, now)),
            Err(refused) => refused,
        };
        tries += 1;
        if tries >= MOST_WRITES {
            return Err(refused);
        }
        tokio::time::sleep(Duration::from_millis(50 << tries)).await;
        match look(&request, ctx).await {
            Ok(Some(again)) => request = again,
            Ok(None) => return Ok(Next::Change),
            Err(_) => {}
        }
    }
}

fn after(request: &NotificationRequest, to: &[Receiver], answers: &[(Receiver, Answer)], now: Timestamp) -> NotificationRequestStatus {
    let before = to_these(&deliveries(request), to);
    let seen = Seen { now, created: created(request, now), receivers: to, deliveries: &before, limits: limits(request) };
    let new = answers.iter().map(|(receiver, answer)| delivery::after(&seen, receiver, answer, jitter()));
    let all = new.fold(before.clone(), delivery::with);
    match delivery::decide(&Seen { deliveries: &all, ..seen }) {
        Decision::Finish(phase) => status(request, delivery::closed(&all), phase),
        Decision::Send(_) | Decision::Wait { .. } => status(request, all, NotificationPhase::Sending),
    }
}

fn next(request: &NotificationRequest, new: NotificationRequestStatus, to: &[Receiver], now: Timestamp) -> Next {
    let written = NotificationRequest { status: Some(new), ..request.clone() };
    match decided(&written, to, now) {
        Decision::Finish(_) => Next::Change,
        Decision::Send(_) => Next::After(Duration::ZERO),
        Decision::Wait { until } => Next::After(time_left(now, until)),
    }
}

async fn write(request: &NotificationRequest, status: NotificationRequestStatus, ctx: &Context) -> Result<(), Error> {
    if request.status.as_ref() == Some(&status) {
        return Ok(());
    }
    let name = request.name_any();
    let patch = json!({ "metadata": { "resourceVersion": request.resource_version() }, "status": status });
    let params = patching();
    let patched = api(request, ctx).patch_status(&name, &params, &Patch::Merge(patch)).await;
    patched.map(drop).doing(|| format!("write the status of notification request {name}"))
}

fn status(request: &NotificationRequest, deliveries: Vec<Delivery>, phase: NotificationPhase) -> NotificationRequestStatus {
    NotificationRequestStatus { phase: Some(phase), deliveries, ..request.status.clone().unwrap_or_default() }
}

fn deliveries(request: &NotificationRequest) -> Vec<Delivery> {
    request.status.as_ref().map(|status| status.deliveries.clone()).unwrap_or_default()
}

fn created(request: &NotificationRequest, now: Timestamp) -> Timestamp {
    request.metadata.creation_timestamp.as_ref().map_or(now, |time| time.0)
}

/// The request's own limits where it has any.
fn limits(request: &NotificationRequest) -> Limits {
    let usual = Limits::default();
    let Some(own) = &request.spec.retry_policy else { return usual };
    let deadline = own.deadline.as_ref().and_then(|text| text.parse::<Length>().ok());
    Limits { deadline: deadline.map_or(usual.deadline, |length| length.0), most_attempts: own.max_attempts }
}

/// From 0 to 1, 1 excluded.
fn jitter() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_fields().0) / (f64::from(u32::MAX) + 1.0)
}

fn api(request: &NotificationRequest, ctx: &Context) -> Api<NotificationRequest> {
    Api::namespaced(ctx.client.clone(), &request.namespace().unwrap_or_default())
}
