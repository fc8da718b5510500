//! Calls the project's rules about ledgers: small numbers in, the real rule, small numbers out. Answers are remembered,
//! which is sound because rules are pure.

use crate::sabotage::Sabotage;
use crate::world::{Few, Mutated};
use jiff::Timestamp;
use kubernaut::api::{Clearance, RemediationTargetStatus, RunOutcome, RunRef, SkipReason, WorkflowPhase, names};
use kubernaut::rules::{clearing, gate, ledger, rebuild};
use kubernaut::settings::{BlockScope, Gate as Settings};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// A ledger, by its place in the table of all ledgers that were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ledger(u16);

/// What the checks want to know of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Facts {
    /// The run that holds the target.
    pub holder: Option<u8>,
    /// When it took the target.
    pub since: u8,
    /// Failures before start in a row.
    pub failures: u8,
    /// Before when nothing starts.
    pub next: Option<u8>,
    /// The runs with a block.
    pub blocks: Few,
    /// The runs whose outcome is recorded.
    pub runs: Few,
    /// Whether it was built.
    pub rebuilt: bool,
}

/// The gate's answer; a start comes with the ledger in which the target is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Answer {
    Start(Ledger),
    Skip(SkipReason),
    NotRebuilt,
}

/// A clearance of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Clear {
    /// Number of the BlockClearance object.
    pub uid: u8,
    /// The run that made the block, or failed last.
    pub run: u8,
    /// Whether an exhaustion is meant.
    pub exhaustion: bool,
}

/// A run as its own object tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Past {
    /// Number of the run.
    pub run: u8,
    /// Its workflow.
    pub workflow: u8,
    /// Where it stands.
    pub phase: WorkflowPhase,
    /// How it ended.
    pub outcome: Option<RunOutcome>,
    /// When it began.
    pub started: Option<u8>,
    /// When it ended.
    pub completed: Option<u8>,
    /// Its copy of the counter.
    pub failures: u8,
    /// Its copy of the next allowed time.
    pub next: Option<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    Gate { ledger: Ledger, run: u8, workflow: u8, now: u8 },
    End { ledger: Ledger, run: u8, workflow: u8, outcome: RunOutcome, now: u8 },
    Clear { ledger: Ledger, clear: Clear, now: u8 },
}

#[derive(Clone, Copy)]
enum Told {
    Gate(Answer),
    Ledger(Option<Ledger>),
}

#[derive(Default)]
struct Tables {
    ledgers: Vec<(RemediationTargetStatus, Facts)>,
    places: HashMap<String, Ledger>,
    answers: HashMap<Asked, Told>,
}

/// The rules of one model, with its settings and its design mutant.
pub struct Rules {
    /// The design mutant.
    pub sabotage: Option<Sabotage>,
    settings: Settings,
    tables: Mutex<Tables>,
}

impl Mutated for Rules {
    fn sabotage(&self) -> Option<Sabotage> {
        self.sabotage
    }
}

impl Rules {
    /// Rules with a limit of failures, a cooldown in minutes and the scope of blocks.
    pub fn new(most_failures: u32, cooldown: i64, block_scope: BlockScope, sabotage: Option<Sabotage>) -> Self {
        let length = |minutes| format!("{minutes}m").parse().unwrap();
        let settings = Settings { max_consecutive_failures: most_failures, cooldown: length(cooldown), block_scope, ..Settings::default() };
        Self { sabotage, settings, tables: Mutex::default() }
    }

    fn tables(&self) -> std::sync::MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, asked: Asked, answer: impl FnOnce(&mut Tables) -> Told) -> Told {
        let mut tables = self.tables();
        if let Some(told) = tables.answers.get(&asked) {
            return *told;
        }
        let told = answer(&mut tables);
        tables.answers.insert(asked, told);
        told
    }

    /// A ledger that nobody has built yet.
    pub fn fresh(&self) -> Ledger {
        place(&mut self.tables(), RemediationTargetStatus::default())
    }

    /// What the checks want to know.
    pub fn facts(&self, ledger: Ledger) -> Facts {
        self.tables().ledgers[usize::from(ledger.0)].1
    }

    /// `rules::gate::decide`, and the permit's take.
    pub fn gate(&self, ledger: Ledger, run: u8, workflow: u8, now: u8) -> Answer {
        let told = self.remember(Asked::Gate { ledger, run, workflow, now }, |tables| {
            let status = self.as_the_gate_sees(&tables.ledgers[usize::from(ledger.0)].0, run);
            let (run, workflow_id) = (run_ref(run), workflow_id(workflow));
            let seen = gate::Seen {
                now: at(now),
                run: &run,
                workflow_id: Some(&workflow_id),
                target: "ns/deployment/api",
                ledger: &status,
                settings: &self.settings,
            };
            Told::Gate(match gate::decide(&seen) {
                gate::Gate::Start(permit) => Answer::Start(place(tables, permit.take(&status, at(now)))),
                gate::Gate::Skip(refusal) => Answer::Skip(refusal.reason),
                gate::Gate::NotRebuilt => Answer::NotRebuilt,
            })
        });
        let Told::Gate(answer) = told else { unreachable!("a gate's question has a gate's answer") };
        answer
    }

    /// Mutants of the gate are mutants of what it is shown.
    fn as_the_gate_sees(&self, ledger: &RemediationTargetStatus, run: u8) -> RemediationTargetStatus {
        let mut seen = ledger.clone();
        match self.sabotage {
            Some(Sabotage::NoBackoff) => seen.next_allowed_execution = None,
            Some(Sabotage::UnbuiltPermits) => seen.rebuilt_at = seen.rebuilt_at.or(Some(at(0))),
            Some(Sabotage::TwoTakes) => seen.holder = None,
            Some(Sabotage::BlockByName) => seen.blocks.retain(|block| block.run.name != run_ref(run).name || block.run.uid == uid(run)),
            _ => {}
        }
        seen
    }

    /// `rules::ledger::end`.
    pub fn end(&self, ledger: Ledger, run: u8, workflow: u8, outcome: RunOutcome, now: u8) -> Option<Ledger> {
        let told = self.remember(Asked::End { ledger, run, workflow, outcome, now }, |tables| {
            let mut before = tables.ledgers[usize::from(ledger.0)].0.clone();
            if self.is(Sabotage::CountTwice) {
                before.runs.retain(|recorded| recorded.run.uid != uid(run));
            }
            let ended = ledger::Ended { run: run_ref(run), workflow_id: workflow_id(workflow), outcome, message: "it failed".to_owned() };
            let mut after = ledger::end(&before, &ended, at(now), &self.settings);
            if let Some(after) = after.as_mut().filter(|_| self.is(Sabotage::BlockOnRunOnly)) {
                after.blocks.clear();
            }
            Told::Ledger(after.map(|after| place(tables, after)))
        });
        as_ledger(told)
    }

    /// The ledger with the target taken by a permit that was given for another ledger: what a mutant writes.
    pub fn take_unasked(&self, ledger: Ledger, run: u8, now: u8) -> Ledger {
        let blank = RemediationTargetStatus { rebuilt_at: Some(at(now)), ..RemediationTargetStatus::default() };
        let (run, workflow_id) = (run_ref(run), workflow_id(0));
        let (target, workflow_id) = ("ns/deployment/api", Some(workflow_id.as_str()));
        let seen = gate::Seen { now: at(now), run: &run, workflow_id, target, ledger: &blank, settings: &self.settings };
        let gate::Gate::Start(permit) = gate::decide(&seen) else { unreachable!("a blank ledger permits") };
        let mut tables = self.tables();
        let status = permit.take(&tables.ledgers[usize::from(ledger.0)].0, at(now));
        place(&mut tables, status)
    }

    /// The ledger without its holder: what a mutant writes before it writes the rest.
    pub fn without_holder(&self, ledger: Ledger) -> Ledger {
        let mut tables = self.tables();
        let status = tables.ledgers[usize::from(ledger.0)].0.clone();
        place(&mut tables, RemediationTargetStatus { holder: None, ..status })
    }

    /// The ledger without the blocks of these runs: what mutants do.
    pub fn without_blocks(&self, ledger: Ledger, which: impl Fn(u8) -> bool) -> Ledger {
        let mut tables = self.tables();
        let mut status = tables.ledgers[usize::from(ledger.0)].0.clone();
        status.blocks.retain(|block| !which(number(&block.run.uid)));
        place(&mut tables, status)
    }

    /// `rules::clearing::clear`; `None` when there is nothing to lift, or it was lifted before.
    pub fn clear(&self, ledger: Ledger, clear: Clear, now: u8) -> Option<Ledger> {
        let told = self.remember(Asked::Clear { ledger, clear, now }, |tables| {
            let id = if clear.exhaustion { names::exhaustion_id(&uid(clear.run)) } else { names::block_id(&uid(clear.run)) };
            let clearance = Clearance { uid: format!("clearance-{}", clear.uid), block_id: id, when: at(now), ..Clearance::default() };
            let before = tables.ledgers[usize::from(ledger.0)].0.clone();
            Told::Ledger(match clearing::clear(&before, &clearance) {
                clearing::Clearing::Lift(mut after) => {
                    if self.is(Sabotage::ClearLiftsAll) {
                        after.blocks.clear();
                    }
                    Some(place(tables, *after))
                }
                clearing::Clearing::Already | clearing::Clearing::NothingThere(_) => None,
            })
        });
        as_ledger(told)
    }

    /// `rules::rebuild::rebuild`, from a list of runs and the ids that clearances lifted.
    pub fn rebuild(&self, runs: &[Past], lifted: &[Clear], now: u8) -> Ledger {
        let past: Vec<rebuild::PastRun> = runs.iter().map(past_run).collect();
        let ids: Vec<String> = lifted.iter().map(|clear| names::block_id(&uid(clear.run))).collect();
        let status = match self.sabotage {
            Some(Sabotage::RebuildForgets) => RemediationTargetStatus { rebuilt_at: Some(at(now)), ..RemediationTargetStatus::default() },
            _ => rebuild::rebuild(&RemediationTargetStatus::default(), &past, &ids, at(now), &self.settings),
        };
        place(&mut self.tables(), status)
    }
}

fn as_ledger(told: Told) -> Option<Ledger> {
    let Told::Ledger(ledger) = told else { unreachable!("a ledger's question has a ledger's answer") };
    ledger
}

fn place(tables: &mut Tables, status: RemediationTargetStatus) -> Ledger {
    let key = format!("{status:?}");
    if let Some(found) = tables.places.get(&key) {
        return *found;
    }
    let fresh = Ledger(u16::try_from(tables.ledgers.len()).unwrap());
    let facts = facts(&status);
    tables.ledgers.push((status, facts));
    tables.places.insert(key, fresh);
    fresh
}

fn facts(status: &RemediationTargetStatus) -> Facts {
    let set = |uids: Vec<&String>| {
        let mut set = Few::default();
        uids.into_iter().for_each(|uid| set.add(usize::from(number(uid))));
        set
    };
    Facts {
        holder: status.holder.as_ref().map(|holder| number(&holder.run.uid)),
        since: status.holder.as_ref().map_or(0, |holder| minute(holder.since)),
        failures: u8::try_from(status.consecutive_failures).unwrap(),
        next: status.next_allowed_execution.map(minute),
        blocks: set(status.blocks.iter().map(|block| &block.run.uid).collect()),
        runs: set(status.runs.iter().map(|recorded| &recorded.run.uid).collect()),
        rebuilt: status.rebuilt_at.is_some(),
    }
}

fn past_run(past: &Past) -> rebuild::PastRun {
    rebuild::PastRun {
        run: run_ref(past.run),
        workflow_id: workflow_id(past.workflow),
        phase: past.phase,
        outcome: past.outcome,
        was_execution_failure: past.outcome.filter(|outcome| !outcome.is_success()).map(|outcome| outcome == RunOutcome::FailedDuring),
        started: past.started.map(at),
        completed: past.completed.map(at),
        consecutive_failures: Some(i32::from(past.failures)),
        next_allowed_execution: past.next.map(at),
        block_cleared: false,
        message: String::new(),
    }
}

/// A minute of the models' clock.
pub fn at(minute: u8) -> Timestamp {
    Timestamp::from_second(i64::from(minute) * 60).unwrap()
}

fn minute(at: Timestamp) -> u8 {
    u8::try_from(at.as_second() / 60).unwrap()
}

fn uid(run: u8) -> String {
    format!("{run:012}-uid")
}

fn number(uid: &str) -> u8 {
    uid.chars().take(12).collect::<String>().parse().unwrap()
}

/// Runs of one name differ in their uid only: the worst case for whatever looks at names.
fn run_ref(run: u8) -> RunRef {
    RunRef { namespace: "ns".to_owned(), name: "rr-workflow".to_owned(), uid: uid(run), remediation_request: "rr".to_owned() }
}

/// The name of a workflow.
pub fn workflow_id(workflow: u8) -> String {
    format!("workflow-{workflow}")
}
