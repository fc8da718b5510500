//! The answer of `why`, as it is printed for programs.

use super::ahead::{Ahead, WaitsFor};
use super::question::Question;
use crate::api::{RemediationTargetStatus, SkipReason, Target};
use crate::cli::OUTPUT_VERSION;
use crate::cli::ledgers::decode::{time, word};
use crate::cli::output::Document;
use crate::cli::paste;
use crate::rules::gate::{self, Answer, Because, Seen, Verdict};
use crate::rules::prospect::Prospect;
use crate::rules::standing::{self, Standing};
use crate::settings::Gate;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Whether a run may start, and why.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Version of this shape.
    pub api_version: &'static str,
    /// `Explanation`.
    pub kind: Document,
    /// `namespace/name` of the run, or of the remediation that has none yet; absent for a bare target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// `namespace/name` of the remediation, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
    /// The target.
    pub target: String,
    /// Whether a bare target is on the cluster; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_exists: Option<bool>,
    /// The workflow; absent when any is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// The time that is answered for.
    pub at: Timestamp,
    /// The object's phase; absent for a bare target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Whether the object can still start at all; absent for a bare target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prospect: Option<Prospect>,
    /// The request that a person decides, or has decided, where there is no run yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
    /// What the first gate that refuses says of the target, whatever the object's prospect.
    pub verdict: Verdict,
    /// That gate; absent when allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<SkipReason>,
    /// Why, in a sentence.
    pub message: String,
    /// When that gate opens by itself, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// The same in seconds from `at`, rounded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_in_seconds: Option<i64>,
    /// Every gate, in order.
    pub gates: Vec<GateAnswer>,
    /// Failures before start in a row on the target.
    pub consecutive_failures: i32,
    /// Before when nothing starts on the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_allowed_execution: Option<Timestamp>,
    /// What the gates would say once everything was cleared; only when blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub once_cleared: Option<OnceCleared>,
    /// What the run's own status says about its last skip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    /// What to do, in order.
    pub unblock: Vec<Step>,
}

/// What one gate says.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct GateAnswer {
    /// The gate.
    pub name: SkipReason,
    /// Whether it is open.
    pub verdict: Verdict,
    /// Why.
    pub message: String,
    /// The run behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<Run>,
    /// When it opens by itself, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
}

/// A run that stands in the way.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// `WorkflowExecution`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its workflow.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workflow_id: String,
    /// When it took the target, for one at work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
}

/// What the gates would say once everything was cleared.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct OnceCleared {
    /// What the first gate that refuses would say.
    pub verdict: Verdict,
    /// That gate; absent when allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<SkipReason>,
    /// When that gate opens by itself, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
}

/// A skip as the run's status records it.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// The gate that refused.
    pub reason: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped_at: Option<Timestamp>,
}

/// Something to do.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Step {
    /// `inspect`, `verify`, `clear`, `follow`, `approve` or `reject`.
    pub r#do: &'static str,
    /// The command to type.
    pub command: String,
}

impl Explanation {
    /// What the gates say about a question, for this ledger.
    pub fn of(question: &Question, ledger: &RemediationTargetStatus, now: Timestamp, settings: &Gate) -> Self {
        let target = question.target.to_string();
        let seen = Seen { now, run: &question.run, workflow_id: question.workflow_id.as_deref(), target: &target, ledger, settings };
        let answers = gate::explain(&seen);
        let decides = gate::deciding(&answers);
        let verdict = decides.map_or(Verdict::Allowed, |answer| answer.verdict);
        let retry_at = decides.and_then(|answer| answer.retry_at);
        Self {
            api_version: OUTPUT_VERSION,
            kind: Document::Explanation,
            object: question.object.clone(),
            remediation: question.remediation.clone(),
            target_exists: question.is_there,
            workflow: question.workflow_id.clone(),
            at: now,
            verdict,
            reason: decides.map(|answer| answer.gate),
            phase: question.ahead.as_ref().map(|ahead| ahead.phase.clone()),
            prospect: question.ahead.as_ref().map(|ahead| ahead.prospect),
            waits_for: question.ahead.as_ref().and_then(|ahead| ahead.waits_for.clone()),
            message: decides.map(|answer| answer.message.clone()).unwrap_or_else(|| unopposed(question)),
            retry_at,
            retry_in_seconds: retry_at.map(|at| seconds_until(at, now)),
            consecutive_failures: ledger.consecutive_failures,
            next_allowed_execution: ledger.next_allowed_execution,
            once_cleared: (verdict == Verdict::Blocked).then(|| once_cleared(&seen)),
            recorded: recorded(question),
            unblock: steps(question, &seen, decides),
            gates: answers.into_iter().map(GateAnswer::from).collect(),
            target,
        }
    }
}

fn seconds_until(at: Timestamp, now: Timestamp) -> i64 {
    let left = at.duration_since(now);
    let part = i64::from(left > SignedDuration::from_secs(left.as_secs()));
    left.as_secs().saturating_add(part)
}

fn once_cleared(seen: &Seen) -> OnceCleared {
    let answers = standing::once_cleared(seen);
    let decides = gate::deciding(&answers);
    OnceCleared {
        verdict: decides.map_or(Verdict::Allowed, |answer| answer.verdict),
        reason: decides.map(|answer| answer.gate),
        retry_at: decides.and_then(|answer| answer.retry_at),
    }
}

fn recorded(question: &Question) -> Option<Recorded> {
    let seen = question.seen.as_ref()?;
    let reason = Some(word(seen, "/status/skipDetails/reason")).filter(|reason| !reason.is_empty())?;
    Some(Recorded { reason, skipped_at: time(seen, "/status/skipDetails/skippedAt") })
}

impl From<Answer> for GateAnswer {
    fn from(answer: Answer) -> Self {
        let Answer { gate, verdict, message, because, retry_at } = answer;
        Self { name: gate, verdict, message, because: because.filter(|because| !because.run.name.is_empty()).map(Run::from), retry_at }
    }
}

impl From<Because> for Run {
    fn from(because: Because) -> Self {
        let Because { run, workflow_id, at, outcome } = because;
        let (started_at, completed_at) = if outcome.is_none() { (at, None) } else { (None, at) };
        Self { kind: "WorkflowExecution", name: run.name, namespace: run.namespace, workflow_id, started_at, completed_at, outcome }
    }
}

fn unopposed(question: &Question) -> String {
    let ahead = question.ahead.as_ref().and_then(Ahead::message);
    ahead.unwrap_or_else(|| match question.is_there {
        Some(false) => "nothing stands in the way, but the target does not exist".to_owned(),
        _ => "nothing stands in the way".to_owned(),
    })
}

/// What a person would do about the object, then about the target; of what is over only the target is left.
fn steps(question: &Question, seen: &Seen, decides: Option<&Answer>) -> Vec<Step> {
    let own = question.ahead.as_ref().map(|ahead| ahead.steps(&question.short(), question.namespace())).unwrap_or_default();
    let more = unblock(seen, &question.target, decides);
    let is_over = question.ahead.as_ref().is_some_and(|ahead| ahead.prospect == Prospect::Over);
    match is_over && !more.is_empty() {
        true => more,
        false => own.into_iter().chain(more).collect(),
    }
}

/// What a person would do, in order: look at what failed, look at the target, clear.
fn unblock(seen: &Seen, target: &Target, decides: Option<&Answer>) -> Vec<Step> {
    let Some(decides) = decides else { return Vec::new() };
    if decides.verdict == Verdict::Waiting {
        let run = decides.because.as_ref().filter(|_| decides.gate == SkipReason::ResourceBusy).map(|because| &because.run);
        let follow = run.map(|run| paste::object("status", &format!("wfe/{}", run.name), &run.namespace));
        return follow.map(|command| Step { r#do: "follow", command }).into_iter().collect();
    }
    let against = standing::against(seen);
    let runs = against.iter().filter_map(|standing| standing.run.as_ref());
    let inspect = runs.map(|run| Step { r#do: "inspect", command: paste::object("status", &format!("wfe/{}", run.name), &run.namespace) });
    let place = target.namespace.as_ref().map(|namespace| format!(" -n {}", paste::quoted(namespace))).unwrap_or_default();
    let verify = paste::kubectl(&format!("get {} {}{place} -o wide", paste::quoted(&target.kind), paste::quoted(&target.name)));
    let both = against.iter().any(|one| one.reason == SkipReason::ExhaustedRetries) && against.len() > 1;
    let clear = against.iter().filter_map(|standing| clear(standing, both)).map(|command| Step { r#do: "clear", command });
    inspect.chain([Step { r#do: "verify", command: verify }]).chain(clear).collect()
}

fn clear(standing: &Standing, both: bool) -> Option<String> {
    let run = standing.run.as_ref()?;
    let which = match standing.reason {
        _ if !both => "",
        SkipReason::ExhaustedRetries => " --for exhausted-retries",
        _ => " --for previous-failure",
    };
    // Without a reason and the target's name, which are the person's to give: it asks for both.
    Some(paste::object(&format!("clear-block{which}"), &run.name, &run.namespace))
}
