//! What a simulation comes to, as it is printed for people.

use super::shape::{Decision, Outcome, Simulated, Simulation};
use crate::cli::approve::{of_step, of_write};
use crate::cli::kinds::Kind;
use crate::cli::output::text::{hanging, one_line};
use crate::cli::paste;
use crate::cli::session::Session;
use crate::cli::why::gate_name;
use crate::rules::gate::Verdict;
use crate::settings::Approval;

const LABEL: usize = 16;

/// The screen: a block of lines for each alert, and the result.
pub fn of(simulation: &Simulation, settings: &Approval, session: &Session) -> String {
    let mut lines: Vec<String> = vec![];
    for (nth, simulated) in simulation.requests.iter().enumerate() {
        if nth > 0 {
            lines.push("[dry]".to_owned());
        }
        lines.extend(block(simulated, simulation, settings, session));
    }
    lines.push(format!("Result: {}", result(simulation)));
    let columns = session.look.width.unwrap_or(usize::MAX);
    lines.iter().flat_map(|line| hanging(line, columns, "[dry] ".len() + LABEL)).collect::<Vec<_>>().join("\n") + "\n"
}

/// The remediation that each alert would be part of, a line each.
pub fn names(simulation: &Simulation) -> String {
    let names = simulation.requests.iter().filter_map(|one| one.name.as_ref());
    names.map(|name| one_line(&Kind::Remediation.full_name(name)) + "\n").collect()
}

/// The result in words, for example `would be SKIPPED, PreviousExecutionFailed`.
pub fn result(simulation: &Simulation) -> String {
    let decides = simulation.requests.iter().find(|one| one.result == simulation.result);
    let more = match simulation.requests.as_slice() {
        [] | [_] => String::new(),
        all => {
            let each: Vec<String> = all.iter().map(|one| format!("{:?}", one.result)).collect();
            format!("  (of {} alerts: {})", all.len(), each.join(", "))
        }
    };
    let why = decides.map(why).filter(|why| !why.is_empty()).map(|why| format!(", {why}")).unwrap_or_default();
    let word = format!("{:?}", simulation.result).to_uppercase();
    let verb = match simulation.result {
        Outcome::Escalate => "would ESCALATE to a person".to_owned(),
        Outcome::Skipped | Outcome::Refused => format!("would be {word}"),
        Outcome::Approval => "would wait for an APPROVAL".to_owned(),
        Outcome::Auto => "would run by itself (AUTO)".to_owned(),
        Outcome::Duplicate => "would be a DUPLICATE".to_owned(),
        Outcome::Nothing => "would be NOTHING to do".to_owned(),
    };
    one_line(&format!("{verb}{why}{more}"))
}

fn why(simulated: &Simulated) -> String {
    match (simulated.result, simulated.reason) {
        (Outcome::Skipped, Some(reason)) => reason.as_str().to_owned(),
        (Outcome::Duplicate, _) => format!("of {}", simulated.name.as_deref().unwrap_or_default()),
        (Outcome::Approval | Outcome::Auto, _) => String::new(),
        _ => simulated.message.clone(),
    }
}

fn block(simulated: &Simulated, simulation: &Simulation, settings: &Approval, session: &Session) -> Vec<String> {
    let mut lines = vec![headline(simulated)];
    if let Some(target) = &simulated.target {
        lines.push(dry("target", target));
    }
    lines.extend(simulated.sender_needs.iter().map(|namespace| dry("sender", &sender(namespace))));
    if let Some(analysis) = &simulated.analysis {
        let sure = analysis.confidence.map_or_else(|| "no confidence".to_owned(), |confidence| format!("confidence {confidence}%"));
        lines.push(dry("analysis", &format!("{sure}  (from {}; no model call made)", analysis.from)));
        lines.push(dry("", &analysis.root_cause));
    }
    lines.extend(simulated.decision.map(|decision| dry("decision", &self::decision(decision, simulated, settings))));
    lines.extend(plan(simulated));
    lines.extend(gates(simulated, simulation, session));
    lines.extend(notices(simulated));
    lines.extend(simulated.notes.iter().map(|note| dry("note", note)));
    lines
}

/// Whoever asks here is seldom the one who sends alerts, whose right the gateway asks for.
fn sender(namespace: &str) -> String {
    let can_i = paste::kubectl(&format!("auth can-i create remediationrequests.kubernaut.ai -n {}", paste::quoted(namespace)));
    format!("not checked: {can_i} --as SENDER")
}

fn dry(label: &str, text: &str) -> String {
    format!("[dry] {label:LABEL$}{}", one_line(text)).trim_end().to_owned()
}

fn headline(simulated: &Simulated) -> String {
    let print: String = simulated.fingerprint.iter().flat_map(|print| print.chars()).take(8).collect();
    let place = simulated.namespace.as_deref().unwrap_or_default();
    let name = simulated.name.as_deref().unwrap_or_default();
    match simulated.result {
        Outcome::Refused => dry("alert", &format!("{} would be refused: {}", simulated.alert, simulated.message)),
        Outcome::Nothing => dry("alert", &format!("{} would change nothing: {}", simulated.alert, simulated.message)),
        Outcome::Duplicate => {
            dry("alert", &format!("{} would be one more occurrence of  {place}/{name}   (fingerprint {print}...)", simulated.alert))
        }
        _ => one_line(&format!("[dry] remediation request would be  {place}/{name}   (fingerprint {print}..., no open duplicate)")),
    }
}

fn decision(decision: Decision, simulated: &Simulated, settings: &Approval) -> String {
    let (high, medium) = (settings.high, settings.medium);
    let bands = match settings.auto_approve {
        true => format!("auto >= {high}, refused < {medium}"),
        false => format!("auto-approval is off, refused < {medium}"),
    };
    match decision {
        Decision::AutoApprove => format!("approved without a person    {bands}"),
        Decision::Ask => format!("approval required    {bands}"),
        Decision::Refuse => format!("refused: {}    {bands}", simulated.message),
    }
}

fn plan(simulated: &Simulated) -> Vec<String> {
    let Some(plan) = &simulated.plan else { return vec![] };
    let mut lines = vec![];
    for step in &plan.steps {
        let label = if lines.is_empty() { "plan" } else { "" };
        let unknown = if plan.unresolved.contains(&step.step_number) { "  (values not known)" } else { "" };
        lines.push(dry(label, &format!("{}{unknown}", of_step(step))));
        lines.extend(step.writes.iter().map(|write| format!("[dry] {:1$}{2}", "", LABEL + 2, one_line(&of_write(write)))));
    }
    lines
}

fn gates(simulated: &Simulated, simulation: &Simulation, session: &Session) -> Vec<String> {
    let shut: Vec<_> = simulated.gates.iter().filter(|gate| gate.verdict != Verdict::Allowed).collect();
    if shut.is_empty() {
        return simulated.verdict.map(|_| dry("gates", "all four pass")).into_iter().collect();
    }
    let mut lines = vec![];
    for gate in shut {
        let label = if lines.is_empty() { "gates" } else { "" };
        let word = if gate.verdict == Verdict::Blocked { "BLOCK" } else { "wait" };
        let until = gate.retry_at.map(|at| format!(" ({})", session.times.until(at, simulation.at))).unwrap_or_default();
        let skips = if simulated.result == Outcome::Skipped && simulated.reason == Some(gate.name) { "  -> would be Skipped" } else { "" };
        lines.push(dry(label, &format!("{}: {word}  {}{until}{skips}", gate_name(gate.name), gate.message)));
    }
    lines
}

fn notices(simulated: &Simulated) -> Vec<String> {
    if simulated.notifications.is_empty() {
        return simulated.decision.map(|_| dry("notifications", "none before the run starts")).into_iter().collect();
    }
    let mut lines = vec![];
    for notice in &simulated.notifications {
        let label = if lines.is_empty() { "notifications" } else { "" };
        let priority = format!("{:?}", notice.priority).to_lowercase();
        lines.push(dry(label, &format!("{}/{priority} -> {}", notice.event, notice.receivers.join(", "))));
    }
    lines
}
