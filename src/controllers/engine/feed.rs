//! Watches each kind once: fills its store, and wakes every controller that cares about the object.

use crate::api::{
    AIAnalysis, AIApprovalRequest, KubernetesExecution, NotificationRequest, RemediationProcessing, RemediationRequest, WorkflowExecution,
    WorkflowStepApprovalRequest, names,
};
use crate::controllers::context::Ctx;
use crate::controllers::objects::Kind;
use crate::controllers::stores::Stores;
use futures::channel::mpsc::UnboundedSender;
use futures::{FutureExt, StreamExt};
use kube::ResourceExt;
use kube::api::Api;
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use tokio::task::JoinSet;

/// Sends an object's name to a controller's queue.
type Wake<K> = UnboundedSender<ObjectRef<K>>;
type Route<K> = Box<dyn Fn(&K) + Send + Sync>;

/// One queue a controller.
pub struct Queues {
    pub requests: Wake<RemediationRequest>,
    pub processings: Wake<RemediationProcessing>,
    pub analyses: Wake<AIAnalysis>,
    pub workflows: Wake<WorkflowExecution>,
    pub steps: Wake<KubernetesExecution>,
    pub notifications: Wake<NotificationRequest>,
}

/// Starts every watch.
pub fn feed_all(ctx: &Ctx, queues: &Queues, tasks: &mut JoinSet<&'static str>) -> Stores {
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
        step_approvals: feed(ctx, tasks, vec![to_owner::<WorkflowStepApprovalRequest, _>(&queues.workflows)]),
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
