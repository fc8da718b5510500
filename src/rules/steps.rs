//! Decides which steps of a run are ready, which are asked for first, how the run ends, and what a failure undoes.

use crate::api::{RollbackStrategy, RunOutcome, Step, StepPhase};
use std::collections::BTreeSet;

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

/// What became of asking a person for a step. A step that was never asked for has none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StepApproval {
    /// Number of the step.
    pub number: i32,
    /// What the question has come to.
    pub answer: Answer,
}

/// What a question has come to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Nobody has decided, and there is time.
    Open,
    /// The step may run.
    Granted,
    /// The step will not run: rejected, expired, withdrawn or deleted.
    Refused {
        /// Why, in a sentence.
        because: String,
    },
}

/// What is known about a run's steps.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The plan's steps.
    pub steps: &'a [Step],
    /// The steps that were made.
    pub states: &'a [StepState],
    /// The steps that a person was asked for.
    pub approvals: &'a [StepApproval],
    /// How many run at once; at least one does.
    pub parallel: usize,
    /// Whether the run was asked to end.
    pub stopped: bool,
    /// What happens to completed steps when a later one fails.
    pub rollback: RollbackStrategy,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Steps {
    /// Ask a person for each of these steps.
    Ask(Vec<i32>),
    /// Make these steps.
    Create(Vec<i32>),
    /// Something is at work, or a person is asked.
    Wait,
    /// Every step completed, but for those that were refused: see whether the target is healthy.
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
    let at_work = forward(seen).filter(|state| state.phase.is_some_and(|phase| !phase.is_over())).count();
    match lost(seen) {
        Some(_) if at_work > 0 => Steps::Wait,
        Some(failure) => ended(seen, failure),
        None => next(seen, at_work),
    }
}

/// Whether no further step will be made: what a person is still asked for is withdrawn.
pub fn is_lost(seen: &Seen) -> bool {
    lost(seen).is_some()
}

/// How a run ends whose steps are done: without what was refused it is only partial, whatever its target shows.
pub fn success(seen: &Seen, verified: bool) -> RunOutcome {
    match verified {
        _ if !refused(seen).is_empty() => RunOutcome::PartialCompletion,
        true => RunOutcome::Succeeded,
        false => RunOutcome::Unverified,
    }
}

fn forward<'a>(seen: &Seen<'a>) -> impl Iterator<Item = &'a StepState> {
    seen.states.iter().filter(|state| !state.undo)
}

/// Unknown counts as begun: only a run in which nothing was is given back untouched.
fn ended(seen: &Seen, failure: Failure) -> Steps {
    match forward(seen).any(|state| state.begun) {
        true => Steps::RollBack(Failure { outcome: RunOutcome::FailedDuring, ..failure }),
        false => Steps::NotBegun(failure),
    }
}

fn next(seen: &Seen, at_work: usize) -> Steps {
    let refused = refused(seen);
    let (asks, ready) = (to_ask(seen, &refused), ready(seen, &refused, at_work));
    let open = seen.approvals.iter().any(|asked| asked.answer == Answer::Open);
    match () {
        () if !asks.is_empty() => Steps::Ask(asks),
        () if !ready.is_empty() => Steps::Create(ready),
        () if at_work > 0 || open => Steps::Wait,
        () => done(seen, &refused),
    }
}

/// Nothing is at work and nothing is ready.
fn done(seen: &Seen, refused: &BTreeSet<i32>) -> Steps {
    let left = seen.steps.iter().find(|step| !is_made(seen, step.step_number) && !refused.contains(&step.step_number));
    match left {
        Some(step) => ended(seen, failure(step.step_number, "StepNeverReady", "its dependencies never complete".to_owned())),
        None if !refused.is_empty() && !forward(seen).any(|state| state.begun) => Steps::NotBegun(nothing_executed(seen)),
        None => Steps::Verify,
    }
}

fn nothing_executed(seen: &Seen) -> Failure {
    let refusals = seen.approvals.iter().filter_map(|asked| match &asked.answer {
        Answer::Refused { because } => Some((asked.number, because)),
        Answer::Open | Answer::Granted => None,
    });
    let message = refusals.clone().map(|(number, because)| format!("step {number} was not approved: {because}"));
    Failure {
        outcome: RunOutcome::NothingExecuted,
        step: refusals.map(|(number, _)| number).min(),
        reason: "StepNotApproved",
        message: message.collect::<Vec<_>>().join("; "),
    }
}

fn lost(seen: &Seen) -> Option<Failure> {
    let forward = || forward(seen);
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

fn is_made(seen: &Seen, number: i32) -> bool {
    forward(seen).any(|state| state.number == number)
}

fn answer<'a>(seen: &Seen<'a>, number: i32) -> Option<&'a Answer> {
    seen.approvals.iter().find(|asked| asked.number == number).map(|asked| &asked.answer)
}

/// Steps that will not run: those that a person did not approve, and whatever depends on them.
fn refused(seen: &Seen) -> BTreeSet<i32> {
    let is_refused = |number: i32| matches!(answer(seen, number), Some(Answer::Refused { .. })) && !is_made(seen, number);
    let mut refused: BTreeSet<i32> = seen.steps.iter().map(|step| step.step_number).filter(|number| is_refused(*number)).collect();
    loop {
        let depends = |step: &&Step| step.dependencies.iter().any(|on| refused.contains(on)) && !is_made(seen, step.step_number);
        let more: BTreeSet<i32> = seen.steps.iter().filter(depends).map(|step| step.step_number).collect();
        if more.is_subset(&refused) {
            return refused;
        }
        refused.extend(more);
    }
}

/// Steps whose turn it is, but for a person's word: not made, not refused, every dependency completed. Lowest number first.
fn due<'a>(seen: &Seen<'a>, refused: &BTreeSet<i32>) -> Vec<&'a Step> {
    let completed = |number: &i32| forward(seen).any(|state| state.number == *number && state.phase == Some(StepPhase::Completed));
    let is_due =
        |step: &&Step| !is_made(seen, step.step_number) && !refused.contains(&step.step_number) && step.dependencies.iter().all(completed);
    let mut due: Vec<&Step> = seen.steps.iter().filter(is_due).collect();
    due.sort_by_key(|step| step.step_number);
    due.dedup_by_key(|step| step.step_number);
    due
}

fn to_ask(seen: &Seen, refused: &BTreeSet<i32>) -> Vec<i32> {
    let unasked = |step: &&Step| step.requires_approval && answer(seen, step.step_number).is_none();
    due(seen, refused).into_iter().filter(unasked).map(|step| step.step_number).collect()
}

fn ready(seen: &Seen, refused: &BTreeSet<i32>, at_work: usize) -> Vec<i32> {
    let may_run = |step: &&Step| !step.requires_approval || answer(seen, step.step_number) == Some(&Answer::Granted);
    let room = seen.parallel.max(1).saturating_sub(at_work);
    due(seen, refused).into_iter().filter(may_run).map(|step| step.step_number).take(room).collect()
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
