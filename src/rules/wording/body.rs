//! Writes the body of a notice: what happened, what state the cluster is in, whether it is tried again, what to type.

use super::{Duplicate, Event, Facts, Ledger, Ran};
use crate::api::{Block, RemediationOutcome, SkipReason, Step, Target, Write};
use crate::rules::step_run::deletes;
use crate::rules::text::bounded;

/// Longest each part may become, so that the commands at the end always fit, in a chat message too.
const LONGEST_TEXT: usize = 1500;
const LONGEST_PLAN: usize = 4500;
const LONGEST_RUN: usize = 2000;

/// The body of the notice of an event.
pub(super) fn body(event: Event, facts: &Facts) -> String {
    let parts = [
        happened(event, facts),
        about(facts),
        section("Root cause, as the analyst sees it", &quoted(&facts.root_cause)),
        plan(event, facts),
        section("Which", &bounded(&lines(facts.duplicates.iter().map(duplicate)), LONGEST_RUN)),
        section("What ran", &bounded(&lines(facts.ran.iter().map(ran)), LONGEST_RUN)),
        section("State of the cluster", &cluster_state(event, facts)),
        section("Will it be tried again?", &retry_state(event, facts)),
        section("What to do now", &lines(commands(event, facts).into_iter())),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn happened(event: Event, facts: &Facts) -> String {
    let what = match event {
        Event::Failed => format!("The remediation {} of {} failed.", facts.request, facts.target),
        Event::Timeout => timed_out(facts),
        Event::Completed => format!("The remediation {} of {} completed.", facts.request, facts.target),
        Event::Approval => asked(facts),
        Event::ApprovalExpired => format!("Nobody decided about the plan for {} in time. It will not run.", facts.target),
        Event::ManualReview(SkipReason::ExhaustedRetries) => {
            format!("No run starts on {} any more: {} in a row failed before they began.", facts.target, facts.ledger.failures)
        }
        Event::ManualReview(_) => format!("A run on {} was refused, because an earlier one failed half way.", facts.target),
        Event::Duplicates => repeated(facts),
    };
    // A message about a budget would say the same again.
    match facts.message.is_empty() || facts.budget.is_some() {
        true => what,
        false => format!("{what}\n{}", bounded(&facts.message, LONGEST_TEXT)),
    }
}

fn timed_out(facts: &Facts) -> String {
    match &facts.budget {
        Some(budget) => {
            let length = crate::settings::Length(budget.length);
            format!("The remediation {} of {} ended: its budget for {} of {length} is used up.", facts.request, facts.target, budget.name)
        }
        None => format!("The remediation {} of {} took too long and was ended.", facts.request, facts.target),
    }
}

fn repeated(facts: &Facts) -> String {
    let how = facts.outcome.map(|outcome| format!(" It ended: {outcome:?}.")).unwrap_or_default();
    let many = if facts.duplicate_count == 1 { "1 more alert".to_owned() } else { format!("{} more alerts", facts.duplicate_count) };
    format!("While {} worked on {}, or shortly after, {many} asked for the same.{how}", facts.request, facts.target)
}

fn duplicate(duplicate: &Duplicate) -> String {
    format!("{}/{} ({}) — {}", duplicate.namespace, duplicate.name, duplicate.signal, duplicate.phase)
}

fn asked(facts: &Facts) -> String {
    let confidence = facts.confidence.map(|confidence| format!(" The analyst is {confidence}% sure.")).unwrap_or_default();
    let expires = facts.approval.as_ref().map(|a| format!(" Without an answer it expires at {}, and nothing runs.", a.expires));
    format!("A plan for {} waits for your approval.{confidence}{}", facts.target, expires.unwrap_or_default())
}

fn about(facts: &Facts) -> String {
    let severity = format!("{:?}", facts.severity).to_lowercase();
    format!(
        "Alert:       {} ({severity})\nTarget:      {}\nPriority:    {:?}\nEnvironment: {}",
        facts.signal, facts.target, facts.priority, facts.environment
    )
}

fn plan(event: Event, facts: &Facts) -> String {
    let title = match event {
        Event::Approval => "What would be done",
        Event::Failed | Event::Timeout | Event::ApprovalExpired => "What was planned",
        Event::Completed | Event::ManualReview(_) | Event::Duplicates => return String::new(),
    };
    section(title, &bounded(&lines(facts.steps.iter().map(step)), LONGEST_PLAN))
}

fn step(step: &Step) -> String {
    let asks = if step.requires_approval { " (asks again before it runs)" } else { "" };
    let writes = step.writes.iter().map(|write| format!("\n     {}", replaced(write)));
    format!("{}. {}{asks}{}", step.step_number, step.action, writes.collect::<String>())
}

fn replaced(write: &Write) -> String {
    if deletes(write) {
        return format!("{}/{}: deleted", write.object.kind.to_lowercase(), write.object.name);
    }
    let shown = |value: &Option<String>| value.as_ref().map_or("(not set)".to_owned(), |value| bounded(value, 200));
    let object = format!("{}/{}", write.object.kind.to_lowercase(), write.object.name);
    format!("{object} {}: {} → {}", write.field, shown(&write.before), shown(&write.after))
}

fn ran(ran: &Ran) -> String {
    let undo = if ran.undo { "undo of " } else { "" };
    let message = if ran.message.is_empty() { String::new() } else { format!(": {}", bounded(&ran.message, 300)) };
    format!("{undo}{}. {} — {}{message}", ran.number, ran.action, ran.phase)
}

fn cluster_state(event: Event, facts: &Facts) -> String {
    match event {
        Event::Approval | Event::ApprovalExpired => "Known: nothing was changed.".to_owned(),
        Event::Completed => completed(facts).to_owned(),
        Event::Duplicates => String::new(),
        Event::ManualReview(SkipReason::ExhaustedRetries) => "Known: none of these runs changed anything.".to_owned(),
        Event::ManualReview(_) => unknown("The earlier run began at least one action and did not finish.", facts),
        Event::Failed | Event::Timeout if facts.execution_failure => unknown("At least one action was begun, and the run failed.", facts),
        Event::Failed | Event::Timeout => "Known: nothing was changed.".to_owned(),
    }
}

const fn completed(facts: &Facts) -> &'static str {
    match facts.outcome {
        Some(RemediationOutcome::NoActionRequired) => "Known: the alert ended by itself, nothing was changed.",
        Some(RemediationOutcome::PartialCompletion) => "Known: some steps ran, others were not approved; what ran is healthy.",
        Some(RemediationOutcome::Unverified) => "All steps ran, but nobody could tell whether the target is healthy. Look at it.",
        _ => "Known: all steps ran, and what they touched is healthy.",
    }
}

fn unknown(why: &str, facts: &Facts) -> String {
    let look = match facts.target.parse::<Target>() {
        Ok(Target { namespace: Some(namespace), kind, name }) => format!("kubectl get {kind} {name} -n {namespace} -o yaml"),
        Ok(Target { namespace: None, kind, name }) => format!("kubectl get {kind} {name} -o yaml"),
        Err(_) => return format!("Unknown. {why} Look at {} first.", facts.target),
    };
    format!("Unknown. {why} Look at the target before anything else:\n  {look}")
}

fn retry_state(event: Event, facts: &Facts) -> String {
    match event {
        Event::Approval | Event::Completed | Event::Duplicates => String::new(),
        _ => lines(obstacles(&facts.ledger).into_iter()),
    }
}

fn obstacles(ledger: &Ledger) -> Vec<String> {
    let blocks = ledger.blocks.iter().take(5).map(blocked);
    let exhausted = ledger.limit > 0 && i64::from(ledger.failures) >= i64::from(ledger.limit);
    let counted = match (exhausted, ledger.failures) {
        (true, failures) => {
            Some(format!("No: {failures} of {} failures before start in a row; it stays so until a person clears it.", ledger.limit))
        }
        (false, 0) => None,
        (false, failures) => Some(format!("Failures before start in a row on this target: {failures} of {}.", ledger.limit)),
    };
    let pause = ledger.next_allowed.filter(|_| !exhausted).map(|until| format!("Nothing starts on this target before {until}."));
    let all: Vec<String> = blocks.chain(counted).chain(pause).collect();
    match all.is_empty() {
        true => vec!["Not this one. If the alert still fires, its next repeat is analysed anew.".to_owned()],
        false => all,
    }
}

fn blocked(block: &Block) -> String {
    format!(
        "No: {} of {} blocks workflow {} since {} (block {}).",
        block.run.name, block.run.namespace, block.workflow_id, block.since, block.id
    )
}

fn commands(event: Event, facts: &Facts) -> Vec<String> {
    let namespace = &facts.namespace;
    let status = format!("kubectl kubernaut status rr/{} -n {namespace}", facts.request);
    let why = facts.run.as_ref().map(|run| format!("kubectl kubernaut why wfe/{run} -n {namespace}"));
    let specific = match event {
        Event::Approval => decide(facts),
        Event::Completed | Event::ApprovalExpired | Event::Duplicates => vec![],
        Event::ManualReview(SkipReason::ExhaustedRetries) => facts.run.iter().map(|run| clear(run, namespace)).collect(),
        Event::ManualReview(_) | Event::Failed | Event::Timeout => {
            facts.ledger.blocks.first().map(|block| clear(&block.run.name, &block.run.namespace)).into_iter().collect()
        }
    };
    let first_look = why.filter(|_| !matches!(event, Event::Approval | Event::Completed | Event::ApprovalExpired | Event::Duplicates));
    let indented = first_look.into_iter().chain(specific).chain([status]).map(|command| format!("  {command}"));
    indented.collect()
}

fn decide(facts: &Facts) -> Vec<String> {
    let Some(approval) = &facts.approval else { return vec![] };
    let (name, namespace) = (&approval.name, &facts.namespace);
    vec![
        format!("kubectl kubernaut approve {name} -n {namespace}"),
        format!("kubectl kubernaut reject {name} -n {namespace} --reason \"<why not>\""),
    ]
}

fn clear(run: &str, namespace: &str) -> String {
    format!("kubectl kubernaut clear-block {run} -n {namespace} --reason \"<what you found and did>\"")
}

/// Marks every line of untrusted text, so that it cannot pass for ours.
fn quoted(text: &str) -> String {
    lines(bounded(text, LONGEST_TEXT).lines().map(|line| format!("| {line}")))
}

fn section(title: &str, text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!("{title}:\n{text}"),
    }
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}
