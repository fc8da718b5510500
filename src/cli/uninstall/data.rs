//! The objects of kubernaut's kinds: how many there are, and how they go.

use crate::api::labels::LEDGER_FINALIZER;
use crate::cli::connect::Connected;
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Attempted, Failure, Reason, is_missing};
use crate::cli::install::progress::Progress;
use crate::cli::kinds::Kind;
use crate::cli::read::{self, Selection};
use crate::cli::session::Session;
use futures::{StreamExt, TryStreamExt};
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::PartialObjectMeta;
use kube::{Client, ResourceExt};
use serde_json::json;
use std::time::Duration;

/// How often it is looked whether something is gone.
pub const INTERVAL: Duration = Duration::from_millis(200);
const AT_ONCE: usize = 8;
const PAGE: u32 = 500;

/// How many objects there are of each kind that is served.
pub struct Counts(Vec<(Kind, u64)>);

impl Counts {
    /// How many there are in all.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// Tells the kinds that have any.
    pub fn tell(&self, session: &Session) {
        for (kind, count) in self.0.iter().filter(|(_, count)| *count > 0) {
            session.voice.tell(&counted(*count, &kind.resource().plural));
        }
    }
}

/// A line that tells how many there are.
pub fn counted(count: u64, plural: &str) -> String {
    format!("{count:>7} {plural}")
}

/// Counts without reading the objects.
///
/// # Errors
/// When the API server refuses or does not answer.
pub async fn count(client: &Client) -> Result<Counts, Failure> {
    let mut counts = Vec::new();
    for kind in Kind::ALL {
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &kind.resource());
        match api.list_metadata(&ListParams::default().limit(1)).await {
            Err(error) if is_missing(&error) => {}
            answer => {
                let listed = answer.attempted(|| format!("count {}", kind.friendly()))?;
                let more = listed.metadata.remaining_item_count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
                counts.push((kind, listed.items.len() as u64 + more));
            }
        }
    }
    Ok(Counts(counts))
}

/// Deletes every object, and waits until all are gone. A run that waits for its outcome to be written down is let go.
///
/// # Errors
/// When the API server refuses, or something keeps an object for longer than `limit`.
pub async fn delete(connected: &Connected, counts: &Counts, dry_run: DryRun, limit: Duration, session: &Session) -> anyhow::Result<()> {
    for (kind, count) in counts.0.iter().filter(|(_, count)| *count > 0) {
        if dry_run == DryRun::None {
            let progress = Progress::begin(session, &format!("deleting {count} {}", kind.resource().plural));
            let emptied = tokio::time::timeout(limit, empty(&connected.client, *kind)).await;
            drop(progress);
            match emptied {
                Ok(emptied) => emptied?,
                Err(_) => return Err(stuck(&connected.client, *kind).await.into()),
            }
        }
        session.voice.print_line(&format!("{count} {} deleted{}", kind.resource().plural, dry_run.remark()))?;
    }
    Ok(())
}

/// The policies are let go of a moment after they are deleted, so what is refused is tried again.
async fn empty(client: &Client, kind: Kind) -> Result<(), Failure> {
    let all: Api<DynamicObject> = Api::all_with(client.clone(), &kind.resource());
    loop {
        let listed = all.list_metadata(&ListParams::default().limit(PAGE)).await.attempted(|| format!("list {}", kind.friendly()))?;
        if listed.items.is_empty() {
            return Ok(());
        }
        let goes = futures::stream::iter(&listed.items).map(|object| remove(client, kind, object)).buffer_unordered(AT_ONCE);
        let refused = goes.try_fold(false, |some, refused| async move { Ok(some || refused) }).await?;
        if refused || listed.items.iter().all(|object| object.metadata.deletion_timestamp.is_some()) {
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

/// Whether it is refused for now.
async fn remove(client: &Client, kind: Kind, object: &PartialObjectMeta<DynamicObject>) -> Result<bool, Failure> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &namespace, &kind.resource());
    let doing = || format!("delete {} in namespace {namespace}", kind.full_name(&name));
    if object.finalizers().iter().any(|finalizer| finalizer == LEDGER_FINALIZER) {
        let kept: Vec<&String> = object.finalizers().iter().filter(|finalizer| *finalizer != LEDGER_FINALIZER).collect();
        let patch = json!({ "metadata": { "finalizers": kept, "resourceVersion": object.resource_version() } });
        let patched = api.patch_metadata(&name, &PatchParams::default(), &Patch::Merge(&patch)).await;
        if settled(patched.map(drop)).attempted(doing)? {
            return Ok(true);
        }
    }
    if object.metadata.deletion_timestamp.is_some() {
        return Ok(false);
    }
    settled(api.delete(&name, &DeleteParams::background()).await.map(drop)).attempted(doing)
}

/// Gone is as good as deleted; written meanwhile, or still protected, is for the next turn.
fn settled(answer: Result<(), kube::Error>) -> Result<bool, kube::Error> {
    match answer {
        Err(error) if is_missing(&error) => Ok(false),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.message.contains("ValidatingAdmissionPolicy") => Ok(true),
        answer => answer.map(|()| false),
    }
}

/// Names one that does not go, and what keeps it.
async fn stuck(client: &Client, kind: Kind) -> Failure {
    let one = Selection { chunk: 1, ..Selection::default() };
    let left = read::list(client, kind, &one).await.map(|listed| listed.items).unwrap_or_default();
    let failure = Failure::new(Reason::Timeout, format!("not all {} are gone", kind.resource().plural));
    match left.first() {
        Some(seen) => {
            let keepers: Vec<&str> = seen.list("/metadata/finalizers").iter().filter_map(serde_json::Value::as_str).collect();
            let keepers = if keepers.is_empty() { "nothing that can be seen".to_owned() } else { keepers.join(", ") };
            failure.because(format!("{}/{} is kept by {keepers}", seen.namespace(), seen.name()))
        }
        None => failure,
    }
}
