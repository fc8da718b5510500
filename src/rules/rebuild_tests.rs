use super::*;
use crate::api::{Clearance, RecordedRun};
use crate::rules::ledger::ROOM_FOR_BLOCKS;
use crate::rules::ledger::end;
use proptest::prelude::*;

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

fn run(uid: &str) -> RunRef {
    RunRef { namespace: "payment".into(), name: uid.into(), uid: uid.into(), remediation_request: "rr".into() }
}

fn past(uid: &str, phase: WorkflowPhase, completed: Option<i64>) -> PastRun {
    PastRun {
        run: run(uid),
        workflow_id: "oom".into(),
        phase,
        outcome: None,
        was_execution_failure: None,
        started: Some(minute(0)),
        completed: completed.map(minute),
        consecutive_failures: None,
        next_allowed_execution: None,
        block_cleared: false,
        message: String::new(),
    }
}

fn before_start(uid: &str, completed: i64) -> PastRun {
    PastRun { was_execution_failure: Some(false), ..past(uid, WorkflowPhase::Failed, Some(completed)) }
}

fn built(runs: &[PastRun], lifted: &[&str]) -> RemediationTargetStatus {
    let lifted: Vec<String> = lifted.iter().map(|id| (*id).to_owned()).collect();
    rebuild(&RemediationTargetStatus::default(), runs, &lifted, minute(100), &Settings::default())
}

#[test]
fn a_ledger_is_built_from_what_the_runs_say() {
    use RunOutcome::*;
    use WorkflowPhase::*;
    let failed = |uid: &str, at: i64| past(uid, Failed, Some(at));
    let said = |outcome: RunOutcome| PastRun { outcome: Some(outcome), ..failed("a", 1) };
    let own = |run: PastRun, own: i32| PastRun { consecutive_failures: Some(own), ..run };
    let during = |run: PastRun| PastRun { was_execution_failure: Some(true), ..run };
    let timeless = |run: PastRun| PastRun { completed: None, ..run };
    let five = || (1..=5).map(|nth| before_start(&format!("f{nth}"), nth)).collect::<Vec<_>>();
    let and = |mut runs: Vec<PastRun>, run: PastRun| {
        runs.push(run);
        runs
    };
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<PastRun>, Vec<&str>, (usize, i32, bool))> = vec![
        ("nothing ran",                                    vec![],                                                vec![],    (0, 0, false)),
        ("a success",                                      vec![past("a", Completed, Some(1))],                   vec![],    (0, 0, false)),
        ("a failure that gives no details",                vec![failed("a", 1)],                                  vec![],    (1, 0, false)),
        ("the same, cleared",                              vec![failed("a", 1)],                                  vec!["a"], (0, 0, false)),
        ("the same, marked as cleared",                    vec![PastRun { block_cleared: true, ..failed("a", 1) }], vec![],  (0, 0, false)),
        ("another block was cleared",                      vec![failed("a", 1)],                                  vec!["b"], (1, 0, false)),
        ("without a time the block stays",                 vec![timeless(failed("a", 1))],                        vec![],    (1, 0, false)),
        ("and can be cleared",                             vec![timeless(failed("a", 1))],                        vec!["a"], (0, 0, false)),
        ("a failure before start",                         vec![before_start("a", 1)],                            vec![],    (0, 1, false)),
        ("without a time it does not count",               vec![timeless(before_start("a", 1))],                  vec![],    (0, 0, false)),
        ("nor does its own counter",                       vec![before_start("a", 1), timeless(own(before_start("b", 2), 4))], vec![], (0, 1, false)),
        ("a success after it",                             vec![past("b", Completed, Some(2)), before_start("a", 1)], vec![], (0, 0, false)),
        ("a success without a time resets nothing",        vec![past("b", Completed, None), before_start("a", 1)], vec![],   (0, 1, false)),
        ("a success at the same time resets nothing",      vec![past("z", Completed, Some(1)), before_start("a", 1)], vec![], (0, 1, false)),
        ("a failure during moves no counter",              vec![before_start("a", 1), during(failed("b", 2))],    vec![],    (1, 1, false)),
        ("no details but an own counter",                  vec![own(failed("a", 1), 3)],                          vec![],    (0, 3, false)),
        ("the same, and it says so",                       vec![own(said(FailedBeforeStart), 3)],                 vec![],    (0, 3, false)),
        ("it says so, but nothing proves it",              vec![said(FailedBeforeStart)],                         vec![],    (1, 0, false)),
        ("an own counter of zero proves nothing",          vec![own(failed("a", 1), 0)],                          vec![],    (1, 0, false)),
        ("an own counter, but it says during",             vec![own(said(FailedDuring), 3)],                      vec![],    (1, 3, false)),
        ("a counter of nought wins too",                   vec![before_start("a", 1), own(before_start("b", 2), 0)], vec![], (0, 0, false)),
        ("only the newest run's own counter wins",         vec![own(before_start("a", 1), 4), before_start("b", 2)], vec![], (0, 2, false)),
        ("a counter below nought is nought",               vec![own(before_start("a", 1), -7)],                   vec![],    (0, 0, false)),
        ("a cancelled run",                                vec![said(Cancelled)],                                 vec![],    (0, 0, false)),
        ("a run whose target changed",                     vec![PastRun { was_execution_failure: Some(false), ..said(TargetChanged) }], vec![], (0, 0, false)),
        ("a run with another plan, own counter",           vec![own(said(PlanMismatch), 2)],                      vec![],    (0, 2, false)),
        ("a run in which nothing was executed",            vec![said(NothingExecuted)],                           vec![],    (0, 0, false)),
        ("cancelled, but something was executed",          vec![during(said(Cancelled))],                         vec![],    (1, 0, false)),
        ("a failure that calls itself a success",          vec![said(Succeeded)],                                 vec![],    (1, 0, false)),
        ("five failures",                                  five(),                                                vec![],    (0, 5, false)),
        ("whose exhaustion was cleared",                   five(),                                                vec!["exhausted-f5"], (0, 0, false)),
        ("also against the run's own counter",             vec![own(before_start("f5", 5), 5)],                   vec!["exhausted-f5"], (0, 0, false)),
        ("a failure after that counts from one",           and(five(), before_start("g", 6)),                     vec!["exhausted-f5"], (0, 1, false)),
        ("a clearance of an earlier exhaustion",           five(),                                                vec!["exhausted-f2"], (0, 3, false)),
        ("clearing an exhaustion lifts no block",          and(five(), during(failed("f5x", 6))),                 vec!["exhausted-f5x"], (1, 0, false)),
        ("a run that is named twice counts once",          vec![before_start("a", 1), before_start("a", 1)],      vec![],    (0, 1, false)),
        ("by the worse of what is said of it",             vec![during(failed("a", 1)), past("a", Completed, Some(2))], vec![], (1, 0, false)),
        ("a run in the future counts",                     vec![before_start("a", 9_000)],                        vec![],    (0, 1, false)),
        ("a skipped run",                                  vec![own(past("a", Skipped, None), 3)],                vec![],    (0, 0, false)),
        ("a run that has not begun",                       vec![past("a", Validating, None)],                     vec![],    (0, 0, false)),
        ("a run at work",                                  vec![past("a", Executing, None)],                      vec![],    (0, 0, true)),
        ("a run that is watched",                          vec![past("a", Monitoring, None)],                     vec![],    (0, 0, true)),
        ("a run that undoes",                              vec![past("a", RollingBack, None)],                    vec![],    (0, 0, true)),
    ];
    for (case, runs, lifted, expected) in table {
        let ledger = built(&runs, &lifted);
        assert_eq!((ledger.blocks.len(), ledger.consecutive_failures, ledger.holder.is_some()), expected, "{case}");
        assert_eq!(ledger.rebuilt_at, Some(minute(100)), "{case}");
        let mut reversed = runs;
        reversed.reverse();
        assert_eq!(built(&reversed, &lifted), ledger, "{case}: the order in the file is no matter");
    }
}

#[test]
fn times_are_rebuilt_too() {
    let own_time = PastRun { next_allowed_execution: Some(minute(50)), ..before_start("b", 2) };
    #[rustfmt::skip]
    let table = [
        ("after one failure",             vec![before_start("a", 1)],                          vec![],              Some(2)),
        ("after two",                     vec![before_start("a", 1), before_start("b", 2)],    vec![],              Some(4)),
        ("the newest run's own time wins", vec![before_start("a", 1), own_time.clone()],       vec![],              Some(50)),
        ("unless that was cleared",       vec![before_start("a", 1), own_time],                vec!["exhausted-b"], None),
    ];
    for (case, runs, lifted, expected) in table {
        assert_eq!(built(&runs, &lifted).next_allowed_execution, expected.map(minute), "{case}");
    }
    let successes = built(&[past("a", WorkflowPhase::Completed, Some(3)), past("b", WorkflowPhase::Completed, Some(1))], &[]).last_success;
    assert_eq!(successes.iter().map(|success| success.completed_at).collect::<Vec<_>>(), [minute(3)], "the last success of the workflow");
}

#[test]
fn of_two_runs_at_work_the_first_holds() {
    let late = PastRun { started: Some(minute(2)), ..past("a", WorkflowPhase::Executing, None) };
    let early = PastRun { started: Some(minute(1)), ..past("b", WorkflowPhase::Monitoring, None) };
    assert_eq!(built(&[late, early], &[]).holder.unwrap().run.uid, "b");
}

#[test]
fn lists_stay_within_their_bounds_and_full_blocks_stay_full() {
    let many: Vec<PastRun> = (0..300).map(|nth| past(&format!("run-{nth:03}"), WorkflowPhase::Failed, Some(nth))).collect();
    let ledger = built(&many, &[]);
    assert_eq!((ledger.blocks.len(), ledger.runs.len()), (ROOM_FOR_BLOCKS, 20));
    assert_eq!(ledger.runs[0].run.uid, "run-299", "the newest comes first");
}

fn standing() -> RemediationTargetStatus {
    let block = |id: &str| Block { id: id.into(), run: run(id), workflow_id: "cpu".into(), ..Default::default() };
    RemediationTargetStatus {
        holder: Some(Holder { run: run("h"), workflow_id: "cpu".into(), since: minute(1) }),
        consecutive_failures: 3,
        next_allowed_execution: Some(minute(70)),
        last_success: vec![LastSuccess { workflow_id: "oom".into(), run: run("s"), completed_at: minute(60) }],
        blocks: vec![block("k"), block("l")],
        clearances: vec![Clearance { uid: "c".into(), block_id: "d".into(), ..Default::default() }],
        runs: vec![RecordedRun { run: run("r"), workflow_id: "oom".into(), outcome: RunOutcome::Cancelled, completed_at: Some(minute(2)) }],
        rebuilt_at: None,
    }
}

#[test]
fn nothing_that_stands_in_a_ledger_is_lost_by_building_it() {
    let runs = [
        past("d", WorkflowPhase::Failed, Some(1)),
        past("e", WorkflowPhase::Failed, Some(2)),
        past("r", WorkflowPhase::Executing, None),
        past("x", WorkflowPhase::Executing, None),
        past("t", WorkflowPhase::Completed, Some(50)),
    ];
    let ledger = rebuild(&standing(), &runs, &["l".to_owned()], minute(100), &Settings::default());
    let blocks: Vec<&str> = ledger.blocks.iter().map(|block| block.id.as_str()).collect();
    assert_eq!(blocks, ["k", "e"], "its own stay, what a clearance lifted goes, also by the ledger's own record");
    assert_eq!(ledger.holder.as_ref().unwrap().run.uid, "h");
    assert_eq!((ledger.consecutive_failures, ledger.next_allowed_execution), (3, Some(minute(70))));
    assert_eq!(ledger.last_success, standing().last_success, "the later success");
    assert_eq!(ledger.clearances, standing().clearances);
    let recorded: Vec<&str> = ledger.runs.iter().map(|recorded| recorded.run.uid.as_str()).collect();
    assert_eq!(recorded, ["t", "r", "e", "d"]);
    assert_eq!(ledger.rebuilt_at, Some(minute(100)));
    let alone = RemediationTargetStatus { holder: None, ..standing() };
    let holder = rebuild(&alone, &runs, &[], minute(100), &Settings::default()).holder.unwrap();
    assert_eq!(holder.run.uid, "x", "a run whose end is recorded holds nothing");
}

#[test]
fn thousands_of_runs_come_to_what_the_last_of_them_say() {
    let runs: Vec<PastRun> = (0..10_000).map(|nth| before_start(&format!("{nth:012}"), nth)).collect();
    let lifted: Vec<String> = (0..10_000).step_by(2).map(|nth| format!("exhausted-{nth:012}")).collect();
    let ledger = rebuild(&RemediationTargetStatus::default(), &runs, &lifted, minute(0), &Settings::default());
    assert_eq!((ledger.consecutive_failures, ledger.runs[0].run.uid.as_str()), (1, "000000009999"));
}

fn any_past() -> impl Strategy<Value = PastRun> {
    use WorkflowPhase::*;
    let phase = prop::sample::select(vec![Pending, Executing, Skipped, Completed, Failed, Failed, Failed]);
    let outcome = prop::option::of(prop::sample::select(vec![
        RunOutcome::Succeeded,
        RunOutcome::FailedBeforeStart,
        RunOutcome::FailedDuring,
        RunOutcome::Cancelled,
    ]));
    let times = (prop::option::of(0..20_i64), prop::option::of(0..20_i64));
    let own = prop::option::of(prop_oneof![-2..9_i32, Just(i32::MAX), Just(i32::MIN)]);
    ("[a-h]", phase, outcome, prop::option::of(any::<bool>()), times, own, any::<bool>()).prop_map(
        |(uid, phase, outcome, was_execution_failure, (completed, next), consecutive_failures, block_cleared)| PastRun {
            outcome,
            was_execution_failure,
            consecutive_failures,
            next_allowed_execution: next.map(minute),
            block_cleared,
            ..past(&uid, phase, completed)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Total, independent of the order, within the schema, and building what was built permits nothing more.
    #[test]
    fn any_runs_make_a_ledger(runs in prop::collection::vec(any_past(), 0..40)) {
        let ledger = built(&runs, &[]);
        let mut shuffled = runs.clone();
        shuffled.reverse();
        prop_assert_eq!(&built(&shuffled, &[]), &ledger);
        prop_assert!(ledger.blocks.len() <= ROOM_FOR_BLOCKS && ledger.runs.len() <= 20 && ledger.last_success.len() <= 10);
        prop_assert!(ledger.consecutive_failures >= 0);
        let again = rebuild(&ledger, &runs, &[], minute(100), &Settings::default());
        prop_assert_eq!(again.blocks, ledger.blocks);
        // A decided run is counted once: what it reset may come back, what it added does not come twice.
        prop_assert!(again.consecutive_failures >= ledger.consecutive_failures);
        prop_assert!(again.next_allowed_execution >= ledger.next_allowed_execution);
        prop_assert_eq!(again.runs.len(), ledger.runs.len());
    }

    /// A failure that nobody cleared is in the ledger whatever else is said, unless the list is full.
    #[test]
    fn a_block_is_never_lost(runs in prop::collection::vec(any_past(), 0..15)) {
        let hurt = PastRun { was_execution_failure: Some(true), ..past("hurt", WorkflowPhase::Failed, None) };
        let mut all = runs;
        all.push(hurt);
        prop_assert!(built(&all, &[]).blocks.iter().any(|block| block.run.uid == "hurt"));
    }

    /// The runs of one ledger, told one by one as they ended, make the ledger that End made.
    #[test]
    fn what_was_recorded_is_rebuilt(outcomes in prop::collection::vec(0..4_u8, 0..15)) {
        let settings = Settings::default();
        let mut ledger = RemediationTargetStatus { rebuilt_at: Some(minute(100)), ..Default::default() };
        let mut runs = Vec::new();
        for (nth, kind) in outcomes.into_iter().enumerate() {
            let (uid, at) = (format!("run-{nth:02}"), nth as i64);
            let (outcome, run) = match kind {
                0 => (RunOutcome::Succeeded, past(&uid, WorkflowPhase::Completed, Some(at))),
                1 => (RunOutcome::FailedBeforeStart, before_start(&uid, at)),
                2 => (RunOutcome::Cancelled, PastRun { outcome: Some(RunOutcome::Cancelled), ..past(&uid, WorkflowPhase::Failed, Some(at)) }),
                _ => (RunOutcome::FailedDuring, past(&uid, WorkflowPhase::Failed, Some(at))),
            };
            ledger = end(&ledger, &Ended { run: run.run.clone(), workflow_id: "oom".into(), outcome, message: String::new() }, minute(at), &settings).unwrap();
            runs.push(run);
        }
        prop_assert_eq!(built(&runs, &[]), ledger);
    }
}

#[test]
fn what_was_lifted_after_the_last_failure_stays_lifted() {
    let spent = PastRun { was_execution_failure: Some(false), consecutive_failures: Some(5), ..past("f", WorkflowPhase::Failed, Some(1)) };
    let stopped =
        PastRun { outcome: Some(RunOutcome::Cancelled), consecutive_failures: Some(5), ..past("c", WorkflowPhase::Failed, Some(2)) };
    let runs = [spent.clone(), stopped.clone()];
    assert_eq!(built(&runs, &[]).consecutive_failures, 5);
    assert_eq!(built(&runs, &["exhausted-f"]).consecutive_failures, 0, "an older copy of the counter does not bring it back");
    let again = PastRun { consecutive_failures: None, ..spent };
    let later = PastRun { run: run("g"), completed: Some(minute(3)), ..again };
    assert_eq!(built(&[runs[0].clone(), runs[1].clone(), later], &["exhausted-f"]).consecutive_failures, 1);
}

#[test]
fn a_decided_run_counts_on_top_of_the_copies_of_those_before_it() {
    let four = PastRun { was_execution_failure: Some(false), consecutive_failures: Some(4), ..past("a", WorkflowPhase::Failed, Some(1)) };
    let fifth = PastRun { outcome: Some(RunOutcome::FailedBeforeStart), ..past("b", WorkflowPhase::Validating, None) };
    assert_eq!(built(&[fifth, four], &[]).consecutive_failures, 5);
}

#[test]
fn a_decided_run_is_over_whatever_its_phase_says() {
    use RunOutcome::*;
    let decided = |outcome, phase| PastRun { outcome: Some(outcome), consecutive_failures: Some(0), ..past("a", phase, None) };
    #[rustfmt::skip]
    let table = [
        ("a failure before start is counted", decided(FailedBeforeStart, WorkflowPhase::Validating), (0, 1, false)),
        ("a failure during makes its block",  decided(FailedDuring, WorkflowPhase::Executing),       (1, 0, false)),
        ("a success holds nothing any more",  decided(Succeeded, WorkflowPhase::Monitoring),         (0, 0, false)),
        ("nothing is decided yet",            PastRun { outcome: None, ..decided(Succeeded, WorkflowPhase::Executing) }, (0, 0, true)),
    ];
    for (case, run, expected) in table {
        let ledger = built(&[run], &[]);
        assert_eq!((ledger.blocks.len(), ledger.consecutive_failures, ledger.holder.is_some()), expected, "{case}");
    }
}
