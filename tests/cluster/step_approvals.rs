//! A plan one step of which a person must approve: approved, rejected, deleted and expired, with plain kubectl.

use crate::controllers::Controllers;
use crate::stage::{Scene, kubectl, program, succeeded};
use crate::support::{a_cluster_more, eventually, faults};
use kube::ResourceExt;
use kube::api::DeleteParams;
use kubernaut::api::{ApprovalStatus, Decision, RemediationPhase, WorkflowExecution, WorkflowStepApprovalRequest, names};
use tempfile::TempDir;
use tokio::sync::MutexGuard;

const HALF: &str = "AsksForTheSecondStep";
const ALONE: &str = "AsksForTheOnlyStep";
const SHORT: &str = "AsksForAMoment";

const PLAYBOOKS: &str = r#"
playbooks:
  - id: half
    alerts: [AsksForTheSecondStep]
    rootCause: The memory limit is too low.
    confidence: 95
    steps:
      - {action: collect_diagnostics}
      - {action: increase_resources, parameters: {resource: memory, increase: "100%"}, dependsOn: [1], requiresApproval: true}
  - id: alone
    alerts: [AsksForTheOnlyStep]
    rootCause: The memory limit is too low.
    confidence: 95
    steps: [{action: increase_resources, parameters: {resource: memory, increase: "100%"}, requiresApproval: true}]
  - id: short
    alerts: [AsksForAMoment]
    rootCause: The memory limit is too low.
    confidence: 95
    steps:
      - {action: increase_resources, parameters: {resource: memory, increase: "100%"}, requiresApproval: true, approvalTimeout: 8s}
"#;

/// A Deployment, and controllers that know these playbooks.
struct Act {
    _turn: MutexGuard<'static, ()>,
    _folder: TempDir,
    controllers: Controllers,
    scene: Scene,
}

impl Act {
    async fn begin() -> Self {
        let turn = a_cluster_more().await;
        let sandbox = faults().await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("playbooks.yaml");
        std::fs::write(&path, PLAYBOOKS).unwrap();
        let settings = format!("analyst: {{playbooks: {}}}\n", path.display());
        let scene = Scene::with(sandbox, &["web"]).await;
        let controllers = Controllers::start(&sandbox.kubeconfig_path(), &settings, &["--leader-elect=false"]).await;
        Self { _turn: turn, _folder: folder, controllers, scene }
    }

    /// Posts an alert; the name of the remediation whose run asks for this step.
    async fn asked_for(&self, alert: &str, step: i32) -> String {
        let name = self.scene.raise(self.controllers.gateway(), alert).await;
        eventually("a person is asked", async || self.recorded(&name).await == Some(ApprovalStatus::Pending)).await;
        let request = self.request(&name, step).await;
        assert_eq!((request.decision(), request.spec.step_number), (Decision::Undecided, step));
        assert_eq!(self.scene.memory("web").await, ("128Mi".to_owned(), 0), "nothing is written before the approval");
        name
    }

    async fn run(&self, name: &str) -> WorkflowExecution {
        self.scene.run(name).await.unwrap()
    }

    /// What the run has recorded of its only question.
    async fn recorded(&self, name: &str) -> Option<ApprovalStatus> {
        let status = self.scene.run(name).await?.status?;
        status.step_approvals.first().map(|asked| asked.approval_status)
    }

    async fn request(&self, name: &str, step: i32) -> WorkflowStepApprovalRequest {
        self.scene.api().get(&names::step_approval(&names::workflow(name), step)).await.unwrap()
    }

    /// Decides as alice, who is no admin, with plain kubectl.
    async fn decide(&self, name: &str, step: i32, status: &str) {
        let request = names::step_approval(&names::workflow(name), step);
        let patch = format!(r#"{{"status":{status}}}"#);
        let words = ["-n", &self.scene.namespace, "patch", "wsar", &request, "--type=merge", "--subresource=status", "-p", &patch];
        succeeded(&kubectl(faults().await, "alice", &words).await);
    }

    /// How remediation and run ended, the memory limit, and whether the target is still held or blocked.
    async fn end(&self, name: &str) -> (String, String, String, bool) {
        let end = self.scene.end(name, "web").await;
        (end.request, end.run.unwrap(), end.memory, end.held || end.blocks > 0)
    }
}

#[tokio::test]
async fn a_person_approves_a_step_with_plain_kubectl() {
    let act = Act::begin().await;
    let name = act.asked_for(HALF, 2).await;
    assert_eq!(act.scene.request(&name).await.phase(), RemediationPhase::Executing);
    let waits = act.run(&name).await.status.unwrap();
    assert!(waits.waiting_for_approval_since.is_some());
    assert!(waits.conditions.iter().any(|condition| condition.r#type == "WaitingForApproval"));
    let tree = succeeded(&program(faults().await, "alice", &["-n", &act.scene.namespace, "status", &format!("rr/{name}")]).await);
    assert!(tree.contains(&format!("a person's decision on wsar/{}", names::step_approval(&names::workflow(&name), 2))), "{tree}");
    act.decide(&name, 2, r#"{"decision":"Approved","decidedBy":"alice"}"#).await;
    let (request, run, memory, stuck) = act.end(&name).await;
    assert_eq!(
        (&*request, &*run, &*memory, stuck),
        ("Completed Some(Remediated) review=false blocked=false", "Completed Some(Succeeded)", "256Mi", false)
    );
    let decided = act.request(&name, 2).await.status.unwrap();
    assert_eq!((decided.decided_by.as_deref(), decided.decided_at.is_some()), (Some("alice"), true));
    let over = act.run(&name).await.status.unwrap();
    assert_eq!((over.step_approvals[0].approval_status, over.waiting_for_approval_since), (ApprovalStatus::Approved, None));
    assert!(over.conditions.iter().all(|condition| condition.r#type != "WaitingForApproval"));
}

#[tokio::test]
async fn a_rejected_step_is_left_out_and_the_rest_counts() {
    let act = Act::begin().await;
    let name = act.asked_for(HALF, 2).await;
    act.decide(&name, 2, r#"{"decision":"Rejected","decidedBy":"alice","reason":"not during the sale"}"#).await;
    let (request, run, memory, stuck) = act.end(&name).await;
    assert_eq!(
        (&*request, &*run, &*memory, stuck),
        ("Completed Some(PartialCompletion) review=false blocked=false", "Completed Some(PartialCompletion)", "128Mi", false)
    );
    let message = act.scene.request(&name).await.status.unwrap().message;
    assert_eq!(message, "step 2 was not approved: rejected by alice: not during the sale");
    let tree = succeeded(&program(faults().await, "alice", &["-n", &act.scene.namespace, "status", &format!("rr/{name}")]).await);
    assert!(tree.contains("was not approved") && tree.contains("Rejected"), "{tree}");
}

#[tokio::test]
async fn a_run_whose_only_step_is_rejected_has_done_nothing() {
    let act = Act::begin().await;
    let name = act.asked_for(ALONE, 1).await;
    act.decide(&name, 1, r#"{"decision":"Rejected","decidedBy":"alice"}"#).await;
    let (request, run, memory, stuck) = act.end(&name).await;
    assert_eq!(
        (&*request, &*run, &*memory, stuck),
        ("Failed Some(Rejected) review=false blocked=false", "Failed Some(NothingExecuted)", "128Mi", false)
    );
    let details = act.run(&name).await.status.unwrap().failure_details.unwrap();
    assert_eq!((details.was_execution_failure, details.failed_step), (false, Some(1)));
    assert_eq!(act.scene.ledger("web").await.consecutive_failures, 0, "it moves no counter");
}

#[tokio::test]
async fn a_request_for_a_step_that_is_deleted_undecided_was_never_approved() {
    let act = Act::begin().await;
    let name = act.asked_for(ALONE, 1).await;
    let request = names::step_approval(&names::workflow(&name), 1);
    act.scene.api::<WorkflowStepApprovalRequest>().delete(&request, &DeleteParams::default()).await.unwrap();
    let (request, run, memory, _) = act.end(&name).await;
    assert_eq!((&*request, &*run, &*memory), ("Failed Some(Rejected) review=false blocked=false", "Failed Some(NothingExecuted)", "128Mi"));
    assert_eq!(act.recorded(&name).await, Some(ApprovalStatus::Rejected));
    let again: Option<WorkflowStepApprovalRequest> =
        act.scene.api().get_opt(&names::step_approval(&names::workflow(&name), 1)).await.unwrap();
    assert!(again.is_none(), "it is not made again");
}

#[tokio::test]
async fn a_step_that_nobody_decides_expires_at_its_own_deadline() {
    let act = Act::begin().await;
    let name = act.asked_for(SHORT, 1).await;
    let (request, run, memory, _) = act.end(&name).await;
    assert_eq!((&*request, &*run, &*memory), ("Failed Some(Rejected) review=false blocked=false", "Failed Some(NothingExecuted)", "128Mi"));
    let asked = act.request(&name, 1).await;
    assert_eq!(asked.decision(), Decision::Expired);
    let waited = asked.status.clone().unwrap().decided_at.unwrap().duration_since(asked.creation_timestamp().unwrap().0);
    assert!((8..18).contains(&waited.as_secs()), "expired after {waited:?}");
    assert!(act.run(&name).await.status.unwrap().waited_for_approval_seconds >= 6, "the run was given the time back");
}
