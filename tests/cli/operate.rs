//! Installing, checking and running the controllers, as far as no cluster is needed.

use crate::prompts::code;
use crate::{run, said};
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const NOWHERE: [&str; 2] = ["-s", "http://127.0.0.1:1"];

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_asked() {
    let table: &[(&[&str], &str)] = &[
        (&["run-controllers", "-n", "payment"], "works on all namespaces"),
        (&["run-controllers", "--controllers", "*,-nobody"], "there is no controller \"nobody\""),
        (&["run-controllers", "--controllers", "-step"], "no controller is left"),
        (&["run-controllers", "--concurrency", "0"], "0 is not in 1..=1000"),
        (&["run-controllers", "--shadow", "--force-lease"], "cannot be used with"),
        (&["run-controllers", "--shadow", "--audit-log", "x", "--audit-key-file", "y"], "cannot be used with"),
        (&["install", "--diff", "--export"], "cannot be used with"),
        (&["install", "--only", "everything"], "invalid value 'everything'"),
        (&["uninstall", "--confirm", "cluster"], "--delete-data"),
        (&["uninstall", "-o", "json"], "use -o name"),
        (&["check", "--pre", "--only", "crds"], "cannot be used with"),
        (&["check", "--wait", "soon"], "soon"),
    ];
    for (words, expected) in table {
        let said = run(&[words, &NOWHERE[..]].concat());
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{words:?}: {}", said.err);
        assert!(said.err.contains(expected), "{words:?}: {}", said.err);
    }
}

#[test]
fn a_server_that_is_away_ends_each_verb_as_its_callers_expect() {
    let table: &[(&[&str], i32)] = &[
        (&["check"], 1),
        (&["check", "--wait", "1s"], 124),
        (&["install", "--dry-run=server"], 1),
        (&["install", "--dry-run=client"], 1),
        // 1 would mean that there are differences.
        (&["install", "--diff"], 2),
        (&["uninstall"], 1),
        (&["run-controllers"], 1),
    ];
    for (words, code) in table {
        let said = run(&[words, &NOWHERE[..]].concat());
        assert_eq!((said.code, said.out.as_str()), (*code, ""), "{words:?}: {}", said.err);
        assert!(said.err.contains("cannot reach the API server"), "{words:?}: {}", said.err);
    }
}

#[test]
fn an_export_takes_every_form_that_kubectl_applies() {
    let listed = run(&["install", "--export", "-o", "json"]);
    let list: Value = serde_json::from_str(&listed.out).expect("json");
    let items = list["items"].as_array().expect("items");
    let documents = run(&["install", "--export"]).out.matches("---\n").count();
    assert_eq!((list["kind"].as_str(), items.len()), (Some("List"), documents));
    assert_eq!(items[0]["kind"], "Namespace", "first of all what the others live in");
    let policies = run(&["install", "--export", "--only", "policy"]);
    assert!(policies.out.contains("ValidatingAdmissionPolicyBinding") && !policies.out.contains("kind: ClusterRole\n"));
}

#[test]
fn a_cluster_of_others_is_not_run_on_without_a_word() {
    let said = said(crate::plugin().args(["run-controllers", "-s", "https://198.51.100.7:6443", "--token", "x", "--no-input"]));
    assert_eq!(said.code, 7, "{}", said.err);
    assert!(said.err.contains("is not on this machine") && said.err.contains("--yes"), "{}", said.err);
}

/// Serves twelve remediations, of which one is listed, and nothing else; counts the deletions.
fn a_cluster_with_data() -> (String, Arc<AtomicUsize>) {
    let deleted = Arc::new(AtomicUsize::new(0));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let app = Router::new().fallback(answer).with_state(deleted.clone());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            listener.set_nonblocking(true).expect("not blocking");
            axum::serve(tokio::net::TcpListener::from_std(listener).expect("a listener"), app).await.expect("served");
        });
    });
    (address, deleted)
}

async fn answer(State(deleted): State<Arc<AtomicUsize>>, method: Method, uri: Uri) -> (StatusCode, Json<Value>) {
    let gone = deleted.load(Ordering::SeqCst) > 0;
    match (method, uri.path()) {
        (Method::GET, path) if path.ends_with("/remediationrequests") => {
            let one =
                json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"name": "x", "namespace": "payment"}});
            let items = if gone { json!([]) } else { json!([one]) };
            let metadata = if gone { json!({}) } else { json!({"remainingItemCount": 11, "continue": "more"}) };
            (
                StatusCode::OK,
                Json(json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": metadata, "items": items})),
            )
        }
        (Method::DELETE, path) if path.ends_with("/remediationrequests/x") => {
            deleted.fetch_add(1, Ordering::SeqCst);
            (StatusCode::OK, Json(json!({"kind": "Status", "apiVersion": "v1", "status": "Success"})))
        }
        _ => {
            let missing = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found"});
            (StatusCode::NOT_FOUND, Json(missing))
        }
    }
}

fn uninstalls(address: &str) -> rexpect::session::PtySession {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kubectl-kubernaut"));
    command.args(["uninstall", "--delete-data", "--ascii", "-s", address]);
    command.env_remove("KUBECONFIG").env_remove("HTTP_PROXY").env_remove("http_proxy").env("HOME", "/nonexistent").env("TERM", "xterm");
    let mut session = rexpect::session::spawn_command(command, Some(20_000)).expect("a terminal");
    session.exp_string("12 remediationrequests").expect("the count");
    session.exp_string(&format!("({address})")).expect("the cluster");
    session.exp_string("This deletes 12 objects for good. Type cluster to go on").expect("the question");
    session
}

#[test]
fn data_goes_only_when_the_word_is_typed() {
    let (address, deleted) = a_cluster_with_data();
    let mut session = uninstalls(&address);
    session.send_line("yes").expect("typed");
    session.exp_string("nothing was deleted").expect("the answer");
    assert_eq!((code(session), deleted.load(Ordering::SeqCst)), (7, 0));
    let mut session = uninstalls(&address);
    session.send_control('c').expect("typed");
    assert_eq!((code(session), deleted.load(Ordering::SeqCst)), (130, 0));
    let mut session = uninstalls(&address);
    session.send_line("cluster").expect("typed");
    session.exp_string("12 remediationrequests deleted").expect("the answer");
    assert_eq!((code(session), deleted.load(Ordering::SeqCst)), (0, 1));
}
