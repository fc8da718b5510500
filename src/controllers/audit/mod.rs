//! Keeps the audit log: derives records from what the watches show, writes each once, and tells of it by an Event.
//!
//! Writes: the audit log and its head, Events. A record that was not written yet waits in its object: whatever still exists is derived again.

mod events;
mod log;

pub use log::{Log, NotOpened, head_path, read_head, read_key};

use super::context::{Ctx, Doing, Error};
use crate::permissions::Rule;
use crate::rules::audit::{Committed, Record, records};
use crate::rules::guards::{Guards, policy_records, removed};
use futures::{StreamExt, future};
use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};
use kube::api::{Api, ListParams};
use kube::runtime::watcher;
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;
use tokio::sync::mpsc;

/// What the audit trail needs.
pub const RULES: &[Rule] = &[
    Rule { groups: &[""], resources: &["events"], verbs: &["create"] },
    Rule {
        groups: &["admissionregistration.k8s.io"],
        resources: &["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
        verbs: &["list", "watch"],
    },
];

/// What may have become worth a record.
pub enum Sighting {
    /// An object was seen, or seen for the last time.
    Object(Committed),
    /// A policy or binding changed, or went.
    Policies,
}

/// Takes sightings.
pub type Inbox = mpsc::UnboundedSender<Sighting>;

/// How many sightings are looked at together.
const AT_ONCE: usize = 1_000;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A trail that waits for sightings.
pub struct Trail {
    /// The log, already checked.
    log: Log,
    sightings: mpsc::UnboundedReceiver<Sighting>,
    own: Inbox,
}

impl Trail {
    /// A trail that goes on where the log ends, and where to send sightings.
    pub fn new(log: Log) -> (Self, Inbox) {
        let (own, sightings) = mpsc::unbounded_channel();
        (Self { log, sightings, own: own.clone() }, own)
    }

    /// Keeps the log until something happens to it that only a person can judge.
    pub async fn keep(self, ctx: Ctx) {
        let Self { log, sightings, own } = self;
        let policies = watch_policies::<ValidatingAdmissionPolicy>(ctx.client.clone(), own.clone());
        let bindings = watch_policies::<ValidatingAdmissionPolicyBinding>(ctx.client.clone(), own);
        tokio::select! {
            () = write_on(log, sightings, &ctx) => {}
            _ = future::join(policies, bindings) => {}
        }
    }
}

/// Wakes the trail when a policy or binding may have changed. What changed is read when it is judged.
async fn watch_policies<K>(client: Client, inbox: Inbox)
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let events = watcher::watcher(Api::<K>::all(client), watcher::Config::default());
    let events = kube::runtime::WatchStreamExt::default_backoff(events);
    futures::pin_mut!(events);
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Init | watcher::Event::InitApply(_)) => {}
            Ok(_) => drop(inbox.send(Sighting::Policies)),
            Err(error) => {
                let said = error.to_string();
                tracing::warn!(kind = %K::kind(&()), error = %said.lines().next().unwrap_or_default(), "watch interrupted, trying again");
            }
        }
    }
}

async fn write_on(mut log: Log, mut sightings: mpsc::UnboundedReceiver<Sighting>, ctx: &Ctx) {
    tracing::info!(log = %log.path().display(), records = log.count(), "the audit log is whole");
    // Its Event may have been lost with the process that wrote it.
    if let Some(last) = log.last().cloned() {
        tell(&last, ctx).await;
    }
    let mut seen = Vec::new();
    while sightings.recv_many(&mut seen, AT_ONCE).await > 0 {
        let news = derived(&log, std::mem::take(&mut seen), ctx).await;
        for record in news {
            match written(log, &record, ctx).await {
                Some(kept) => log = kept,
                None => return,
            }
            tell(&record, ctx).await;
        }
    }
}

/// The records that the log does not hold yet. Asks until the API server says which policies hold.
async fn derived(log: &Log, seen: Vec<Sighting>, ctx: &Ctx) -> Vec<Record> {
    let (objects, looks) = sorted(log, seen);
    if objects.is_empty() && !looks {
        return Vec::new();
    }
    let mut pause = FIRST_PAUSE;
    let (policies, bindings) = loop {
        match policies(ctx).await {
            Ok(both) => break both,
            Err(error) => {
                tracing::warn!(error = %error.in_full(), again_in = ?pause, "records wait until it is known which policies hold");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    };
    let now = ctx.clock.now();
    let current = policy_records(&policies, &bindings);
    let is_there = |uid: &str| current.iter().any(|record| record.object.uid == uid);
    let gone = log.policies().filter(|policy| !is_there(&policy.uid)).map(|policy| removed(policy, now));
    let found = records(&objects, &Guards::of(&policies, &bindings));
    let all = gone.chain(current.clone()).chain(found);
    // An object is often seen more than once before it is looked at.
    let mut new = BTreeSet::new();
    all.filter(|record| !log.knows(&record.id) && new.insert(record.id.clone())).collect()
}

/// The objects that have something new to tell, and whether the policies are to be looked at.
fn sorted(log: &Log, seen: Vec<Sighting>) -> (Vec<Committed>, bool) {
    let (mut objects, mut looks) = (Vec::new(), false);
    for sighting in seen {
        match sighting {
            Sighting::Policies => looks = true,
            Sighting::Object(object) => objects.push(object),
        }
    }
    let unknown =
        |object: &Committed| records(std::slice::from_ref(object), &Guards::default()).iter().any(|record| !log.knows(&record.id));
    objects.retain(unknown);
    (objects, looks)
}

type Policies = (Vec<ValidatingAdmissionPolicy>, Vec<ValidatingAdmissionPolicyBinding>);

/// Read live: a policy that is gone must not vouch for anybody.
async fn policies(ctx: &Ctx) -> Result<Policies, Error> {
    let (policies, bindings) = (Api::all(ctx.client.clone()), Api::all(ctx.client.clone()));
    let all = ListParams::default();
    let (policies, bindings) = future::join(policies.list(&all), bindings.list(&all)).await;
    let doing = || "list the admission policies and their bindings".to_owned();
    Ok((policies.doing(doing)?.items, bindings.doing(doing)?.items))
}

/// Tries until the record is written; `None` when the log is no longer ours to write.
async fn written(mut log: Log, record: &Record, ctx: &Ctx) -> Option<Log> {
    let mut pause = FIRST_PAUSE;
    loop {
        let (record, now) = (record.clone(), ctx.clock.now());
        let attempt = tokio::task::spawn_blocking(move || {
            let answer = log.is_untouched().and_then(|ours| if ours { log.append(&record, now).map(|()| true) } else { Ok(false) });
            (log, answer)
        });
        let answer;
        (log, answer) = attempt.await.ok()?;
        match answer {
            Ok(true) => return Some(log),
            Ok(false) => {
                tracing::error!(log = %log.path().display(), "somebody else changed the audit log; nothing more is written to it");
                return None;
            }
            Err(error) => {
                tracing::error!(log = %log.path().display(), %error, again_in = ?pause, "THE AUDIT LOG CANNOT BE WRITTEN; records wait in their objects");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// An Event is a courtesy: the record stands without it.
async fn tell(record: &Record, ctx: &Ctx) {
    if let Err(error) = events::tell(record, ctx).await {
        tracing::warn!(error = %error.in_full(), "no Event for a record of the audit log");
    }
}
