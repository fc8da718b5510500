//! Writes every notice: subject, body, urgency and labels, for somebody who was asleep a minute ago.

mod body;
pub mod trial;

use crate::api::{
    Block, NotificationPriority, NotificationRequestSpec, NotificationType, Priority, RemediationOutcome, RemediationRequestSpec, Severity,
    SkipReason, Step, labels,
};
use crate::rules::course::Told;
use crate::rules::text::{bounded, label_value, printable};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The remediation failed, and none of the others fits better.
    Failed,
    /// A budget was used up.
    Timeout,
    /// The remediation completed.
    Completed,
    /// A person is asked.
    Approval,
    /// Nobody answered in time.
    ApprovalExpired,
    /// The gate refused the run until a person clears what stands in its way.
    ManualReview(SkipReason),
    /// Others repeated the remediation while it ran, or shortly after.
    Duplicates,
}

/// What a notice tells about.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Name of the RemediationRequest.
    pub request: String,
    /// Its namespace, in which all its objects live.
    pub namespace: String,
    /// Its target, `namespace/kind/name` or `kind/name`.
    pub target: String,
    /// Name of the alert.
    pub signal: String,
    /// How bad the alert is.
    pub severity: Severity,
    /// How urgent the remediation is.
    pub priority: Priority,
    /// Environment of the alert's namespace.
    pub environment: String,
    /// What went wrong, in a sentence; empty when nothing did.
    pub message: String,
    /// How the remediation ended.
    pub outcome: Option<RemediationOutcome>,
    /// What the analyst found; untrusted text.
    pub root_cause: String,
    /// How sure the analyst is, 0 to 100.
    pub confidence: Option<f64>,
    /// The steps of the plan.
    pub steps: Vec<Step>,
    /// Name of the WorkflowExecution.
    pub run: Option<String>,
    /// What ran, in the order it did.
    pub ran: Vec<Ran>,
    /// Whether at least one action was begun in a run that failed, so that nobody knows what state the target is in.
    pub execution_failure: bool,
    /// What the target's ledger says.
    pub ledger: Ledger,
    /// The approval that is, or was, waited for.
    pub approval: Option<Approval>,
    /// The budget that was used up.
    pub budget: Option<Budget>,
    /// Number of distinct remediations that repeated this one.
    pub duplicate_count: i32,
    /// Those of them that are still there.
    pub duplicates: Vec<Duplicate>,
}

impl Facts {
    /// What a request itself tells, before anything came of it.
    pub fn about(namespace: &str, name: &str, spec: &RemediationRequestSpec) -> Self {
        Self {
            request: name.to_owned(),
            namespace: namespace.to_owned(),
            target: spec.target_resource.clone(),
            signal: spec.signal_name.clone(),
            severity: spec.severity,
            priority: spec.priority,
            environment: spec.environment.clone(),
            message: String::new(),
            outcome: None,
            root_cause: String::new(),
            confidence: None,
            steps: Vec::new(),
            run: None,
            ran: Vec::new(),
            execution_failure: false,
            ledger: Ledger::default(),
            approval: None,
            budget: None,
            duplicate_count: 0,
            duplicates: Vec::new(),
        }
    }
}

/// A remediation that repeated this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its alert.
    pub signal: String,
    /// Where it stands, for example `Completed`.
    pub phase: String,
}

/// A step that ran, or was to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its number.
    pub number: i32,
    /// Its action.
    pub action: String,
    /// Whether this is the undo of the step.
    pub undo: bool,
    /// How it ended, for example `Completed`.
    pub phase: String,
    /// What happened, in a sentence.
    pub message: String,
}

/// What the target's ledger says about starting again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Failures before start in a row.
    pub failures: i32,
    /// After how many of them nothing starts; 0 means never.
    pub limit: u32,
    /// Before when nothing starts.
    pub next_allowed: Option<Timestamp>,
    /// The uncleared blocks; the first one is the one that stands in the way.
    pub blocks: Vec<Block>,
    /// Identifier of the exhaustion, when failures have reached the limit.
    pub exhaustion: Option<String>,
}

/// An approval that is, or was, waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Name of the AIApprovalRequest.
    pub name: String,
    /// When it expires.
    pub expires: Timestamp,
}

/// A budget that was used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Which one, for example `analysis`.
    pub name: String,
    /// How long it is.
    pub length: SignedDuration,
}

/// A notice, ready to be created.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Last part of its name, see [`crate::api::names::notification`].
    pub name_suffix: &'static str,
    /// What is delivered.
    pub spec: NotificationRequestSpec,
    /// By what it is routed.
    pub labels: BTreeMap<String, String>,
}

/// Writes the notice of an event.
pub fn notice(event: Event, facts: &Facts) -> Notice {
    let (r#type, priority) = urgency(event);
    let spec = NotificationRequestSpec {
        r#type,
        priority,
        subject: bounded(&printable(&subject(event, facts)).replace('\n', " "), 512),
        body: bounded(&printable(&body::body(event, facts)), 16_384),
        channels: vec![],
        recipients: vec![],
        metadata: metadata(facts),
        action_links: vec![],
        dedup_key: bounded(&dedup_key(event, facts), 255),
        event_action: Default::default(),
        retry_policy: None,
    };
    Notice { name_suffix: event.suffix(), labels: labels(event, facts, priority), spec }
}

impl Event {
    /// What is told of an ending.
    pub const fn of(told: Told, skip_reason: Option<SkipReason>) -> Self {
        match (told, skip_reason) {
            (Told::ManualReview, Some(reason)) => Self::ManualReview(reason),
            (Told::Failed | Told::ManualReview, _) => Self::Failed,
            (Told::Timeout, _) => Self::Timeout,
            (Told::Completed, _) => Self::Completed,
            (Told::ApprovalExpired, _) => Self::ApprovalExpired,
        }
    }

    /// Last part of the notice's name.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Completed => "completed",
            Self::Approval => "approval",
            Self::ApprovalExpired => "approval-expired",
            Self::ManualReview(_) => "manual-review",
            Self::Duplicates => "duplicates",
        }
    }
}

const fn urgency(event: Event) -> (NotificationType, NotificationPriority) {
    match event {
        Event::Failed => (NotificationType::Escalation, NotificationPriority::Critical),
        Event::Timeout | Event::ApprovalExpired => (NotificationType::Escalation, NotificationPriority::High),
        Event::Completed => (NotificationType::StatusUpdate, NotificationPriority::Info),
        Event::Duplicates => (NotificationType::StatusUpdate, NotificationPriority::Low),
        Event::Approval => (NotificationType::Approval, NotificationPriority::High),
        Event::ManualReview(SkipReason::ExhaustedRetries) => (NotificationType::Escalation, NotificationPriority::High),
        Event::ManualReview(_) => (NotificationType::Escalation, NotificationPriority::Critical),
    }
}

fn subject(event: Event, facts: &Facts) -> String {
    match event {
        Event::Failed => format!("Remediation failed: {}", facts.request),
        Event::Timeout => format!("Remediation timeout: {}", facts.request),
        Event::Completed => format!("Remediation completed: {}", facts.request),
        Event::Approval => match facts.confidence {
            Some(confidence) => format!("Approval needed: {} ({confidence}%)", facts.target),
            None => format!("Approval needed: {}", facts.target),
        },
        Event::ApprovalExpired => format!("Approval expired: {}", facts.request),
        Event::ManualReview(SkipReason::ExhaustedRetries) => "⚠️ Workflow Retries Exhausted".to_owned(),
        Event::ManualReview(_) => "🔴 Workflow Blocked: Execution Failed".to_owned(),
        Event::Duplicates => format!("{} duplicate signals for {}", facts.duplicate_count, facts.target),
    }
}

/// The remediation, or what stands in the way of one: then ten remediations ring once.
fn dedup_key(event: Event, facts: &Facts) -> String {
    match event {
        Event::ManualReview(reason) => obstacle(reason, facts),
        _ => None,
    }
    .unwrap_or_else(|| format!("{}/{}", facts.namespace, facts.request))
}

fn obstacle(reason: SkipReason, facts: &Facts) -> Option<String> {
    match reason {
        SkipReason::ExhaustedRetries => facts.ledger.exhaustion.clone(),
        _ => facts.ledger.blocks.first().map(|block| block.id.clone()),
    }
}

fn metadata(facts: &Facts) -> BTreeMap<String, String> {
    let all = [
        ("targetResource", Some(facts.target.clone())),
        ("signalName", Some(facts.signal.clone())),
        ("workflowExecution", facts.run.clone()),
        ("aiApprovalRequest", facts.approval.as_ref().map(|approval| approval.name.clone())),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), bounded(&value?, 4096)))).collect()
}

fn labels(event: Event, facts: &Facts, priority: NotificationPriority) -> BTreeMap<String, String> {
    let reason = match event {
        Event::ManualReview(reason) => Some(reason.as_str()),
        _ => None,
    };
    let all = [
        (labels::REMEDIATION_REQUEST, Some(label_value(&facts.request))),
        (labels::NOTIFICATION_TYPE, Some(type_label(event).to_owned())),
        (labels::SKIP_REASON, reason.map(str::to_owned)),
        (labels::SEVERITY, Some(severity_label(priority).to_owned())),
        (labels::PRIORITY, Some(format!("{:?}", facts.priority))),
        (labels::ENVIRONMENT, Some(label_value(&facts.environment))),
        (labels::COMPONENT, Some(labels::ORCHESTRATOR.to_owned())),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

/// A refusal by the gate is routed as `manual-review`, though it is an escalation.
const fn type_label(event: Event) -> &'static str {
    match event {
        Event::ManualReview(_) => "manual-review",
        Event::Approval => "approval",
        Event::Completed | Event::Duplicates => "status-update",
        Event::Failed | Event::Timeout | Event::ApprovalExpired => "escalation",
    }
}

const fn severity_label(priority: NotificationPriority) -> &'static str {
    match priority {
        NotificationPriority::Critical => "critical",
        NotificationPriority::High => "high",
        NotificationPriority::Medium => "medium",
        NotificationPriority::Low | NotificationPriority::Info => "low",
    }
}
