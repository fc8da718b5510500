//! The timeline: records, and what else the objects tell, in the order of time.

use super::trail::Trail;
use crate::api::{NotificationRequest, names};
use crate::cli::OUTPUT_VERSION;
use crate::cli::kinds::Kind;
use crate::cli::output::{Document, Seen};
use crate::rules::audit::{CONTROLLERS, Happening, Record, blocks_of};
use crate::rules::guards::Guards;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a line of the timeline comes from.
#[derive(Clone, Copy, Debug, Serialize, clap::ValueEnum, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A person or the confidence decided.
    Decision,
    /// A block was lifted, or could not be.
    Clearance,
    /// Somebody asked for the remediation.
    Request,
    /// A run began or ended.
    Phase,
    /// A run was refused by the gate.
    Skip,
    /// A notice arrived.
    Notification,
    /// Somebody wrote an Event about it.
    Event,
    /// A policy or binding is as it is now.
    Policy,
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// When; absent when nobody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// What it comes from.
    pub source: Source,
    /// Who.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub who: String,
    /// Whether the API server made sure of that name.
    pub verified: bool,
    /// The object, `type/name`.
    pub object: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// What happened, in a sentence.
    pub what: String,
    /// Why, in the words of who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// On what grounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// The plan's hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
}

/// The machine form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// Version of this form.
    pub api_version: &'static str,
    /// `Timeline`.
    pub kind: Document,
    /// What happened, oldest first.
    pub items: Vec<Item>,
}

/// What a timeline is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Everything.
    All,
    /// One remediation.
    Remediation(String),
    /// One target.
    Target(String),
}

impl Timeline {
    /// What `trail` tells of `subject`, oldest first; what has no time comes last.
    pub fn of(trail: &Trail, subject: &Subject) -> Self {
        let (blocks, remediations) = (blocks(&trail.seen, subject), remediations(&trail.seen, subject));
        let concerns = |record: &&Record| {
            let named = |names: &BTreeSet<String>, name: &Option<String>| name.as_ref().is_some_and(|name| names.contains(name));
            let of_target = matches!(subject, Subject::Target(target) if record.target.as_ref() == Some(target));
            *subject == Subject::All || of_target || named(&remediations, &record.remediation) || named(&blocks, &record.block_id)
        };
        let mut items: Vec<Item> = trail.records.iter().filter(concerns).map(item).collect();
        let others = trail.seen.iter().filter(|(_, seen)| is_about(seen, subject));
        items.extend(others.flat_map(|(kind, seen)| besides(*kind, seen, &trail.guards)));
        let mut timeline = Self { api_version: OUTPUT_VERSION, kind: Document::Timeline, items: Vec::new() };
        timeline.add(items);
        timeline
    }

    /// Takes more items in, each at its time.
    pub fn add(&mut self, items: Vec<Item>) {
        self.items.extend(items);
        self.items.sort_by_key(|item| (item.time.is_none(), item.time, item.source != Source::Request));
    }
}

/// What the runs of a remediation may have left in the way.
fn blocks(seen: &[(Kind, Seen)], subject: &Subject) -> BTreeSet<String> {
    let runs = seen.iter().filter(|(kind, seen)| *kind == Kind::Execution && is_about(seen, subject));
    runs.flat_map(|(_, run)| blocks_of(run.text("/metadata/uid"))).collect()
}

/// The remediations that the subject is, or has had: what people decide about steps names nothing else.
fn remediations(seen: &[(Kind, Seen)], subject: &Subject) -> BTreeSet<String> {
    let runs = seen.iter().filter(|(kind, seen)| *kind == Kind::Execution && is_about(seen, subject));
    let of_runs = runs.map(|(_, run)| run.text("/spec/remediationRequestRef/name").to_owned());
    let named = match subject {
        Subject::Remediation(name) => Some(name.clone()),
        _ => None,
    };
    of_runs.chain(named).collect()
}

/// Whether an object belongs to the subject, by what it says itself.
pub(super) fn is_about(seen: &Seen, subject: &Subject) -> bool {
    let labelled = |seen: &Seen| {
        let labels = seen.at("/metadata/labels").and_then(|all| all.get(crate::api::labels::REMEDIATION_REQUEST)).cloned();
        labels.and_then(|name| name.as_str().map(str::to_owned))
    };
    match subject {
        Subject::All => true,
        Subject::Remediation(name) => {
            let is_it = seen.text("/kind") == "RemediationRequest" && seen.name() == name;
            is_it || seen.text("/spec/remediationRequestRef/name") == name || labelled(seen).as_ref() == Some(name)
        }
        Subject::Target(target) => crate::api::Target::same(seen.text("/spec/targetResource"), target),
    }
}

fn item(record: &Record) -> Item {
    let kind = Kind::named(&record.object.kind).map_or_else(|| record.object.kind.to_lowercase(), |kind| kind.short().to_owned());
    let source = match record.event {
        Happening::Decided | Happening::AutoApproved => Source::Decision,
        Happening::Cleared | Happening::ClearanceRefused => Source::Clearance,
        Happening::Started | Happening::Ended => Source::Phase,
        Happening::PolicyChanged | Happening::PolicyRemoved => Source::Policy,
    };
    Item {
        time: record.when,
        source,
        who: record.who.clone(),
        verified: record.verified,
        object: format!("{kind}/{}", record.object.name),
        namespace: record.object.namespace.clone(),
        what: record.what.clone(),
        why: record.why.clone(),
        evidence: record.evidence.clone(),
        plan_hash: record.plan_hash.clone(),
    }
}

/// What is no record, but explains the records around it.
fn besides(kind: Kind, seen: &Seen, guards: &Guards) -> Vec<Item> {
    match kind {
        Kind::Remediation => vec![asked(seen, guards)],
        Kind::Execution => skipped(seen, guards).into_iter().collect(),
        Kind::Notification => NotificationRequest::deserialize(&seen.0).map(|notice| sent(seen, &notice, guards)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn plain(kind: Kind, seen: &Seen, source: Source, time: Option<Timestamp>, what: String, guards: &Guards) -> Item {
    Item {
        time,
        source,
        who: CONTROLLERS.to_owned(),
        verified: guards.held(names::STATUS_POLICY, time),
        object: format!("{}/{}", kind.short(), seen.name()),
        namespace: Some(seen.namespace().to_owned()).filter(|namespace| !namespace.is_empty()),
        what,
        why: None,
        evidence: None,
        plan_hash: None,
    }
}

fn asked(seen: &Seen, guards: &Guards) -> Item {
    let what = format!("Asked for a remediation of {}: {}", seen.text("/spec/targetResource"), seen.text("/spec/signalName"));
    let time = seen.created();
    Item {
        who: seen.text("/spec/requestedBy").to_owned(),
        verified: guards.held(names::REMEDIATION_POLICY, time),
        ..plain(Kind::Remediation, seen, Source::Request, time, what, guards)
    }
}

fn skipped(seen: &Seen, guards: &Guards) -> Option<Item> {
    let reason = seen.text("/status/skipDetails/reason");
    let item = plain(Kind::Execution, seen, Source::Skip, seen.time("/status/skipDetails/skippedAt"), format!("Skipped: {reason}"), guards);
    let why = Some(seen.text("/status/skipDetails/message").to_owned()).filter(|why| !why.is_empty());
    (!reason.is_empty()).then_some(Item { why, ..item })
}

fn sent(seen: &Seen, notice: &NotificationRequest, guards: &Guards) -> Vec<Item> {
    let deliveries = notice.status.iter().flat_map(|status| &status.deliveries);
    let arrived = deliveries.filter_map(|delivery| Some((delivery.delivered_at?, delivery.receiver.as_str())));
    let line = |(time, receiver)| {
        let what = format!("Sent to {receiver}: {}", notice.spec.subject);
        plain(Kind::Notification, seen, Source::Notification, Some(time), what, guards)
    };
    arrived.map(line).collect()
}
