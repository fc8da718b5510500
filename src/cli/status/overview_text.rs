//! Draws the overview for people.

use super::needs::{Need, What};
use super::overview::Overview;
use super::render::expires;
use super::wait::PHASES;
use crate::cli::connect::Connected;
use crate::cli::kinds::Kind;
use crate::cli::output::text::{one_line, shortened};
use crate::cli::output::{Table, Times};
use crate::cli::terminal::Look;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How an overview is drawn.
#[derive(Clone, Copy)]
pub struct Shape<'a> {
    /// How output looks.
    pub look: &'a Look,
    /// How points in time are shown.
    pub times: Times,
    /// Now.
    pub now: Timestamp,
    /// What commands about several objects must add: ` -A`, ` -n NAME` or nothing.
    pub place: &'a str,
    /// Whether names need the namespace.
    pub namespaces: bool,
    /// Whether commands need it: it is not the context's own.
    pub explicit: bool,
    /// How many lines there is room for; without it, for all.
    pub rows: Option<usize>,
}

/// At least so many of each group are shown, however little room there is.
const LEAST: usize = 1;
/// So much is told of why somebody is needed; the object has the rest.
const LONGEST: usize = 500;
/// Columns of the details where there is no terminal.
const PIPED: usize = 80;

/// The lines of the overview.
pub fn lines(overview: &Overview, connected: &Connected, shape: &Shape) -> Vec<String> {
    let mut lines = vec![first(overview, connected)];
    let mut below = vec![format!("IN FLIGHT   {}", in_flight(overview))];
    below.extend(backoff(overview, shape));
    below.push(format!("LAST 24H    {}", last_day(overview)));
    below.extend(older(overview, shape));
    let style = console::Style::new().bold().force_styling(shape.look.out.color);
    if overview.needs_you.is_empty() {
        // What has been needed for long stands below.
        let nothing = if overview.needs_somebody() { "Nothing new needs you." } else { "Nothing needs you." };
        lines.push(nothing.to_owned());
    } else {
        lines.push(style.apply_to("NEEDS YOU").to_string());
        let room = shape.rows.map(|rows| rows.saturating_sub(lines.len() + below.len()));
        lines.extend(needs(&overview.needs_you, room, shape));
    }
    lines.extend(below);
    lines
}

fn first(overview: &Overview, connected: &Connected) -> String {
    let place = overview.namespace.as_ref().map_or_else(|| "All namespaces".to_owned(), |name| format!("Namespace {name}"));
    let user = overview.user.as_ref().map(|user| format!("   User {user}")).unwrap_or_default();
    let context = if connected.context.is_empty() { "Server".to_owned() } else { format!("Context  {}", connected.context) };
    one_line(&format!("{context} ({})   {place}{user}", connected.server))
}

/// The needs by group, of each as many as fit.
fn needs(needs: &[Need], room: Option<usize>, shape: &Shape) -> Vec<String> {
    let mut groups: Vec<(What, Vec<&Need>)> = Vec::new();
    for need in needs {
        match groups.last_mut().filter(|(what, _)| *what == need.what) {
            Some((_, group)) => group.push(need),
            None => groups.push((need.what, vec![need])),
        }
    }
    let most = groups.iter().map(|(_, group)| group.len()).max().unwrap_or_default();
    let drawn = |each: usize| {
        let rows: Vec<Row> = groups.iter().flat_map(|(what, group)| group_rows(*what, group, each, shape)).collect();
        laid_out(&rows, shape.look)
    };
    let Some(room) = room else { return drawn(most) };
    (LEAST..=most.min(room)).rev().map(drawn).find(|lines| lines.len() <= room).unwrap_or_else(|| drawn(LEAST))
}

fn group_rows(what: What, group: &[&Need], each: usize, shape: &Shape) -> Vec<Row> {
    let mut rows: Vec<Row> = group.iter().take(each).map(|need| row(need, shape)).collect();
    if group.len() > each {
        let more = format!("{} and {} more", shape.look.ellipsis(), group.len() - each);
        rows.push(Row { label: String::new(), needed: more.clone(), detail: more, command: what.all(shape.place) });
    }
    if let Some(first) = rows.first_mut() {
        first.label = what.counted(group.len());
    }
    rows
}

fn row(need: &Need, shape: &Shape) -> Row {
    let bare = need.object.split_once('/').map_or(need.object.as_str(), |(_, name)| name);
    let name = if shape.namespaces { &need.object } else { bare };
    let reason = if need.reason.is_empty() { String::new() } else { format!(" ({})", need.reason) };
    let deadline = need.deadline.map(|at| format!(", {}", expires(at, shape.times, shape.now))).unwrap_or_default();
    let message: String = need.message.chars().take(LONGEST).collect();
    let message = if message.is_empty() { message } else { format!(": {message}") };
    let command = need.to_do(shape.namespaces || shape.explicit);
    let needed = one_line(&format!("{name}{reason}{deadline}"));
    let detail = one_line(&format!("{needed}{message}"));
    Row { label: String::new(), detail, needed, command: command.to_owned() }
}

/// One line of what needs a person.
struct Row {
    /// How many there are, on the first line of a group.
    label: String,
    /// Which it is, and why.
    detail: String,
    /// The part of the detail that is never cut.
    needed: String,
    /// What to type.
    command: String,
}

/// Columns where they fit, with shorter details on a terminal; otherwise each command below what it is about.
fn laid_out(rows: &[Row], look: &Look) -> Vec<String> {
    let widest = |cell: fn(&Row) -> &String| rows.iter().map(|row| console::measure_text_width(cell(row))).max().unwrap_or_default();
    let (label, command, needed) = (widest(|row| &row.label), widest(|row| &row.command), widest(|row| &row.needed));
    // In a pipe, one long message would push every command far to the right.
    let room = look.width.map(|all| all.saturating_sub(2 + label + 3 + 3 + command)).or(Some(needed.max(PIPED)));
    if room.is_none_or(|room| room >= needed) {
        let mut table = Table::new(&["", "", ""]);
        for Row { label, detail, command, .. } in rows {
            let detail = room.map_or_else(|| detail.clone(), |room| shortened(detail, room, look.ellipsis()));
            table.add_drawn(vec![label.clone(), detail, command.clone()]);
        }
        return table.lines(look, false).into_iter().map(|line| format!("  {line}")).collect();
    }
    let fitting = |line: String| look.width.map_or_else(|| line.clone(), |all| shortened(&line, all, look.ellipsis()));
    let lines = |row: &Row| {
        let label = (!row.label.is_empty()).then(|| format!("  {}", row.label));
        label.into_iter().chain([fitting(format!("    {}", row.detail)), format!("      {}", row.command)]).collect::<Vec<_>>()
    };
    rows.iter().flat_map(lines).collect()
}

/// The reviews that are no news any more, and what lists them.
fn older(overview: &Overview, shape: &Shape) -> Option<String> {
    let (number, list) = (overview.older_reviews, What::ManualReview.all(shape.place));
    let reviews = if number == 1 { "review" } else { "reviews" };
    (number > 0).then(|| format!("OLDER       {number} {reviews} needed for longer than 24h; see  {list}"))
}

fn in_flight(overview: &Overview) -> String {
    let all: usize = overview.in_flight.values().sum();
    if all == 0 {
        return "none".to_owned();
    }
    let rank = |phase: &String| PHASES.iter().position(|known| known == phase).unwrap_or(PHASES.len());
    let mut phases: Vec<(&String, &usize)> = overview.in_flight.iter().collect();
    phases.sort_by_key(|(phase, _)| rank(phase));
    let parts: Vec<String> = phases.into_iter().map(|(phase, number)| format!("{number} {}", one_line(phase))).collect();
    format!("{all} remediation{}: {}", if all == 1 { "" } else { "s" }, parts.join(", "))
}

fn backoff(overview: &Overview, shape: &Shape) -> Option<String> {
    let next = overview.backoff.first()?;
    let number = overview.backoff.len();
    let at = Times::Utc.until(next.next_allowed_execution, shape.now);
    let until =
        if shape.times == Times::Age { format!(" ({})", Times::Age.until(next.next_allowed_execution, shape.now)) } else { String::new() };
    let at = if shape.times == Times::Local { Times::Local.until(next.next_allowed_execution, shape.now) } else { at };
    Some(one_line(&format!("BACKOFF     {number} target{}, next at {at}{until}: {}", if number == 1 { "" } else { "s" }, next.target)))
}

/// What became of the remediations, the good ends first.
fn last_day(overview: &Overview) -> String {
    let words = [
        ("Remediated", "remediated"),
        ("PartialCompletion", "partly completed"),
        ("Unverified", "unverified"),
        ("NoActionRequired", "resolved by themselves"),
        ("Rejected", "rejected"),
        ("ManualReviewRequired", "left to a person"),
        ("Cancelled", "cancelled"),
        ("TimedOut", "timed out"),
        ("Failed", "failed"),
    ];
    let counted = |(outcome, word): &(&str, &str)| match *outcome {
        "Rejected" => rejected(overview),
        outcome => overview.last_day.get(outcome).map(|number| format!("{number} {word}")),
    };
    let known: Vec<String> = words.iter().filter_map(counted).collect();
    let others = overview.last_day.iter().filter(|(outcome, _)| !words.iter().any(|(known, _)| known == outcome));
    let others = others.map(|(outcome, number)| format!("{number} {}", one_line(outcome)));
    let parts: Vec<String> = known.into_iter().chain(others).chain(skipped(&overview.skipped)).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

/// Who said no: people, or the analysis itself for want of confidence.
fn rejected(overview: &Overview) -> Option<String> {
    let all = *overview.last_day.get("Rejected")?;
    let approvals_are_unread = overview.unread.iter().any(|kind| kind == Kind::Approval.friendly());
    Some(match overview.rejected_by_people {
        _ if approvals_are_unread => format!("{all} rejected"),
        0 => format!("{all} rejected by the analysis"),
        people if people == all => format!("{all} rejected by a person"),
        people => format!("{people} rejected by a person, {} by the analysis", all - people),
    })
}

fn skipped(reasons: &BTreeMap<String, usize>) -> Option<String> {
    let all: usize = reasons.values().sum();
    let mut split: Vec<(&String, &usize)> = reasons.iter().collect();
    split.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    let parts: Vec<String> = split.into_iter().map(|(reason, number)| format!("{number} {}", one_line(reason))).collect();
    (all > 0).then(|| format!("{all} skipped ({})", parts.join(", ")))
}
