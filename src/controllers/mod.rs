//! The shell: looks at the cluster, asks the rules, writes what they decided.

pub mod analysis;
pub mod audit;
pub mod clearing;
pub mod conditions;
pub mod context;
pub mod decision;
pub mod engine;
pub mod gateway;
pub mod leadership;
pub mod ledger;
pub mod notification;
pub mod objects;
pub mod orchestrator;
pub mod own_writes;
pub mod processing;
pub mod retries;
pub mod root;
pub mod shadow;
pub mod step;
pub mod stores;
pub mod workflow;

#[cfg(test)]
mod fake_api;
#[cfg(test)]
mod notification_tests;
#[cfg(test)]
mod root_tests;
#[cfg(test)]
mod step_tests;
#[cfg(test)]
mod workflow_tests;
