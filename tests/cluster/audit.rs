//! The audit trail of real controllers: each thing that was committed is on record once, and nothing else; whatever is done to the log is found.

use crate::controllers::Controllers;
use crate::stage::{ASKS, FAILS, SURE, Scene, kubectl, program, settings, succeeded};
use crate::support::{a_cluster_more, eventually, faults};
use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};
use k8s_openapi::api::core::v1::Event;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, ListParams};
use kubernaut::api::{BlockClearance, BlockClearancePhase, RemediationPhase, names};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Output;
use tempfile::TempDir;
use tokio::sync::MutexGuard;

const DECISIONS: &str = "kubernaut-decisions";

/// Controllers that keep an audit log.
struct Act {
    _turn: MutexGuard<'static, ()>,
    folder: TempDir,
    controllers: Controllers,
    scene: Scene,
}

impl Act {
    async fn begin() -> Self {
        let turn = a_cluster_more().await;
        let scene = Scene::with(faults().await, &["web"]).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "a key of no less than thirty-two bytes\n").unwrap();
        let controllers = start(&folder).await;
        Self { _turn: turn, folder, controllers, scene }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The records about this scene's namespace, as `event kind who`.
    fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.file("log")).unwrap();
        let records = text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()["record"].take());
        records.filter(|record| record["object"]["namespace"] == json!(self.scene.namespace)).collect()
    }

    fn count(&self, kind: &str, event: &str) -> usize {
        self.log().iter().filter(|record| record["object"]["kind"] == kind && record["event"] == event).count()
    }

    async fn recorded(&self, kind: &str, event: &str) {
        eventually(&format!("{event} of {kind} is on record"), async || self.count(kind, event) > 0).await;
    }

    async fn verify(&self) -> Output {
        let (log, key) = (self.file("log"), self.file("key"));
        let words = ["audit", "verify", log.to_str().unwrap(), "--key-file", key.to_str().unwrap()];
        program(faults().await, "bob", &words).await
    }

    /// Writes a decision as a person, with plain kubectl.
    async fn decide(&self, person: &str, approval: &str, more: &[&str]) -> Output {
        let patch = format!(r#"{{"status":{{"decision":"Approved","decidedBy":"{person}","reason":"saw the graph"}}}}"#);
        let words = ["-n", &self.scene.namespace, "patch", "aar", approval, "--type=merge", "--subresource=status", "-p", &patch];
        kubectl(faults().await, person, &[&words, more].concat()).await
    }
}

async fn start(folder: &TempDir) -> Controllers {
    let (log, key) = (folder.path().join("log"), folder.path().join("key"));
    let flags = ["--leader-elect=false", "--audit-log", log.to_str().unwrap(), "--audit-key-file", key.to_str().unwrap()];
    Controllers::start(&faults().await.kubeconfig_path(), &settings("gate: {cooldown: 0s}"), &flags).await
}

/// Puts back what [`unbind`] took away.
async fn bind() {
    succeeded(&program(faults().await, "admin", &["install", "--only", "policy"]).await);
}

async fn unbind(client: kube::Client) {
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(client.clone());
    policies.delete(DECISIONS, &DeleteParams::default()).await.unwrap();
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(client);
    bindings.delete(DECISIONS, &DeleteParams::default()).await.unwrap();
}

/// Events of a reason in the scene's namespace.
async fn told(scene: &Scene, reason: &str) -> Vec<Event> {
    let listed = scene.api::<Event>().list(&ListParams::default().fields(&format!("reason={reason}"))).await.unwrap();
    listed
        .items
        .into_iter()
        .filter(|event| event.source.as_ref().and_then(|by| by.component.as_deref()) == Some("kubernaut-controllers"))
        .collect()
}

#[tokio::test]
async fn what_was_committed_is_on_record_once_and_nothing_else_is() {
    unbind(faults().await.client("admin").await.unwrap()).await;
    let mut act = Act::begin().await;
    let gateway = act.controllers.gateway();

    let request = act.scene.raise(gateway, ASKS).await;
    act.scene.reaches(&request, RemediationPhase::AwaitingApproval).await;
    let approval = names::approval(&names::analysis(&request));
    let tried = act.decide("alice", &approval, &["--dry-run=server"]).await;
    succeeded(&tried);
    assert!(!act.decide("bob", &approval, &[]).await.status.success(), "bob has no right to decide");
    succeeded(&act.decide("alice", &approval, &[]).await);
    act.scene.over(&request).await;
    act.recorded("WorkflowExecution", "Ended").await;
    let decided: Vec<Value> = act.log().into_iter().filter(|record| record["event"] == "Decided").collect();
    let [decided] = &decided[..] else { panic!("one decision: {decided:?}") };
    assert_eq!(
        (&decided["who"], &decided["verified"], &decided["why"]),
        (&json!("alice"), &json!(false), &json!("saw the graph")),
        "no policy is bound"
    );
    let hash = act.scene.approval(&request).await.spec.plan_hash;
    assert_eq!((&decided["planHash"], &decided["evidence"]), (&json!(hash), &json!("confidence 72, The memory limit may be too low.")));

    let failing = act.scene.raise(gateway, FAILS).await;
    act.scene.over(&failing).await;
    let run = act.scene.run(&failing).await.unwrap();
    let name = run.name_any();
    let words = ["clear-block", &name, "-n", &act.scene.namespace, "--reason", "looked at it by hand, all is well", "--confirm", "web"];
    succeeded(&program(faults().await, "alice", &words).await);
    let applied = act.scene.api::<BlockClearance>().list(&ListParams::default()).await.unwrap();
    assert_eq!(applied.items[0].status.as_ref().unwrap().phase, Some(BlockClearancePhase::Applied));
    act.recorded("BlockClearance", "Cleared").await;
    let expected = [
        ("AIApprovalRequest", "Decided", 1),
        ("AIAnalysis", "AutoApproved", 1),
        ("WorkflowExecution", "Started", 2),
        ("WorkflowExecution", "Ended", 2),
        ("BlockClearance", "Cleared", 1),
    ];
    let counted = |act: &Act| expected.map(|(kind, event, _)| (kind, event, act.count(kind, event)));
    assert_eq!(counted(&act), expected);
    assert_eq!(act.log().len(), 7, "and nothing else");

    let said = succeeded(&act.verify().await);
    assert!(said.contains("is whole"), "{said}");
    eventually("the clearance is told of", async || told(&act.scene, "Cleared").await.len() == 1).await;
    let told_decision = told(&act.scene, "Decided").await.remove(0);
    assert!(told_decision.message.unwrap().contains("by alice (unverified): saw the graph"));

    // Killed, while something is decided that they do not see: nothing is lost, nothing stands twice.
    let pending = act.scene.raise(gateway, ASKS).await;
    act.scene.reaches(&pending, RemediationPhase::AwaitingApproval).await;
    act.controllers.killer()();
    act.controllers.reap();
    bind().await;
    let before = std::time::Instant::now();
    eventually("the policy has had time to take hold", async || before.elapsed().as_secs() >= 3).await;
    succeeded(&act.decide("alice", &names::approval(&names::analysis(&pending)), &[]).await);
    act.controllers = start(&act.folder).await;
    act.scene.over(&pending).await;
    eventually("the third run's end is on record", async || act.count("WorkflowExecution", "Ended") == 3).await;
    assert_eq!((act.count("AIApprovalRequest", "Decided"), act.log().len()), (2, 10), "one decision, one start, one end more");
    let newest = act.log().into_iter().rfind(|record| record["event"] == "Decided").unwrap();
    assert_eq!((&newest["who"], &newest["verified"]), (&json!("alice"), &json!(true)), "the policy was bound before");
    let text = std::fs::read_to_string(act.file("log")).unwrap();
    assert!(
        text.contains("policy kubernaut-decisions is at generation 1") && text.contains("binding kubernaut-decisions is at generation 1")
    );
    unbind(act.scene.client.clone()).await;
    eventually("their removal is on record", async || {
        std::fs::read_to_string(act.file("log")).unwrap().matches("PolicyRemoved\"").count() >= 2
    })
    .await;
    assert_eq!(told(&act.scene, "Decided").await.len(), 2, "one Event a decision");
    succeeded(&act.verify().await);
    bind().await;

    let words = ["history", &format!("rr/{request}"), "-n", &act.scene.namespace];
    let screen = succeeded(&program(faults().await, "bob", &words).await);
    let line = screen.lines().find(|line| line.contains("Approved plan")).unwrap_or_else(|| panic!("{screen}"));
    assert!(line.contains("alice (unverified)") && line.contains("saw the graph") && line.contains("confidence 72"), "{screen}");
    let words = ["history", &format!("rr/{failing}"), "-n", &act.scene.namespace, "-o", "json"];
    let timeline: Value = serde_json::from_str(&succeeded(&program(faults().await, "admin", &words).await)).unwrap();
    let cleared = timeline["items"].as_array().unwrap().iter().find(|item| item["source"] == "clearance").unwrap();
    assert_eq!((&cleared["who"], &timeline["kind"]), (&json!("alice"), &json!("Timeline")));
    let exported = succeeded(&program(faults().await, "admin", &["audit", "export"]).await);
    let exported: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids = |records: &[Value]| {
        records.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    let here: Vec<Value> = exported.into_iter().filter(|record| record["object"]["namespace"] == json!(act.scene.namespace)).collect();
    assert_eq!(ids(&here), ids(&act.log()), "what follows from the objects is what is on record");

    // Somebody alters the log.
    act.controllers.killer()();
    act.controllers.reap();
    std::fs::write(act.file("log"), text.replacen("alice", "mallo", 1)).unwrap();
    let found = act.verify().await;
    assert_eq!(found.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&found.stdout).contains("Edited"));
    let (log, key) = (act.file("log"), act.file("key"));
    let words =
        ["run-controllers", "--leader-elect=false", "--audit-log", log.to_str().unwrap(), "--audit-key-file", key.to_str().unwrap()];
    let refused = program(faults().await, "admin", &words).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && said.contains("is not whole, line "), "{said}");
    assert!(!said.contains("thirty-two"), "the key is never shown");
}

#[tokio::test]
async fn a_log_that_cannot_be_written_loses_nothing() {
    let act = Act::begin().await;
    let in_the_way = act.file("log.head.new");
    std::fs::create_dir(&in_the_way).unwrap();
    let request = act.scene.raise(act.controllers.gateway(), SURE).await;
    act.scene.over(&request).await;
    eventually("it is said loudly", async || act.controllers.log().contains("THE AUDIT LOG CANNOT BE WRITTEN")).await;
    assert!(act.count("WorkflowExecution", "Ended") == 0, "the records wait");
    std::fs::remove_dir(&in_the_way).unwrap();
    act.recorded("WorkflowExecution", "Ended").await;
    let counts = [("AIAnalysis", "AutoApproved"), ("WorkflowExecution", "Started"), ("WorkflowExecution", "Ended")];
    assert_eq!(counts.map(|(kind, event)| act.count(kind, event)), [1, 1, 1]);
    succeeded(&act.verify().await);
}
