//! What the gate and the rebuild of a ledger cost. `cargo bench --bench rules -- --test` only checks that they run.

#![allow(clippy::expect_used, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use kubernaut::api::{LastSuccess, RecordedRun, RemediationTargetStatus, RunOutcome, RunRef, WorkflowPhase};
use kubernaut::rules::gate::{self, Seen};
use kubernaut::rules::rebuild::{PastRun, rebuild};
use kubernaut::settings::Gate as Settings;
use std::hint::black_box;
use std::time::Duration;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_765_000_000 + minute * 60).expect("a time")
}

fn run(nth: i64) -> RunRef {
    RunRef {
        namespace: "payment".into(),
        name: format!("rr-9ac2f01b77de-{nth}-workflow"),
        uid: format!("{nth:08x}-be42-4c1e-9d6f-0123456789ab"),
        remediation_request: format!("rr-9ac2f01b77de-{nth}"),
    }
}

/// A ledger with 20 recorded runs that permits a start, which is the dearest answer: every gate is asked.
fn ledger() -> RemediationTargetStatus {
    let recorded = |nth| RecordedRun {
        run: run(nth),
        workflow_id: "oomkill-increase-memory".into(),
        outcome: if nth % 3 == 0 { RunOutcome::Succeeded } else { RunOutcome::FailedBeforeStart },
        completed_at: Some(at(-nth)),
    };
    let success = |nth| LastSuccess { workflow_id: format!("workflow-{nth}"), run: run(nth), completed_at: at(-nth - 30) };
    RemediationTargetStatus {
        runs: (1..=20).map(recorded).collect(),
        last_success: (0..10).map(success).collect(),
        consecutive_failures: 2,
        next_allowed_execution: Some(at(-1)),
        rebuilt_at: Some(at(-99)),
        ..RemediationTargetStatus::default()
    }
}

/// Runs as a cluster that ran for long leaves them: a third of each ending.
fn past(nth: i64) -> PastRun {
    let (phase, was_execution_failure) = match nth % 3 {
        0 => (WorkflowPhase::Completed, None),
        1 => (WorkflowPhase::Failed, Some(false)),
        _ => (WorkflowPhase::Failed, Some(true)),
    };
    PastRun {
        run: run(nth),
        workflow_id: format!("workflow-{}", nth % 40),
        phase,
        outcome: None,
        was_execution_failure,
        started: Some(at(nth)),
        // In no order, as a list by name is.
        completed: Some(at((nth * 7919) % 10_007)),
        consecutive_failures: Some(1),
        next_allowed_execution: None,
        block_cleared: nth % 2 == 0,
        message: "step 2 failed: exit 1".into(),
    }
}

fn rules(criterion: &mut Criterion) {
    let (settings, me, now) = (Settings::default(), run(0), at(0));
    let free = ledger();
    let waiting = RemediationTargetStatus { next_allowed_execution: Some(at(5)), ..ledger() };
    for (name, ledger) in [("decide, 20 recorded runs, allowed", &free), ("decide, 20 recorded runs, waiting", &waiting)] {
        let seen = Seen {
            now,
            run: &me,
            workflow_id: Some("oomkill-increase-memory"),
            target: "payment/deployment/payment-api",
            ledger,
            settings: &settings,
        };
        criterion.bench_function(name, |bencher| bencher.iter(|| gate::decide(black_box(&seen))));
    }
    let runs: Vec<PastRun> = (0..10_000).map(past).collect();
    let lifted: Vec<String> = (0..100).map(|nth| format!("exhausted-{nth:08x}be42")).collect();
    let nothing = RemediationTargetStatus::default();
    criterion.bench_function("rebuild from 10,000 runs", |bencher| {
        bencher.iter(|| rebuild(black_box(&nothing), black_box(&runs), black_box(&lifted), now, &settings));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3)).sample_size(30);
    targets = rules
}
criterion_main!(benches);
