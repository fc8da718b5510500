use super::*;
use crate::api::{Block, Holder, LastSuccess, RecordedRun, RunOutcome};
use SkipReason::*;

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

fn run(uid: &str) -> RunRef {
    RunRef { namespace: "payment".into(), name: uid.into(), uid: uid.into(), remediation_request: "rr".into() }
}

fn built() -> RemediationTargetStatus {
    RemediationTargetStatus { rebuilt_at: Some(minute(0)), ..Default::default() }
}

fn blocked_by(workflow: &str) -> RemediationTargetStatus {
    let block = Block { id: "b".into(), run: run("failed"), workflow_id: workflow.into(), ..Default::default() };
    RemediationTargetStatus { blocks: vec![block], ..built() }
}

fn failures(count: i32, next: i64) -> RemediationTargetStatus {
    let failed =
        RecordedRun { run: run("f"), workflow_id: "cpu".into(), outcome: RunOutcome::FailedBeforeStart, completed_at: Some(minute(1)) };
    RemediationTargetStatus { consecutive_failures: count, next_allowed_execution: Some(minute(next)), runs: vec![failed], ..built() }
}

fn succeeded(workflow: &str, at: i64) -> RemediationTargetStatus {
    let success = LastSuccess { workflow_id: workflow.into(), run: run("s"), completed_at: minute(at) };
    RemediationTargetStatus { last_success: vec![success], ..built() }
}

fn held_by(uid: &str) -> RemediationTargetStatus {
    RemediationTargetStatus { holder: Some(Holder { run: run(uid), workflow_id: "oom".into(), since: minute(0) }), ..built() }
}

#[test]
fn the_gate_opens_only_when_it_should() {
    let everything = RemediationTargetStatus { holder: held_by("x").holder, consecutive_failures: 9, ..blocked_by("oom") };
    let busy_and_spent = RemediationTargetStatus { holder: held_by("x").holder, ..failures(5, 99) };
    let busy_and_waiting = RemediationTargetStatus { holder: held_by("x").holder, ..failures(1, 99) };
    let full = RemediationTargetStatus { blocks: vec![blocked_by("cpu").blocks[0].clone(); 20], ..built() };
    let plain = Settings::default();
    let wide = Settings { block_scope: BlockScope::Target, ..plain };
    let endless = Settings { max_consecutive_failures: 0, ..plain };
    let no_rest = Settings { cooldown: "0s".parse().unwrap(), ..plain };
    #[rustfmt::skip]
    let table: Vec<(&str, i64, RemediationTargetStatus, &Settings, Option<(SkipReason, Option<i64>)>)> = vec![
        ("a fresh target",                             0, built(),                   &plain,   None),
        ("the same workflow ran and failed",          99, blocked_by("oom"),         &plain,   Some((PreviousExecutionFailed, None))),
        ("another workflow ran and failed",           99, blocked_by("cpu"),         &plain,   None),
        ("another workflow, blocks reach the target", 99, blocked_by("cpu"),         &wide,    Some((PreviousExecutionFailed, None))),
        ("a full list blocks every workflow",         99, full,                      &plain,   Some((PreviousExecutionFailed, None))),
        ("five failures",                             99, failures(5, 2),            &plain,   Some((ExhaustedRetries, None))),
        ("four failures, waited out",                 99, failures(4, 9),            &plain,   None),
        ("no limit",                                  99, failures(50, 2),           &endless, None),
        ("somebody else works there",                  0, held_by("x"),              &plain,   Some((ResourceBusy, None))),
        ("we hold it ourselves",                       0, held_by("me"),             &plain,   None),
        ("backoff of another workflow counts",         1, failures(2, 3),            &plain,   Some((RecentlyRemediated, Some(3)))),
        ("exactly at the next allowed time",           3, failures(2, 3),            &plain,   None),
        ("four minutes after a success",               4, succeeded("oom", 0),       &plain,   Some((RecentlyRemediated, Some(5)))),
        ("exactly five minutes after a success",       5, succeeded("oom", 0),       &plain,   None),
        ("another workflow's success does not count",  0, succeeded("cpu", 0),       &plain,   None),
        ("a success in the future",                    0, succeeded("oom", 3),       &plain,   Some((RecentlyRemediated, Some(8)))),
        ("no cooldown",                                0, succeeded("oom", 0),       &no_rest, None),
        ("a block outranks everything",                0, everything,                &plain,   Some((PreviousExecutionFailed, None))),
        ("spent retries outrank a busy target",        0, busy_and_spent,            &plain,   Some((ExhaustedRetries, None))),
        ("a busy target outranks waiting",             0, busy_and_waiting,          &plain,   Some((ResourceBusy, None))),
    ];
    for (case, now, ledger, settings, expected) in table {
        let me = run("me");
        let seen =
            Seen { now: minute(now), run: &me, workflow_id: Some("oom"), target: "payment/deployment/api", ledger: &ledger, settings };
        let answer = match decide(&seen) {
            Gate::Start(_) => None,
            Gate::Skip(refusal) => Some((refusal.reason, refusal.retry_at)),
            Gate::NotRebuilt => panic!("{case}: the ledger is built"),
        };
        assert_eq!(answer, expected.map(|(reason, retry)| (reason, retry.map(minute))), "{case}");
        assert_eq!(
            explain(&seen).map(|(reason, _)| reason),
            [PreviousExecutionFailed, ExhaustedRetries, ResourceBusy, RecentlyRemediated],
            "{case}"
        );
    }
}

#[test]
fn a_ledger_that_was_not_built_permits_nothing() {
    let me = run("me");
    let ledger = RemediationTargetStatus::default();
    let seen = Seen { now: minute(0), run: &me, workflow_id: Some("oom"), target: "t", ledger: &ledger, settings: &Settings::default() };
    assert_eq!(decide(&seen), Gate::NotRebuilt);
}
