use super::*;
use crate::rules::gate::{self, Gate, Seen};
use proptest::prelude::*;

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

fn run(uid: &str) -> RunRef {
    RunRef { namespace: "payment".into(), name: uid.into(), uid: uid.into(), remediation_request: "rr".into() }
}

fn ended(uid: &str, outcome: RunOutcome) -> Ended {
    Ended { run: run(uid), workflow_id: "oom".into(), outcome, message: "it broke".into() }
}

fn built() -> RemediationTargetStatus {
    RemediationTargetStatus { rebuilt_at: Some(minute(0)), ..Default::default() }
}

fn taken(uid: &str) -> RemediationTargetStatus {
    let (ledger, settings, run) = (built(), Settings::default(), run(uid));
    let seen = Seen { now: minute(0), run: &run, workflow_id: Some("oom"), target: "t", ledger: &ledger, settings: &settings };
    match gate::decide(&seen) {
        Gate::Start(permit) => permit.take(&ledger, minute(0)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_end_moves_exactly_what_its_outcome_says() {
    use RunOutcome::*;
    let failing = RemediationTargetStatus { consecutive_failures: 2, next_allowed_execution: Some(minute(9)), ..taken("r") };
    #[rustfmt::skip]
    let table = [
        ("a success resets the counters",            Succeeded,         0, None,    0, 1),
        ("so does a partial one",                    PartialCompletion, 0, None,    0, 1),
        ("and an unverified one",                    Unverified,        0, None,    0, 1),
        ("a failure before start counts",            FailedBeforeStart, 3, Some(14), 0, 0),
        ("a failure during makes a block and no more", FailedDuring,    2, Some(9), 1, 0),
        ("nothing executed moves nothing",           NothingExecuted,   2, Some(9), 0, 0),
        ("a changed target moves nothing",           TargetChanged,     2, Some(9), 0, 0),
        ("another plan moves nothing",               PlanMismatch,      2, Some(9), 0, 0),
        ("a cancelled run moves nothing",            Cancelled,         2, Some(9), 0, 0),
    ];
    for (case, outcome, failures, next, blocks, successes) in table {
        let after = end(&failing, &ended("r", outcome), minute(10), &Settings::default()).unwrap();
        assert_eq!(after.holder, None, "{case}: the target is given back");
        assert_eq!(recorded(&after, "r").unwrap().outcome, outcome, "{case}");
        assert_eq!(after.consecutive_failures, failures, "{case}");
        assert_eq!(after.next_allowed_execution, next.map(minute), "{case}");
        assert_eq!((after.blocks.len(), after.last_success.len()), (blocks, successes), "{case}");
        assert_eq!(end(&after, &ended("r", outcome), minute(11), &Settings::default()), None, "{case}: twice is once");
    }
}

#[test]
fn a_failure_before_the_take_leaves_the_holder_alone() {
    let after = end(&taken("other"), &ended("r", RunOutcome::FailedBeforeStart), minute(1), &Settings::default()).unwrap();
    assert!(holds(&after, "other"));
}

#[test]
fn the_wait_doubles_up_to_its_cap() {
    let plain = Settings::default();
    let waits: Vec<i64> = (0..8).map(|failures| backoff(failures, &plain).as_mins()).collect();
    assert_eq!(waits, [1, 1, 2, 4, 8, 10, 10, 10]);
    let no_cap = Settings { max_cooldown: "0s".parse().unwrap(), ..plain };
    assert_eq!(backoff(99, &no_cap).as_mins(), 16, "the exponent stops at 4");
    let flat = Settings { max_backoff_exponent: 0, ..plain };
    assert_eq!(backoff(7, &flat).as_mins(), 1);
    let none = Settings { base_cooldown: "0s".parse().unwrap(), ..plain };
    assert_eq!(backoff(7, &none), SignedDuration::ZERO);
}

#[test]
fn cancelled_runs_push_no_counted_run_out() {
    let settings = Settings::default();
    let counted = end(&built(), &ended("r", RunOutcome::FailedBeforeStart), minute(1), &settings).unwrap();
    let later = |ledger: RemediationTargetStatus, nth: i64| {
        end(&ledger, &ended(&format!("c{nth}"), RunOutcome::Cancelled), minute(nth), &settings).unwrap()
    };
    let ledger = (2..60).fold(counted, later);
    assert_eq!(ledger.runs.len(), 20);
    assert_eq!(end(&ledger, &ended("r", RunOutcome::FailedBeforeStart), minute(99), &settings), None, "still counted once");
    assert_eq!(exhaustion_id(&ledger).as_deref(), Some("exhausted-r"));
}

#[test]
fn a_run_that_moved_nothing_is_recorded_among_twenty_that_did() {
    let settings = Settings::default();
    let counted = |ledger: RemediationTargetStatus, nth: i64| {
        end(&ledger, &ended(&format!("s{nth}"), RunOutcome::Succeeded), minute(nth), &settings).unwrap()
    };
    let full = (0..20).fold(built(), counted);
    let after = end(&full, &ended("c", RunOutcome::Cancelled), minute(30), &settings).unwrap();
    assert!(recorded(&after, "c").is_some() && recorded(&after, "s0").is_none());
}

fn any_outcome() -> impl Strategy<Value = RunOutcome> {
    use RunOutcome::*;
    prop::sample::select(vec![Succeeded, Unverified, FailedBeforeStart, FailedDuring, NothingExecuted, TargetChanged, Cancelled])
}

proptest! {
    /// Lists stay within the schema whatever happens, and recording again changes nothing.
    #[test]
    fn an_outcome_counts_once(outcomes in prop::collection::vec(any_outcome(), 0..60)) {
        let mut ledger = built();
        for (nth, outcome) in outcomes.iter().enumerate() {
            let ended = ended(&format!("run-{nth}"), *outcome);
            ledger = end(&ledger, &ended, minute(nth as i64), &Settings::default()).unwrap();
            prop_assert_eq!(end(&ledger, &ended, minute(999), &Settings::default()), None);
        }
        prop_assert!(ledger.blocks.len() <= ROOM_FOR_BLOCKS && ledger.runs.len() <= 20 && ledger.last_success.len() <= 10);
        let hurt = outcomes.iter().filter(|outcome| **outcome == RunOutcome::FailedDuring).count();
        prop_assert_eq!(ledger.blocks.len(), hurt.min(ROOM_FOR_BLOCKS));
    }
}
