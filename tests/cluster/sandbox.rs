//! The local control plane itself: it works, its people are real, and nothing of it is left.

use crate::support::{PROGRAM, a_cluster_more, cluster, eventually, namespace, namespace_in, start};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use kubernaut::sandbox::{Component, Options, Sandbox};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn deployment() -> Deployment {
    let labels = json!({"app": "web"});
    serde_json::from_value(json!({
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web"}]}},
        },
    }))
    .unwrap()
}

async fn deploys(sandbox: &Sandbox, namespace: &str) {
    let deployments = Api::<Deployment>::namespaced(sandbox.client("admin").await.unwrap(), namespace);
    deployments.create(&PostParams::default(), &deployment()).await.unwrap();
    let available = async || {
        let status = deployments.get("web").await.unwrap().status.unwrap_or_default();
        status.available_replicas == Some(2)
    };
    eventually("the deployment is available", available).await;
}

#[tokio::test]
async fn a_deployment_becomes_available_on_fake_nodes() {
    let namespace = namespace("deployment").await;
    deploys(cluster().await, &namespace).await;
}

#[tokio::test]
async fn the_nodes_of_a_sandbox_stay_ready_because_their_leases_are_renewed() {
    let leases = Api::<Lease>::namespaced(cluster().await.client("admin").await.unwrap(), "kube-node-lease");
    let renewed = async || {
        let listed = leases.list(&ListParams::default()).await.unwrap();
        listed
            .items
            .iter()
            .map(|lease| (lease.name_any(), lease.spec.as_ref().and_then(|spec| spec.renew_time.clone())))
            .collect::<Vec<_>>()
    };
    let before = renewed().await;
    assert_eq!(before.len(), 2);
    eventually("every lease is renewed", async || {
        let now = renewed().await;
        now.iter().zip(&before).all(|(now, before)| now.0 == before.0 && now.1.as_ref().map(|t| t.0) > before.1.as_ref().map(|t| t.0))
    })
    .await;
}

#[tokio::test]
async fn alice_and_bob_are_who_they_say() {
    for (user, group) in [("admin", "system:masters"), ("alice", "sre"), ("bob", "dev")] {
        let reviews = Api::<SelfSubjectReview>::all(cluster().await.client(user).await.unwrap());
        let answer = reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await.unwrap();
        let seen = answer.status.unwrap().user_info.unwrap();
        assert_eq!(seen.username.as_deref(), Some(user));
        assert_eq!(seen.groups.unwrap(), [group, "system:authenticated"]);
    }
}

#[tokio::test]
async fn bob_may_look_but_not_touch() {
    let namespace = namespace("rights").await;
    let pods = Api::<Pod>::namespaced(cluster().await.client("bob").await.unwrap(), &namespace);
    pods.list(&ListParams::default()).await.unwrap();
    let refusal = pods.delete("any", &DeleteParams::default()).await.unwrap_err();
    assert!(matches!(refusal, kube::Error::Api(status) if status.is_forbidden()));
}

#[tokio::test]
async fn no_component_is_ever_forbidden_anything() {
    let _turn = a_cluster_more().await;
    let sandbox = start(Options { name: Some("accounts".to_owned()), ..Options::default() }).await;
    assert_ne!(sandbox.server_url(), cluster().await.server_url(), "two run side by side");
    let namespace = namespace_in(&sandbox, "accounts").await;
    deploys(&sandbox, &namespace).await;
    deletes_everything(&sandbox, &namespace).await;
    for component in Component::ALL {
        let log = std::fs::read_to_string(sandbox.log_path(component)).unwrap();
        let refused: Vec<&str> = log.lines().filter(|line| line.to_lowercase().contains("forbidden")).collect();
        assert!(refused.is_empty(), "{}: {refused:#?}", component.name());
    }
    sandbox.stop().await;
}

/// Pods go by garbage collection, the namespace by its own controller.
async fn deletes_everything(sandbox: &Sandbox, namespace: &str) {
    let client = sandbox.client("admin").await.unwrap();
    let (pods, namespaces) = (Api::<Pod>::namespaced(client.clone(), namespace), Api::<Namespace>::all(client.clone()));
    Api::<Deployment>::namespaced(client, namespace).delete("web", &DeleteParams::background()).await.unwrap();
    eventually("the pods are collected", async || pods.list(&ListParams::default()).await.unwrap().items.is_empty()).await;
    namespaces.delete(namespace, &DeleteParams::default()).await.unwrap();
    eventually("the namespace is gone", async || namespaces.get_opt(namespace).await.unwrap().is_none()).await;
}

#[tokio::test]
async fn a_sandbox_survives_the_loss_of_its_parts_and_stops_without_a_trace() {
    let _turn = a_cluster_more().await;
    let options = Options { emulated_version: Some("1.33".to_owned()), audit_log: true, nodes: 1, ..Options::default() };
    let sandbox = start(options).await;
    assert_eq!(emulated_minor(&sandbox).await, "33");
    let namespace = namespace_in(&sandbox, "kept").await;
    sandbox.restart(Component::Etcd).await.unwrap();
    sandbox.kill(Component::ApiServer).await.unwrap();
    assert!(!sandbox.pids().contains_key("kube-apiserver"));
    sandbox.restart(Component::ApiServer).await.unwrap();
    deploys(&sandbox, &namespace).await;
    let audit = std::fs::read_to_string(sandbox.audit_log_path().unwrap()).unwrap();
    assert!(audit.contains(&namespace) && audit.contains(r#""username":"admin""#));
    dies_loudly(&sandbox).await;
    let (folder, pids) = (sandbox.folder().to_owned(), sandbox.pids());
    sandbox.stop().await;
    assert!(!folder.exists() && !pids.values().any(|pid| runs(*pid)));
}

async fn emulated_minor(sandbox: &Sandbox) -> String {
    let request = http::Request::get("/version").body(Vec::new()).unwrap();
    let version: serde_json::Value = sandbox.client("admin").await.unwrap().request(request).await.unwrap();
    version["emulationMinor"].as_str().unwrap().to_owned()
}

async fn dies_loudly(sandbox: &Sandbox) {
    kill_process(pid(sandbox.pids()["kwok"]), Signal::KILL).unwrap();
    let death = sandbox.death().await.to_string();
    assert!(death.contains("kwok") && death.contains("Watch all nodes"), "{death}");
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number.try_into().unwrap()).unwrap()
}

fn runs(number: u32) -> bool {
    test_kill_process(pid(number)).is_ok()
}

/// Starts the command and reads the folder of its cluster off its output.
fn start_command(command: &mut Command) -> (Child, PathBuf) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let kubeconfig = line.trim().strip_prefix("export KUBECONFIG=").unwrap_or_else(|| panic!("{line:?}"));
    (child, Path::new(kubeconfig).parent().unwrap().to_owned())
}

/// The processes that have a file of the cluster on their command line: its five components and their keeper.
fn processes_of(folder: &Path) -> usize {
    let listed = Command::new("ps").args(["-A", "-ww", "-o", "args="]).output().unwrap();
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    text.lines().filter(|line| line.contains(folder.to_str().unwrap())).count()
}

async fn nothing_is_left_after_killing(mut child: Child, folder: &Path) {
    assert_eq!(processes_of(folder), 6);
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("its processes and its folder are gone", async || processes_of(folder) == 0 && !folder.exists()).await;
}

#[tokio::test]
async fn nothing_is_left_when_the_command_is_killed() {
    let _turn = a_cluster_more().await;
    let (child, folder) = start_command(Command::new(PROGRAM).arg("sandbox"));
    nothing_is_left_after_killing(child, &folder).await;
}

#[tokio::test]
async fn nothing_is_left_when_the_caller_of_the_command_is_killed() {
    let _turn = a_cluster_more().await;
    let script = format!("'{PROGRAM}' sandbox & wait");
    let (child, folder) = start_command(Command::new("sh").args(["-c", &script]));
    nothing_is_left_after_killing(child, &folder).await;
}

#[test]
fn without_go_one_message_says_what_to_do() {
    let cache = tempfile::tempdir().unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("sandbox").env("PATH", cache.path()).env("KUBERNAUT_CACHE", cache.path()).env_remove("KUBEBUILDER_ASSETS");
    let output = command.output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("install Go 1.") && message.contains("KUBERNAUT_CACHE"), "{message}");
}
