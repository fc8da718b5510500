//! The children of a remediation, exactly as they are created.

use super::Part;
use crate::api::{
    AIAnalysis, AIAnalysisSpec, ExecutionStrategy, Plan, RemediationPhase, RemediationProcessing, RemediationProcessingSpec,
    WorkflowDefinition, WorkflowExecution, WorkflowExecutionSpec, WorkflowRef, labels, names,
};
use crate::controllers::context::Error;
use crate::controllers::objects::{child_of, refer, seen_or_live};
use crate::rules::course::{Ending, Told};
use crate::rules::intake::signal;
use crate::rules::plan;
use kube::ResourceExt;

/// A child to be made.
pub enum Wanted {
    Processing(Box<RemediationProcessing>),
    Analysis(Box<AIAnalysis>),
    Workflow(Box<WorkflowExecution>),
}

pub fn processing(part: &Part<'_>) -> Result<Wanted, Ending> {
    let spec = RemediationProcessingSpec {
        remediation_request_ref: refer(part.request),
        target_resource: part.request.spec.target_resource.clone(),
        signal: signal(&part.request.spec),
    };
    let mut child = RemediationProcessing::new("", spec);
    let name = part.request.name_any();
    child.metadata = child_of(part.request, names::processing(&name), &name);
    Ok(Wanted::Processing(Box::new(child)))
}

pub fn analysis(part: &Part<'_>) -> Result<Wanted, Ending> {
    let Some(context_ref) = part.status().remediation_processing_ref else {
        return Err(broken("its RemediationProcessing is not recorded"));
    };
    let spec = AIAnalysisSpec {
        remediation_request_ref: refer(part.request),
        target_resource: part.request.spec.target_resource.clone(),
        signal: signal(&part.request.spec),
        context_ref,
        analyst: part.ctx.settings.analyst.name.clone(),
    };
    let mut child = AIAnalysis::new("", spec);
    let name = part.request.name_any();
    child.metadata = child_of(part.request, names::analysis(&name), &name);
    Ok(Wanted::Analysis(Box::new(child)))
}

/// The run of the approved plan: the request's when a person approved, the analysis' after recomputing its hash otherwise.
pub async fn workflow(part: &Part<'_>) -> Result<Result<Wanted, Ending>, Error> {
    let (name, namespace) = (part.request.name_any(), part.namespace());
    let analysis = seen_or_live(part.ctx, &part.stores.analyses, &namespace, &names::analysis(&name)).await?;
    let analysis = analysis.and_then(|analysis| analysis.status.clone()).unwrap_or_default();
    let approved = match analysis.approval_request_ref {
        Some(_) => {
            let approval = names::approval(&names::analysis(&name));
            let approval = seen_or_live(part.ctx, &part.stores.approvals, &namespace, &approval).await?;
            approval.map(|approval| approval.spec.plan.clone())
        }
        None => analysis.plan.clone(),
    };
    Ok(run_of(part, approved, analysis.plan_hash))
}

fn run_of(part: &Part<'_>, approved: Option<Plan>, plan_hash: String) -> Result<Wanted, Ending> {
    let name = part.request.name_any();
    let Some(plan) = approved.filter(|plan| plan::hash(plan) == plan_hash) else {
        return Err(broken("the approved plan and the analysis' hash of it do not match"));
    };
    let spec = WorkflowExecutionSpec {
        remediation_request_ref: refer(part.request),
        target_resource: plan.target_resource,
        target_uid: plan.target_uid,
        workflow_ref: WorkflowRef { workflow_id: plan.workflow_id },
        workflow_definition: WorkflowDefinition { steps: plan.steps },
        execution_strategy: ExecutionStrategy { ..plan.execution_strategy },
        plan_hash,
        policy_hash: plan.policy_hash,
        plan_schema: plan.plan_schema,
        attempt: 0,
        stop: None,
    };
    let mut child = WorkflowExecution::new("", spec);
    child.metadata = child_of(part.request, names::workflow(&name), &name);
    child.metadata.finalizers = Some(vec![labels::LEDGER_FINALIZER.to_owned()]);
    Ok(Wanted::Workflow(Box::new(child)))
}

fn broken(message: &str) -> Ending {
    Ending {
        phase: RemediationPhase::Failed,
        outcome: None,
        review: true,
        skip_reason: None,
        message: message.to_owned(),
        notice: Some(Told::Failed),
        budget: None,
    }
}
