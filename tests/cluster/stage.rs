//! A namespace with a Deployment that alerts are about, and what can be read back from the cluster afterwards.

use crate::support::{PROGRAM, eventually, namespace_in, namespace_with};
use http::StatusCode;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, PostParams};
use kube::{Client, Resource, ResourceExt};
use kubernaut::api::{
    AIAnalysis, AIApprovalRequest, KubernetesExecution, NotificationRequest, RemediationPhase, RemediationRequest, RemediationTarget,
    RemediationTargetStatus, WorkflowExecution, WorkflowPhase, names,
};
use kubernaut::sandbox::Sandbox;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Debug;
use std::net::SocketAddr;
use std::process::{Command, Output};
use std::sync::LazyLock;
use tempfile::TempDir;

/// An alert whose playbook is sure, asks, or is not sure enough; one that restarts, one with two steps, and one whose second cannot succeed, as the first
/// changes its field.
pub const SURE: &str = "SureOfMemory";
pub const ASKS: &str = "AsksAboutMemory";
pub const UNSURE: &str = "UnsureOfMemory";
pub const RESTARTS: &str = "RestartsIt";
pub const TWO: &str = "TwoStepsForMemory";
pub const FAILS: &str = "FailsInTheSecondStep";

const PLAYBOOKS: &str = r#"
playbooks:
  - id: sure
    alerts: [SureOfMemory]
    rootCause: The memory limit is too low.
    confidence: 95
    steps: [{action: increase_resources, parameters: {resource: memory, increase: "100%"}}]
  - id: asks
    alerts: [AsksAboutMemory]
    rootCause: The memory limit may be too low.
    confidence: 72
    steps: [{action: increase_resources, parameters: {resource: memory, increase: "100%"}}]
  - id: unsure
    alerts: [UnsureOfMemory]
    rootCause: Nobody knows.
    confidence: 40
    steps: [{action: increase_resources, parameters: {resource: memory, increase: "100%"}}]
  - id: restarts
    alerts: [RestartsIt]
    rootCause: It forgot its settings.
    confidence: 95
    steps: [{action: restart_deployment}]
  - id: two
    alerts: [TwoStepsForMemory]
    rootCause: The memory limit is too low, and the pods remember it.
    confidence: 95
    steps:
      - {action: increase_resources, parameters: {resource: memory, increase: "100%"}}
      - {action: restart_deployment, dependsOn: [1]}
  - id: fails
    alerts: [FailsInTheSecondStep]
    rootCause: The memory limit is too low, twice.
    confidence: 95
    steps:
      - {action: increase_resources, parameters: {resource: memory, increase: "100%"}}
      - {action: increase_resources, parameters: {resource: memory, increase: "50%"}, dependsOn: [1]}
"#;

const RECORDED: &str = include_str!("../fixtures/alertmanager-webhook-firing.json");

/// Settings that name the playbooks above, and `more`, in YAML.
pub fn settings(more: &str) -> String {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("playbooks.yaml"), PLAYBOOKS).unwrap();
        folder
    });
    format!("analyst: {{playbooks: {}}}\n{more}\n", FOLDER.path().join("playbooks.yaml").display())
}

/// Runs the program as a person of the sandbox.
pub async fn program(sandbox: &Sandbox, person: &str, words: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("--kubeconfig").arg(sandbox.kubeconfig_path()).args(["--context", person]).args(words).env("NO_COLOR", "1");
    output(command).await
}

/// Runs kubectl as a person of the sandbox.
pub async fn kubectl(sandbox: &Sandbox, person: &str, words: &[&str]) -> Output {
    let mut command = Command::new(sandbox.kubectl());
    command.arg("--kubeconfig").arg(sandbox.kubeconfig_path()).args(["--context", person]).args(words);
    output(command).await
}

async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// Fails unless the command succeeded; what it printed.
pub fn succeeded(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {out}{err}", output.status);
    out.into_owned()
}

/// Installs everything with the real command.
pub async fn install(sandbox: &Sandbox) {
    succeeded(&program(sandbox, "admin", &["install"]).await);
}

/// What the gateway answered.
pub struct Answer {
    pub status: StatusCode,
    pub retry_after: Option<String>,
    pub results: Vec<Value>,
}

impl Answer {
    /// Names of the requests, in the order of the alerts.
    pub fn names(&self) -> Vec<String> {
        self.results.iter().map(|result| result["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// A namespace with Deployments.
pub struct Scene {
    pub client: Client,
    pub namespace: String,
}

impl Scene {
    /// A new namespace with the Deployments `names`, each of two pods and available.
    pub async fn with(sandbox: &Sandbox, names: &[&str]) -> Self {
        Self::of_pods(sandbox, names, 2).await
    }

    /// A new namespace with the Deployments `names`, each of so many pods and rolled out.
    pub async fn of_pods(sandbox: &Sandbox, names: &[&str], pods: i32) -> Self {
        Self::furnished(sandbox, namespace_in(sandbox, "scene").await, names, pods).await
    }

    /// The same, in a namespace of this name, which must be new.
    pub async fn named(sandbox: &Sandbox, namespace: &str, names: &[&str], pods: i32) -> Self {
        Self::furnished(sandbox, namespace_with(sandbox, json!({"name": namespace})).await, names, pods).await
    }

    async fn furnished(sandbox: &Sandbox, namespace: String, names: &[&str], pods: i32) -> Self {
        let scene = Self { client: sandbox.client("admin").await.unwrap(), namespace };
        let deployments = scene.api::<Deployment>();
        for name in names {
            deployments.create(&PostParams::default(), &deployment(name, pods)).await.unwrap();
        }
        for name in names {
            eventually("the deployment is rolled out", async || rolled_out(&deployments.get(name).await.unwrap())).await;
        }
        scene
    }

    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + Debug,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The recorded alert, about a live pod.
    pub fn alert(&self, name: &str, pod: &str) -> Value {
        let mut recorded: Value = serde_json::from_str(RECORDED).unwrap();
        let mut alert = recorded["alerts"][0].take();
        alert["labels"]["alertname"] = json!(name);
        alert["labels"]["namespace"] = json!(self.namespace);
        alert["labels"]["pod"] = json!(pod);
        alert
    }

    /// The recorded alert, about a Deployment.
    pub fn alert_about(&self, deployment: &str, name: &str) -> Value {
        let mut alert = self.alert(name, "");
        alert["labels"].as_object_mut().unwrap().remove("pod");
        alert["labels"]["deployment"] = json!(deployment);
        alert
    }

    /// Live pods of a Deployment.
    pub async fn pods(&self, deployment: &str) -> Vec<String> {
        let of = ListParams::default().labels(&format!("app={deployment}"));
        let listed = self.api::<Pod>().list(&of).await.unwrap();
        listed.items.iter().filter(|pod| pod.meta().deletion_timestamp.is_none()).map(ResourceExt::name_any).collect()
    }

    /// Posts alerts to a gateway, in one recorded message.
    pub async fn post(&self, gateway: SocketAddr, alerts: &[Value]) -> Answer {
        self.try_post(gateway, alerts).await.expect("an answer")
    }

    /// Posts alerts to a gateway that may die meanwhile.
    pub async fn try_post(&self, gateway: SocketAddr, alerts: &[Value]) -> Option<Answer> {
        let mut message: Value = serde_json::from_str(RECORDED).unwrap();
        message["alerts"] = json!(alerts);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{gateway}/api/v1/signals/prometheus");
        let answer = client.post(url).json(&message).send().await.ok()?;
        let retry_after = answer.headers().get(http::header::RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
        let status = answer.status();
        let body: Value = answer.json().await.ok()?;
        Some(Answer { status, retry_after, results: body["results"].as_array().cloned().unwrap_or_default() })
    }

    /// Posts one alert about the first pod of `web`; the name of the request it became.
    pub async fn raise(&self, gateway: SocketAddr, alert: &str) -> String {
        self.raise_about("web", gateway, alert).await
    }

    /// Posts one alert about the first pod of a Deployment; the name of the request it became.
    pub async fn raise_about(&self, deployment: &str, gateway: SocketAddr, alert: &str) -> String {
        let pods = self.pods(deployment).await;
        let answer = self.post(gateway, &[self.alert(alert, &pods[0])]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.results);
        answer.names().remove(0)
    }

    pub async fn request(&self, name: &str) -> RemediationRequest {
        self.api().get(name).await.unwrap()
    }

    /// Waits until a remediation has come to this phase.
    pub async fn reaches(&self, name: &str, phase: RemediationPhase) -> RemediationRequest {
        self.request_when(name, &format!("{phase:?}"), |request| request.phase() == phase).await
    }

    /// Waits until a remediation is over.
    pub async fn over(&self, name: &str) -> RemediationRequest {
        self.request_when(name, "over", |request| request.phase().is_over()).await
    }

    async fn request_when(&self, name: &str, what: &str, holds: impl Fn(&RemediationRequest) -> bool) -> RemediationRequest {
        eventually(&format!("{name} is {what}"), async || holds(&self.request(name).await)).await;
        self.request(name).await
    }

    pub async fn analysis(&self, request: &str) -> AIAnalysis {
        self.api().get(&names::analysis(request)).await.unwrap()
    }

    pub async fn approval(&self, request: &str) -> AIApprovalRequest {
        self.api().get(&names::approval(&names::analysis(request))).await.unwrap()
    }

    pub async fn run(&self, request: &str) -> Option<WorkflowExecution> {
        self.api().get_opt(&names::workflow(request)).await.unwrap()
    }

    pub async fn steps(&self, request: &str) -> Vec<KubernetesExecution> {
        let of = ListParams::default().labels(&format!("kubernaut.ai/remediation-request={request}"));
        self.api().list(&of).await.unwrap().items
    }

    pub async fn notices(&self, request: &str) -> Vec<NotificationRequest> {
        let of = ListParams::default().labels(&format!("kubernaut.ai/remediation-request={request}"));
        self.api().list(&of).await.unwrap().items
    }

    pub async fn ledger(&self, deployment: &str) -> RemediationTargetStatus {
        let found: Option<RemediationTarget> = self.api().get_opt(&format!("deployment.{deployment}")).await.unwrap();
        found.and_then(|found| found.status).unwrap_or_default()
    }

    /// The memory limit of a Deployment, and how often its pod template changed. (Its generation moves with annotations, too.)
    pub async fn memory(&self, deployment: &str) -> (String, i64) {
        let found: Deployment = self.api().get(deployment).await.unwrap();
        let revision: i64 = found.annotations()["deployment.kubernetes.io/revision"].parse().unwrap();
        (memory_of(&found), revision - 1)
    }
}

fn memory_of(deployment: &Deployment) -> String {
    let value = serde_json::to_value(deployment).unwrap();
    value["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"].as_str().unwrap().to_owned()
}

/// Whether a run is at work on its target, as far as its own status tells.
pub fn is_at_work(run: &WorkflowExecution) -> bool {
    matches!(run.phase(), WorkflowPhase::Executing | WorkflowPhase::Monitoring | WorkflowPhase::RollingBack)
}

/// Whether a Deployment's controller has nothing left to do.
pub fn rolled_out(deployment: &Deployment) -> bool {
    let status = deployment.status.clone().unwrap_or_default();
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let all = |count: Option<i32>| count.unwrap_or(0) == wanted;
    let complete = |reason: &str| reason == "NewReplicaSetAvailable";
    status.observed_generation == deployment.metadata.generation
        && [status.replicas, status.updated_replicas, status.available_replicas].into_iter().all(all)
        && status.conditions.iter().flatten().any(|condition| condition.reason.as_deref().is_some_and(complete))
}

fn deployment(name: &str, pods: i32) -> Deployment {
    let labels = json!({"app": name});
    let container = json!({"name": "web", "image": "web", "resources": {"limits": {"memory": "128Mi"}}});
    serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {
            "replicas": pods,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }))
    .unwrap()
}
