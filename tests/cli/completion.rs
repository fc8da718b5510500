//! Words on the command line, as kubectl asks for them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

const TABLE: &str = r#"{"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
    "columnDefinitions": [{"name": "Name", "priority": 0}, {"name": "Target", "priority": 0}, {"name": "Extra", "priority": 1}, {"name": "Age", "priority": 0}],
    "rows": [{"cells": ["pay-1", "payment/deployment/api", "x", "4m"]}, {"cells": ["web-2", "web\u001b[31m/deployment/web", "x", "5m"]}]}"#;

/// An API server that answers everything with `body`, or never; the paths it was asked for are sent on.
fn server(body: Option<&'static str>) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut read = [0; 4096];
            let length = stream.read(&mut read).expect("a request");
            let request = String::from_utf8_lossy(&read[..length]).into_owned();
            tell.send(request.split(' ').nth(1).unwrap_or_default().to_owned()).ok();
            if let Some(body) = body {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all((head + body).as_bytes()).expect("answered");
            }
            kept.push(stream);
        }
    });
    (address, asked)
}

/// What kubectl's own completion says after `kubectl kubernaut`, with the bridge beside the plugin.
fn completed(words: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = folder.path().join("kubectl-kubernaut");
    symlink(env!("CARGO_BIN_EXE_kubectl-kubernaut"), &plugin).expect("a link");
    let installed = Command::new(&plugin).args(["completion", "kubectl", "--install"]).arg(folder.path()).output().expect("it ran");
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").expect("PATH"));
    let mut asked = match Command::new("kubectl").arg("version").arg("--client").output() {
        Ok(_) => Command::new("kubectl"),
        // Without kubectl: what it would run.
        Err(_) => Command::new(folder.path().join("kubectl_complete-kubernaut")),
    };
    if asked.get_program() == "kubectl" {
        asked.args(["__complete", "kubernaut"]);
    }
    let asked = asked.args(words).env("PATH", path).env_remove("KUBECONFIG").env("HOME", folder.path());
    let output = asked.env_remove("http_proxy").env_remove("HTTP_PROXY").output().expect("it ran");
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
    let (address, asked) = server(Some(TABLE));
    let lines = completed(&["approve", "-s", &address, "-n", "payment", ""]);
    assert_eq!(lines, ["pay-1\tpayment/deployment/api", "web-2\tweb/deployment/web", ":4"]);
    let ours = "/apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests?";
    let path = asked.try_iter().find(|path| path.starts_with(ours)).expect("it was asked, whatever kubectl itself asks");
    assert!(path.contains("fieldSelector=status.decision%3D") && path.contains("includeObject=None"), "{path}");
    // What stands on the line already is not offered again.
    assert_eq!(completed(&["get", "aar", "pay-1", "-s", &address, ""]), ["web-2\tweb/deployment/web", ":4"]);
    assert_eq!(completed(&["status", "-s", &address, "rr/pay"]), ["rr/pay-1\tpayment/deployment/api", ":4"]);
}

#[test]
fn nobody_waits_for_a_cluster_that_does_not_answer() {
    let (address, _asked) = server(None);
    let began = Instant::now();
    assert_eq!(completed(&["approve", "-s", &address, ""]), [":4"]);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(completed(&["approve", "-s", "http://127.0.0.1:1", ""]), [":4"]);
}
