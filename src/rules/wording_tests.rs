use super::wording::{Approval, Budget, Duplicate, Event, Facts, Ledger, Ran, notice};
use crate::api::{
    Block, NotificationPriority as P, NotificationType as T, ObjectId, Priority, RemediationOutcome, RunRef, Severity, SkipReason, Step,
    Write, names,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn a_write() -> Write {
    let object = ObjectId {
        api_version: "apps/v1".into(),
        kind: "Deployment".into(),
        namespace: Some("payment".into()),
        name: "api".into(),
        uid: "u".into(),
    };
    Write { object, field: "spec.replicas".into(), before: Some("3".into()), after: Some("4".into()) }
}

fn facts() -> Facts {
    Facts {
        request: "rr-abc-100".into(),
        namespace: "payment".into(),
        target: "payment/deployment/api".into(),
        signal: "KubePodCrashLooping".into(),
        severity: Severity::Critical,
        priority: Priority::P0,
        environment: "production".into(),
        message: String::new(),
        outcome: None,
        root_cause: "the container is killed for want of memory".into(),
        confidence: Some(72.5),
        steps: vec![Step { step_number: 1, action: "scale_deployment".into(), writes: vec![a_write()], ..Step::default() }],
        run: Some("rr-abc-100-workflow".into()),
        ran: vec![],
        execution_failure: false,
        ledger: Ledger { limit: 5, ..Ledger::default() },
        approval: Some(Approval { name: "rr-abc-100-analysis-approval".into(), expires: at(1_800_000_000) }),
        budget: None,
        duplicate_count: 0,
        duplicates: vec![],
    }
}

fn repeated() -> Facts {
    let one = Duplicate { name: "rr-def-200".into(), namespace: "payment".into(), signal: "OOM".into(), phase: "Completed".into() };
    Facts { duplicate_count: 2, duplicates: vec![one], outcome: Some(RemediationOutcome::Remediated), ..facts() }
}

fn a_block() -> Block {
    let run = RunRef {
        namespace: "payment".into(),
        name: "rr-old-workflow".into(),
        uid: "3f9a1c07-be42".into(),
        remediation_request: "rr-old".into(),
    };
    Block { id: names::block_id(&run.uid), run, workflow_id: "oom".into(), since: at(1_700_000_000), message: String::new() }
}

fn blocked() -> Facts {
    Facts { ledger: Ledger { blocks: vec![a_block()], limit: 5, ..Ledger::default() }, ..facts() }
}

fn exhausted() -> Facts {
    Facts { ledger: Ledger { failures: 5, limit: 5, exhaustion: Some("exhausted-1234".into()), ..Ledger::default() }, ..facts() }
}

#[test]
fn each_event_has_its_subject_urgency_and_key() {
    let review = |reason| Event::ManualReview(reason);
    let own = "payment/rr-abc-100";
    #[rustfmt::skip]
    let table = [
        (Event::Failed,          facts(),   "failed",           T::Escalation,   P::Critical, "Remediation failed: rr-abc-100",                  own),
        (Event::Timeout,         facts(),   "timeout",          T::Escalation,   P::High,     "Remediation timeout: rr-abc-100",                 own),
        (Event::Completed,       facts(),   "completed",        T::StatusUpdate, P::Info,     "Remediation completed: rr-abc-100",               own),
        (Event::Approval,        facts(),   "approval",         T::Approval,     P::High,     "Approval needed: payment/deployment/api (72.5%)", own),
        (Event::Duplicates,      repeated(), "duplicates",      T::StatusUpdate, P::Low,      "2 duplicate signals for payment/deployment/api",  own),
        (Event::ApprovalExpired, facts(),   "approval-expired", T::Escalation,   P::High,     "Approval expired: rr-abc-100",                    own),
        (review(SkipReason::PreviousExecutionFailed), blocked(), "manual-review", T::Escalation, P::Critical, "🔴 Workflow Blocked: Execution Failed", "3f9a1c07be42"),
        (review(SkipReason::ExhaustedRetries), exhausted(), "manual-review", T::Escalation, P::High, "⚠️ Workflow Retries Exhausted",         "exhausted-1234"),
    ];
    for (event, facts, suffix, kind, priority, subject, key) in table {
        let notice = notice(event, &facts);
        assert_eq!((notice.name_suffix, notice.spec.r#type, notice.spec.priority), (suffix, kind, priority), "{event:?}");
        assert_eq!((notice.spec.subject.as_str(), notice.spec.dedup_key.as_str()), (subject, key), "{event:?}");
        assert!(notice.spec.channels.is_empty(), "{event:?} leaves the choice to routing");
    }
}

#[test]
fn labels_are_what_routing_trees_match_on() {
    #[rustfmt::skip]
    let table = [
        (Event::Failed,    "escalation",    "critical", None),
        (Event::Approval,  "approval",      "high",     None),
        (Event::Completed, "status-update", "low",      None),
        (Event::Duplicates, "status-update", "low",     None),
        (Event::ManualReview(SkipReason::ExhaustedRetries), "manual-review", "high", Some("ExhaustedRetries")),
        (Event::ManualReview(SkipReason::PreviousExecutionFailed), "manual-review", "critical", Some("PreviousExecutionFailed")),
    ];
    for (event, kind, severity, reason) in table {
        let all = [
            ("remediation-request", Some("rr-abc-100")),
            ("notification-type", Some(kind)),
            ("severity", Some(severity)),
            ("skip-reason", reason),
            ("priority", Some("P0")),
            ("environment", Some("production")),
            ("component", Some("remediation-orchestrator")),
        ];
        let expected: BTreeMap<_, _> =
            all.into_iter().filter_map(|(key, value)| Some((format!("kubernaut.ai/{key}"), value?.to_owned()))).collect();
        assert_eq!(notice(event, &facts()).labels, expected, "{event:?}");
    }
    let odd = Facts { environment: "pre production!".into(), ..facts() };
    assert_eq!(notice(Event::Failed, &odd).labels["kubernaut.ai/environment"], "pre_production");
}

#[test]
fn bodies_say_what_happened_and_what_to_type() {
    let hurt = || Facts { execution_failure: true, message: "step 1 failed: quota exceeded".into(), ..blocked() };
    let late = Facts { budget: Some(Budget { name: "analysis".into(), length: SignedDuration::from_mins(10) }), ..facts() };
    let pausing = Facts { ledger: Ledger { failures: 2, limit: 5, next_allowed: Some(at(1_800_000_000)), ..Ledger::default() }, ..facts() };
    let review = |reason| Event::ManualReview(reason);
    let (broken, spent) = (review(SkipReason::PreviousExecutionFailed), review(SkipReason::ExhaustedRetries));
    let done = Ran { number: 1, action: "scale_deployment".into(), undo: true, phase: "Failed".into(), message: "conflict".into() };
    let status = "\n  kubectl kubernaut status rr/rr-abc-100 -n payment";
    let clear_old = "\n  kubectl kubernaut clear-block rr-old-workflow -n payment --reason \"<what you found and did>\"";
    #[rustfmt::skip]
    let table = [
        (Event::Approval, facts(), "\n  kubectl kubernaut approve rr-abc-100-analysis-approval -n payment"),
        (Event::Approval, facts(), "\n  kubectl kubernaut reject rr-abc-100-analysis-approval -n payment --reason \"<why not>\""),
        (Event::Approval, facts(), "expires at 2027-01-15T08:00:00Z"),
        (Event::Approval, facts(), "1. scale_deployment\n     deployment/api spec.replicas: 3 → 4"),
        (Event::Approval, facts(), "| the container is killed for want of memory"),
        (Event::Failed,   hurt(),  "step 1 failed: quota exceeded"),
        (Event::Failed,   hurt(),  "Unknown. At least one action was begun"),
        (Event::Failed,   hurt(),  "kubectl get deployment api -n payment -o yaml"),
        (Event::Failed,   hurt(),  "\n  kubectl kubernaut why wfe/rr-abc-100-workflow -n payment"),
        (Event::Failed,   hurt(),  clear_old),
        (Event::Failed,   facts(), "Known: nothing was changed."),
        (Event::Failed,   facts(), "If the alert still fires, its next repeat is analysed anew."),
        (Event::Failed,   facts(), status),
        (Event::Failed,   pausing, "Failures before start in a row on this target: 2 of 5.\nNothing starts on this target before 2027-01-15T08:00:00Z."),
        (Event::Failed,   Facts { ran: vec![done], ..facts() }, "undo of 1. scale_deployment — Failed: conflict"),
        (Event::Timeout,  late,    "its budget for analysis of 10m is used up"),
        (Event::Completed, facts(), "Known: all steps ran"),
        (Event::ApprovalExpired, facts(), "Nobody decided about the plan"),
        (Event::Duplicates, repeated(), "2 more alerts asked for the same. It ended: Remediated."),
        (Event::Duplicates, repeated(), "payment/rr-def-200 (OOM) — Completed"),
        (broken,          blocked(), clear_old),
        (broken,          blocked(), "(block 3f9a1c07be42)"),
        (spent,           exhausted(), "No: 5 of 5 failures before start in a row"),
        (spent,           exhausted(), "\n  kubectl kubernaut clear-block rr-abc-100-workflow -n payment"),
    ];
    for (event, facts, expected) in table {
        let body = notice(event, &facts).spec.body;
        assert!(body.contains(expected), "{event:?} does not say {expected:?}:\n{body}");
    }
}

#[test]
fn the_commands_survive_the_longest_text() {
    let long = "ä".repeat(20_000);
    let step = |number| Step { step_number: number, action: "x".repeat(63), writes: vec![a_write(); 64], ..Step::default() };
    let ran = |number| Ran { number, action: "a".into(), undo: false, phase: "Failed".into(), message: long.clone() };
    let facts = Facts {
        message: long.clone(),
        root_cause: long.clone(),
        steps: (1..=50).map(step).collect(),
        ran: (1..=50).map(ran).collect(),
        ledger: Ledger { blocks: vec![a_block(); 20], limit: 5, ..Ledger::default() },
        ..facts()
    };
    for event in [Event::Failed, Event::Timeout, Event::Approval, Event::ManualReview(SkipReason::PreviousExecutionFailed)] {
        let body = notice(event, &facts).spec.body;
        assert!(body.ends_with("kubectl kubernaut status rr/rr-abc-100 -n payment") && body.chars().count() < 12_000, "{event:?}");
    }
}
