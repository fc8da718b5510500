//! Explains a way through the tree: what was asked of each branch, what it answered, and which was never asked.

use super::{Labels, Matcher, Node, Tree};
use serde::Serialize;

/// A route and those below it, with what it made of some labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// Its line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Its conditions, all of which must hold.
    pub matchers: Vec<Tested>,
    /// Whether it was asked. Not when the route above did not match, or an earlier sibling matched without `continue`.
    pub asked: bool,
    /// Whether it was asked and all of its conditions hold.
    pub matched: bool,
    /// Whether its receivers get what has these labels: it matched, and none below it did.
    pub receives: bool,
    /// Its receivers, own or inherited; several only of the built-in receiver.
    pub receivers: Vec<String>,
    /// Whether its later siblings are asked though it matched.
    pub r#continue: bool,
    /// The routes below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Branch>,
}

/// A condition, and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    /// The condition, for example `severity=~"critical|high"`.
    pub matcher: String,
    /// Name of the label.
    pub label: String,
    /// Its value; none when the label is missing, which counts as empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Whether it holds.
    pub holds: bool,
}

impl Tested {
    fn of(matcher: &Matcher, labels: &Labels) -> Self {
        let value = labels.get(&matcher.label).cloned();
        Self { matcher: matcher.to_string(), label: matcher.label.clone(), value, holds: matcher.holds(labels) }
    }
}

impl Branch {
    /// The branches whose receivers get what has these labels, in the order of [`Tree::receivers`].
    pub fn receiving(&self) -> Vec<&Self> {
        let own = Some(self).filter(|branch| branch.receives);
        own.into_iter().chain(self.routes.iter().flat_map(Self::receiving)).collect()
    }

    /// The first condition that does not hold.
    pub fn failed(&self) -> Option<&Tested> {
        self.matchers.iter().find(|tested| !tested.holds)
    }
}

impl Tree {
    /// The whole tree, with what each branch makes of these labels.
    pub fn explain(&self, labels: &Labels) -> Branch {
        self.branch(&self.root, labels, true)
    }

    fn branch(&self, node: &Node, labels: &Labels, asked: bool) -> Branch {
        let matched = asked && node.takes(labels);
        let mut open = matched;
        let below = node.routes.iter().map(|route| {
            let branch = self.branch(route, labels, open);
            open &= !branch.matched || branch.r#continue;
            branch
        });
        let routes: Vec<Branch> = below.collect();
        Branch {
            line: node.line,
            matchers: node.matchers.iter().map(|matcher| Tested::of(matcher, labels)).collect(),
            asked,
            matched,
            receives: matched && !routes.iter().any(|route| route.matched),
            receivers: self.names(node),
            r#continue: node.r#continue,
            routes,
        }
    }
}
