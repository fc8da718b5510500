//! The rest of the two runs' model: how a run ends, what else may happen, and what is checked.

use crate::ledger::{Execution, Model, Op, Run, World, number};
use crate::rules::Ledger;
use crate::sabotage::Sabotage;
use crate::world::{Mutated, Obj, Promise};
use kubernaut::api::{RemediationPhase, RunOutcome, SkipReason, StopReason, WorkflowPhase};
use kubernaut::rules::course::{self, Child, Course, Skip, Workflow};
use kubernaut::settings::Budgets;
use stateright::Property;

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Action {
    Step(usize, usize),
    StepAndLoseAnswer(usize, usize),
    CheckFails(usize, usize),
    ReadFails(usize, usize),
    Look(usize, usize),
    Crash(usize),
    Orchestrate(usize),
    Stop(usize),
    Execute(usize, Execution),
    Health(usize, bool),
    Undo(usize),
    LoseLedger,
    Tick,
}

impl Model {
    /// Decides the outcome by a write against the version that was read: only the first is heard.
    pub fn decide(&self, w: &mut World, i: usize, run: Obj<Run>, outcome: RunOutcome) -> Op {
        let decided = Run { outcome: Some(outcome), ..run.it };
        let heard = w.runs[i].put(&run, decided);
        if !heard && self.is(Sabotage::LastOutcomeWins) {
            w.runs[i].force(decided);
            return Op::Decided { run: w.runs[i] };
        }
        if heard { Op::Decided { run: w.runs[i] } } else { Op::Idle }
    }

    /// Read live: a process that was paused finds that the others have carried the outcome through.
    pub fn conclude(&self, w: &mut World, i: usize, run: Obj<Run>) -> Op {
        if w.runs[i].it.phase.is_over() {
            return Op::Idle;
        }
        if self.is(Sabotage::TerminalFirst) {
            let terminal = Run { phase: WorkflowPhase::Failed, completed: Some(w.now), ..run.it };
            w.runs[i].put(&run, terminal);
            return match w.ledger.it {
                Some(_) => Op::End { run: w.runs[i], ledger: w.ledger },
                None => Op::Idle,
            };
        }
        let facts = w.ledger.it.map(|ledger| self.rules.facts(ledger)).unwrap_or_default();
        match facts.rebuilt {
            true => Op::End { run, ledger: w.ledger },
            false => self.open_again(w),
        }
    }

    fn open_again(&self, w: &mut World) -> Op {
        if w.ledger.it.is_none() {
            w.ledger.force(Some(self.rules.fresh()));
        }
        Op::Build { ledger: w.ledger, listed: w.runs, next: 0 }
    }

    /// One write records the outcome, adds the block, moves the counters and gives the target back.
    pub fn end(&self, w: &mut World, i: usize, run: Obj<Run>, ledger: Obj<Option<Ledger>>) -> Op {
        let (Some(read), Some(outcome)) = (ledger.it, run.it.outcome) else { return Op::Idle };
        let facts = self.rules.facts(read);
        let holds = facts.holder == Some(number(i));
        if self.is(Sabotage::HolderDroppedFirst) && holds {
            w.ledger.put(&ledger, Some(self.rules.without_holder(read)));
            return Op::End { run, ledger: w.ledger };
        }
        let forgotten = !holds && !facts.runs.has(i) && w.runs[i].it.phase.is_over() && !self.is(Sabotage::TerminalFirst);
        let after = (!forgotten).then(|| self.rules.end(read, number(i), self.setup.workflows[i], outcome, w.now)).flatten();
        match after {
            None => Op::Ended { run, ledger: read },
            Some(after) if w.ledger.put(&ledger, Some(after)) => {
                self.recorded(w, i, outcome);
                Op::Ended { run, ledger: after }
            }
            Some(_) => Op::Decided { run },
        }
    }

    /// Only once its end stands in the ledger does a run's own phase become terminal.
    pub fn terminal(&self, w: &mut World, i: usize, run: Obj<Run>, ledger: Option<Ledger>) -> Op {
        let outcome = run.it.outcome.unwrap_or(RunOutcome::FailedDuring);
        let facts = ledger.map(|ledger| self.rules.facts(ledger)).unwrap_or_default();
        let phase = if outcome.is_success() { WorkflowPhase::Completed } else { WorkflowPhase::Failed };
        let over = Run { phase, outcome: Some(outcome), completed: Some(w.now), failures: facts.failures, next: facts.next, ..run.it };
        w.runs[i].put(&run, over);
        Op::Idle
    }

    /// Records the end of a holder that is over.
    pub fn release(&self, w: &mut World, of: u8, outcome: RunOutcome) -> Op {
        let (i, ledger) = (usize::from(of), w.ledger);
        let Some(read) = ledger.it else { return Op::Idle };
        let facts = self.rules.facts(read);
        let forgotten = facts.holder != Some(of) && !facts.runs.has(i) && w.runs[i].it.phase.is_over();
        let after = self.rules.end(read, of, self.setup.workflows[i], outcome, w.now).filter(|_| facts.rebuilt && !forgotten);
        if after.is_some() && w.ledger.put(&ledger, after) {
            self.recorded(w, i, outcome);
        }
        Op::Idle
    }

    fn orchestrate(&self, w: &mut World, i: usize, most_attempts: u8) {
        let run = w.runs[i];
        let at = crate::rules::at;
        let workflow = Workflow {
            phase: run.it.phase,
            outcome: run.it.outcome,
            skipped: run.it.skip.filter(|_| run.it.phase == WorkflowPhase::Skipped).map(|reason| Skip {
                reason,
                at: at(w.now.saturating_sub(1)),
                names_another: true,
                holder_released: false,
            }),
            message: String::new(),
            started: None,
            waited: jiff::SignedDuration::ZERO,
            waiting_since: None,
            stop: run.it.stop,
            attempt: run.it.attempt.into(),
            observed_attempt: run.it.observed.into(),
        };
        let seen = course::Seen {
            now: at(w.now),
            phase: RemediationPhase::Executing,
            created: at(w.now),
            phase_since: at(w.now),
            waited_for_people: jiff::SignedDuration::ZERO,
            processing: Child::NotMade,
            analysis: Child::NotMade,
            workflow: Child::There(workflow),
            resolved: false,
            budgets: Budgets::default(),
            notify_on_success: false,
            is_duplicate: true,
            duplicates: &[],
            duplicates_told: false,
            marked_blocked: false,
            retention: jiff::SignedDuration::from_hours(24),
            blocked: false,
        };
        match course::decide(&seen) {
            Course::RaiseAttempt if run.it.attempt < most_attempts => {
                w.runs[i].put(&run, Run { attempt: run.it.attempt + 1, ..run.it });
            }
            Course::Finish(_) => w.over.add(i),
            _ => {}
        }
    }

    fn execute_step(&self, w: &mut World, i: usize, to: Execution) {
        use Execution::{Begun, Broken, Done, Gone, Pending, Refused, Skipped};
        let run = &w.runs[i].it;
        let may = run.phase == WorkflowPhase::Executing && run.outcome.is_none() && run.stop.is_none();
        let fits = match (w.steps[i], to) {
            (Pending, Begun | Refused) => may,
            (Pending, Skipped) => !may,
            (Begun, Done | Broken) => true,
            (Pending, Gone { begun }) => !begun,
            (Begun, Gone { begun }) => begun,
            _ => false,
        };
        if !fits {
            return;
        }
        w.steps[i] = to;
        let facts = w.ledger.it.map(|ledger| self.rules.facts(ledger)).unwrap_or_default();
        w.broken.mark(Promise::S3, to == Begun && facts.rebuilt && facts.holder != Some(number(i)));
    }

    /// Whether everything ends once faults stop: the processes look, work and wait in turn.
    pub fn ends(&self, from: &World) -> bool {
        let mut w = *from;
        w.ops = [[Op::Idle; 2]; 2];
        for _round in 0..24 {
            let holder = w.ledger.it.and_then(|ledger| self.rules.facts(ledger).holder);
            // In a ledger that was lost just then, a holder that is over stays until the next run asks, which releases it.
            let free = holder.is_none() || w.losses < self.setup.losses;
            if (0..2).all(|i| w.over.has(i)) && free {
                return true;
            }
            for i in [0, 1] {
                for _call in 0..12 {
                    w.views[0][i] = w.runs[i];
                    self.step(&mut w, 0, i);
                    if w.ops[0][i] == Op::Idle {
                        break;
                    }
                }
                for to in [Execution::Skipped, Execution::Begun, Execution::Done] {
                    self.execute_step(&mut w, i, to);
                }
                w.healthy[i] = w.healthy[i].or((w.runs[i].it.phase == WorkflowPhase::Monitoring).then_some(true));
                if w.runs[i].it.phase == WorkflowPhase::RollingBack {
                    w.undone.add(i);
                }
                self.orchestrate(&mut w, i, u8::MAX);
            }
            w.now += 1;
        }
        false
    }
}

impl stateright::Model for Model {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![self.start()]
    }

    fn actions(&self, w: &World, actions: &mut Vec<Action>) {
        use Execution::{Begun, Broken, Done, Gone, NotMade, Pending, Refused, Skipped};
        for i in [0, 1] {
            // A second process works on the first run only: runs of their own look at nothing of each other's.
            for p in (0..self.setup.processes).filter(|p| *p == 0 || i == 0) {
                actions.extend([Action::Step(p, i), Action::Look(p, i)]);
                match w.ops[p][i] {
                    Op::Held { .. } => actions.push(Action::CheckFails(p, i)),
                    Op::Gate { take: true, .. } if self.is(Sabotage::ErrorIsEmpty) => actions.push(Action::ReadFails(p, i)),
                    _ => {}
                }
                if w.faults > 0 && w.ops[p][i] != Op::Idle {
                    actions.push(Action::StepAndLoseAnswer(p, i));
                }
            }
            let next: &[Execution] = match w.steps[i] {
                Pending => &[Begun, Refused, Skipped, Gone { begun: false }],
                Begun => &[Done, Broken, Gone { begun: true }],
                NotMade | Done | Refused | Broken | Skipped | Gone { .. } => &[],
            };
            actions.extend(next.iter().map(|to| Action::Execute(i, *to)));
            match w.runs[i].it.phase {
                WorkflowPhase::Monitoring if w.healthy[i].is_none() => actions.extend([Action::Health(i, true), Action::Health(i, false)]),
                WorkflowPhase::RollingBack if !w.undone.has(i) => actions.push(Action::Undo(i)),
                _ => {}
            }
            actions.push(Action::Orchestrate(i));
            if w.stops > 0 && !w.runs[i].it.phase.is_over() && w.runs[i].it.stop.is_none() {
                actions.push(Action::Stop(i));
            }
        }
        actions.extend((0..self.setup.processes).filter(|_| w.faults > 0).map(Action::Crash));
        actions.extend((w.losses > 0 && w.ledger.it.is_some()).then_some(Action::LoseLedger));
        actions.extend((w.now <= self.setup.ticks).then_some(Action::Tick));
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut w = *last;
        match action {
            Action::Step(p, i) => self.step(&mut w, p, i),
            Action::StepAndLoseAnswer(p, i) => {
                self.step(&mut w, p, i);
                w.ops[p][i] = Op::Idle;
                w.faults -= 1;
            }
            Action::CheckFails(p, i) => {
                let Op::Held { run } = w.ops[p][i] else { return None };
                w.ops[p][i] = self.decide(&mut w, i, run, RunOutcome::FailedBeforeStart);
            }
            Action::ReadFails(p, i) => {
                let Op::Gate { run, take, .. } = w.ops[p][i] else { return None };
                let empty = self.rules.rebuild(&[], &[], w.now);
                w.ops[p][i] = Op::Gate { run, take, ledger: Obj { it: Some(empty), ..w.ledger } };
            }
            Action::Look(p, i) => w.views[p][i] = w.runs[i],
            Action::Crash(p) => {
                (w.ops[p], w.views[p]) = ([Op::Idle; 2], w.runs);
                w.faults -= 1;
            }
            Action::Orchestrate(i) => self.orchestrate(&mut w, i, self.setup.attempts),
            Action::Stop(i) => {
                w.runs[i].it.stop = Some(StopReason::TimedOut);
                w.runs[i].version += 1;
                w.stops -= 1;
            }
            Action::Execute(i, to) => self.execute_step(&mut w, i, to),
            Action::Health(i, well) => w.healthy[i] = Some(well),
            Action::Undo(i) => w.undone.add(i),
            Action::LoseLedger => {
                w.ledger.force(None);
                w.losses -= 1;
            }
            Action::Tick => w.now += 1,
        }
        let both = (0..2).all(|i| w.acts(i));
        w.broken.mark(Promise::S3, both);
        // A run is over only once its end was counted.
        let uncounted = (0..2).any(|i| w.runs[i].it.phase.is_over() && !w.counted.has(i));
        w.broken.mark(Promise::S18, uncounted);
        (w != *last).then_some(w)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("S3", |_, w: &World| w.kept(Promise::S3)),
            Property::always("S4", |_, w: &World| w.kept(Promise::S4)),
            Property::always("S14", |_, w: &World| w.kept(Promise::S14)),
            Property::always("S21", |_, w: &World| w.kept(Promise::S21)),
            Property::always("Ends", |m: &Model, w: &World| m.ends(w)),
            Property::sometimes("a run waits for the other", |_, w: &World| saw(w, SkipReason::ResourceBusy)),
            Property::sometimes("a run succeeds", |_, w: &World| ended(w, RunOutcome::Succeeded) > 0),
            Property::sometimes("a run fails half way", |_, w: &World| ended(w, RunOutcome::FailedDuring) > 0),
        ];
        // A failure that was recorded in a ledger which was then lost is counted again only when its run is over.
        if self.setup.losses == 0 {
            properties.push(Property::always("S18", |_, w: &World| w.kept(Promise::S18)));
        }
        if self.setup.ticks > 0 || self.setup.workflows == [0, 1] {
            properties.push(Property::sometimes("both runs succeed", |_, w: &World| ended(w, RunOutcome::Succeeded) == 2));
        }
        properties
    }
}

fn ended(w: &World, outcome: RunOutcome) -> usize {
    w.runs.iter().filter(|run| run.it.phase.is_over() && run.it.outcome == Some(outcome)).count()
}

fn saw(w: &World, reason: SkipReason) -> bool {
    w.runs.iter().any(|run| run.it.skip == Some(reason))
}
