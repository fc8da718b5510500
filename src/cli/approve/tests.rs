//! Decisions against a scripted API service: which calls are made, what is written, how it ends.

use super::known::Known;
use super::select::SelectArgs;
use super::{DecideArgs, Verb, decide};
use crate::cli::connect::Connected;
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Exit, Failure};
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::scripted::{self, Answer, Script};
use crate::cli::session::Session;
use serde_json::{Value, json};

const NOW: &str = "2025-12-06T10:34:00Z";

/// What the API server is asked, as `METHOD path`, and what it answers.
type Calls = Vec<(&'static str, u16, Value)>;

/// What was asked, with what body.
type Asked = Vec<(String, Value)>;

fn request(status: Value) -> Value {
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "AIApprovalRequest",
        "metadata": {"name": "rr-x-analysis-approval", "namespace": "payment", "resourceVersion": "7", "creationTimestamp": "2025-12-06T10:30:00Z"},
        "spec": {
            "aiAnalysisRef": {"name": "rr-x-analysis", "namespace": "payment"},
            "investigation": {"rootCause": "a leak", "confidenceScore": 72.0, "recommendations": []},
            "plan": {
                "targetResource": "payment/deployment/api", "targetUid": "u", "workflowId": "oom", "policyHash": "", "planSchema": 1,
                "executionStrategy": {"rollbackStrategy": "automatic"},
                "steps": [{"stepNumber": 1, "action": "increase_resources", "parameters": {"memory": "1Gi"}, "writes": [{
                    "object": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "payment", "name": "api", "uid": "u"},
                    "field": "spec.memory", "before": "512Mi", "after": "1Gi"}]}],
            },
            "planHash": "h".repeat(64), "requestedBy": "gateway", "requestedAt": "2025-12-06T10:30:00Z", "timeout": "15m",
        },
        "status": status,
    })
}

fn refused(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message,
        "details": {"name": "rr-x-analysis-approval"}})
}

fn me(name: &str) -> (&'static str, u16, Value) {
    let answer = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}, "status": {"userInfo": {"username": name}}});
    ("POST /apis/authentication.k8s.io/v1/selfsubjectreviews", 201, answer)
}

const GET: &str = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests/rr-x-analysis-approval";
const PATCH: &str = "PATCH /apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests/rr-x-analysis-approval/status";

const STEPS: &str = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/workflowstepapprovalrequests";
const LEASE: &str = "GET /apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases/kubernaut-controllers";
const LEDGERS: &str = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/remediationtargets";
const LIST: &str = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests";

fn listed(items: &[Value]) -> Value {
    json!({"metadata": {"resourceVersion": "9"}, "items": items})
}

/// Runs a decision against the script; a missing and an extra call both fail.
async fn run(verb: Verb, args: DecideArgs, script: Calls) -> (Exit, Option<Failure>, Asked, (String, String)) {
    let calls = script.len();
    let script = script.into_iter().map(|(call, code, answer)| (call, Answer::Json(code, answer)));
    let script = Script::in_order(script.collect(), |_| {});
    let connected = Connected::around(script.client(), "payment");
    let session = session();
    let ended = decide(verb, &args, false, &session, &connected).await;
    assert_eq!(script.asked(), calls, "the script was followed");
    let asked = script.calls().into_iter().map(|asked| (asked.query, asked.body)).collect();
    match ended {
        Ok((exit, _)) => (exit, None, asked, session.voice.heard()),
        Err(error) => {
            let failure = Failure::from_any(&error).expect("a failure");
            (failure.exit, Some(failure), asked, session.voice.heard())
        }
    }
}

fn session() -> Session {
    scripted::session(NOW, 1)
}

fn yes() -> DecideArgs {
    DecideArgs { select: named(&["rr-x-analysis-approval"]), yes: true, ..DecideArgs::default() }
}

fn named(names: &[&str]) -> SelectArgs {
    SelectArgs { names: names.iter().map(|&name| name.to_owned()).collect(), ..SelectArgs::default() }
}

#[tokio::test]
async fn approving_takes_three_calls_and_writes_exactly_what_was_seen() {
    let done = request(json!({"decision": "Approved", "decidedBy": "alice"}));
    let script = vec![(GET, 200, request(json!({}))), me("alice"), (PATCH, 200, done)];
    let (exit, failure, asked, (out, err)) = run(Verb::Approve, yes(), script).await;
    assert_eq!((exit, failure), (Exit::Done, None));
    let body =
        json!({"metadata": {"resourceVersion": "7"}, "status": {"decision": "Approved", "decidedBy": "alice", "planHash": "h".repeat(64)}});
    assert_eq!(asked[2].1, body);
    assert!(asked[2].0.contains("fieldManager=kubectl-kubernaut"), "{}", asked[2].0);
    assert_eq!(out, "aiapprovalrequest.kubernaut.ai/rr-x-analysis-approval approved\n");
    assert!(err.contains("kubectl kubernaut status rr/rr-x"), "{err}");
}

#[tokio::test]
async fn rejecting_writes_the_reason() {
    let done = request(json!({"decision": "Rejected", "decidedBy": "alice"}));
    let script = vec![(GET, 200, request(json!({}))), me("alice"), (PATCH, 200, done)];
    let args = DecideArgs { reason: Some("  too risky ".to_owned()), yes: false, ..yes() };
    let (exit, _, asked, (out, _)) = run(Verb::Reject, args, script).await;
    assert_eq!(exit, Exit::Done);
    assert_eq!(asked[2].1["status"]["reason"], "too risky");
    assert_eq!(asked[2].1["status"]["decision"], "Rejected");
    assert!(out.ends_with("rejected\n"));
}

#[tokio::test]
async fn a_conflict_is_shown_and_never_forced() {
    let mut moved = request(json!({}));
    moved["metadata"]["resourceVersion"] = "8".into();
    moved["metadata"]["labels"] = json!({"team": "a"});
    let conflict = refused(409, "Conflict", "the object has been modified");
    let script = vec![(GET, 200, request(json!({}))), me("alice"), (PATCH, 409, conflict), (GET, 200, moved)];
    let (exit, failure, ..) = run(Verb::Approve, yes(), script).await;
    let failure = failure.expect("a failure");
    assert_eq!(exit, Exit::Refused);
    assert_eq!(failure.message, "cannot approve payment/rr-x-analysis-approval: it changed meanwhile");
    assert_eq!(failure.causes, ["+  labels:", "+    team: a"]);
}

#[tokio::test]
async fn a_conflict_with_a_decision_is_explained_by_it() {
    let conflict = refused(409, "Conflict", "modified");
    let decided = request(json!({"decision": "Rejected", "decidedBy": "bob", "decidedAt": "2025-12-06T10:33:30Z"}));
    let script = vec![(GET, 200, request(json!({}))), me("alice"), (PATCH, 409, conflict), (GET, 200, decided)];
    let (exit, failure, ..) = run(Verb::Approve, yes(), script).await;
    assert_eq!(exit, Exit::Refused);
    assert_eq!(failure.expect("a failure").message, "cannot approve payment/rr-x-analysis-approval: rejected by bob 30s ago");
}

#[tokio::test]
async fn an_expired_request_is_never_written() {
    let mut old = request(json!({}));
    old["metadata"]["creationTimestamp"] = "2025-12-06T10:16:00Z".into();
    for status in [json!({}), json!({"decision": "Expired", "decidedBy": "controllers"})] {
        old["status"] = status;
        let (exit, failure, ..) = run(Verb::Approve, yes(), vec![(GET, 200, old.clone()), me("alice")]).await;
        let failure = failure.expect("a failure");
        assert_eq!(exit, Exit::Refused);
        assert_eq!(failure.message, "cannot approve payment/rr-x-analysis-approval: it expired 3m ago");
        assert_eq!(failure.causes, ["approval window was 15m, requested 10:16:00Z"]);
    }
}

#[test]
fn a_deadline_is_over_when_it_has_come() {
    let request = super::request::Request::read(Kind::Approval, Seen(request(json!({})))).expect("a request");
    let judged = |now: &str| super::standing::judge(&request, Verb::Approve, "alice", now.parse().expect("a time"));
    assert_eq!(judged("2025-12-06T10:44:59.999Z"), Ok(super::standing::Standing::Open));
    assert_eq!(judged("2025-12-06T10:45:00Z").expect_err("it is over").reason, super::Reason::Expired);
}

#[tokio::test]
async fn deciding_twice_changes_nothing() {
    let decided = request(json!({"decision": "Approved", "decidedBy": "bob", "decidedAt": "2025-12-06T10:31:00Z"}));
    let script = || vec![(GET, 200, decided.clone()), me("alice")];
    let (exit, _, _, (out, _)) = run(Verb::Approve, yes(), script()).await;
    assert_eq!(exit, Exit::Done);
    assert_eq!(out, "aiapprovalrequest.kubernaut.ai/rr-x-analysis-approval unchanged (approved by bob 3m ago)\n");
    let (exit, ..) = run(Verb::Approve, DecideArgs { error_unchanged: true, ..yes() }, script()).await;
    assert_eq!(exit, Exit::Unchanged);
    let reject = DecideArgs { reason: Some("no".to_owned()), ..yes() };
    let (exit, failure, ..) = run(Verb::Reject, reject, script()).await;
    assert_eq!((exit, failure.expect("a failure").reason), (Exit::Refused, super::Reason::AlreadyDecided));
}

#[tokio::test]
async fn the_requester_may_reject_but_not_approve() {
    let (exit, failure, ..) = run(Verb::Approve, yes(), vec![(GET, 200, request(json!({}))), me("gateway")]).await;
    assert_eq!(exit, Exit::Refused);
    assert!(failure.expect("a failure").message.ends_with("gateway asked for it, and may not approve it too"));
    let script = vec![(GET, 200, request(json!({}))), me("gateway"), (PATCH, 200, request(json!({"decision": "Rejected"})))];
    let (exit, ..) = run(Verb::Reject, DecideArgs { reason: Some("no".to_owned()), ..yes() }, script).await;
    assert_eq!(exit, Exit::Done);
}

#[test]
fn without_a_keyboard_nothing_is_even_read() {
    let failure = super::check(Verb::Approve, &DecideArgs { yes: false, ..yes() }, &session()).expect_err("a failure");
    assert_eq!(failure.exit, Exit::Unconfirmed);
    assert!(failure.hints[0].contains("--yes"));
}

#[tokio::test]
async fn a_dry_run_in_the_client_writes_nothing_and_one_in_the_server_says_so() {
    let args = |dry_run: DryRun| DecideArgs { dry_run, yes: false, ..yes() };
    let (exit, _, _, (out, _)) = run(Verb::Approve, args(DryRun::Client), vec![(GET, 200, request(json!({}))), me("alice")]).await;
    assert_eq!((exit, out.as_str()), (Exit::Done, "aiapprovalrequest.kubernaut.ai/rr-x-analysis-approval approved (dry run)\n"));
    let script = vec![(GET, 200, request(json!({}))), me("alice"), (PATCH, 200, request(json!({"decision": "Approved"})))];
    let (exit, _, asked, (out, _)) = run(Verb::Approve, args(DryRun::Server), script).await;
    assert!(asked[2].0.contains("dryRun=All") && out.ends_with("approved (server dry run)\n"));
    assert_eq!(exit, Exit::Done);
}

#[tokio::test]
async fn a_refusal_by_policy_is_quoted_and_names_the_missing_right() {
    let said = "aiapprovalrequests.kubernaut.ai \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: bob may not approve";
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {}, "spec": {}, "status": {"allowed": false}});
    let script = vec![
        (GET, 200, request(json!({}))),
        me("bob"),
        (PATCH, 403, refused(403, "Forbidden", said)),
        ("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 201, review),
    ];
    let (exit, failure, ..) = run(Verb::Approve, yes(), script).await;
    let failure = failure.expect("a failure");
    assert_eq!((exit, failure.message.as_str()), (Exit::Failed, "cannot approve payment/rr-x-analysis-approval: bob may not approve"));
    assert!(failure.hints[0].contains("verbs: [\"approve\"]"), "{:?}", failure.hints);
}

#[tokio::test]
async fn several_names_go_past_failures() {
    let other = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests/rr-y-analysis-approval";
    let args = DecideArgs { select: named(&["rr/rr-x", "rr/rr-y"]), ..yes() };
    let script = vec![
        (GET, 200, request(json!({}))),
        (other, 404, refused(404, "NotFound", "not found")),
        me("alice"),
        (STEPS, 200, listed(&[])),
        ("GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/remediationrequests/rr-y", 200, json!({"metadata": {"name": "rr-y"}})),
        (LEDGERS, 200, listed(&[])),
        (PATCH, 200, request(json!({"decision": "Approved"}))),
    ];
    let (exit, _, _, (out, err)) = run(Verb::Approve, args, script).await;
    assert_eq!(exit, Exit::Mixed);
    assert!(
        out.ends_with("approved\n") && err.contains("rr/rr-y has no approval request") && err.contains("1 approved, 1 failed"),
        "{err}"
    );
}

#[test]
fn what_is_approved_is_shown_in_full() {
    let mut hostile = request(json!({}));
    hostile["spec"]["investigation"]["rootCause"] = "a leak\u{1b}[2J\u{202e}\nForged: line".into();
    hostile["spec"]["investigation"]["confidenceLevel"] = "medium".into();
    let request = super::request::Request::read(Kind::Approval, Seen(hostile)).expect("a request");
    let text = super::show::screen(&request, &Known { word: "(no block)".to_owned(), ..Known::default() }, None, &session());
    for part in [
        "a leak Forged: line",
        "72% (medium band 60-79%)",
        "in 10m",
        "1 increase_resources memory=1Gi (disruptive)",
        "deployment/api spec.memory: 512Mi -> 1Gi",
        "payment/deployment/api (no block)",
        "gateway",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
}

#[tokio::test]
async fn what_is_decided_or_late_says_so_and_foretells_nothing() {
    let by_bob =
        |decision: &str| json!({"decision": decision, "decidedBy": "bob", "decidedAt": "2025-12-06T10:31:00Z", "reason": "I know it"});
    #[rustfmt::skip]
    let table = [
        ("approved",   "2025-12-06T10:30:00Z", by_bob("Approved"),                    "Decision     Approved by bob 3m ago: I know it\n"),
        ("rejected",   "2025-12-06T10:30:00Z", by_bob("Rejected"),                    "Decision     Rejected by bob 3m ago: I know it\n"),
        ("late",       "2025-12-06T10:16:00Z", json!({}),                             "Decision     Expired 3m ago; nobody decided\n"),
        ("expired",    "2025-12-06T10:16:00Z", json!({"decision": "Expired"}),        "Decision     Expired 3m ago; nobody decided\n"),
        ("superseded", "2025-12-06T10:30:00Z", json!({"decision": "Superseded"}),     "Decision     Superseded: the remediation ended"),
    ];
    for (case, created, status, expected) in table {
        let mut seen = request(status);
        seen["metadata"]["creationTimestamp"] = created.into();
        let request = super::request::Request::read(Kind::Approval, Seen(seen)).expect("a request");
        let script = Script::in_order(Vec::new(), |_| {});
        let known = super::known::about(&request, &Connected::around(script.client(), "payment"), &session()).await;
        let text = super::show::screen(&request, &known, None, &session());
        assert!(text.contains(expected) && text.contains("kubectl kubernaut status rr/rr-x -n payment"), "{case}: {text}");
        assert!(!text.contains("Expires") && !text.contains("Note") && !text.contains("overdue"), "{case}: {text}");
    }
}

fn blocked_ledger() -> Value {
    let run = json!({"namespace": "payment", "name": "rr-old-workflow", "uid": "o", "remediationRequest": "rr-old"});
    let block = json!({"id": "rr-oldid", "run": run, "workflowId": "oom", "since": "2025-12-06T10:31:00Z", "message": ""});
    json!({"metadata": {"name": "deployment.api", "namespace": "payment"}, "spec": {"targetResource": "payment/deployment/api"},
        "status": {"rebuiltAt": "2025-12-06T10:00:00Z", "consecutiveFailures": 0, "blocks": [block]}})
}

fn called(name: &str, status: Value) -> Value {
    let mut request = request(status);
    request["metadata"]["name"] = name.into();
    request
}

fn step(status: Value) -> Value {
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "WorkflowStepApprovalRequest",
        "metadata": {"name": "rr-x-workflow-step-2-approval", "namespace": "payment", "resourceVersion": "5", "creationTimestamp": "2025-12-06T10:30:00Z"},
        "spec": {
            "workflowExecutionRef": {"name": "rr-x-workflow", "namespace": "payment", "uid": "w"}, "stepNumber": 2, "action": "increase_resources",
            "parameters": {"memory": "1Gi"}, "planHash": "h".repeat(64), "approverGroups": ["sre"], "requestedBy": "gateway",
            "requestedAt": "2025-12-06T10:30:00Z", "timeout": "15m",
        },
        "status": status,
    })
}

const STEP: &str = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/workflowstepapprovalrequests/rr-x-workflow-step-2-approval";
const PATCH_STEP: &str =
    "PATCH /apis/kubernaut.ai/v1alpha1/namespaces/payment/workflowstepapprovalrequests/rr-x-workflow-step-2-approval/status";

#[tokio::test]
async fn a_step_is_decided_like_a_plan_however_it_is_named() {
    let missing = || refused(404, "NotFound", "not found");
    let bare = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests/rr-x-workflow-step-2-approval";
    let waits = || listed(&[step(json!({"decision": "Rejected", "decidedBy": "bob"})), step(json!({}))]);
    #[rustfmt::skip]
    let table: Vec<(&str, Calls)> = vec![
        ("wsar/rr-x-workflow-step-2-approval", vec![(STEP, 200, step(json!({}))), me("alice")]),
        ("rr-x-workflow-step-2-approval",      vec![(bare, 404, missing()), me("alice"), (STEP, 200, step(json!({})))]),
        ("wfe/rr-x-workflow",                  vec![(STEPS, 200, waits()), me("alice")]),
        ("rr/rr-x",                            vec![(GET, 404, missing()), me("alice"), (STEPS, 200, waits())]),
    ];
    for (name, mut script) in table {
        script.push((PATCH_STEP, 200, step(json!({"decision": "Approved", "decidedBy": "alice"}))));
        let args = DecideArgs { select: named(&[name]), ..yes() };
        let (exit, failure, asked, (out, _)) = run(Verb::Approve, args, script).await;
        assert_eq!((exit, failure), (Exit::Done, None), "{name}");
        assert_eq!(out, "workflowstepapprovalrequest.kubernaut.ai/rr-x-workflow-step-2-approval approved\n", "{name}");
        let written = &asked.last().expect("a patch").1;
        let expected = json!({"metadata": {"resourceVersion": "5"}, "status": {"decision": "Approved", "decidedBy": "alice", "planHash": "h".repeat(64)}});
        assert_eq!(*written, expected, "{name}");
    }
}

#[tokio::test]
async fn a_remediation_without_anything_to_decide_says_so() {
    let decided = request(json!({"decision": "Approved", "decidedBy": "bob", "decidedAt": "2025-12-06T10:31:00Z"}));
    let args = |name: &str| DecideArgs { select: named(&[name]), ..yes() };
    let (exit, _, _, (out, _)) =
        run(Verb::Approve, args("rr/rr-x"), vec![(GET, 200, decided), me("alice"), (STEPS, 200, listed(&[]))]).await;
    assert!(exit == Exit::Done && out.contains("unchanged (approved by bob 3m ago)"), "{out}");
    let run_of = "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/workflowexecutions/rr-x-workflow";
    let script = vec![(STEPS, 200, listed(&[])), me("alice"), (run_of, 200, json!({"metadata": {"name": "rr-x-workflow"}}))];
    let (exit, failure, ..) = run(Verb::Approve, args("wfe/rr-x-workflow"), script).await;
    assert_eq!((exit, failure.expect("a failure").message.as_str()), (Exit::Failed, "wfe/rr-x-workflow has no approval request"));
    let mut other = step(json!({}));
    other["metadata"]["name"] = "rr-x-workflow-step-3-approval".into();
    let both = vec![(STEPS, 200, listed(&[step(json!({})), other])), me("alice")];
    let (exit, failure, ..) = run(Verb::Approve, args("wfe/rr-x-workflow"), both).await;
    let failure = failure.expect("a failure");
    assert_eq!(exit, Exit::Usage);
    assert!(failure.hints[0].contains("wsar/rr-x-workflow-step-2-approval, wsar/rr-x-workflow-step-3-approval"), "{failure:?}");
}

#[tokio::test]
async fn a_step_is_shown_with_its_run_and_what_already_ran() {
    let run = json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "WorkflowExecution", "metadata": {"name": "rr-x-workflow", "namespace": "payment"},
        "spec": {
            "remediationRequestRef": {"name": "rr-x", "namespace": "payment"}, "targetResource": "payment/deployment/api", "targetUid": "u",
            "workflowRef": {"workflowId": "oom"}, "executionStrategy": {"rollbackStrategy": "automatic"}, "planHash": "h".repeat(64),
            "policyHash": "", "planSchema": 1, "workflowDefinition": {"steps": [
                {"stepNumber": 1, "action": "collect_diagnostics"},
                {"stepNumber": 2, "action": "increase_resources", "parameters": {"memory": "1Gi"}, "dependencies": [1], "requiresApproval": true, "writes": [{
                    "object": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "payment", "name": "api", "uid": "u"},
                    "field": "spec.memory", "before": "512Mi", "after": "1Gi"}]},
                {"stepNumber": 3, "action": "restart_deployment", "dependencies": [2]}]},
        },
        "status": {"phase": "Executing", "stepStatuses": [{"stepNumber": 1, "kubernetesExecutionRef": {"name": "s", "namespace": "payment"}, "phase": "Completed"}]},
    });
    let known =
        Known { run: Some(Ok(serde_json::from_value(run.clone()).expect("a run"))), word: "(held by this run)".to_owned(), notes: vec![] };
    let request = super::request::Request::read(Kind::StepApproval, Seen(step(json!({})))).expect("a request");
    let text = super::show::screen(&request, &known, None, &session());
    for part in [
        "Step         2 increase_resources memory=1Gi (disruptive)\n",
        "- payment/deployment/api spec.memory: 512Mi -> 1Gi\n",
        "Run          wfe/rr-x-workflow Executing\n",
        "Already ran  1 collect_diagnostics (safe) Completed\n",
        "Still to run 3 restart_deployment after 2 (disruptive)",
        "Target       payment/deployment/api (held by this run)\n",
        "Decides      somebody of sre\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let mut other = run;
    other["spec"]["planHash"] = "x".repeat(64).into();
    let known = Known { run: Some(Ok(serde_json::from_value(other).expect("a run"))), ..Known::default() };
    let text = super::show::screen(&request, &known, None, &session());
    assert!(text.contains("what it writes is unknown: the run has another plan") && !text.contains("512Mi"), "{text}");
}

#[tokio::test]
async fn a_selection_leaves_alone_what_is_decided_and_goes_past_failures() {
    let all = [
        called("a", json!({})),
        called("b", json!({"decision": "Approved", "decidedBy": "bob", "decidedAt": "2025-12-06T10:31:00Z"})),
        called("c", json!({"decision": "Rejected", "decidedBy": "bob", "decidedAt": "2025-12-06T10:32:00Z"})),
        called("d", json!({})),
        called("e", json!({"decision": "Expired", "decidedBy": "controllers"})),
        called("f", json!({"decision": "Superseded", "decidedBy": "controllers"})),
    ];
    let a = "PATCH /apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests/a/status";
    let d = "PATCH /apis/kubernaut.ai/v1alpha1/namespaces/payment/aiapprovalrequests/d/status";
    let script = vec![
        (LIST, 200, listed(&all)),
        me("alice"),
        (LEDGERS, 200, listed(&[blocked_ledger()])),
        (LEASE, 404, refused(404, "NotFound", "not found")),
        (a, 200, called("a", json!({"decision": "Approved"}))),
        (
            d,
            403,
            refused(
                403,
                "Forbidden",
                "d is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no verbs: [approve] for you",
            ),
        ),
    ];
    let select = SelectArgs { selector: Some("team=a".to_owned()), ..SelectArgs::default() };
    let (exit, failure, asked, (out, err)) = run(Verb::Approve, DecideArgs { select, ..yes() }, script).await;
    assert_eq!((exit, failure), (Exit::Mixed, None));
    assert!(asked[0].0.contains("labelSelector=team%3Da"), "{}", asked[0].0);
    let name = |name: &str| format!("aiapprovalrequest.kubernaut.ai/{name}");
    let lines: Vec<String> = out.lines().map(str::to_owned).collect();
    assert_eq!(
        lines,
        [
            format!("{} unchanged (approved by bob 3m ago)", name("b")),
            format!("{} unchanged (rejected by bob 2m ago)", name("c")),
            format!("{} unchanged (expired)", name("e")),
            format!("{} unchanged (superseded)", name("f")),
            format!("{} approved", name("a")),
        ]
    );
    for name in ["a", "d"] {
        let note = format!("note: payment/{name}: BLOCKED: payment/rr-old-workflow ran and failed");
        assert_eq!(err.matches(&note).count(), 1, "{err}");
        assert!(err.contains(&format!("note: payment/{name}: what stands in the way is told by default settings")), "{err}");
    }
    assert!(err.contains("cannot approve payment/d: no verbs") && err.ends_with("1 approved, 4 unchanged, 1 failed\n"), "{err}");
}

#[tokio::test]
async fn all_means_what_waits_and_nothing_is_no_failure() {
    let select = |everywhere| SelectArgs { all: true, all_namespaces: everywhere, ..SelectArgs::default() };
    let script = vec![(LIST, 200, listed(&[])), me("alice")];
    let (exit, failure, asked, (out, err)) = run(Verb::Approve, DecideArgs { select: select(false), ..yes() }, script).await;
    assert_eq!((exit, failure, out.as_str(), err.as_str()), (Exit::Done, None, "", "No resources found in payment namespace.\n"));
    assert!(
        asked[0].0.contains("fieldSelector=status.decision%3D&") || asked[0].0.ends_with("fieldSelector=status.decision%3D"),
        "{}",
        asked[0].0
    );
    let script = vec![("GET /apis/kubernaut.ai/v1alpha1/aiapprovalrequests", 200, listed(&[])), me("alice")];
    let args = DecideArgs { select: select(true), error_unchanged: true, ..yes() };
    let (exit, _, _, (_, err)) = run(Verb::Approve, args, script).await;
    assert_eq!((exit, err.as_str()), (Exit::Unchanged, "No resources found\n"));
}

#[tokio::test]
async fn a_file_binds_the_decision_to_what_it_shows() {
    let write = |object: &Value| {
        use std::io::Write;
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(object.to_string().as_bytes()).expect("written");
        file
    };
    let of = |file: &tempfile::NamedTempFile| DecideArgs {
        select: SelectArgs { files: vec![file.path().to_owned()], ..SelectArgs::default() },
        ..yes()
    };
    let same = write(&request(json!({})));
    let script = vec![(GET, 200, request(json!({}))), me("alice"), (PATCH, 200, request(json!({"decision": "Approved"})))];
    let (exit, failure, asked, _) = run(Verb::Approve, of(&same), script).await;
    assert_eq!((exit, failure, &asked[2].1["metadata"]["resourceVersion"]), (Exit::Done, None, &"7".into()));
    let mut older = request(json!({}));
    older["metadata"]["resourceVersion"] = "6".into();
    older["spec"]["plan"]["steps"][0]["parameters"]["memory"] = "2Gi".into();
    let (exit, failure, ..) = run(Verb::Approve, of(&write(&older)), vec![(GET, 200, request(json!({}))), me("alice")]).await;
    let failure = failure.expect("a failure");
    assert_eq!((exit, failure.reason), (Exit::Refused, super::Reason::Conflict));
    assert_eq!(failure.causes, ["-        memory: 2Gi", "+        memory: 1Gi"]);
    let broken = write(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}));
    let (exit, failure, ..) = run(Verb::Approve, of(&broken), vec![me("alice")]).await;
    assert_eq!(exit, Exit::Usage);
    assert!(failure.expect("a failure").message.contains("\"Pod\" is not a request of kubernaut.ai"));
}

#[tokio::test]
async fn any_one_thing_that_differs_from_a_file_stops_the_decision() {
    use std::io::Write;
    let mut there = request(json!({}));
    there["metadata"]["uid"] = "u1".into();
    let (version, hash, uid) = ("/metadata/resourceVersion", "/spec/planHash", "/metadata/uid");
    #[rustfmt::skip]
    let table: &[(&str, &[(&str, &str)], bool)] = &[
        ("everything is the same",       &[],                              true),
        ("it says only the plan's hash", &[(version, ""), (uid, "")],      true),
        ("another version",              &[(version, "6")],                false),
        ("another plan",                 &[(version, ""), (hash, "other")], false),
        ("another object of this name",  &[(version, ""), (uid, "u2")],    false),
    ];
    for (case, changes, same) in table {
        let mut shown = there.clone();
        for (pointer, value) in *changes {
            *shown.pointer_mut(pointer).expect("a field") = (*value).into();
        }
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(shown.to_string().as_bytes()).expect("written");
        let args = DecideArgs { select: SelectArgs { files: vec![file.path().to_owned()], ..SelectArgs::default() }, ..yes() };
        let patch = (PATCH, 200, request(json!({"decision": "Approved"})));
        let script = [(GET, 200, there.clone()), me("alice")].into_iter().chain(same.then_some(patch));
        let (exit, failure, ..) = run(Verb::Approve, args, script.collect()).await;
        assert_eq!(exit, if *same { Exit::Done } else { Exit::Refused }, "{case}: {failure:?}");
    }
}

#[tokio::test]
async fn whoever_nobody_knows_decides_nothing() {
    let no_name = ("POST /apis/authentication.k8s.io/v1/selfsubjectreviews", 201, json!({"metadata": {}, "status": {"userInfo": {}}}));
    let no_answer = ("POST /apis/authentication.k8s.io/v1/selfsubjectreviews", 500, refused(500, "InternalError", "etcd"));
    for (case, who) in [("no name", no_name), ("no answer", no_answer)] {
        let (exit, failure, ..) = run(Verb::Approve, yes(), vec![(GET, 200, request(json!({}))), who]).await;
        assert_eq!((exit, failure.is_some()), (Exit::Failed, true), "{case}");
    }
}

#[tokio::test]
async fn of_all_namespaces_each_is_decided_and_read_again_where_it_is() {
    let mut far = request(json!({}));
    far["metadata"]["namespace"] = "shop".into();
    let mut moved = far.clone();
    moved["metadata"]["resourceVersion"] = "8".into();
    let select = || SelectArgs { all: true, all_namespaces: true, ..SelectArgs::default() };
    let script = vec![
        ("GET /apis/kubernaut.ai/v1alpha1/aiapprovalrequests", 200, listed(&[far])),
        me("alice"),
        // The plan's target is in payment.
        (LEDGERS, 200, listed(&[])),
        (
            "PATCH /apis/kubernaut.ai/v1alpha1/namespaces/shop/aiapprovalrequests/rr-x-analysis-approval/status",
            409,
            refused(409, "Conflict", "modified"),
        ),
        ("GET /apis/kubernaut.ai/v1alpha1/namespaces/shop/aiapprovalrequests/rr-x-analysis-approval", 200, moved),
    ];
    let (exit, _, _, (out, err)) = run(Verb::Approve, DecideArgs { select: select(), ..yes() }, script).await;
    assert_eq!((exit, out.as_str()), (Exit::Refused, ""));
    assert!(err.contains("cannot approve shop/rr-x-analysis-approval: it changed meanwhile"), "{err}");
}
