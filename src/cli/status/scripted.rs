//! An API server for tests: a function answers lists and watches.

use axum::body::{Body as Sent, Bytes};
use futures::{StreamExt, stream};
use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub query: String,
    pub is_watch: bool,
    /// `resourceVersion` of the query.
    pub version: String,
    /// How many requests came before.
    pub nth: usize,
}

/// What is answered.
pub enum Answer {
    Json(u16, Value),
    /// Events, and whether the watch stays open after them.
    Watch(Vec<Value>, bool),
    /// The connection breaks.
    Broken,
}

impl Answer {
    pub fn list(items: &[Value], version: &str) -> Self {
        Self::Json(200, json!({"metadata": {"resourceVersion": version}, "items": items}))
    }

    pub fn missing() -> Self {
        Self::Json(404, json!({"kind": "Status", "code": 404, "message": "not found", "reason": "NotFound", "details": {"name": "x"}}))
    }

    pub fn forbidden(resource: &str) -> Self {
        let said = format!(
            "{resource}.kubernaut.ai is forbidden: User \"bob\" cannot list resource \"{resource}\" in API group \"kubernaut.ai\" in the namespace \"payment\""
        );
        Self::Json(403, json!({"kind": "Status", "code": 403, "message": said, "reason": "Forbidden", "details": {"name": "x"}}))
    }
}

type Answers = dyn Fn(&Asked) -> Answer + Send + Sync;

/// The server.
#[derive(Clone)]
pub struct Script {
    answers: Arc<Answers>,
    asked: Arc<AtomicUsize>,
}

impl Script {
    pub fn of(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self { answers: Arc::new(answers), asked: Arc::default() }
    }

    /// How many requests came so far.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub fn client(&self) -> Client {
        let script = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let answer = script.answer(&request);
            async move { answer }
        });
        Client::new(service, "payment")
    }

    fn answer(&self, request: &Request<Body>) -> Result<Response<Sent>, std::io::Error> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let value = |key: &str| query.split('&').find_map(|part| part.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default().to_owned();
        let asked = Asked {
            path: request.uri().path().to_owned(),
            is_watch: value("watch") == "true",
            version: value("resourceVersion"),
            nth: self.asked.fetch_add(1, Ordering::SeqCst),
            query,
        };
        let (code, body) = match (self.answers)(&asked) {
            Answer::Broken => return Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)),
            Answer::Json(code, value) => (code, Sent::from(value.to_string())),
            Answer::Watch(events, stays) => (200, events_of(events, stays)),
        };
        Ok(Response::builder().status(code).body(body).unwrap_or_default())
    }
}

fn events_of(events: Vec<Value>, stays: bool) -> Sent {
    let lines = stream::iter(events.into_iter().map(|event| Ok::<_, std::io::Error>(Bytes::from(format!("{event}\n")))));
    if stays { Sent::from_stream(lines.chain(stream::pending())) } else { Sent::from_stream(lines) }
}

/// An object of namespace `payment`, made at 10:30.
pub fn object(kind: &str, name: &str, spec: Value, status: Value) -> Value {
    let metadata = json!({"name": name, "namespace": "payment", "uid": format!("uid-of-{name}"), "resourceVersion": "1", "creationTimestamp": "2025-12-06T10:30:00Z"});
    json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec, "status": status})
}
