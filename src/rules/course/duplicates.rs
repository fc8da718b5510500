//! Remediations that wait for another one's run repeat it: they are counted there, and told of once, in bulk.

use super::{Course, Seen, later};
use jiff::{SignedDuration, Timestamp};

/// A remediation that repeats this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// When it was created.
    pub created: Timestamp,
    /// Whether it is over, or gone.
    pub over: bool,
    /// Whether it is among this one's `duplicateRefs`.
    pub counted: bool,
}

/// How long after its end a remediation waits for its duplicates before it tells of them.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// Counts what was not counted yet; tells of all once this one is over and they are, or ten minutes after its end.
/// What comes later than that is only counted.
pub fn decide(seen: &Seen) -> Option<Course> {
    if seen.duplicates.iter().any(|duplicate| !duplicate.counted) {
        return Some(Course::CountDuplicates);
    }
    if !seen.phase.is_over() || seen.duplicates_told {
        return None;
    }
    let until = later(seen.phase_since, PATIENCE);
    let mut in_time = seen.duplicates.iter().filter(|duplicate| duplicate.created < until).peekable();
    in_time.peek()?;
    match seen.now >= until || in_time.all(|duplicate| duplicate.over) {
        true => Some(Course::TellDuplicates),
        false => Some(Course::Wait { until }),
    }
}
