//! What each role may do, as `kubectl auth can-i --list` tells it, and what the controllers' account really uses of its rights.

use super::world::{World, sandbox};
use crate::controllers::Controllers;
use crate::stage::{ASKS, FAILS, SURE, Scene, kubectl, settings, succeeded};
use crate::support::{a_cluster_more, eventually};
use kube::ResourceExt;
use kubernaut::api::{RemediationPhase, names};
use kubernaut::manifests::{self, Part};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const ACCOUNT: &str = "system:serviceaccount:kubernaut-system:kubernaut-controllers";

/// What the role lists: nothing but the lines about resources, in order.
async fn listed(role: &str, world: &World) -> String {
    let group = format!("only-{role}");
    let subject = json!([{"kind": "Group", "name": group, "apiGroup": "rbac.authorization.k8s.io"}]);
    let binding = json!({
        "metadata": {"name": role}, "subjects": subject,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": format!("kubernaut-{role}")},
    });
    let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings", world.elsewhere);
    world.create("admin", &path, &binding).await.unwrap();
    let words = ["auth", "can-i", "--list", "-n", &world.elsewhere, "--as=somebody", &format!("--as-group={group}")];
    let said = succeeded(&kubectl(sandbox().await, "admin", &words).await);
    let ours = |line: &&str| !line.starts_with(' ') && !line.contains("selfsubject");
    let mut lines: Vec<String> =
        said.lines().skip(1).filter(ours).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.sort();
    lines.join("\n") + "\n"
}

#[tokio::test]
async fn each_role_allows_what_its_snapshot_says() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    for role in ["viewer", "approver", "clearer", "auditor"] {
        let listed = listed(role, &world).await;
        let path = Path::new("tests/cluster/snapshots").join(format!("{role}.txt"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &listed).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(listed, kept, "{role}: UPDATE=1 writes {}", path.display());
    }
}

/// A verb on a resource.
type Right = (String, String, String);

fn granted() -> BTreeSet<Right> {
    let roles = manifests::of(Part::Rbac).into_iter().filter(|object| object.name_any() == "kubernaut-controllers");
    let rules: Vec<Value> = roles.filter_map(|role| role.data["rules"].as_array().cloned()).flatten().collect();
    let mut rights = BTreeSet::new();
    let words = |rule: &Value, field: &str| -> Vec<String> {
        rule[field].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    for rule in &rules {
        for group in words(rule, "apiGroups") {
            for resource in words(rule, "resources") {
                rights.extend(words(rule, "verbs").into_iter().map(|verb| (group.clone(), resource.clone(), verb)));
            }
        }
    }
    rights
}

/// What the account asked for, and what of it was forbidden, by the API server's own log.
async fn asked() -> (BTreeSet<Right>, Vec<String>) {
    let log = std::fs::read_to_string(sandbox().await.audit_log_path().unwrap()).unwrap();
    let events =
        log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).filter(|event| event["user"]["username"] == ACCOUNT);
    let (mut asked, mut forbidden) = (BTreeSet::new(), Vec::new());
    for event in events.filter(|event| event["objectRef"].is_object()) {
        let text = |field: &str| event["objectRef"][field].as_str().unwrap_or_default().to_owned();
        let resource = [text("resource"), text("subresource")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        if event["annotations"]["authorization.k8s.io/decision"] == "forbid" {
            forbidden.push(event.to_string());
        }
        asked.insert((text("apiGroup"), resource, event["verb"].as_str().unwrap_or_default().to_owned()));
    }
    (asked, forbidden)
}

/// Rights that this course of remediations does not use, and what they are for.
const NOT_USED_HERE: &[(&str, &str, &str)] = &[
    ("remediationrequests", "operate", "not a request: the policies ask for it"),
    ("events", "", "looked at by some analyses only, and written with --audit-log"),
    ("validatingadmissionpolicies", "", "watched with --audit-log"),
    ("validatingadmissionpolicybindings", "", "watched with --audit-log"),
    ("nodes", "get", "a node's alert"),
    ("services", "get", "a service's alert"),
    ("statefulsets", "", "a stateful set's alert, or its memory"),
    ("daemonsets", "", "a daemon set's alert, or its memory"),
    ("jobs", "get", "a job's alert"),
    ("cronjobs", "get", "a cron job's alert"),
    ("pods", "", "restarting a pod, and looking at one"),
    ("namespaces", "get", "a ledger that was lost, a run that is deleted"),
    ("tokenreviews", "create", "alerts that come with a token"),
    ("subjectaccessreviews", "create", "alerts that come with a token"),
    ("leases", "", "copies that stand by; these controllers run alone"),
    ("remediationrequests/status", "patch", "a repeated alert"),
    ("remediationprocessings", "get", "an analysis that is ahead of its store"),
    ("aiapprovalrequests/status", "update", "an approval that expires"),
    ("workflowexecutions", "patch", "another attempt, a stop"),
    ("kubernetesexecutions", "get", "a step that is ahead of its store"),
    ("notificationrequests", "get", "a notice that is ahead of its store"),
    ("blockclearances", "get", "a clearance that is ahead of its store"),
    ("remediationrequests", "delete", "retention"),
    ("remediationrequests/finalizers", "update", "owner references that block a deletion, where the API server asks for it"),
    ("aianalyses/finalizers", "update", "the same"),
    ("workflowexecutions/finalizers", "update", "the same"),
    ("workflowstepapprovalrequests", "", "steps that ask"),
    ("workflowstepapprovalrequests/status", "", "steps that ask"),
];

fn excused((_, resource, verb): &Right) -> bool {
    NOT_USED_HERE.iter().any(|(known, of, _)| known == resource && (of.is_empty() || of == verb))
}

#[tokio::test]
async fn the_controllers_use_what_they_are_granted_and_nothing_else() {
    let _turn = a_cluster_more().await;
    let sandbox = sandbox().await;
    let controllers = Controllers::start(&sandbox.kubeconfig_path(), &settings("retention: {ended: 1s}"), &["--leader-elect=false"]).await;
    let gateway = controllers.gateway();
    let scene = Scene::with(sandbox, &["web", "shop", "desk"]).await;
    let asks = scene.raise(gateway, ASKS).await;
    scene.reaches(&asks, RemediationPhase::AwaitingApproval).await;
    let patch = r#"{"status":{"decision":"Approved","decidedBy":"alice"}}"#;
    let approval = names::approval(&names::analysis(&asks));
    let words = ["-n", &scene.namespace, "patch", "aiapprovalrequest", &approval, "--type=merge", "--subresource=status", "-p", patch];
    succeeded(&kubectl(sandbox, "alice", &words).await);
    let sure = scene.raise_about("shop", gateway, SURE).await;
    let fails = scene.raise_about("desk", gateway, FAILS).await;
    // Whole remediations go with their requests, under the garbage collector's own account.
    for name in [&asks, &sure] {
        let requests = scene.api::<kubernaut::api::RemediationRequest>();
        eventually("an ended remediation is deleted", async || requests.get_opt(name).await.unwrap().is_none()).await;
        eventually("its run goes along", async || scene.run(name).await.is_none()).await;
    }
    assert!(scene.over(&fails).await.status.unwrap().blocked);
    let id = names::block_id(&scene.run(&fails).await.unwrap().uid().unwrap());
    let spec = json!({"targetResource": format!("{}/deployment/desk", scene.namespace), "blockId": id, "clearedBy": "alice", "reason": "looked at it, all is well"});
    let clearance: kubernaut::api::BlockClearance = serde_json::from_value(json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "BlockClearance", "metadata": {"name": "lifts"}, "spec": spec,
    }))
    .unwrap();
    let as_alice = kube::Api::namespaced(sandbox.client("alice").await.unwrap(), &scene.namespace);
    as_alice.create(&Default::default(), &clearance).await.unwrap();
    eventually("the block is lifted", async || scene.ledger("desk").await.blocks.is_empty()).await;
    eventually("what was blocked goes, too", async || scene.run(&fails).await.is_none()).await;
    controllers.terminate().await;
    let ((asked, forbidden), granted) = (asked().await, granted());
    assert!(forbidden.is_empty(), "asked for without a right: {forbidden:#?}");
    let unexpected: Vec<_> = asked
        .difference(&granted)
        .filter(|(_, resource, _)| resource != "selfsubjectreviews" && resource != "selfsubjectaccessreviews")
        .collect();
    assert!(unexpected.is_empty(), "asked for, and granted by no rule of ours: {unexpected:?}");
    let unused: Vec<_> = granted.difference(&asked).filter(|right| !excused(right)).collect();
    assert!(unused.is_empty(), "granted, and neither used nor excused: {unused:?}");
    for (resource, verb, _) in NOT_USED_HERE {
        let known = granted.iter().any(|(_, granted, of)| granted == resource && (verb.is_empty() || of == verb));
        assert!(known || resource.starts_with("workflowstepapproval"), "{resource} {verb} is excused, but not granted");
    }
}
