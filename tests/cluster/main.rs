//! Tests what only a real control plane can show. The first run on a machine builds it, which takes minutes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod act;
mod audit;
mod call;
mod chain;
mod clear_block;
mod clearing;
mod controllers;
mod crashes;
mod decide;
mod end;
mod fault;
mod flows;
mod get;
mod history;
mod hostile;
mod interleavings;
mod kills;
mod operate;
mod point;
mod proxy;
#[path = "../shared/pty.rs"]
mod pty;
mod rights;
mod route_send;
mod sandbox;
mod scenarios;
mod screens;
mod simulate;
mod snapshot;
mod stage;
mod status;
mod step_approvals;
mod support;
mod sweep;
#[path = "../shared/tls.rs"]
mod tls;
mod two_copies;
