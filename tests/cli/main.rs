//! The binary from outside: exit codes, streams, and what it says when things are wrong.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod audit;
mod completion;
mod connect;
mod decide;
mod documents;
mod exit_codes;
mod forms;
mod get;
mod hostile;
mod install;
mod keyboard;
mod operate;
mod output;
mod packaging;
mod plenty;
mod prompts;
#[path = "../shared/pty.rs"]
mod pty;
mod route;
mod route_cases;
mod route_send;
#[path = "../shared/schemas.rs"]
mod schemas;
mod server;
mod simulate;
mod status;
mod store;
mod terminals;
#[path = "../shared/tls.rs"]
mod tls;
mod why;

use assert_cmd::Command;
use std::process::Command as Process;

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-kubernaut");

/// What decides from outside where a command connects to and how it looks.
const SURROUNDINGS: [&str; 11] = [
    "KUBECONFIG",
    "KUBERNETES_SERVICE_HOST",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
];

/// A program that knows nothing of where the tests run.
fn alone(program: &str) -> Process {
    let mut process = Process::new(program);
    for name in SURROUNDINGS {
        process.env_remove(name);
    }
    process.env("HOME", "/nonexistent");
    process
}

fn plugin() -> Command {
    Command::from_std(alone(BINARY))
}

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn run(words: &[&str]) -> Said {
    said(plugin().args(words))
}

/// How it ends; what it prints for programs is as the schemas say.
fn said(command: &mut Command) -> Said {
    let output = command.output().expect("it ran");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    schemas::checked(&text(&output.stdout));
    schemas::checked(&text(&output.stderr));
    Said { code: output.status.code().expect("an exit code"), out: text(&output.stdout), err: text(&output.stderr) }
}

#[test]
fn help_is_no_error() {
    for words in [&[][..], &["help"], &["--help"]] {
        let said = run(words);
        assert!(said.code == 0 && said.err.is_empty() && said.out.contains("Usage: kubectl kubernaut"), "{words:?}: {}", said.err);
    }
    assert_eq!(run(&["help", "route", "test"]).out, run(&["route", "test", "--help"]).out);
}

#[test]
fn nonsense_is_a_usage_error_on_standard_error() {
    let nonsense: &[&[&str]] = &[
        &["-n", "x"],
        &["frobnicate"],
        &["help", "frobnicate"],
        &["get"],
        &["get", "pods"],
        &["get", "approvals", "--wibble"],
        &["get", "approvals", "-o", "xml"],
        &["get", "approvals", "-o", "go-template=x"],
        &["get", "approvals", "-A", "x"],
        &["approve"],
        &["approve", "x", "--dry-run=maybe"],
        &["reject", "x"],
        &["status", "--wait=soon", "rr/x"],
        &["status", "x", "--request-timeout", "1d"],
        &["get", "approvals", "-s", "http://127.0.0.1:1", "--as-group", "g"],
    ];
    for words in nonsense {
        let said = run(words);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{words:?}: {}", said.err);
        assert!(!said.err.is_empty(), "{words:?}");
    }
}

#[test]
fn usage_errors_have_a_machine_form() {
    let said = run(&["get", "approvals", "-o", "json", "--wibble"]);
    let form: serde_json::Value = serde_json::from_str(said.err.trim()).expect("one JSON object");
    assert_eq!((said.code, &form["kind"], &form["reason"], &form["exitCode"]), (2, &"Error".into(), &"Usage".into(), &2.into()));
}

#[test]
fn an_unreachable_server_is_one_line_and_a_hint() {
    for words in [&["get", "approvals"][..], &["status"], &["status", "rr/x"], &["approve", "x", "--yes"], &["version"], &["install"]] {
        let said = run(&[words, &["-s", "http://127.0.0.1:1"]].concat());
        let lines: Vec<&str> = said.err.lines().collect();
        assert_eq!((said.code, said.out.as_str(), lines.len()), (1, "", 2), "{words:?}: {}", said.err);
        assert!(lines[0].starts_with("Error: cannot reach the API server at http://127.0.0.1:1: "), "{}", lines[0]);
        assert!(lines[1].starts_with("Hint: "), "{}", lines[1]);
    }
}

#[test]
fn an_unreachable_server_has_a_machine_form() {
    let said = run(&["get", "approvals", "-ojson", "-s", "http://127.0.0.1:1"]);
    let form: serde_json::Value = serde_json::from_str(said.err.trim()).expect("one JSON object");
    assert_eq!((said.code, &form["reason"], &form["server"]), (1, &"Unreachable".into(), &serde_json::Value::Null));
}

#[test]
fn nowhere_to_connect_is_said() {
    let said = run(&["get", "approvals"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("nothing says where to connect"), "{}", said.err);
}

#[test]
fn nothing_is_approved_without_a_confirmation() {
    let said = run(&["approve", "x", "-s", "http://127.0.0.1:1"]);
    assert_eq!(said.code, 7);
    assert!(said.err.contains("--yes"), "{}", said.err);
}

#[test]
fn versions_and_help_need_no_cluster() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(run(&["--version"]).out, format!("kubectl-kubernaut {version}\n"));
    let said = run(&["version", "--client", "-o", "json"]);
    let info: serde_json::Value = serde_json::from_str(&said.out).expect("json");
    assert_eq!((&info["apiVersion"], &info["kind"]), (&"cli.kubernaut.ai/v1alpha1".into(), &"VersionInfo".into()));
    assert_eq!(info["client"]["version"], version);
    let help = run(&["--help"]);
    assert!(help.code == 0 && help.out.contains("Usage: kubectl kubernaut") && help.err.is_empty(), "{}", help.out);
    assert!(!help.out.contains("chat"));
}

#[test]
fn colour_obeys_flag_and_environment() {
    let failing = ["get", "approvals", "-s", "http://127.0.0.1:1"];
    assert!(!run(&failing).err.contains('\u{1b}'));
    assert!(run(&[&failing[..], &["--color=always"]].concat()).err.contains('\u{1b}'));
    assert!(said(plugin().env("CLICOLOR_FORCE", "1").args(failing)).err.contains('\u{1b}'));
    assert!(!said(plugin().env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").args(failing)).err.contains('\u{1b}'));
    assert!(run(&["--color=always", "--help"]).out.contains('\u{1b}'));
}

#[test]
fn completion_scripts_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let said = run(&["completion", shell]);
        assert!(said.code == 0 && said.out.contains("kubectl-kubernaut"), "{shell}");
    }
}

#[test]
fn export_is_yaml_that_holds_every_type() {
    let said = run(&["install", "--export", "--only", "crds"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(said.out.matches("---\n").count(), 10);
    assert!(said.out.contains("name: aiapprovalrequests.kubernaut.ai"));
}
