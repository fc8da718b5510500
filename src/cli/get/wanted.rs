//! What is wanted beyond what the API server can select: what expires soon, was skipped for a reason, or is ours to decide.

use super::tables::decision;
use crate::api::SkipReason;
use crate::cli::connect::Connected;
use crate::cli::failure::Failure;
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::read::key;
use crate::cli::whoami::{Me, may, me};
use clap::builder::PossibleValuesParser;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The skip reasons, as `--skip-reason` takes them.
pub fn reasons() -> PossibleValuesParser {
    let all = [SkipReason::PreviousExecutionFailed, SkipReason::ExhaustedRetries, SkipReason::ResourceBusy, SkipReason::RecentlyRemediated];
    PossibleValuesParser::new(all.map(SkipReason::as_str))
}

/// What is wanted of the objects that the API server sends.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Time is up within this long, and not yet.
    pub expiring: Option<SignedDuration>,
    /// Skipped for one of these reasons; any when there is none.
    pub reasons: Vec<String>,
    /// This person may decide it.
    pub mine: Option<Arc<Mine>>,
    /// It is one of these, `namespace/name`.
    pub among: Option<Arc<BTreeSet<String>>>,
}

impl Wanted {
    /// The pointers that are looked at.
    pub fn needs(&self, kind: Kind) -> Vec<&'static str> {
        let mut needs = Vec::new();
        if self.expiring.is_some() || self.mine.is_some() {
            needs.extend(["/metadata/creationTimestamp", "/spec/timeout", "/status/decision"]);
        }
        if !self.reasons.is_empty() {
            needs.push("/status/skipDetails/reason");
        }
        if self.among.is_some() {
            needs.push("/metadata/namespace");
        }
        if self.mine.is_some() {
            needs.extend(["/metadata/namespace", "/spec/requestedBy"]);
            needs.extend((kind == Kind::StepApproval).then_some("/spec/approverGroups"));
        }
        needs
    }

    /// Whether the object is wanted, as far as it tells itself; whether we may decide in its namespace is another question.
    pub fn keeps(&self, seen: &Seen, now: Timestamp) -> bool {
        let waits = decision(seen) == "Pending";
        let left = || seen.deadline().map(|deadline| deadline.duration_since(now));
        let expires = |within: SignedDuration| waits && left().is_some_and(|left| left.is_positive() && left <= within);
        let skipped = || self.reasons.iter().any(|reason| reason == seen.text("/status/skipDetails/reason"));
        let decidable = |mine: &Mine| waits && left().is_none_or(|left| left.is_positive()) && person_may(&mine.me, seen);
        let is_among = self.among.as_ref().is_none_or(|names| names.contains(&key(seen)));
        is_among
            && self.expiring.is_none_or(expires)
            && (self.reasons.is_empty() || skipped())
            && self.mine.as_deref().is_none_or(decidable)
    }

    /// Whether we may decide in this namespace; everywhere, when nobody asks.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn may_decide_in(&self, connected: &Connected, namespace: &str) -> Result<bool, Failure> {
        match &self.mine {
            Some(mine) => mine.may_in(connected, namespace).await,
            None => Ok(true),
        }
    }
}

/// Who we are, and where we may decide; asked once a namespace.
#[derive(Debug)]
pub struct Mine {
    me: Me,
    kind: Kind,
    everywhere: bool,
    answers: Mutex<BTreeMap<String, bool>>,
}

impl Mine {
    /// Asks who we are, and whether we may decide everywhere.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn ask(connected: &Connected, kind: Kind, all_namespaces: bool) -> Result<Self, Failure> {
        let everywhere = async {
            match all_namespaces {
                true => may(connected, "approve", &kind.resource().plural, None).await,
                false => Ok(false),
            }
        };
        let (me, everywhere) = futures::try_join!(me(connected), everywhere)?;
        Ok(Self { me, kind, everywhere, answers: Mutex::default() })
    }

    async fn may_in(&self, connected: &Connected, namespace: &str) -> Result<bool, Failure> {
        let known = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(namespace).copied();
        if let Some(answer) = known.or(self.everywhere.then_some(true)) {
            return Ok(answer);
        }
        let answer = may(connected, "approve", &self.kind.resource().plural, Some(namespace)).await?;
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(namespace.to_owned(), answer);
        Ok(answer)
    }
}

/// Nobody decides what they asked for themselves, and some steps belong to groups.
pub fn person_may(me: &Me, seen: &Seen) -> bool {
    let groups = seen.list("/spec/approverGroups");
    let belongs = groups.is_empty() || groups.iter().filter_map(Value::as_str).any(|group| me.groups.iter().any(|mine| mine == group));
    seen.text("/spec/requestedBy") != me.name && belongs
}
