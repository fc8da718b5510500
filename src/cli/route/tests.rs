//! The routing tree of the cluster, against a scripted API service.

use super::source::of_cluster;
use crate::cli::failure::{Failure, Reason};
use crate::cli::scripted::{Answer, Script};
use crate::rules::routes::{Labels, Tree};
use serde_json::{Value, json};

const CONFIG_MAP: &str = "GET /api/v1/namespaces/kubernaut-system/configmaps/kubernaut-routing";

/// What becomes of one answer to the one question that is allowed.
async fn found(code: u16, answer: Value) -> Result<Option<Tree>, Failure> {
    let script = Script::in_order(vec![(CONFIG_MAP, Answer::Json(code, answer))], |_| {});
    let found = of_cluster(&script.client()).await;
    assert_eq!(script.asked(), 1);
    found
}

fn config_map(data: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "kubernaut-routing", "namespace": "kubernaut-system" }, "data": data })
}

fn refused(code: u16, reason: &str) -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": reason, "metadata": {}, "details": {} })
}

#[tokio::test]
async fn the_cluster_may_have_a_tree() {
    let routing = "route: {receiver: team}\nreceivers: [{name: team, channels: [slack]}]";
    let tree = found(200, config_map(json!({ "routing.yaml": routing }))).await.unwrap().unwrap();
    assert_eq!(tree.receivers(&Labels::new()), ["team"]);
    assert!(found(404, refused(404, "NotFound")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_tree_that_is_there_but_cannot_be_read_is_not_taken_for_none() {
    #[rustfmt::skip]
    let table = [
        ("no key",        200, config_map(json!({ "other": "" })),                                Reason::Internal,  "it has no key routing.yaml"),
        ("no data",       200, config_map(Value::Null),                                           Reason::Internal,  "it has no key routing.yaml"),
        ("a wrong tree",  200, config_map(json!({ "routing.yaml": "route: {receiver: x}" })),     Reason::Internal,  "line 1, column 19: receiver \"x\""),
        ("no right",      403, refused(403, "Forbidden"),                                         Reason::Forbidden, ""),
        ("a failure",     500, refused(500, "InternalError"),                                     Reason::Internal,  ""),
    ];
    for (case, code, answer, reason, says) in table {
        let failure = found(code, answer).await.unwrap_err();
        assert!(failure.reason == reason && failure.message.contains(says), "{case}: {failure:?}");
    }
    let failure = found(403, refused(403, "Forbidden")).await.unwrap_err();
    assert!(failure.hints.iter().any(|hint| hint.contains("routing file")), "{failure:?}");
}
