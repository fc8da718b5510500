//! The answer of `why`, as it is printed for people.

use super::explanation::{Explanation, GateAnswer, Step};
use super::question::Question;
use crate::api::{SkipReason, Target};
use crate::cli::output::text::{hanging, one_line, wrapped};
use crate::cli::paste;
use crate::cli::session::Session;
use crate::rules::gate::Verdict;
use crate::rules::prospect::Prospect;
use jiff::Timestamp;

const GATE: usize = 26;
const VERDICT: usize = 10;

/// The screen: what is asked, every gate, the verdict, and what to do.
pub fn screen(explained: &Explanation, question: &Question, session: &Session) -> String {
    let mut lines = vec![headline(explained, question, session), String::new(), format!("Target     {}", explained.target)];
    lines.push(format!("Workflow   {}", explained.workflow.as_deref().unwrap_or("any")));
    if let Some(remediation) = &explained.remediation {
        lines.push(format!("Request    rr/{}", remediation.rsplit('/').next().unwrap_or_default()));
    }
    let mut lines: Vec<String> = lines.iter().map(|line| one_line(line)).collect();
    lines.push(format!("{:GATE$}{:VERDICT$}DETAIL", "GATE", "VERDICT"));
    lines.extend(explained.gates.iter().enumerate().flat_map(|(nth, gate)| rows(nth + 1, gate, explained.at, session)));
    let says = format!("Verdict    {}", verdict(explained, question, session));
    lines.extend(hanging(&says, session.look.width.unwrap_or(usize::MAX), VERDICT + 1));
    lines.extend(unblock(&explained.unblock, &question.target));
    lines.extend(after_clearing(explained, session));
    lines.extend(compared(explained));
    lines.join("\n") + "\n"
}

fn headline(explained: &Explanation, question: &Question, session: &Session) -> String {
    let phase = question.ahead.as_ref().map(|ahead| ahead.phase.as_str()).unwrap_or_default();
    let ending = question.ahead.as_ref().map(|ahead| ahead.ending.as_str()).unwrap_or_default();
    match (&explained.object, &explained.recorded) {
        (Some(object), Some(recorded)) if phase == "Skipped" => {
            let ago = recorded.skipped_at.map(|at| format!(" {}", ago(at, explained.at, session))).unwrap_or_default();
            format!("{object} was Skipped{ago}: {}", recorded.reason)
        }
        (Some(object), _) if question.seen.is_some() || !ending.is_empty() => format!("{object} is {phase}{ending}"),
        (Some(object), _) => format!("{object} is {phase}, and has no run"),
        (None, _) => format!("{}, asked for {}", explained.target, explained.workflow.as_deref().unwrap_or("any workflow")),
    }
}

fn ago(at: Timestamp, now: Timestamp, session: &Session) -> String {
    use crate::cli::output::Times;
    match session.times {
        Times::Age if at <= now => format!("{} ago", session.times.since(Some(at), now)),
        Times::Age => session.times.until(at, now),
        _ => format!("at {}", session.times.since(Some(at), now)),
    }
}

/// What a gate asks, for people.
pub fn gate_name(gate: SkipReason) -> &'static str {
    match gate {
        SkipReason::PreviousExecutionFailed => "previous execution",
        SkipReason::ExhaustedRetries => "retries left",
        SkipReason::ResourceBusy => "target free",
        SkipReason::RecentlyRemediated => "backoff and cooldown",
    }
}

fn rows(nth: usize, gate: &GateAnswer, now: Timestamp, session: &Session) -> Vec<String> {
    let name = gate_name(gate.name);
    let (word, style) = match gate.verdict {
        Verdict::Allowed => ("pass", console::Style::new().green()),
        Verdict::Waiting => ("wait", console::Style::new().yellow()),
        Verdict::Blocked => ("BLOCK", console::Style::new().red().bold()),
    };
    let ended = gate.because.as_ref().filter(|_| gate.retry_at.is_none()).and_then(|because| because.completed_at.or(because.started_at));
    let when = gate.retry_at.map(|at| session.times.until(at, now)).or_else(|| ended.map(|at| ago(at, now, session)));
    let detail = one_line(&format!("{}{}", gate.message, when.map(|when| format!(" ({when})")).unwrap_or_default()));
    let room = session.look.width.unwrap_or(usize::MAX).saturating_sub(GATE + VERDICT).max(30);
    let mut wrapped = wrapped(&detail, room).into_iter();
    let shown = style.force_styling(session.look.out.color).apply_to(format!("{word:VERDICT$}"));
    let first = format!("{:GATE$}{shown}{}", format!("{nth} {name}"), wrapped.next().unwrap_or_default());
    std::iter::once(first).chain(wrapped.map(|line| format!("{:1$}{line}", "", GATE + VERDICT))).collect()
}

fn verdict(explained: &Explanation, question: &Question, session: &Session) -> String {
    let says = match (explained.verdict, explained.retry_at) {
        (Verdict::Allowed, _) if question.is_there == Some(false) => "nothing can start: the target does not exist".to_owned(),
        (Verdict::Allowed, _) => "may start".to_owned(),
        (Verdict::Waiting, Some(at)) => format!("waits, may start {}", session.times.until(at, explained.at)),
        (Verdict::Waiting, None) => "waits for the end of the run that holds the target".to_owned(),
        (Verdict::Blocked, _) => "blocked, will not clear by waiting".to_owned(),
    };
    let when = |at: Timestamp| if at <= explained.at { ago(at, explained.at, session) } else { session.times.until(at, explained.at) };
    one_line(&question.ahead.as_ref().map_or_else(|| says.clone(), |ahead| ahead.verdict(explained.verdict, &says, when)))
}

fn unblock(steps: &[Step], target: &Target) -> Vec<String> {
    let mut lines = Vec::new();
    if !steps.is_empty() {
        let does = |what: &str| steps.iter().any(|step| step.r#do == what);
        let title = match () {
            () if does("approve") && does("clear") => "To decide and to unblock",
            () if does("approve") => "To decide",
            () if does("clear") => "To unblock",
            () => "To see",
        };
        lines.extend([String::new(), title.to_owned()]);
    }
    lines.extend(steps.iter().enumerate().map(|(nth, step)| format!("  {}. {:10}{}", nth + 1, step.r#do, step.command)));
    if steps.iter().any(|step| step.r#do == "clear") {
        lines.push(format!(
            "     It asks for the reason and the target's name; in a script give --reason TEXT --confirm {}",
            paste::quoted(&target.name)
        ));
    }
    lines
}

fn after_clearing(explained: &Explanation, session: &Session) -> Option<String> {
    let cleared = explained.once_cleared.as_ref()?;
    let it = if explained.prospect == Some(Prospect::Over) { "a new run" } else { "it" };
    Some(match (cleared.verdict, cleared.retry_at, cleared.reason) {
        (Verdict::Allowed, ..) => format!("After clearing, {it} may start at once."),
        (_, Some(at), _) => {
            format!("After clearing, earliest execution is {} (backoff or cooldown).", session.times.until(at, explained.at))
        }
        (_, None, Some(SkipReason::ResourceBusy)) => format!("After clearing, {it} waits for the run that holds the target."),
        (_, None, _) => format!("After clearing, {it} is still blocked."),
    })
}

fn compared(explained: &Explanation) -> Option<String> {
    let recorded = explained.recorded.as_ref()?;
    let now = explained.reason.map_or("Allowed", SkipReason::as_str);
    Some(match recorded.reason == now {
        true => "Recorded reason vs now: same".to_owned(),
        false => one_line(&format!("Recorded reason vs now: differs, recorded was {}, now it is {now}", recorded.reason)),
    })
}
