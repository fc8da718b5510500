//! Records what was committed about the runs and ledgers of a namespace, in the order of the commits.

use crate::stage::{Scene, is_at_work};
use crate::support::eventually;
use futures::{StreamExt, TryStreamExt};
use kube::api::{Api, ListParams, WatchEvent, WatchParams};
use kube::{Resource, ResourceExt};
use kubernaut::api::{RemediationTarget, WorkflowExecution};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

/// One commit.
#[derive(Clone, Debug)]
enum Commit {
    Run { uid: String, target: String, at_work: bool },
    Ledger { target: String, holder: Option<String>, recorded: BTreeSet<String> },
}

type Commits = Arc<Mutex<BTreeMap<u64, Commit>>>;

/// A running recorder.
pub struct History {
    commits: Commits,
}

impl History {
    /// Records from now on, until the test ends.
    pub async fn of(scene: &Scene) -> Self {
        let commits = Commits::default();
        record(scene.api::<WorkflowExecution>(), commits.clone(), |run| Commit::Run {
            uid: run.uid().unwrap(),
            target: run.spec.target_resource.clone(),
            at_work: is_at_work(run),
        })
        .await;
        record(scene.api::<RemediationTarget>(), commits.clone(), |ledger| {
            let status = ledger.status.clone().unwrap_or_default();
            let recorded = status.runs.iter().map(|run| run.run.uid.clone()).collect();
            Commit::Ledger { target: ledger.spec.target_resource.clone(), holder: status.holder.map(|holder| holder.run.uid), recorded }
        })
        .await;
        Self { commits }
    }

    /// Fails if two runs were ever at work on one target. A run is from its `Executing` until its end stands in the ledger.
    /// How many runs were at work at all.
    pub async fn runs_one_at_a_time(&self, scene: &Scene) -> usize {
        self.has_seen_everything(scene).await;
        let commits = self.commits.lock().unwrap().clone();
        let mut ledgers: BTreeMap<String, (Option<String>, BTreeSet<String>)> = BTreeMap::new();
        let mut at_work: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut ever = BTreeSet::new();
        for (version, commit) in commits {
            match commit {
                Commit::Ledger { target, holder, recorded } => {
                    let busy = at_work.entry(target.clone()).or_default();
                    busy.retain(|uid| !recorded.contains(uid));
                    assert!(
                        busy.iter().all(|uid| holder.as_ref() == Some(uid)),
                        "at {version}, {target} is held by {holder:?}, not by {busy:?}"
                    );
                    ledgers.insert(target, (holder, recorded));
                }
                Commit::Run { uid, target, at_work: works } => {
                    let (holder, recorded) = ledgers.get(&target).cloned().unwrap_or_default();
                    let busy = at_work.entry(target.clone()).or_default();
                    if works && !recorded.contains(&uid) {
                        assert_eq!(holder.as_ref(), Some(&uid), "at {version}, a run works on {target} without holding it");
                        busy.insert(uid.clone());
                        ever.insert(uid);
                        assert!(busy.len() <= 1, "at {version}, {busy:?} are at work on {target}");
                    } else {
                        busy.remove(&uid);
                    }
                }
            }
        }
        ever.len()
    }

    async fn has_seen_everything(&self, scene: &Scene) {
        let runs = scene.api::<WorkflowExecution>().list(&ListParams::default()).await.unwrap();
        let ledgers = scene.api::<RemediationTarget>().list(&ListParams::default()).await.unwrap();
        let written = runs.iter().map(version).chain(ledgers.iter().map(version)).max().unwrap_or(0);
        eventually("the history is complete", async || self.commits.lock().unwrap().keys().max().is_some_and(|last| *last >= written))
            .await;
    }
}

fn version<K: Resource>(object: &K) -> u64 {
    object.meta().resource_version.as_ref().unwrap().parse().unwrap()
}

/// One watch without gaps: if the API server ends it, it goes on where it was.
async fn record<K>(api: Api<K>, commits: Commits, read: impl Fn(&K) -> Commit + Send + 'static)
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let mut seen = api.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
    tokio::spawn(async move {
        loop {
            let Ok(events) = api.watch(&WatchParams::default(), &seen).await else { continue };
            let mut events = events.boxed();
            while let Ok(Some(event)) = events.try_next().await {
                match event {
                    WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object) => {
                        seen = object.resource_version().unwrap();
                        commits.lock().unwrap().insert(seen.parse().unwrap(), read(&object));
                    }
                    WatchEvent::Bookmark(mark) => seen = mark.metadata.resource_version,
                    WatchEvent::Error(error) => panic!("the history has a gap: {error}"),
                }
            }
        }
    });
}
