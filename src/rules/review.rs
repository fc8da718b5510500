//! Whether a person must still look at a remediation that ended so. Nobody acknowledges one: what happened since tells.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// For so long a review is named one by one; later it only counts.
pub const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// A remediation that ended so that a person must look, and what is known of it since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// When it ended; unknown counts as now.
    pub at: Option<Timestamp>,
    /// Whether it ended because a person rejected its plan.
    pub rejected_by_person: bool,
    /// Whether a person cleared the block that its run left.
    pub cleared: bool,
    /// When the newest remediation of the same signal on the same target that succeeded ended. One of another signal repaired something else.
    pub newest_success: Option<Timestamp>,
}

/// Whether a person must still look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    /// Yes.
    Open,
    /// Yes, and it has been so for longer than [`FRESH`].
    Old,
    /// No.
    Settled(Settled),
}

/// Why nobody has to look any more.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Settled {
    /// A person decided it, and so has looked.
    Rejected,
    /// A person cleared the block, and so has looked.
    Cleared,
    /// The same signal was remediated on the same target since.
    Remediated,
}

impl Settled {
    /// What settled it, in a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "a person rejected the plan",
            Self::Cleared => "a person cleared its block",
            Self::Remediated => "the signal was remediated since",
        }
    }
}

/// Judges what is known.
pub fn review(ended: &Ended, now: Timestamp) -> Review {
    let succeeded_since = ended.newest_success.zip(ended.at).is_some_and(|(success, at)| success > at);
    match ended {
        Ended { rejected_by_person: true, .. } => Review::Settled(Settled::Rejected),
        Ended { cleared: true, .. } => Review::Settled(Settled::Cleared),
        _ if succeeded_since => Review::Settled(Settled::Remediated),
        Ended { at: Some(at), .. } if now.duration_since(*at) > FRESH => Review::Old,
        _ => Review::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_since_settles_a_review() {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        let ended = Ended { at: Some(at(90)), ..Ended::default() };
        #[rustfmt::skip]
        let table = [
            ("just ended",                           ended,                                                       Review::Open),
            ("a day ago",                            Ended { at: Some(at(76)), ..ended },                         Review::Open),
            ("longer ago",                           Ended { at: Some(at(75)), ..ended },                         Review::Old),
            ("nobody knows when",                    Ended { at: None, ..ended },                                 Review::Open),
            ("a person rejected it",                 Ended { rejected_by_person: true, ..ended },                 Review::Settled(Settled::Rejected)),
            ("a person cleared its block",           Ended { cleared: true, ..ended },                            Review::Settled(Settled::Cleared)),
            ("the signal was remediated since",      Ended { newest_success: Some(at(91)), ..ended },             Review::Settled(Settled::Remediated)),
            ("long ago, and remediated since",       Ended { at: Some(at(1)), newest_success: Some(at(2)), ..ended }, Review::Settled(Settled::Remediated)),
            ("the signal was remediated before",     Ended { newest_success: Some(at(89)), ..ended },             Review::Open),
            ("both at the same time",                Ended { newest_success: Some(at(90)), ..ended },             Review::Open),
            ("nobody knows what came first",         Ended { at: None, newest_success: Some(at(99)), ..ended },   Review::Open),
        ];
        for (case, ended, expected) in table {
            assert_eq!(review(&ended, at(100)), expected, "{case}");
        }
    }
}
