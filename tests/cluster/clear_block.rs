//! `clear-block`, as its users type it.

use crate::clearing::after_a_failure;
use crate::controllers::Controllers;
use crate::flows::refuse_changes;
use crate::stage::{SURE, Scene, program, settings};
use crate::support::{a_cluster_more, eventually, faults};
use kube::ResourceExt;
use kube::api::DeleteParams;
use kubernaut::api::{RemediationRequest, names};
use serde_json::Value;
use std::process::Output;

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn a_person_clears_by_name_with_a_reason_and_the_target_typed() {
    let _turn = a_cluster_more().await;
    let controllers = Controllers::start(&faults().await.kubeconfig_path(), &settings(""), &["--leader-elect=false"]).await;
    let (scene, request, run) = after_a_failure(controllers.gateway()).await;
    let (name, id) = (run.name_any(), names::block_id(&run.uid().unwrap()));
    let as_person = async |person: &str, more: &[&str]| {
        let words: Vec<&str> = ["-n", &scene.namespace, "clear-block"].into_iter().chain(more.iter().copied()).collect();
        said(&program(faults().await, person, &words).await)
    };
    let because = "--reason=looked at it and put the limits back";
    #[rustfmt::skip]
    let table: Vec<(&str, &str, Vec<&str>, i32, &str)> = vec![
        ("nobody can be asked",              "alice", vec![&name],                                                7, "--confirm web"),
        ("another target's name",            "alice", vec![&name, because, "--confirm=shop"],                     2, "--confirm says shop, but the target is web"),
        ("the server's rule for reasons",    "alice", vec![&name, "--reason=ok", "--confirm=web"],                1, "10"),
        ("without the right",                "bob",   vec![&name, because, "--confirm=web"],                      1, "clear"),
        ("retries are not spent",            "alice", vec![&name, because, "--confirm=web", "--for=exhausted-retries"], 6, "nothing to clear for exhausted-retries"),
        ("no such run",                      "alice", vec!["nobody", because, "--confirm=web"],                   1, "not found"),
        ("yes is not enough",                "alice", vec![&name, because, "--yes"],                              7, "--confirm web"),
        ("all of them, miscounted",          "alice", vec!["--all", because, "--confirm=2"],                      2, "--confirm says 2, but 1 block would be cleared"),
        ("all of them, without the right",   "bob",   vec!["--all", because, "--confirm=1"],                      1, "clear"),
        ("several, unconfirmed",             "alice", vec![&name, "other"],                                       2, "one run is cleared at a time"),
        ("another kind",                     "alice", vec!["aar/x", because, "--confirm=web"],                    2, "takes a run"),
    ];
    for (case, person, words, code, expected) in table {
        let (exit, out, err) = as_person(person, &words).await;
        assert_eq!((exit, out.as_str()), (code, ""), "{case}: {err}");
        assert!(err.contains(expected), "{case}: {err}");
    }
    for dry in ["--dry-run=client", "--dry-run=server"] {
        let (exit, out, err) = as_person("alice", &[&name, because, "--confirm=web", dry]).await;
        assert_eq!(exit, 0, "{err}");
        assert!(out.starts_with(&format!("blockclearance.kubernaut.ai/{id}-1 created (")), "{out}");
    }
    let (exit, out, err) = as_person("alice", &["--all", because, "--dry-run=server"]).await;
    assert_eq!((exit, out), (0, format!("blockclearance.kubernaut.ai/{id}-1 created (server dry run)")), "{err}");
    assert!(err.contains("PreviousExecutionFailed") && err.contains("deployment/web"), "{err}");
    assert_eq!(scene.ledger("web").await.blocks.len(), 1, "nothing of that lifted anything");
    // A remediation names its run.
    let (exit, out, err) = as_person("alice", &[&format!("rr/{request}"), because, "--confirm=web", "-o", "json"]).await;
    assert_eq!(exit, 0, "{err}");
    let written: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&written["spec"]["clearedBy"], &written["status"]["phase"]), (&"alice".into(), &"Applied".into()));
    assert!(scene.ledger("web").await.blocks.is_empty());
    let (exit, out, _) = as_person("alice", &[&name, because, "--confirm=web"]).await;
    assert_eq!((exit, out), (0, format!("workflowexecution.kubernaut.ai/{name} unchanged (nothing is blocked)")));
    assert_eq!(as_person("alice", &[&name, because, "--confirm=web", "--error-unchanged"]).await.0, 3);
    let (exit, out, err) = as_person("alice", &["--all", because, "--confirm=1"]).await;
    assert_eq!((exit, out.as_str(), err), (0, "", format!("No resources found in {} namespace.", scene.namespace)));
    eventually("the failed run is marked", async || scene.run(&request).await.unwrap().status.unwrap().block_cleared).await;
}

#[tokio::test]
async fn spent_retries_are_cleared_by_the_name_of_a_run_that_is_gone() {
    let _turn = a_cluster_more().await;
    let scene = Scene::with(faults().await, &["web"]).await;
    refuse_changes(&scene, "web").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let one = settings("gate: {maxConsecutiveFailures: 1}");
    std::fs::write(file.path(), &one).unwrap();
    let controllers = Controllers::start(&faults().await.kubeconfig_path(), &one, &["--leader-elect=false"]).await;
    let request = scene.raise(controllers.gateway(), SURE).await;
    scene.over(&request).await;
    let run = scene.run(&request).await.unwrap();
    scene.api::<RemediationRequest>().delete(&request, &DeleteParams::default()).await.unwrap();
    eventually("the run follows its request", async || scene.run(&request).await.is_none()).await;
    let (name, config) = (format!("wfe/{}", run.name_any()), format!("--config={}", file.path().display()));
    let words = ["-n", &scene.namespace, "clear-block", &name, "--reason=the sale is over, changes are let in", "--confirm=web"];
    // Without a lease nobody knows the limit, and of the usual five only one try is spent.
    let (exit, out, err) = said(&program(faults().await, "alice", &words).await);
    assert_eq!((exit, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("with default settings") && err.contains("not found"), "{err}");
    let (exit, out, err) = said(&program(faults().await, "alice", &[&words[..], &[&config]].concat()).await);
    let id = names::exhaustion_id(&run.uid().unwrap());
    assert_eq!((exit, out), (0, format!("blockclearance.kubernaut.ai/{id}-1 created, block cleared")), "{err}");
    assert_eq!(scene.ledger("web").await.consecutive_failures, 0);
}
