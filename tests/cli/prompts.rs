//! Prompts on a real pseudo-terminal, against a small API server on the loopback interface.

use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::{Json, Router};
use rexpect::session::{PtySession, spawn_command};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::{Arc, Mutex};

type Written = Arc<Mutex<Vec<Value>>>;

/// Serves one approval request and keeps what is written to it.
struct Server {
    address: String,
    written: Written,
}

impl Server {
    fn start() -> Self {
        let written = Written::default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(answer).with_state(written.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                listener.set_nonblocking(true).expect("not blocking");
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, app).await.expect("served");
            });
        });
        Self { address, written }
    }

    fn spawn(&self, words: &[&str]) -> PtySession {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-kubernaut"));
        command.args(words).args(["-s", &self.address, "-n", "payment"]);
        command.env_remove("KUBECONFIG").env_remove("HTTP_PROXY").env_remove("http_proxy").env("HOME", "/nonexistent").env("TERM", "xterm");
        spawn_command(command, Some(20_000)).expect("a terminal")
    }

    fn written(&self) -> Vec<Value> {
        self.written.lock().expect("a list").clone()
    }
}

async fn answer(State(written): State<Written>, method: Method, uri: Uri, body: String) -> (StatusCode, Json<Value>) {
    match (method, uri.path()) {
        (Method::POST, "/apis/authentication.k8s.io/v1/selfsubjectreviews") => {
            let status = json!({"userInfo": {"username": "alice"}});
            (StatusCode::CREATED, Json(json!({"metadata": {}, "status": status})))
        }
        (Method::GET, path) if path.ends_with("/aiapprovalrequests/x") => (StatusCode::OK, Json(request())),
        (Method::GET, path) if path.ends_with("/aiapprovalrequests") => {
            let items: Vec<Value> = std::iter::repeat_n(request(), 5_000).collect();
            (StatusCode::OK, Json(json!({"metadata": {}, "items": items})))
        }
        (Method::PATCH, path) if path.ends_with("/aiapprovalrequests/x/status") => {
            written.lock().expect("a list").push(serde_json::from_str(&body).expect("json"));
            (StatusCode::OK, Json(request()))
        }
        _ => (StatusCode::NOT_FOUND, Json(json!({"kind": "Status", "code": 404, "message": "not found", "details": {"name": "y"}}))),
    }
}

fn request() -> Value {
    let created = "2999-01-01T00:00:00Z";
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "AIApprovalRequest",
        "metadata": {"name": "x", "namespace": "payment", "resourceVersion": "7", "creationTimestamp": created},
        "spec": {
            "aiAnalysisRef": {"name": "rr-x-analysis", "namespace": "payment"},
            "investigation": {"rootCause": "a leak", "confidenceScore": 72.0, "recommendations": []},
            "plan": {"targetResource": "payment/deployment/api", "targetUid": "u", "workflowId": "oom", "policyHash": "", "planSchema": 1,
                "executionStrategy": {"rollbackStrategy": "automatic"}, "steps": []},
            "planHash": "h".repeat(64), "requestedBy": "gateway", "requestedAt": created, "timeout": "15m",
        },
    })
}

/// The exit code; rexpect does not export the type that holds it.
pub fn code(session: PtySession) -> i32 {
    let ended = format!("{:?}", session.process().wait().expect("it ended"));
    let code = ended.strip_prefix("Exited(").and_then(|rest| rest.rsplit(", ").next()?.strip_suffix(')')?.parse().ok());
    code.unwrap_or_else(|| panic!("{ended}"))
}

#[test]
fn a_plan_is_approved_after_a_yes() {
    let server = Server::start();
    let mut session = server.spawn(&["approve", "x"]);
    session.exp_string("as alice").expect("who decides");
    session.exp_string("a leak").expect("the root cause");
    session.exp_string("[y/N/d=show yaml]").expect("the question");
    session.send_line("y").expect("typed");
    session.exp_string("aiapprovalrequest.kubernaut.ai/x approved").expect("the answer");
    assert_eq!(code(session), 0);
    assert_eq!(server.written()[0]["status"]["decidedBy"], "alice");
}

#[test]
fn anything_but_yes_writes_nothing() {
    let server = Server::start();
    let mut session = server.spawn(&["approve", "x"]);
    session.exp_string("[y/N/d=show yaml]").expect("the question");
    session.send_line("").expect("typed");
    session.exp_string("nothing is written").expect("the answer");
    assert_eq!((code(session), server.written().len()), (1, 0));
}

#[test]
fn ctrl_c_ends_the_question_and_shows_the_cursor() {
    let server = Server::start();
    let mut session = server.spawn(&["approve", "x"]);
    session.exp_string("[y/N/d=show yaml]").expect("the question");
    session.send_control('c').expect("typed");
    session.exp_string("\u{1b}[?25h").expect("the cursor");
    assert_eq!((code(session), server.written().len()), (130, 0));
}

#[test]
fn a_rejection_asks_for_its_reason() {
    let server = Server::start();
    let mut session = server.spawn(&["reject", "x"]);
    session.exp_string("Reason").expect("the question");
    session.send_line("too risky").expect("typed");
    session.exp_string("rejected").expect("the answer");
    assert_eq!((code(session), &server.written()[0]["status"]["reason"]), (0, &"too risky".into()));
}

#[test]
fn no_input_means_no_question() {
    let server = Server::start();
    let mut session = server.spawn(&["approve", "x", "--no-input"]);
    session.exp_string("--yes").expect("the flag");
    assert_eq!((code(session), server.written().len()), (7, 0));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    use std::io::Read;
    use std::process::Stdio;
    let server = Server::start();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-kubernaut"));
    command.args(["get", "approvals", "-o", "json", "-s", &server.address]).env_remove("HTTP_PROXY").env_remove("http_proxy");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it ran");
    let mut first = [0; 10];
    child.stdout.take().expect("a pipe").read_exact(&mut first).expect("some output");
    let ended = child.wait_with_output().expect("it ended");
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}
