//! Tests what only a real control plane can show. The first run on a machine builds it, which takes minutes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod chain;
mod clearing;
mod controllers;
mod history;
mod hostile;
mod kills;
mod proxy;
mod sandbox;
mod stage;
mod support;
mod two_copies;
