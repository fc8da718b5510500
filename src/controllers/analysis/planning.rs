//! Turns a proposal into a plan with absolute writes and its hash, and judges its confidence.

use crate::actions::cluster::Cluster;
use crate::actions::{self, Asked, Error};
use crate::analysts::{Case, Proposal};
use crate::api::{
    AIAnalysisStatus, AnalysisPhase, ApprovalPolicy, ApprovalStatus, ExecutionStrategy, Plan, RollbackStrategy, Step, Target, Write,
};
use crate::rules::confidence::{self, Trust};
use crate::rules::plan;
use crate::settings::Approval;
use jiff::Timestamp;
use kube::ResourceExt;

/// What an analysis has come to once its analyst has answered, for the cluster as it is now.
///
/// # Errors
/// Only when the cluster cannot be read now.
pub async fn conclude(
    case: &Case,
    proposal: &Proposal,
    cluster: &Cluster,
    settings: &Approval,
    now: Timestamp,
) -> Result<AIAnalysisStatus, Error> {
    let found = findings(proposal, settings);
    let trust = confidence::decide(proposal.confidence, proposal.recommendations.len(), settings);
    if let Trust::Refuse { because } = trust {
        return Ok(AIAnalysisStatus { phase: Some(AnalysisPhase::Rejected), message: because, ..found });
    }
    let plan = match plan_of(case, proposal, cluster, now).await {
        Ok(plan) => plan,
        Err(Error::Refused(why)) => return Ok(AIAnalysisStatus { phase: Some(AnalysisPhase::Failed), message: why, ..found }),
        Err(not_now) => return Err(not_now),
    };
    let (phase, approval, message) = match trust {
        Trust::Approve => (AnalysisPhase::Completed, ApprovalStatus::AutoApproved, "confidence is high, approved without a person"),
        _ => (AnalysisPhase::Approving, ApprovalStatus::Pending, "a person must decide"),
    };
    let hash = plan::hash(&plan);
    let message = message.to_owned();
    Ok(AIAnalysisStatus { phase: Some(phase), approval_status: Some(approval), plan: Some(plan), plan_hash: hash, message, ..found })
}

/// What the analyst found, within the schema's bounds.
fn findings(proposal: &Proposal, settings: &Approval) -> AIAnalysisStatus {
    let score = confidence::stated(proposal.confidence);
    AIAnalysisStatus {
        root_cause: proposal.root_cause.chars().take(4096).collect(),
        evidence: proposal.evidence.iter().take(32).cloned().collect(),
        confidence_score: score,
        confidence_level: score.map(|score| confidence::level(score, settings)),
        recommendations: proposal.recommendations.iter().take(50).cloned().collect(),
        workflow_id: proposal.workflow_id.clone(),
        ..AIAnalysisStatus::default()
    }
}

async fn plan_of(case: &Case, proposal: &Proposal, cluster: &Cluster, now: Timestamp) -> Result<Plan, Error> {
    let target = target(case)?;
    actions::in_bounds(&target, &[])?;
    let uid = cluster.target(&target).await?.uid().unwrap_or_default();
    let mut plan = draft(&target, uid, proposal)?;
    for step in &mut plan.steps {
        step.writes = writes(&target, step, cluster, now).await?;
    }
    let writes: Vec<_> = plan.steps.iter().flat_map(|step| step.writes.clone()).collect();
    actions::in_bounds(&target, &writes)?;
    Ok(plan)
}

fn target(case: &Case) -> Result<Target, Error> {
    case.analysis.target_resource.parse().map_err(|error| Error::Refused(format!("{error}")))
}

/// The plan before any step's writes are known; refuses one that cannot be run as written.
///
/// # Errors
/// Never because of the cluster.
pub fn draft(target: &Target, uid: String, proposal: &Proposal) -> Result<Plan, Error> {
    actions::in_bounds(target, &[])?;
    let plan = Plan {
        target_resource: target.to_string(),
        target_uid: uid,
        workflow_id: proposal.workflow_id.clone(),
        steps: steps_of(proposal),
        execution_strategy: ExecutionStrategy {
            approval_required: false,
            dry_run_first: true,
            rollback_strategy: RollbackStrategy::Automatic,
        },
        policy_hash: String::new(),
        plan_schema: plan::PLAN_SCHEMA,
    };
    plan::check(&plan, |name| actions::find(name).is_some()).map_err(|flaw| Error::Refused(flaw.to_string()))?;
    Ok(plan)
}

/// What a step will write, with absolute values.
///
/// # Errors
/// When the action refuses, or the cluster cannot be read now.
pub async fn writes(target: &Target, step: &Step, cluster: &Cluster, now: Timestamp) -> Result<Vec<Write>, Error> {
    let asked = Asked { target, parameters: &step.parameters, now };
    let Some(action) = actions::find(&step.action) else { return Ok(Vec::new()) };
    action.plan(cluster, asked).await.map_err(|error| name_step(step.step_number, error))
}

fn name_step(number: i32, error: Error) -> Error {
    match error {
        Error::Refused(why) => Error::Refused(format!("step {number} cannot be planned: {why}")),
        not_now => not_now,
    }
}

fn steps_of(proposal: &Proposal) -> Vec<Step> {
    let numbered = (1..).zip(&proposal.recommendations).zip(&proposal.dependencies);
    let approvals = proposal.approvals.iter().map(Option::as_ref).chain(std::iter::repeat(None));
    let step =
        |(((number, recommended), dependencies), asks): (((i32, &crate::api::Recommendation), &Vec<i32>), Option<&ApprovalPolicy>)| Step {
            step_number: number,
            action: recommended.action.clone(),
            parameters: recommended.parameters.clone(),
            dependencies: dependencies.clone(),
            requires_approval: asks.is_some(),
            approval_policy: asks.filter(|policy| **policy != ApprovalPolicy::default()).cloned(),
            writes: Vec::new(),
        };
    numbered.zip(approvals).map(step).collect()
}
