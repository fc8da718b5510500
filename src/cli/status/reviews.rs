//! The remediations that ended so that a person must look, each with what was heard of it since.

use super::family::{child, ended_at, phase};
use super::known::Known;
use super::overview;
use crate::api::{Target, names};
use crate::cli::connect::Connected;
use crate::cli::failure::Failure;
use crate::cli::get::decision;
use crate::cli::kinds::Kind;
use crate::cli::ledgers::Ledger;
use crate::cli::output::Seen;
use crate::cli::read::key;
use crate::rules::review::{Ended, Review, review};
use crate::settings::Gate;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of all remediations.
pub struct Reviews<'a> {
    known: &'a Known,
    cleared: BTreeSet<&'a str>,
    successes: Successes,
}

impl<'a> Reviews<'a> {
    /// Takes from the ledgers what was cleared, and from the remediations what succeeded.
    pub fn of(known: &'a Known, ledgers: &'a BTreeMap<Target, Ledger>) -> Self {
        let clearances = ledgers.values().flat_map(|ledger| &ledger.status.clearances);
        let cleared = clearances.map(|clearance| clearance.block_id.as_str()).collect();
        Self { known, cleared, successes: Successes::of(known.of(Kind::Remediation)) }
    }

    /// Whether a person must still look at this remediation.
    pub fn judge(&self, seen: &Seen, now: Timestamp) -> Review {
        let run = seen.text("/status/workflowExecutionRef/uid");
        let ended = Ended {
            at: ended_at(seen),
            rejected_by_person: rejected_by_person(self.known, seen),
            cleared: !run.is_empty() && self.cleared.contains(names::block_id(run).as_str()),
            newest_success: self.successes.newest(seen),
        };
        review(&ended, now)
    }
}

/// When remediations succeeded: of each signal on each target the newest.
pub struct Successes(BTreeMap<(Target, String), Timestamp>);

impl Successes {
    /// Takes those that succeeded.
    pub fn of<'s>(requests: impl Iterator<Item = &'s Seen>) -> Self {
        let mut newest: BTreeMap<(Target, String), Timestamp> = BTreeMap::new();
        for seen in requests.filter(|seen| seen.text("/status/outcome") == "Remediated") {
            if let (Some(about), Some(at)) = (about(seen), ended_at(seen)) {
                let known = newest.entry(about).or_insert(at);
                *known = at.max(*known);
            }
        }
        Self(newest)
    }

    /// When the newest one succeeded that was about the same as this remediation.
    pub fn newest(&self, seen: &Seen) -> Option<Timestamp> {
        self.0.get(&about(seen)?).copied()
    }
}

/// What a remediation is about: its signal and its target; `None` where either is unknown.
fn about(seen: &Seen) -> Option<(Target, String)> {
    let signal = seen.text("/spec/signalName");
    Some((seen.text("/spec/targetResource").parse().ok()?, signal.to_owned())).filter(|_| !signal.is_empty())
}

/// Whether the remediation ended because a person rejected its plan.
pub fn rejected_by_person(known: &Known, request: &Seen) -> bool {
    let asked = known.get(Kind::Approval, request.namespace(), &child(request, Kind::Approval));
    phase(Kind::Remediation, request) == "Failed" && asked.is_some_and(|asked| decision(asked) == "Rejected")
}

/// `namespace/name` of every remediation that somebody must still look at, as an overview counts them.
///
/// # Errors
/// When they may not be read, or the API server does not answer.
pub async fn open(connected: &Connected, namespace: Option<&str>, now: Timestamp) -> Result<BTreeSet<String>, Failure> {
    let known = overview::read_kinds(connected, namespace, &[Kind::Remediation, Kind::Approval, Kind::Target]).await?;
    if let Some((_, why)) = known.hidden().iter().find(|(kind, _)| *kind == Kind::Remediation) {
        return Err(why.clone());
    }
    // What was cleared hangs on no limit.
    let ledgers = overview::ledgers(&known, &Gate::default(), now);
    let reviews = Reviews::of(&known, &ledgers);
    let needed = known.of(Kind::Remediation).filter(|seen| is_asked_for(seen));
    let needed = needed.filter(|seen| !matches!(reviews.judge(seen, now), Review::Settled(_)));
    Ok(needed.map(key).collect())
}

/// Whether it ended so that a person must look; what blocks is another need.
pub fn is_asked_for(seen: &Seen) -> bool {
    seen.is("/status/requiresManualReview") && !blocks(seen)
}

/// Whether it left a block, or ran into one.
pub fn blocks(seen: &Seen) -> bool {
    seen.is("/status/blocked") || !seen.text("/status/skipReason").is_empty()
}
