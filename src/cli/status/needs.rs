//! What goes on only when a person acts, each with what to type.

use super::overview::View;
use super::reviews::{Reviews, blocks, is_asked_for};
use crate::api::Target;
use crate::cli::get::decision;
use crate::cli::kinds::Kind;
use crate::cli::ledgers::Ledger;
use crate::cli::output::Seen;
use crate::cli::paste;
use crate::cli::paste::object as command;
use crate::rules::review::Review;
use crate::rules::standing::{self, Standing};
use jiff::Timestamp;
use serde::Serialize;

/// Something that goes on only when a person acts.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Need {
    /// What is needed.
    pub what: What,
    /// `namespace/name`.
    pub object: String,
    /// Short name of its kind.
    pub r#type: &'static str,
    /// Why, in a word: what blocks, or how it ended.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Why, in a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it is too late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// What to type.
    pub command: String,
    /// The same for people who work in its namespace.
    #[serde(skip)]
    pub short_command: String,
    /// Whether whoever asks may decide it; absent when nothing is to be decided, or nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_decide: Option<bool>,
}

impl Need {
    /// What to do about it: what to type, or that it is for somebody else.
    pub fn to_do(&self, with_namespace: bool) -> &str {
        match (self.may_decide, with_namespace) {
            (Some(false), _) => "needs somebody who may approve",
            (_, true) => &self.command,
            (_, false) => &self.short_command,
        }
    }
}

/// What is needed of a person, the most urgent first.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum What {
    /// A decision on a plan.
    ApprovalPending,
    /// A decision on a step.
    StepApprovalPending,
    /// Somebody who clears what blocks a target.
    Blocked,
    /// Somebody who looks.
    ManualReview,
    /// Somebody who was not told.
    NotificationFailed,
}

impl What {
    /// What to call so many of them.
    pub fn counted(self, number: usize) -> String {
        let (thing, state) = match self {
            Self::ApprovalPending => ("approval", "pending"),
            Self::StepApprovalPending => ("step approval", "pending"),
            Self::Blocked => ("execution", "blocked"),
            Self::ManualReview => ("review", "needed"),
            Self::NotificationFailed => ("notification", "failed"),
        };
        format!("{number} {thing}{} {state}", if number == 1 { "" } else { "s" })
    }

    /// What shows all of them; `place` says in which namespaces.
    pub fn all(self, place: &str) -> String {
        let words = match self {
            Self::ApprovalPending => "get approvals --pending",
            Self::StepApprovalPending => "get stepapprovals --pending",
            Self::Blocked => "get blocks",
            Self::ManualReview => "get remediations --needs-review",
            Self::NotificationFailed => "get notifications --field-selector status.phase!=Sent",
        };
        paste::ours(&format!("{words}{place}"))
    }
}

/// Everything that needs a person: by urgency, then by what is too late first, then the newest.
pub fn needs(view: &View, reviews: &Reviews<'_>) -> Vec<Need> {
    let View { known, asker, now, .. } = view;
    let mut found: Vec<(Need, Option<Timestamp>)> = Vec::new();
    for (kind, what) in [(Kind::Approval, What::ApprovalPending), (Kind::StepApproval, What::StepApprovalPending)] {
        found.extend(known.of(kind).filter_map(|seen| {
            let (need, since) = pending(kind, what, seen, *now)?;
            Some((Need { may_decide: asker.may_decide(kind, seen), ..need }, since))
        }));
    }
    found.extend(blocked(view));
    found.extend(known.of(Kind::Remediation).filter_map(|seen| review(seen, view, reviews)));
    found.extend(known.of(Kind::Notification).filter_map(unheard));
    found.sort_by_key(|(need, since)| (need.what, need.deadline.is_none(), need.deadline, std::cmp::Reverse(*since)));
    found.into_iter().map(|(need, _)| need).collect()
}

fn need(what: What, kind: Kind, namespace: &str, name: &str, verb: &str, argument: &str) -> Need {
    Need {
        what,
        object: format!("{namespace}/{name}"),
        r#type: kind.short(),
        reason: String::new(),
        message: String::new(),
        deadline: None,
        command: command(verb, argument, namespace),
        short_command: command(verb, argument, ""),
        may_decide: None,
    }
}

/// A request whose time is up waits for nobody any more.
fn pending(kind: Kind, what: What, seen: &Seen, now: Timestamp) -> Option<(Need, Option<Timestamp>)> {
    let deadline = seen.deadline();
    if decision(seen) != "Pending" || deadline.is_some_and(|deadline| deadline <= now) {
        return None;
    }
    let message = match kind {
        Kind::StepApproval => format!("step {} {}", seen.number("/spec/stepNumber").unwrap_or_default(), seen.text("/spec/action")),
        _ => seen.text("/spec/investigation/rootCause").to_owned(),
    };
    let argument = if kind == Kind::StepApproval { format!("wsar/{}", seen.name()) } else { seen.name().to_owned() };
    let need = need(what, kind, seen.namespace(), seen.name(), "approve", &argument);
    Some((Need { message, deadline, ..need }, seen.created()))
}

fn blocked(view: &View) -> Vec<(Need, Option<Timestamp>)> {
    let of = |(target, ledger): (&Target, &Ledger)| {
        let found = standing::standing(&target.to_string(), &ledger.status, view.now, view.gate);
        found.into_iter().map(|standing| block(target, standing)).collect::<Vec<_>>()
    };
    view.ledgers.iter().flat_map(of).collect()
}

fn block(target: &Target, standing: Standing) -> (Need, Option<Timestamp>) {
    let made = match &standing.run {
        Some(run) => need(What::Blocked, Kind::Execution, &run.namespace, &run.name, "why", &format!("wfe/{}", run.name)),
        None => {
            let unnamed = need(What::Blocked, Kind::Target, target.home(), &target.ledger_name(), "why", "");
            let command = paste::ours(&format!("why --target {}", paste::quoted(&target.to_string())));
            Need { command: command.clone(), short_command: command, ..unnamed }
        }
    };
    (Need { reason: standing.reason.as_str().to_owned(), message: target.to_string(), ..made }, standing.since)
}

/// A remediation that ended so that a person must look. Of what blocks, the target's ledger tells, once for all that it stopped; only where
/// that was not read, the remediation does.
fn review(seen: &Seen, view: &View, reviews: &Reviews<'_>) -> Option<(Need, Option<Timestamp>)> {
    let ledger_tells = || seen.text("/spec/targetResource").parse().is_ok_and(|target| view.has_looked_at(&target));
    let what = match blocks(seen) {
        true if ledger_tells() => return None,
        true => What::Blocked,
        false if is_asked_for(seen) && reviews.judge(seen, view.now) == Review::Open => What::ManualReview,
        false => return None,
    };
    let verb = if what == What::Blocked { "why" } else { "status" };
    let made = need(what, Kind::Remediation, seen.namespace(), seen.name(), verb, &format!("rr/{}", seen.name()));
    let first = |pointers: &[&str]| pointers.iter().map(|at| seen.text(at)).find(|text| !text.is_empty()).unwrap_or_default().to_owned();
    let reason = first(&["/status/skipReason", "/status/outcome", "/status/phase"]);
    Some((Need { reason, message: first(&["/status/message"]), ..made }, seen.created()))
}

/// A notice that somebody did not get.
fn unheard(seen: &Seen) -> Option<(Need, Option<Timestamp>)> {
    let phase = seen.text("/status/phase");
    if !matches!(phase, "Failed" | "PartiallySent") {
        return None;
    }
    let deliveries = seen.list("/status/deliveries").iter();
    let text = |delivery: &serde_json::Value, key: &str| delivery.get(key).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
    let failed = deliveries.filter(|delivery| text(delivery, "state") == "Failed");
    let message: Vec<String> = failed.map(|delivery| format!("{}: {}", text(delivery, "receiver"), text(delivery, "lastError"))).collect();
    let made = need(What::NotificationFailed, Kind::Notification, seen.namespace(), seen.name(), "status", &format!("nr/{}", seen.name()));
    Some((Need { reason: phase.to_owned(), message: message.join("; "), ..made }, seen.created()))
}
