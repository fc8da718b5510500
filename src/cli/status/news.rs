//! Tells what changed in a tree, a line for each change: for logs and pipes.

use super::tree::{Node, StatusTree};
use crate::cli::output::text::one_line;
use jiff::Timestamp;
use std::collections::HashMap;

/// What was told so far: where each object stood.
#[derive(Debug, Default)]
pub struct News {
    told: HashMap<String, String>,
    width: usize,
}

impl News {
    /// A line for each object that stands elsewhere than when it was told last: when, which, from where to where, and what else is known.
    pub fn of(&mut self, tree: &StatusTree, now: Timestamp) -> Vec<String> {
        let info = [tree.outcome.as_deref(), tree.message.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(": ");
        let root = (format!("rr/{}", tree.name()), tree.phase.clone(), info);
        let nodes = tree.nodes();
        let there = nodes.iter().filter_map(|node| Some((node.short.clone(), node.phase.clone()?, told_of(node))));
        let all: Vec<(String, String, String)> = std::iter::once(root).chain(there).collect();
        let longest = all.iter().map(|(object, ..)| object.chars().count()).max().unwrap_or_default();
        self.width = self.width.max(longest);
        all.into_iter().filter_map(|(object, state, info)| self.line(&object, &state, &info, now)).collect()
    }

    /// A line, if the object stands elsewhere than when it was told last.
    pub fn line(&mut self, object: &str, state: &str, info: &str, now: Timestamp) -> Option<String> {
        let before = self.told.insert(object.to_owned(), state.to_owned());
        if before.as_deref() == Some(state) {
            return None;
        }
        let change = before.map_or_else(|| format!("-> {state}"), |before| format!("{before} -> {state}"));
        let (object, change, info) = (one_line(object), one_line(&change), one_line(info));
        Some(
            format!("{}  {object:width$}  {change:34}  {info}", now.strftime("%Y-%m-%dT%H:%M:%SZ"), width = self.width)
                .trim_end()
                .to_owned(),
        )
    }
}

fn told_of(node: &Node) -> String {
    let deadline = node.deadline.map(|at| format!("expires at {}", at.strftime("%Y-%m-%dT%H:%M:%SZ")));
    [Some(node.info.clone()).filter(|info| !info.is_empty()), deadline].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
