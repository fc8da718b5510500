//! A cluster of which every text is hostile, through every command: nothing of it reaches a terminal.

use super::server::{Asked, Server, answered, nothing_happens, status, user};
use super::store::{block, decided, ledger, remediation, request, run, step_request};
use super::{BINARY, alone};
use axum::response::Response;
use serde_json::{Value, json};

/// Colour, a turned direction, a cursor movement, a bell, an isolate, a second line, something invisible.
const HOSTILE: &str = "\u{1b}[31m\u{202e}\u{9b}2A\u{7}\u{2066}\rx\nForged: yes\u{200b}";
const OURS: &str = "/apis/kubernaut.ai/v1alpha1";

/// Texts that have to be what they are, or the object could not be found or understood at all.
#[rustfmt::skip]
const KEPT: &[&str] = &[
    "apiVersion", "kind", "name", "namespace", "uid", "id", "resourceVersion", "timeout", "targetResource", "target", "decision", "planHash",
    "rollbackStrategy", "result", "outcome", "severity", "kubernaut.ai/remediation-request", "team",
];

fn hostile(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields
                .iter_mut()
                .filter(|(key, value)| !(value.is_string() && KEPT.contains(&key.as_str())))
                .for_each(|(_, value)| hostile(value));
        }
        Value::Array(items) => items.iter_mut().for_each(hostile),
        Value::String(text) if text.parse::<jiff::Timestamp>().is_err() && !is_word_of_ours(text) => text.push_str(HOSTILE),
        _ => {}
    }
}

/// Phases and reasons are checked by the server, and read by type.
fn is_word_of_ours(text: &str) -> bool {
    let words = ["Failed", "Completed", "AwaitingApproval", "Skipped", "Sent", "medium", "Applied", "PreviousExecutionFailed", "gateway"];
    words.contains(&text)
}

fn object(kind: &str, name: &str, spec: Value, status: Value) -> Value {
    let metadata = json!({"name": name, "namespace": "payment", "resourceVersion": "3", "creationTimestamp": "2025-12-06T10:30:00Z",
        "labels": {"kubernaut.ai/remediation-request": "rr-x", "team": "a", "owner": "b"}});
    json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec, "status": status})
}

fn objects() -> Vec<Value> {
    let mut blocks = vec![block("rr-a"), block("rr-b")];
    blocks
        .iter_mut()
        .for_each(|block| block["run"]["name"] = format!("{}{HOSTILE}", block["run"]["name"].as_str().unwrap_or_default()).into());
    blocks.push(block("rr-x"));
    let failure = json!({"wasExecutionFailure": true, "failedStep": 2, "message": "exit 1", "reason": "OOM"});
    let mut failed = run("rr-x", "Failed");
    failed["status"]["failureDetails"] = failure;
    let mut skipped = run("rr-s", "Skipped");
    skipped["status"]["skipDetails"] = json!({"reason": "PreviousExecutionFailed", "message": "why", "skippedAt": "2025-12-06T10:31:00Z"});
    let of = json!({"name": "rr-x-workflow", "namespace": "payment"});
    let mut over = remediation("rr-x", "Failed");
    over["status"] = json!({"phase": "Failed", "message": "no", "outcome": "Failed", "blocked": true, "requiresManualReview": true});
    let sent = json!({"phase": "Failed", "deliveries": [{"receiver": "slack", "state": "Failed", "lastError": "HTTP 403"}]});
    let mut all = vec![
        request("a"),
        request("b"),
        request("changed"),
        decided("c", "Approved", "bob"),
        decided("d", "Rejected", "bob"),
        failed,
        skipped,
        run("rr-a", "Failed"),
        run("rr-b", "Failed"),
        step_request("rr-x"),
        over,
        remediation("rr-y", "AwaitingApproval"),
        ledger(json!({"blocks": blocks, "consecutiveFailures": 1})),
        object(
            "AIAnalysis",
            "rr-x-analysis",
            json!({"remediationRequestRef": {"name": "rr-x"}}),
            json!({"phase": "Completed", "message": "m"}),
        ),
        object("RemediationProcessing", "rr-x-processing", json!({}), json!({"phase": "Completed", "message": "m"})),
        object(
            "NotificationRequest",
            "n",
            json!({"subject": "s", "body": "b", "type": "t", "remediationRequestRef": {"name": "rr-x"}}),
            sent,
        ),
        object(
            "BlockClearance",
            "bc",
            json!({"targetResource": "payment/deployment/api", "blockId": "x", "clearedBy": "bob", "reason": "because"}),
            json!({"phase": "Applied", "message": "m"}),
        ),
        object(
            "KubernetesExecution",
            "rr-x-workflow-step-1",
            json!({"workflowExecutionRef": of, "stepNumber": 1, "action": "act"}),
            json!({"phase": "Failed", "message": "m"}),
        ),
    ];
    all.iter_mut().for_each(hostile);
    all
}

fn plural(kind: &str) -> String {
    match kind {
        "AIAnalysis" => "aianalyses".to_owned(),
        kind => format!("{}s", kind.to_lowercase()),
    }
}

/// What is not one of the objects: who one is, versions, the routing tree, Events, the lease.
fn beside(asked: &Asked) -> Option<Value> {
    let routing = "route:\n  receiver: \"a\\e[31m\\u202E\\x9B2A\"\nreceivers:\n- name: \"a\\e[31m\\u202E\\x9B2A\"\n";
    let about = json!({"kind": "RemediationRequest", "namespace": "payment", "name": "rr-x"});
    let hostile_text = |text: &str| format!("{text}{HOSTILE}");
    let event = json!({"metadata": {"name": "e", "namespace": "payment"}, "involvedObject": about, "reason": hostile_text("Reason"),
        "message": hostile_text("said"), "lastTimestamp": "2025-12-06T10:31:00Z", "source": {"component": hostile_text("somebody")}});
    let lease = json!({"holderIdentity": hostile_text("other"), "leaseDurationSeconds": 15, "renewTime": "2999-01-01T00:00:00.000000Z"});
    let settings = json!({"gate": {hostile_text("newer"): 1}}).to_string();
    let annotations = json!({"kubernaut.ai/version": hostile_text("0.0.1"), "kubernaut.ai/settings": settings});
    let version = json!({"major": "1", "minor": "33", "gitVersion": hostile_text("v1.33.0"), "gitCommit": "", "gitTreeState": "", "buildDate": "",
        "goVersion": "", "compiler": "", "platform": ""});
    Some(match asked.path.as_str() {
        "/version" => version,
        "/apis/kubernaut.ai" => json!({"kind": "APIGroup", "apiVersion": "v1", "name": "kubernaut.ai",
            "versions": [{"groupVersion": "kubernaut.ai/v1", "version": hostile_text("v1")}]}),
        path if path.ends_with("/events") => json!({"metadata": {}, "items": [event]}),
        path if path.ends_with("/configmaps/kubernaut-routing") => {
            json!({"metadata": {"name": "kubernaut-routing"}, "data": {"routing.yaml": routing}})
        }
        path if path.contains("/leases/") => {
            json!({"metadata": {"name": "kubernaut-controllers", "annotations": annotations}, "spec": lease})
        }
        path if path.ends_with("/selfsubjectaccessreviews") => json!({"metadata": {}, "spec": {}, "status": {"allowed": true}}),
        _ => return None,
    })
}

fn answer(asked: &Asked) -> Response {
    if asked.is_watch() {
        return nothing_happens();
    }
    if asked.path.ends_with("/selfsubjectreviews") {
        return user(&format!("alice{HOSTILE}"));
    }
    if let Some(value) = beside(asked) {
        return answered(200, &value);
    }
    let at = |object: &Value| {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        (format!("{OURS}/namespaces/payment/{}", plural(text("/kind"))), text("/metadata/name").to_owned())
    };
    let path = asked.path.trim_end_matches("/status").replace(&format!("{OURS}/"), &format!("{OURS}/namespaces/payment/"));
    let path = path.replace("namespaces/payment/namespaces/", "namespaces/");
    let all = objects();
    let one = all.iter().find(|object| {
        let (place, name) = at(object);
        path == format!("{place}/{name}")
    });
    match (asked.method.as_str(), one) {
        ("PATCH", Some(_)) if asked.path.contains("/changed/") => status(409, "Conflict", &format!("modified{HOSTILE}"), "changed"),
        ("GET", None) if path.contains("/blockclearances/") => {
            let name = path.rsplit('/').next().unwrap_or_default();
            let spec = json!({"targetResource": "payment/deployment/api", "blockId": "x", "clearedBy": "bob", "reason": "because"});
            let refused = json!({"phase": "Refused", "message": format!("no{HOSTILE}")});
            answered(200, &object("BlockClearance", name, spec, refused))
        }
        ("POST", _) => {
            let mut made = asked.body.clone();
            made["status"] = json!({"phase": "Refused", "message": format!("no{HOSTILE}")});
            answered(201, &made)
        }
        (_, Some(one)) => answered(200, one),
        ("GET", None) if path.starts_with(OURS) && all.iter().any(|object| at(object).0 == path) => {
            let mut items: Vec<Value> = all.iter().filter(|object| at(object).0 == path).cloned().collect();
            // Such a name no real server lets in.
            let mut last = items[0].clone();
            let called = format!("{}{HOSTILE}", last["metadata"]["name"].as_str().unwrap_or_default());
            last["metadata"]["name"] = called.into();
            items.push(last);
            answered(200, &json!({"metadata": {"resourceVersion": "9"}, "items": items}))
        }
        _ => status(404, "NotFound", &format!("nothing{HOSTILE}"), "it"),
    }
}

/// Refuses everything, in hostile words.
fn refuse(asked: &Asked) -> Response {
    let resource = asked.path.rsplit('/').next().unwrap_or_default();
    let said = format!(
        "{resource}.kubernaut.ai is forbidden: User \"bob{HOSTILE}\" cannot list resource \"{resource}{HOSTILE}\" in API group \"kubernaut.ai\" in the namespace \"payment{HOSTILE}\""
    );
    status(403, "Forbidden", &said, "x")
}

fn broken(_: &Asked) -> Response {
    status(500, "InternalError", &format!("etcd{HOSTILE}"), "x")
}

/// What a terminal must not see, or a line that the cluster began.
fn dangerous(text: &str) -> Option<String> {
    let bad = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.lines().find(|line| line.contains(bad) || line.starts_with("Forged:")).map(|line| format!("{line:?}"))
}

#[rustfmt::skip]
const COMMANDS: &[&str] = &[
    "get aar", "get aar -o wide", "get aar -A --show-labels", "get aar -o name", "get aar -L owner", "get aar a -o yaml", "get aar -o json",
    "get aar -o yaml", "get aar nobody", "get aar -A --sort-by .spec.requestedBy", "get wfe -o wide", "get wfe --show-labels", "get rr -o wide",
    "get aia -o wide", "get nr -o wide", "get rp -o wide", "get ke -o wide", "get wsar -o wide", "get bc -o wide", "get targets -o wide",
    "get blocks -o wide", "get blocks -A", "get blocks -o name", "get targets -o json", "get blocks -o yaml", "get targets nobody",
    "status", "status -A", "status -o name", "status -o json", "status rr/rr-x --show-events -o wide", "status rr/rr-x -o json", "status rr/rr-y",
    "status wfe/rr-x-workflow", "status rr/rr-x -w", "status rr/rr-x -w -o json", "status rr/rr-x --wait", "status rr/nobody",
    "why wfe/rr-s-workflow", "why wfe/rr-x-workflow -o json", "why rr/rr-x", "why aar/a", "why aar/c", "why --target payment/deployment/api",
    "history", "history rr/rr-x", "history rr/rr-x -o wide", "history -A -o json", "history -o name", "history --target payment/deployment/api",
    "chat aar/a", "review wsar/rr-x-workflow-step-2-approval",
    "approve a --yes", "approve c --yes", "approve d --yes", "approve d --yes -o json", "approve changed --yes", "approve a --dry-run -o yaml",
    "approve --all --yes --dry-run=server", "approve nobody --yes", "approve a --yes --as eve", "approve rr/rr-y --yes",
    "reject a -m no", "clear-block rr-x-workflow -m because-it-is-so --confirm api", "clear-block rr-x-workflow --dry-run -m because-it-is-so -o yaml",
    "clear-block rr-s-workflow -m because-it-is-so --confirm api", "clear-block --all -m because-it-is-so --confirm 3",
    "clear-block rr-x-workflow", "clear-block rr-x-workflow --confirm web -m because",
    "version", "version -o json", "check", "check -o json", "route show", "route test a=b", "route test nr/n --tree", "uninstall",
    "install --dry-run=server", "run-controllers --yes", "simulate --alert x --target payment/deployment/api",
];

fn ran(server: &Server, words: &str) -> String {
    let mut command = alone(BINARY);
    command.args(words.split(' ')).args(["-s", &server.address]);
    if !words.starts_with("run-controllers") {
        command.args(["-n", "payment"]);
    }
    let output = command.output().expect("it ran");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn no_command_lets_a_hostile_cluster_draw() {
    let server = Server::plain(|asked| Some(answer(asked)));
    let [refusing, failing] = [refuse, broken].map(|answer| Server::plain(move |asked| Some(answer(asked))));
    let mut wrong = Vec::new();
    let mut verbs = std::collections::BTreeSet::new();
    for words in COMMANDS {
        // How a refusal is told depends on the verb alone.
        let is_first = verbs.insert(words.split(' ').next());
        let servers = [("well", &server), ("refused", &refusing), ("broken", &failing)];
        for (how, server) in servers.into_iter().take(if is_first { 3 } else { 1 }) {
            let said = ran(server, words);
            assert!(!said.contains("panicked"), "{words}, {how}: {said}");
            wrong.extend(dangerous(&said).map(|line| format!("{words}, {how}: {line}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
