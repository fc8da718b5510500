//! Reads what a cluster knows about targets, without writing anything.

use crate::api::Target;
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::{Seen, text::one_line};
use crate::cli::read::{self, CHUNK, Selection};
use crate::cli::session::Session;

/// Objects with their kinds.
pub type Objects = Vec<(Kind, Seen)>;

/// The stored ledger of a target; where there is none, or it is not built yet, the runs and clearances to rebuild it from.
///
/// # Errors
/// The API server's answer.
pub async fn ledger(connected: &Connected, target: &Target, session: &Session) -> Result<Objects, Failure> {
    let doing = || format!("read the ledger of {target}");
    let found = read::find(&connected.client, Kind::Target, target.home(), &target.ledger_name()).await.attempted(doing)?;
    if !found.as_ref().is_some_and(is_built) {
        session.voice.tell(&one_line(&format!("note: the ledger of {target} is not built yet; this is what its runs make of it")));
    }
    completed(connected, target, found, &|text| session.voice.tell(&text)).await
}

/// The ledger of a target as it was found; where there is none, or it is not built yet, with the runs and clearances to rebuild it from.
/// What cannot be read of them is told to `remark`.
///
/// # Errors
/// The API server's answer.
pub async fn completed(connected: &Connected, target: &Target, found: Option<Seen>, remark: &dyn Fn(String)) -> Result<Objects, Failure> {
    let is_built = found.as_ref().is_some_and(is_built);
    let mut objects: Objects = found.into_iter().map(|seen| (Kind::Target, seen)).collect();
    if !is_built {
        let selection = Selection { fields: Some(format!("spec.targetResource={target}")), ..Selection::default() };
        objects.extend(one_kind(connected, Kind::Execution, target.home(), &selection, remark).await?);
        // Where nothing ran, there is nothing that a clearance could have lifted.
        if !objects.is_empty() {
            objects.extend(one_kind(connected, Kind::Clearance, target.home(), &selection, remark).await?);
        }
    }
    Ok(objects)
}

/// The stored ledgers that `selection` selects; where one is not built yet, also the runs and clearances to rebuild it from.
///
/// # Errors
/// The API server's answer.
pub async fn ledgers(connected: &Connected, selection: &Selection, session: &Session) -> Result<Objects, Failure> {
    let listed = read::list(&connected.client, Kind::Target, selection).await.attempted(|| "list targets".to_owned())?;
    let unbuilt = listed.items.iter().filter(|seen| !is_built(seen)).count();
    let mut objects: Objects = listed.items.into_iter().map(|seen| (Kind::Target, seen)).collect();
    if unbuilt > 0 {
        session.voice.tell(&format!("note: {unbuilt} ledgers are not built yet; shown is what their runs make of them"));
        let all = Selection { chunk: CHUNK, ..Selection::default() };
        let namespace = selection.namespace.as_deref().unwrap_or(&connected.namespace);
        let targets: Vec<Target> = objects.iter().filter_map(|(_, seen)| super::stored::target(seen).ok()).collect();
        let found = evidence(connected, namespace, &all, session).await?;
        // Runs on targets without a ledger are not what was asked for.
        let concerns = |seen: &Seen| seen.text("/spec/targetResource").parse::<Target>().is_ok_and(|target| targets.contains(&target));
        objects.extend(found.into_iter().filter(|(_, seen)| concerns(seen)));
    }
    Ok(objects)
}

/// The clearances that controllers have not dealt with yet, as far as they may be read.
pub async fn open_clearances(connected: &Connected, selection: &Selection) -> Objects {
    let all = Selection { namespace: selection.namespace.clone(), ..Selection::default() };
    let listed = read::list(&connected.client, Kind::Clearance, &all).await.map(|listed| listed.items).unwrap_or_default();
    listed.into_iter().filter(is_open).map(|seen| (Kind::Clearance, seen)).collect()
}

/// Whether controllers have not dealt with a clearance yet.
pub fn is_open(clearance: &Seen) -> bool {
    matches!(clearance.text("/status/phase"), "" | "Pending")
}

fn is_built(seen: &Seen) -> bool {
    seen.time("/status/rebuiltAt").is_some()
}

/// Runs and clearances of all namespaces; of one, where others may not be read.
async fn evidence(connected: &Connected, namespace: &str, selection: &Selection, session: &Session) -> Result<Objects, Failure> {
    let remark = |text: String| session.voice.tell(&text);
    let mut objects = one_kind(connected, Kind::Execution, namespace, selection, &remark).await?;
    objects.extend(one_kind(connected, Kind::Clearance, namespace, selection, &remark).await?);
    Ok(objects)
}

async fn one_kind(
    connected: &Connected,
    kind: Kind,
    namespace: &str,
    selection: &Selection,
    remark: &dyn Fn(String),
) -> Result<Objects, Failure> {
    let doing = || format!("list {}", kind.friendly());
    // People write clearances, and may spell the kind of the target as they like.
    let selection = match kind {
        Kind::Clearance => &Selection { fields: None, ..selection.clone() },
        _ => selection,
    };
    let everywhere = read::list(&connected.client, kind, selection).await.attempted(doing);
    let listed = match everywhere {
        Err(failure) if failure.reason == Reason::Forbidden => {
            remark(format!("warning: {} of other namespaces than {namespace} may not be read and are not counted", kind.friendly()));
            let here = Selection { namespace: Some(namespace.to_owned()), ..selection.clone() };
            read::list(&connected.client, kind, &here).await.attempted(doing)?
        }
        listed => listed?,
    };
    Ok(listed.items.into_iter().map(|seen| (kind, seen)).collect())
}
