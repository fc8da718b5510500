use super::timeline::{Source, Subject, Timeline};
use super::trail::Trail;
use super::{HistoryArgs, When, events, follow, narrow, print_table, sentence, table, who, whole};
use crate::cli::connect::{Connected, Connection};
use crate::cli::kinds::Kind;
use crate::cli::output::{OutputArgs, Seen, Voice};
use crate::cli::scripted::{self, Answer, Script, object};
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

fn run(status: Value) -> Value {
    let spec = json!({
        "remediationRequestRef": {"name": "rr-x", "namespace": "payment"}, "targetResource": "payment/deployment/api", "targetUid": "u",
        "workflowRef": {"workflowId": "oom"}, "workflowDefinition": {"steps": [{"stepNumber": 1, "action": "collect_diagnostics"}]},
        "executionStrategy": {"rollbackStrategy": "automatic"}, "planHash": "a".repeat(64), "policyHash": "", "planSchema": 1,
    });
    let mut run = object("WorkflowExecution", "rr-x-workflow", spec, status);
    run["metadata"]["labels"] = json!({"kubernaut.ai/remediation-request": "rr-x"});
    run
}

fn request() -> Value {
    let spec = json!({"targetResource": "payment/deployment/api", "requestedBy": "gateway", "signalName": "OOM"});
    object("RemediationRequest", "rr-x", spec, json!({"phase": "Executing"}))
}

#[tokio::test]
async fn of_one_remediation_nothing_else_is_read() {
    const LABEL: &str = "labelSelector=kubernaut.ai%2Fremediation-request%3Drr-x";
    let by = |plural: &str, is_there: bool| match plural {
        "remediationrequests" => "fieldSelector=metadata.name%3Drr-x",
        "remediationtargets" if is_there => "fieldSelector=metadata.name%3Ddeployment.api",
        "remediationtargets" | "blockclearances" => "",
        _ => LABEL,
    };
    for is_there in [true, false] {
        let script = Script::of(move |asked| match asked.path.rsplit('/').next() {
            Some("rr-x") if is_there => Answer::Json(200, request()),
            Some("rr-x") => Answer::missing(),
            Some("workflowexecutions") => Answer::list(&[run(json!({"startTime": "2025-12-06T10:31:00Z"}))], "7"),
            _ => Answer::list(&[], "7"),
        });
        let (session, connected) = (scripted::session("2025-12-06T10:34:00Z", 0), Connected::around(script.client(), "payment"));
        let subject = Subject::Remediation("rr-x".to_owned());
        let timeline = whole(&HistoryArgs::default(), &session, &connected, Some("payment"), &subject).await.expect("a timeline");
        assert_eq!(timeline.items.len(), 1, "{:?}", timeline.items);
        let lists: Vec<_> =
            script.calls().into_iter().filter(|asked| asked.path.contains("kubernaut.ai") && !asked.path.ends_with("/rr-x")).collect();
        assert_eq!(lists.len(), 8);
        for list in lists {
            let plural = list.path.rsplit('/').next().expect("a kind");
            let selectors: Vec<&str> = list.query.split('&').filter(|part| part.contains("Selector")).collect();
            assert_eq!(selectors.join("&"), by(plural, is_there), "{plural}");
        }
    }
}

#[tokio::test]
async fn a_name_that_is_no_label_selects_nothing_by_labels() {
    let script = Script::of(|asked| if asked.path.ends_with("/x,y") { Answer::missing() } else { Answer::list(&[], "7") });
    let (session, connected) = (scripted::session("2025-12-06T10:34:00Z", 0), Connected::around(script.client(), "payment"));
    let subject = Subject::Remediation("x,y".to_owned());
    let failed = whole(&HistoryArgs::default(), &session, &connected, Some("payment"), &subject).await.expect_err("nothing is there");
    assert!(failed.to_string().contains("nothing is known of remediationrequest.kubernaut.ai/x,y"), "{failed}");
    assert!(script.calls().iter().all(|asked| !asked.query.contains("labelSelector")));
}

/// What `history -w` printed once it has printed so many lines.
async fn followed(args: &HistoryArgs, lines: usize) -> (Vec<String>, Vec<String>) {
    let started = || run(json!({"startTime": "2025-12-06T10:31:00Z"}));
    let ended = || run(json!({"startTime": "2025-12-06T10:31:00Z", "completionTime": "2025-12-06T10:32:00Z", "outcome": "Succeeded"}));
    let script = Script::of(move |asked| match (asked.path.rsplit('/').next(), asked.is_watch) {
        (Some("rr-x"), _) => Answer::Json(200, request()),
        (Some("workflowexecutions"), false) => Answer::list(&[started()], "7"),
        // The same change twice is one line.
        (Some("workflowexecutions"), true) => {
            Answer::Watch([started(), ended(), ended()].map(|object| json!({"type": "MODIFIED", "object": object})).to_vec(), true)
        }
        (Some("remediationrequests"), false) => Answer::list(&[request()], "7"),
        (_, true) => Answer::Watch(vec![], true),
        (_, false) => Answer::list(&[], "7"),
    });
    let (session, connected) = (scripted::session("2025-12-06T10:34:00Z", 0), Connected::around(script.client(), "payment"));
    let subject = Subject::Remediation("rr-x".to_owned());
    let printed = async {
        while session.voice.heard().0.lines().count() < lines {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        ended = follow::follow(args, &session, &connected, Some("payment"), &subject) => panic!("it ended: {ended:?}"),
        in_time = tokio::time::timeout(std::time::Duration::from_secs(60), printed) => {
            assert!(in_time.is_ok(), "waited in vain: {:?}", session.voice.heard());
        }
    }
    let queries = script.calls().into_iter().filter(|asked| asked.is_watch && asked.path.ends_with("/workflowexecutions"));
    let (out, _) = session.voice.heard();
    (out.lines().map(str::to_owned).collect(), queries.map(|asked| asked.query).collect())
}

fn json_output() -> OutputArgs {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        output: OutputArgs,
    }
    <Line as clap::Parser>::try_parse_from(["x", "-o", "json"]).expect("parsed").output
}

#[tokio::test]
async fn what_happens_is_appended_a_line_each() {
    let args = HistoryArgs { watch: true, ..HistoryArgs::default() };
    let (lines, watches) = followed(&args, 4).await;
    let squeezed: Vec<String> = lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(squeezed.len(), 4, "{lines:#?}");
    assert!(squeezed[0].starts_with("TIME SOURCE WHO OBJECT WHAT"), "{lines:#?}");
    assert!(squeezed[1].contains("request gateway (unverified) rr/rr-x"), "{lines:#?}");
    assert!(squeezed[2].contains("phase") && squeezed[2].contains("wfe/rr-x-workflow Started plan aaaaaaaaaaaa"), "{lines:#?}");
    assert!(squeezed[3].contains("wfe/rr-x-workflow Ended as Succeeded"), "{lines:#?}");
    assert!(watches.iter().all(|query| query.contains("labelSelector=kubernaut.ai%2Fremediation-request%3Drr-x")), "{watches:?}");
}

#[tokio::test]
async fn programs_get_a_document_a_line_and_only_what_was_asked_for() {
    let args = HistoryArgs { watch: true, source: vec![Source::Phase], output: json_output(), ..HistoryArgs::default() };
    let (lines, _) = followed(&args, 2).await;
    let items: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).expect("one document")).collect();
    let what = |item: &Value| item["what"].as_str().unwrap_or_default().split(' ').next().unwrap_or_default().to_owned();
    assert_eq!(items.iter().map(what).collect::<Vec<_>>(), ["Started", "Ended"]);
    assert!(items.iter().all(|item| item["object"] == "wfe/rr-x-workflow" && item["source"] == "phase"), "{items:?}");
}
