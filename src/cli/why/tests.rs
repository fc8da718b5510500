//! Questions to a cluster: what is read, that nothing is written, and what is made of it.

use super::{Asked, WhyArgs};
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::kinds::type_and_name;
use crate::cli::scripted::{self, Answer, Script};
use crate::settings::Settings;
use clap::{FromArgMatches, Parser};
use serde_json::{Value, json};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    why: WhyArgs,
}

/// A server that knows these objects by the end of their paths.
fn server(objects: Vec<(&'static str, Value)>) -> Script {
    Script::of(move |asked| {
        let found = objects.iter().find(|(end, _)| asked.path.ends_with(end));
        found.map_or_else(Answer::missing, |(_, value)| Answer::Json(200, value.clone()))
    })
}

struct Told {
    exit: Result<Exit, Failure>,
    out: Value,
    err: String,
    calls: Vec<String>,
}

async fn ask(words: &[&str], objects: Vec<(&'static str, Value)>) -> Told {
    let grammar = <Line as clap::CommandFactory>::command();
    let line = Line::from_arg_matches(&grammar.get_matches_from([&["why"], words, &["-o", "json"]].concat())).unwrap();
    let script = server(objects);
    let session = scripted::session("2025-12-06T10:30:00Z", 0);
    let asked = Asked { args: &line.why, session: &session, now: "2025-12-06T10:30:00Z".parse().unwrap(), settings: Settings::default() };
    let named = line.why.object.as_deref().map(type_and_name).transpose().unwrap();
    let ended = asked.of_cluster(named, &Connected::around(script.client(), "payment")).await;
    let (out, err) = session.voice.heard();
    let calls = script.calls().iter().map(|asked| format!("{} {}", asked.method, asked.uri)).collect();
    let exit = ended.map_err(|error| Failure::from_any(&error).unwrap());
    Told { exit, out: serde_json::from_str(&out).unwrap_or_default(), err, calls }
}

fn object(name: &str, spec: Value, status: Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "payment", "uid": format!("{name}-uid")}, "spec": spec, "status": status})
}

fn run(name: &str, status: Value) -> Value {
    object(name, json!({"targetResource": "payment/deployment/api", "workflowRef": {"workflowId": "oom"}}), status)
}

const LEDGER: &str = "/remediationtargets/deployment.api";

fn ledger(status: Value) -> Value {
    object("deployment.api", json!({"targetResource": "payment/deployment/api"}), status)
}

#[tokio::test]
async fn a_run_is_explained_by_its_ledger_with_two_reads_and_no_write() {
    let block = json!({"id": "abc", "run": {"namespace": "payment", "name": "old", "uid": "u"}, "workflowId": "oom", "since": "2025-12-06T10:15:00Z"});
    let stored = ledger(json!({"rebuiltAt": "2025-12-06T09:00:00Z", "blocks": [block]}));
    let told = ask(&["wfe/new", "--exit-code"], vec![("/workflowexecutions/new", run("new", json!({}))), (LEDGER, stored)]).await;
    assert_eq!((told.exit.unwrap(), &told.out["verdict"]), (Exit::No, &"Blocked".into()));
    assert_eq!(told.out["gates"][0]["because"]["name"], "old");
    assert_eq!(told.calls.len(), 2, "{:?}", told.calls);
    assert!(told.calls.iter().all(|call| call.starts_with("GET ")) && told.err.is_empty());
}

#[tokio::test]
async fn a_ledger_that_is_not_built_is_rebuilt_from_live_runs_and_that_is_said() {
    let failed =
        run("old", json!({"phase": "Failed", "completionTime": "2025-12-06T10:15:00Z", "failureDetails": {"wasExecutionFailure": true}}));
    for stored in [None, Some(ledger(json!({"consecutiveFailures": 3})))] {
        let failures = if stored.is_some() { 3 } else { 0 };
        let mut objects = vec![
            ("/workflowexecutions", json!({"metadata": {}, "items": [failed]})),
            ("/blockclearances", json!({"metadata": {}, "items": []})),
        ];
        objects.extend(stored.map(|stored| (LEDGER, stored)));
        let told = ask(&["--target", "payment/Deployment/api", "--workflow", "oom"], objects).await;
        assert_eq!((told.exit.unwrap(), &told.out["reason"]), (Exit::Done, &"PreviousExecutionFailed".into()));
        assert_eq!(told.out["consecutiveFailures"], failures);
        assert!(told.err.contains("is not built yet"), "{}", told.err);
        assert!(told.calls.iter().all(|call| call.starts_with("GET ")), "{:?}", told.calls);
        let lists = told.calls.iter().filter(|call| call.contains("fieldSelector=spec.targetResource%3Dpayment%2Fdeployment%2Fapi"));
        assert_eq!(lists.count(), 1, "clearances are read whatever the spelling of their target: {:?}", told.calls);
        assert!(told.calls.iter().any(|call| call.contains("/blockclearances")), "{:?}", told.calls);
    }
}

#[tokio::test]
async fn a_remediation_leads_to_its_run_or_to_what_its_run_would_be() {
    let request = object("rr-x", json!({"targetResource": "payment/deployment/api"}), json!({}));
    let analysis = object("rr-x-analysis", json!({}), json!({"workflowId": "oom"}));
    let rests =
        json!([{"workflowId": "oom", "run": {"namespace": "payment", "name": "old", "uid": "u"}, "completedAt": "2025-12-06T10:28:00Z"}]);
    let stored = ledger(json!({"rebuiltAt": "2025-12-06T09:00:00Z", "lastSuccess": rests}));
    let without = vec![("/remediationrequests/rr-x", request), ("/aianalyses/rr-x-analysis", analysis), (LEDGER, stored)];
    let with: Vec<_> = without.iter().cloned().chain([("/workflowexecutions/rr-x-workflow", run("rr-x-workflow", json!({})))]).collect();
    for (word, objects, object) in [("rr/rr-x", without, "payment/rr-x"), ("rr-x", with, "payment/rr-x-workflow")] {
        let told = ask(&[word], objects).await;
        assert_eq!((&told.out["object"], &told.out["remediation"]), (&object.into(), &"payment/rr-x".into()));
        assert_eq!((&told.out["verdict"], &told.out["workflow"]), (&"Waiting".into(), &"oom".into()));
        assert_eq!((&told.out["retryAt"], &told.out["retryInSeconds"]), (&"2025-12-06T10:33:00Z".into(), &180.into()));
    }
}

#[tokio::test]
async fn an_approval_says_why_a_person_is_asked_and_who_may_decide() {
    let spec = json!({"investigation": {"confidenceScore": 72.5}, "requestedBy": "gateway", "timeout": "15m",
        "plan": {"targetResource": "payment/deployment/api", "workflowId": "oom", "steps": [{}]}});
    let told = ask(&["aar/ask"], vec![("/aiapprovalrequests/ask", object("ask", spec, json!({})))]).await;
    let out = &told.out;
    assert_eq!(
        (&out["kind"], &out["reason"], &out["level"]),
        (&"ApprovalExplanation".into(), &"MediumConfidence".into(), &"medium".into())
    );
    assert_eq!(out["deciders"]["mayNotApprove"], "gateway");
    assert_eq!(told.calls.len(), 1);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let told = ask(&["nothing"], vec![]).await;
    assert_eq!(told.exit.unwrap_err().reason, Reason::NotFound);
}
