use super::*;
use RemediationPhase::*;

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

fn analysis(phase: AnalysisPhase, approval: Option<ApprovalStatus>) -> Child<Analysis> {
    Child::There(Analysis { phase, approval, message: "because".into() })
}

fn run(phase: WorkflowPhase) -> Workflow {
    Workflow {
        phase,
        outcome: None,
        skipped: None,
        message: "it ran".into(),
        started: None,
        waited: SignedDuration::ZERO,
        waiting_since: None,
        stop: None,
        attempt: 0,
        observed_attempt: 0,
    }
}

fn ended(outcome: RunOutcome, stop: Option<StopReason>) -> Child<Workflow> {
    Child::There(Workflow { outcome: Some(outcome), stop, ..run(WorkflowPhase::Failed) })
}

fn skipped(reason: SkipReason) -> Workflow {
    let skip = Skip { reason, at: minute(0), names_another: false, holder_released: false };
    Workflow { skipped: Some(skip), ..run(WorkflowPhase::Skipped) }
}

fn repeats(reason: SkipReason, holder_released: bool) -> Child<Workflow> {
    let skip = Skip { reason, at: minute(0), names_another: true, holder_released };
    Child::There(Workflow { skipped: Some(skip), ..run(WorkflowPhase::Skipped) })
}

fn word(course: &Course) -> String {
    match course {
        Course::Nothing => "nothing".into(),
        Course::Wait { until } => format!("wait until {}", until.as_second() / 60),
        Course::Begin(next) => format!("begin {next:?}"),
        Course::AskPerson => "ask".into(),
        Course::BecomeDuplicate => "become a duplicate".into(),
        Course::CountDuplicates => "count duplicates".into(),
        Course::TellDuplicates => "tell duplicates".into(),
        Course::RaiseAttempt => "raise attempt".into(),
        Course::Stop(reason) => format!("stop {reason:?}"),
        Course::Unblock => "unblock".into(),
        Course::Forget => "forget".into(),
        Course::Finish(ending) => {
            let outcome = ending.outcome.map(|outcome| format!(" {outcome:?}")).unwrap_or_default();
            let told = ending.notice.map(|told| format!(" tell {told:?}")).unwrap_or_default();
            format!("{:?}{outcome}{}{told}", ending.phase, if ending.review { " review" } else { "" })
        }
    }
}

fn base() -> Seen<'static> {
    Seen {
        now: minute(1),
        phase: Pending,
        created: minute(0),
        phase_since: minute(0),
        waited_for_people: SignedDuration::ZERO,
        processing: Child::NotMade,
        analysis: Child::NotMade,
        workflow: Child::NotMade,
        resolved: false,
        budgets: Budgets::default(),
        notify_on_success: true,
        is_duplicate: false,
        duplicates: &[],
        duplicates_told: false,
        retention: SignedDuration::from_hours(24),
        marked_blocked: false,
        blocked: false,
    }
}

#[test]
fn a_remediation_follows_its_course() {
    let base = base();
    let processing = |child| Seen { phase: Processing, processing: child, ..base.clone() };
    let analyzing = |child| Seen { phase: Analyzing, analysis: child, ..base.clone() };
    let executing = |child| Seen { phase: Executing, workflow: child, ..base.clone() };
    let at = |now, seen: Seen<'static>| Seen { now: minute(now), ..seen };
    let resolved = |seen: Seen<'static>| Seen { resolved: true, ..seen };
    use AnalysisPhase as A;
    use StopReason::*;
    use WorkflowPhase as W;
    let busy = skipped(SkipReason::ResourceBusy);
    let started = Workflow { started: Some(minute(5)), ..run(W::Executing) };
    // Asked at minute 20, after ten minutes of an earlier question.
    let waited = Workflow { waited: SignedDuration::from_mins(10), ..started.clone() };
    let asking = Workflow { waiting_since: Some(minute(20)), ..waited.clone() };
    #[rustfmt::skip]
    let table: Vec<(&str, Seen, &str)> = vec![
        ("a new request",                        base.clone(),                                                            "begin Processing"),
        ("processing is at work",                processing(Child::There(ProcessingPhase::Pending)),                      "wait until 5"),
        ("processing is done",                   processing(Child::There(ProcessingPhase::Completed)),                    "begin Analysis"),
        ("processing failed",                    processing(Child::There(ProcessingPhase::Failed)),                       "Failed ManualReviewRequired review tell Failed"),
        ("processing is gone",                   processing(Child::Gone),                                                 "Failed ManualReviewRequired review tell Failed"),
        ("processing takes too long",            at(5, processing(Child::There(ProcessingPhase::Pending)) ),      "TimedOut tell Timeout"),
        ("the analysis is at work",              analyzing(analysis(A::Investigating, None)),                             "wait until 10"),
        ("the analysis takes too long",          at(10, analyzing(analysis(A::Investigating, None)) ),            "TimedOut tell Timeout"),
        ("a person must decide",                 analyzing(analysis(A::Approving, Some(ApprovalStatus::Pending))),        "ask"),
        ("waiting for a person has no budget",   at(500, Seen { phase: AwaitingApproval, ..analyzing(analysis(A::Approving, None)) } ), "nothing"),
        ("approved",                             analyzing(analysis(A::Completed, Some(ApprovalStatus::AutoApproved))),   "begin Workflow"),
        ("rejected",                             analyzing(analysis(A::Rejected, Some(ApprovalStatus::Rejected))),        "Failed Rejected review tell Failed"),
        ("nobody decided in time",               analyzing(analysis(A::Failed, Some(ApprovalStatus::Expired))),           "Failed ManualReviewRequired review tell ApprovalExpired"),
        ("the analysis failed",                  analyzing(analysis(A::Failed, None)),                                    "Failed ManualReviewRequired review tell Failed"),
        ("the run is at work",                   executing(Child::There(started.clone())),                                "wait until 35"),
        ("the run takes too long",               at(35, executing(Child::There(started.clone())) ),               "stop TimedOut"),
        ("and was asked to end",                 at(35, executing(Child::There(Workflow { stop: Some(TimedOut), ..started.clone() })) ), "nothing"),
        ("a run that waits for a person has time", at(44, executing(Child::There(asking.clone()))),                       "wait until 69"),
        ("however long it waits",                at(500, executing(Child::There(asking.clone()))),                        "wait until 525"),
        ("it has what is left when it waits no more", at(44, executing(Child::There(waited.clone()))),                   "wait until 45"),
        ("and no more",                          at(45, executing(Child::There(waited.clone()))),                         "stop TimedOut"),
        ("a wait in the future is none",         at(34, executing(Child::There(Workflow { waiting_since: Some(minute(40)), ..started.clone() }))), "wait until 35"),
        ("some steps were refused",              executing(Child::There(Workflow { outcome: Some(RunOutcome::PartialCompletion), ..run(W::Completed) })), "Completed PartialCompletion tell Completed"),
        ("every step was refused",               executing(ended(RunOutcome::NothingExecuted, None)),                     "Failed Rejected tell Failed"),
        ("the run succeeded",                    executing(Child::There(run(W::Completed))),                              "Completed Remediated tell Completed"),
        ("nobody asked to be told",              Seen { notify_on_success: false, ..executing(Child::There(run(W::Completed))) }, "Completed Remediated"),
        ("nobody knows whether it helped",       executing(Child::There(Workflow { outcome: Some(RunOutcome::Unverified), ..run(W::Completed) })), "Completed Unverified tell Completed"),
        ("the run failed before it started",     executing(ended(RunOutcome::FailedBeforeStart, None)),                   "Failed tell Failed"),
        ("the run failed half way",              executing(ended(RunOutcome::FailedDuring, None)),                        "Failed ManualReviewRequired review tell Failed"),
        ("nobody knows how far it came",         executing(Child::There(run(W::Failed))),                                 "Failed ManualReviewRequired review tell Failed"),
        ("the target changed",                   executing(ended(RunOutcome::TargetChanged, None)),                       "Failed TargetChanged tell Failed"),
        ("stopped because it was resolved",      executing(ended(RunOutcome::Cancelled, Some(Resolved))),                 "Completed NoActionRequired"),
        ("stopped because it took too long",     executing(ended(RunOutcome::Cancelled, Some(TimedOut))),                 "TimedOut tell Timeout"),
        ("refused for good",                     executing(Child::There(skipped(SkipReason::PreviousExecutionFailed))),   "Failed ManualReviewRequired review tell ManualReview"),
        ("retries are spent",                    executing(Child::There(skipped(SkipReason::ExhaustedRetries))),          "Failed ManualReviewRequired review tell ManualReview"),
        ("the target was busy a minute ago",     executing(Child::There(busy.clone())),                                   "raise attempt"),
        ("just now",                             at(0, executing(Child::There(skipped(SkipReason::RecentlyRemediated))) ), "wait until 1"),
        ("its holder has given the target back", at(0, Seen { is_duplicate: true, ..executing(repeats(SkipReason::ResourceBusy, true)) }), "raise attempt"),
        ("it works on",                          at(0, Seen { is_duplicate: true, ..executing(repeats(SkipReason::ResourceBusy, false)) }), "wait until 0"),
        ("the run of another stands in the way", at(0, executing(repeats(SkipReason::RecentlyRemediated, false))),        "become a duplicate"),
        ("a raised attempt is answered first",   executing(Child::There(Workflow { attempt: 1, ..busy.clone() })),        "wait until 30"),
        ("busy for too long",                    at(30, executing(Child::There(Workflow { attempt: 1, ..busy.clone() })) ), "stop TimedOut"),
        ("resolved while analysing",             resolved(analyzing(analysis(A::Investigating, None))),                   "Completed NoActionRequired"),
        ("resolved while the run waits",         resolved(executing(Child::There(busy))),                                 "stop Resolved"),
        ("resolved while the run works",         resolved(executing(Child::There(run(W::Executing)))),                    "wait until 30"),
        ("over",                                 Seen { phase: Completed, ..base.clone() },                               "wait until 1440"),
        ("over for a day",                       at(1440, Seen { phase: Failed, ..base.clone() } ),               "forget"),
        ("its block was lifted",                 at(9, Seen { phase: Failed, marked_blocked: true, ..base.clone() }),     "unblock"),
        ("over, but its block stands",           at(1440, Seen { phase: Failed, marked_blocked: true, blocked: true, ..base.clone() } ), "nothing"),
    ];
    for (case, seen, expected) in table {
        assert_eq!(word(&decide(&seen)), expected, "{case}");
    }
}

#[test]
fn duplicates_are_counted_at_once_and_told_of_in_bulk() {
    let one = |created, over, counted| Duplicate { created: minute(created), over, counted };
    let ended = |phase| Seen { phase, phase_since: minute(20), now: minute(25), ..base() };
    let leaked = |all: Vec<Duplicate>| -> &'static [Duplicate] { all.leak() };
    let with = |all: Vec<Duplicate>, seen: Seen<'static>| Seen { duplicates: leaked(all), ..seen };
    let at = |now, seen: Seen<'static>| Seen { now: minute(now), ..seen };
    #[rustfmt::skip]
    let table: Vec<(&str, Seen, &str)> = vec![
        ("a new one is counted at once",          with(vec![one(5, false, false)], Seen { phase: Executing, ..base() }),      "count duplicates"),
        ("a counted one changes nothing before the end", with(vec![one(5, true, true)], base()),                              "begin Processing"),
        ("counted after the end, too",            with(vec![one(5, true, false)], ended(Completed)),                          "count duplicates"),
        ("all are over when this one is",         with(vec![one(5, true, true), one(6, true, true)], ended(Completed)),       "tell duplicates"),
        ("however it ended",                      with(vec![one(5, true, true)], ended(Failed)),                              "tell duplicates"),
        ("or timed out",                          with(vec![one(5, true, true)], ended(TimedOut)),                            "tell duplicates"),
        ("one is still waiting",                  with(vec![one(5, true, true), one(6, false, true)], ended(Completed)),      "wait until 30"),
        ("ten minutes are enough",                at(30, with(vec![one(6, false, true)], ended(Completed))),                  "tell duplicates"),
        ("people were told",                      with(vec![one(6, false, true)], Seen { duplicates_told: true, ..ended(Completed) }), "wait until 1460"),
        ("who comes later is only counted",       at(45, with(vec![one(31, true, true)], ended(Completed))),                  "wait until 1460"),
        ("without duplicates there is no notice", at(45, ended(Completed)),                                                   "wait until 1460"),
    ];
    for (case, seen, expected) in table {
        assert_eq!(word(&decide(&seen)), expected, "{case}");
    }
}

#[test]
fn a_remediation_that_took_too_long_says_which_budget_ended() {
    let late = Seen { phase: Processing, processing: Child::There(ProcessingPhase::Pending), now: minute(5), ..base() };
    let Course::Finish(ending) = decide(&late) else { panic!("not ended") };
    assert_eq!(ending.message, "the budget for processing of 5m was used up");
    let cancelled =
        Seen { phase: Executing, workflow: ended(RunOutcome::Cancelled, Some(StopReason::TimedOut)), now: minute(40), ..base() };
    let Course::Finish(ending) = decide(&cancelled) else { panic!("not ended") };
    assert_eq!(ending.message, "the budget for waiting for the target of 30m was used up");
}
