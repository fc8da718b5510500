//! Remediations to be disturbed at each of their writes: a few of them in every test run, all of them when asked for.

use crate::stage::{ASKS, FAILS, SURE, Scene, TWO, UNSURE, settings};
use crate::sweep::{Ended, How, Learned, Point, Stage};
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};
use kubernaut::api::AIApprovalRequest;
use kubernaut::sandbox::Sandbox;
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A remediation as it goes when nobody disturbs it.
pub struct Scenario {
    pub name: &'static str,
    pub alert: &'static str,
    /// What alice decides when she is asked.
    pub decision: Option<&'static str>,
}

const TWO_STEPS: Scenario = Scenario { name: "two steps, automatic", alert: TWO, decision: None };

impl Scenario {
    /// Settings of the controllers that play it.
    pub fn settings(&self) -> String {
        settings("")
    }

    /// Somebody who decides as soon as asked, past the proxy.
    pub fn person(&self, scene: &Scene, sandbox: &'static Sandbox) -> JoinHandle<()> {
        let (decision, namespace) = (self.decision, scene.namespace.clone());
        tokio::spawn(async move {
            if let Some(decision) = decision {
                decides(sandbox.client("alice").await.unwrap(), &namespace, decision).await;
            }
        })
    }
}

async fn decides(alice: Client, namespace: &str, decision: &str) {
    let approvals = Api::<AIApprovalRequest>::namespaced(alice, namespace);
    let said = Patch::Merge(json!({ "status": { "decision": decision, "decidedBy": "alice" } }));
    loop {
        let asked = approvals.list(&ListParams::default()).await.unwrap().items.pop();
        let decided = async |name: &str| approvals.patch_status(name, &PatchParams::default(), &said).await.is_ok();
        if let Some(asked) = asked
            && decided(&asked.name_any()).await
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Tries each point once; a point that a run does not come to is tried anew.
async fn sweep(stage: &mut Stage, scenario: &Scenario, learned: &Learned, how: How, points: &[Point]) {
    let begun = std::time::Instant::now();
    let (mut blocked, mut failed) = (Vec::new(), Vec::new());
    for point in points {
        let at = std::time::Instant::now();
        let ended = stage.survives(scenario, learned, point, how).await;
        eprintln!("  {:?} {}: {ended:?}", at.elapsed(), point.name);
        match ended {
            Ok(Ended::AsUndisturbed) => {}
            Ok(Ended::Blocked) => blocked.push(point.name.clone()),
            Err(why) => failed.push(format!("{}: {why}", point.name)),
        }
    }
    println!(
        "crash sweep ({}, {how:?}): {} points, {} survived, {} ended blocked as the contract asks: {blocked:?} ({:?})",
        scenario.name,
        points.len(),
        points.len() - failed.len(),
        blocked.len(),
        begun.elapsed(),
    );
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test]
async fn killed_after_any_write_a_remediation_ends_as_if_nothing_had_happened() {
    let mut stage = Stage::set(&TWO_STEPS).await;
    let learned = stage.learn(&TWO_STEPS).await;
    assert!(learned.points.len() > 20, "{:?}", learned.points);
    sweep(&mut stage, &TWO_STEPS, &learned, How::KilledAfter, &learned.points).await;
}
