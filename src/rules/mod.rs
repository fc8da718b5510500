//! Decisions: data in, decision out, each beside its table of cases. No clock, no cluster, no randomness.

pub mod alert;
pub mod delivery;
pub mod intake;
pub mod owners;
pub mod receivers;
pub mod text;
pub mod wording;

#[cfg(test)]
mod delivery_tests;
#[cfg(test)]
mod intake_tests;
#[cfg(test)]
mod wording_tests;
