//! Decides whether a run may start on its target: four named rules, asked in order, the worst news first.

use super::ledger;
use crate::api::{Holder, RemediationTargetStatus, RunRef, SkipReason};
use crate::settings::{BlockScope, Gate as Settings};
use jiff::{SignedDuration, Timestamp};

/// What the gate looks at. The ledger must be the version that a start would be written against.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Now, by the controllers' clock.
    pub now: Timestamp,
    /// The run that asks.
    pub run: &'a RunRef,
    /// Its workflow; `None` asks for any workflow.
    pub workflow_id: Option<&'a str>,
    /// The target.
    pub target: &'a str,
    /// The target's ledger.
    pub ledger: &'a RemediationTargetStatus,
    /// The limits.
    pub settings: &'a Settings,
}

/// The right to take one target for one run. Only [`decide`] makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    run: RunRef,
    workflow_id: String,
}

impl Permit {
    /// The ledger with the target taken; for exactly the version that the gate saw.
    pub fn take(self, ledger: &RemediationTargetStatus, now: Timestamp) -> RemediationTargetStatus {
        let holder = Holder { run: self.run, workflow_id: self.workflow_id, since: now };
        RemediationTargetStatus { holder: Some(holder), ..ledger.clone() }
    }
}

/// Whether a run may start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Nothing stands in the way.
    Start(Permit),
    /// The first gate that refuses.
    Skip(Refusal),
    /// The ledger was not built yet, so it permits nothing.
    NotRebuilt,
}

/// Why a gate refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which gate.
    pub reason: SkipReason,
    /// Why, naming run, target, arithmetic and next step.
    pub message: String,
    /// The run that stands in the way.
    pub because_of: Option<Because>,
    /// When the gate opens by itself, if that is known.
    pub retry_at: Option<Timestamp>,
}

/// The run that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// The run.
    pub run: RunRef,
    /// Its workflow.
    pub workflow_id: String,
    /// When it began (a holder) or ended (everything else).
    pub at: Timestamp,
    /// How it ended; absent while it runs.
    pub outcome: Option<&'static str>,
}

type Rule = fn(&Seen) -> Option<Refusal>;

/// Asked in this order; the first that refuses decides.
pub const RULES: [(SkipReason, Rule); 4] = [
    (SkipReason::PreviousExecutionFailed, previous_execution_failed),
    (SkipReason::ExhaustedRetries, exhausted_retries),
    (SkipReason::ResourceBusy, resource_busy),
    (SkipReason::RecentlyRemediated, recently_remediated),
];

/// Answers for exactly the ledger that was seen.
pub fn decide(seen: &Seen) -> Gate {
    if seen.ledger.rebuilt_at.is_none() {
        return Gate::NotRebuilt;
    }
    match RULES.iter().find_map(|(_, rule)| rule(seen)) {
        Some(refusal) => Gate::Skip(refusal),
        None => Gate::Start(Permit { run: seen.run.clone(), workflow_id: seen.workflow_id.unwrap_or_default().to_owned() }),
    }
}

/// Every gate with its verdict, whatever decides.
pub fn explain(seen: &Seen) -> [(SkipReason, Option<Refusal>); 4] {
    RULES.map(|(reason, rule)| (reason, rule(seen)))
}

fn previous_execution_failed(seen: &Seen) -> Option<Refusal> {
    let blocks = &seen.ledger.blocks;
    let any_workflow = seen.workflow_id.is_none() || seen.settings.block_scope == BlockScope::Target || blocks.len() >= ledger::MOST_BLOCKS;
    let block = blocks.iter().find(|block| any_workflow || Some(block.workflow_id.as_str()) == seen.workflow_id)?;
    let message = format!(
        "Previous execution {}/{} failed during workflow run on target {}. Manual intervention required. Non-idempotent actions may have occurred. Verify the target, then clear block {}.",
        block.run.namespace, block.run.name, seen.target, block.id
    );
    Some(Refusal {
        reason: SkipReason::PreviousExecutionFailed,
        message,
        because_of: Some(Because {
            run: block.run.clone(),
            workflow_id: block.workflow_id.clone(),
            at: block.since,
            outcome: Some("Failed"),
        }),
        retry_at: None,
    })
}

fn exhausted_retries(seen: &Seen) -> Option<Refusal> {
    let (failures, limit) = (seen.ledger.consecutive_failures, seen.settings.max_consecutive_failures);
    let spent = limit > 0 && failures >= i32::try_from(limit).unwrap_or(i32::MAX);
    spent.then(|| Refusal {
        reason: SkipReason::ExhaustedRetries,
        message: format!(
            "{failures} of {limit} consecutive failures before start on target {}, infrastructure issues persisting. Fix the cause, then clear {}.",
            seen.target,
            ledger::exhaustion_id(seen.ledger).unwrap_or_else(|| "the exhaustion".to_owned())
        ),
        because_of: newest_run(seen),
        retry_at: None,
    })
}

fn resource_busy(seen: &Seen) -> Option<Refusal> {
    let holder = seen.ledger.holder.as_ref().filter(|holder| holder.run.uid != seen.run.uid)?;
    Some(Refusal {
        reason: SkipReason::ResourceBusy,
        message: format!(
            "{}/{} ({}) works on target {} since {}; waiting for its end",
            holder.run.namespace, holder.run.name, holder.workflow_id, seen.target, holder.since
        ),
        because_of: Some(Because { run: holder.run.clone(), workflow_id: holder.workflow_id.clone(), at: holder.since, outcome: None }),
        retry_at: None,
    })
}

fn recently_remediated(seen: &Seen) -> Option<Refusal> {
    [backing_off(seen), cooling_down(seen)].into_iter().flatten().max_by_key(|refusal| refusal.retry_at)
}

fn backing_off(seen: &Seen) -> Option<Refusal> {
    let until = seen.ledger.next_allowed_execution.filter(|until| seen.now < *until)?;
    let failures = seen.ledger.consecutive_failures;
    let wait = ledger::backoff(failures, seen.settings);
    let arithmetic = format!("{failures} consecutive failures before start, backoff {wait:#}, until {until}");
    Some(waiting(seen, arithmetic, newest_run(seen), until))
}

fn cooling_down(seen: &Seen) -> Option<Refusal> {
    let cooldown = seen.settings.cooldown.0;
    let mut successes = seen.ledger.last_success.iter();
    let success = successes.find(|success| seen.workflow_id.is_none_or(|workflow| workflow == success.workflow_id))?;
    let until = success.completed_at.checked_add(cooldown).unwrap_or(Timestamp::MAX);
    let resting = cooldown > SignedDuration::ZERO && seen.now < until;
    resting.then(|| {
        let Because { run, .. } = because(success.run.clone(), &success.workflow_id, success.completed_at, "Completed");
        let arithmetic =
            format!("{}/{} succeeded at {}, cooldown {cooldown:#}, until {until}", run.namespace, run.name, success.completed_at);
        waiting(seen, arithmetic, Some(because(run, &success.workflow_id, success.completed_at, "Completed")), until)
    })
}

fn waiting(seen: &Seen, arithmetic: String, because_of: Option<Because>, until: Timestamp) -> Refusal {
    let message = format!("target {} was worked on recently: {arithmetic}", seen.target);
    Refusal { reason: SkipReason::RecentlyRemediated, message, because_of, retry_at: Some(until) }
}

fn newest_run(seen: &Seen) -> Option<Because> {
    let newest = seen.ledger.runs.first()?;
    Some(because(newest.run.clone(), &newest.workflow_id, newest.completed_at.unwrap_or_default(), "Failed"))
}

fn because(run: RunRef, workflow_id: &str, at: Timestamp, outcome: &'static str) -> Because {
    Because { run, workflow_id: workflow_id.to_owned(), at, outcome: Some(outcome) }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
