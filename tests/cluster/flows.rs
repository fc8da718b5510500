//! What becomes of a remediation that the gate refuses: it waits for a busy target, gives up after failures, and stays out after a block.

use crate::act::{ALONE, Act};
use crate::call::Call;
use crate::controllers::Controllers;
use crate::end::End;
use crate::fault::Fault;
use crate::history::History;
use crate::stage::{FAILS, RESTARTS, SURE, Scene, settings};
use crate::support::{a_cluster_more, eventually, eventually_within, faults};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::{Resource, ResourceExt};
use kubernaut::api::{
    NotificationPriority, NotificationRequest, RemediationPhase, RemediationRequest, RemediationTarget, RunOutcome, SkipReason,
    WorkflowExecution, WorkflowPhase, names,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;

/// Posts the same alert, begun at another time, until it is a remediation of its own.
async fn raised_anew(scene: &Scene, gateway: SocketAddr, alert: &str, nth: usize) -> String {
    let mut alert = scene.alert_about("web", alert);
    alert["startsAt"] = json!(format!("2026-11-22T18:{nth:02}:00Z"));
    let answer = scene.post(gateway, &[alert]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.results);
    answer.names().remove(0)
}

/// The gate refused a remediation for good: nothing ran, and a person is asked for.
async fn refused_for_good(scene: &Scene, name: &str, reason: SkipReason, priority: NotificationPriority, subject: &str) {
    let over = scene.over(name).await;
    let status = over.status.clone().unwrap();
    assert_eq!((over.phase(), status.requires_manual_review, status.blocked), (RemediationPhase::Failed, true, false));
    assert_eq!(status.skip_reason.as_deref(), Some(reason.as_str()));
    assert_eq!(status.duplicate_of, None);
    let run = scene.run(name).await.unwrap();
    let skip = run.status.clone().unwrap().skip_details.unwrap();
    assert_eq!((run.phase(), skip.reason), (WorkflowPhase::Skipped, reason));
    assert_eq!(status.message, skip.message, "copied");
    assert_eq!(scene.steps(name).await.len(), 0);
    let told: NotificationRequest = scene.api().get(&format!("{name}-notification-manual-review")).await.unwrap();
    assert_eq!((told.spec.priority, told.spec.subject.as_str()), (priority, subject));
    assert_eq!(scene.notices(name).await.len(), 1, "told once");
}

#[tokio::test]
async fn a_run_that_failed_in_the_middle_is_undone_and_blocks_its_workflow_until_somebody_looks() {
    let _turn = a_cluster_more().await;
    let sandbox = faults().await;
    let scene = Scene::with(sandbox, &["web"]).await;
    let controllers = Controllers::start(&sandbox.kubeconfig_path(), &settings(""), ALONE).await;
    let name = raised_anew(&scene, controllers.gateway(), FAILS, 0).await;
    let expected = End {
        steps: vec![
            "-workflow-step-1 Completed changes=1".to_owned(),
            "-workflow-step-2 Failed changes=0".to_owned(),
            "-workflow-undo-1 Completed changes=1".to_owned(),
        ],
        ..End::blocked()
    };
    let end = scene.end(&name, "web").await;
    assert_eq!(End { rollouts: 0, ..end }, expected);
    let run = scene.run(&name).await.unwrap();
    let details = run.status.clone().unwrap().failure_details.unwrap();
    assert_eq!((details.was_execution_failure, details.failed_step), (true, Some(2)));
    assert_eq!(scene.ledger("web").await.blocks[0].id, names::block_id(&run.uid().unwrap()));
    let subject = "🔴 Workflow Blocked: Execution Failed";
    let next = raised_anew(&scene, controllers.gateway(), FAILS, 1).await;
    refused_for_good(&scene, &next, SkipReason::PreviousExecutionFailed, NotificationPriority::Critical, subject).await;
    claims_to_clear::<WorkflowExecution>(&scene, &run.name_any()).await;
    claims_to_clear::<RemediationTarget>(&scene, "deployment.web").await;
    claims_to_clear::<RemediationRequest>(&scene, &name).await;
    let after = raised_anew(&scene, controllers.gateway(), FAILS, 2).await;
    refused_for_good(&scene, &after, SkipReason::PreviousExecutionFailed, NotificationPriority::Critical, subject).await;
    assert_eq!(scene.ledger("web").await.blocks.len(), 1);
    assert_eq!(scene.memory("web").await.0, "128Mi");
}

/// Sets the annotation that lifts nothing.
async fn claims_to_clear<K>(scene: &Scene, name: &str)
where
    K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + Debug,
{
    let claim = Patch::Merge(json!({ "metadata": { "annotations": { "kubernaut.ai/clear-execution-block": "acknowledged-by-admin" } } }));
    scene.api::<K>().patch(name, &PatchParams::default(), &claim).await.unwrap();
}

#[tokio::test]
async fn a_run_that_meets_a_busy_target_is_refused_asks_again_and_runs_when_the_holder_is_done() {
    let act = Act::begin().await;
    let history = History::of(&act.scene).await;
    let mut write = act.proxy.disturb("the write of the first", 1, Call::changes_deployment, Fault::HoldAfter(Box::new(|| {})));
    let first = act.scene.raise(act.controllers.gateway(), SURE).await;
    write.happened().await;
    let second = act.scene.raise(act.controllers.gateway(), RESTARTS).await;
    let run = async || act.scene.run(&second).await;
    eventually("the second is refused", async || run().await.is_some_and(|run| run.phase() == WorkflowPhase::Skipped)).await;
    let skip = run().await.unwrap().status.unwrap().skip_details.unwrap();
    let busy = skip.conflicting_workflow.unwrap();
    assert_eq!((skip.reason, busy.name, busy.remediation_request), (SkipReason::ResourceBusy, names::workflow(&first), first.clone()));
    assert_eq!(act.scene.request(&second).await.phase(), RemediationPhase::Executing, "it waits");
    assert!(act.scene.steps(&second).await.is_empty());
    assert_eq!(write.release().await, StatusCode::OK);
    for name in [&first, &second] {
        assert_eq!(act.scene.over(name).await.phase(), RemediationPhase::Completed);
    }
    let run = run().await.unwrap();
    let status = run.status.unwrap();
    assert_eq!((run.spec.attempt, status.observed_attempt, status.outcome), (1, 1, Some(RunOutcome::Succeeded)));
    assert_eq!(status.skip_details.map(|skip| skip.reason), Some(SkipReason::ResourceBusy), "the last refusal is kept");
    assert_eq!(act.scene.request(&second).await.status.unwrap().duplicate_of.map(|of| of.name), Some(first));
    assert_eq!(history.runs_one_at_a_time(&act.scene).await, 2);
    assert_eq!(act.committed_deployment_writes(), 2);
}

/// Makes the API server refuse any change of what the Deployments of a namespace, of which this is one, run.
pub async fn refuse_changes(scene: &Scene, deployment: &str) {
    let name = format!("refuse-{}", scene.namespace);
    let policy = json!({
        "metadata": { "name": name },
        "spec": {
            "matchConstraints": {
                "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": scene.namespace } },
                "resourceRules": [{ "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments"] }],
            },
            "validations": [{ "expression": "object.spec.template == oldObject.spec.template", "message": "frozen for the sale" }],
        },
    });
    let binding = json!({ "metadata": { "name": name }, "spec": { "policyName": name, "validationActions": ["Deny"] } });
    create::<ValidatingAdmissionPolicy>(scene, policy).await;
    create::<ValidatingAdmissionPolicyBinding>(scene, binding).await;
    let change = Patch::Merge(json!({ "spec": { "template": { "metadata": { "annotations": { "any": "change" } } } } }));
    let only_try = PatchParams { dry_run: true, ..PatchParams::default() };
    eventually("the policy is in force", async || scene.api::<Deployment>().patch(deployment, &only_try, &change).await.is_err()).await;
}

async fn create<K: Resource<DynamicType = ()> + Clone + Serialize + DeserializeOwned + Debug>(scene: &Scene, object: serde_json::Value) {
    let object: K = serde_json::from_value(object).unwrap();
    Api::<K>::all(scene.client.clone()).create(&PostParams::default(), &object).await.unwrap();
}

#[tokio::test]
async fn failures_before_start_back_off_longer_each_time_until_the_retries_are_spent() {
    let _turn = a_cluster_more().await;
    let sandbox = faults().await;
    let scene = Scene::with(sandbox, &["web"]).await;
    refuse_changes(&scene, "web").await;
    // A second stands for a minute.
    let settings = settings("gate: {baseCooldown: 1s, maxCooldown: 10s}");
    let controllers = Controllers::start(&sandbox.kubeconfig_path(), &settings, ALONE).await;
    for (nth, backoff) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10)] {
        let name = raised_anew(&scene, controllers.gateway(), SURE, nth).await;
        fails_before_start(&scene, &name).await;
        let ledger = scene.ledger("web").await;
        let (failed_at, until) = (ledger.runs[0].completed_at.unwrap(), ledger.next_allowed_execution.unwrap());
        assert_eq!((ledger.consecutive_failures as usize, ledger.runs.len(), ledger.blocks.len()), (nth, nth, 0));
        assert_eq!(until.duration_since(failed_at), SignedDuration::from_secs(backoff), "after failure {nth}");
        assert_eq!(ledger.holder, None, "the target was given back");
        eventually("the backoff is over", async || Timestamp::now() >= until).await;
    }
    let spent = raised_anew(&scene, controllers.gateway(), SURE, 6).await;
    let subject = "⚠️ Workflow Retries Exhausted";
    refused_for_good(&scene, &spent, SkipReason::ExhaustedRetries, NotificationPriority::High, subject).await;
    let status = scene.run(&spent).await.unwrap().status.unwrap();
    assert_eq!(status.consecutive_failures, Some(5), "mirrored from the ledger");
    let message = status.skip_details.unwrap().message;
    assert!(message.contains("5 of 5") && message.contains("infrastructure issues persisting"), "{message}");
    assert_eq!(scene.ledger("web").await.runs.len(), 5, "a refusal is no run");
    assert_eq!(scene.memory("web").await, ("128Mi".to_owned(), 0));
}

async fn fails_before_start(scene: &Scene, name: &str) {
    let over = scene.over(name).await;
    let status = over.status.clone().unwrap();
    assert_eq!((over.phase(), status.requires_manual_review, status.skip_reason), (RemediationPhase::Failed, false, None));
    let run = scene.run(name).await.unwrap().status.unwrap();
    let details = run.failure_details.unwrap();
    assert_eq!((run.outcome, details.was_execution_failure), (Some(RunOutcome::FailedBeforeStart), false), "{details:?}");
    assert_eq!(details.reason, "DryRunFailed");
    assert!(details.message.contains("frozen for the sale"), "{}", details.message);
    assert_eq!(scene.steps(name).await.len(), 0, "nothing was begun");
    let told: Vec<String> = scene.notices(name).await.iter().map(ResourceExt::name_any).collect();
    assert_eq!(told, [format!("{name}-notification-failed")]);
}

#[tokio::test]
#[ignore = "waits for the fixed minute"]
async fn prove_that_a_remediation_within_the_cooldown_is_refused_and_runs_a_minute_later() {
    let _turn = a_cluster_more().await;
    let sandbox = faults().await;
    let scene = Scene::with(sandbox, &["web"]).await;
    let controllers = Controllers::start(&sandbox.kubeconfig_path(), &settings("gate: {cooldown: 10s}"), ALONE).await;
    let first = raised_anew(&scene, controllers.gateway(), RESTARTS, 1).await;
    assert_eq!(scene.end(&first, "web").await.runs, ["Succeeded"]);
    let second = raised_anew(&scene, controllers.gateway(), RESTARTS, 2).await;
    eventually("the second is refused", async || scene.run(&second).await.is_some_and(|run| run.phase() == WorkflowPhase::Skipped)).await;
    let skip = scene.run(&second).await.unwrap().status.unwrap().skip_details.unwrap();
    let recent = skip.recent_remediation.unwrap();
    assert_eq!((skip.reason, recent.name), (SkipReason::RecentlyRemediated, names::workflow(&first)));
    // The fixed minute, whatever the cooldown says, and then the run.
    let asks_again = async || scene.run(&second).await.unwrap().spec.attempt == 1;
    eventually_within(Duration::from_secs(120), "it asks again", asks_again).await;
    assert_eq!(scene.over(&second).await.phase(), RemediationPhase::Completed);
    let run = scene.run(&second).await.unwrap();
    let began = run.status.clone().unwrap().start_time.unwrap();
    assert!(began.duration_since(skip.skipped_at) >= SignedDuration::from_secs(60), "{began} after {}", skip.skipped_at);
    assert_eq!((run.spec.attempt, scene.ledger("web").await.runs.len()), (1, 2));
}
