//! The shell: looks at the cluster, asks the rules, writes what they decided.

pub mod context;
pub mod permissions;
