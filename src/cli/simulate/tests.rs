//! Simulations of a cluster: what is read, that nothing is written, and that `--apply` makes what was simulated.

use super::stand_in::StandIn;
use super::{Asked, SimulateArgs};
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::ledgers::files;
use crate::cli::scripted::{self, Answer, Script};
use crate::settings::Settings;
use clap::{CommandFactory, FromArgMatches, Parser};
use http::Method;
use serde_json::{Value, json};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    simulate: SimulateArgs,
}

const WORKLOADS: &str = include_str!("../../../tests/cli/fixtures/simulate.yaml");

/// A server that knows the workloads, and these objects of ours by the beginning of their paths.
fn server(ours: Vec<(&'static str, u16, Value)>) -> Script {
    let workloads =
        StandIn::of(&files::objects("workloads", WORKLOADS.as_bytes(), &mut |remark| panic!("{remark}")), "default", &mut |_| {});
    Script::of(move |asked| {
        let call = format!("{} {}", asked.method, asked.uri);
        let known = ours.iter().find(|(path, ..)| call.contains(path)).map(|(_, code, value)| (*code, value.clone()));
        let (code, answer) = match known {
            Some(known) => known,
            None if asked.method == Method::POST => (201, asked.body.clone()),
            None => workloads.respond(&asked.method, &asked.uri),
        };
        Answer::Json(code, answer)
    })
}

struct Told {
    exit: Result<Exit, Failure>,
    out: Value,
    err: String,
    calls: Vec<(String, Value)>,
}

async fn simulate(words: &[&str], ours: Vec<(&'static str, u16, Value)>) -> Told {
    let alert = ["simulate", "--alert", "OOMKilled", "--target", "payment/deployment/payment-api", "-o", "json"];
    let line = Line::from_arg_matches(&Line::command().get_matches_from([&alert, words].concat())).unwrap();
    let script = server(ours);
    let session = scripted::session("2025-12-06T10:30:00Z", 0);
    let now = "2025-12-06T10:30:00Z".parse().unwrap();
    let asked = Asked { args: &line.simulate, session: &session, now, settings: Settings::default() };
    let messages = asked.given(Some("payment")).unwrap().0;
    let ended = asked.of_cluster(&messages, &Connected::around(script.client(), "payment")).await;
    let (out, err) = session.voice.heard();
    let calls = script.calls().into_iter().map(|asked| (format!("{} {}", asked.method, asked.uri), asked.body)).collect();
    Told {
        exit: ended.map_err(|error| Failure::from_any(&error).unwrap()),
        out: serde_json::from_str(&out).unwrap_or_default(),
        err,
        calls,
    }
}

fn list(items: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items})
}

fn forbidden() -> Value {
    json!({"kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden", "message": "alice may not"})
}

const REQUESTS: &str = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/remediationrequests";
const LEDGER: &str = "/remediationtargets/deployment.payment-api";

fn block() -> Value {
    let run = json!({"namespace": "payment", "name": "before", "uid": "u", "remediationRequest": "rr-before"});
    let block = json!({"id": "b", "workflowId": "crashloop-increase-memory", "since": "2025-12-06T10:00:00Z", "message": "", "run": run});
    json!({"metadata": {"name": "deployment.payment-api", "namespace": "payment"}, "spec": {"targetResource": "payment/deployment/payment-api"},
        "status": {"rebuiltAt": "2025-12-06T09:00:00Z", "blocks": [block]}})
}

#[tokio::test]
async fn a_cluster_is_read_and_never_written_to() {
    let open = json!({"metadata": {"name": "rr-open", "namespace": "payment"}, "spec": {}, "status": {"phase": "Executing"}});
    #[rustfmt::skip]
    let table = [
        ("nothing stands in the way",  vec![],                                             "Approval"),
        ("a block in the ledger",      vec![(LEDGER, 200, block())],                       "Skipped"),
        ("an open request",            vec![(REQUESTS, 200, list(json!([open])))],         "Duplicate"),
        ("no routing tree",            vec![("/configmaps/", 403, forbidden())],           "Approval"),
        ("no environment",             vec![("GET /api/v1/namespaces/payment ", 404, json!({})), ("/api/v1/namespaces/payment?", 403, forbidden())], "Approval"),
    ];
    for (case, ours, expected) in table {
        let told = simulate(&[], ours).await;
        assert_eq!(told.exit, Ok(Exit::Done), "{case}");
        assert_eq!(told.out["result"], expected, "{case}: {:#}", told.out);
        let written: Vec<&String> = told.calls.iter().map(|(call, _)| call).filter(|call| !call.starts_with("GET ")).collect();
        assert!(written.is_empty() && !told.calls.is_empty(), "{case}: {written:?}");
        let by_print = told.calls.iter().filter(|(call, _)| call.starts_with(REQUESTS) && call.contains("spec.signalFingerprint"));
        assert_eq!(by_print.count(), 1, "{case}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_fails_the_simulation() {
    #[rustfmt::skip]
    let table = [
        ("the requests",  REQUESTS,                                                          Reason::Forbidden),
        ("the ledger",    LEDGER,                                                            Reason::Forbidden),
        ("the target",    "GET /apis/apps/v1/namespaces/payment/deployments/payment-api",    Reason::Internal),
        ("its pods",      "GET /api/v1/namespaces/payment/pods",                             Reason::Forbidden),
    ];
    for (case, path, reason) in table {
        let told = simulate(&[], vec![(path, 403, forbidden())]).await;
        let failure = told.exit.expect_err(case);
        assert_eq!((failure.reason, failure.exit), (reason, Exit::Failed), "{case}: {failure}");
        assert!(told.out.is_null(), "{case}: {}", told.out);
    }
}

#[tokio::test]
async fn applying_makes_what_was_simulated_in_the_name_of_whoever_asks() {
    let me = || json!({"metadata": {}, "status": {"userInfo": {"username": "alice"}}});
    let who = || ("selfsubjectreviews", 201, me());
    let told = simulate(&["--apply", "--yes"], vec![who()]).await;
    assert_eq!(told.exit, Ok(Exit::Done), "{}", told.err);
    let posted: Vec<&(String, Value)> =
        told.calls.iter().filter(|(call, _)| call.starts_with("POST ") && call.contains("remediationrequests")).collect();
    assert_eq!(posted.len(), 1);
    let (sent, simulated) = (&posted[0].1, &told.out["requests"][0]);
    assert_eq!((&sent["metadata"]["name"], &sent["spec"]["signalFingerprint"]), (&simulated["name"], &simulated["fingerprint"]));
    assert_eq!((&sent["spec"]["requestedBy"], &sent["spec"]["targetResource"]), (&json!("alice"), &simulated["target"]));
    assert_eq!(sent["spec"]["environment"], "production");
    let wrote = |told: &Told| told.calls.iter().any(|(call, _)| call.starts_with("POST ") && call.contains("remediationrequests"));
    let alone = simulate(&["--apply"], vec![who()]).await;
    assert!(!wrote(&alone) && alone.exit.expect_err("nobody is there").reason == Reason::ConfirmationRequired);
    let unexpected = simulate(&["--apply", "--yes", "--expect", "auto"], vec![who()]).await;
    assert!(!wrote(&unexpected) && unexpected.exit == Ok(Exit::No));
    let open = json!({"metadata": {"name": "rr-open", "namespace": "payment"}, "spec": {}});
    let duplicate = simulate(&["--apply", "--yes"], vec![who(), (REQUESTS, 200, list(json!([open])))]).await;
    assert!(!wrote(&duplicate) && duplicate.err.contains("nothing to create"), "{}", duplicate.err);
    let refused = simulate(&["--apply", "--yes"], vec![who(), ("POST /apis/kubernaut.ai", 403, forbidden())]).await;
    let refusal = refused.exit.expect_err("refused");
    assert!(refusal.reason == Reason::Forbidden && !refusal.hints.is_empty(), "{refusal:?}");
}

#[test]
fn what_stands_in_for_a_cluster_takes_no_write() {
    let stand_in = super::stand_in::StandIn::default();
    let path = "/api/v1/namespaces/payment/pods".parse().expect("an address");
    for (method, code) in [("GET", 200), ("POST", 405), ("PUT", 405), ("PATCH", 405), ("DELETE", 405)] {
        assert_eq!(stand_in.respond(&method.parse().expect("a method"), &path).0, code, "{method}");
    }
}
