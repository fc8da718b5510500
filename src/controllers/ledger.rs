//! Reads and writes a target's ledger: always live, always against the version that was read.

use super::context::{Ctx, Doing, Error};
use super::objects::{api, live, make_bare, put_status};
use crate::actions::cluster::found;
use crate::api::remediation_target::RemediationTargetSpec;
use crate::api::{
    BlockClearance, BlockClearancePhase, Condition, RemediationTarget, RemediationTargetStatus, RunRef, Target, WorkflowExecution,
    WorkflowPhase,
};
use crate::permissions::Rule;
use crate::rules::ledger::{self, Ended};
use crate::rules::rebuild::{PastRun, rebuild};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ListParams};
use kube::{Resource, ResourceExt};
use std::time::Duration;

/// What reading and writing ledgers needs. The rebuild lists the runs of all namespaces.
pub const RULES: &[Rule] = &[
    Rule { groups: &["kubernaut.ai"], resources: &["remediationtargets"], verbs: &["get", "create"] },
    Rule { groups: &["kubernaut.ai"], resources: &["remediationtargets/status"], verbs: &["update"] },
    Rule { groups: &["kubernaut.ai"], resources: &["workflowexecutions", "blockclearances"], verbs: &["list"] },
    Rule { groups: &["kubernaut.ai"], resources: &["workflowexecutions/status"], verbs: &["update"] },
    Rule { groups: &[""], resources: &["namespaces"], verbs: &["get"] },
];

/// Writers of one ledger that lose this often in a row leave it for later.
const MOST_TRIES: u32 = 8;

/// The ledger as it is now, built if need be; a target's first contact makes it.
pub async fn open(target: &Target, ctx: &Ctx) -> Result<RemediationTarget, Error> {
    let found = match live(ctx, target.home(), &target.ledger_name()).await? {
        Some(found) => found,
        None => create(target, ctx).await?,
    };
    match found.status.as_ref().and_then(|status| status.rebuilt_at) {
        Some(_) => Ok(found),
        None => build(target, found, ctx).await,
    }
}

async fn create(target: &Target, ctx: &Ctx) -> Result<RemediationTarget, Error> {
    let spec = RemediationTargetSpec { target_resource: target.to_string() };
    let mut fresh = RemediationTarget::new(&target.ledger_name(), spec);
    fresh.metadata.namespace = Some(target.home().to_owned());
    make_bare(ctx, fresh).await
}

async fn build(target: &Target, found: RemediationTarget, ctx: &Ctx) -> Result<RemediationTarget, Error> {
    let runs = runs_of(target, ctx).await?;
    for run in runs.iter().filter(|run| run.phase() == WorkflowPhase::Validating) {
        void_take(run, ctx).await?;
    }
    let lifted = lifted(target, ctx).await?;
    let now = ctx.clock.now();
    let past: Vec<PastRun> = runs.iter().map(as_past_run).collect();
    let standing = found.status.clone().unwrap_or_default();
    let status = rebuild(&standing, &past, &lifted, now, &ctx.settings.gate);
    put_status(ctx, &RemediationTarget { status: Some(status), ..found }).await
}

async fn runs_of(target: &Target, ctx: &Ctx) -> Result<Vec<WorkflowExecution>, Error> {
    let everywhere: Api<WorkflowExecution> = Api::all(ctx.client.clone());
    let of_target = ListParams::default().fields(&format!("spec.targetResource={target}"));
    Ok(everywhere.list(&of_target).await.doing(|| format!("list the runs on {target}"))?.items)
}

/// A run that took the target in a ledger that was lost must take it again: its write to `Executing` meets this one.
async fn void_take(run: &WorkflowExecution, ctx: &Ctx) -> Result<(), Error> {
    let mut run = run.clone();
    let status = run.status.get_or_insert_with(Default::default);
    status.conditions.retain(|condition| condition.r#type != "LedgerRebuilt");
    status.conditions.push(Condition {
        r#type: "LedgerRebuilt".to_owned(),
        status: "True".to_owned(),
        reason: "LedgerLost".to_owned(),
        message: "the target's ledger was built anew; the target must be taken again".to_owned(),
        last_transition_time: ctx.clock.now(),
    });
    put_status(ctx, &run).await.map(drop)
}

async fn lifted(target: &Target, ctx: &Ctx) -> Result<Vec<String>, Error> {
    // People write these, and may spell the kind as they like: a field selector would miss some.
    let all = api::<BlockClearance>(ctx, target.home()).list(&ListParams::default()).await;
    let found = all.doing(|| format!("list the clearances of {target}"))?;
    let name = target.to_string();
    let applied = |clearance: &BlockClearance| {
        let phase = clearance.status.as_ref().and_then(|status| status.phase);
        phase == Some(BlockClearancePhase::Applied) && Target::same(&clearance.spec.target_resource, &name)
    };
    Ok(found.items.into_iter().filter(applied).map(|clearance| clearance.spec.block_id).collect())
}

fn as_past_run(run: &WorkflowExecution) -> PastRun {
    let status = run.status.clone().unwrap_or_default();
    PastRun {
        run: run_ref(run),
        workflow_id: run.spec.workflow_ref.workflow_id.clone(),
        phase: run.phase(),
        outcome: status.outcome,
        was_execution_failure: status.failure_details.as_ref().map(|details| details.was_execution_failure),
        started: status.start_time,
        completed: status.completion_time,
        consecutive_failures: status.consecutive_failures,
        next_allowed_execution: status.next_allowed_execution,
        block_cleared: status.block_cleared,
        message: status.failure_details.map(|details| details.message).unwrap_or_default(),
    }
}

/// How ledgers refer to a run.
pub fn run_ref(run: &WorkflowExecution) -> RunRef {
    RunRef {
        namespace: run.namespace().unwrap_or_default(),
        name: run.name_any(),
        uid: run.uid().unwrap_or_default(),
        remediation_request: run.spec.remediation_request_ref.name.clone(),
    }
}

/// Writes a ledger against the version that was read. `None` when somebody else wrote first.
pub async fn write(read: RemediationTarget, status: RemediationTargetStatus, ctx: &Ctx) -> Result<Option<RemediationTarget>, Error> {
    match put_status(ctx, &RemediationTarget { status: Some(status), ..read }).await {
        Ok(written) => Ok(Some(written)),
        Err(conflict) if conflict.is_conflict() => Ok(None),
        Err(other) => Err(other),
    }
}

/// Records an end, as often as it takes; recording twice changes nothing. `None` when the ledger went with its namespace.
pub async fn end(target: &Target, ended: &Ended, ctx: &Ctx) -> Result<Option<RemediationTargetStatus>, Error> {
    for attempt in 0..MOST_TRIES {
        if namespace_is_ending(target, ctx).await? {
            return Ok(None);
        }
        let read = open(target, ctx).await?;
        let before = read.status.clone().unwrap_or_default();
        if is_forgotten(&before, ended, ctx).await? {
            return Ok(Some(before));
        }
        let Some(after) = ledger::end(&before, ended, ctx.clock.now(), &ctx.settings.gate) else { return Ok(Some(before)) };
        if let Some(written) = write(read, after, ctx).await? {
            return Ok(written.status);
        }
        tokio::time::sleep(pause(attempt)).await;
    }
    Err(Error::Malformed(format!("the ledger of {target} is written by too many at once; trying again later")))
}

/// A run that is over and neither recorded nor holding was recorded long ago: counting it again would be wrong.
/// Read after the ledger, since a run is over only once its end is recorded.
async fn is_forgotten(ledger: &RemediationTargetStatus, ended: &Ended, ctx: &Ctx) -> Result<bool, Error> {
    if ledger::holds(ledger, &ended.run.uid) || ledger::recorded(ledger, &ended.run.uid).is_some() {
        return Ok(false);
    }
    let found: Option<WorkflowExecution> = live(ctx, &ended.run.namespace, &ended.run.name).await?;
    Ok(found.is_some_and(|found| found.uid().as_deref() == Some(&ended.run.uid) && found.phase().is_over()))
}

/// Grows with each lost race, and differs between processes.
fn pause(attempt: u32) -> Duration {
    let spread = u64::from(uuid::Uuid::new_v4().as_bytes().first().copied().unwrap_or(0));
    Duration::from_millis((5_u64 << attempt.min(6)) + spread / 4)
}

/// Whether the namespace of a target's ledger is gone or being deleted, and the ledger with it. Read live.
pub async fn namespace_is_ending(target: &Target, ctx: &Ctx) -> Result<bool, Error> {
    Ok(home(target, ctx).await?.is_none_or(|namespace| namespace.meta().deletion_timestamp.is_some()))
}

/// Whether the namespace of a target's ledger is gone, and the ledger with it. Read live.
pub async fn namespace_is_gone(target: &Target, ctx: &Ctx) -> Result<bool, Error> {
    Ok(home(target, ctx).await?.is_none())
}

async fn home(target: &Target, ctx: &Ctx) -> Result<Option<Namespace>, Error> {
    let namespaces: Api<Namespace> = Api::all(ctx.client.clone());
    found(namespaces.get(target.home()).await).doing(|| format!("read namespace {}", target.home()))
}
