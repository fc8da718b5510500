//! Knows when an object was first seen, and waits for facts: by watches with deadlines, never by sleeping.

use anyhow::{Context, Result};
use futures::StreamExt;
use kube::api::Api;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use kubernaut::controllers::objects::Kind;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_secs(60);

/// An object, and when its first event arrived.
pub struct Sight<K> {
    /// When.
    pub first: Instant,
    /// As it is now.
    pub object: K,
}

/// Everything seen of a kind, by name.
pub type Board<K> = BTreeMap<String, Sight<K>>;

/// A watch of one kind in one namespace, for as long as this process runs.
pub struct Watched<K> {
    board: Arc<watch::Sender<Board<K>>>,
}

impl<K: Kind> Watched<K> {
    /// Begins to watch.
    pub fn start(client: &Client, namespace: &str) -> Self {
        let board = Arc::new(watch::Sender::new(Board::new()));
        let api: Api<K> = Api::namespaced(client.clone(), namespace);
        tokio::spawn(follow(api, board.clone()));
        Self { board }
    }

    /// Waits until a fact can be stated; an error of the fact ends the wait.
    pub async fn when<T>(&self, what: &str, fact: impl Fn(&Board<K>) -> Result<Option<T>>) -> Result<T> {
        let mut found = Ok(None);
        let mut seen = self.board.subscribe();
        let stated = seen.wait_for(|board| {
            found = fact(board);
            !matches!(found, Ok(None))
        });
        tokio::time::timeout(PATIENCE, stated).await.with_context(|| format!("waited {PATIENCE:?} in vain: {what}"))?.map(drop)?;
        found?.with_context(|| format!("not there: {what}"))
    }

    /// Waits for an object, and tells when its first event arrived.
    pub async fn appears(&self, name: &str) -> Result<Instant> {
        self.when(&format!("{} {name} appears", K::kind(&())), |board| Ok(board.get(name).map(|sight| sight.first))).await
    }
}

async fn follow<K: Kind>(api: Api<K>, board: Arc<watch::Sender<Board<K>>>) {
    let events = watcher(api, watcher::Config::default()).default_backoff();
    futures::pin_mut!(events);
    while let Some(event) = events.next().await {
        let now = Instant::now();
        // A watch that breaks is begun again, or whoever waits for a fact runs out of patience.
        if let Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) = event {
            board.send_modify(|board| note(board, now, object));
        }
    }
}

fn note<K: Kind>(board: &mut Board<K>, now: Instant, object: K) {
    let name = object.name_any();
    let first = board.get(&name).map_or(now, |sight| sight.first);
    board.insert(name, Sight { first, object });
}
