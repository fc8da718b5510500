//! A person with rights in one namespace only can do everything there; one without any is told, in one line, which rule is missing.

use crate::clearing::after_a_failure;
use crate::controllers::Controllers;
use crate::stage::{ASKS, Scene, kubectl, program, settings, succeeded};
use crate::support::{a_cluster_more, faults};
use kube::ResourceExt;
use kubernaut::api::RemediationPhase;
use std::process::Output;

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Runs the program as somebody who exists only by what is bound to their name.
async fn as_person(person: &str, scene: &Scene, words: &[&str]) -> (Option<i32>, String, String) {
    let words: Vec<&str> = ["--as", person, "-n", &scene.namespace].into_iter().chain(words.iter().copied()).collect();
    said(&program(faults().await, "admin", &words).await)
}

async fn bind(person: &str, role: &str, scene: &Scene) {
    let (name, role, user) = (format!("{person}-{role}"), format!("--clusterrole=kubernaut-{role}"), format!("--user={person}"));
    let words = ["-n", &scene.namespace, "create", "rolebinding", &name, &role, &user];
    succeeded(&kubectl(faults().await, "admin", &words).await);
}

#[tokio::test]
async fn rights_in_one_namespace_are_enough_there_and_none_are_named() {
    let _turn = a_cluster_more().await;
    let controllers = Controllers::start(&faults().await.kubeconfig_path(), &settings(""), &["--leader-elect=false"]).await;
    let (scene, request, run) = after_a_failure(controllers.gateway()).await;
    let other = Scene::with(faults().await, &["web"]).await;
    let (asking, more) = (other.raise(controllers.gateway(), ASKS).await, Scene::with(faults().await, &["web"]).await);
    other.reaches(&asking, RemediationPhase::AwaitingApproval).await;
    let rejected = more.raise(controllers.gateway(), ASKS).await;
    more.reaches(&rejected, RemediationPhase::AwaitingApproval).await;
    for role in ["viewer", "approver", "clearer"] {
        for scene in [&scene, &other, &more] {
            bind("nina", role, scene).await;
        }
    }
    reads(&scene, &request, &run.name_any()).await;
    names_what_is_missing(&scene, &request, &run.name_any()).await;
    decides(&scene, &other, &asking, &run.name_any(), (&more, &rejected)).await;
}

async fn reads(scene: &Scene, request: &str, run: &str) {
    let (rr, wfe, target) = (format!("rr/{request}"), format!("wfe/{run}"), format!("{}/deployment/web", scene.namespace));
    let kinds = ["approvals", "targets", "blocks"];
    let lists = kinds.iter().map(|kind| vec!["get", kind]);
    let others = [
        vec!["status"],
        vec!["status", &rr],
        vec!["why", &rr],
        vec!["why", &wfe],
        vec!["why", "--target", &target],
        vec!["history", &rr],
        vec!["history", "--target", &target],
    ];
    for words in lists.chain(others) {
        let (code, out, err) = as_person("nina", scene, &words).await;
        assert_eq!(code, Some(0), "{words:?}: {out}{err}");
        assert!(!err.contains("forbidden"), "{words:?}: {err}");
    }
}

async fn decides(scene: &Scene, other: &Scene, asking: &str, run: &str, (more, rejected): (&Scene, &str)) {
    let approval = other.approval(asking).await.name_any();
    let (code, out, err) = as_person("nina", other, &["approve", &approval, "--yes"]).await;
    assert_eq!((code, out.as_str()), (Some(0), &*format!("aiapprovalrequest.kubernaut.ai/{approval} approved\n")), "{err}");
    other.over(asking).await;
    assert_eq!(other.approval(asking).await.status.unwrap().decided_by.as_deref(), Some("nina"));
    let approval = more.approval(rejected).await.name_any();
    let (code, _, err) = as_person("nina", more, &["reject", &approval, "--reason", "not tonight"]).await;
    assert_eq!(code, Some(0), "{err}");
    let (code, out, err) =
        as_person("nina", scene, &["clear-block", run, "--reason", "looked at it, it is as it was", "--confirm", "web"]).await;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(scene.ledger("web").await.blocks.is_empty());
}

/// One may read nothing at all, another only read.
async fn names_what_is_missing(scene: &Scene, request: &str, run: &str) {
    bind("vera", "viewer", scene).await;
    let rr = format!("rr/{request}");
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<&str>, &str)> = vec![
        ("nemo", vec!["get", "approvals"],             r#"resources: ["aiapprovalrequests"], verbs: ["list"]"#),
        ("nemo", vec!["get", "approvals", "-w"],       r#"resources: ["aiapprovalrequests"], verbs: ["list"]"#),
        ("nemo", vec!["get", "targets"],               r#"resources: ["remediationtargets"], verbs: ["list"]"#),
        ("nemo", vec!["get", "blocks"],                r#"resources: ["remediationtargets"], verbs: ["list"]"#),
        ("nemo", vec!["status"],                       r#"verbs: ["list"]"#),
        ("nemo", vec!["status", &rr],                  r#"resources: ["remediationrequests"], verbs: ["get"]"#),
        ("nemo", vec!["why", &rr],                     r#"verbs: ["#),
        ("nemo", vec!["history", &rr],                 r#"verbs: ["#),
        ("nemo", vec!["approve", "x", "--yes"],        r#"resources: ["aiapprovalrequests"], verbs: ["get"]"#),
        ("nemo", vec!["clear-block", run, "--reason", "looked at it, it is as it was", "--confirm", "web"], r#"verbs: ["#),
        ("vera", vec!["get", "approvals", "-A"],       r#"in a ClusterRole: {apiGroups: ["kubernaut.ai"], resources: ["aiapprovalrequests"], verbs: ["list"]}"#),
        ("vera", vec!["clear-block", run, "--reason", "looked at it, it is as it was", "--confirm", "web"], r#"resources: ["blockclearances"], verbs: ["create"]"#),
    ];
    for (person, words, rule) in table {
        let (code, out, err) = as_person(person, scene, &words).await;
        assert_eq!((code, out.as_str()), (Some(1), ""), "{person} {words:?}: {err}");
        let names = |line: &&str| line.starts_with("Hint: the missing rule, in a ") || line.starts_with("Hint: clearing takes both, in a ");
        let named = err.lines().filter(names).filter(|line| line.contains(rule)).count();
        assert_eq!(named, 1, "{person} {words:?}: {err}");
    }
}
