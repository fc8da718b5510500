//! What each type's table shows, and that the API server's own tables have it.

use super::super::rows::Shape;
use super::super::wanted::Wanted;
use super::*;
use crate::cli::output::{LabelArgs, Times};
use crate::cli::terminal::Look;
use jiff::SignedDuration;
use serde_json::json;

fn moment() -> Moment {
    Moment { times: Times::Age, now: "2025-12-06T10:34:02Z".parse().expect("a time") }
}

fn lines(kind: Kind, wide: bool, namespaces: bool, objects: &[Value]) -> Vec<String> {
    let shape = Shape {
        kind,
        namespaces,
        wide,
        names: false,
        labels: LabelArgs::default(),
        watched: false,
        wanted: Wanted::default(),
        moment: moment(),
    };
    let rows = objects.iter().filter_map(|object| shape.row(&Seen(object.clone())));
    shape.table(rows).lines(&Look::default(), true)
}

/// The definition's columns, as pointers: `.spec.plan.steps[-1:].stepNumber` shows `/spec/plan/steps`.
fn defined(kind: Kind) -> Vec<(String, String)> {
    let plural = kind.resource().plural;
    let crd = crate::api::crds().into_iter().find(|crd| crd.spec.names.plural == plural).expect("the definition");
    let columns = crd.spec.versions[0].additional_printer_columns.clone().expect("columns");
    let pointer = |path: &str| path.split('[').next().unwrap_or_default().replace('.', "/");
    columns.iter().filter(|column| column.type_ != "date").map(|column| (column.name.clone(), pointer(&column.json_path))).collect()
}

#[test]
fn the_servers_columns_are_those_of_the_definitions() {
    for kind in Kind::ALL {
        let defined = defined(kind);
        for (name, pointer) in served(kind).into_iter().filter(|(name, _)| *name != "Name") {
            assert!(defined.contains(&(name.to_owned(), pointer.to_owned())), "{kind:?} {name} {pointer}: {defined:?}");
        }
    }
}

#[test]
fn what_is_shown_by_default_and_filtered_by_is_in_the_servers_table() {
    const MINE: &[&str] = &["/spec/requestedBy", "/spec/timeout", "/metadata/namespace"];
    for kind in Kind::ALL {
        let served: Vec<&str> = served(kind).into_iter().map(|(_, pointer)| pointer).collect();
        let columns = columns(kind).iter().filter(|column| !column.wide).flat_map(Column::needs);
        let more = if kind == Kind::Approval { MINE } else { &[] };
        let missing: Vec<&&str> = columns.chain(more).filter(|need| !served.contains(*need)).collect();
        assert!(missing.is_empty(), "{kind:?} needs whole objects for {missing:?}");
    }
}

#[test]
fn people_see_few_columns_in_kubectls_own_table() {
    for crd in crate::api::crds() {
        let columns = crd.spec.versions[0].additional_printer_columns.clone().expect("columns");
        let shown = columns.iter().filter(|column| column.priority.unwrap_or_default() == 0).count();
        assert!(shown <= 6, "{}: {shown} columns", crd.spec.names.plural);
    }
}

fn request(name: &str, status: &Value) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "payment", "creationTimestamp": "2025-12-06T10:30:00Z"},
        "spec": {
            "timeout": "15m", "investigation": {"confidenceScore": 72.5}, "aiAnalysisRef": {"name": "a"},
            "plan": {"targetResource": "payment/deployment/api", "workflowId": "oom",
                "steps": [{"action": "increase_resources"}, {"action": "restart_pod"}]},
        },
        "status": status,
    })
}

#[test]
fn approvals_count_down_until_they_are_decided() {
    let decided = request("web", &json!({"decision": "Approved", "decidedBy": "alice"}));
    let lines = lines(Kind::Approval, false, false, &[request("pay", &json!({})), decided, request("old", &json!({"decision": ""}))]);
    assert_eq!(lines[0], "NAME   TARGET           CONFIDENCE   STEPS   DECISION   EXPIRES   AGE");
    assert_eq!(lines[1], "pay    deployment/api   72.5%        2       Pending    in 10m    4m2s");
    assert_eq!(lines[2], "web    deployment/api   72.5%        2       Approved   -         4m2s");
    assert!(lines[3].contains("Pending"));
}

#[test]
fn wide_and_all_namespaces_add_columns() {
    let lines = lines(Kind::Approval, true, true, &[request("pay", &json!({"decision": "Approved", "decidedBy": "alice"}))]);
    assert!(lines[0].starts_with("NAMESPACE   NAME") && lines[0].ends_with("WORKFLOW   DECIDED-BY   ANALYSIS   RISK"));
    assert!(lines[1].ends_with("oom        alice        a          disruptive"), "{}", lines[1]);
}

#[test]
fn a_malformed_object_still_has_a_row() {
    let row = &lines(Kind::Approval, false, false, &[json!({"metadata": {"name": "x"}, "spec": 3})])[1];
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["x", "<none>", "<none>", "0", "Pending", "<unknown>", "<unknown>"]);
    for kind in Kind::ALL {
        assert_eq!(lines(kind, true, true, &[json!({}), json!({"spec": [], "status": "x", "metadata": 1})]).len(), 3, "{kind:?}");
    }
}

#[test]
fn a_run_says_why_it_waits_and_until_when() {
    let run = |phase: &str, reason: &str, next: &str| {
        let metadata = json!({"name": "r", "creationTimestamp": "2025-12-06T10:30:00Z"});
        let spec = json!({"targetResource": "payment/deployment/api", "workflowRef": {"workflowId": "oom"}});
        let skip = if reason.is_empty() { Value::Null } else { json!({"reason": reason}) };
        json!({"metadata": metadata, "spec": spec, "status": {"phase": phase, "skipDetails": skip, "nextAllowedExecution": next}})
    };
    #[rustfmt::skip]
    let table = [
        ("it backs off",                     run("Skipped", "RecentlyRemediated", "2025-12-06T10:36:02Z"),      ["Skipped", "RecentlyRemediated", "in 2m"]),
        ("only a person can help",           run("Skipped", "PreviousExecutionFailed", "2025-12-06T10:36:02Z"), ["Skipped", "PreviousExecutionFailed", "never"]),
        ("retries are exhausted",            run("Skipped", "ExhaustedRetries", ""),                            ["Skipped", "ExhaustedRetries", "never"]),
        ("the target is free again",         run("Skipped", "ResourceBusy", "2025-12-06T10:33:00Z"),            ["Skipped", "ResourceBusy", "-"]),
        ("it failed, and the target waits",  run("Failed", "", "2025-12-06T10:36:02Z"),                         ["Failed", "-", "in 2m"]),
        ("it is new",                        run("", "", ""),                                                   ["Pending", "-", "-"]),
    ];
    for (case, object, [phase, reason, next]) in table {
        let row = &lines(Kind::Execution, false, false, &[object])[1];
        let cells: Vec<&str> = row.split("   ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert_eq!(cells, ["r", "deployment/api", "oom", phase, reason, next, "4m2s"], "{case}");
    }
}

#[test]
fn hostile_text_reaches_no_terminal() {
    let subject = format!("red\u{1b}[31m \u{202e}evil\n{}", "x".repeat(500));
    let notice = json!({"metadata": {"name": "n\u{7}"}, "spec": {"subject": subject}});
    let line = &lines(Kind::Notification, true, true, &[notice])[1];
    assert!(!line.chars().any(crate::cli::output::text::is_dangerous), "{line:?}");
    assert!(line.contains("red evil x"), "{line}");
}

#[test]
fn only_what_is_wanted_is_kept() {
    let expiring = |minutes| Wanted { expiring: Some(SignedDuration::from_mins(minutes)), ..Wanted::default() };
    let skipped = |reason: &str| Wanted { reasons: vec![reason.to_owned()], ..Wanted::default() };
    let mut late = request("late", &json!({}));
    late["metadata"]["creationTimestamp"] = "2025-12-06T10:00:00Z".into();
    let busy = json!({"status": {"skipDetails": {"reason": "ResourceBusy"}}});
    #[rustfmt::skip]
    let table = [
        ("anything",                     Wanted::default(),            request("a", &json!({})),                       true),
        ("its time is up soon",          expiring(11),                 request("a", &json!({})),                       true),
        ("its time is up later",         expiring(10),                 request("a", &json!({})),                       false),
        ("its time is up already",       expiring(60),                 late,                                           false),
        ("it is decided",                expiring(60),                 request("a", &json!({"decision": "Approved"})), false),
        ("it was skipped for that",      skipped("ResourceBusy"),      busy.clone(),                                   true),
        ("it was skipped for another",   skipped("ExhaustedRetries"),  busy,                                           false),
        ("it was not skipped",           skipped("ResourceBusy"),      json!({}),                                      false),
    ];
    for (case, wanted, object, kept) in table {
        assert_eq!(wanted.keeps(&Seen(object), moment().now), kept, "{case}");
    }
}
