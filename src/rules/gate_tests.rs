use super::*;
use crate::api::RecordedRun;
use crate::rules::ledger::{Ended, end};
use SkipReason::*;
use proptest::prelude::*;

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

/// What `explain` promises whatever it sees: four gates in order, and the first that refuses is what `decide` answers.
fn check_whole(seen: &Seen, case: &str) {
    let answers = explain(seen);
    let order = [PreviousExecutionFailed, ExhaustedRetries, ResourceBusy, RecentlyRemediated];
    assert_eq!(answers.clone().map(|answer| answer.gate), order, "{case}");
    for answer in &answers {
        let blocks = answer.gate.is_permanent() && answer.verdict == Verdict::Blocked;
        let waits = !answer.gate.is_permanent() && answer.verdict == Verdict::Waiting;
        assert!(answer.verdict == Verdict::Allowed || blocks || waits, "{case}: {answer:?}");
        assert!(!answer.message.is_empty(), "{case}");
        assert_eq!(answer.retry_at.is_some(), answer.gate == RecentlyRemediated && waits, "{case}: only time has a time");
    }
    let expected = deciding(&answers).cloned().map(Refusal::from);
    match decide(seen) {
        Gate::Start(_) => assert_eq!(expected, None, "{case}"),
        Gate::Skip(refusal) => assert_eq!(expected, Some(refusal), "{case}"),
        Gate::NotRebuilt => assert_eq!(seen.ledger.rebuilt_at, None, "{case}"),
    }
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
    let no_rest = Settings { cooldown: Length::minutes(0), ..plain };
    let no_base = Settings { base_cooldown: Length::minutes(0), ..plain };
    let nameless = RemediationTargetStatus { holder: Some(Holder::default()), ..built() };
    let below_zero = RemediationTargetStatus { consecutive_failures: i32::MIN, ..built() };
    let beyond = RemediationTargetStatus { consecutive_failures: i32::MAX, ..built() };
    let twice = RemediationTargetStatus {
        last_success: vec![succeeded("oom", 0).last_success[0].clone(), succeeded("oom", 3).last_success[0].clone()],
        ..built()
    };
    let both = RemediationTargetStatus { next_allowed_execution: Some(minute(9)), consecutive_failures: 1, ..succeeded("oom", 0) };
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
        ("one run succeeded twice, by contradiction",  4, twice.clone(),             &plain,   Some((RecentlyRemediated, Some(8)))),
        ("the later one counts to its very end",       8, twice,                     &plain,   None),
        ("backoff and cooldown, the later decides",    4, both,                      &plain,   Some((RecentlyRemediated, Some(9)))),
        ("no backoff now, but one stands there",       1, failures(2, 3),            &no_base, Some((RecentlyRemediated, Some(3)))),
        ("a block of a workflow that nobody knows",    0, blocked_by(""),            &plain,   Some((PreviousExecutionFailed, None))),
        ("a success of a workflow that nobody knows",  0, succeeded("", 0),          &plain,   Some((RecentlyRemediated, Some(5)))),
        ("a holder without a name is a holder",        0, nameless,                  &plain,   Some((ResourceBusy, None))),
        ("fewer failures than none",                   0, below_zero,                &plain,   None),
        ("more failures than can be counted",          0, beyond,                    &plain,   Some((ExhaustedRetries, None))),
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
        check_whole(&seen, case);
    }
}

#[test]
fn a_ledger_that_was_not_built_permits_nothing() {
    let me = run("me");
    let ledger = RemediationTargetStatus::default();
    let seen = Seen { now: minute(0), run: &me, workflow_id: Some("oom"), target: "t", ledger: &ledger, settings: &Settings::default() };
    assert_eq!(decide(&seen), Gate::NotRebuilt);
}

fn answers(ledger: &RemediationTargetStatus, run: &RunRef, workflow_id: Option<&str>, now: i64) -> [Answer; 4] {
    let settings = Settings::default();
    explain(&Seen { now: minute(now), run, workflow_id, target: "payment/deployment/api", ledger, settings: &settings })
}

#[test]
fn without_a_workflow_any_block_and_the_longest_cooldown_count() {
    let nobody = RunRef::default();
    assert_eq!(answers(&blocked_by("cpu"), &nobody, None, 9)[0].verdict, Verdict::Blocked);
    let rests = RemediationTargetStatus {
        last_success: vec![succeeded("a", 1).last_success[0].clone(), succeeded("b", 4).last_success[0].clone()],
        ..built()
    };
    assert_eq!(answers(&rests, &nobody, None, 5)[3].retry_at, Some(minute(9)), "the cooldown that ends last");
    assert_eq!(answers(&rests, &nobody, Some("a"), 5)[3].retry_at, Some(minute(6)));
}

#[test]
fn a_run_without_a_uid_is_not_the_holder() {
    let ledger = RemediationTargetStatus { holder: Some(Holder::default()), ..built() };
    assert_eq!(answers(&ledger, &RunRef::default(), Some("oom"), 0)[2].verdict, Verdict::Waiting);
}

#[test]
fn messages_name_run_target_arithmetic_and_next_step() {
    let long_ago = minute(1).to_string();
    #[rustfmt::skip]
    let table: Vec<(&str, RemediationTargetStatus, usize, Vec<&str>)> = vec![
        ("a block",            blocked_by("oom"),  0, vec!["payment/failed", "payment/deployment/api", "Manual intervention required. Non-idempotent actions may have occurred.", "clear block b"]),
        ("no block",           built(),            0, vec!["no failed execution"]),
        ("spent retries",      failures(5, 0),     1, vec!["5 of 5 consecutive failures before start", "payment/deployment/api", "infrastructure issues persisting", "clear exhausted-f"]),
        ("retries left",       failures(2, 0),     1, vec!["2 of 5 consecutive failures before start"]),
        ("a holder",           held_by("x"),       2, vec!["payment/x (oom)", "payment/deployment/api", "waiting for its end"]),
        ("no holder",          built(),            2, vec!["nothing runs on this target"]),
        ("we hold it",         held_by("me"),      2, vec!["this run holds the target itself"]),
        ("backoff",            failures(3, 9),     3, vec!["base 1m x 2^(3-1) = 4m, capped at 10m", &long_ago, "until 1970-01-01T00:09:00Z"]),
        ("a capped backoff",   failures(4, 9),     3, vec!["base 1m x 2^(4-1) = 8m, capped at 10m"]),
        ("the last doubling",  failures(40, 99),   3, vec!["base 1m x 2^4 = 16m, capped at 10m"]),
        ("a time without failures", failures(0, 9), 3, vec!["a wait that the ledger holds", "until 1970-01-01T00:09:00Z"]),
        ("cooldown",           succeeded("oom", 1), 3, vec!["payment/s succeeded at 1970-01-01T00:01:00Z, cooldown 5m", "until 1970-01-01T00:06:00Z"]),
        ("nothing to wait for", built(),           3, vec!["neither backoff nor cooldown"]),
    ];
    for (case, ledger, gate, parts) in table {
        let message = &answers(&ledger, &run("me"), Some("oom"), 2)[gate].message;
        parts.iter().for_each(|part| assert!(message.contains(part), "{case}: {message:?} has no {part:?}"));
    }
}

/// The evidence for spent retries is the run that failed, not one that was cancelled after it.
#[test]
fn the_run_behind_a_backoff_is_the_one_that_failed() {
    let mut ledger = failures(1, 9);
    ledger.runs.insert(0, RecordedRun { run: run("c"), workflow_id: "oom".into(), outcome: RunOutcome::Cancelled, completed_at: None });
    assert_eq!(answers(&ledger, &run("me"), Some("oom"), 2)[3].because.as_ref().unwrap().run.name, "f");
}

#[test]
fn zero_settings_switch_a_rule_off() {
    let plain = Settings::default();
    let zero = Length::minutes(0);
    let after = |failures: i32, settings: &Settings| {
        let story = (0..failures).fold(built(), |ledger, nth| {
            end(&ledger, &ended(&format!("f{nth}"), RunOutcome::FailedBeforeStart), minute(0), settings).unwrap()
        });
        story.next_allowed_execution.map(|at| at.duration_since(minute(0)).as_mins())
    };
    #[rustfmt::skip]
    let table: Vec<(&str, Settings, [Option<i64>; 6])> = vec![
        ("as it comes",           plain,                                            [Some(1), Some(2), Some(4), Some(8), Some(10), Some(10)]),
        ("no backoff",            Settings { base_cooldown: zero, ..plain },        [None; 6]),
        ("no cap",                Settings { max_cooldown: zero, ..plain },         [Some(1), Some(2), Some(4), Some(8), Some(16), Some(16)]),
        ("always the base",       Settings { max_backoff_exponent: 0, ..plain },    [Some(1); 6]),
    ];
    for (case, settings, waits) in table {
        let found: Vec<Option<i64>> = (1..=6).map(|failures| after(failures, &settings)).collect();
        assert_eq!(found, waits, "{case}");
    }
}

fn ended(uid: &str, outcome: RunOutcome) -> Ended {
    Ended { run: run(uid), workflow_id: "oomkill-increase-memory".into(), outcome, message: String::new() }
}

fn told(story: &[(&str, &str, RunOutcome)], workflow: &str, now: i64) -> Option<SkipReason> {
    let settings = Settings::default();
    let mut ledger = built();
    for (nth, (name, workflow, outcome)) in story.iter().enumerate() {
        let ended = Ended { workflow_id: (*workflow).to_owned(), ..ended(name, *outcome) };
        ledger = end(&ledger, &ended, minute(nth as i64), &settings).unwrap();
    }
    let me = run("next");
    let seen = Seen {
        now: minute(now),
        run: &me,
        workflow_id: Some(workflow),
        target: "payment/deployment/payment-api",
        ledger: &ledger,
        settings: &settings,
    };
    check_whole(&seen, "a story");
    deciding(&explain(&seen)).map(|answer| answer.gate)
}

/// The cases of the documents that this product follows.
#[test]
fn the_stories_of_the_documents_end_as_they_are_told() {
    use RunOutcome::*;
    let (oom, scale) = ("oomkill-increase-memory", "increase-replicas");
    let before = |name: &'static str| (name, oom, FailedBeforeStart);
    let twice_and_during = [before("wfe-1"), before("wfe-2"), ("wfe-3", oom, FailedDuring)];
    let five_and_during = [before("1"), before("2"), before("3"), before("4"), before("5"), ("6", oom, FailedDuring)];
    let replicas = [("1", scale, FailedDuring)];
    let recovered = [before("1"), before("2"), ("3", oom, Succeeded)];
    #[rustfmt::skip]
    let table: Vec<(&str, &[(&str, &str, RunOutcome)], &str, i64, Option<SkipReason>)> = vec![
        ("two failures before start, then one during: the latter decides",  &twice_and_during,      oom,   2,         Some(PreviousExecutionFailed)),
        ("and it still does a year later",                                  &twice_and_during,      oom,   525_600,   Some(PreviousExecutionFailed)),
        ("another workflow sees only the backoff, until 3",                 &twice_and_during,      scale, 2,         Some(RecentlyRemediated)),
        ("and may start when that is over",                                 &twice_and_during,      scale, 3,         None),
        ("an execution failure outranks spent retries",                     &five_and_during,       oom,   99,        Some(PreviousExecutionFailed)),
        ("another workflow shares the spent retries",                       &five_and_during,       scale, 99,        Some(ExhaustedRetries)),
        ("increase-replicas half way done is never run again",              &replicas,              scale, 525_600,   Some(PreviousExecutionFailed)),
        ("a failure before start blocks only during the backoff",           &twice_and_during[..1], oom,   0,         Some(RecentlyRemediated)),
        ("and not after it",                                                &twice_and_during[..1], oom,   1,         None),
        ("an execution failure applies no backoff",                         &replicas,              oom,   0,         None),
        ("a success resets the counter, its workflow rests",                &recovered,             oom,   6,         Some(RecentlyRemediated)),
        ("and then may start",                                              &recovered,             oom,   7,         None),
        ("another workflow may start at once",                              &recovered,             scale, 2,         None),
    ];
    for (case, story, workflow, now, expected) in table {
        assert_eq!(told(story, workflow, now), expected, "{case}");
    }
}

/// Which skips end by themselves, and which need a person.
#[test]
fn skips_are_what_the_skip_table_says() {
    #[rustfmt::skip]
    let table = [
        (ResourceBusy,            held_by("x"),         Verdict::Waiting),
        (RecentlyRemediated,      failures(1, 9),       Verdict::Waiting),
        (ExhaustedRetries,        failures(5, 0),       Verdict::Blocked),
        (PreviousExecutionFailed, blocked_by("oom"),    Verdict::Blocked),
    ];
    for (reason, ledger, verdict) in table {
        let all = answers(&ledger, &run("me"), Some("oom"), 2);
        let decides = deciding(&all).unwrap();
        assert_eq!((decides.gate, decides.verdict), (reason, verdict));
    }
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    let near = (0..40_i64).prop_map(minute);
    prop_oneof![8 => near, 1 => Just(Timestamp::MAX), 1 => Just(Timestamp::MIN)]
}

fn any_workflow() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["oom", "cpu", "net", ""]).prop_map(str::to_owned)
}

prop_compose! {
    fn any_block()(uid in "[a-c]", workflow_id in any_workflow(), since in any_time()) -> Block {
        Block { id: uid.clone(), run: run(&uid), workflow_id, since, message: String::new() }
    }
}

prop_compose! {
    fn any_success()(uid in "[a-c]", workflow_id in any_workflow(), completed_at in any_time()) -> LastSuccess {
        LastSuccess { workflow_id, run: run(&uid), completed_at }
    }
}

prop_compose! {
    fn any_holder()(uid in "[a-c]?", workflow_id in any_workflow(), since in any_time()) -> Holder {
        Holder { run: run(&uid), workflow_id, since }
    }
}

prop_compose! {
    fn any_record()(
        uid in "[a-f]",
        workflow_id in any_workflow(),
        outcome in prop::sample::select(vec![RunOutcome::FailedBeforeStart, RunOutcome::Cancelled, RunOutcome::Succeeded]),
        completed_at in prop::option::of(any_time()),
    ) -> RecordedRun {
        RecordedRun { run: run(&uid), workflow_id, outcome, completed_at }
    }
}

prop_compose! {
    fn any_ledger()(
        holder in prop::option::of(any_holder()),
        consecutive_failures in prop_oneof![6 => 0..8_i32, 1 => Just(i32::MAX), 1 => Just(i32::MIN)],
        next_allowed_execution in prop::option::of(any_time()),
        last_success in prop::collection::vec(any_success(), 0..4),
        blocks in prop::collection::vec(any_block(), 0..3),
        runs in prop::collection::vec(any_record(), 0..4),
        rebuilt_at in prop::option::weighted(0.95, Just(minute(0))),
    ) -> RemediationTargetStatus {
        let clearances = Vec::new();
        RemediationTargetStatus { holder, consecutive_failures, next_allowed_execution, last_success, blocks, clearances, runs, rebuilt_at }
    }
}

fn any_length() -> impl Strategy<Value = Length> {
    prop_oneof![1 => Just(Length::minutes(0)), 6 => (1..20_i64).prop_map(Length::minutes), 1 => Just(Length(SignedDuration::MAX))]
}

prop_compose! {
    fn any_settings()(
        base_cooldown in any_length(),
        max_cooldown in any_length(),
        max_backoff_exponent in prop_oneof![0..6_u32, Just(u32::MAX)],
        max_consecutive_failures in prop_oneof![0..8_u32, Just(u32::MAX)],
        cooldown in any_length(),
        wide in any::<bool>(),
    ) -> Settings {
        let block_scope = if wide { BlockScope::Target } else { BlockScope::Workflow };
        Settings { base_cooldown, max_cooldown, max_backoff_exponent, max_consecutive_failures, cooldown, block_scope, clear_by_deletion: true }
    }
}

/// More that speaks against a start.
fn with_more(
    ledger: &RemediationTargetStatus,
    kind: u8,
    block: Block,
    success: LastSuccess,
    holder: Holder,
    failures: i32,
    next: Timestamp,
) -> RemediationTargetStatus {
    let mut more = ledger.clone();
    match kind {
        0 => more.blocks.push(block),
        1 => more.last_success.push(success),
        2 if more.holder.is_none() => more.holder = Some(holder),
        3 => more.consecutive_failures = more.consecutive_failures.max(failures),
        4 => more.next_allowed_execution = more.next_allowed_execution.max(Some(next)),
        5 => more.last_success.iter_mut().for_each(|success| success.completed_at = success.completed_at.max(next)),
        _ => more.rebuilt_at = None,
    }
    more
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Total, deterministic, always four gates in order, and `decide` is the first that refuses.
    #[test]
    fn every_ledger_has_an_answer(ledger in any_ledger(), settings in any_settings(), now in any_time(), workflow in prop::option::of(any_workflow()), me in "[a-c]?") {
        let me = run(&me);
        let seen = Seen { now, run: &me, workflow_id: workflow.as_deref(), target: "t", ledger: &ledger, settings: &settings };
        check_whole(&seen, "any");
        prop_assert_eq!(explain(&seen), explain(&seen));
        prop_assert_eq!(decide(&seen), decide(&seen));
    }

    /// Time opens gates and shuts none; where a time is named, the gate is open from then on and not before.
    #[test]
    fn time_only_opens(ledger in any_ledger(), settings in any_settings(), now in any_time(), later in any_time(), workflow in prop::option::of(any_workflow())) {
        let (me, (early, late)) = (run("me"), (now.min(later), now.max(later)));
        let at = |now| explain(&Seen { now, run: &me, workflow_id: workflow.as_deref(), target: "t", ledger: &ledger, settings: &settings });
        for (before, after) in at(early).iter().zip(&at(late)) {
            prop_assert!(after.verdict <= before.verdict, "{before:?} became {after:?}");
        }
        if let Some(opens) = at(early)[3].retry_at {
            prop_assert_eq!(at(opens)[3].verdict, Verdict::Allowed);
            prop_assert!(opens > early);
            let just_before = Timestamp::from_nanosecond(opens.as_nanosecond() - 1).unwrap();
            prop_assert_eq!(at(just_before.max(early))[3].verdict, Verdict::Waiting);
        }
    }

    /// More evidence against a start never permits one that was refused, and shuts no other gate's answer open.
    #[test]
    fn more_evidence_never_permits(
        ledger in any_ledger(), settings in any_settings(), now in any_time(), workflow in prop::option::of(any_workflow()), kind in 0..7_u8,
        block in any_block(), success in any_success(), holder in any_holder(), failures in 0..9_i32, next in any_time(),
    ) {
        let me = run("me");
        let more = with_more(&ledger, kind, block, success, holder, failures, next);
        let seen = Seen { now, run: &me, workflow_id: workflow.as_deref(), target: "t", ledger: &ledger, settings: &settings };
        let seen_more = Seen { ledger: &more, ..seen };
        for (before, after) in explain(&seen).iter().zip(&explain(&seen_more)) {
            prop_assert!(after.verdict >= before.verdict, "{before:?} became {after:?}");
            prop_assert!(after.retry_at >= before.retry_at || after.verdict > before.verdict);
        }
        prop_assert!(!matches!(decide(&seen_more), Gate::Start(_)) || matches!(decide(&seen), Gate::Start(_)));
    }

    /// Asking for any workflow is never more permissive than asking for one.
    #[test]
    fn any_workflow_is_the_strictest_question(ledger in any_ledger(), settings in any_settings(), now in any_time(), workflow in any_workflow()) {
        let me = run("me");
        let ask = |workflow_id| explain(&Seen { now, run: &me, workflow_id, target: "t", ledger: &ledger, settings: &settings });
        for (one, any) in ask(Some(workflow.as_str())).iter().zip(&ask(None)) {
            prop_assert!(any.verdict >= one.verdict && any.retry_at >= one.retry_at);
        }
    }
}
