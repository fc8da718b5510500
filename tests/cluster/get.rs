//! `get` on a real API server: every type, from rows and from objects, beside kubectl, while things change, and by the thousand.

use crate::hostile::world::{World, sandbox};
use crate::schemas;
use crate::stage::{kubectl, program, succeeded};
use crate::support::{PROGRAM, a_cluster_more, eventually};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Types as people call them, and as the API server does.
const TYPES: [(&str, &str); 9] = [
    ("approvals", "aiapprovalrequests"),
    ("executions", "workflowexecutions"),
    ("remediations", "remediationrequests"),
    ("analyses", "aianalyses"),
    ("notifications", "notificationrequests"),
    ("processings", "remediationprocessings"),
    ("steps", "kubernetesexecutions"),
    ("stepapprovals", "workflowstepapprovalrequests"),
    ("clearances", "blockclearances"),
];

async fn ours(world: &World, words: &[&str]) -> String {
    succeeded(&program(sandbox().await, "admin", &[&["-n", &world.namespace, "--time=utc", "get"], words].concat()).await)
}

async fn theirs(world: &World, words: &[&str]) -> String {
    succeeded(&kubectl(sandbox().await, "admin", &[&["-n", &world.namespace, "get"], words].concat()).await)
}

/// Lists of a type in the world's namespace that were answered so far, as the audit log has their queries.
async fn lists(world: &World, plural: &str) -> Vec<String> {
    let log = std::fs::read_to_string(sandbox().await.audit_log_path().unwrap()).unwrap();
    let path = format!("/namespaces/{}/{plural}?", world.namespace);
    let uris = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()?["requestURI"].as_str().map(str::to_owned));
    uris.filter_map(|uri| uri.split_once(&path).map(|(_, query)| query.to_owned())).collect()
}

#[tokio::test]
async fn every_type_is_shown_as_kubectl_would_and_the_same_from_rows_and_from_objects() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    world.furnish().await;
    for (name, plural) in TYPES {
        let rows = ours(&world, &[name]).await;
        eventually("the list is logged", async || !lists(&world, plural).await.is_empty()).await;
        assert_eq!(lists(&world, plural).await, ["&includeObject=None"], "{name}: one call, and no objects in it");
        assert_eq!(rows, ours(&world, &[name, "--sort-by=.metadata.name"]).await, "{name}");
        for form in ["-oname", "-ojson", "-oyaml", "-ojsonpath={.items[*].metadata.uid}", "-lstate in (open,failed)|-oname"] {
            let form: Vec<&str> = form.split('|').collect();
            let (our, their) =
                (ours(&world, &[&[name], form.as_slice()].concat()).await, theirs(&world, &[&[plural], form.as_slice()].concat()).await);
            assert!(our == their, "{name} {form:?}");
        }
    }
    hostile(&world).await;
    for (name, plural) in TYPES {
        let (rows, wide) = (ours(&world, &[name]).await, ours(&world, &[name, "-o", "wide", "--show-labels"]).await);
        assert_eq!(wide.lines().count(), rows.lines().count(), "{name}");
        let objects = ours(&world, &[name, "-o", "json"]).await;
        for text in [rows, wide, objects.clone()] {
            assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{name}: {text:?}");
        }
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(value(&objects), value(&theirs(&world, &[plural, "-o", "json"]).await), "{name}");
    }
    selections(&world).await;
    rights(&world).await;
}

/// Objects whose texts would move a cursor or turn the direction of a line.
async fn hostile(world: &World) {
    let mut notice = world.notice();
    notice["subject"] = "\u{1b}[2J\u{1b}]0;owned\u{7}red \u{202e}evil\r\nForged line \u{9b}31m 負荷 🔥".into();
    world.put("notificationrequests", "hostile", notice, Value::Null).await;
    let mut request = world.approval("gateway");
    request["plan"]["workflowId"] = "\u{1b}[31mw\u{202e}".into();
    request["plan"]["targetResource"] = "a/b\n/c\u{1b}[A".into();
    world.put("aiapprovalrequests", "hostile", request, Value::Null).await;
}

async fn selections(world: &World) {
    let pending = ours(world, &["aar", "--pending", "-o", "name"]).await;
    assert_eq!(pending, theirs(world, &["aar", "--field-selector=status.decision=", "-o", "name"]).await);
    assert_eq!(pending.lines().count(), 3, "{pending}");
    assert_eq!(ours(world, &["aar", "--expiring=16m", "-o", "name"]).await, pending);
    assert_eq!(ours(world, &["aar", "--expiring=1m", "-o", "name"]).await, "");
    let mine = async |person: &str, kind: &str| {
        let words = ["-n", world.namespace.as_str(), "get", kind, "--mine", "-o", "jsonpath={.items[*].metadata.name}"];
        succeeded(&program(sandbox().await, person, &words).await)
    };
    assert_eq!(mine("alice", "aar").await, "hostile open", "not her own");
    assert_eq!(mine("bob", "aar").await, "", "he may not decide");
    assert_eq!(mine("alice", "wsar").await, "step", "not her own, and not another group's");
    let skipped = json!({"status": {"skipDetails": {"reason": "ResourceBusy", "message": "m", "skippedAt": "2026-01-01T00:00:00Z"}}});
    world.patch("admin", "workflowexecutions/skipped/status", &skipped).await.unwrap();
    assert_eq!(
        ours(world, &["wfe", "--skip-reason=ResourceBusy,ExhaustedRetries", "-o", "name"]).await.trim(),
        "workflowexecution.kubernaut.ai/skipped"
    );
    assert_eq!(ours(world, &["wfe", "--skip-reason=ExhaustedRetries", "-o", "name"]).await, "");
}

/// Who may see one namespace sees it, and is told what is missing for all of them.
async fn rights(world: &World) {
    let role = json!({"kind": "ClusterRole", "name": "kubernaut-viewer", "apiGroup": "rbac.authorization.k8s.io"});
    let trudy = json!([{"kind": "User", "name": "trudy", "apiGroup": "rbac.authorization.k8s.io"}]);
    let binding = json!({"metadata": {"name": "trudy-views"}, "roleRef": role, "subjects": trudy});
    let bindings = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings", world.elsewhere);
    world.create("admin", &bindings, &binding).await.unwrap();
    let as_trudy = async |words: &[&str]| program(sandbox().await, "trudy", &[&["-n", &world.elsewhere, "get"], words].concat()).await;
    eventually("she may see the namespace", async || as_trudy(&["approvals"]).await.status.success()).await;
    for (name, _) in TYPES {
        succeeded(&as_trudy(&[name]).await);
    }
    let refused = as_trudy(&["approvals", "-A"]).await;
    let err = String::from_utf8_lossy(&refused.stderr).into_owned();
    let rule = "in a ClusterRole: {apiGroups: [\"kubernaut.ai\"], resources: [\"aiapprovalrequests\"], verbs: [\"list\"]}";
    assert_eq!(refused.status.code(), Some(1), "{err}");
    assert_eq!(err.lines().filter(|line| line.contains(rule)).count(), 1, "{err}");
}

/// A command that goes on, and the lines that it prints.
struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    async fn start(world: &World, words: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("--kubeconfig").arg(sandbox().await.kubeconfig_path()).args(["-n", &world.namespace, "get"]).args(words);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (out, (send, lines)) = (child.stdout.take().unwrap(), channel());
        std::thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).all(|line| send.send(line).is_ok()));
        Self { child, lines }
    }

    /// The next line.
    fn line(&self) -> String {
        let line = self.lines.recv_timeout(Duration::from_secs(60)).unwrap();
        schemas::checked(&line);
        line
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_appended() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    world.furnish().await;
    let approvals = Following::start(&world, &["aar", "-l", "state in (open,alices)", "-w"]).await;
    let (header, _, open) = (approvals.line(), approvals.line(), approvals.line());
    assert!(header.starts_with("NAME ") && open.starts_with("open "), "{header}\n{open}");
    let objects = Following::start(&world, &["aar", "--watch-only", "-o", "json", "--field-selector=metadata.name=open"]).await;
    let targets = Following::start(&world, &["targets", "-w"]).await;
    assert!(targets.line().starts_with("TARGET "));
    let shown: Vec<String> = (0..2).map(|_| targets.line()).collect();
    // What is followed begins at some time: until it is seen, it is changed and changed again.
    let mut touched = 0;
    let first = loop {
        touched += 1;
        world
            .patch("admin", "aiapprovalrequests/open", &json!({"metadata": {"annotations": {"touched": touched.to_string()}}}))
            .await
            .unwrap();
        if let Ok(line) = objects.lines.recv_timeout(Duration::from_secs(2)) {
            break line;
        }
        assert!(touched < 30, "nothing is followed");
    };
    let object: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&object["kind"], &object["metadata"]["name"]), (&"AIApprovalRequest".into(), &"open".into()));
    let decision = json!({"status": {"decision": "Approved", "decidedBy": "alice"}});
    world.patch("alice", "aiapprovalrequests/open/status", &decision).await.unwrap();
    let decided = std::iter::repeat_with(|| approvals.line()).find(|line| line.contains("Approved")).unwrap();
    assert!(decided.starts_with("open ") && header.find("DECISION") == decided.find("Approved"), "{header}\n{decided}");
    let changed =
        json!({"status": {"consecutiveFailures": 3, "nextAllowedExecution": "2100-01-01T00:00:00Z", "rebuiltAt": "2026-01-01T00:00:00Z"}});
    world.patch("admin", "remediationtargets/deployment.web/status", &changed).await.unwrap();
    let web = targets.line();
    assert!(web.starts_with(&world.target_of("web")) && !shown.contains(&web) && web.contains(" 3 "), "{shown:?}\n{web}");
}

#[tokio::test]
async fn a_thousand_are_read_in_one_call_as_rows_and_by_pages_as_objects() {
    const MANY: usize = 1_000;
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    let spec = world.approval("gateway");
    let make = async |number: usize| {
        let metadata = json!({"name": format!("many-{number:04}")});
        let object = json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "AIApprovalRequest", "metadata": metadata, "spec": spec});
        world.create("admin", &world.path("aiapprovalrequests"), &object).await.map(drop)
    };
    stream::iter(0..MANY).map(make).buffer_unordered(16).try_collect::<()>().await.unwrap();
    let rows = ours(&world, &["approvals"]).await;
    assert_eq!(rows.lines().count(), MANY + 1);
    assert!(rows.lines().skip(1).enumerate().all(|(number, line)| line.starts_with(&format!("many-{number:04}   deployment/web"))));
    let objects: Value = serde_json::from_str(&ours(&world, &["approvals", "-o", "json"]).await).unwrap();
    assert_eq!(objects["items"].as_array().unwrap().len(), MANY);
    eventually("the lists are logged", async || lists(&world, "aiapprovalrequests").await.len() >= 3).await;
    let queries = lists(&world, "aiapprovalrequests").await;
    assert_eq!(
        queries.iter().map(|query| query.split("&continue=").next().unwrap()).collect::<Vec<_>>(),
        ["&includeObject=None", "&limit=500", "&limit=500"]
    );
    let listed = async |words: &[&str]| ours(&world, &[&["approvals", "--no-headers"], words].concat()).await;
    assert_eq!(listed(&["--chunk-size=300"]).await.lines().count(), MANY);
    assert_eq!(listed(&["--sort-by=.metadata.name", "--chunk-size=0"]).await, listed(&[]).await);
}
