//! The shape in which controllers and actions declare what they need; the roles are generated from it.

/// One rule of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// API groups; the core group is empty.
    pub groups: &'static [&'static str],
    /// Resources, in the plural, with their subresources.
    pub resources: &'static [&'static str],
    /// Verbs.
    pub verbs: &'static [&'static str],
}
