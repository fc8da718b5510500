//! Decides which part of its course a run is in: refused, waiting, validating, executing or ending.

use crate::api::{SkipReason, StopReason, WorkflowPhase};

/// What is known about a run.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Where it stands.
    pub phase: WorkflowPhase,
    /// The stop that was asked for.
    pub stop: Option<StopReason>,
    /// Whether its request is gone or being deleted, or the run itself, or its namespace.
    pub orphaned: bool,
    /// Whether the run itself is being deleted.
    pub being_deleted: bool,
    /// Why the gate refused it last.
    pub skipped_for: Option<SkipReason>,
    /// How often it may have asked the gate again.
    pub attempt: i32,
    /// How often it has.
    pub observed_attempt: i32,
    /// Whether its outcome is decided, though not yet recorded everywhere.
    pub decided: bool,
}

/// What to do about a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Run {
    /// Nothing until something changes.
    Nothing,
    /// End it: nothing was begun.
    Cancel(StopReason),
    /// Ask the gate, without taking the target.
    AskGate,
    /// Take the target and check everything once more.
    Take,
    /// Run the steps; no new ones when it was stopped.
    Steps {
        /// The stop that was asked for.
        stop: Option<StopReason>,
    },
    /// See whether the target is healthy.
    Monitor,
    /// End it though its steps are done: something was begun, so undo what can be undone.
    GiveUp(StopReason),
    /// Undo, then end.
    RollBack,
    /// Its outcome is decided: record it in the ledger, then in its phase.
    Conclude,
    /// Its outcome is recorded: let the deletion go on.
    Release,
}

/// Decides by the run's phase; a stop is answered in every phase that is not terminal.
pub fn decide(seen: &Seen) -> Run {
    use WorkflowPhase::{Completed, Executing, Failed, Monitoring, Pending, Planning, RollingBack, Skipped, Validating};
    let stop = seen.stop.or(seen.orphaned.then_some(StopReason::RequestGone));
    match (seen.phase, stop) {
        (Completed | Failed, _) if seen.being_deleted => Run::Release,
        (Completed | Failed, _) => Run::Nothing,
        _ if seen.decided => Run::Conclude,
        (Pending | Planning | Validating | Skipped, Some(reason)) => Run::Cancel(reason),
        (Skipped, None) if may_ask_again(seen) => Run::AskGate,
        (Skipped, None) => Run::Nothing,
        (Pending | Planning, None) => Run::AskGate,
        (Validating, None) => Run::Take,
        (Executing, stop) => Run::Steps { stop },
        (Monitoring, None) => Run::Monitor,
        (Monitoring, Some(reason)) => Run::GiveUp(reason),
        (RollingBack, _) => Run::RollBack,
    }
}

/// A new attempt acts only on a refusal that time or another run's end may lift.
fn may_ask_again(seen: &Seen) -> bool {
    seen.attempt > seen.observed_attempt && seen.skipped_for.is_some_and(|reason| !reason.is_permanent())
}

#[cfg(test)]
mod tests {
    use super::*;
    use SkipReason::*;
    use WorkflowPhase as Phase;

    #[test]
    fn a_run_follows_its_course() {
        let (stop, timed_out) = (Some(StopReason::Resolved), Some(StopReason::TimedOut));
        let base = Seen {
            phase: Phase::Pending,
            stop: None,
            orphaned: false,
            being_deleted: false,
            skipped_for: None,
            attempt: 0,
            observed_attempt: 0,
            decided: false,
        };
        let skipped = |reason, attempt| Seen { phase: Phase::Skipped, skipped_for: Some(reason), attempt, ..base };
        #[rustfmt::skip]
        let table = [
            ("a new run asks the gate",              base,                                                         Run::AskGate),
            ("a stop before it began",               Seen { stop, ..base },                                        Run::Cancel(StopReason::Resolved)),
            ("its request is gone",                  Seen { orphaned: true, ..base },                              Run::Cancel(StopReason::RequestGone)),
            ("refused for good",                     skipped(PreviousExecutionFailed, 1),                          Run::Nothing),
            ("spent retries are for good",           skipped(ExhaustedRetries, 1),                                 Run::Nothing),
            ("busy, no new attempt",                 skipped(ResourceBusy, 0),                                     Run::Nothing),
            ("busy, a new attempt",                  skipped(ResourceBusy, 1),                                     Run::AskGate),
            ("waiting, a new attempt",               skipped(RecentlyRemediated, 1),                               Run::AskGate),
            ("an attempt is answered once",          Seen { observed_attempt: 1, ..skipped(ResourceBusy, 1) },     Run::Nothing),
            ("a stop while skipped",                 Seen { stop, ..skipped(ResourceBusy, 0) },                    Run::Cancel(StopReason::Resolved)),
            ("validating takes the target",          Seen { phase: Phase::Validating, ..base },                    Run::Take),
            ("a stop while validating",              Seen { phase: Phase::Validating, stop, ..base },              Run::Cancel(StopReason::Resolved)),
            ("executing",                            Seen { phase: Phase::Executing, ..base },                     Run::Steps { stop: None }),
            ("a stop while executing",               Seen { phase: Phase::Executing, stop, ..base },               Run::Steps { stop }),
            ("monitoring",                           Seen { phase: Phase::Monitoring, ..base },                    Run::Monitor),
            ("a stop while monitoring",              Seen { phase: Phase::Monitoring, stop: timed_out, ..base },   Run::GiveUp(StopReason::TimedOut)),
            ("its request is gone while monitoring", Seen { phase: Phase::Monitoring, orphaned: true, ..base },    Run::GiveUp(StopReason::RequestGone)),
            ("rolling back ends by itself",          Seen { phase: Phase::RollingBack, stop, ..base },             Run::RollBack),
            ("a decided outcome is carried through", Seen { phase: Phase::Executing, decided: true, stop, ..base }, Run::Conclude),
            ("in whatever phase it was decided",     Seen { phase: Phase::Validating, decided: true, ..base },     Run::Conclude),
            ("over",                                 Seen { phase: Phase::Failed, decided: true, ..base },         Run::Nothing),
            ("over and being deleted",               Seen { phase: Phase::Failed, being_deleted: true, orphaned: true, ..base }, Run::Release),
        ];
        for (case, seen, expected) in table {
            assert_eq!(decide(&seen), expected, "{case}");
        }
    }
}
