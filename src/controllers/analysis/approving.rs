//! Asks a person, waits for the decision until the deadline, and draws the conclusion.

use super::write;
use crate::api::ai_approval_request::ProposedAction;
use crate::api::{
    AIAnalysis, AIAnalysisStatus, AIApprovalRequest, AIApprovalRequestSpec, AnalysisPhase, ApprovalStatus, Decision, Investigation,
    RemediationRequest, names,
};
use crate::controllers::context::{Ctx, Error, Next, time_left};
use crate::controllers::decision;
use crate::controllers::objects::{Made, child_of, is_alive, live, make, refer};
use crate::controllers::stores::{Stores, seen};
use crate::rules::approval::Verdict;
use kube::ResourceExt;
use std::sync::Arc;
use std::time::Duration;

/// The seed's first look after asking; the watch is usually earlier.
const FIRST_LOOK: Duration = Duration::from_secs(5);
/// The seed's slowest look while waiting.
const NEXT_LOOK: Duration = Duration::from_secs(10);

/// When a view that lags is looked at again; the watch is usually earlier.
const LAGGING: Duration = Duration::from_secs(1);

/// Moves an analysis forward that waits for a person.
pub async fn reconcile(analysis: &AIAnalysis, ctx: &Ctx, stores: &Stores) -> Result<Next, Error> {
    let status = analysis.status.clone().unwrap_or_default();
    if status.approval_request_ref.is_none() {
        return ask(analysis, status, ctx).await;
    }
    let namespace = analysis.namespace().unwrap_or_default();
    let name = names::approval(&analysis.name_any());
    let asked = status.approval_request_ref.as_ref().and_then(|reference| reference.uid.clone());
    let ours = |approval: &AIApprovalRequest| approval.uid() == asked;
    // The store may still show an earlier request of the name: only the API server says that ours is gone.
    let approval = match seen(&stores.approvals, &namespace, &name).filter(|found| ours(found)) {
        Some(found) => Some(found),
        None => live(ctx, &namespace, &name).await?.filter(ours).map(Arc::new),
    };
    match approval {
        Some(approval) => judge(analysis, status, &approval, ctx, stores).await,
        None => write(analysis, failed(status, "the approval request was deleted, so nobody approved"), ctx).await,
    }
}

/// Reads the remediation live: nobody is asked about one that is over. And the analysis: one that has asked already, and whose request was
/// deleted since, asks no second time.
async fn ask(analysis: &AIAnalysis, status: AIAnalysisStatus, ctx: &Ctx) -> Result<Next, Error> {
    let now: Option<AIAnalysis> = live(ctx, &analysis.namespace().unwrap_or_default(), &analysis.name_any()).await?;
    if now.is_none_or(|now| now.resource_version() != analysis.resource_version()) {
        return Ok(Next::After(LAGGING));
    }
    let reference = &analysis.spec.remediation_request_ref;
    let request: Option<RemediationRequest> = live(ctx, &reference.namespace, &reference.name).await?;
    let Some(request) = request.filter(|request| is_alive(Some(request), reference) && !request.phase().is_over()) else {
        return write(analysis, superseded(status), ctx).await;
    };
    let Some(approval) = approval_of(analysis, &status, &request, ctx) else {
        return write(analysis, failed(status, "there is no plan to approve"), ctx).await;
    };
    match make(ctx, &approval).await? {
        Made::Ours(made) => {
            let asked = AIAnalysisStatus { approval_request_ref: Some(refer(made.as_ref())), ..status };
            write(analysis, asked, ctx).await.map(|_| Next::After(FIRST_LOOK))
        }
        Made::OtherOwner => Ok(Next::After(FIRST_LOOK)),
        Made::Foreign => write(analysis, failed(status, "ForeignChild: somebody else's approval request has the name of ours"), ctx).await,
    }
}

fn approval_of(analysis: &AIAnalysis, status: &AIAnalysisStatus, request: &RemediationRequest, ctx: &Ctx) -> Option<AIApprovalRequest> {
    let recommendations =
        status.recommendations.iter().map(|one| ProposedAction { id: one.id.clone(), action: one.action.clone() }).collect();
    let spec = AIApprovalRequestSpec {
        ai_analysis_ref: refer(analysis),
        investigation: Investigation {
            root_cause: status.root_cause.clone(),
            confidence_score: status.confidence_score?,
            confidence_level: status.confidence_level,
            recommendations,
        },
        evidence: status.evidence.clone(),
        plan: status.plan.clone()?,
        plan_hash: status.plan_hash.clone(),
        requested_by: request.spec.requested_by.clone(),
        requested_at: ctx.clock.now(),
        timeout: ctx.settings.approval.timeout.to_string(),
    };
    let mut approval = AIApprovalRequest::new("", spec);
    approval.metadata = child_of(analysis, names::approval(&analysis.name_any()), &request.name_any());
    Some(approval)
}

async fn judge(
    analysis: &AIAnalysis,
    status: AIAnalysisStatus,
    approval: &AIApprovalRequest,
    ctx: &Ctx,
    stores: &Stores,
) -> Result<Next, Error> {
    if approval.decision() == Decision::Undecided && request_is_over(analysis, ctx, stores).await? {
        decision::decide_as_controller(approval, Decision::Superseded, ctx).await?;
        return Ok(Next::Change);
    }
    let now = ctx.clock.now();
    let ended = match decision::verdict(approval, now) {
        Verdict::Wait { until } => return Ok(Next::After(time_left(now, until).min(NEXT_LOOK))),
        Verdict::Expire => {
            decision::decide_as_controller(approval, Decision::Expired, ctx).await?;
            return Ok(Next::Change);
        }
        Verdict::Granted { by } => conclusion(status, AnalysisPhase::Completed, ApprovalStatus::Approved, format!("approved by {by}")),
        Verdict::Refused { by } => conclusion(status, AnalysisPhase::Rejected, ApprovalStatus::Rejected, decision::refusal(approval, &by)),
        Verdict::Void { expired: true, because } => conclusion(status, AnalysisPhase::Failed, ApprovalStatus::Expired, because),
        Verdict::Void { because, .. } if approval.decision() == Decision::Superseded => {
            conclusion(status, AnalysisPhase::Failed, ApprovalStatus::Superseded, because)
        }
        Verdict::Void { because, .. } => conclusion(status, AnalysisPhase::Failed, ApprovalStatus::Pending, because),
    };
    write(analysis, ended, ctx).await
}

/// Whether the remediation is over or gone.
pub async fn request_is_over(analysis: &AIAnalysis, ctx: &Ctx, stores: &Stores) -> Result<bool, Error> {
    let reference = &analysis.spec.remediation_request_ref;
    match seen(&stores.requests, &reference.namespace, &reference.name) {
        Some(request) if is_alive(Some(request.as_ref()), reference) => Ok(request.phase().is_over()),
        _ => {
            let request: Option<RemediationRequest> = live(ctx, &reference.namespace, &reference.name).await?;
            Ok(request.is_none_or(|request| !is_alive(Some(&request), reference) || request.phase().is_over()))
        }
    }
}

fn conclusion(status: AIAnalysisStatus, phase: AnalysisPhase, approval: ApprovalStatus, message: String) -> AIAnalysisStatus {
    AIAnalysisStatus { phase: Some(phase), approval_status: Some(approval), message, ..status }
}

fn failed(status: AIAnalysisStatus, message: &str) -> AIAnalysisStatus {
    AIAnalysisStatus { phase: Some(AnalysisPhase::Failed), message: message.to_owned(), ..status }
}

/// An analysis whose remediation has ended.
pub fn superseded(status: AIAnalysisStatus) -> AIAnalysisStatus {
    conclusion(status, AnalysisPhase::Failed, ApprovalStatus::Superseded, "the remediation has ended".to_owned())
}

/// Fills in when a person decided, once.
pub async fn stamp(analysis: &AIAnalysis, ctx: &Ctx, stores: &Stores) -> Result<Next, Error> {
    let namespace = analysis.namespace().unwrap_or_default();
    if let Some(approval) = seen(&stores.approvals, &namespace, &names::approval(&analysis.name_any())) {
        decision::stamp(approval.as_ref(), ctx).await?;
    }
    Ok(Next::Change)
}
