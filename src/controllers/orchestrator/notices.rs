//! Gathers the facts of a notice from what the controllers have seen.

use super::Part;
use crate::api::{KubernetesExecution, NotificationRequest, Ref, WorkflowExecution, WorkflowPhase, names};
use crate::controllers::objects::child_of;
use crate::controllers::stores::seen;
use crate::rules::approval::deadline;
use crate::rules::course::{Ending, Told};
use crate::rules::wording::{self, Event, Facts};
use crate::settings::Length;
use kube::ResourceExt;

/// The notice that asks for a decision, once the request is there.
pub fn approval(part: &Part<'_>) -> Option<NotificationRequest> {
    let facts = Facts { approval: Some(waiting(part)?), ..facts(part) };
    Some(request(part, Event::Approval, &facts))
}

/// The notice of an end.
pub fn ending(part: &Part<'_>, told: Told, ending: &Ending) -> NotificationRequest {
    let event = match (told, ending.skip_reason) {
        (Told::ManualReview, Some(reason)) => Event::ManualReview(reason),
        (Told::Failed | Told::ManualReview, _) => Event::Failed,
        (Told::Timeout, _) => Event::Timeout,
        (Told::Completed, _) => Event::Completed,
        (Told::ApprovalExpired, _) => Event::ApprovalExpired,
    };
    let facts = Facts { message: ending.message.clone(), outcome: ending.outcome, approval: waiting(part), ..facts(part) };
    request(part, event, &facts)
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
    let spec = &part.request.spec;
    let (namespace, name) = (part.namespace(), part.request.name_any());
    let analysis =
        seen(&part.stores.analyses, &namespace, &names::analysis(&name)).and_then(|analysis| analysis.status.clone()).unwrap_or_default();
    let run = part.run();
    Facts {
        request: name,
        namespace,
        target: spec.target_resource.clone(),
        signal: spec.signal_name.clone(),
        severity: spec.severity,
        priority: spec.priority,
        environment: spec.environment.clone(),
        message: String::new(),
        outcome: None,
        root_cause: analysis.root_cause,
        confidence: analysis.confidence_score,
        steps: analysis.plan.map(|plan| plan.steps).unwrap_or_default(),
        run: run.as_ref().map(|run| run.name_any()),
        ran: run.as_ref().map(|run| ran(part, run)).unwrap_or_default(),
        execution_failure: run.as_ref().is_some_and(|run| failed_during(run)),
        ledger: run.as_ref().map(|run| ledger(part, run)).unwrap_or_default(),
        approval: None,
        budget: None,
    }
}

fn failed_during(run: &WorkflowExecution) -> bool {
    run.status.as_ref().and_then(|status| status.failure_details.as_ref()).is_some_and(|details| details.was_execution_failure)
}

fn ledger(part: &Part<'_>, run: &WorkflowExecution) -> wording::Ledger {
    let status = run.status.clone().unwrap_or_default();
    wording::Ledger {
        failures: status.consecutive_failures.unwrap_or_default(),
        limit: part.ctx.settings.gate.max_consecutive_failures,
        next_allowed: status.next_allowed_execution,
        blocks: Vec::new(),
        exhaustion: None,
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

/// The remediation behind the run that stands in the way.
pub fn duplicate_of(part: &Part<'_>, run: &WorkflowExecution) -> Option<Ref> {
    let skip = run.status.as_ref().filter(|_| run.phase() == WorkflowPhase::Skipped)?.skip_details.as_ref()?;
    let busy = skip.conflicting_workflow.as_ref().map(|other| (&other.namespace, &other.remediation_request));
    let (namespace, name) = busy.or(skip.recent_remediation.as_ref().map(|other| (&other.namespace, &other.remediation_request)))?;
    if name.is_empty() || *name == part.request.name_any() {
        return None;
    }
    let uid = seen(&part.stores.requests, namespace, name).and_then(|request| request.uid());
    Some(Ref { name: name.clone(), namespace: namespace.clone(), uid })
}
