use super::audit::{Committed, Record, records};
use super::guards::{Guards, policy_records, removed};
use crate::api::names;
use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const HASH: &str = "abababababababababababababababababababababababababababababababab";

fn read<K: DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).unwrap()
}

fn meta(stamp: Option<&str>, field: Value) -> Value {
    let entry = json!({ "manager": "kubectl", "operation": "Update", "time": stamp, "fieldsV1": field, "subresource": "status" });
    json!({ "name": "x", "namespace": "pay", "uid": "u1", "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": { "kubernaut.ai/remediation-request": "rr-1" }, "managedFields": [entry] })
}

fn plan() -> Value {
    json!({ "targetResource": "pay/deployment/api", "targetUid": "t", "workflowId": "oom", "executionStrategy": { "rollbackStrategy": "none" }, "policyHash": "", "planSchema": 1,
        "steps": [{ "stepNumber": 1, "action": "restart_deployment" }] })
}

fn approval(status: Value, stamp: Option<&str>) -> Committed {
    let spec = json!({ "aiAnalysisRef": { "name": "a", "namespace": "pay" }, "investigation": { "rootCause": "Too little memory.", "confidenceScore": 72.5 },
        "plan": plan(), "planHash": HASH, "requestedBy": "gateway", "requestedAt": "2026-01-01T00:00:00Z", "timeout": "15m" });
    let meta = meta(stamp, json!({ "f:status": { "f:decision": {} } }));
    Committed::Approval(read(json!({ "metadata": meta, "spec": spec, "status": status })))
}

fn step_approval(status: Value) -> Committed {
    let spec = json!({ "workflowExecutionRef": { "name": "w", "namespace": "pay" }, "stepNumber": 2, "action": "restart_pod", "planHash": HASH,
        "requestedBy": "gateway", "requestedAt": "2026-01-01T00:00:00Z", "timeout": "15m" });
    let meta = meta(Some("2026-01-01T00:01:00Z"), json!({ "f:status": { "f:decision": {} } }));
    Committed::StepApproval(read(json!({ "metadata": meta, "spec": spec, "status": status })))
}

fn analysis(status: Value) -> Committed {
    let spec = json!({ "remediationRequestRef": { "name": "rr-1", "namespace": "pay" }, "targetResource": "pay/deployment/api",
        "signal": { "name": "A", "fingerprint": "f", "severity": "critical", "firingTime": "2026-01-01T00:00:00Z" },
        "contextRef": { "name": "c", "namespace": "pay" }, "analyst": "playbook" });
    let meta = meta(Some("2026-01-01T00:01:00Z"), json!({ "f:status": { "f:approvalStatus": {} } }));
    Committed::Analysis(read(json!({ "metadata": meta, "spec": spec, "status": status })))
}

fn run(status: Value) -> Committed {
    let spec = json!({ "remediationRequestRef": { "name": "rr-1", "namespace": "pay" }, "targetResource": "pay/deployment/api", "targetUid": "t",
        "workflowRef": { "workflowId": "oom", "version": "1" }, "workflowDefinition": { "steps": [] }, "executionStrategy": { "rollbackStrategy": "none" },
        "planHash": HASH, "policyHash": "", "planSchema": 1 });
    Committed::Run(read(json!({ "metadata": meta(None, json!({})), "spec": spec, "status": status })))
}

fn clearance(status: Value) -> Committed {
    let spec =
        json!({ "targetResource": "pay/deployment/api", "blockId": "b1", "clearedBy": "alice", "reason": "looked at it, all is well" });
    Committed::Clearance(read(json!({ "metadata": meta(None, json!({})), "spec": spec, "status": status })))
}

fn ledger(how: &str) -> Committed {
    let one = json!({ "uid": "run-1", "blockId": "b1", "who": "see the API server's audit log", "when": "2026-01-01T00:05:00Z", "why": "deleted", "how": how });
    let (spec, status) = (json!({ "targetResource": "pay/deployment/api" }), json!({ "clearances": [one] }));
    Committed::Ledger(read(json!({ "metadata": meta(None, json!({})), "spec": spec, "status": status })))
}

fn policy(name: &str, generation: i64, since: &str) -> ValidatingAdmissionPolicy {
    let meta = json!({ "name": name, "uid": format!("{name}-p"), "generation": generation, "creationTimestamp": since });
    read(json!({ "metadata": meta, "spec": { "failurePolicy": "Fail" } }))
}

fn binding(name: &str, since: &str, spec: Value) -> ValidatingAdmissionPolicyBinding {
    let meta = json!({ "name": name, "uid": format!("{name}-b"), "generation": 1, "creationTimestamp": since });
    read(json!({ "metadata": meta, "spec": spec }))
}

fn denies(policy: &str) -> Value {
    json!({ "policyName": policy, "validationActions": ["Deny"] })
}

fn all_bound() -> Guards {
    let since = "2025-12-31T00:00:00Z";
    let names = [names::DECISION_POLICY, names::CLEARANCE_POLICY, names::STATUS_POLICY];
    Guards::of(&names.map(|name| policy(name, 1, since)), &names.map(|name| binding(name, since, denies(name))))
}

fn summary(record: &Record) -> (String, String, bool, String) {
    (record.id.clone(), record.who.clone(), record.verified, record.what.clone())
}

#[test]
fn a_record_follows_from_what_was_committed_and_from_nothing_else() {
    let by = |decision: &str| json!({ "decision": decision, "decidedBy": "alice", "reason": "because" });
    let at = Some("2026-01-01T00:01:00Z");
    #[rustfmt::skip]
    let table = [
        ("nobody was asked to decide yet",  approval(Value::Null, None),                  vec![]),
        ("an empty decision",               approval(json!({ "decision": "" }), at),      vec![]),
        ("approved",                        approval(by("Approved"), at),                 vec![("AIApprovalRequest/u1/Decided", "alice", true, "Approved plan abababababab on pay/deployment/api: 1 restart_deployment")]),
        ("rejected",                        approval(by("Rejected"), at),                 vec![("AIApprovalRequest/u1/Decided", "alice", true, "Rejected plan abababababab on pay/deployment/api: 1 restart_deployment")]),
        ("expired",                         approval(by("Expired"), at),                  vec![("AIApprovalRequest/u1/Decided", "alice", true, "Expired plan abababababab on pay/deployment/api: 1 restart_deployment")]),
        ("superseded",                      approval(by("Superseded"), at),               vec![("AIApprovalRequest/u1/Decided", "alice", true, "Superseded plan abababababab on pay/deployment/api: 1 restart_deployment")]),
        ("a decision that nobody stamped",  approval(by("Approved"), None),               vec![("AIApprovalRequest/u1/Decided", "alice", false, "Approved plan abababababab on pay/deployment/api: 1 restart_deployment")]),
        ("a decision that names nobody",    approval(json!({ "decision": "Approved" }), at), vec![("AIApprovalRequest/u1/Decided", "", false, "Approved plan abababababab on pay/deployment/api: 1 restart_deployment")]),
        ("a step",                          step_approval(by("Approved")),                vec![("WorkflowStepApprovalRequest/u1/Decided", "alice", true, "Approved step 2 (restart_pod) of run w")]),
        ("a step nobody decided",           step_approval(Value::Null),                   vec![]),
        ("approved by confidence",          analysis(json!({ "approvalStatus": "AutoApproved", "planHash": HASH, "confidenceScore": 95.0 })), vec![("AIAnalysis/u1/AutoApproved", "kubernaut-controllers", true, "AutoApproved plan abababababab on pay/deployment/api")]),
        ("a person is asked",               analysis(json!({ "approvalStatus": "Pending", "planHash": HASH })), vec![]),
        ("approved by a person",            analysis(json!({ "approvalStatus": "Approved", "planHash": HASH })), vec![]),
        ("a run that waits",                run(json!({ "phase": "Pending" })),           vec![]),
        ("a run that began",                run(json!({ "startTime": "2026-01-01T00:02:00Z" })), vec![("WorkflowExecution/u1/Started", "kubernaut-controllers", true, "Started plan abababababab: workflow oom, 0 steps")]),
        ("a run that ended",                run(json!({ "startTime": "2026-01-01T00:02:00Z", "completionTime": "2026-01-01T00:03:00Z", "outcome": "FailedDuring" })),
            vec![("WorkflowExecution/u1/Started", "kubernaut-controllers", true, "Started plan abababababab: workflow oom, 0 steps"), ("WorkflowExecution/u1/Ended", "kubernaut-controllers", true, "Ended as FailedDuring")]),
        ("a run that ended unbegun",        run(json!({ "completionTime": "2026-01-01T00:03:00Z", "outcome": "TargetChanged" })), vec![("WorkflowExecution/u1/Ended", "kubernaut-controllers", true, "Ended as TargetChanged")]),
        ("a clearance nobody looked at",    clearance(Value::Null),                       vec![]),
        ("a clearance",                     clearance(json!({ "phase": "Applied" })),     vec![("BlockClearance/u1/Cleared", "alice", true, "Cleared block b1 on pay/deployment/api")]),
        ("a clearance of nothing",          clearance(json!({ "phase": "Refused" })),     vec![("BlockClearance/u1/ClearanceRefused", "alice", true, "Could not clear block b1 on pay/deployment/api")]),
        ("cleared by deletion",             ledger("Deleted"),                            vec![("WorkflowExecution/run-1/Cleared", "see the API server's audit log", false, "Cleared block b1 on pay/deployment/api by deleting its run")]),
        ("its clearance has its own record", ledger("BlockClearance"),                    vec![]),
    ];
    for (case, object, expected) in table {
        let made: Vec<_> = records(&[object], &all_bound()).iter().map(summary).collect();
        let expected: Vec<_> =
            expected.iter().map(|(id, who, verified, what)| ((*id).to_owned(), (*who).to_owned(), *verified, (*what).to_owned())).collect();
        assert_eq!(made, expected, "{case}");
    }
}

#[test]
fn a_decision_says_when_why_what_and_on_what_grounds() {
    let decided =
        approval(json!({ "decision": "Approved", "decidedBy": "alice", "reason": "seen it before" }), Some("2026-01-01T00:01:00Z"));
    let record = records(&[decided], &all_bound()).remove(0);
    assert_eq!(record.when, "2026-01-01T00:01:00Z".parse().ok());
    assert_eq!((record.why.as_deref(), record.plan_hash.as_deref()), (Some("seen it before"), Some(HASH)));
    assert_eq!(record.evidence.as_deref(), Some("confidence 72.5, Too little memory."));
    assert_eq!((record.remediation.as_deref(), record.target.as_deref()), (Some("rr-1"), Some("pay/deployment/api")));
}

#[test]
fn a_name_is_verified_only_if_its_policy_held_at_the_time() {
    let (early, late, at) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:59Z", "2026-01-01T00:01:00Z");
    let ours = |since: &str| {
        (vec![policy(names::DECISION_POLICY, 1, since)], vec![binding(names::DECISION_POLICY, since, denies(names::DECISION_POLICY))])
    };
    let with = |spec: Value| (vec![policy(names::DECISION_POLICY, 1, early)], vec![binding(names::DECISION_POLICY, early, spec)]);
    let mut touched = ours(early);
    touched.1[0].metadata.managed_fields = read(json!([{ "time": "2026-01-01T00:02:00Z" }]));
    let mut checked = ours(early);
    checked.0[0].metadata.managed_fields = read(json!([{ "time": "2026-01-01T00:02:00Z", "subresource": "status" }]));
    let mut lax = ours(early);
    lax.0[0].spec.as_mut().unwrap().failure_policy = Some("Ignore".to_owned());
    #[rustfmt::skip]
    let table = [
        ("bound before",                  ours(early),                       true),
        ("bound afterwards",              ours("2026-01-01T00:02:00Z"),      false),
        ("bound a moment before",         ours(late),                        false),
        ("no policy at all",              (vec![], vec![]),                  false),
        ("a policy without a binding",    (ours(early).0, vec![]),           false),
        ("a binding without a policy",    (vec![], ours(early).1),           false),
        ("changed since",                 touched,                           false),
        ("only its status was written",   checked,                           true),
        ("a policy that may fail",        lax,                               false),
        ("a binding that only warns",     with(json!({ "policyName": names::DECISION_POLICY, "validationActions": ["Warn"] })), false),
        ("a binding to some namespaces",  with(json!({ "policyName": names::DECISION_POLICY, "validationActions": ["Deny"], "matchResources": {} })), false),
        ("a binding of another policy",   with(denies("other")),             false),
    ];
    for (case, (policies, bindings), expected) in table {
        assert_eq!(Guards::of(&policies, &bindings).held(names::DECISION_POLICY, at.parse().ok()), expected, "{case}");
    }
    assert!(!all_bound().held(names::DECISION_POLICY, None), "nobody knows when");
}

#[test]
fn each_generation_of_our_policies_and_bindings_is_a_record() {
    let since = "2026-01-01T00:00:00Z";
    let ids = |generation| {
        let (policies, bindings) = (
            [policy(names::DECISION_POLICY, generation, since), policy("other", 1, since)],
            [binding(names::DECISION_POLICY, since, denies(names::DECISION_POLICY))],
        );
        policy_records(&policies, &bindings).into_iter().map(|record| record.id).collect::<Vec<_>>()
    };
    let of = |generation: i64| format!("ValidatingAdmissionPolicy/kubernaut-decisions-p/PolicyChanged-{generation}");
    let bound = "ValidatingAdmissionPolicyBinding/kubernaut-decisions-b/PolicyChanged-1".to_owned();
    assert_eq!(ids(1), [of(1), bound.clone()]);
    assert_eq!(ids(2), [of(2), bound]);
    let known = policy_records(&[policy(names::DECISION_POLICY, 1, since)], &[]).remove(0);
    let gone = removed(&known.object, since.parse().unwrap());
    assert_eq!(gone.id, "ValidatingAdmissionPolicy/kubernaut-decisions-p/PolicyRemoved");
}
