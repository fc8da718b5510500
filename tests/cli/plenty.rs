//! A cluster that holds something of all that can be printed about one.

use super::server::{Asked, answered, nothing_happens, status, user};
use super::store::{block, ledger, request, run as execution, step_request};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// What is made within the last day.
static TODAY: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);

/// A remediation with as much around it as there can be.
fn objects() -> Vec<Value> {
    let created = "2025-12-06T10:00:00Z";
    let of = |kind: &str, name: &str, spec: Value, status: Value| {
        json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": kind, "spec": spec, "status": status,
            "metadata": {"name": name, "namespace": "payment", "uid": name, "resourceVersion": "3", "creationTimestamp": created}})
    };
    let remediation = |name: &str, status: Value| {
        let spec =
            json!({"targetResource": "payment/deployment/api", "severity": "critical", "signalName": "OOM", "requestedBy": "gateway"});
        of("RemediationRequest", name, spec, status)
    };
    let mut skipped = execution("again", "Skipped");
    skipped["status"]["skipDetails"] = json!({"reason": "PreviousExecutionFailed", "message": "a run failed"});
    let mut approval = request("x-analysis-approval");
    approval["metadata"]["uid"] = json!("u-1");
    approval["metadata"]["labels"] = json!({"kubernaut.ai/remediation-request": "x"});
    let mut decided = request("decided");
    decided["metadata"]["uid"] = json!("u-2");
    decided["status"] = json!({"decision": "Approved", "decidedBy": "bob", "decidedAt": "2025-12-06T10:31:00Z", "reason": "it is well"});
    let mut step = step_request("x");
    step["metadata"]["uid"] = json!("u-3");
    let run = json!({"namespace": "payment", "name": "held", "uid": "h", "remediationRequest": "rr-held"});
    let mut ledger = ledger(json!({"blocks": [block("x")], "holder": &run, "consecutiveFailures": 5,
        "nextAllowedExecution": "2999-01-01T00:00:00Z"}));
    ledger["metadata"]["resourceVersion"] = json!("4");
    ledger["status"]["holder"]["workflowId"] = json!("oom");
    ledger["status"]["holder"]["since"] = json!(created);
    let mut waiting = ledger.clone();
    waiting["metadata"]["name"] = json!("deployment.web");
    waiting["spec"]["targetResource"] = json!("payment/deployment/web");
    waiting["status"] = json!({"rebuiltAt": created, "consecutiveFailures": 1, "nextAllowedExecution": "2999-01-01T00:00:00Z",
        "runs": [{"run": run, "workflowId": "oom", "outcome": "FailedBeforeStart", "completedAt": created}]});
    let failed = json!({"phase": "Failed", "outcome": "Failed", "message": "it went wrong", "requiresManualReview": true, "blocked": true,
        "aiAnalysisRef": {"name": "x-analysis"}, "workflowExecutionRef": {"name": "x-workflow"}});
    let looked_at = json!({"phase": "Failed", "outcome": "Rejected", "requiresManualReview": true});
    let mut rejected = remediation("z", looked_at);
    rejected["metadata"]["creationTimestamp"] = json!(TODAY.to_string());
    let mut rejection = request("z-analysis-approval");
    rejection["status"] = json!({"decision": "Rejected", "decidedBy": "bob", "decidedAt": created});
    let mut old = remediation("z-old", json!({"phase": "Failed", "outcome": "Failed", "requiresManualReview": true}));
    old["metadata"]["creationTimestamp"] = json!("2025-12-06T11:00:00Z");
    vec![
        remediation("x", failed),
        rejected,
        rejection,
        old,
        of("BlockClearance", "clear", json!({"blockId": "xid", "reason": "it is well"}), Value::Null),
        remediation("y", json!({"phase": "Analyzing"})),
        of(
            "AIAnalysis",
            "x-analysis",
            json!({"remediationRequestRef": {"name": "x"}}),
            json!({"phase": "Approving", "confidenceScore": 72.0}),
        ),
        approval,
        decided,
        execution("x", "Failed"),
        skipped,
        step,
        ledger,
        waiting,
    ]
}

/// Serves the objects; who asks may not read notifications.
pub fn answer(asked: &Asked) -> Option<Response> {
    let name = asked.path.rsplit('/').next().unwrap_or_default();
    let list = |items: Vec<Value>| answered(200, &json!({"metadata": {"resourceVersion": "9"}, "items": items}));
    let event = json!({"metadata": {"name": "e"}, "type": "Warning", "reason": "BackOff", "message": "again", "count": 3,
        "lastTimestamp": "2025-12-06T10:31:00Z", "source": {"component": "kubelet"}});
    let lease = json!({"metadata": {"name": name, "annotations": {"kubernaut.ai/version": "9.9.9"}}, "spec": {"holderIdentity": "a"}});
    Some(match (asked.method.as_str(), name) {
        _ if asked.is_watch() => nothing_happens(),
        ("POST", "selfsubjectreviews") => user("alice"),
        ("POST", "selfsubjectaccessreviews") => answered(201, &json!({"metadata": {}, "spec": {}, "status": {"allowed": true}})),
        ("GET", "version") => answered(
            200,
            &json!({"major": "1", "minor": "33", "gitVersion": "v1.33.1", "gitCommit": "", "gitTreeState": "",
            "buildDate": "", "goVersion": "", "compiler": "", "platform": ""}),
        ),
        ("GET", "kubernaut.ai") => {
            answered(200, &json!({"name": "kubernaut.ai", "versions": [{"groupVersion": "kubernaut.ai/v1alpha1", "version": "v1alpha1"}]}))
        }
        ("GET", "kubernaut-controllers") => answered(200, &lease),
        ("GET", "notificationrequests") => status(403, "Forbidden", "notificationrequests.kubernaut.ai is forbidden", ""),
        ("GET", "events") => list(vec![event]),
        ("GET", plural) if asked.path.contains("/kubernaut.ai/") => {
            let plural_of = |object: &Value| match object["kind"].as_str().unwrap_or_default() {
                "AIAnalysis" => "aianalyses".to_owned(),
                kind => format!("{}s", kind.to_lowercase()),
            };
            let named = objects()
                .into_iter()
                .find(|object| asked.path.ends_with(&format!("/{}/{name}", plural_of(object))) && object["metadata"]["name"] == name);
            match named {
                Some(object) => answered(200, &object),
                None if plural.ends_with('s') => list(objects().into_iter().filter(|object| plural_of(object) == plural).collect()),
                None => return None,
            }
        }
        _ => return None,
    })
}
