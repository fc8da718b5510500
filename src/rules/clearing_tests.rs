use super::*;
use crate::api::{RecordedRun, RunOutcome};
use crate::rules::gate::{self, Gate, Seen};
use crate::rules::ledger::{self, Ended, end};
use crate::settings::Gate as Settings;
use jiff::Timestamp;

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

fn run(uid: &str) -> RunRef {
    RunRef { namespace: "payment".into(), name: format!("{uid}-workflow"), uid: uid.into(), remediation_request: uid.into() }
}

fn built() -> RemediationTargetStatus {
    RemediationTargetStatus { rebuilt_at: Some(minute(0)), ..Default::default() }
}

fn after(runs: &[(&str, RunOutcome)]) -> RemediationTargetStatus {
    runs.iter().zip(1..).fold(built(), |ledger, ((uid, outcome), at)| {
        let ended = Ended { run: run(uid), workflow_id: "oom".into(), outcome: *outcome, message: String::new() };
        end(&ledger, &ended, minute(at), &Settings::default()).unwrap()
    })
}

fn clearance(uid: &str, id: &str) -> Clearance {
    Clearance { uid: uid.into(), block_id: id.into(), who: "carol".into(), when: minute(90), ..Default::default() }
}

fn lifted(ledger: &RemediationTargetStatus, uid: &str, id: &str) -> RemediationTargetStatus {
    match clear(ledger, &clearance(uid, id)) {
        Clearing::Lift(after) => *after,
        other => panic!("{id}: {other:?}"),
    }
}

fn starts(ledger: &RemediationTargetStatus, at: i64) -> bool {
    let (run, settings) = (run("next"), Settings::default());
    let seen = Seen { now: minute(at), run: &run, workflow_id: Some("oom"), target: "t", ledger, settings: &settings };
    matches!(gate::decide(&seen), Gate::Start(_))
}

use RunOutcome::{Cancelled, FailedBeforeStart, FailedDuring, Succeeded};

#[test]
fn a_clearance_lifts_one_block_once() {
    let two = after(&[("a1", FailedDuring), ("a2", FailedDuring)]);
    let one = lifted(&two, "c1", "a1");
    assert_eq!(one.blocks.iter().map(|block| block.id.as_str()).collect::<Vec<_>>(), ["a2"]);
    assert_eq!(clear(&one, &clearance("c1", "a1")), Clearing::Already);
    assert!(!starts(&one, 100), "the other block still stands");
    assert!(starts(&lifted(&one, "c2", "a2"), 100));
}

#[test]
fn what_is_not_there_is_refused_with_what_is() {
    #[rustfmt::skip]
    let table = [
        ("nothing stands in the way", after(&[("ok", Succeeded)]),                    "x",            "there is no block x, and nothing else that could be lifted on this target"),
        ("another block's id",        after(&[("a1", FailedDuring)]),                 "a2",           "there is no block a2; this target has a1 (a1-workflow)"),
        ("an older exhaustion's id",  after(&[("f1", FailedBeforeStart), ("f2", FailedBeforeStart)]), "exhausted-f1", "there is no block exhausted-f1; this target has exhausted-f2"),
        ("lifted by somebody before", lifted(&after(&[("a1", FailedDuring)]), "c", "a1"), "a1",       "a1 was lifted by carol at 1970-01-01T01:30:00Z already"),
    ];
    for (case, ledger, id, expected) in table {
        assert_eq!(clear(&ledger, &clearance("c9", id)), Clearing::NothingThere(expected.to_owned()), "{case}");
    }
}

#[test]
fn an_exhaustion_is_cleared_by_its_own_id_and_leaves_blocks_alone() {
    let runs = [("a1", FailedDuring), ("f0", FailedBeforeStart), ("f1", FailedBeforeStart), ("c1", Cancelled)];
    let spent = RemediationTargetStatus { consecutive_failures: 5, ..after(&runs) };
    assert_eq!(exhaustion_id(&spent).as_deref(), Some("exhausted-f1"), "by the last run that failed");
    let reset = lifted(&spent, "c", "exhausted-f1");
    assert_eq!((reset.consecutive_failures, reset.next_allowed_execution, reset.blocks.len()), (0, None, 1));
}

#[test]
fn every_exhaustion_has_a_way_out() {
    let spent = |runs| RemediationTargetStatus { consecutive_failures: 5, runs, ..built() };
    let recorded = |uid, outcome| RecordedRun { run: run(uid), workflow_id: "oom".into(), outcome, completed_at: None };
    for ledger in [spent(vec![]), spent(vec![recorded("s", Succeeded)]), spent(vec![recorded("s", Succeeded), recorded("d", FailedDuring)])]
    {
        assert!(!starts(&ledger, 100));
        let id = exhaustion_id(&ledger).unwrap();
        assert!(starts(&lifted(&ledger, "c", &id), 100), "{id}");
    }
}

#[test]
fn clearing_restarts_nothing_and_keeps_the_run_recorded() {
    let cleared = lifted(&after(&[("a1", FailedDuring)]), "c", "a1");
    assert!(ledger::recorded(&cleared, "a1").is_some(), "the failed run is over, cleared or not");
    let again = Ended { run: run("a1"), workflow_id: "oom".into(), outcome: FailedDuring, message: String::new() };
    assert_eq!(end(&cleared, &again, minute(99), &Settings::default()), None, "its end makes no second block");
}

#[test]
fn a_deletion_lifts_only_when_every_condition_holds() {
    let all = Deletion { request_alive: true, namespace_ending: false, pending_at_the_end: false, policy_bound: true, wanted: true };
    #[rustfmt::skip]
    let table = [
        ("the failed run was deleted by itself",      all,                                              true),
        ("its request is gone, or going",             Deletion { request_alive: false, ..all },         false),
        ("its namespace is being deleted",            Deletion { namespace_ending: true, ..all },       false),
        ("it was being deleted while it still ran",   Deletion { pending_at_the_end: true, ..all },     false),
        ("no policy asks who deletes",                Deletion { policy_bound: false, ..all },          false),
        ("the setting turns it off",                  Deletion { wanted: false, ..all },                false),
    ];
    for (case, seen, expected) in table {
        assert_eq!(deletion_lifts(&seen), expected, "{case}");
    }
    let lifted = clear(&after(&[("a1", FailedDuring)]), &by_deletion(&run("a1"), minute(9)));
    let Clearing::Lift(ledger) = lifted else { panic!("{lifted:?}") };
    assert_eq!((ledger.blocks.len(), ledger.clearances[0].how.as_str()), (0, "Deleted"));
}

#[test]
fn what_a_person_may_lift_for_a_run() {
    let exhausted = |ledger| RemediationTargetStatus { consecutive_failures: 5, ..ledger };
    let (nothing, hurt) = (after(&[("ok", Succeeded)]), after(&[("a1", FailedDuring), ("a2", FailedDuring)]));
    let failing = after(&[("f1", FailedBeforeStart)]);
    let (spent, both) = (exhausted(failing.clone()), exhausted(hurt.clone()));
    #[rustfmt::skip]
    let table: Vec<(&str, &RemediationTargetStatus, &str, Option<SkipReason>, Vec<&str>)> = vec![
        ("nothing",                                  &nothing,                   "ok",   None, vec![]),
        ("the block that the run itself made",       &hurt,                      "a1",   None, vec!["a1"]),
        ("the block that the gate names to another", &hurt,                      "next", None, vec!["a2"]),
        ("few failures are no exhaustion",           &failing,                   "next", None, vec![]),
        ("unless the run was refused for them",      &failing,                   "next", Some(SkipReason::ExhaustedRetries), vec!["exhausted-f1"]),
        ("an exhaustion",                            &spent,                    "f1",   None, vec!["exhausted-f1"]),
        ("both, the block first",                    &both,                     "next", None, vec!["a2", "exhausted-a2"]),
    ];
    for (case, ledger, uid, skipped_for, expected) in table {
        let (run, settings) = (run(uid), Settings::default());
        let seen = Seen { now: minute(99), run: &run, workflow_id: Some("oom"), target: "t", ledger, settings: &settings };
        let ids: Vec<String> = liftable(&seen, skipped_for).into_iter().map(|one| one.id).collect();
        assert_eq!(ids, expected, "{case}");
    }
}
