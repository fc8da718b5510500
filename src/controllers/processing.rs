//! Gathers what is known about a target before the analysis.
//!
//! Writes: the status of RemediationProcessing. Relies on nobody else writing it.

use super::context::{Ctx, Error, Next};
use super::objects::{live, put_status, seen_or_live};
use super::stores::Stores;
use crate::actions::Error as ActionError;
use crate::actions::cluster::{Cluster, as_value};
use crate::api::remediation_processing::TargetContext;
use crate::api::{ProcessingPhase, RemediationProcessing, RemediationProcessingStatus, RemediationRequest, RemediationTarget, Target};
use crate::permissions::Rule;
use crate::rules::health;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::Value;
use std::sync::Arc;

/// What this controller needs.
pub const RULES: &[Rule] = &[
    Rule { groups: &["kubernaut.ai"], resources: &["remediationprocessings"], verbs: &["get", "list", "watch"] },
    Rule { groups: &["kubernaut.ai"], resources: &["remediationprocessings/status"], verbs: &["update"] },
    Rule { groups: &["kubernaut.ai"], resources: &["remediationrequests", "remediationtargets"], verbs: &["get"] },
    Rule { groups: &[""], resources: &["pods", "events"], verbs: &["get", "list"] },
    Rule { groups: &[""], resources: &["nodes", "services"], verbs: &["get"] },
    Rule { groups: &["apps"], resources: &["deployments", "replicasets", "statefulsets", "daemonsets"], verbs: &["get"] },
    Rule { groups: &["batch"], resources: &["jobs", "cronjobs"], verbs: &["get"] },
];

/// Completes a RemediationProcessing.
pub async fn reconcile(processing: Arc<RemediationProcessing>, ctx: Ctx, stores: Arc<Stores>) -> Result<Next, Error> {
    if processing.phase() != ProcessingPhase::Pending {
        return Ok(Next::Change);
    }
    let request = request_of(&processing, &ctx, &stores).await?;
    let status = match request.filter(|request| !request.phase().is_over()) {
        Some(request) => gather(&processing, &request, &ctx).await?,
        None => failed("its remediation has ended".to_owned()),
    };
    put_status(&ctx, &RemediationProcessing { status: Some(status), ..(*processing).clone() }).await?;
    Ok(Next::Change)
}

async fn request_of(processing: &RemediationProcessing, ctx: &Ctx, stores: &Stores) -> Result<Option<RemediationRequest>, Error> {
    let reference = &processing.spec.remediation_request_ref;
    let found = seen_or_live(ctx, &stores.requests, &reference.namespace, &reference.name).await?;
    Ok(found.map(|found| (*found).clone()))
}

async fn gather(processing: &RemediationProcessing, request: &RemediationRequest, ctx: &Ctx) -> Result<RemediationProcessingStatus, Error> {
    let target: Target = match processing.spec.target_resource.parse() {
        Ok(target) => target,
        Err(error) => return Ok(failed(format!("{error}"))),
    };
    let cluster = Cluster::new(ctx.client.clone());
    let object = match cluster.target(&target).await {
        Ok(object) => as_value(&object),
        Err(ActionError::Refused(why)) => return Ok(failed(why)),
        Err(ActionError::NotNow { doing, source }) => return Err(Error::Api { doing, source }),
    };
    let mut degraded = Vec::new();
    let context = context(&cluster, &target, &object, processing, &mut degraded, ctx).await;
    Ok(RemediationProcessingStatus {
        phase: Some(ProcessingPhase::Completed),
        context: Some(context),
        environment: request.spec.environment.clone(),
        priority: format!("{:?}", request.spec.priority),
        degraded,
        ..RemediationProcessingStatus::default()
    })
}

fn failed(message: String) -> RemediationProcessingStatus {
    RemediationProcessingStatus { phase: Some(ProcessingPhase::Failed), message, ..RemediationProcessingStatus::default() }
}

/// What cannot be read is left out and said: an analysis with less context is better than none.
async fn context(
    cluster: &Cluster,
    target: &Target,
    object: &Value,
    processing: &RemediationProcessing,
    degraded: &mut Vec<String>,
    ctx: &Ctx,
) -> TargetContext {
    let pods = keep(cluster.pods_of(target).await, "pods", degraded);
    let events = match &target.namespace {
        Some(namespace) => keep(cluster.events_of(namespace, &target.name).await, "events", degraded),
        None => Vec::new(),
    };
    let workload = workload(object);
    TargetContext {
        owner_chain: chain(processing, target),
        workload: health::describe(&workload),
        rollout: String::new(),
        resources: resources(object),
        events: events.into_iter().map(short).take(20).collect(),
        usage: pods.iter().flat_map(restarts).map(short).take(32).collect(),
        previous_runs: previous_runs(target, ctx, degraded).await,
    }
}

fn keep<T>(read: Result<Vec<T>, ActionError>, what: &str, degraded: &mut Vec<String>) -> Vec<T> {
    read.unwrap_or_else(|error| {
        degraded.push(short(format!("{what}: {error}")));
        Vec::new()
    })
}

fn short(text: String) -> String {
    text.chars().take(500).collect()
}

/// From the alerting object to the target, as far as the alert names it.
fn chain(processing: &RemediationProcessing, target: &Target) -> Vec<String> {
    let top = format!("{}/{}", target.kind, target.name);
    let pod = processing.spec.signal.labels.get("pod").filter(|_| target.kind != "pod");
    pod.map(|pod| format!("pod/{pod}")).into_iter().chain([top]).collect()
}

/// What a workload's status says about its rollout.
pub fn workload(object: &Value) -> health::Workload {
    let number = |path: &str| object.pointer(path).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok());
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    let observed = object.pointer("/status/observedGeneration").and_then(Value::as_i64) >= generation;
    if let Some(wanted) = number("/status/desiredNumberScheduled") {
        let (updated, available) = (number("/status/updatedNumberScheduled"), number("/status/numberAvailable"));
        return health::Workload::Rollout {
            observed,
            wanted,
            updated: updated.unwrap_or(0),
            available: available.unwrap_or(0),
            existing: wanted,
        };
    }
    let Some(wanted) = number("/spec/replicas") else { return health::Workload::Other };
    health::Workload::Rollout {
        observed,
        wanted,
        updated: number("/status/updatedReplicas").unwrap_or(0),
        available: number("/status/availableReplicas").unwrap_or(0),
        existing: number("/status/replicas").unwrap_or(0),
    }
}

fn resources(object: &Value) -> Vec<String> {
    let containers = object.pointer("/spec/template/spec/containers").or_else(|| object.pointer("/spec/containers"));
    let line = |container: &Value| Some(format!("{}: {}", container.get("name")?.as_str()?, container.get("resources")?));
    containers.and_then(Value::as_array).into_iter().flatten().filter_map(line).map(short).take(32).collect()
}

fn restarts(pod: &Pod) -> Vec<String> {
    let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
    let line = |status: &k8s_openapi::api::core::v1::ContainerStatus| {
        let ended = status.last_state.as_ref()?.terminated.as_ref()?;
        let reason = ended.reason.as_deref().unwrap_or("no reason");
        Some(format!("pod/{} container {}: {} restarts, last ended with {reason}", pod.name_any(), status.name, status.restart_count))
    };
    statuses.filter_map(line).collect()
}

async fn previous_runs(target: &Target, ctx: &Ctx, degraded: &mut Vec<String>) -> Vec<String> {
    match live::<RemediationTarget>(ctx, target.home(), &target.ledger_name()).await {
        Ok(ledger) => {
            let runs = ledger.and_then(|ledger| ledger.status).unwrap_or_default().runs;
            runs.iter().map(|run| format!("{} ({}): {:?}", run.run.name, run.workflow_id, run.outcome)).collect()
        }
        Err(error) => {
            degraded.push(short(format!("earlier runs: {error}")));
            Vec::new()
        }
    }
}
