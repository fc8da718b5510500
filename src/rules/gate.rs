//! Decides whether a run may start on its target: four named rules, asked in order, the worst news first.

use super::ledger;
use crate::api::{Block, Holder, LastSuccess, RemediationTargetStatus, RunOutcome, RunRef, SkipReason};
use crate::settings::{BlockScope, Gate as Settings, Length};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

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
    /// When it began (a holder) or ended (everything else), if that is known.
    pub at: Option<Timestamp>,
    /// How it ended; absent while it runs.
    pub outcome: Option<&'static str>,
}

/// What stands between a run and its start.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing.
    Allowed,
    /// Time, or another run's end; it becomes `Allowed` by itself.
    Waiting,
    /// A person must act; it never becomes `Allowed` by itself.
    Blocked,
}

/// What one gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which gate.
    pub gate: SkipReason,
    /// Whether it is open.
    pub verdict: Verdict,
    /// Why, also when it is open.
    pub message: String,
    /// The run that stands in the way.
    pub because: Option<Because>,
    /// When the gate opens by itself, if that is known.
    pub retry_at: Option<Timestamp>,
}

impl Answer {
    fn open(gate: SkipReason, message: impl Into<String>) -> Self {
        Self { gate, verdict: Verdict::Allowed, message: message.into(), because: None, retry_at: None }
    }

    fn shut(gate: SkipReason, message: String, because: Option<Because>) -> Self {
        let verdict = if gate.is_permanent() { Verdict::Blocked } else { Verdict::Waiting };
        Self { gate, verdict, message, because, retry_at: None }
    }

    fn until(self, at: Timestamp) -> Self {
        Self { retry_at: Some(at), ..self }
    }
}

impl From<Answer> for Refusal {
    fn from(answer: Answer) -> Self {
        Self { reason: answer.gate, message: answer.message, because_of: answer.because, retry_at: answer.retry_at }
    }
}

type Rule = fn(&Seen) -> Answer;

/// Asked in this order; the first that refuses decides.
pub const RULES: [Rule; 4] = [previous_execution_failed, exhausted_retries, resource_busy, recently_remediated];

/// Answers for exactly the ledger that was seen.
pub fn decide(seen: &Seen) -> Gate {
    if seen.ledger.rebuilt_at.is_none() {
        return Gate::NotRebuilt;
    }
    match RULES.iter().map(|rule| rule(seen)).find(|answer| answer.verdict != Verdict::Allowed) {
        Some(refusing) => Gate::Skip(refusing.into()),
        None => Gate::Start(Permit { run: seen.run.clone(), workflow_id: seen.workflow_id.unwrap_or_default().to_owned() }),
    }
}

/// What every gate says, in order, whatever decides.
pub fn explain(seen: &Seen) -> [Answer; 4] {
    RULES.map(|rule| rule(seen))
}

/// The answer that decides: the first that refuses.
pub fn deciding(answers: &[Answer; 4]) -> Option<&Answer> {
    answers.iter().find(|answer| answer.verdict != Verdict::Allowed)
}

/// Whether something about `of` concerns the workflow that asks; what is not known concerns everybody.
fn concerns(seen: &Seen, of: &str) -> bool {
    of.is_empty() || seen.workflow_id.is_none_or(|mine| mine.is_empty() || mine == of)
}

/// The blocks that stop this run. A full list stops every workflow, since what else failed could not be recorded.
pub fn blocks_against<'a>(seen: &Seen<'a>) -> impl Iterator<Item = &'a Block> {
    let (seen, blocks) = (*seen, &seen.ledger.blocks);
    let every = seen.settings.block_scope == BlockScope::Target || blocks.len() >= ledger::MOST_BLOCKS;
    blocks.iter().filter(move |block| every || concerns(&seen, &block.workflow_id))
}

/// The one of them that is named: its own workflow's first, the newest first.
pub fn block_against<'a>(seen: &Seen<'a>) -> Option<&'a Block> {
    blocks_against(seen).max_by_key(|block| (concerns(seen, &block.workflow_id), block.since))
}

/// Whether this run is stopped by failures before start that only a person clears.
pub fn is_exhausted(seen: &Seen) -> bool {
    exhausted_retries(seen).verdict == Verdict::Blocked
}

fn previous_execution_failed(seen: &Seen) -> Answer {
    let gate = SkipReason::PreviousExecutionFailed;
    let Some(block) = block_against(seen) else {
        return Answer::open(gate, "no failed execution that counts here waits to be cleared");
    };
    let RunRef { namespace, name, .. } = &block.run;
    let message = format!(
        "Previous execution {namespace}/{name} failed during workflow run on target {}. Manual intervention required. Non-idempotent actions may have occurred. Verify the target, then clear block {}.",
        seen.target, block.id
    );
    Answer::shut(gate, message, Some(because(&block.run, &block.workflow_id, known(block.since), Some("Failed"))))
}

fn exhausted_retries(seen: &Seen) -> Answer {
    let gate = SkipReason::ExhaustedRetries;
    let (failures, limit) = (seen.ledger.consecutive_failures.max(0), seen.settings.max_consecutive_failures);
    if limit == 0 {
        return Answer::open(gate, format!("{failures} consecutive failures before start, without a limit"));
    }
    let counted = format!("{failures} of {limit} consecutive failures before start");
    if i64::from(failures) < i64::from(limit) {
        return Answer::open(gate, counted);
    }
    let what = ledger::exhaustion_id(seen.ledger).unwrap_or_else(|| "the exhaustion".to_owned());
    let message = format!("{counted} on target {}, infrastructure issues persisting. Fix the cause, then clear {what}.", seen.target);
    Answer::shut(gate, message, last_failure(seen))
}

fn resource_busy(seen: &Seen) -> Answer {
    let gate = SkipReason::ResourceBusy;
    let Some(Holder { run, workflow_id, since }) = &seen.ledger.holder else {
        return Answer::open(gate, "nothing runs on this target");
    };
    if !run.uid.is_empty() && run.uid == seen.run.uid {
        return Answer::open(gate, "this run holds the target itself");
    }
    let began = known(*since).map(|since| format!(" since {}", seconds(since))).unwrap_or_default();
    let message = format!("{}/{} ({workflow_id}) works on target {}{began}; waiting for its end", run.namespace, run.name, seen.target);
    Answer::shut(gate, message, Some(because(run, workflow_id, known(*since), None)))
}

fn recently_remediated(seen: &Seen) -> Answer {
    let waits = [backing_off(seen), cooling_down(seen)].into_iter().flatten();
    match waits.max_by_key(|wait| wait.until) {
        None => Answer::open(SkipReason::RecentlyRemediated, "neither backoff nor cooldown"),
        Some(wait) => {
            let message = format!("target {} was worked on recently: {}, until {}", seen.target, wait.arithmetic, seconds(wait.until));
            Answer::shut(SkipReason::RecentlyRemediated, message, wait.because).until(wait.until)
        }
    }
}

/// A point in time for people; what counts has its fractions.
fn seconds(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// A reason to wait, and until when.
pub(super) struct Wait {
    arithmetic: String,
    because: Option<Because>,
    until: Timestamp,
}

/// The wait after failures before start; the ledger's time is what counts, the arithmetic says where it comes from.
pub(super) fn backing_off(seen: &Seen) -> Option<Wait> {
    let until = seen.ledger.next_allowed_execution.filter(|until| seen.now < *until)?;
    let because = last_failure(seen);
    let last = because.as_ref().and_then(|because| because.at).map(|at| format!(", last failure {}", seconds(at))).unwrap_or_default();
    let arithmetic = format!("{}{last}", arithmetic(seen.ledger.consecutive_failures, seen.settings));
    Some(Wait { arithmetic, because, until })
}

fn arithmetic(failures: i32, settings: &Settings) -> String {
    let (base, cap, most) = (settings.base_cooldown, settings.max_cooldown, settings.max_backoff_exponent);
    if failures <= 0 || base.0.is_zero() {
        return "a wait that the ledger holds".to_owned();
    }
    let doublings = if failures.saturating_sub(1).unsigned_abs() > most { format!("{most}") } else { format!("({failures}-1)") };
    let uncapped = Settings { max_cooldown: Length::seconds(0), ..*settings };
    let product = Length(ledger::backoff(failures, &uncapped));
    let capped = if cap.0.is_zero() { String::new() } else { format!(", capped at {cap}") };
    format!("{failures} consecutive failures before start, base {base} x 2^{doublings} = {product}{capped}")
}

/// The rest after a success of the same workflow; of several the one that ends last.
fn cooling_down(seen: &Seen) -> Option<Wait> {
    let cooldown = seen.settings.cooldown;
    if cooldown.0 <= SignedDuration::ZERO {
        return None;
    }
    let successes = seen.ledger.last_success.iter().filter(|success| concerns(seen, &success.workflow_id));
    let success = successes.max_by_key(|success| success.completed_at)?;
    let LastSuccess { run, workflow_id, completed_at } = success;
    let until = completed_at.checked_add(cooldown.0).unwrap_or(Timestamp::MAX);
    let arithmetic = || format!("{}/{} succeeded at {}, cooldown {cooldown}", run.namespace, run.name, seconds(*completed_at));
    let because = || Some(because(run, workflow_id, Some(*completed_at), Some("Completed")));
    (seen.now < until).then(|| Wait { arithmetic: arithmetic(), because: because(), until })
}

/// The newest run that failed before start.
fn last_failure(seen: &Seen) -> Option<Because> {
    let newest = seen.ledger.runs.iter().find(|recorded| recorded.outcome == RunOutcome::FailedBeforeStart)?;
    Some(because(&newest.run, &newest.workflow_id, newest.completed_at, Some("Failed")))
}

fn because(run: &RunRef, workflow_id: &str, at: Option<Timestamp>, outcome: Option<&'static str>) -> Because {
    Because { run: run.clone(), workflow_id: workflow_id.to_owned(), at, outcome }
}

/// A time that a ledger had to fill in without knowing it is none.
pub(super) fn known(at: Timestamp) -> Option<Timestamp> {
    Some(at).filter(|at| *at != Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
