//! Stands between the controllers and the API server, counts their writes, and disturbs the one it is told to.

use crate::call::{Call, is_watch, resource};
use crate::fault::{self, Fault, Heard, Hit, Rule, Signals};
use crate::tls::TlsListener;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures::StreamExt;
use futures::future::BoxFuture;
use http::{HeaderMap, StatusCode, Uri, header, request};
use kube::client::Body as KubeBody;
use kube::config::Kubeconfig;
use kube::{Client, Config};
use kubernaut::sandbox::Sandbox;
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};

/// Outlives the runtimes of single tests.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// What a call must wait for before it goes on; `None` for most.
type Gate = Arc<dyn Fn(&Call) -> Option<BoxFuture<'static, ()>> + Send + Sync>;

struct Inner {
    upstream: Client,
    stalled: watch::Sender<String>,
    gate: Mutex<Option<Gate>>,
    rules: Mutex<Vec<Rule>>,
    calls: Mutex<Vec<Call>>,
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
                gate: Mutex::default(),
                rules: Mutex::default(),
                calls: Mutex::default(),
            });
            let router = Router::new().fallback(carry).with_state(inner.clone());
            tokio::spawn(async move { axum::serve(TlsListener::self_signed(listener), router).await });
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

    /// From now on, each call waits for what the gate names.
    pub fn wait_for(&self, gate: impl Fn(&Call) -> Option<BoxFuture<'static, ()>> + Send + Sync + 'static) {
        *lock(&self.inner.gate) = Some(Arc::new(gate));
    }

    /// Disturbs the `nth` call from now on that matches.
    pub fn disturb(&self, what: &str, nth: u32, matches: impl Fn(&Call) -> bool + Send + 'static, fault: Fault) -> Hit {
        let (rule, hit) = fault::rule(what, nth, Box::new(matches), fault);
        lock(&self.inner.rules).push(rule);
        hit
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
    pub fn writes(&self, matches: impl Fn(&Call) -> bool) -> Vec<Call> {
        self.calls(|call| call.is_write() && matches(call))
    }

    /// The writes and reads so far that match, in the order of their answers.
    pub fn calls(&self, matches: impl Fn(&Call) -> bool) -> Vec<Call> {
        lock(&self.inner.calls).iter().filter(|call| matches(call)).cloned().collect()
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
    config["clusters"][0]["cluster"] = json!({ "server": format!("https://{address}"), "insecure-skip-tls-verify": true });
    config.to_string()
}

/// The work is a task of its own: a client that dies must not take its request back.
async fn carry(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    tokio::spawn(carried(inner, request)).await.unwrap_or_else(|_| cut())
}

async fn carried(inner: Arc<Inner>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return cut() };
    let Some(call) = Call::read(&parts.method, &parts.uri, &body) else {
        let answer = forward(&inner, &parts, body.to_vec()).await.unwrap_or_else(cut);
        return if is_watch(&parts.uri) { stallable(&inner, &parts.uri, answer) } else { answer };
    };
    let gate = lock(&inner.gate).clone();
    if let Some(wait) = gate.and_then(|gate| gate(&call)) {
        wait.await;
    }
    let errand = Errand { inner: &inner, parts: &parts, body: body.to_vec(), call };
    match due(&inner, &errand.call) {
        Some(rule) => errand.disturbed(rule).await,
        None => errand.commit().await,
    }
    .unwrap_or_else(cut)
}

fn stallable(inner: &Inner, uri: &Uri, answer: Response) -> Response {
    let resource = resource(uri);
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

/// The rule whose turn it is, if any. Every rule counts every call.
fn due(inner: &Inner, call: &Call) -> Option<Rule> {
    let mut rules = lock(&inner.rules);
    for rule in rules.iter_mut().filter(|rule| (rule.matches)(call)) {
        rule.left = rule.left.saturating_sub(1);
    }
    let place = rules.iter().position(|rule| rule.left == 0)?;
    Some(rules.remove(place))
}

/// One call on its way.
struct Errand<'a> {
    inner: &'a Inner,
    parts: &'a request::Parts,
    body: Vec<u8>,
    call: Call,
}

impl Errand<'_> {
    /// `None` where the client's connection is cut.
    async fn disturbed(&self, rule: Rule) -> Option<Response> {
        match rule.fault {
            Fault::LoseAfter(hook) => {
                hook();
                self.note(None);
                tell(rule.signals.happened, ());
                None
            }
            Fault::HoldAfter(hook) => {
                hook();
                tell(rule.signals.happened, ());
                let _ = rule.signals.released.await;
                let answer = self.commit().await;
                tell(rule.signals.answered, status(answer.as_ref()));
                answer
            }
            Fault::Answer(status) => {
                self.note(None);
                tell(rule.signals.happened, ());
                Some(refusal(status))
            }
            Fault::Delay(pause) => {
                tokio::time::sleep(pause).await;
                tell(rule.signals.happened, ());
                self.commit().await
            }
            Fault::CommitThen(_) | Fault::AnswerAfter(_) | Fault::HoldAnswer | Fault::Twice(_) => self.committed(rule).await,
        }
    }

    /// What happens after the API server took it; a refusal is handed on, and the rule waits for the next.
    async fn committed(&self, rule: Rule) -> Option<Response> {
        let answer = self.commit().await;
        if !status(answer.as_ref()).is_success() {
            lock(&self.inner.rules).push(Rule { left: 1, ..rule });
            return answer;
        }
        let Signals { happened, released, answered } = rule.signals;
        tell(answered, status(answer.as_ref()));
        match rule.fault {
            Fault::CommitThen(hook) => {
                hook();
                tell(happened, ());
                None
            }
            Fault::AnswerAfter(hook) => {
                hook();
                tell(happened, ());
                answer
            }
            Fault::HoldAnswer => {
                tell(happened, ());
                let _ = released.await;
                answer
            }
            Fault::Twice(heard) => {
                let second = self.commit().await;
                tell(happened, ());
                if heard == Heard::First { answer } else { second }
            }
            _ => answer,
        }
    }

    async fn commit(&self) -> Option<Response> {
        let answer = forward(self.inner, self.parts, self.body.clone()).await;
        self.note(answer.as_ref().map(Response::status));
        answer
    }

    fn note(&self, answer: Option<StatusCode>) {
        lock(&self.inner.calls).push(Call { answer, ..self.call.clone() });
    }
}

fn status(answer: Option<&Response>) -> StatusCode {
    answer.map_or(StatusCode::BAD_GATEWAY, Response::status)
}

/// Nobody needs to listen.
fn tell<T>(sender: oneshot::Sender<T>, what: T) {
    let _ = sender.send(what);
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
