//! Installing, checking and running the controllers, as far as no cluster is needed.

use crate::pty::{code, spawn};
use crate::server::{Asked, Server, answered};
use crate::{BINARY, alone, run, said};
use axum::response::Response;
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
fn a_cluster_with_data() -> (Server, Arc<AtomicUsize>) {
    let deleted = Arc::<AtomicUsize>::default();
    let counted = deleted.clone();
    (Server::plain(move |asked| answer(&counted, asked)), deleted)
}

fn answer(deleted: &AtomicUsize, asked: &Asked) -> Option<Response> {
    let gone = deleted.load(Ordering::SeqCst) > 0;
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", path) if path.ends_with("/remediationrequests") => {
            let one =
                json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"name": "x", "namespace": "payment"}});
            let items = if gone { json!([]) } else { json!([one]) };
            let metadata = if gone { json!({}) } else { json!({"remainingItemCount": 11, "continue": "more"}) };
            Some(answered(
                200,
                &json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": metadata, "items": items}),
            ))
        }
        ("DELETE", path) if path.ends_with("/remediationrequests/x") => {
            deleted.fetch_add(1, Ordering::SeqCst);
            Some(answered(200, &json!({"kind": "Status", "apiVersion": "v1", "status": "Success"})))
        }
        _ => None,
    }
}

fn uninstalls(address: &str) -> rexpect::session::PtySession {
    let mut command = alone(BINARY);
    command.args(["uninstall", "--delete-data", "--ascii", "-s", address]).env("TERM", "xterm");
    let mut session = spawn(command);
    session.exp_string("12 remediationrequests").expect("the count");
    session.exp_string(&format!("({address})")).expect("the cluster");
    session.exp_string("This deletes 12 objects for good. Type cluster to go on").expect("the question");
    session
}

#[test]
fn data_goes_only_when_the_word_is_typed() {
    let (server, deleted) = a_cluster_with_data();
    let mut session = uninstalls(&server.address);
    session.send_line("yes").expect("typed");
    session.exp_string("nothing was deleted").expect("the answer");
    assert_eq!((code(&session), deleted.load(Ordering::SeqCst)), (7, 0));
    let mut session = uninstalls(&server.address);
    session.send_control('c').expect("typed");
    assert_eq!((code(&session), deleted.load(Ordering::SeqCst)), (130, 0));
    let mut session = uninstalls(&server.address);
    session.send_line("cluster").expect("typed");
    session.exp_string("12 remediationrequests deleted").expect("the answer");
    assert_eq!((code(&session), deleted.load(Ordering::SeqCst)), (0, 1));
}
