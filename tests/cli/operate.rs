//! Installing, checking and running the controllers, as far as no cluster is needed.

use crate::{run, said};
use serde_json::Value;

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
