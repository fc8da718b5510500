//! Remediations as they go when nobody disturbs them.

use crate::call::Call;
use crate::stage::{ASKS, FAILS, RESTARTS, SURE, Scene, TWO, UNSURE, rolled_out, settings};
use crate::sweep::How;
use futures::FutureExt;
use futures::future::BoxFuture;
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};
use kubernaut::api::{AIApprovalRequest, RemediationPhase, RemediationRequest, WorkflowExecution, WorkflowPhase};
use kubernaut::sandbox::Sandbox;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;

const LOOK: Duration = Duration::from_millis(50);

/// One way that remediations go.
pub struct Scenario {
    pub name: &'static str,
    /// What is posted; each becomes a remediation of the same Deployment.
    pub alerts: &'static [&'static str],
    pub people: People,
    settings: &'static str,
    /// How each remediation ends.
    pub end: &'static str,
    /// Writes to the Deployment.
    pub writes: usize,
    /// What is tried at its writes.
    pub hows: &'static [How],
}

/// All there is, for what takes seconds.
const EVERY: &[How] = &[How::KilledAfter, How::KilledBefore, How::KilledAfterAndTouched, How::AnswerLost, How::SentTwice];

/// What people do meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    Nothing,
    /// Alice decides as soon as she is asked.
    Decide(&'static str),
    /// The alert goes away as soon as somebody is asked.
    Resolve,
}

const fn scenario(name: &'static str, alerts: &'static [&'static str], people: People, end: &'static str, writes: usize) -> Scenario {
    Scenario { name, alerts, people, settings: "", end, writes, hows: EVERY }
}

const DONE: &str = "Completed Some(Remediated) review=false blocked=false";
const NO_ACTION: &str = "Completed Some(NoActionRequired) review=false blocked=false";
const REJECTED: &str = "Failed Some(Rejected) review=true blocked=false";
const REVIEW: &str = "Failed Some(ManualReviewRequired) review=true blocked=false";
const BLOCKED: &str = "Failed Some(ManualReviewRequired) review=true blocked=true";

/// Several writes to the target, without a person.
pub const TWO_STEPS: Scenario = scenario("two steps, automatic", &[TWO], People::Nothing, DONE, 2);

/// All of them.
#[rustfmt::skip]
pub const ALL: &[Scenario] = &[
    TWO_STEPS,
    scenario("one step, automatic",              &[SURE],   People::Nothing,            DONE,      1),
    scenario("approved by a person",             &[ASKS],   People::Decide("Approved"), DONE,      1),
    scenario("rejected by a person",             &[ASKS],   People::Decide("Rejected"), REJECTED,  0),
    Scenario { settings: "approval: {timeout: 6s}",
    ..scenario("nobody decides",                 &[ASKS],   People::Nothing,            REVIEW,    0) },
    scenario("resolved while somebody is asked", &[ASKS],   People::Resolve,            NO_ACTION, 0),
    scenario("confidence too low",               &[UNSURE], People::Nothing,            REJECTED,  0),
    scenario("the second step fails",            &[FAILS],  People::Nothing,            BLOCKED,   2),
    // A refused run asks again after half a minute, so that each point takes as long.
    Scenario { hows: &[How::KilledAfter],
    ..scenario("the target is busy",     &[SURE, RESTARTS], People::Nothing,            DONE,      2) },
];

/// What a call must wait for.
type Gate = Box<dyn Fn(&Call, &Client) -> Option<BoxFuture<'static, ()>> + Send + Sync>;

impl Scenario {
    /// Settings of the controllers that play it.
    pub fn settings(&self) -> String {
        settings(self.settings)
    }

    /// A step, or an undo, begins when the Deployment has taken in the one before: what its controller writes meanwhile is noise.
    /// Where two remediations meet, the first writes when the second has been refused.
    pub fn gate(&self) -> Gate {
        let two = self.alerts.len() > 1;
        Box::new(move |call, client| {
            let (client, namespace) = (client.clone(), call.namespace.clone());
            if call.creates("kubernetesexecutions") {
                return Some(settled(client, namespace).boxed());
            }
            (two && call.changes_deployment()).then(|| refused(client, namespace).boxed())
        })
    }

    /// What senders of alerts and people do, past the proxy and whoever serves the gateway.
    pub async fn played(&self, scene: &Scene, sandbox: &Sandbox, gateway: watch::Receiver<SocketAddr>) {
        let mut alerts: Vec<_> = self.alerts.iter().map(|alert| scene.alert_about("web", alert)).collect();
        for (nth, alert) in alerts.iter().enumerate() {
            if nth > 0 {
                any_run(&scene.client, &scene.namespace, |run| run.phase() == WorkflowPhase::Executing).await;
            }
            is_taken(scene, &gateway, alert).await;
        }
        match self.people {
            People::Nothing => {}
            People::Decide(decision) => {
                is_asked(scene).await;
                decides(sandbox.client("alice").await.unwrap(), &scene.namespace, decision).await;
            }
            People::Resolve => {
                is_asked(scene).await;
                let resolved = &mut alerts[0];
                (resolved["status"], resolved["endsAt"]) = (json!("resolved"), json!("2026-11-22T19:00:00Z"));
                is_taken(scene, &gateway, resolved).await;
            }
        }
    }
}

/// Sends as Alertmanager does: until it is taken.
async fn is_taken(scene: &Scene, gateway: &watch::Receiver<SocketAddr>, alert: &serde_json::Value) {
    loop {
        let gateway = *gateway.borrow();
        let answer = scene.try_post(gateway, std::slice::from_ref(alert)).await;
        if answer.is_some_and(|answer| answer.status.is_success()) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until somebody was told that a decision is waited for.
async fn is_asked(scene: &Scene) {
    let requests = scene.api::<RemediationRequest>();
    let asked = |request: &RemediationRequest| request.phase() == RemediationPhase::AwaitingApproval;
    while !requests.list(&ListParams::default()).await.is_ok_and(|requests| requests.items.iter().any(asked)) {
        tokio::time::sleep(LOOK).await;
    }
}

async fn decides(alice: Client, namespace: &str, decision: &str) {
    let approvals = Api::<AIApprovalRequest>::namespaced(alice, namespace);
    let said = Patch::Merge(json!({ "status": { "decision": decision, "decidedBy": "alice" } }));
    let name = approvals.list(&ListParams::default()).await.unwrap().items[0].name_any();
    while approvals.patch_status(&name, &PatchParams::default(), &said).await.is_err() {
        tokio::time::sleep(LOOK).await;
    }
}

async fn settled(client: Client, namespace: String) {
    let deployments = Api::<Deployment>::namespaced(client, &namespace);
    while !deployments.get("web").await.is_ok_and(|web| rolled_out(&web)) {
        tokio::time::sleep(LOOK).await;
    }
}

async fn refused(client: Client, namespace: String) {
    let was_refused = |run: &WorkflowExecution| run.status.as_ref().is_some_and(|status| status.skip_details.is_some());
    any_run(&client, &namespace, was_refused).await;
}

async fn any_run(client: &Client, namespace: &str, holds: impl Fn(&WorkflowExecution) -> bool) {
    let runs = Api::<WorkflowExecution>::namespaced(client.clone(), namespace);
    while !runs.list(&ListParams::default()).await.is_ok_and(|runs| runs.items.iter().any(&holds)) {
        tokio::time::sleep(LOOK).await;
    }
}
