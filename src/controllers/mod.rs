//! The shell: looks at the cluster, asks the rules, writes what they decided.

pub mod context;
pub mod gateway;
pub mod notification;
pub mod permissions;
pub mod root;

#[cfg(test)]
mod fake_api;
#[cfg(test)]
mod notification_tests;
#[cfg(test)]
mod root_tests;
