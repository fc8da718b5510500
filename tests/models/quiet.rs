//! Nothing wakes itself: what a rule asked for, once done, is not asked for again.

use crate::people::{REQUESTER, Request, Verdicts, Word};
use crate::rules::at;
use jiff::SignedDuration;
use kubernaut::api::{AnalysisPhase, Decision, RemediationPhase, RollbackStrategy, SkipReason, Step, StepPhase, StopReason, WorkflowPhase};
use kubernaut::rules::course::{self, Analysis, Child, Course, Skip, Workflow};
use kubernaut::rules::steps::{self, StepState, Steps};
use kubernaut::rules::{confidence, run, step_run};
use kubernaut::settings::{Approval, Budgets};
use proptest::prelude::*;

#[test]
fn a_run_that_is_over_asks_for_nothing_more() {
    for phase in [WorkflowPhase::Completed, WorkflowPhase::Failed] {
        for stop in [None, Some(StopReason::Resolved)] {
            let seen = run::Seen { phase, stop, orphaned: true, decided: true, attempt: 3, ..fresh() };
            assert_eq!(run::decide(&seen), run::Run::Nothing);
        }
    }
}

#[test]
fn a_skipped_run_that_answered_its_attempt_waits() {
    use SkipReason::{ExhaustedRetries, PreviousExecutionFailed, RecentlyRemediated, ResourceBusy};
    for reason in [PreviousExecutionFailed, ExhaustedRetries, ResourceBusy, RecentlyRemediated] {
        for attempt in 0..3 {
            let phase = WorkflowPhase::Skipped;
            let seen = run::Seen { phase, skipped_for: Some(reason), attempt, observed_attempt: attempt, ..fresh() };
            assert_eq!(run::decide(&seen), run::Run::Nothing, "{reason:?} {attempt}");
        }
    }
}

fn fresh() -> run::Seen {
    let phase = WorkflowPhase::Pending;
    run::Seen {
        phase,
        stop: None,
        orphaned: false,
        being_deleted: false,
        skipped_for: None,
        attempt: 0,
        observed_attempt: 0,
        decided: false,
    }
}

#[test]
fn a_step_that_is_over_asks_for_nothing_more() {
    for phase in [StepPhase::Completed, StepPhase::Failed, StepPhase::Skipped] {
        for run in [WorkflowPhase::Executing, WorkflowPhase::RollingBack, WorkflowPhase::Failed] {
            let (writes, changes) = (&[][..], &[][..]);
            let seen = step_run::Seen {
                phase,
                is_undo: false,
                recorded: true,
                run,
                stopped: true,
                has_intent: true,
                timed_out: true,
                writes,
                changes,
            };
            assert_eq!(step_run::decide(&seen), step_run::StepRun::Nothing);
        }
    }
}

#[test]
fn steps_that_were_made_are_not_made_again() {
    let plan: Vec<Step> = (1..=4).map(|step_number| Step { step_number, ..Step::default() }).collect();
    let mut states: Vec<StepState> = Vec::new();
    let mut made = Vec::new();
    for _round in 0..8 {
        let seen = steps::Seen {
            steps: &plan,
            states: &states,
            approvals: &[],
            parallel: 2,
            stopped: false,
            rollback: RollbackStrategy::Automatic,
        };
        let Steps::Create(numbers) = steps::decide(&seen) else { break };
        made.extend(numbers.iter().copied());
        let state = |number| StepState {
            number,
            undo: false,
            phase: Some(StepPhase::Completed),
            begun: true,
            reversible: true,
            message: String::new(),
        };
        states.extend(numbers.into_iter().map(state));
    }
    assert_eq!(made, [1, 2, 3, 4]);
}

#[test]
fn a_request_that_the_controller_decided_is_not_decided_again() {
    let verdicts = Verdicts::default();
    let (created, plan) = (2, 0);
    let open = Request { uid: 0, plan, created, decision: Decision::Undecided, by: None, named: None, stamp: None, claimed: None };
    assert_eq!(verdicts.verdict(None, &open, 9), Word::Expire);
    for decision in [Decision::Expired, Decision::Superseded] {
        for now in 0..12 {
            let decided = Request { decision, by: Some(REQUESTER), stamp: Some(9), ..open };
            assert_eq!(verdicts.verdict(None, &decided, now), Word::Void, "{decision:?} at {now}");
        }
    }
}

proptest! {
    /// An ended remediation starts, stops and raises nothing, whatever its children say.
    #[test]
    fn an_ended_remediation_only_waits_to_be_forgotten(now in 0..250_u8, resolved: bool, blocked: bool, stopped: bool, attempt in 0..3_i32) {
        let stop = stopped.then_some(StopReason::TimedOut);
        let skipped = Some(Skip { reason: SkipReason::ResourceBusy, at: at(0), names_another: true, holder_released: true });
        let phase = WorkflowPhase::Skipped;
        let (waited, waiting_since, message) = (SignedDuration::ZERO, None, String::new());
        let workflow =
            Workflow { phase, outcome: None, skipped, message, started: None, waited, waiting_since, stop, attempt, observed_attempt: 0 };
        let analysis = Analysis { phase: AnalysisPhase::Completed, approval: None, message: String::new() };
        for phase in [RemediationPhase::Completed, RemediationPhase::Failed, RemediationPhase::TimedOut] {
            let course = course::decide(&course::Seen {
                now: at(now),
                phase,
                created: at(0),
                phase_since: at(0),
                waited_for_people: SignedDuration::ZERO,
                processing: Child::NotMade,
                analysis: Child::There(analysis.clone()),
                workflow: Child::There(workflow.clone()),
                resolved,
                budgets: Budgets::default(),
                notify_on_success: true,
                is_duplicate: false,
                duplicates: &[],
                duplicates_told: false,
                marked_blocked: blocked,
                retention: SignedDuration::from_mins(100),
                blocked,
            });
            prop_assert!(matches!(course, Course::Nothing | Course::Wait { .. } | Course::Forget), "{course:?}");
            prop_assert!(!(blocked && course == Course::Forget), "a block keeps what caused it");
        }
    }

    /// More confidence never makes the answer stricter, and more steps never make it laxer.
    #[test]
    fn confidence_is_monotone(score in 0.0..100.0_f64, more in 0.0..50.0_f64, steps in 0..20_usize) {
        let rank = |score: f64, steps: usize| match confidence::decide(Some(score), steps, &Approval::default()) {
            confidence::Trust::Refuse { .. } => 0,
            confidence::Trust::Ask => 1,
            confidence::Trust::Approve => 2,
        };
        prop_assert!(rank(score, steps) <= rank((score + more).min(100.0), steps));
        prop_assert!(rank(score, steps) >= rank(score, steps + 5));
    }
}
