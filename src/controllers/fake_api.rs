//! An API server in memory: enough of create, get, list, replace, patch and delete for tests, with failures on demand.

use super::context::{Context, Ctx};
use super::own_writes::OwnWrites;
use crate::clock::Clock;
use crate::settings::Settings;
use http::{Method, Request, Response, StatusCode};
use kube::{Client, client::Body};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

/// Answers from memory. Clones share the memory.
#[derive(Clone, Default)]
pub struct FakeApi(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    objects: BTreeMap<String, Value>,
    version: u64,
    failures: Vec<Failure>,
    calls: Vec<String>,
    denied: Vec<String>,
}

struct Failure {
    call: String,
    code: u16,
    times: usize,
}

impl FakeApi {
    /// Stores an object at its path, for example `/api/v1/nodes/n`.
    pub fn with(self, path: &str, object: Value) -> Self {
        self.0.lock().unwrap().put(path, object);
        self
    }

    /// Removes an object.
    pub fn without(self, path: &str) -> Self {
        self.0.lock().unwrap().objects.remove(path);
        self
    }

    /// Fails calls whose `METHOD /path` begins with this text, so many times.
    pub fn failing(self, call: &str, code: u16, times: usize) -> Self {
        self.0.lock().unwrap().failures.push(Failure { call: call.into(), code, times });
        self
    }

    /// Denies the right to create requests in a namespace.
    pub fn denying(self, namespace: &str) -> Self {
        self.0.lock().unwrap().denied.push(namespace.into());
        self
    }

    /// The object at a path.
    pub fn object(&self, path: &str) -> Option<Value> {
        self.0.lock().unwrap().objects.get(path).cloned()
    }

    /// The objects below a path.
    pub fn objects(&self, path: &str) -> Vec<Value> {
        let memory = self.0.lock().unwrap();
        memory.objects.iter().filter(|(key, _)| key.starts_with(path)).map(|(_, object)| object.clone()).collect()
    }

    /// How many calls began with this text.
    pub fn calls(&self, call: &str) -> usize {
        self.0.lock().unwrap().calls.iter().filter(|made| made.starts_with(call)).count()
    }

    /// A context that talks to this API server.
    pub fn context(&self, settings: Settings) -> Ctx {
        let api = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let api = api.clone();
            async move { Ok::<_, Infallible>(api.answer(request).await) }
        });
        let client = Client::new(service, "default");
        Arc::new(Context {
            client,
            clock: Clock::system(),
            settings,
            account: "the-gateway".into(),
            process: "p".into(),
            own_writes: OwnWrites::default(),
        })
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body: Value = serde_json::from_slice(&body.collect_bytes().await.unwrap()).unwrap_or(Value::Null);
        let (code, answer) = self.0.lock().unwrap().answer(&head.method, head.uri.path(), head.uri.query().unwrap_or_default(), body);
        Response::builder().status(StatusCode::from_u16(code).unwrap()).body(Body::from(answer.to_string().into_bytes())).unwrap()
    }
}

impl Memory {
    fn put(&mut self, path: &str, mut object: Value) -> Value {
        self.version += 1;
        if !object["metadata"].is_object() {
            object["metadata"] = json!({});
        }
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        object["metadata"]["name"] = json!(path.rsplit('/').next());
        for (key, value) in [("uid", json!(format!("uid-{path}"))), ("creationTimestamp", json!("2026-11-22T17:28:05Z"))] {
            object["metadata"].as_object_mut().unwrap().entry(key).or_insert(value);
        }
        self.objects.insert(path.into(), object.clone());
        object
    }

    fn answer(&mut self, method: &Method, path: &str, query: &str, body: Value) -> (u16, Value) {
        let dry_run = query.contains("dryRun=All") || body["dryRun"][0] == "All";
        let call = format!("{}{method} {path}", if dry_run { "DRYRUN " } else { "" });
        self.calls.push(call.clone());
        if let Some(failure) = self.failures.iter_mut().find(|failure| failure.times > 0 && call.starts_with(&failure.call)) {
            failure.times -= 1;
            return refusal(failure.code);
        }
        match method.as_str() {
            "POST" if path.ends_with("/tokenreviews") => (201, reviewed(body)),
            "POST" if path.ends_with("/subjectaccessreviews") => (201, self.allowed(body)),
            "POST" => self.create(path, body),
            "PATCH" => self.patch(path, body),
            "PUT" => self.replace(path, body),
            "DELETE" => self.delete(path, &body, dry_run),
            _ if ["/remediationrequests", "/workflowexecutions", "/blockclearances"].iter().any(|kind| path.ends_with(kind)) => {
                (200, self.list(path, query))
            }
            _ => self.objects.get(path).map_or_else(|| refusal(404), |object| (200, object.clone())),
        }
    }

    fn create(&mut self, path: &str, body: Value) -> (u16, Value) {
        let path = format!("{path}/{}", body["metadata"]["name"].as_str().unwrap());
        match self.objects.contains_key(&path) {
            true => already_exists(),
            false => (201, self.put(&path, namespaced(&path, body))),
        }
    }

    fn patch(&mut self, path: &str, body: Value) -> (u16, Value) {
        let whole = !path.ends_with("/status");
        let path = path.trim_end_matches("/status");
        let Some(mut object) = self.objects.get(path).cloned() else { return refusal(404) };
        let (seen, now) = (&body["metadata"]["resourceVersion"], &object["metadata"]["resourceVersion"]);
        assert!(seen.is_string(), "a patch of {path} without a version");
        if seen != now {
            return refusal(409);
        }
        match whole {
            true => merge(&mut object, &body),
            false => merge(&mut object["status"], &body["status"]),
        }
        (200, self.put(path, object))
    }

    fn replace(&mut self, path: &str, body: Value) -> (u16, Value) {
        let (path, whole) = (path.trim_end_matches("/status"), !path.ends_with("/status"));
        let Some(mut object) = self.objects.get(path).cloned() else { return refusal(404) };
        if body["metadata"]["resourceVersion"] != object["metadata"]["resourceVersion"] {
            return refusal(409);
        }
        match whole {
            true => object = body,
            false => object["status"] = body["status"].clone(),
        }
        (200, self.put(path, object))
    }

    fn delete(&mut self, path: &str, body: &Value, dry_run: bool) -> (u16, Value) {
        let Some(object) = self.objects.get(path).cloned() else { return refusal(404) };
        let fits = |field: &str| body["preconditions"][field] == object["metadata"][field];
        assert!(body["preconditions"].is_object(), "a delete of {path} without preconditions");
        if !fits("uid") || !fits("resourceVersion") {
            return refusal(409);
        }
        if !dry_run {
            self.objects.remove(path);
        }
        (200, object)
    }

    fn list(&self, path: &str, query: &str) -> Value {
        let wanted = query.split("spec.signalFingerprint%3D").nth(1).and_then(|rest| rest.split('&').next());
        let (group, kind) = path.rsplit_once('/').unwrap_or_default();
        let is_listed = |key: &str| key.starts_with(&format!("{group}/")) && key.contains(&format!("/{kind}/"));
        let below = self.objects.iter().filter(|(key, _)| is_listed(key));
        let items: Vec<_> =
            below.map(|(_, object)| object).filter(|object| wanted.is_none_or(|w| object["spec"]["signalFingerprint"] == w)).collect();
        json!({ "apiVersion": "v1", "kind": "List", "metadata": {}, "items": items })
    }

    fn allowed(&self, mut body: Value) -> Value {
        assert_eq!(body["spec"]["user"], "alice");
        let namespace = body["spec"]["resourceAttributes"]["namespace"].as_str().unwrap();
        body["status"] = json!({ "allowed": !self.denied.iter().any(|denied| denied == namespace) });
        body
    }
}

fn reviewed(mut body: Value) -> Value {
    body["status"] = match body["spec"]["token"] == "good" {
        true => json!({ "authenticated": true, "user": { "username": "alice", "groups": ["g"] } }),
        false => json!({ "authenticated": false }),
    };
    body
}

fn namespaced(path: &str, mut object: Value) -> Value {
    let parts: Vec<&str> = path.split('/').collect();
    if let Some(at) = parts.iter().position(|part| *part == "namespaces") {
        object["metadata"]["namespace"] = json!(parts[at + 1]);
    }
    object
}

fn merge(into: &mut Value, patch: &Value) {
    match (into.as_object_mut(), patch.as_object()) {
        (Some(into), Some(patch)) => patch.iter().for_each(|(key, value)| match value {
            Value::Null => drop(into.remove(key)),
            value => merge(into.entry(key).or_insert(Value::Null), value),
        }),
        (None, Some(_)) => {
            *into = json!({});
            merge(into, patch);
        }
        _ => *into = patch.clone(),
    }
}

fn refusal(code: u16) -> (u16, Value) {
    let message = format!("refused with {code}");
    let reason = match code {
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        429 => "TooManyRequests",
        _ => "InternalError",
    };
    (
        code,
        json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code, "metadata": {} }),
    )
}

fn already_exists() -> (u16, Value) {
    let (code, mut answer) = refusal(409);
    answer["reason"] = json!("AlreadyExists");
    (code, answer)
}

/// An object that is controlled by others, written `apps/v1 ReplicaSet api-5f7d`.
pub fn owned_by(owner: &str, uid: &str) -> Value {
    let words: Vec<&str> = owner.split_whitespace().collect();
    json!({ "metadata": { "ownerReferences": [{ "apiVersion": words[0], "kind": words[1], "name": words[2], "uid": uid, "controller": true }] } })
}
