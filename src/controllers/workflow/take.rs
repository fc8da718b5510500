//! Takes the target, the only way to start: live reads, one compare-and-swap, then every check once more.

use super::{Part, ending, gate, steps};
use crate::actions::cluster::{Cluster, as_value};
use crate::actions::{self, field};
use crate::api::{AIAnalysis, AIApprovalRequest, AnalysisPhase, ApprovalStatus, RemediationRequest, RunOutcome, Write, labels, names};
use crate::controllers::context::{Error, Next};
use crate::controllers::decision::verdict;
use crate::controllers::ledger;
use crate::controllers::objects::{is_alive, live};
use crate::controllers::step::{permitted, write_group};
use crate::rules::approval::Verdict;
use crate::rules::gate::Gate;
use crate::rules::{ledger as rules, plan};
use kube::ResourceExt;
use std::time::Duration;

/// The seed's pause between looks for the annotation that approves a whole workflow.
const NEXT_LOOK: Duration = Duration::from_secs(30);

/// Why a run cannot start, though the gate is open.
struct NotNow {
    outcome: RunOutcome,
    reason: &'static str,
    message: String,
}

/// Takes the target and moves on to `Executing`, or ends the run before anything was begun.
pub async fn take(part: &Part<'_>) -> Result<Next, Error> {
    let annotation = part.run.annotations().get(labels::APPROVED_BY);
    if part.run.spec.execution_strategy.approval_required && annotation.is_none_or(String::is_empty) {
        return Ok(Next::After(NEXT_LOOK));
    }
    if let Some(mismatch) = approved(part).await? {
        return ending::before_start(part, mismatch.outcome, mismatch.reason, mismatch.message).await;
    }
    let read = ledger::open(part.target, part.ctx).await?;
    let before = read.status.clone().unwrap_or_default();
    let uid = part.run.uid().unwrap_or_default();
    if let Some(recorded) = rules::recorded(&before, &uid) {
        let message = "its end stands in the ledger already";
        return ending::copy(part, recorded.outcome, "Recorded", message.to_owned(), &before).await;
    }
    if !rules::holds(&before, &uid) {
        let permit = match gate::answer(part, &before) {
            Gate::Start(permit) => permit,
            Gate::Skip(refusal) => return gate::skip(part, refusal, &before).await,
            Gate::NotRebuilt => return Ok(Next::After(Duration::from_secs(1))),
        };
        let after = permit.take(&before, part.ctx.clock.now());
        if ledger::write(read, after, part.ctx).await?.is_none() {
            return Ok(Next::After(Duration::from_millis(20)));
        }
    }
    match checked(part).await? {
        Some(not_now) => ending::before_start(part, not_now.outcome, not_now.reason, not_now.message).await,
        None => steps::begin(part).await,
    }
}

/// Reads request, analysis and approval live: what was approved is exactly what runs.
async fn approved(part: &Part<'_>) -> Result<Option<NotNow>, Error> {
    let reference = &part.run.spec.remediation_request_ref;
    let request: Option<RemediationRequest> = live(part.ctx, &reference.namespace, &reference.name).await?;
    let Some(request) = request.filter(|request| is_alive(Some(request), reference) && !request.phase().is_over()) else {
        return Ok(Some(cancelled("its remediation has ended")));
    };
    let analysed = request.status.and_then(|status| status.ai_analysis_ref?.uid);
    let analysis: Option<AIAnalysis> = live(part.ctx, &reference.namespace, &names::analysis(&reference.name)).await?;
    let Some(analysis) = analysis.filter(|analysis| analysed.is_some() && analysis.uid() == analysed) else {
        return Ok(Some(mismatch("its analysis is gone")));
    };
    let status = analysis.status.clone().unwrap_or_default();
    let hash = plan::hash(&part.run.spec.plan());
    if hash != part.run.spec.plan_hash || hash != status.plan_hash || status.phase != Some(AnalysisPhase::Completed) {
        return Ok(Some(mismatch("the plan of this run is not the one that was approved")));
    }
    match status.approval_status {
        Some(ApprovalStatus::AutoApproved) => Ok(None),
        _ => by_a_person(part, &analysis, &hash).await,
    }
}

async fn by_a_person(part: &Part<'_>, analysis: &AIAnalysis, hash: &str) -> Result<Option<NotNow>, Error> {
    let namespace = analysis.namespace().unwrap_or_default();
    let approval: Option<AIApprovalRequest> = live(part.ctx, &namespace, &names::approval(&analysis.name_any())).await?;
    let asked = analysis.status.as_ref().and_then(|status| status.approval_request_ref.as_ref()?.uid.clone());
    let Some(approval) = approval.filter(|approval| asked.is_some() && approval.uid() == asked) else {
        return Ok(Some(mismatch("the approval that was asked for is gone")));
    };
    if approval.spec.plan_hash != hash || plan::hash(&approval.spec.plan) != hash {
        return Ok(Some(mismatch("another plan was approved than the one of this run")));
    }
    match verdict(&approval, part.ctx.clock.now()) {
        Verdict::Granted { .. } => Ok(None),
        _ => Ok(Some(mismatch("its approval does not count"))),
    }
}

fn mismatch(message: &str) -> NotNow {
    NotNow { outcome: RunOutcome::PlanMismatch, reason: "PlanMismatch", message: message.to_owned() }
}

fn cancelled(message: &str) -> NotNow {
    NotNow { outcome: RunOutcome::Cancelled, reason: "Stopped", message: message.to_owned() }
}

/// With the target held: existence, values to be replaced, permissions, and the whole plan as a dry run.
async fn checked(part: &Part<'_>) -> Result<Option<NotNow>, Error> {
    let cluster = Cluster::new(part.ctx.client.clone());
    match cluster.target(part.target).await {
        Ok(live) if live.uid().as_deref() == Some(&part.run.spec.target_uid) => {}
        Ok(_) | Err(actions::Error::Refused(_)) => {
            return Ok(Some(changed(format!("{} is not the object that was planned for", part.target))));
        }
        Err(not_now) => return Err(not_now.into()),
    }
    let writes: Vec<&Write> = part.run.spec.workflow_definition.steps.iter().flat_map(|step| &step.writes).collect();
    if let Err(refused) = actions::in_bounds(part.target, &writes.iter().map(|write| (*write).clone()).collect::<Vec<_>>()) {
        return Ok(Some(before_start("OutOfBounds", refused.to_string())));
    }
    for group in groups(&writes) {
        if let Some(not_now) = check_group(part, &cluster, &group).await? {
            return Ok(Some(not_now));
        }
    }
    Ok(None)
}

async fn check_group(part: &Part<'_>, cluster: &Cluster, group: &[&Write]) -> Result<Option<NotNow>, Error> {
    let Some(first) = group.first() else { return Ok(None) };
    let name = format!("{} {}", first.object.kind, first.object.name);
    let live = match cluster.find(&first.object).await {
        Ok(Some(live)) => live,
        Ok(None) => return Ok(Some(changed(format!("{name} is gone")))),
        Err(actions::Error::Refused(why)) => return Ok(Some(before_start("Refused", why))),
        Err(not_now) => return Err(not_now.into()),
    };
    let value = as_value(&live);
    if let Some(write) = group.iter().find(|write| field::read(&value, &write.field) != write.before) {
        return Ok(Some(changed(format!("{} of {name} is no longer what was approved to be replaced", write.field))));
    }
    if let Some(missing) = permitted(part.ctx, group).await? {
        return Ok(Some(before_start("Forbidden", missing)));
    }
    if part.run.spec.execution_strategy.dry_run_first {
        return match write_group(cluster, group, &live, true).await {
            Err(error) => match error.refusal() {
                Some(status) => Ok(Some(before_start("DryRunFailed", format!("dry run on {name}: {}", status.message)))),
                None => Err(error),
            },
            Ok(_) => Ok(None),
        };
    }
    Ok(None)
}

fn changed(message: String) -> NotNow {
    NotNow { outcome: RunOutcome::TargetChanged, reason: "TargetChanged", message }
}

fn before_start(reason: &'static str, message: String) -> NotNow {
    NotNow { outcome: RunOutcome::FailedBeforeStart, reason, message }
}

/// Writes to one object belong together; of several to one field only the first is compared with the live value.
fn groups<'a>(writes: &[&'a Write]) -> Vec<Vec<&'a Write>> {
    let mut groups: Vec<Vec<&Write>> = Vec::new();
    for write in writes {
        match groups.iter_mut().find(|group| group.iter().any(|other| other.object == write.object)) {
            Some(group) if group.iter().any(|other| other.field == write.field) => {}
            Some(group) => group.push(write),
            None => groups.push(vec![write]),
        }
    }
    groups
}
