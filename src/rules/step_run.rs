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
    /// Its action writes nothing: carry it out and record the end.
    Read,
    /// Find out what an interrupted write came to.
    Settle,
    /// Write to this object next.
    Write(ObjectId),
    /// Everything is written: record the end.
    Complete,
}

/// Decides about one step. A step acts only once the run has recorded it.
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
        _ if seen.writes.is_empty() => StepRun::Read,
        Some(write) => StepRun::Write(write.object.clone()),
        None => StepRun::Complete,
    }
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
        ];
        for (case, shown, writes, expected) in table {
            assert_eq!(settle(&shown, &writes), expected, "{case}");
        }
    }
}
