//! Decides what lifts a block: a clearance that names it, or the deletion of the failed run by itself. Time and annotations never do.

use super::gate;
use super::ledger::{block_of, exhaustion_id};
use crate::api::{Clearance, RemediationTargetStatus, RunRef, SkipReason, names};
use jiff::Timestamp;

const MOST_CLEARANCES: usize = 20;

/// What a clearance came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clearing {
    /// The ledger without the block, or with the counter reset.
    Lift(Box<RemediationTargetStatus>),
    /// It was lifted by this clearance before.
    Already,
    /// There is nothing of that id; says what there is instead.
    NothingThere(String),
}

/// Lifts the one block of that id, or resets counter and backoff when the id is the exhaustion's. Nothing is lifted twice by one uid.
pub fn clear(ledger: &RemediationTargetStatus, clearance: &Clearance) -> Clearing {
    if ledger.clearances.iter().any(|earlier| earlier.uid == clearance.uid) {
        return Clearing::Already;
    }
    let mut after = ledger.clone();
    after.blocks.retain(|block| block.id != clearance.block_id);
    if exhaustion_id(ledger).as_ref() == Some(&clearance.block_id) {
        after.consecutive_failures = 0;
        after.next_allowed_execution = None;
    }
    if after == *ledger {
        return Clearing::NothingThere(nothing_there(ledger, &clearance.block_id));
    }
    after.clearances.insert(0, clearance.clone());
    after.clearances.truncate(MOST_CLEARANCES);
    Clearing::Lift(Box::new(after))
}

fn nothing_there(ledger: &RemediationTargetStatus, id: &str) -> String {
    if let Some(earlier) = ledger.clearances.iter().find(|earlier| earlier.block_id == id) {
        return format!("{id} was lifted by {} at {} already", earlier.who, earlier.when);
    }
    let blocks = ledger.blocks.iter().take(5).map(|block| format!("{} ({})", block.id, block.run.name));
    let all: Vec<String> = blocks.chain(exhaustion_id(ledger)).collect();
    match all.is_empty() {
        true => format!("there is no block {id}, and nothing else that could be lifted on this target"),
        false => format!("there is no block {id}; this target has {}", all.join(", ")),
    }
}

/// Something that a person may lift for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liftable {
    /// Which gate it keeps shut: `PreviousExecutionFailed` or `ExhaustedRetries`.
    pub gate: SkipReason,
    /// What a clearance names.
    pub id: String,
    /// The run that failed; absent for an exhaustion.
    pub failed: Option<RunRef>,
}

/// What stands in a run's way that only a person lifts, the worst first: the block that it made itself, else the one that the gate names,
/// and the exhaustion. `skipped_for` is what the run's own status says, since the settings that refused it may differ from ours.
pub fn liftable(seen: &gate::Seen, skipped_for: Option<SkipReason>) -> Vec<Liftable> {
    let block = block_of(seen.ledger, &seen.run.uid).or_else(|| gate::block_against(seen));
    let is_exhausted = gate::is_exhausted(seen) || skipped_for == Some(SkipReason::ExhaustedRetries);
    let exhaustion = exhaustion_id(seen.ledger).filter(|_| is_exhausted);
    let block =
        block.map(|block| Liftable { gate: SkipReason::PreviousExecutionFailed, id: block.id.clone(), failed: Some(block.run.clone()) });
    block.into_iter().chain(exhaustion.map(|id| Liftable { gate: SkipReason::ExhaustedRetries, id, failed: None })).collect()
}

/// What is known about the deletion of a run that made a block, everything read live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Whether the run's request (same uid) lives and is not being deleted; otherwise the run only follows its owner.
    pub request_alive: bool,
    /// Whether the run's namespace is being deleted, or gone.
    pub namespace_ending: bool,
    /// Whether the deletion was pending already when the outcome was recorded.
    pub pending_at_the_end: bool,
    /// Whether the policy that asks for the right to clear is in force; otherwise anybody could have deleted.
    pub policy_bound: bool,
    /// The setting `gate.clearByDeletion`.
    pub wanted: bool,
}

/// Whether deleting a failed run by itself lifts its block.
pub fn deletion_lifts(seen: &Deletion) -> bool {
    seen.wanted && seen.policy_bound && seen.request_alive && !seen.namespace_ending && !seen.pending_at_the_end
}

/// The record of a block that was lifted by deleting its run. Who did it, only the API server knows.
pub fn by_deletion(run: &RunRef, now: Timestamp) -> Clearance {
    Clearance {
        uid: run.uid.clone(),
        block_id: names::block_id(&run.uid),
        who: "deleted; who: see the API server's audit log".to_owned(),
        when: now,
        why: format!("{}/{} was deleted by itself", run.namespace, run.name),
        how: "Deleted".to_owned(),
    }
}

#[cfg(test)]
#[path = "clearing_tests.rs"]
mod tests;
