//! Stands between the controllers and the API server, counts their writes, and disturbs the one it is told to.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures::StreamExt;
use http::{HeaderMap, Method, StatusCode, Uri, header, request};
use kube::client::Body as KubeBody;
use kube::config::Kubeconfig;
use kube::{Client, Config};
use kubernaut::sandbox::Sandbox;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};

/// Outlives the runtimes of single tests.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

const PATIENCE: Duration = Duration::from_secs(30);

/// A request that changes an object: no dry run, review, lease, event or token.
#[derive(Clone, Debug)]
pub struct Write {
    pub verb: Method,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    pub body: Value,
    /// What the API server answered; absent when it was never asked.
    pub answer: Option<StatusCode>,
}

impl Write {
    fn read(verb: &Method, uri: &Uri, body: &[u8]) -> Option<Self> {
        let changes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(verb);
        if !changes || uri.query().is_some_and(|query| query.contains("dryRun=")) {
            return None;
        }
        let place = Place::read(uri.path())?;
        let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let own_name = || body.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = if place.name.is_empty() { own_name() } else { place.name };
        let uncounted =
            place.resource.ends_with("reviews") || ["leases", "events"].contains(&place.resource.as_str()) || place.subresource == "token";
        let (resource, subresource, namespace) = (place.resource, place.subresource, place.namespace);
        (!uncounted).then(|| Self { verb: verb.clone(), resource, subresource, namespace, name, body, answer: None })
    }

    /// Whether it creates an object of this kind.
    pub fn creates(&self, resource: &str) -> bool {
        self.verb == Method::POST && self.resource == resource
    }

    /// Whether it writes the status of this kind, and a value stands in it.
    pub fn sets_status(&self, resource: &str, pointer: &str) -> bool {
        let full = |value: &Value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
        self.resource == resource && self.subresource == "status" && self.body.pointer(pointer).is_some_and(full)
    }

    /// Whether it changes what a Deployment runs; a fence does not.
    pub fn changes_deployment(&self) -> bool {
        self.resource == "deployments" && self.verb == Method::PATCH && self.body.get("spec").is_some()
    }

    /// Whether the API server took it.
    pub fn is_committed(&self) -> bool {
        self.answer.is_some_and(|answer| answer.is_success())
    }
}

struct Place {
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

impl Place {
    fn read(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let rest = match parts.as_slice() {
            ["api", _version, rest @ ..] | ["apis", _, _version, rest @ ..] => rest,
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            rest => ("", rest),
        };
        let part = |nth: usize| rest.get(nth).copied().unwrap_or_default().to_owned();
        Some(Self { resource: part(0), subresource: part(2), namespace: namespace.to_owned(), name: part(1) })
    }
}

type Hook = Box<dyn FnOnce() + Send>;

/// What happens to a write.
pub enum Fault {
    /// The hook runs, and the API server never hears of the write.
    LoseAfter(Hook),
    /// The hook runs; the write stays on its way until the test lets it go on.
    HoldAfter(Hook),
    /// The API server commits; then the hook runs, and the client's connection is cut.
    CommitThen(Hook),
    /// The API server never hears of it; this is the answer.
    Answer(StatusCode),
    /// It arrives late.
    Delay(Duration),
}

impl Fault {
    /// The API server commits, and the client never learns of it.
    pub fn cut() -> Self {
        Self::CommitThen(Box::new(|| {}))
    }
}

struct Rule {
    matches: Box<dyn Fn(&Write) -> bool + Send>,
    left: u32,
    fault: Fault,
    signals: Signals,
}

struct Signals {
    happened: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
    answered: oneshot::Sender<StatusCode>,
}

/// A disturbance that was asked for.
pub struct Hit {
    what: String,
    happened: Option<oneshot::Receiver<()>>,
    release: oneshot::Sender<()>,
    answered: oneshot::Receiver<StatusCode>,
}

impl Hit {
    /// Waits until it has happened.
    pub async fn happened(&mut self) {
        let Some(happened) = self.happened.take() else { return };
        let waited = tokio::time::timeout(PATIENCE, happened).await;
        assert!(waited.is_ok_and(|told| told.is_ok()), "waited {PATIENCE:?} in vain for the write: {}", self.what);
    }

    /// Lets a held write go on, and tells what the API server answered.
    pub async fn release(self) -> StatusCode {
        self.release.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.answered).await.expect("an answer in time").expect("an answer")
    }
}

struct Inner {
    upstream: Client,
    stalled: watch::Sender<String>,
    rules: Mutex<Vec<Rule>>,
    writes: Mutex<Vec<Write>>,
}

/// A running proxy.
pub struct Proxy {
    inner: Arc<Inner>,
    folder: TempDir,
}

impl Proxy {
    /// Listens on loopback, with a kubeconfig of its own.
    pub async fn start(sandbox: &Sandbox) -> Self {
        let mut config = sandbox.config("admin").await.unwrap();
        config.auth_info = Default::default();
        let serving = async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let inner = Arc::new(Inner {
                upstream: connect(config),
                stalled: watch::Sender::default(),
                rules: Mutex::default(),
                writes: Mutex::default(),
            });
            let router = Router::new().fallback(carry).with_state(inner.clone());
            tokio::spawn(async move { axum::serve(listener, router).await });
            (inner, address)
        };
        let (inner, address) = RUNTIME.spawn(serving).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig(sandbox, address)).unwrap();
        Self { inner, folder }
    }

    /// A kubeconfig whose people reach the cluster through this proxy.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Disturbs the `nth` write from now on that matches.
    pub fn disturb(&self, what: &str, nth: u32, matches: impl Fn(&Write) -> bool + Send + 'static, fault: Fault) -> Hit {
        let (happened, hears_happened) = oneshot::channel();
        let (release, released) = oneshot::channel();
        let (answered, hears_answered) = oneshot::channel();
        let signals = Signals { happened, released, answered };
        lock(&self.inner.rules).push(Rule { matches: Box::new(matches), left: nth, fault, signals });
        Hit { what: what.to_owned(), happened: Some(hears_happened), release, answered: hears_answered }
    }

    /// From now on, watches of this kind show nothing new.
    pub fn stall(&self, resource: &str) {
        self.inner.stalled.send_replace(resource.to_owned());
    }

    /// Watches show everything again, what they held back first.
    pub fn catch_up(&self) {
        self.stall("");
    }

    /// The writes so far that match, in the order of their answers.
    pub fn writes(&self, matches: impl Fn(&Write) -> bool) -> Vec<Write> {
        lock(&self.inner.writes).iter().filter(|write| matches(write)).cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

fn connect(config: Config) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::try_from(config).unwrap()
}

fn kubeconfig(sandbox: &Sandbox, address: SocketAddr) -> String {
    let config = Kubeconfig::read_from(sandbox.kubeconfig_path()).unwrap();
    let mut config = serde_json::to_value(config).unwrap();
    config["clusters"][0]["cluster"] = json!({ "server": format!("http://{address}") });
    config.to_string()
}

/// The work is a task of its own: a client that dies must not take its request back.
async fn carry(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    tokio::spawn(carried(inner, request)).await.unwrap_or_else(|_| cut())
}

async fn carried(inner: Arc<Inner>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return cut() };
    let Some(write) = Write::read(&parts.method, &parts.uri, &body) else {
        let answer = forward(&inner, &parts, body.to_vec()).await.unwrap_or_else(cut);
        return if is_watch(&parts.uri) { stallable(&inner, &parts.uri, answer) } else { answer };
    };
    let due = due(&inner, &write);
    let Some((fault, signals)) = due else { return commit(&inner, &parts, body.to_vec(), write).await.unwrap_or_else(cut) };
    disturbed(&inner, &parts, body.to_vec(), write, fault, signals).await
}

fn is_watch(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.contains("watch=true"))
}

fn stallable(inner: &Inner, uri: &Uri, answer: Response) -> Response {
    let resource = Place::read(uri.path()).map(|place| place.resource).unwrap_or_default();
    let (parts, body) = answer.into_parts();
    let stalled = inner.stalled.subscribe();
    let shown = body.into_data_stream().then(move |chunk| {
        let (resource, mut stalled) = (resource.clone(), stalled.clone());
        async move {
            let _ = stalled.wait_for(|stalled| *stalled != resource).await;
            chunk
        }
    });
    Response::from_parts(parts, Body::from_stream(shown))
}

/// The rule whose turn it is, if any. Every rule counts every write.
fn due(inner: &Inner, write: &Write) -> Option<(Fault, Signals)> {
    let mut rules = lock(&inner.rules);
    for rule in rules.iter_mut().filter(|rule| (rule.matches)(write)) {
        rule.left = rule.left.saturating_sub(1);
    }
    let place = rules.iter().position(|rule| rule.left == 0)?;
    let rule = rules.remove(place);
    Some((rule.fault, rule.signals))
}

async fn disturbed(inner: &Inner, parts: &request::Parts, body: Vec<u8>, write: Write, fault: Fault, signals: Signals) -> Response {
    let Signals { happened, released, answered } = signals;
    // Nobody needs to listen.
    let tell = |sender: oneshot::Sender<()>| {
        let _ = sender.send(());
    };
    match fault {
        Fault::LoseAfter(hook) => {
            hook();
            lock(&inner.writes).push(write);
            tell(happened);
            cut()
        }
        Fault::HoldAfter(hook) => {
            hook();
            tell(happened);
            let _ = released.await;
            let answer = commit(inner, parts, body, write).await;
            let _ = answered.send(answer.as_ref().map_or(StatusCode::BAD_GATEWAY, Response::status));
            answer.unwrap_or_else(cut)
        }
        Fault::CommitThen(hook) => {
            let answer = commit(inner, parts, body, write).await;
            hook();
            let _ = answered.send(answer.map_or(StatusCode::BAD_GATEWAY, |answer| answer.status()));
            tell(happened);
            cut()
        }
        Fault::Answer(status) => {
            lock(&inner.writes).push(write);
            tell(happened);
            refusal(status)
        }
        Fault::Delay(pause) => {
            tokio::time::sleep(pause).await;
            tell(happened);
            commit(inner, parts, body, write).await.unwrap_or_else(cut)
        }
    }
}

async fn commit(inner: &Inner, parts: &request::Parts, body: Vec<u8>, mut write: Write) -> Option<Response> {
    let answer = forward(inner, parts, body).await;
    write.answer = answer.as_ref().map(Response::status);
    lock(&inner.writes).push(write);
    answer
}

/// `None` when the API server is away.
async fn forward(inner: &Inner, parts: &request::Parts, body: Vec<u8>) -> Option<Response> {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = http::Request::builder().method(parts.method.clone()).uri(path).body(KubeBody::from(body)).unwrap();
    *request.headers_mut() = without_hops(&parts.headers);
    let (answer, body) = inner.upstream.send(request).await.ok()?.into_parts();
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = without_hops(&answer.headers);
    Some(response)
}

fn without_hops(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for hop in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(hop);
    }
    headers
}

fn refusal(status: StatusCode) -> Response {
    let reason = if status == StatusCode::CONFLICT { "Conflict" } else { "InternalError" };
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status.as_u16(), "message": "disturbed by a test",
    });
    let body = Body::from(body.to_string());
    Response::builder().status(status).header(header::CONTENT_TYPE, "application/json").body(body).unwrap()
}

/// An answer that breaks off, and the connection with it.
fn cut() -> Response {
    let broken = futures::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("cut by a test")) });
    Response::builder().header(header::CONTENT_LENGTH, "1000").body(Body::from_stream(broken)).unwrap()
}
