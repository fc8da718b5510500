use super::context::{Ctx, Error, Next};
use super::fake_api::FakeApi;
use super::step_tests::stores;
use super::stores::Stores;
use super::workflow::reconcile;
use crate::api::{KubernetesExecution, WorkflowExecution};
use crate::settings::Settings;
use jiff::{SignedDuration, Timestamp};
use kube::runtime::reflector::store;
use kube::runtime::watcher::Event;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const OURS: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/payment";
const ASKED: &str = "workflowstepapprovalrequests/rr-workflow-step-2-approval";

fn at(path: &str) -> String {
    format!("{OURS}/{path}")
}

fn reference(name: &str, uid: &str) -> Value {
    json!({ "namespace": "payment", "name": name, "uid": uid })
}

fn step(number: i32, dependencies: &[i32], asks: bool) -> Value {
    let write = json!({ "object": { "apiVersion": "v1", "kind": "Pod", "namespace": "payment", "name": "p", "uid": "p" }, "field": ".", "before": "present" });
    json!({ "stepNumber": number, "action": "restart_pod", "dependencies": dependencies, "requiresApproval": asks, "writes": [write] })
}

fn ours(kind: &str, uid: &str, spec: Value, status: Value) -> Value {
    let metadata = json!({ "namespace": "payment", "uid": uid });
    json!({ "apiVersion": "kubernaut.ai/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec, "status": status })
}

fn execution(number: i32, status: Value) -> Value {
    let spec =
        json!({ "workflowExecutionRef": reference("rr-workflow", "run"), "stepNumber": number, "action": "restart_pod", "timeout": "5m" });
    ours("KubernetesExecution", &format!("step-{number}"), spec, status)
}

/// A run of these steps that holds its target; those of `done` have completed.
fn cluster(steps: &[Value], done: &[i32]) -> FakeApi {
    let spec = json!({
        "remediationRequestRef": reference("rr", "rr"), "targetResource": "payment/deployment/api", "targetUid": "d",
        "workflowRef": { "workflowId": "w" }, "planHash": "h".repeat(64), "policyHash": "", "planSchema": 1,
        "executionStrategy": { "rollbackStrategy": "automatic" }, "workflowDefinition": { "steps": steps },
    });
    let recorded: Vec<Value> = done
        .iter()
        .map(|number| json!({ "stepNumber": number, "kubernetesExecutionRef": reference(&format!("rr-workflow-step-{number}"), &format!("step-{number}")) }))
        .collect();
    let run =
        ours("WorkflowExecution", "run", spec, json!({ "phase": "Executing", "startTime": Timestamp::now(), "stepStatuses": recorded }));
    let remediation = json!({
        "signalName": "A", "signalFingerprint": "f", "severity": "critical", "environment": "e", "priority": "P0",
        "targetResource": "payment/deployment/api", "firingTime": Timestamp::now(), "receivedTime": Timestamp::now(), "requestedBy": "the-gateway",
    });
    let holder = json!({ "namespace": "payment", "name": "rr-workflow", "uid": "run", "remediationRequest": "rr", "workflowId": "w", "since": Timestamp::now() });
    let ledger = json!({ "rebuiltAt": Timestamp::now(), "holder": holder });
    let api = FakeApi::default()
        .with(&at("workflowexecutions/rr-workflow"), run)
        .with(&at("remediationrequests/rr"), ours("RemediationRequest", "rr", remediation, json!({ "phase": "Executing" })))
        .with(
            &at("remediationtargets/deployment.api"),
            ours("RemediationTarget", "rt", json!({ "targetResource": "payment/deployment/api" }), ledger),
        )
        .with("/api/v1/namespaces/payment", json!({ "apiVersion": "v1", "kind": "Namespace" }));
    done.iter().fold(api, |api, number| {
        api.with(&at(&format!("kubernetesexecutions/rr-workflow-step-{number}")), execution(*number, json!({ "phase": "Completed" })))
    })
}

/// The second step requires approval; the first has completed.
fn half_way() -> FakeApi {
    cluster(&[step(1, &[], false), step(2, &[1], true)], &[1])
}

/// The only step to begin with requires approval.
fn alone() -> FakeApi {
    cluster(&[step(2, &[], true)], &[])
}

async fn once_with(api: &FakeApi, ctx: &Ctx, stores: Arc<Stores>) -> Result<Next, Error> {
    let run: WorkflowExecution = serde_json::from_value(api.object(&at("workflowexecutions/rr-workflow")).unwrap()).unwrap();
    reconcile(Arc::new(run), ctx.clone(), stores).await
}

async fn once(api: &FakeApi) -> Next {
    once_with(api, &api.context(Settings::default()), stores()).await.unwrap()
}

fn status(api: &FakeApi) -> Value {
    api.object(&at("workflowexecutions/rr-workflow")).unwrap()["status"].clone()
}

fn ended(api: &FakeApi) -> String {
    let status = status(api);
    format!("{} {} {}", status["phase"], status["outcome"], status["failureDetails"]["wasExecutionFailure"]).replace('"', "")
}

fn decision(api: &FakeApi) -> Value {
    api.object(&at(ASKED)).unwrap()["status"]["decision"].clone()
}

/// What a person wrote, and when the API server stamped it.
fn decide(api: FakeApi, decision: &str, by: &str, stamped: Timestamp) -> FakeApi {
    let mut request = api.object(&at(ASKED)).unwrap();
    request["status"] = json!({ "decision": decision, "decidedBy": by });
    request["metadata"]["managedFields"] =
        json!([{ "manager": "kubectl-patch", "operation": "Update", "time": stamped, "fieldsV1": { "f:status": { "f:decision": {} } } }]);
    api.with(&at(ASKED), request)
}

/// Lets time pass since a request was made.
fn made_before(api: FakeApi, minutes: i64) -> FakeApi {
    let mut request = api.object(&at(ASKED)).unwrap();
    request["metadata"]["creationTimestamp"] = json!(Timestamp::now() - SignedDuration::from_mins(minutes));
    api.with(&at(ASKED), request)
}

/// A run that asks now, with a request that was made now.
async fn asking(api: FakeApi) -> FakeApi {
    once(&api).await;
    made_before(api, 0)
}

#[tokio::test]
async fn a_person_is_asked_when_the_turn_of_a_step_has_come() {
    let api = asking(half_way()).await;
    let (request, status) = (api.object(&at(ASKED)).unwrap(), status(&api));
    let spec = &request["spec"];
    #[rustfmt::skip]
    let table = [
        ("step",        &spec["stepNumber"],                               json!(2)),
        ("action",      &spec["action"],                                   json!("restart_pod")),
        ("hash",        &spec["planHash"],                                 json!("h".repeat(64))),
        ("requester",   &spec["requestedBy"],                              json!("the-gateway")),
        ("timeout",     &spec["timeout"],                                  json!("15m")),
        ("owner",       &request["metadata"]["ownerReferences"][0]["uid"], json!("run")),
        ("recorded",    &status["stepApprovals"][0]["approvalRequestRef"], reference("rr-workflow-step-2-approval", request["metadata"]["uid"].as_str().unwrap())),
        ("waits",       &status["stepApprovals"][0]["approvalStatus"],     json!("Pending")),
        ("observation", &status["conditions"][0]["type"],                  json!("WaitingForApproval")),
    ];
    for (what, found, expected) in table {
        assert_eq!(*found, expected, "{what}");
    }
    assert!(status["waitingForApprovalSince"].is_string());
    let to_do = status["conditions"][0]["message"].as_str().unwrap();
    assert!(to_do.contains("kubectl -n payment patch workflowstepapprovalrequest rr-workflow-step-2-approval"), "{to_do}");
    assert_eq!(once(&api).await, Next::After(Duration::from_secs(10)), "then it waits");
    assert_eq!((api.calls(&format!("POST {OURS}/workflowstep")), api.calls(&format!("POST {OURS}/kubernetes"))), (1, 0));
}

#[tokio::test]
async fn the_policy_of_a_step_sets_its_time() {
    let mut asks = step(2, &[], true);
    asks["approvalPolicy"] = json!({ "timeout": "5m" });
    let api = asking(cluster(&[asks], &[])).await;
    assert_eq!(api.object(&at(ASKED)).unwrap()["spec"]["timeout"], "5m");
}

#[tokio::test]
async fn an_approved_step_is_recorded_stamped_and_run() {
    let now = Timestamp::now();
    let api = decide(asking(half_way()).await, "Approved", "alice", now);
    once(&api).await;
    let status = status(&api);
    assert_eq!(
        (&status["stepApprovals"][0]["approvalStatus"], &status["stepApprovals"][0]["message"]),
        (&json!("Approved"), &json!("approved by alice"))
    );
    assert_eq!((&status["waitingForApprovalSince"], &status["conditions"]), (&Value::Null, &Value::Null), "nobody is waited for");
    assert_eq!(api.object(&at(ASKED)).unwrap()["status"]["decidedAt"], json!(now));
    once(&api).await;
    assert!(api.object(&at("kubernetesexecutions/rr-workflow-step-2")).is_some());
}

#[tokio::test]
async fn what_was_approved_stays_approved_when_the_request_is_deleted() {
    let api = decide(asking(half_way()).await, "Approved", "alice", Timestamp::now());
    once(&api).await;
    once(&api.clone().without(&at(ASKED))).await;
    assert!(api.object(&at("kubernetesexecutions/rr-workflow-step-2")).is_some());
}

#[tokio::test]
async fn a_step_that_is_not_approved_is_never_run() {
    let now = Timestamp::now();
    type Change = fn(FakeApi, Timestamp) -> FakeApi;
    let late: Change = |api, _| decide(made_before(api, 20), "Approved", "alice", Timestamp::now());
    #[rustfmt::skip]
    let table: Vec<(&str, Change, &str)> = vec![
        ("rejected",                          |api, now| decide(api, "Rejected", "alice", now),       "Rejected"),
        ("deleted undecided",                 |api, _| api.without(&at(ASKED)),                       "Rejected"),
        ("nobody decided in time",            |api, _| made_before(api, 20),                          "Expired"),
        ("approved too late",                 late,                                                   "Expired"),
        ("approved by who asked",             |api, now| decide(api, "Approved", "the-gateway", now), "Rejected"),
        ("approved without the server's stamp", |api, now| {
            let mut request = decide(api.clone(), "Approved", "alice", now).object(&at(ASKED)).unwrap();
            request["metadata"]["managedFields"] = json!([]);
            api.with(&at(ASKED), request)
        }, "Expired"),
    ];
    for (case, change, expected) in table {
        let api = change(asking(alone()).await, now);
        once(&api).await;
        assert_eq!(status(&api)["stepApprovals"][0]["approvalStatus"], expected, "{case}");
        once(&api).await;
        assert_eq!(ended(&api), "Failed NothingExecuted false", "{case}");
        let ledger = api.object(&at("remediationtargets/deployment.api")).unwrap()["status"].clone();
        assert_eq!(
            (&ledger["holder"], &ledger["blocks"], &ledger["consecutiveFailures"]),
            (&Value::Null, &Value::Null, &json!(0)),
            "{case}"
        );
        let api = change(asking(half_way()).await, now);
        once(&api).await;
        once(&api).await;
        assert_eq!(status(&api)["phase"], "Monitoring", "{case}: what was executed is watched");
        assert_eq!(api.calls(&format!("POST {OURS}/kubernetes")), 0, "{case}");
    }
}

#[tokio::test]
async fn a_request_that_nobody_decided_is_expired_by_the_controllers() {
    let api = made_before(asking(alone()).await, 16);
    once(&api).await;
    let written = api.object(&at(ASKED)).unwrap()["status"].clone();
    assert_eq!((&written["decision"], &written["decidedBy"]), (&json!("Expired"), &json!("the-gateway")), "the account of this test");
}

fn stopped(api: FakeApi) -> FakeApi {
    let mut run = api.object(&at("workflowexecutions/rr-workflow")).unwrap();
    run["spec"]["stop"] = json!("TimedOut");
    api.with(&at("workflowexecutions/rr-workflow"), run)
}

#[tokio::test]
async fn a_stop_withdraws_the_question() {
    let api = stopped(asking(alone()).await);
    once(&api).await;
    assert_eq!((decision(&api), ended(&api)), (json!("Superseded"), "Failed Cancelled false".to_owned()));
    assert_eq!(
        (&status(&api)["stepApprovals"][0]["approvalStatus"], &status(&api)["waitingForApprovalSince"]),
        (&json!("Superseded"), &Value::Null)
    );
    let api = stopped(asking(half_way()).await);
    once(&api).await;
    assert_eq!((decision(&api), ended(&api)), (json!("Superseded"), "Failed FailedDuring true".to_owned()));
}

#[tokio::test]
async fn a_question_that_was_made_and_not_recorded_is_adopted_or_withdrawn() {
    let forgotten = async || {
        let before = alone();
        let run = before.object(&at("workflowexecutions/rr-workflow")).unwrap();
        asking(before).await.with(&at("workflowexecutions/rr-workflow"), run)
    };
    let api = forgotten().await;
    once(&api).await;
    assert_eq!(status(&api)["stepApprovals"][0]["approvalStatus"], "Pending");
    assert_eq!(api.objects(&at("workflowstepapprovalrequests")).len(), 1);
    let api = stopped(forgotten().await);
    once(&api).await;
    assert_eq!((decision(&api), ended(&api)), (json!("Superseded"), "Failed Cancelled false".to_owned()));
}

#[tokio::test]
async fn an_error_while_reading_a_request_decides_nothing() {
    let api = asking(alone()).await.failing(&format!("GET {OURS}/workflowstep"), 403, 1);
    once_with(&api, &api.context(Settings::default()), stores()).await.unwrap_err();
    assert_eq!((&status(&api)["stepApprovals"][0]["approvalStatus"], &status(&api)["phase"]), (&json!("Pending"), &json!("Executing")));
}

#[tokio::test]
async fn a_workflow_that_asks_for_its_annotation_is_looked_at_every_half_minute_and_takes_nothing() {
    let api = alone();
    let mut run = api.object(&at("workflowexecutions/rr-workflow")).unwrap();
    run["status"] = json!({ "phase": "Validating" });
    run["spec"]["executionStrategy"]["approvalRequired"] = json!(true);
    let before = api.object(&at("remediationtargets/deployment.api"));
    for annotations in [json!({}), json!({ "kubernaut.ai/approved-by": "" })] {
        run["metadata"]["annotations"] = annotations;
        let api = api.clone().with(&at("workflowexecutions/rr-workflow"), run.clone());
        assert_eq!(once(&api).await, Next::After(Duration::from_secs(30)));
        assert_eq!((&status(&api)["phase"], api.object(&at("remediationtargets/deployment.api"))), (&json!("Validating"), before.clone()));
    }
    run["metadata"]["annotations"] = json!({ "kubernaut.ai/approved-by": "alice" });
    let api = api.with(&at("workflowexecutions/rr-workflow"), run);
    once(&api).await;
    assert_eq!(ended(&api), "Failed PlanMismatch false", "it goes on, and finds no analysis that the plan came from");
}

fn monitoring(api: FakeApi) -> FakeApi {
    let mut run = api.object(&at("workflowexecutions/rr-workflow")).unwrap();
    run["status"]["phase"] = json!("Monitoring");
    api.with(&at("workflowexecutions/rr-workflow"), run)
}

#[tokio::test]
async fn a_stop_while_monitoring_fails_the_run_and_blocks_the_target() {
    let api = monitoring(stopped(cluster(&[step(1, &[], false)], &[1])));
    once(&api).await;
    assert_eq!(ended(&api), "Failed FailedDuring true");
    assert_eq!(api.object(&at("remediationtargets/deployment.api")).unwrap()["status"]["blocks"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_stop_while_monitoring_undoes_what_can_be_undone() {
    let mut done = execution(1, json!({ "phase": "Completed", "undo": [step(1, &[], false)["writes"][0]] }));
    done["spec"]["action"] = json!("increase_resources");
    let api = monitoring(stopped(cluster(&[step(1, &[], false)], &[1]))).with(&at("kubernetesexecutions/rr-workflow-step-1"), done);
    once(&api).await;
    assert_eq!((&status(&api)["phase"], &status(&api)["failureDetails"]["reason"]), (&json!("RollingBack"), &json!("Stopped")));
    once(&api).await;
    assert!(api.object(&at("kubernetesexecutions/rr-workflow-undo-1")).is_some());
}

#[tokio::test]
async fn a_run_shows_what_its_steps_need_a_person_for() {
    let condition = json!({ "type": "FenceRefused", "status": "True", "reason": "Forbidden", "message": "let it", "lastTransitionTime": Timestamp::now() });
    let stuck = execution(1, json!({ "phase": "Executing", "conditions": [condition] }));
    let api = cluster(&[step(1, &[], false)], &[1]).with(&at("kubernetesexecutions/rr-workflow-step-1"), stuck);
    let shown = async |api: &FakeApi| {
        let found: KubernetesExecution =
            serde_json::from_value(api.object(&at("kubernetesexecutions/rr-workflow-step-1")).unwrap()).unwrap();
        let (reader, mut writer) = store();
        writer.apply_watcher_event(&Event::Apply(found));
        let stores = Stores { steps: reader, ..(*stores()).clone() };
        once_with(api, &api.context(Settings::default()), Arc::new(stores)).await.unwrap();
        status(api)["conditions"].clone()
    };
    assert_eq!(shown(&api).await[0]["message"], "step 1: let it");
    let goes_on = api.with(&at("kubernetesexecutions/rr-workflow-step-1"), execution(1, json!({ "phase": "Executing" })));
    assert_eq!(shown(&goes_on).await, Value::Null, "and no more once it goes on");
}

#[tokio::test]
async fn a_fence_for_a_step_that_is_gone_is_shown_when_it_is_refused() {
    let pod = "/api/v1/namespaces/payment/pods/p";
    let object = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "namespace": "payment", "uid": "p" } });
    let api = cluster(&[step(1, &[], false)], &[1]).without(&at("kubernetesexecutions/rr-workflow-step-1")).with(pod, object);
    let api = api.failing(&format!("PATCH {pod}"), 422, 1);
    once_with(&api, &api.context(Settings::default()), stores()).await.unwrap_err();
    assert_eq!((&status(&api)["conditions"][0]["type"], &status(&api)["phase"]), (&json!("FenceRefused"), &json!("Executing")));
    once(&api).await;
    assert_eq!(ended(&api), "Failed FailedDuring true");
}

#[tokio::test]
async fn a_failed_run_that_goes_with_its_remediation_leaves_its_block_even_when_the_ledger_was_lost() {
    let api =
        cluster(&[step(1, &[], false)], &[1]).without(&at("remediationtargets/deployment.api")).without(&at("remediationrequests/rr"));
    let mut run = api.object(&at("workflowexecutions/rr-workflow")).unwrap();
    run["metadata"]["deletionTimestamp"] = json!(Timestamp::now());
    run["metadata"]["finalizers"] = json!(["kubernaut.ai/ledger"]);
    run["status"] = json!({ "phase": "Failed", "outcome": "FailedDuring", "completionTime": Timestamp::now(),
        "failureDetails": { "wasExecutionFailure": true, "reason": "StepFailed", "message": "m", "naturalLanguageSummary": "" } });
    let api = api.with(&at("workflowexecutions/rr-workflow"), run);
    once_with(&api, &api.context(Settings::default()), stores()).await.unwrap();
    let ledger = api.object(&at("remediationtargets/deployment.api")).unwrap();
    assert_eq!(ledger["status"]["blocks"].as_array().map(Vec::len), Some(1), "{ledger}");
    let run = api.object(&at("workflowexecutions/rr-workflow"));
    assert!(run.is_none_or(|run| run["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty)), "and then it may go");
}
