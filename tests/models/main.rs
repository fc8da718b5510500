//! Proves the promises over the real rules, and shows that each check fails when the design is sabotaged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod approval;
mod approval_moves;
mod checks;
mod clearing;
mod clearing_moves;
mod ledger;
mod ledger_checks;
mod ledger_moves;
mod ledger_state;
mod people;
mod properties;
mod quiet;
mod replicas;
mod replicas_moves;
mod rules;
mod sabotage;
mod table;
mod world;
