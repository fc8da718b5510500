//! Shows what is approved, in full: cause, confidence, deadline, every step and every value it will replace.

use super::request::Request;
use crate::api::{ConfidenceLevel, Step, Write};
use crate::cli::output::text::one_line;
use crate::cli::session::Session;

/// Who decides, and where.
pub fn identity(who: &str, context: &str) -> String {
    let place = if context.is_empty() { String::new() } else { format!(" (context {})", one_line(context)) };
    format!("as {}{place}", one_line(who))
}

/// The plan and what it is based on.
pub fn plan(request: &Request, session: &Session) -> String {
    let spec = &request.typed.spec;
    let mut lines = vec![field("Request", &request.object()), field("Root cause", &spec.investigation.root_cause)];
    lines.extend(spec.evidence.iter().map(|evidence| field("Evidence", &format!("{}: {}", evidence.source, evidence.finding))));
    lines.push(field("Confidence", &confidence(spec.investigation.confidence_score, spec.investigation.confidence_level)));
    let expires = request.seen.deadline().map(|deadline| session.times.until(deadline, session.now()));
    lines.push(field("Expires", &expires.unwrap_or_else(|| "unknown".to_owned())));
    lines.push(field("Target", &spec.plan.target_resource));
    lines.push(field("Workflow", &spec.plan.workflow_id));
    for (i, step) in spec.plan.steps.iter().enumerate() {
        let label = if i == 0 { "Plan" } else { "" };
        lines.push(field(label, &of_step(step)));
        lines.extend(step.writes.iter().map(|write| format!("{:17}{}", "", one_line(&of_write(write)))));
    }
    lines.push(field("Requested by", &spec.requested_by));
    lines.push(field("Plan hash", &spec.plan_hash));
    lines.join("\n") + "\n"
}

fn field(label: &str, text: &str) -> String {
    format!("  {label:13}{}", one_line(text))
}

fn confidence(score: f64, level: Option<ConfidenceLevel>) -> String {
    match level {
        Some(ConfidenceLevel::Low) => format!("{score}% (low)"),
        Some(ConfidenceLevel::Medium) => format!("{score}% (medium)"),
        Some(ConfidenceLevel::High) => format!("{score}% (high)"),
        None => format!("{score}%"),
    }
}

/// A step with its parameters and what it waits for, in a line.
pub fn of_step(step: &Step) -> String {
    let mut text = format!("{} {}", step.step_number, step.action);
    step.parameters.iter().for_each(|(key, value)| text.push_str(&format!("  {key}={value}")));
    if !step.dependencies.is_empty() {
        let numbers: Vec<String> = step.dependencies.iter().map(ToString::to_string).collect();
        text.push_str(&format!("  after {}", numbers.join(", ")));
    }
    if step.requires_approval {
        text.push_str("  (asks again before this step)");
    }
    text
}

/// A write with the value it replaces, in a line.
pub fn of_write(write: &Write) -> String {
    let object = &write.object;
    let place = object.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    let name = format!("{place}{}/{}", object.kind.to_lowercase(), object.name);
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "<unset>".to_owned());
    match (write.field.as_str(), &write.before, &write.after) {
        (".", _, None) => format!("{name}: deleted"),
        (".", None, Some(_)) => format!("{name}: created"),
        (field, before, after) => format!("{name} {field}: {} -> {}", value(before), value(after)),
    }
}
