//! Counts what the controllers' account wrote, by the API server's audit log.

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The controllers' account, as the API server names it.
const ACCOUNT: &str = "system:serviceaccount:kubernaut-system:kubernaut-controllers";
const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];
/// Questions, which are asked by a create and store nothing.
const QUESTIONS: [&str; 2] = ["authorization.k8s.io", "authentication.k8s.io"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    stage: String,
    verb: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    user: User,
    object_ref: Option<Object>,
    response_status: Option<Response>,
    request_received_timestamp: Timestamp,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Object {
    resource: String,
    subresource: String,
    name: String,
    api_group: String,
}

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    code: u16,
}

/// One write of the controllers.
pub struct Write {
    /// When the API server received it.
    pub at: Timestamp,
    /// For example `workflowexecutions/status update`.
    pub what: String,
    /// The object that was written.
    pub name: String,
    /// The answer's code.
    pub code: u16,
    kind: Effect,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Stored,
    DryRun,
    Lease,
}

impl Write {
    /// Whether it stored something, other than the lease.
    pub fn stored(&self) -> bool {
        self.kind == Effect::Stored && self.code < 300
    }

    /// Whether it was tried without effect.
    pub fn dry_run(&self) -> bool {
        self.kind == Effect::DryRun && self.code < 300
    }

    /// Whether it renewed the lease.
    pub fn lease(&self) -> bool {
        self.kind == Effect::Lease && self.code < 300
    }
}

/// All writes so far. A line that is still being written is left for the next reading.
pub fn writes(log: &Path) -> Result<Vec<Write>> {
    let text = std::fs::read_to_string(log).with_context(|| format!("read {}", log.display()))?;
    let (whole, _) = text.rsplit_once('\n').unwrap_or_default();
    let mut writes = Vec::new();
    for line in whole.lines().filter(|line| line.contains(ACCOUNT)) {
        writes.extend(write(serde_json::from_str(line).with_context(|| format!("read the audit line {line}"))?));
    }
    Ok(writes)
}

fn write(line: Line) -> Option<Write> {
    let object = line.object_ref.unwrap_or_default();
    let asks = QUESTIONS.contains(&object.api_group.as_str()) || object.subresource == "token";
    if asks || line.stage != "ResponseComplete" || line.user.username != ACCOUNT || !WRITES.contains(&line.verb.as_str()) {
        return None;
    }
    let kind = match object.resource.as_str() {
        "leases" => Effect::Lease,
        _ if line.request_uri.contains("dryRun=All") => Effect::DryRun,
        _ => Effect::Stored,
    };
    let slash = if object.subresource.is_empty() { "" } else { "/" };
    let what = format!("{}{slash}{} {}", object.resource, object.subresource, line.verb);
    let code = line.response_status.map_or(0, |response| response.code);
    Some(Write { at: line.request_received_timestamp, what, name: object.name, code, kind })
}

/// The writes of one remediation: to itself and its children, to its target and the target's ledger.
pub fn of_remediation<'a>(writes: &'a [Write], request: &str, deployment: &str) -> Vec<&'a Write> {
    let ledger = format!("deployment.{deployment}");
    writes.iter().filter(|write| write.name.starts_with(request) || write.name == deployment || write.name == ledger).collect()
}

/// How many of each, in the order in which they first happened.
pub fn by_kind<'a>(writes: impl Iterator<Item = &'a Write>) -> String {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (place, write) in writes.enumerate() {
        counts.entry(&write.what).or_insert((place, 0)).1 += 1;
    }
    let mut ordered: Vec<(usize, usize, &str)> = counts.into_iter().map(|(what, (place, count))| (place, count, what)).collect();
    ordered.sort_unstable();
    ordered.iter().map(|(_, count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}
