//! Every check by name: a model in one configuration, or a property.

use crate::approval;
use crate::clearing;
use crate::ledger;
use crate::people::Verdicts;
use crate::properties;
use crate::replicas;
use crate::rules::Rules;
use crate::sabotage::Sabotage;
use crate::world::Promise;
use kubernaut::settings::BlockScope;
use stateright::{Checker, Expectation, HasDiscoveries, Model};
use std::collections::BTreeSet;
use std::hash::Hash;
use std::time::Instant;

/// What a check found.
pub struct Found {
    /// Distinct states, or cases of a property.
    pub states: usize,
    /// How long it took.
    pub seconds: f64,
    /// Promises that do not hold.
    pub broken: BTreeSet<String>,
    /// The shortest history found for each of them.
    pub histories: Vec<String>,
    /// What should have been seen and was not: the check is vacuous.
    pub unseen: BTreeSet<String>,
}

/// A check: with a sabotage and the promise that it must break, it stops as soon as that is broken.
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What it checks.
    pub promises: &'static [Promise],
    /// Whether it is too long for every day.
    pub long: bool,
    /// Runs it.
    pub run: fn(Option<(Sabotage, Promise)>) -> Found,
}

use Promise::{Ends, S1, S2, S3, S4, S6, S9, S10, S14, S18, S19, S21};

const APPROVAL: &[Promise] = &[S1, S2, S6, S9, S10, Ends];
const LEDGER: &[Promise] = &[S3, S4, S14, S18, S21, Ends];
const LOST: &[Promise] = &[S3, S4, S14, S21, Ends];
const STEP: &[Promise] = &[S3, S21, Ends];

const fn check(name: &'static str, promises: &'static [Promise], long: bool, run: fn(Option<(Sabotage, Promise)>) -> Found) -> Check {
    Check { name, promises, long, run }
}

/// All of them.
pub const CHECKS: &[Check] = &[
    check("people decide", APPROVAL, false, |s| approvals(asked(1, 0, 0, 1), s)),
    check("forged runs", APPROVAL, false, |s| approvals(asked(0, 1, 0, 0), s)),
    check("clocks jump", APPROVAL, false, |s| approvals(asked(0, 0, 1, 0), s)),
    check("approved by itself", APPROVAL, false, |s| {
        approvals(approval::Setup { auto: true, ticks: 1, faults: 1, ..asked(0, 1, 0, 1) }, s)
    }),
    check("two runs", LEDGER, false, |s| ledgers(pair(1, [0, 0], 0), s)),
    check("two workflows", LEDGER, true, |s| ledgers(pair(1, [0, 1], 0), s)),
    check("a stop", LEDGER, false, |s| ledgers(ledger::Setup { faults: 0, stops: 1, ..pair(1, [0, 0], 0) }, s)),
    check("a lost ledger", LOST, true, |s| ledgers(ledger::Setup { faults: 0, losses: 1, attempts: 0, ..pair(1, [0, 0], 0) }, s)),
    check("people clear", &[S4, S9], false, |s| clearings(cleared(1, 0, 1), s)),
    check("people delete", &[S4, S9], false, |s| clearings(cleared(0, 2, 0), s)),
    check("a write on its way", STEP, false, |s| writes(written(2, 0, 0, 0, 0), s)),
    check("a step vanishes", STEP, false, |s| writes(written(1, 1, 0, 0, 1), s)),
    check("a stop on the way", STEP, false, |s| writes(written(1, 1, 1, 0, 0), s)),
    check("a stranger writes, too", STEP, false, |s| writes(written(1, 1, 0, 1, 0), s)),
    check("precedence", &[S19], false, properties::precedence),
    check("backoff", &[S18], false, properties::backoff),
    check("people decide, crashes", APPROVAL, true, |s| approvals(approval::Setup { faults: 1, ..asked(1, 1, 0, 0) }, s)),
    check("two runs, time passes", LEDGER, true, |s| ledgers(pair(1, [0, 0], 1), s)),
    check("two workflows, time passes", LEDGER, true, |s| ledgers(ledger::Setup { faults: 0, ..pair(1, [0, 1], 1) }, s)),
    check("two processes", LEDGER, true, |s| ledgers(ledger::Setup { faults: 0, attempts: 0, ..pair(2, [0, 0], 0) }, s)),
    check("clear and delete", &[S4, S9], true, |s| clearings(cleared(1, 1, 0), s)),
    check("a paused process", STEP, true, |s| writes(written(2, 1, 0, 0, 0), s)),
    check("two processes, a stop", STEP, true, |s| writes(written(2, 0, 1, 0, 0), s)),
    check("two processes, a stranger", STEP, true, |s| writes(written(2, 0, 0, 1, 0), s)),
];

fn asked(replans: u8, forgeries: u8, jumps: u8, ends: u8) -> approval::Setup {
    approval::Setup { auto: false, ticks: 2, faults: 0, replans, forgeries, jumps, ends }
}

fn pair(processes: usize, workflows: [u8; 2], ticks: u8) -> ledger::Setup {
    ledger::Setup { processes, workflows, ticks, faults: 1, losses: 0, stops: 0, attempts: 1 }
}

fn cleared(clearances: usize, deletions: u8, ticks: u8) -> clearing::Setup {
    clearing::Setup { workflows: [0, 1, 0], clearances, deletions, faults: 0, ticks }
}

fn written(processes: usize, faults: u8, stops: u8, strangers: u8, vanishes: u8) -> replicas::Setup {
    replicas::Setup { processes, faults, stops, strangers, vanishes }
}

fn approvals(setup: approval::Setup, sabotage: Option<(Sabotage, Promise)>) -> Found {
    explore(approval::Model { sabotage: sabotage.map(|one| one.0), verdicts: Verdicts::default(), setup }, sabotage)
}

fn ledgers(setup: ledger::Setup, sabotage: Option<(Sabotage, Promise)>) -> Found {
    explore(ledger::Model { rules: Rules::new(2, 1, BlockScope::Workflow, sabotage.map(|one| one.0)), setup }, sabotage)
}

fn clearings(setup: clearing::Setup, sabotage: Option<(Sabotage, Promise)>) -> Found {
    explore(clearing::Model { rules: Rules::new(2, 0, BlockScope::Workflow, sabotage.map(|one| one.0)), setup }, sabotage)
}

fn writes(setup: replicas::Setup, sabotage: Option<(Sabotage, Promise)>) -> Found {
    explore(replicas::Model::new(setup, sabotage.map(|one| one.0)), sabotage)
}

/// Exhausts a model; of a sabotaged one only until the promise is broken.
fn explore<M>(model: M, sabotage: Option<(Sabotage, Promise)>) -> Found
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + Send + Sync + Clone + std::fmt::Debug + PartialEq + 'static,
    M::Action: Clone + std::fmt::Debug + PartialEq + 'static,
{
    let began = Instant::now();
    let promises: Vec<(&'static str, Expectation)> =
        model.properties().into_iter().map(|property| (property.name, property.expectation)).collect();
    let wanted = promises.iter().map(|one| one.0).find(|name| sabotage.is_some_and(|(_, promise)| promise.to_string() == *name));
    let stop = wanted.map_or(HasDiscoveries::All, |name| HasDiscoveries::AnyOf([name].into()));
    let checker = model.checker().finish_when(stop).spawn_bfs().join();
    let paths = checker.discoveries();
    let found: BTreeSet<&'static str> = paths.keys().copied().collect();
    let mut histories = Vec::new();
    let (mut broken, mut unseen) = (BTreeSet::new(), BTreeSet::new());
    for (name, expectation) in promises {
        match expectation {
            Expectation::Always if found.contains(name) => {
                let actions = paths[name].clone().into_actions();
                histories.push(format!("{name} is broken by {actions:?}"));
                broken.insert(name.to_owned());
            }
            Expectation::Sometimes if !found.contains(name) => drop(unseen.insert(name.to_owned())),
            _ => {}
        }
    }
    Found { states: checker.unique_state_count(), seconds: began.elapsed().as_secs_f64(), broken, histories, unseen }
}
