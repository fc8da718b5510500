//! What may be done to a cluster: one action a file. Each plans absolute writes and says what it needs.

pub mod cluster;
mod collect_diagnostics;
pub mod field;
mod increase_resources;
pub mod quantity;
mod restart_deployment;
mod restart_pod;

use crate::api::{SYSTEM_NAMESPACE, Target, Write};
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
    /// Whether its writes hold the time at which they are planned: no two plans of it are then the same.
    fn writes_the_time(&self) -> bool {
        false
    }
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

/// Namespaces in which nothing is ever changed.
pub const NEVER_TOUCHED: &[&str] = &["kube-system", SYSTEM_NAMESPACE];

/// Refuses a plan for a target, or a write to an object, where nothing is ever changed.
///
/// # Errors
/// Names the namespace.
pub fn in_bounds(target: &Target, writes: &[Write]) -> Result<(), Error> {
    let namespaces = writes.iter().map(|write| write.object.namespace.as_deref()).chain([target.namespace.as_deref()]);
    let never = namespaces.flatten().find(|namespace| NEVER_TOUCHED.contains(namespace));
    let elsewhere = writes.iter().find(|write| target.namespace.is_some() && write.object.namespace != target.namespace);
    match (never, elsewhere) {
        (Some(namespace), _) => Err(Error::Refused(format!("nothing is ever changed in namespace {namespace}"))),
        (None, Some(write)) => Err(Error::Refused(format!("{} {} is outside of {target}", write.object.kind, write.object.name))),
        (None, None) => Ok(()),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ObjectId;

    #[test]
    fn nothing_is_changed_out_of_bounds() {
        let on = |namespace: &str| Write {
            object: ObjectId { namespace: Some(namespace.to_owned()), ..ObjectId::default() },
            ..Write::default()
        };
        let api = Target::namespaced("payment", "deployment", "api");
        #[rustfmt::skip]
        let table = [
            ("the target's namespace",          api.clone(),                                              vec![on("payment")],     true),
            ("nothing to write",                api.clone(),                                              vec![],                  true),
            ("another namespace",               api.clone(),                                              vec![on("shop")],        false),
            ("a target of the cluster's own",   Target::namespaced("kube-system", "deployment", "coredns"), vec![],                false),
            ("a target of ours",                Target::namespaced("kubernaut-system", "deployment", "x"), vec![],                 false),
            ("a write where nothing is changed", Target::cluster("node", "n"),                            vec![on("kube-system")], false),
        ];
        for (case, target, writes, fits) in table {
            assert_eq!(in_bounds(&target, &writes).is_ok(), fits, "{case}");
        }
    }
}
