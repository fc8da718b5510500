//! Decides which owner of an object is followed upwards, and where the chain ends.

use crate::api::Target;
use crate::rules::alert::is_name;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use std::collections::BTreeMap;

/// The labels of an alert that name the root of an object which is gone.
const NAMES_A_ROOT: [&str; 3] = ["deployment", "statefulset", "daemonset"];

/// Longest owner chain that is followed.
pub const MOST_HOPS: usize = 5;

/// A kind whose owner chain we follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Pod,
    ReplicaSet,
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    Node,
    Service,
}

/// How a kind is addressed: kind, API group, plural.
type Address = (&'static str, &'static str, &'static str);

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Pod,
        Self::ReplicaSet,
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::CronJob,
        Self::Node,
        Self::Service,
    ];

    const fn address(self) -> Address {
        match self {
            Self::Pod => ("Pod", "", "pods"),
            Self::ReplicaSet => ("ReplicaSet", "apps", "replicasets"),
            Self::Deployment => ("Deployment", "apps", "deployments"),
            Self::StatefulSet => ("StatefulSet", "apps", "statefulsets"),
            Self::DaemonSet => ("DaemonSet", "apps", "daemonsets"),
            Self::Job => ("Job", "batch", "jobs"),
            Self::CronJob => ("CronJob", "batch", "cronjobs"),
            Self::Node => ("Node", "", "nodes"),
            Self::Service => ("Service", "", "services"),
        }
    }

    /// The kind as it stands in an object, for example `ReplicaSet`.
    pub const fn name(self) -> &'static str {
        self.address().0
    }

    /// Its API group; empty for the core group. All are served as `v1`.
    pub const fn group(self) -> &'static str {
        self.address().1
    }

    /// Its plural, as in the API server's paths.
    pub const fn plural(self) -> &'static str {
        self.address().2
    }

    /// Whether its objects live in a namespace.
    pub const fn is_namespaced(self) -> bool {
        !matches!(self, Self::Node)
    }

    /// The kind of this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// The kinds that own this one and speak for it.
    const fn spoken_for_by(self) -> &'static [Self] {
        match self {
            Self::Pod => &[Self::ReplicaSet, Self::StatefulSet, Self::DaemonSet, Self::Job],
            Self::ReplicaSet => &[Self::Deployment],
            Self::Job => &[Self::CronJob],
            _ => &[],
        }
    }
}

/// The owner to look at next; none when the object stands for itself.
pub fn followed(kind: Kind, owners: &[OwnerReference]) -> Option<(Kind, &OwnerReference)> {
    let controller = owners.iter().find(|owner| owner.controller == Some(true))?;
    let group = controller.api_version.split_once('/').map_or("", |(group, _)| group);
    let above = kind.spoken_for_by().iter().find(|above| above.name() == controller.kind && above.group() == group)?;
    Some((*above, controller))
}

/// The workload that an alert's labels name in place of an object that is gone.
pub fn named_by(labels: &BTreeMap<String, String>, object: &Target) -> Option<(Kind, Target)> {
    let namespace = object.namespace.as_deref()?;
    let fits = |name: &&String| is_name(name, 253);
    let (label, name) = NAMES_A_ROOT.iter().find_map(|label| Some((*label, labels.get(*label).filter(fits)?)))?;
    Some((Kind::named(label)?, Target::namespaced(namespace, label, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(api_version: &str, kind: &str, controller: bool) -> OwnerReference {
        OwnerReference {
            api_version: api_version.into(),
            kind: kind.into(),
            name: "above".into(),
            uid: "u".into(),
            controller: Some(controller),
            ..Default::default()
        }
    }

    #[test]
    fn the_chain_ends_at_the_first_object_that_nobody_we_know_controls() {
        #[rustfmt::skip]
        let table = [
            ("a pod of a deployment",       Kind::Pod,         owner("apps/v1", "ReplicaSet", true),               Some(Kind::ReplicaSet)),
            ("a replica set of one",        Kind::ReplicaSet,  owner("apps/v1", "Deployment", true),               Some(Kind::Deployment)),
            ("a pod of a stateful set",     Kind::Pod,         owner("apps/v1", "StatefulSet", true),              Some(Kind::StatefulSet)),
            ("a pod of a daemon set",       Kind::Pod,         owner("apps/v1", "DaemonSet", true),                Some(Kind::DaemonSet)),
            ("a pod of a job",              Kind::Pod,         owner("batch/v1", "Job", true),                     Some(Kind::Job)),
            ("a job of a cron job",         Kind::Job,         owner("batch/v1", "CronJob", true),                 Some(Kind::CronJob)),
            ("an owner that controls not",  Kind::Pod,         owner("apps/v1", "ReplicaSet", false),              None),
            ("a static pod of a node",      Kind::Pod,         owner("v1", "Node", true),                          None),
            ("a rollout of another group",  Kind::ReplicaSet,  owner("argoproj.io/v1alpha1", "Rollout", true),     None),
            ("a kind of another group",     Kind::Pod,         owner("apps.openkruise.io/v1", "StatefulSet", true), None),
            ("a deployment of an operator", Kind::Deployment,  owner("example.com/v1", "Shop", true),              None),
            ("a deployment stands alone",   Kind::Deployment,  owner("apps/v1", "Deployment", true),               None),
            ("a node stands alone",         Kind::Node,        owner("apps/v1", "Deployment", true),               None),
        ];
        for (case, kind, owner, expected) in table {
            assert_eq!(followed(kind, &[owner]).map(|(kind, _)| kind), expected, "{case}");
        }
        assert_eq!(followed(Kind::Pod, &[]), None, "a bare pod stands for itself");
    }

    #[test]
    fn no_chain_is_longer_than_is_followed() {
        fn height(kind: Kind) -> usize {
            kind.spoken_for_by().iter().map(|above| 1 + height(*above)).max().unwrap_or(0)
        }
        assert!(Kind::ALL.into_iter().all(|kind| height(kind) <= MOST_HOPS));
    }
}
