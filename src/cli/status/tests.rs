//! A whole tree, read from a scripted API service.

use super::render;
use super::tree;
use crate::cli::output::Times;
use crate::cli::terminal::Look;
use http::{Request, Response};
use jiff::Timestamp;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

const NOW: &str = "2025-12-06T10:34:02Z";

fn object(name: &str, spec: Value, status: Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "payment", "creationTimestamp": "2025-12-06T10:30:00Z"}, "spec": spec, "status": status})
}

fn stored(path: &str) -> Option<Value> {
    let name = path.rsplit('/').next()?;
    Some(match name {
        "rr-x" => object(
            name,
            json!({"targetResource": "payment/deployment/api", "signalName": "OOM", "severity": "critical"}),
            json!({"phase": "AwaitingApproval"}),
        ),
        "rr-x-processing" => object(name, json!({}), json!({"phase": "Completed"})),
        "rr-x-analysis" => object(name, json!({}), json!({"phase": "Approving", "confidenceScore": 72.0, "confidenceLevel": "medium"})),
        "rr-x-analysis-approval" => object(name, json!({"timeout": "15m"}), json!({})),
        "notificationrequests" => json!({"metadata": {}, "items": [
            object("rr-x-notification-approval", json!({}), json!({"phase": "Sent", "deliveries": [{"receiver": "slack\u{1b}[2J"}]}))]}),
        _ => return None,
    })
}

fn server() -> Client {
    let service = tower::service_fn(|request: Request<Body>| async move {
        let (code, answer) = match stored(request.uri().path()) {
            Some(value) => (200, value),
            None => (404, json!({"kind": "Status", "code": 404, "message": "not found", "details": {"name": "x"}})),
        };
        Response::builder().status(code).body(Body::from(serde_json::to_vec(&answer).unwrap_or_default()))
    });
    Client::new(service, "payment")
}

#[tokio::test]
async fn a_tree_shows_what_is_there_and_why_the_rest_is_not() {
    let now: Timestamp = NOW.parse().expect("a time");
    let tree = tree(&server(), "payment", "rr-x", now).await.expect("a tree");
    let text = render::text(&tree, &Look::default(), Times::Age, now);
    let expected = "\
Name:      payment/rr-x      Phase: AwaitingApproval      Age: 4m2s
Target:    payment/deployment/api
Waiting:   a person's decision on aar/rr-x-analysis-approval, expires in 10m (2025-12-06T10:45:00Z)

NAME                               KIND                    STATE                AGE    INFO
rr/rr-x                            RemediationRequest      ◷ AwaitingApproval   4m2s   OOM, critical
├─ rp/rr-x-processing              RemediationProcessing   ✔ Completed          4m2s
├─ aia/rr-x-analysis               AIAnalysis              ◷ Approving          4m2s   confidence 72% (medium)
│  └─ aar/rr-x-analysis-approval   AIApprovalRequest       ◷ Pending            4m2s   expires in 10m
├─ wfe/rr-x-workflow               WorkflowExecution       – not there          -      waits for approval
└─ nr/rr-x-notification-approval   NotificationRequest     ✔ Sent               4m2s   slack
";
    assert_eq!(text, expected);
    let shape = serde_json::to_value(&tree).expect("json");
    assert_eq!(
        (&shape["object"], &shape["phase"], &shape["kind"]),
        (&"payment/rr-x".into(), &"AwaitingApproval".into(), &"StatusTree".into())
    );
    assert_eq!(shape["children"][2]["absentBecause"], "waits for approval");
    assert_eq!(shape["waiting"]["untilInSeconds"], 658);
}

#[tokio::test]
async fn a_remediation_that_is_not_there_is_an_error() {
    let now: Timestamp = NOW.parse().expect("a time");
    assert!(tree(&server(), "payment", "rr-y", now).await.is_err());
}
