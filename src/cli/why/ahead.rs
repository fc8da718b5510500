//! What is ahead of the object that was asked for, in words: whether its time has come, is yet to come, or is over.

use super::explanation::Step;
use crate::api::{Decision, RemediationPhase, SkipReason, WorkflowPhase};
use crate::cli::kinds::Kind;
use crate::cli::ledgers::decode::word;
use crate::cli::output::Seen;
use crate::cli::paste;
use crate::rules::gate::Verdict;
use crate::rules::prospect::{self, Asked, Prospect};
use jiff::Timestamp;
use serde::Serialize;

/// What is ahead of the object that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ahead {
    /// Whether it can still start.
    pub prospect: Prospect,
    /// Its phase.
    pub phase: String,
    /// How it ended and why, if it says so.
    pub ending: String,
    /// The request that a person decides, or has decided.
    pub waits_for: Option<WaitsFor>,
}

/// A request that a person decides.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct WaitsFor {
    /// `AIApprovalRequest`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// `Pending`, or what was decided.
    pub decision: String,
    /// When it is too late to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    #[serde(skip)]
    stamped: Option<Timestamp>,
}

impl WaitsFor {
    /// The request, as far as it is told.
    pub fn of(seen: &Seen) -> Self {
        Self {
            kind: "AIApprovalRequest",
            name: seen.name().to_owned(),
            namespace: seen.namespace().to_owned(),
            decision: crate::cli::get::decision(seen).to_owned(),
            deadline: seen.deadline(),
            stamped: seen.decision_stamped(),
        }
    }

    fn asked(&self, now: Timestamp) -> Asked {
        let decision = match self.decision.as_str() {
            "Pending" => Decision::Undecided,
            // A decision that nobody knows permits nothing.
            other => serde_json::from_value(other.into()).unwrap_or(Decision::Superseded),
        };
        // What is decided counts from when the API server stamped it; who is not told when takes it for timely.
        let at = if decision == Decision::Undecided { Some(now) } else { self.stamped };
        Asked { decision, late: self.deadline.zip(at).is_some_and(|(deadline, at)| deadline <= at) }
    }

    fn short(&self) -> String {
        format!("{}/{}", Kind::Approval.short(), self.name)
    }
}

/// What is ahead of a run whose phase means this.
pub fn of_run(seen: &Seen, means: WorkflowPhase) -> Ahead {
    let skipped_for = serde_json::from_value::<SkipReason>(word(seen, "/status/skipDetails/reason").into()).ok();
    let written = word(seen, "/status/phase");
    Ahead {
        prospect: prospect::of_run(means, skipped_for, is_to_stop(seen)),
        phase: if written.is_empty() { format!("{means:?}") } else { written },
        ending: String::new(),
        waits_for: None,
    }
}

fn is_to_stop(seen: &Seen) -> bool {
    !word(seen, "/spec/stop").is_empty() || !word(seen, "/metadata/deletionTimestamp").is_empty()
}

/// What is ahead of a remediation, given what is ahead of its run, if it has one.
pub fn of_remediation(request: &Seen, approval: Option<&Seen>, run: Option<Ahead>, now: Timestamp) -> Ahead {
    let written = word(request, "/status/phase");
    // Who has not been looked at yet says no phase.
    let phase = serde_json::from_value::<RemediationPhase>(written.clone().into()).unwrap_or(RemediationPhase::Pending);
    let waits_for = approval.map(WaitsFor::of);
    let asked = waits_for.as_ref().map(|waits| waits.asked(now));
    let prospect = prospect::of_remediation(phase, asked, run.as_ref().map(|run| run.prospect));
    let ending = match (word(request, "/status/outcome"), word(request, "/status/message")) {
        _ if !phase.is_over() => String::new(),
        (outcome, message) if outcome.is_empty() && message.is_empty() => String::new(),
        (outcome, message) if message.is_empty() => format!(" ({outcome})"),
        (outcome, message) if outcome.is_empty() => format!(": {message}"),
        (outcome, message) => format!(" ({outcome}): {message}"),
    };
    let phase = run.map_or_else(|| format!("{phase:?}"), |run| run.phase);
    Ahead { prospect, phase, ending, waits_for }
}

impl Ahead {
    /// The verdict on the object: what comes before the gate, and what the gates say in `says`. `when` says a point in time.
    pub fn verdict(&self, verdict: Verdict, says: &str, when: impl Fn(Timestamp) -> String) -> String {
        let then = match verdict {
            Verdict::Allowed => ", then may start".to_owned(),
            Verdict::Waiting => format!("; the gate by itself {says}"),
            Verdict::Blocked => format!("; {says}"),
        };
        let asked = self.waits_for.as_ref().map_or_else(|| "an approval".to_owned(), WaitsFor::short);
        let deadline = self.waits_for.as_ref().and_then(|waits| waits.deadline);
        match self.prospect {
            Prospect::Asks => says.to_owned(),
            Prospect::AwaitsAnalysis => format!("waits for its analysis{then}"),
            Prospect::AwaitsApproval => {
                let expires = deadline.map(|at| format!(" (expires {})", when(at))).unwrap_or_default();
                format!("waits for a person to decide {asked}{expires}{then}")
            }
            Prospect::Started => "has started, and is at work".to_owned(),
            // Another run profits from what is done about it: that is what this one's screen is for.
            Prospect::Over if verdict == Verdict::Blocked && self.phase == "Skipped" => says.to_owned(),
            Prospect::Over => format!("over, nothing will start for it{}; for a new run on the target: {says}", self.undecided(&when)),
        }
    }

    /// Why nothing will start for what does not say yet that it is over.
    fn undecided(&self, when: impl Fn(Timestamp) -> String) -> String {
        let Some(waits) = self.waits_for.as_ref().filter(|_| self.phase == "AwaitingApproval") else { return String::new() };
        match (waits.decision.as_str(), waits.deadline) {
            ("Pending", Some(at)) => format!(" ({} expired {})", waits.short(), when(at)),
            ("Approved", _) => format!(" ({} was approved too late)", waits.short()),
            (decision, _) => format!(" ({} is {decision})", waits.short()),
        }
    }

    /// What a program is told of it, where the gates have nothing against it; `None` when the gates are all there is.
    pub fn message(&self) -> Option<String> {
        let asked = self.waits_for.as_ref().map_or_else(|| "an approval".to_owned(), WaitsFor::short);
        Some(match self.prospect {
            Prospect::Asks => return None,
            Prospect::AwaitsAnalysis => "it waits for its analysis; on the target nothing stands in the way".to_owned(),
            Prospect::AwaitsApproval => format!("it waits for a person to decide {asked}; on the target nothing stands in the way"),
            Prospect::Started => "it has started, and is at work".to_owned(),
            Prospect::Over => "it is over, nothing will start for it; on the target nothing stands in the way of a new run".to_owned(),
        })
    }

    /// What to do about it, in order; `short` is the object as `TYPE/NAME`.
    pub fn steps(&self, short: &str, namespace: &str) -> Vec<Step> {
        let status = |words: &str| format!("{}{words}", paste::object("status", short, namespace));
        match (self.prospect, &self.waits_for) {
            (Prospect::Asks, _) => Vec::new(),
            (Prospect::AwaitsApproval, Some(waits)) => {
                ["approve", "reject"].map(|verb| Step { r#do: verb, command: paste::object(verb, &waits.name, &waits.namespace) }).into()
            }
            (Prospect::Over, _) => vec![Step { r#do: "inspect", command: status("") }],
            (Prospect::AwaitsAnalysis | Prospect::AwaitsApproval | Prospect::Started, _) => {
                vec![Step { r#do: "follow", command: status(" -w") }]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(status: serde_json::Value, decision: Option<&str>, verdict: Verdict, says: &str) -> String {
        let now: Timestamp = "2025-12-06T10:10:00Z".parse().unwrap();
        let request = Seen(json!({"metadata": {"name": "rr-x", "namespace": "payment"}, "status": status}));
        let approval = decision.map(|decision| {
            let metadata = json!({"name": "ask", "namespace": "payment", "creationTimestamp": "2025-12-06T10:00:00Z"});
            let timeout = if decision == "late" { "5m" } else { "15m" };
            let (decision, stamped) = match decision {
                "late" => ("", None),
                "approved late" => ("Approved", Some("2025-12-06T10:15:01Z")),
                "approved in time" => ("Approved", Some("2025-12-06T10:09:59Z")),
                decision => (decision, None),
            };
            let mut asked = json!({"metadata": metadata, "spec": {"timeout": timeout}, "status": {"decision": decision}});
            asked["metadata"]["managedFields"] = json!([{"time": stamped, "fieldsV1": {"f:status": {"f:decision": {}}}}]);
            Seen(asked)
        });
        let ahead = of_remediation(&request, approval.as_ref(), None, now);
        format!("is {}{}; {}", ahead.phase, ahead.ending, ahead.verdict(verdict, says, |at| format!("at {at}")))
    }

    #[test]
    fn a_run_that_is_to_stop_starts_no_more() {
        let ahead = |run: serde_json::Value| of_run(&Seen(run), WorkflowPhase::Skipped).prospect;
        assert_eq!(ahead(json!({"status": {"phase": "Skipped"}})), Prospect::Asks);
        assert_eq!(ahead(json!({"spec": {"stop": "TimedOut"}, "status": {"phase": "Skipped"}})), Prospect::Over);
        assert_eq!(
            ahead(json!({"metadata": {"deletionTimestamp": "2025-12-06T10:09:00Z"}, "status": {"phase": "Skipped"}})),
            Prospect::Over
        );
    }

    #[test]
    fn nothing_may_start_for_what_is_over_or_waits() {
        let (open, blocked) = ((Verdict::Allowed, "may start"), (Verdict::Blocked, "blocked, will not clear by waiting"));
        #[rustfmt::skip]
        let table = [
            ("rejected",              json!({"phase": "Failed", "outcome": "Rejected", "message": "no"}), Some("Rejected"), open,    "is Failed (Rejected): no; over, nothing will start for it; for a new run on the target: may start"),
            ("approved",              json!({"phase": "AwaitingApproval"}),                              Some("Approved"), open,    "is AwaitingApproval; may start"),
            ("approved in time",      json!({"phase": "AwaitingApproval"}),                              Some("approved in time"), open, "is AwaitingApproval; may start"),
            ("approved too late",     json!({"phase": "AwaitingApproval"}),                              Some("approved late"), open,  "is AwaitingApproval; over, nothing will start for it (aar/ask was approved too late); for a new run on the target: may start"),
            ("undecided",             json!({"phase": "AwaitingApproval"}),                              Some(""),         open,    "is AwaitingApproval; waits for a person to decide aar/ask (expires at 2025-12-06T10:15:00Z), then may start"),
            ("undecided and blocked", json!({"phase": "AwaitingApproval"}),                              Some(""),         blocked, "is AwaitingApproval; waits for a person to decide aar/ask (expires at 2025-12-06T10:15:00Z); blocked, will not clear by waiting"),
            ("too late",              json!({"phase": "AwaitingApproval"}),                              Some("late"),     open,    "is AwaitingApproval; over, nothing will start for it (aar/ask expired at 2025-12-06T10:05:00Z); for a new run on the target: may start"),
            ("an odd decision",       json!({"phase": "AwaitingApproval"}),                              Some("Perhaps"),  open,    "is AwaitingApproval; over, nothing will start for it (aar/ask is Perhaps); for a new run on the target: may start"),
            ("not looked at yet",     json!({}),                                                         None,             open,    "is Pending; waits for its analysis, then may start"),
        ];
        for (case, status, decision, (verdict, says), expected) in table {
            assert_eq!(said(status, decision, verdict, says), expected, "{case}");
        }
    }
}
