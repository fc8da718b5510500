//! kubernaut: remediation for Kubernetes alerts that refuses to do harm.
//!
//! An alert becomes a request, the request is analysed, the analysis is approved, and the approved plan runs.
//! `api` holds what users see, `rules` decides, `controllers` look and act, `cli` talks to people.

pub mod api;
pub mod cli;
pub mod clock;
pub mod controllers;
pub mod manifests;
pub mod settings;
