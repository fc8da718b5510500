//! Prompts on a real pseudo-terminal, against a small API server on the loopback interface.

use super::pty::code;
use super::server::{Server, answered, status, user};
use super::store::{Store, block, decided, deployment, ledger, request, run, step_request};
use super::{BINARY, alone};
use jiff::{SignedDuration, Timestamp};
use rexpect::session::PtySession;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs until the question.
fn asks(server: &Store, words: &[&str]) -> PtySession {
    let mut session = server.spawn(words);
    session.exp_string(QUESTION).expect("the question");
    session
}

const QUESTION: &str = "[y/N/d=show yaml]";

#[test]
fn a_plan_is_shown_in_full_and_approved_after_a_yes() {
    let server = Store::usual();
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
        ("nothing is there", vec![], &["(no running execution, no block)", "the target does not exist any more"]),
        ("runs, no ledger", vec![deployment(), run("rr-y", "Executing")], &["busy: payment/rr-y-workflow works on it"]),
        ("an unbuilt ledger", vec![deployment(), run("rr-y", "Executing"), unbuilt()], &["busy: payment/rr-y-workflow works on it"]),
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
    // One more than by its own name, to find the step.
    assert!(calls.len() <= 7, "{calls:?}");
}

#[test]
fn anything_but_yes_writes_nothing() {
    for answer in ["", "n", "no", "ja", "yy"] {
        let server = Store::usual();
        let mut session = asks(&server, &["approve", "x"]);
        session.send_line(answer).expect("typed");
        session.exp_string("nothing is written").expect("the answer");
        assert_eq!((code(&session), server.written().len()), (1, 0), "{answer}");
    }
}

#[test]
fn the_yaml_is_shown_on_demand_and_then_asked_again() {
    let server = Store::usual();
    let mut session = asks(&server, &["approve", "x"]);
    session.send_line("d").expect("typed");
    session.exp_string("planHash: hhhh").expect("the object");
    session.exp_string(QUESTION).expect("asked again");
    session.send_line("y").expect("typed");
    session.exp_string("approved").expect("the answer");
    assert_eq!(code(&session), 0);
}

#[test]
fn ctrl_c_and_the_end_of_input_end_every_question() {
    let server = blocked();
    server.add(request("x"));
    for (words, question) in [
        (&["approve", "x"][..], QUESTION),
        (&["approve", "--all"], "Type 1 to approve 1 request: "),
        (&["reject", "x"], "Reason for the rejection: "),
        (&["clear-block", "rr-old-workflow"], "Reason (kept in the record): "),
        (&["clear-block", "rr-old-workflow", "-m", "put it back"], "Type the target name to confirm (api): "),
        (&["clear-block", "--all", "-m", "put it back"], "Type 1 to clear 1 block: "),
    ] {
        for keys in ["\u{3}", "\u{4}", "y\u{4}\u{4}", "1\u{4}\u{4}", "y\u{3}"] {
            let mut session = server.spawn(words);
            let before = session.exp_string(question).expect("the question");
            session.send(keys).expect("typed");
            session.flush().expect("sent");
            let after = session.exp_eof().expect("it ended");
            assert_eq!((code(&session), server.written().len()), (130, 0), "{words:?} {keys:?}: {after}");
            assert!(!before.contains("\u{1b}[?25l") && !after.contains("\u{1b}[?25l"), "the cursor stays: {after:?}");
        }
    }
}

#[test]
fn a_rejection_asks_for_its_reason_until_there_is_one() {
    let server = Store::usual();
    let mut session = server.spawn(&["reject", "x"]);
    session.exp_string("Reason").expect("the question");
    session.send_line("  ").expect("typed");
    session.exp_string("A rejection needs a reason").expect("why");
    session.exp_string("Reason for the rejection: ").expect("asked again");
    session.send_line("too risky").expect("typed");
    session.exp_string("rejected").expect("the answer");
    assert_eq!((code(&session), &server.written()[0]["status"]["reason"]), (0, &"too risky".into()));
}

#[test]
fn a_change_while_the_question_is_open_is_shown_and_asked_about_again() {
    let server = Store::usual();
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
        let server = Store::usual();
        let mut session = asks(&server, &["approve", "x"]);
        server.change("aiapprovalrequests", "x", |object| *object = decided("x", decision, "bob"));
        session.send_line("y").expect("typed");
        session.exp_string(answer).expect("the answer");
        assert_eq!((code(&session), server.written().len()), (expected, 0), "{decision}");
    }
}

#[test]
fn a_rejection_of_what_changed_meanwhile_is_asked_about() {
    // The first write comes too late: the request has got another version.
    let tried = Arc::<AtomicBool>::default();
    let server = Server::plain(move |asked| {
        Some(match asked.method.as_str() {
            "POST" if asked.path.ends_with("/selfsubjectaccessreviews") => {
                answered(201, &json!({"metadata": {}, "spec": {}, "status": {"allowed": true}}))
            }
            "POST" => user("alice"),
            "GET" if asked.path.ends_with("/x") => {
                let mut there = request("x");
                if tried.load(Ordering::SeqCst) {
                    there["metadata"]["resourceVersion"] = "8".into();
                }
                answered(200, &there)
            }
            "PATCH" if !tried.swap(true, Ordering::SeqCst) => status(409, "Conflict", "modified", "x"),
            _ => return None,
        })
    });
    let mut session = server.spawn(&["reject", "x", "-m", "too risky"]);
    session.exp_string("changed while you looked at it").expect("said");
    session.exp_string("Reject this plan?").expect("the question");
    session.send_line("n").expect("typed");
    session.exp_string("nothing is written").expect("the answer");
    assert_eq!((code(&session), server.calls().iter().filter(|call| call.starts_with("PATCH")).count()), (1, 1));
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
fn what_stands_on_the_targets_of_several_is_said_before_the_count_and_read_once() {
    let mut elsewhere = request("c");
    elsewhere["spec"]["plan"]["targetResource"] = "payment/deployment/web".into();
    let holder = json!({"namespace": "payment", "name": "rr-y-workflow", "uid": "o", "remediationRequest": "rr-y", "workflowId": "oom", "since": "2025-12-06T10:31:00Z"});
    let busy = json!({"holder": holder, "blocks": [block("rr-old")]});
    let server = Store::with(vec![request("a"), request("b"), elsewhere, deployment(), ledger(busy)]);
    let mut session = server.spawn(&["approve", "--all"]);
    let shown = session.exp_string("Type 3 to approve 3 requests").expect("the question").split_whitespace().collect::<Vec<_>>().join(" ");
    for (part, count) in [
        ("Note BLOCKED: payment/rr-old-workflow ran and failed", 2),
        ("Note busy: payment/rr-y-workflow works on it", 2),
        ("Note deployment is managed by Argo CD application shop: it may undo this", 2),
        ("Note the target does not exist any more", 1),
    ] {
        assert_eq!(shown.matches(part).count(), count, "{part}: {shown}");
    }
    let calls = server.calls();
    for (call, count) in [
        ("GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/remediationtargets", 1),
        ("GET /apis/apps/v1/namespaces/payment/deployments/api", 1),
        ("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 1),
    ] {
        assert_eq!(calls.iter().filter(|made| *made == call).count(), count, "{call}: {calls:?}");
    }
    session.send_line("3").expect("typed");
    session.exp_string("3 approved").expect("the count");
    assert_eq!((code(&session), server.written().len()), (0, 3));
}

#[test]
fn who_may_not_is_told_before_anything_is_asked() {
    let deciding = "everything that deciding needs: a RoleBinding in namespace payment to the ClusterRole kubernaut-approver";
    let clearing = "everything that clearing needs: a RoleBinding in namespace payment to the ClusterRole kubernaut-clearer";
    let (clear, create) = (r#"["remediationtargets"], verbs: ["clear"]"#, r#"["blockclearances"], verbs: ["create"]"#);
    let approve = r#"["aiapprovalrequests"], verbs: ["approve"]"#;
    type Words = &'static [&'static str];
    #[rustfmt::skip]
    let table: Vec<(&str, Words, Words, Vec<&str>, Vec<&str>)> = vec![
        ("a plan",          &["aiapprovalrequests"], &["approve", "x"],     vec!["alice may not approve aiapprovalrequests in namespace payment", approve, deciding], vec![]),
        ("several",         &["aiapprovalrequests"], &["approve", "--all"], vec!["alice may not approve aiapprovalrequests", approve, deciding, "1 failed"], vec![]),
        ("a rejection",     &["aiapprovalrequests"], &["reject", "x"],      vec!["alice may not approve aiapprovalrequests in namespace payment, which rejecting takes, too", approve], vec![]),
        ("a block",         &["remediationtargets", "blockclearances"], &["clear-block", "rr-old-workflow"], vec!["may not clear remediationtargets and may not create blockclearances in namespace payment; nothing was cleared", clear, create, clearing], vec![]),
        ("half of it",      &["remediationtargets"], &["clear-block", "rr-old-workflow"], vec!["may not clear remediationtargets", clear, clearing], vec![create]),
        ("several blocks",  &["blockclearances"],    &["clear-block", "--all", "-m", "put the limits back"], vec!["may not create blockclearances", create, clearing], vec![clear]),
    ];
    for (case, forbidden, words, parts, never) in table {
        let server = blocked();
        server.add(request("x"));
        server.kept().forbidden = forbidden.to_vec();
        let mut session = server.spawn(words);
        let shown = session.exp_eof().expect("it ended");
        assert_eq!((code(&session), server.written().len()), (1, 0), "{case}: {shown}");
        parts.iter().for_each(|part| assert!(shown.contains(part), "{case}: {part}: {shown}"));
        never.iter().for_each(|part| assert!(!shown.contains(part), "{case}: {part}: {shown}"));
        ["Reason", "Type 1", "[y/N"].iter().for_each(|question| assert!(!shown.contains(question), "{case}: {shown}"));
    }
}

#[test]
fn a_role_that_names_a_request_is_enough_for_it() {
    let server = Store::with(vec![request("x"), request("y"), deployment(), ledger(json!({}))]);
    server.kept().forbidden = vec!["aiapprovalrequests"];
    server.kept().named = Some("x");
    let mut session = asks(&server, &["approve", "x"]);
    session.send_line("y").expect("typed");
    session.exp_string("x approved").expect("the answer");
    assert_eq!(code(&session), 0);
    let mut session = server.spawn(&["approve", "y"]);
    session.exp_string("alice may not approve").expect("why");
    session.exp_eof().expect("it ended");
    assert_eq!((code(&session), server.written().len()), (1, 1));
}

#[test]
fn a_role_that_names_a_target_is_enough_to_clear_it() {
    for (named, expected) in [("deployment.api", "Reason (kept in the record)"), ("deployment.other", "alice may not clear")] {
        let server = blocked();
        server.kept().forbidden = vec!["remediationtargets"];
        server.kept().named = Some(named);
        let mut session = server.spawn(&["clear-block", "rr-old-workflow"]);
        session.exp_string(expected).unwrap_or_else(|error| panic!("{named}: {error}"));
        session.send_control('c').expect("typed");
        session.exp_eof().expect("it ended");
    }
}

#[test]
fn a_yes_that_comes_too_late_writes_nothing() {
    let mut short = request("x");
    let (begun, lasts) = (Timestamp::now(), SignedDuration::from_secs(6));
    short["metadata"]["creationTimestamp"] = begun.to_string().into();
    short["spec"]["timeout"] = "6s".into();
    let server = Store::with(vec![short, deployment(), ledger(json!({}))]);
    let mut session = asks(&server, &["approve", "x"]);
    while Timestamp::now().duration_since(begun) <= lasts {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    session.send_line("y").expect("typed");
    session.exp_string("it expired").expect("why");
    session.exp_eof().expect("it ended");
    assert_eq!((code(&session), server.written().len()), (6, 0));
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
fn a_question_needs_a_terminal_for_its_words_and_for_the_answer() {
    for redirected in ["2>/dev/null", "</dev/null"] {
        let server = Store::usual();
        let mut command = alone("sh");
        let script = format!("\"$@\" {redirected}; echo ended with $?");
        command.args(["-c", &script, "sh", BINARY, "approve", "x", "-n", "payment", "-s", &server.address]).env("TERM", "xterm");
        let mut session = super::pty::spawn(command);
        session.exp_string("ended with 7").expect("the code");
        assert_eq!(server.calls(), Vec::<String>::new(), "{redirected}");
    }
}

#[test]
fn a_termination_ends_an_open_question_too() {
    let server = Store::usual();
    let mut session = asks(&server, &["approve", "x"]);
    session.process_mut().signal(rexpect::process::Signal::SIGTERM).expect("told");
    assert_eq!((code(&session), server.written().len()), (143, 0));
}

#[test]
fn what_was_simulated_is_made_only_after_a_yes() {
    let posts = Arc::<AtomicBool>::default();
    let posted = posts.clone();
    let server = Server::plain(move |asked| {
        let name = asked.path.rsplit('/').next().unwrap_or_default();
        Some(match (asked.method.as_str(), name) {
            ("POST", "selfsubjectreviews") => user("alice"),
            ("POST", "remediationrequests") => {
                posted.store(true, Ordering::SeqCst);
                answered(201, &asked.body)
            }
            ("GET", "api") => answered(200, &deployment()),
            ("GET", "pods" | "remediationrequests" | "workflowexecutions" | "blockclearances" | "replicasets") => {
                answered(200, &json!({"metadata": {"resourceVersion": "1"}, "items": []}))
            }
            _ => return None,
        })
    });
    for (answer, made) in [("", false), ("n", false), ("yes", true)] {
        let mut session = server.spawn(&["simulate", "--alert", "Restarts", "--target", "payment/deployment/api", "--apply"]);
        session.exp_string("Create this remediation request as alice, who then may not approve it").expect("the question");
        session.send_line(answer).expect("typed");
        session.exp_string(if made { "created" } else { "nothing was created" }).expect("the answer");
        assert_eq!((code(&session), posts.load(Ordering::SeqCst)), (0, made), "{answer}");
    }
}

#[test]
fn no_input_means_no_question() {
    let server = Store::usual();
    let mut session = server.spawn(&["approve", "x", "--no-input"]);
    session.exp_string("confirm with --yes, after a look at it with  kubectl kubernaut review x -n payment").expect("the flag");
    assert_eq!((code(&session), server.calls().len()), (7, 0));
}

/// A ledger that its controllers have not come to.
fn unbuilt() -> Value {
    let mut ledger = ledger(json!({}));
    ledger["status"] = json!({});
    ledger
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
    for wrong in ["2", "y", ""] {
        let mut session = server.spawn(&["clear-block", "--all", "-m", "put the limits back by hand"]);
        session.exp_string("Type 1 to clear 1 block").expect("the question");
        session.send_line(wrong).expect("typed");
        session.exp_string("nothing was cleared").expect("the answer");
        assert_eq!((code(&session), server.written().len()), (7, 0), "{wrong}");
    }
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
