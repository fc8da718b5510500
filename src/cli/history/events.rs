//! What others wrote about our objects and their targets, as the cluster's Events. What our controllers write there are the records told again.

use super::timeline::{Item, Source, Subject, is_about};
use crate::api::Target;
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::session::Session;
use crate::cli::status::remark;
use crate::rules::audit::CONTROLLERS;
use kube::api::ListParams;
use kube::core::Request;
use serde_json::Value;
use std::collections::BTreeSet;

/// The Events about our kinds in a namespace, or in all; of one target, also those about the target itself. Where they may not be read, that is said.
///
/// # Errors
/// The API server's answer, unless it is that they may not be read.
pub async fn read(connected: &Connected, namespace: Option<&str>, subject: &Subject, session: &Session) -> Result<Vec<Seen>, Failure> {
    let ours = format!("involvedObject.apiVersion={}/{}", crate::api::GROUP, crate::api::VERSION);
    let target = target(subject).map(|target| format!("involvedObject.name={}", name(&target)));
    let mut found = Vec::new();
    for fields in std::iter::once(ours).chain(target) {
        match list(connected, namespace, &fields).await {
            Err(why) if why.reason == Reason::Forbidden => {
                remark(session, &why);
                break;
            }
            items => found.extend(items?),
        }
    }
    Ok(found)
}

async fn list(connected: &Connected, namespace: Option<&str>, fields: &str) -> Result<Vec<Seen>, Failure> {
    let doing = || "list Events".to_owned();
    let scope = namespace.map(|namespace| format!("/namespaces/{namespace}")).unwrap_or_default();
    let request = Request::new(format!("/api/v1{scope}/events")).list(&ListParams::default().fields(fields));
    let request = request.map_err(kube::Error::BuildRequest).attempted(doing)?;
    let list = Seen(connected.client.request::<Value>(request).await.attempted(doing)?);
    Ok(list.list("/items").iter().cloned().map(Seen).collect())
}

/// The Events that are about the subject.
pub fn items(events: &[Seen], seen: &[(Kind, Seen)], subject: &Subject) -> Vec<Item> {
    let key = |kind: &str, seen: &Seen| (kind.to_owned(), seen.namespace().to_owned(), seen.name().to_owned());
    let about: BTreeSet<(String, String, String)> =
        seen.iter().filter(|(_, seen)| is_about(seen, subject)).map(|(kind, seen)| key(&kind.resource().kind, seen)).collect();
    let concerns = |event: &&Seen| {
        let text = |field: &str| event.text(&format!("/involvedObject/{field}")).to_owned();
        let is_target = target(subject).is_some_and(|target| {
            let written = format!("{}/{}/{}", text("namespace"), text("kind"), text("name"));
            Target::same(&written, &target.to_string())
        });
        let is_ours = about.contains(&(text("kind"), text("namespace"), text("name")));
        event.text("/source/component") != CONTROLLERS && (is_target || is_ours)
    };
    events.iter().filter(concerns).map(item).collect()
}

fn item(event: &Seen) -> Item {
    let kind = event.text("/involvedObject/kind");
    let short = Kind::named(kind).map_or_else(|| kind.to_lowercase(), |kind| kind.short().to_owned());
    let first = |pointers: &[&str]| pointers.iter().map(|at| event.text(at)).find(|text| !text.is_empty()).unwrap_or_default().to_owned();
    let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/firstTimestamp", "/metadata/creationTimestamp"];
    let count = ["/series/count", "/count"].iter().find_map(|at| event.at(at)?.as_i64()).filter(|count| *count > 1);
    let often = count.map(|count| format!(" ({count} times)")).unwrap_or_default();
    Item {
        time: times.iter().find_map(|at| event.time(at)),
        source: Source::Event,
        who: first(&["/reportingComponent", "/source/component"]),
        // Whoever may write Events may write any name there.
        verified: false,
        object: format!("{short}/{}", event.text("/involvedObject/name")),
        namespace: Some(event.namespace().to_owned()).filter(|namespace| !namespace.is_empty()),
        what: format!("{}: {}{often}", event.text("/reason"), event.text("/message")),
        why: None,
        evidence: None,
        plan_hash: None,
    }
}

fn target(subject: &Subject) -> Option<Target> {
    match subject {
        Subject::Target(target) => target.parse().ok(),
        _ => None,
    }
}

fn name(target: &Target) -> String {
    target.to_string().rsplit('/').next().unwrap_or_default().to_owned()
}
