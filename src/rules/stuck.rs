//! What nobody goes on with, although somebody should have.

use jiff::{SignedDuration, Timestamp};

/// So long after it is due, nobody is about to do it.
pub const GRACE: SignedDuration = SignedDuration::from_mins(10);

/// An object that goes through phases, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its phase; empty before anybody has looked at it.
    pub phase: String,
    /// Whether that is an end, or a wait for a person.
    pub rests: bool,
    /// Since when it is in that phase, and for how long it may be; unknown for most kinds.
    pub budget: Option<(Timestamp, SignedDuration)>,
}

/// Why an object is stuck; `None` when it is not.
pub fn on_its_way(course: &Course, now: Timestamp) -> Option<String> {
    let late = |since: Timestamp, allowed: SignedDuration| now.duration_since(since) > allowed.saturating_add(GRACE);
    if course.phase.is_empty() {
        let created = course.created.filter(|created| late(*created, SignedDuration::ZERO))?;
        return Some(format!("not observed for {}", minutes(now.duration_since(created))));
    }
    let (since, allowed) = course.budget.filter(|(since, allowed)| !course.rests && late(*since, *allowed))?;
    Some(format!("{} for {}, longer than the {} it has", course.phase, minutes(now.duration_since(since)), minutes(allowed)))
}

/// The run that a ledger names as the holder of its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// It is not there.
    Gone,
    /// It ended then.
    Over(Option<Timestamp>),
    /// It goes on.
    Going,
}

/// Why a held target is stuck; `None` when it is not.
pub fn held(holder: Holder, since: Timestamp, now: Timestamp) -> Option<&'static str> {
    match holder {
        Holder::Gone if now.duration_since(since) > GRACE => Some("is held by a run that is gone"),
        Holder::Over(Some(at)) if now.duration_since(at) > GRACE => Some("is held by a run that is over"),
        _ => None,
    }
}

/// Whether runs that are being deleted, the first since then, wait for controllers that do not come: those keep them until their outcome is recorded.
pub fn deleting(since: Timestamp, controllers_work: bool, now: Timestamp) -> bool {
    !controllers_work || now.duration_since(since) > GRACE
}

/// What to say of so many runs that are kept although they are being deleted; `let_go` is the command that lets them go.
pub fn kept(number: usize, let_go: &str) -> String {
    let (runs, wait) = if number == 1 { ("execution is", "waits") } else { ("executions are", "wait") };
    format!("{number} {runs} being deleted and {wait} for controllers to record the outcome; let them go with  {let_go}")
}

fn minutes(length: SignedDuration) -> String {
    match length.as_mins() {
        mins @ 0..120 => format!("{mins}m"),
        mins => format!("{}h", mins / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    #[test]
    fn what_goes_on_by_itself_and_does_not_is_stuck() {
        let now = at(1_000);
        let hour = SignedDuration::from_hours(1);
        let course = |phase: &str, rests: bool, since: i64| Course {
            created: Some(at(0)),
            phase: phase.to_owned(),
            rests,
            budget: Some((at(since), hour)),
        };
        #[rustfmt::skip]
        let table = [
            ("just made",               Course { created: Some(at(995)), ..Course::default() }, None),
            ("made and not looked at",  Course { created: Some(at(988)), ..Course::default() }, Some("not observed for 12m")),
            ("within its budget",       course("Executing", false, 940),                        None),
            ("within the grace",        course("Executing", false, 931),                        None),
            ("past it",                 course("Executing", false, 929),                        Some("Executing for 71m, longer than the 60m it has")),
            ("past it by far",          course("Executing", false, 0),                          Some("Executing for 16h, longer than the 60m it has")),
            ("waits for a person",      course("AwaitingApproval", true, 0),                    None),
            ("without a budget",        Course { budget: None, ..course("Running", false, 0) }, None),
        ];
        for (case, course, expected) in table {
            assert_eq!(on_its_way(&course, now).as_deref(), expected, "{case}");
        }
    }

    #[test]
    fn a_deletion_is_stuck_when_nobody_lets_the_run_go() {
        let now = at(1_000);
        #[rustfmt::skip]
        let table = [
            ("controllers work",                  999, true,  false),
            ("controllers work, and do not see it", 980, true,  true),
            ("no controllers work",               999, false, true),
        ];
        for (case, since, controllers_work, expected) in table {
            assert_eq!(deleting(at(since), controllers_work, now), expected, "{case}");
        }
        assert!(
            kept(1, "x").starts_with("1 execution is being deleted and waits")
                && kept(2, "x").starts_with("2 executions are being deleted and wait ")
        );
    }

    #[test]
    fn a_target_is_stuck_when_its_holder_does_not_let_go() {
        let now = at(1_000);
        #[rustfmt::skip]
        let table = [
            ("the run goes on",         Holder::Going,               0,   None),
            ("it is gone",              Holder::Gone,                0,   Some("is held by a run that is gone")),
            ("it may not be seen yet",  Holder::Gone,                995, None),
            ("it ended long ago",       Holder::Over(Some(at(900))), 0,   Some("is held by a run that is over")),
            ("it ended just now",       Holder::Over(Some(at(999))), 0,   None),
        ];
        for (case, holder, since, expected) in table {
            assert_eq!(held(holder, at(since), now), expected, "{case}");
        }
    }
}
