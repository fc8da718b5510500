//! An API server on the loopback interface that answers as it is told and keeps what it was asked, and a proxy in front of it.

use crate::pty::spawn;
use crate::tls::TlsListener;
use crate::{BINARY, Said, alone, plugin, said};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rexpect::session::PtySession;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto::ring};

/// One request, as it came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Value,
    /// Server name of the handshake; empty without.
    pub sni: String,
    /// Common name of the client's certificate; empty without.
    pub certificate: String,
}

impl Asked {
    pub fn is_watch(&self) -> bool {
        self.query.contains("watch=")
    }
}

/// What is answered: `None` for what the server does not know.
pub type Answers = dyn Fn(&Asked) -> Option<Response> + Send + Sync;

struct Inner {
    answers: Box<Answers>,
    asked: Mutex<Vec<Asked>>,
    greeting: Mutex<(String, String)>,
}

/// A server that takes connections and never answers, and its URL.
pub fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, address)
}

/// A running server.
#[derive(Clone)]
pub struct Server {
    /// Its URL.
    pub address: String,
    inner: Arc<Inner>,
}

impl Server {
    /// Without TLS.
    pub fn plain(answers: impl Fn(&Asked) -> Option<Response> + Send + Sync + 'static) -> Self {
        Self::start(None, answers)
    }

    /// With TLS.
    pub fn secure(config: ServerConfig, answers: impl Fn(&Asked) -> Option<Response> + Send + Sync + 'static) -> Self {
        Self::start(Some(config), answers)
    }

    fn start(config: Option<ServerConfig>, answers: impl Fn(&Asked) -> Option<Response> + Send + Sync + 'static) -> Self {
        let inner = Arc::new(Inner { answers: Box::new(answers), asked: Mutex::default(), greeting: Mutex::default() });
        let (listener, mut address) = silent();
        if config.is_some() {
            address = address.replace("http:", "https:");
        }
        let app = axum::Router::new().fallback(answer).with_state(inner.clone());
        let greeted = inner.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                listener.set_nonblocking(true).expect("not blocking");
                let tcp = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let Some(config) = config else { return axum::serve(tcp, app).await };
                let greet = move |stream: &tokio_rustls::server::TlsStream<_>| {
                    let session = stream.get_ref().1;
                    let certificate = session.peer_certificates().and_then(|chain| chain.first()).map(|der| common_name(der.as_ref()));
                    *greeted.greeting.lock().expect("a greeting") =
                        (session.server_name().unwrap_or_default().to_owned(), certificate.unwrap_or_default());
                };
                axum::serve(TlsListener::new(tcp, config, Arc::new(greet)), app).await
            })
        });
        Self { address, inner }
    }

    /// How the binary ends with these words, in namespace `payment` of this server.
    pub fn run(&self, words: &[&str]) -> Said {
        said(plugin().args(words).args(["-s", &self.address, "-n", "payment"]))
    }

    /// The same on a terminal.
    pub fn spawn(&self, words: &[&str]) -> PtySession {
        let mut process = alone(BINARY);
        process.args(words).args(["-s", &self.address, "-n", "payment"]).env("TERM", "xterm");
        spawn(process)
    }

    /// What was asked so far but to watch, as `METHOD path`.
    pub fn calls(&self) -> Vec<String> {
        let asked = self.inner.asked.lock().expect("a list");
        let calls = asked.iter().filter(|asked| !asked.is_watch());
        calls.map(|asked| format!("{} {}", asked.method, asked.path)).collect()
    }

    /// Everything that was asked since the last time this was called.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.inner.asked.lock().expect("a list"))
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let (sni, certificate) = inner.greeting.lock().expect("a greeting").clone();
    let asked = Asked {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        sni,
        certificate,
    };
    inner.asked.lock().expect("a list").push(asked.clone());
    (inner.answers)(&asked).unwrap_or_else(|| status(404, "NotFound", "there is no such thing", "it"))
}

/// An answer with this value as its body.
pub fn answered(code: u16, value: &Value) -> Response {
    let code = StatusCode::from_u16(code).expect("a code");
    Response::builder()
        .status(code)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(value.to_string()))
        .expect("an answer")
}

/// The answer to the question who we are.
pub fn user(name: &str) -> Response {
    answered(201, &json!({"metadata": {}, "status": {"userInfo": {"username": name}}}))
}

/// A watch that tells of nothing.
pub fn nothing_happens() -> Response {
    Response::new(Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>()))
}

/// A refusal in Kubernetes' form.
pub fn status(code: u16, reason: &str, message: &str, name: &str) -> Response {
    let details = json!({"name": name});
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code, "reason": reason, "message": message, "details": details});
    answered(code, &status)
}

/// Certificates and keys of a pretend cluster, written to a folder.
pub struct Certificates {
    issuer: Issuer<'static, KeyPair>,
    /// The authority, as PEM text.
    pub authority: String,
}

impl Certificates {
    pub fn new() -> Self {
        let mut params = named("authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), authority }
    }

    /// PEM texts of a client certificate and its key.
    pub fn client(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        (named(name).signed_by(&key, &self.issuer).expect("a certificate").pem(), key.serialize_pem())
    }

    /// How a server of these names serves; it takes clients with or without certificate.
    pub fn serving(&self, names: &[&str], expired: bool) -> ServerConfig {
        let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).expect("names");
        if expired {
            (params.not_before, params.not_after) = (rcgen::date_time_ymd(2001, 1, 1), rcgen::date_time_ymd(2002, 1, 1));
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").der().clone();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates([named_authority(&self.authority)]);
        let provider = Arc::new(ring::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).allow_unauthenticated().build();
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        config.with_client_cert_verifier(clients.expect("a verifier")).with_single_cert(vec![certificate], key).expect("a certificate")
    }

    /// Writes the authority and a client's certificate where kubeconfigs find them.
    pub fn write(&self, folder: &Path) -> (String, String) {
        let (certificate, key) = self.client("from-a-file");
        for (file, text) in [("ca.crt", &self.authority), ("client.crt", &certificate), ("client.key", &key)] {
            std::fs::write(folder.join(file), text).expect("written");
        }
        self.client("from-data")
    }
}

fn named_authority(pem: &str) -> tokio_rustls::rustls::pki_types::CertificateDer<'static> {
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    tokio_rustls::rustls::pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// The subject's name in a certificate made by [`Certificates::client`].
fn common_name(der: &[u8]) -> String {
    let text = String::from_utf8_lossy(der);
    let found = ["from-a-file", "from-data", "from-a-plugin"].into_iter().find(|name| text.contains(name));
    found.unwrap_or("another").to_owned()
}

/// A proxy that leads every CONNECT to one server, and keeps what it was asked.
pub struct Proxy {
    /// `host:port`.
    pub address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub fn start(server: &Server) -> Self {
        let upstream = server.address.split("//").nth(1).expect("an address").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let kept = asked.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().filter_map(Result::ok) {
                let (upstream, kept) = (upstream.clone(), kept.clone());
                std::thread::spawn(move || carry(client, &upstream, &kept));
            }
        });
        Self { address, asked }
    }

    /// What it was asked since the last time this was called.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("a list"))
    }
}

fn carry(mut client: TcpStream, upstream: &str, kept: &Mutex<Vec<String>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let password = head.lines().find(|line| line.to_lowercase().starts_with("proxy-authorization:"));
    let password = password.and_then(|line| line.split(' ').next_back()).unwrap_or("nobody");
    kept.lock().ok()?.push(format!("{line} as {password}"));
    tunnel(client, upstream)
}

fn tunnel(mut client: TcpStream, upstream: &str) -> Option<()> {
    let mut server = TcpStream::connect(upstream).ok()?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let (mut from, mut to) = (server.try_clone().ok()?, client.try_clone().ok()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to).and_then(|_| to.shutdown(std::net::Shutdown::Both)));
    std::io::copy(&mut client, &mut server).and_then(|_| server.shutdown(std::net::Shutdown::Both)).ok()
}
