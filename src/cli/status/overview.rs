//! What needs a person, what is in flight, and how the last day went.

use super::asker::Asker;
use super::family::{ended_at, phase};
use super::known::Known;
use super::needs::{Need, needs};
use super::reviews::{Reviews, is_asked_for, rejected_by_person};
use crate::api::Target;
use crate::cli::OUTPUT_VERSION;
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::ledgers::{self, Ledger, World};
use crate::cli::output::{Document, Seen};
use crate::cli::read::{self, Selection};
use crate::rules::review::Review;
use crate::settings::Gate;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// What needs a person, what is in flight, and how the last day went.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// Version of this shape.
    pub api_version: &'static str,
    /// `Overview`.
    pub kind: Document,
    /// The namespace; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Who asks, as the API server sees it; absent when it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// When this was looked at.
    pub at: Timestamp,
    /// What goes on only when a person acts, the most urgent first.
    pub needs_you: Vec<Need>,
    /// Number of remediations that a person must still look at, and has had to for longer than 24 hours.
    #[serde(skip_serializing_if = "is_zero")]
    pub older_reviews: usize,
    /// Number of remediations in each phase that is not the end.
    pub in_flight: BTreeMap<String, usize>,
    /// Targets that wait after failures, and until when.
    pub backoff: Vec<Backoff>,
    /// Number of remediations of the last 24 hours by how they ended.
    pub last_day: BTreeMap<String, usize>,
    /// How many of the rejected ones a person rejected.
    #[serde(skip_serializing_if = "is_zero")]
    pub rejected_by_people: usize,
    /// Number of runs that the gate refused in the last 24 hours and that have not begun since, by reason.
    pub skipped: BTreeMap<String, usize>,
    /// What may not be read, and so is missing here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

impl Overview {
    /// Whether anything needs a person, however long it has.
    pub fn needs_somebody(&self) -> bool {
        !self.needs_you.is_empty() || self.older_reviews > 0
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A target that waits.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Backoff {
    /// The target.
    pub target: String,
    /// When something may start on it again.
    pub next_allowed_execution: Timestamp,
}

/// What to read, or to follow, for an overview: of most kinds only what can matter.
pub fn wanted(namespace: Option<&str>) -> Vec<(Kind, Selection)> {
    let only = |fields: &str| Selection {
        namespace: namespace.map(str::to_owned),
        fields: Some(fields.to_owned()).filter(|fields| !fields.is_empty()),
        ..Selection::default()
    };
    vec![
        (Kind::Remediation, only("")),
        // Those that a person rejected, too: who has decided has looked.
        (Kind::Approval, only("status.decision!=Approved")),
        (Kind::StepApproval, only("status.decision=")),
        (Kind::Execution, only("status.phase=Skipped")),
        (Kind::Notification, only("status.phase!=Sent")),
        (Kind::Target, only("")),
    ]
}

/// Reads what an overview shows, all at once.
///
/// # Errors
/// When the API server does not answer, or nothing at all may be read.
pub async fn read(connected: &Connected, namespace: Option<&str>) -> Result<Known, Failure> {
    read_kinds(connected, namespace, &wanted(namespace).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()).await
}

/// Reads of these kinds what an overview shows, all at once.
///
/// # Errors
/// As [`read`].
pub async fn read_kinds(connected: &Connected, namespace: Option<&str>, kinds: &[Kind]) -> Result<Known, Failure> {
    let list = async |(kind, selection): (Kind, Selection)| {
        let listed = read::list(&connected.client, kind, &selection).await.attempted(|| format!("list {}", kind.friendly()));
        (kind, listed)
    };
    let wanted = wanted(namespace).into_iter().filter(|(kind, _)| kinds.contains(kind));
    let lists = futures::future::join_all(wanted.map(list)).await;
    let (mut known, kinds) = (Known::default(), lists.len());
    for (kind, listed) in lists {
        match listed {
            Ok(listed) => known.replace(kind, listed.items),
            Err(why) if why.reason == Reason::Forbidden => known.hide(kind, why),
            Err(why) => return Err(why),
        }
    }
    match known.hidden() {
        [(_, why), ..] if known.hidden().len() == kinds => Err(why.clone()),
        _ => Ok(known),
    }
}

/// What is looked at: what was read and where, who asks, by which limits, and when.
pub struct View<'a> {
    /// What was read.
    pub known: &'a Known,
    /// In which namespace; in all without one.
    pub namespace: Option<&'a str>,
    /// Who asks.
    pub asker: &'a Asker,
    /// The limits that the controllers go by, as far as they are known.
    pub gate: &'a Gate,
    /// Now.
    pub now: Timestamp,
    /// The ledgers of the targets that were read.
    pub ledgers: BTreeMap<Target, Ledger>,
}

impl<'a> View<'a> {
    /// Understands what was read.
    pub fn of(known: &'a Known, namespace: Option<&'a str>, asker: &'a Asker, gate: &'a Gate, now: Timestamp) -> Self {
        Self { known, namespace, asker, gate, now, ledgers: ledgers(known, gate, now) }
    }

    /// Whether the ledger of this target was looked for: then it tells what blocks there.
    pub fn has_looked_at(&self, target: &Target) -> bool {
        !self.known.is_hidden(Kind::Target) && self.namespace.is_none_or(|namespace| namespace == target.home())
    }

    /// Whether other limits could make another answer.
    pub fn depends_on_settings(&self) -> bool {
        self.ledgers.values().any(|ledger| ledger.status.consecutive_failures > 0)
    }
}

/// Sums up what is known.
pub fn overview(view: &View) -> Overview {
    let View { known, namespace, asker, now, ledgers, .. } = view;
    let (known, now) = (*known, *now);
    let reviews = Reviews::of(known, ledgers);
    let is_old = |seen: &&Seen| is_asked_for(seen) && reviews.judge(seen, now) == Review::Old;
    let rejected = |seen: &&Seen| ended(seen, now).as_deref() == Some("Rejected") && rejected_by_person(known, seen);
    Overview {
        api_version: OUTPUT_VERSION,
        kind: Document::Overview,
        namespace: namespace.map(str::to_owned),
        user: asker.name().map(str::to_owned),
        at: now,
        needs_you: needs(view, &reviews),
        older_reviews: known.of(Kind::Remediation).filter(is_old).count(),
        in_flight: counted(known.of(Kind::Remediation).map(|seen| phase(Kind::Remediation, seen)).filter(|phase| !is_end(phase))),
        backoff: backoff(ledgers, now),
        last_day: counted(known.of(Kind::Remediation).filter_map(|seen| ended(seen, now))),
        rejected_by_people: known.of(Kind::Remediation).filter(rejected).count(),
        skipped: counted(known.of(Kind::Execution).filter_map(|seen| skipped(seen, now))),
        unread: known.hidden().iter().map(|(kind, _)| kind.friendly().to_owned()).collect(),
    }
}

/// The ledgers that are known.
pub fn ledgers(known: &Known, gate: &Gate, now: Timestamp) -> BTreeMap<Target, Ledger> {
    let objects = known.of(Kind::Target).map(|seen| (Kind::Target, seen.clone())).collect();
    // A ledger that makes no sense is named by `get targets`; here it only is no block.
    ledgers::all(&World::of(objects, &mut |_| {}), now, gate)
}

fn backoff(ledgers: &BTreeMap<Target, Ledger>, now: Timestamp) -> Vec<Backoff> {
    let waits = |(target, ledger): (&Target, &Ledger)| {
        let next_allowed_execution = ledger.status.next_allowed_execution.filter(|at| *at > now)?;
        Some(Backoff { target: target.to_string(), next_allowed_execution })
    };
    let mut backoff: Vec<Backoff> = ledgers.iter().filter_map(waits).collect();
    backoff.sort_by_key(|wait| wait.next_allowed_execution);
    backoff
}

fn counted(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    words.fold(BTreeMap::new(), |mut counts, word| {
        *counts.entry(word).or_default() += 1;
        counts
    })
}

fn is_end(phase: &str) -> bool {
    matches!(phase, "Completed" | "Failed" | "TimedOut")
}

fn is_recent(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_none_or(|at| now.duration_since(at) <= SignedDuration::from_hours(24))
}

/// How a remediation ended in the last day; one whose run was refused counts among those that were skipped.
fn ended(seen: &Seen, now: Timestamp) -> Option<String> {
    let phase = phase(Kind::Remediation, seen);
    let counts = is_end(&phase) && is_recent(ended_at(seen), now) && seen.text("/status/skipReason").is_empty();
    let outcome = Some(seen.text("/status/outcome")).filter(|outcome| !outcome.is_empty());
    counts.then(|| outcome.unwrap_or(&phase).to_owned())
}

fn skipped(seen: &Seen, now: Timestamp) -> Option<String> {
    let reason = seen.text("/status/skipDetails/reason").to_owned();
    let is_skipped = seen.text("/status/phase") == "Skipped" && !reason.is_empty();
    (is_skipped && is_recent(seen.time("/status/skipDetails/skippedAt"), now)).then_some(reason)
}
