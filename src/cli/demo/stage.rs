//! The workload of the demo, and the recorded alert about it.

use super::oldest;
use crate::cli::failure::{Failure, Reason};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::Client;
use kube::api::{Api, ListParams, PostParams};
use kube::runtime::wait::{await_condition, conditions::is_deployment_completed};
use serde_json::{Value, json};

/// Where the workload lives.
pub const NAMESPACE: &str = "payment";
/// Name of the workload.
pub const NAME: &str = "payment-api";

/// What Alertmanager sent once; only its first alert is used.
const RECORDED: &str = include_str!("../../../tests/fixtures/alertmanager-webhook-firing.json");

/// What the demo compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The container's memory limit.
    pub memory: String,
    /// Names of the pods.
    pub pods: Vec<String>,
    /// Whether the rollout is complete and every replica available.
    pub healthy: bool,
    /// The version of its spec.
    pub generation: i64,
}

/// Makes the workload and waits until it is available.
pub async fn deploy(client: &Client) -> anyhow::Result<()> {
    let namespace: Namespace =
        serde_json::from_value(json!({ "metadata": { "name": NAMESPACE, "labels": { "environment": "production" } } }))?;
    Api::all(client.clone()).create(&PostParams::default(), &namespace).await?;
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), NAMESPACE);
    deployments.create(&PostParams::default(), &serde_json::from_value(workload())?).await?;
    let made = super::patiently("the deployment", await_condition(deployments, NAME, is_deployment_completed())).await?;
    made.map(drop).ok_or_else(|| Failure::new(Reason::NotFound, "the deployment is gone").into())
}

fn workload() -> Value {
    let labels = json!({ "app": NAME });
    let resources = json!({ "limits": { "memory": "512Mi" }, "requests": { "memory": "256Mi" } });
    let container = json!({ "name": "api", "image": "example.invalid/payment-api:1", "resources": resources });
    let template = json!({ "metadata": { "labels": labels }, "spec": { "containers": [container] } });
    json!({ "metadata": { "name": NAME }, "spec": { "replicas": 3, "selector": { "matchLabels": labels }, "template": template } })
}

/// What there is to see of the workload.
pub async fn look(client: &Client) -> anyhow::Result<Seen> {
    let found = Api::<Deployment>::namespaced(client.clone(), NAMESPACE).get(NAME).await?;
    let value = serde_json::to_value(&found)?;
    let memory = value.pointer("/spec/template/spec/containers/0/resources/limits/memory").and_then(Value::as_str).unwrap_or_default();
    let healthy = kube::runtime::wait::Condition::matches_object(&is_deployment_completed(), Some(&found));
    let pods = pods(client).await?.into_iter().filter_map(|pod| pod.metadata.name).collect();
    Ok(Seen { memory: memory.to_owned(), pods, healthy, generation: found.metadata.generation.unwrap_or(0) })
}

async fn pods(client: &Client) -> anyhow::Result<Vec<Pod>> {
    let of_workload = ListParams::default().labels(&format!("app={NAME}"));
    Ok(Api::<Pod>::namespaced(client.clone(), NAMESPACE).list(&of_workload).await?.items)
}

/// Sends the alert to the gateway; returns the name of the remediation.
pub async fn alert(client: &Client, gateway: &str, now: Timestamp) -> anyhow::Result<String> {
    let pod = oldest(pods(client).await?).ok_or_else(|| Failure::new(Reason::NotFound, "the deployment has no pods"))?;
    let body = recorded(&pod, now)?;
    let answer = reqwest::Client::new().post(format!("http://{gateway}/api/v1/signals/prometheus")).json(&body).send().await?;
    let status = answer.status();
    let answer: Value = answer.json().await?;
    let name = answer.pointer("/results/0/name").and_then(Value::as_str);
    match name.filter(|_| status.as_u16() == 201) {
        Some(name) => Ok(name.to_owned()),
        None => Err(Failure::new(Reason::Internal, format!("the gateway answered {status}: {answer}")).into()),
    }
}

/// The recorded alert, about a live pod and firing now.
fn recorded(pod: &str, now: Timestamp) -> anyhow::Result<Value> {
    let mut body: Value = serde_json::from_str(RECORDED)?;
    if let Some(alerts) = body.get_mut("alerts").and_then(Value::as_array_mut) {
        alerts.truncate(1);
    }
    if let Some(alert) = body.pointer_mut("/alerts/0").and_then(Value::as_object_mut) {
        alert.insert("startsAt".to_owned(), now.to_string().into());
        if let Some(labels) = alert.get_mut("labels").and_then(Value::as_object_mut) {
            labels.insert("pod".to_owned(), pod.into());
            labels.insert("namespace".to_owned(), NAMESPACE.into());
        }
    }
    Ok(body)
}
