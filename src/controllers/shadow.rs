//! Turns every write into a dry run and tells what it would have done: controllers that look at a real cluster and touch nothing.
//!
//! The API server checks such a write by all its rules and forgets it. So what was decided is seen, and nothing that follows from it ever
//! is: a shadow goes on only when somebody else does what it would have done.

use futures::FutureExt;
use http::{Method, Request, Uri};
use kube::client::Body;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Questions that are asked by POST and change nothing; the API server takes no dry run of them.
const QUESTIONS: &[&str] = &["/apis/authentication.k8s.io/", "/apis/authorization.k8s.io/"];
/// So many lines are remembered before they may be told again.
const REMEMBERED: usize = 50_000;
const LONGEST: usize = 300;

/// Makes a client one that changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Shadow {
    told: Arc<Mutex<HashSet<String>>>,
}

impl Shadow {
    /// Tells a write once for each version of the object that it was decided on.
    fn tell(&self, line: String, version: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= REMEMBERED {
            told.clear();
        }
        if told.insert(format!("{version} {line}")) {
            tracing::info!("{line}");
        }
    }
}

impl<S> Layer<S> for Shadow {
    type Service = Shadowed<S>;

    fn layer(&self, inner: S) -> Shadowed<S> {
        Shadowed { inner, shadow: self.clone() }
    }
}

/// A service behind [`Shadow`].
#[derive(Clone, Debug)]
pub struct Shadowed<S> {
    inner: S,
    shadow: Shadow,
}

impl<S: Service<Request<Body>>> Service<Request<Body>> for Shadowed<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        if !is_write(request.method(), request.uri().path()) {
            return self.inner.call(request);
        }
        let body = sent(request.body());
        self.shadow.tell(line(request.method(), request.uri().path(), &body), text(&body, "/metadata/resourceVersion"));
        self.inner.call(without_effect(request, body))
    }
}

/// Everything but reading and asking is a write, whatever it is called.
fn is_write(method: &Method, path: &str) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) && !QUESTIONS.iter().any(|question| path.starts_with(question))
}

/// What is sent, as far as it is JSON that is at hand.
fn sent(body: &Body) -> Value {
    let bytes = body.try_clone().and_then(|body| body.collect_bytes().now_or_never()).and_then(Result::ok).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

/// A deletion takes its options from its body when it has one, everything else from its address.
fn without_effect(request: Request<Body>, body: Value) -> Request<Body> {
    let deletes = request.method() == Method::DELETE;
    let (mut parts, sent) = request.into_parts();
    parts.uri = dry(&parts.uri);
    let sent = match body {
        Value::Object(mut options) if deletes => {
            options.insert("dryRun".to_owned(), json!(["All"]));
            parts.headers.remove(http::header::CONTENT_LENGTH);
            Body::from(Value::Object(options).to_string().into_bytes())
        }
        _ => sent,
    };
    Request::from_parts(parts, sent)
}

fn dry(uri: &Uri) -> Uri {
    let query = uri.query().map(|query| format!("{query}&")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("{}?{query}dryRun=All", uri.path()).parse().ok();
    // An address that cannot be put together reaches nothing, which is what a shadow may do at most.
    Uri::from_parts(parts).unwrap_or_default()
}

fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// `would update workflowexecutions/status payment/x: phase Running`.
fn line(method: &Method, path: &str, body: &Value) -> String {
    let (resource, place) = place(path, text(body, "/metadata/name"));
    let phase = text(body, "/status/phase");
    let (verb, how) = match *method {
        Method::POST => ("create", String::new()),
        Method::PUT if phase.is_empty() => ("update", String::new()),
        Method::PUT => ("update", format!(": phase {phase}")),
        Method::PATCH => ("patch", format!(": {}", body.to_string().chars().take(LONGEST).collect::<String>())),
        _ => ("delete", String::new()),
    };
    format!("would {verb} {resource} {place}{how}")
}

/// Resource with its subresource, and `namespace/name`.
fn place(path: &str, name: &str) -> (String, String) {
    let mut parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let prefix = if parts.first() == Some(&"api") { 2 } else { 3 };
    let mut parts: Vec<&str> = parts.drain(prefix.min(parts.len())..).collect();
    let namespace = match parts.as_slice() {
        ["namespaces", namespace, _, ..] => Some(*namespace),
        _ => None,
    };
    if namespace.is_some() {
        parts.drain(..2);
    }
    let (resource, named, sub) = match parts.as_slice() {
        [resource] => (*resource, name, None),
        [resource, named] => (*resource, *named, None),
        [resource, named, sub, ..] => (*resource, *named, Some(sub)),
        [] => (path, name, None),
    };
    let resource = sub.map_or_else(|| resource.to_owned(), |sub| format!("{resource}/{sub}"));
    (resource, namespace.map_or_else(|| named.to_owned(), |namespace| format!("{namespace}/{named}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/payment";

    #[test]
    fn every_write_is_a_dry_run_and_nothing_else_is() {
        #[rustfmt::skip]
        let table = [
            ("reading",              Method::GET,    format!("{OURS}/x"),                                          false),
            ("creating",             Method::POST,   format!("{OURS}/x"),                                          true),
            ("replacing a status",   Method::PUT,    format!("{OURS}/x/y/status"),                                 true),
            ("patching a workload",  Method::PATCH,  "/apis/apps/v1/namespaces/a/deployments/b".to_owned(),        true),
            ("evicting a pod",       Method::POST,   "/api/v1/namespaces/a/pods/b/eviction".to_owned(),            true),
            ("deleting",             Method::DELETE, format!("{OURS}/x/y"),                                        true),
            ("the lease",            Method::PUT,    "/apis/coordination.k8s.io/v1/namespaces/a/leases/b".to_owned(), true),
            ("asking who it is",     Method::POST,   "/apis/authentication.k8s.io/v1/tokenreviews".to_owned(),     false),
            ("asking what one may",  Method::POST,   "/apis/authorization.k8s.io/v1/subjectaccessreviews".to_owned(), false),
        ];
        for (case, method, path, expected) in table {
            assert_eq!(is_write(&method, &path), expected, "{case}");
        }
    }

    #[test]
    fn the_address_says_that_it_is_a_dry_run() {
        for (address, expected) in [
            ("https://k:6443/a/b", "https://k:6443/a/b?dryRun=All"),
            ("https://k:6443/a/b?fieldManager=x", "https://k:6443/a/b?fieldManager=x&dryRun=All"),
        ] {
            assert_eq!(dry(&address.parse().unwrap()).to_string(), expected);
        }
    }

    #[tokio::test]
    async fn every_write_that_arrives_is_a_dry_run() {
        let arrived = Arc::<Mutex<Vec<String>>>::default();
        let kept = arrived.clone();
        let inner = tower::service_fn(move |request: Request<Body>| {
            kept.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
            std::future::ready(Ok::<_, std::convert::Infallible>(http::Response::new(())))
        });
        let mut shadowed = Shadow::default().layer(inner);
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let request = Request::builder().method(method).uri("https://k/api/v1/namespaces/a/pods/b?x=y");
            shadowed.call(request.body(Body::empty()).unwrap()).await.unwrap();
        }
        let address = "https://k/api/v1/namespaces/a/pods/b?x=y";
        let dry = |method: &str| format!("{method} {address}&dryRun=All");
        assert_eq!(*arrived.lock().unwrap(), [format!("GET {address}"), dry("POST"), dry("PUT"), dry("PATCH"), dry("DELETE")]);
    }

    #[test]
    fn a_deletion_says_so_in_its_options_as_well() {
        let body = json!({"propagationPolicy": "Background", "preconditions": {"uid": "1"}});
        let request = Request::delete("https://k/api/v1/namespaces/a/pods/b").body(Body::from(body.to_string().into_bytes())).unwrap();
        let options = sent(without_effect(request, body).body());
        assert_eq!(options, json!({"propagationPolicy": "Background", "preconditions": {"uid": "1"}, "dryRun": ["All"]}));
    }

    #[test]
    fn what_would_be_done_is_told_in_a_line() {
        let status = json!({"metadata": {"name": "x"}, "status": {"phase": "Running"}});
        #[rustfmt::skip]
        let table = [
            (Method::POST,   format!("{OURS}/aianalyses"),                          json!({"metadata": {"name": "x"}}), "would create aianalyses payment/x"),
            (Method::PUT,    format!("{OURS}/workflowexecutions/x/status"),         status,          "would update workflowexecutions/status payment/x: phase Running"),
            (Method::PATCH,  "/apis/apps/v1/namespaces/a/deployments/b".to_owned(), json!({"a": 1}), "would patch deployments a/b: {\"a\":1}"),
            (Method::DELETE, "/api/v1/namespaces/a/pods/b".to_owned(),              Value::Null,     "would delete pods a/b"),
            (Method::PATCH,  "/api/v1/nodes/b".to_owned(),                          json!({}),       "would patch nodes b: {}"),
        ];
        for (method, path, body, expected) in table {
            assert_eq!(line(&method, &path, &body), expected);
        }
    }
}
