//! Decides what an approval request has come to: open, granted, refused or out of time.

use crate::api::Decision;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;

/// What is known about a request.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Now, by the controllers' clock.
    pub now: Timestamp,
    /// When the API server created the request.
    pub created: Timestamp,
    /// How long it waits.
    pub timeout: SignedDuration,
    /// What was decided.
    pub decision: Decision,
    /// Who wrote that.
    pub decided_by: Option<&'a str>,
    /// The hash named with the decision.
    pub named_hash: Option<&'a str>,
    /// The hash of the plan that the request shows.
    pub plan_hash: &'a str,
    /// Who may not approve.
    pub requested_by: &'a str,
    /// The API server's times of the writes that own the decision; `None` for one without a time.
    pub stamps: &'a [Option<Timestamp>],
}

/// What a request has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody has decided; look again then.
    Wait {
        /// The deadline.
        until: Timestamp,
    },
    /// The deadline passed: write `Expired`.
    Expire,
    /// A person approved in time.
    Granted {
        /// Who.
        by: String,
    },
    /// A person rejected in time.
    Refused {
        /// Who.
        by: String,
    },
    /// It ended without a decision that counts.
    Void {
        /// Whether for lack of time.
        expired: bool,
        /// Why, in a sentence.
        because: String,
    },
}

/// Judges a request. A decision counts only if the API server stamped it before the deadline.
pub fn decide(seen: &Seen) -> Verdict {
    let deadline = deadline(seen.created, seen.timeout);
    match seen.decision {
        Decision::Undecided if seen.now < deadline => Verdict::Wait { until: deadline },
        Decision::Undecided => Verdict::Expire,
        Decision::Expired => void(true, format!("nobody decided before {deadline}")),
        Decision::Superseded => void(false, "the remediation ended before anybody decided".to_owned()),
        Decision::Approved | Decision::Rejected if !in_time(seen.stamps, deadline) => {
            void(true, format!("the decision was not stamped by the API server before the deadline, {deadline}"))
        }
        Decision::Rejected => Verdict::Refused { by: seen.decided_by.unwrap_or("somebody").to_owned() },
        Decision::Approved => approved(seen),
    }
}

fn approved(seen: &Seen) -> Verdict {
    match seen.decided_by {
        None | Some("") => void(false, "the approval names nobody".to_owned()),
        Some(by) if by == seen.requested_by => void(false, format!("{by} asked for this remediation and may not approve it")),
        Some(_) if seen.named_hash.is_some_and(|hash| hash != seen.plan_hash) => {
            void(false, "another plan was approved than the one in the request".to_owned())
        }
        Some(by) => Verdict::Granted { by: by.to_owned() },
    }
}

/// When a request runs out, by the API server's time of its creation.
pub fn deadline(created: Timestamp, timeout: SignedDuration) -> Timestamp {
    created.checked_add(timeout).unwrap_or(created)
}

/// The API server's times of the writes that own the decision.
pub fn stamps(entries: &[ManagedFieldsEntry]) -> Vec<Option<Timestamp>> {
    entries.iter().filter(|entry| owns_decision(entry)).map(|entry| entry.time.as_ref().map(|time| time.0)).collect()
}

/// Whether a write owns the decision.
pub fn owns_decision(entry: &ManagedFieldsEntry) -> bool {
    entry.fields_v1.as_ref().is_some_and(|fields| fields.0.pointer("/f:status/f:decision").is_some())
}

/// No stamp, a stamp without a time, or stamps that disagree count as late.
fn in_time(stamps: &[Option<Timestamp>], deadline: Timestamp) -> bool {
    let Some((Some(first), others)) = stamps.split_first() else { return false };
    others.iter().all(|other| *other == Some(*first)) && *first < deadline
}

fn void(expired: bool, because: String) -> Verdict {
    Verdict::Void { expired, because }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn word(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Wait { .. } => "wait",
            Verdict::Expire => "expire",
            Verdict::Granted { .. } => "granted",
            Verdict::Refused { .. } => "refused",
            Verdict::Void { expired: true, .. } => "late",
            Verdict::Void { expired: false, .. } => "void",
        }
    }

    #[test]
    fn a_decision_counts_when_the_server_stamped_it_in_time() {
        type Case<'a> = (&'a str, i64, Decision, Option<&'a str>, Option<&'a str>, &'a [Option<Timestamp>], &'a str);
        let (early, late) = ([Some(at(899))], [Some(at(900))]);
        #[rustfmt::skip]
        let table: &[Case] = &[
            ("nobody has decided",                   10, Undecided,  None,          None,      &[],    "wait"),
            ("one second before the deadline",      899, Undecided,  None,          None,      &[],    "wait"),
            ("at the deadline",                     900, Undecided,  None,          None,      &[],    "expire"),
            ("approved in time",                     10, Approved,   Some("alice"), None,      &early, "granted"),
            ("seen late but stamped in time",      9999, Approved,   Some("alice"), None,      &early, "granted"),
            ("stamped at the deadline",              10, Approved,   Some("alice"), None,      &late,  "late"),
            ("rejected in time",                     10, Rejected,   Some("alice"), None,      &early, "refused"),
            ("rejected late",                        10, Rejected,   Some("alice"), None,      &late,  "late"),
            ("no stamp",                             10, Approved,   Some("alice"), None,      &[],    "late"),
            ("a stamp without a time",               10, Approved,   Some("alice"), None,      &[None], "late"),
            ("stamps that disagree",                 10, Approved,   Some("alice"), None,      &[Some(at(1)), Some(at(2))], "late"),
            ("the requester approves",               10, Approved,   Some("gate"),  None,      &early, "void"),
            ("the requester may reject",             10, Rejected,   Some("gate"),  None,      &early, "refused"),
            ("nobody's name",                        10, Approved,   None,          None,      &early, "void"),
            ("an empty name",                        10, Approved,   Some(""),      None,      &early, "void"),
            ("the plan is named",                    10, Approved,   Some("alice"), Some("h"), &early, "granted"),
            ("another plan is named",                10, Approved,   Some("alice"), Some("x"), &early, "void"),
            ("expired",                              10, Expired,    Some("c"),     None,      &early, "late"),
            ("superseded",                           10, Superseded, Some("c"),     None,      &early, "void"),
        ];
        for (case, now, decision, decided_by, named_hash, stamps, expected) in table {
            let seen = Seen {
                now: at(*now),
                created: at(0),
                timeout: SignedDuration::from_mins(15),
                decision: *decision,
                decided_by: *decided_by,
                named_hash: *named_hash,
                plan_hash: "h",
                requested_by: "gate",
                stamps,
            };
            assert_eq!(word(&decide(&seen)), *expected, "{case}");
        }
    }
}
