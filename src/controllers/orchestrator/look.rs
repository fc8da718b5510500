//! Gathers what a decision about a remediation is made of.

use super::Part;
use crate::api::workflow_execution::ConflictingWorkflow;
use crate::api::{
    Ref, RemediationPhase, RemediationRequestStatus, RemediationTargetStatus, SkipDetails, Target, WorkflowExecution, WorkflowPhase, names,
};
use crate::controllers::context::Error;
use crate::controllers::objects::{Kind, live};
use crate::controllers::stores::seen;
use crate::rules::course::duplicates::Duplicate;
use crate::rules::course::{Analysis, Child, Seen, Skip, Workflow, budgets};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use kube::runtime::reflector::Store;

impl Part<'_> {
    pub(super) async fn look<'b>(&self, duplicates: &'b [Duplicate]) -> Result<Seen<'b>, Error> {
        let status = self.status();
        let name = self.request.name_any();
        let created = self.request.creation_timestamp().map_or(Timestamp::UNIX_EPOCH, |created| created.0);
        let (processings, analyses, workflows) = (&self.stores.processings, &self.stores.analyses, &self.stores.workflows);
        Ok(Seen {
            now: self.ctx.clock.now(),
            phase: self.request.phase(),
            created,
            phase_since: began(&status, self.request.phase()).unwrap_or(created),
            waited_for_people: waited(&status),
            processing: self
                .child(processings, &status.remediation_processing_ref, names::processing(&name), |found| found.phase())
                .await?,
            analysis: self.child(analyses, &status.ai_analysis_ref, names::analysis(&name), as_analysis).await?,
            workflow: self.child(workflows, &status.workflow_execution_ref, names::workflow(&name), |run| self.as_workflow(run)).await?,
            resolved: status.signal.as_ref().is_some_and(|signal| signal.resolved_at.is_some()),
            budgets: budgets::of(&self.ctx.settings.budgets, &self.request.spec.timeouts),
            notify_on_success: self.request.spec.notify_on_success,
            is_duplicate: status.duplicate_of.is_some(),
            duplicates,
            duplicates_told: self.told_of_duplicates(),
            retention: self.ctx.settings.retention.ended.0,
            marked_blocked: status.blocked,
            // The mark comes with the terminal phase; it alone makes the ledger worth a read.
            blocked: status.blocked && self.is_blocked(&self.ledger().await?),
        })
    }

    pub(super) fn owns<K: Kind>(&self, child: &K) -> bool {
        child.owner_references().iter().any(|owner| Some(&owner.uid) == self.request.metadata.uid.as_ref())
    }

    /// A child whose reference is recorded and which is gone is never made again. The cache may lag: only the API server says gone.
    async fn child<K: Kind, T>(
        &self,
        store: &Store<K>,
        recorded: &Option<Ref>,
        name: String,
        view: impl Fn(&K) -> T,
    ) -> Result<Child<T>, Error> {
        let namespace = self.namespace();
        let same = |found: &K| match recorded {
            Some(recorded) => recorded.uid.is_none() || found.meta().uid == recorded.uid,
            None => self.owns(found),
        };
        if let Some(found) = seen(store, &namespace, &name).filter(|found| same(found)) {
            return Ok(Child::There(view(&found)));
        }
        if recorded.is_none() {
            return Ok(Child::NotMade);
        }
        let found: Option<K> = live(self.ctx, &namespace, &name).await?;
        Ok(found.filter(same).map_or(Child::Gone, |found| Child::There(view(&found))))
    }

    fn as_workflow(&self, run: &WorkflowExecution) -> Workflow {
        let status = run.status.clone().unwrap_or_default();
        let skipped = status.skip_details.as_ref().filter(|_| run.phase() == WorkflowPhase::Skipped);
        let skip_message = skipped.map(|skip| skip.message.clone());
        let failure = status.failure_details.as_ref().map(|details| details.message.clone()).or(status.refusals());
        Workflow {
            phase: run.phase(),
            outcome: status.outcome,
            skipped: skipped.map(|skip| self.as_skip(skip)),
            message: skip_message.or(failure).unwrap_or_else(|| "every step completed and the target is healthy".to_owned()),
            started: status.start_time,
            waited: SignedDuration::from_secs(status.waited_for_approval_seconds),
            waiting_since: status.waiting_for_approval_since,
            stop: run.spec.stop,
            attempt: run.spec.attempt,
            observed_attempt: status.observed_attempt,
        }
    }

    fn as_skip(&self, skip: &SkipDetails) -> Skip {
        Skip {
            reason: skip.reason,
            at: skip.skipped_at,
            names_another: self.in_the_way(skip).is_some(),
            holder_released: skip.conflicting_workflow.as_ref().is_some_and(|holder| self.is_released(holder)),
        }
    }

    /// Whether the ledger, as it was last seen, is free and records the end of the run that held it. A view that lags shows no such record.
    fn is_released(&self, holder: &ConflictingWorkflow) -> bool {
        let Ok(target) = self.request.spec.target_resource.parse::<Target>() else { return false };
        let found = seen(&self.stores.targets, target.home(), &target.ledger_name());
        found.is_some_and(|found| found.status.as_ref().is_some_and(|ledger| ended_since(ledger, holder)))
    }

    /// The other remediation whose run stood in the way.
    pub(super) fn in_the_way(&self, skip: &SkipDetails) -> Option<Ref> {
        let busy = skip.conflicting_workflow.as_ref().map(|other| (&other.namespace, &other.remediation_request));
        let recent = skip.recent_remediation.as_ref().map(|other| (&other.namespace, &other.remediation_request));
        let (namespace, name) = busy.or(recent)?;
        if name.is_empty() || (*name == self.request.name_any() && *namespace == self.namespace()) {
            return None;
        }
        let uid = seen(&self.stores.requests, namespace, name).and_then(|request| request.uid());
        Some(Ref { name: name.clone(), namespace: namespace.clone(), uid })
    }
}

fn ended_since(ledger: &RemediationTargetStatus, holder: &ConflictingWorkflow) -> bool {
    let is_its_end = |recorded: &crate::api::RecordedRun| {
        recorded.run.name == holder.name && recorded.run.namespace == holder.namespace && recorded.completed_at >= holder.started_at
    };
    ledger.holder.is_none() && ledger.runs.iter().any(is_its_end)
}

fn as_analysis(analysis: &crate::api::AIAnalysis) -> Analysis {
    let status = analysis.status.clone().unwrap_or_default();
    Analysis { phase: analysis.phase(), approval: status.approval_status, message: status.message }
}

fn began(status: &RemediationRequestStatus, phase: RemediationPhase) -> Option<Timestamp> {
    status.phase_times.get(&format!("{phase:?}"))?.parse().ok()
}

/// How long the remediation waited for a person, once it waits no more.
fn waited(status: &RemediationRequestStatus) -> SignedDuration {
    let (from, to) = (began(status, RemediationPhase::AwaitingApproval), began(status, RemediationPhase::Executing));
    from.zip(to).map_or(SignedDuration::ZERO, |(from, to)| to.duration_since(from))
}
