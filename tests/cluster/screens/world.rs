//! A payment service and a shop in trouble: what the screens are about.

use super::Album;
use super::terminal::Terminal;
use crate::flows::refuse_changes;
use crate::stage::Scene;
use crate::support::eventually;
use http::StatusCode;
use jiff::Timestamp;
use kubernaut::api::{NotificationPhase, NotificationRequest, RemediationPhase};
use kubernaut::sandbox::Sandbox;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Analyses of the alerts below.
pub const PLAYBOOKS: &str = r#"playbooks:
  - id: oomkill-increase-memory
    alerts: [ContainerOOMKilled]
    rootCause: Memory leak in payment processing, about 50MB/h
    confidence: 72
    steps:
      - {action: collect_diagnostics, confidence: 98}
      - {action: increase_resources, parameters: {resource: memory, increase: "100%"}, dependsOn: [1], confidence: 88}
  - id: rollout-restart
    alerts: [RolloutStuck]
    rootCause: The rollout is stuck, its pods never become ready
    confidence: 64
    steps: [{action: restart_deployment}]
  - id: scale-memory
    alerts: [MemoryPressure]
    rootCause: The memory limit is too low for the traffic
    confidence: 95
    steps:
      - {action: increase_resources, parameters: {resource: memory, increase: "100%"}}
      - {action: increase_resources, parameters: {resource: memory, increase: "50%"}, dependsOn: [1]}
  - id: restart-now
    alerts: [CrashLooping]
    rootCause: The process hangs after losing its database
    confidence: 95
    steps: [{action: restart_deployment}]
"#;

/// The namespaces of the story.
pub struct World {
    pub payment: Scene,
    pub shop: Scene,
}

impl World {
    /// With their Deployments; those of the shop cannot be changed.
    pub async fn new(sandbox: &'static Sandbox) -> Self {
        let payment = Scene::named(sandbox, "payment", &["payment-api", "ledger", "worker", "invoices", "refunds", "receipts"], 1);
        let shop = Scene::named(sandbox, "shop", &["cart", "checkout"], 1);
        let (payment, shop) = tokio::join!(payment, shop);
        refuse_changes(&shop, "cart").await;
        Self { payment, shop }
    }

    /// Takes the policy away that protects the shop: other tests count policies.
    pub async fn thaw(&self, album: &Album) {
        for kind in ["validatingadmissionpolicybinding", "validatingadmissionpolicy"] {
            album.kube(&["delete", kind, "refuse-shop"]).await;
        }
    }
}

/// An alert about a Deployment.
pub fn alert(scene: &Scene, deployment: &str, name: &str, minute: usize) -> Value {
    json!({
        "status": "firing",
        "labels": {"alertname": name, "namespace": scene.namespace, "deployment": deployment, "severity": "critical"},
        "annotations": {"summary": format!("{name} on {deployment}")},
        "startsAt": format!("2025-12-06T10:{minute:02}:00Z"),
    })
}

/// Raises an alert; the name of the remediation.
pub async fn raised(scene: &Scene, gateway: SocketAddr, deployment: &str, name: &str, minute: usize) -> String {
    let answer = scene.post(gateway, &[alert(scene, deployment, name, minute)]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.results);
    answer.names().remove(0)
}

/// Lets remediations fail before anything ran, so many times, each as soon as the target may be worked on again. The last one's name.
pub async fn fails_before_start(scene: &Scene, gateway: SocketAddr, deployment: &str, minutes: std::ops::Range<usize>) -> String {
    let mut last = String::new();
    for minute in minutes {
        let until = scene.ledger(deployment).await.next_allowed_execution;
        eventually("the backoff is over", async || until.is_none_or(|until| Timestamp::now() >= until)).await;
        last = raised(scene, gateway, deployment, "CrashLooping", minute).await;
        scene.over(&last).await;
    }
    last
}

/// Raises an alert that somebody has to decide about; the name of the remediation.
pub async fn asks(scene: &Scene, gateway: SocketAddr, deployment: &str, name: &str, minute: usize) -> String {
    let raised = raised(scene, gateway, deployment, name, minute).await;
    scene.reaches(&raised, RemediationPhase::AwaitingApproval).await;
    raised
}

/// Whether every notice about a remediation has left.
pub async fn is_told(scene: &Scene, name: &str) -> bool {
    let notices = scene.notices(name).await;
    let is_sent = |notice: &NotificationRequest| notice.status.as_ref().is_some_and(|status| status.phase == Some(NotificationPhase::Sent));
    !notices.is_empty() && notices.iter().all(is_sent)
}

/// Settings, with the analyses, where a person works.
pub fn settings(terminal: &Terminal, more: &str) -> String {
    let playbooks = terminal.file("playbooks.yaml", PLAYBOOKS);
    format!("analyst: {{playbooks: {}}}\n{more}\n", playbooks.display())
}
