//! The table of blocks: everything that will not clear by waiting.

use super::computed::Shape;
use crate::api::{SkipReason, Target};
use crate::cli::ledgers::Ledger;
use crate::cli::output::Table;
use crate::rules::standing;
use crate::settings::Gate;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

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
    #[serde(skip)]
    home: String,
}

/// Everything that will not clear by waiting, in order of the targets.
pub fn items(ledgers: &BTreeMap<Target, Ledger>, now: Timestamp, settings: &Gate) -> Vec<BlockItem> {
    let of = |(target, ledger): (&Target, &Ledger)| {
        let found = standing::standing(&target.to_string(), &ledger.status, now, settings);
        let (name, home) = (target.to_string(), target.home().to_owned());
        found.into_iter().map(move |standing| BlockItem {
            clearable: standing.id.is_some(),
            id: standing.id,
            target: name.clone(),
            workflow: standing.workflow_id,
            reason: standing.reason,
            since: standing.since,
            namespace: standing.run.as_ref().map(|run| run.namespace.clone()),
            execution: standing.run.map(|run| run.name),
            home: home.clone(),
        })
    };
    ledgers.iter().flat_map(of).collect()
}

/// A row for each block.
pub fn table(items: &[BlockItem], shape: Shape) -> Table {
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

fn row(item: &BlockItem, shape: Shape) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let short = item.target.strip_prefix(&format!("{}/", item.home)).unwrap_or(&item.target);
    let mut cells = vec![
        text(&item.execution),
        short.to_owned(),
        item.reason.as_str().to_owned(),
        shape.times.since(item.since, shape.now),
        if item.clearable { "yes" } else { "no" }.to_owned(),
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
