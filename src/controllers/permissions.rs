//! What a controller may do, declared beside it: its role is generated from this.

/// One rule of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// API groups; `""` is the core group.
    pub groups: &'static [&'static str],
    /// Resources, subresources written `pods/status`.
    pub resources: &'static [&'static str],
    /// Verbs.
    pub verbs: &'static [&'static str],
}
