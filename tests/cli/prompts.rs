//! Prompts on a real pseudo-terminal, against a small API server on the loopback interface.

use super::pty::code;
use super::store::{Store, block, decided, deployment, ledger, request, run, step_request};
use super::{BINARY, alone};
use rexpect::session::PtySession;
use serde_json::{Value, json};

/// Runs until the question.
fn asks(server: &Store, words: &[&str]) -> PtySession {
    let mut session = server.spawn(words);
    session.exp_string(QUESTION).expect("the question");
    session
}

const QUESTION: &str = "[y/N/d=show yaml]";

fn usual() -> Store {
    Store::with(vec![request("x"), deployment(), ledger(json!({}))])
}

#[test]
fn a_plan_is_shown_in_full_and_approved_after_a_yes() {
    let server = usual();
    let mut session = server.spawn(&["approve", "x"]);
    let shown = session.exp_string(QUESTION).expect("the question").replace("\r\n               ", " ");
    for part in [
        "Approve payment/x?   as alice",
        "Root cause   a leak",
        "72% (medium band 60-79%)",
        "payment/deployment/api (no running execution, no block)",
        "1 increase_resources memory=1Gi (disruptive)",
        "- payment/deployment/api spec.memory: 512Mi -> 1Gi",
        "deployment is managed by Argo CD application shop: it may undo this",
        "Requested by gateway",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    session.send_line("y").expect("typed");
    session.exp_string("aiapprovalrequest.kubernaut.ai/x approved").expect("the answer");
    assert_eq!(code(&session), 0);
    assert_eq!(
        (&server.written()[0]["status"]["decidedBy"], &server.written()[0]["metadata"]["resourceVersion"]),
        (&"alice".into(), &"7".into())
    );
    let calls = server.calls();
    assert!(calls.len() <= 6, "{calls:?}");
}

#[test]
fn what_stands_in_the_way_or_is_unknown_is_said_and_stops_nobody() {
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<Value>, &[&str])> = vec![
        ("a block",         vec![deployment(), ledger(json!({"blocks": [block("rr-old")]}))], &["BLOCKED: payment/rr-old-workflow ran and failed", "kubectl kubernaut clear-block wfe/rr-old-workflow -n payment"]),
        ("a running run",   vec![deployment(), ledger(json!({"holder": {"namespace": "payment", "name": "rr-y-workflow", "uid": "o", "remediationRequest": "rr-y", "workflowId": "oom", "since": "2025-12-06T10:31:00Z"}}))], &["busy: payment/rr-y-workflow works on it"]),
        ("a backoff",       vec![deployment(), ledger(json!({"consecutiveFailures": 1, "nextAllowedExecution": "2998-12-31T23:59:00Z"}))], &["the run starts in", "at the earliest"]),
        ("nothing is there", vec![], &["nothing is known to have run there: payment/deployment/api has no ledger yet", "the target does not exist any more"]),
    ];
    for (case, mut objects, parts) in table {
        objects.push(request("x"));
        let server = Store::with(objects);
        let mut session = server.spawn(&["approve", "x"]);
        let shown = session.exp_string(QUESTION).expect("the question").split_whitespace().collect::<Vec<_>>().join(" ");
        parts.iter().for_each(|part| assert!(shown.contains(part), "{case}: {part}: {shown}"));
        session.send_line("y").expect("typed");
        session.exp_string("approved").expect("the answer");
        assert_eq!(code(&session), 0, "{case}");
    }
}

#[test]
fn a_step_is_shown_with_its_run_and_approved_through_its_remediation() {
    let server = Store::with(vec![
        decided("rr-x-analysis-approval", "Approved", "bob"),
        run("rr-x", "Executing"),
        step_request("rr-x"),
        deployment(),
    ]);
    let mut session = server.spawn(&["approve", "rr/rr-x"]);
    let shown = session.exp_string("Approve this step? [y/N/d=show yaml]").expect("the question");
    for part in [
        "2 increase_resources memory=1Gi",
        "512Mi -> 1Gi",
        "Already ran  1 collect_diagnostics",
        "held by this run",
        "somebody of sre",
        "Argo CD",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    session.send_line("yes").expect("typed");
    session.exp_string("workflowstepapprovalrequest.kubernaut.ai/rr-x-workflow-step-2-approval approved").expect("the answer");
    assert_eq!(code(&session), 0);
    assert_eq!(server.written()[0]["status"]["planHash"], "h".repeat(64));
    let calls = server.calls();
    assert!(calls.len() <= 6, "{calls:?}");
}

#[test]
fn anything_but_yes_writes_nothing() {
    for answer in ["", "n", "no", "ja", "yy"] {
        let server = usual();
        let mut session = asks(&server, &["approve", "x"]);
        session.send_line(answer).expect("typed");
        session.exp_string("nothing is written").expect("the answer");
        assert_eq!((code(&session), server.written().len()), (1, 0), "{answer}");
    }
}

#[test]
fn the_yaml_is_shown_on_demand_and_then_asked_again() {
    let server = usual();
    let mut session = asks(&server, &["approve", "x"]);
    session.send_line("d").expect("typed");
    session.exp_string("planHash: hhhh").expect("the object");
    session.exp_string(QUESTION).expect("asked again");
    session.send_line("y").expect("typed");
    session.exp_string("approved").expect("the answer");
    assert_eq!(code(&session), 0);
}

#[test]
fn ctrl_c_ends_every_question_and_shows_the_cursor() {
    let server = usual();
    let mut session = asks(&server, &["approve", "x"]);
    session.send_control('c').expect("typed");
    session.exp_string("\u{1b}[?25h").expect("the cursor");
    assert_eq!((code(&session), server.written().len()), (130, 0));
    let server = blocked();
    for (words, question) in [
        (&["reject", "x"][..], "Reason"),
        (&["clear-block", "rr-old-workflow"], "Reason"),
        (&["clear-block", "--all", "-m", "put it back"], "Type 1"),
    ] {
        let mut session = server.spawn(words);
        session.exp_string(question).expect("the question");
        session.send_control('c').expect("typed");
        session.exp_string("\u{1b}[?25h").expect("the cursor");
        assert_eq!((code(&session), server.written().len()), (130, 0), "{words:?}");
    }
}

#[test]
fn a_rejection_asks_for_its_reason_until_there_is_one() {
    let server = usual();
    let mut session = server.spawn(&["reject", "x"]);
    session.exp_string("Reason").expect("the question");
    session.send_line("  ").expect("typed");
    session.exp_string("Reason for the rejection: ").expect("asked again");
    session.send_line("too risky").expect("typed");
    session.exp_string("rejected").expect("the answer");
    assert_eq!((code(&session), &server.written()[0]["status"]["reason"]), (0, &"too risky".into()));
}

#[test]
fn a_change_while_the_question_is_open_is_shown_and_asked_about_again() {
    let server = usual();
    let mut session = asks(&server, &["approve", "x"]);
    server.change("aiapprovalrequests", "x", |object| object["metadata"]["labels"] = json!({"team": "b"}));
    session.send_line("y").expect("typed");
    session.exp_string("changed while you looked at it").expect("said");
    let shown = session.exp_string(QUESTION).expect("asked again");
    assert!(shown.contains("+    team: b"), "{shown}");
    assert!(server.written().is_empty());
    session.send_line("y").expect("typed");
    session.exp_string("x approved").expect("the answer");
    assert_eq!((code(&session), &server.written()[0]["metadata"]["resourceVersion"]), (0, &"8".into()));
}

#[test]
fn a_decision_while_the_question_is_open_is_never_overridden() {
    for (decision, answer, expected) in
        [("Approved", "unchanged (approved by bob", 0), ("Rejected", "cannot approve payment/x: rejected by bob", 6)]
    {
        let server = usual();
        let mut session = asks(&server, &["approve", "x"]);
        server.change("aiapprovalrequests", "x", |object| *object = decided("x", decision, "bob"));
        session.send_line("y").expect("typed");
        session.exp_string(answer).expect("the answer");
        assert_eq!((code(&session), server.written().len()), (expected, 0), "{decision}");
    }
}

#[test]
fn several_are_approved_by_typing_how_many() {
    let server = || Store::with(vec![request("a"), request("b"), decided("c", "Approved", "bob")]);
    let mut right = server();
    let mut session = right.spawn(&["approve", "a", "b", "c"]);
    let shown = session.exp_string("Type 2 to approve 2 requests").expect("the question");
    assert!(shown.contains("as alice") && shown.contains("512Mi -> 1Gi") && !shown.contains("c   "), "{shown}");
    session.send_line("2").expect("typed");
    session.exp_string("2 approved, 1 unchanged").expect("the count");
    assert_eq!((code(&session), right.written().len()), (0, 2));
    for wrong in ["3", "y", ""] {
        right = server();
        let mut session = right.spawn(&["approve", "--all"]);
        session.exp_string("Type 2 to approve 2 requests").expect("the question");
        session.send_line(wrong).expect("typed");
        session.exp_string("nothing is written").expect("the answer");
        assert_eq!((code(&session), right.written().len()), (1, 0), "{wrong}");
    }
}

#[test]
fn a_hostile_request_cannot_draw_on_the_terminal() {
    let mut hostile = request("x");
    let cause = "\u{1b}[2J\u{1b}[1;1HApprove?\r\n  Confidence   99% (high)\u{202e}\u{7}\u{9b}31m";
    hostile["spec"]["investigation"]["rootCause"] = cause.repeat(20_000).into();
    hostile["spec"]["plan"]["steps"][0]["parameters"]["memory"] = "1Gi\n  Plan hash    forged".into();
    let server = Store::with(vec![hostile]);
    let mut session = server.spawn(&["approve", "x"]);
    let shown = session.exp_string("Approve this plan?").expect("the question");
    assert!(shown.len() < 10_000, "{}", shown.len());
    let dangerous = |c: char| (c.is_control() && !matches!(c, '\r' | '\n')) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{80}'..='\u{9f}');
    assert!(!shown.contains(dangerous), "{shown:?}");
    assert!(!shown.lines().any(|line| line.starts_with("  Confidence   99%") || line.starts_with("  Plan hash    forged")), "{shown}");
    session.send_control('c').expect("typed");
    assert_eq!(code(&session), 130);
}

#[test]
fn no_input_means_no_question() {
    let server = usual();
    let mut session = server.spawn(&["approve", "x", "--no-input"]);
    session.exp_string("--yes").expect("the flag");
    assert_eq!((code(&session), server.calls().len()), (7, 0));
}

fn blocked() -> Store {
    let waits = json!({"blocks": [block("rr-old")], "consecutiveFailures": 1, "nextAllowedExecution": "2998-12-31T23:59:00Z"});
    Store::with(vec![run("rr-old", "Failed"), ledger(waits)])
}

#[test]
fn a_reason_that_the_server_refuses_is_asked_for_again_before_the_name() {
    let server = blocked();
    let mut session = server.spawn(&["clear-block", "rr-old-workflow"]);
    let shown = session.exp_string("Reason (kept in the record)").expect("the question");
    for part in [
        "payment/rr-old-workflow ran and FAILED",
        "Clearing lets oom run again on payment/deployment/api",
        "earliest execution in",
        "as alice",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    session.send_line("too short").expect("typed");
    session.exp_string("give a reason of at least 10 characters").expect("the server's words");
    session.exp_string("Reason (kept in the record)").expect("asked again");
    session.send_line("put the limits back by hand").expect("typed");
    session.exp_string("Type the target name to confirm (api)").expect("the name");
    assert!(server.written().is_empty());
    session.send_line("api").expect("typed");
    session.exp_string("blockclearance.kubernaut.ai/rr-oldid-1 created, block cleared").expect("the answer");
    session.exp_string("note: backoff still active, earliest execution in").expect("the note");
    assert_eq!(code(&session), 0);
    assert_eq!(server.written()[0]["spec"]["reason"], "put the limits back by hand");
}

#[test]
fn another_name_than_the_targets_clears_nothing() {
    let server = blocked();
    let mut session = server.spawn(&["clear-block", "rr-old-workflow", "-m", "put the limits back by hand"]);
    session.exp_string("Type the target name").expect("the question");
    session.send_line("web").expect("typed");
    session.exp_string("nothing was cleared").expect("the answer");
    assert_eq!((code(&session), server.written().len()), (7, 0));
    let mut session = server.spawn(&["clear-block", "--all", "-m", "put the limits back by hand"]);
    session.exp_string("Type 1 to clear 1 block").expect("the question");
    session.send_line("1").expect("typed");
    session.exp_string("1 cleared").expect("the count");
    assert_eq!((code(&session), server.written().len()), (0, 1));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    use std::io::Read;
    use std::process::Stdio;
    let server = Store::with((0..5_000).map(|nth| request(&format!("x{nth}"))).collect());
    let mut command = alone(BINARY);
    command.args(["get", "approvals", "-n", "payment", "-o", "json", "-s", &server.address]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it ran");
    let mut first = [0; 10];
    child.stdout.take().expect("a pipe").read_exact(&mut first).expect("some output");
    let ended = child.wait_with_output().expect("it ended");
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}
