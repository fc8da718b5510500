//! What a column of a table is: its header, and how its cells are read from an object.

use crate::cli::output::{Seen, Times};
use jiff::Timestamp;
use serde_json::Value;

/// When rows are shown, and how points in time are.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// How points in time are shown.
    pub times: Times,
    /// Now.
    pub now: Timestamp,
}

/// How the cells of a column are read.
#[derive(Clone, Copy)]
enum Reads {
    /// The text or number at a pointer; this word where there is none.
    Or(&'static str, &'static str),
    /// `kind/name` of the target at a pointer.
    Target(&'static str),
    /// How long ago the API server stored the object first.
    Age,
    /// From what is at these pointers.
    Made(&'static [&'static str], fn(&Seen, Moment) -> String),
}

/// A column of a table.
#[derive(Clone, Copy)]
pub struct Column {
    /// Its header.
    pub header: &'static str,
    /// Whether it is shown only when more was asked for.
    pub wide: bool,
    /// Whether it holds prose, which may be shortened on a terminal.
    pub prose: bool,
    reads: Reads,
}

impl Column {
    const fn new(header: &'static str, reads: Reads) -> Self {
        Self { header, wide: false, prose: false, reads }
    }

    /// The text or number at a pointer.
    pub const fn text(header: &'static str, pointer: &'static str) -> Self {
        Self::new(header, Reads::Or(pointer, ""))
    }

    /// The text or number at a pointer; `word` where there is none.
    pub const fn or(header: &'static str, pointer: &'static str, word: &'static str) -> Self {
        Self::new(header, Reads::Or(pointer, word))
    }

    /// `kind/name` of the target at a pointer.
    pub const fn target(pointer: &'static str) -> Self {
        Self::new("TARGET", Reads::Target(pointer))
    }

    /// How long ago the API server stored the object first.
    pub const fn age() -> Self {
        Self::new("AGE", Reads::Age)
    }

    /// What a function makes of the values at these pointers.
    pub const fn made(header: &'static str, needs: &'static [&'static str], how: fn(&Seen, Moment) -> String) -> Self {
        Self::new(header, Reads::Made(needs, how))
    }

    /// Shown only when more was asked for.
    pub const fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// Prose, which may be shortened on a terminal.
    pub const fn prose(mut self) -> Self {
        self.prose = true;
        self
    }

    /// The pointers that the cells are read from.
    pub fn needs(&'static self) -> &'static [&'static str] {
        match &self.reads {
            Reads::Or(pointer, _) | Reads::Target(pointer) => std::slice::from_ref(pointer),
            Reads::Age => &["/metadata/creationTimestamp"],
            Reads::Made(pointers, _) => pointers,
        }
    }

    /// The cell of an object; empty where there is nothing.
    pub fn cell(&self, seen: &Seen, moment: Moment) -> String {
        match self.reads {
            Reads::Or(pointer, word) => Some(plain(seen, pointer)).filter(|text| !text.is_empty()).unwrap_or_else(|| word.to_owned()),
            Reads::Target(pointer) => seen.short_target(pointer),
            Reads::Age => moment.times.since(seen.created(), moment.now),
            Reads::Made(_, how) => how(seen, moment),
        }
    }
}

/// The text, number or truth at a pointer; empty for anything else.
pub fn plain(seen: &Seen, pointer: &str) -> String {
    match seen.at(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
        _ => String::new(),
    }
}
