//! What there is in the two runs' model: the objects, what each process is doing about them, and what was promised of them.

use crate::rules::Ledger;
use crate::world::{Broken, Few, Obj, Promise};
use kubernaut::api::{RunOutcome, SkipReason, StopReason, WorkflowPhase};

/// A WorkflowExecution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Run {
    pub phase: WorkflowPhase,
    pub outcome: Option<RunOutcome>,
    pub skip: Option<SkipReason>,
    pub attempt: u8,
    pub observed: u8,
    pub stop: Option<StopReason>,
    pub started: Option<u8>,
    pub completed: Option<u8>,
    pub failures: u8,
    pub next: Option<u8>,
    pub voided: bool,
}

/// The only step of a run, as its KubernetesExecution and the cluster know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Execution {
    NotMade,
    Pending,
    Begun,
    Done,
    Refused,
    Broken,
    Skipped,
    Gone { begun: bool },
}

/// What a process is doing about a run: the next API call, with what was read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Op {
    Idle,
    Gate { run: Obj<Run>, ledger: Obj<Option<Ledger>>, take: bool },
    Build { ledger: Obj<Option<Ledger>>, listed: [Obj<Run>; 2], next: u8 },
    Held { run: Obj<Run> },
    Release { of: u8, outcome: RunOutcome },
    Decided { run: Obj<Run> },
    End { run: Obj<Run>, ledger: Obj<Option<Ledger>> },
    Ended { run: Obj<Run>, ledger: Ledger },
}

/// Everything there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct World {
    pub now: u8,
    pub ledger: Obj<Option<Ledger>>,
    pub runs: [Obj<Run>; 2],
    pub steps: [Execution; 2],
    /// Whether the target was healthy afterwards.
    pub healthy: [Option<bool>; 2],
    pub undone: Few,
    pub over: Few,
    pub views: [[Obj<Run>; 2]; 2],
    pub ops: [[Op; 2]; 2],
    pub faults: u8,
    pub losses: u8,
    pub stops: u8,
    pub broken: Broken,
    /// Runs whose end was recorded once, however often it was recorded since.
    pub counted: Few,
    pub fails: u8,
    pub last_fail: u8,
}

/// A configuration: how much may happen.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Setup {
    pub processes: usize,
    pub workflows: [u8; 2],
    pub ticks: u8,
    pub faults: u8,
    pub losses: u8,
    pub stops: u8,
    pub attempts: u8,
}

/// The number of a run, as the rules' adapter counts.
pub fn number(i: usize) -> u8 {
    u8::try_from(i).unwrap()
}

/// Whether the step of a run was begun in truth, whatever anybody recorded.
pub fn was_begun(step: Execution) -> bool {
    use Execution::{Begun, Broken, Done, Gone};
    matches!(step, Begun | Done | Broken | Gone { begun: true })
}

impl World {
    /// Whether a run may act on the target: it is at work and nobody has decided its outcome.
    pub fn acts(&self, i: usize) -> bool {
        use WorkflowPhase::{Executing, Monitoring, RollingBack};
        let run = &self.runs[i].it;
        matches!(run.phase, Executing | Monitoring | RollingBack) && run.outcome.is_none()
    }

    /// Whether a run acted and failed, in truth.
    pub fn failed_during(&self, i: usize) -> bool {
        use Execution::{Begun, Broken, Gone};
        matches!(self.steps[i], Begun | Broken | Gone { begun: true }) || self.healthy[i] == Some(false)
    }

    /// Whether a promise was kept so far.
    pub fn kept(&self, promise: Promise) -> bool {
        self.broken.kept(promise)
    }
}
