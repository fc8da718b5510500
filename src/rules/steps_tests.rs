use super::steps::*;
use crate::api::{RollbackStrategy, RunOutcome, Step, StepPhase};
use StepPhase::*;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn step(number: i32, dependencies: &[i32]) -> Step {
    Step { step_number: number, dependencies: dependencies.to_vec(), ..Step::default() }
}

fn state(number: i32, phase: impl Into<Option<StepPhase>>, begun: bool) -> StepState {
    StepState { number, undo: false, phase: phase.into(), begun, reversible: true, message: "no".into() }
}

fn undo_of(number: i32, phase: StepPhase) -> StepState {
    StepState { undo: true, ..state(number, phase, true) }
}

fn word(steps: &Steps) -> String {
    match steps {
        Steps::Ask(numbers) => format!("ask {numbers:?}"),
        Steps::Create(numbers) => format!("create {numbers:?}"),
        Steps::Wait => "wait".into(),
        Steps::Verify => "verify".into(),
        Steps::RollBack(failure) => format!("roll back {:?}", failure.outcome),
        Steps::NotBegun(failure) => format!("not begun {:?}", failure.outcome),
    }
}

#[test]
fn steps_run_when_their_dependencies_completed() {
    let chain = [step(1, &[]), step(2, &[1]), step(3, &[1, 2])];
    let wide = [step(4, &[]), step(3, &[]), step(2, &[]), step(1, &[])];
    #[rustfmt::skip]
    let table: Vec<(&str, &[Step], Vec<StepState>, bool, &str)> = vec![
        ("the first step",                      &chain, vec![],                                                          false, "create [1]"),
        ("at work",                             &chain, vec![state(1, Pending, false)],                                  false, "wait"),
        ("the second step",                     &chain, vec![state(1, Completed, true)],                                 false, "create [2]"),
        ("both dependencies count",             &chain, vec![state(1, Completed, true), state(2, Executing, true)],      false, "wait"),
        ("all done",                            &chain, (1..=3).map(|n| state(n, Completed, true)).collect(),            false, "verify"),
        ("two at once, lowest first",           &wide,  vec![],                                                          false, "create [1, 2]"),
        ("one at work leaves room for one",     &wide,  vec![state(1, Executing, true)],                                 false, "create [2]"),
        ("failed before anything was begun",    &chain, vec![state(1, Failed, false)],                                   false, "not begun FailedBeforeStart"),
        ("failed after something was begun",    &chain, vec![state(1, Completed, true), state(2, Failed, false)],        false, "roll back FailedDuring"),
        ("failed itself after it was begun",    &chain, vec![state(1, Failed, true)],                                    false, "roll back FailedDuring"),
        ("a failure lets running steps finish", &wide,  vec![state(1, Failed, true), state(2, Executing, true)],         false, "wait"),
        ("a step that is gone counts as begun", &chain, vec![state(1, None, true)],                                      false, "roll back FailedDuring"),
        ("skipped though nobody asked for it",  &chain, vec![state(1, Skipped, false)],                                  false, "not begun FailedBeforeStart"),
        ("skipped because of the stop",         &chain, vec![state(1, Skipped, false)],                                  true,  "not begun Cancelled"),
        ("stopped before the first step",       &chain, vec![],                                                          true,  "not begun Cancelled"),
        ("stopped while a step runs",           &chain, vec![state(1, Executing, true)],                                 true,  "wait"),
        ("stopped after a step",                &chain, vec![state(1, Completed, true)],                                 true,  "roll back FailedDuring"),
    ];
    for (case, steps, states, stopped, expected) in table {
        let seen = Seen { steps, states: &states, parallel: 2, stopped, approvals: &[], rollback: RollbackStrategy::Automatic };
        assert_eq!(word(&decide(&seen)), expected, "{case}");
    }
}

#[test]
fn completed_steps_are_undone_last_first() {
    let done = vec![state(1, Completed, true), state(2, Completed, true), state(3, Failed, true)];
    let with = |more: &[StepState]| [done.clone(), more.to_vec()].concat();
    let fixed = StepState { reversible: false, ..state(1, Completed, true) };
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<StepState>, RollbackStrategy, Undo)> = vec![
        ("the last completed step first",  with(&[]),                                               RollbackStrategy::Automatic, Undo::Create(2)),
        ("one at a time",                  with(&[undo_of(2, Executing)]),                          RollbackStrategy::Automatic, Undo::Wait),
        ("then the one before",            with(&[undo_of(2, Completed)]),                          RollbackStrategy::Automatic, Undo::Create(1)),
        ("a failing undo stops no other",  with(&[undo_of(2, Failed)]),                             RollbackStrategy::Automatic, Undo::Create(1)),
        ("until nothing is left",          with(&[undo_of(2, Failed), undo_of(1, Completed)]),      RollbackStrategy::Automatic, Undo::Done),
        ("what cannot be undone stays",    vec![fixed],                                             RollbackStrategy::Automatic, Undo::Done),
        ("a person does it",               with(&[]),                                               RollbackStrategy::Manual,    Undo::Done),
    ];
    for (case, states, rollback, expected) in table {
        let seen = Seen { steps: &[], states: &states, parallel: 2, stopped: false, approvals: &[], rollback };
        assert_eq!(undo(&seen), expected, "{case}");
    }
}

fn asks(number: i32, dependencies: &[i32]) -> Step {
    Step { requires_approval: true, ..step(number, dependencies) }
}

fn open(number: i32) -> StepApproval {
    StepApproval { number, answer: Answer::Open }
}

fn granted(number: i32) -> StepApproval {
    StepApproval { number, answer: Answer::Granted }
}

fn refused(number: i32) -> StepApproval {
    StepApproval { number, answer: Answer::Refused { because: "rejected by bob".into() } }
}

#[test]
fn a_step_that_requires_approval_runs_only_once_it_is_granted() {
    let chain = [step(1, &[]), asks(2, &[1]), step(3, &[2]), step(4, &[1])];
    let alone = [asks(1, &[]), step(2, &[1])];
    let two = [asks(1, &[]), asks(2, &[])];
    let done = |numbers: &[i32]| numbers.iter().map(|number| state(*number, Completed, true)).collect::<Vec<_>>();
    let with = |more: StepState, numbers: &[i32]| [done(numbers), vec![more]].concat();
    #[rustfmt::skip]
    let table: Vec<(&str, &[Step], Vec<StepState>, Vec<StepApproval>, bool, &str)> = vec![
        ("nobody is asked before its turn",              &chain, vec![],                                    vec![],                       false, "create [1]"),
        ("asked when its dependencies completed",        &chain, done(&[1]),                                vec![],                       false, "ask [2]"),
        ("what needs no approval goes on meanwhile",     &chain, done(&[1]),                                vec![open(2)],                false, "create [4]"),
        ("then the run waits for the person",            &chain, done(&[1, 4]),                             vec![open(2)],                false, "wait"),
        ("granted",                                      &chain, done(&[1, 4]),                             vec![granted(2)],             false, "create [2]"),
        ("asked once",                                   &alone, vec![],                                    vec![open(1)],                false, "wait"),
        ("two are asked for at once",                    &two,   vec![],                                    vec![],                       false, "ask [1, 2]"),
        ("rejected, with dependents, the rest runs",     &chain, done(&[1]),                                vec![refused(2)],             false, "create [4]"),
        ("rejected, and the rest is done",               &chain, done(&[1, 4]),                             vec![refused(2)],             false, "verify"),
        ("rejected, and nothing else to run",            &alone, vec![],                                    vec![refused(1)],             false, "not begun NothingExecuted"),
        ("both rejected",                                &two,   vec![],                                    vec![refused(1), refused(2)], false, "not begun NothingExecuted"),
        ("one rejected, one open",                       &two,   vec![],                                    vec![refused(1), open(2)],    false, "wait"),
        ("stopped while a person is asked",              &alone, vec![],                                    vec![open(1)],                true,  "not begun Cancelled"),
        ("stopped after a step, while a person is asked", &chain, done(&[1, 4]),                            vec![open(2)],                true,  "roll back FailedDuring"),
        ("stopped after the approval",                   &alone, vec![],                                    vec![granted(1)],             true,  "not begun Cancelled"),
        ("another step failed while a person is asked",  &chain, with(state(4, Failed, true), &[1]),        vec![open(2)],                false, "roll back FailedDuring"),
        ("another step is gone while a person is asked", &chain, with(state(4, None, true), &[1]),          vec![open(2)],                false, "roll back FailedDuring"),
        ("granted, then it failed",                      &alone, vec![state(1, Failed, false)],             vec![granted(1)],             false, "not begun FailedBeforeStart"),
    ];
    for (case, steps, states, approvals, stopped, expected) in table {
        let seen = Seen { steps, states: &states, approvals: &approvals, parallel: 2, stopped, rollback: RollbackStrategy::Automatic };
        assert_eq!(word(&decide(&seen)), expected, "{case}");
    }
}

#[test]
fn a_run_without_a_step_that_was_refused_is_only_partial() {
    let steps = [step(1, &[]), asks(2, &[1])];
    let states = [state(1, Completed, true)];
    #[rustfmt::skip]
    let table = [
        ("everything ran, and the target is healthy", vec![granted(2)], true,  RunOutcome::Succeeded),
        ("everything ran, and nobody can tell",       vec![granted(2)], false, RunOutcome::Unverified),
        ("a step was refused",                        vec![refused(2)], true,  RunOutcome::PartialCompletion),
        ("a step was refused, and nobody can tell",   vec![refused(2)], false, RunOutcome::PartialCompletion),
    ];
    for (case, approvals, verified, expected) in table {
        let seen = Seen {
            steps: &steps,
            states: &states,
            approvals: &approvals,
            parallel: 2,
            stopped: false,
            rollback: RollbackStrategy::Automatic,
        };
        assert_eq!(success(&seen, verified), expected, "{case}");
    }
}

#[test]
fn a_refusal_names_the_step_and_why() {
    let (steps, approvals) = ([asks(1, &[])], [refused(1)]);
    let seen = Seen { steps: &steps, states: &[], approvals: &approvals, parallel: 2, stopped: false, rollback: RollbackStrategy::None };
    let Steps::NotBegun(failure) = decide(&seen) else { panic!("a refused run is over") };
    assert_eq!((failure.step, failure.message.as_str()), (Some(1), "step 1 was not approved: rejected by bob"));
}

#[test]
fn a_step_that_can_never_be_ready_ends_the_run() {
    let circle = [step(1, &[]), step(2, &[3]), step(3, &[2])];
    let word_for = |states: &[StepState]| {
        let seen = Seen { steps: &circle, states, approvals: &[], parallel: 2, stopped: false, rollback: RollbackStrategy::Automatic };
        word(&decide(&seen))
    };
    assert_eq!(word_for(&[]), "create [1]");
    assert_eq!(word_for(&[state(1, Completed, true)]), "roll back FailedDuring");
}

/// Anything a run may look like: also what never comes about.
#[derive(Clone, Debug)]
struct Anything {
    steps: Vec<Step>,
    states: Vec<StepState>,
    approvals: Vec<StepApproval>,
    parallel: usize,
    stopped: bool,
}

impl Anything {
    fn seen(&self) -> Seen<'_> {
        let Self { steps, states, approvals, parallel, stopped } = self;
        Seen { steps, states, approvals, parallel: *parallel, stopped: *stopped, rollback: RollbackStrategy::Automatic }
    }

    fn forward(&self) -> impl Iterator<Item = &StepState> {
        self.states.iter().filter(|state| !state.undo)
    }

    fn at_work(&self) -> usize {
        self.forward().filter(|state| state.phase.is_some_and(|phase| !phase.is_over())).count()
    }

    fn completed(&self, number: i32) -> bool {
        self.forward().any(|state| state.number == number && state.phase == Some(Completed))
    }

    fn answer(&self, number: i32) -> Option<&Answer> {
        self.approvals.iter().find(|asked| asked.number == number).map(|asked| &asked.answer)
    }
}

/// Completed is what a step mostly is: with anything worse the run is lost, and nothing further is made.
const PHASES: [Option<StepPhase>; 12] = [
    None,
    Some(Pending),
    Some(Validating),
    Some(Executing),
    Some(Failed),
    Some(Skipped),
    Some(Completed),
    Some(Completed),
    Some(Completed),
    Some(Completed),
    Some(Completed),
    Some(Completed),
];

fn any_step(number: i32) -> impl Strategy<Value = Step> {
    (proptest::collection::vec(1..8, 0..3), any::<bool>())
        .prop_map(move |(dependencies, requires_approval)| Step { requires_approval, ..step(number, &dependencies) })
}

fn any_state() -> impl Strategy<Value = StepState> {
    (1..8, select(&PHASES[..]), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(number, phase, begun, undo, reversible)| {
        // What is gone, at work or completed was begun, as far as anybody can tell.
        let begun = begun || matches!(phase, None | Some(Executing | Completed));
        StepState { undo, reversible, ..state(number, phase, begun) }
    })
}

fn any_approval() -> impl Strategy<Value = StepApproval> {
    (1..8, 0..3).prop_map(|(number, which)| match which {
        0 => open(number),
        1 => granted(number),
        _ => refused(number),
    })
}

prop_compose! {
    fn anything()(
        steps in (0..7).prop_flat_map(|most| (1..=most).map(any_step).collect::<Vec<_>>()),
        states in proptest::collection::vec(any_state(), 0..5),
        approvals in proptest::collection::vec(any_approval(), 0..9),
        parallel in 0..4_usize,
        stopped in proptest::bool::weighted(0.1),
    ) -> Anything {
        Anything { steps, states, approvals, parallel, stopped }
    }
}

/// A plan that can be run: steps depend only on earlier ones.
fn runnable() -> impl Strategy<Value = Vec<Step>> {
    let one = |number: i32| {
        (proptest::collection::btree_set(1..number.max(2), 0..3), any::<bool>()).prop_map(move |(on, requires_approval)| Step {
            requires_approval,
            dependencies: on.into_iter().filter(|on| *on < number).collect(),
            ..step(number, &[])
        })
    };
    (1..7).prop_flat_map(move |most| (1..=most).map(one).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn the_same_run_gets_the_same_answer(it in anything()) {
        prop_assert_eq!(decide(&it.seen()), decide(&it.seen()));
    }

    #[test]
    fn only_what_is_due_is_made_and_never_twice(it in anything()) {
        let Steps::Create(numbers) = decide(&it.seen()) else { return Ok(()) };
        prop_assert!(!it.stopped && !numbers.is_empty());
        prop_assert!(it.at_work() + numbers.len() <= it.parallel.max(1), "never more than run at once");
        for (position, number) in numbers.iter().enumerate() {
            let planned = it.steps.iter().find(|step| step.step_number == *number).unwrap();
            prop_assert!(!numbers[..position].contains(number), "twice in one answer");
            prop_assert!(!it.forward().any(|state| state.number == *number), "made before");
            prop_assert!(planned.dependencies.iter().all(|on| it.completed(*on)), "a dependency has not completed");
            prop_assert!(!planned.requires_approval || it.answer(*number) == Some(&Answer::Granted), "not approved");
        }
    }

    #[test]
    fn a_person_is_asked_once_and_only_for_what_is_due(it in anything()) {
        let Steps::Ask(numbers) = decide(&it.seen()) else { return Ok(()) };
        prop_assert!(!it.stopped && !numbers.is_empty());
        for number in numbers {
            let planned = it.steps.iter().find(|step| step.step_number == number).unwrap();
            prop_assert!(planned.requires_approval && it.answer(number).is_none() && !it.forward().any(|state| state.number == number));
            prop_assert!(planned.dependencies.iter().all(|on| it.completed(*on)));
        }
    }

    #[test]
    fn a_run_that_is_lost_with_anything_begun_or_unknown_ends_only_as_failed_during(it in anything()) {
        let begun = it.forward().any(|state| state.begun || state.phase.is_none());
        let failed = it.forward().any(|state| matches!(state.phase, None | Some(Failed)));
        match decide(&it.seen()) {
            Steps::NotBegun(failure) => prop_assert!(!begun, "{failure:?}"),
            Steps::RollBack(failure) => prop_assert!(begun && failure.outcome == RunOutcome::FailedDuring),
            Steps::Wait => {}
            other => prop_assert!(!failed && !it.stopped, "{other:?}"),
        }
    }

    #[test]
    fn a_run_ends_only_when_nothing_is_at_work(it in anything()) {
        if matches!(decide(&it.seen()), Steps::Verify | Steps::RollBack(_) | Steps::NotBegun(_)) {
            prop_assert_eq!(it.at_work(), 0);
        }
    }

    /// Whatever people decide and however steps end, a run ends, and as what happened says.
    #[test]
    fn every_run_ends_as_its_steps_say(steps in runnable(), rolls in proptest::collection::vec(any::<Index>(), 64)) {
        let mut it = Anything { steps, states: vec![], approvals: vec![], parallel: 2, stopped: false };
        let mut rolls = rolls.into_iter().cycle();
        let mut roll = |sides: usize| rolls.next().unwrap().index(sides);
        for _ in 0..64 {
            match decide(&it.seen()) {
                Steps::Ask(numbers) => it.approvals.extend(numbers.into_iter().map(open)),
                Steps::Create(numbers) => it.states.extend(numbers.into_iter().map(|number| state(number, Pending, false))),
                Steps::Wait => {
                    let open_one = it.approvals.iter_mut().find(|asked| asked.answer == Answer::Open);
                    let working = it.states.iter_mut().find(|state| state.phase.is_some_and(|phase| !phase.is_over()));
                    match (working, open_one) {
                        (Some(working), _) => {
                            let ends = [state(working.number, Completed, true), state(working.number, Completed, true),
                                        state(working.number, Failed, true), state(working.number, Failed, false)];
                            *working = ends[roll(4)].clone();
                        }
                        (None, Some(asked)) => *asked = if roll(2) == 0 { granted(asked.number) } else { refused(asked.number) },
                        (None, None) => prop_assert!(false, "it waits for nothing"),
                    }
                }
                Steps::Verify => {
                    prop_assert!(it.states.iter().all(|state| state.phase == Some(Completed)) && !it.states.is_empty());
                    let all = it.states.len() == it.steps.len();
                    prop_assert_eq!(success(&it.seen(), true) == RunOutcome::Succeeded, all);
                    return Ok(());
                }
                Steps::RollBack(_) => {
                    prop_assert!(it.states.iter().any(|state| state.phase == Some(Failed)));
                    return Ok(());
                }
                Steps::NotBegun(failure) => {
                    let nothing = failure.outcome == RunOutcome::NothingExecuted;
                    prop_assert_eq!(nothing, it.states.is_empty(), "{:?}", failure);
                    return Ok(());
                }
            }
        }
        prop_assert!(false, "it never ends");
    }

    #[test]
    fn only_what_completed_and_can_be_undone_is_undone_and_never_twice(it in anything()) {
        let Undo::Create(number) = undo(&it.seen()) else { return Ok(()) };
        prop_assert!(it.completed(number));
        prop_assert!(!it.states.iter().any(|state| state.undo && state.number == number));
    }
}
