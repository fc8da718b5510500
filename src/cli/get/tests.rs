//! Lists, tables and changes against a scripted API service: what is asked for, what is printed, and when.

use super::computed::{Computed, online};
use super::targets::TargetItem;
use super::{GetArgs, show};
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::output::text::is_dangerous;
use crate::cli::scripted::{self, Asked, Script};
use clap::Parser;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const NOW: &str = "2025-12-06T10:34:02Z";
const LEASE: &str = "GET /apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases/kubernaut-controllers";
const HERE: &str = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests";
const EVERYWHERE: &str = "GET /apis/kubernaut.ai/v1alpha1/aiapprovalrequests";

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    get: GetArgs,
}

/// What the API server is asked, and what it answers.
struct Answer {
    path: &'static str,
    /// Parts of the query; one that begins with `!` must not be in it.
    query: &'static [&'static str],
    code: u16,
    body: String,
}

fn answer(path: &'static str, query: &'static [&'static str], body: impl ToString) -> Answer {
    Answer { path, query, code: 200, body: body.to_string() }
}

fn refusal(path: &'static str, query: &'static [&'static str], code: u16, message: &str) -> Answer {
    let body =
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message, "details": {"name": "x"}});
    Answer { path, query, code, body: body.to_string() }
}

/// What came of a command: how it ended, data and remarks, and what had been printed when each call came.
struct Came {
    ended: Result<Exit, Failure>,
    out: String,
    err: String,
    printed: Vec<String>,
}

/// Runs a command line against the script; a missing and an extra call both fail.
async fn run(words: &[&str], script: Vec<Answer>) -> Came {
    let session = scripted::session(NOW, 1);
    let printed = Arc::<Mutex<Vec<String>>>::default();
    let (voice, kept) = (session.voice.clone(), printed.clone());
    let queries: Vec<_> = script.iter().map(|answer| answer.query).collect();
    let calls = script.into_iter().map(|Answer { path, code, body, .. }| (path, scripted::Answer::Text(code, body)));
    let script = Script::in_order(calls.collect(), {
        let queries = queries.clone();
        move |Asked { nth, query, as_table, .. }| {
            assert_eq!(*as_table, query.contains("includeObject="), "call {nth} ?{query}");
            for part in queries[*nth] {
                let (wanted, part) = part.strip_prefix('!').map_or((true, *part), |part| (false, part));
                assert_eq!(query.contains(part), wanted, "call {nth}: {part} in ?{query}");
            }
            kept.lock().expect("a list").push(voice.heard().0);
        }
    });
    let connected = Connected::around(script.client(), "payment");
    let args = Line::try_parse_from(["get"].iter().chain(words)).unwrap_or_else(|error| panic!("{error}")).get;
    let ended = match Computed::named(&args.kind) {
        Some(_) => online::<TargetItem>(&[], &args, &session, &connected).await,
        None => {
            let (kind, names) = args.subject().expect("a type");
            show(&args, &session, &connected, kind, names).await
        }
    };
    let ended = ended.map_err(|error| Failure::from_any(&error).expect("a failure"));
    assert_eq!(script.asked(), queries.len(), "the script was followed");
    let printed = printed.lock().expect("a list").clone();
    let (out, err) = session.voice.heard();
    Came { ended, out, err, printed }
}

fn request(name: &str, version: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "payment", "resourceVersion": version, "creationTimestamp": "2025-12-06T10:30:00Z"},
        "spec": {
            "timeout": "15m", "investigation": {"confidenceScore": 72.5}, "requestedBy": "gateway",
            "plan": {"targetResource": "payment/deployment/api", "workflowId": "oom", "steps": [{"stepNumber": 1}, {"stepNumber": 2}]},
        },
    })
}

fn list(version: &str, next: &str, items: &[Value]) -> Value {
    json!({"kind": "List", "metadata": {"resourceVersion": version, "continue": next}, "items": items})
}

const COLUMNS: [&str; 10] = ["Name", "Target", "Confidence", "Decision", "Age", "Steps", "Timeout", "Requested-By", "Created", "Namespace"];

/// The table that the API server would make of a list, with its fields in the API server's order.
fn as_table(version: &str, next: &str, items: &[Value]) -> String {
    let row = |item: &Value| {
        let (metadata, spec) = (&item["metadata"], &item["spec"]);
        let cells = json!([
            metadata["name"],
            spec["plan"]["targetResource"],
            spec["investigation"]["confidenceScore"],
            item["status"]["decision"],
            "4m",
            spec["plan"]["steps"][1]["stepNumber"],
            spec["timeout"],
            spec["requestedBy"],
            metadata["creationTimestamp"],
            metadata["namespace"],
        ]);
        json!({"cells": cells, "object": {"metadata": metadata}})
    };
    let metadata = json!({"resourceVersion": version, "continue": next});
    let columns: Value = COLUMNS.iter().map(|name| json!({"name": name})).collect();
    let rows: Value = items.iter().map(row).collect();
    format!(r#"{{"kind":"Table","metadata":{metadata},"columnDefinitions":{columns},"rows":{rows}}}"#)
}

const HEADER: &str = "NAME   TARGET           CONFIDENCE   STEPS   DECISION   EXPIRES   AGE";

fn row(name: &str) -> String {
    format!("{name:<4}   deployment/api   72.5%        2       Pending    in 10m    4m2s")
}

#[tokio::test]
async fn a_table_is_the_servers_own_in_one_call_and_looks_the_same_from_objects() {
    let items = [request("a", "1"), request("b", "2")];
    let lacking = r#"{"kind":"Table","columnDefinitions":[{"name":"Name"},{"name":"Target"}],"rows":[{"cells":["a","b"]}]}"#;
    let scripts = [
        ("rows", vec![answer(HERE, &["includeObject=None", "!limit"], as_table("5", "", &items))]),
        ("a server without tables", vec![answer(HERE, &["includeObject=None"], list("5", "", &items))]),
        (
            "an older definition",
            vec![answer(HERE, &["includeObject=None"], lacking), answer(HERE, &["limit=500", "!includeObject"], list("5", "", &items))],
        ),
        (
            "pages, as asked for",
            vec![
                answer(HERE, &["limit=1"], as_table("5", "t", &items[..1])),
                answer(HERE, &["limit=1", "continue=t"], as_table("5", "", &items[1..])),
            ],
        ),
        (
            "a page that is gone",
            vec![
                answer(HERE, &["limit=1"], as_table("5", "t", &items[..1])),
                refusal(HERE, &["continue=t"], 410, "The provided continue parameter is too old"),
                answer(HERE, &["!limit", "!continue"], as_table("5", "", &items)),
            ],
        ),
    ];
    for (case, script) in scripts {
        let words: &[&str] = if case.contains("page") { &["aar", "--chunk-size=1"] } else { &["aar"] };
        let came = run(words, script).await;
        assert_eq!(came.ended, Ok(Exit::Done), "{case}");
        assert_eq!(came.out, format!("{HEADER}\n{}\n{}\n", row("a"), row("b")), "{case}");
    }
}

#[tokio::test]
async fn all_namespaces_names_and_pending_ask_for_just_that() {
    let items = || as_table("5", "", &[request("a", "1")]);
    let came = run(&["aar", "-A"], vec![answer(EVERYWHERE, &["includeObject=None"], items())]).await;
    assert_eq!(came.out, format!("NAMESPACE   {HEADER}\npayment     {}\n", row("a")));
    let came = run(&["aar", "-o", "name"], vec![answer(HERE, &["includeObject=None"], items())]).await;
    assert_eq!(came.out, "aiapprovalrequest.kubernaut.ai/a\n");
    let came =
        run(&["aar", "--pending", "-l", "x=y"], vec![answer(HERE, &["fieldSelector=status.decision%3D", "labelSelector=x%3Dy"], items())])
            .await;
    assert_eq!(came.out.lines().count(), 2);
    let came = run(&["aar"], vec![answer(HERE, &[], as_table("5", "", &[]))]).await;
    assert_eq!((came.out.as_str(), came.err.as_str()), ("", "No resources found in payment namespace.\n"));
}

#[tokio::test]
async fn json_is_printed_before_the_next_page_is_asked_for_and_nothing_comes_twice() {
    let [a, b, c] = ["a", "b", "c"].map(|name| request(name, "1"));
    let script = vec![
        answer(HERE, &["limit=500", "!includeObject"], list("5", "t", std::slice::from_ref(&a))),
        refusal(HERE, &["continue=t"], 410, "too old"),
        answer(HERE, &["!continue", "!limit"], list("6", "", &[a, b, c])),
    ];
    let came = run(&["aar", "-o", "json"], script).await;
    assert_eq!(came.ended, Ok(Exit::Done));
    assert!(came.printed[0].is_empty() && came.printed[1].contains("\"name\": \"a\""), "{:?}", came.printed);
    let whole: Value = serde_json::from_str(&came.out).expect("json");
    let names: Vec<&str> = whole["items"].as_array().expect("items").iter().filter_map(|item| item["metadata"]["name"].as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!((&whole["kind"], &whole["items"][0]["kind"]), (&"List".into(), &"AIApprovalRequest".into()));
}

fn event(kind: &str, object: Value) -> String {
    json!({"type": kind, "object": object}).to_string() + "\n"
}

#[tokio::test]
async fn what_changes_is_appended_and_nothing_is_lost_by_cuts_and_forgotten_versions() {
    let mut decided = request("a", "6");
    decided["status"] = json!({"decision": "Approved"});
    let script = vec![
        answer(HERE, &["includeObject=Metadata"], as_table("5", "", &[request("a", "1"), request("b", "2")])),
        answer(HERE, &["watch=true", "resourceVersion=5"], event("MODIFIED", decided.clone())),
        answer(
            HERE,
            &["watch=true", "resourceVersion=6"],
            event("BOOKMARK", json!({"kind": "x", "apiVersion": "y", "metadata": {"resourceVersion": "7"}})),
        ),
        answer(HERE, &["watch=true", "resourceVersion=7"], event("ERROR", json!({"kind": "Status", "code": 410, "message": "too old"}))),
        answer(HERE, &["limit=500"], list("9", "", &[decided, request("longer", "8")])),
        refusal(HERE, &["watch=true", "resourceVersion=9"], 403, "no more"),
    ];
    let came = run(&["aar", "-w"], script).await;
    assert_eq!(came.ended.expect_err("the refusal").reason, Reason::Forbidden);
    let lines: Vec<&str> = came.out.lines().collect();
    let changed = "a      deployment/api   72.5%        2       Approved   -         4m2s";
    assert_eq!(lines[..4], [HEADER, &row("a"), &row("b"), changed]);
    assert!(lines[4].starts_with("longer   deployment/api") && lines.len() == 5, "{lines:?}");
    assert!(came.err.contains("note: aiapprovalrequest.kubernaut.ai/b of namespace payment is gone"), "{}", came.err);
}

#[tokio::test]
async fn what_leaves_the_selection_is_not_shown_as_if_it_were_still_in_it() {
    let script = |listed: &'static [&'static str]| {
        vec![
            answer(HERE, listed, as_table("5", "", &[request("a", "1")])),
            answer(HERE, &["watch=true"], event("DELETED", request("a", "6"))),
            refusal(HERE, &["watch=true", "resourceVersion=6"], 403, "no more"),
        ]
    };
    let came = run(&["aar", "-w", "--pending"], script(&["status.decision%3D"])).await;
    assert_eq!(came.out.lines().count(), 2);
    assert!(came.err.contains("aiapprovalrequest.kubernaut.ai/a of namespace payment is no longer among these"), "{}", came.err);
    let came = run(&["aar", "-w"], script(&["!status.decision"])).await;
    assert_eq!((came.out.lines().count(), came.err.as_str()), (3, ""));
}

#[tokio::test]
async fn followed_json_is_an_object_a_line_and_watch_only_leaves_out_what_is_there() {
    let script = |first: &'static [&'static str], listed: String| {
        vec![
            answer(HERE, first, listed),
            answer(HERE, &["watch=true", "resourceVersion=5"], event("ADDED", request("b", "6"))),
            refusal(HERE, &["watch=true", "resourceVersion=6"], 403, "no more"),
        ]
    };
    let came = run(&["aar", "-w", "-o", "json"], script(&["limit=500"], list("5", "", &[request("a", "1")]).to_string())).await;
    let names: Vec<String> =
        came.out.lines().map(|line| serde_json::from_str::<Value>(line).expect(line)["metadata"]["name"].to_string()).collect();
    assert_eq!(names, ["\"a\"", "\"b\""]);
    let came = run(&["aar", "--watch-only"], script(&["includeObject=Metadata"], as_table("5", "", &[request("a", "1")]))).await;
    assert_eq!(came.out, format!("{HEADER}\n{}\n", row("b")));
}

#[tokio::test]
async fn what_is_selected_is_listed_and_watched_alike() {
    const LABELS: &str = "labelSelector=x%3Dy";
    const FIELDS: &str = "fieldSelector=spec.requestedBy%3Dbob%2Cstatus.decision%3D";
    const GONE: &str = r#"{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}}"#;
    let items = as_table("5", "", &[request("a", "1")]);
    let script = vec![
        answer(HERE, &[LABELS, FIELDS], items),
        answer(HERE, &["watch=true", "resourceVersion=5", LABELS, FIELDS], GONE),
        answer(HERE, &[LABELS, FIELDS], list("9", "", &[request("a", "1")])),
        refusal(HERE, &["watch=true", "resourceVersion=9", LABELS, FIELDS], 403, "no more"),
    ];
    let came = run(&["aar", "-w", "-l", "x=y", "--field-selector", "spec.requestedBy=bob", "--pending"], script).await;
    assert_eq!((came.out, came.err.as_str()), (format!("{HEADER}\n{}\n", row("a")), ""));
    let one = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests/a";
    let script = vec![
        answer(one, &[], request("a", "5")),
        refusal(HERE, &["watch=true", "resourceVersion=5", "fieldSelector=metadata.name%3Da"], 403, "no more"),
    ];
    assert_eq!(run(&["aar", "a", "-w"], script).await.out, format!("{HEADER}\n{}\n", row("a")));
}

#[tokio::test]
async fn what_was_seen_to_go_is_not_missed_a_second_time() {
    let gone = event("ERROR", json!({"kind": "Status", "code": 410, "message": "too old"}));
    let script = vec![
        answer(HERE, &[], as_table("5", "", &[request("a", "1"), request("b", "2")])),
        answer(
            HERE,
            &["watch=true", "resourceVersion=5"],
            event("DELETED", request("a", "6")) + &event("ADDED", request("c", "7")) + &gone,
        ),
        answer(HERE, &[], list("9", "", &[request("b", "2"), request("c", "7")])),
        refusal(HERE, &["watch=true", "resourceVersion=9"], 403, "no more"),
    ];
    let came = run(&["aar", "-w"], script).await;
    let names: Vec<&str> = came.out.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!((names, came.err.as_str()), (vec!["a", "b", "a", "c"], ""));
}

fn review(allowed: bool) -> Value {
    json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {}, "spec": {}, "status": {"allowed": allowed}})
}

#[tokio::test]
async fn mine_are_those_that_i_may_decide_and_did_not_ask_for() {
    let me = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}, "status": {"userInfo": {"username": "alice", "groups": ["sre"]}}});
    let (mut own, mut late, mut there) = (request("own", "1"), request("late", "1"), request("there", "1"));
    own["spec"]["requestedBy"] = "alice".into();
    late["metadata"]["creationTimestamp"] = "2025-12-06T09:30:00Z".into();
    there["metadata"]["namespace"] = "shop".into();
    const MAY: &str = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let script = vec![
        answer("POST /apis/authentication.k8s.io/v1/selfsubjectreviews", &[], me),
        answer(MAY, &[], review(false)),
        answer(
            EVERYWHERE,
            &["includeObject=None", "status.decision%3D"],
            as_table("5", "", &[request("a", "1"), own, late, request("b", "1"), there]),
        ),
        answer(MAY, &[], review(true)),
        answer(MAY, &[], review(false)),
    ];
    let came = run(&["aar", "-A", "--mine", "-o", "name"], script).await;
    assert_eq!(came.ended, Ok(Exit::Done));
    assert_eq!(came.out, "aiapprovalrequest.kubernaut.ai/a\naiapprovalrequest.kubernaut.ai/b\n");
}

#[tokio::test]
async fn what_comes_later_is_mine_too_only_where_i_may_decide() {
    let me = json!({"metadata": {}, "status": {"userInfo": {"username": "alice", "groups": ["sre"]}}});
    const MAY: &str = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let mut there = request("there", "7");
    there["metadata"]["namespace"] = "shop".into();
    let script = vec![
        answer("POST /apis/authentication.k8s.io/v1/selfsubjectreviews", &[], me),
        answer(MAY, &[], review(false)),
        answer(EVERYWHERE, &["status.decision%3D"], as_table("5", "", &[request("a", "1")])),
        answer(MAY, &[], review(true)),
        answer(EVERYWHERE, &["watch=true", "status.decision%3D"], event("ADDED", there) + &event("ADDED", request("b", "8"))),
        answer(MAY, &[], review(false)),
        refusal(EVERYWHERE, &["watch=true", "resourceVersion=8"], 403, "no more"),
    ];
    let came = run(&["aar", "-A", "-w", "--mine", "-o", "name"], script).await;
    assert_eq!(came.out, "aiapprovalrequest.kubernaut.ai/a\naiapprovalrequest.kubernaut.ai/b\n");
}

#[tokio::test]
async fn a_target_is_shown_again_only_when_it_stands_otherwise() {
    const TARGETS: &str = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/remediationtargets";
    let ledger = |version: &str, status: Value| {
        let metadata = json!({"name": "deployment.api", "namespace": "payment", "resourceVersion": version, "creationTimestamp": "2025-12-06T10:30:00Z"});
        let mut status = status;
        status["rebuiltAt"] = "2025-12-06T10:30:00Z".into();
        json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationTarget", "metadata": metadata,
            "spec": {"targetResource": "payment/deployment/api"}, "status": status})
    };
    let waits = json!({"consecutiveFailures": 1, "nextAllowedExecution": "2025-12-06T10:48:00Z"});
    let events =
        event("MODIFIED", ledger("7", json!({}))) + &event("MODIFIED", ledger("8", waits)) + &event("DELETED", ledger("9", json!({})));
    let script = vec![
        refusal(LEASE, &[], 404, "not found"),
        answer(TARGETS, &["limit=1", "includeObject=None"], as_table("5", "", &[])),
        answer(TARGETS, &["limit=500"], list("6", "", &[ledger("6", json!({}))])),
        answer(TARGETS, &["watch=true", "resourceVersion=5"], events),
        refusal(TARGETS, &["watch=true", "resourceVersion=9"], 403, "no more"),
    ];
    let came = run(&["targets", "-w"], script).await;
    let states: Vec<&str> = came.out.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(states, ["STATE", "Free", "Backoff"], "{}", came.out);
    let (settings, gone) = came.err.split_once('\n').expect("two notes");
    assert!(settings.starts_with("note: with default settings, as the controllers' lease cannot be read"), "{settings}");
    assert_eq!(gone, "note: the ledger payment/deployment.api is gone\n");
}

#[tokio::test]
async fn followed_json_holds_no_character_that_moves_a_terminal() {
    const TARGETS: &str = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/remediationtargets";
    const HOSTILE: &str = "x\u{9b}2A\u{202e}\u{7f}";
    let mut hostile = request("a", "1");
    hostile["spec"]["requestedBy"] = HOSTILE.into();
    let holder = json!({"namespace": "payment", "name": HOSTILE, "uid": "u", "remediationRequest": "rr", "workflowId": "w", "since": "2025-12-06T10:30:00Z"});
    let ledger = json!({"metadata": {"name": "deployment.api", "namespace": "payment", "resourceVersion": "1"},
        "spec": {"targetResource": "payment/deployment/api"}, "status": {"rebuiltAt": "2025-12-06T10:30:00Z", "holder": holder}});
    let no_more = |path: &'static str| refusal(path, &["watch=true"], 403, "no more");
    let version = answer(TARGETS, &["includeObject=None"], as_table("5", "", &[]));
    #[rustfmt::skip]
    let table = [
        ("aar",     "/spec/requestedBy", vec![answer(HERE, &[], list("5", "", &[hostile])), no_more(HERE)]),
        ("targets", "/lastRun",          vec![refusal(LEASE, &[], 404, "not found"), version, answer(TARGETS, &[], list("5", "", &[ledger])), no_more(TARGETS)]),
    ];
    for (kind, pointer, script) in table {
        let came = run(&[kind, "-w", "-o", "json"], script).await;
        assert!(!came.out.chars().any(|c| c != '\n' && is_dangerous(c)), "{kind}: {:?}", came.out);
        let value: Value = serde_json::from_str(&came.out).expect("one object");
        assert_eq!(value.pointer(pointer), Some(&HOSTILE.into()), "{kind}: {value}");
    }
}

#[tokio::test]
async fn who_may_not_list_everywhere_is_told_the_missing_rule() {
    let said = "aiapprovalrequests.kubernaut.ai is forbidden: User \"bob\" cannot list resource \"aiapprovalrequests\" in API group \"kubernaut.ai\" at the cluster scope";
    let came = run(&["aar", "-A"], vec![refusal(EVERYWHERE, &[], 403, said)]).await;
    let failure = came.ended.expect_err("a failure");
    assert_eq!(
        failure.hints[0],
        "the missing rule, in a ClusterRole: {apiGroups: [\"kubernaut.ai\"], resources: [\"aiapprovalrequests\"], verbs: [\"list\"]}"
    );
    assert!(failure.hints[1].contains("without -A") && failure.hints[1].contains("payment"), "{:?}", failure.hints);
}

#[tokio::test]
async fn a_missing_kind_says_what_to_install() {
    let gone = Answer { path: HERE, query: &[], code: 404, body: "404 page not found\n".to_owned() };
    let failure = run(&["aar"], vec![gone]).await.ended.expect_err("a failure");
    assert_eq!((failure.reason, failure.hints[0].contains("kubectl kubernaut install")), (Reason::CrdMissing, true));
}

#[tokio::test]
async fn a_missing_object_names_its_like_without_reading_them() {
    const ONE: &str = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests/pay-oon";
    let mut far = request("pay-oon", "1");
    far["metadata"]["namespace"] = "shop".into();
    let script = vec![
        refusal(ONE, &[], 404, "not found"),
        answer(HERE, &["includeObject=None"], as_table("5", "", &[request("pay-oom", "1"), request("web", "1")])),
        answer(EVERYWHERE, &["includeObject=Metadata", "metadata.name%3Dpay-oon"], as_table("5", "", &[far])),
    ];
    let came = run(&["aar/pay-oon"], script).await;
    let failure = came.ended.expect_err("a failure");
    assert_eq!(failure.hints, ["similar names in payment: pay-oom", "found in namespace shop: add  -n shop"]);
    let script = || {
        vec![
            refusal(ONE, &[], 404, "not found"),
            answer(HERE, &[], as_table("5", "", &[])),
            answer(EVERYWHERE, &[], as_table("5", "", &[])),
        ]
    };
    assert_eq!(run(&["aar", "pay-oon", "--ignore-not-found"], script()).await.ended, Ok(Exit::Done));
    let forbidden = run(&["aar", "pay-oon", "--ignore-not-found"], vec![refusal(ONE, &[], 403, "no")]).await;
    assert_eq!(forbidden.ended.expect_err("what may not be read may be there").reason, Reason::Forbidden);
}

#[tokio::test]
async fn sorting_and_labels_ask_for_what_they_need() {
    let (mut a, mut b) = (request("a", "1"), request("b", "2"));
    a["spec"]["investigation"]["confidenceScore"] = 80.into();
    b["metadata"]["labels"] = json!({"kubernaut.ai/severity": "high"});
    let items = [a, b];
    let came =
        run(&["aar", "--sort-by=.spec.investigation.confidenceScore"], vec![answer(HERE, &["!includeObject"], list("5", "", &items))])
            .await;
    let names: Vec<&str> = came.out.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["b", "a"]);
    let came = run(
        &["aar", "-L", "kubernaut.ai/severity", "--no-headers"],
        vec![answer(HERE, &["includeObject=Metadata"], as_table("5", "", &items))],
    )
    .await;
    assert!(came.out.lines().nth(1).is_some_and(|line| line.ends_with("high")) && came.out.lines().count() == 2, "{}", came.out);
}
