//! The two ways to decide.

use crate::cli::failure::Exit;
use crate::cli::status::wait::Ended;

/// Which way it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It may run.
    Approve,
    /// It may not.
    Reject,
}

impl Verb {
    /// As it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }

    /// As it is told afterwards.
    pub fn past(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Reject => "rejected",
        }
    }

    /// As it is written into a request.
    pub fn decision(self) -> &'static str {
        match self {
            Self::Approve => "Approved",
            Self::Reject => "Rejected",
        }
    }

    /// How the wait for a remediation ends that ended so: an approval is to remedy, a rejection is to prevent.
    pub fn judged(self, ended: &Ended) -> Exit {
        match (self, ended.outcome.as_str()) {
            (Self::Approve, _) => ended.exit,
            // Without a rejected step, the others may still be taken.
            (Self::Reject, "Rejected" | "PartialCompletion") => Exit::Done,
            (Self::Reject, _) => Exit::No,
        }
    }
}
