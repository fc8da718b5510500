use super::context::{Ctx, Error, Next};
use super::fake_api::FakeApi;
use super::step::reconcile;
use super::stores::Stores;
use crate::api::{KubernetesExecution, StepPhase};
use crate::settings::Settings;
use jiff::{SignedDuration, Timestamp};
use kube::runtime::reflector::store;
use serde_json::{Value, json};
use std::sync::Arc;

const RUN: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/payment/workflowexecutions/rr-workflow";
const REQUEST: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/payment/remediationrequests/rr";
const STEP: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/payment/kubernetesexecutions/rr-workflow-step-1";
const POD: &str = "/api/v1/namespaces/payment/pods/api-1";

/// A run at work whose only step is to delete a pod.
fn cluster() -> FakeApi {
    let object = json!({ "apiVersion": "v1", "kind": "Pod", "namespace": "payment", "name": "api-1", "uid": "pod" });
    let write = json!({ "object": object, "field": ".", "before": "present" });
    let reference = |name: &str, uid: &str| json!({ "namespace": "payment", "name": name, "uid": uid });
    let run = json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "WorkflowExecution", "metadata": { "namespace": "payment", "uid": "run" },
        "spec": {
            "remediationRequestRef": reference("rr", "rr"), "targetResource": "payment/deployment/api", "targetUid": "d",
            "workflowRef": { "workflowId": "w" }, "planHash": "h", "policyHash": "", "planSchema": 1,
            "executionStrategy": { "rollbackStrategy": "automatic" },
            "workflowDefinition": { "steps": [{ "stepNumber": 1, "action": "restart_pod", "writes": [write] }] },
        },
        "status": { "phase": "Executing", "stepStatuses": [{ "stepNumber": 1, "kubernetesExecutionRef": reference("rr-workflow-step-1", "step") }] },
    });
    let step = json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "KubernetesExecution",
        "metadata": { "namespace": "payment", "uid": "step", "creationTimestamp": Timestamp::now() },
        "spec": { "workflowExecutionRef": reference("rr-workflow", "run"), "stepNumber": 1, "action": "restart_pod", "timeout": "5m" },
    });
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "namespace": "payment", "uid": "pod" } });
    let request = json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest", "metadata": { "namespace": "payment", "uid": "rr" },
        "spec": {
            "signalName": "OOM", "signalFingerprint": "a".repeat(64), "severity": "critical", "environment": "production", "priority": "P0",
            "targetResource": "payment/deployment/api", "firingTime": Timestamp::now(), "receivedTime": Timestamp::now(), "requestedBy": "gateway",
        },
    });
    FakeApi::default().with(REQUEST, request).with(RUN, run).with(STEP, step).with(POD, pod)
}

/// Nothing seen yet, so that everything is read live.
pub fn stores() -> Arc<Stores> {
    Arc::new(Stores {
        requests: store().0,
        processings: store().0,
        analyses: store().0,
        approvals: store().0,
        workflows: store().0,
        steps: store().0,
        step_approvals: store().0,
        notifications: store().0,
        targets: store().0,
        clearances: store().0,
    })
}

async fn once(api: &FakeApi, ctx: &Ctx) -> Result<Next, Error> {
    let step: KubernetesExecution = serde_json::from_value(api.object(STEP).unwrap()).unwrap();
    reconcile(Arc::new(step), ctx.clone(), stores()).await
}

fn status(api: &FakeApi) -> Value {
    api.object(STEP).unwrap()["status"].clone()
}

fn phase(api: &FakeApi) -> Option<StepPhase> {
    serde_json::from_value(status(api)["phase"].clone()).ok()
}

#[tokio::test]
async fn a_delete_is_announced_sent_once_and_recorded() {
    let api = cluster();
    once(&api, &api.context(Settings::default())).await.unwrap();
    assert_eq!((phase(&api), api.object(POD)), (Some(StepPhase::Completed), None));
    assert_eq!((api.calls("DRYRUN DELETE"), api.calls("DELETE")), (1, 1));
    assert_eq!(status(&api)["changes"][0]["field"], ".");
}

#[tokio::test]
async fn a_pod_that_vanishes_before_its_delete_counts_as_deleted() {
    let api = cluster().failing(&format!("DELETE {POD}"), 404, 1);
    once(&api, &api.context(Settings::default())).await.unwrap();
    assert_eq!(phase(&api), Some(StepPhase::Completed));
}

#[tokio::test]
async fn a_refused_write_fails_the_step_with_nothing_begun() {
    let api = cluster().failing(&format!("DELETE {POD}"), 403, 1);
    once(&api, &api.context(Settings::default())).await.unwrap();
    assert_eq!((phase(&api), &status(&api)["intent"]), (Some(StepPhase::Failed), &Value::Null));
}

#[tokio::test]
async fn a_write_without_an_answer_is_fenced_off_before_anything_else_is_sent() {
    let api = cluster().failing(&format!("DELETE {POD}"), 500, 1);
    let ctx = api.context(Settings::default());
    once(&api, &ctx).await.unwrap_err();
    assert_eq!((phase(&api), status(&api)["intent"]["uid"].as_str()), (Some(StepPhase::Executing), Some("pod")), "it stays announced");
    once(&api, &ctx).await.unwrap();
    assert_eq!((api.calls("DELETE"), &status(&api)["intent"]), (1, &Value::Null), "it was not sent again");
    assert!(api.object(POD).unwrap()["metadata"]["annotations"]["kubernaut.ai/fence"].is_string());
    once(&api, &ctx).await.unwrap();
    assert_eq!((phase(&api), api.calls("DELETE")), (Some(StepPhase::Completed), 2));
}

#[tokio::test]
async fn an_interrupted_write_on_an_object_that_moved_on_counts_as_executed() {
    let api = cluster().failing(&format!("DELETE {POD}"), 500, 1);
    let ctx = api.context(Settings::default());
    once(&api, &ctx).await.unwrap_err();
    let touched = api.object(POD).unwrap();
    let api = api.with(POD, touched);
    once(&api, &ctx).await.unwrap();
    assert_eq!((phase(&api), api.calls("DELETE")), (Some(StepPhase::Failed), 1));
    assert!(status(&api)["intent"].is_object(), "so the run counts it as begun");
}

#[tokio::test]
async fn a_step_that_the_run_has_not_recorded_does_nothing() {
    let mut run = cluster().object(RUN).unwrap();
    run["status"]["stepStatuses"] = json!([]);
    let api = cluster().with(RUN, run);
    assert_eq!(once(&api, &api.context(Settings::default())).await.unwrap(), Next::Change);
    assert!(api.object(POD).is_some());
}

/// The same, but the step was made so long ago that its five minutes are over.
fn late(api: FakeApi) -> FakeApi {
    let mut step = api.object(STEP).unwrap();
    step["metadata"]["creationTimestamp"] = json!(Timestamp::now() - SignedDuration::from_mins(6));
    api.with(STEP, step)
}

fn with_status(api: FakeApi, status: Value) -> FakeApi {
    let mut step = api.object(STEP).unwrap();
    step["status"] = status;
    api.with(STEP, step)
}

/// An announcement of the delete, made by a process that is gone.
fn announced(api: &FakeApi) -> Value {
    let version = api.object(POD).unwrap()["metadata"]["resourceVersion"].clone();
    let object = json!({ "apiVersion": "v1", "kind": "Pod", "namespace": "payment", "name": "api-1", "uid": "pod" });
    let intent = json!({ "process": "gone", "object": object, "uid": "pod", "resourceVersion": version });
    json!({ "phase": "Executing", "intent": intent, "startTime": Timestamp::now() })
}

#[tokio::test]
async fn a_step_whose_time_is_up_before_it_began_fails_with_nothing_begun() {
    let api = late(cluster());
    once(&api, &api.context(Settings::default())).await.unwrap();
    assert_eq!((phase(&api), api.calls("DELETE")), (Some(StepPhase::Failed), 0));
    assert_eq!((&status(&api)["intent"], &status(&api)["changes"]), (&Value::Null, &Value::Null), "so the run counts it as not begun");
    assert!(status(&api)["message"].as_str().unwrap().contains("did not end within 5m"));
}

#[tokio::test]
async fn a_write_that_may_be_on_its_way_is_settled_before_the_time_counts() {
    let api = late(cluster());
    let api = with_status(api.clone(), announced(&api));
    let ctx = api.context(Settings::default());
    once(&api, &ctx).await.unwrap();
    assert_eq!((phase(&api), api.calls("PATCH /api/v1/namespaces/payment/pods/api-1")), (Some(StepPhase::Validating), 1), "it is fenced");
    once(&api, &ctx).await.unwrap();
    assert_eq!((phase(&api), api.calls("DELETE")), (Some(StepPhase::Failed), 0));
    assert_eq!(status(&api)["intent"], Value::Null, "it is certain that nothing was written");
}

#[tokio::test]
async fn a_write_that_was_answered_with_a_conflict_is_looked_at_before_the_step_is_given_up() {
    let touched = json!({ "phase": "Validating", "startTime": Timestamp::now() });
    let api = with_status(late(cluster()), touched.clone());
    once(&api, &api.context(Settings::default())).await.unwrap();
    assert_eq!((phase(&api), &status(&api)["intent"]), (Some(StepPhase::Failed), &Value::Null), "the pod is there, so nothing was done");
    let api = with_status(late(cluster()), touched).without(POD);
    once(&api, &api.context(Settings::default())).await.unwrap();
    assert_eq!((phase(&api), status(&api)["changes"][0]["field"].as_str()), (Some(StepPhase::Completed), Some(".")), "it had happened");
}

#[tokio::test]
async fn a_fence_that_is_refused_is_shown_and_tried_again_until_it_stands() {
    let api = cluster().failing(&format!("PATCH {POD}"), 403, 2);
    let api = with_status(api.clone(), announced(&api));
    let ctx = api.context(Settings::default());
    once(&api, &ctx).await.unwrap_err();
    let shown = status(&api)["conditions"][0].clone();
    assert_eq!(
        (shown["type"].as_str(), shown["reason"].as_str(), phase(&api)),
        (Some("FenceRefused"), Some("Forbidden"), Some(StepPhase::Executing))
    );
    for part in ["Pod api-1", "kubernaut.ai/fence", "refused with 403", "Let the controllers' account annotate"] {
        assert!(shown["message"].as_str().unwrap().contains(part), "{part}: {shown}");
    }
    let version = api.object(STEP).unwrap()["metadata"]["resourceVersion"].clone();
    once(&api, &ctx).await.unwrap_err();
    assert_eq!(
        api.object(STEP).unwrap()["metadata"]["resourceVersion"],
        version,
        "nothing new, so nothing is written, and the pauses grow"
    );
    once(&api, &ctx).await.unwrap();
    assert_eq!((phase(&api), &status(&api)["conditions"], api.calls("DELETE")), (Some(StepPhase::Validating), &Value::Null, 0));
    once(&api, &ctx).await.unwrap();
    assert_eq!((phase(&api), api.calls("DELETE")), (Some(StepPhase::Completed), 1));
}

#[tokio::test]
async fn a_step_of_a_remediation_that_is_gone_begins_nothing() {
    let api = cluster().without(REQUEST);
    once(&api, &api.context(Settings::default())).await.unwrap();
    assert_eq!(phase(&api), Some(StepPhase::Skipped));
    assert!(api.object(POD).is_some());
}
