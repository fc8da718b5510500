//! Which records of the audit trail follow from committed objects. What was refused, or only tried out, leaves no object and so no record.

use super::approval::stamps;
use super::guards::Guards;
use crate::api::{
    AIAnalysis, AIApprovalRequest, AIApprovalRequestStatus, ApprovalStatus, BlockClearance, BlockClearancePhase, Clearance, Decision,
    GROUP, RemediationTarget, VERSION, WorkflowExecution, WorkflowStepApprovalRequest, labels, names,
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::{Resource, ResourceExt};
use serde::{Deserialize, Serialize};

/// Who did what only controllers may do.
pub const CONTROLLERS: &str = labels::CONTROLLERS;

/// The longest evidence that is kept, in characters; the object has the rest.
const LONGEST_EVIDENCE: usize = 600;

/// An object as the API server stored it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Committed {
    Approval(Box<AIApprovalRequest>),
    StepApproval(Box<WorkflowStepApprovalRequest>),
    Analysis(Box<AIAnalysis>),
    Run(Box<WorkflowExecution>),
    Clearance(Box<BlockClearance>),
    Ledger(Box<RemediationTarget>),
}

/// What happened; also the reason of the Event on the object.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Happening {
    Decided,
    AutoApproved,
    Started,
    Ended,
    Cleared,
    ClearanceRefused,
    PolicyChanged,
    PolicyRemoved,
}

/// The object that a record is about.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// `group/version` of the kind.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// Absent for what belongs to no namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// One thing that happened. It holds no fractions, so that its text is the same wherever it is written.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Kind, uid and what happened: the same however often the object is seen.
    pub id: String,
    /// What happened.
    pub event: Happening,
    /// To which object.
    pub object: About,
    /// Who, as the object says it.
    pub who: String,
    /// Whether the API server made sure of that name: the policy was bound at the time.
    pub verified: bool,
    /// When, by the API server where it stamps it; absent when nobody can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Timestamp>,
    /// What, in a sentence.
    pub what: String,
    /// Why, in the words of who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// On what grounds: the confidence and the root cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// SHA-256 of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// The block or exhaustion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_id: Option<String>,
    /// The target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Name of the remediation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
}

/// The records that follow from these objects, in their order. `guards` says which names the API server vouched for, and since when.
pub fn records(objects: &[Committed], guards: &Guards) -> Vec<Record> {
    objects.iter().flat_map(|object| of(object, guards)).collect()
}

fn of(object: &Committed, guards: &Guards) -> Vec<Record> {
    match object {
        Committed::Approval(request) => approval(request, guards).into_iter().collect(),
        Committed::StepApproval(request) => step_approval(request, guards).into_iter().collect(),
        Committed::Analysis(analysis) => auto_approval(analysis, guards).into_iter().collect(),
        Committed::Run(run) => [start(run, guards), end(run, guards)].into_iter().flatten().collect(),
        Committed::Clearance(clearance) => cleared(clearance, guards).into_iter().collect(),
        Committed::Ledger(ledger) => by_deletion(ledger),
    }
}

fn approval(request: &AIApprovalRequest, guards: &Guards) -> Option<Record> {
    let spec = &request.spec;
    let steps: Vec<String> = spec.plan.steps.iter().map(|step| format!("{} {}", step.step_number, step.action)).collect();
    let what = format!("plan {} on {}: {}", short(&spec.plan_hash), spec.plan.target_resource, steps.join(", "));
    let seen = &spec.investigation;
    Some(Record {
        target: Some(spec.plan.target_resource.clone()),
        evidence: grounds(Some(seen.confidence_score), &seen.root_cause),
        plan_hash: Some(spec.plan_hash.clone()),
        ..decided(request, request.status.as_ref()?, &what, guards)?
    })
}

fn step_approval(request: &WorkflowStepApprovalRequest, guards: &Guards) -> Option<Record> {
    let spec = &request.spec;
    let what = format!("step {} ({}) of run {}", spec.step_number, spec.action, spec.workflow_execution_ref.name);
    Some(Record { plan_hash: Some(spec.plan_hash.clone()), ..decided(request, request.status.as_ref()?, &what, guards)? })
}

/// What both kinds of request have in common.
fn decided<K: Resource<DynamicType = ()>>(request: &K, status: &AIApprovalRequestStatus, what: &str, guards: &Guards) -> Option<Record> {
    let decision = status.decision.filter(|decision| *decision != Decision::Undecided)?;
    let when = agreed(&stamps(request.managed_fields()));
    let who = status.decided_by.clone().unwrap_or_default();
    Some(Record {
        verified: !who.is_empty() && guards.held(names::DECISION_POLICY, when),
        why: status.reason.clone().filter(|reason| !reason.trim().is_empty()),
        ..record(request, Happening::Decided, who, when, format!("{decision:?} {what}"))
    })
}

fn auto_approval(analysis: &AIAnalysis, guards: &Guards) -> Option<Record> {
    let status = analysis.status.as_ref().filter(|status| status.approval_status == Some(ApprovalStatus::AutoApproved))?;
    let when = stamp(analysis.managed_fields(), "/f:status/f:approvalStatus");
    let what = format!("AutoApproved plan {} on {}", short(&status.plan_hash), analysis.spec.target_resource);
    Some(Record {
        verified: guards.held(names::STATUS_POLICY, when),
        evidence: grounds(status.confidence_score, &status.root_cause),
        plan_hash: Some(status.plan_hash.clone()),
        target: Some(analysis.spec.target_resource.clone()),
        remediation: Some(analysis.spec.remediation_request_ref.name.clone()),
        ..record(analysis, Happening::AutoApproved, CONTROLLERS.to_owned(), when, what)
    })
}

fn start(run: &WorkflowExecution, guards: &Guards) -> Option<Record> {
    let when = run.status.as_ref()?.start_time?;
    let steps = run.spec.workflow_definition.steps.len();
    let noun = if steps == 1 { "step" } else { "steps" };
    let what = format!("Started plan {}: workflow {}, {steps} {noun}", short(&run.spec.plan_hash), run.spec.workflow_ref.workflow_id);
    Some(of_run(run, Happening::Started, when, what, guards))
}

fn end(run: &WorkflowExecution, guards: &Guards) -> Option<Record> {
    let status = run.status.as_ref()?;
    let (when, outcome) = (status.completion_time?, status.outcome?);
    let why = status.failure_details.as_ref().map(|failure| format!("{}: {}", failure.reason, failure.message));
    Some(Record { why, ..of_run(run, Happening::Ended, when, format!("Ended as {outcome:?}"), guards) })
}

fn of_run(run: &WorkflowExecution, event: Happening, when: Timestamp, what: String, guards: &Guards) -> Record {
    Record {
        verified: guards.held(names::STATUS_POLICY, Some(when)),
        plan_hash: Some(run.spec.plan_hash.clone()),
        target: Some(run.spec.target_resource.clone()),
        remediation: Some(run.spec.remediation_request_ref.name.clone()),
        ..record(run, event, CONTROLLERS.to_owned(), Some(when), what)
    }
}

fn cleared(clearance: &BlockClearance, guards: &Guards) -> Option<Record> {
    let status = clearance.status.as_ref()?;
    let (event, how) = match status.phase? {
        BlockClearancePhase::Applied => (Happening::Cleared, "Cleared"),
        BlockClearancePhase::Refused => (Happening::ClearanceRefused, "Could not clear"),
    };
    let (spec, when) = (&clearance.spec, clearance.creation_timestamp().map(|created| created.0));
    Some(Record {
        verified: guards.held(names::CLEARANCE_POLICY, when),
        why: Some(spec.reason.clone()),
        block_id: Some(spec.block_id.clone()),
        target: Some(spec.target_resource.clone()),
        ..record(clearance, event, spec.cleared_by.clone(), when, format!("{how} block {} on {}", spec.block_id, spec.target_resource))
    })
}

/// Blocks that went with the run that made them. Nobody knows who deleted it, but the API server's own log.
fn by_deletion(ledger: &RemediationTarget) -> Vec<Record> {
    let recorded = ledger.status.iter().flat_map(|status| &status.clearances);
    recorded.filter(|clearance| clearance.how == "Deleted").map(|clearance| deleted(ledger, clearance)).collect()
}

fn deleted(ledger: &RemediationTarget, clearance: &Clearance) -> Record {
    let target = ledger.spec.target_resource.clone();
    let what = format!("Cleared block {} on {target} by deleting its run", clearance.block_id);
    Record {
        id: id("WorkflowExecution", &clearance.uid, Happening::Cleared),
        why: Some(clearance.why.clone()),
        block_id: Some(clearance.block_id.clone()),
        target: Some(target),
        ..record(ledger, Happening::Cleared, clearance.who.clone(), Some(clearance.when), what)
    }
}

fn record<K: Resource<DynamicType = ()>>(object: &K, event: Happening, who: String, when: Option<Timestamp>, what: String) -> Record {
    let uid = object.uid().unwrap_or_default();
    Record {
        id: id(&K::kind(&()), &uid, event),
        event,
        object: About {
            api_version: format!("{GROUP}/{VERSION}"),
            kind: K::kind(&()).into_owned(),
            namespace: object.namespace(),
            name: object.name_any(),
            uid,
        },
        who,
        verified: false,
        when,
        what,
        why: None,
        evidence: None,
        plan_hash: None,
        block_id: None,
        target: None,
        remediation: object.labels().get(labels::REMEDIATION_REQUEST).cloned(),
    }
}

/// `KIND/UID/EVENT`.
pub fn id(kind: &str, uid: &str, event: Happening) -> String {
    format!("{kind}/{uid}/{event:?}")
}

/// The identifiers of what a run may have left in the way.
pub fn blocks_of(run_uid: &str) -> [String; 2] {
    [names::block_id(run_uid), names::exhaustion_id(run_uid)]
}

fn grounds(confidence: Option<f64>, root_cause: &str) -> Option<String> {
    let sure = confidence.map(|confidence| format!("confidence {confidence}"));
    let cause: String = root_cause.chars().take(LONGEST_EVIDENCE).collect();
    let both: Vec<String> = sure.into_iter().chain(Some(cause).filter(|cause| !cause.is_empty())).collect();
    Some(both.join(", ")).filter(|text| !text.is_empty())
}

/// First 12 digits, for sentences; the whole hash stands beside them.
fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

/// The one time that all stamps say.
fn agreed(stamps: &[Option<Timestamp>]) -> Option<Timestamp> {
    let (first, others) = stamps.split_first()?;
    first.filter(|first| others.iter().all(|other| *other == Some(*first)))
}

/// When a field was written last, by the API server.
fn stamp(entries: &[ManagedFieldsEntry], field: &str) -> Option<Timestamp> {
    let owns = |entry: &&ManagedFieldsEntry| entry.fields_v1.as_ref().is_some_and(|fields| fields.0.pointer(field).is_some());
    entries.iter().filter(owns).filter_map(|entry| entry.time.as_ref().map(|time| time.0)).max()
}
