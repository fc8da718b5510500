//! Proves the promises over the real rules, and shows that each check fails when the design is sabotaged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod approval;
mod approval_moves;
mod checks;
mod clearing;
mod ledger;
mod ledger_moves;
mod people;
mod properties;
mod replicas;
mod replicas_moves;
mod rules;
mod sabotage;
mod table;
mod world;
