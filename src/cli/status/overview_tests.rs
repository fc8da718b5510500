//! What an overview says of a place that is empty or not there, of rights, of controllers, and of what is settled.

use super::{StatusArgs, everything, one, place};
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::scripted::{self, Answer, Asked, Script, object};
use serde_json::{Value, json};

const NOW: &str = "2025-12-06T10:34:02Z";
type Objects = Vec<(&'static str, Value)>;

/// What a namespace-scoped list, or one of all namespaces, answers; and what else is asked.
fn server(here: Objects, elsewhere: Objects, others: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Script {
    Script::of(move |asked| {
        if let Some(answer) = others(asked) {
            return answer;
        }
        let plural = asked.path.rsplit('/').next().unwrap_or_default();
        match (plural, asked.path.contains("/namespaces/payment/")) {
            ("selfsubjectreviews", _) => Answer::Json(201, json!({"metadata": {}, "status": {"userInfo": {"username": "bob"}}})),
            ("kubernaut-controllers", _) => Answer::forbidden("leases"),
            (plural, is_here) => {
                let all = if is_here { &here } else { &elsewhere };
                Answer::list(&all.iter().filter(|(kind, _)| *kind == plural).map(|(_, object)| object.clone()).collect::<Vec<_>>(), "7")
            }
        }
    })
}

async fn seen(script: &Script) -> (Result<Exit, Failure>, String, String) {
    let session = scripted::session(NOW, -400);
    let args = StatusArgs { exit_code: true, ..StatusArgs::default() };
    let ended = everything(&args, &session, &Connected::around(script.client(), "payment")).await;
    let (out, err) = session.voice.heard();
    (ended.map_err(|error| error.downcast::<Failure>().expect("a failure")), out, err)
}

fn approval(status: Value) -> (&'static str, Value) {
    ("aiapprovalrequests", object("AIApprovalRequest", "rr-x-analysis-approval", json!({"timeout": "15m", "requestedBy": "carol"}), status))
}

fn allowed(asked: &Asked, allowed: bool) -> Option<Answer> {
    asked.path.ends_with("selfsubjectaccessreviews").then(|| Answer::Json(201, json!({"spec": {}, "status": {"allowed": allowed}})))
}

fn lease(asked: &Asked, holder: &str) -> Option<Answer> {
    let spec = json!({"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": "2025-12-06T10:34:00.000000Z"});
    asked.path.contains("/leases/").then(|| Answer::Json(200, json!({"metadata": {"name": "x"}, "spec": spec})))
}

#[tokio::test]
async fn a_namespace_that_is_not_there_is_no_comfort() {
    let near =
        json!({"metadata": {"resourceVersion": "1"}, "items": [{"metadata": {"name": "payments"}}, {"metadata": {"name": "kube-system"}}]});
    let script = server(vec![], vec![], move |asked| match asked.path.as_str() {
        "/api/v1/namespaces/payment" => Some(Answer::missing()),
        "/api/v1/namespaces" => Some(Answer::Json(200, near.clone())),
        _ => None,
    });
    let failure = seen(&script).await.0.expect_err("it is not there");
    assert_eq!((failure.reason, failure.exit, failure.message.as_str()), (Reason::NotFound, Exit::Failed, "namespace payment not found"));
    assert_eq!(failure.hints, ["similar names: payments"]);
    let hidden = server(vec![], vec![], |asked| (asked.path == "/api/v1/namespaces/payment").then(|| Answer::forbidden("namespaces")));
    let (ended, out, err) = seen(&hidden).await;
    assert_eq!((ended, err.as_str()), (Ok(Exit::Done), ""), "who may not read it is told nothing");
    assert!(out.contains("Nothing needs you."), "{out}");
    assert!(place::check_name("payment").is_ok());
    assert_eq!(place::check_name("Bad_NS").expect_err("no name").reason, Reason::Usage);
}

#[tokio::test]
async fn nothing_here_points_to_what_is_elsewhere() {
    let (_, out, err) = seen(&server(vec![], vec![approval(json!({}))], |_| None)).await;
    assert!(out.contains("Nothing needs you."), "{out}");
    assert_eq!(err, "hint: 1 thing needs somebody in another namespace: add -A\n");
}

#[tokio::test]
async fn who_may_not_decide_is_not_told_to() {
    for (may, expected) in [(true, "kubectl kubernaut approve rr-x-analysis-approval"), (false, "needs somebody who may approve")] {
        let script = server(vec![approval(json!({}))], vec![], move |asked| allowed(asked, may));
        let (ended, out, _) = seen(&script).await;
        assert!(out.contains(expected) && out.contains("1 approval pending"), "{may}: {out}");
        assert_eq!(ended, Ok(Exit::No));
        let questions = script.calls().iter().filter(|asked| asked.path.ends_with("selfsubjectaccessreviews")).count();
        assert_eq!(questions, 1, "only what is pending is asked about");
    }
}

#[tokio::test]
async fn nobody_at_work_is_told_and_what_that_holds_up() {
    let mut leaving = object("WorkflowExecution", "rr-x-workflow", json!({}), json!({"phase": "Completed"}));
    leaving["metadata"]["deletionTimestamp"] = "2025-12-06T10:33:00Z".into();
    leaving["metadata"]["finalizers"] = json!(["kubernaut.ai/ledger"]);
    let run = ("workflowexecutions", leaving);
    let (_, _, err) = seen(&server(vec![run.clone()], vec![], |asked| lease(asked, ""))).await;
    let notes: Vec<&str> = err.lines().collect();
    assert_eq!(notes.len(), 2, "{err}");
    assert!(notes[0].starts_with("note: no controllers work here: the last ones gave their lease back; start them with"), "{err}");
    assert!(notes[1].starts_with("note: 1 execution is being deleted and waits for controllers"), "{err}");
    assert_eq!(seen(&server(vec![run], vec![], |asked| lease(asked, "somebody"))).await.2, "", "somebody works");
}

#[tokio::test]
async fn a_tree_that_waits_says_that_nobody_works() {
    let spec = json!({"targetResource": "payment/deployment/api"});
    let request = object("RemediationRequest", "rr-x", spec, json!({"phase": "AwaitingApproval"}));
    let script = server(vec![], vec![], move |asked| match asked.path.rsplit('/').next() {
        Some("rr-x") => Some(Answer::Json(200, request.clone())),
        Some("rr-x-analysis-approval") => Some(Answer::Json(200, approval(json!({"decision": "Approved"})).1)),
        Some(name) if name.starts_with("rr-x-") => Some(Answer::missing()),
        _ => lease(asked, ""),
    });
    let session = scripted::session(NOW, -400);
    one(&StatusArgs::default(), "rr-x", &session, &Connected::around(script.client(), "payment")).await.expect("a tree");
    let (out, err) = session.voice.heard();
    assert!(out.contains("is approved, waits for the controllers"), "{out}");
    assert!(err.starts_with("note: no controllers work here: "), "{err}");
}

/// Remediations that ended so that a person must look: of each only what tells it from the others.
fn reviews() -> Objects {
    let ended = |name: &str, target: &str, at: &str, status: Value| {
        let mut whole = json!({"phase": "Failed", "outcome": "ManualReviewRequired", "requiresManualReview": true, "phaseTimes": {"Failed": at, "Completed": at}});
        whole.as_object_mut().expect("fields").extend(status.as_object().cloned().expect("fields"));
        (
            "remediationrequests",
            object(
                "RemediationRequest",
                name,
                json!({"targetResource": format!("payment/deployment/{target}"), "signalName": "OOM"}),
                whole,
            ),
        )
    };
    let refused = json!({"outcome": "Rejected"});
    let clearances = json!([{"uid": "u", "blockId": "uidofcleared", "who": "alice", "when": "2025-12-06T10:00:00Z", "why": "repaired", "how": "BlockClearance"}]);
    vec![
        ended("open", "open", "2025-12-06T10:00:00Z", json!({})),
        ended("doubted", "doubted", "2025-12-06T10:00:00Z", refused.clone()),
        ended("rr-x", "mine", "2025-12-06T10:00:00Z", refused),
        approval(json!({"decision": "Rejected"})),
        ended("cleared", "cleared", "2025-12-06T09:00:00Z", json!({"workflowExecutionRef": {"name": "w", "uid": "uid-of-cleared"}})),
        (
            "remediationtargets",
            object(
                "RemediationTarget",
                "deployment.cleared",
                json!({"targetResource": "payment/deployment/cleared"}),
                json!({"clearances": clearances, "rebuiltAt": "2025-12-06T08:00:00Z"}),
            ),
        ),
        ended("repaired", "repaired", "2025-12-06T09:00:00Z", json!({})),
        ended(
            "success",
            "repaired",
            "2025-12-06T09:30:00Z",
            json!({"phase": "Completed", "outcome": "Remediated", "requiresManualReview": false}),
        ),
        ended("old", "old", "2025-12-04T09:00:00Z", json!({})),
    ]
}

#[tokio::test]
async fn a_review_is_needed_until_something_settles_it_and_an_old_one_is_counted() {
    let script = server(reviews(), vec![], |_| None);
    let (_, out, _) = seen(&script).await;
    assert!(out.contains("2 reviews needed"), "{out}");
    assert!(out.contains("open (ManualReviewRequired)") && out.contains("doubted (Rejected)"), "{out}");
    assert!(
        out.contains("OLDER       1 review needed for longer than 24h; see  kubectl kubernaut get remediations --needs-review\n"),
        "{out}"
    );
    assert!(out.contains("1 rejected by a person, 1 by the analysis"), "{out}");
    let connected = Connected::around(script.client(), "payment");
    let open = super::reviews::open(&connected, Some("payment"), NOW.parse().expect("a time")).await.expect("reviews");
    assert_eq!(open.into_iter().collect::<Vec<_>>(), ["payment/doubted", "payment/old", "payment/open"]);
}

/// A lease whose holder lives and publishes these settings.
fn telling(asked: &Asked, settings: &Value) -> Option<Answer> {
    let mut told = settings.clone();
    told["holder"] = "me".into();
    let spec = json!({"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2025-12-06T10:34:00.000000Z"});
    let metadata = json!({"name": "x", "annotations": {"kubernaut.ai/settings": told.to_string()}});
    asked.path.contains("/leases/").then(|| Answer::Json(200, json!({"metadata": metadata, "spec": spec})))
}

fn failing(times: u32) -> Objects {
    let run = json!({"namespace": "payment", "name": "cart-7", "uid": "u", "remediationRequest": "rr"});
    let status = json!({"rebuiltAt": "2025-12-06T08:00:00Z", "consecutiveFailures": times,
        "runs": [{"run": run, "workflowId": "scale", "outcome": "FailedBeforeStart"}]});
    vec![(
        "remediationtargets",
        object("RemediationTarget", "deployment.cart", json!({"targetResource": "payment/deployment/cart"}), status),
    )]
}

#[tokio::test]
async fn what_is_exhausted_goes_by_the_limit_in_force_and_a_guess_is_told_where_it_matters() {
    let limit = |number: u32| Some(json!({"gate": {"maxConsecutiveFailures": number}}));
    #[rustfmt::skip]
    let table = [
        ("they give up earlier",                   limit(3),        3, "cart-7 (ExhaustedRetries)", Exit::No,   false),
        ("they never give up",                     limit(0),        9, "Nothing needs you.",        Exit::Done, false),
        ("the usual limit",                        Some(json!({})), 3, "Nothing needs you.",        Exit::Done, false),
        ("nobody tells",                           None,            3, "Nothing needs you.",        Exit::Done, true),
        ("nobody tells, but nothing hangs on it",  None,            0, "Nothing needs you.",        Exit::Done, false),
    ];
    for (case, settings, failures, expected, exit, guessed) in table {
        let script = server(failing(failures), vec![], move |asked| settings.as_ref().and_then(|settings| telling(asked, settings)));
        let (ended, out, err) = seen(&script).await;
        assert!(out.contains(expected), "{case}: {out}");
        assert_eq!((ended, !err.is_empty()), (Ok(exit), guessed), "{case}: {err}");
        let note = "note: with default settings, as the controllers' lease cannot be read; if the controllers' differ, ask with their file:  \
                    kubectl kubernaut get targets --config FILE\n";
        assert!(err.is_empty() || err == note, "{case}: {err}");
        assert_eq!(script.calls().iter().filter(|asked| asked.path.contains("/leases/")).count(), 1, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_watches_is_answered_by_the_limit_in_force() {
    let script = server(failing(3), vec![], |asked| match asked.is_watch {
        true => Some(Answer::Watch(vec![], true)),
        false => telling(asked, &json!({"gate": {"maxConsecutiveFailures": 3}})),
    });
    let session = scripted::session(NOW, -400);
    let (args, connected) = (StatusArgs { watch: true, ..StatusArgs::default() }, Connected::around(script.client(), "payment"));
    let watching = super::follow::everything(&args, &session, &connected);
    assert!(tokio::time::timeout(std::time::Duration::from_secs(5), watching).await.is_err(), "it goes on");
    let (out, err) = session.voice.heard();
    assert!(out.contains("cart-7 (ExhaustedRetries)") && err.is_empty(), "{out}{err}");
}

#[tokio::test]
async fn what_blocks_is_told_by_the_ledger_or_where_that_was_not_read_by_the_remediation() {
    let blocked = |name: &str, target: &str| {
        let status = json!({"phase": "Failed", "skipReason": "PreviousExecutionFailed", "requiresManualReview": true});
        ("remediationrequests", object("RemediationRequest", name, json!({"targetResource": target}), status))
    };
    let objects = vec![
        blocked("near", "payment/deployment/api"),
        blocked("far", "shop/deployment/api"),
        blocked("node", "node/worker-1"),
        blocked("nowhere", "!"),
    ];
    let (ended, out, _) = seen(&server(objects, vec![], |_| None)).await;
    assert!(out.contains("3 executions blocked") && !out.contains("near"), "{out}");
    assert!(["far", "node", "nowhere"].iter().all(|name| out.contains(&format!("kubectl kubernaut why rr/{name}"))), "{out}");
    assert_eq!(ended, Ok(Exit::No));
}

#[tokio::test]
async fn an_older_review_still_needs_a_person() {
    let status = json!({"phase": "Failed", "requiresManualReview": true, "phaseTimes": {"Failed": "2025-12-04T09:00:00Z"}});
    let old = ("remediationrequests", object("RemediationRequest", "old", json!({}), status));
    let (ended, out, _) = seen(&server(vec![old], vec![], |_| None)).await;
    assert!(
        out.contains("Nothing new needs you.\n") && !out.contains("Nothing needs you.") && out.contains("OLDER       1 review"),
        "{out}"
    );
    assert_eq!(ended, Ok(Exit::No));
}

/// The first of the objects can be read by its name, too.
fn with_tree(objects: Objects) -> Script {
    let first = objects[0].1.clone();
    server(objects, vec![], move |asked| match asked.path.rsplit('/').next() {
        Some("rr-x") => Some(Answer::Json(200, first.clone())),
        Some(name) if name.starts_with("rr-x-") => Some(Answer::missing()),
        _ => None,
    })
}

#[tokio::test]
async fn what_blocks_needs_a_person_whatever_succeeded_since() {
    let request = |name: &str, status: Value| {
        let spec = json!({"targetResource": "payment/deployment/api", "signalName": "OOM"});
        ("remediationrequests", object("RemediationRequest", name, spec, status))
    };
    let blocked =
        json!({"phase": "Failed", "requiresManualReview": true, "blocked": true, "phaseTimes": {"Failed": "2025-12-06T10:00:00Z"}});
    let since = json!({"phase": "Completed", "outcome": "Remediated", "phaseTimes": {"Completed": "2025-12-06T10:20:00Z"}});
    let (session, script) = (scripted::session(NOW, -400), with_tree(vec![request("rr-x", blocked), request("rr-y", since)]));
    one(&StatusArgs::default(), "rr-x", &session, &Connected::around(script.client(), "payment")).await.expect("a tree");
    assert!(session.voice.heard().0.contains("Review:    a person must look at this"), "{}", session.voice.heard().0);
}

#[tokio::test]
async fn only_a_later_success_of_the_same_signal_on_the_same_target_settles_a_review_and_every_screen_says_so() {
    let request = |name: &str, (target, signal): (&str, &str), status: Value| {
        ("remediationrequests", object("RemediationRequest", name, json!({"targetResource": target, "signalName": signal}), status))
    };
    let (api, web) = ("payment/deployment/api", "payment/deployment/web");
    #[rustfmt::skip]
    let table = [
        ("the same",           (api, "OOM"), (api, "OOM"),     "Remediated", true),
        ("spelt otherwise",    (api, "OOM"), ("payment/Deployment/api", "OOM"), "Remediated", true),
        ("another signal",     (api, "OOM"), (api, "Crash"),   "Remediated", false),
        ("another target",     (api, "OOM"), (web, "OOM"),     "Remediated", false),
        ("signals unknown",    (api, ""),    (api, ""),        "Remediated", false),
        ("targets unknown",    ("", "OOM"),  ("", "OOM"),      "Remediated", false),
        ("it did not succeed", (api, "OOM"), (api, "OOM"),     "Unverified", false),
    ];
    for (case, mine, other, outcome, settled) in table {
        let review = request(
            "rr-x",
            mine,
            json!({"phase": "Failed", "requiresManualReview": true, "phaseTimes": {"Failed": "2025-12-06T10:00:00Z"}}),
        );
        let since = json!({"phase": "Completed", "outcome": outcome, "phaseTimes": {"Completed": "2025-12-06T10:20:00Z"}});
        let script = with_tree(vec![review, request("rr-y", other, since)]);
        let (ended, out, _) = seen(&script).await;
        assert_eq!((ended == Ok(Exit::Done), out.contains("1 review needed")), (settled, !settled), "{case}: {out}");
        let session = scripted::session(NOW, -400);
        let args = StatusArgs { exit_code: true, ..StatusArgs::default() };
        one(&args, "rr-x", &session, &Connected::around(script.client(), "payment")).await.expect("a tree");
        let (out, _) = session.voice.heard();
        assert_eq!(out.contains("Review:    settled, the signal was remediated since"), settled, "{case}: {out}");
        assert_eq!(out.contains("Review:    a person must look at this"), !settled, "{case}: {out}");
    }
}
