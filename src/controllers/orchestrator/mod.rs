//! Moves one RemediationRequest along its course: makes its children, tells people, ends it.
//!
//! Writes: the status of RemediationRequest but for `signal` (the gateway's); RemediationProcessing, AIAnalysis,
//! WorkflowExecution and NotificationRequest objects; of a run's spec only `attempt` and `stop`.
//! Relies on the other controllers to write the status of their kinds.

mod children;
mod duplicates;
mod look;
mod notices;

use super::context::{Ctx, Doing, Error, Next, time_left};
use super::ledger as ledgers;
use super::objects::{Kind, Made, api, live, make, patching, put_status, refer};
use super::stores::{Stores, seen};
use crate::api::{
    Ref, RemediationPhase, RemediationRequest, RemediationRequestStatus, RemediationTarget, RemediationTargetStatus, StopReason, Target,
    WorkflowExecution, names,
};
use crate::permissions::Rule;
use crate::rules::course::{self, Course, Ending, Next as NextChild, Told};
use crate::rules::ledger;
use kube::ResourceExt;
use kube::api::{DeleteParams, Patch, Preconditions};
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
    let duplicates = part.duplicates();
    match course::decide(&part.look(&duplicates).await?) {
        Course::Nothing => Ok(Next::Change),
        Course::Wait { until } => Ok(Next::After(time_left(ctx.clock.now(), until))),
        Course::Begin(NextChild::Processing) => part.begin(children::processing(&part), RemediationPhase::Processing).await,
        Course::Begin(NextChild::Analysis) => part.begin(children::analysis(&part), RemediationPhase::Analyzing).await,
        Course::Begin(NextChild::Workflow) => part.begin(children::workflow(&part).await?, RemediationPhase::Executing).await,
        Course::AskPerson => part.ask_person().await,
        Course::BecomeDuplicate => part.become_duplicate().await,
        Course::CountDuplicates => part.count_duplicates().await,
        Course::TellDuplicates => part.tell_duplicates().await,
        Course::RaiseAttempt => part.raise_attempt().await,
        Course::Stop(reason) => part.stop(reason).await,
        Course::Finish(ending) => part.finish(ending).await,
        Course::Unblock => part.write(RemediationRequestStatus { blocked: false, ..part.status() }).await,
        Course::Forget => part.forget().await,
    }
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
        let told = match make(self.ctx, &notice).await? {
            Made::Ours(made) => refer(made.as_ref()),
            // Somebody else's object has the name: recorded all the same, or it would be tried for ever.
            Made::Foreign => refer(&notice),
            Made::OtherOwner => return Ok(()),
        };
        status.notification_request_refs.retain(|reference| reference.name != told.name);
        status.notification_request_refs.push(told);
        Ok(())
    }

    async fn raise_attempt(&self) -> Result<Next, Error> {
        let Some(run) = self.run() else { return Ok(Next::Change) };
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
        let ledger = self.ledger().await?;
        status.blocked = self.is_blocked(&ledger);
        if let Some(told) = ending.notice {
            self.tell(notices::ending(self, told, &ending, &ledger), &mut status).await?;
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

    /// The target's ledger, read live, and built anew if it was lost; empty when nothing ran on the target yet, or when it went with its
    /// namespace.
    async fn ledger(&self) -> Result<RemediationTargetStatus, Error> {
        if self.status().workflow_execution_ref.is_none() {
            return Ok(RemediationTargetStatus::default());
        }
        let Ok(target) = self.request.spec.target_resource.parse::<Target>() else { return Ok(RemediationTargetStatus::default()) };
        let found: Option<RemediationTarget> = live(self.ctx, target.home(), &target.ledger_name()).await?;
        match found.and_then(|found| found.status).filter(|status| status.rebuilt_at.is_some()) {
            Some(status) => Ok(status),
            None if ledgers::namespace_is_ending(&target, self.ctx).await? => Ok(RemediationTargetStatus::default()),
            None => Ok(ledgers::open(&target, self.ctx).await?.status.unwrap_or_default()),
        }
    }

    /// Whether a ledger holds a block of this remediation's run.
    fn is_blocked(&self, ledger: &RemediationTargetStatus) -> bool {
        let run = self.status().workflow_execution_ref.and_then(|reference| reference.uid);
        run.is_some_and(|uid| ledger::block_of(ledger, &uid).is_some())
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
        budget: None,
    }
}
