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
async fn a_run_is_explained_by_its_ledger_with_three_reads_and_no_write() {
    let block = json!({"id": "abc", "run": {"namespace": "payment", "name": "old", "uid": "u"}, "workflowId": "oom", "since": "2025-12-06T10:15:00Z"});
    let stored = ledger(json!({"rebuiltAt": "2025-12-06T09:00:00Z", "blocks": [block]}));
    let objects =
        vec![("/workflowexecutions/new", run("new", json!({}))), (LEDGER, stored), controllers(json!({"gate": {"blockScope": "Target"}}))];
    let told = ask(&["wfe/new", "--exit-code"], objects).await;
    assert_eq!((told.exit.unwrap(), &told.out["verdict"]), (Exit::No, &"Blocked".into()));
    assert_eq!(told.out["gates"][0]["because"]["name"], "old");
    assert_eq!(told.calls.len(), 3, "the run, the ledger, and by which settings the controllers work: {:?}", told.calls);
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
    assert_eq!(told.calls.len(), 2, "the request, and by which limits the controllers ask: {:?}", told.calls);
    assert!(told.err.contains("with default limits, as no controllers work here"), "{}", told.err);
}

/// The lease of controllers that publish these settings.
fn controllers(mut settings: Value) -> (&'static str, Value) {
    settings["holder"] = "me".into();
    let spec = json!({"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2025-12-06T10:29:59.000000Z"});
    let annotations = json!({"kubernaut.ai/settings": settings.to_string()});
    ("/leases/kubernaut-controllers", json!({"metadata": {"name": "kubernaut-controllers", "annotations": annotations}, "spec": spec}))
}

#[tokio::test]
async fn the_running_controllers_settings_count_and_where_they_are_unknown_that_is_said() {
    let rests =
        json!([{"workflowId": "oom", "run": {"namespace": "payment", "name": "old", "uid": "u"}, "completedAt": "2025-12-06T10:28:00Z"}]);
    let stored = || ledger(json!({"rebuiltAt": "2025-12-06T09:00:00Z", "lastSuccess": rests}));
    let quiet = ledger(json!({"rebuiltAt": "2025-12-06T09:00:00Z"}));
    let short = || controllers(json!({"gate": {"cooldown": "1m"}}));
    #[rustfmt::skip]
    let table = [
        ("theirs",                               vec![(LEDGER, stored()), short()],                "Allowed", false),
        ("the usual, as they say",               vec![(LEDGER, stored()), controllers(json!({}))], "Waiting", false),
        ("nobody tells",                         vec![(LEDGER, stored())],                         "Waiting", true),
        ("nobody tells, but nothing hangs on it", vec![(LEDGER, quiet)],                           "Allowed", false),
    ];
    for (case, objects, verdict, guessed) in table {
        let told = ask(&["--target", "payment/deploy/api", "--workflow", "oom"], objects).await;
        assert_eq!(told.out["verdict"], verdict, "{case}");
        assert_eq!(told.err.contains("with default settings"), guessed, "{case}: {}", told.err);
    }
}

#[tokio::test]
async fn what_is_over_or_waits_for_a_person_says_so() {
    let request = |status: Value| object("rr-x", json!({"targetResource": "payment/deployment/api"}), status);
    let ended = json!({"phase": "Failed", "outcome": "Rejected", "message": "alice rejected it"});
    let mut asking = object("rr-x-analysis-approval", json!({"timeout": "15m"}), json!({}));
    asking["metadata"]["creationTimestamp"] = json!("2025-12-06T10:20:00Z");
    #[rustfmt::skip]
    let table = [
        ("rejected",         request(ended),                              vec!["inspect"],           "Over",           "Failed"),
        ("asks a person",    request(json!({"phase": "AwaitingApproval"})), vec!["approve", "reject"], "AwaitsApproval", "AwaitingApproval"),
        ("is analysed",      request(json!({"phase": "Analyzing"})),        vec!["follow"],            "AwaitsAnalysis", "Analyzing"),
        ("its run is next",  request(json!({"phase": "Executing"})),        vec![],                    "Asks",           "Executing"),
    ];
    for (case, request, steps, prospect, phase) in table {
        let built = ledger(json!({"rebuiltAt": "2025-12-06T09:00:00Z"}));
        let mut objects = vec![("/remediationrequests/rr-x", request), (LEDGER, built)];
        if prospect == "AwaitsApproval" {
            objects.push(("/aiapprovalrequests/rr-x-analysis-approval", asking.clone()));
        }
        let told = ask(&["rr/rr-x"], objects).await;
        let out = &told.out;
        assert_eq!((&out["prospect"], &out["phase"], &out["verdict"]), (&prospect.into(), &phase.into(), &"Allowed".into()), "{case}");
        let found: Vec<&str> = out["unblock"].as_array().unwrap().iter().map(|step| step["do"].as_str().unwrap()).collect();
        assert_eq!(found, steps, "{case}");
        assert_eq!(out["waitsFor"]["deadline"].as_str(), (prospect == "AwaitsApproval").then_some("2025-12-06T10:35:00Z"), "{case}");
    }
}

#[tokio::test]
async fn a_target_that_is_not_there_or_belongs_to_another_is_said() {
    let built = || (LEDGER, ledger(json!({"rebuiltAt": "2025-12-06T09:00:00Z"})));
    let live = |owners: Value| json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "payment", "ownerReferences": owners}});
    #[rustfmt::skip]
    let table = [
        ("there",                                   "deploy/api",  vec![built(), ("/deployments/api", live(json!([])))], ""),
        ("not there",                               "deploy/api",  vec![built()],                                        "note: payment/deployment/api does not exist now"),
    ];
    for (case, target, objects, expected) in table {
        let told = ask(&["--target", target], objects).await;
        assert!(told.exit.is_ok() && told.err.contains(expected), "{case}: {}", told.err);
        assert_eq!(told.err.is_empty(), expected.is_empty(), "{case}: {}", told.err);
        assert_eq!(told.out["targetExists"], expected.is_empty(), "{case}: {}", told.out);
    }
    let unknown = ask(&["--target", "foo/api"], vec![]).await.exit.unwrap_err();
    assert!(unknown.exit == Exit::Usage && unknown.message.contains("deployment (deploy)"), "{}", unknown.message);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let told = ask(&["nothing"], vec![]).await;
    assert_eq!(told.exit.unwrap_err().reason, Reason::NotFound);
}
