//! What lifts a block and what does not, and what becomes of remediations that wait for another's run.

use crate::controllers::Controllers;
use crate::stage::{FAILS, SURE, Scene, kubectl, program, settings, succeeded};
use crate::support::{a_cluster_more, eventually, faults};
use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicyBinding;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use kubernaut::api::{
    BlockClearance, BlockClearancePhase, BlockClearanceSpec, NotificationRequest, RemediationPhase, RemediationRequest, RunOutcome,
    SkipReason, WorkflowExecution, WorkflowPhase, names,
};
use serde_json::json;
use std::net::SocketAddr;

const UNCOPIED: &[&str] = &["--leader-elect=false"];

/// A scene in which a run ran and failed; the request and its run.
pub async fn after_a_failure(gateway: SocketAddr) -> (Scene, String, WorkflowExecution) {
    let scene = Scene::with(faults().await, &["web"]).await;
    let request = scene.raise(gateway, FAILS).await;
    let over = scene.over(&request).await;
    assert!(over.status.unwrap().blocked);
    let run = scene.run(&request).await.unwrap();
    (scene, request, run)
}

/// What the gate says to the next alert: the outcome of its run, or why it was skipped.
async fn the_next_run(scene: &Scene, gateway: SocketAddr, starts_at: &str) -> String {
    let mut alert = scene.alert(FAILS, "a-pod-that-is-gone");
    alert["labels"]["deployment"] = json!("web");
    alert["startsAt"] = json!(starts_at);
    let next = scene.post(gateway, &[alert]).await.names().remove(0);
    scene.over(&next).await;
    let run = scene.run(&next).await.unwrap();
    let status = run.status.unwrap();
    status.skip_details.map_or_else(|| format!("{:?}", status.outcome.unwrap()), |skip| format!("{:?}", skip.reason))
}

async fn clear(scene: &Scene, name: &str, block: &str) -> BlockClearance {
    let spec = BlockClearanceSpec {
        target_resource: format!("{}/deployment/web", scene.namespace),
        block_id: block.to_owned(),
        cleared_by: "alice".to_owned(),
        reason: "looked at the deployment, it is as it was".to_owned(),
    };
    let clearance = serde_json::to_string(&BlockClearance::new(name, spec)).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), clearance).unwrap();
    let words = ["-n", &scene.namespace, "create", "-f", file.path().to_str().unwrap()];
    succeeded(&kubectl(faults().await, "alice", &words).await);
    let decided = async || scene.api::<BlockClearance>().get(name).await.unwrap().status.and_then(|status| status.phase).is_some();
    eventually("the clearance is decided", decided).await;
    scene.api().get(name).await.unwrap()
}

fn said(clearance: &BlockClearance) -> (BlockClearancePhase, String) {
    let status = clearance.status.clone().unwrap();
    (status.phase.unwrap(), status.message)
}

#[tokio::test]
async fn only_a_clearance_by_its_id_lifts_a_block() {
    let _turn = a_cluster_more().await;
    let controllers = Controllers::start(&faults().await.kubeconfig_path(), &settings(""), UNCOPIED).await;
    let gateway = controllers.gateway();
    let (scene, request, run) = after_a_failure(gateway).await;
    let id = names::block_id(&run.uid().unwrap());
    // Neither the annotation nor another id does.
    let annotation = json!({ "metadata": { "annotations": { "kubernaut.ai/clear-execution-block": "acknowledged-by-alice" } } });
    scene.api::<WorkflowExecution>().patch(&run.name_any(), &PatchParams::default(), &Patch::Merge(&annotation)).await.unwrap();
    let other = clear(&scene, "other-1", "0123456789ab").await;
    assert_eq!(said(&other).0, BlockClearancePhase::Refused);
    assert!(said(&other).1.contains(&id), "it says which block there is: {:?}", said(&other));
    assert_eq!(the_next_run(&scene, gateway, "2026-11-22T18:00:00Z").await, "PreviousExecutionFailed");
    let applied = clear(&scene, &format!("{id}-1"), &id).await;
    assert_eq!(said(&applied), (BlockClearancePhase::Applied, format!("{id} was lifted")));
    let ledger = scene.ledger("web").await;
    let record = ledger.clearances[0].clone();
    assert_eq!((record.uid, record.who.as_str(), record.how.as_str()), (applied.uid().unwrap(), "alice", "BlockClearance"));
    assert!(ledger.blocks.is_empty());
    eventually("the failed run is marked", async || scene.run(&request).await.unwrap().status.unwrap().block_cleared).await;
    eventually("its request is no longer kept", async || !scene.request(&request).await.status.unwrap().blocked).await;
    let again = clear(&scene, &format!("{id}-2"), &id).await;
    assert_eq!(said(&again).0, BlockClearancePhase::Refused, "what was lifted once is not lifted twice");
    assert_eq!(the_next_run(&scene, gateway, "2026-11-22T19:00:00Z").await, "FailedDuring", "the next alert runs again");
    assert_eq!(scene.ledger("web").await.blocks.len(), 1, "and makes a block of its own");
}

/// Takes the policy's binding away: then anybody who has the verb could delete a failed run.
async fn stop_guarding() {
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(faults().await.client("admin").await.unwrap());
    bindings.delete(names::DELETION_POLICY, &DeleteParams::default()).await.unwrap();
}

/// Puts it back, gives bob the verb, and waits until the policy stands in his way.
async fn guard_deletions(scene: &Scene, run: &str) {
    succeeded(&program(faults().await, "admin", &["install", "--only", "policy"]).await);
    let role = ["-n", &scene.namespace, "create", "role", "deletes", "--verb=delete", "--resource=workflowexecutions.kubernaut.ai"];
    succeeded(&kubectl(faults().await, "admin", &role).await);
    let binding = ["-n", &scene.namespace, "create", "rolebinding", "deletes", "--role=deletes", "--user=bob"];
    succeeded(&kubectl(faults().await, "admin", &binding).await);
    let words = ["-n", &scene.namespace, "delete", "workflowexecution", run, "--dry-run=server"];
    eventually("bob is refused", async || {
        let refused = kubectl(faults().await, "bob", &words).await;
        String::from_utf8_lossy(&refused.stderr).contains("needs the verb clear on remediationtargets")
    })
    .await;
}

async fn delete_the_run(scene: &Scene, run: &WorkflowExecution, person: &str) {
    let words = ["-n", &scene.namespace, "delete", "workflowexecution", &run.name_any(), "--wait=false"];
    succeeded(&kubectl(faults().await, person, &words).await);
    let runs = scene.api::<WorkflowExecution>();
    eventually("the run is gone", async || runs.get_opt(&run.name_any()).await.unwrap().is_none()).await;
}

#[tokio::test]
async fn a_deleted_run_takes_its_block_along_only_where_a_policy_guards_deletions() {
    let _turn = a_cluster_more().await;
    stop_guarding().await;
    let controllers = Controllers::start(&faults().await.kubeconfig_path(), &settings(""), UNCOPIED).await;
    let warning = format!("not seen to be bound, so that others could decide and write: {}\n", names::DELETION_POLICY);
    assert!(controllers.log().contains(&warning), "{}", controllers.log());
    let (scene, request, run) = after_a_failure(controllers.gateway()).await;
    delete_the_run(&scene, &run, "alice").await;
    assert_eq!(scene.ledger("web").await.blocks.len(), 1, "anybody could have deleted it");
    assert!(scene.request(&request).await.status.unwrap().blocked);

    let (by_itself, request, run) = after_a_failure(controllers.gateway()).await;
    guard_deletions(&by_itself, &run.name_any()).await;
    let refused = kubectl(faults().await, "bob", &["-n", &by_itself.namespace, "delete", "workflowexecution", &run.name_any()]).await;
    assert!(!refused.status.success());
    assert_eq!(by_itself.ledger("web").await.blocks.len(), 1);
    delete_the_run(&by_itself, &run, "alice").await;
    let ledger = by_itself.ledger("web").await;
    assert!(ledger.blocks.is_empty());
    assert_eq!((ledger.clearances[0].uid.clone(), ledger.clearances[0].how.as_str()), (run.uid().unwrap(), "Deleted"));
    eventually("its request is no longer kept", async || !by_itself.request(&request).await.status.unwrap().blocked).await;
}

#[tokio::test]
async fn a_failed_run_outlives_its_request_until_its_block_is_lifted() {
    let _turn = a_cluster_more().await;
    let controllers = Controllers::start(&faults().await.kubeconfig_path(), &settings(""), UNCOPIED).await;
    let (scene, request, run) = after_a_failure(controllers.gateway()).await;
    let requests = scene.api::<RemediationRequest>();
    requests.delete(&request, &DeleteParams::default()).await.unwrap();
    eventually("the request is gone", async || requests.get_opt(&request).await.unwrap().is_none()).await;
    let runs = scene.api::<WorkflowExecution>();
    let steps = async || !scene.steps(&request).await.is_empty();
    assert!(runs.get_opt(&run.name_any()).await.unwrap().is_some() && steps().await, "the garbage collector may not take evidence");
    assert_eq!(scene.ledger("web").await.blocks.len(), 1);
    let id = names::block_id(&run.uid().unwrap());
    assert_eq!(said(&clear(&scene, &format!("{id}-1"), &id).await).0, BlockClearancePhase::Applied);
    eventually("the run follows its request", async || runs.get_opt(&run.name_any()).await.unwrap().is_none()).await;
}

#[tokio::test]
async fn who_waits_for_a_busy_target_is_woken_by_its_holder_and_told_of_in_bulk() {
    let _turn = a_cluster_more().await;
    let controllers = Controllers::start(&faults().await.kubeconfig_path(), &settings("gate: {cooldown: 0s}"), UNCOPIED).await;
    let scene = Scene::with(faults().await, &["web"]).await;
    let pods = scene.pods("web").await;
    let answer = scene.post(controllers.gateway(), &[scene.alert(SURE, &pods[0]), scene.alert(SURE, &pods[1])]).await;
    let mut over = Vec::new();
    for name in answer.names() {
        over.push(scene.over(&name).await);
    }
    over.sort_by_key(|request| format!("{:?}", request.phase()));
    let [parent, duplicate] = &over[..] else { panic!("two requests") };
    assert_eq!(
        (parent.phase(), duplicate.phase()),
        (RemediationPhase::Completed, RemediationPhase::Failed),
        "the second found the target changed"
    );
    let run = scene.run(&duplicate.name_any()).await.unwrap();
    let status = run.status.clone().unwrap();
    assert_eq!((run.phase(), status.outcome), (WorkflowPhase::Failed, Some(RunOutcome::TargetChanged)));
    let skip = status.skip_details.unwrap();
    assert_eq!((skip.reason, run.spec.attempt, status.observed_attempt), (SkipReason::ResourceBusy, 1, 1));
    let waited = status.completion_time.unwrap().duration_since(skip.skipped_at);
    assert!(waited.as_secs() < 28, "woken by the holder's end, not after half a minute: {waited:?}");
    let behind = duplicate.status.clone().unwrap().duplicate_of.unwrap();
    assert_eq!((behind.name, behind.uid), (parent.name_any(), parent.uid()));
    let notice = format!("{}-notification-duplicates", parent.name_any());
    eventually("people are told", async || scene.api::<NotificationRequest>().get_opt(&notice).await.unwrap().is_some()).await;
    let told: NotificationRequest = scene.api().get(&notice).await.unwrap();
    assert_eq!(told.spec.subject, format!("1 duplicate signals for {}/deployment/web", scene.namespace));
    let counted = async || {
        let status = scene.request(&parent.name_any()).await.status.unwrap();
        status.duplicate_count == 1 && status.duplicate_refs.iter().any(|reference| reference.uid == duplicate.uid())
    };
    eventually("the parent counts it", counted).await;
}
