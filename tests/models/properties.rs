//! Properties of single rules, over many made-up inputs: what a model is not the right tool for.

use crate::checks::Found;
use crate::rules::at;
use crate::sabotage::Sabotage;
use crate::world::Promise;
use jiff::{SignedDuration, Timestamp};
use kubernaut::api::{Block, Holder, LastSuccess, RemediationTargetStatus, RunOutcome, RunRef, SkipReason};
use kubernaut::rules::gate::{self, Gate};
use kubernaut::rules::ledger;
use kubernaut::settings::Gate as Settings;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeSet;
use std::time::Instant;

const CASES: u32 = 2_000;

/// Runs a property with a fixed seed, so that it finds the same each time.
fn property<S: Strategy>(promise: Promise, inputs: S, holds: impl Fn(S::Value) -> bool) -> Found
where
    S::Value: std::fmt::Debug,
{
    let began = Instant::now();
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()));
    let result = runner.run(&inputs, |input| {
        prop_assert!(holds(input));
        Ok(())
    });
    let broken = result.err().map(|_| promise.to_string()).into_iter().collect();
    Found { states: CASES as usize, seconds: began.elapsed().as_secs_f64(), broken, histories: Vec::new(), unseen: BTreeSet::new() }
}

fn reference(number: u8) -> RunRef {
    RunRef { uid: format!("{number:012}"), name: format!("run-{number}"), ..RunRef::default() }
}

fn minutes(most: i64) -> impl Strategy<Value = Option<Timestamp>> {
    proptest::option::of((0..most).prop_map(|minute| Timestamp::from_second(minute * 60).unwrap()))
}

prop_compose! {
    fn ledgers()(
        failures in 0..8_i32,
        next in minutes(40),
        holder in proptest::option::of(0..3_u8),
        blocks in proptest::collection::vec(0..3_u8, 0..3),
        success in minutes(40),
    ) -> RemediationTargetStatus {
        let block = |number: u8| Block { run: reference(number), workflow_id: format!("w{number}"), id: format!("{number:012}"), ..Block::default() };
        let success = success.map(|completed_at| LastSuccess { workflow_id: "w0".into(), run: reference(9), completed_at });
        RemediationTargetStatus {
            consecutive_failures: failures,
            next_allowed_execution: next,
            holder: holder.map(|number| Holder { run: reference(number), ..Holder::default() }),
            blocks: blocks.into_iter().map(block).collect(),
            last_success: success.into_iter().collect(),
            rebuilt_at: Some(at(0)),
            ..RemediationTargetStatus::default()
        }
    }
}

fn answer(ledger: &RemediationTargetStatus, now: u8) -> Option<SkipReason> {
    let (run, settings) = (reference(0), Settings::default());
    let seen = gate::Seen { now: at(now), run: &run, workflow_id: Some("w0"), target: "a/b/c", ledger, settings: &settings };
    match gate::decide(&seen) {
        Gate::Start(_) => None,
        Gate::Skip(refusal) => Some(refusal.reason),
        Gate::NotRebuilt => unreachable!("every ledger here is built"),
    }
}

/// What the contract says, written down a second time: the first row of its table that holds.
fn by_the_book(ledger: &RemediationTargetStatus, now: u8) -> Option<SkipReason> {
    let early = |until: Timestamp| at(now) < until;
    let cooling = ledger.last_success.iter().any(|success| early(success.completed_at + SignedDuration::from_mins(5)));
    let rows = [
        (SkipReason::PreviousExecutionFailed, ledger.blocks.iter().any(|block| block.workflow_id == "w0")),
        (SkipReason::ExhaustedRetries, ledger.consecutive_failures >= 5),
        (SkipReason::ResourceBusy, ledger.holder.as_ref().is_some_and(|holder| holder.run.uid != reference(0).uid)),
        (SkipReason::RecentlyRemediated, ledger.next_allowed_execution.is_some_and(early) || cooling),
    ];
    rows.into_iter().find(|row| row.1).map(|row| row.0)
}

/// The gates are asked in one order, and the same evidence has the same answer.
pub fn precedence(sabotage: Option<(Sabotage, Promise)>) -> Found {
    let swapped = sabotage.is_some();
    property(Promise::S19, (ledgers(), 0..45_u8), move |(ledger, now)| {
        let first = match swapped {
            // Busy before blocked, by asking about the holder alone first.
            true => {
                let holder = ledger.holder.clone();
                answer(&RemediationTargetStatus { holder, rebuilt_at: ledger.rebuilt_at, ..Default::default() }, now)
            }
            false => None,
        };
        let told = || first.or_else(|| answer(&ledger, now));
        told() == by_the_book(&ledger, now) && told() == told()
    })
}

/// `base · 2^(k − 1)`, capped: monotone, saturating, never negative.
pub fn backoff(sabotage: Option<(Sabotage, Promise)>) -> Found {
    let wraps = sabotage.is_some();
    let settings = Settings { max_backoff_exponent: 30, ..Settings::default() };
    property(Promise::S18, proptest::num::i32::ANY, move |failures| {
        let wait = |failures: i32| match wraps {
            true => SignedDuration::from_mins(i64::from(1_u8.wrapping_shl(failures.unsigned_abs()))),
            false => ledger::backoff(failures, &settings),
        };
        let (one, more) = (wait(failures), wait(failures.saturating_add(1)));
        let capped = if failures >= 5 { one == SignedDuration::from_mins(10) } else { one >= SignedDuration::ZERO };
        one <= more && capped
    })
}

#[test]
fn recording_an_outcome_twice_changes_nothing() {
    let outcomes = [
        RunOutcome::Succeeded,
        RunOutcome::Unverified,
        RunOutcome::FailedBeforeStart,
        RunOutcome::FailedDuring,
        RunOutcome::Cancelled,
        RunOutcome::PlanMismatch,
    ];
    let found = property(
        Promise::S18,
        (ledgers(), 0..4_u8, proptest::sample::select(outcomes.to_vec()), 0..90_u8),
        |(ledger, run, outcome, now)| {
            let ended = ledger::Ended { run: reference(run), workflow_id: "w0".into(), outcome, message: "m".into() };
            let settings = Settings::default();
            let Some(once) = ledger::end(&ledger, &ended, at(now), &settings) else { return false };
            let held = once.holder.as_ref().is_some_and(|holder| holder.run.uid == ended.run.uid);
            !held && ledger::end(&once, &ended, at(now.saturating_add(7)), &settings).is_none()
        },
    );
    assert!(found.broken.is_empty());
}

#[test]
fn time_only_opens() {
    let found = property(Promise::S10, (ledgers(), 0..45_u8, 0..45_u8), |(ledger, now, later)| {
        let (before, after) = (answer(&ledger, now), answer(&ledger, now.saturating_add(later)));
        before.is_some() || after.is_none()
    });
    assert!(found.broken.is_empty());
}

#[test]
fn time_opens_nothing_that_a_person_must_open() {
    let found = property(Promise::S10, (ledgers(), 0..45_u8), |(ledger, now)| {
        let permanent = answer(&ledger, now).is_some_and(SkipReason::is_permanent);
        !permanent || answer(&ledger, 250) == answer(&ledger, now)
    });
    assert!(found.broken.is_empty());
}
