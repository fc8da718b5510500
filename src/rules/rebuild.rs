//! Builds a target's ledger from what its runs say, where there is none or it was not built yet.

use super::ledger::{self, Ended, moves_nothing};
use crate::api::{Block, Holder, LastSuccess, RemediationTargetStatus, RunOutcome, RunRef, WorkflowPhase, names};
use crate::settings::Gate as Settings;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// A run as its own object tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRun {
    /// The run.
    pub run: RunRef,
    /// Its workflow; empty when nobody knows.
    pub workflow_id: String,
    /// Where it stands.
    pub phase: WorkflowPhase,
    /// How it ended, if it says.
    pub outcome: Option<RunOutcome>,
    /// Whether something was executed; `None` when it gives no details of its failure.
    pub was_execution_failure: Option<bool>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub completed: Option<Timestamp>,
    /// Its own copy of the counter.
    pub consecutive_failures: Option<i32>,
    /// Its own copy of the next allowed time.
    pub next_allowed_execution: Option<Timestamp>,
    /// Whether its block was cleared.
    pub block_cleared: bool,
    /// Why it failed.
    pub message: String,
}

/// Builds a ledger from the runs of its target, in any order, and the ids that clearances lifted. Of what stands in the ledger already
/// nothing is lost.
pub fn rebuild(
    found: &RemediationTargetStatus,
    runs: &[PastRun],
    lifted: &[String],
    now: Timestamp,
    settings: &Settings,
) -> RemediationTargetStatus {
    let recorded = found.clearances.iter().map(|clearance| clearance.block_id.as_str());
    let known: HashSet<&str> = lifted.iter().map(String::as_str).chain(recorded).collect();
    let (decided, runs): (Vec<&PastRun>, Vec<&PastRun>) = once_each(runs).into_iter().partition(|run| is_decided(run));
    let mut built = replayed(&runs, &known, settings);
    built.holder = holder(&runs, found);
    let standing = RemediationTargetStatus {
        blocks: found.blocks.iter().filter(|block| !lifted.contains(&block.id)).cloned().collect(),
        ..found.clone()
    };
    let built = RemediationTargetStatus { rebuilt_at: Some(now), ..joined(standing, built) };
    concluded(built, decided, now, settings)
}

/// A run whose outcome is decided is over, though its phase does not say so yet. It held the target, or did not need it.
fn is_decided(run: &PastRun) -> bool {
    run.outcome.is_some() && !run.phase.is_over()
}

/// The ends of decided runs are recorded as of now, as they are about to be.
fn concluded(ledger: RemediationTargetStatus, mut decided: Vec<&PastRun>, now: Timestamp, settings: &Settings) -> RemediationTargetStatus {
    decided.sort_by(|a, b| identity(a).cmp(&identity(b)));
    decided.into_iter().fold(ledger, |ledger, past| {
        let outcome = past.outcome.unwrap_or(RunOutcome::FailedDuring);
        let ended = Ended { run: past.run.clone(), workflow_id: past.workflow_id.clone(), outcome, message: past.message.clone() };
        ledger::end(&ledger, &ended, now, settings).unwrap_or(ledger)
    })
}

/// Both ledgers in one: every block, the higher counter, the later times, the first one's holder if it has one.
pub fn joined(one: RemediationTargetStatus, other: RemediationTargetStatus) -> RemediationTargetStatus {
    let mut both = RemediationTargetStatus {
        holder: one.holder.or(other.holder),
        consecutive_failures: one.consecutive_failures.max(other.consecutive_failures),
        next_allowed_execution: one.next_allowed_execution.max(other.next_allowed_execution),
        last_success: latest_of_each(one.last_success.into_iter().chain(other.last_success)),
        blocks: one.blocks,
        clearances: one.clearances,
        runs: one.runs,
        rebuilt_at: one.rebuilt_at.min(other.rebuilt_at),
    };
    for block in other.blocks {
        let room = both.blocks.len() < ledger::ROOM_FOR_BLOCKS;
        if room && !both.blocks.iter().any(|known| same_block(known, &block)) {
            both.blocks.push(block);
        }
    }
    let new = |uids: &HashSet<String>, uid: &str| !uids.contains(uid);
    let cleared: HashSet<String> = both.clearances.iter().map(|clearance| clearance.uid.clone()).collect();
    both.clearances.extend(other.clearances.into_iter().filter(|clearance| new(&cleared, &clearance.uid)));
    let recorded: HashSet<String> = both.runs.iter().map(|recorded| recorded.run.uid.clone()).collect();
    both.runs.extend(other.runs.into_iter().filter(|run| new(&recorded, &run.run.uid)));
    both.runs.sort_by_key(|run| std::cmp::Reverse(run.completed_at));
    ledger::forget_runs(&mut both);
    both
}

fn same_block(one: &Block, other: &Block) -> bool {
    one.id == other.id && one.run.uid == other.run.uid
}

fn latest_of_each(successes: impl Iterator<Item = LastSuccess>) -> Vec<LastSuccess> {
    let mut all: Vec<LastSuccess> = successes.collect();
    all.sort_by_key(|success| std::cmp::Reverse(success.completed_at));
    let mut seen = HashSet::new();
    all.retain(|success| seen.insert(success.workflow_id.clone()));
    all.truncate(ledger::MOST_SUCCESSES);
    all
}

/// A run that is named twice counts once, by the worse of what is said about it.
fn once_each(runs: &[PastRun]) -> Vec<&PastRun> {
    let mut worst: HashMap<(&str, &str, &str), &PastRun> = HashMap::with_capacity(runs.len());
    for run in runs {
        let RunRef { uid, namespace, name, .. } = &run.run;
        let known = worst.entry((uid, namespace, name)).or_insert(run);
        if severity(run) > severity(known) {
            *known = run;
        }
    }
    worst.into_values().collect()
}

/// The last two only make the answer independent of the order.
type Severity = (u8, bool, Option<Timestamp>, Option<i32>, Option<Timestamp>, u8, Option<u8>);

fn severity(run: &PastRun) -> Severity {
    let outcome = match is_decided(run) {
        true => run.outcome,
        false => run.phase.is_over().then(|| outcome_of(run)),
    };
    let rank = match outcome {
        Some(RunOutcome::FailedDuring) => 5,
        Some(RunOutcome::FailedBeforeStart) => 4,
        None if is_at_work(run.phase) => 3,
        Some(quiet) if moves_nothing(quiet) => 1,
        Some(_) => 2,
        None => 0,
    };
    let ties = (run.phase as u8, run.outcome.map(|outcome| outcome as u8));
    (rank, !run.block_cleared, run.completed, run.consecutive_failures, run.next_allowed_execution, ties.0, ties.1)
}

/// What the runs that are over come to, in the order of their ends. Of runs that ended at once the failures come last.
fn replayed(runs: &[&PastRun], lifted: &HashSet<&str>, settings: &Settings) -> RemediationTargetStatus {
    let mut ended: Vec<(&PastRun, RunOutcome)> = runs.iter().filter(|run| run.phase.is_over()).map(|run| (*run, outcome_of(run))).collect();
    let order = |(run, outcome): &(&PastRun, RunOutcome)| (run.completed, !outcome.is_success());
    ended.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| identity(a.0).cmp(&identity(b.0))));
    let mut ledger = RemediationTargetStatus::default();
    for (past, outcome) in &ended {
        replay(&mut ledger, past, *outcome, lifted, settings);
    }
    // What was lifted after the last failure stays lifted: later copies of the counter may be older than that.
    let failed_last = ended.iter().rfind(|(past, outcome)| past.completed.is_some() && *outcome == RunOutcome::FailedBeforeStart);
    let is_lifted = failed_last.is_some_and(|(past, _)| exhaustion_was_lifted(past, lifted));
    if let Some((newest, _)) = ended.last().filter(|(newest, _)| newest.completed.is_some() && !is_lifted) {
        trust_own_counters(&mut ledger, newest, lifted);
    }
    ledger
}

fn identity(past: &PastRun) -> (&str, &str, &str) {
    (&past.run.uid, &past.run.namespace, &past.run.name)
}

fn replay(ledger: &mut RemediationTargetStatus, past: &PastRun, outcome: RunOutcome, lifted: &HashSet<&str>, settings: &Settings) {
    let ended = Ended { run: past.run.clone(), workflow_id: past.workflow_id.clone(), outcome, message: past.message.clone() };
    ledger::record(ledger, ended, past.completed, settings);
    if outcome == RunOutcome::FailedDuring && (past.block_cleared || lifted.contains(names::block_id(&past.run.uid).as_str())) {
        ledger.blocks.retain(|block| block.run != past.run);
    }
    if past.completed.is_some() && exhaustion_was_lifted(past, lifted) {
        ledger.consecutive_failures = 0;
        ledger.next_allowed_execution = None;
    }
}

fn exhaustion_was_lifted(past: &PastRun, lifted: &HashSet<&str>) -> bool {
    !lifted.is_empty() && lifted.contains(names::exhaustion_id(&past.run.uid).as_str())
}

/// How a run ended, by its own status; unknown counts as executed.
fn outcome_of(past: &PastRun) -> RunOutcome {
    if past.phase == WorkflowPhase::Completed {
        return past.outcome.filter(|outcome| outcome.is_success()).unwrap_or(RunOutcome::Succeeded);
    }
    match (past.outcome, past.was_execution_failure) {
        (_, Some(true)) => RunOutcome::FailedDuring,
        (Some(quiet), _) if moves_nothing(quiet) => quiet,
        (_, Some(false)) => RunOutcome::FailedBeforeStart,
        (None | Some(RunOutcome::FailedBeforeStart), None) if past.consecutive_failures.is_some_and(|own| own >= 1) => {
            RunOutcome::FailedBeforeStart
        }
        _ => RunOutcome::FailedDuring,
    }
}

/// The newest run's own copies win: runs before it may be gone.
fn trust_own_counters(ledger: &mut RemediationTargetStatus, newest: &PastRun, lifted: &HashSet<&str>) {
    if exhaustion_was_lifted(newest, lifted) {
        return;
    }
    if let Some(own) = newest.consecutive_failures {
        ledger.consecutive_failures = own.max(0);
    }
    if newest.next_allowed_execution.is_some() {
        ledger.next_allowed_execution = newest.next_allowed_execution;
    }
}

fn is_at_work(phase: WorkflowPhase) -> bool {
    matches!(phase, WorkflowPhase::Executing | WorkflowPhase::Monitoring | WorkflowPhase::RollingBack)
}

/// The run at work that began first. A run whose outcome is recorded is over, whatever its own status says.
fn holder(runs: &[&PastRun], found: &RemediationTargetStatus) -> Option<Holder> {
    let over = |past: &PastRun| ledger::recorded(found, &past.run.uid).is_some();
    let running = runs.iter().filter(|run| is_at_work(run.phase) && !over(run));
    let first = running.min_by_key(|run| (run.started, identity(run)))?;
    let since = first.started.unwrap_or_default();
    Some(Holder { run: first.run.clone(), workflow_id: first.workflow_id.clone(), since })
}

#[cfg(test)]
#[path = "rebuild_tests.rs"]
mod tests;
