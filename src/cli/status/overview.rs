//! What needs a person, what is in flight, and how the last day went.

use super::reading::phase;
use crate::cli::OUTPUT_VERSION;
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason};
use crate::cli::get::decision;
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::output::text::one_line;
use crate::cli::read::{self, Listed, Selection};
use crate::cli::session::Session;
use jiff::{SignedDuration, Timestamp};
use kube::Client;
use serde::Serialize;
use std::collections::BTreeMap;

/// What needs a person, what is in flight, and how the last day went.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// Version of this shape.
    pub api_version: &'static str,
    /// `Overview`.
    pub kind: &'static str,
    /// The namespace; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// When this was looked at.
    pub at: Timestamp,
    /// What goes on only when a person acts.
    pub needs_you: Vec<Need>,
    /// Number of remediations in each phase that is not the end.
    pub in_flight: BTreeMap<String, usize>,
    /// Targets that wait, and until when.
    pub backoff: Vec<Backoff>,
    /// Number of remediations of the last 24 hours by how they ended.
    pub last_day: BTreeMap<String, usize>,
}

/// Something that goes on only when a person acts.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Need {
    /// `ApprovalPending`, `Blocked` or `ManualReview`.
    pub what: &'static str,
    /// `namespace/name`.
    pub object: String,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it is too late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// What to type.
    pub command: String,
}

/// A target that waits.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Backoff {
    /// The target.
    pub target: String,
    /// When something may start on it again.
    pub next_allowed_execution: Timestamp,
}

/// Reads everything in a namespace, or in all.
///
/// # Errors
/// When the API server does not answer, or refuses.
pub async fn overview(client: &Client, namespace: Option<&str>, now: Timestamp) -> Result<Overview, Failure> {
    let selection = Selection { namespace: namespace.map(str::to_owned), chunk: 500, ..Selection::default() };
    let list = async |kind: Kind| read::list(client, kind, &selection).await.attempted(|| format!("list {}", kind.friendly()));
    let (requests, approvals, targets) = futures::join!(list(Kind::Remediation), list(Kind::Approval), list(Kind::Target));
    let (requests, approvals) = (requests?, approvals?);
    let targets = match targets {
        // Without the ledgers only the backoff is missing.
        Err(failure) if failure.reason == Reason::Forbidden => Listed::default(),
        targets => targets?,
    };
    let mut overview = summed(&requests.items, &approvals.items, &targets.items, now);
    overview.namespace = namespace.map(str::to_owned);
    Ok(overview)
}

fn summed(requests: &[Seen], approvals: &[Seen], targets: &[Seen], now: Timestamp) -> Overview {
    let mut needs_you: Vec<Need> =
        approvals.iter().filter(|seen| decision(seen) == "Pending").filter_map(|seen| pending(seen, now)).collect();
    needs_you.sort_by_key(|need| need.deadline);
    needs_you.extend(requests.iter().filter_map(review));
    let waits = |seen: &Seen| {
        let next_allowed_execution = seen.time("/status/nextAllowedExecution").filter(|at| *at > now)?;
        Some(Backoff { target: seen.text("/spec/targetResource").to_owned(), next_allowed_execution })
    };
    let mut backoff: Vec<Backoff> = targets.iter().filter_map(waits).collect();
    backoff.sort_by_key(|wait| wait.next_allowed_execution);
    let (mut in_flight, mut last_day) = (BTreeMap::new(), BTreeMap::new());
    for seen in requests {
        match phase(Kind::Remediation, seen) {
            ended if is_end(&ended) && is_recent(seen, &ended, now) => *last_day.entry(ending(seen, &ended)).or_default() += 1,
            ended if is_end(&ended) => {}
            going => *in_flight.entry(going).or_default() += 1,
        }
    }
    Overview { api_version: OUTPUT_VERSION, kind: "Overview", namespace: None, at: now, needs_you, in_flight, backoff, last_day }
}

fn is_end(phase: &str) -> bool {
    matches!(phase, "Completed" | "Failed" | "TimedOut")
}

/// Ended within the last 24 hours; where the end is not recorded, began within them.
fn is_recent(seen: &Seen, ended: &str, now: Timestamp) -> bool {
    let at = seen.time(&format!("/status/phaseTimes/{ended}")).or_else(|| seen.created());
    at.is_none_or(|at| now.duration_since(at) <= SignedDuration::from_hours(24))
}

fn ending(seen: &Seen, phase: &str) -> String {
    let pointers = ["/status/skipReason", "/status/outcome"];
    pointers.iter().map(|pointer| seen.text(pointer)).find(|text| !text.is_empty()).unwrap_or(phase).to_owned()
}

fn object(seen: &Seen) -> String {
    format!("{}/{}", seen.namespace(), seen.name())
}

fn command(verb: &str, name: &str, seen: &Seen) -> String {
    format!("kubectl kubernaut {verb} {name} -n {}", seen.namespace())
}

/// A request whose time is up waits for nobody any more.
fn pending(seen: &Seen, now: Timestamp) -> Option<Need> {
    let deadline = seen.deadline();
    let open = deadline.is_none_or(|deadline| deadline > now);
    let message = seen.text("/spec/investigation/rootCause").to_owned();
    open.then(|| Need { what: "ApprovalPending", object: object(seen), message, deadline, command: command("approve", seen.name(), seen) })
}

fn review(seen: &Seen) -> Option<Need> {
    let what = match (seen.is("/status/blocked"), seen.is("/status/requiresManualReview")) {
        (true, _) => "Blocked",
        (false, true) => "ManualReview",
        (false, false) => return None,
    };
    let message = seen.text("/status/message").to_owned();
    let command = command("status", &format!("rr/{}", seen.name()), seen);
    Some(Need { what, object: object(seen), message, deadline: None, command })
}

/// The overview, as it is printed.
pub fn text(overview: &Overview, session: &Session, connected: &Connected) -> String {
    let place = overview.namespace.as_ref().map_or_else(|| "all namespaces".to_owned(), |name| format!("namespace {name}"));
    let mut lines = vec![one_line(&format!("Context  {} ({})   {place}", connected.context, connected.server))];
    if overview.needs_you.is_empty() {
        lines.push("Nothing needs you.".to_owned());
    } else {
        let style = console::Style::new().bold().force_styling(session.look.out.color);
        lines.push(style.apply_to("NEEDS YOU").to_string());
        lines.extend(needs(overview, session));
    }
    lines.push(format!("IN FLIGHT   {}", counted(&overview.in_flight)));
    lines.extend(overview.backoff.first().map(|next| {
        let until = session.times.until(next.next_allowed_execution, session.now());
        one_line(&format!("BACKOFF     {} waiting, next {} {until}", overview.backoff.len(), next.target))
    }));
    lines.push(format!("LAST 24H    {}", counted(&overview.last_day)));
    lines.join("\n") + "\n"
}

fn needs(overview: &Overview, session: &Session) -> Vec<String> {
    let mut table = crate::cli::output::Table::new(&["WHAT", "OBJECT", "WHY", "COMMAND"]).with_free_text("WHY");
    for need in &overview.needs_you {
        let what = match need.what {
            "ApprovalPending" => "approval pending",
            "Blocked" => "target blocked",
            _ => "review needed",
        };
        let expires = need.deadline.map(|at| format!("expires {}", session.times.until(at, session.now())));
        table.add(vec![what.to_owned(), need.object.clone(), expires.unwrap_or_else(|| need.message.clone()), need.command.clone()]);
    }
    table.lines(&session.look, false).into_iter().map(|line| format!("  {line}")).collect()
}

fn counted(counts: &BTreeMap<String, usize>) -> String {
    let parts: Vec<String> = counts.iter().map(|(what, count)| format!("{count} {}", one_line(what))).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(name: &str, status: serde_json::Value, created: &str) -> Seen {
        Seen(json!({"metadata": {"name": name, "namespace": "a", "creationTimestamp": created}, "status": status}))
    }

    #[test]
    fn what_needs_a_person_leads_and_old_endings_are_forgotten() {
        let now: Timestamp = "2025-12-06T10:30:00Z".parse().expect("a time");
        let (today, last_week) = ("2025-12-06T10:20:00Z", "2025-11-29T10:20:00Z");
        let requests = [
            request("blocked", json!({"phase": "Failed", "blocked": true, "requiresManualReview": true}), last_week),
            request("going", json!({"phase": "Executing"}), today),
            request("done", json!({"phase": "Completed", "outcome": "Remediated"}), today),
            request("done-late", json!({"phase": "Completed", "outcome": "Remediated", "phaseTimes": {"Completed": today}}), last_week),
        ];
        let approval = |name: &str, timeout: &str, status| {
            let mut seen = request(name, status, today);
            seen.0["spec"] = json!({"timeout": timeout});
            seen
        };
        let approvals = [
            approval("open", "15m", json!({})),
            approval("late", "5m", json!({})),
            approval("made", "15m", json!({"decision": "Approved"})),
        ];
        let seen = summed(&requests, &approvals, &[], now);
        let needs: Vec<(&str, &str)> = seen.needs_you.iter().map(|need| (need.what, need.object.as_str())).collect();
        assert_eq!(needs, [("ApprovalPending", "a/open"), ("Blocked", "a/blocked")]);
        assert_eq!(seen.in_flight, BTreeMap::from([("Executing".to_owned(), 1)]));
        assert_eq!(seen.last_day, BTreeMap::from([("Remediated".to_owned(), 2)]));
    }
}
