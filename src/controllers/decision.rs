//! Reads and writes the decisions of approval requests, about whole plans and about single steps.

use super::context::{Ctx, Doing, Error};
use super::objects::{Kind, api, patching, put_status};
use crate::api::{AIApprovalRequest, AIApprovalRequestStatus, Decision, WorkflowStepApprovalRequest, labels};
use crate::rules::approval::{self, Seen, Verdict, owns_decision, stamps};
use crate::settings::Length;
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use kube::api::Patch;
use serde_json::json;

/// A request that waits for a person's decision.
pub trait Request: Kind {
    /// On what terms it waits.
    fn terms(&self) -> Terms<'_>;
    /// The decision as it stands.
    fn decided(&self) -> Option<&AIApprovalRequestStatus>;
    /// The same request with this status.
    fn with(&self, status: AIApprovalRequestStatus) -> Self;
}

/// The terms of a request.
pub struct Terms<'a> {
    timeout: &'a str,
    plan_hash: &'a str,
    requested_by: &'a str,
}

impl Request for AIApprovalRequest {
    fn terms(&self) -> Terms<'_> {
        Terms { timeout: &self.spec.timeout, plan_hash: &self.spec.plan_hash, requested_by: &self.spec.requested_by }
    }

    fn decided(&self) -> Option<&AIApprovalRequestStatus> {
        self.status.as_ref()
    }

    fn with(&self, status: AIApprovalRequestStatus) -> Self {
        Self { status: Some(status), ..self.clone() }
    }
}

impl Request for WorkflowStepApprovalRequest {
    fn terms(&self) -> Terms<'_> {
        Terms { timeout: &self.spec.timeout, plan_hash: &self.spec.plan_hash, requested_by: &self.spec.requested_by }
    }

    fn decided(&self) -> Option<&AIApprovalRequestStatus> {
        self.status.as_ref()
    }

    fn with(&self, status: AIApprovalRequestStatus) -> Self {
        Self { status: Some(status), ..self.clone() }
    }
}

/// What a request has come to, by the API server's stamps.
pub fn verdict<R: Request>(request: &R, now: Timestamp) -> Verdict {
    let status = request.decided().cloned().unwrap_or_default();
    let (terms, stamps) = (request.terms(), stamps(request.managed_fields()));
    approval::decide(&Seen {
        now,
        created: request.creation_timestamp().map_or(Timestamp::UNIX_EPOCH, |created| created.0),
        timeout: terms.timeout.parse::<Length>().map_or(SignedDuration::ZERO, |length| length.0),
        decision: status.decision.unwrap_or(Decision::Undecided),
        decided_by: status.decided_by.as_deref(),
        named_hash: status.plan_hash.as_deref(),
        plan_hash: terms.plan_hash,
        requested_by: terms.requested_by,
        stamps: &stamps,
    })
}

/// Who refused a request, and why.
pub fn refusal<R: Request>(request: &R, by: &str) -> String {
    match request.decided().and_then(|status| status.reason.as_deref()) {
        Some(reason) => format!("rejected by {by}: {reason}"),
        None => format!("rejected by {by}"),
    }
}

/// Writes what only controllers may decide, if nobody has decided since; whoever loses the race has lost.
pub async fn decide_as_controller<R: Request>(request: &R, decision: Decision, ctx: &Ctx) -> Result<(), Error> {
    let status = AIApprovalRequestStatus {
        decision: Some(decision),
        decided_by: Some(ctx.account.clone()),
        decided_at: Some(ctx.clock.now()),
        ..AIApprovalRequestStatus::default()
    };
    put_status(ctx, &request.with(status)).await.map(drop)
}

/// Fills in when a person decided, once. A patch of that one field, so that the stamp of the decision stays where it is.
pub async fn stamp<R: Request>(request: &R, ctx: &Ctx) -> Result<(), Error> {
    if ctx.own_writes.outdated(request) {
        return Ok(());
    }
    let decided = request.decided().is_some_and(|status| status.decided_at.is_none());
    let time = stamps(request.managed_fields()).first().copied().flatten();
    let Some(time) = time.filter(|_| decided && !owned_by_us(request)) else { return Ok(()) };
    let (namespace, name) = (request.namespace().unwrap_or_default(), request.name_any());
    let patch = json!({ "metadata": { "resourceVersion": request.resource_version() }, "status": { "decidedAt": time } });
    let params = patching();
    api::<R>(ctx, &namespace).patch_status(&name, &params, &Patch::Merge(&patch)).await.doing(|| format!("stamp {namespace}/{name}"))?;
    ctx.own_writes.note(request);
    Ok(())
}

/// A later write by the same manager would move the stamp.
fn owned_by_us<R: Request>(request: &R) -> bool {
    request.managed_fields().iter().any(|entry| owns_decision(entry) && entry.manager.as_deref() == Some(labels::CONTROLLERS))
}
