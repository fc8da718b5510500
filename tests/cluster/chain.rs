//! The whole chain, from an alert to its end, with everything installed by the real command and run by the real process.

use crate::controllers::Controllers;
use crate::end::End;
use crate::history::History;
use crate::stage::{ASKS, SURE, Scene, UNSURE, install, kubectl, program, settings, succeeded};
use crate::support::{a_cluster_more, cluster, eventually, faults};
use http::StatusCode;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, PostParams};
use kubernaut::api::{
    AIAnalysis, AIApprovalRequest, AnalysisPhase, ApprovalStatus, Decision, KubernetesExecution, NotificationRequest, NotificationType,
    RemediationOutcome, RemediationPhase, RemediationProcessing, RemediationRequest, RemediationTarget, RunOutcome, SkipReason,
    WorkflowExecution, WorkflowPhase, names,
};
use kubernaut::sandbox::Component;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::sync::OnceCell;

const ACCOUNT: &str = "system:serviceaccount:kubernaut-system:kubernaut-controllers";

/// The gateway of the controllers that work on the shared cluster as long as this program runs.
async fn gateway() -> SocketAddr {
    static CONTROLLERS: OnceCell<Controllers> = OnceCell::const_new();
    let begun = async || {
        install(cluster().await).await;
        Controllers::start(&cluster().await.kubeconfig_path(), &settings(""), &[]).await
    };
    CONTROLLERS.get_or_init(begun).await.gateway()
}

/// A Deployment on the shared cluster, and the gateway.
async fn scene() -> (Scene, SocketAddr) {
    let gateway = gateway().await;
    (Scene::with(cluster().await, &["web"]).await, gateway)
}

/// Who owns an object, as `kind/name/uid/is its controller`.
fn owner<K: ResourceExt>(object: &K) -> String {
    let owners: Vec<String> = object
        .owner_references()
        .iter()
        .map(|owner| format!("{}/{}/{}/{}", owner.kind, owner.name, owner.uid, owner.controller.unwrap_or(false)))
        .collect();
    owners.join(",")
}

fn owned_by<K: ResourceExt>(kind: &str, owner: &K) -> String {
    format!("{kind}/{}/{}/true", owner.name_any(), owner.uid().unwrap())
}

/// Who wrote the spec of an object.
fn writer_of_spec<K: ResourceExt>(object: &K) -> String {
    let writes_spec = |entry: &&k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry| {
        entry.fields_v1.as_ref().is_some_and(|fields| fields.0.get("f:spec").is_some())
    };
    object.managed_fields().iter().filter(writes_spec).filter_map(|entry| entry.manager.clone()).collect::<Vec<_>>().join(",")
}

/// Users that created objects in a namespace, by resource and name, from the audit log.
fn creators(namespace: &str) -> BTreeMap<String, String> {
    let log = std::fs::read_to_string(futures::executor::block_on(cluster()).audit_log_path().unwrap()).unwrap();
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let created = events.filter(|event| event["verb"] == "create" && event["objectRef"]["namespace"] == *namespace);
    created
        .filter(|event| event["responseStatus"]["code"] == 201 && event["objectRef"]["apiGroup"] == "kubernaut.ai")
        .map(|event| (event["objectRef"]["resource"].as_str().unwrap().to_owned(), event["user"]["username"].as_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test]
async fn an_alert_is_remediated_and_every_object_has_its_creator_owner_and_name() {
    let (scene, gateway) = scene().await;
    let name = scene.raise(gateway, SURE).await;
    assert_eq!(scene.end(&name, "web").await, End::remediated());
    let request = scene.request(&name).await;
    let processing: RemediationProcessing = scene.api().get(&format!("{name}-processing")).await.unwrap();
    let analysis: AIAnalysis = scene.api().get(&format!("{name}-analysis")).await.unwrap();
    let run: WorkflowExecution = scene.api().get(&format!("{name}-workflow")).await.unwrap();
    let step: KubernetesExecution = scene.api().get(&format!("{name}-workflow-step-1")).await.unwrap();
    let ledger: RemediationTarget = scene.api().get("deployment.web").await.unwrap();
    let parts: Vec<&str> = name.split('-').collect();
    assert_eq!(
        (parts[0], parts[1], parts[2]),
        ("rr", &request.spec.signal_fingerprint[..12], &*request.spec.firing_time.as_second().to_string())
    );
    let controllers = "kubernaut-controllers".to_owned();
    #[rustfmt::skip]
    let table = [
        ("request",    owner(&request),    String::new(),                              writer_of_spec(&request),    "kubernaut-gateway".to_owned()),
        ("processing", owner(&processing), owned_by("RemediationRequest", &request),   writer_of_spec(&processing), controllers.clone()),
        ("analysis",   owner(&analysis),   owned_by("RemediationRequest", &request),   writer_of_spec(&analysis),   controllers.clone()),
        ("run",        owner(&run),        owned_by("RemediationRequest", &request),   writer_of_spec(&run),        controllers.clone()),
        ("step",       owner(&step),       owned_by("WorkflowExecution", &run),        writer_of_spec(&step),       controllers.clone()),
        ("ledger",     owner(&ledger),     String::new(),                              writer_of_spec(&ledger),     controllers),
    ];
    for (what, owner, expected_owner, writer, expected_writer) in table {
        assert_eq!((owner, writer), (expected_owner, expected_writer), "{what}");
    }
    let by_account = |resource: &str| (resource.to_owned(), ACCOUNT.to_owned());
    let made =
        ["remediationrequests", "remediationprocessings", "aianalyses", "workflowexecutions", "kubernetesexecutions", "remediationtargets"];
    assert_eq!(creators(&scene.namespace), made.map(by_account).into());
    assert_eq!(request.spec.requested_by, ACCOUNT);
    assert_eq!(analysis.status.unwrap().approval_status, Some(ApprovalStatus::AutoApproved));
}

#[tokio::test]
async fn a_person_approves_with_plain_kubectl() {
    let (scene, gateway) = scene().await;
    let name = scene.raise(gateway, ASKS).await;
    scene.reaches(&name, RemediationPhase::AwaitingApproval).await;
    assert_eq!(scene.memory("web").await, ("128Mi".to_owned(), 0), "nothing happens before the approval");
    let (analysis, approval) = (scene.analysis(&name).await, scene.approval(&name).await);
    assert_eq!(approval.name_any(), format!("{name}-analysis-approval"));
    assert_eq!((owner(&approval), writer_of_spec(&approval)), (owned_by("AIAnalysis", &analysis), "kubernaut-controllers".to_owned()));
    let notice: NotificationRequest = scene.api().get(&format!("{name}-notification-approval")).await.unwrap();
    assert_eq!(notice.spec.r#type, NotificationType::Approval);
    let patch = r#"{"status":{"decision":"Approved","decidedBy":"alice"}}"#;
    let object = approval.name_any();
    let words = ["-n", &scene.namespace, "patch", "aiapprovalrequest", &object, "--type=merge", "--subresource=status", "-p", patch];
    succeeded(&kubectl(cluster().await, "alice", &words).await);
    let end = scene.end(&name, "web").await;
    assert_eq!(
        (end.request.as_str(), end.memory.as_str(), end.rollouts),
        ("Completed Some(Remediated) review=false blocked=false", "256Mi", 1)
    );
    eventually("the time of the decision is filled in", async || scene.approval(&name).await.status.unwrap().decided_at.is_some()).await;
    assert_eq!(scene.approval(&name).await.status.unwrap().decided_by.as_deref(), Some("alice"));
    assert_eq!(scene.analysis(&name).await.status.unwrap().approval_status, Some(ApprovalStatus::Approved));
    assert_eq!(creators(&scene.namespace)["aiapprovalrequests"], ACCOUNT);
}

#[tokio::test]
async fn a_person_approves_with_the_program() {
    let (scene, gateway) = scene().await;
    let name = scene.raise(gateway, ASKS).await;
    scene.reaches(&name, RemediationPhase::AwaitingApproval).await;
    let words = ["-n", &scene.namespace, "approve", &name, "--yes", "--wait", "--timeout=50s"];
    succeeded(&program(cluster().await, "alice", &words).await);
    let end = scene.end(&name, "web").await;
    assert_eq!(
        (end.request.as_str(), end.memory.as_str(), end.rollouts),
        ("Completed Some(Remediated) review=false blocked=false", "256Mi", 1)
    );
    let status = scene.approval(&name).await.status.unwrap();
    assert_eq!((status.decision, status.decided_by.as_deref()), (Some(Decision::Approved), Some("alice")));
    assert_eq!(status.plan_hash, Some(scene.approval(&name).await.spec.plan_hash), "what was shown is what was approved");
}

/// Nothing ran, nothing was written, and somebody was told.
async fn refused_untouched_and_told(scene: &Scene, name: &str) -> RemediationRequest {
    let over = scene.over(name).await;
    assert_eq!((over.phase(), over.status.as_ref().unwrap().requires_manual_review), (RemediationPhase::Failed, true));
    assert!(scene.run(name).await.is_none());
    assert_eq!(scene.memory("web").await, ("128Mi".to_owned(), 0));
    let told = scene.notices(name).await;
    assert!(told.iter().any(|notice| notice.spec.r#type == NotificationType::Escalation), "{told:?}");
    over
}

#[tokio::test]
async fn a_rejected_plan_leaves_the_deployment_untouched_and_somebody_is_told() {
    let (scene, gateway) = scene().await;
    let name = scene.raise(gateway, ASKS).await;
    scene.reaches(&name, RemediationPhase::AwaitingApproval).await;
    let words = ["-n", &scene.namespace, "reject", &name, "--reason", "not during the sale", "--wait", "--timeout=50s"];
    succeeded(&program(cluster().await, "alice", &words).await);
    let over = refused_untouched_and_told(&scene, &name).await;
    assert_eq!(over.status.unwrap().outcome, Some(RemediationOutcome::Rejected));
    let analysis = scene.analysis(&name).await;
    assert_eq!((analysis.phase(), analysis.status.unwrap().approval_status), (AnalysisPhase::Rejected, Some(ApprovalStatus::Rejected)));
}

#[tokio::test]
async fn an_unsure_analysis_is_refused_and_somebody_is_told() {
    let (scene, gateway) = scene().await;
    let name = scene.raise(gateway, UNSURE).await;
    let over = refused_untouched_and_told(&scene, &name).await;
    assert!(over.status.unwrap().message.contains("confidence too low (<60%)"));
    assert_eq!(scene.analysis(&name).await.phase(), AnalysisPhase::Rejected);
}

#[tokio::test]
async fn a_deleted_undecided_request_was_never_approved() {
    let (scene, gateway) = scene().await;
    let name = scene.raise(gateway, ASKS).await;
    scene.reaches(&name, RemediationPhase::AwaitingApproval).await;
    let approval = scene.approval(&name).await.name_any();
    scene.api::<AIApprovalRequest>().delete(&approval, &DeleteParams::default()).await.unwrap();
    refused_untouched_and_told(&scene, &name).await;
    assert_eq!(scene.analysis(&name).await.phase(), AnalysisPhase::Failed);
}

#[tokio::test]
async fn the_requester_cannot_approve() {
    let (scene, gateway) = scene().await;
    let model = scene.raise(gateway, UNSURE).await;
    let mut request = RemediationRequest::new("by-alice", scene.request(&model).await.spec);
    (request.spec.signal_name, request.spec.requested_by) = (ASKS.to_owned(), "alice".to_owned());
    request.spec.signal_fingerprint = "a".repeat(64);
    let role = ["-n", &scene.namespace, "create", "role", "asks", "--verb=create", "--resource=remediationrequests.kubernaut.ai"];
    succeeded(&kubectl(cluster().await, "admin", &role).await);
    let binding = ["-n", &scene.namespace, "create", "rolebinding", "asks", "--role=asks", "--user=alice"];
    succeeded(&kubectl(cluster().await, "admin", &binding).await);
    let as_alice: Api<RemediationRequest> = Api::namespaced(cluster().await.client("alice").await.unwrap(), &scene.namespace);
    as_alice.create(&PostParams::default(), &request).await.unwrap();
    scene.reaches("by-alice", RemediationPhase::AwaitingApproval).await;
    assert_eq!(scene.approval("by-alice").await.spec.requested_by, "alice");
    let object = names::approval(&names::analysis("by-alice"));
    let patch = r#"{"status":{"decision":"Approved","decidedBy":"alice"}}"#;
    let words = ["-n", &scene.namespace, "patch", "aiapprovalrequest", &object, "--type=merge", "--subresource=status", "-p", patch];
    let decided = kubectl(cluster().await, "alice", &words).await;
    let said = String::from_utf8_lossy(&decided.stderr);
    assert!(said.contains("alice asked for this remediation and may not approve it"), "refused by the API server: {said}");
    assert_eq!(scene.request("by-alice").await.phase(), RemediationPhase::AwaitingApproval);
    assert_eq!(scene.memory("web").await, ("128Mi".to_owned(), 0));
    let words = ["-n", &scene.namespace, "approve", "by-alice", "--yes", "--as=carol", "--as-group=sre", "-o", "json"];
    let approved: Value = serde_json::from_str(&succeeded(&program(cluster().await, "admin", &words).await)).unwrap();
    assert_eq!(approved["status"]["decidedBy"], "carol", "impersonation shows as who was impersonated");
    assert_eq!(scene.over("by-alice").await.phase(), RemediationPhase::Completed);
}

#[tokio::test]
async fn an_alert_about_an_unknown_kind_is_refused_while_the_others_are_handled() {
    let (scene, gateway) = scene().await;
    let pods = scene.pods("web").await;
    let mut unknown = scene.alert(SURE, &pods[1]);
    unknown["labels"].as_object_mut().unwrap().remove("pod");
    unknown["labels"]["spaceship"] = json!("enterprise");
    let answer = scene.post(gateway, &[scene.alert(SURE, &pods[0]), unknown.clone(), scene.alert(UNSURE, &pods[0])]).await;
    let results: Vec<&str> = answer.results.iter().map(|result| result["result"].as_str().unwrap()).collect();
    assert_eq!((answer.status, results), (StatusCode::CREATED, vec!["created", "refused", "created"]), "{:?}", answer.results);
    assert_eq!(scene.over(&answer.names()[0]).await.phase(), RemediationPhase::Completed);
    assert_eq!(scene.over(&answer.names()[2]).await.phase(), RemediationPhase::Failed);
    assert_eq!(scene.post(gateway, &[unknown]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn two_alerting_pods_of_one_deployment_are_one_target_and_only_one_run_works_on_it() {
    let (scene, gateway) = scene().await;
    let history = History::of(&scene).await;
    let pods = scene.pods("web").await;
    let answer = scene.post(gateway, &[scene.alert(SURE, &pods[0]), scene.alert(SURE, &pods[1])]).await;
    let requests = answer.names();
    assert_ne!(requests[0], requests[1], "two alerts, two remediations");
    let mut fingerprints = Vec::new();
    for name in &requests {
        let spec = scene.request(name).await.spec;
        assert_eq!(spec.target_resource, format!("{}/deployment/web", scene.namespace));
        fingerprints.push(spec.signal_fingerprint);
    }
    assert_ne!(fingerprints[0], fingerprints[1]);
    let settled = async || {
        let mut phases = Vec::new();
        for name in &requests {
            phases.push(scene.run(name).await.map(|run| run.phase()));
        }
        phases.sort_by_key(|phase| format!("{phase:?}"));
        phases
    };
    eventually("one ran", async || settled().await.contains(&Some(WorkflowPhase::Completed))).await;
    eventually("the other was refused", async || {
        let phases = settled().await;
        phases.contains(&Some(WorkflowPhase::Skipped)) || phases.contains(&Some(WorkflowPhase::Failed))
    })
    .await;
    for name in &requests {
        let run = scene.run(name).await.unwrap();
        let status = run.status.clone().unwrap();
        match run.phase() {
            WorkflowPhase::Completed => assert_eq!(status.outcome, Some(RunOutcome::Succeeded)),
            WorkflowPhase::Skipped => {
                let reason = status.skip_details.unwrap().reason;
                assert!(matches!(reason, SkipReason::ResourceBusy | SkipReason::RecentlyRemediated), "{reason:?}");
            }
            phase => panic!("{name} is {phase:?}: {status:?}"),
        }
    }
    assert_eq!(scene.memory("web").await, ("256Mi".to_owned(), 1));
    assert_eq!(history.runs_one_at_a_time(&scene).await, 1);
}

#[tokio::test]
async fn an_approval_that_nobody_decides_expires_at_its_deadline() {
    let _turn = a_cluster_more().await;
    let sandbox = faults().await;
    let scene = Scene::with(sandbox, &["web"]).await;
    let controllers = Controllers::start(&sandbox.kubeconfig_path(), &settings("approval: {timeout: 3s}"), &["--leader-elect=false"]).await;
    let name = scene.raise(controllers.gateway(), ASKS).await;
    refused_untouched_and_told(&scene, &name).await;
    let approval = scene.approval(&name).await;
    let status = approval.status.clone().unwrap();
    assert_eq!((status.decision, status.decided_by.as_deref()), (Some(Decision::Expired), Some(ACCOUNT)));
    let waited = status.decided_at.unwrap().duration_since(approval.creation_timestamp().unwrap().0);
    assert!((3..6).contains(&waited.as_secs()), "expired after {waited:?}");
    let analysis = scene.analysis(&name).await;
    assert_eq!((analysis.phase(), analysis.status.unwrap().approval_status), (AnalysisPhase::Failed, Some(ApprovalStatus::Expired)));
    let told: Vec<String> = scene.notices(&name).await.iter().map(ResourceExt::name_any).collect();
    assert!(told.contains(&format!("{name}-notification-approval-expired")), "{told:?}");
}

#[tokio::test]
async fn alerts_are_sent_back_while_the_api_server_is_away_and_the_controllers_go_on_when_it_returns() {
    let _turn = a_cluster_more().await;
    let sandbox = faults().await;
    let scene = Scene::with(sandbox, &["web", "shop"]).await;
    let mut controllers = Controllers::start(&sandbox.kubeconfig_path(), &settings(""), &["--leader-elect=false"]).await;
    let asked = scene.raise(controllers.gateway(), ASKS).await;
    scene.reaches(&asked, RemediationPhase::AwaitingApproval).await;
    let alert = scene.alert(SURE, &scene.pods("shop").await[0]);
    sandbox.kill(Component::ApiServer).await.unwrap();
    let away = scene.post(controllers.gateway(), std::slice::from_ref(&alert)).await;
    assert_eq!((away.status, away.retry_after.is_some()), (StatusCode::SERVICE_UNAVAILABLE, true));
    sandbox.restart(Component::ApiServer).await.unwrap();
    assert!(controllers.runs());
    let words = ["-n", &scene.namespace, "approve", &asked, "--yes"];
    succeeded(&program(sandbox, "alice", &words).await);
    assert_eq!(scene.over(&asked).await.phase(), RemediationPhase::Completed, "a watch that broke off goes on");
    let mut taken = Vec::new();
    eventually("the alert that was sent back is taken", async || {
        let answer = scene.post(controllers.gateway(), std::slice::from_ref(&alert)).await;
        taken.extend(answer.names().into_iter().filter(|_| answer.status == StatusCode::CREATED));
        answer.status.is_success()
    })
    .await;
    assert_eq!(scene.over(&taken[0]).await.phase(), RemediationPhase::Completed);
    assert!(controllers.runs());
}
