//! Every exit code, produced by the binary, with what it says; and errors in the form for programs.

use super::server::{Asked, Server, answered, status, user};
use super::{BINARY, Said, alone, run, schemas};
use axum::body::Body;
use axum::response::Response;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const PAYMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixtures/payment.yaml");

fn approval(name: &str, decision: Value) -> Value {
    let created = if name == "late" { "2020-01-01T00:00:00Z" } else { "2999-01-01T00:00:00Z" };
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "AIApprovalRequest",
        "metadata": {"name": name, "namespace": "payment", "resourceVersion": "7", "creationTimestamp": created},
        "spec": {
            "aiAnalysisRef": {"name": "rr-x-analysis", "namespace": "payment"},
            "investigation": {"rootCause": "a leak", "confidenceScore": 72.0, "recommendations": []},
            "plan": {"targetResource": "payment/deployment/api", "targetUid": "u", "workflowId": "oom", "policyHash": "", "planSchema": 1,
                "executionStrategy": {"rollbackStrategy": "automatic"}, "steps": []},
            "planHash": "h".repeat(64), "requestedBy": "gateway", "requestedAt": created, "timeout": "15m",
        },
        "status": decision,
    })
}

fn remediation() -> Value {
    json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest", "metadata": {"name": "busy", "namespace": "payment"}, "status": {"phase": "Executing"}})
}

const FORBIDDEN: &str = "aiapprovalrequests.kubernaut.ai \"secret\" is forbidden: User \"bob\" cannot get resource \"aiapprovalrequests\" in API group \"kubernaut.ai\" in the namespace \"payment\"";
const HOSTILE: &str = "no\u{1b}[31m \u{202e}drawkcab\u{9b}2A\u{7}";

fn answer(asked: &Asked) -> Option<Response> {
    let name = asked.path.trim_end_matches("/status").rsplit('/').next().unwrap_or_default();
    let decided = json!({"decision": "Approved", "decidedBy": "bob", "decidedAt": "2025-01-01T00:00:00Z"});
    Some(match (asked.method.as_str(), name) {
        ("POST", "selfsubjectreviews") => user("alice"),
        ("PATCH", "changed") => status(409, "Conflict", "the object has been modified", "changed"),
        ("PATCH", "policy") => status(
            403,
            "Forbidden",
            "aiapprovalrequests.kubernaut.ai \"policy\" is forbidden: ValidatingAdmissionPolicy 'decisions' with binding 'decisions' denied request: alice may not approve",
            "policy",
        ),
        (_, "x" | "changed" | "policy") => answered(200, &approval(name, json!({}))),
        (_, "late") => answered(200, &approval(name, json!({}))),
        (_, "done") => answered(200, &approval(name, decided)),
        (_, "no") => answered(200, &approval(name, json!({"decision": "Rejected", "decidedBy": "bob"}))),
        ("GET", "busy") => answered(200, &remediation()),
        (_, "secret") => status(403, "Forbidden", FORBIDDEN, "secret"),
        (_, "stranger") => status(401, "Unauthorized", "Unauthorized", "stranger"),
        (_, "hostile") => status(500, "InternalError", HOSTILE, "hostile"),
        (_, "crd") => Response::builder().status(404).body(Body::from("404 page not found\n")).expect("an answer"),
        (_, "slow") => dripping(asked),
        ("GET", "remediationrequests") if asked.query.contains("watch=true") => silent(),
        ("GET", "remediationrequests") => answered(200, &json!({"metadata": {"resourceVersion": "1"}, "items": [remediation()]})),
        ("GET", "aiapprovalrequests") if asked.query.contains("watch=true") => dripping(asked),
        ("GET", "aiapprovalrequests") => answered(200, &json!({"metadata": {"resourceVersion": "1"}, "items": []})),
        _ => return None,
    })
}

/// A watch on which nothing happens.
fn silent() -> Response {
    let never = futures::stream::pending::<Result<String, std::io::Error>>();
    Response::builder().status(200).header("Content-Type", "application/json").body(Body::from_stream(never)).expect("an answer")
}

/// The beginning of an answer at once, and its end after three seconds.
fn dripping(asked: &Asked) -> Response {
    let event = json!({"type": "ADDED", "object": approval("late-news", json!({}))});
    let [first, rest] =
        if asked.query.contains("watch") { [String::new(), format!("{event}\n")] } else { ["{".to_owned(), "}".to_owned()] };
    let later = futures::stream::once(async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok::<_, std::io::Error>(rest)
    });
    let parts = futures::StreamExt::chain(futures::stream::once(async { Ok(first) }), later);
    Response::new(Body::from_stream(parts))
}

fn ask(server: &Server, words: &str) -> Said {
    server.run(&words.split(' ').collect::<Vec<_>>())
}

#[test]
fn every_exit_code_has_its_occasion() {
    let server = Server::plain(answer);
    let offline = format!("--offline -f {PAYMENT} --at 2025-12-06T10:30:00Z");
    #[rustfmt::skip]
    let table: &[(&str, String, i32, &str)] = &[
        ("done",                          "approve x --yes".into(),                                     0,    ""),
        ("nothing was to do",             "approve done --yes".into(),                                  0,    ""),
        ("an empty list",                 "get approvals".into(),                                       0,    "No resources found"),
        ("no such object",                "get approvals nobody".into(),                                1,    "not found"),
        ("forbidden",                     "get approvals secret".into(),                                1,    "bob may not get aiapprovalrequests in namespace payment\nHint: the missing rule, in a Role in namespace payment: {"),
        ("not known",                     "get approvals stranger".into(),                              1,    "Unauthorized"),
        ("no such types",                 "get approvals crd".into(),                                   1,    "kubectl kubernaut install"),
        ("server trouble",                "get approvals hostile".into(),                               1,    "drawkcab"),
        ("a policy says no",              "approve policy --yes".into(),                                1,    "Error: cannot approve payment/policy: alice may not approve"),
        ("no end of the answer",          "get approvals slow --request-timeout 1".into(),              1,    "did not answer within 1s"),
        ("no sense",                      "get approvals --wibble".into(),                              2,    "Error: unexpected argument '--wibble' found"),
        ("a day",                         "get approvals --request-timeout 1d".into(),                  2,    "24h"),
        ("nothing was to do, and told",   "approve done --yes --error-unchanged".into(),                3,    "unchanged"),
        ("the answer is no",              format!("why wfe/workflow-payment-oom-003 --exit-code {offline}"), 4, ""),
        ("some, not all",                 "approve x nobody --yes".into(),                              5,    "1 approved"),
        ("changed meanwhile",             "approve changed --yes".into(),                               6,    "cannot approve payment/changed"),
        ("too late",                      "approve late --yes".into(),                                  6,    "it expired"),
        ("decided the other way",         "approve no --yes".into(),                                    6,    "rejected by bob"),
        ("nobody to confirm",             "approve x".into(),                                           7,    "--yes"),
        ("no end in time",                "status rr/busy --wait --timeout 1s".into(),                  124,  "is still Executing"),
    ];
    for (case, words, code, expected) in table {
        let said = if words.contains("--offline") { run(&words.split(' ').collect::<Vec<_>>()) } else { ask(&server, words) };
        assert_eq!(said.code, *code, "{case}: {}{}", said.out, said.err);
        assert!(said.err.contains(expected) || said.out.contains(expected), "{case}: {}{}", said.out, said.err);
        assert!(!said.err.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{case}: {:?}", said.err);
    }
}

/// Waits until it has asked the server something, so that it is surely at work.
fn at_work(words: &[&str]) -> (Server, Child) {
    let server = Server::plain(answer);
    let mut command = alone(BINARY);
    command.args(words).args(["-s", &server.address, "-n", "payment"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it ran");
    let started = Instant::now();
    while server.take().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(30), "it asked nothing");
        std::thread::yield_now();
    }
    (server, child)
}

#[test]
fn signals_end_it_with_their_code_whatever_it_does() {
    for words in [&["get", "approvals", "-w"][..], &["get", "approvals", "slow"], &["status", "rr/busy", "--wait"]] {
        for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
            let (_server, child) = at_work(words);
            let id = Pid::from_raw(i32::try_from(child.id()).expect("an id")).expect("an id");
            kill_process(id, signal).expect("told");
            let ended = child.wait_with_output().expect("it ended");
            assert_eq!(ended.status.code(), Some(code), "{words:?}: {}", String::from_utf8_lossy(&ended.stderr));
        }
    }
}

#[test]
fn a_request_timeout_does_not_end_a_watch() {
    let (_server, mut child) = at_work(&["get", "approvals", "-w", "--request-timeout", "1", "-o", "name"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    child.kill().expect("ended");
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("read");
    child.wait().expect("it ended");
    assert_eq!(line, "aiapprovalrequest.kubernaut.ai/late-news\n", "{said}");
}

#[test]
fn errors_for_programs_have_exactly_the_documented_shape() {
    let server = Server::plain(answer);
    #[rustfmt::skip]
    let table = [
        ("get approvals nobody -o json",               "NotFound",              1),
        ("get approvals secret -o yaml",               "Forbidden",             1),
        ("get approvals stranger -ojson",              "Unauthorized",          1),
        ("get approvals crd -o=json",                  "CRDMissing",            1),
        ("get approvals hostile --output json",        "Internal",              1),
        ("get approvals slow -o json --request-timeout 1", "Timeout",           1),
        ("approve changed --yes -o json",              "Conflict",              6),
        ("approve late --yes -o json",                 "Expired",               6),
        ("approve no --yes -o json",                   "AlreadyDecided",        6),
        ("approve x -o json",                          "ConfirmationRequired",  7),
        ("get approvals -o json --wibble",             "Usage",                 2),
        ("get approvals -o json -s http://127.0.0.1:1", "Unreachable",          1),
    ];
    for (words, reason, code) in table {
        let said = if words.contains(" -s ") { run(&words.split(' ').collect::<Vec<_>>()) } else { ask(&server, words) };
        let last = said.err.lines().last().unwrap_or_default();
        let form: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{words}: {error}: {}", said.err));
        assert_eq!((said.code, &form["reason"], &form["exitCode"]), (code, &reason.into(), &code.into()), "{words}: {last}");
        assert_eq!(schemas::checked(last), std::slice::from_ref(&form), "{words}");
        let asked = matches!(reason, "NotFound" | "Forbidden" | "Unauthorized" | "Conflict" | "Internal");
        assert_eq!(form["server"]["kind"] == "Status" || form["server"]["code"].is_number(), asked, "{words}: {last}");
        assert!(last.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{words}");
    }
}

#[test]
fn usage_errors_say_what_was_probably_meant() {
    let said = run(&["get", "approvals", "--namespac", "x"]);
    assert!(
        said.err.starts_with("Error: unexpected argument '--namespac' found\nHint: a similar argument exists: --namespace\n"),
        "{}",
        said.err
    );
    assert!(said.err.trim_end().ends_with("Hint: see  kubectl kubernaut get --help"), "{}", said.err);
    let form: Value = serde_json::from_str(run(&["aprove", "x", "-o", "json"]).err.trim()).expect("json");
    let hints = form["hints"].as_array().expect("hints");
    assert!(hints.iter().any(|hint| hint.as_str().is_some_and(|hint| hint.contains("approve"))), "{form}");
}

#[test]
fn a_cluster_of_another_version_is_told_from_one_without_our_types() {
    let group = |version: &str| json!({"name": "kubernaut.ai", "versions": [{"groupVersion": format!("kubernaut.ai/{version}"), "version": version}]});
    let groups = json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group("v1")]});
    let server = Server::plain(move |asked| match asked.path.as_str() {
        "/apis" => Some(answered(200, &groups)),
        path if path.ends_with("/selfsubjectreviews") => Some(user("alice")),
        _ => Some(Response::builder().status(404).body(Body::from("404 page not found\n")).expect("an answer")),
    });
    for words in
        ["get approvals", "approve x --yes", "status", "why wfe/x", "history", "clear-block x --reason because-of-this --confirm=x"]
    {
        let said = ask(&server, &format!("{words} -o json"));
        let last = said.err.lines().last().unwrap_or_default();
        let form: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{words}: {error}: {}", said.err));
        assert_eq!((said.code, &form["reason"]), (1, &"CRDMissing".into()), "{words}: {last}");
        let message = form["message"].as_str().unwrap_or_default();
        assert!(message.ends_with("the API server serves kubernaut.ai as v1, and this client speaks v1alpha1 only"), "{words}: {last}");
        assert!(form["hints"][0].as_str().is_some_and(|hint| hint.contains("take the plugin of its version")), "{words}: {last}");
    }
}

#[test]
fn what_is_missing_is_installed_where_it_is_missing() {
    let groups = json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": []});
    let server = Server::plain(move |asked| match asked.path.as_str() {
        "/apis" => Some(answered(200, &groups)),
        _ => Some(Response::builder().status(404).body(Body::from("404 page not found\n")).expect("an answer")),
    });
    let said = server.run(&["get", "approvals", "--as", "bob"]);
    let hint = format!("Hint: install them with  kubectl kubernaut install --as bob --server {}\n", server.address);
    assert!(said.code == 1 && said.err.ends_with(&hint), "{}", said.err);
}
