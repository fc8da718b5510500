//! Decisions. No clock, no cluster, no async: everything comes in as arguments.

pub mod approval;
pub mod confidence;

pub mod course;
pub mod gate;
pub mod health;
pub mod ledger;
pub mod plan;
pub mod run;
pub mod step_run;
pub mod steps;
