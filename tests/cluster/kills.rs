//! Controllers that are killed, or left without an answer, at the worst moments: each remediation ends as if nothing had happened.

use crate::act::{Act, announces, records_the_end, takes_the_target};
use crate::call::Call;
use crate::end::End;
use crate::fault::{Fault, Heard};
use crate::stage::SURE;
use crate::support::eventually;
use http::StatusCode;
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

fn makes_an_analysis(write: &Call) -> bool {
    write.creates("aianalyses")
}

#[tokio::test]
async fn an_undisturbed_remediation_writes_the_deployment_once() {
    let act = Act::begin().await;
    let request = act.raise().await;
    act.ends_as_undisturbed(&request).await;
}

#[tokio::test]
async fn killed_after_the_analysis_was_created_others_adopt_it() {
    let mut act = Act::begin().await;
    let mut hit = act.proxy.disturb("an analysis", 1, makes_an_analysis, Fault::CommitThen(act.controllers.killer()));
    let request = act.raise().await;
    act.others_after(&mut hit).await;
    act.ends_as_undisturbed(&request).await;
    assert_eq!(act.proxy.writes(|write| makes_an_analysis(write) && write.is_committed()).len(), 1);
}

#[tokio::test]
async fn killed_after_the_target_was_taken_others_go_on_from_there() {
    let mut act = Act::begin().await;
    let mut hit = act.proxy.disturb("the take", 1, takes_the_target, Fault::CommitThen(act.controllers.killer()));
    let request = act.raise().await;
    act.dead_after(&mut hit).await;
    let held = act.scene.ledger("web").await.holder.unwrap();
    let run = act.scene.run(&request).await.unwrap();
    assert_eq!((Some(held.run.uid), run.status.unwrap().start_time), (run.metadata.uid, None), "taken, and not yet executing");
    act.start().await;
    act.ends_as_undisturbed(&request).await;
    assert_eq!(act.proxy.writes(takes_the_target).len(), 1, "it is not taken twice");
}

#[tokio::test]
async fn a_write_that_was_on_its_way_when_its_process_died_is_fenced_off_and_done_once() {
    let mut act = Act::begin().await;
    let mut first = act.proxy.disturb("the write", 1, Call::changes_deployment, Fault::HoldAfter(act.controllers.killer()));
    let request = act.raise().await;
    act.dead_after(&mut first).await;
    let mut second = act.proxy.disturb("the write of the others", 1, Call::changes_deployment, Fault::HoldAfter(Box::new(|| {})));
    act.start().await;
    second.happened().await;
    assert_eq!(first.release().await, StatusCode::CONFLICT, "the fence stands before the late write");
    assert_eq!(second.release().await, StatusCode::OK);
    act.ends_as_undisturbed(&request).await;
}

#[tokio::test]
async fn killed_before_the_write_others_do_it_once() {
    let mut act = Act::begin().await;
    let mut hit = act.proxy.disturb("the write", 1, Call::changes_deployment, Fault::LoseAfter(act.controllers.killer()));
    let request = act.raise().await;
    act.dead_after(&mut hit).await;
    let intent = act.scene.steps(&request).await.remove(0).status.unwrap().intent;
    assert!(intent.is_some(), "announced before it was sent");
    act.start().await;
    act.ends_as_undisturbed(&request).await;
    assert_eq!(act.deployment_writes().len(), 2, "one was lost, one was done");
}

#[tokio::test]
async fn killed_after_the_write_others_record_it_and_do_not_repeat_it() {
    let mut act = Act::begin().await;
    let mut hit = act.proxy.disturb("the write", 1, Call::changes_deployment, Fault::CommitThen(act.controllers.killer()));
    let request = act.raise().await;
    act.dead_after(&mut hit).await;
    let step = act.scene.steps(&request).await.remove(0).status.unwrap();
    assert!(step.intent.is_some() && step.changes.is_empty(), "announced, done, not recorded");
    act.start().await;
    act.ends_as_undisturbed(&request).await;
    assert_eq!(act.deployment_writes().len(), 1, "it is never sent again");
}

#[tokio::test]
async fn killed_after_the_end_stands_in_the_ledger_others_copy_it_and_count_it_once() {
    let mut act = Act::begin().await;
    let mut hit = act.proxy.disturb("the end", 1, records_the_end, Fault::CommitThen(act.controllers.killer()));
    let request = act.raise().await;
    act.dead_after(&mut hit).await;
    let run = act.scene.run(&request).await.unwrap();
    assert!(!run.phase().is_over(), "the ledger knows before the run does");
    act.start().await;
    act.ends_as_undisturbed(&request).await;
    assert_eq!(act.proxy.writes(records_the_end).len(), 1);
}

#[tokio::test]
async fn an_interrupted_write_on_a_target_that_somebody_else_touched_counts_as_executed() {
    let mut act = Act::begin().await;
    let mut hit = act.proxy.disturb("the write", 1, Call::changes_deployment, Fault::LoseAfter(act.controllers.killer()));
    let request = act.raise().await;
    act.dead_after(&mut hit).await;
    let touch = Patch::Merge(json!({ "metadata": { "annotations": { "somebody": "else" } } }));
    act.scene.api::<Deployment>().patch("web", &PatchParams::default(), &touch).await.unwrap();
    act.start().await;
    assert_eq!(act.scene.end(&request, "web").await, End::blocked());
    assert_eq!(act.deployment_writes().len(), 1, "it is never sent again");
}

/// Whether a status holds the reference to the child of this kind.
fn refers_to(owner: &Value, kind: &str, request: &str) -> bool {
    let reference = match kind {
        "remediationprocessings" => owner.pointer("/status/remediationProcessingRef/name"),
        "aianalyses" => owner.pointer("/status/aiAnalysisRef/name"),
        "workflowexecutions" => owner.pointer("/status/workflowExecutionRef/name"),
        _ => owner.pointer("/status/stepStatuses/0/kubernetesExecutionRef/name"),
    };
    reference.and_then(Value::as_str).is_some_and(|name| name.starts_with(request))
}

/// A cause of trouble at one write, which the same process must get over by itself.
async fn is_overcome(what: &str, matches: fn(&Call) -> bool, fault: Fault) {
    let mut act = Act::begin().await;
    let mut hit = act.proxy.disturb(what, 1, matches, fault);
    let request = act.raise().await;
    hit.happened().await;
    act.ends_as_undisturbed(&request).await;
    assert!(act.controllers.runs());
}

#[tokio::test]
async fn a_lost_answer_to_an_announcement_changes_nothing() {
    is_overcome("the announcement", announces, Fault::cut()).await;
}

#[tokio::test]
async fn a_lost_answer_to_the_write_changes_nothing() {
    is_overcome("the write", Call::changes_deployment, Fault::cut()).await;
}

#[tokio::test]
async fn a_lost_answer_to_the_take_changes_nothing() {
    is_overcome("the take", takes_the_target, Fault::cut()).await;
}

#[tokio::test]
async fn a_lost_answer_to_the_end_changes_nothing() {
    is_overcome("the end", records_the_end, Fault::cut()).await;
}

#[tokio::test]
async fn a_write_that_somebody_else_overtook_is_tried_anew() {
    is_overcome("the write", Call::changes_deployment, Fault::Answer(StatusCode::CONFLICT)).await;
}

#[tokio::test]
async fn an_error_of_the_server_leaves_a_write_unknown_until_it_is_fenced() {
    is_overcome("the write", Call::changes_deployment, Fault::Answer(StatusCode::INTERNAL_SERVER_ERROR)).await;
}

#[tokio::test]
async fn a_server_that_is_away_at_the_take_is_waited_for() {
    is_overcome("the take", takes_the_target, Fault::Answer(StatusCode::SERVICE_UNAVAILABLE)).await;
}

#[tokio::test]
async fn a_write_that_is_delivered_twice_happens_once_whichever_answer_is_heard() {
    for heard in [Heard::First, Heard::Second] {
        let act = Act::begin().await;
        let mut hit = act.proxy.disturb("the write", 1, Call::changes_deployment, Fault::Twice(heard));
        let request = act.raise().await;
        hit.happened().await;
        act.ends_as_undisturbed(&request).await;
        let answers: Vec<_> = act.deployment_writes().iter().map(|write| write.answer).collect();
        assert_eq!(answers, [Some(StatusCode::OK), Some(StatusCode::CONFLICT)], "{heard:?}: the version is a precondition");
    }
}

#[tokio::test]
async fn a_slow_write_is_waited_for() {
    is_overcome("the write", Call::changes_deployment, Fault::Delay(std::time::Duration::from_secs(2))).await;
}

#[tokio::test]
async fn a_child_that_a_lagging_view_does_not_show_is_not_taken_for_deleted() {
    const KINDS: [&str; 4] = ["remediationprocessings", "aianalyses", "workflowexecutions", "kubernetesexecutions"];
    let act = Act::with(&KINDS).await;
    for kind in KINDS {
        act.proxy.stall(kind);
        let request = act.scene.raise_about(kind, act.controllers.gateway(), SURE).await;
        let made = |write: &Call| write.creates(kind) && write.name.starts_with(&request) && write.is_committed();
        eventually("the child is made", async || !act.proxy.writes(made).is_empty()).await;
        let recorded = |write: &Call| write.subresource == "status" && write.is_committed() && refers_to(&write.body, kind, &request);
        eventually("its owner has recorded it", async || !act.proxy.writes(recorded).is_empty()).await;
        // Another occurrence wakes the orchestrator, which must not draw conclusions from what it does not see.
        let again = act.scene.post(act.controllers.gateway(), &[act.scene.alert(SURE, &act.scene.pods(kind).await[0])]).await;
        assert_eq!(again.status, StatusCode::ACCEPTED, "the remediation goes on: {:?}", again.results);
        act.proxy.catch_up();
        assert_eq!(act.scene.end(&request, kind).await, End::remediated(), "{kind}");
    }
}
