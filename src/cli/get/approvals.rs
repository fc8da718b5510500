//! The table of approvals.

use crate::cli::output::{Seen, Table, Times};
use jiff::Timestamp;

/// A row for each request.
pub fn table(items: &[Seen], namespaces: bool, wide: bool, times: Times, now: Timestamp) -> Table {
    let mut headers = vec!["NAME", "TARGET", "CONFIDENCE", "STEPS", "DECISION", "EXPIRES", "AGE"];
    if namespaces {
        headers.insert(0, "NAMESPACE");
    }
    if wide {
        headers.extend(["WORKFLOW", "DECIDED-BY", "ANALYSIS", "RISK"]);
    }
    let mut table = Table::new(&headers);
    items.iter().for_each(|seen| table.add(row(seen, namespaces, wide, times, now)));
    table
}

fn row(seen: &Seen, namespaces: bool, wide: bool, times: Times, now: Timestamp) -> Vec<String> {
    let mut cells = vec![
        seen.name().to_owned(),
        seen.short_target("/spec/plan/targetResource"),
        confidence(seen),
        seen.list("/spec/plan/steps").len().to_string(),
        decision(seen).to_owned(),
        expires(seen, times, now),
        times.since(seen.created(), now),
    ];
    if namespaces {
        cells.insert(0, seen.namespace().to_owned());
    }
    if wide {
        let pointers = ["/spec/plan/workflowId", "/status/decidedBy", "/spec/aiAnalysisRef/name"];
        cells.extend(pointers.map(|pointer| seen.text(pointer).to_owned()));
        cells.push(String::new());
    }
    cells
}

/// The decision; `Pending` while there is none.
pub fn decision(seen: &Seen) -> &str {
    Some(seen.text("/status/decision")).filter(|decision| !decision.is_empty()).unwrap_or("Pending")
}

fn confidence(seen: &Seen) -> String {
    seen.number("/spec/investigation/confidenceScore").map(|score| format!("{score}%")).unwrap_or_default()
}

fn expires(seen: &Seen, times: Times, now: Timestamp) -> String {
    match (decision(seen), seen.deadline()) {
        ("Pending", Some(deadline)) => times.until(deadline, now),
        ("Pending", None) => "<unknown>".to_owned(),
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::Look;
    use serde_json::json;

    fn request(name: &str, decision: Option<&str>) -> Seen {
        let mut status = json!({});
        if let Some(decision) = decision {
            status = json!({"decision": decision, "decidedBy": "alice"});
        }
        Seen(json!({
            "metadata": {"name": name, "namespace": "payment", "creationTimestamp": "2025-12-06T10:30:00Z"},
            "spec": {
                "timeout": "15m", "investigation": {"confidenceScore": 72.5}, "aiAnalysisRef": {"name": "a"},
                "plan": {"targetResource": "payment/deployment/api", "workflowId": "oom", "steps": [{}, {}]},
            },
            "status": status,
        }))
    }

    fn lines(items: &[Seen], namespaces: bool, wide: bool) -> Vec<String> {
        let now = "2025-12-06T10:34:02Z".parse().expect("a time");
        table(items, namespaces, wide, Times::Age, now).lines(&Look::default(), true)
    }

    #[test]
    fn approvals_count_down_until_they_are_decided() {
        let lines = lines(&[request("pay", None), request("web", Some("Approved")), request("old", Some(""))], false, false);
        assert_eq!(lines[0], "NAME   TARGET           CONFIDENCE   STEPS   DECISION   EXPIRES   AGE");
        assert_eq!(lines[1], "pay    deployment/api   72.5%        2       Pending    in 10m    4m2s");
        assert_eq!(lines[2], "web    deployment/api   72.5%        2       Approved   -         4m2s");
        assert!(lines[3].contains("Pending"));
    }

    #[test]
    fn wide_and_all_namespaces_add_columns() {
        let lines = lines(&[request("pay", Some("Approved"))], true, true);
        assert!(lines[0].starts_with("NAMESPACE   NAME") && lines[0].ends_with("WORKFLOW   DECIDED-BY   ANALYSIS   RISK"));
        assert!(lines[1].ends_with("oom        alice        a          <none>"), "{}", lines[1]);
    }

    #[test]
    fn a_malformed_object_still_has_a_row() {
        let row = &lines(&[Seen(json!({"metadata": {"name": "x"}, "spec": 3}))], false, false)[1];
        assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["x", "<none>", "<none>", "0", "Pending", "<unknown>", "<unknown>"]);
    }
}
