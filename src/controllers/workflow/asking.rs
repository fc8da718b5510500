//! Asks a person before a step that requires it, and draws the conclusion from the answer.
//!
//! What came of a question is recorded on the run before anything follows from it, so that it holds whatever becomes of the request.

use super::{Part, steps};
use crate::api::{
    ApprovalStatus, Decision, RemediationRequest, Step, StepApprovalStatus, WorkflowExecutionStatus, WorkflowStepApprovalRequest,
    WorkflowStepApprovalRequestSpec, names,
};
use crate::controllers::conditions::{self, WAITING_FOR_APPROVAL};
use crate::controllers::context::{Error, Next, time_left};
use crate::controllers::decision;
use crate::controllers::objects::{Made, child_of, is_alive, live, make, refer, seen_or_live};
use crate::rules::approval::Verdict;
use crate::rules::steps::{Answer, StepApproval};
use jiff::Timestamp;
use kube::ResourceExt;
use std::time::Duration;

/// The slowest look while a person is asked; the watch is usually earlier.
const NEXT_LOOK: Duration = Duration::from_secs(10);

/// What the open questions of a run have come to.
pub struct Found {
    /// Every question, with what came of it.
    pub approvals: Vec<StepApprovalStatus>,
    /// When to look again, if one is still open.
    pub next_look: Option<Duration>,
}

/// What is recorded of the questions, as the rules take it.
pub fn known(status: &WorkflowExecutionStatus) -> Vec<StepApproval> {
    let answer = |asked: &StepApprovalStatus| match asked.approval_status {
        ApprovalStatus::Pending => Answer::Open,
        ApprovalStatus::Approved => Answer::Granted,
        _ => Answer::Refused { because: asked.message.clone() },
    };
    status.step_approvals.iter().map(|asked| StepApproval { number: asked.step_number, answer: answer(asked) }).collect()
}

/// Looks at the questions that are open.
pub async fn look(part: &Part<'_>) -> Result<Found, Error> {
    let mut found = Found { approvals: part.status().step_approvals, next_look: None };
    for asked in found.approvals.iter_mut().filter(|asked| asked.approval_status == ApprovalStatus::Pending) {
        match answer(part, asked).await? {
            Ok(left) => found.next_look = Some(found.next_look.map_or(left, |earlier| earlier.min(left))),
            Err((status, message)) => {
                asked.approval_status = status;
                asked.message = message.chars().take(2048).collect();
            }
        }
    }
    Ok(found)
}

/// How long to wait, or what came of the question. A request that is gone was never approved.
async fn answer(part: &Part<'_>, asked: &StepApprovalStatus) -> Result<Result<Duration, (ApprovalStatus, String)>, Error> {
    let reference = &asked.approval_request_ref;
    let found = seen_or_live(part.ctx, &part.stores.step_approvals, &reference.namespace, &reference.name).await?;
    let Some(request) = found.filter(|found| found.uid() == reference.uid) else {
        return Ok(Err((ApprovalStatus::Rejected, "the request was deleted, so nobody approved".to_owned())));
    };
    let request = request.as_ref();
    let now = part.ctx.clock.now();
    let answer = match decision::verdict(request, now) {
        Verdict::Wait { until } => return Ok(Ok(time_left(now, until).min(NEXT_LOOK))),
        Verdict::Expire => {
            decision::decide_as_controller(request, Decision::Expired, part.ctx).await?;
            return Ok(Err((ApprovalStatus::Expired, "nobody decided before the deadline".to_owned())));
        }
        Verdict::Granted { by } => (ApprovalStatus::Approved, format!("approved by {by}")),
        Verdict::Refused { by } => (ApprovalStatus::Rejected, decision::refusal(request, &by)),
        Verdict::Void { expired: true, because } => (ApprovalStatus::Expired, because),
        Verdict::Void { because, .. } if request.decision() == Decision::Superseded => (ApprovalStatus::Superseded, because),
        Verdict::Void { because, .. } => (ApprovalStatus::Rejected, because),
    };
    decision::stamp(request, part.ctx).await?;
    Ok(Err(answer))
}

/// Makes the requests, then records them: from then on one that is gone is a refusal, and is not made again.
pub async fn ask(part: &Part<'_>, numbers: &[i32]) -> Result<Next, Error> {
    let reference = &part.run.spec.remediation_request_ref;
    let remediation: Option<RemediationRequest> = live(part.ctx, &reference.namespace, &reference.name).await?;
    let Some(remediation) = remediation.filter(|remediation| is_alive(Some(remediation), reference)) else {
        // Nobody is asked for a remediation that is gone; the next look finds it gone, too, and ends the run.
        return Ok(Next::After(Duration::from_secs(1)));
    };
    let mut approvals = part.status().step_approvals;
    let asked = part.run.spec.workflow_definition.steps.iter().filter(|step| numbers.contains(&step.step_number));
    for step in asked {
        let wanted = request(part, step, &remediation.spec.requested_by);
        match make(part.ctx, &wanted).await? {
            Made::Ours(made) => approvals.push(StepApprovalStatus {
                step_number: step.step_number,
                approval_request_ref: refer(made.as_ref()),
                approval_status: ApprovalStatus::Pending,
                message: String::new(),
            }),
            Made::OtherOwner => return Ok(Next::After(Duration::from_secs(1))),
            Made::Foreign => return steps::foreign(part, step.step_number, &wanted.name_any()).await,
        }
    }
    part.write(with(part, part.status(), approvals)).await
}

fn request(part: &Part<'_>, step: &Step, requested_by: &str) -> WorkflowStepApprovalRequest {
    let policy = step.approval_policy.clone().unwrap_or_default();
    let spec = WorkflowStepApprovalRequestSpec {
        workflow_execution_ref: refer(part.run),
        step_number: step.step_number,
        action: step.action.clone(),
        parameters: step.parameters.clone(),
        plan_hash: part.run.spec.plan_hash.clone(),
        approver_groups: policy.approver_groups,
        requested_by: requested_by.to_owned(),
        requested_at: part.ctx.clock.now(),
        timeout: policy.timeout.unwrap_or_else(|| part.ctx.settings.approval.timeout.to_string()),
    };
    let mut request = WorkflowStepApprovalRequest::new("", spec);
    let name = names::step_approval(&part.run.name_any(), step.step_number);
    request.metadata = child_of(part.run, name, &part.run.spec.remediation_request_ref.name);
    request
}

/// The run is lost: what nobody has decided is withdrawn. By name and live, since a request that was just made may not be recorded.
pub async fn withdraw(part: &Part<'_>) -> Result<(), Error> {
    let namespace = part.run.namespace().unwrap_or_default();
    for step in part.run.spec.workflow_definition.steps.iter().filter(|step| step.requires_approval) {
        let name = names::step_approval(&part.run.name_any(), step.step_number);
        let found: Option<WorkflowStepApprovalRequest> = live(part.ctx, &namespace, &name).await?;
        let open = |found: &WorkflowStepApprovalRequest| {
            found.decision() == Decision::Undecided && found.spec.workflow_execution_ref.uid == part.run.uid()
        };
        if let Some(open) = found.filter(open) {
            decision::decide_as_controller(&open, Decision::Superseded, part.ctx).await?;
        }
    }
    Ok(())
}

/// The status with these questions: since when people are waited for, and what they must do.
pub fn with(part: &Part<'_>, status: WorkflowExecutionStatus, approvals: Vec<StepApprovalStatus>) -> WorkflowExecutionStatus {
    let now = part.ctx.clock.now();
    let message = waiting_for(part, &approvals);
    let conditions = conditions::with(status.conditions.clone(), WAITING_FOR_APPROVAL, "StepApproval", message, now);
    let is_open = approvals.iter().any(|asked| asked.approval_status == ApprovalStatus::Pending);
    let status = WorkflowExecutionStatus { step_approvals: approvals, conditions, ..status };
    if is_open {
        let since = status.waiting_for_approval_since.or(Some(now));
        return WorkflowExecutionStatus { waiting_for_approval_since: since, ..status };
    }
    let waited = status.waited_for_approval_seconds.saturating_add(waited(status.waiting_for_approval_since, now));
    WorkflowExecutionStatus { waiting_for_approval_since: None, waited_for_approval_seconds: waited, ..status }
}

/// The status of a run that waits for nobody any more.
pub fn closed(part: &Part<'_>, status: WorkflowExecutionStatus) -> WorkflowExecutionStatus {
    let mut approvals = status.step_approvals.clone();
    for asked in approvals.iter_mut().filter(|asked| asked.approval_status == ApprovalStatus::Pending) {
        asked.approval_status = ApprovalStatus::Superseded;
        asked.message = "the run ended before anybody decided".to_owned();
    }
    with(part, status, approvals)
}

fn waited(since: Option<Timestamp>, now: Timestamp) -> i64 {
    since.map_or(0, |since| now.duration_since(since).as_secs().max(0))
}

fn waiting_for(part: &Part<'_>, approvals: &[StepApprovalStatus]) -> Option<String> {
    let open = approvals.iter().filter(|asked| asked.approval_status == ApprovalStatus::Pending);
    let each: Vec<String> = open.map(|asked| to_do(part, asked)).collect();
    (!each.is_empty()).then(|| each.join("; "))
}

fn to_do(part: &Part<'_>, asked: &StepApprovalStatus) -> String {
    let steps = &part.run.spec.workflow_definition.steps;
    let action = steps.iter().find(|step| step.step_number == asked.step_number).map(|step| step.action.as_str()).unwrap_or_default();
    let reference = &asked.approval_request_ref;
    format!(
        "waits for approval of step {} ({action}): kubectl -n {} patch workflowstepapprovalrequest {} --type=merge --subresource=status -p '{}'",
        asked.step_number, reference.namespace, reference.name, r#"{"status":{"decision":"Approved","decidedBy":"YOU"}}"#,
    )
}
