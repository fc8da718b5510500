use super::timeline::{Subject, Timeline};
use super::trail::Trail;
use super::{sentence, table, who};
use crate::cli::connect::Connection;
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::session::{Appearance, Session};
use crate::cli::terminal::Look;
use crate::rules::audit::Record;
use crate::rules::guards::Guards;
use serde_json::{Value, json};

fn record(event: &str, object: (&str, &str), more: Value) -> Record {
    let mut record = json!({
        "id": format!("{}/{}/{event}", object.0, object.1), "event": event, "who": "alice", "verified": true, "what": event,
        "object": { "apiVersion": "kubernaut.ai/v1alpha1", "kind": object.0, "namespace": "pay", "name": object.1, "uid": "u" },
    });
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(record).unwrap()
}

fn seen(kind: &str, name: &str, more: Value) -> Seen {
    let mut object = json!({ "kind": kind, "metadata": { "name": name, "namespace": "pay", "uid": "3f9a1c07-be42-4c1e-9d6f-000000000000", "creationTimestamp": "2026-01-01T00:00:00Z" } });
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Seen(object)
}

fn trail() -> Trail {
    let of = |name: &str, time: &str| json!({ "remediation": name, "target": "pay/deployment/api", "when": time });
    let records = vec![
        record("Ended", ("WorkflowExecution", "rr-1-workflow"), of("rr-1", "2026-01-01T00:04:00Z")),
        record("Started", ("WorkflowExecution", "rr-1-workflow"), of("rr-1", "2026-01-01T00:03:00Z")),
        record(
            "Decided",
            ("AIApprovalRequest", "rr-1-approval"),
            json!({ "remediation": "rr-1", "target": "pay/deployment/api", "when": "2026-01-01T00:02:00Z", "why": "seen\u{1b}[2J it",
                "evidence": "confidence 72, Too little memory.", "planHash": "abab" }),
        ),
        record(
            "Cleared",
            ("BlockClearance", "c-1"),
            json!({ "blockId": "3f9a1c07be42", "target": "pay/deployment/api", "when": "2026-01-01T00:05:00Z" }),
        ),
        record(
            "Cleared",
            ("BlockClearance", "c-2"),
            json!({ "blockId": "another", "target": "pay/deployment/web", "when": "2026-01-01T00:06:00Z" }),
        ),
        record("Decided", ("AIApprovalRequest", "rr-2-approval"), json!({ "remediation": "rr-2", "verified": false })),
    ];
    let asks = json!({ "spec": { "requestedBy": "gateway", "targetResource": "pay/deployment/api", "signalName": "OOM" } });
    let ran = json!({ "spec": { "remediationRequestRef": { "name": "rr-1" }, "targetResource": "pay/deployment/api" },
        "status": { "skipDetails": { "reason": "ResourceBusy", "message": "held", "skippedAt": "2026-01-01T00:01:00Z" } } });
    let seen = vec![
        (Kind::Remediation, seen("RemediationRequest", "rr-1", asks)),
        (Kind::Execution, seen("WorkflowExecution", "rr-1-workflow", ran)),
    ];
    Trail { records, guards: Guards::default(), seen }
}

fn objects(subject: &Subject) -> Vec<String> {
    Timeline::of(&trail(), subject).items.into_iter().map(|item| format!("{} {:?}", item.object, item.source)).collect()
}

#[test]
fn a_remediation_has_all_that_belongs_to_it_in_the_order_of_time() {
    let expected = [
        "rr/rr-1 Request",
        "wfe/rr-1-workflow Skip",
        "aar/rr-1-approval Decision",
        "wfe/rr-1-workflow Phase",
        "wfe/rr-1-workflow Phase",
        "bc/c-1 Clearance",
    ];
    assert_eq!(objects(&Subject::Remediation("rr-1".to_owned())), expected);
    assert_eq!(objects(&Subject::Remediation("rr-2".to_owned())), ["aar/rr-2-approval Decision"]);
    assert_eq!(objects(&Subject::Target("pay/deployment/web".to_owned())), ["bc/c-2 Clearance"]);
    assert_eq!(objects(&Subject::Target("pay/deployment/api".to_owned())).len(), 6);
    assert_eq!(objects(&Subject::All).len(), 8);
}

#[test]
fn the_machine_form_is_the_documented_one() {
    let timeline = serde_json::to_value(Timeline::of(&trail(), &Subject::Remediation("rr-1".to_owned()))).unwrap();
    assert_eq!((&timeline["apiVersion"], &timeline["kind"]), (&json!("cli.kubernaut.ai/v1alpha1"), &json!("Timeline")));
    let decided = &timeline["items"][2];
    let expected = json!({
        "time": "2026-01-01T00:02:00Z", "source": "decision", "who": "alice", "verified": true, "object": "aar/rr-1-approval", "namespace": "pay",
        "what": "Decided", "why": "seen\u{1b}[2J it", "evidence": "confidence 72, Too little memory.", "planHash": "abab",
    });
    assert_eq!(decided, &expected);
}

#[test]
fn the_table_marks_who_is_unverified_and_is_harmless() {
    let timeline = Timeline::of(&trail(), &Subject::All);
    let session = Session::new(Connection::default(), &Appearance::default(), Look::default());
    let lines = table(&timeline, true, true, &session).lines(&session.look, true).join("\n");
    assert!(!lines.contains('\u{1b}'), "{lines}");
    let decided = &timeline.items[2];
    assert_eq!((who(decided), sentence(decided).contains("(on: confidence 72, Too little memory.)")), ("alice".to_owned(), true));
    let unverified = timeline.items.iter().find(|item| item.object == "aar/rr-2-approval").unwrap();
    assert_eq!(who(unverified), "alice (unverified)");
    assert!(lines.lines().next().unwrap().starts_with("NAMESPACE"));
}
