//! Decides what an end does to a target's ledger. A start is the gate's permit.

use crate::api::{Block, LastSuccess, RecordedRun, RemediationTargetStatus, RunOutcome, RunRef, names};
use crate::settings::Gate as Settings;
use jiff::{SignedDuration, Timestamp};

/// Blocks kept on a ledger. A full list blocks every workflow.
pub const MOST_BLOCKS: usize = 20;
/// Blocks that the schema has room for.
pub const ROOM_FOR_BLOCKS: usize = 64;
const MOST_RUNS: usize = 20;
/// Successes kept on a ledger, one a workflow.
pub(super) const MOST_SUCCESSES: usize = 10;

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The run.
    pub run: RunRef,
    /// Its workflow.
    pub workflow_id: String,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What happened, kept with a block.
    pub message: String,
}

/// The record of a run that is over, if there is one.
pub fn recorded<'a>(ledger: &'a RemediationTargetStatus, uid: &str) -> Option<&'a RecordedRun> {
    ledger.runs.iter().find(|recorded| recorded.run.uid == uid)
}

/// Whether this run holds the target.
pub fn holds(ledger: &RemediationTargetStatus, uid: &str) -> bool {
    ledger.holder.as_ref().is_some_and(|holder| holder.run.uid == uid)
}

/// The block that a run made and nobody cleared.
pub fn block_of<'a>(ledger: &'a RemediationTargetStatus, uid: &str) -> Option<&'a Block> {
    ledger.blocks.iter().find(|block| block.run.uid == uid)
}

/// The ledger with an outcome recorded, the block added, the counters moved and the target given back; `None` if all of that stands there already.
pub fn end(ledger: &RemediationTargetStatus, ended: &Ended, now: Timestamp, settings: &Settings) -> Option<RemediationTargetStatus> {
    let mut after = ledger.clone();
    if holds(ledger, &ended.run.uid) {
        after.holder = None;
    }
    if recorded(ledger, &ended.run.uid).is_none() {
        record(&mut after, ended.clone(), Some(now), settings);
    }
    (after != *ledger).then_some(after)
}

/// Records an outcome that is not recorded yet; one without a time moves no counter.
pub(super) fn record(ledger: &mut RemediationTargetStatus, ended: Ended, at: Option<Timestamp>, settings: &Settings) {
    match ended.outcome {
        success if success.is_success() => succeed(ledger, &ended, at),
        RunOutcome::FailedBeforeStart => fail_before_start(ledger, at, settings),
        RunOutcome::FailedDuring => block(ledger, &ended, at),
        _ => {}
    }
    let Ended { run, workflow_id, outcome, .. } = ended;
    ledger.runs.insert(0, RecordedRun { run, workflow_id, outcome, completed_at: at });
    forget_runs(ledger);
}

/// Of all but the newest, what moved nothing is forgotten first: the others must not be counted twice.
pub(super) fn forget_runs(ledger: &mut RemediationTargetStatus) {
    while ledger.runs.len() > MOST_RUNS {
        let quiet = ledger.runs.iter().skip(1).rposition(|recorded| moves_nothing(recorded.outcome));
        let oldest = quiet.map_or(ledger.runs.len() - 1, |position| position + 1);
        ledger.runs.remove(oldest);
    }
}

fn succeed(ledger: &mut RemediationTargetStatus, ended: &Ended, at: Option<Timestamp>) {
    let Some(completed_at) = at else { return };
    ledger.consecutive_failures = 0;
    ledger.next_allowed_execution = None;
    ledger.last_success.retain(|success| success.workflow_id != ended.workflow_id);
    let success = LastSuccess { workflow_id: ended.workflow_id.clone(), run: ended.run.clone(), completed_at };
    ledger.last_success.insert(0, success);
    ledger.last_success.truncate(MOST_SUCCESSES);
}

fn fail_before_start(ledger: &mut RemediationTargetStatus, at: Option<Timestamp>, settings: &Settings) {
    let Some(at) = at else { return };
    ledger.consecutive_failures = ledger.consecutive_failures.saturating_add(1);
    ledger.next_allowed_execution = match backoff(ledger.consecutive_failures, settings) {
        SignedDuration::ZERO => None,
        wait => Some(at.checked_add(wait).unwrap_or(Timestamp::MAX)),
    };
}

fn block(ledger: &mut RemediationTargetStatus, ended: &Ended, at: Option<Timestamp>) {
    // A full list blocks every workflow, so only a rebuild grows it further; beyond the schema's room the whole write would be refused.
    if ledger.blocks.len() < ROOM_FOR_BLOCKS {
        ledger.blocks.push(Block {
            id: names::block_id(&ended.run.uid),
            run: ended.run.clone(),
            workflow_id: ended.workflow_id.clone(),
            since: at.unwrap_or_default(),
            message: ended.message.chars().take(1024).collect(),
        });
    }
}

/// How long to wait after so many failures before start: `base · 2^(failures − 1)`, capped.
pub fn backoff(failures: i32, settings: &Settings) -> SignedDuration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0).min(settings.max_backoff_exponent).min(30);
    let wait = settings.base_cooldown.0.saturating_mul(1 << doublings);
    match settings.max_cooldown.0 {
        SignedDuration::ZERO => wait,
        cap => wait.min(cap),
    }
}

/// Identifier of the exhaustion that a ledger's failures make up: by the last run that failed, or by the last run of all where none is
/// recorded as failed (the counter of a rebuilt ledger may come from elsewhere), so that there is always a way out.
pub fn exhaustion_id(ledger: &RemediationTargetStatus) -> Option<String> {
    let failed_before = ledger.runs.iter().find(|recorded| recorded.outcome == RunOutcome::FailedBeforeStart);
    let last = failed_before.or_else(|| ledger.runs.iter().find(|recorded| !recorded.outcome.is_success())).or(ledger.runs.first());
    (ledger.consecutive_failures > 0).then(|| names::exhaustion_id(last.map_or(NO_RUN, |recorded| &recorded.run.uid)))
}

/// Stands for the run in the identifier of an exhaustion that no recorded run explains.
const NO_RUN: &str = "unknown";

/// Whether an outcome leaves counters and blocks alone.
pub(super) fn moves_nothing(outcome: RunOutcome) -> bool {
    use RunOutcome::{Cancelled, NothingExecuted, PlanMismatch, TargetChanged};
    matches!(outcome, Cancelled | NothingExecuted | PlanMismatch | TargetChanged)
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
