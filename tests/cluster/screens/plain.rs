//! Puts stand-ins where a screen differs from run to run: as wide where that can be, and otherwise its tables are laid out anew.

use super::tables;
use jiff::{SignedDuration, Timestamp};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// The time of the first thing that happens on a screen.
const BEGIN: &str = "2025-12-06T10:30:00Z";

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

/// What is replaced wherever it stands, by what.
static EVERYWHERE: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"127\.0\.0\.1:\d+", "127.0.0.1:6443"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "3f9a1c07-be42-4c1e-9d6f-52a7c0b1d8e3"),
        (r"\b[0-9a-f]{64}\b", "5d4a93bcb34a176e0c2f8d91e7b3a6045f1c9e28d7064b3a95e1c8f20d7b6a43"),
        (r"\bplan [0-9a-f]{12}\b", "plan 5d4a93bcb34a"),
        (r"(block\s+|blockclearance\.kubernaut\.ai/)[0-9a-f]{12}\b", "${1}3f9a1c07be42"),
        (r"pid=\d+", "pid=4242"),
        (r"Kubernetes(:?) v\d+\.\d+\.\d+", "Kubernetes${1} v1.36.3"),
        (r"linux/\w+", "linux/x86_64"),
        (r"synced in \S+", "synced in 0.2s"),
        (r"\bAge: (\d+[hms])+", "Age: 4m9s"),
        (r"\btook (\d+[hms])+", "took 2s"),
        (r"\b(\d+[hms])+(\s+)ago\b", "4m${2}ago"),
        (r"\brenewed 4m ago", "renewed 3s ago"),
        (r"\bin 1\dm\b", "in 10m"),
        (r"\bin \dm(\d+s)?\b", "in 3m40s"),
        (r" \d\d:\d\d:\d\dZ", " 10:30:00Z"),
    ]
    .map(|(text, by)| (pattern(text), by))
    .into()
});

static TIME: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"));
static AGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d+[smh]\S*$"));

/// The screen with its stand-ins.
pub fn plain(drawn: &str) -> String {
    let screen = tables::anew(&shown(drawn), |header, row, cell| match header {
        "AGE" | "SINCE" if AGE.is_match(cell) => age(row),
        _ => everywhere(cell),
    });
    times(&everywhere(&screen))
}

fn everywhere(text: &str) -> String {
    let text = text.replace(env!("CARGO_PKG_VERSION"), "0.1.0");
    EVERYWHERE.iter().fold(text, |text, (pattern, by)| pattern.replace_all(&text, *by).into_owned())
}

/// What is left on the terminal: a line that was wiped was drawn anew, and a cursor is no text.
fn shown(drawn: &str) -> String {
    let line = |line: &str| line.rsplit("\u{1b}[2K").next().unwrap_or_default().replace("\u{1b}[?25h", "");
    let lines: Vec<String> = drawn.lines().map(line).collect();
    let text = lines.join("\n") + "\n";
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    text
}

/// The age of an object in the nth row: each a little younger than the one above.
fn age(row: usize) -> String {
    let seconds = 249_usize.saturating_sub(3 * row);
    match seconds % 60 {
        0 => format!("{}m", seconds / 60),
        rest => format!("{}m{rest}s", seconds / 60),
    }
}

/// Points in time, a second after each other; whole minutes after the first are meant, and stay.
fn times(screen: &str) -> String {
    let (begin, first) = (BEGIN.parse::<Timestamp>().unwrap(), TIME.find(screen).map(|found| found.as_str().parse::<Timestamp>().unwrap()));
    let mut told = 0..;
    let stand_in = |found: &Captures| {
        let after = found[0].parse::<Timestamp>().unwrap().duration_since(first.unwrap()).as_secs();
        let (whole, nth) = (after > 0 && after % 60 == 0, told.next().unwrap());
        (begin + SignedDuration::from_secs(if whole { after } else { nth })).to_string()
    };
    TIME.replace_all(screen, stand_in).into_owned()
}
