//! Waits for what makes a cluster usable, and gives it its first objects.

use super::error::{Error, api};
use super::identities;
use k8s_openapi::api::core::v1::{Namespace, Node};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Api, PostParams};
use kube::{Client, Config};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const LIMIT: Duration = Duration::from_secs(90);
const INTERVAL: Duration = Duration::from_millis(50);
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Asks `check` again and again until it says yes.
pub(super) async fn until(what: &str, folder: &Path, mut check: impl AsyncFnMut() -> bool) -> Result<(), Error> {
    let deadline = Instant::now() + LIMIT;
    while !check().await {
        let next = Instant::now() + INTERVAL;
        if next > deadline {
            return Err(Error::Slow { what: what.to_owned(), seconds: LIMIT.as_secs(), folder: folder.into() });
        }
        sleep_until(next).await;
    }
    Ok(())
}

/// Waits until the API server answers `ok` and has its own roles.
pub(super) async fn server(config: &Config, folder: &Path) -> Result<(), Error> {
    until("starting the API server", folder, async || says_ready(config).await).await
}

/// Connects anew each time: a connection refused now says nothing about the next.
async fn says_ready(config: &Config) -> bool {
    let answers = async {
        let client = Client::try_from(config.clone()).ok()?;
        let ready = client.request_text(http::Request::get("/readyz").body(Vec::new()).ok()?).await.ok()?;
        // A read that etcd must answer: just after etcd restarts, `/readyz` still tells of the old one.
        Api::<Namespace>::all(client).get("kube-system").await.ok()?;
        Some(ready == "ok")
    };
    tokio::time::timeout(ANSWER_LIMIT, answers).await.ok().flatten().unwrap_or(false)
}

/// Gives kwok and the people their rights.
pub(super) async fn grant(client: &Client) -> Result<(), Error> {
    let (roles, bindings) = identities::rights();
    create::<ClusterRole>(client, roles, "create cluster roles").await?;
    create::<ClusterRoleBinding>(client, bindings, "bind cluster roles").await
}

/// Registers `count` fake nodes; kwok plays them.
pub(super) async fn add_nodes(client: &Client, count: u32) -> Result<(), Error> {
    create::<Node>(client, (1..=count).map(node).collect(), "create nodes").await
}

/// Waits until every node takes pods.
pub(super) async fn nodes(client: &Client, count: u32, folder: &Path) -> Result<(), Error> {
    let api = Api::<Node>::all(client.clone());
    let all_ready = async || {
        let listed = api.list(&Default::default()).await;
        listed.is_ok_and(|nodes| nodes.iter().filter(|node| takes_pods(node)).count() >= count as usize)
    };
    until("making the nodes ready", folder, all_ready).await
}

fn takes_pods(node: &Node) -> bool {
    let untainted = node.spec.as_ref().and_then(|spec| spec.taints.as_ref()).is_none_or(Vec::is_empty);
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    untainted && conditions.is_some_and(|all| all.iter().any(|one| one.type_ == "Ready" && one.status == "True"))
}

fn node(number: u32) -> Value {
    let name = format!("node-{number}");
    let room = json!({"cpu": "32", "memory": "256Gi", "pods": "110"});
    json!({
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "node-role.kubernetes.io/agent": "",
                "type": "kwok",
            },
        },
        "status": {"allocatable": room, "capacity": room},
    })
}

async fn create<K>(client: &Client, objects: Vec<Value>, attempt: &'static str) -> Result<(), Error>
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + serde::Serialize,
{
    let kind = Api::<K>::all(client.clone());
    for object in objects {
        let object = serde_json::from_value(object).map_err(|error| api(attempt)(kube::Error::SerdeError(error)))?;
        kind.create(&PostParams::default(), &object).await.map_err(api(attempt))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_node_takes_pods_once_it_is_ready_and_untainted() {
        let mut fresh: Node = serde_json::from_value(node(1)).unwrap();
        assert!(!takes_pods(&fresh));
        let condition = json!([{"type": "Ready", "status": "True"}]);
        fresh.status.as_mut().unwrap().conditions = serde_json::from_value(condition).unwrap();
        assert!(takes_pods(&fresh));
        fresh.spec = serde_json::from_value(json!({"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]})).unwrap();
        assert!(!takes_pods(&fresh));
    }
}
