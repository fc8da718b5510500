//! An API server that keeps objects of ours: it checks versions, and shows what was written.

use super::server::{Asked, Server, answered, nothing_happens, status, user};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};

/// What it holds, who asks, and what was written.
pub struct Kept {
    pub objects: BTreeMap<String, Value>,
    pub written: Vec<Value>,
    pub who: String,
    /// Resources on which whoever asks may do nothing special.
    pub forbidden: Vec<&'static str>,
    /// Whether nobody carries out clearances.
    pub idle: bool,
    /// Clearances of these blocks are refused.
    pub refused: Vec<String>,
    /// How reads of clearances are answered, one after the other, before they are answered well.
    pub unseen: Vec<u16>,
    /// Whether what is created is kept, and the answer lost.
    pub lost: bool,
    /// What a role names, of what is forbidden otherwise.
    pub named: Option<&'static str>,
}

/// The server.
pub struct Store {
    server: Server,
    kept: Arc<Mutex<Kept>>,
}

const GROUP: &str = "/apis/kubernaut.ai/v1alpha1";

impl Store {
    /// Keeps these objects; whoever calls is alice.
    pub fn with(objects: Vec<Value>) -> Self {
        let objects = objects.into_iter().map(|object| (path(&object), object)).collect();
        let who = "alice".to_owned();
        let (written, forbidden, refused, unseen) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let kept = Arc::new(Mutex::new(Kept { objects, written, who, forbidden, idle: false, refused, unseen, lost: false, named: None }));
        let known = kept.clone();
        let server = Server::plain(move |asked| Some(answer(&mut known.lock().expect("not poisoned"), asked)));
        Self { server, kept }
    }

    /// Keeps what is usual: a request `x`, and its target with nothing against it.
    pub fn usual() -> Self {
        Self::with(vec![request("x"), deployment(), ledger(json!({}))])
    }

    /// Keeps one more object.
    pub fn add(&self, object: Value) {
        self.kept().objects.insert(path(&object), object);
    }

    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("not poisoned")
    }

    /// The bodies of the writes that succeeded.
    pub fn written(&self) -> Vec<Value> {
        self.kept().written.clone()
    }

    /// Changes an object behind everybody's back.
    pub fn change(&self, kind: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let mut kept = self.kept();
        let object = kept.objects.get_mut(&format!("{GROUP}/namespaces/payment/{kind}/{name}")).expect("the object");
        change(object);
        bump(object);
    }
}

impl Deref for Store {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

fn bump(object: &mut Value) {
    let version: u64 = object["metadata"]["resourceVersion"].as_str().and_then(|version| version.parse().ok()).unwrap_or_default();
    object["metadata"]["resourceVersion"] = (version + 1).to_string().into();
}

fn path(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let plural = match text("/kind") {
        "AIAnalysis" => "aianalyses".to_owned(),
        kind => format!("{}s", kind.to_lowercase()),
    };
    let group = if text("/apiVersion") == "apps/v1" { "/apis/apps/v1" } else { GROUP };
    format!("{group}/namespaces/{}/{plural}/{}", text("/metadata/namespace"), text("/metadata/name"))
}

fn answer(kept: &mut Kept, asked: &Asked) -> Response {
    match asked.method.as_str() {
        // Nothing ever happens here by itself.
        _ if asked.is_watch() => nothing_happens(),
        "POST" if asked.path.ends_with("/selfsubjectreviews") => user(&kept.who),
        "POST" if asked.path.ends_with("/selfsubjectaccessreviews") => rights(kept, asked),
        "GET" => read(kept, asked),
        "PATCH" => patch(kept, asked),
        "POST" => create(kept, asked),
        _ => status(405, "MethodNotAllowed", "no", "x"),
    }
}

fn rights(kept: &Kept, asked: &Asked) -> Response {
    let resource = asked.body["spec"]["resourceAttributes"]["resource"].as_str().expect("a resource");
    let is_named = kept.named.is_some_and(|name| asked.body["spec"]["resourceAttributes"]["name"] == name);
    let mut answer = asked.body.clone();
    answer["status"] = json!({"allowed": is_named || !kept.forbidden.contains(&resource)});
    answered(201, &answer)
}

fn read(kept: &mut Kept, Asked { path, query, .. }: &Asked) -> Response {
    if path.contains("/leases/") && kept.forbidden.contains(&"leases") {
        return status(403, "Forbidden", "leases is forbidden: no", "x");
    }
    if path.contains("/blockclearances/") && !kept.unseen.is_empty() {
        return status(kept.unseen.remove(0), "x", "not now", "x");
    }
    if let Some(found) = kept.objects.get(path) {
        return answered(200, found);
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    // A collection, in a namespace or in all.
    if !matches!(path.matches('/').count(), 4 | 6) {
        return status(404, "NotFound", &format!("{name} not found"), name);
    }
    let text = |object: &Value, pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (below, anywhere) = (format!("{path}/"), format!("/{name}/"));
    let is_in = |at: &str| if path.matches('/').count() == 4 { at.contains(&anywhere) } else { at.starts_with(&below) };
    let wanted = |object: &&Value| {
        let waits = !query.contains("status.decision%3D") || text(object, "/status/decision").is_empty();
        let labelled = !query.contains("labelSelector=team%3Da") || text(object, "/metadata/labels/team") == "a";
        let run = text(object, "/spec/workflowExecutionRef/name");
        waits && labelled && (!query.contains("workflowExecutionRef.name") || query.contains(&format!("name%3D{run}")))
    };
    let items: Vec<&Value> = kept.objects.iter().filter(|(at, _)| is_in(at)).map(|(_, object)| object).filter(wanted).collect();
    answered(200, &json!({"metadata": {"resourceVersion": "9"}, "items": items}))
}

fn patch(kept: &mut Kept, Asked { path, query, body: sent, .. }: &Asked) -> Response {
    let path = path.trim_end_matches("/status");
    let is_named = kept.named.is_some_and(|name| path.ends_with(&format!("/{name}")));
    if !is_named && kept.forbidden.iter().any(|resource| path.contains(&format!("/{resource}/"))) {
        return status(403, "Forbidden", "x is forbidden: no", "x");
    }
    let Some(object) = kept.objects.get(path) else { return status(404, "NotFound", "not found", "x") };
    let version = &sent["metadata"]["resourceVersion"];
    if !version.is_null() && *version != object["metadata"]["resourceVersion"] {
        return status(409, "Conflict", "the object has been modified", "x");
    }
    let mut changed = object.clone();
    for (key, value) in sent["status"].as_object().expect("a status") {
        changed["status"][key] = value.clone();
    }
    bump(&mut changed);
    if !query.contains("dryRun=All") {
        kept.written.push(sent.clone());
        kept.objects.insert(path.to_owned(), changed.clone());
    }
    answered(200, &changed)
}

/// Creates an object; a clearance is carried out at once unless that is wanted otherwise, and its reason has the rule that the real server has.
fn create(kept: &mut Kept, Asked { path, query, body, .. }: &Asked) -> Response {
    let mut sent = body.clone();
    if kept.forbidden.iter().any(|resource| path.ends_with(resource)) {
        let said = "blockclearances.kubernaut.ai is forbidden: User \"bob\" cannot create resource \"blockclearances\" in API group \"kubernaut.ai\" in the namespace \"payment\"";
        return status(403, "Forbidden", said, "x");
    }
    let reason = sent["spec"]["reason"].as_str().unwrap_or_default();
    if reason.trim().len() < 10 {
        let why = "BlockClearance.kubernaut.ai \"x\" is invalid: spec.reason: Invalid value: give a reason of at least 10 characters";
        return status(422, "Invalid", why, "x");
    }
    let at = format!("{path}/{}", sent["metadata"]["name"].as_str().unwrap_or_default());
    if kept.objects.contains_key(&at) {
        return status(409, "AlreadyExists", "it exists already", "x");
    }
    if !query.contains("dryRun=All") {
        kept.written.push(sent.clone());
        let refused = kept.refused.iter().any(|id| sent["spec"]["blockId"] == **id);
        sent["status"] = match (kept.idle, refused) {
            (true, _) => json!({}),
            (_, true) => json!({"phase": "Refused", "message": "the block is another"}),
            _ => json!({"phase": "Applied"}),
        };
        kept.objects.insert(at, sent);
        if kept.lost {
            return status(504, "Timeout", "the answer is late", "x");
        }
    }
    answered(201, body)
}

/// A request for a plan that changes the memory of `deployment/api`.
pub fn request(name: &str) -> Value {
    let created = "2999-01-01T00:00:00Z";
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "AIApprovalRequest",
        "metadata": {"name": name, "namespace": "payment", "resourceVersion": "7", "creationTimestamp": created},
        "spec": {
            "aiAnalysisRef": {"name": "rr-x-analysis", "namespace": "payment"},
            "investigation": {"rootCause": "a leak", "confidenceScore": 72.0, "confidenceLevel": "medium", "recommendations": []},
            "plan": {"targetResource": "payment/deployment/api", "targetUid": "u", "workflowId": "oom", "policyHash": "", "planSchema": 1,
                "executionStrategy": {"rollbackStrategy": "automatic"}, "steps": [{"stepNumber": 1, "action": "increase_resources",
                "parameters": {"memory": "1Gi"}, "writes": [{"field": "spec.memory", "before": "512Mi", "after": "1Gi",
                "object": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "payment", "name": "api", "uid": "u"}}]}]},
            "planHash": "h".repeat(64), "requestedBy": "gateway", "requestedAt": created, "timeout": "15m",
        },
    })
}

/// A request that somebody decided.
pub fn decided(name: &str, decision: &str, by: &str) -> Value {
    let mut request = request(name);
    request["status"] = json!({"decision": decision, "decidedBy": by, "decidedAt": "2025-12-06T10:31:00Z"});
    request
}

/// A remediation in this phase.
pub fn remediation(name: &str, phase: &str) -> Value {
    json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest", "metadata": {"name": name, "namespace": "payment", "resourceVersion": "1"},
        "spec": {"targetResource": "payment/deployment/api"}, "status": {"phase": phase}})
}

/// The Deployment that Argo CD holds.
pub fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "payment", "uid": "u",
        "annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:payment/api"}}})
}

/// The ledger of `deployment/api`, with more of its status.
pub fn ledger(more: Value) -> Value {
    let mut status = json!({"rebuiltAt": "2025-12-06T10:00:00Z", "consecutiveFailures": 0});
    for (key, value) in more.as_object().expect("an object") {
        status[key] = value.clone();
    }
    json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationTarget", "metadata": {"name": "deployment.api", "namespace": "payment"},
        "spec": {"targetResource": "payment/deployment/api"}, "status": status})
}

/// A block that the run `NAME-workflow` made on `deployment/api`.
pub fn block(name: &str) -> Value {
    let run = json!({"namespace": "payment", "name": format!("{name}-workflow"), "uid": format!("{name}-uid"), "remediationRequest": name});
    json!({"id": format!("{name}id"), "run": run, "workflowId": "oom", "since": "2025-12-06T10:31:00Z", "message": ""})
}

/// The run `NAME-workflow` of a plan of two steps, failed in the second or waiting for it.
pub fn run(name: &str, phase: &str) -> Value {
    let writes = json!([{"field": "spec.memory", "before": "512Mi", "after": "1Gi",
        "object": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "payment", "name": "api", "uid": "u"}}]);
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "WorkflowExecution",
        "metadata": {"name": format!("{name}-workflow"), "namespace": "payment", "uid": format!("{name}-uid"), "labels": {"team": "a"}},
        "spec": {
            "remediationRequestRef": {"name": name, "namespace": "payment"}, "targetResource": "payment/deployment/api", "targetUid": "u",
            "workflowRef": {"workflowId": "oom"}, "executionStrategy": {"rollbackStrategy": "automatic"}, "planHash": "h".repeat(64),
            "policyHash": "", "planSchema": 1, "workflowDefinition": {"steps": [
                {"stepNumber": 1, "action": "collect_diagnostics"},
                {"stepNumber": 2, "action": "increase_resources", "parameters": {"memory": "1Gi"}, "dependencies": [1],
                    "requiresApproval": true, "writes": writes}]},
        },
        "status": {"phase": phase, "stepStatuses": [
            {"stepNumber": 1, "kubernetesExecutionRef": {"name": "s", "namespace": "payment"}, "phase": "Completed"}]},
    })
}

/// The request for the second step of the run `NAME-workflow`.
pub fn step_request(name: &str) -> Value {
    let created = "2999-01-01T00:00:00Z";
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "WorkflowStepApprovalRequest",
        "metadata": {"name": format!("{name}-workflow-step-2-approval"), "namespace": "payment", "resourceVersion": "5", "creationTimestamp": created},
        "spec": {
            "workflowExecutionRef": {"name": format!("{name}-workflow"), "namespace": "payment", "uid": "w"}, "stepNumber": 2,
            "action": "increase_resources", "parameters": {"memory": "1Gi"}, "planHash": "h".repeat(64), "approverGroups": ["sre"],
            "requestedBy": "gateway", "requestedAt": created, "timeout": "15m",
        },
    })
}
