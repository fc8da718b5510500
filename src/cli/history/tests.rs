use super::timeline::{Source, Subject, Timeline};
use super::trail::Trail;
use super::{HistoryArgs, When, events, narrow, print_table, sentence, table, who};
use crate::cli::connect::Connection;
use crate::cli::kinds::Kind;
use crate::cli::output::{Seen, Voice};
use crate::cli::session::{Appearance, Session};
use crate::cli::terminal::Look;
use crate::rules::audit::Record;
use crate::rules::guards::Guards;
use serde_json::{Value, json};
use std::sync::Arc;

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
    assert_eq!((who(decided, false), sentence(decided).contains("(on: confidence 72, Too little memory.)")), ("alice".to_owned(), true));
    let unverified = timeline.items.iter().find(|item| item.object == "aar/rr-2-approval").unwrap();
    assert_eq!(who(unverified, false), "alice (unverified)");
    assert!(lines.lines().next().unwrap().starts_with("NAMESPACE"));
}

#[test]
fn what_happened_stands_below_its_row_where_there_is_no_room_beside_it() {
    let timeline = Timeline::of(&trail(), &Subject::Remediation("rr-1".to_owned()));
    let shown = |width| {
        let look = Look { width, ..Look::default() };
        let mut session = Session::new(Connection::default(), &Appearance::default(), look);
        session.voice = Voice::Kept(Arc::default());
        print_table(&timeline, false, false, &session).unwrap();
        session.voice.heard().0
    };
    assert_eq!(shown(None), shown(Some(200)));
    let narrow = shown(Some(60));
    let lines: Vec<&str> = narrow.lines().collect();
    assert!(lines[0].ends_with("OBJECT") && lines[5].contains("decision") && lines[5].ends_with("aar/rr-1-approval"), "{narrow}");
    assert_eq!(lines[6], "       Decided: \"seen\\u{1b}[2J it\" (on: confidence 72, Too", "{narrow}");
    assert_eq!(lines[7], "       little memory.)", "{narrow}");
}

#[test]
fn a_time_is_said_as_so_long_ago_or_as_itself() {
    let now = "2026-01-02T00:00:00Z".parse().unwrap();
    let point = |text: &str| When::parse(text).map(|when| when.point(now).to_string());
    assert_eq!(point("24h").as_deref(), Ok("2026-01-01T00:00:00Z"));
    assert_eq!(point("2025-12-06T10:30:00Z").as_deref(), Ok("2025-12-06T10:30:00Z"));
    assert!(point("yesterday").unwrap_err().contains("or a time as in"));
}

#[test]
fn a_timeline_is_narrowed_by_time_source_and_person() {
    let now = "2026-01-01T00:06:00Z".parse().unwrap();
    let when = |text: &str| Some(When::parse(text).unwrap());
    #[rustfmt::skip]
    let table = [
        ("everything",            HistoryArgs::default(),                                                                      8),
        ("the last two minutes",  HistoryArgs { since: when("2m"), ..HistoryArgs::default() },                                 4),
        ("until a point in time", HistoryArgs { until: when("2026-01-01T00:02:00Z"), ..HistoryArgs::default() },               3),
        ("one source",            HistoryArgs { source: vec![Source::Clearance], ..HistoryArgs::default() },                   2),
        ("one person",            HistoryArgs { who: Some("gateway".to_owned()), ..HistoryArgs::default() },                   1),
    ];
    for (case, args, expected) in table {
        let mut timeline = Timeline::of(&trail(), &Subject::All);
        narrow(&mut timeline, &args, now);
        assert_eq!(timeline.items.len(), expected, "{case}: {:#?}", timeline.items);
    }
}

#[test]
fn events_of_others_are_told_and_those_of_our_controllers_are_not_told_twice() {
    let event = |component: &str, kind: &str, name: &str| {
        let about = json!({ "apiVersion": "kubernaut.ai/v1alpha1", "kind": kind, "namespace": "pay", "name": name });
        Seen(json!({ "metadata": { "namespace": "pay" }, "involvedObject": about, "source": { "component": component }, "reason": "Pulled",
            "message": "x\u{1b}[2J", "lastTimestamp": "2026-01-01T00:03:30Z", "count": 3 }))
    };
    let written = [
        event("kubelet", "WorkflowExecution", "rr-1-workflow"),
        event(crate::rules::audit::CONTROLLERS, "WorkflowExecution", "rr-1-workflow"),
        event("kubelet", "WorkflowExecution", "rr-2-workflow"),
        event("deployment-controller", "Deployment", "api"),
    ];
    let told = |subject: Subject| {
        events::items(&written, &trail().seen, &subject).into_iter().map(|item| (item.object, item.who)).collect::<Vec<_>>()
    };
    let ours = ("wfe/rr-1-workflow".to_owned(), "kubelet".to_owned());
    assert_eq!(told(Subject::Remediation("rr-1".to_owned())), std::slice::from_ref(&ours));
    assert_eq!(
        told(Subject::Target("pay/deployment/api".to_owned())),
        [ours, ("deployment/api".to_owned(), "deployment-controller".to_owned())]
    );
    let item = events::items(&written, &trail().seen, &Subject::All).remove(0);
    assert_eq!((item.what.as_str(), item.verified, item.source), ("Pulled: x\u{1b}[2J (3 times)", false, Source::Event));
}

#[test]
fn names_are_listed_once() {
    let names = super::names(&Timeline::of(&trail(), &Subject::Remediation("rr-1".to_owned())));
    let expected = [
        "remediationrequest.kubernaut.ai/rr-1",
        "workflowexecution.kubernaut.ai/rr-1-workflow",
        "aiapprovalrequest.kubernaut.ai/rr-1-approval",
        "blockclearance.kubernaut.ai/c-1",
    ];
    assert_eq!(names, expected);
}
