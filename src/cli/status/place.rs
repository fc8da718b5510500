//! Whether the place that somebody looks at is one, and whether the trouble is elsewhere.

use super::asker::Asker;
use super::known::Known;
use super::needs::needs;
use super::overview::{View, read_kinds};
use super::reviews::Reviews;
use crate::api::labels;
use crate::cli::connect::Connected;
use crate::cli::failure::{Failure, Reason, is_missing};
use crate::cli::kinds::Kind;
use crate::cli::read::{self, Selection};
use crate::rules::text::is_label;
use crate::settings::Gate;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt;
use kube::api::{Api, ListParams};

/// Refuses what can be no name of a namespace, before anything is asked.
///
/// # Errors
/// When it is none.
pub fn check_name(namespace: &str) -> Result<(), Failure> {
    match is_label(namespace) {
        true => Ok(()),
        false => {
            Err(Failure::usage(format!("{namespace:?} cannot be the name of a namespace: lower-case letters, digits and '-', at most 63")))
        }
    }
}

/// Whether the namespace, in which nothing was found, is there. Who may not read it is told nothing.
///
/// # Errors
/// When it is not there.
pub async fn check_exists(connected: &Connected, namespace: &str) -> Result<(), Failure> {
    let namespaces: Api<Namespace> = Api::all(connected.client.clone());
    match namespaces.get_metadata(namespace).await {
        Err(error) if is_missing(&error) => {
            let all = namespaces.list_metadata(&ListParams::default()).await.map(|list| list.items).unwrap_or_default();
            let near = read::nearest(namespace, all.iter().map(ResourceExt::name_any));
            let failure = Failure::new(Reason::NotFound, format!("namespace {namespace} not found")).about(namespace);
            Err(if near.is_empty() { failure } else { failure.hint(format!("similar names: {}", near.join(", "))) })
        }
        _ => Ok(()),
    }
}

/// How many things need somebody in all namespaces, as far as few and short lists tell; none where they may not be read.
pub async fn needed_elsewhere(connected: &Connected, gate: &Gate, now: Timestamp) -> usize {
    let kinds = [Kind::Approval, Kind::StepApproval, Kind::Target];
    let Ok(known) = read_kinds(connected, None, &kinds).await else { return 0 };
    let asker = Asker::default();
    let view = View::of(&known, None, &asker, gate, now);
    needs(&view, &Reviews::of(&known, &view.ledgers)).len()
}

/// How many runs are being deleted and kept only until controllers have recorded their outcome.
pub async fn kept(connected: &Connected, namespace: Option<&str>) -> usize {
    let selection = Selection { namespace: namespace.map(str::to_owned), chunk: read::CHUNK, ..Selection::default() };
    let runs = read::list(&connected.client, Kind::Execution, &selection).await.map(|list| list.items).unwrap_or_default();
    runs.iter().filter(|run| run.is_kept_by(labels::LEDGER_FINALIZER)).count()
}

/// Whether nothing of ours was found.
pub fn is_empty(known: &Known) -> bool {
    Kind::ALL.into_iter().all(|kind| known.of(kind).next().is_none())
}
