//! Moves one RemediationRequest along its course: makes its children, tells people, ends it.
//!
//! Writes: the status of RemediationRequest but for `signal` (the gateway's); RemediationProcessing, AIAnalysis,
//! WorkflowExecution and NotificationRequest objects; of a run's spec only `attempt` and `stop`.
//! Relies on the other controllers to write the status of their kinds.

mod children;
mod notices;

use super::context::{Ctx, Doing, Error, Next};
use super::objects::{Kind, Made, api, live, make, patching, put_status, refer};
use super::stores::{Stores, seen};
use crate::api::{
    Ref, RemediationPhase, RemediationRequest, RemediationRequestStatus, RemediationTarget, StopReason, Target, WorkflowExecution,
    WorkflowPhase, names,
};
use crate::permissions::Rule;
use crate::rules::course::{self, Analysis, Child, Course, Ending, Next as NextChild, Seen, Told, Workflow};
use crate::rules::ledger;
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use kube::api::{DeleteParams, Patch, Preconditions};
use kube::runtime::reflector::Store;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// What this controller needs.
pub const RULES: &[Rule] = &[
    Rule { groups: &["kubernaut.ai"], resources: &["remediationrequests"], verbs: &["get", "list", "watch", "delete", "operate"] },
    Rule { groups: &["kubernaut.ai"], resources: &["remediationrequests/status"], verbs: &["update"] },
    Rule {
        groups: &["kubernaut.ai"],
        resources: &["remediationprocessings", "aianalyses", "workflowexecutions", "notificationrequests"],
        verbs: &["get", "list", "watch", "create"],
    },
    Rule { groups: &["kubernaut.ai"], resources: &["workflowexecutions"], verbs: &["patch"] },
    Rule { groups: &["kubernaut.ai"], resources: &["remediationtargets", "aiapprovalrequests"], verbs: &["get"] },
];

/// What a decision works with.
struct Part<'a> {
    request: &'a RemediationRequest,
    ctx: &'a Ctx,
    stores: &'a Stores,
}

/// Moves a remediation forward by one decision.
pub async fn reconcile(request: Arc<RemediationRequest>, ctx: Ctx, stores: Arc<Stores>) -> Result<Next, Error> {
    if request.metadata.deletion_timestamp.is_some() {
        return Ok(Next::Change);
    }
    let part = Part { request: &request, ctx: &ctx, stores: &stores };
    let blocked = part.status().blocked && !part.block_is_gone().await?;
    match course::decide(&part.look(blocked).await?) {
        Course::Nothing => part.unblock(blocked).await,
        Course::Wait { until } => Ok(Next::After(left(ctx.clock.now(), until))),
        Course::Begin(NextChild::Processing) => part.begin(children::processing(&part), RemediationPhase::Processing).await,
        Course::Begin(NextChild::Analysis) => part.begin(children::analysis(&part), RemediationPhase::Analyzing).await,
        Course::Begin(NextChild::Workflow) => part.begin(children::workflow(&part).await?, RemediationPhase::Executing).await,
        Course::AskPerson => part.ask_person().await,
        Course::RaiseAttempt => part.raise_attempt().await,
        Course::Stop(reason) => part.stop(reason).await,
        Course::Finish(ending) => part.finish(ending).await,
        Course::Forget => part.forget().await,
    }
}

fn left(now: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO)
}

impl Part<'_> {
    fn namespace(&self) -> String {
        self.request.namespace().unwrap_or_default()
    }

    fn status(&self) -> RemediationRequestStatus {
        self.request.status.clone().unwrap_or_default()
    }

    fn run(&self) -> Option<Arc<WorkflowExecution>> {
        seen(&self.stores.workflows, &self.namespace(), &names::workflow(&self.request.name_any()))
    }

    async fn look(&self, blocked: bool) -> Result<Seen<'_>, Error> {
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
            workflow: self.child(workflows, &status.workflow_execution_ref, names::workflow(&name), as_workflow).await?,
            resolved: status.signal.is_some_and(|signal| signal.resolved_at.is_some()),
            budgets: &self.ctx.settings.budgets,
            retention: self.ctx.settings.retention.ended.0,
            blocked,
        })
    }

    fn owns<K: Kind>(&self, child: &K) -> bool {
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

    /// Makes a child, then records it and the new phase in one write.
    async fn begin(&self, child: Result<children::Wanted, Ending>, phase: RemediationPhase) -> Result<Next, Error> {
        let wanted = match child {
            Ok(wanted) => wanted,
            Err(ending) => return self.finish(ending).await,
        };
        let mut status = self.moved_to(phase);
        let made = match wanted {
            children::Wanted::Processing(wanted) => {
                referred(make(self.ctx, wanted.as_ref()).await?, &mut status.remediation_processing_ref)
            }
            children::Wanted::Analysis(wanted) => referred(make(self.ctx, wanted.as_ref()).await?, &mut status.ai_analysis_ref),
            children::Wanted::Workflow(wanted) => referred(make(self.ctx, wanted.as_ref()).await?, &mut status.workflow_execution_ref),
        };
        match made {
            Adopted::Yes => self.write(status).await,
            Adopted::Later => Ok(Next::After(Duration::from_secs(1))),
            Adopted::Never => self.finish(foreign()).await,
        }
    }

    /// The status at the beginning of a phase.
    fn moved_to(&self, phase: RemediationPhase) -> RemediationRequestStatus {
        let mut status = self.status();
        status.phase = Some(phase);
        status.phase_times.entry(format!("{phase:?}")).or_insert_with(|| self.ctx.clock.now().to_string());
        status
    }

    async fn write(&self, status: RemediationRequestStatus) -> Result<Next, Error> {
        put_status(self.ctx, &RemediationRequest { status: Some(status), ..self.request.clone() }).await?;
        Ok(Next::Change)
    }

    async fn ask_person(&self) -> Result<Next, Error> {
        let mut status = self.moved_to(RemediationPhase::AwaitingApproval);
        match notices::approval(self) {
            Some(notice) => self.tell(notice, &mut status).await?,
            // The request is not there yet; the analysis wakes us when it is.
            None => return Ok(Next::After(Duration::from_secs(1))),
        }
        self.write(status).await
    }

    async fn tell(&self, notice: crate::api::NotificationRequest, status: &mut RemediationRequestStatus) -> Result<(), Error> {
        if let Made::Ours(made) = make(self.ctx, &notice).await? {
            status.notification_request_refs.retain(|reference| reference.name != made.name_any());
            status.notification_request_refs.push(refer(made.as_ref()));
        }
        Ok(())
    }

    async fn raise_attempt(&self) -> Result<Next, Error> {
        let Some(run) = self.run() else { return Ok(Next::Change) };
        let duplicate_of = notices::duplicate_of(self, &run);
        if self.status().duplicate_of.is_none() && duplicate_of.is_some() {
            self.write(RemediationRequestStatus { duplicate_of, ..self.status() }).await?;
        }
        self.patch_run(&run, json!({ "attempt": run.spec.attempt + 1 })).await
    }

    async fn stop(&self, reason: StopReason) -> Result<Next, Error> {
        let Some(run) = self.run() else { return Ok(Next::Change) };
        self.patch_run(&run, json!({ "stop": reason })).await
    }

    /// Against the version that was seen: a run that has moved on meanwhile is looked at again.
    async fn patch_run(&self, run: &WorkflowExecution, spec: serde_json::Value) -> Result<Next, Error> {
        let patch = json!({ "metadata": { "resourceVersion": run.resource_version() }, "spec": spec });
        let params = patching();
        let runs = api::<WorkflowExecution>(self.ctx, &self.namespace());
        runs.patch(&run.name_any(), &params, &Patch::Merge(&patch)).await.doing(|| format!("change the spec of {}", run.name_any()))?;
        Ok(Next::Change)
    }

    async fn finish(&self, ending: Ending) -> Result<Next, Error> {
        if self.has_unrecorded_run().await? {
            return Ok(Next::After(Duration::from_secs(1)));
        }
        let mut status = self.moved_to(ending.phase);
        status.outcome = ending.outcome;
        status.requires_manual_review = ending.review;
        status.skip_reason = ending.skip_reason.map(|reason| reason.as_str().to_owned());
        status.message = ending.message.chars().take(2048).collect();
        status.blocked = self.has_block().await?;
        let wanted = ending.notice.filter(|told| *told != Told::Completed || self.request.spec.notify_on_success);
        if let Some(told) = wanted {
            self.tell(notices::ending(self, told, &ending), &mut status).await?;
        }
        self.write(status).await
    }

    /// A run that was made and not recorded, and that the stores do not show yet, must not outlive its remediation unseen.
    async fn has_unrecorded_run(&self) -> Result<bool, Error> {
        if self.status().workflow_execution_ref.is_some() || self.run().is_some() {
            return Ok(false);
        }
        let name = names::workflow(&self.request.name_any());
        let found: Option<WorkflowExecution> = live(self.ctx, &self.namespace(), &name).await?;
        Ok(found.is_some_and(|found| self.owns(&found)))
    }

    /// Whether the ledger holds a block of this remediation's run, read live.
    async fn has_block(&self) -> Result<bool, Error> {
        let Some(reference) = self.status().workflow_execution_ref else { return Ok(false) };
        let Ok(target) = self.request.spec.target_resource.parse::<Target>() else { return Ok(false) };
        let found: Option<RemediationTarget> = live(self.ctx, target.home(), &target.ledger_name()).await?;
        let status = found.and_then(|found| found.status).unwrap_or_default();
        Ok(ledger::block_of(&status, &reference.uid.unwrap_or_default()).is_some())
    }

    async fn block_is_gone(&self) -> Result<bool, Error> {
        Ok(self.request.phase().is_over() && !self.has_block().await?)
    }

    /// The block was cleared since: say so, and let retention begin.
    async fn unblock(&self, blocked: bool) -> Result<Next, Error> {
        if self.status().blocked && !blocked {
            return self.write(RemediationRequestStatus { blocked: false, ..self.status() }).await;
        }
        Ok(Next::Change)
    }

    async fn forget(&self) -> Result<Next, Error> {
        let name = self.request.name_any();
        let preconditions = Some(Preconditions { uid: self.request.uid(), resource_version: self.request.resource_version() });
        let params = DeleteParams { preconditions, ..DeleteParams::background() };
        api::<RemediationRequest>(self.ctx, &self.namespace()).delete(&name, &params).await.doing(|| format!("delete {name}"))?;
        Ok(Next::Change)
    }
}

enum Adopted {
    Yes,
    Later,
    Never,
}

fn referred<K: Kind>(made: Made<K>, reference: &mut Option<Ref>) -> Adopted {
    match made {
        Made::Ours(made) => {
            *reference = Some(refer(made.as_ref()));
            Adopted::Yes
        }
        Made::OtherOwner => Adopted::Later,
        Made::Foreign => Adopted::Never,
    }
}

fn foreign() -> Ending {
    Ending {
        phase: RemediationPhase::Failed,
        outcome: None,
        review: true,
        skip_reason: None,
        message: "ForeignChild: somebody else's object has the name of a child of this remediation".to_owned(),
        notice: Some(Told::Failed),
    }
}

fn as_analysis(analysis: &crate::api::AIAnalysis) -> Analysis {
    let status = analysis.status.clone().unwrap_or_default();
    Analysis { phase: analysis.phase(), approval: status.approval_status, message: status.message }
}

fn as_workflow(run: &WorkflowExecution) -> Workflow {
    let status = run.status.clone().unwrap_or_default();
    let skipped = status.skip_details.as_ref().filter(|_| run.phase() == WorkflowPhase::Skipped);
    let skip_message = skipped.map(|skip| skip.message.clone());
    let failure = status.failure_details.as_ref().map(|details| details.message.clone()).or(status.refusals());
    Workflow {
        phase: run.phase(),
        outcome: status.outcome,
        skipped: skipped.map(|skip| (skip.reason, skip.skipped_at)),
        message: skip_message.or(failure).unwrap_or_else(|| "every step completed and the target is healthy".to_owned()),
        started: status.start_time,
        waited: SignedDuration::from_secs(status.waited_for_approval_seconds),
        waiting_since: status.waiting_for_approval_since,
        stop: run.spec.stop,
        attempt: run.spec.attempt,
        observed_attempt: status.observed_attempt,
    }
}

fn began(status: &RemediationRequestStatus, phase: RemediationPhase) -> Option<Timestamp> {
    status.phase_times.get(&format!("{phase:?}"))?.parse().ok()
}

/// How long the remediation waited for a person, once it waits no more.
fn waited(status: &RemediationRequestStatus) -> SignedDuration {
    let (from, to) = (began(status, RemediationPhase::AwaitingApproval), began(status, RemediationPhase::Executing));
    from.zip(to).map_or(SignedDuration::ZERO, |(from, to)| to.duration_since(from))
}
