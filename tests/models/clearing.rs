//! What ran and failed, and everything that people may do about it: clear, annotate, delete, re-create. Three runs of two workflows on
//! one target, one after the other; the controllers may crash between any two writes.

use crate::rules::{Answer, Clear, Facts, Ledger, Rules};
use crate::sabotage::Sabotage;
use crate::world::{Broken, Few, Mutated, Obj, Promise};
use kubernaut::api::{RunOutcome, SkipReason};

/// How many runs there are.
pub const RUNS: usize = 3;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Phase {
    NotMade,
    Pending,
    Executing,
    /// Its outcome is decided.
    Decided(RunOutcome),
    /// Its outcome stands in the ledger.
    Recorded(RunOutcome),
    Over(RunOutcome),
    Refused(SkipReason),
}

/// A WorkflowExecution with its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Run {
    pub phase: Phase,
    pub acted: bool,
    pub request_gone: bool,
    /// Whether a deletion is pending, and who asked for it.
    pub deleting: Option<Person>,
    pub deleted_while_running: bool,
    pub annotated: bool,
    pub gone: bool,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Person {
    /// May clear.
    Alice,
    /// May not.
    Bob,
    Collector,
}

/// A BlockClearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Clearance {
    pub clear: Clear,
    pub by: Person,
    pub answered: bool,
}

/// Everything there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct World {
    pub now: u8,
    pub ledger: Obj<Ledger>,
    pub runs: [Run; RUNS],
    pub clearances: [Option<Clearance>; 2],
    /// A clearance that is being applied: the ledger that was read for it.
    pub applying: Option<(u8, Obj<Ledger>)>,
    pub faults: u8,
    pub deletions: u8,
    /// Blocks that a person with the right to it lifted, by run.
    pub lifted: Few,
    pub broken: Broken,
}

/// How much may happen.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Setup {
    pub workflows: [u8; RUNS],
    pub clearances: usize,
    pub deletions: u8,
    pub faults: u8,
    pub ticks: u8,
}

/// The model.
pub struct Model {
    /// The rules.
    pub rules: Rules,
    /// How much may happen.
    pub setup: Setup,
}

impl Mutated for Model {
    fn sabotage(&self) -> Option<Sabotage> {
        self.rules.sabotage
    }
}

impl Model {
    /// What stands in the ledger.
    pub fn facts(&self, w: &World) -> Facts {
        self.rules.facts(w.ledger.it)
    }

    fn write(&self, w: &mut World, ledger: Option<Ledger>) {
        let read = w.ledger;
        w.ledger.put(&read, ledger.unwrap_or(read.it));
    }

    /// Gate, take and begin; what lies between is the other model's.
    pub fn ask(&self, w: &mut World, i: usize) {
        let holder = self.facts(w).holder.map(usize::from).filter(|holder| *holder != i);
        if let Some(dead) = holder.filter(|holder| w.runs[*holder].gone || matches!(w.runs[*holder].phase, Phase::Over(_))) {
            return self.release_dead(w, dead);
        }
        if let Some(annotated) = (0..RUNS).find(|j| w.runs[*j].annotated && self.is(Sabotage::AnnotationClears)) {
            let cleared = self.rules.without_blocks(w.ledger.it, |run| usize::from(run) == annotated);
            self.write(w, Some(cleared));
        }
        if self.is(Sabotage::BlockFades) && w.now > 1 {
            let faded = self.rules.without_blocks(w.ledger.it, |_| true);
            self.write(w, Some(faded));
        }
        match self.rules.gate(w.ledger.it, number(i), self.setup.workflows[i], w.now) {
            Answer::Start(after) => {
                self.write(w, Some(after));
                w.runs[i].phase = Phase::Executing;
                let failed = |j: usize| j != i && self.setup.workflows[j] == self.setup.workflows[i] && ran_and_failed(&w.runs[j]);
                let forbidden = (0..RUNS).any(|j| failed(j) && !w.lifted.has(j));
                let deleted = w.runs.iter().any(|run| run.gone || run.request_gone || run.deleting.is_some());
                w.broken.mark(if deleted { Promise::S9 } else { Promise::S4 }, forbidden);
            }
            Answer::Skip(SkipReason::ResourceBusy | SkipReason::RecentlyRemediated) | Answer::NotRebuilt => {}
            Answer::Skip(reason) => w.runs[i].phase = Phase::Refused(reason),
        }
    }

    /// A holder whose run is gone counts as executed.
    fn release_dead(&self, w: &mut World, dead: usize) {
        if self.is(Sabotage::GoneIsFree) && w.runs[dead].gone {
            let free = self.rules.without_holder(w.ledger.it);
            return self.write(w, Some(free));
        }
        let outcome = match w.runs[dead].phase {
            Phase::Over(outcome) if !w.runs[dead].gone => outcome,
            _ => RunOutcome::FailedDuring,
        };
        let after = self.rules.end(w.ledger.it, number(dead), self.setup.workflows[dead], outcome, w.now);
        self.write(w, after);
    }

    /// One of the three writes of an end: the outcome in the run, the ledger, the run's phase.
    pub fn carry(&self, w: &mut World, i: usize) {
        match w.runs[i].phase {
            Phase::Decided(outcome) => {
                let after = self.rules.end(w.ledger.it, number(i), self.setup.workflows[i], outcome, w.now);
                self.write(w, after);
                w.runs[i].phase = Phase::Recorded(outcome);
            }
            Phase::Recorded(outcome) => {
                w.runs[i].phase = Phase::Over(outcome);
                w.runs[i].deleted_while_running = w.runs[i].deleting.is_some();
            }
            _ => {}
        }
    }

    /// The finalizer: the run may go once its outcome is recorded; its block goes along only if a person meant it to.
    pub fn release(&self, w: &mut World, i: usize) {
        let run = w.runs[i];
        let by_itself = !run.request_gone && !run.deleted_while_running;
        if by_itself || self.is(Sabotage::DeletionLifts) {
            let clear = Clear { uid: 100 + number(i), run: number(i), exhaustion: false };
            let after = self.rules.clear(w.ledger.it, clear, w.now);
            self.write(w, after);
            if run.deleting == Some(Person::Alice) && by_itself {
                w.lifted.add(i);
            }
        }
        w.runs[i].gone = true;
    }

    /// The API server's rules about deletions: what is protected needs the right to clear. The garbage collector may do everything.
    pub fn may_delete(&self, w: &World, i: usize, who: Person) -> bool {
        let run = &w.runs[i];
        let protected = matches!(run.phase, Phase::Over(RunOutcome::FailedDuring)) && self.facts(w).blocks.has(i);
        who == Person::Alice || !(protected && who == Person::Bob)
    }

    /// The second half of a clearance: against the ledger that was read.
    pub fn finish(&self, w: &mut World) {
        let Some((nth, read)) = w.applying.take() else { return };
        let Some(clearance) = w.clearances[usize::from(nth)].as_mut() else { return };
        let Some(after) = self.rules.clear(read.it, clearance.clear, w.now) else {
            clearance.answered = true;
            return;
        };
        let run = usize::from(clearance.clear.run);
        if w.ledger.put(&read, after) && clearance.by == Person::Alice && !clearance.clear.exhaustion {
            w.lifted.add(run);
        }
    }

    /// A person asks for a clearance, as the API server lets it through.
    pub fn clear(&self, w: &mut World, by: Person, clear: Clear) {
        let free = w.clearances.iter().take(self.setup.clearances).position(Option::is_none);
        let allowed = by == Person::Alice || self.is(Sabotage::AnyoneClears);
        if let Some(free) = free.filter(|_| allowed) {
            w.clearances[free] = Some(Clearance { clear: Clear { uid: number(free), ..clear }, by, answered: false });
        }
    }
}

/// Whether a run acted and did not succeed, in truth.
fn ran_and_failed(run: &Run) -> bool {
    let succeeded = matches!(run.phase, Phase::Decided(RunOutcome::Succeeded) | Phase::Recorded(RunOutcome::Succeeded))
        || matches!(run.phase, Phase::Over(RunOutcome::Succeeded));
    run.acted && !succeeded
}

/// The number of a run, as the rules' adapter counts.
pub fn number(i: usize) -> u8 {
    u8::try_from(i).unwrap()
}
