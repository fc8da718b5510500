//! `status -w` on a real pseudo-terminal, against a small API server on the loopback interface: frames, sizes, and the cursor.

use super::pty::{self, code};
use super::server::{self, Asked, answered, user};
use super::{BINARY, alone};
use axum::body::{Body, Bytes};
use axum::response::Response;
use futures::{StreamExt, stream};
use rexpect::session::PtySession;
use serde_json::{Value, json};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const HIDE: &str = "\u{1b}[?25l";
const SHOW: &str = "\u{1b}[?25h";
const DRAWN: &str = "\u{1b}[J";

/// Serves forty pending approvals and a remediation that is over as soon as somebody says so.
struct Server {
    server: server::Server,
    is_over: Arc<AtomicBool>,
}

impl Deref for Server {
    type Target = server::Server;

    fn deref(&self) -> &server::Server {
        &self.server
    }
}

impl Server {
    fn start() -> Self {
        let is_over = Arc::<AtomicBool>::default();
        let over = is_over.clone();
        Self { server: server::Server::plain(move |asked| answer(&over, asked)), is_over }
    }

    /// On a terminal of this size; it is resized to `then` once the file is there.
    fn on_terminal(&self, words: &str, size: (usize, usize), then: Option<((usize, usize), &Path)>) -> PtySession {
        let address = &self.address;
        let stty = |(rows, columns): (usize, usize)| format!("stty rows {rows} cols {columns} < /dev/tty");
        let later = then.map(|(size, file)| format!("(until [ -e '{}' ]; do sleep 0.05; done; {}) &", file.display(), stty(size)));
        let script = format!("echo pid $$; {}; {} exec '{BINARY}' {words} -s {address} -n payment", stty(size), later.unwrap_or_default());
        let mut command = alone("sh");
        command.args(["-c", &script]).env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
        pty::spawn(command)
    }
}

fn object(name: &str, spec: Value, status: Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "payment", "resourceVersion": "1", "creationTimestamp": "2999-01-01T00:00:00Z"}, "spec": spec, "status": status})
}

fn request(is_over: bool) -> Value {
    let status = if is_over { json!({"phase": "Completed", "outcome": "Remediated"}) } else { json!({"phase": "Executing"}) };
    object("rr-x", json!({"targetResource": "payment/deployment/api", "severity": "critical", "signalName": "OOM"}), status)
}

fn items(kind: &str, is_over: bool) -> Vec<Value> {
    match kind {
        "remediationrequests" => vec![request(is_over)],
        "aiapprovalrequests" => (0..40)
            .map(|nth| {
                object(
                    &format!("pay-{nth:02}"),
                    json!({"timeout": "15m", "investigation": {"rootCause": "a leak \u{1b}[2J負荷"}}),
                    json!({}),
                )
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn answer(over: &Arc<AtomicBool>, asked: &Asked) -> Option<Response> {
    let kind = asked.path.rsplit('/').next().unwrap_or_default();
    let is_over = over.load(Ordering::SeqCst);
    Some(match kind {
        "selfsubjectreviews" => user("alice"),
        "selfsubjectaccessreviews" => answered(201, &json!({"spec": {}, "status": {"allowed": true}})),
        "rr-x" => answered(200, &request(is_over)),
        _ if asked.is_watch() => Response::new(Body::from_stream(events(kind.to_owned(), over.clone()))),
        kind if kind.ends_with('s') => {
            let named = asked.query.contains("metadata.name") && kind != "remediationrequests";
            let items = if named { Vec::new() } else { items(kind, is_over) };
            answered(200, &json!({"metadata": {"resourceVersion": "1"}, "items": items}))
        }
        _ => return None,
    })
}

/// Nothing, until the remediation is over.
fn events(kind: String, over: Arc<AtomicBool>) -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> {
    let told = stream::once(async move {
        while kind != "remediationrequests" || !over.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Bytes::from(format!("{}\n", json!({"type": "MODIFIED", "object": request(true)}))))
    });
    told.chain(stream::pending())
}

/// The lines of a frame, which must fit the terminal; the way back up to it must, too.
fn checked(frame: &str, (rows, columns): (usize, usize)) -> Vec<String> {
    // Each byte arrives as a character of its own.
    let bytes: Vec<u8> = frame.chars().filter_map(|byte| u8::try_from(u32::from(byte)).ok()).collect();
    let frame = String::from_utf8(bytes).expect("UTF-8");
    let (before, drawn) = frame.split_once("\u{1b}[2K").unwrap_or_else(|| panic!("no frame: {frame:?}"));
    let up: usize = before.rsplit_once("\u{1b}[").and_then(|(_, up)| up.strip_suffix('A')?.parse().ok()).unwrap_or(0);
    let lines: Vec<String> = drawn.split("\u{1b}[2K").map(|line| console::strip_ansi_codes(line).trim_end().to_owned()).collect();
    assert!(up < rows && lines.len() < rows, "{up} up, {} lines: {frame:?}", lines.len());
    assert!(lines.iter().all(|line| console::measure_text_width(line) <= columns), "{lines:#?}");
    lines
}

#[test]
fn frames_fit_the_terminal_also_after_a_resize_and_ctrl_c_shows_the_cursor() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("resize");
    let (large, small) = ((14, 120), (9, 48));
    let mut session = server.on_terminal("status -w", large, Some((small, &file)));
    session.exp_string(HIDE).expect("the cursor is hidden");
    let frame = session.exp_string(DRAWN).expect("a frame");
    let lines = checked(&frame, large);
    assert_eq!(lines.len(), 13, "{lines:#?}");
    // What is typed has a line of its own, as its flags make it long.
    assert!(lines[2].contains("40 approvals pending") && lines[4].contains("kubectl kubernaut approve pay-00 -n payment"), "{lines:#?}");
    let more = lines.iter().position(|line| line.contains("… and 37 more")).expect("how many more");
    assert!(lines[more + 1].contains("get approvals --pending -n payment --server"), "{lines:#?}");
    assert!(!frame.contains("\u{1b}[2J"), "{frame:?}");
    // A second passes, and a frame with it.
    checked(&session.exp_string(DRAWN).expect("another frame"), large);
    std::fs::write(&file, "").expect("written");
    let lines = (0..20).map(|_| session.exp_string(DRAWN).expect("a frame")).find(|frame| frame.matches("\u{1b}[2K").count() < 9);
    checked(&lines.expect("a smaller frame"), small);
    session.send_control('c').expect("typed");
    session.exp_string(SHOW).expect("the cursor is shown");
    assert_eq!(code(&session), 130);
}

#[test]
fn a_remediation_that_is_over_ends_the_watch_and_its_tree_stays() {
    let server = Server::start();
    let mut session = server.on_terminal("status rr/rr-x -w", (24, 100), None);
    session.exp_string(HIDE).expect("the cursor is hidden");
    let frame = session.exp_string(DRAWN).expect("a frame");
    let lines = checked(&frame, (24, 100));
    assert!(lines.iter().any(|line| line.contains("Phase: Executing")), "{lines:#?}");
    server.is_over.store(true, Ordering::SeqCst);
    session.exp_string(SHOW).expect("the cursor is shown");
    session.exp_string("Phase: Completed (Remediated)").expect("the last tree");
    assert_eq!(code(&session), 0);
}

#[test]
fn a_termination_shows_the_cursor_too() {
    let server = Server::start();
    let mut session = server.on_terminal("status -w", (24, 100), None);
    session.exp_string(DRAWN).expect("a frame");
    session.process_mut().signal(rexpect::process::Signal::SIGTERM).expect("sent");
    session.exp_string(SHOW).expect("the cursor is shown");
    assert_eq!(code(&session), 143);
}

#[test]
fn ctrl_z_shows_the_cursor_and_going_on_draws_below() {
    let server = Server::start();
    let mut session = server.on_terminal("status -w", (24, 100), None);
    let (_, said) = session.exp_regex("pid [0-9]+").expect("its number");
    let pid = said.trim_start_matches("pid ").to_owned();
    session.exp_string(DRAWN).expect("a frame");
    session.send_control('z').expect("typed");
    session.exp_string(SHOW).expect("the cursor is shown");
    let state = || std::process::Command::new("ps").args(["-o", "stat=", "-p", &pid]).output().expect("ps").stdout;
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while state().first() != Some(&b'T') {
        assert!(std::time::Instant::now() < deadline, "it never stopped");
        std::thread::sleep(Duration::from_millis(20));
    }
    session.process_mut().signal(rexpect::process::Signal::SIGCONT).expect("sent");
    session.exp_string(HIDE).expect("the cursor is hidden");
    let frame = session.exp_string(DRAWN).expect("a frame");
    checked(&frame, (24, 100));
    assert!(frame.starts_with("\r\u{1b}[2K"), "it does not go up over what the shell wrote: {frame:?}");
    session.send_control('c').expect("typed");
    session.exp_string(SHOW).expect("the cursor is shown");
    assert_eq!(code(&session), 130);
}

#[test]
fn a_pipe_gets_a_line_for_each_change_and_a_terminal_that_moves_nothing_does_too() {
    let server = Server::start();
    server.is_over.store(true, Ordering::SeqCst);
    let said = server.run(&["status", "rr/rr-x", "-w"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let first = said.out.lines().next().expect("a line");
    assert!(first.contains("rr/rr-x") && first.contains("-> Completed") && !said.out.contains('\u{1b}'), "{}", said.out);
    let json = server.run(&["status", "rr/rr-x", "-w", "-o", "json"]);
    let shape: Value = serde_json::from_str(&json.out).expect("one document");
    assert_eq!((&shape["kind"], &shape["phase"]), (&"StatusTree".into(), &"Completed".into()));
}
