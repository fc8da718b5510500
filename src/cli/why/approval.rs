//! `why aar/NAME`: why a person is asked, and who may decide.

use super::explanation::Step;
use crate::api::ConfidenceLevel;
use crate::cli::OUTPUT_VERSION;
use crate::cli::get::decision;
use crate::cli::ledgers::decode::word;
use crate::cli::output::text::{hanging, one_line};
use crate::cli::output::{Document, Seen};
use crate::cli::paste;
use crate::cli::session::Session;
use crate::rules::confidence::{self, Asking};
use crate::settings::Approval;
use jiff::Timestamp;
use serde::Serialize;

/// Why a person is asked, and who may decide.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalExplanation {
    /// Version of this shape.
    pub api_version: &'static str,
    /// `ApprovalExplanation`.
    pub kind: Document,
    /// `namespace/name` of the request.
    pub object: String,
    /// The target.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// The workflow.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workflow: String,
    /// The time that is answered for.
    pub at: Timestamp,
    /// `Pending`, or what was decided.
    pub decision: String,
    /// Why a person is asked.
    pub reason: Asking,
    /// The same in a sentence.
    pub message: String,
    /// How sure the analyst is, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// The band of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<ConfidenceLevel>,
    /// From where on a person is asked.
    pub medium: f64,
    /// From where on no person is asked.
    pub high: f64,
    /// When it is too late to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Who may decide.
    pub deciders: Deciders,
    /// What to do, in order.
    pub unblock: Vec<Step>,
}

/// Who may decide.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Deciders {
    /// The verb that a role must grant.
    pub verb: &'static str,
    /// On which resource.
    pub resource: &'static str,
    /// In which namespace.
    pub namespace: String,
    /// The one who may reject, but not approve: who asked for the remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_not_approve: Option<String>,
}

impl ApprovalExplanation {
    /// Explains a request by the limits of `settings`.
    pub fn of(seen: &Seen, now: Timestamp, settings: &Approval) -> Self {
        let (namespace, name) = (seen.namespace(), seen.name());
        let score = confidence::stated(seen.number("/spec/investigation/confidenceScore"));
        let steps = seen.list("/spec/plan/steps").len();
        let reason = confidence::asking(score, steps, settings);
        let deadline = seen.deadline();
        let open = decision(seen) == "Pending" && deadline.is_none_or(|deadline| now < deadline);
        let resource = "aiapprovalrequests.kubernaut.ai";
        let can_i = paste::kubectl(&format!("auth can-i approve {resource} -n {}", paste::quoted(namespace)));
        let decide = ["approve", "reject"].map(|verb| Step { r#do: verb, command: paste::object(verb, name, namespace) });
        let check = Step { r#do: "check", command: can_i };
        Self {
            api_version: OUTPUT_VERSION,
            kind: Document::ApprovalExplanation,
            object: format!("{namespace}/{name}"),
            target: word(seen, "/spec/plan/targetResource"),
            workflow: word(seen, "/spec/plan/workflowId"),
            at: now,
            decision: decision(seen).to_owned(),
            message: message(reason, score, steps, settings),
            reason,
            confidence: score,
            level: score.map(|score| confidence::level(score, settings)),
            medium: settings.medium,
            high: settings.high,
            deadline,
            deciders: Deciders {
                verb: "approve",
                resource,
                namespace: namespace.to_owned(),
                may_not_approve: Some(word(seen, "/spec/requestedBy")).filter(|who| !who.is_empty()),
            },
            unblock: if open { std::iter::once(check).chain(decide).collect() } else { Vec::new() },
        }
    }
}

fn message(reason: Asking, score: Option<f64>, steps: usize, settings: &Approval) -> String {
    let sure = score.map_or_else(|| "no usable confidence is stated".to_owned(), |score| format!("confidence {score}%"));
    let Approval { medium, high, max_steps, .. } = settings;
    match reason {
        Asking::MediumConfidence => format!("{sure} is from {medium}% to below {high}%, where a person decides"),
        Asking::AutoApprovalOff => format!("{sure} would do without a person, but autoApprove is off"),
        Asking::TooManySteps => format!("{sure} would do without a person, but {steps} steps are more than {max_steps}"),
        Asking::LowConfidence => format!("{sure}; by these settings (ask from {medium}%) nobody would be asked"),
        Asking::Other => format!(
            "{sure} and {steps} steps would do without a person by these settings (approve from {high}%); the controllers' are stricter, or were"
        ),
    }
}

/// Columns of the labels.
const LABEL: usize = 11;

/// The screen for people.
pub fn screen(explained: &ApprovalExplanation, session: &Session) -> String {
    let deadline = explained.deadline.map(|at| session.times.until(at, explained.at)).unwrap_or_else(|| "unknown".to_owned());
    let expires = if explained.decision == "Pending" { deadline } else { "-".to_owned() };
    let except = explained.deciders.may_not_approve.as_ref().map(|who| format!("; {who} may only reject, having asked for it"));
    let Deciders { verb, resource, namespace, .. } = &explained.deciders;
    let lines = [
        format!("{} is {}", explained.object, explained.decision),
        String::new(),
        format!("Target     {}", explained.target),
        format!("Workflow   {}", explained.workflow),
        format!("Asked      {}", explained.message),
        format!("Bands      below {}% refused, from {}% approved at once", explained.medium, explained.high),
        format!("Expires    {expires}"),
        format!("Decides    whoever may {verb} {resource} in namespace {namespace}{}", except.unwrap_or_default()),
    ];
    let columns = session.look.width.unwrap_or(usize::MAX);
    let mut lines: Vec<String> = lines.iter().flat_map(|line| hanging(&one_line(line), columns, LABEL)).collect();
    lines.extend(explained.unblock.first().map(|_| String::new()));
    lines.extend(explained.unblock.iter().enumerate().map(|(nth, step)| format!("  {}. {:10}{}", nth + 1, step.r#do, step.command)));
    lines.join("\n") + "\n"
}
