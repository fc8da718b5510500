//! kubernaut: remediation for Kubernetes alerts that refuses to do harm.
//!
//! An alert becomes a request, the request is analysed, the analysis is approved, and the approved plan runs.
//! `api` holds what users see, `rules` decides, `controllers` look and act, `cli` talks to people.

pub mod actions;
pub mod analysts;
pub mod api;
pub mod channels;
pub mod cli;
pub mod clock;
pub mod controllers;
pub mod manifests;
pub mod permissions;
pub mod rules;
pub mod sandbox;
pub mod settings;
