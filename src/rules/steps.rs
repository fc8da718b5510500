//! Decides which steps of a run are ready, and what a failure undoes.

use crate::api::{RollbackStrategy, RunOutcome, Step, StepPhase};

/// One step, or the undo of one, as its KubernetesExecution tells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StepState {
    /// Number of the step.
    pub number: i32,
    /// Whether this is the undo of the step.
    pub undo: bool,
    /// Where it stands; `None` when it was recorded and is gone.
    pub phase: Option<StepPhase>,
    /// Whether its action was begun, or nobody can prove that it was not.
    pub begun: bool,
    /// Whether it can be undone.
    pub reversible: bool,
    /// What happened.
    pub message: String,
}

/// What is known about a run's steps.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The plan's steps.
    pub steps: &'a [Step],
    /// The steps that were made.
    pub states: &'a [StepState],
    /// How many run at once.
    pub parallel: usize,
    /// Whether the run was asked to end.
    pub stopped: bool,
    /// What happens to completed steps when a later one fails.
    pub rollback: RollbackStrategy,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Steps {
    /// Make these steps.
    Create(Vec<i32>),
    /// Something is at work.
    Wait,
    /// Every step completed: see whether the target is healthy.
    Verify,
    /// Something was begun and the run is lost: undo what can be undone, then end.
    RollBack(Failure),
    /// Nothing was begun, and nothing will be.
    NotBegun(Failure),
}

/// Why a run is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the run ends.
    pub outcome: RunOutcome,
    /// The step that failed.
    pub step: Option<i32>,
    /// One word.
    pub reason: &'static str,
    /// A sentence.
    pub message: String,
}

/// Decides on the forward steps of a run.
pub fn decide(seen: &Seen) -> Steps {
    let forward = || seen.states.iter().filter(|state| !state.undo);
    let at_work = forward().filter(|state| state.phase.is_some_and(|phase| !phase.is_over())).count();
    match lost(seen) {
        Some(_) if at_work > 0 => Steps::Wait,
        Some(failure) if forward().any(|state| state.begun) => Steps::RollBack(Failure { outcome: RunOutcome::FailedDuring, ..failure }),
        Some(failure) => Steps::NotBegun(failure),
        None => match ready(seen, at_work) {
            ready if !ready.is_empty() => Steps::Create(ready),
            _ if at_work > 0 => Steps::Wait,
            _ => Steps::Verify,
        },
    }
}

fn lost(seen: &Seen) -> Option<Failure> {
    let forward = || seen.states.iter().filter(|state| !state.undo);
    if let Some(gone) = forward().find(|state| state.phase.is_none()) {
        return Some(failure(gone.number, "StepGone", "its record is gone, so nobody can tell what it did".to_owned()));
    }
    if let Some(failed) = forward().find(|state| state.phase == Some(StepPhase::Failed)) {
        return Some(failure(failed.number, "StepFailed", failed.message.clone()));
    }
    if let Some(skipped) = forward().find(|state| state.phase == Some(StepPhase::Skipped) && !seen.stopped) {
        return Some(failure(skipped.number, "StepSkipped", "it was skipped though nobody stopped the run".to_owned()));
    }
    seen.stopped.then(|| Failure {
        outcome: RunOutcome::Cancelled,
        step: None,
        reason: "Stopped",
        message: "the run was asked to end".to_owned(),
    })
}

fn failure(number: i32, reason: &'static str, message: String) -> Failure {
    Failure { outcome: RunOutcome::FailedBeforeStart, step: Some(number), reason, message: format!("step {number}: {message}") }
}

/// Steps whose dependencies completed and that were not made yet, lowest number first.
fn ready(seen: &Seen, at_work: usize) -> Vec<i32> {
    let made = |number: i32| seen.states.iter().any(|state| !state.undo && state.number == number);
    let completed =
        |number: &i32| seen.states.iter().any(|state| !state.undo && state.number == *number && state.phase == Some(StepPhase::Completed));
    let is_ready = |step: &&Step| !made(step.step_number) && step.dependencies.iter().all(completed);
    let mut ready: Vec<i32> = seen.steps.iter().filter(is_ready).map(|step| step.step_number).collect();
    ready.sort_unstable();
    ready.truncate(seen.parallel.saturating_sub(at_work));
    ready
}

/// What to undo next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Make the undo of this step.
    Create(i32),
    /// An undo is at work.
    Wait,
    /// Nothing is left to undo.
    Done,
}

/// Decides on the undo of completed steps, one at a time, last first. A failing undo does not stop the others.
pub fn undo(seen: &Seen) -> Undo {
    let undos = || seen.states.iter().filter(|state| state.undo);
    if undos().any(|state| state.phase.is_some_and(|phase| !phase.is_over())) {
        return Undo::Wait;
    }
    if seen.rollback != RollbackStrategy::Automatic {
        return Undo::Done;
    }
    let undone = |number: i32| undos().any(|state| state.number == number);
    let wanted = |state: &&StepState| !state.undo && state.reversible && state.phase == Some(StepPhase::Completed) && !undone(state.number);
    match seen.states.iter().filter(wanted).map(|state| state.number).max() {
        Some(last) => Undo::Create(last),
        None => Undo::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepPhase::*;

    fn step(number: i32, dependencies: &[i32]) -> Step {
        Step { step_number: number, dependencies: dependencies.to_vec(), ..Step::default() }
    }

    fn state(number: i32, phase: impl Into<Option<StepPhase>>, begun: bool) -> StepState {
        StepState { number, undo: false, phase: phase.into(), begun, reversible: true, message: "no".into() }
    }

    fn undo_of(number: i32, phase: StepPhase) -> StepState {
        StepState { undo: true, ..state(number, phase, true) }
    }

    fn word(steps: &Steps) -> String {
        match steps {
            Steps::Create(numbers) => format!("create {numbers:?}"),
            Steps::Wait => "wait".into(),
            Steps::Verify => "verify".into(),
            Steps::RollBack(failure) => format!("roll back {:?}", failure.outcome),
            Steps::NotBegun(failure) => format!("not begun {:?}", failure.outcome),
        }
    }

    #[test]
    fn steps_run_when_their_dependencies_completed() {
        let chain = [step(1, &[]), step(2, &[1]), step(3, &[1, 2])];
        let wide = [step(4, &[]), step(3, &[]), step(2, &[]), step(1, &[])];
        #[rustfmt::skip]
        let table: Vec<(&str, &[Step], Vec<StepState>, bool, &str)> = vec![
            ("the first step",                      &chain, vec![],                                                          false, "create [1]"),
            ("at work",                             &chain, vec![state(1, Pending, false)],                                  false, "wait"),
            ("the second step",                     &chain, vec![state(1, Completed, true)],                                 false, "create [2]"),
            ("both dependencies count",             &chain, vec![state(1, Completed, true), state(2, Executing, true)],      false, "wait"),
            ("all done",                            &chain, (1..=3).map(|n| state(n, Completed, true)).collect(),            false, "verify"),
            ("two at once, lowest first",           &wide,  vec![],                                                          false, "create [1, 2]"),
            ("one at work leaves room for one",     &wide,  vec![state(1, Executing, true)],                                 false, "create [2]"),
            ("failed before anything was begun",    &chain, vec![state(1, Failed, false)],                                   false, "not begun FailedBeforeStart"),
            ("failed after something was begun",    &chain, vec![state(1, Completed, true), state(2, Failed, false)],        false, "roll back FailedDuring"),
            ("failed itself after it was begun",    &chain, vec![state(1, Failed, true)],                                    false, "roll back FailedDuring"),
            ("a failure lets running steps finish", &wide,  vec![state(1, Failed, true), state(2, Executing, true)],         false, "wait"),
            ("a step that is gone counts as begun", &chain, vec![state(1, None, true)],                                      false, "roll back FailedDuring"),
            ("skipped though nobody asked for it",  &chain, vec![state(1, Skipped, false)],                                  false, "not begun FailedBeforeStart"),
            ("skipped because of the stop",         &chain, vec![state(1, Skipped, false)],                                  true,  "not begun Cancelled"),
            ("stopped before the first step",       &chain, vec![],                                                          true,  "not begun Cancelled"),
            ("stopped while a step runs",           &chain, vec![state(1, Executing, true)],                                 true,  "wait"),
            ("stopped after a step",                &chain, vec![state(1, Completed, true)],                                 true,  "roll back FailedDuring"),
        ];
        for (case, steps, states, stopped, expected) in table {
            let seen = Seen { steps, states: &states, parallel: 2, stopped, rollback: RollbackStrategy::Automatic };
            assert_eq!(word(&decide(&seen)), expected, "{case}");
        }
    }

    #[test]
    fn completed_steps_are_undone_last_first() {
        let done = vec![state(1, Completed, true), state(2, Completed, true), state(3, Failed, true)];
        let with = |more: &[StepState]| [done.clone(), more.to_vec()].concat();
        let fixed = StepState { reversible: false, ..state(1, Completed, true) };
        #[rustfmt::skip]
        let table: Vec<(&str, Vec<StepState>, RollbackStrategy, Undo)> = vec![
            ("the last completed step first",  with(&[]),                                               RollbackStrategy::Automatic, Undo::Create(2)),
            ("one at a time",                  with(&[undo_of(2, Executing)]),                          RollbackStrategy::Automatic, Undo::Wait),
            ("then the one before",            with(&[undo_of(2, Completed)]),                          RollbackStrategy::Automatic, Undo::Create(1)),
            ("a failing undo stops no other",  with(&[undo_of(2, Failed)]),                             RollbackStrategy::Automatic, Undo::Create(1)),
            ("until nothing is left",          with(&[undo_of(2, Failed), undo_of(1, Completed)]),      RollbackStrategy::Automatic, Undo::Done),
            ("what cannot be undone stays",    vec![fixed],                                             RollbackStrategy::Automatic, Undo::Done),
            ("a person does it",               with(&[]),                                               RollbackStrategy::Manual,    Undo::Done),
        ];
        for (case, states, rollback, expected) in table {
            let seen = Seen { steps: &[], states: &states, parallel: 2, stopped: false, rollback };
            assert_eq!(undo(&seen), expected, "{case}");
        }
    }
}
