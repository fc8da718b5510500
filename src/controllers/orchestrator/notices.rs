//! Gathers the facts of a notice from what the controllers have seen.

use super::Part;
use crate::api::{Block, KubernetesExecution, NotificationRequest, RemediationRequest, RemediationTargetStatus, WorkflowExecution, names};
use crate::controllers::objects::child_of;
use crate::controllers::stores::seen;
use crate::rules::approval::deadline;
use crate::rules::course::{Ending, Told};
use crate::rules::ledger::exhaustion_id;
use crate::rules::wording::{self, Event, Facts};
use crate::settings::Length;
use kube::ResourceExt;
use std::sync::Arc;

/// The notice that asks for a decision, once the request is there.
pub fn approval(part: &Part<'_>) -> Option<NotificationRequest> {
    let facts = Facts { approval: Some(waiting(part)?), ..facts(part) };
    Some(request(part, Event::Approval, &facts))
}

/// The notice of an end.
pub fn ending(part: &Part<'_>, told: Told, ending: &Ending, ledger: &RemediationTargetStatus) -> NotificationRequest {
    let event = Event::of(told, ending.skip_reason);
    let facts = Facts {
        message: ending.message.clone(),
        outcome: ending.outcome,
        approval: waiting(part),
        ledger: told_of(part, ledger),
        budget: ending.budget.map(|budget| wording::Budget { name: budget.name.to_owned(), length: budget.length }),
        ..facts(part)
    };
    request(part, event, &facts)
}

/// Last part of the name of the notice that tells of duplicates.
pub const DUPLICATES: &str = Event::Duplicates.suffix();

/// The notice that tells of all duplicates at once.
pub fn duplicates(part: &Part<'_>, repeating: &[Arc<RemediationRequest>]) -> NotificationRequest {
    let status = part.status();
    let how = |request: &Arc<RemediationRequest>| wording::Duplicate {
        name: request.name_any(),
        namespace: request.namespace().unwrap_or_default(),
        signal: request.spec.signal_name.clone(),
        phase: format!("{:?}", request.phase()),
    };
    let facts = Facts {
        outcome: status.outcome,
        duplicate_count: status.duplicate_count,
        duplicates: repeating.iter().map(how).collect(),
        ..facts(part)
    };
    request(part, Event::Duplicates, &facts)
}

fn request(part: &Part<'_>, event: Event, facts: &Facts) -> NotificationRequest {
    let notice = wording::notice(event, facts);
    let name = part.request.name_any();
    let mut request = NotificationRequest::new("", notice.spec);
    request.metadata = child_of(part.request, names::notification(&name, notice.name_suffix), &name);
    request.metadata.labels.get_or_insert_default().extend(notice.labels);
    request
}

fn facts(part: &Part<'_>) -> Facts {
    let (namespace, name) = (part.namespace(), part.request.name_any());
    let analysis =
        seen(&part.stores.analyses, &namespace, &names::analysis(&name)).and_then(|analysis| analysis.status.clone()).unwrap_or_default();
    let run = part.run();
    Facts {
        root_cause: analysis.root_cause,
        confidence: analysis.confidence_score,
        steps: analysis.plan.map(|plan| plan.steps).unwrap_or_default(),
        run: run.as_ref().map(|run| run.name_any()),
        ran: run.as_ref().map(|run| ran(part, run)).unwrap_or_default(),
        execution_failure: run.as_ref().is_some_and(|run| failed_during(run)),
        ..Facts::about(&namespace, &name, &part.request.spec)
    }
}

fn failed_during(run: &WorkflowExecution) -> bool {
    run.status.as_ref().and_then(|status| status.failure_details.as_ref()).is_some_and(|details| details.was_execution_failure)
}

/// What the ledger says; the block that stands in this remediation's way comes first.
fn told_of(part: &Part<'_>, ledger: &RemediationTargetStatus) -> wording::Ledger {
    let run = part.run();
    let concerns = |block: &Block| {
        run.as_ref().is_some_and(|run| run.uid().as_ref() == Some(&block.run.uid) || run.spec.workflow_ref.workflow_id == block.workflow_id)
    };
    let mut blocks = ledger.blocks.clone();
    blocks.sort_by_key(|block| !concerns(block));
    wording::Ledger {
        failures: ledger.consecutive_failures,
        limit: part.ctx.settings.gate.max_consecutive_failures,
        next_allowed: ledger.next_allowed_execution,
        blocks,
        exhaustion: exhaustion_id(ledger),
    }
}

fn ran(part: &Part<'_>, run: &WorkflowExecution) -> Vec<wording::Ran> {
    let recorded = run.status.iter().flat_map(|status| &status.step_statuses);
    let step = |recorded: &crate::api::StepStatus| {
        let reference = &recorded.kubernetes_execution_ref;
        let found = seen::<KubernetesExecution>(&part.stores.steps, &reference.namespace, &reference.name)?;
        Some(wording::Ran {
            number: recorded.step_number,
            action: found.spec.action.clone(),
            undo: recorded.undo,
            phase: format!("{:?}", found.phase()),
            message: found.status.as_ref().map(|status| status.message.clone()).unwrap_or_default(),
        })
    };
    recorded.filter_map(step).collect()
}

fn waiting(part: &Part<'_>) -> Option<wording::Approval> {
    let name = names::approval(&names::analysis(&part.request.name_any()));
    let asked = seen(&part.stores.analyses, &part.namespace(), &names::analysis(&part.request.name_any()))?;
    let asked = asked.status.as_ref()?.approval_request_ref.as_ref()?.uid.clone();
    let approval = seen(&part.stores.approvals, &part.namespace(), &name).filter(|approval| approval.uid() == asked)?;
    let timeout: Length = approval.spec.timeout.parse().ok()?;
    Some(wording::Approval { expires: deadline(approval.creation_timestamp()?.0, timeout.0), name })
}
