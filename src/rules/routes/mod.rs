//! Decides by its labels who receives a notice: Alertmanager's routing tree.

mod build;
mod explain;
mod expression;
mod file;
mod matcher;
mod notation;
#[cfg(test)]
mod tests;

pub use explain::{Branch, Tested};
pub use matcher::{Matcher, Operator};
pub use notation::label;

use crate::rules::receivers::Receiver;
use std::collections::BTreeMap;
use std::fmt;

/// Channel of a receiver that is there to tell nobody.
pub const NOBODY: &str = "none";

/// Labels of a notice.
pub type Labels = BTreeMap<String, String>;

/// A routing tree, checked: every receiver it names is there.
#[derive(Clone, Debug)]
pub struct Tree {
    root: Node,
    receivers: BTreeMap<String, Vec<Way>>,
    built_in: Vec<String>,
    remarks: Vec<String>,
}

/// A route and those below it.
#[derive(Clone, Debug, Default)]
struct Node {
    line: Option<u64>,
    matchers: Vec<Matcher>,
    /// Its own or the nearest one's above; none is the built-in one.
    receiver: Option<String>,
    r#continue: bool,
    routes: Vec<Node>,
}

/// One way to a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The channel, for example `slack`.
    pub channel: String,
    /// Where the channel finds its address.
    pub address: Address,
}

/// Where a channel finds its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// In the settings.
    Settings,
    /// In a file of the receiver's own.
    File(std::path::PathBuf),
    /// It is written in the routing file, which nothing is sent by: an address is a credential.
    Written,
}

/// Why a routing file cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Line and column, from 1; none when it is about the whole file.
    pub place: Option<(u64, u64)>,
    /// What is wrong.
    pub why: String,
}

impl Error {
    fn nowhere(why: impl Into<String>) -> Self {
        Self { place: None, why: why.into() }
    }

    fn at(place: &serde_saphyr::Location, why: impl Into<String>) -> Self {
        Self { place: file::place(place), why: why.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

impl std::error::Error for Error {}

impl Tree {
    /// Reads a tree: an Alertmanager configuration, whole or only its `route` and `receivers`. Where its root names no receiver, that is
    /// the built-in one, of the console alone until [`Tree::with_channels`] says more.
    ///
    /// # Errors
    /// What Alertmanager would refuse, and what cannot be read, with its place.
    pub fn parse(text: &str) -> Result<Self, Error> {
        build::tree(file::File::read(text)?)
    }

    /// The tree that holds without a routing file: everything goes to every configured channel.
    pub fn built_in(configured: &[&str]) -> Self {
        let tree = Self { root: Node::default(), receivers: BTreeMap::new(), built_in: vec![], remarks: vec![] };
        tree.with_channels(configured)
    }

    /// The tree, whose built-in receiver reaches these channels.
    #[must_use]
    pub fn with_channels(mut self, configured: &[&str]) -> Self {
        self.built_in = configured.iter().map(|&channel| channel.to_owned()).collect();
        self
    }

    /// Names of the receivers of these labels, in Alertmanager's order, repeats kept. Of the built-in receiver these are its channels.
    pub fn receivers(&self, labels: &Labels) -> Vec<String> {
        self.root.hits(labels).unwrap_or_default().into_iter().flat_map(|node| self.names(node)).collect()
    }

    /// Who is to be reached, and how, for these labels; everybody once.
    pub fn deliveries(&self, labels: &Labels) -> Vec<Receiver> {
        let mut all: Vec<Receiver> = vec![];
        for name in self.receivers(labels) {
            for receiver in self.ways(&name) {
                if !all.contains(&receiver) {
                    all.push(receiver);
                }
            }
        }
        all
    }

    /// Every receiver that the file defines, with the ways to it.
    pub fn defined(&self) -> impl Iterator<Item = (&str, &[Way])> {
        self.receivers.iter().map(|(name, ways)| (name.as_str(), ways.as_slice()))
    }

    /// What the file says that does not hold here, in sentences.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    fn names(&self, node: &Node) -> Vec<String> {
        node.receiver.as_ref().map_or_else(|| self.built_in.clone(), |name| vec![name.clone()])
    }

    fn ways(&self, name: &str) -> Vec<Receiver> {
        match self.receivers.get(name) {
            None => vec![Receiver::of(name)],
            Some(ways) if ways.is_empty() => vec![Receiver { name: name.to_owned(), channel: NOBODY.to_owned() }],
            Some(ways) => ways.iter().map(|way| Receiver { name: name.to_owned(), channel: way.channel.clone() }).collect(),
        }
    }
}

impl Node {
    fn takes(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.holds(labels))
    }

    /// The routes that the labels end in; none when they do not even enter here. A route that took them ends the search among its
    /// siblings, unless it lets it go on.
    fn hits(&self, labels: &Labels) -> Option<Vec<&Self>> {
        if !self.takes(labels) {
            return None;
        }
        let mut all = vec![];
        for route in &self.routes {
            let Some(hits) = route.hits(labels) else { continue };
            all.extend(hits);
            if !route.r#continue {
                break;
            }
        }
        Some(if all.is_empty() { vec![self] } else { all })
    }
}
