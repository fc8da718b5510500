//! Watches each kind once: fills its store, and wakes every controller that cares about the object.

use crate::api::{
    AIAnalysis, BlockClearance, KubernetesExecution, NotificationRequest, RemediationPhase, RemediationProcessing, RemediationRequest,
    RemediationTarget, Target, WorkflowExecution, names,
};
use crate::controllers::audit::{Inbox, Sighting};
use crate::controllers::clearing::may_be_uncleared;
use crate::controllers::context::Ctx;
use crate::controllers::objects::Kind;
use crate::controllers::stores::Stores;
use crate::rules::audit::Committed;
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
    pub clearances: Wake<BlockClearance>,
    /// Absent without an audit log.
    pub audit: Option<Inbox>,
}

/// Starts every watch.
pub fn feed_all(ctx: &Ctx, queues: &Queues, tasks: &mut JoinSet<&'static str>) -> Stores {
    let requests: Store<RemediationRequest> = feed(
        ctx,
        tasks,
        vec![
            to_self(&queues.requests),
            to(&queues.requests, repeated_by),
            to(&queues.analyses, |request: &RemediationRequest| vec![named(request, names::analysis(&request.name_any()))]),
            to(&queues.workflows, |request: &RemediationRequest| vec![named(request, names::workflow(&request.name_any()))]),
        ],
    );
    let workflows: Store<WorkflowExecution> = feed(
        ctx,
        tasks,
        vec![
            to_self(&queues.workflows),
            to_audit(&queues.audit, Committed::Run),
            to_owner(&queues.requests),
            to(&queues.steps, |run: &WorkflowExecution| {
                let recorded = run.status.iter().flat_map(|status| &status.step_statuses);
                recorded.map(|step| named(run, step.kubernetes_execution_ref.name.clone())).collect()
            }),
        ],
    );
    let (waiting, failed) = (requests.clone(), workflows.clone());
    Stores {
        processings: feed(ctx, tasks, vec![to_self(&queues.processings), to_owner(&queues.requests)]),
        analyses: feed(
            ctx,
            tasks,
            vec![to_self(&queues.analyses), to_owner(&queues.requests), to_audit(&queues.audit, Committed::Analysis)],
        ),
        approvals: feed(ctx, tasks, vec![to_owner(&queues.analyses), to_audit(&queues.audit, Committed::Approval)]),
        steps: feed(ctx, tasks, vec![to_self(&queues.steps), to_owner(&queues.workflows)]),
        notifications: feed(ctx, tasks, vec![to_self(&queues.notifications)]),
        targets: feed(
            ctx,
            tasks,
            vec![
                to(&queues.requests, move |target| concerned(target, &waiting)),
                to(&queues.workflows, move |target| uncleared(target, &failed)),
                to_audit(&queues.audit, Committed::Ledger),
            ],
        ),
        step_approvals: feed(ctx, tasks, vec![to_owner(&queues.workflows), to_audit(&queues.audit, Committed::StepApproval)]),
        clearances: feed(ctx, tasks, vec![to_self(&queues.clearances), to_audit(&queues.audit, Committed::Clearance)]),
        requests,
        workflows,
    }
}

/// The remediation that this one repeats.
fn repeated_by(request: &RemediationRequest) -> Vec<ObjectRef<RemediationRequest>> {
    let parent = request.status.as_ref().and_then(|status| status.duplicate_of.as_ref());
    parent.map(|parent| ObjectRef::new(&parent.name).within(&parent.namespace)).into_iter().collect()
}

/// Remediations of a target that has no holder: they may be waiting for it. And those that a block keeps, which may be gone.
fn concerned(target: &RemediationTarget, requests: &Store<RemediationRequest>) -> Vec<ObjectRef<RemediationRequest>> {
    let held = target.status.as_ref().is_some_and(|status| status.holder.is_some());
    let is_concerned = |request: &RemediationRequest| match request.phase() {
        RemediationPhase::Executing => !held,
        phase => phase.is_over() && request.status.as_ref().is_some_and(|status| status.blocked),
    };
    let of_target = |request: &RemediationRequest| Target::same(&request.spec.target_resource, &target.spec.target_resource);
    let found = requests.state().into_iter().filter(|request| of_target(request) && is_concerned(request));
    found.map(|request| ObjectRef::from_obj(request.as_ref())).collect()
}

/// Runs of a target that made a block which was not cleared when they were last seen.
fn uncleared(target: &RemediationTarget, runs: &Store<WorkflowExecution>) -> Vec<ObjectRef<WorkflowExecution>> {
    let of_target = |run: &WorkflowExecution| Target::same(&run.spec.target_resource, &target.spec.target_resource);
    let found = runs.state().into_iter().filter(|run| of_target(run) && may_be_uncleared(run));
    found.map(|run| ObjectRef::from_obj(run.as_ref())).collect()
}

/// Shows every version of an object to the audit trail, also the last one.
fn to_audit<K: Kind>(inbox: &Option<Inbox>, committed: fn(Box<K>) -> Committed) -> Route<K> {
    let inbox = inbox.clone();
    Box::new(move |object| {
        if let Some(inbox) = &inbox {
            // A closed inbox means that the trail has ended, and then so does everything.
            let _ = inbox.send(Sighting::Object(committed(Box::new(object.clone()))));
        }
    })
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
