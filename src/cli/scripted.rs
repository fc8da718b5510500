//! An API server for tests: a function answers, or a list of answers; and a session that goes with it.

use super::connect::Connection;
use super::output::{Times, Voice};
use super::session::Session;
use super::terminal::Look;
use crate::clock::Clock;
use axum::body::{Body as Sent, Bytes};
use futures::{StreamExt, stream};
use http::{Method, Request, Response, Uri, header};
use jiff::{SignedDuration, Timestamp};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub uri: Uri,
    pub path: String,
    pub query: String,
    pub is_watch: bool,
    pub as_table: bool,
    /// `resourceVersion` of the query.
    pub version: String,
    /// How many requests came before.
    pub nth: usize,
    /// What was sent; null without.
    pub body: Value,
}

impl Asked {
    /// `METHOD path`.
    pub fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What is answered.
pub enum Answer {
    Json(u16, Value),
    Text(u16, String),
    /// A document, and the time of whoever sends it, as a header says it.
    Dated(&'static str, Value),
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
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Script {
    pub fn of(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self { answers: Arc::new(answers), asked: Arc::default() }
    }

    /// Answers these calls, `METHOD path`, in this order and no others. Each is looked at before it is answered.
    pub fn in_order(calls: Vec<(&'static str, Answer)>, look: impl Fn(&Asked) + Send + Sync + 'static) -> Self {
        let due = Mutex::new(VecDeque::from(calls));
        Self::of(move |asked| {
            let next = due.lock().expect("the calls so far were right").pop_front();
            let Some((expected, answer)) = next else { panic!("an extra call: {}", asked.call()) };
            assert_eq!(asked.call(), expected, "call {} ?{}", asked.nth, asked.query);
            look(asked);
            answer
        })
    }

    /// How many requests came so far.
    pub fn asked(&self) -> usize {
        self.calls().len()
    }

    /// What was asked so far.
    pub fn calls(&self) -> Vec<Asked> {
        self.asked.lock().expect("a list").clone()
    }

    pub fn client(&self) -> Client {
        let script = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let script = script.clone();
            async move { script.answer(request).await }
        });
        Client::new(service, "payment")
    }

    async fn answer(&self, request: Request<Body>) -> Result<Response<Sent>, std::io::Error> {
        let (head, body) = request.into_parts();
        let body = body.collect_bytes().await.expect("a body");
        let query = head.uri.query().unwrap_or_default().to_owned();
        let value = |key: &str| query.split('&').find_map(|part| part.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default().to_owned();
        let mut asked = Asked {
            path: head.uri.path().to_owned(),
            is_watch: value("watch") == "true",
            version: value("resourceVersion"),
            as_table: head.headers.get(header::ACCEPT).is_some_and(|accept| accept.to_str().is_ok_and(|text| text.contains("as=Table"))),
            nth: 0,
            body: serde_json::from_slice(&body).unwrap_or_default(),
            method: head.method,
            uri: head.uri,
            query,
        };
        {
            let mut list = self.asked.lock().expect("a list");
            asked.nth = list.len();
            list.push(asked.clone());
        }
        let mut date = None;
        let (code, body) = match (self.answers)(&asked) {
            Answer::Broken => return Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)),
            Answer::Text(code, text) => (code, Sent::from(text)),
            Answer::Json(code, value) => (code, Sent::from(value.to_string())),
            Answer::Dated(at, value) => {
                date = Some(at);
                (200, Sent::from(value.to_string()))
            }
            Answer::Watch(events, stays) => (200, events_of(events, stays)),
        };
        let answer = Response::builder().status(code);
        Ok(date.into_iter().fold(answer, |answer, date| answer.header(header::DATE, date)).body(body).unwrap_or_default())
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

/// A session whose clock shows this time, so many milliseconds later; it keeps what it says.
pub fn session(now: &str, later: i64) -> Session {
    let clock = Clock::system();
    let now: Timestamp = now.parse().expect("a time");
    clock.advance(now.duration_since(clock.now()) + SignedDuration::from_millis(later));
    Session { connection: Connection::default(), look: Look::default(), clock, times: Times::Age, voice: Voice::Kept(Arc::default()) }
}
