//! What the cluster's Events tell of a remediation and everything that belongs to it.

use super::render::Shape;
use super::tree::{Event, StatusTree};
use crate::cli::failure::{Attempted, Failure};
use crate::cli::output::{Seen, Table};
use futures::{StreamExt, TryStreamExt};
use kube::Client;
use kube::api::ListParams;
use kube::core::Request;
use serde_json::Value;

/// Requests at a time.
const AT_ONCE: usize = 8;
/// So many Events are shown, the newest.
const SHOWN: usize = 50;

/// Reads the Events of every object of the tree, oldest first.
///
/// # Errors
/// The API server's answer.
pub async fn read(client: &Client, tree: &StatusTree) -> Result<Vec<Event>, Failure> {
    let there = tree.nodes().into_iter().filter(|node| node.phase.is_some());
    let named =
        there.map(|node| (node.resource.clone(), node.object.rsplit('/').next().unwrap_or_default().to_owned(), node.short.clone()));
    let itself = ("RemediationRequest".to_owned(), tree.name().to_owned(), format!("rr/{}", tree.name()));
    let asked = std::iter::once(itself).chain(named).map(|(kind, name, short)| of(client, tree.namespace(), kind, name, short));
    let found: Vec<Vec<Event>> = futures::stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    let mut events: Vec<Event> = found.into_iter().flatten().collect();
    events.sort_by_key(|event| event.time);
    Ok(events)
}

async fn of(client: &Client, namespace: &str, kind: String, name: String, short: String) -> Result<Vec<Event>, Failure> {
    // What is written to events.k8s.io is read here, too.
    let params = ListParams::default().fields(&format!("involvedObject.kind={kind},involvedObject.name={name}"));
    let doing = || format!("list the Events of {short}");
    let request = Request::new(format!("/api/v1/namespaces/{namespace}/events")).list(&params);
    let request = request.map_err(kube::Error::BuildRequest).attempted(doing)?;
    let list = Seen(client.request::<Value>(request).await.attempted(doing)?);
    Ok(list.list("/items").iter().map(|item| event(&Seen(item.clone()), &short)).collect())
}

fn event(seen: &Seen, object: &str) -> Event {
    let first = |pointers: &[&str]| pointers.iter().map(|at| seen.text(at)).find(|text| !text.is_empty()).unwrap_or_default().to_owned();
    let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/firstTimestamp", "/metadata/creationTimestamp"];
    let count = ["/series/count", "/count"].iter().find_map(|at| seen.at(at)?.as_i64());
    Event {
        time: times.iter().find_map(|at| seen.time(at)),
        r#type: first(&["/type"]),
        reason: first(&["/reason"]),
        object: object.to_owned(),
        from: first(&["/reportingComponent", "/source/component"]),
        count: count.unwrap_or(1),
        message: first(&["/message"]),
    }
}

/// The newest Events, as they are printed below a tree.
pub fn lines(events: &[Event], shape: &Shape) -> Vec<String> {
    if events.is_empty() {
        return vec![String::new(), "Events:    none (the API server keeps them for an hour or so)".to_owned()];
    }
    let mut table = Table::new(&["LAST", "TYPE", "REASON", "OBJECT", "MESSAGE"]).with_free_text("MESSAGE");
    let left_out = events.len().saturating_sub(SHOWN);
    for event in events.iter().skip(left_out) {
        let times = if event.count > 1 { format!(" (x{})", event.count) } else { String::new() };
        let last = format!("{}{times}", shape.times.since(event.time, shape.now));
        table.add(vec![last, event.r#type.clone(), event.reason.clone(), event.object.clone(), event.message.clone()]);
    }
    let more = (left_out > 0).then(|| format!("{} {left_out} older", shape.look.ellipsis()));
    let rows = table.lines(shape.look, true).into_iter();
    std::iter::once(String::new()).chain(more).chain(rows).collect()
}
