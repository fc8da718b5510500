//! Decides the course of a RemediationRequest: which child is next, when to give up, whom to tell.

pub mod budgets;
pub mod duplicates;
mod endings;

use crate::api::{
    AnalysisPhase, ApprovalStatus, ProcessingPhase, RemediationOutcome, RemediationPhase, RunOutcome, SkipReason, StopReason, WorkflowPhase,
};
use crate::settings::Budgets;
use budgets::{Budget, spent, within_budget};
use duplicates::Duplicate;
use endings::{completed, ending, failed, gone, no_action, rejected, run_failed};
use jiff::{SignedDuration, Timestamp};

/// What is known about a remediation.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Now, by the controllers' clock.
    pub now: Timestamp,
    /// Where the remediation stands.
    pub phase: RemediationPhase,
    /// When it was created.
    pub created: Timestamp,
    /// When the present phase began.
    pub phase_since: Timestamp,
    /// How long it has waited for people.
    pub waited_for_people: SignedDuration,
    /// The RemediationProcessing.
    pub processing: Child<ProcessingPhase>,
    /// The AIAnalysis.
    pub analysis: Child<Analysis>,
    /// The WorkflowExecution.
    pub workflow: Child<Workflow>,
    /// Whether the alert was reported resolved.
    pub resolved: bool,
    /// The limits.
    pub budgets: Budgets,
    /// Whether a successful end is announced.
    pub notify_on_success: bool,
    /// Whether it is recorded which remediation this one repeats.
    pub is_duplicate: bool,
    /// The remediations that repeat this one.
    pub duplicates: &'a [Duplicate],
    /// Whether people were told of them.
    pub duplicates_told: bool,
    /// How long an ended remediation is kept.
    pub retention: SignedDuration,
    /// Whether it is recorded that the ledger holds a block of its run.
    pub marked_blocked: bool,
    /// Whether the ledger does.
    pub blocked: bool,
}

/// A child: not made yet, gone though it was made, or there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Child<T> {
    /// Not made yet.
    NotMade,
    /// It was made, and is gone.
    Gone,
    /// It is there.
    There(T),
}

/// What matters of an analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Where it stands.
    pub phase: AnalysisPhase,
    /// Whether its plan was approved.
    pub approval: Option<ApprovalStatus>,
    /// What happened.
    pub message: String,
}

/// What matters of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Where it stands.
    pub phase: WorkflowPhase,
    /// How it ended.
    pub outcome: Option<RunOutcome>,
    /// Why the gate refused it.
    pub skipped: Option<Skip>,
    /// What happened.
    pub message: String,
    /// When it took its target.
    pub started: Option<Timestamp>,
    /// How long it has waited for people, before the present wait.
    pub waited: SignedDuration,
    /// Since when it waits for a person.
    pub waiting_since: Option<Timestamp>,
    /// The stop that was asked for.
    pub stop: Option<StopReason>,
    /// How often it may have asked the gate again.
    pub attempt: i32,
    /// How often it has.
    pub observed_attempt: i32,
}

/// A refusal by the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip {
    /// Which gate.
    pub reason: SkipReason,
    /// When.
    pub at: Timestamp,
    /// Whether another remediation's run stood in the way.
    pub names_another: bool,
    /// Whether that run held the target, and the ledger has recorded its end since.
    pub holder_released: bool,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Course {
    /// Nothing until something changes.
    Nothing,
    /// Look again then.
    Wait {
        /// When.
        until: Timestamp,
    },
    /// Make this child, then move on.
    Begin(Next),
    /// Tell people that one of them must decide.
    AskPerson,
    /// Record which remediation this one repeats.
    BecomeDuplicate,
    /// Record the remediations that repeat this one.
    CountDuplicates,
    /// Tell people of them, in bulk.
    TellDuplicates,
    /// Let the run ask the gate again.
    RaiseAttempt,
    /// Ask the run to end.
    Stop(StopReason),
    /// The remediation is over.
    Finish(Ending),
    /// The block of its run was lifted: record that, and let retention begin.
    Unblock,
    /// It has been over for long enough: delete it.
    Forget,
}

/// A child to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// RemediationProcessing.
    Processing,
    /// AIAnalysis.
    Analysis,
    /// WorkflowExecution.
    Workflow,
}

/// How a remediation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// `Completed`, `Failed` or `TimedOut`.
    pub phase: RemediationPhase,
    /// How, more exactly.
    pub outcome: Option<RemediationOutcome>,
    /// Whether a person must look.
    pub review: bool,
    /// Why the run was refused for good.
    pub skip_reason: Option<SkipReason>,
    /// What happened, in a sentence.
    pub message: String,
    /// What people are told.
    pub notice: Option<Told>,
    /// The budget that was used up.
    pub budget: Option<Budget>,
}

/// What people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Told {
    Failed,
    Timeout,
    Completed,
    ApprovalExpired,
    ManualReview,
}

const BUSY_RETRY: SignedDuration = SignedDuration::from_secs(30);
const COOLDOWN_RETRY: SignedDuration = SignedDuration::from_mins(1);

/// Decides what a remediation does next.
pub fn decide(seen: &Seen) -> Course {
    if let Some(course) = duplicates::decide(seen) {
        return course;
    }
    if seen.phase.is_over() {
        return forget(seen);
    }
    if let Some(course) = resolved(seen) {
        return course;
    }
    let course = match seen.phase {
        RemediationPhase::Pending => Course::Begin(Next::Processing),
        RemediationPhase::Processing => after_processing(&seen.processing),
        RemediationPhase::Analyzing | RemediationPhase::AwaitingApproval => after_analysis(seen),
        RemediationPhase::Executing => after_workflow(seen),
        RemediationPhase::Completed | RemediationPhase::Failed | RemediationPhase::TimedOut => Course::Nothing,
    };
    match course {
        // A first look is always taken: a request that waited for its controllers is not late by its own fault.
        Course::Begin(Next::Processing) => course,
        Course::Nothing | Course::Wait { .. } | Course::Begin(_) | Course::AskPerson => within_budget(seen, course),
        other => other,
    }
}

fn forget(seen: &Seen) -> Course {
    let until = later(seen.phase_since, seen.retention);
    match seen.now >= until {
        _ if seen.blocked => Course::Nothing,
        _ if seen.marked_blocked => Course::Unblock,
        true => Course::Forget,
        false => Course::Wait { until },
    }
}

/// The alert went away by itself: nothing is started any more, and a run that has not begun is stopped.
fn resolved(seen: &Seen) -> Option<Course> {
    use WorkflowPhase::{Pending, Planning, Skipped, Validating};
    if !seen.resolved {
        return None;
    }
    match &seen.workflow {
        Child::NotMade => Some(Course::Finish(no_action())),
        Child::There(run) if run.stop.is_none() && matches!(run.phase, Pending | Planning | Validating | Skipped) => {
            Some(Course::Stop(StopReason::Resolved))
        }
        _ => None,
    }
}

fn after_processing(processing: &Child<ProcessingPhase>) -> Course {
    match processing {
        Child::NotMade => Course::Begin(Next::Processing),
        Child::Gone => gone("RemediationProcessing"),
        Child::There(ProcessingPhase::Completed) => Course::Begin(Next::Analysis),
        Child::There(ProcessingPhase::Failed) => failed("the context of the target could not be gathered", Told::Failed),
        Child::There(ProcessingPhase::Pending) => Course::Nothing,
    }
}

fn after_analysis(seen: &Seen) -> Course {
    let analysis = match &seen.analysis {
        Child::NotMade => return Course::Begin(Next::Analysis),
        Child::Gone => return gone("AIAnalysis"),
        Child::There(analysis) => analysis,
    };
    match (analysis.phase, analysis.approval) {
        (AnalysisPhase::Completed, _) => Course::Begin(Next::Workflow),
        (AnalysisPhase::Approving, _) if seen.phase == RemediationPhase::Analyzing => Course::AskPerson,
        (AnalysisPhase::Rejected, _) => rejected(&analysis.message),
        (AnalysisPhase::Failed, Some(ApprovalStatus::Expired)) => failed(&analysis.message, Told::ApprovalExpired),
        (AnalysisPhase::Failed, _) => failed(&analysis.message, Told::Failed),
        _ => Course::Nothing,
    }
}

fn after_workflow(seen: &Seen) -> Course {
    let run = match &seen.workflow {
        Child::NotMade => return Course::Begin(Next::Workflow),
        Child::Gone => return gone("WorkflowExecution"),
        Child::There(run) => run,
    };
    match run.phase {
        WorkflowPhase::Completed => Course::Finish(completed(run, seen.notify_on_success)),
        WorkflowPhase::Failed => Course::Finish(run_failed(run, spent(seen))),
        WorkflowPhase::Skipped => skipped(run, seen),
        _ => Course::Nothing,
    }
}

fn skipped(run: &Workflow, seen: &Seen) -> Course {
    let Some(Skip { reason, at, names_another, holder_released }) = run.skipped else { return Course::Nothing };
    if reason.is_permanent() {
        let review = Ending {
            outcome: Some(RemediationOutcome::ManualReviewRequired),
            review: true,
            skip_reason: Some(reason),
            ..ending(RemediationPhase::Failed, &run.message, Some(Told::ManualReview))
        };
        return Course::Finish(review);
    }
    if names_another && !seen.is_duplicate {
        return Course::BecomeDuplicate;
    }
    if run.stop.is_some() || run.attempt > run.observed_attempt {
        return Course::Nothing;
    }
    let pause = if reason == SkipReason::ResourceBusy { BUSY_RETRY } else { COOLDOWN_RETRY };
    let until = later(at, pause);
    if seen.now >= until || holder_released { Course::RaiseAttempt } else { Course::Wait { until } }
}

fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
