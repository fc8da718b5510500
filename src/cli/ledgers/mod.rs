//! The ledgers of targets as they are stored, or rebuilt from their runs: of a cluster, or of files that stand in for one.

pub mod decode;
pub mod files;
pub mod live;
pub mod source;
pub mod stored;
#[cfg(test)]
mod tests;
pub mod world;

pub use source::SourceArgs;
pub use world::World;

use crate::api::{RemediationTargetStatus, Target};
use crate::rules::rebuild::{PastRun, joined, rebuild};
use crate::settings::Gate;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One target's ledger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// What it holds.
    pub status: RemediationTargetStatus,
    /// Since when there is one.
    pub created: Option<Timestamp>,
    /// Whether it was put together here, from the target's runs.
    pub is_rebuilt_here: bool,
}

impl Ledger {
    /// Whether what the gate says of it depends on the settings.
    pub fn depends_on_settings(&self) -> bool {
        let RemediationTargetStatus { consecutive_failures, next_allowed_execution, blocks, last_success, .. } = &self.status;
        *consecutive_failures > 0 || next_allowed_execution.is_some() || !blocks.is_empty() || !last_success.is_empty()
    }

    /// Whether nothing at all is known of the target.
    pub fn is_unknown(&self) -> bool {
        let nothing = RemediationTargetStatus { rebuilt_at: self.status.rebuilt_at, ..RemediationTargetStatus::default() };
        self.is_rebuilt_here && self.created.is_none() && self.status == nothing
    }
}

/// The ledger of every target that the objects name: the stored one, or one that is rebuilt as the controllers would.
pub fn all(world: &World, now: Timestamp, settings: &Gate) -> BTreeMap<Target, Ledger> {
    let mut runs: HashMap<&Target, Vec<PastRun>> = HashMap::new();
    for run in &world.runs {
        runs.entry(&run.target).or_default().push(run.past.clone());
    }
    let stored = stored_by_target(world);
    let targets: BTreeSet<&Target> = runs.keys().copied().chain(stored.keys().copied()).collect();
    let of = |target: &Target| {
        let runs = runs.get(target).map(Vec::as_slice).unwrap_or_default();
        (target.clone(), one(world, target, stored.get(target), runs, now, settings))
    };
    targets.into_iter().map(of).collect()
}

/// The ledger of one target; that of a target that nothing is known of is empty.
pub fn of(world: &World, target: &Target, now: Timestamp, settings: &Gate) -> Ledger {
    let runs: Vec<PastRun> = world.runs.iter().filter(|run| run.target == *target).map(|run| run.past.clone()).collect();
    one(world, target, stored_by_target(world).get(target), &runs, now, settings)
}

fn one(world: &World, target: &Target, stored: Option<&Ledger>, runs: &[PastRun], now: Timestamp, settings: &Gate) -> Ledger {
    match stored {
        Some(ledger) if ledger.status.rebuilt_at.is_some() => ledger.clone(),
        unbuilt => {
            let found = unbuilt.cloned().unwrap_or_default();
            let status = rebuild(&found.status, runs, &world.lifted(target), now, settings);
            Ledger { status, is_rebuilt_here: true, ..found }
        }
    }
}

/// Two ledgers of one target, which only a file can hold, count as one; it is rebuilt unless both were.
fn stored_by_target(world: &World) -> BTreeMap<&Target, Ledger> {
    let mut stored: BTreeMap<&Target, Ledger> = BTreeMap::new();
    for ledger in &world.ledgers {
        let known = stored.remove(&ledger.target);
        let status = known.map_or_else(|| ledger.status.clone(), |known| joined(known.status, ledger.status.clone()));
        stored.insert(&ledger.target, Ledger { status, created: ledger.created, is_rebuilt_here: false });
    }
    stored
}
