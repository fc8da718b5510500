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
    Workflow { skipped: Some((reason, minute(0))), ..run(WorkflowPhase::Skipped) }
}

fn word(course: &Course) -> String {
    match course {
        Course::Nothing => "nothing".into(),
        Course::Wait { until } => format!("wait until {}", until.as_second() / 60),
        Course::Begin(next) => format!("begin {next:?}"),
        Course::AskPerson => "ask".into(),
        Course::RaiseAttempt => "raise attempt".into(),
        Course::Stop(reason) => format!("stop {reason:?}"),
        Course::Forget => "forget".into(),
        Course::Finish(ending) => {
            let outcome = ending.outcome.map(|outcome| format!(" {outcome:?}")).unwrap_or_default();
            let told = ending.notice.map(|told| format!(" tell {told:?}")).unwrap_or_default();
            format!("{:?}{outcome}{}{told}", ending.phase, if ending.review { " review" } else { "" })
        }
    }
}

#[test]
fn a_remediation_follows_its_course() {
    let budgets: &'static Budgets = Box::leak(Box::default());
    let base = Seen {
        now: minute(1),
        phase: Pending,
        created: minute(0),
        phase_since: minute(0),
        waited_for_people: SignedDuration::ZERO,
        processing: Child::NotMade,
        analysis: Child::NotMade,
        workflow: Child::NotMade,
        resolved: false,
        budgets,
        retention: SignedDuration::from_hours(24),
        blocked: false,
    };
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
        ("a raised attempt is answered first",   executing(Child::There(Workflow { attempt: 1, ..busy.clone() })),        "wait until 30"),
        ("busy for too long",                    at(30, executing(Child::There(Workflow { attempt: 1, ..busy.clone() })) ), "stop TimedOut"),
        ("resolved while analysing",             resolved(analyzing(analysis(A::Investigating, None))),                   "Completed NoActionRequired"),
        ("resolved while the run waits",         resolved(executing(Child::There(busy))),                                 "stop Resolved"),
        ("resolved while the run works",         resolved(executing(Child::There(run(W::Executing)))),                    "wait until 30"),
        ("over",                                 Seen { phase: Completed, ..base.clone() },                               "wait until 1440"),
        ("over for a day",                       at(1440, Seen { phase: Failed, ..base.clone() } ),               "forget"),
        ("over, but its block stands",           at(1440, Seen { phase: Failed, blocked: true, ..base.clone() } ), "nothing"),
    ];
    for (case, seen, expected) in table {
        assert_eq!(word(&decide(&seen)), expected, "{case}");
    }
}
