//! Whether a request can still be decided, by this user, this way.

use super::Verb;
use super::request::Request;
use crate::api::Decision;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::age::age;
use crate::cli::output::text::one_line;
use jiff::Timestamp;

/// Whether a request can be decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It waits for somebody like this.
    Open,
    /// It was decided this way already, by whom and when.
    Unchanged(String),
}

/// Judges the request; every refusal says why and what to do.
///
/// # Errors
/// Why it cannot be decided this way.
pub fn judge(request: &Request, verb: Verb, who: &str, now: Timestamp) -> Result<Standing, Failure> {
    match (request.decision(), verb) {
        (Decision::Undecided, _) => open(request, verb, who, now),
        (Decision::Approved, Verb::Approve) | (Decision::Rejected, Verb::Reject) => {
            Ok(Standing::Unchanged(decided(request, verb.past(), now)))
        }
        (Decision::Approved, _) => Err(already(request, verb, &decided(request, "approved", now))),
        (Decision::Rejected, _) => Err(already(request, verb, &decided(request, "rejected", now))),
        (Decision::Superseded, _) => Err(already(request, verb, "the remediation ended before anybody decided")),
        (Decision::Expired, _) => Err(expired(request, verb, now)),
    }
}

/// Like [`judge`], for a request that nobody named: one that was decided otherwise is left alone.
///
/// # Errors
/// Why a request that still waits cannot be decided.
pub fn judge_listed(request: &Request, verb: Verb, who: &str, now: Timestamp) -> Result<Standing, Failure> {
    let left = |past: &str| Ok(Standing::Unchanged(decided(request, past, now)));
    match request.decision() {
        Decision::Undecided => open(request, verb, who, now),
        Decision::Approved => left("approved"),
        Decision::Rejected => left("rejected"),
        Decision::Expired => Ok(Standing::Unchanged("expired".to_owned())),
        Decision::Superseded => Ok(Standing::Unchanged("superseded".to_owned())),
    }
}

fn open(request: &Request, verb: Verb, who: &str, now: Timestamp) -> Result<Standing, Failure> {
    match request.seen.deadline() {
        Some(deadline) if deadline <= now => Err(expired(request, verb, now)),
        _ if verb == Verb::Approve && request.requested_by() == who => Err(own(request, who)),
        _ => Ok(Standing::Open),
    }
}

fn decided(request: &Request, past: &str, now: Timestamp) -> String {
    let by = request.status.decided_by.as_ref().map(|name| format!(" by {}", one_line(name))).unwrap_or_default();
    let at = request.status.decided_at.or_else(|| request.seen.decision_stamped());
    let at = at.map(|at| format!(" {} ago", age(now.duration_since(at)))).unwrap_or_default();
    format!("{past}{by}{at}")
}

/// What was decided, by whom, when and why; of a request that [`Request::is_open`] no more.
pub fn ended(request: &Request, now: Timestamp) -> String {
    let because = request.status.reason.as_deref().map(|reason| format!(": {}", one_line(reason))).unwrap_or_default();
    match request.decision() {
        Decision::Approved => format!("{}{because}", decided(request, "Approved", now)),
        Decision::Rejected => format!("{}{because}", decided(request, "Rejected", now)),
        Decision::Superseded => "Superseded: the remediation ended before anybody decided".to_owned(),
        Decision::Expired | Decision::Undecided => match since_deadline(request, now) {
            Some(ago) => format!("Expired {ago} ago; nobody decided"),
            None => "Expired; nobody decided".to_owned(),
        },
    }
}

fn since_deadline(request: &Request, now: Timestamp) -> Option<String> {
    request.seen.deadline().filter(|deadline| *deadline <= now).map(|deadline| age(now.duration_since(deadline)))
}

/// A refusal that names verb and request.
pub fn refusal(request: &Request, reason: Reason, verb: Verb, why: &str) -> Failure {
    Failure::new(reason, format!("cannot {} {}: {why}", verb.word(), request.object())).about(request.object())
}

fn already(request: &Request, verb: Verb, why: &str) -> Failure {
    let failure = refusal(request, Reason::AlreadyDecided, verb, why);
    failure.hint(format!("a decision is final; see  {}", request.follow()))
}

fn expired(request: &Request, verb: Verb, now: Timestamp) -> Failure {
    let why = since_deadline(request, now).map_or_else(|| "it expired".to_owned(), |ago| format!("it expired {ago} ago"));
    let asked = request.seen.created().map(|at| at.strftime(", requested %H:%M:%SZ").to_string()).unwrap_or_default();
    let next = match request.kind() {
        Kind::StepApproval => "the step is left out, and the rest of the run goes on",
        _ => "a new request appears at the alert's next repeat, if it still fires",
    };
    refusal(request, Reason::Expired, verb, &why)
        .because(format!("approval window was {}{asked}", request.seen.text("/spec/timeout")))
        .hint(format!("{next}; see  {}", request.follow()))
}

fn own(request: &Request, who: &str) -> Failure {
    refusal(request, Reason::Forbidden, Verb::Approve, &format!("{who} asked for it, and may not approve it too"))
        .exiting(Exit::Refused)
        .hint("somebody else with the right to approve has to decide")
}
