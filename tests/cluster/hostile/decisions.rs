//! Attempts on decisions: about plans, steps and whole runs.

use super::attempt::Does::{Apply, Create, Delete, Json, Merge, Put};
use super::attempt::Refused::{By, Rbac, Rule};
use super::attempt::{Attempt, attempt};
use super::world::{ROBOT, World};
use serde_json::{Value, json};

const RIGHT: super::attempt::Refused = By("deciding needs the right");
const NAME: super::attempt::Refused = By("in one's own name");
const ONCE: super::attempt::Refused = By("a decision is final");
const FINAL: super::attempt::Refused = Rule("a decision is final: it can be neither changed nor removed");
const OPEN: &str = "aiapprovalrequests/open/status";
const MADE: &str = "aiapprovalrequests/approved/status";
const MAIN: &str = "aiapprovalrequests/approved";

fn says(decision: &str, by: &str) -> Value {
    json!({"status": {"decision": decision, "decidedBy": by}})
}

fn applied(name: &str, body: &Value) -> Value {
    let mut object = body.clone();
    object["metadata"] = json!({"name": name});
    object
}

fn op(what: &str, path: &str, value: Value) -> Value {
    json!({"op": what, "path": path, "value": value})
}

/// On requests that nobody has decided.
#[rustfmt::skip]
pub fn undecided() -> Vec<Attempt> {
    let approved = |by: &str| says("Approved", by);
    let with = |more: Value| { let mut all = approved("alice"); super::attempt::merge(&mut all["status"], &more); all };
    vec![
        attempt("approve without the right", "mallory", OPEN, Merge(approved("mallory")), RIGHT),
        attempt("approve without the right, by JSON patch", "mallory", OPEN, Json(json!([op("add", "/status", approved("mallory")["status"].clone())])), RIGHT),
        attempt("approve without the right, by a forced apply", "mallory", OPEN, Apply(applied("open", &approved("mallory"))), RIGHT),
        attempt("approve without the right, by PUT", "mallory", OPEN, Put(approved("mallory")), RIGHT),
        attempt("reject without the right", "mallory", OPEN, Merge(says("Rejected", "mallory")), RIGHT),
        attempt("approve as a service account without the right", ROBOT, OPEN, Merge(approved(ROBOT)), RIGHT),
        attempt("approve without the right, in an approver's name", "mallory", OPEN, Merge(approved("alice")), RIGHT),
        attempt("approve as a viewer", "bob", OPEN, Merge(approved("bob")), Rbac),
        attempt("approve as an approver of another namespace", "dave", OPEN, Merge(approved("dave")), Rbac),
        attempt("approve in somebody else's name", "alice", OPEN, Merge(approved("bob")), NAME),
        attempt("approve in somebody else's name, by JSON patch", "alice", OPEN, Json(json!([op("add", "/status", approved("admin")["status"].clone())])), NAME),
        attempt("reject in somebody else's name", "carol", OPEN, Merge(says("Rejected", "alice")), NAME),
        attempt("approve in the controllers' name", "alice", OPEN, Merge(approved("system:serviceaccount:kubernaut-system:kubernaut-controllers")), NAME),
        attempt("approve in nobody's name", "alice", OPEN, Merge(json!({"status": {"decision": "Approved"}})), Rule("a decision names who decides")),
        attempt("approve with an empty name", "alice", OPEN, Merge(approved("")), Rule("a decision names who decides")),
        attempt("approve one's own request", "alice", "aiapprovalrequests/alices/status", Merge(approved("alice")), By("the requester does not approve")),
        attempt("approve one's own request, by a forced apply", "alice", "aiapprovalrequests/alices/status", Apply(applied("alices", &approved("alice"))), By("the requester does not approve")),
        attempt("approve with a back-dated time", "alice", OPEN, Merge(with(json!({"decidedAt": "2026-01-01T00:01:00Z"}))), By("people do not stamp the time")),
        attempt("approve another plan", "alice", OPEN, Merge(with(json!({"planHash": "c".repeat(64)}))), Rule("status.planHash is not the plan's")),
        attempt("expire by hand", "alice", OPEN, Merge(says("Expired", "alice")), By("only controllers expire and supersede")),
        attempt("supersede by hand", "carol", OPEN, Merge(says("Superseded", "carol")), By("only controllers expire and supersede")),
        attempt("expire by hand without any right", "mallory", OPEN, Merge(says("Expired", "mallory")), By("only controllers expire and supersede")),
        attempt("expire in the controllers' name", "mallory", OPEN, Merge(says("Expired", "system:serviceaccount:kubernaut-system:kubernaut-controllers")), NAME),
        attempt("decide what there is not to decide", "alice", OPEN, Merge(says("Maybe", "alice")), Rule("Unsupported value")),
        attempt("put a name there before anybody decides", "alice", OPEN, Merge(json!({"status": {"decidedBy": "alice"}})), By("an undecided status belongs to the controllers")),
        attempt("put a reason there before anybody decides", "mallory", OPEN, Merge(json!({"status": {"reason": "approved by the board"}})), By("an undecided status belongs to the controllers")),
        attempt("put a time there before anybody decides", "mallory", OPEN, Json(json!([op("add", "/status", json!({"decidedAt": "2026-01-01T00:01:00Z"}))])), By("an undecided status belongs to the controllers")),
        attempt("be an approver without the right to be another", "mallory as alice+sre", OPEN, Merge(approved("alice")), Rbac),
        attempt("be an approver with the right to, in one's own name", "ivan as alice+sre", OPEN, Merge(approved("ivan")), NAME),
        attempt("be a controller without the right to be another", "ivan as system:serviceaccount:kubernaut-system:kubernaut-controllers", OPEN, Merge(says("Expired", "ivan")), Rbac),
        attempt("decide a step without the right", "mallory", "workflowstepapprovalrequests/step/status", Merge(approved("mallory")), RIGHT),
        attempt("decide a step in somebody else's name", "alice", "workflowstepapprovalrequests/step/status", Merge(approved("bob")), NAME),
        attempt("decide a step that another group decides", "alice", "workflowstepapprovalrequests/oncall/status", Merge(approved("alice")), By("one of the approver groups")),
        attempt("reject a step that another group decides", "carol", "workflowstepapprovalrequests/oncall/status", Merge(says("Rejected", "carol")), By("one of the approver groups")),
        attempt("join a group by impersonation", "alice as alice+oncall", "workflowstepapprovalrequests/oncall/status", Merge(approved("alice")), Rbac),
        attempt("approve a step of one's own request", "alice", "workflowstepapprovalrequests/own-step/status", Merge(approved("alice")), By("the requester does not approve")),
        attempt("approve another plan's step", "alice", "workflowstepapprovalrequests/step/status", Merge(with(json!({"planHash": "c".repeat(64)}))), Rule("status.planHash is not the plan's")),
        attempt("approve a step with a back-dated time", "alice", "workflowstepapprovalrequests/step/status", Merge(with(json!({"decidedAt": "2026-01-01T00:01:00Z"}))), By("people do not stamp the time")),
        attempt("skip a step by hand", "carol", "workflowstepapprovalrequests/step/status", Merge(says("Expired", "carol")), By("only controllers expire and supersede")),
    ]
}

/// On requests that somebody has decided.
#[rustfmt::skip]
pub fn decided() -> Vec<Attempt> {
    let rejected = says("Rejected", "alice");
    let old = json!({"metadata": {"managedFields": [{"manager": "kubectl", "operation": "Update", "apiVersion": "kubernaut.ai/v1alpha1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:status": {"f:decision": {}}}, "subresource": "status"}]}});
    vec![
        attempt("flip one's own decision", "alice", MADE, Merge(rejected.clone()), FINAL),
        attempt("flip another's decision", "carol", MADE, Merge(says("Rejected", "carol")), FINAL),
        attempt("flip a decision by a forced apply", "carol", MADE, Apply(applied("approved", &says("Rejected", "carol"))), FINAL),
        attempt("flip a decision as an admin", "admin", MADE, Merge(says("Rejected", "admin")), FINAL),
        attempt("approve what was rejected", "carol", "aiapprovalrequests/rejected/status", Merge(says("Approved", "carol")), FINAL),
        attempt("approve what has expired", "alice", "aiapprovalrequests/expired/status", Merge(says("Approved", "alice")), FINAL),
        attempt("blank a decision", "alice", MADE, Merge(json!({"status": {"decision": ""}})), FINAL),
        attempt("remove a decision", "mallory", MADE, Json(json!([{"op": "remove", "path": "/status/decision"}])), FINAL),
        attempt("remove the whole status", "mallory", MADE, Json(json!([{"op": "remove", "path": "/status"}])), FINAL),
        attempt("reopen by a null", "mallory", MADE, Merge(json!({"status": null})), FINAL),
        attempt("put it back without its status", "mallory", MADE, Put(json!({"status": null})), FINAL),
        attempt("remove a decision and add another", "carol", MADE, Json(json!([{"op": "remove", "path": "/status"}, op("add", "/status", says("Rejected", "carol")["status"].clone())])), FINAL),
        attempt("take over a decision", "carol", MADE, Merge(says("Approved", "carol")), FINAL),
        attempt("remove who decided", "alice", MADE, Json(json!([{"op": "remove", "path": "/status/decidedBy"}])), FINAL),
        attempt("give a reason later", "alice", MADE, Merge(json!({"status": {"reason": "as the board wished"}})), FINAL),
        attempt("change a reason", "alice", "aiapprovalrequests/rejected/status", Merge(json!({"status": {"reason": "as the board wished"}})), FINAL),
        attempt("name the plan later", "alice", MADE, Merge(json!({"status": {"planHash": "b".repeat(64)}})), FINAL),
        attempt("stamp the time later", "alice", MADE, Merge(json!({"status": {"decidedAt": "2026-01-01T00:01:00Z"}})), ONCE),
        attempt("stamp the time of another's decision", "mallory", MADE, Merge(json!({"status": {"decidedAt": "2026-01-01T00:01:00Z"}})), ONCE),
        attempt("change the time of an expiry as an admin", "admin", "aiapprovalrequests/expired/status", Merge(json!({"status": {"decidedAt": "2026-01-01T00:01:00Z"}})), FINAL),
        attempt("back-date the record of the decision, changing nothing else", "mallory", MADE, Put(old.clone()), ONCE),
        attempt("back-date the record of the decision as its author", "alice", MADE, Put(old.clone()), ONCE),
        attempt("flip a decided step", "alice", "workflowstepapprovalrequests/approved-step/status", Merge(rejected), FINAL),
        attempt("reopen a decided step", "mallory", "workflowstepapprovalrequests/approved-step/status", Json(json!([{"op": "remove", "path": "/status"}])), FINAL),
        attempt("stamp a decided step", "carol", "workflowstepapprovalrequests/approved-step/status", Merge(json!({"status": {"decidedAt": "2026-01-01T00:01:00Z"}})), ONCE),
        attempt("back-date the record through the object itself", "mallory", MAIN, Put(old), By("requests are not updated by people")),
        attempt("change the plan after the approval", "mallory", MAIN, Merge(json!({"spec": {"plan": {"targetUid": "another"}}})), Rule("spec is immutable")),
        attempt("change the plan as an admin", "admin", MAIN, Merge(json!({"spec": {"plan": {"targetUid": "another"}}})), Rule("spec is immutable")),
        attempt("remove the plan and add another", "mallory", MAIN, Json(json!([{"op": "remove", "path": "/spec/plan/steps"}, op("add", "/spec/plan/steps", json!([]))])), Rule("spec is immutable")),
        attempt("remove the spec", "mallory", MAIN, Json(json!([{"op": "remove", "path": "/spec"}])), Rule("spec: Required value")),
        attempt("give oneself more time", "mallory", "aiapprovalrequests/open", Merge(json!({"spec": {"timeout": "15h"}})), Rule("spec is immutable")),
        attempt("become somebody else than the requester", "mallory", "aiapprovalrequests/alices", Merge(json!({"spec": {"requestedBy": "bob"}})), Rule("spec is immutable")),
        attempt("widen the groups that decide a step", "mallory", "workflowstepapprovalrequests/oncall", Merge(json!({"spec": {"approverGroups": ["sre"]}})), Rule("spec is immutable")),
        attempt("write a note on a request", "mallory", "aiapprovalrequests/open", Merge(json!({"metadata": {"annotations": {"note": "approved by the board"}}})), By("requests are not updated by people")),
        attempt("write a decision through the object itself", "mallory", "aiapprovalrequests/open", Merge(says("Approved", "mallory")), By("requests are not updated by people")),
        attempt("change a request as an approver", "alice", "aiapprovalrequests/open", Merge(json!({"metadata": {"labels": {"x": "y"}}})), Rbac),
    ]
}

/// On the approval of whole runs.
#[rustfmt::skip]
pub fn runs(world: &World) -> Vec<Attempt> {
    let by = |name: Value| json!({"metadata": {"annotations": {"kubernaut.ai/approved-by": name}}});
    let mut approved = json!({"metadata": {"name": "approved-at-birth"}, "spec": world.run()});
    super::attempt::merge(&mut approved, &by(json!("admin")));
    vec![
        attempt("approve a run without the right", "mallory", "workflowexecutions/new", Merge(by(json!("mallory"))), By("approving a run needs the right")),
        attempt("approve a run as a service account", ROBOT, "workflowexecutions/new", Merge(by(json!(format!("system:serviceaccount:{}:{ROBOT}", world.namespace)))), By("approving a run needs the right")),
        attempt("approve a run in somebody else's name", "alice", "workflowexecutions/new", Merge(by(json!("bob"))), By("a run is approved in one's own name")),
        attempt("approve a run in somebody else's name, by a forced apply", "carol", "workflowexecutions/new", Apply(applied_to("new", by(json!("alice")))), By("a run is approved in one's own name")),
        attempt("take over the approval of a run", "carol", "workflowexecutions/approved", Merge(by(json!("carol"))), By("a run's approval is final")),
        attempt("take back the approval of a run", "alice", "workflowexecutions/approved", Merge(by(Value::Null)), By("a run's approval is final")),
        attempt("blank the approval of a run as an admin", "admin", "workflowexecutions/approved", Merge(by(json!(""))), By("a run's approval is final")),
        attempt("make a run that is approved already", "admin", "workflowexecutions", Create(approved), By("a run is approved after it was made")),
        attempt("approve a run as a viewer", "bob", "workflowexecutions/new", Merge(by(json!("bob"))), Rbac),
    ]
}

fn applied_to(name: &str, mut object: Value) -> Value {
    object["metadata"]["name"] = json!(name);
    object
}

/// On the existence of requests.
#[rustfmt::skip]
pub fn deletions() -> Vec<Attempt> {
    vec![
        attempt("delete a request that waits", "mallory", "aiapprovalrequests/open", Delete(json!({})), By("undecided requests")),
        attempt("delete all requests that wait", "mallory", "aiapprovalrequests?labelSelector=state%3Dopen", Delete(json!({})), By("undecided requests")),
        attempt("delete a step's request that waits", ROBOT, "workflowstepapprovalrequests/step", Delete(json!({})), By("undecided requests")),
        attempt("delete a decided request", "mallory", "aiapprovalrequests/approved", Delete(json!({})), By("decided requests")),
        attempt("delete a decided request as an approver", "carol", "aiapprovalrequests/approved", Delete(json!({})), By("decided requests")),
        attempt("delete a decided step's request as an approver", "carol", "workflowstepapprovalrequests/approved-step", Delete(json!({})), By("decided requests")),
        attempt("delete a decided request at once", "carol", "aiapprovalrequests/rejected", Delete(json!({"gracePeriodSeconds": 0, "propagationPolicy": "Orphan"})), By("decided requests")),
        attempt("delete a request as a viewer", "bob", "aiapprovalrequests/open", Delete(json!({})), Rbac),
    ]
}
