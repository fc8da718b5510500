//! Decides about one step: whether it may act, which object is next, and what an interrupted write came to.

use crate::api::{Change, ObjectId, StepPhase, WorkflowPhase, Write};

/// What is known about a step.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Where the step stands.
    pub phase: StepPhase,
    /// Whether it undoes another step.
    pub is_undo: bool,
    /// Whether the run's status names this very object.
    pub recorded: bool,
    /// Where the run stands.
    pub run: WorkflowPhase,
    /// Whether the run was asked to end.
    pub stopped: bool,
    /// Whether the step's own time is used up.
    pub timed_out: bool,
    /// Whether a write was announced and its outcome not recorded.
    pub has_intent: bool,
    /// What the step is to write.
    pub writes: &'a [Write],
    /// What it has written.
    pub changes: &'a [Change],
}

/// What to do about a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepRun {
    /// Not yet, or no more.
    Nothing,
    /// It will never act: record that.
    Skip,
    /// Its time is used up: it writes no more, and failed.
    TimeOut,
    /// Its action writes nothing: carry it out and record the end.
    Read,
    /// Find out what an interrupted write came to.
    Settle,
    /// Write to this object next.
    Write(ObjectId),
    /// Everything is written: record the end.
    Complete,
}

/// Decides about one step. A step acts only once the run has recorded it. A write that may be on its way is settled before
/// anything else, whatever the time.
pub fn decide(seen: &Seen) -> StepRun {
    if seen.phase.is_over() {
        return StepRun::Nothing;
    }
    if seen.has_intent {
        return StepRun::Settle;
    }
    let begun = !seen.changes.is_empty();
    if !begun && (seen.run.is_over() || (seen.stopped && !seen.is_undo)) {
        return StepRun::Skip;
    }
    let its_turn = if seen.is_undo { WorkflowPhase::RollingBack } else { WorkflowPhase::Executing };
    if !seen.recorded || seen.run != its_turn {
        return StepRun::Nothing;
    }
    let unwritten = seen.writes.iter().find(|write| !seen.changes.iter().any(|change| change.object == write.object));
    match unwritten {
        None if !seen.writes.is_empty() => StepRun::Complete,
        _ if seen.timed_out => StepRun::TimeOut,
        Some(write) => StepRun::Write(write.object.clone()),
        None => StepRun::Read,
    }
}

/// Whether an answer of the API server with this code refuses for good: the same request would be refused again.
pub fn is_refusal(code: u16) -> bool {
    (400..429).contains(&code) && !matches!(code, 408 | 409)
}

/// What an interrupted write came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settled {
    /// It did not happen and never will.
    Undone,
    /// It happened.
    Done,
    /// Nobody can tell: it counts as executed.
    Unknown,
}

/// What the cluster shows of an interrupted write, once a fence stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// The fence went in against the announced version: the write can never be accepted.
    FencedInTime,
    /// The object moved on; these are the written fields' live values, in the order of the writes.
    MovedOn(Vec<Option<String>>),
    /// The object, with the announced uid, is gone.
    Gone,
}

/// Settles an interrupted write.
pub fn settle(shown: &Shown, writes: &[&Write]) -> Settled {
    match shown {
        Shown::FencedInTime => Settled::Undone,
        // An announcement that fits no write of the step tells nothing about it.
        _ if writes.is_empty() => Settled::Unknown,
        Shown::Gone if writes.iter().all(|write| deletes(write)) => Settled::Done,
        Shown::Gone => Settled::Unknown,
        Shown::MovedOn(live) => {
            let arrived = live.len() == writes.len() && live.iter().zip(writes).all(|(live, write)| *live == write.after);
            if arrived { Settled::Done } else { Settled::Unknown }
        }
    }
}

/// Whether a write removes the object itself.
pub fn deletes(write: &Write) -> bool {
    write.field == OBJECT && write.after.is_none()
}

/// The field that stands for the object itself.
pub const OBJECT: &str = ".";

#[cfg(test)]
mod tests {
    use super::*;

    fn write(name: &str, after: Option<&str>) -> Write {
        let object = ObjectId { name: name.into(), ..ObjectId::default() };
        Write { object, field: "f".into(), before: Some("1".into()), after: after.map(str::to_owned) }
    }

    fn change(name: &str) -> Change {
        Change { object: write(name, None).object, ..Change::default() }
    }

    #[test]
    fn a_step_acts_only_in_its_turn() {
        use StepPhase::*;
        use WorkflowPhase as Run;
        let writes = [write("a", Some("2")), write("b", Some("2"))];
        let base = Seen {
            phase: Pending,
            is_undo: false,
            recorded: true,
            run: Run::Executing,
            stopped: false,
            timed_out: false,
            has_intent: false,
            writes: &writes,
            changes: &[],
        };
        let (one, both) = ([change("a")], [change("a"), change("b")]);
        let next = |name: &str| StepRun::Write(write(name, None).object);
        #[rustfmt::skip]
        let table = [
            ("the first object",                     base,                                                        next("a")),
            ("not before the run recorded it",       Seen { recorded: false, ..base },                            StepRun::Nothing),
            ("not while the run validates",          Seen { run: Run::Validating, ..base },                       StepRun::Nothing),
            ("never once the run is over",           Seen { run: Run::Failed, ..base },                           StepRun::Skip),
            ("never once the run was stopped",       Seen { stopped: true, ..base },                              StepRun::Skip),
            ("the second object",                    Seen { phase: Executing, changes: &one, ..base },            next("b")),
            ("what was begun is finished",           Seen { phase: Executing, changes: &one, stopped: true, ..base }, next("b")),
            ("everything is written",                Seen { phase: Executing, changes: &both, ..base },           StepRun::Complete),
            ("an announced write is settled first",  Seen { phase: Executing, has_intent: true, ..base },         StepRun::Settle),
            ("even when the run is over",            Seen { has_intent: true, run: Run::Failed, ..base },         StepRun::Settle),
            ("an undo waits for the rollback",       Seen { is_undo: true, ..base },                              StepRun::Nothing),
            ("and then acts, stopped or not",        Seen { is_undo: true, stopped: true, run: Run::RollingBack, ..base }, next("a")),
            ("nothing to write",                     Seen { writes: &[], ..base },                                StepRun::Read),
            ("over",                                 Seen { phase: Completed, ..base },                           StepRun::Nothing),
            ("its time is up before it began",       Seen { timed_out: true, ..base },                            StepRun::TimeOut),
            ("its time is up half way",              Seen { phase: Executing, changes: &one, timed_out: true, ..base }, StepRun::TimeOut),
            ("its time is up, but all is written",   Seen { phase: Executing, changes: &both, timed_out: true, ..base }, StepRun::Complete),
            ("its time is up while it reads",        Seen { writes: &[], timed_out: true, ..base },               StepRun::TimeOut),
            ("its time is up during a write",        Seen { phase: Executing, has_intent: true, timed_out: true, ..base }, StepRun::Settle),
            ("an undo has its time, too",            Seen { is_undo: true, run: Run::RollingBack, timed_out: true, ..base }, StepRun::TimeOut),
            ("nothing was recorded of it",           Seen { recorded: false, timed_out: true, ..base },           StepRun::Nothing),
        ];
        for (case, seen, expected) in table {
            assert_eq!(decide(&seen), expected, "{case}");
        }
    }

    #[test]
    fn an_interrupted_write_is_settled_by_what_the_cluster_shows() {
        let (set, unset) = (write("a", Some("2")), write("a", None));
        let delete = Write { field: OBJECT.into(), ..write("a", None) };
        let some = |value: &str| Some(value.to_owned());
        #[rustfmt::skip]
        let table: Vec<(&str, Shown, Vec<&Write>, Settled)> = vec![
            ("the fence was first",              Shown::FencedInTime,                          vec![&set],         Settled::Undone),
            ("the new value is there",           Shown::MovedOn(vec![some("2")]),              vec![&set],         Settled::Done),
            ("the field was removed",            Shown::MovedOn(vec![None]),                   vec![&unset],       Settled::Done),
            ("the old value is there",           Shown::MovedOn(vec![some("1")]),              vec![&set],         Settled::Unknown),
            ("only one of two arrived",          Shown::MovedOn(vec![some("2"), some("1")]),   vec![&set, &set],   Settled::Unknown),
            ("the object to delete is gone",     Shown::Gone,                                  vec![&delete],      Settled::Done),
            ("the object to change is gone",     Shown::Gone,                                  vec![&set],         Settled::Unknown),
            ("the object to delete is there",    Shown::MovedOn(vec![some("present")]),        vec![&delete],      Settled::Unknown),
            ("gone, and no such write is known", Shown::Gone,                                  vec![],             Settled::Unknown),
            ("there, and no such write is known", Shown::MovedOn(vec![]),                      vec![],             Settled::Unknown),
            ("fenced, whatever it was",          Shown::FencedInTime,                          vec![],             Settled::Undone),
            ("the object to change was deleted and another to delete, too", Shown::Gone,       vec![&delete, &set], Settled::Unknown),
        ];
        for (case, shown, writes, expected) in table {
            assert_eq!(settle(&shown, &writes), expected, "{case}");
        }
    }
}
