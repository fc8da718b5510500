//! Runs a real Kubernetes control plane on this machine, with fake nodes, for trying things out and for tests.
//!
//! A [`Sandbox`] is etcd, the API server, the controller manager, the scheduler and kwok, built once from Go modules
//! ([`Binaries`]) and run by a keeper process ([`keeper`]) that ends them whenever the sandbox ends, however that happens.

mod binaries;
mod build;
mod certificates;
mod cluster;
mod components;
mod error;
mod identities;
pub mod keeper;
mod processes;
mod protocol;
mod ready;

pub use binaries::{Binaries, Sources, kubernetes_version};
pub use cluster::{Options, Sandbox};
pub use components::Component;
pub use error::Error;
pub use identities::PEOPLE;
