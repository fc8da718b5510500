//! Whole screens, read from a scripted API server.

use super::asker::Asker;
use super::overview::{self, View, overview};
use super::wait::{Until, wait};
use super::{StatusArgs, everything, one, overview_lines, render, tree};
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::output::Times;
use crate::cli::scripted::{self, Answer, Script, object};
use crate::cli::session::Session;
use crate::cli::terminal::Look;
use crate::settings::Gate;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const NOW: &str = "2025-12-06T10:34:02Z";

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

fn session() -> Session {
    // What passes while the test runs must not make another second of it.
    scripted::session(NOW, -400)
}

fn connected(script: &Script) -> Connected {
    Connected::around(script.client(), "payment")
}

/// Answers gets by name and lists by kind; `objects` has both.
fn server(objects: Vec<(&'static str, Value)>, forbidden: &'static [&'static str]) -> Script {
    Script::of(move |asked| {
        let parts: Vec<&str> = asked.path.split('/').collect();
        let at = parts.iter().position(|part| *part == "namespaces").map_or(3, |at| at + 1);
        let (plural, name) = (parts.get(at + 1).copied().unwrap_or_default(), parts.get(at + 2));
        if forbidden.contains(&plural) || plural == "leases" {
            return Answer::forbidden(plural);
        }
        let of_kind = objects.iter().filter(|(kind, _)| *kind == plural).map(|(_, object)| object);
        match name {
            Some(name) => match of_kind.clone().find(|object| object["metadata"]["name"] == **name) {
                Some(object) => Answer::Json(200, object.clone()),
                None => Answer::missing(),
            },
            None if plural == "selfsubjectreviews" => {
                Answer::Json(201, json!({"metadata": {}, "status": {"userInfo": {"username": "alice@corp"}}}))
            }
            None if plural == "selfsubjectaccessreviews" => Answer::Json(201, json!({"spec": {}, "status": {"allowed": true}})),
            None => Answer::list(&of_kind.cloned().collect::<Vec<_>>(), "7"),
        }
    })
}

fn remediation(status: Value) -> (&'static str, Value) {
    let spec = json!({"targetResource": "payment/deployment/api", "signalName": "OOM", "severity": "critical"});
    ("remediationrequests", object("RemediationRequest", "rr-x", spec, status))
}

fn asking() -> Vec<(&'static str, Value)> {
    vec![
        remediation(json!({"phase": "AwaitingApproval"})),
        ("remediationprocessings", object("RemediationProcessing", "rr-x-processing", json!({}), json!({"phase": "Completed"}))),
        (
            "aianalyses",
            object(
                "AIAnalysis",
                "rr-x-analysis",
                json!({}),
                json!({"phase": "Approving", "confidenceScore": 72.0, "confidenceLevel": "medium"}),
            ),
        ),
        ("aiapprovalrequests", object("AIApprovalRequest", "rr-x-analysis-approval", json!({"timeout": "15m"}), json!({}))),
        (
            "notificationrequests",
            object(
                "NotificationRequest",
                "rr-x-notification-approval",
                json!({}),
                json!({"phase": "Sent", "deliveries": [{"receiver": "slack\u{1b}[2J"}]}),
            ),
        ),
    ]
}

/// A run whose second step failed, so that it blocks its target; the third was never made.
fn blocked() -> Vec<(&'static str, Value)> {
    let steps = json!([{"stepNumber": 1, "action": "collect_diagnostics"}, {"stepNumber": 2, "action": "increase_resources", "dependencies": [1]},
        {"stepNumber": 3, "action": "restart_pod", "dependencies": [2]}]);
    let step = |number: u8, action: &str, status: Value| {
        let spec = json!({"stepNumber": number, "action": action, "workflowExecutionRef": {"name": "rr-x-workflow"}});
        ("kubernetesexecutions", object("KubernetesExecution", &format!("rr-x-workflow-step-{number}"), spec, status))
    };
    let failure = json!({"wasExecutionFailure": true, "failedStep": 2, "message": "exit 1, \u{202e}OOMKilled\n\u{1b}[31m負荷"});
    vec![
        remediation(json!({"phase": "Failed", "blocked": true, "requiresManualReview": true, "message": "step 2 failed"})),
        ("remediationprocessings", object("RemediationProcessing", "rr-x-processing", json!({}), json!({"phase": "Completed"}))),
        ("aianalyses", object("AIAnalysis", "rr-x-analysis", json!({}), json!({"phase": "Completed", "approvalStatus": "AutoApproved"}))),
        (
            "workflowexecutions",
            object(
                "WorkflowExecution",
                "rr-x-workflow",
                json!({"workflowDefinition": {"steps": steps}}),
                json!({"phase": "Failed", "failureDetails": failure}),
            ),
        ),
        step(
            1,
            "collect_diagnostics",
            json!({"phase": "Completed", "startTime": "2025-12-06T10:31:00Z", "completionTime": "2025-12-06T10:31:04Z"}),
        ),
        step(2, "increase_resources", json!({"phase": "Failed", "message": "OOMKilled"})),
    ]
}

async fn drawn(objects: Vec<(&'static str, Value)>, look: Look) -> String {
    let tree = tree(&server(objects, &[]).client(), "payment", "rr-x", now()).await.expect("a tree");
    render::text(&tree, &look, Times::Age, now())
}

#[tokio::test]
async fn a_tree_shows_what_is_there_and_why_the_rest_is_not() {
    let expected = "\
Name:      payment/rr-x      Phase: AwaitingApproval      Age: 4m2s
Target:    payment/deployment/api
Waiting:   a person's decision on aar/rr-x-analysis-approval, expires in 10m (2025-12-06T10:45:00Z)

NAME                               KIND                    STATE                AGE    INFO
rr/rr-x                            RemediationRequest      ◷ AwaitingApproval   4m2s   OOM, critical
├─ rp/rr-x-processing              RemediationProcessing   ✔ Completed          4m2s
├─ aia/rr-x-analysis               AIAnalysis              ◷ Approving          4m2s   confidence 72% (medium)
│  └─ aar/rr-x-analysis-approval   AIApprovalRequest       ◷ Pending            4m2s   expires in 10m
├─ wfe/rr-x-workflow               WorkflowExecution       – not there          -      waits for approval
└─ nr/rr-x-notification-approval   NotificationRequest     ✔ Sent               4m2s   slack
";
    assert_eq!(drawn(asking(), Look::default()).await, expected);
    let tree = tree(&server(asking(), &[]).client(), "payment", "rr-x", now()).await.expect("a tree");
    let shape = serde_json::to_value(&tree).expect("json");
    assert_eq!(
        (&shape["object"], &shape["phase"], &shape["kind"]),
        (&"payment/rr-x".into(), &"AwaitingApproval".into(), &"StatusTree".into())
    );
    assert_eq!(shape["children"][2]["absentBecause"], "waits for approval");
    assert_eq!(shape["waiting"]["untilInSeconds"], 658);
}

#[tokio::test]
async fn a_blocked_tree_says_what_ran_what_failed_and_what_never_will_in_ascii_too() {
    let expected = "\
Name:      payment/rr-x      Phase: Failed      Age: 4m2s
Target:    payment/deployment/api
Message:   step 2 failed
Review:    a person must look at this
Blocked:   its run blocks the target until a person clears it

NAME                              KIND                    STATE         AGE    INFO
rr/rr-x                           RemediationRequest      x Failed      4m2s   OOM, critical
|- rp/rr-x-processing             RemediationProcessing   ok Completed  4m2s
|- aia/rr-x-analysis              AIAnalysis              ok Completed  4m2s   AutoApproved
`- wfe/rr-x-workflow              WorkflowExecution       x Failed      4m2s   exit 1, OOMKilled 負荷
   |- ke/rr-x-workflow-step-1     KubernetesExecution     ok Completed  4m2s   collect_diagnostics, took 4s
   |- ke/rr-x-workflow-step-2     KubernetesExecution     x Failed      4m2s   increase_resources, OOMKilled
   `- ke/rr-x-workflow-step-3     KubernetesExecution     - not there   -      was not reached, restart_pod
";
    let drawn = drawn(blocked(), Look { ascii: true, ..Look::default() }).await;
    let squeezed = |text: &str| text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
    assert_eq!(squeezed(&drawn), squeezed(expected));
}

#[tokio::test]
async fn a_terminal_loses_the_kinds_first_then_free_text_and_colours_whole_words() {
    for (width, has_kinds, is_cut) in [(40, false, true), (80, false, true), (90, false, false), (104, true, true), (200, true, false)] {
        let narrow = drawn(blocked(), Look { width: Some(width), ..Look::default() }).await;
        let head = narrow.lines().find(|line| line.starts_with("NAME")).expect("a head");
        assert_eq!((head.contains("KIND"), narrow.contains('…')), (has_kinds, is_cut), "{width}: {narrow}");
        assert!(head.ends_with("INFO") && narrow.contains("rr/rr-x ") && narrow.contains("ke/rr-x-workflow-step-3"), "{narrow}");
        assert!(!narrow.contains('\u{1b}') && !narrow.contains('\u{202e}'), "{narrow}");
    }
    let color = crate::cli::terminal::Stream { color: true, terminal: true };
    let colored = drawn(blocked(), Look { out: color, ..Look::default() }).await;
    assert!(colored.contains("\u{1b}[31m✖ Failed\u{1b}[0m"), "{colored:?}");
    assert_eq!(console::strip_ansi_codes(&colored), drawn(blocked(), Look::default()).await);
}

#[tokio::test]
async fn a_screen_that_is_too_low_leaves_out_what_is_well() {
    let tree = tree(&server(blocked(), &[]).client(), "payment", "rr-x", now()).await.expect("a tree");
    let look = Look::default();
    for rows in [12, 9] {
        let lines = render::lines(&tree, &render::Shape { look: &look, times: Times::Age, now: now(), wide: false, rows: Some(rows) });
        assert_eq!(lines.len(), rows, "{lines:#?}");
        assert!(lines.last().expect("a line").starts_with("… "), "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("✖ Failed")), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.contains("✔ Completed")) || rows == 12, "{lines:#?}");
    }
}

#[tokio::test]
async fn a_narrow_frame_shortens_names_and_keeps_how_things_stand() {
    let tree = tree(&server(blocked(), &[]).client(), "payment", "rr-x", now()).await.expect("a tree");
    let look = Look { width: Some(40), ..Look::default() };
    let lines = render::lines(&tree, &render::Shape { look: &look, times: Times::Age, now: now(), wide: false, rows: Some(40) });
    let seen: Vec<String> = lines.iter().map(|line| line.chars().take(40).collect()).collect();
    for expected in ["rr/…", "rp/…-processing", "wfe/…-workflow", "ke/…-step-2"] {
        let row = seen.iter().find(|line| line.contains(&format!("{expected} "))).unwrap_or_else(|| panic!("{expected}: {seen:#?}"));
        assert!(row.contains("✖ Failed") || row.contains("✔ Completed"), "{seen:#?}");
    }
}

#[tokio::test]
async fn a_tree_whose_time_is_up_and_one_that_may_not_be_read_say_so() {
    let late: Timestamp = "2025-12-06T10:47:00Z".parse().expect("a time");
    let late_tree = tree(&server(asking(), &[]).client(), "payment", "rr-x", late).await.expect("a tree");
    assert!(render::text(&late_tree, &Look::default(), Times::Age, late).contains("◷ Pending            17m   expired 2m ago"));
    let hidden = tree(&server(asking(), &["aianalyses", "kubernetesexecutions"]).client(), "payment", "rr-x", now()).await.expect("a tree");
    assert!(render::text(&hidden, &Look::default(), Times::Age, now()).contains("– not there          -      may not be read"));
    assert!(tree(&server(asking(), &[]).client(), "payment", "rr-y", now()).await.is_err());
}

#[tokio::test]
async fn the_tree_is_followed_by_what_to_type_next() {
    #[rustfmt::skip]
    let table = [
        ("asking",  asking(),  "hint: decide it with  kubectl kubernaut approve rr-x-analysis-approval\nhint: follow it with  kubectl kubernaut status rr/rr-x -w\n"),
        ("blocked", blocked(), "hint: see what stands in its way with  kubectl kubernaut why wfe/rr-x-workflow\nhint: after repairing the target, clear it with  kubectl kubernaut clear-block rr-x-workflow\nhint: see what happened with  kubectl kubernaut history rr/rr-x\n"),
    ];
    for (case, objects, expected) in table {
        let (session, script) = (session(), server(objects, &[]));
        one(&StatusArgs::default(), "rr-x", &session, &connected(&script)).await.expect("a tree");
        assert_eq!(session.voice.heard().1, expected, "{case}");
    }
}

/// What an operator may find at night.
#[tokio::test]
async fn an_exit_code_says_whether_a_person_is_needed_only_when_asked() {
    let over = |phase: &str| vec![remediation(json!({"phase": phase}))];
    #[rustfmt::skip]
    let table = [
        ("a decision is asked for", asking(),          true,  Exit::No),
        ("and nobody wants to know", asking(),         false, Exit::Done),
        ("it failed and blocks",    blocked(),         true,  Exit::No),
        ("it ended well",           over("Completed"), true,  Exit::Done),
        ("it goes on",              over("Executing"), true,  Exit::Done),
    ];
    for (case, objects, exit_code, expected) in table {
        let tree = tree(&server(objects, &[]).client(), "payment", "rr-x", now()).await.expect("a tree");
        assert_eq!(super::verdict(&StatusArgs { exit_code, ..StatusArgs::default() }, &tree), expected, "{case}");
    }
}

fn night() -> Vec<(&'static str, Value)> {
    let approval = |name: &str, timeout: &str| {
        let spec = json!({"timeout": timeout, "investigation": {"rootCause": "a leak"}});
        ("aiapprovalrequests", object("AIApprovalRequest", name, spec, json!({})))
    };
    let run = |name: &str| json!({"namespace": "payment", "name": name, "uid": format!("uid-{name}"), "remediationRequest": "rr-b"});
    let ledger = |name: &str, status: Value| {
        let mut status = status;
        status["rebuiltAt"] = "2025-12-06T10:00:00Z".into();
        (
            "remediationtargets",
            object(
                "RemediationTarget",
                &format!("deployment.{name}"),
                json!({"targetResource": format!("payment/deployment/{name}")}),
                status,
            ),
        )
    };
    let block = json!([{"id": "uidpayoom002", "run": run("pay-oom-002"), "workflowId": "oom", "since": "2025-12-06T10:15:00Z", "message": "failed"}]);
    let spent = json!({"consecutiveFailures": 5, "runs": [{"run": run("cart-7"), "workflowId": "scale", "outcome": "FailedBeforeStart"}]});
    let skipped = |name: &str, reason: &str| {
        let status = json!({"phase": "Skipped", "skipDetails": {"reason": reason, "skippedAt": "2025-12-06T09:00:00Z"}});
        ("workflowexecutions", object("WorkflowExecution", name, json!({}), status))
    };
    let ended = |name: &str, status: Value| {
        ("remediationrequests", object("RemediationRequest", name, json!({"targetResource": "payment/deployment/api"}), status))
    };
    let failed = json!({"phase": "Failed", "deliveries": [{"receiver": "slack-ops", "state": "Failed", "lastError": "HTTP 403"}]});
    vec![
        approval("pay-later", "15m"),
        approval("pay-soon", "14m30s"),
        approval("too-late", "1m"),
        (
            "workflowstepapprovalrequests",
            object(
                "WorkflowStepApprovalRequest",
                "pay-step",
                json!({"timeout": "15m", "stepNumber": 2, "action": "restart_pod"}),
                json!({}),
            ),
        ),
        ledger("api", json!({"blocks": block})),
        ledger("cart", spent),
        ledger("web", json!({"nextAllowedExecution": "2025-12-06T10:48:00Z", "consecutiveFailures": 1})),
        skipped("s-1", "RecentlyRemediated"),
        skipped("s-2", "RecentlyRemediated"),
        skipped("s-3", "ResourceBusy"),
        ended("rr-b", json!({"phase": "Failed", "blocked": true, "requiresManualReview": true})),
        ended("rr-c", json!({"phase": "Failed", "skipReason": "PreviousExecutionFailed", "requiresManualReview": true})),
        ended(
            "rr-review",
            json!({"phase": "Failed", "outcome": "Rejected", "requiresManualReview": true, "message": "rejected by bob\u{1b}[2J"}),
        ),
        ended("rr-ok", json!({"phase": "Completed", "outcome": "Remediated"})),
        ended("rr-old", json!({"phase": "Completed", "outcome": "Remediated", "phaseTimes": {"Completed": "2025-12-01T00:00:00Z"}})),
        ended("rr-1", json!({"phase": "Analyzing"})),
        ended("rr-2", json!({"phase": "Executing"})),
        ("notificationrequests", object("NotificationRequest", "nr-1", json!({}), failed)),
    ]
}

const OVERVIEW: &str = "\
Context  test (http://scripted)   Namespace payment   User alice@corp
NEEDS YOU
  2 approvals pending       pay-soon, expires in 10m: a leak                         kubectl kubernaut approve pay-soon
                            pay-later, expires in 10m: a leak                        kubectl kubernaut approve pay-later
  1 step approval pending   pay-step, expires in 10m: step 2 restart_pod             kubectl kubernaut approve wsar/pay-step
  2 executions blocked      pay-oom-002 (PreviousExecutionFailed): payment/deployment/api   kubectl kubernaut why wfe/pay-oom-002
                            cart-7 (ExhaustedRetries): payment/deployment/cart       kubectl kubernaut why wfe/cart-7
  1 review needed           rr-review (Rejected): rejected by bob                    kubectl kubernaut status rr/rr-review
  1 notification failed     nr-1 (Failed): slack-ops: HTTP 403                       kubectl kubernaut status nr/nr-1
IN FLIGHT   2 remediations: 1 Analyzing, 1 Executing
BACKOFF     1 target, next at 2025-12-06T10:48:00Z (in 13m): payment/deployment/web
LAST 24H    1 remediated, 1 rejected by the analysis, 1 failed, 3 skipped (2 RecentlyRemediated, 1 ResourceBusy)
";

fn squeezed(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[tokio::test]
async fn the_overview_leads_with_what_needs_a_person_and_what_to_type() {
    let (session, script) = (session(), server(night(), &[]));
    let exit =
        everything(&StatusArgs { exit_code: true, ..StatusArgs::default() }, &session, &connected(&script)).await.expect("an overview");
    let (out, err) = session.voice.heard();
    assert_eq!(squeezed(&out), squeezed(OVERVIEW), "{out}");
    assert_eq!((exit, err.lines().count()), (Exit::No, 1), "only that the limits are guessed: {err}");
    assert!(err.starts_with("note: with default settings, as the controllers' lease cannot be read; "), "{err}");
}

#[tokio::test]
async fn who_may_read_only_some_kinds_sees_them_and_is_told_what_is_missing() {
    let (session, script) = (session(), server(night(), &["remediationtargets", "notificationrequests"]));
    let exit = everything(&StatusArgs::default(), &session, &connected(&script)).await.expect("an overview");
    let (out, err) = session.voice.heard();
    // Without the ledgers the remediations tell what blocks.
    assert!(out.contains("2 approvals pending") && out.contains("2 executions blocked") && out.contains("why rr/rr-c"), "{out}");
    assert!(!out.contains("notification failed") && !out.contains("BACKOFF"), "{out}");
    let notes: Vec<&str> = err.lines().collect();
    assert!(notes[0].starts_with("note: cannot list notifications: ") && notes[1].starts_with("note: cannot list targets: "), "{err}");
    assert!(notes.iter().all(|note| note.contains("the missing rule, in a Role in namespace payment")), "{err}");
    assert_eq!((notes.len(), exit), (2, Exit::Done));
    let nothing = server(
        night(),
        &[
            "remediationtargets",
            "notificationrequests",
            "remediationrequests",
            "aiapprovalrequests",
            "workflowexecutions",
            "workflowstepapprovalrequests",
        ],
    );
    let refused = everything(&StatusArgs::default(), &session, &connected(&nothing)).await.expect_err("nothing may be read");
    assert_eq!(refused.downcast_ref::<Failure>().map(|failure| failure.reason), Some(Reason::Forbidden));
}

#[tokio::test]
async fn a_long_overview_is_cut_to_what_fits_and_says_what_shows_the_rest() {
    let mut objects = night();
    for nth in 0..30 {
        let spec = json!({"timeout": "14m50s", "investigation": {"rootCause": "x".repeat(1_000_000)}});
        objects.push(("aiapprovalrequests", object("AIApprovalRequest", &format!("more-{nth:02}"), spec, json!({}))));
    }
    let (session, script) = (session(), server(objects, &[]));
    let connected = connected(&script);
    let known = overview::read(&connected, Some("payment")).await.expect("objects");
    let (asker, gate) = (Asker::default(), Gate::default());
    let overview = overview(&View::of(&known, Some("payment"), &asker, &gate, now()));
    assert_eq!(overview.needs_you.len(), 37);
    for (rows, width) in [(20, 200), (26, 80), (26, 60), (40, 120)] {
        let look = Look { width: Some(width), ..Look::default() };
        let lines = overview_lines(&overview, &StatusArgs::default(), &session, &connected, &look, Some(rows));
        assert!(lines.len() <= rows, "{rows}: {} {lines:#?}", lines.len());
        let all = lines.join("\n");
        // What is not shown is counted, on a line of its own or beside the command that shows it.
        let shown = lines.iter().filter(|line| line.contains("kubectl kubernaut approve ") && !line.contains("wsar/")).count();
        assert!(all.contains("32 approvals pending") && all.contains(&format!("… and {} more", 32 - shown)), "{shown}: {all}");
        assert!(all.contains("kubectl kubernaut get approvals --pending") && all.contains("kubectl kubernaut approve pay-soon"), "{all}");
        let mut details = lines.iter().filter(|line| line.starts_with("  ") && !line.contains("  kubectl "));
        assert!(details.all(|line| console::measure_text_width(line) <= width), "{width}: {all}");
    }
}

fn waiting(script: &Script) -> (Session, Connected) {
    (session(), connected(script))
}

fn event(kind: &str, object: &Value) -> Value {
    json!({"type": kind, "object": object})
}

#[tokio::test(start_paused = true)]
async fn a_decision_ends_the_wait_for_it() {
    let decided = object("AIApprovalRequest", "rr-x-analysis-approval", json!({}), json!({"decision": "Approved"}));
    let undecided = object("AIApprovalRequest", "rr-x-analysis-approval", json!({}), json!({}));
    let request = remediation(json!({"phase": "AwaitingApproval"})).1;
    let script = Script::of(move |asked| match (asked.path.contains("aiapprovalrequests"), asked.is_watch) {
        _ if asked.path.contains("/leases/") => Answer::forbidden("leases"),
        (true, true) => Answer::Watch(vec![event("MODIFIED", &decided)], true),
        (true, false) => Answer::list(std::slice::from_ref(&undecided), "1"),
        (false, true) => Answer::Watch(vec![], true),
        (false, false) if asked.path.ends_with("/rr-x") => Answer::Json(200, request.clone()),
        (false, false) => Answer::list(std::slice::from_ref(&request), "1"),
    });
    let (session, connected) = waiting(&script);
    let exit = wait(&session, &connected, "rr-x", Until::Decided, SignedDuration::from_secs(60)).await.expect("a decision");
    assert_eq!((exit, session.voice.heard().1.as_str(), script.asked()), (Exit::Done, "rr/rr-x AwaitingApproval\n", 6));
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_in_time_or_when_what_it_waits_for_is_gone() {
    let request = remediation(json!({"phase": "Executing"})).1;
    let of = |deleted: bool| {
        let request = request.clone();
        Script::of(move |asked| match asked.is_watch {
            true if deleted => Answer::Watch(vec![event("DELETED", &request)], true),
            true => Answer::Watch(vec![], true),
            false if asked.path.ends_with("/rr-x") => Answer::Json(200, request.clone()),
            false => Answer::list(std::slice::from_ref(&request), "1"),
        })
    };
    for (deleted, reason, says) in
        [(true, Reason::NotFound, "was deleted meanwhile"), (false, Reason::Timeout, "timed out: rr/rr-x is still Executing")]
    {
        let (session, connected) = waiting(&of(deleted));
        let failed = wait(&session, &connected, "rr-x", Until::Terminal, SignedDuration::from_secs(60)).await.expect_err("no end");
        let failure = failed.downcast_ref::<Failure>().expect("a failure");
        assert_eq!(failure.reason, reason);
        assert!(failure.message.contains(says), "{}", failure.message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_followed_remediation_is_told_line_by_line_until_it_is_over() {
    let at = |phase: &str| remediation(json!({"phase": phase, "outcome": if phase == "Completed" { "Remediated" } else { "" }})).1;
    let gets = std::sync::atomic::AtomicUsize::new(0);
    let script = Script::of(move |asked| {
        let is_request = asked.path.contains("remediationrequests");
        match (is_request, asked.is_watch) {
            (true, true) => Answer::Watch(
                ["Processing", "Processing", "Executing", "Completed"].map(|phase| event("MODIFIED", &at(phase))).to_vec(),
                true,
            ),
            (false, true) => Answer::Watch(vec![], true),
            (true, false) if asked.path.ends_with("/rr-x") => {
                let is_first = gets.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
                Answer::Json(200, at(if is_first { "Pending" } else { "Completed" }))
            }
            (true, false) => Answer::list(&[at("Pending")], "1"),
            (false, false) if asked.query.is_empty() => Answer::missing(),
            (false, false) => Answer::list(&[], "1"),
        }
    });
    let (session, connected) = waiting(&script);
    let args = StatusArgs { watch: true, exit_code: true, ..StatusArgs::default() };
    assert_eq!(one(&args, "rr-x", &session, &connected).await.expect("an end"), Exit::Done);
    let out = session.voice.heard().0;
    let changes: Vec<String> =
        squeezed(&out).into_iter().take(5).map(|line| line.split(' ').skip(1).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        changes,
        [
            "rr/rr-x -> Pending",
            "rr/rr-x Pending -> Processing",
            "rr/rr-x Processing -> Executing",
            "rr/rr-x Executing -> Completed Remediated",
            ""
        ]
    );
    assert!(out.contains("\n\nName:      payment/rr-x      Phase: Completed (Remediated)"), "{out}");
}
