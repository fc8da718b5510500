//! What `simulate` foretells of an alert is what the controllers then do with it.

use crate::act::ALONE;
use crate::controllers::Controllers;
use crate::stage::{ASKS, SURE, Scene, UNSURE, program, settings, succeeded};
use crate::support::{a_cluster_more, eventually, faults};
use http::StatusCode;
use kube::ResourceExt;
use kubernaut::api::{AIAnalysisStatus, AnalysisPhase, ApprovalStatus, RemediationPhase, WorkflowPhase};
use kubernaut::sandbox::Sandbox;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Simulates one alert about a Deployment, with the settings of the controllers.
async fn simulated(sandbox: &Sandbox, alert: &Value) -> Value {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let path = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let message = path("alert.json", json!({"version": "4", "alerts": [alert]}).to_string());
    let config = path("settings.yaml", settings(""));
    let words = ["simulate", "-f", &message, "--config", &config, "-o", "json"];
    let simulation: Value = serde_json::from_str(&succeeded(&program(sandbox, "admin", &words).await)).unwrap();
    simulation["requests"][0].clone()
}

async fn concluded(scene: &Scene, name: &str) -> AIAnalysisStatus {
    eventually("the analysis has come to something", async || {
        let found = scene.api::<kubernaut::api::AIAnalysis>().get_opt(&format!("{name}-analysis")).await.unwrap();
        found.and_then(|found| found.status).is_some_and(|status| {
            matches!(status.phase, Some(AnalysisPhase::Completed | AnalysisPhase::Rejected | AnalysisPhase::Approving))
        })
    })
    .await;
    scene.analysis(name).await.status.unwrap()
}

#[tokio::test]
async fn what_is_simulated_is_what_the_controllers_do() {
    let _turn = a_cluster_more().await;
    let sandbox = faults().await;
    let scene = Scene::with(sandbox, &["sure", "asks", "unsure"]).await;
    let controllers = Controllers::start(&sandbox.kubeconfig_path(), &settings(""), ALONE).await;
    #[rustfmt::skip]
    let table = [
        ("sure",   SURE,   "Auto",     "AutoApprove", AnalysisPhase::Completed, Some(ApprovalStatus::AutoApproved), RemediationPhase::Completed),
        ("asks",   ASKS,   "Approval", "Ask",         AnalysisPhase::Approving, Some(ApprovalStatus::Pending),      RemediationPhase::AwaitingApproval),
        ("unsure", UNSURE, "Escalate", "Refuse",      AnalysisPhase::Rejected,  None,                               RemediationPhase::Failed),
    ];
    for (deployment, alert, result, decision, phase, approval, ends) in table {
        let alert = scene.alert_about(deployment, alert);
        let foretold = simulated(sandbox, &alert).await;
        assert_eq!((&foretold["result"], &foretold["decision"]), (&json!(result), &json!(decision)), "{foretold:#}");
        assert!(scene.api::<kubernaut::api::RemediationRequest>().get_opt(foretold["name"].as_str().unwrap()).await.unwrap().is_none());
        let answer = scene.post(controllers.gateway(), std::slice::from_ref(&alert)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.results);
        let name = answer.names().remove(0);
        let request = scene.request(&name).await;
        assert_eq!((&foretold["name"], &foretold["fingerprint"]), (&json!(name), &json!(request.spec.signal_fingerprint)));
        assert_eq!((&foretold["target"], &foretold["namespace"]), (&json!(request.spec.target_resource), &json!(scene.namespace)));
        let status = concluded(&scene, &name).await;
        assert_eq!((status.phase, status.approval_status), (Some(phase), approval), "{deployment}");
        assert_eq!(foretold["plan"]["steps"], json!(status.plan.as_ref().map(|plan| &plan.steps)), "{deployment}");
        assert_eq!(foretold["plan"]["hash"].as_str().unwrap_or_default(), status.plan_hash, "{deployment}");
        let after = scene.reaches(&name, ends).await;
        let told: Vec<String> = scene.notices(&name).await.iter().map(ResourceExt::name_any).collect();
        let expected: Vec<String> = foretold["notifications"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| format!("{name}-notification-{}", one["event"].as_str().unwrap()))
            .collect();
        assert_eq!(told, expected, "{deployment}");
        let again = simulated(sandbox, &alert).await;
        match after.phase().is_over() {
            true => assert_eq!(again["name"], format!("{name}-2"), "{again:#}"),
            false => assert_eq!((&again["result"], &again["duplicateOf"]), (&json!("Duplicate"), &json!(name)), "{again:#}"),
        }
    }
    // The target rests after its success, and both say so.
    let again = scene.alert_about("sure", SURE);
    let foretold = simulated(sandbox, &again).await;
    assert_eq!((&foretold["result"], &foretold["reason"]), (&json!("Skipped"), &json!("RecentlyRemediated")), "{foretold:#}");
    let name = scene.post(controllers.gateway(), &[again]).await.names().remove(0);
    assert_eq!(foretold["name"], name);
    eventually("the run is skipped", async || scene.run(&name).await.is_some_and(|run| run.phase() == WorkflowPhase::Skipped)).await;
    let skip = scene.run(&name).await.unwrap().status.unwrap().skip_details.unwrap();
    assert_eq!(
        (foretold["reason"].as_str().unwrap(), foretold["message"].as_str().unwrap()),
        (skip.reason.as_str(), skip.message.as_str())
    );
    eventually("it is a duplicate", async || scene.request(&name).await.status.unwrap().duplicate_of.is_some()).await;
    assert_eq!(foretold["duplicateOf"], json!(scene.request(&name).await.status.unwrap().duplicate_of.unwrap().name));
}
