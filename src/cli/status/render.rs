//! Draws a status tree for people.

use super::tree::{Node, StatusTree};
use crate::cli::output::text::{hanging, one_line};
use crate::cli::output::{Table, Times};
use crate::cli::terminal::{Look, Mark};
use jiff::Timestamp;

/// The tree with its head, as it is printed.
pub fn text(tree: &StatusTree, look: &Look, times: Times, now: Timestamp) -> String {
    lines(tree, &Shape { look, times, now, wide: false, rows: None }).join("\n") + "\n"
}

/// How a tree is drawn.
#[derive(Clone, Copy)]
pub struct Shape<'a> {
    /// How output looks.
    pub look: &'a Look,
    /// How points in time are shown.
    pub times: Times,
    /// Now.
    pub now: Timestamp,
    /// With more columns.
    pub wide: bool,
    /// How many lines there is room for; without it, for all.
    pub rows: Option<usize>,
}

/// The lines of a tree with its head. Where there is too little room, the rows go that need nobody.
pub fn lines(tree: &StatusTree, shape: &Shape) -> Vec<String> {
    let mut lines = head(tree, shape);
    lines.push(String::new());
    let (mut table, mut marks) = drawn(tree, shape, false);
    if !table.fits(shape.look) && shape.rows.is_some() {
        // What is cut off a frame cannot be scrolled to: how things stand goes before names that the head has.
        (table, marks) = drawn(tree, shape, true);
    }
    if !table.fits(shape.look) {
        // What precedes the names says the same, in short.
        table = table.without("KIND");
    }
    let mut rows = table.lines(shape.look, true).into_iter();
    lines.extend(rows.next());
    let rows: Vec<(String, Mark)> = rows.zip(marks).collect();
    let room = shape.rows.map(|room| room.saturating_sub(lines.len()));
    lines.extend(fitting(rows, room, shape.look));
    lines.extend(tree.events.as_deref().map(|events| super::events::lines(events, shape)).unwrap_or_default());
    lines
}

/// The tree as a table, with what each row means to a reader; `brief` leaves out of the names what all have in common.
fn drawn(tree: &StatusTree, shape: &Shape, brief: bool) -> (Table, Vec<Mark>) {
    let table = Table::new(if shape.wide { &WIDE } else { &HEADERS }).with_free_text("INFO");
    let common = brief.then(|| tree.name().to_owned());
    let mut drawing = Drawing { shape, common, table, marks: Vec::new() };
    drawing.row("", &root(tree));
    drawing.children("", &tree.children);
    (drawing.table, drawing.marks)
}

/// `rp/…-processing` for `rp/NAME-processing`, and `ke/…-step-1` for `ke/NAME-workflow-step-1`.
fn without_common(short: &str, common: &str, look: &Look) -> String {
    let Some((kind, rest)) = short.split_once('/').and_then(|(kind, name)| Some((kind, name.strip_prefix(common)?))) else {
        return short.to_owned();
    };
    let parents = ["-workflow-", "-analysis-", "-notification-"];
    let own = parents.into_iter().find_map(|parent| rest.strip_prefix(parent)).map(|own| format!("-{own}"));
    format!("{kind}/{}{}", look.ellipsis(), own.unwrap_or_else(|| rest.to_owned()))
}

/// The rows that fit, in their order: first go those that are as they should be, from the end.
fn fitting(rows: Vec<(String, Mark)>, room: Option<usize>, look: &Look) -> Vec<String> {
    let fits = room.filter(|room| rows.len() > *room).map(|room| room.saturating_sub(1));
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|nth| (rows.get(*nth).map_or(9, |(_, mark)| rank(*mark)), *nth));
    let kept: Vec<usize> = order.into_iter().take(fits.unwrap_or(rows.len())).collect();
    let left_out = rows.len() - kept.len();
    let shown = rows.iter().enumerate().filter(|(nth, _)| kept.contains(nth)).map(|(_, (row, mark))| colored(row, *mark, look));
    shown.chain((left_out > 0).then(|| format!("{} {left_out} more", look.ellipsis()))).collect()
}

fn rank(mark: Mark) -> u8 {
    match mark {
        Mark::Waiting | Mark::Blocked | Mark::Bad => 0,
        Mark::Running => 1,
        Mark::Good => 2,
        Mark::Absent => 3,
    }
}

const HEADERS: [&str; 5] = ["NAME", "KIND", "STATE", "AGE", "INFO"];
const WIDE: [&str; 7] = ["NAME", "KIND", "STATE", "AGE", "INFO", "CREATED", "DEADLINE"];

/// Columns of the labels above the tree.
const LABEL: usize = 11;

fn head(tree: &StatusTree, shape: &Shape) -> Vec<String> {
    let Shape { times, now, .. } = *shape;
    let outcome = tree.outcome.as_ref().map(|outcome| format!(" ({outcome})")).unwrap_or_default();
    let columns = shape.look.width.unwrap_or(usize::MAX);
    let (name, age) = (format!("Name:      {}", tree.object), format!("Age: {}", times.since(tree.created_at, now)));
    let whole = format!("{name}      Phase: {}{outcome}      {age}", tree.phase);
    let mut lines = match console::measure_text_width(&whole) <= columns {
        true => vec![whole],
        false => vec![name, format!("Phase:     {}{outcome}      {age}", tree.phase)],
    };
    lines.push(format!("Target:    {}", tree.target));
    if let Some(waiting) = &tree.waiting {
        let until = waiting.until.map(|until| format!(", {} ({})", expires(until, times, now), Times::Utc.until(until, now)));
        lines.push(format!("Waiting:   {}{}", waiting.what, until.unwrap_or_default()));
    }
    lines.extend(tree.message.as_ref().map(|message| format!("Message:   {message}")));
    if tree.awaits_review() {
        lines.push("Review:    a person must look at this".to_owned());
    }
    lines.extend(tree.review_settled.map(|by| format!("Review:    settled, {}", by.as_str())));
    if tree.blocked {
        lines.push("Blocked:   its run blocks the target until a person clears it".to_owned());
    }
    lines.iter().flat_map(|line| hanging(&one_line(line), columns, LABEL)).collect()
}

fn root(tree: &StatusTree) -> Node {
    let name = tree.object.rsplit('/').next().unwrap_or_default();
    let info = [tree.signal.as_str(), tree.severity.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    Node {
        object: tree.object.clone(),
        resource: "RemediationRequest".to_owned(),
        short: format!("rr/{name}"),
        phase: Some(tree.phase.clone()),
        absent_because: None,
        created_at: tree.created_at,
        info,
        deadline: None,
        children: Vec::new(),
    }
}

struct Drawing<'a> {
    shape: &'a Shape<'a>,
    /// What is left out of the names.
    common: Option<String>,
    table: Table,
    marks: Vec<Mark>,
}

impl Drawing<'_> {
    fn children(&mut self, indent: &str, nodes: &[Node]) {
        let (middle, last, bar) = if self.shape.look.ascii { ("|- ", "`- ", "|  ") } else { ("├─ ", "└─ ", "│  ") };
        for (i, node) in nodes.iter().enumerate() {
            let is_last = i + 1 == nodes.len();
            self.row(&format!("{indent}{}", if is_last { last } else { middle }), node);
            self.children(&format!("{indent}{}", if is_last { "   " } else { bar }), &node.children);
        }
    }

    fn row(&mut self, indent: &str, node: &Node) {
        let (mark, Shape { look, times, now, .. }) = (node.mark(), *self.shape);
        let state = node.phase.as_deref().unwrap_or("not there");
        let deadline = node.deadline.map(|at| expires(at, times, now));
        let parts = [node.absent_because.clone(), Some(node.info.clone()), deadline].into_iter().flatten().filter(|part| !part.is_empty());
        let age = if node.phase.is_some() { times.since(node.created_at, now) } else { "-".to_owned() };
        let short = self.common.as_ref().map_or_else(|| node.short.clone(), |common| without_common(&node.short, common, look));
        let mut cells = vec![
            format!("{indent}{}", one_line(&short)),
            one_line(&node.resource),
            format!("{} {}", look.glyph(mark), one_line(state)),
            age,
            one_line(&parts.collect::<Vec<_>>().join(", ")),
        ];
        if self.shape.wide {
            let stamp = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| Times::Utc.until(at, now));
            cells.extend([stamp(node.created_at), stamp(node.deadline)]);
        }
        self.table.add_drawn(cells);
        self.marks.push(mark);
    }
}

/// `expires in 11m`, or `expired 2m ago`.
pub fn expires(at: Timestamp, times: Times, now: Timestamp) -> String {
    match at > now || times != Times::Age {
        true => format!("expires {}", times.until(at, now)),
        false => format!("expired {} ago", times.since(Some(at), now)),
    }
}

/// Colours the state of a row, or dims all of it where nothing is there yet.
fn colored(row: &str, mark: Mark, look: &Look) -> String {
    let style = match mark {
        _ if !look.out.color => return row.to_owned(),
        Mark::Absent => console::Style::new().dim(),
        Mark::Good => console::Style::new().green(),
        Mark::Bad | Mark::Blocked => console::Style::new().red(),
        Mark::Waiting => console::Style::new().yellow(),
        Mark::Running => console::Style::new().cyan(),
    };
    let style = style.force_styling(true);
    match mark {
        Mark::Absent => style.apply_to(row).to_string(),
        mark => {
            let glyph = format!(" {} ", look.glyph(mark));
            match row.split_once(&glyph) {
                Some((before, after)) => {
                    let (word, rest) = after.split_once(' ').unwrap_or((after, ""));
                    let gap = if rest.is_empty() { "" } else { " " };
                    format!("{before} {}{gap}{rest}", style.apply_to(format!("{} {word}", look.glyph(mark))))
                }
                None => row.to_owned(),
            }
        }
    }
}
