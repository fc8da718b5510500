//! Random writes of decisions, compared with a table of what must come of them. Everything is a dry run: nothing is stored.

use super::world::World;
use crate::support::a_cluster_more;
use http::Method;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const CASES: usize = 300;

/// Somebody writes something onto a request's status.
#[derive(Clone, Debug)]
struct Case {
    on: &'static str,
    who: &'static str,
    decision: &'static str,
    by: &'static str,
    reason: bool,
    time: bool,
    hash: &'static str,
}

fn cases() -> impl Strategy<Value = Case> {
    let requests = proptest::sample::select(vec!["open", "alices", "approved", "expired", "step", "oncall", "approved-step"]);
    let people = proptest::sample::select(vec!["admin", "alice", "carol", "mallory"]);
    let decisions = proptest::sample::select(vec!["", "Approved", "Approved", "Rejected", "Expired", "Superseded"]);
    let names = proptest::sample::select(vec!["", "admin", "alice", "alice", "carol", "mallory"]);
    let hash = prop_oneof![4 => Just(""), 1 => Just("right"), 1 => Just("wrong")];
    let flags = (any::<bool>(), prop_oneof![3 => Just(false), 1 => Just(true)]);
    (requests, people, decisions, names, flags, hash, any::<bool>()).prop_map(|(on, who, decision, by, (reason, time), hash, own)| Case {
        on,
        who,
        decision,
        by: if own { who } else { by },
        reason,
        time,
        hash,
    })
}

/// What must come of it.
fn allowed(case: &Case) -> bool {
    let before = match case.on {
        "approved" | "approved-step" => Some(("Approved", "alice")),
        "expired" => Some(("Expired", "admin")),
        _ => None,
    };
    let operator = case.who == "admin";
    let approver = case.who != "mallory";
    if case.hash == "wrong" || (!case.decision.is_empty() && case.by.is_empty()) {
        return false;
    }
    if let Some((decision, by)) = before {
        let same = case.decision == decision && case.by == by && !case.reason && case.hash.is_empty();
        // Only what a controller may add, and an expiry has its time already.
        return operator && same && (case.on != "expired" || case.time);
    }
    match case.decision {
        "" => operator,
        "Approved" | "Rejected" => {
            let own_request = case.on == "alices" && case.who == "alice" && case.decision == "Approved";
            let stranger = case.on == "oncall";
            approver && case.by == case.who && (operator || !case.time) && !own_request && !stranger
        }
        _ => operator && case.by == case.who,
    }
}

fn status(case: &Case) -> Value {
    let mut status = json!({});
    let mut set = |field: &str, value: Value, wanted: bool| {
        if wanted {
            status[field] = value;
        }
    };
    set("decision", json!(case.decision), !case.decision.is_empty());
    set("decidedBy", json!(case.by), !case.by.is_empty());
    set("reason", json!("because"), case.reason);
    set("decidedAt", json!("2026-01-01T00:00:00Z"), case.time);
    set("planHash", json!(if case.hash == "right" { "b" } else { "c" }.repeat(64)), !case.hash.is_empty());
    status
}

#[tokio::test]
async fn decisions_go_through_exactly_when_they_may() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    world.furnish().await;
    let (mut runner, strategy) = (TestRunner::deterministic(), cases());
    let mut through = 0;
    for _ in 0..CASES {
        let case = strategy.new_tree(&mut runner).unwrap().current();
        let resource = if case.on.contains("step") || case.on == "oncall" { "workflowstepapprovalrequests" } else { "aiapprovalrequests" };
        let mut object = world.get(&format!("{resource}/{}", case.on)).await;
        object["status"] = status(&case);
        let path = world.path(&format!("{resource}/{}/status?dryRun=All&fieldManager=truth", case.on));
        let answer = world.send(case.who, Method::PUT, &path, "application/json", &object).await;
        assert_eq!(answer.is_ok(), allowed(&case), "{case:?}: {:?}", answer.err().map(|status| status.message));
        through += usize::from(answer.is_ok());
    }
    println!("{CASES} cases, {through} of them allowed");
    assert!((CASES / 20..CASES * 3 / 4).contains(&through), "{through} of {CASES} were allowed: the cases prove little");
}
