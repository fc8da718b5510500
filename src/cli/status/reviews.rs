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
    succeeded: BTreeMap<Target, Timestamp>,
}

impl<'a> Reviews<'a> {
    /// Takes from the ledgers what was cleared, and from the remediations what succeeded.
    pub fn of(known: &'a Known, ledgers: &'a BTreeMap<Target, Ledger>) -> Self {
        let clearances = ledgers.values().flat_map(|ledger| &ledger.status.clearances);
        let mut succeeded: BTreeMap<Target, Timestamp> = BTreeMap::new();
        for seen in known.of(Kind::Remediation).filter(|seen| seen.text("/status/outcome") == "Remediated") {
            if let (Ok(target), Some(at)) = (seen.text("/spec/targetResource").parse(), ended_at(seen)) {
                let newest = succeeded.entry(target).or_insert(at);
                *newest = at.max(*newest);
            }
        }
        Self { known, cleared: clearances.map(|clearance| clearance.block_id.as_str()).collect(), succeeded }
    }

    /// Whether a person must still look at this remediation.
    pub fn judge(&self, seen: &Seen, now: Timestamp) -> Review {
        let run = seen.text("/status/workflowExecutionRef/uid");
        let target = seen.text("/spec/targetResource").parse::<Target>().ok();
        let ended = Ended {
            at: ended_at(seen),
            rejected_by_person: rejected_by_person(self.known, seen),
            cleared: !run.is_empty() && self.cleared.contains(names::block_id(run).as_str()),
            newest_success: target.and_then(|target| self.succeeded.get(&target).copied()),
        };
        review(&ended, now)
    }
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
