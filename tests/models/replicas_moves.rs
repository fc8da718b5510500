//! The rest of the two processes' model: deliveries and accidents, and what is checked.

use crate::replicas::{Model, Object, Op, Process, Run, RunOp, World};
use crate::sabotage::Sabotage;
use crate::world::{Mutated, Obj, Promise};
use kubernaut::api::{RollbackStrategy, RunOutcome, Step, StepPhase, WorkflowPhase};
use kubernaut::rules::steps::{self, StepState, Steps};
use stateright::Property;

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Action {
    Step(usize),
    Run(usize),
    LookAtStep(usize),
    LookAtRun(usize),
    Deliver(usize),
    LoseAnswer(usize),
    Crash(usize),
    Stop,
    Stranger(u8),
    Vanish,
}

impl Model {
    /// The next API call of a process for the run.
    pub fn run(&self, w: &mut World, p: usize) {
        let op = std::mem::replace(&mut w.processes[p].run_op, RunOp::Idle);
        let next = match op {
            RunOp::Idle => self.reconcile_run(w, p),
            RunOp::FencedOff { run } => decide(w, run, RunOutcome::FailedDuring),
            RunOp::Decided { run } => self.end(w, run),
            RunOp::Ended { run } => {
                w.run.put(&run, Run { phase: WorkflowPhase::Failed, ..run.it });
                RunOp::Idle
            }
        };
        w.processes[p].run_op = next;
    }

    fn reconcile_run(&self, w: &mut World, p: usize) -> RunOp {
        let Process { run, step, .. } = w.processes[p];
        match (run.it.phase, run.it.outcome) {
            (WorkflowPhase::Executing, Some(_)) if !w.run.it.phase.is_over() => return RunOp::Decided { run },
            (WorkflowPhase::Executing, None) => {}
            _ => return RunOp::Idle,
        }
        let settled = !self.is(Sabotage::EndUnsettled) || step.it.intent.is_none();
        let phase = if settled { step.it.phase } else { StepPhase::Failed };
        let begun = step.it.intent.is_some() || step.it.changed || matches!(phase, StepPhase::Executing | StepPhase::Completed);
        // A record that the store no longer shows is looked for live.
        let phase = (!w.gone).then_some(phase);
        let state = StepState { number: 1, undo: false, phase, begun: begun || w.gone, reversible: false, message: String::new() };
        let (plan, states) = ([Step { step_number: 1, ..Step::default() }], [state]);
        let (rollback, stopped) = (RollbackStrategy::None, run.it.stop);
        match steps::decide(&steps::Seen { steps: &plan, states: &states, approvals: &[], parallel: 1, stopped, rollback }) {
            Steps::Create(_) | Steps::Wait | Steps::Ask(_) => RunOp::Idle,
            Steps::Verify => decide(w, run, RunOutcome::Succeeded),
            Steps::NotBegun(failure) => decide(w, run, failure.outcome),
            // A fence set on an old view of the run only refuses more: left out, so that there are finitely many.
            Steps::RollBack(_) if w.gone && w.run.version != run.version => RunOp::Idle,
            Steps::RollBack(_) if w.gone && !self.is(Sabotage::GoneUnfenced) => {
                w.object.force(Object { touched: w.object.it.touched + 1, ..w.object.it });
                RunOp::FencedOff { run }
            }
            Steps::RollBack(failure) => decide(w, run, failure.outcome),
        }
    }

    /// The write arrives: accepted only against the version that was announced.
    fn deliver(&self, w: &mut World, p: usize) {
        let Some(intent) = w.wire[p].take() else { return };
        let number = usize::from(intent.number);
        let accepted = w.object.version == intent.version || self.is(Sabotage::NoPrecondition);
        if accepted {
            w.broken.mark(Promise::S21, w.undone.has(number) || !w.announced.has(number) || w.applied.0 != 0);
            w.broken.mark(Promise::S3, w.given_back.is_some());
            w.object.version += 1;
            w.object.it.value = 1;
            w.applied.add(number);
        }
        if let Op::Sent { step } = w.processes[p].op {
            w.processes[p].op = Op::Answered { step, accepted };
        }
    }

    /// Records the end in the ledger, once, and gives the target back.
    pub fn end(&self, w: &mut World, run: Obj<Run>) -> RunOp {
        let Some(outcome) = run.it.outcome else { return RunOp::Idle };
        if w.given_back.is_none() {
            w.given_back = Some(outcome);
            let quiet = outcome != RunOutcome::Succeeded && outcome != RunOutcome::FailedDuring;
            let failed = w.applied.0 == 0 && outcome == RunOutcome::Succeeded;
            w.broken.mark(Promise::S21, (quiet && w.applied.0 != 0) || failed);
        }
        RunOp::Ended { run }
    }

    /// Whether everything ends once faults stop: the first process looks and works, and writes arrive.
    pub fn ends(&self, from: &World) -> bool {
        let mut w = *from;
        for process in &mut w.processes {
            (process.op, process.run_op) = (Op::Idle, RunOp::Idle);
        }
        for _round in 0..24 {
            if w.run.it.phase.is_over() {
                return true;
            }
            (w.processes[0].step, w.processes[0].run) = (w.step, w.run);
            for _call in 0..4 {
                self.step(&mut w, 0);
                [0, 1].iter().for_each(|p| self.deliver(&mut w, *p));
            }
            (w.processes[0].step, w.processes[0].run) = (w.step, w.run);
            (0..4).for_each(|_| self.run(&mut w, 0));
        }
        false
    }
}

fn decide(w: &mut World, run: Obj<Run>, outcome: RunOutcome) -> RunOp {
    match w.run.put(&run, Run { outcome: Some(outcome), ..run.it }) {
        true => RunOp::Decided { run: w.run },
        false => RunOp::Idle,
    }
}

impl stateright::Model for Model {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![self.start()]
    }

    fn actions(&self, w: &World, actions: &mut Vec<Action>) {
        for p in 0..self.setup.processes {
            actions.extend([Action::Step(p), Action::Run(p), Action::LookAtStep(p), Action::LookAtRun(p)]);
            if w.wire[p].is_some() {
                actions.push(Action::Deliver(p));
            }
            if w.faults > 0 {
                actions.push(Action::Crash(p));
                actions.extend(matches!(w.processes[p].op, Op::Sent { .. } | Op::Answered { .. }).then_some(Action::LoseAnswer(p)));
            }
        }
        actions.extend((w.stops > 0).then_some(Action::Stop));
        actions.extend((w.vanishes > 0).then_some(Action::Vanish));
        if w.strangers > 0 {
            actions.extend([Action::Stranger(w.object.it.value), Action::Stranger(2)]);
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut w = *last;
        match action {
            // A number of intents that no history needs.
            Action::Step(p) if w.numbers >= 4 && matches!(w.processes[p].op, Op::MayWrite { .. }) => return None,
            Action::Step(p) => self.step(&mut w, p),
            Action::Run(p) => self.run(&mut w, p),
            Action::LookAtStep(p) => w.processes[p].step = w.step,
            Action::LookAtRun(p) => w.processes[p].run = w.run,
            Action::Deliver(p) => self.deliver(&mut w, p),
            Action::LoseAnswer(p) => {
                w.processes[p].op = Op::Idle;
                w.faults -= 1;
            }
            Action::Crash(p) => {
                let (step, run) = (w.step, w.run);
                w.processes[p] = Process { step, run, op: Op::Idle, run_op: RunOp::Idle };
                w.faults -= 1;
            }
            Action::Stop => {
                w.run.force(Run { stop: true, ..w.run.it });
                w.stops -= 1;
            }
            Action::Stranger(value) => {
                w.object.force(Object { value, touched: w.object.it.touched + 1 });
                w.strangers -= 1;
            }
            Action::Vanish => {
                w.gone = true;
                w.vanishes -= 1;
            }
        }
        (w != *last).then_some(w)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("S3", |_, w: &World| w.broken.kept(Promise::S3)),
            Property::always("S21", |_, w: &World| w.broken.kept(Promise::S21)),
            Property::always("Ends", |m: &Model, w: &World| m.ends(w)),
            Property::sometimes("an interrupted write is fenced in time", |_, w: &World| w.undone.0 != 0),
            Property::sometimes("a fenced write is still on its way", |_, w: &World| {
                w.undone.0 != 0 && w.wire.iter().flatten().any(|intent| w.undone.has(intent.number.into()))
            }),
            Property::sometimes("an interrupted write had happened", |_, w: &World| {
                w.applied.0 == 1 && w.step.it.changed && w.given_back == Some(RunOutcome::Succeeded)
            }),
        ];
        if self.setup.stops + self.setup.vanishes + self.setup.strangers > 0 {
            properties.push(Property::sometimes("a run ends half way", |_, w: &World| w.given_back == Some(RunOutcome::FailedDuring)));
        }
        properties
    }
}
