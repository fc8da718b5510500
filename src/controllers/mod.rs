//! The shell: looks at the cluster, asks the rules, writes what they decided.

pub mod analysis;
pub mod context;
pub mod engine;
pub mod ledger;
pub mod objects;
pub mod orchestrator;
pub mod processing;
pub mod retries;
pub mod step;
pub mod stores;
pub mod workflow;
