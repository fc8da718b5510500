//! Attempts on what controllers make and write, on ledgers, clearances and requests for remediation.

use super::attempt::Does::{Apply, Create, Delete, Json, Merge, Put};
use super::attempt::Refused::{By, Rbac, Rule, WithoutEffect};
use super::attempt::{Attempt, Refused, attempt};
use super::world::{ROBOT, World};
use serde_json::{Value, json};

const MADE: Refused = By("only controllers make and change these");
const STATUS: Refused = By("only controllers write statuses");
const TIES: Refused = By("owners and finalizers stay");
const COLLECTOR: &str = "admin as system:serviceaccount:kube-system:generic-garbage-collector+system:serviceaccounts";

fn named(name: &str, spec: Value) -> Value {
    json!({"metadata": {"name": name}, "spec": spec})
}

/// Making by hand what only controllers make.
#[rustfmt::skip]
pub fn makers(world: &World) -> Vec<Attempt> {
    let mut forged = named("mine", world.run());
    forged["spec"]["workflowDefinition"]["steps"][0]["action"] = json!("restart_pod");
    vec![
        attempt("make a run with a plan of one's own", "mallory", "workflowexecutions", Create(forged.clone()), MADE),
        attempt("make a run by apply", "mallory", "workflowexecutions/mine", Apply(forged.clone()), MADE),
        attempt("make a run under a generated name", "mallory", "workflowexecutions", Create(json!({"metadata": {"generateName": "mine-"}, "spec": world.run()})), MADE),
        attempt("make a run as a service account", ROBOT, "workflowexecutions", Create(forged), MADE),
        attempt("make a run as approver and clearer", "alice", "workflowexecutions", Create(named("mine", world.run())), Rbac),
        attempt("make a step", "mallory", "kubernetesexecutions", Create(named("mine", world.step())), MADE),
        attempt("make an analysis", "mallory", "aianalyses", Create(named("mine", world.analysis())), MADE),
        attempt("make an approval request", "mallory", "aiapprovalrequests", Create(named("mine", world.approval("gateway"))), MADE),
        attempt("make a step's approval request", "mallory", "workflowstepapprovalrequests", Create(named("mine", world.step_approval("gateway", &json!([])))), MADE),
        attempt("make a processing", "mallory", "remediationprocessings", Create(named("mine", world.processing())), MADE),
        attempt("make a notice", "mallory", "notificationrequests", Create(named("mine", world.notice())), MADE),
        attempt("make a ledger", "mallory", "remediationtargets", Create(named("deployment.mine", world.target("mine"))), MADE),
        attempt("ask for another attempt", "mallory", "workflowexecutions/skipped", Merge(json!({"spec": {"attempt": 1}})), MADE),
        attempt("use up the attempts", "mallory", "workflowexecutions/skipped", Merge(json!({"spec": {"attempt": 2147483647}})), Rule("spec.attempt may only grow, by one")),
        attempt("stop a run", "mallory", "workflowexecutions/running", Merge(json!({"spec": {"stop": "TimedOut"}})), MADE),
        attempt("stop a run as an approver", "alice", "workflowexecutions/running", Merge(json!({"spec": {"stop": "TimedOut"}})), MADE),
        attempt("change the steps of a run", "mallory", "workflowexecutions/new", Merge(json!({"spec": {"workflowDefinition": {"steps": []}}})), Rule("spec is immutable, but for attempt and stop")),
        attempt("change the steps of a run as an admin", "admin", "workflowexecutions/new", Merge(json!({"spec": {"planHash": "c".repeat(64)}})), Rule("spec is immutable, but for attempt and stop")),
        attempt("remove what is frozen and add another", "mallory", "workflowexecutions/new", Json(json!([{"op": "remove", "path": "/spec/planHash"}, {"op": "add", "path": "/spec/planHash", "value": "c".repeat(64)}])), Rule("spec is immutable, but for attempt and stop")),
        attempt("remove what is frozen", "mallory", "workflowexecutions/new", Json(json!([{"op": "remove", "path": "/spec/planHash"}])), Rule("spec.planHash: Required value")),
        attempt("spare oneself the approval", "mallory", "workflowexecutions/new", Put(json!({"spec": {"executionStrategy": {"approvalRequired": false}}})), Rule("spec is immutable, but for attempt and stop")),
        attempt("change a notice", "mallory", "notificationrequests/notice", Merge(json!({"spec": {"body": "all is well"}})), Rule("spec is immutable")),
        attempt("change a step", "mallory", "kubernetesexecutions/step-1", Merge(json!({"spec": {"action": "restart_pod"}})), Rule("spec is immutable")),
        attempt("change an analysis", "mallory", "aianalyses/asks", Merge(json!({"spec": {"analyst": "me"}})), Rule("spec is immutable")),
        attempt("lead a ledger to another target", "mallory", "remediationtargets/deployment.web", Merge(json!({"spec": {"targetResource": "other/deployment/web"}})), Rule("spec is immutable")),
    ]
}

/// Writing statuses.
#[rustfmt::skip]
pub fn statuses(world: &World) -> Vec<Attempt> {
    let auto = json!({"status": {"phase": "Completed", "approvalStatus": "AutoApproved"}});
    vec![
        attempt("write AutoApproved into an analysis", "mallory", "aianalyses/asks/status", Merge(auto.clone()), STATUS),
        attempt("write AutoApproved by JSON patch", "mallory", "aianalyses/asks/status", Json(json!([{"op": "replace", "path": "/status", "value": auto["status"].clone()}])), STATUS),
        attempt("write AutoApproved by a forced apply", "mallory", "aianalyses/asks/status", Apply(json!({"metadata": {"name": "asks"}, "status": auto["status"].clone()})), STATUS),
        attempt("write AutoApproved by PUT", "mallory", "aianalyses/asks/status", Put(auto.clone()), STATUS),
        attempt("write AutoApproved as an approver", "alice", "aianalyses/asks/status", Merge(auto.clone()), Rbac),
        attempt("write AutoApproved through the object itself", "mallory", "aianalyses/asks", Merge(auto), WithoutEffect),
        attempt("say that a failed run was cleared", "mallory", "workflowexecutions/failed/status", Merge(json!({"status": {"blockCleared": true}})), STATUS),
        attempt("say that a failed run executed nothing", "mallory", "workflowexecutions/failed/status", Merge(json!({"status": {"failureDetails": {"wasExecutionFailure": false}}})), STATUS),
        attempt("say that a failed run succeeded", ROBOT, "workflowexecutions/failed/status", Merge(json!({"status": {"phase": "Completed", "outcome": "Succeeded"}})), STATUS),
        attempt("begin a run", "mallory", "workflowexecutions/new/status", Merge(json!({"status": {"phase": "Executing"}})), STATUS),
        attempt("change a plan through the status", "mallory", "workflowexecutions/new/status", Put(json!({"spec": {"planHash": "c".repeat(64)}, "status": {"phase": "Pending"}})), STATUS),
        attempt("say that a remediation is not blocked", "mallory", "remediationrequests/blocked/status", Merge(json!({"status": {"blocked": false}})), STATUS),
        attempt("end a remediation", "mallory", "remediationrequests/ended/status", Merge(json!({"status": {"outcome": "Remediated"}})), STATUS),
        attempt("take the holder away", "mallory", "remediationtargets/deployment.held/status", Merge(json!({"status": {"holder": null}})), STATUS),
        attempt("take the holder away by PUT", "mallory", "remediationtargets/deployment.held/status", Put(json!({"status": {"holder": null}})), STATUS),
        attempt("take the holder away as a clearer", "alice", "remediationtargets/deployment.held/status", Merge(json!({"status": {"holder": null}})), Rbac),
        attempt("take the holder away through the object itself", "mallory", "remediationtargets/deployment.held", Merge(json!({"status": {"holder": null}})), WithoutEffect),
        attempt("make oneself the holder", "mallory", "remediationtargets/deployment.web/status", Merge(json!({"status": {"holder": {"namespace": world.namespace, "name": "mine", "uid": "u", "remediationRequest": "r", "workflowId": "w", "since": "2026-01-01T00:00:00Z"}}})), STATUS),
        attempt("take a block out of the ledger", "mallory", "remediationtargets/deployment.web/status", Json(json!([{"op": "remove", "path": "/status/blocks/0"}])), STATUS),
        attempt("take a block out by a forced apply", "mallory", "remediationtargets/deployment.web/status", Apply(json!({"metadata": {"name": "deployment.web"}, "status": {"blocks": []}})), STATUS),
        attempt("write a clearance into the ledger", "mallory", "remediationtargets/deployment.web/status", Merge(json!({"status": {"clearances": [{"uid": "u", "blockId": "3f9a1c07be42", "who": "alice", "when": "2026-01-01T00:00:00Z", "why": "w", "how": "BlockClearance"}]}})), STATUS),
        attempt("set the failures to nought", "mallory", "remediationtargets/deployment.web/status", Merge(json!({"status": {"consecutiveFailures": 0}})), STATUS),
        attempt("lose the ledger's status", "mallory", "remediationtargets/deployment.web/status", Json(json!([{"op": "remove", "path": "/status"}])), STATUS),
        attempt("complete a step", "mallory", "kubernetesexecutions/step-1/status", Merge(json!({"status": {"phase": "Completed"}})), STATUS),
        attempt("say that a notice was sent", "mallory", "notificationrequests/notice/status", Merge(json!({"status": {"phase": "Sent"}})), STATUS),
        attempt("say that a clearance was applied", "mallory", "blockclearances/done/status", Merge(json!({"status": {"phase": "Applied"}})), STATUS),
        attempt("say that a clearance was applied, as its author", "alice", "blockclearances/done/status", Merge(json!({"status": {"phase": "Applied"}})), Rbac),
        attempt("change what was found about a target", "mallory", "remediationprocessings/done/status", Merge(json!({"status": {"environment": "test"}})), STATUS),
    ]
}

/// Lifting blocks, and asking for remediations.
#[rustfmt::skip]
pub fn people(world: &World) -> Vec<Attempt> {
    let clears = |by: &str| named("mine", world.clearance(by, "web"));
    let because = |reason: &str| { let mut object = clears("alice"); object["spec"]["reason"] = json!(reason); object };
    let asks = |by: &str, target: &str| named("mine", world.remediation_of(by, target));
    let web = world.target_of("web");
    vec![
        attempt("clear without the right", "mallory", "blockclearances", Create(clears("mallory")), By("clearing needs the right")),
        attempt("clear without the right, by apply", "mallory", "blockclearances/mine", Apply(clears("mallory")), By("clearing needs the right")),
        attempt("clear as a service account without the right", ROBOT, "blockclearances", Create(clears(&format!("system:serviceaccount:{}:{ROBOT}", world.namespace))), By("clearing needs the right")),
        attempt("clear in a clearer's name", "mallory", "blockclearances", Create(clears("alice")), By("clearing in one's own name")),
        attempt("clear in somebody else's name", "alice", "blockclearances", Create(clears("bob")), By("clearing in one's own name")),
        attempt("clear as another, in one's own name", "ivan as alice+sre", "blockclearances", Create(clears("ivan")), By("clearing in one's own name")),
        attempt("clear as another without the right to be them", "mallory as alice+sre", "blockclearances", Create(clears("alice")), Rbac),
        attempt("clear a target of a namespace where one may not", "dave", "elsewhere:blockclearances", Create(clears("dave")), By("clearing needs the right")),
        attempt("clear from another namespace than the ledger's", "alice", "elsewhere:blockclearances", Create(clears("alice")), By("clearing beside the ledger")),
        attempt("clear a node with the right for a namespace", "dave", "elsewhere:blockclearances", Create(named("mine", json!({"targetResource": "node/n1", "blockId": "3f9a1c07be42", "clearedBy": "dave", "reason": "looked at it, all is well"}))), By("clearing needs the right")),
        attempt("clear as a viewer", "bob", "blockclearances", Create(clears("bob")), Rbac),
        attempt("clear as an approver", "carol", "blockclearances", Create(clears("carol")), Rbac),
        attempt("clear without a reason", "alice", "blockclearances", Create(because("ok")), Rule("spec.reason")),
        attempt("clear with a blank reason", "alice", "blockclearances", Create(because("            ")), Rule("give a reason of at least 10 characters")),
        attempt("clear twice under one name", "alice", "blockclearances", Create(named("done", world.clearance("alice", "web"))), Rule("already exists")),
        attempt("change a clearance afterwards", "mallory", "blockclearances/done", Merge(json!({"spec": {"blockId": "000000000000"}})), Rule("spec is immutable")),
        attempt("change who cleared", "mallory", "blockclearances/done", Merge(json!({"spec": {"clearedBy": "mallory"}})), Rule("spec is immutable")),
        attempt("clear by an annotation", "mallory", "workflowexecutions/failed", Merge(json!({"metadata": {"annotations": {"kubernaut.ai/clear-execution-block": "acknowledged-by-alice"}}})), WithoutEffect),
        attempt("ask for a remediation in somebody else's name", "mallory", "remediationrequests", Create(asks("bob", &web)), By("asking in one's own name")),
        attempt("ask for a remediation in the gateway's name", ROBOT, "remediationrequests", Create(asks("system:serviceaccount:kubernaut-system:kubernaut-controllers", &web)), By("asking in one's own name")),
        attempt("ask for a remediation in nobody's name", "mallory", "remediationrequests", Create(asks("", &web)), By("asking in one's own name")),
        attempt("ask for a target of a namespace where one may not", "trudy", "elsewhere:remediationrequests", Create(asks("trudy", &web)), By("asking needs the right where the target is")),
        attempt("ask for a node with the right for a namespace", "trudy", "elsewhere:remediationrequests", Create(asks("trudy", "node/n1")), By("asking needs the right where the target is")),
        attempt("change who asked", "mallory", "remediationrequests/ended", Merge(json!({"spec": {"requestedBy": "mallory"}})), Rule("spec is immutable")),
        attempt("lead a remediation to another target", "mallory", "remediationrequests/ended", Merge(json!({"spec": {"targetResource": "other/deployment/web"}})), Rule("spec is immutable")),
    ]
}

/// Deleting to unblock, and what makes the garbage collector delete.
#[rustfmt::skip]
pub fn deletions() -> Vec<Attempt> {
    let delete = || Delete(json!({}));
    let owner = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "00000000-0000-4000-8000-000000000000"}]);
    let owned = json!({"metadata": {"ownerReferences": owner.clone()}});
    vec![
        attempt("delete a failed run", "mallory", "workflowexecutions/failed", delete(), By("failed runs")),
        attempt("delete a failed run at once", "mallory", "workflowexecutions/failed", Delete(json!({"gracePeriodSeconds": 0})), By("failed runs")),
        attempt("delete a failed run in the foreground", "mallory", "workflowexecutions/failed", Delete(json!({"propagationPolicy": "Foreground"})), By("failed runs")),
        attempt("delete failed runs in bulk", "mallory", "workflowexecutions?labelSelector=state%3Dfailed", delete(), By("failed runs")),
        attempt("delete a failed run as a service account", ROBOT, "workflowexecutions/failed", delete(), By("failed runs")),
        attempt("delete a failed run as a clearer of another namespace", "dave", "workflowexecutions/failed", delete(), Rbac),
        attempt("delete a failed run as the garbage collector", COLLECTOR, "workflowexecutions/failed", delete(), By("failed runs")),
        attempt("delete a failed run as the controllers", "admin as system:serviceaccount:kubernaut-system:kubernaut-controllers", "workflowexecutions/failed", delete(), Rbac),
        attempt("delete a running run", "mallory", "workflowexecutions/running", delete(), By("running runs")),
        attempt("delete a run that waits", "mallory", "workflowexecutions/skipped", delete(), By("running runs")),
        attempt("delete a run that was just made", "mallory", "workflowexecutions/new", delete(), By("running runs")),
        attempt("delete a running run as the garbage collector", COLLECTOR, "workflowexecutions/running", delete(), By("running runs")),
        attempt("delete a blocked remediation", "mallory", "remediationrequests/blocked", delete(), By("blocked remediations")),
        attempt("delete blocked remediations in bulk", ROBOT, "remediationrequests?labelSelector=state%3Dblocked", delete(), By("blocked remediations")),
        attempt("delete the record of a step", "mallory", "kubernetesexecutions/step-1", delete(), By("records")),
        attempt("delete an analysis, and with it its approval", "mallory", "aianalyses/asks", delete(), By("records")),
        attempt("delete a ledger with blocks", "mallory", "remediationtargets/deployment.web", delete(), By("ledgers with blocks")),
        attempt("delete ledgers with blocks in bulk", "mallory", "remediationtargets?labelSelector=state%3Ddeployment.web", delete(), By("ledgers with blocks")),
        attempt("delete a held ledger", "mallory", "remediationtargets/deployment.held", delete(), By("held ledgers")),
        attempt("delete a held ledger as an admin", "admin", "remediationtargets/deployment.held", delete(), By("held ledgers")),
        attempt("delete a ledger as a clearer", "alice", "remediationtargets/deployment.web", delete(), Rbac),
        attempt("give a failed run an owner that is gone", "mallory", "workflowexecutions/failed", Merge(owned.clone()), TIES),
        attempt("give a failed run an owner, by JSON patch", "mallory", "workflowexecutions/failed", Json(json!([{"op": "add", "path": "/metadata/ownerReferences", "value": owner}])), TIES),
        attempt("give a failed run an owner, by PUT", ROBOT, "workflowexecutions/failed", Put(owned.clone()), TIES),
        attempt("give a failed run an owner, by apply", "mallory", "workflowexecutions/failed", Apply(json!({"metadata": {"name": "failed", "ownerReferences": owned["metadata"]["ownerReferences"].clone()}})), TIES),
        attempt("give a failed run an owner, as an approver", "carol", "workflowexecutions/failed", Merge(owned.clone()), TIES),
        attempt("give a ledger an owner", "mallory", "remediationtargets/deployment.web", Merge(owned.clone()), TIES),
        attempt("give an analysis an owner", "mallory", "aianalyses/asks", Merge(owned.clone()), TIES),
        attempt("give a decided request an owner", "mallory", "aiapprovalrequests/approved", Merge(owned), By("requests are not updated by people")),
        attempt("cut a step off its run", "mallory", "kubernetesexecutions/step-1", Merge(json!({"metadata": {"ownerReferences": null}})), TIES),
        attempt("take the finalizer off a run", "mallory", "workflowexecutions/running", Merge(json!({"metadata": {"finalizers": null}})), TIES),
        attempt("take the finalizer off a run as an approver", "carol", "workflowexecutions/running", Json(json!([{"op": "remove", "path": "/metadata/finalizers"}])), TIES),
        attempt("keep a remediation for ever", "mallory", "remediationrequests/ended", Merge(json!({"metadata": {"finalizers": ["mallory.example/keep"]}})), TIES),
    ]
}
