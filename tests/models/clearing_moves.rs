//! The rest of the clearings' model: what may happen, and what is checked.

use crate::clearing::{Model, Person, Phase, RUNS, Run, World, number};
use crate::rules::Clear;
use crate::world::{Broken, Few, Obj, Promise};
use kubernaut::api::{RunOutcome, SkipReason};
use stateright::Property;

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Action {
    Alert(usize),
    Ask(usize),
    Act(usize),
    End(usize, RunOutcome),
    Carry(usize),
    CrashAfterRecord(usize),
    Clear(Person, Clear),
    Apply(usize),
    Finish,
    Crash,
    Annotate(usize),
    Delete(usize, Person),
    DeleteRequest(usize),
    Release(usize),
    StripFinalizer(usize),
    Tick,
}

impl stateright::Model for Model {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let run = Run {
            phase: Phase::NotMade,
            acted: false,
            request_gone: false,
            deleting: None,
            deleted_while_running: false,
            annotated: false,
            gone: false,
        };
        vec![World {
            now: 1,
            ledger: Obj::new(self.rules.rebuild(&[], &[], 0)),
            runs: [run; RUNS],
            clearances: [None; 2],
            applying: None,
            faults: self.setup.faults,
            deletions: self.setup.deletions,
            lifted: Few::default(),
            broken: Broken::default(),
        }]
    }

    fn actions(&self, w: &World, actions: &mut Vec<Action>) {
        for i in 0..RUNS {
            let run = &w.runs[i];
            if run.gone {
                continue;
            }
            match run.phase {
                Phase::NotMade => actions.extend((i == 0 || w.runs[i - 1].phase != Phase::NotMade).then_some(Action::Alert(i))),
                Phase::Pending => actions.push(Action::Ask(i)),
                Phase::Executing if run.acted => {
                    actions.extend([RunOutcome::Succeeded, RunOutcome::FailedDuring].map(|outcome| Action::End(i, outcome)));
                }
                Phase::Executing => actions.extend([Action::Act(i), Action::End(i, RunOutcome::FailedBeforeStart)]),
                Phase::Decided(_) => actions.extend([Action::Carry(i), Action::CrashAfterRecord(i)]),
                Phase::Recorded(_) => actions.push(Action::Carry(i)),
                Phase::Over(_) if run.deleting.is_some() => actions.push(Action::Release(i)),
                Phase::Over(RunOutcome::FailedDuring) if !run.annotated => actions.push(Action::Annotate(i)),
                Phase::Over(_) | Phase::Refused(_) => {}
            }
            actions.extend((run.deleting.is_some() && w.deletions > 0).then_some(Action::StripFinalizer(i)));
            if run.phase != Phase::NotMade && w.deletions > 0 && run.deleting.is_none() {
                let who = [Person::Alice, Person::Bob, Person::Collector];
                let who = who.into_iter().filter(|who| (*who != Person::Collector || run.request_gone) && self.may_delete(w, i, *who));
                actions.extend(who.map(|who| Action::Delete(i, who)));
                actions.extend((!run.request_gone).then_some(Action::DeleteRequest(i)));
            }
        }
        for run in 0..RUNS {
            let facts = self.facts(w);
            for exhaustion in [false, true] {
                let clear = Clear { uid: 0, run: number(run), exhaustion };
                let useful = facts.runs.has(run) && w.clearances.iter().take(self.setup.clearances).any(Option::is_none);
                actions.extend([Person::Alice, Person::Bob].into_iter().filter(|_| useful).map(|who| Action::Clear(who, clear)));
            }
        }
        let waiting = |nth: &usize| w.clearances[*nth].is_some_and(|clearance| !clearance.answered);
        match w.applying {
            None => actions.extend((0..2).filter(waiting).map(Action::Apply)),
            Some(_) => actions.extend([Action::Finish, Action::Crash]),
        }
        actions.extend((w.now <= self.setup.ticks).then_some(Action::Tick));
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut w = *last;
        match action {
            Action::Alert(i) => w.runs[i].phase = Phase::Pending,
            Action::Ask(i) => self.ask(&mut w, i),
            Action::Act(i) => w.runs[i].acted = true,
            Action::End(i, outcome) => w.runs[i].phase = Phase::Decided(outcome),
            Action::Carry(i) => self.carry(&mut w, i),
            Action::CrashAfterRecord(i) if w.faults > 0 => {
                self.carry(&mut w, i);
                w.runs[i].phase = last.runs[i].phase;
                w.faults -= 1;
            }
            Action::CrashAfterRecord(_) => return None,
            Action::Clear(who, clear) => self.clear(&mut w, who, clear),
            Action::Apply(nth) => w.applying = Some((number(nth), w.ledger)),
            Action::Finish => self.finish(&mut w),
            Action::Crash => w.applying = None,
            Action::Annotate(i) => w.runs[i].annotated = true,
            Action::Delete(i, who) => {
                w.runs[i].deleting = Some(who);
                w.deletions -= 1;
            }
            Action::DeleteRequest(i) => {
                w.runs[i].request_gone = true;
                w.deletions -= 1;
            }
            Action::Release(i) => self.release(&mut w, i),
            Action::StripFinalizer(i) => {
                w.runs[i].gone = true;
                w.deletions -= 1;
            }
            Action::Tick => w.now += 1,
        }
        (w != *last).then_some(w)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("S4", |_, w: &World| w.broken.kept(Promise::S4)),
            Property::always("S9", |_, w: &World| w.broken.kept(Promise::S9)),
            Property::sometimes("a block refuses", |_, w: &World| refused(w, SkipReason::PreviousExecutionFailed)),
            Property::sometimes("a cleared workflow runs again", |_, w: &World| {
                w.lifted.0 != 0 && w.runs.iter().filter(|r| r.acted).count() > 1
            }),
        ]
    }
}

fn refused(w: &World, reason: SkipReason) -> bool {
    w.runs.iter().any(|run| run.phase == Phase::Refused(reason))
}
