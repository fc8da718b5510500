//! The ways in which a remediation ends.

use super::budgets::Budget;
use super::{Course, Ending, Told, Workflow};
use crate::api::{RemediationOutcome, RemediationPhase, RunOutcome, StopReason};
use crate::settings::Length;

/// The alert went away by itself.
pub fn no_action() -> Ending {
    Ending {
        outcome: Some(RemediationOutcome::NoActionRequired),
        ..ending(RemediationPhase::Completed, "the alert was resolved before anything was done", None)
    }
}

/// The run did what it was to do.
pub fn completed(run: &Workflow, announced: bool) -> Ending {
    let outcome = match run.outcome {
        Some(RunOutcome::Unverified) => RemediationOutcome::Unverified,
        Some(RunOutcome::PartialCompletion) => RemediationOutcome::PartialCompletion,
        _ => RemediationOutcome::Remediated,
    };
    Ending { outcome: Some(outcome), ..ending(RemediationPhase::Completed, &run.message, announced.then_some(Told::Completed)) }
}

/// The run failed, or was stopped.
pub fn run_failed(run: &Workflow, spent: Budget) -> Ending {
    use RemediationOutcome as Outcome;
    let plain = ending(RemediationPhase::Failed, &run.message, Some(Told::Failed));
    match (run.outcome, run.stop) {
        (Some(RunOutcome::Cancelled), Some(StopReason::Resolved)) => no_action(),
        (Some(RunOutcome::Cancelled), Some(StopReason::TimedOut)) => timed_out(spent),
        (Some(RunOutcome::Cancelled), _) => Ending { outcome: Some(Outcome::Cancelled), ..plain },
        (Some(RunOutcome::TargetChanged), _) => Ending { outcome: Some(Outcome::TargetChanged), ..plain },
        (Some(RunOutcome::PlanMismatch), _) => Ending { outcome: Some(Outcome::PlanMismatch), ..plain },
        (Some(RunOutcome::NothingExecuted), _) => Ending { outcome: Some(Outcome::Rejected), ..plain },
        (Some(RunOutcome::FailedBeforeStart), _) => plain,
        // Everything else was, or may have been, executed.
        _ => Ending { outcome: Some(Outcome::ManualReviewRequired), review: true, ..plain },
    }
}

/// A budget was used up.
pub fn timed_out(budget: Budget) -> Ending {
    let message = format!("the budget for {} of {} was used up", budget.name, Length(budget.length));
    Ending { budget: Some(budget), ..ending(RemediationPhase::TimedOut, &message, Some(Told::Timeout)) }
}

/// A person, or the confidence, said no.
pub fn rejected(message: &str) -> Course {
    Course::Finish(Ending {
        outcome: Some(RemediationOutcome::Rejected),
        review: true,
        ..ending(RemediationPhase::Failed, message, Some(Told::Failed))
    })
}

/// Something else went wrong.
pub fn failed(message: &str, told: Told) -> Course {
    Course::Finish(Ending {
        outcome: Some(RemediationOutcome::ManualReviewRequired),
        review: true,
        ..ending(RemediationPhase::Failed, message, Some(told))
    })
}

/// A child was deleted.
pub fn gone(kind: &str) -> Course {
    failed(&format!("its {kind} was deleted; it is not made again"), Told::Failed)
}

/// An ending without further facts.
pub fn ending(phase: RemediationPhase, message: &str, notice: Option<Told>) -> Ending {
    Ending { phase, outcome: None, review: false, skip_reason: None, message: message.to_owned(), notice, budget: None }
}
