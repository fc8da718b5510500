//! Takes what is due off one controller's queue, reconciles it, and decides when it is due again.

use super::{Options, Tally};
use crate::controllers::context::{Ctx, Error, Next};
use crate::controllers::objects::Kind;
use crate::controllers::retries::Retries;
use futures::channel::mpsc::UnboundedReceiver;
use futures::{Future, StreamExt};
use kube::ResourceExt;
use kube::runtime::controller::{Action, Config, Controller};
use kube::runtime::reflector::{ObjectRef, Store};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Everything is looked at again after this long, whatever was missed.
const RESYNC: Duration = Duration::from_secs(600);
/// When a view that lags is looked at again, should the event of what we wrote not come.
const LAG: Duration = Duration::from_secs(1);
/// A shadow looks no more often at what only its own write would change.
const SHADOW_REST: Duration = Duration::from_secs(30);

/// What all controllers share while they run.
pub struct Run {
    pub ctx: Ctx,
    pub filled: watch::Receiver<bool>,
    pub stopped: watch::Receiver<bool>,
    pub tally: Arc<Tally>,
    pub options: Options,
}

/// What one controller's reconciles share.
struct Shared<F> {
    name: &'static str,
    reconcile: F,
    retries: Retries,
    ctx: Ctx,
    tally: Arc<Tally>,
    shadow: bool,
}

impl Run {
    /// Starts a controller, which begins once every store is filled.
    pub fn control<K, F, Fut>(
        &self,
        tasks: &mut JoinSet<&'static str>,
        name: &'static str,
        store: Store<K>,
        due: UnboundedReceiver<ObjectRef<K>>,
        reconcile: F,
    ) where
        K: Kind,
        F: Fn(Arc<K>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Next, Error>> + Send + 'static,
    {
        if !self.options.chosen.contains(&name) {
            return;
        }
        let (ctx, tally, shadow) = (self.ctx.clone(), self.tally.clone(), self.options.shadow);
        let concurrency = self.options.concurrency;
        let shared = Arc::new(Shared { name, reconcile, retries: Retries::default(), ctx, tally, shadow });
        let (mut filled, mut stopped) = (self.filled.clone(), self.stopped.clone());
        tasks.spawn(async move {
            let _ = filled.wait_for(|filled| *filled).await;
            let stop = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            Controller::for_stream(futures::stream::pending(), store)
                .with_config(Config::default().concurrency(concurrency))
                .reconcile_on(due)
                .graceful_shutdown_on(stop)
                .run(reconcile_once, retry, shared)
                .for_each(|_| std::future::ready(()))
                .await;
            name
        });
    }
}

/// Looks once, unless the view still shows what a write of ours has replaced: its event wakes us.
async fn reconcile_once<K, F, Fut>(object: Arc<K>, shared: Arc<Shared<F>>) -> Result<Action, Error>
where
    K: Kind,
    F: Fn(Arc<K>) -> Fut + Send + Sync,
    Fut: Future<Output = Result<Next, Error>> + Send,
{
    let key = key(object.as_ref());
    shared.tally.reconciles.fetch_add(1, Ordering::Relaxed);
    shared.tally.in_flight.fetch_add(1, Ordering::Relaxed);
    let answer = match shared.ctx.own_writes.outdated(object.as_ref()) {
        true => Ok(Next::After(LAG)),
        false => (shared.reconcile)(object).await,
    };
    shared.tally.in_flight.fetch_sub(1, Ordering::Relaxed);
    let next = answer?;
    shared.retries.succeeded(&key);
    Ok(match next {
        Next::Change => Action::requeue(RESYNC),
        Next::After(pause) if shared.shadow => Action::requeue(pause.clamp(SHADOW_REST, RESYNC)),
        Next::After(pause) => Action::requeue(pause.min(RESYNC)),
    })
}

fn retry<K: Kind, F>(object: Arc<K>, error: &Error, shared: Arc<Shared<F>>) -> Action {
    let key = key(object.as_ref());
    let jitter = f64::from(shared.ctx.clock.now().subsec_nanosecond() % 1_000_000) / 1_000_000.0;
    let pause = shared.retries.after(&key, error, jitter);
    if shared.shadow {
        // What it would have made before is not there.
        tracing::debug!(controller = shared.name, object = %key, error = %error.in_full(), "not finished");
        return Action::requeue(pause.max(SHADOW_REST));
    }
    if !error.is_conflict() {
        shared.tally.errors.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(controller = shared.name, object = %key, error = %error.in_full(), again_in = ?pause, "not finished");
    }
    Action::requeue(pause)
}

fn key<K: Kind>(object: &K) -> String {
    format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any())
}
