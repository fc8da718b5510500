//! Shows what is approved, in full: cause, confidence, deadline, every step and every value it will replace.

use super::fields::Fields;
use super::known::Known;
use super::request::{Question, Request};
use super::standing;
use crate::actions::{self, Risk};
use crate::api::{AIApprovalRequestSpec, ConfidenceLevel, Step, StepPhase, WorkflowExecution, WorkflowStepApprovalRequestSpec, Write};
use crate::cli::output::text::one_line;
use crate::cli::session::Session;
use crate::rules::confidence;
use crate::settings::Approval;

/// Who decides, and where.
pub fn identity(who: &str, context: &str) -> String {
    let place = if context.is_empty() { String::new() } else { format!(" (context {})", one_line(context)) };
    format!("as {}{place}", one_line(who))
}

/// What is asked, what it is based on, and what else is known, in lines of at most so many columns.
pub fn screen(request: &Request, known: &Known, columns: Option<usize>, session: &Session) -> String {
    let mut fields = Fields::within(columns);
    fields.name("Request", &request.object());
    let now = session.now();
    if !request.is_open(now) {
        fields.add("Decision", &standing::ended(request, now));
        fields.more(&format!("see what became of it:  {}", request.follow()));
    }
    match &request.question {
        Question::Plan(spec) => plan(&mut fields, spec, known),
        Question::Step(spec) => step(&mut fields, spec, known),
    }
    known.notes.iter().for_each(|note| fields.add("Note", note));
    if request.is_open(now) {
        let expires = request.seen.deadline().map(|deadline| session.times.until(deadline, now));
        fields.add("Expires", &expires.unwrap_or_else(|| "unknown".to_owned()));
    }
    fields.add("Requested by", request.requested_by());
    fields.add("Plan hash", request.plan_hash());
    fields.into_text()
}

fn plan(fields: &mut Fields, spec: &AIApprovalRequestSpec, known: &Known) {
    fields.add("Root cause", &spec.investigation.root_cause);
    spec.evidence.iter().for_each(|evidence| fields.add("Evidence", &format!("{}: {}", evidence.source, evidence.finding)));
    fields.add("Confidence", &confidence(spec.investigation.confidence_score, spec.investigation.confidence_level));
    fields.add("Target", &format!("{}  {}", spec.plan.target_resource, known.word));
    fields.add("Workflow", &spec.plan.workflow_id);
    for (nth, step) in spec.plan.steps.iter().enumerate() {
        fields.add(if nth == 0 { "Plan" } else { "" }, &of_step(step));
        writes(fields, step);
    }
}

fn step(fields: &mut Fields, spec: &WorkflowStepApprovalRequestSpec, known: &Known) {
    let asked = Step { step_number: spec.step_number, action: spec.action.clone(), parameters: spec.parameters.clone(), ..Step::default() };
    fields.add("Step", &of_step(&asked));
    match &known.run {
        Some(Ok(run)) => within_run(fields, spec, run, &known.word),
        Some(Err(why)) => {
            fields.more(&format!("what it writes is unknown: {why}"));
            fields.add("Run", &format!("wfe/{}", spec.workflow_execution_ref.name));
        }
        None => fields.add("Run", &format!("wfe/{}", spec.workflow_execution_ref.name)),
    }
    if !spec.approver_groups.is_empty() {
        fields.add("Decides", &format!("somebody of {}", spec.approver_groups.join(", ")));
    }
}

fn within_run(fields: &mut Fields, spec: &WorkflowStepApprovalRequestSpec, run: &WorkflowExecution, word: &str) {
    let steps = &run.spec.workflow_definition.steps;
    let is_it = |step: &&Step| step.step_number == spec.step_number && step.action == spec.action && step.parameters == spec.parameters;
    match steps.iter().find(is_it).filter(|_| run.spec.plan_hash == spec.plan_hash) {
        Some(step) => writes(fields, step),
        None => fields.more("what it writes is unknown: the run has another plan than this request is about"),
    }
    let statuses = run.status.as_ref().map(|status| status.step_statuses.as_slice()).unwrap_or_default();
    let phase = |number: i32| statuses.iter().find(|status| status.step_number == number && !status.undo).and_then(|status| status.phase);
    fields.add("Run", &format!("wfe/{}  {:?}", spec.workflow_execution_ref.name, run.phase()));
    let others = || steps.iter().filter(|step| step.step_number != spec.step_number);
    for (nth, step) in others().filter(|step| phase(step.step_number).is_some()).enumerate() {
        let phase = phase(step.step_number).unwrap_or(StepPhase::Pending);
        fields.add(if nth == 0 { "Already ran" } else { "" }, &format!("{}  {phase:?}", of_step(step)));
    }
    for (nth, step) in others().filter(|step| phase(step.step_number).is_none()).enumerate() {
        fields.add(if nth == 0 { "Still to run" } else { "" }, &of_step(step));
    }
    fields.add("Target", &format!("{}  {word}", run.spec.target_resource));
    fields.add("Workflow", &run.spec.workflow_ref.workflow_id);
}

fn writes(fields: &mut Fields, step: &Step) {
    step.writes.iter().for_each(|write| fields.more(&format!("- {}", of_write(write))));
    if step.writes.is_empty() {
        fields.more("- writes nothing");
    }
}

/// A request carries its band, but not its limits; the usual ones are shown where they agree.
fn confidence(score: f64, level: Option<ConfidenceLevel>) -> String {
    let usual = Approval::default();
    let (medium, high) = (usual.medium, usual.high);
    let (word, band) = match level {
        Some(ConfidenceLevel::Low) => ("low", format!("below {medium}%")),
        Some(ConfidenceLevel::Medium) => ("medium", format!("{medium}-{}%", high - 1.0)),
        Some(ConfidenceLevel::High) => ("high", format!("from {high}%")),
        None => return format!("{score}%"),
    };
    match level == Some(confidence::level(score, &usual)) {
        true => format!("{score}% ({word} band {band})"),
        false => format!("{score}% ({word})"),
    }
}

/// A step in a line: number, action, parameters, and what to mind.
pub fn of_step(step: &Step) -> String {
    let mut text = format!("{} {}", step.step_number, step.action);
    step.parameters.iter().for_each(|(key, value)| text.push_str(&format!(" {key}={value}")));
    if !step.dependencies.is_empty() {
        let numbers: Vec<String> = step.dependencies.iter().map(ToString::to_string).collect();
        text.push_str(&format!(" after {}", numbers.join(", ")));
    }
    match actions::find(&step.action) {
        Some(action) => {
            text.push_str(&format!(" ({})", action.risk().as_str()));
            if action.risk() > Risk::Safe && !action.is_reversible() {
                text.push_str(" (cannot be undone)");
            }
        }
        None => text.push_str(" (risk unknown)"),
    }
    if step.requires_approval {
        text.push_str(" (asks again before this step)");
    }
    text
}

/// A write in a line: object, field, and the values before and after.
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
