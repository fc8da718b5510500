//! What a simulation looks at: a cluster, which it only reads, or files that stand in for one.

use super::stand_in::StandIn;
use crate::actions::cluster::Cluster;
use crate::api::{RemediationPhase, RemediationTargetStatus, Target};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::ledgers::decode::{time, word};
use crate::cli::ledgers::{self, World, live};
use crate::cli::output::{Seen, text::one_line};
use crate::cli::read::{self, Selection};
use crate::cli::session::Session;
use crate::controllers::root::{self, NoRoot};
use crate::rules::alert::{Alerting, fingerprint};
use crate::rules::intake::{self, Known};
use crate::rules::owners;
use crate::settings::Settings;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, ResourceExt};
use std::collections::BTreeMap;

/// What a simulation looks at.
pub struct Scene<'a> {
    /// Reads the workloads.
    pub client: Client,
    /// Where everything else is read.
    pub place: Place<'a>,
    /// Who asks.
    pub session: &'a Session,
    /// The time that is simulated.
    pub now: Timestamp,
    /// The settings that hold.
    pub settings: Settings,
}

/// A cluster, or files.
pub enum Place<'a> {
    /// A cluster.
    Cluster(&'a Connected),
    /// Files: objects of our kinds, and the workloads.
    Files(Box<World>, StandIn),
}

/// The target of an alert.
pub enum Rooted {
    /// It is there.
    Found(Target),
    /// It is not in the files, so it is what the alert says; and a note of that.
    Assumed(Target, String),
    /// The gateway would refuse the alert for good, and why.
    Refused(String),
}

impl Scene<'_> {
    /// Reads the objects that actions work on.
    pub fn cluster(&self) -> Cluster {
        Cluster::new(self.client.clone())
    }

    /// What was asked for since this was called last and is missing from the files; a cluster is complete.
    pub fn missed(&self) -> Vec<String> {
        match &self.place {
            Place::Cluster(_) => Vec::new(),
            Place::Files(_, stand_in) => stand_in.missed(),
        }
    }

    /// The requests of an alert's fingerprint.
    ///
    /// # Errors
    /// The API server's answer.
    pub async fn known(&self, alerting: &Alerting) -> Result<Vec<Known>, Failure> {
        let (home, print) = (alerting.object.home(), &alerting.fingerprint);
        match &self.place {
            Place::Cluster(connected) => {
                let fields = Some(format!("spec.signalFingerprint={print}"));
                let selection = Selection { namespace: Some(home.to_owned()), fields, ..Selection::default() };
                let listed = read::list(&connected.client, Kind::Remediation, &selection).await;
                let listed = listed.attempted(|| format!("list remediations in namespace {home}"))?;
                Ok(listed.items.iter().map(as_known).collect())
            }
            Place::Files(world, _) => {
                let requests = world.objects.iter().filter(|(kind, _)| *kind == Kind::Remediation).map(|(_, seen)| seen);
                Ok(requests.filter(|seen| seen.namespace() == home && print_of(seen) == *print).map(as_known).collect())
            }
        }
    }

    /// The target of an alert, found as the gateway finds it.
    ///
    /// # Errors
    /// When it cannot be read now.
    pub async fn root(&self, alerting: &Alerting, labels: &BTreeMap<String, String>) -> Result<Rooted, Failure> {
        self.missed();
        let not_found = match root::find(&self.client, &alerting.object, labels).await {
            Ok(root) => return Ok(Rooted::Found(root.target)),
            Err(not_found) => not_found,
        };
        match not_found {
            NoRoot::UnknownKind { .. } => Ok(Rooted::Refused(not_found.to_string())),
            NoRoot::NotNow { ref what, .. } if !self.missed().is_empty() => Ok(self.assumed(alerting, labels, Some(what))),
            NoRoot::TargetGone { .. } if matches!(self.place, Place::Files(..)) => Ok(self.assumed(alerting, labels, None)),
            NoRoot::TargetGone { .. } => Ok(Rooted::Refused(not_found.to_string())),
            NoRoot::NotNow { .. } => {
                Err(Failure::new(Reason::Internal, format!("cannot find the target of {}: {not_found}", alerting.alert)))
            }
        }
    }

    /// The environment of a target's namespace, and a note where nobody may tell.
    pub async fn environment(&self, target: &Target) -> (String, Option<String>) {
        let Some(name) = &target.namespace else { return (intake::environment(None), None) };
        match Api::<Namespace>::all(self.client.clone()).get_metadata(name).await {
            Ok(namespace) => (intake::environment(namespace.labels().get("environment")), None),
            Err(_) if matches!(self.place, Place::Files(..)) => (intake::environment(None), None),
            Err(error) => {
                let note = format!("the environment is not known, as namespace {name} cannot be read: {error}");
                (intake::environment(None), Some(one_line(&note)))
            }
        }
    }

    /// The ledger of a target, as it is stored or would be rebuilt.
    ///
    /// # Errors
    /// The API server's answer.
    pub async fn ledger(&self, target: &Target) -> Result<RemediationTargetStatus, Failure> {
        let of = |world: &World| ledgers::of(world, target, self.now, &self.settings.gate).status;
        match &self.place {
            Place::Files(world, _) => Ok(of(world)),
            Place::Cluster(connected) => {
                let mut remark = |text: String| self.session.voice.tell(&format!("warning: {}", one_line(&text)));
                Ok(of(&World::of(live::ledger(connected, target, self.session).await?, &mut remark)))
            }
        }
    }

    /// Files hold what somebody thought of: what they leave out is taken from the alert and from names, and said.
    fn assumed(&self, alerting: &Alerting, labels: &BTreeMap<String, String>, missing: Option<&Target>) -> Rooted {
        let object = missing.unwrap_or(&alerting.object);
        let named = owners::named_by(labels, &alerting.object).map(|(_, target)| target);
        let target = named.or_else(|| deployment_of(object)).or_else(|| self.workload_of(object));
        let gone = format!("{object} is not in the files, so ");
        match target.filter(|target| target != object) {
            Some(target) => Rooted::Assumed(target.clone(), format!("{gone}the target is taken to be {target}")),
            None => Rooted::Assumed(alerting.object.clone(), format!("{gone}it is taken to stand for itself")),
        }
    }

    /// A workload that the files name and that a pod is named after, as controllers name pods; the longest name is the nearest.
    fn workload_of(&self, pod: &Target) -> Option<Target> {
        let Place::Files(world, stand_in) = &self.place else { return None };
        let workload = |target: &Target| matches!(target.kind.as_str(), "deployment" | "statefulset" | "daemonset");
        let begins = |target: &Target| pod.name.strip_prefix(&target.name).is_some_and(|rest| rest.starts_with('-'));
        let runs = world.runs.iter().map(|run| run.target.clone());
        let all = runs.chain(world.ledgers.iter().map(|ledger| ledger.target.clone())).chain(stand_in.targets());
        let fits = |target: &Target| target.namespace == pod.namespace && pod.kind == "pod" && workload(target) && begins(target);
        all.filter(fits).max_by_key(|target| (target.name.len(), target.clone()))
    }
}

/// The deployment controller names its ReplicaSets `<deployment>-<hash>`.
fn deployment_of(object: &Target) -> Option<Target> {
    let name = object.name.rsplit_once('-').filter(|_| object.kind == "replicaset")?.0;
    Some(Target::namespaced(object.namespace.as_deref()?, "deployment", name))
}

fn as_known(seen: &Seen) -> Known {
    let phase: Option<RemediationPhase> = serde_json::from_value(word(seen, "/status/phase").into()).ok();
    Known {
        name: seen.name().to_owned(),
        over: phase.is_some_and(RemediationPhase::is_over) || seen.at("/metadata/deletionTimestamp").is_some(),
        began: time(seen, "/spec/firingTime").unwrap_or(Timestamp::UNIX_EPOCH),
        resolved: time(seen, "/status/signal/resolvedAt"),
    }
}

/// The fingerprint of a request; of one that was written without, that of its alert and target.
fn print_of(seen: &Seen) -> String {
    let target = word(seen, "/spec/targetResource").parse::<Target>().ok();
    let own = Some(word(seen, "/spec/signalFingerprint")).filter(|own| !own.is_empty());
    own.or_else(|| Some(fingerprint(&word(seen, "/spec/signalName"), &target?))).unwrap_or_default()
}
