//! Draws a status tree for people.

use super::tree::{Node, StatusTree, mark};
use crate::cli::output::text::one_line;
use crate::cli::output::{Table, Times};
use crate::cli::terminal::{Look, Mark};
use jiff::Timestamp;

/// The tree with its head, as it is printed.
pub fn text(tree: &StatusTree, look: &Look, times: Times, now: Timestamp) -> String {
    let mut lines = head(tree, times, now);
    lines.push(String::new());
    let mut drawing = Drawing { look, times, now, table: Table::new(&HEADERS).with_free_text("INFO"), marks: vec![None] };
    drawing.row("", &root(tree));
    drawing.children("", &tree.children);
    let rows = drawing.table.lines(look, true);
    lines.extend(rows.iter().zip(&drawing.marks).map(|(row, mark)| colored(row, *mark, look)));
    lines.join("\n") + "\n"
}

const HEADERS: [&str; 5] = ["NAME", "KIND", "STATE", "AGE", "INFO"];

fn head(tree: &StatusTree, times: Times, now: Timestamp) -> Vec<String> {
    let outcome = tree.outcome.as_ref().map(|outcome| format!(" ({outcome})")).unwrap_or_default();
    let mut lines = vec![
        format!("Name:      {}      Phase: {}{outcome}      Age: {}", tree.object, tree.phase, times.since(tree.created_at, now)),
        format!("Target:    {}", tree.target),
    ];
    if let Some(waiting) = &tree.waiting {
        let until = waiting.until.map(|until| format!(", expires {} ({})", times.until(until, now), Times::Utc.until(until, now)));
        lines.push(format!("Waiting:   {}{}", waiting.what, until.unwrap_or_default()));
    }
    lines.extend(tree.message.as_ref().map(|message| format!("Message:   {message}")));
    if tree.requires_manual_review {
        lines.push("Review:    a person must look at this".to_owned());
    }
    if tree.blocked {
        lines.push("Blocked:   its run blocks the target until a person clears it".to_owned());
    }
    lines.iter().map(|line| one_line(line)).collect()
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
    look: &'a Look,
    times: Times,
    now: Timestamp,
    table: Table,
    marks: Vec<Option<Mark>>,
}

impl Drawing<'_> {
    fn children(&mut self, indent: &str, nodes: &[Node]) {
        let (middle, last, bar) = if self.look.ascii { ("|- ", "`- ", "|  ") } else { ("├─ ", "└─ ", "│  ") };
        for (i, node) in nodes.iter().enumerate() {
            let is_last = i + 1 == nodes.len();
            self.row(&format!("{indent}{}", if is_last { last } else { middle }), node);
            self.children(&format!("{indent}{}", if is_last { "   " } else { bar }), &node.children);
        }
    }

    fn row(&mut self, indent: &str, node: &Node) {
        let mark = node.phase.as_deref().map_or(Mark::Absent, mark);
        let state = node.phase.as_deref().unwrap_or("not there");
        let deadline = node.deadline.map(|at| format!("expires {}", self.times.until(at, self.now)));
        let parts = [node.absent_because.clone(), Some(node.info.clone()), deadline].into_iter().flatten().filter(|part| !part.is_empty());
        let age = if node.phase.is_some() { self.times.since(node.created_at, self.now) } else { "-".to_owned() };
        self.table.add_drawn(vec![
            format!("{indent}{}", one_line(&node.short)),
            one_line(&node.resource),
            format!("{} {}", self.look.glyph(mark), one_line(state)),
            age,
            one_line(&parts.collect::<Vec<_>>().join(", ")),
        ]);
        self.marks.push(Some(mark));
    }
}

/// Colours the state of a row, or dims all of it where nothing is there yet.
fn colored(row: &str, mark: Option<Mark>, look: &Look) -> String {
    let style = match mark {
        _ if !look.out.color => return row.to_owned(),
        None => console::Style::new().bold(),
        Some(Mark::Absent) => console::Style::new().dim(),
        Some(Mark::Good) => console::Style::new().green(),
        Some(Mark::Bad | Mark::Blocked) => console::Style::new().red(),
        Some(Mark::Waiting) => console::Style::new().yellow(),
        Some(Mark::Running) => console::Style::new().cyan(),
    };
    let style = style.force_styling(true);
    match mark {
        None | Some(Mark::Absent) => style.apply_to(row).to_string(),
        Some(mark) => {
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
