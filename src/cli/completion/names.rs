//! Names from the cluster, as far as they come in time.

use crate::cli::connect::{Connection, connect};
use crate::cli::kinds::Kind;
use crate::cli::read::streamed::Table;
use crate::cli::read::{Extent, request_at};
use clap_complete::CompletionCandidate;
use kube::api::ListParams;
use serde_json::Value;
use std::time::Duration;

/// Whoever types waits no longer than this.
const PATIENCE: Duration = Duration::from_millis(800);

/// Which names are wanted.
pub enum Wanted {
    /// Names of namespaces.
    Namespaces,
    /// Names of objects of a kind in the namespace of the line, with these fields.
    Objects {
        /// The kind.
        kind: Kind,
        /// A field selector.
        fields: Option<&'static str>,
    },
}

/// The names with what a person tells them apart by. None when the cluster does not answer in time, or not us.
pub fn fetched(connection: &Connection, wanted: &Wanted) -> Vec<CompletionCandidate> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Vec::new() };
    let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, ask(connection, wanted)).await.ok().flatten() });
    runtime.shutdown_background();
    found.map(candidates).unwrap_or_default()
}

async fn ask(connection: &Connection, wanted: &Wanted) -> Option<Table> {
    let connected = connect(connection).ok()?;
    let (path, fields) = match wanted {
        Wanted::Namespaces => ("/api/v1/namespaces".to_owned(), None),
        Wanted::Objects { kind, fields } => (kind.path(Some(&connected.namespace)), fields.map(str::to_owned)),
    };
    let params = ListParams { field_selector: fields, ..ListParams::default() };
    let request = request_at(path, &params, Extent::Row).ok()?;
    connected.client.request(request).await.ok()
}

fn candidates(table: Table) -> Vec<CompletionCandidate> {
    let telling: Vec<bool> =
        table.columns.iter().map(|column| column.priority == 0 && !matches!(column.name.as_str(), "Name" | "Age")).collect();
    let rows = table.rows.into_iter().filter_map(|row| {
        let name = row.cells.first()?.as_str()?.to_owned();
        let told = row.cells.iter().zip(&telling).filter(|(_, tells)| **tells).filter_map(|(cell, _)| shown(cell));
        let about = told.collect::<Vec<_>>().join("  ");
        Some(CompletionCandidate::new(name).help(Some(about.into())))
    });
    rows.collect()
}

fn shown(cell: &Value) -> Option<String> {
    match cell {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}
