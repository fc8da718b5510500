//! The table of blocks: everything that will not clear by waiting.

use super::computed::{Computed, Item, Shape};
use crate::api::{SkipReason, Target};
use crate::cli::kinds::Kind;
use crate::cli::ledgers::Ledger;
use crate::cli::output::{Document, Table};
use crate::rules::standing::{self, Standing};
use crate::settings::Gate;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Something that will not clear by waiting.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct BlockItem {
    /// What a clearance names; absent when nothing can be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The target.
    pub target: String,
    /// The workflow of the run that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// `PreviousExecutionFailed` or `ExhaustedRetries`.
    pub reason: SkipReason,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Name of the run that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    /// Namespace of that run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Whether a clearance can name it.
    pub clearable: bool,
    /// Whether a clearance names it that controllers have not dealt with yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clearing_asked: bool,
    #[serde(skip)]
    home: String,
}

impl Item for BlockItem {
    const VIEW: Computed = Computed::Blocks;
    const LIST: Document = Document::BlockList;
    const ONE: Document = Document::Block;

    fn all(ledgers: &BTreeMap<Target, Ledger>, now: Timestamp, settings: &Gate) -> Vec<Self> {
        ledgers.iter().flat_map(|(target, ledger)| of(target, ledger, now, settings)).collect()
    }

    fn target(&self) -> &str {
        &self.target
    }

    fn is_asked_to_clear(&mut self, ids: &BTreeSet<String>) {
        self.clearing_asked = self.id.as_ref().is_some_and(|id| ids.contains(id));
    }

    fn is_called(&self, name: &str) -> bool {
        self.id.as_deref() == Some(name) || self.execution.as_deref() == Some(name)
    }

    fn full_name(&self) -> Option<String> {
        self.execution.as_ref().map(|run| Kind::Execution.full_name(run))
    }

    fn table(items: &[Self], shape: Shape) -> Table {
        let mut headers = vec!["NAME", "TARGET", "REASON", "SINCE", "CLEARABLE", "WORKFLOW"];
        if shape.namespaces {
            headers.insert(0, "NAMESPACE");
        }
        if shape.wide {
            headers.push("ID");
        }
        let mut table = Table::new(&headers);
        items.iter().for_each(|item| table.add(row(item, shape)));
        table
    }
}

fn of(target: &Target, ledger: &Ledger, now: Timestamp, settings: &Gate) -> Vec<BlockItem> {
    let (name, home) = (target.to_string(), target.home().to_owned());
    let item = |standing: Standing| BlockItem {
        clearable: standing.id.is_some(),
        clearing_asked: false,
        id: standing.id,
        target: name.clone(),
        workflow: standing.workflow_id,
        reason: standing.reason,
        since: standing.since,
        namespace: standing.run.as_ref().map(|run| run.namespace.clone()),
        execution: standing.run.map(|run| run.name),
        home: home.clone(),
    };
    standing::standing(&name, &ledger.status, now, settings).into_iter().map(item).collect()
}

fn clearable(item: &BlockItem) -> &'static str {
    match item {
        BlockItem { clearing_asked: true, .. } => "asked for",
        BlockItem { clearable: true, .. } => "yes",
        _ => "no",
    }
}

fn row(item: &BlockItem, shape: Shape) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let short = item.target.strip_prefix(&format!("{}/", item.home)).unwrap_or(&item.target);
    let mut cells = vec![
        text(&item.execution),
        short.to_owned(),
        item.reason.as_str().to_owned(),
        shape.times.since(item.since, shape.now),
        clearable(item).to_owned(),
        text(&item.workflow),
    ];
    if shape.namespaces {
        cells.insert(0, item.home.clone());
    }
    if shape.wide {
        cells.push(text(&item.id));
    }
    cells
}
