//! Names from the cluster, as far as they come in time.

use crate::api::Target;
use crate::cli::connect::{Connection, connect};
use crate::cli::kinds::Kind;
use crate::cli::ledgers::{self, Ledger, World};
use crate::cli::read::streamed::Table;
use crate::cli::read::{self, Extent, Selection, request_at};
use crate::clock::Clock;
use crate::rules::standing::{Standing, standing};
use crate::settings::Gate;
use clap_complete::CompletionCandidate;
use jiff::Timestamp;
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
    /// Names of the runs that keep others from starting on the targets of the line's namespace.
    Blocked,
}

/// The names with what a person tells them apart by. None when the cluster does not answer in time, or not us.
pub fn fetched(connection: &Connection, wanted: &Wanted) -> Vec<CompletionCandidate> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Vec::new() };
    let asked = async {
        match wanted {
            Wanted::Blocked => blocked(connection).await,
            _ => ask(connection, wanted).await.map(candidates),
        }
    };
    let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await.ok().flatten() });
    runtime.shutdown_background();
    found.unwrap_or_default()
}

async fn blocked(connection: &Connection) -> Option<Vec<CompletionCandidate>> {
    let connected = connect(connection).ok()?;
    let here = Selection { namespace: Some(connected.namespace.clone()), ..Selection::default() };
    let targets = read::list(&connected.client, Kind::Target, &here).await.ok()?.items;
    let world = World::of(targets.into_iter().map(|seen| (Kind::Target, seen)).collect(), &mut |_| {});
    let (now, settings) = (Clock::system().now(), Gate::default());
    let ledgers = ledgers::all(&world, now, &settings);
    Some(ledgers.iter().flat_map(|(target, ledger)| runs_in_the_way(target, ledger, now, &settings)).collect())
}

fn runs_in_the_way(target: &Target, ledger: &Ledger, now: Timestamp, settings: &Gate) -> Vec<CompletionCandidate> {
    let candidate = |standing: Standing| {
        let about = format!("{target}  {}", standing.reason.as_str());
        Some(CompletionCandidate::new(standing.run?.name).help(Some(about.into())))
    };
    standing(&target.to_string(), &ledger.status, now, settings).into_iter().filter_map(candidate).collect()
}

async fn ask(connection: &Connection, wanted: &Wanted) -> Option<Table> {
    let connected = connect(connection).ok()?;
    let (path, fields) = match wanted {
        Wanted::Blocked => return None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::Seen;
    use serde_json::json;

    #[test]
    fn only_runs_that_stand_in_the_way_are_offered() {
        let now: Timestamp = "2025-12-06T10:30:00Z".parse().expect("a time");
        let status = json!({"rebuiltAt": "2025-12-06T10:00:00Z",
            "blocks": [{"id": "b2", "run": {"name": "pay-002", "uid": "u2"}, "workflowId": "oom", "since": "2025-12-06T10:15:00Z"}],
            "clearances": [{"uid": "c", "blockId": "b1"}], "runs": [{"run": {"name": "pay-001", "uid": "u1"}, "outcome": "FailedDuring"}]});
        let seen = Seen(
            json!({"metadata": {"namespace": "a", "name": "deployment.x"}, "spec": {"targetResource": "a/deployment/x"}, "status": status}),
        );
        let world = World::of(vec![(Kind::Target, seen)], &mut |_| {});
        let ledgers = ledgers::all(&world, now, &Gate::default());
        let offered = ledgers.iter().flat_map(|(target, ledger)| runs_in_the_way(target, ledger, now, &Gate::default()));
        let names: Vec<String> = offered.map(|one| one.get_value().to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["pay-002"], "the other one was cleared");
    }
}
