//! Runs the controllers: one watch a kind feeds the stores and wakes whoever cares, one queue a controller.

use super::context::{Ctx, Error, Next};
use super::objects::Kind;
use super::retries::Retries;
use super::stores::Stores;
use super::{analysis, notification, orchestrator, processing, step, workflow};
use crate::analysts::Analyst;
use crate::api::{
    AIAnalysis, AIApprovalRequest, KubernetesExecution, NotificationRequest, RemediationProcessing, RemediationRequest, WorkflowExecution,
    names,
};
use crate::channels::Channels;
use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures::{Future, FutureExt, StreamExt};
use kube::ResourceExt;
use kube::api::Api;
use kube::runtime::controller::{Action, Config, Controller};
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Everything is looked at again after this long, whatever was missed.
const RESYNC: Duration = Duration::from_secs(600);
const AT_ONCE: u16 = 16;

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
    /// What they have done.
    pub tally: Arc<Tally>,
}

/// Sends an object's name to a controller's queue.
type Wake<K> = UnboundedSender<ObjectRef<K>>;
type Route<K> = Box<dyn Fn(&K) + Send + Sync>;

/// One queue a controller.
struct Queues {
    requests: Wake<RemediationRequest>,
    processings: Wake<RemediationProcessing>,
    analyses: Wake<AIAnalysis>,
    workflows: Wake<WorkflowExecution>,
    steps: Wake<KubernetesExecution>,
    notifications: Wake<NotificationRequest>,
}

impl Engine {
    /// Starts the watches and, once every store is filled, the controllers.
    pub fn start(ctx: &Ctx, analyst: Arc<dyn Analyst>, channels: Arc<Channels>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let (requests, requests_due) = mpsc::unbounded();
        let (processings, processings_due) = mpsc::unbounded();
        let (analyses, analyses_due) = mpsc::unbounded();
        let (workflows, workflows_due) = mpsc::unbounded();
        let (steps, steps_due) = mpsc::unbounded();
        let (notifications, notifications_due) = mpsc::unbounded();
        let queues = Queues { requests, processings, analyses, workflows, steps, notifications };
        let stores = Arc::new(feed_all(ctx, &queues, &mut tasks));
        let run = Run { ctx: ctx.clone(), filled: watch_filling(&stores, &mut tasks), stopped, tally: Arc::new(Tally::default()) };
        let stores_of = || stores.clone();
        let (ctx_of, s) = (|| ctx.clone(), stores_of());
        run.control(&mut tasks, "remediation", s.requests.clone(), requests_due, {
            let (c, s) = (ctx_of(), stores_of());
            move |o| orchestrator::reconcile(o, c.clone(), s.clone())
        });
        run.control(&mut tasks, "processing", s.processings.clone(), processings_due, {
            let (c, s) = (ctx_of(), stores_of());
            move |o| processing::reconcile(o, c.clone(), s.clone())
        });
        run.control(&mut tasks, "analysis", s.analyses.clone(), analyses_due, {
            let (c, s) = (ctx_of(), stores_of());
            move |o| analysis::reconcile(o, c.clone(), s.clone(), analyst.clone())
        });
        run.control(&mut tasks, "workflow", s.workflows.clone(), workflows_due, {
            let (c, s) = (ctx_of(), stores_of());
            move |o| workflow::reconcile(o, c.clone(), s.clone())
        });
        run.control(&mut tasks, "step", s.steps.clone(), steps_due, {
            let (c, s) = (ctx_of(), stores_of());
            move |o| step::reconcile(o, c.clone(), s.clone())
        });
        run.control(&mut tasks, "notification", s.notifications.clone(), notifications_due, {
            let c = ctx_of();
            move |o| {
                let (c, channels) = (c.clone(), channels.clone());
                async move { notification::reconcile(o, c, &channels).await }
            }
        });
        Self { tasks, filled: run.filled, stop, tally: run.tally }
    }

    /// Waits until every store has been filled once.
    pub async fn ready(&self) {
        let _ = self.filled.clone().wait_for(|filled| *filled).await;
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

    /// Whether nothing is at work.
    pub fn is_idle(&self) -> bool {
        self.tally.in_flight.load(Ordering::Relaxed) == 0
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
            stores.notifications.wait_until_ready(),
        );
        let _ = filled.send(true);
        std::future::pending().await
    });
    told
}

fn feed_all(ctx: &Ctx, queues: &Queues, tasks: &mut JoinSet<&'static str>) -> Stores {
    Stores {
        requests: feed(
            ctx,
            tasks,
            vec![
                to_self(&queues.requests),
                to(&queues.analyses, |request: &RemediationRequest| vec![named(request, names::analysis(&request.name_any()))]),
                to(&queues.workflows, |request: &RemediationRequest| vec![named(request, names::workflow(&request.name_any()))]),
            ],
        ),
        processings: feed(ctx, tasks, vec![to_self(&queues.processings), to_owner(&queues.requests)]),
        analyses: feed(ctx, tasks, vec![to_self(&queues.analyses), to_owner(&queues.requests)]),
        approvals: feed(ctx, tasks, vec![to_owner::<AIApprovalRequest, _>(&queues.analyses)]),
        workflows: feed(
            ctx,
            tasks,
            vec![
                to_self(&queues.workflows),
                to_owner(&queues.requests),
                to(&queues.steps, |run: &WorkflowExecution| {
                    let recorded = run.status.iter().flat_map(|status| &status.step_statuses);
                    recorded.map(|step| named(run, step.kubernetes_execution_ref.name.clone())).collect()
                }),
            ],
        ),
        steps: feed(ctx, tasks, vec![to_self(&queues.steps), to_owner(&queues.workflows)]),
        notifications: feed(ctx, tasks, vec![to_self(&queues.notifications)]),
    }
}

fn to_self<K: Kind>(queue: &Wake<K>) -> Route<K> {
    to(queue, |object: &K| vec![named(object, object.name_any())])
}

/// Wakes the owner of a child, which has the owner's name in its first reference.
fn to_owner<K: Kind, O: Kind>(queue: &Wake<O>) -> Route<K> {
    to(queue, |child: &K| child.owner_references().iter().take(1).map(|owner| named(child, owner.name.clone())).collect())
}

fn to<K: Kind, T: Kind>(queue: &Wake<T>, names: impl Fn(&K) -> Vec<ObjectRef<T>> + Send + Sync + 'static) -> Route<K> {
    let queue = queue.clone();
    Box::new(move |object| {
        for name in names(object) {
            // A closed queue means that its controller has ended, and then so does everything.
            let _ = queue.unbounded_send(name);
        }
    })
}

fn named<K: Kind, T: Kind>(beside: &K, name: String) -> ObjectRef<T> {
    ObjectRef::new(&name).within(&beside.namespace().unwrap_or_default())
}

/// Watches a kind for as long as the program runs.
fn feed<K: Kind>(ctx: &Ctx, tasks: &mut JoinSet<&'static str>, routes: Vec<Route<K>>) -> Store<K> {
    let (store, writer) = reflector::store();
    let api: Api<K> = Api::all(ctx.client.clone());
    tasks.spawn(follow(api, writer, store.clone(), routes).map(|()| "watch"));
    store
}

async fn follow<K: Kind>(api: Api<K>, mut writer: Writer<K>, store: Store<K>, routes: Vec<Route<K>>) {
    let events = watcher(api, watcher::Config::default()).default_backoff();
    futures::pin_mut!(events);
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(kind = %K::kind(&()), error = %say(&error), "watch interrupted, trying again");
                continue;
            }
        };
        writer.apply_watcher_event(&event);
        match &event {
            watcher::Event::Apply(object) | watcher::Event::Delete(object) => routes.iter().for_each(|route| route(object)),
            watcher::Event::InitDone => store.state().iter().for_each(|object| routes.iter().for_each(|route| route(object))),
            watcher::Event::Init | watcher::Event::InitApply(_) => {}
        }
    }
}

/// An error as one line, without the debug dump of a status.
fn say(error: &watcher::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}

/// What all controllers share while they run.
struct Run {
    ctx: Ctx,
    filled: watch::Receiver<bool>,
    stopped: watch::Receiver<bool>,
    tally: Arc<Tally>,
}

/// What one controller's reconciles share.
struct Shared<F> {
    name: &'static str,
    reconcile: F,
    retries: Retries,
    ctx: Ctx,
    tally: Arc<Tally>,
}

impl Run {
    fn control<K, F, Fut>(
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
        let shared = Arc::new(Shared { name, reconcile, retries: Retries::default(), ctx: self.ctx.clone(), tally: self.tally.clone() });
        let (mut filled, mut stopped) = (self.filled.clone(), self.stopped.clone());
        tasks.spawn(async move {
            let _ = filled.wait_for(|filled| *filled).await;
            let stop = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            Controller::for_stream(futures::stream::pending(), store)
                .with_config(Config::default().concurrency(AT_ONCE))
                .reconcile_on(due)
                .graceful_shutdown_on(stop)
                .run(reconcile_once, retry, shared)
                .for_each(|_| std::future::ready(()))
                .await;
            name
        });
    }
}

async fn reconcile_once<K, F, Fut>(object: Arc<K>, shared: Arc<Shared<F>>) -> Result<Action, Error>
where
    K: Kind,
    F: Fn(Arc<K>) -> Fut + Send + Sync,
    Fut: Future<Output = Result<Next, Error>> + Send,
{
    let key = key(object.as_ref());
    shared.tally.reconciles.fetch_add(1, Ordering::Relaxed);
    shared.tally.in_flight.fetch_add(1, Ordering::Relaxed);
    let answer = (shared.reconcile)(object).await;
    shared.tally.in_flight.fetch_sub(1, Ordering::Relaxed);
    let next = answer?;
    shared.retries.succeeded(&key);
    Ok(match next {
        Next::Change => Action::requeue(RESYNC),
        Next::After(pause) => Action::requeue(pause.min(RESYNC)),
    })
}

fn retry<K: Kind, F>(object: Arc<K>, error: &Error, shared: Arc<Shared<F>>) -> Action {
    let key = key(object.as_ref());
    let jitter = f64::from(shared.ctx.clock.now().subsec_nanosecond() % 1_000_000) / 1_000_000.0;
    let pause = shared.retries.after(&key, error, jitter);
    if !error.is_conflict() {
        shared.tally.errors.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(controller = shared.name, object = %key, error = %error.in_full(), again_in = ?pause, "not finished");
    }
    Action::requeue(pause)
}

fn key<K: Kind>(object: &K) -> String {
    format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any())
}
