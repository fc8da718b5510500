//! Two processes at once, one of them paused at the worst moment; a record that is deleted while its write is on its way; and what a
//! take asks of the API server.

use crate::act::{ALONE, Act, announces, records_the_end, takes_the_target};
use crate::call::Call;
use crate::controllers::Controllers;
use crate::end::End;
use crate::fault::Fault;
use crate::history::History;
use crate::proxy::Proxy;
use crate::stage::{ASKS, RESTARTS, program, settings, succeeded};
use crate::support::{eventually, faults};
use http::{Method, StatusCode};
use kube::ResourceExt;
use kube::api::{DeleteParams, Patch, PatchParams};
use kubernaut::api::{KubernetesExecution, RemediationPhase, WorkflowExecution, names};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A second process, with a proxy of its own.
struct Second {
    proxy: Proxy,
    controllers: Controllers,
}

impl Second {
    async fn start() -> Self {
        let proxy = Proxy::start(faults().await).await;
        let controllers = Controllers::start(&proxy.kubeconfig(), &settings(""), ALONE).await;
        Self { proxy, controllers }
    }
}

/// The next call of a kind after another one.
fn next_after(first: impl Fn(&Call) -> bool + Send, then: impl Fn(&Call) -> bool + Send) -> impl Fn(&Call) -> bool + Send {
    let seen = AtomicBool::new(false);
    move |call| {
        if first(call) {
            seen.store(true, Ordering::SeqCst);
            return false;
        }
        seen.load(Ordering::SeqCst) && then(call)
    }
}

fn records_a_step(call: &Call) -> bool {
    call.sets_status("workflowexecutions", "/status/stepStatuses")
}

fn decides_the_outcome(call: &Call) -> bool {
    call.sets_status("workflowexecutions", "/status/outcome")
}

fn reads(resource: &'static str) -> impl Fn(&Call) -> bool {
    move |call| call.verb == Method::GET && call.resource == resource && !call.name.is_empty()
}

/// Waits until a process sends nothing more.
async fn is_quiet(proxy: &Proxy) {
    let (mut before, mut since) = (0, Instant::now());
    while since.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = proxy.calls(|_| true).len();
        if now != before {
            (before, since) = (now, Instant::now());
        }
    }
}

/// Pauses the first process when it has heard the answer to a call; a second one ends the run; then the first wakes up. How the API server
/// answers what the first was about to write.
async fn wakes_up_too_late(
    what: &str,
    pause_at: impl Fn(&Call) -> bool + Send + 'static,
    about_to: impl Fn(&Call) -> bool,
) -> (Act, Second, Vec<Option<StatusCode>>) {
    let mut act = Act::begin().await;
    let mut hit = act.proxy.disturb(what, 1, pause_at, Fault::AnswerAfter(act.controllers.pauser()));
    let request = act.raise().await;
    hit.happened().await;
    let mut second = Second::start().await;
    assert_eq!(act.scene.end(&request, "web").await, End::remediated(), "the second ends what the first began");
    let before = act.proxy.writes(|_| true).len();
    act.controllers.wake();
    let of_late = || act.proxy.writes(|_| true).split_off(before);
    eventually("the first does what it was about to do", async || of_late().iter().any(&about_to)).await;
    is_quiet(&act.proxy).await;
    let late = of_late();
    let harmful = |call: &&Call| call.is_committed() && ["deployments", "remediationtargets"].contains(&call.resource.as_str());
    assert_eq!(late.iter().filter(harmful).count(), 0, "it writes nothing on the target and releases nothing: {late:#?}");
    assert_eq!(act.scene.end(&request, "web").await, End::remediated());
    assert!(act.controllers.runs() && second.controllers.runs());
    let answers = late.iter().filter(|call| about_to(call)).map(|call| call.answer).collect();
    (act, second, answers)
}

fn committed(proxy: &Proxy) -> usize {
    proxy.writes(|write| write.changes_deployment() && write.is_committed()).len()
}

#[tokio::test]
async fn paused_between_its_last_look_and_the_announcement_a_process_announces_nothing() {
    let pause_at = next_after(records_a_step, reads("workflowexecutions"));
    let (act, second, answers) = wakes_up_too_late("the look before the announcement", pause_at, announces).await;
    assert_eq!(answers, [Some(StatusCode::CONFLICT)]);
    assert_eq!((act.deployment_writes().len(), committed(&second.proxy)), (0, 1));
}

#[tokio::test]
async fn paused_between_the_announcement_and_the_write_a_process_writes_nothing() {
    let (act, second, answers) = wakes_up_too_late("the announcement", announces, Call::changes_deployment).await;
    assert_eq!(answers, [Some(StatusCode::CONFLICT)], "the fence of the second stands before the write of the first");
    assert_eq!((committed(&act.proxy), committed(&second.proxy)), (0, 1));
}

#[tokio::test]
async fn paused_between_the_announcement_and_the_write_a_process_does_not_write_after_the_run_was_stopped() {
    let mut act = Act::begin().await;
    let mut hit = act.proxy.disturb("the announcement", 1, announces, Fault::AnswerAfter(act.controllers.pauser()));
    let request = act.raise().await;
    hit.happened().await;
    let stop = Patch::Merge(json!({ "spec": { "stop": "TimedOut" } }));
    act.scene.api::<WorkflowExecution>().patch(&names::workflow(&request), &PatchParams::default(), &stop).await.unwrap();
    let second = Second::start().await;
    let expected = End {
        request: "TimedOut None review=false blocked=false".to_owned(),
        run: Some("Failed Some(Cancelled)".to_owned()),
        steps: vec!["-workflow-step-1 Skipped changes=0".to_owned()],
        notices: vec!["-notification-timeout".to_owned()],
        runs: vec!["Cancelled".to_owned()],
        blocks: 0,
        ..End::blocked()
    };
    assert_eq!(act.scene.end(&request, "web").await, expected, "it is certain that nothing was written");
    act.controllers.wake();
    eventually("the first sends its write", async || !act.deployment_writes().is_empty()).await;
    is_quiet(&act.proxy).await;
    assert_eq!(act.deployment_writes()[0].answer, Some(StatusCode::CONFLICT), "the fence stands, and nothing else moved the version");
    assert_eq!(act.scene.end(&request, "web").await, expected);
    assert_eq!(committed(&act.proxy) + committed(&second.proxy), 0);
    assert!(act.controllers.runs());
}

#[tokio::test]
async fn paused_between_the_write_and_its_record_a_process_records_nothing() {
    let records = |call: &Call| call.sets_status("kubernetesexecutions", "/status/changes");
    let (act, second, answers) = wakes_up_too_late("the write", Call::changes_deployment, records).await;
    assert_eq!(answers, [Some(StatusCode::CONFLICT)]);
    assert_eq!((committed(&act.proxy), committed(&second.proxy)), (1, 0), "the write of the first is found and recorded");
}

#[tokio::test]
async fn paused_before_it_records_the_end_a_process_does_not_release_the_target_that_the_next_run_holds() {
    let mut act = Act::begin().await;
    let history = History::of(&act.scene).await;
    let pause_at = next_after(decides_the_outcome, reads("remediationtargets"));
    let mut hit = act.proxy.disturb("the look before the end", 1, pause_at, Fault::AnswerAfter(act.controllers.pauser()));
    let request = act.raise().await;
    hit.happened().await;
    let second = Second::start().await;
    assert_eq!(act.scene.end(&request, "web").await, End::remediated());
    let mut write = second.proxy.disturb("the write of the next", 1, Call::changes_deployment, Fault::HoldAfter(Box::new(|| {})));
    let next = act.scene.raise(second.controllers.gateway(), RESTARTS).await;
    write.happened().await;
    let held_by = act.scene.ledger("web").await.holder.unwrap().run.uid;
    assert_eq!(Some(held_by), act.scene.run(&next).await.unwrap().uid());
    act.controllers.wake();
    eventually("the first tries to record the end", async || !act.proxy.writes(records_the_end).is_empty()).await;
    let late = act.proxy.writes(records_the_end).remove(0);
    assert_eq!(late.answer, Some(StatusCode::CONFLICT), "the ledger has moved on");
    // The first may take part in the next run now, or leave it to the second; whoever does, writes once.
    write.release().await;
    assert_eq!(act.scene.over(&next).await.phase(), RemediationPhase::Completed);
    assert_eq!(history.runs_one_at_a_time(&act.scene).await, 2);
    assert_eq!(committed(&act.proxy) + committed(&second.proxy), 2, "each run wrote once");
    assert!(act.controllers.runs());
}

/// Deletes the record of the only step, past all policies.
async fn deletes_the_record(act: &Act, request: &str) {
    let name = act.scene.steps(request).await.remove(0).name_any();
    let now = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
    act.scene.api::<KubernetesExecution>().delete(&name, &now).await.unwrap();
}

/// A run whose step is gone: executed, blocked, and somebody is told.
fn of_a_step_that_is_gone() -> End {
    End { steps: vec![], ..End::blocked() }
}

#[tokio::test]
async fn a_record_that_is_deleted_while_its_write_is_on_its_way_counts_as_executed_and_the_write_never_arrives() {
    let mut act = Act::begin().await;
    let mut hit = act.proxy.disturb("the write", 1, Call::changes_deployment, Fault::HoldAfter(Box::new(|| {})));
    let request = act.raise().await;
    hit.happened().await;
    deletes_the_record(&act, &request).await;
    assert_eq!(act.scene.end(&request, "web").await, of_a_step_that_is_gone());
    assert_eq!(hit.release().await, StatusCode::CONFLICT, "the target was fenced before it was given back");
    is_quiet(&act.proxy).await;
    assert_eq!(act.scene.end(&request, "web").await, of_a_step_that_is_gone());
    assert!(act.controllers.runs());
}

#[tokio::test]
async fn a_record_that_is_deleted_before_its_write_is_heard_of_counts_as_executed() {
    let act = Act::begin().await;
    let mut hit = act.proxy.disturb("the write", 1, Call::changes_deployment, Fault::HoldAnswer);
    let request = act.raise().await;
    hit.happened().await;
    deletes_the_record(&act, &request).await;
    let written = End { memory: "256Mi".to_owned(), rollouts: 1, ..of_a_step_that_is_gone() };
    assert_eq!(act.scene.end(&request, "web").await, written);
    assert_eq!(hit.release().await, StatusCode::OK);
    is_quiet(&act.proxy).await;
    assert_eq!(act.scene.end(&request, "web").await, written);
    assert_eq!(act.committed_deployment_writes(), 1);
}

#[tokio::test]
async fn a_take_makes_four_reads_and_one_write_at_most() {
    let act = Act::begin().await;
    let validates = |call: &Call| {
        call.resource == "workflowexecutions" && call.body.pointer("/status/phase").is_some_and(|phase| phase == "Validating")
    };
    let request = act.scene.raise(act.controllers.gateway(), ASKS).await;
    act.scene.reaches(&request, RemediationPhase::AwaitingApproval).await;
    let words = ["-n", &act.scene.namespace, "approve", &request, "--yes"];
    succeeded(&program(faults().await, "alice", &words).await);
    let told = vec!["-notification-approval".to_owned()];
    assert_eq!(act.scene.end(&request, "web").await, End { notices: told, ..End::remediated() });
    let calls = act.proxy.calls(|call| call.namespace == act.scene.namespace);
    let from = calls.iter().position(validates).unwrap();
    let to = calls.iter().position(takes_the_target).unwrap();
    let seen: Vec<String> = calls[from + 1..=to].iter().map(|call| format!("{} {}", call.verb, call.resource)).collect();
    let expected =
        ["GET remediationrequests", "GET aianalyses", "GET aiapprovalrequests", "GET remediationtargets", "PUT remediationtargets"];
    assert_eq!(seen, expected);
}
