//! Two runs on one target, by one or two processes that look at old views, crash between any two writes and lose answers.
//! The order of reads and writes is that of `controllers/workflow` and `controllers/ledger.rs`.

pub use crate::ledger_state::{Execution, Op, Run, Setup, World, number, was_begun};
use crate::rules::{Answer, Ledger, Past, Rules};
use crate::sabotage::Sabotage;
use crate::world::{Broken, Few, Mutated, Obj};
use kubernaut::api::{RollbackStrategy, RunOutcome, SkipReason, Step, StepPhase, WorkflowPhase};
use kubernaut::rules::run::{self, Run as Course};
use kubernaut::rules::steps::{self, StepState, Steps, Undo};

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
    /// Everything at its beginning: two approved runs, no ledger.
    pub fn start(&self) -> World {
        let run = Run {
            phase: WorkflowPhase::Pending,
            outcome: None,
            skip: None,
            attempt: 0,
            observed: 0,
            stop: None,
            started: None,
            completed: None,
            failures: 0,
            next: None,
            voided: false,
        };
        World {
            now: 1,
            ledger: Obj::new(None),
            runs: [Obj::new(run); 2],
            steps: [Execution::NotMade; 2],
            healthy: [None; 2],
            undone: Few::default(),
            over: Few::default(),
            views: [[Obj::new(run); 2]; 2],
            ops: [[Op::Idle; 2]; 2],
            faults: self.setup.faults,
            losses: self.setup.losses,
            stops: self.setup.stops,
            broken: Broken::default(),
            counted: Few::default(),
            fails: 0,
            last_fail: 0,
        }
    }

    /// The next API call of a process for a run.
    pub fn step(&self, w: &mut World, p: usize, i: usize) {
        let op = std::mem::replace(&mut w.ops[p][i], Op::Idle);
        w.ops[p][i] = match op {
            Op::Idle => self.reconcile(w, p, i),
            Op::Gate { run, ledger, take: false } => self.ask(w, i, run, ledger),
            Op::Gate { run, ledger, take: true } => self.take(w, i, run, ledger),
            Op::Build { ledger, listed, next } => self.build(w, ledger, listed, next),
            Op::Held { run } => self.begin(w, i, run),
            Op::Release { of, outcome } => self.release(w, of, outcome),
            Op::Decided { run } => self.conclude(w, i, run),
            Op::End { run, ledger } => self.end(w, i, run, ledger),
            Op::Ended { run, ledger } => self.terminal(w, i, run, Some(ledger)),
        };
    }

    fn reconcile(&self, w: &mut World, p: usize, i: usize) -> Op {
        let view = w.views[p][i];
        let seen = run::Seen {
            phase: view.it.phase,
            stop: view.it.stop,
            orphaned: false,
            being_deleted: false,
            skipped_for: view.it.skip,
            attempt: view.it.attempt.into(),
            observed_attempt: view.it.observed.into(),
            decided: view.it.outcome.is_some(),
        };
        match run::decide(&seen) {
            Course::Nothing | Course::Release => Op::Idle,
            Course::AskGate => self.open(w, |ledger| Op::Gate { run: view, ledger, take: false }),
            Course::Take => self.open(w, |ledger| Op::Gate { run: view, ledger, take: true }),
            Course::Cancel(_) => self.decide(w, i, view, RunOutcome::Cancelled),
            Course::Conclude => Op::Decided { run: view },
            Course::Steps { stop } => self.execute(w, i, view, stop.is_some()),
            Course::Monitor => match w.healthy[i] {
                None => Op::Idle,
                Some(true) => self.decide(w, i, view, RunOutcome::Succeeded),
                Some(false) => self.roll_back(w, i, view),
            },
            Course::GiveUp(_) => self.roll_back(w, i, view),
            Course::RollBack if w.undone.has(i) => self.decide(w, i, view, RunOutcome::FailedDuring),
            Course::RollBack => Op::Idle,
        }
    }

    /// Reads the ledger live; makes and builds it if need be.
    fn open(&self, w: &mut World, then: impl Fn(Obj<Option<Ledger>>) -> Op) -> Op {
        if w.ledger.it.is_none() {
            w.ledger.force(Some(self.rules.fresh()));
        }
        let built = w.ledger.it.is_some_and(|ledger| self.rules.facts(ledger).rebuilt);
        match built || self.is(Sabotage::UnbuiltPermits) {
            true => then(w.ledger),
            false => Op::Build { ledger: w.ledger, listed: w.runs, next: 0 },
        }
    }

    /// Voids every take of the old ledger, then writes the ledger that the listed runs make up.
    fn build(&self, w: &mut World, ledger: Obj<Option<Ledger>>, listed: [Obj<Run>; 2], next: u8) -> Op {
        let Some(run) = listed.get(usize::from(next)) else {
            let past: Vec<Past> = (0_u8..).zip(listed).map(|(number, run)| self.past(number, &run.it)).collect();
            w.ledger.put(&ledger, Some(self.rules.rebuild(&past, &[], w.now)));
            return Op::Idle;
        };
        let voids = run.it.phase == WorkflowPhase::Validating && !self.is(Sabotage::NothingVoided);
        if voids && !w.runs[usize::from(next)].put(run, Run { voided: !run.it.voided, ..run.it }) {
            return Op::Idle;
        }
        Op::Build { ledger, listed, next: next + 1 }
    }

    fn past(&self, run: u8, it: &Run) -> Past {
        let workflow = self.setup.workflows[usize::from(run)];
        Past {
            run,
            workflow,
            phase: it.phase,
            outcome: it.outcome,
            started: it.started,
            completed: it.completed,
            failures: it.failures,
            next: it.next,
        }
    }

    fn gate(&self, w: &World, i: usize, ledger: Obj<Option<Ledger>>) -> Answer {
        ledger.it.map_or(Answer::NotRebuilt, |ledger| self.rules.gate(ledger, number(i), self.setup.workflows[i], w.now))
    }

    fn ask(&self, w: &mut World, i: usize, run: Obj<Run>, ledger: Obj<Option<Ledger>>) -> Op {
        match self.gate(w, i, ledger) {
            Answer::NotRebuilt => Op::Idle,
            Answer::Skip(SkipReason::ResourceBusy) => self.busy(w, i, run, ledger),
            Answer::Skip(reason) => skip(w, i, run, reason),
            Answer::Start(_) => {
                let validating = Run { phase: WorkflowPhase::Validating, observed: run.it.attempt, ..run.it };
                w.runs[i].put(&run, validating);
                Op::Idle
            }
        }
    }

    /// A holder whose run is over is released by recording its end; there is no expiry by time.
    fn busy(&self, w: &mut World, i: usize, run: Obj<Run>, ledger: Obj<Option<Ledger>>) -> Op {
        let facts = ledger.it.map(|ledger| self.rules.facts(ledger)).unwrap_or_default();
        let Some(holder) = facts.holder else { return Op::Idle };
        if self.is(Sabotage::HolderExpires) && w.now > facts.since {
            w.ledger.put(&ledger, ledger.it.map(|ledger| self.rules.without_holder(ledger)));
            return Op::Idle;
        }
        let held = w.runs[usize::from(holder)].it;
        match held.phase.is_over() {
            true => Op::Release { of: holder, outcome: held.outcome.unwrap_or(RunOutcome::FailedDuring) },
            false => skip(w, i, run, SkipReason::ResourceBusy),
        }
    }

    fn take(&self, w: &mut World, i: usize, run: Obj<Run>, ledger: Obj<Option<Ledger>>) -> Op {
        let Some(read) = ledger.it else { return Op::Idle };
        let facts = self.rules.facts(read);
        if facts.runs.has(i) {
            return self.terminal(w, i, run, Some(read));
        }
        if facts.holder == Some(number(i)) {
            return Op::Held { run };
        }
        let answer = match self.is(Sabotage::GateAskedOnce) {
            true => Answer::Start(self.rules.take_unasked(read, number(i), w.now)),
            false => self.gate(w, i, ledger),
        };
        match answer {
            Answer::NotRebuilt => Op::Idle,
            Answer::Skip(reason) => skip(w, i, run, reason),
            Answer::Start(after) => {
                let before = *w;
                let written = w.ledger.put(&ledger, Some(after));
                if self.is(Sabotage::LedgerOverwritten) && !written {
                    w.ledger.force(Some(after));
                }
                let taken = written || self.is(Sabotage::LedgerOverwritten);
                self.taken(w, &before, i, taken);
                if taken { Op::Held { run } } else { Op::Idle }
            }
        }
    }

    /// The write that begins the run carries the version that was read, so that a stop or a void in between wins.
    fn begin(&self, w: &mut World, i: usize, run: Obj<Run>) -> Op {
        let executing = Run { phase: WorkflowPhase::Executing, started: Some(w.now), ..run.it };
        if w.runs[i].put(&run, executing) {
            w.steps[i] = Execution::Pending;
            self.began(w, i);
        }
        Op::Idle
    }

    fn execute(&self, w: &mut World, i: usize, run: Obj<Run>, stopped: bool) -> Op {
        let states: Vec<StepState> = self.state(w.steps[i]).into_iter().collect();
        let plan = [Step { step_number: 1, ..Step::default() }];
        let seen =
            steps::Seen { steps: &plan, states: &states, approvals: &[], parallel: 1, stopped, rollback: RollbackStrategy::Automatic };
        match steps::decide(&seen) {
            Steps::Wait | Steps::Create(_) | Steps::Ask(_) => Op::Idle,
            Steps::Verify => {
                w.runs[i].put(&run, Run { phase: WorkflowPhase::Monitoring, ..run.it });
                Op::Idle
            }
            Steps::NotBegun(failure) => self.decide(w, i, run, failure.outcome),
            Steps::RollBack(failure) if steps::undo(&seen) == Undo::Done => self.decide(w, i, run, failure.outcome),
            Steps::RollBack(_) => self.roll_back(w, i, run),
        }
    }

    fn roll_back(&self, w: &mut World, i: usize, run: Obj<Run>) -> Op {
        w.runs[i].put(&run, Run { phase: WorkflowPhase::RollingBack, ..run.it });
        Op::Idle
    }

    /// A step that is gone counts as begun.
    fn state(&self, step: Execution) -> Option<StepState> {
        let unknown = !self.is(Sabotage::UnknownIsUndone);
        let (phase, begun) = match step {
            Execution::NotMade => return None,
            Execution::Pending => (Some(StepPhase::Pending), false),
            Execution::Begun => (Some(StepPhase::Executing), true),
            Execution::Done => (Some(StepPhase::Completed), true),
            Execution::Refused => (Some(StepPhase::Failed), false),
            Execution::Broken => (Some(StepPhase::Failed), true),
            Execution::Skipped => (Some(StepPhase::Skipped), false),
            Execution::Gone { .. } => (None, unknown),
        };
        Some(StepState { number: 1, undo: false, phase, begun, reversible: true, message: String::new() })
    }
}

fn skip(w: &mut World, i: usize, run: Obj<Run>, reason: SkipReason) -> Op {
    w.runs[i].put(&run, Run { phase: WorkflowPhase::Skipped, skip: Some(reason), observed: run.it.attempt, ..run.it });
    Op::Idle
}
