//! Runs the controllers: one watch a kind feeds the stores and wakes whoever cares, one queue a controller.

mod feed;
mod queue;

use super::audit::{Inbox, Trail};
use super::context::{Ctx, Next};
use super::stores::Stores;
use super::{analysis, clearing, notification, orchestrator, processing, step, workflow};
use crate::analysts::Analyst;
use crate::api::{NotificationPhase, NotificationRequest};
use crate::channels::Channels;
use feed::{Queues, feed_all};
use futures::FutureExt;
use futures::channel::mpsc;
use kube::ResourceExt;
use queue::Run;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The controllers, by the names they are chosen by.
pub const CONTROLLERS: [&str; 7] = ["remediation", "processing", "analysis", "workflow", "step", "clearing", "notification"];

/// How the controllers run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which of [`CONTROLLERS`] run.
    pub chosen: Vec<&'static str>,
    /// Objects that one controller works on at once.
    pub concurrency: u16,
    /// Whether the client changes nothing: then nothing is waited for that only our own write would bring, and no notice leaves.
    pub shadow: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { chosen: CONTROLLERS.to_vec(), concurrency: 16, shadow: false }
    }
}

/// What the controllers have done, for the last line they print.
#[derive(Debug, Default)]
pub struct Tally {
    /// Reconciles in all.
    pub reconciles: AtomicU64,
    /// Those that ended in an error.
    pub errors: AtomicU64,
    /// Those at work.
    pub in_flight: AtomicU64,
}

/// Running controllers.
pub struct Engine {
    tasks: JoinSet<&'static str>,
    filled: watch::Receiver<bool>,
    stop: watch::Sender<bool>,
    stores: Arc<Stores>,
    ctx: Ctx,
    /// What they have done.
    pub tally: Arc<Tally>,
}

impl Engine {
    /// Starts the watches and, once every store is filled, the controllers; and the audit trail, if there is one.
    pub fn start(ctx: &Ctx, analyst: Arc<dyn Analyst>, channels: Arc<Channels>, audit: Option<(Trail, Inbox)>, options: Options) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let (requests, requests_due) = mpsc::unbounded();
        let (processings, processings_due) = mpsc::unbounded();
        let (analyses, analyses_due) = mpsc::unbounded();
        let (workflows, workflows_due) = mpsc::unbounded();
        let (steps, steps_due) = mpsc::unbounded();
        let (notifications, notifications_due) = mpsc::unbounded();
        let (clearances, clearances_due) = mpsc::unbounded();
        let (trail, audit) = audit.unzip();
        let queues = Queues { requests, processings, analyses, workflows, steps, notifications, clearances, audit };
        if let Some(trail) = trail {
            tasks.spawn(trail.keep(ctx.clone()).map(|()| "the audit trail"));
        }
        let stores = Arc::new(feed_all(ctx, &queues, &mut tasks));
        let filled = watch_filling(&stores, &mut tasks);
        let shadow = options.shadow;
        let run = Run { ctx: ctx.clone(), filled, stopped, tally: Arc::new(Tally::default()), options };
        let (with, of) = (Hands { ctx: ctx.clone(), stores: stores.clone() }, &stores);
        run.control(&mut tasks, "remediation", of.requests.clone(), requests_due, with.hands(orchestrator::reconcile));
        run.control(&mut tasks, "processing", of.processings.clone(), processings_due, with.hands(processing::reconcile));
        let asks = move |analysis, ctx, stores| analysis::reconcile(analysis, ctx, stores, analyst.clone());
        run.control(&mut tasks, "analysis", of.analyses.clone(), analyses_due, with.hands(asks));
        run.control(&mut tasks, "workflow", of.workflows.clone(), workflows_due, with.hands(workflow::reconcile));
        run.control(&mut tasks, "step", of.steps.clone(), steps_due, with.hands(step::reconcile));
        run.control(&mut tasks, "clearing", of.clearances.clone(), clearances_due, with.hands(clearing::reconcile));
        let sends = move |notice: Arc<NotificationRequest>, ctx, _| {
            let channels = channels.clone();
            async move {
                match shadow {
                    true => Ok(not_sent(&notice)),
                    false => notification::reconcile(notice, ctx, &channels).await,
                }
            }
        };
        run.control(&mut tasks, "notification", of.notifications.clone(), notifications_due, with.hands(sends));
        Self { tasks, filled: run.filled, stop, stores, ctx: ctx.clone(), tally: run.tally }
    }

    /// Waits until every store has been filled once.
    pub async fn ready(&self) {
        let _ = self.filled.clone().wait_for(|filled| *filled).await;
    }

    /// Tells whether the watches have shown everything that this process wrote.
    pub fn seen_writes(&self) -> impl Fn() -> bool + use<> {
        let (ctx, stores) = (self.ctx.clone(), self.stores.clone());
        move || ctx.own_writes.have_come(&stores.versions())
    }

    /// Waits until a part dies, which none should; names it.
    pub async fn death(&mut self) -> &'static str {
        match self.tasks.join_next().await {
            Some(Ok(name)) => name,
            _ => "a task",
        }
    }

    /// Begins nothing new and waits for what is at work; whether all of it ended in time.
    pub async fn drain(mut self, timeout: Duration) -> bool {
        let _ = self.stop.send(true);
        let at_work = || self.tally.in_flight.load(Ordering::Relaxed) > 0;
        let drained = tokio::time::timeout(timeout, async {
            while at_work() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let in_time = drained.await.is_ok();
        self.tasks.abort_all();
        in_time
    }
}

/// What is not sent in a shadow is told, once for each version.
fn not_sent(notice: &NotificationRequest) -> Next {
    let sent = notice.status.as_ref().and_then(|status| status.phase).is_some_and(NotificationPhase::is_over);
    if !sent {
        tracing::info!("would send notificationrequests {}/{}", notice.namespace().unwrap_or_default(), notice.name_any());
    }
    Next::Change
}

/// What every reconcile is handed besides its object.
struct Hands {
    ctx: Ctx,
    stores: Arc<Stores>,
}

impl Hands {
    fn hands<K, Fut, F>(&self, reconcile: F) -> impl Fn(Arc<K>) -> Fut + use<K, Fut, F>
    where
        F: Fn(Arc<K>, Ctx, Arc<Stores>) -> Fut,
    {
        let (ctx, stores) = (self.ctx.clone(), self.stores.clone());
        move |object| reconcile(object, ctx.clone(), stores.clone())
    }
}

/// Tells when every store has been filled once. Only one task may wait for a store: of several, only one is woken.
fn watch_filling(stores: &Arc<Stores>, tasks: &mut JoinSet<&'static str>) -> watch::Receiver<bool> {
    let (filled, told) = watch::channel(false);
    let stores = stores.clone();
    tasks.spawn(async move {
        let _ = tokio::join!(
            stores.requests.wait_until_ready(),
            stores.processings.wait_until_ready(),
            stores.analyses.wait_until_ready(),
            stores.approvals.wait_until_ready(),
            stores.workflows.wait_until_ready(),
            stores.steps.wait_until_ready(),
            stores.step_approvals.wait_until_ready(),
            stores.notifications.wait_until_ready(),
            stores.targets.wait_until_ready(),
            stores.clearances.wait_until_ready(),
        );
        let _ = filled.send(true);
        std::future::pending().await
    });
    told
}
