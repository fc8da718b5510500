//! What is known of objects of several kinds, read at once or followed.

use super::changes::Change;
use crate::cli::failure::Failure;
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use std::collections::{BTreeMap, HashMap};

/// Objects by kind, and the kinds that may not be read.
#[derive(Clone, Debug, Default)]
pub struct Known {
    objects: HashMap<Kind, BTreeMap<(String, String), Seen>>,
    hidden: Vec<(Kind, Failure)>,
}

impl Known {
    /// Takes all objects of a kind in place of what was known of it.
    pub fn replace(&mut self, kind: Kind, items: Vec<Seen>) {
        self.objects.insert(kind, items.into_iter().map(|seen| (key(&seen), seen)).collect());
    }

    /// Takes one object.
    pub fn put(&mut self, kind: Kind, seen: Seen) {
        self.objects.entry(kind).or_default().insert(key(&seen), seen);
    }

    /// Notes that a kind may not be read.
    pub fn hide(&mut self, kind: Kind, why: Failure) {
        if !self.is_hidden(kind) {
            self.hidden.push((kind, why));
        }
    }

    /// Follows a change; what the change says of the connection is left to others.
    pub fn follow(&mut self, change: Change) {
        match change {
            Change::Listed(kind, items) => self.replace(kind, items),
            Change::Put(kind, seen) => self.put(kind, seen),
            Change::Gone(kind, seen) => drop(self.objects.entry(kind).or_default().remove(&key(&seen))),
            Change::Hidden(kind, why) => self.hide(kind, why),
            Change::Lost(..) | Change::Back(_) => {}
        }
    }

    /// Whether the kind was read, or may not be.
    pub fn is_settled(&self, kind: Kind) -> bool {
        self.objects.contains_key(&kind) || self.is_hidden(kind)
    }

    /// Whether the kind may not be read.
    pub fn is_hidden(&self, kind: Kind) -> bool {
        self.hidden.iter().any(|(known, _)| *known == kind)
    }

    /// The kinds that may not be read, each with the API server's answer.
    pub fn hidden(&self) -> &[(Kind, Failure)] {
        &self.hidden
    }

    /// The objects of a kind, by namespace and name.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Seen> {
        self.objects.get(&kind).into_iter().flat_map(BTreeMap::values)
    }

    /// One object.
    pub fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Seen> {
        self.objects.get(&kind)?.get(&(namespace.to_owned(), name.to_owned()))
    }
}

fn key(seen: &Seen) -> (String, String) {
    (seen.namespace().to_owned(), seen.name().to_owned())
}
