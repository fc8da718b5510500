//! Lifts blocks: carries out BlockClearances, and the deletion of a failed run by itself.
//!
//! Writes: the status of BlockClearance, the ledger of its target, `blockCleared` of runs.
//! Relies on the API server to have checked who may create a clearance and in whose name, and who may delete a failed run.

use super::context::{Ctx, Doing, Error, Next};
use super::ledger::{self, run_ref};
use super::objects::{is_alive, live, put_status};
use super::stores::{Stores, seen};
use crate::actions::cluster::found;
use crate::api::{
    BlockClearance, BlockClearancePhase, BlockClearanceStatus, Clearance, RemediationRequest, RemediationTarget, RemediationTargetStatus,
    RunOutcome, Target, WorkflowExecution, WorkflowExecutionStatus, names,
};
use crate::permissions::Rule;
use crate::rules::clearing::{Clearing, Deletion, by_deletion, clear, deletion_lifts};
use crate::rules::guards::binds;
use crate::rules::ledger::block_of;
use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicyBinding;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::Api;
use kube::{Resource, ResourceExt};
use std::sync::Arc;
use std::time::Duration;

/// What this controller needs.
pub const RULES: &[Rule] = &[
    Rule { groups: &["kubernaut.ai"], resources: &["blockclearances", "remediationtargets"], verbs: &["get", "list", "watch"] },
    Rule { groups: &["kubernaut.ai"], resources: &["blockclearances/status"], verbs: &["update"] },
    Rule { groups: &["admissionregistration.k8s.io"], resources: &["validatingadmissionpolicybindings"], verbs: &["get"] },
];

/// Carries out one clearance, once.
pub async fn reconcile(clearance: Arc<BlockClearance>, ctx: Ctx, _stores: Arc<Stores>) -> Result<Next, Error> {
    if clearance.status.as_ref().is_some_and(|status| status.phase.is_some()) || clearance.meta().deletion_timestamp.is_some() {
        return Ok(Next::Change);
    }
    let (phase, message) = match target_of(&clearance) {
        Err(why) => (BlockClearancePhase::Refused, why),
        Ok(target) => match lift(&target, &as_recorded(&clearance), &ctx).await? {
            None => return Ok(Next::After(Duration::from_millis(20))),
            Some(Clearing::NothingThere(why)) => (BlockClearancePhase::Refused, why),
            Some(_) => (BlockClearancePhase::Applied, format!("{} was lifted", clearance.spec.block_id)),
        },
    };
    let status = BlockClearanceStatus { phase: Some(phase), message: message.chars().take(1024).collect() };
    put_status(&ctx, &BlockClearance { status: Some(status), ..(*clearance).clone() }).await?;
    Ok(Next::Change)
}

/// A clearance lives beside the ledger it is about, so that the right to make it is the right over that namespace.
fn target_of(clearance: &BlockClearance) -> Result<Target, String> {
    let target: Target = clearance.spec.target_resource.parse().map_err(|error: crate::api::target::NotATarget| error.to_string())?;
    match clearance.namespace().as_deref() == Some(target.home()) {
        true => Ok(target),
        false => Err(format!("a clearance for {target} must be in namespace {}", target.home())),
    }
}

fn as_recorded(clearance: &BlockClearance) -> Clearance {
    Clearance {
        uid: clearance.uid().unwrap_or_default(),
        block_id: clearance.spec.block_id.clone(),
        who: clearance.spec.cleared_by.clone(),
        when: clearance.creation_timestamp().map(|created| created.0).unwrap_or_default(),
        why: clearance.spec.reason.clone(),
        how: "BlockClearance".to_owned(),
    }
}

/// Lifts what a clearance names by one compare-and-swap; `None` when somebody else wrote the ledger first.
async fn lift(target: &Target, clearance: &Clearance, ctx: &Ctx) -> Result<Option<Clearing>, Error> {
    let read = ledger::open(target, ctx).await?;
    let before = read.status.clone().unwrap_or_default();
    let answer = clear(&before, clearance);
    if let Clearing::Lift(after) = &answer {
        return Ok(ledger::write(read, (**after).clone(), ctx).await?.map(|_| answer));
    }
    Ok(Some(answer))
}

/// Marks a failed run whose block no longer stands. The cache only raises the suspicion; the API server confirms it.
pub async fn mark_cleared(run: &WorkflowExecution, target: &Target, ctx: &Ctx, stores: &Stores) -> Result<Next, Error> {
    let uid = run.uid().unwrap_or_default();
    let stands = |ledger: &RemediationTargetStatus| ledger.rebuilt_at.is_none() || block_of(ledger, &uid).is_some();
    let cached = seen(&stores.targets, target.home(), &target.ledger_name());
    if cached.is_some_and(|cached| cached.status.as_ref().is_none_or(stands)) {
        return Ok(Next::Change);
    }
    let ledger: Option<RemediationTarget> = live(ctx, target.home(), &target.ledger_name()).await?;
    let cleared = match ledger {
        Some(ledger) => !ledger.status.as_ref().is_none_or(stands),
        // A ledger that was lost is built anew from this very run; one that went with its namespace is not.
        None => ledger::namespace_is_gone(target, ctx).await?,
    };
    if cleared {
        let status = WorkflowExecutionStatus { block_cleared: true, ..run.status.clone().unwrap_or_default() };
        put_status(ctx, &WorkflowExecution { status: Some(status), ..run.clone() }).await?;
    }
    Ok(Next::Change)
}

/// A failed run is being deleted: lifts its block, if this deletion does. Otherwise the block outlives its run.
pub async fn lift_by_deletion(run: &WorkflowExecution, target: &Target, ctx: &Ctx) -> Result<(), Error> {
    if !may_be_uncleared(run) || !deletion_lifts(&look(run, ctx).await?) {
        return Ok(());
    }
    let clearance = by_deletion(&run_ref(run), ctx.clock.now());
    match lift(target, &clearance, ctx).await? {
        Some(_) => Ok(()),
        None => Err(Error::Malformed(format!("the ledger of {target} was written meanwhile; trying again"))),
    }
}

async fn look(run: &WorkflowExecution, ctx: &Ctx) -> Result<Deletion, Error> {
    let reference = &run.spec.remediation_request_ref;
    let request: Option<RemediationRequest> = live(ctx, &reference.namespace, &reference.name).await?;
    let namespace = run.namespace().unwrap_or_default();
    let own: Api<Namespace> = Api::all(ctx.client.clone());
    let own = found(own.get(&namespace).await).doing(|| format!("read namespace {namespace}"))?;
    Ok(Deletion {
        request_alive: is_alive(request.as_ref(), reference),
        namespace_ending: own.is_none_or(|namespace| namespace.meta().deletion_timestamp.is_some()),
        pending_at_the_end: run.status.as_ref().is_some_and(|status| status.deleted_while_running),
        policy_bound: deletions_are_guarded(ctx).await?,
        wanted: ctx.settings.gate.clear_by_deletion,
    })
}

/// Whether the API server asks everybody who deletes a failed run for the right to clear: the policy is bound, denies, and is bound to everything.
async fn deletions_are_guarded(ctx: &Ctx) -> Result<bool, Error> {
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(ctx.client.clone());
    let name = names::DELETION_POLICY;
    let binding = found(bindings.get(name).await).doing(|| format!("read the binding of policy {name}"))?;
    Ok(binding.is_some_and(|binding| binds(&binding, name)))
}

/// Whether a run is over and made a block that is not known to be cleared.
pub fn may_be_uncleared(run: &WorkflowExecution) -> bool {
    let status = run.status.as_ref();
    run.phase().is_over() && status.is_some_and(|status| status.outcome == Some(RunOutcome::FailedDuring) && !status.block_cleared)
}
