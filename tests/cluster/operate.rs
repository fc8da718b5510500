//! Installing, checking, shadowing and uninstalling with the real command, on a cluster of their own: they take everything away.

use crate::controllers::Controllers;
use crate::proxy::Proxy;
use crate::stage::{ASKS, SURE, Scene, install, kubectl, program, settings, succeeded};
use crate::support::{PROGRAM, a_cluster_more, eventually, namespace_in, start};
use http::StatusCode;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::Api;
use kubernaut::api::{RemediationPhase, SYSTEM_NAMESPACE};
use kubernaut::sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tokio::sync::OnceCell;

/// A cluster in which anything may be taken away. Take a turn before: see `a_cluster_more`.
pub async fn cluster() -> &'static Sandbox {
    static CLUSTER: OnceCell<Sandbox> = OnceCell::const_new();
    CLUSTER.get_or_init(|| start(Options { name: Some("operate".to_owned()), nodes: 1, ..Options::default() })).await
}

async fn admin(words: &[&str]) -> Output {
    program(cluster().await, "admin", words).await
}

/// Exit code, standard output and standard error.
async fn ended(words: &[&str]) -> (i32, String, String) {
    told(&admin(words).await)
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

async fn kube(words: &[&str]) -> String {
    succeeded(&kubectl(cluster().await, "admin", words).await)
}

/// Writes an object by kubectl.
async fn put(object: &Value) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), object.to_string()).unwrap();
    kube(&["create", "-f", file.path().to_str().unwrap()]).await;
}

/// Takes everything of ours away, with all data.
pub async fn nothing_installed() {
    succeeded(&admin(&["uninstall", "--delete-data", "--confirm", "cluster", "--force"]).await);
}

fn remediation(namespace: &str, name: &str, signal: &str) -> Value {
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest", "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "signalName": signal, "signalFingerprint": "0".repeat(64), "severity": "critical", "environment": "production", "priority": "P0",
            "targetResource": format!("{namespace}/deployment/web"), "firingTime": "2025-01-01T00:00:00Z",
            "receivedTime": "2025-01-01T00:00:00Z", "requestedBy": "admin",
        },
    })
}

#[tokio::test]
async fn a_second_install_changes_nothing_and_drift_is_shown_and_repaired() {
    let _turn = a_cluster_more().await;
    nothing_installed().await;
    let (code, out, err) = ended(&["install", "--dry-run=server"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.lines().all(|line| line.ends_with(" created (server dry run)")), "{out}");
    let (code, out, _) = ended(&["install", "--diff"]).await;
    assert!(code == 1 && out.contains("+++ install/namespace/kubernaut-system"), "{code} {out}");
    assert_eq!(kube(&["get", "crd,validatingadmissionpolicy", "-o", "name"]).await, "", "nothing was done yet");

    let first = succeeded(&admin(&["install"]).await);
    assert!(first.lines().count() > 30 && first.lines().all(|line| line.ends_with(" created")), "{first}");
    assert!(!kube(&["get", "validatingadmissionpolicy", "-o", "name"]).await.contains("probe"), "the probe is gone");
    let again = succeeded(&admin(&["install"]).await);
    assert!(again.lines().all(|line| line.ends_with(" unchanged")), "{again}");
    let client = succeeded(&admin(&["install", "--dry-run=client"]).await);
    assert!(client.lines().all(|line| line.ends_with(" unchanged (dry run)")), "{client}");
    let (code, out, err) = ended(&["install", "--diff"]).await;
    assert_eq!((code, out.as_str()), (0, ""), "{err}");

    let policy = ["patch", "validatingadmissionpolicy", "kubernaut-requests", "--type=json", "-p"];
    kube(&[&policy[..], &[r#"[{"op": "replace", "path": "/spec/failurePolicy", "value": "Ignore"}]"#]].concat()).await;
    let exempt = r#"{"spec": {"matchConditions": [{"name": "all-but-mallory", "expression": "request.userInfo.username != 'mallory'"}]}}"#;
    kube(&["patch", "validatingadmissionpolicy", "kubernaut-ties", "--type=merge", "-p", exempt]).await;
    let more = r#"{"matchConstraints": {"namespaceSelector": {"matchLabels": {"guarded": "yes"}}}}"#;
    kube(&["patch", "validatingadmissionpolicy", "kubernaut-writers", "--type=merge", "-p", &format!(r#"{{"spec": {more}}}"#)]).await;
    kube(&["delete", "validatingadmissionpolicybinding", "kubernaut-remediations"]).await;
    let (code, out, err) = ended(&["install", "--diff"]).await;
    assert_eq!(code, 1, "{err}");
    for line in [
        "-  failurePolicy: Ignore\n",
        "+  failurePolicy: Fail\n",
        "all-but-mallory",
        "guarded",
        "install/validatingadmissionpolicybinding.",
    ] {
        assert!(out.contains(line), "{line} in {out}");
    }
    assert!(!out.contains("managedFields") && !out.contains("resourceVersion"), "{out}");
    let (code, _, err) = ended(&["install"]).await;
    assert!(code == 6 && err.contains("kubectl-patch") && err.contains("--force-conflicts"), "{code} {err}");
    let repaired = succeeded(&admin(&["install", "--force-conflicts"]).await);
    assert_eq!(repaired.lines().filter(|line| line.ends_with(" configured")).count(), 3, "{repaired}");
    assert_eq!(ended(&["install", "--diff"]).await.0, 0);
}

#[tokio::test]
async fn a_policy_that_was_repaired_holds_when_install_returns() {
    let _turn = a_cluster_more().await;
    nothing_installed().await;
    install(cluster().await).await;
    let weak = r#"[{"op": "replace", "path": "/spec/validations/0/expression", "value": "true"}]"#;
    kube(&["patch", "validatingadmissionpolicy", "kubernaut-remediations", "--type=json", "-p", weak]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut forged = remediation("default", "forged", SURE);
    forged["spec"]["requestedBy"] = json!("somebody");
    std::fs::write(file.path(), forged.to_string()).unwrap();
    let passes = async || {
        let words = ["create", "--dry-run=server", "-f", file.path().to_str().unwrap()];
        kubectl(cluster().await, "admin", &words).await.status.success()
    };
    eventually("the weak policy lets it pass", passes).await;
    succeeded(&admin(&["install", "--force-conflicts"]).await);
    assert!(!passes().await, "the repaired policy is not enforced yet");
}

#[tokio::test]
async fn a_kind_that_was_upgraded_is_served_anew_when_install_returns() {
    let _turn = a_cluster_more().await;
    nothing_installed().await;
    install(cluster().await).await;
    let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/notifyOnSuccess";
    let old = format!(r#"[{{"op": "remove", "path": "{path}"}}]"#);
    kube(&["patch", "crd", "remediationrequests.kubernaut.ai", "--type=json", "-p", &old]).await;
    let published = async || kube(&["get", "--raw", "/openapi/v3/apis/kubernaut.ai/v1alpha1"]).await.contains("notifyOnSuccess");
    eventually("the old schema is served", async || !published().await).await;
    let (code, out, _) = ended(&["check", "--only", "crds"]).await;
    assert!(code == 0 && out.contains("! remediationrequests.kubernaut.ai: stored version differs from client schema"), "{out}");
    assert_eq!(ended(&["check", "--only", "crds", "--strict"]).await.0, 4);
    let upgraded = succeeded(&admin(&["install", "--force-conflicts"]).await);
    assert!(upgraded.contains("remediationrequests.kubernaut.ai configured"), "{upgraded}");
    assert!(published().await, "the new schema is not served yet");
}

#[tokio::test]
async fn check_names_what_is_broken_and_what_repairs_it() {
    let _turn = a_cluster_more().await;
    nothing_installed().await;
    let (code, out, err) = ended(&["check", "--pre"]).await;
    assert!(code == 0 && out.contains("9 of 9 kinds may be applied"), "{out}{err}");
    let (code, out, _) = told(&program(cluster().await, "bob", &["check", "--pre"]).await);
    assert!(code == 4 && out.contains("ClusterRole: may not be applied; the missing rule, in a ClusterRole:"), "{out}");
    let (code, out, err) = ended(&["check"]).await;
    assert!(code == 4 && out.contains("is missing") && err.contains("kubectl kubernaut install"), "{out}{err}");

    install(cluster().await).await;
    let (code, out, err) = ended(&["check"]).await;
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("10 of 10 established, served v1alpha1") && out.contains("! lease: is not there"), "{out}");
    assert!(out.ends_with(" ok, 1 warning, 0 failures\n"), "{out}");
    assert_eq!(ended(&["check", "--strict"]).await.0, 4, "no controllers work");
    assert_eq!(ended(&["check", "--strict", "--only", "client,cluster,crds,rbac,policy,rights,stuck"]).await.0, 0);

    kube(&["delete", "validatingadmissionpolicybinding", "kubernaut-decisions", "--ignore-not-found"]).await;
    kube(&["delete", "validatingadmissionpolicy", "kubernaut-requests"]).await;
    kube(&["delete", "clusterrole", "kubernaut-clearer"]).await;
    let (code, out, err) = ended(&["check", "-o", "json"]).await;
    assert_eq!(code, 4, "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let failed: Vec<(&str, &str)> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["result"] == "failure")
        .map(|check| (check["category"].as_str().unwrap(), check["name"].as_str().unwrap()))
        .collect();
    assert!(failed.contains(&("attribution", "ValidatingAdmissionPolicy/kubernaut-requests")), "{failed:?}");
    assert!(failed.contains(&("rbac", "ClusterRole/kubernaut-clearer")), "{failed:?}");
    assert!(out.contains("kubectl kubernaut install --only policy"));
    assert_eq!(ended(&["check", "--wait", "1s"]).await.0, 124);
    let waits = admin(&["check", "--wait", "1m", "--only", "rbac,policy"]);
    let repairs = async { succeeded(&admin(&["install"]).await) };
    let (waited, _) = tokio::join!(waits, repairs);
    assert_eq!(told(&waited).0, 0, "it waits until all is well");

    let (code, out, err) = told(&program(cluster().await, "bob", &["check"]).await);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(out.lines().filter(|line| line.starts_with("crds")).count(), 1, "{out}");
    assert!(out.contains("the missing rule, in a ClusterRole: {apiGroups: [\"apiextensions.k8s.io\"]"), "{out}");
}

#[tokio::test]
async fn uninstall_keeps_data_unless_told_twice_and_leaves_nothing() {
    let _turn = a_cluster_more().await;
    nothing_installed().await;
    let sandbox = cluster().await;
    install(sandbox).await;
    let namespace = namespace_in(sandbox, "data").await;
    let mut kept = remediation(&namespace, "kept", SURE);
    kept["metadata"]["finalizers"] = json!(["kubernaut.ai/ledger"]);
    put(&kept).await;
    let ledger = json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationTarget", "metadata": {"name": "deployment.web", "namespace": namespace},
        "spec": {"targetResource": format!("{namespace}/deployment/web")},
    });
    put(&ledger).await;
    let holder = json!({"status": {"holder": {"namespace": namespace, "name": "run", "uid": "u", "remediationRequest": "kept", "workflowId": "w", "since": "2025-01-01T00:00:00Z"}}});
    kube(&["patch", "rt", "deployment.web", "-n", &namespace, "--subresource=status", "--type=merge", "-p", &holder.to_string()]).await;
    assert!(
        !kubectl(sandbox, "admin", &["delete", "rt", "deployment.web", "-n", &namespace]).await.status.success(),
        "a policy protects it"
    );
    let (code, out, _) = ended(&["check", "--only", "stuck"]).await;
    assert!(code == 0 && out.contains("is held by a run that is gone: run"), "{out}");

    let (code, out, err) = ended(&["uninstall"]).await;
    assert_eq!((code, out.as_str()), (6, ""), "{err}");
    assert!(
        err.contains("1 remediationrequests") && err.contains("--delete-data --confirm cluster") && err.contains("--keep-crds"),
        "{err}"
    );
    assert_eq!(ended(&["uninstall", "--delete-data"]).await.0, 7);
    assert_eq!(ended(&["uninstall", "--delete-data", "--confirm", "prod"]).await.0, 7);
    let (code, out, err) = ended(&["uninstall", "--delete-data", "--dry-run=server"]).await;
    assert!(code == 0 && out.lines().all(|line| line.ends_with("deleted (server dry run)")), "{code} {out}{err}");
    succeeded(&admin(&["uninstall", "--only", "policy"]).await);
    assert_eq!(kube(&["get", "validatingadmissionpolicy", "-o", "name"]).await, "");
    succeeded(&admin(&["uninstall", "--keep-crds"]).await);
    assert_eq!(kube(&["get", "rr,rt", "-n", &namespace, "-o", "name"]).await.lines().count(), 2, "data is still there");
    assert_eq!(ended(&["check", "--only", "crds"]).await.0, 0);

    install(sandbox).await;
    kube(&["create", "configmap", "playbooks", "-n", SYSTEM_NAMESPACE]).await;
    let (code, out, err) = ended(&["uninstall", "--delete-data", "--confirm", "cluster"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("1 remediationtargets deleted\n") && err.contains("the policies go first"), "{out}{err}");
    assert!(err.contains("namespace/kubernaut-system stays: configmap/playbooks lives there"), "{err}");
    kube(&["delete", "configmap", "playbooks", "-n", SYSTEM_NAMESPACE]).await;
    assert_eq!(succeeded(&admin(&["uninstall", "-o", "name"]).await), "namespace/kubernaut-system\n");
    assert_eq!(kube(&["get", "crd,validatingadmissionpolicy", "-o", "name"]).await, "");
    assert!(!kube(&["get", "clusterrole,clusterrolebinding", "-o", "name"]).await.contains("/kubernaut"));
    let (code, out, err) = ended(&["uninstall"]).await;
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", "nothing to uninstall\n"));
}

/// Every version of everything that could have been written.
async fn versions() -> String {
    let kinds = "rr,rp,aia,aar,wfe,ke,wsar,nr,rt,bc,deployments,pods,leases,serviceaccounts";
    let all = "jsonpath={range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name} {.metadata.resourceVersion}{'\\n'}{end}";
    let listed = kube(&["get", kinds, "-A", "-o", all]).await;
    // The nodes renew their own leases.
    listed.lines().filter(|line| !line.contains("kube-node-lease") && !line.contains("/kube-system/")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_shadow_tells_what_it_would_do_and_does_nothing() {
    let _turn = a_cluster_more().await;
    let sandbox = cluster().await;
    nothing_installed().await;
    install(sandbox).await;
    let scene = Scene::of_pods(sandbox, &["web"], 1).await;
    put(&remediation(&scene.namespace, "real", SURE)).await;
    let before = versions().await;
    let shadow = Controllers::start(&sandbox.kubeconfig_path(), &settings(""), &["--shadow"]).await;
    let pods = scene.pods("web").await;
    let answer = scene.post(shadow.gateway(), &[scene.alert(SURE, &pods[0])]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.results);
    let (namespace, name) = (&scene.namespace, answer.names().remove(0));
    let lines = [
        format!("would create remediationrequests {namespace}/{name}"),
        format!("would create remediationprocessings {namespace}/real-processing"),
        format!("would update remediationrequests/status {namespace}/real: phase Processing"),
    ];
    for line in &lines {
        eventually(line, async || shadow.log().contains(line)).await;
    }
    assert!(!shadow.log().contains("lease kubernaut-system"), "{}", shadow.log());
    let (status, log) = shadow.terminate().await;
    assert!(status.success() && log.contains("drained"), "{log}");
    assert_eq!(versions().await, before, "a shadow wrote");
    for line in &lines {
        assert_eq!(log.matches(line.as_str()).count(), 1, "{log}");
    }
}

#[tokio::test]
async fn once_goes_on_until_its_own_writes_have_come_back() {
    let _turn = a_cluster_more().await;
    let sandbox = cluster().await;
    nothing_installed().await;
    install(sandbox).await;
    let (scene, proxy) = (Scene::of_pods(sandbox, &["web"], 1).await, Proxy::start(sandbox).await);
    put(&remediation(&scene.namespace, "late", ASKS)).await;
    proxy.stall("remediationprocessings");
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), settings("")).unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("--kubeconfig").arg(proxy.kubeconfig()).args(["run-controllers", "--once", "--config"]).arg(config.path());
    let mut once = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the processing is made", async || !proxy.writes(|call| call.creates("remediationprocessings")).is_empty()).await;
    // Longer than it takes to find that nothing happens any more: only time can show that it does not end.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(once.try_wait().unwrap().is_none(), "it ended while a watch was late");
    proxy.catch_up();
    let status = tokio::task::spawn_blocking(move || once.wait().unwrap()).await.unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(scene.request("late").await.phase(), RemediationPhase::AwaitingApproval);
}

#[tokio::test]
async fn controllers_at_work_are_seen_and_guarded_and_give_the_lease_back() {
    let _turn = a_cluster_more().await;
    let sandbox = cluster().await;
    nothing_installed().await;
    install(sandbox).await;
    let controllers = Controllers::start(&sandbox.kubeconfig_path(), &settings(""), &["--controllers", "*,-notification"]).await;
    let (code, out, err) = ended(&["check", "--only", "controllers", "--strict"]).await;
    assert!(code == 0 && out.contains("lease: held, renewed ") && out.contains("outside the cluster"), "{out}{err}");
    let (code, _, err) = ended(&["uninstall"]).await;
    assert!(code == 6 && err.contains("controllers are at work") && err.contains("--force"), "{err}");
    let (code, _, err) = ended(&["run-controllers", "--force-lease", "--no-input"]).await;
    assert!(code == 7 && err.contains("holds the lease, and stops when it is taken"), "{err}");
    let (status, log) = controllers.terminate().await;
    assert!(status.success() && log.contains("drained, lease released"), "{log}");
    let leases: Api<Lease> = Api::namespaced(sandbox.client("admin").await.unwrap(), SYSTEM_NAMESPACE);
    assert_eq!(leases.get("kubernaut-controllers").await.unwrap().spec.unwrap().holder_identity, None);
    assert!(ended(&["check", "--only", "controllers"]).await.1.contains("was given back"));
    // In a namespace that stays, nothing but uninstall takes it away.
    kube(&["create", "configmap", "playbooks", "-n", SYSTEM_NAMESPACE]).await;
    let (code, out, err) = ended(&["uninstall", "--keep-crds"]).await;
    assert!(code == 0 && out.contains("lease.coordination.k8s.io/kubernaut-controllers deleted\n"), "{out}{err}");
    assert!(err.contains("      1 leases\n") && err.contains("stays: configmap/playbooks lives there"), "{err}");
    assert!(leases.get_opt("kubernaut-controllers").await.unwrap().is_none());
    kube(&["delete", "configmap", "playbooks", "-n", SYSTEM_NAMESPACE]).await;
}
