//! The name of what is remediated: `namespace/kind/name`, or `kind/name` for cluster-scoped kinds.

use super::SYSTEM_NAMESPACE;
use std::{fmt, str::FromStr};

/// A normalised target: the kind is in lower case, so two spellings of one object are one target.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// Absent for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// Kind in lower case, for example `deployment`.
    pub kind: String,
    /// Name of the object.
    pub name: String,
}

/// Why a text is not a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a target: write namespace/kind/name, or kind/name for a cluster-scoped object")]
pub struct NotATarget {
    /// The text that was refused.
    pub text: String,
}

impl Target {
    /// A target in a namespace.
    pub fn namespaced(namespace: &str, kind: &str, name: &str) -> Self {
        Self { namespace: Some(namespace.to_owned()), kind: kind.to_lowercase(), name: name.to_owned() }
    }

    /// A cluster-scoped target.
    pub fn cluster(kind: &str, name: &str) -> Self {
        Self { namespace: None, kind: kind.to_lowercase(), name: name.to_owned() }
    }

    /// Whether two texts name one target: kinds are compared in lower case.
    pub fn same(one: &str, other: &str) -> bool {
        one == other || matches!((one.parse::<Self>(), other.parse::<Self>()), (Ok(one), Ok(other)) if one == other)
    }

    /// Where the target's ledger and cluster-scoped targets' requests live.
    pub fn home(&self) -> &str {
        self.namespace.as_deref().unwrap_or(SYSTEM_NAMESPACE)
    }

    /// Name of the target's ledger.
    pub fn ledger_name(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}/{}/{}", self.kind, self.name),
            None => write!(f, "{}/{}", self.kind, self.name),
        }
    }
}

impl FromStr for Target {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, NotATarget> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            _ if parts.iter().any(|part| part.is_empty()) => Err(NotATarget { text: text.to_owned() }),
            [namespace, kind, name] => Ok(Self::namespaced(namespace, kind, name)),
            [kind, name] => Ok(Self::cluster(kind, name)),
            _ => Err(NotATarget { text: text.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn a_target_has_two_or_three_parts_and_a_lower_case_kind() {
        #[rustfmt::skip]
        let table = [
            ("three parts",              "payment/deployment/api", Some("payment/deployment/api")),
            ("mixed case is one target", "payment/Deployment/api", Some("payment/deployment/api")),
            ("names keep their case",    "payment/deployment/Api", Some("payment/deployment/Api")),
            ("cluster scoped",           "Node/worker-1",          Some("node/worker-1")),
            ("one part",                 "worker-1",               None),
            ("four parts",               "a/b/c/d",                None),
            ("an empty part",            "a//c",                   None),
            ("nothing",                  "",                       None),
        ];
        for (case, text, expected) in table {
            let read = text.parse::<Target>().ok().map(|t| t.to_string());
            assert_eq!(read.as_deref(), expected, "{case}");
        }
    }
}
