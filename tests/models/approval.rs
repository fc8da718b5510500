//! One analysis, its request for approval and its run. People decide, late or twice, and delete; the analysis is planned anew, somebody
//! makes a run of another plan, clocks jump, controllers crash between any two writes. The order of reads and writes is that of
//! `controllers/analysis/approving.rs`, `controllers/orchestrator` and `controllers/workflow/take.rs`.

use crate::people::{REQUESTER, Request, Verdicts, Word, same_hash};
use crate::sabotage::Sabotage;
use crate::world::{Broken, Mutated, Obj, Promise};
use kubernaut::api::{AnalysisPhase, Decision, WorkflowPhase};

/// An AIAnalysis with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Analysis {
    pub phase: AnalysisPhase,
    pub plan: u8,
    pub auto: bool,
    /// The request that is recorded, by its uid.
    pub asked: Option<u8>,
}

/// A WorkflowExecution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Run {
    pub plan: u8,
    pub phase: WorkflowPhase,
}

/// What the analysis controller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Asking {
    Idle,
    Made { analysis: Obj<Analysis>, uid: u8 },
    Decide { request: Obj<Option<Request>>, decision: Decision },
    Conclude { analysis: Obj<Analysis>, phase: AnalysisPhase },
}

/// What the workflow controller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Starting {
    Idle,
    ReadAnalysis { run: Obj<Option<Run>> },
    ReadApproval { run: Obj<Option<Run>> },
    Begin { run: Obj<Option<Run>> },
}

/// What the controllers last saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Views {
    pub analysis: Obj<Analysis>,
    pub request: Obj<Option<Request>>,
    pub run: Obj<Option<Run>>,
}

/// What a person really decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Meant {
    pub by: &'static str,
    pub plan: u8,
    pub approved: bool,
    pub in_time: bool,
}

/// Everything there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct World {
    pub now: u8,
    /// How far the controllers' clock is ahead, in minutes.
    pub ahead: i8,
    pub analysis: Obj<Analysis>,
    pub request: Obj<Option<Request>>,
    pub run: Obj<Option<Run>>,
    pub over: bool,
    pub views: Views,
    pub asking: Asking,
    pub making: Option<u8>,
    pub starting: Starting,
    pub meant: Option<Meant>,
    pub deleted: bool,
    pub faults: u8,
    pub replans: u8,
    pub forgeries: u8,
    pub jumps: u8,
    pub ends: u8,
    pub broken: Broken,
}

/// How much may happen.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Setup {
    pub auto: bool,
    pub ticks: u8,
    pub faults: u8,
    pub replans: u8,
    pub forgeries: u8,
    pub jumps: u8,
    pub ends: u8,
}

/// The model.
pub struct Model {
    /// The design mutant.
    pub sabotage: Option<Sabotage>,
    /// The rule's verdicts.
    pub verdicts: Verdicts,
    /// How much may happen.
    pub setup: Setup,
}

impl Mutated for Model {
    fn sabotage(&self) -> Option<Sabotage> {
        self.sabotage
    }
}

impl World {
    /// The controllers' clock.
    fn their_now(&self) -> u8 {
        self.now.saturating_add_signed(self.ahead)
    }
}

impl Model {
    /// An analysis with a plan that a person must approve, or that was approved by its confidence.
    pub fn start(&self) -> World {
        let phase = if self.setup.auto { AnalysisPhase::Completed } else { AnalysisPhase::Approving };
        let analysis = Obj::new(Analysis { phase, plan: 0, auto: self.setup.auto, asked: None });
        let (request, run) = (Obj::new(None), Obj::new(None));
        World {
            now: 2,
            ahead: 0,
            analysis,
            request,
            run,
            over: false,
            views: Views { analysis, request, run },
            asking: Asking::Idle,
            making: None,
            starting: Starting::Idle,
            meant: None,
            deleted: false,
            faults: self.setup.faults,
            replans: self.setup.replans,
            forgeries: self.setup.forgeries,
            jumps: self.setup.jumps,
            ends: self.setup.ends,
            broken: Broken::default(),
        }
    }

    /// The next API call of the analysis controller.
    pub fn ask(&self, w: &mut World) {
        let asking = std::mem::replace(&mut w.asking, Asking::Idle);
        w.asking = match asking {
            Asking::Idle => self.reconcile_analysis(w),
            Asking::Made { analysis, uid } => {
                w.analysis.put(&analysis, Analysis { asked: Some(uid), ..analysis.it });
                Asking::Idle
            }
            Asking::Decide { request, decision } => {
                self.decide(w, request, decision);
                Asking::Idle
            }
            Asking::Conclude { analysis, phase } => {
                w.analysis.put(&analysis, Analysis { phase, ..analysis.it });
                Asking::Idle
            }
        };
    }

    fn reconcile_analysis(&self, w: &mut World) -> Asking {
        let analysis = w.views.analysis;
        match (analysis.it.phase, analysis.it.asked) {
            (AnalysisPhase::Approving, None) if w.over => Asking::Conclude { analysis, phase: AnalysisPhase::Failed },
            (AnalysisPhase::Approving, None) => self.make_request(w, analysis),
            (AnalysisPhase::Approving, Some(_)) => self.judge(w, analysis),
            _ => Asking::Idle,
        }
    }

    /// An object that has the name already is adopted only if it shows the same plan.
    fn make_request(&self, w: &mut World, analysis: Obj<Analysis>) -> Asking {
        let Some(there) = w.request.it else {
            let uid = u8::from(w.deleted);
            let fresh = Request {
                uid,
                plan: analysis.it.plan,
                created: w.now,
                decision: Decision::Undecided,
                by: None,
                named: None,
                stamp: None,
                claimed: None,
            };
            w.request.force(Some(fresh));
            return Asking::Made { analysis, uid };
        };
        match there.plan == analysis.it.plan {
            true => Asking::Made { analysis, uid: there.uid },
            false => Asking::Conclude { analysis, phase: AnalysisPhase::Failed },
        }
    }

    fn judge(&self, w: &World, analysis: Obj<Analysis>) -> Asking {
        // What was not seen is read live.
        let asked = |request: Request| Some(request.uid) == analysis.it.asked;
        let request = if w.views.request.it.is_some_and(asked) { w.views.request } else { w.request };
        let conclude = |phase| Asking::Conclude { analysis, phase };
        let Some(seen) = request.it.filter(|request| asked(*request)) else {
            let approved = self.is(Sabotage::DeletedIsApproved);
            return conclude(if approved { AnalysisPhase::Completed } else { AnalysisPhase::Failed });
        };
        if seen.decision == Decision::Undecided && w.over {
            return Asking::Decide { request, decision: Decision::Superseded };
        }
        match self.verdicts.verdict(self.sabotage, &seen, w.their_now()) {
            Word::Wait => Asking::Idle,
            Word::Expire => Asking::Decide { request, decision: Decision::Expired },
            Word::Granted => conclude(AnalysisPhase::Completed),
            Word::Refused => conclude(AnalysisPhase::Rejected),
            Word::Void => conclude(AnalysisPhase::Failed),
        }
    }

    /// Only from undecided, against the version that was seen: whoever loses the race has lost.
    fn decide(&self, w: &mut World, request: Obj<Option<Request>>, decision: Decision) {
        let Some(seen) = request.it else { return };
        let decided = Some(Request { decision, by: Some("controllers"), stamp: Some(w.now), named: None, claimed: None, ..seen });
        if self.is(Sabotage::ExpiryOverwrites) && w.request.it.is_some() {
            w.request.force(decided);
        } else {
            w.request.put(&request, decided);
        }
    }

    /// The next API call of the orchestrator: it makes the run of the approved plan.
    pub fn make(&self, w: &mut World) {
        if let Some(plan) = w.making.take() {
            match w.run.it {
                None => w.run.force(Some(Run { plan, phase: WorkflowPhase::Pending })),
                Some(there) => w.over |= there.plan != plan,
            }
            return;
        }
        let analysis = w.views.analysis.it;
        match analysis.phase {
            _ if w.over || w.views.run.it.is_some() => {}
            AnalysisPhase::Completed => {
                let request = if w.views.request.it.is_some() { w.views.request } else { w.request };
                let approved = if analysis.asked.is_some() { request.it.map(|request| request.plan) } else { Some(analysis.plan) };
                match approved.filter(|plan| same_hash(*plan, analysis.plan)) {
                    _ if self.is(Sabotage::RunFromAnalysis) => w.making = Some(w.analysis.it.plan),
                    Some(plan) => w.making = Some(plan),
                    None => w.over = true,
                }
            }
            AnalysisPhase::Rejected | AnalysisPhase::Failed => w.over = true,
            _ => {}
        }
    }

    /// The next API call of the workflow controller: everything that permits is read live, in this order.
    pub fn begin(&self, w: &mut World) {
        let starting = std::mem::replace(&mut w.starting, Starting::Idle);
        w.starting = match starting {
            Starting::Idle => match w.views.run.it {
                Some(Run { phase: WorkflowPhase::Pending, .. }) if w.over => self.refuse(w, w.views.run),
                Some(Run { phase: WorkflowPhase::Pending, .. }) => Starting::ReadAnalysis { run: w.views.run },
                _ => Starting::Idle,
            },
            Starting::ReadAnalysis { run } => {
                let plan = run.it.map_or(0, |run| run.plan);
                let bound = same_hash(plan, w.analysis.it.plan) || self.is(Sabotage::NoHashBinding);
                match bound && w.analysis.it.phase == AnalysisPhase::Completed {
                    _ if self.is(Sabotage::StartUnapproved) => Starting::Begin { run },
                    false => self.refuse(w, run),
                    true if w.analysis.it.auto => Starting::Begin { run },
                    true => Starting::ReadApproval { run },
                }
            }
            Starting::ReadApproval { run } => match self.is_approved(w, run.it.map_or(0, |run| run.plan)) {
                true => Starting::Begin { run },
                false => self.refuse(w, run),
            },
            Starting::Begin { run } => {
                let plan = run.it.map_or(0, |run| run.plan);
                if w.run.put(&run, Some(Run { plan, phase: WorkflowPhase::Executing })) {
                    self.began(w, plan);
                }
                Starting::Idle
            }
        };
    }

    fn is_approved(&self, w: &World, plan: u8) -> bool {
        let Some(request) = w.request.it else { return self.is(Sabotage::DeletedIsApproved) };
        let bound = same_hash(request.plan, plan) || self.is(Sabotage::NoHashBinding);
        bound && self.verdicts.verdict(self.sabotage, &request, w.their_now()) == Word::Granted
    }

    fn refuse(&self, w: &mut World, run: Obj<Option<Run>>) -> Starting {
        w.run.put(&run, run.it.map(|run| Run { phase: WorkflowPhase::Failed, ..run }));
        Starting::Idle
    }

    /// Checked when a run begins: who really decided what, and when.
    fn began(&self, w: &mut World, plan: u8) {
        let meant = w.meant.filter(|meant| meant.approved && meant.by != REQUESTER);
        let auto = self.setup.auto;
        w.broken.mark(Promise::S1, !auto && meant.is_none());
        let approved_plan = if auto { Some(0) } else { w.meant.map(|meant| meant.plan) };
        w.broken.mark(Promise::S2, approved_plan.is_some_and(|approved| approved != plan));
        w.broken.mark(Promise::S10, !auto && w.meant.is_some_and(|meant| !meant.in_time));
        w.broken.mark(Promise::S9, w.deleted && w.meant.is_none());
    }
}
