//! Words on the command line, as kubectl asks for them.

use super::server::{Server, answered, silent};
use super::{BINARY, alone};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

const TABLE: &str = r#"{"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
    "columnDefinitions": [{"name": "Name", "priority": 0}, {"name": "Target", "priority": 0}, {"name": "Extra", "priority": 1}, {"name": "Age", "priority": 0}],
    "rows": [{"cells": ["pay-1", "payment/deployment/api", "x", "4m"]}, {"cells": ["web-2", "web\u001b[31m\u202e/deployment/web", "x", "5m"]},
        {"cells": ["bad\u001b[2J\u202e-3", "t", "x", "6m"]}]}"#;

/// What kubectl's own completion says after `kubectl kubernaut`, with the bridge beside the plugin.
fn completed(words: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = folder.path().join("kubectl-kubernaut");
    symlink(BINARY, &plugin).expect("a link");
    let installed = Command::new(&plugin).args(["completion", "kubectl", "--install"]).arg(folder.path()).output().expect("it ran");
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").expect("PATH"));
    let mut asked = match Command::new("kubectl").arg("version").arg("--client").output() {
        Ok(_) => alone("kubectl"),
        // Without kubectl: what it would run.
        Err(_) => alone(&folder.path().join("kubectl_complete-kubernaut").to_string_lossy()),
    };
    if asked.get_program() == "kubectl" {
        asked.args(["__complete", "kubernaut"]);
    }
    let output = asked.args(words).env("PATH", path).env("HOME", folder.path()).output().expect("it ran");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn kubectl_completes_our_words() {
    assert_eq!(
        completed(&["clear"]),
        ["clear-block\tLet a workflow run again where it ran and failed, or where its retries are spent", ":4"]
    );
    assert!(completed(&["get", "approvals", "--sort"]).len() <= 2);
}

#[test]
fn names_come_from_the_cluster_and_are_harmless() {
    let table = serde_json::from_str(TABLE).expect("json");
    let server = Server::plain(move |_| Some(answered(200, &table)));
    let address = &server.address;
    let lines = completed(&["approve", "-s", address, "-n", "payment", ""]);
    assert_eq!(lines, ["pay-1\tpayment/deployment/api", "web-2\tweb/deployment/web", "bad-3\tt", ":4"]);
    let ours = "/apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests";
    let query = server.take().into_iter().find(|asked| asked.path == ours).expect("it was asked, whatever kubectl itself asks").query;
    assert!(query.contains("fieldSelector=status.decision%3D") && query.contains("includeObject=None"), "{query}");
    // What stands on the line already is not offered again.
    assert_eq!(completed(&["get", "aar", "pay-1", "-s", address, ""]), ["web-2\tweb/deployment/web", "bad-3\tt", ":4"]);
    assert_eq!(completed(&["status", "-s", address, "rr/pay"]), ["rr/pay-1\tpayment/deployment/api", ":4"]);
}

#[test]
fn nobody_waits_for_a_cluster_that_does_not_answer() {
    let (_listener, address) = silent();
    let began = Instant::now();
    assert_eq!(completed(&["approve", "-s", &address, ""]), [":4"]);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(completed(&["approve", "-s", "http://127.0.0.1:1", ""]), [":4"]);
}
