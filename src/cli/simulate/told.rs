//! What people would be told until a run starts, by the course that the orchestrator takes.

use super::play::Request;
use super::scene::Scene;
use super::shape::{Decision, Notification};
use super::thought::Thought;
use crate::api::{ProcessingPhase, RemediationPhase, RemediationTargetStatus, WorkflowPhase};
use crate::rules::course::{self, Child, Course, Seen, Skip, Workflow};
use crate::rules::gate::Answer;
use crate::rules::ledger::exhaustion_id;
use crate::rules::routes::Tree;
use crate::rules::wording::{self, Event, Facts};
use jiff::SignedDuration;

/// What comes of a course.
#[derive(Default)]
pub struct Told {
    /// What people are told, in order.
    pub notifications: Vec<Notification>,
    /// Name of the remediation that this one repeats.
    pub repeats: Option<String>,
}

/// What people are told, from the end of the analysis to the gate's answer.
pub fn until_start(
    request: &Request<'_>,
    thought: &Thought,
    refusing: Option<&Answer>,
    ledger: &RemediationTargetStatus,
    scene: &Scene<'_>,
    routing: &Tree,
) -> Told {
    let mut facts = Facts {
        root_cause: thought.status.root_cause.clone(),
        confidence: thought.status.confidence_score,
        steps: thought.plan().map(|plan| plan.steps.clone()).unwrap_or_default(),
        ledger: wording::Ledger {
            failures: ledger.consecutive_failures,
            limit: scene.settings.gate.max_consecutive_failures,
            next_allowed: ledger.next_allowed_execution,
            blocks: ledger.blocks.clone(),
            exhaustion: exhaustion_id(ledger),
        },
        ..Facts::about(request.namespace, request.name, request.spec)
    };
    let analyzed = analyzed(thought, scene);
    let skipped = refusing.filter(|_| thought.decision() != Decision::Refuse).map(|answer| skipped(&analyzed, answer, request));
    let mut told = Told::default();
    for seen in [Some(analyzed.clone()), skipped].into_iter().flatten() {
        let event = match course::decide(&seen) {
            Course::AskPerson => Some(Event::Approval),
            Course::Finish(ending) => {
                facts.message.clone_from(&ending.message);
                ending.notice.map(|notice| Event::of(notice, ending.skip_reason))
            }
            Course::BecomeDuplicate => {
                told.repeats = refusing.and_then(|answer| Some(answer.because.as_ref()?.run.remediation_request.clone()));
                None
            }
            _ => None,
        };
        told.notifications.extend(event.map(|event| notification(event, &facts, routing)));
    }
    told
}

fn notification(event: Event, facts: &Facts, routing: &Tree) -> Notification {
    let notice = wording::notice(event, facts);
    Notification {
        event: notice.name_suffix,
        priority: notice.spec.priority,
        subject: notice.spec.subject,
        receivers: routing.receivers(&notice.labels),
    }
}

/// A remediation whose analysis has just ended.
fn analyzed(thought: &Thought, scene: &Scene<'_>) -> Seen<'static> {
    let status = &thought.status;
    let analysis = status.phase.map(|phase| course::Analysis { phase, approval: status.approval_status, message: status.message.clone() });
    Seen {
        now: scene.now,
        phase: RemediationPhase::Analyzing,
        created: scene.now,
        phase_since: scene.now,
        waited_for_people: SignedDuration::ZERO,
        processing: Child::There(ProcessingPhase::Completed),
        analysis: analysis.map_or(Child::NotMade, Child::There),
        workflow: Child::NotMade,
        resolved: false,
        budgets: scene.settings.budgets,
        notify_on_success: false,
        is_duplicate: false,
        duplicates: &[],
        duplicates_told: false,
        retention: scene.settings.retention.ended.0,
        marked_blocked: false,
        blocked: false,
    }
}

/// The same remediation once its run was made and the gate has refused it.
fn skipped(analyzed: &Seen<'static>, answer: &Answer, request: &Request<'_>) -> Seen<'static> {
    let another = answer.because.as_ref().map(|because| because.run.remediation_request.as_str());
    let names_another = another.is_some_and(|name| !name.is_empty() && name != request.name);
    let run = Workflow {
        phase: WorkflowPhase::Skipped,
        outcome: None,
        skipped: Some(Skip { reason: answer.gate, at: analyzed.now, names_another, holder_released: false }),
        message: answer.message.clone(),
        started: None,
        waited: SignedDuration::ZERO,
        waiting_since: None,
        stop: None,
        attempt: 0,
        observed_attempt: 0,
    };
    Seen { phase: RemediationPhase::Executing, workflow: Child::There(run), ..analyzed.clone() }
}
