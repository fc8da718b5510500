//! Reads a remediation and everything that belongs to it; or says what to follow for it.

use super::family::{self, child, recorded_steps};
use super::known::Known;
use super::reviews;
use super::tree::StatusTree;
use crate::api::labels;
use crate::cli::failure::{Failure, is_missing};
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::read::{self, Selection};
use futures::future::try_join_all;
use jiff::Timestamp;
use kube::Client;

/// The children that there is at most one of, by name.
const SINGLE: [Kind; 4] = [Kind::Processing, Kind::Analysis, Kind::Approval, Kind::Execution];
/// The children that there may be many of, by label.
const MANY: [Kind; 3] = [Kind::Step, Kind::StepApproval, Kind::Notification];

/// Reads the remediation `name` and everything that belongs to it.
///
/// # Errors
/// When there is no such remediation, or the API server does not answer; a child that may not be read is only marked so.
pub async fn tree(client: &Client, namespace: &str, name: &str, now: Timestamp) -> anyhow::Result<StatusTree> {
    let mut known = family(client, namespace, name).await?;
    let drawn =
        |known: &Known| family::tree(known, namespace, name, now).ok_or_else(|| anyhow::anyhow!("{namespace}/{name} has another name"));
    let alone = drawn(&known)?;
    let is_asked_for = known.get(Kind::Remediation, namespace, name).is_some_and(reviews::is_asked_for);
    // What blocks goes on doing so, whatever succeeded since.
    if !(alone.awaits_review() && is_asked_for) {
        return Ok(alone);
    }
    // Only the others tell whether somebody still has to look. Where they may not be read, somebody has.
    let completed = read::list(client, Kind::Remediation, &completed(namespace)).await.map(|listed| listed.items);
    let others = readable(completed)?.unwrap_or_default();
    others.into_iter().filter(|seen| seen.name() != name).for_each(|seen| known.put(Kind::Remediation, seen));
    drawn(&known)
}

fn completed(namespace: &str) -> Selection {
    let fields = Some("status.phase=Completed".to_owned());
    Selection { namespace: Some(namespace.to_owned()), fields, chunk: read::CHUNK, ..Selection::default() }
}

async fn family(client: &Client, namespace: &str, name: &str) -> Result<Known, kube::Error> {
    let request = read::get(client, Kind::Remediation, namespace, name).await?;
    let single = SINGLE.map(|kind| (kind, child(&request, kind)));
    let one = async |(kind, name): &(Kind, String)| {
        Ok((*kind, readable(read::get(client, *kind, namespace, name).await.map(|seen| vec![seen]))?))
    };
    let many = async |kind: Kind| {
        let listed = read::list(client, kind, &belonging(namespace, request.name())).await;
        Ok::<_, kube::Error>((kind, readable(listed.map(|listed| listed.items))?))
    };
    let (single, many) = futures::try_join!(try_join_all(single.iter().map(one)), try_join_all(MANY.map(many)))?;
    let mut known = Known::default();
    for (kind, found) in single.into_iter().chain(many) {
        match found {
            Ok(items) => known.replace(kind, items),
            Err(why) => known.hide(kind, why),
        }
    }
    for step in unlabelled(client, namespace, &known, &child(&request, Kind::Execution)).await? {
        known.put(Kind::Step, step);
    }
    known.put(Kind::Remediation, request);
    Ok(known)
}

/// The steps that the run records and that carry no label.
async fn unlabelled(client: &Client, namespace: &str, known: &Known, run: &str) -> Result<Vec<Seen>, kube::Error> {
    let Some(run) = known.get(Kind::Execution, namespace, run).filter(|_| !known.is_hidden(Kind::Step)) else { return Ok(Vec::new()) };
    let unseen = recorded_steps(run).into_iter().filter(|name| known.get(Kind::Step, namespace, name).is_none());
    let found = try_join_all(unseen.map(|name| read::find(client, Kind::Step, namespace, name))).await?;
    Ok(found.into_iter().flatten().collect())
}

type Readable = Result<Vec<Seen>, Failure>;

/// What was found: nothing where there is nothing, and the refusal where it may not be read.
fn readable(found: Result<Vec<Seen>, kube::Error>) -> Result<Readable, kube::Error> {
    match found {
        Ok(items) => Ok(Ok(items)),
        Err(error) if is_missing(&error) => Ok(Ok(Vec::new())),
        Err(error) if matches!(&error, kube::Error::Api(status) if status.code == 403) => Ok(Err(Failure::from_kube(&error, "read it"))),
        Err(error) => Err(error),
    }
}

fn belonging(namespace: &str, request: &str) -> Selection {
    let labels = Some(format!("{}={request}", labels::REMEDIATION_REQUEST));
    Selection { namespace: Some(namespace.to_owned()), labels, ..Selection::default() }
}

/// One object, as something to follow.
pub fn named(namespace: &str, name: &str) -> Selection {
    Selection { namespace: Some(namespace.to_owned()), fields: Some(format!("metadata.name={name}")), ..Selection::default() }
}

/// What to follow for a remediation.
pub fn followed(namespace: &str, request: &Seen) -> Vec<(Kind, Selection)> {
    let itself = [(Kind::Remediation, named(namespace, request.name()))];
    let single = SINGLE.map(|kind| (kind, named(namespace, &child(request, kind))));
    let many = MANY.map(|kind| (kind, belonging(namespace, request.name())));
    itself.into_iter().chain(single).chain(many).collect()
}
