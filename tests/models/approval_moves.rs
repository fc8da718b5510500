//! The rest of the approval's model: what may happen, and what is checked.

use crate::approval::{Analysis, Asking, Meant, Model, Run, Starting, Views, World};
use crate::people::{REQUESTER, Request, TIMEOUT};
use crate::sabotage::Sabotage;
use crate::world::{Mutated, Promise};
use kubernaut::api::{AnalysisPhase, Decision, WorkflowPhase};
use stateright::Property;

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Action {
    Ask,
    Make,
    Begin,
    AskAndLoseAnswer,
    LookAtAnalysis,
    LookAtRequest,
    LookAtRun,
    Crash,
    Decide { by: &'static str, name: &'static str, approved: bool, early: bool },
    Delete,
    ForgeStamp,
    Replan,
    ForgeRun(u8),
    End,
    Jump(i8),
    Tick,
}

impl Model {
    /// What a person writes, as the API server lets it through: nobody signs with another's name, and a decision is final.
    pub fn person(&self, w: &mut World, by: &'static str, name: &'static str, approved: bool, claimed: Option<u8>) {
        let Some(there) = w.request.it else { return };
        let undecided = there.decision == Decision::Undecided || self.is(Sabotage::DecisionChanges);
        let honest = by == name || self.is(Sabotage::AnyName);
        if !undecided || !honest {
            return;
        }
        let decision = if approved { Decision::Approved } else { Decision::Rejected };
        let in_time = w.now < there.created + TIMEOUT;
        w.meant = w.meant.or(Some(Meant { by, plan: there.plan, approved, in_time }));
        let named = (claimed.is_some()).then_some(there.plan);
        w.request.force(Some(Request { decision, by: Some(name), named, stamp: Some(w.now), claimed, ..there }));
    }

    /// Whether everything ends once faults stop: nobody decides, so the request runs out.
    pub fn ends(&self, from: &World) -> bool {
        let mut w = *from;
        (w.asking, w.making, w.starting) = (Asking::Idle, None, Starting::Idle);
        for _round in 0..16 {
            for _call in 0..4 {
                w.views = Views { analysis: w.analysis, request: w.request, run: w.run };
                self.ask(&mut w);
                self.make(&mut w);
                self.begin(&mut w);
            }
            let started = w.run.it.is_some_and(|run| run.phase != WorkflowPhase::Pending);
            // A second request that a lagging view made is nobody's: the analysis failed when the first was deleted.
            let open = |request: Request| request.decision == Decision::Undecided && Some(request.uid) == w.analysis.it.asked;
            let asks_no_more = !w.request.it.is_some_and(open);
            if started || (w.over && asks_no_more && w.run.it.is_none()) {
                return true;
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
        actions.extend([Action::Ask, Action::Make, Action::Begin, Action::LookAtAnalysis, Action::LookAtRequest, Action::LookAtRun]);
        if w.faults > 0 {
            actions.extend([Action::Crash, Action::AskAndLoseAnswer]);
        }
        if let Some(request) = w.request.it {
            for (by, approved, early) in [("alice", true, false), ("alice", true, true), ("alice", false, false), (REQUESTER, true, false)]
            {
                actions.push(Action::Decide { by, name: by, approved, early });
            }
            if self.is(Sabotage::AnyName) {
                actions.push(Action::Decide { by: REQUESTER, name: "alice", approved: true, early: false });
            }
            actions.extend((request.decision == Decision::Undecided && !w.deleted).then_some(Action::Delete));
            actions.extend((self.is(Sabotage::ForgedStamp) && request.stamp.is_some()).then_some(Action::ForgeStamp));
        }
        actions.extend((w.replans > 0).then_some(Action::Replan));
        if w.forgeries > 0 && w.run.it.is_none() {
            actions.extend([Action::ForgeRun(0), Action::ForgeRun(1)]);
        }
        if w.jumps > 0 {
            actions.extend([Action::Jump(-2), Action::Jump(2)]);
        }
        actions.extend((w.ends > 0 && !w.over).then_some(Action::End));
        actions.extend((w.now < 2 + self.setup.ticks).then_some(Action::Tick));
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut w = *last;
        match action {
            Action::Ask => self.ask(&mut w),
            Action::Make => self.make(&mut w),
            Action::Begin => self.begin(&mut w),
            Action::AskAndLoseAnswer => {
                self.ask(&mut w);
                w.asking = Asking::Idle;
                w.faults -= 1;
            }
            Action::LookAtAnalysis => w.views.analysis = w.analysis,
            Action::LookAtRequest => w.views.request = w.request,
            Action::LookAtRun => w.views.run = w.run,
            Action::Crash => {
                (w.asking, w.making, w.starting) = (Asking::Idle, None, Starting::Idle);
                w.views = Views { analysis: w.analysis, request: w.request, run: w.run };
                w.faults -= 1;
            }
            Action::Decide { by, name, approved, early } => {
                let created = w.request.it.map(|request| request.created);
                self.person(&mut w, by, name, approved, created.filter(|_| early));
            }
            Action::Delete => {
                w.request.force(None);
                w.deleted = true;
            }
            Action::ForgeStamp => {
                let forged = w.request.it.map(|there| Request { stamp: Some(there.created), ..there });
                w.request.force(forged);
            }
            Action::Replan => {
                w.analysis.force(Analysis { plan: 1, ..last.analysis.it });
                w.replans -= 1;
            }
            Action::ForgeRun(plan) => {
                w.run.force(Some(Run { plan, phase: WorkflowPhase::Pending }));
                w.forgeries -= 1;
            }
            Action::End => {
                w.over = true;
                w.ends -= 1;
            }
            Action::Jump(ahead) => {
                w.ahead = ahead;
                w.jumps -= 1;
            }
            Action::Tick => w.now += 1,
        }
        if let (Some(before), Some(after)) = (last.request.it, w.request.it) {
            w.broken.mark(Promise::S6, before.decision != Decision::Undecided && before != after && action != Action::ForgeStamp);
        }
        (w != *last).then_some(w)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("S1", |_, w: &World| w.broken.kept(Promise::S1)),
            Property::always("S2", |_, w: &World| w.broken.kept(Promise::S2)),
            Property::always("S6", |_, w: &World| w.broken.kept(Promise::S6)),
            Property::always("S9", |_, w: &World| w.broken.kept(Promise::S9)),
            Property::always("S10", |_, w: &World| w.broken.kept(Promise::S10)),
            Property::always("Ends", |m: &Model, w: &World| m.ends(w)),
            Property::sometimes("an approved plan runs", |_, w: &World| runs(w)),
        ];
        if !self.setup.auto {
            properties.extend([
                Property::sometimes("a request runs out", |_, w: &World| decided(w, Decision::Expired)),
                Property::sometimes("a late approval counts for nothing", |_, w: &World| {
                    w.meant.is_some_and(|meant| meant.approved && !meant.in_time) && w.analysis.it.phase == AnalysisPhase::Failed
                }),
            ]);
        }
        properties
    }
}

fn runs(w: &World) -> bool {
    w.run.it.is_some_and(|run| run.phase == WorkflowPhase::Executing)
}

fn decided(w: &World, decision: Decision) -> bool {
    w.request.it.is_some_and(|request| request.decision == decision)
}
