//! Decisions: data in, decision out, each beside its table of cases. No clock, no cluster, no async, no randomness.

pub mod alert;
pub mod approval;
pub mod audit;
pub mod chain;
pub mod clearing;
pub mod confidence;
pub mod course;
pub mod delivery;
pub mod gate;
pub mod gitops;
pub mod guards;
pub mod health;
pub mod intake;
pub mod ledger;
pub mod owners;
pub mod plan;
pub mod prospect;
pub mod rebuild;
pub mod receivers;
pub mod review;
pub mod routes;
pub mod run;
pub mod standing;
pub mod step_run;
pub mod steps;
pub mod stuck;
pub mod text;
pub mod wording;

#[cfg(test)]
mod audit_tests;
#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod delivery_tests;
#[cfg(test)]
mod intake_tests;
#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod steps_tests;
#[cfg(test)]
mod wording_tests;
