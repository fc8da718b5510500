//! What people and Kubernetes itself may do still works, with nothing but plain requests.

use super::objects::Spec;
use super::world::{World, sandbox};
use crate::stage::{kubectl, program, succeeded};
use crate::support::{a_cluster_more, eventually};
use http::Method;
use serde_json::{Value, json};

async fn words(world: &World, who: &str, words: &[&str]) -> String {
    let all = [&["-n", &world.namespace], words].concat();
    succeeded(&kubectl(sandbox().await, who, &all).await)
}

/// `kubectl patch` of a status, as the seed has it.
async fn decide(world: &World, who: &str, resource: &str, name: &str, decision: &str) {
    let patch = json!({"status": {"decision": decision, "decidedBy": who}}).to_string();
    words(world, who, &["patch", resource, name, "--type=merge", "--subresource=status", "-p", &patch]).await;
}

async fn status(world: &World, below: &str) -> Value {
    world.get(below).await["status"].clone()
}

#[tokio::test]
async fn people_decide_and_clear_with_plain_kubectl() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    world.furnish().await;
    decide(&world, "alice", "aiapprovalrequests", "open", "Approved").await;
    assert_eq!(status(&world, "aiapprovalrequests/open").await, json!({"decision": "Approved", "decidedBy": "alice"}));
    decide(&world, "alice", "aiapprovalrequests", "alices", "Rejected").await;
    decide(&world, "carol", "workflowstepapprovalrequests", "step", "Approved").await;
    words(&world, "alice", &["annotate", "workflowexecution", "new", "kubernaut.ai/approved-by=alice"]).await;
    words(&world, "mallory", &["annotate", "workflowexecution", "skipped", "note=seen"]).await;
    // Whoever may be another decides as that other, and it shows.
    let patch = json!({"status": {"decision": "Rejected", "decidedBy": "alice"}}).to_string();
    let own = [
        "--as=alice",
        "--as-group=sre",
        "patch",
        "workflowstepapprovalrequests",
        "own-step",
        "--type=merge",
        "--subresource=status",
        "-p",
        &patch,
    ];
    words(&world, "ivan", &own).await;
    // The controllers fill in the time, once.
    world.patch("admin", "aiapprovalrequests/open/status", &json!({"status": {"decidedAt": "2026-01-01T00:00:00Z"}})).await.unwrap();
    let clearance = json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "BlockClearance", "metadata": {"name": "mine"}, "spec": world.clearance("alice", "web")});
    world.create("alice", &world.path("blockclearances"), &clearance).await.unwrap();
    let asked = json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest", "metadata": {"name": "mine"}, "spec": world.remediation("mallory"), "status": {"phase": "Completed"}});
    let made = world.create("mallory", &world.path("remediationrequests"), &asked).await.unwrap();
    assert_eq!(made.get("status"), None, "a status is not taken over from whoever creates");
    world.put("aiapprovalrequests", "withdrawn", Spec::Approval.of(&world), Value::Null).await;
    words(&world, "alice", &["delete", "aiapprovalrequest", "withdrawn"]).await;
    words(&world, "alice", &["delete", "workflowexecution", "cleared"]).await;
    words(&world, "mallory", &["delete", "remediationrequest", "ended"]).await;
    words(&world, "alice", &["delete", "workflowexecution", "failed"]).await;
    words(&world, "alice", &["delete", "remediationrequest", "blocked"]).await;
}

#[tokio::test]
async fn the_program_says_as_whom_it_acts_and_why_it_was_refused() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    world.furnish().await;
    let run = async |who: &str, words: &[&str]| {
        let ended = program(sandbox().await, who, &[&["-n", &world.namespace], words].concat()).await;
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let (code, said) = run("mallory", &["approve", "open", "--yes"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("mallory may not approve aiapprovalrequests/open in namespace"), "{said}");
    assert!(said.contains("verbs: [approve]") && !said.contains("ValidatingAdmissionPolicy"), "{said}");
    let (code, said) = run("bob", &["approve", "open", "--yes"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the missing rule, in a Role in namespace"), "{said}");
    let (code, said) = run("mallory", &["approve", "open", "--yes", "--as=alice", "--as-group=sre"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("impersonate"), "{said}");
    let (code, said) = run("ivan", &["approve", "open", "--yes", "--as=alice", "--as-group=sre"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("as alice (context ivan)"), "{said}");
    assert_eq!(status(&world, "aiapprovalrequests/open").await["decidedBy"], "alice");
    let refused = program(sandbox().await, "bob", &["run-controllers", "--as-self"]).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("bob may not operate remediationrequests.kubernaut.ai"), "{said}");
    let (code, said) = run("admin", &["check", "--strict", "--only=crds,rbac,policy", "--as=somebody", "--as-group=auditors"]).await;
    assert_eq!(code, Some(0), "an auditor may see all that is checked: {said}");
    let (code, _) = run("bob", &["check"]).await;
    assert_eq!(code, Some(0), "what bob may not see is not known to be wrong");
    let (code, _) = run("bob", &["check", "--strict"]).await;
    assert_eq!(code, Some(4));
}

#[tokio::test]
async fn a_forged_record_of_a_decision_comes_to_nothing() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    world.put("aiapprovalrequests", "open", Spec::Approval.of(&world), Value::Null).await;
    let mut request = world.get("aiapprovalrequests/open").await;
    let created = request["metadata"]["creationTimestamp"].clone();
    request["status"] = json!({"decision": "Approved", "decidedBy": "alice"});
    let forged = json!({"manager": "mallory", "operation": "Update", "apiVersion": "kubernaut.ai/v1alpha1", "time": "2020-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:status": {".": {}, "f:decision": {}, "f:decidedBy": {}}}, "subresource": "status"});
    request["metadata"]["managedFields"].as_array_mut().unwrap().push(forged);
    let path = world.path("aiapprovalrequests/open/status?fieldManager=mallory");
    let decided = world.send("alice", Method::PUT, &path, "application/json", &request).await.unwrap();
    let owns = |entry: &&Value| entry["fieldsV1"].pointer("/f:status/f:decision").is_some();
    let times: Vec<&str> =
        decided["metadata"]["managedFields"].as_array().unwrap().iter().filter(owns).map(|entry| entry["time"].as_str().unwrap()).collect();
    assert!(!times.is_empty() && times.iter().all(|time| *time >= created.as_str().unwrap()), "{times:?}, created {created}");
}

/// A remediation with an analysis, a decided request, a run and a step, each owned by the one above.
async fn family(world: &World, name: &str, run: Value) {
    world.put("remediationrequests", name, world.remediation("admin"), json!({"phase": "Completed"})).await;
    let mut above = format!("remediationrequests/{name}");
    for (resource, spec, status) in [
        ("aianalyses", Spec::Analysis, json!({"phase": "Completed"})),
        ("aiapprovalrequests", Spec::Approval, json!({"decision": "Approved", "decidedBy": "alice"})),
    ] {
        above = child(world, resource, name, spec.of(world), status, &above).await;
    }
    let above = child(world, "workflowexecutions", name, Spec::Run.of(world), run, &format!("remediationrequests/{name}")).await;
    child(world, "kubernetesexecutions", name, Spec::Step.of(world), json!({"phase": "Completed"}), &above).await;
}

async fn child(world: &World, resource: &str, name: &str, spec: Value, status: Value, owner: &str) -> String {
    let above = world.get(owner).await;
    let reference = json!([{
        "apiVersion": above["apiVersion"], "kind": above["kind"], "name": above["metadata"]["name"], "uid": above["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true,
    }]);
    world.put_with(resource, name, spec, status, json!({"ownerReferences": reference})).await;
    format!("{resource}/{name}")
}

const ALL: &[&str] = &["remediationrequests", "aianalyses", "aiapprovalrequests", "workflowexecutions", "kubernetesexecutions"];

fn failed(cleared: bool) -> Value {
    let details = json!({"wasExecutionFailure": true, "reason": "StepFailed", "message": "step 2 failed"});
    json!({"phase": "Failed", "outcome": "FailedDuring", "failureDetails": details, "blockCleared": cleared})
}

#[tokio::test]
async fn the_garbage_collector_takes_whole_remediations_but_leaves_uncleared_failures() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    for how in ["background", "foreground"] {
        family(&world, how, json!({"phase": "Completed"})).await;
        words(&world, "mallory", &["delete", "remediationrequest", how, &format!("--cascade={how}"), "--wait=false"]).await;
        for resource in ALL {
            world.gone(&format!("{resource}/{how}")).await;
        }
    }
    family(&world, "orphan", json!({"phase": "Completed"})).await;
    words(&world, "mallory", &["delete", "remediationrequest", "orphan", "--cascade=orphan"]).await;
    let let_go = async || world.get("workflowexecutions/orphan").await["metadata"]["ownerReferences"] == Value::Null;
    eventually("the run was let go", let_go).await;
    family(&world, "uncleared", failed(false)).await;
    words(&world, "mallory", &["delete", "remediationrequest", "uncleared", "--wait=false"]).await;
    world.gone("remediationrequests/uncleared").await;
    world.gone("aiapprovalrequests/uncleared").await;
    assert!(world.is_there("workflowexecutions/uncleared").await, "evidence stays until it is cleared");
    world.patch("admin", "workflowexecutions/uncleared/status", &json!({"status": {"blockCleared": true}})).await.unwrap();
    world.gone("workflowexecutions/uncleared").await;
}

#[tokio::test]
async fn a_namespace_with_blocked_runs_can_be_deleted() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    world.furnish().await;
    family(&world, "uncleared", failed(false)).await;
    // The controllers take it off when they see that the namespace ends.
    world.patch("admin", "workflowexecutions/running", &json!({"metadata": {"finalizers": null}})).await.unwrap();
    let path = format!("/api/v1/namespaces/{}", world.namespace);
    let refused = world.send("mallory", Method::DELETE, &path, "application/json", &json!({})).await.unwrap_err();
    assert_eq!(refused.code, 403, "only who may delete the namespace");
    world.send("admin", Method::DELETE, &path, "application/json", &json!({})).await.unwrap();
    let ended = async || world.send("admin", Method::GET, &path, "application/json", &Value::Null).await.is_err();
    eventually("the namespace is gone", ended).await;
}
