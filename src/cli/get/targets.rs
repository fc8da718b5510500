//! The table of targets: where each stands, by the gate's own answers.

use super::computed::{Computed, Item, Shape};
use crate::api::{Holder, RemediationTargetStatus, RunOutcome, RunRef, Target};
use crate::cli::kinds::Kind;
use crate::cli::ledgers::Ledger;
use crate::cli::output::{Document, Table};
use crate::cli::target::lenient;
use crate::rules::gate;
use crate::rules::standing::{self, State};
use crate::settings::Gate;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where a target stands.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct TargetItem {
    /// The target.
    pub target: String,
    /// Where it stands.
    pub state: State,
    /// Failures before start in a row.
    pub consecutive_failures: i32,
    /// Before when nothing starts, if anything waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_allowed_execution: Option<Timestamp>,
    /// When it becomes free by itself, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// The run that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderItem>,
    /// Name of the newest run: the holder, or else the one that ended last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run: Option<String>,
    /// How that run ended; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_outcome: Option<RunOutcome>,
    /// Number of runs that failed half way and were not cleared.
    pub blocks: usize,
    /// Name of the ledger.
    pub ledger: String,
    /// Whether the ledger was put together here, from runs.
    pub rebuilt: bool,
    #[serde(skip)]
    since: Option<Timestamp>,
}

/// The run that holds a target.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct HolderItem {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Name of its remediation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remediation_request: String,
    /// Its workflow.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workflow_id: String,
    /// When it took the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl From<&Holder> for HolderItem {
    fn from(Holder { run, workflow_id, since }: &Holder) -> Self {
        let RunRef { namespace, name, uid, remediation_request } = run.clone();
        Self { namespace, name, uid, remediation_request, workflow_id: workflow_id.clone(), since: gate::known(*since) }
    }
}

impl Item for TargetItem {
    const VIEW: Computed = Computed::Targets;
    const LIST: Document = Document::TargetList;
    const ONE: Document = Document::Target;

    fn all(ledgers: &BTreeMap<Target, Ledger>, now: Timestamp, settings: &Gate) -> Vec<Self> {
        ledgers.iter().map(|(target, ledger)| item(target, ledger, now, settings)).collect()
    }

    fn target(&self) -> &str {
        &self.target
    }

    fn is_called(&self, name: &str) -> bool {
        self.ledger == name || self.target == name || lenient(name, None).is_ok_and(|target| target.to_string() == self.target)
    }

    fn full_name(&self) -> Option<String> {
        Some(Kind::Target.full_name(&self.ledger))
    }

    /// The target's name begins with its namespace.
    fn table(items: &[Self], shape: Shape) -> Table {
        let mut headers = vec!["TARGET", "STATE", "FAILURES", "NEXT-ALLOWED", "LAST-RUN", "LAST-OUTCOME", "AGE"];
        if shape.wide {
            headers.extend(["HOLDER", "BLOCKS", "NAME"]);
        }
        let mut table = Table::new(&headers);
        items.iter().for_each(|item| table.add(row(item, shape)));
        table
    }
}

fn item(target: &Target, ledger: &Ledger, now: Timestamp, settings: &Gate) -> TargetItem {
    let RemediationTargetStatus { holder, runs, .. } = &ledger.status;
    let newest = runs.first().filter(|_| holder.is_none());
    let (state, retry_at) = standing::state(&target.to_string(), &ledger.status, now, settings);
    TargetItem {
        target: target.to_string(),
        state,
        consecutive_failures: ledger.status.consecutive_failures,
        next_allowed_execution: ledger.status.next_allowed_execution,
        retry_at,
        holder: holder.as_ref().map(HolderItem::from),
        last_run: holder
            .as_ref()
            .map(|held| &held.run)
            .or(newest.map(|newest| &newest.run))
            .map(|run| run.name.clone())
            .filter(|name| !name.is_empty()),
        last_outcome: newest.map(|newest| newest.outcome),
        blocks: ledger.status.blocks.len(),
        ledger: target.ledger_name(),
        rebuilt: ledger.is_rebuilt_here,
        since: ledger.created.or_else(|| newest.and_then(|newest| newest.completed_at)),
    }
}

fn row(item: &TargetItem, shape: Shape) -> Vec<String> {
    let dash = || "-".to_owned();
    let next = match item.state {
        State::Blocked | State::Exhausted => "never".to_owned(),
        _ => item.retry_at.map_or_else(dash, |at| shape.times.until(at, shape.now)),
    };
    let mut cells = vec![
        item.target.clone(),
        item.state.as_str().to_owned(),
        item.consecutive_failures.to_string(),
        next,
        item.last_run.clone().unwrap_or_else(dash),
        item.last_outcome.map_or_else(dash, |outcome| format!("{outcome:?}")),
        shape.times.since(item.since, shape.now),
    ];
    if shape.wide {
        let holder = item.holder.as_ref().map_or_else(dash, |held| format!("{}/{}", held.namespace, held.name));
        cells.extend([holder, item.blocks.to_string(), item.ledger.clone()]);
    }
    cells
}
