//! One step of one run, worked on by two processes with old views; either may be paused anywhere and wake up later, and a write may be
//! on its way while its sender is dead. The order of reads and writes is that of `controllers/step` and `controllers/workflow/steps.rs`.

use crate::sabotage::Sabotage;
use crate::world::{Broken, Few, Mutated, Obj};
use kubernaut::api::{Change, ObjectId, RunOutcome, StepPhase, WorkflowPhase, Write};
use kubernaut::rules::step_run::{self, Settled, Shown, StepRun};

/// A KubernetesExecution with one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Execution {
    pub phase: StepPhase,
    pub intent: Option<Intent>,
    pub changed: bool,
    pub started: bool,
}

/// A write that was announced: its number, and the version of the object that it replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Intent {
    pub number: u8,
    pub version: u8,
}

/// A WorkflowExecution that has taken its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Run {
    pub phase: WorkflowPhase,
    pub outcome: Option<RunOutcome>,
    pub stop: bool,
    pub recorded: bool,
}

/// What a process is doing about the step: the next API call, with what was read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Op {
    Idle,
    Looked { step: Obj<Execution>, version: u8 },
    MayWrite { step: Obj<Execution>, version: u8 },
    Announced { step: Obj<Execution>, intent: Intent },
    Sent { step: Obj<Execution> },
    Answered { step: Obj<Execution>, accepted: bool },
    Fence { step: Obj<Execution> },
    Settled { step: Obj<Execution>, settled: Settled },
}

/// What a process is doing about the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum RunOp {
    Idle,
    FencedOff { run: Obj<Run> },
    Decided { run: Obj<Run> },
    Ended { run: Obj<Run> },
}

/// A process, with what it last saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Process {
    pub step: Obj<Execution>,
    pub run: Obj<Run>,
    pub op: Op,
    pub run_op: RunOp,
}

/// The object that is written: 0 as planned, 1 as the step wants it, 2 somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Object {
    pub value: u8,
    pub touched: u8,
}

/// Everything there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct World {
    pub object: Obj<Object>,
    pub step: Obj<Execution>,
    pub gone: bool,
    pub run: Obj<Run>,
    /// Whether the ledger records the end and the target was given back.
    pub given_back: Option<RunOutcome>,
    pub processes: [Process; 2],
    /// The write of each process that is on its way.
    pub wire: [Option<Intent>; 2],
    pub numbers: u8,
    pub announced: Few,
    pub undone: Few,
    pub applied: Few,
    pub faults: u8,
    pub stops: u8,
    pub strangers: u8,
    pub vanishes: u8,
    pub broken: Broken,
}

/// How much may happen.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Setup {
    pub processes: usize,
    pub faults: u8,
    pub stops: u8,
    pub strangers: u8,
    pub vanishes: u8,
}

/// The model.
pub struct Model {
    /// The design mutant.
    pub sabotage: Option<Sabotage>,
    /// How much may happen.
    pub setup: Setup,
    /// What the step writes.
    pub writes: Vec<Write>,
}

impl Mutated for Model {
    fn sabotage(&self) -> Option<Sabotage> {
        self.sabotage
    }
}

impl Model {
    /// A model of a step with one write.
    pub fn new(setup: Setup, sabotage: Option<Sabotage>) -> Self {
        let object = ObjectId { name: "api".to_owned(), ..ObjectId::default() };
        let value = |number: u8| Some(number.to_string());
        let write = Write { object, field: "memory".to_owned(), before: value(0), after: value(1) };
        Self { sabotage, setup, writes: vec![write] }
    }

    /// The run has taken its target and recorded its step; nothing was written.
    pub fn start(&self) -> World {
        let step = Obj::new(Execution { phase: StepPhase::Pending, intent: None, changed: false, started: false });
        let run = Obj::new(Run { phase: WorkflowPhase::Executing, outcome: None, stop: false, recorded: true });
        World {
            object: Obj::new(Object { value: 0, touched: 0 }),
            step,
            gone: false,
            run,
            given_back: None,
            processes: [Process { step, run, op: Op::Idle, run_op: RunOp::Idle }; 2],
            wire: [None; 2],
            numbers: 0,
            announced: Few::default(),
            undone: Few::default(),
            applied: Few::default(),
            faults: self.setup.faults,
            stops: self.setup.stops,
            strangers: self.setup.strangers,
            vanishes: self.setup.vanishes,
            broken: Broken::default(),
        }
    }

    /// The next API call of a process for the step.
    pub fn step(&self, w: &mut World, p: usize) {
        let op = std::mem::replace(&mut w.processes[p].op, Op::Idle);
        w.processes[p].op = match op {
            Op::Idle => self.reconcile(w, p),
            Op::Looked { step, version } => self.may_write(w, p, step, version),
            Op::MayWrite { step, version } => self.announce(w, step, version),
            Op::Announced { step, intent } => {
                w.wire[p] = Some(intent);
                Op::Sent { step }
            }
            Op::Sent { step } => Op::Sent { step },
            Op::Answered { step, accepted: true } => record(w, step),
            Op::Answered { step, accepted: false } => put(w, step, Execution { intent: None, phase: StepPhase::Validating, ..step.it }),
            Op::Fence { step } => self.fence(w, step),
            Op::Settled { step, settled } => conclude(w, step, settled),
        };
    }

    fn reconcile(&self, w: &mut World, p: usize) -> Op {
        let Process { step, run, .. } = w.processes[p];
        let object = self.writes.first().map(|write| write.object.clone()).unwrap_or_default();
        let changes: Vec<Change> = step.it.changed.then(|| Change { object, ..Change::default() }).into_iter().collect();
        let seen = step_run::Seen {
            phase: step.it.phase,
            is_undo: false,
            recorded: run.it.recorded,
            run: run.it.phase,
            stopped: run.it.stop,
            has_intent: step.it.intent.is_some(),
            timed_out: false,
            writes: &self.writes,
            changes: &changes,
        };
        match step_run::decide(&seen) {
            StepRun::Nothing | StepRun::Read => Op::Idle,
            // No step takes too long here.
            StepRun::TimeOut => unreachable!("nothing timed out"),
            StepRun::Skip => put(w, step, Execution { phase: StepPhase::Skipped, ..step.it }),
            StepRun::Complete => put(w, step, Execution { phase: StepPhase::Completed, ..step.it }),
            // Read live first: only what still stands announced is settled.
            StepRun::Settle if w.gone || w.step.version != step.version => Op::Idle,
            StepRun::Settle => Op::Fence { step },
            StepRun::Write(_) => match (w.object.it.value, step.it.started) {
                (0, _) => Op::Looked { step, version: w.object.version },
                (1, true) => record(w, step),
                (_, started) => {
                    let intent = started.then_some(Intent { number: 7, version: w.object.version });
                    put(w, step, Execution { phase: StepPhase::Failed, intent, ..step.it })
                }
            },
        }
    }

    fn may_write(&self, w: &World, p: usize, step: Obj<Execution>, version: u8) -> Op {
        let run = if self.is(Sabotage::StopUnread) { w.processes[p].run.it } else { w.run.it };
        let may = run.outcome.is_none() && run.phase == WorkflowPhase::Executing && !run.stop;
        if may { Op::MayWrite { step, version } } else { Op::Idle }
    }

    fn announce(&self, w: &mut World, step: Obj<Execution>, version: u8) -> Op {
        let intent = Intent { number: w.numbers, version };
        if self.is(Sabotage::NoIntent) {
            w.numbers += 1;
            return Op::Announced { step, intent };
        }
        let announced = Execution { phase: StepPhase::Executing, intent: Some(intent), started: true, ..step.it };
        if w.gone || !w.step.put(&step, announced) {
            return Op::Idle;
        }
        w.numbers += 1;
        w.announced.add(usize::from(intent.number));
        Op::Announced { step: w.step, intent }
    }

    /// Fences at the announced version; if that is refused, at the present one, and reads what is there.
    fn fence(&self, w: &mut World, step: Obj<Execution>) -> Op {
        let Some(intent) = step.it.intent else { return Op::Idle };
        if self.is(Sabotage::SentAgain) {
            return Op::Announced { step, intent: Intent { version: w.object.version, ..intent } };
        }
        let in_time = w.object.version == intent.version;
        let shown = match in_time || (self.is(Sabotage::FenceAnywhere)) {
            true => Shown::FencedInTime,
            false => Shown::MovedOn(vec![Some(w.object.it.value.to_string())]),
        };
        if !self.is(Sabotage::NoFence) {
            w.object.force(Object { touched: w.object.it.touched + 1, ..w.object.it });
        }
        let writes: Vec<&Write> = self.writes.iter().collect();
        let settled = match step_run::settle(&shown, &writes) {
            Settled::Unknown if self.is(Sabotage::UnknownUndone) => Settled::Undone,
            settled => settled,
        };
        Op::Settled { step, settled }
    }
}

fn put(w: &mut World, step: Obj<Execution>, it: Execution) -> Op {
    if !w.gone {
        w.step.put(&step, it);
    }
    Op::Idle
}

fn record(w: &mut World, step: Obj<Execution>) -> Op {
    put(w, step, Execution { phase: StepPhase::Completed, intent: None, changed: true, ..step.it })
}

fn conclude(w: &mut World, step: Obj<Execution>, settled: Settled) -> Op {
    match settled {
        Settled::Done => record(w, step),
        Settled::Unknown => put(w, step, Execution { phase: StepPhase::Failed, ..step.it }),
        Settled::Undone => {
            let undone = Execution { intent: None, started: false, phase: StepPhase::Validating, ..step.it };
            if !w.gone && w.step.put(&step, undone) {
                w.undone.add(step.it.intent.map_or(7, |intent| intent.number.into()));
            }
            Op::Idle
        }
    }
}
