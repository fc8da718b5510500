//! Two copies of the controllers at once: with the lease only one works, and without it the ledger keeps the peace.

use crate::call::Call;
use crate::controllers::Controllers;
use crate::history::History;
use crate::proxy::Proxy;
use crate::stage::{SURE, Scene, settings};
use crate::support::{a_cluster_more, faults};
use http::StatusCode;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::Api;
use kubernaut::api::{RemediationOutcome, RemediationPhase, RunOutcome, SYSTEM_NAMESPACE};
use std::time::{Duration, Instant};

const WEBS: [&str; 3] = ["web", "shop", "mail"];

#[tokio::test]
async fn two_copies_without_a_lease_never_work_twice_on_a_target() {
    let _turn = a_cluster_more().await;
    let sandbox = faults().await;
    let (scene, proxy) = (Scene::with(sandbox, &WEBS).await, Proxy::start(sandbox).await);
    let history = History::of(&scene).await;
    let (settings, kubeconfig) = (settings("budgets: {waiting: 12s}"), proxy.kubeconfig());
    let start = || Controllers::start(&kubeconfig, &settings, &["--leader-elect=false"]);
    let (mut one, mut other) = tokio::join!(start(), start());
    let mut requests = Vec::new();
    for web in WEBS {
        for (pod, controllers) in scene.pods(web).await.iter().zip([&one, &other]) {
            let answer = scene.post(controllers.gateway(), &[scene.alert(SURE, pod)]).await;
            assert_eq!(answer.status, StatusCode::CREATED);
            requests.extend(answer.names());
        }
    }
    assert_eq!(requests.len(), 6, "each pod is an alert of its own");
    for request in &requests {
        scene.over(request).await;
    }
    assert_eq!(history.runs_one_at_a_time(&scene).await, 3);
    for request in &requests {
        let over = scene.request(request).await;
        let outcome = over.status.clone().unwrap().outcome;
        let second = over.phase() == RemediationPhase::TimedOut || outcome == Some(RemediationOutcome::TargetChanged);
        assert!(outcome == Some(RemediationOutcome::Remediated) || second, "{request}: {:?}", over.status);
    }
    for web in WEBS {
        each_run_wrote_once(&scene, &proxy, web).await;
    }
    assert!(one.runs() && other.runs());
}

/// One of the two remediations of a Deployment ran, and wrote it once; the other found it busy, remediated or changed.
async fn each_run_wrote_once(scene: &Scene, proxy: &Proxy, web: &str) {
    let ledger = scene.ledger(web).await;
    let succeeded = ledger.runs.iter().filter(|run| run.outcome == RunOutcome::Succeeded).count();
    assert_eq!((succeeded, ledger.runs.len(), ledger.blocks.len(), ledger.holder), (1, 2, 0, None), "{web}: {:?}", ledger.runs);
    let writes = |write: &Call| write.changes_deployment() && write.namespace == scene.namespace && write.name == web;
    assert_eq!(proxy.writes(|write| writes(write) && write.is_committed()).len(), 1, "{web}");
    assert_eq!(scene.memory(web).await, ("256Mi".to_owned(), 1), "{web}");
}

async fn holder(leases: &Api<Lease>) -> Option<String> {
    leases.get("kubernaut-controllers").await.unwrap().spec.unwrap().holder_identity.filter(|holder| !holder.is_empty())
}

#[tokio::test]
async fn a_second_copy_refuses_to_start_until_the_first_gave_the_lease_back() {
    let _turn = a_cluster_more().await;
    let sandbox = faults().await;
    let leases = Api::<Lease>::namespaced(sandbox.client("admin").await.unwrap(), SYSTEM_NAMESPACE);
    let kubeconfig = sandbox.kubeconfig_path();
    let first = Controllers::start(&kubeconfig, &settings(""), &[]).await;
    let held_by = holder(&leases).await.unwrap();
    let refusal = Controllers::refusal(&kubeconfig, &settings("")).await;
    assert!(refusal.contains(&format!("another copy holds the lease: {held_by}")), "{refusal}");
    let (status, said) = first.terminate().await;
    assert!(status.success() && said.contains("lease released"), "{said}");
    assert_eq!(holder(&leases).await, None);
    let begun = Instant::now();
    let next = Controllers::start(&kubeconfig, &settings(""), &[]).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "the lease of 15 s is not waited for, but this took {:?}", begun.elapsed());
    assert_ne!(holder(&leases).await.unwrap(), held_by);
    assert!(next.terminate().await.0.success());
}
