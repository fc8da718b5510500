//! kubernaut: remediation for Kubernetes alerts that refuses to do harm.
pub mod api;
pub mod cli;
pub mod sandbox;
