//! What may be done to a cluster: one action a file. Each plans absolute writes and says what it needs.

pub mod cluster;
mod collect_diagnostics;
pub mod field;
mod increase_resources;
pub mod quantity;
mod restart_deployment;
mod restart_pod;

use crate::api::{Target, Write};
use crate::permissions::Rule;
use cluster::Cluster;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What an action does to a running system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// Nothing is interrupted.
    Safe,
    /// Pods restart.
    Disruptive,
    /// Something is lost.
    Destructive,
}

impl Risk {
    /// The risk in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Disruptive => "disruptive",
            Self::Destructive => "destructive",
        }
    }
}

/// What an action is asked to do.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The target; nothing outside it and what it owns is touched.
    pub target: &'a Target,
    /// Typed and bounded by the action.
    pub parameters: &'a BTreeMap<String, String>,
    /// Now, for values that hold a time.
    pub now: Timestamp,
}

/// Why an action cannot be planned or carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It will not work however often it is tried.
    #[error("{0}")]
    Refused(String),
    /// The cluster did not answer; later it may.
    #[error("could not {doing}")]
    NotNow {
        /// What was attempted.
        doing: String,
        /// The answer.
        #[source]
        source: kube::Error,
    },
}

/// One thing that may be done to a cluster.
pub trait Action: Send + Sync {
    /// Name in plans, in snake case.
    fn name(&self) -> &'static str;
    /// What it does to a running system.
    fn risk(&self) -> Risk;
    /// Whether its writes can be taken back.
    fn is_reversible(&self) -> bool;
    /// What the controllers' account needs for it.
    fn permissions(&self) -> &'static [Rule];
    /// The writes it will make, with absolute values.
    fn plan<'a>(&'a self, cluster: &'a Cluster, asked: Asked<'a>) -> BoxFuture<'a, Result<Vec<Write>, Error>>;
    /// What it reads, for an action that writes nothing.
    fn read<'a>(&'a self, _cluster: &'a Cluster, _asked: Asked<'a>) -> BoxFuture<'a, Result<String, Error>> {
        Box::pin(async { Ok(String::new()) })
    }
}

/// Every action there is. An action that is not here cannot be run.
pub const CATALOGUE: &[&dyn Action] = &[
    &collect_diagnostics::CollectDiagnostics,
    &increase_resources::IncreaseResources,
    &restart_deployment::RestartDeployment,
    &restart_pod::RestartPod,
];

/// The action of that name.
pub fn find(name: &str) -> Option<&'static dyn Action> {
    CATALOGUE.iter().copied().find(|action| action.name() == name)
}

/// Refuses parameters that the action does not know.
fn only(asked: &Asked, known: &[&str]) -> Result<(), Error> {
    match asked.parameters.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Error::Refused(format!("parameter {key:?} is not known; known are {}", known.join(", ")))),
        None => Ok(()),
    }
}
