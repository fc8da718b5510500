//! What the analysis of a remediation would come to: the analyst, the plan, the confidence.

use super::play::Request;
use super::scene::Scene;
use super::shape::Decision;
use crate::actions::{self, Error};
use crate::analysts::{Analyst, Case, Proposal};
use crate::api::{AIAnalysisSpec, AIAnalysisStatus, AnalysisPhase, ApprovalStatus, Plan, Ref, Target};
use crate::cli::failure::{Failure, Reason};
use crate::controllers::analysis::planning;
use crate::rules::confidence::{self, Trust};
use crate::rules::intake;
use crate::rules::plan::check_writes;

/// What is supposed instead of asking the analyst.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Supposed {
    /// Suppose that the analysis is this sure, from 0 to 100
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = percent)]
    pub confidence: Option<f64>,
    /// Suppose that the analysis proposes this workflow
    #[arg(long, value_name = "ID")]
    pub workflow: Option<String>,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "write a number from 0 to 100, for example 72".to_owned())
}

/// What an analysis comes to.
#[derive(Clone, Debug, Default)]
pub struct Thought {
    /// The analysis' status; its plan as far as it can be made.
    pub status: AIAnalysisStatus,
    /// Who says how sure it is.
    pub from: String,
    /// The workflow, if one is proposed.
    pub workflow: Option<String>,
    /// Numbers of the steps whose values are not in the files.
    pub unresolved: Vec<i32>,
    /// What could not be looked up.
    pub notes: Vec<String>,
}

impl Thought {
    /// What the analysis decides.
    pub fn decision(&self) -> Decision {
        match self.status.phase {
            Some(AnalysisPhase::Completed) => Decision::AutoApprove,
            Some(AnalysisPhase::Approving) => Decision::Ask,
            _ => Decision::Refuse,
        }
    }
}

/// Thinks about a request.
///
/// # Errors
/// When the analyst does not answer, or the cluster cannot be read now.
pub async fn of(scene: &Scene<'_>, analyst: &dyn Analyst, supposed: &Supposed, request: &Request<'_>) -> Result<Thought, Failure> {
    let case = case(request, analyst);
    let mut proposal = analyst.investigate(&case).await.map_err(|error| Failure::usage(error.to_string()))?;
    let is_built_in = scene.settings.analyst.playbooks.is_none();
    let from = from(supposed, analyst.name(), is_built_in, &proposal);
    let known = supposed.workflow.clone().or_else(|| Some(proposal.workflow_id.clone()).filter(|_| !proposal.recommendations.is_empty()));
    proposal.confidence = supposed.confidence.or(proposal.confidence);
    proposal.workflow_id = supposed.workflow.clone().unwrap_or(proposal.workflow_id);
    let thought = Thought { from, workflow: known, ..Thought::default() };
    if supposed.confidence.is_some() && proposal.recommendations.is_empty() {
        return Ok(planless(scene, &proposal, thought, request.target));
    }
    scene.missed();
    let concluded = planning::conclude(&case, &proposal, &scene.cluster(), &scene.settings.approval, scene.now).await;
    let status = concluded.map_err(not_now)?;
    match status.phase {
        Some(AnalysisPhase::Failed) if !scene.missed().is_empty() => partial(scene, &proposal, thought, status, request.target).await,
        _ => Ok(Thought { status, ..thought }.warned()),
    }
}

fn case(request: &Request<'_>, analyst: &dyn Analyst) -> Case {
    let reference = Ref { name: request.name.to_owned(), namespace: request.namespace.to_owned(), uid: None };
    let analysis = AIAnalysisSpec {
        context_ref: reference.clone(),
        remediation_request_ref: reference,
        target_resource: request.spec.target_resource.clone(),
        signal: intake::signal(request.spec),
        analyst: analyst.name().to_owned(),
    };
    Case { analysis, context: Default::default() }
}

fn from(supposed: &Supposed, analyst: &str, is_built_in: bool, proposal: &Proposal) -> String {
    let built_in = if is_built_in { "built-in " } else { "" };
    match supposed.confidence {
        Some(_) => "--confidence".to_owned(),
        None if proposal.recommendations.is_empty() => format!("{built_in}{analyst}"),
        None => format!("{built_in}{analyst} {}", proposal.workflow_id),
    }
}

fn not_now(error: Error) -> Failure {
    match error {
        Error::NotNow { doing, source } => Failure::from_kube(&source, &doing),
        Error::Refused(why) => Failure::new(Reason::Internal, why),
    }
}

/// Nobody knows a plan, so the confidence alone is judged.
fn planless(scene: &Scene<'_>, proposal: &Proposal, thought: Thought, target: &Target) -> Thought {
    let score = confidence::stated(proposal.confidence);
    let found = AIAnalysisStatus { confidence_score: score, root_cause: proposal.root_cause.clone(), ..Default::default() };
    let status = match actions::in_bounds(target, &[]) {
        Err(why) => AIAnalysisStatus { phase: Some(AnalysisPhase::Failed), message: why.to_string(), ..found },
        Ok(()) => judged(proposal, scene, found),
    };
    let note = format!("{}, so there is no plan, and the confidence alone is judged", proposal.root_cause);
    Thought { status, notes: vec![note], ..thought }
}

fn judged(proposal: &Proposal, scene: &Scene<'_>, found: AIAnalysisStatus) -> AIAnalysisStatus {
    let (phase, approval, message) = match confidence::decide(proposal.confidence, proposal.recommendations.len(), &scene.settings.approval)
    {
        Trust::Approve => (AnalysisPhase::Completed, Some(ApprovalStatus::AutoApproved), String::new()),
        Trust::Ask => (AnalysisPhase::Approving, Some(ApprovalStatus::Pending), String::new()),
        Trust::Refuse { because } => (AnalysisPhase::Rejected, None, because),
    };
    AIAnalysisStatus { phase: Some(phase), approval_status: approval, message, ..found }
}

/// The plan without the values that the files leave out. What is refused for another reason stays refused.
async fn partial(
    scene: &Scene<'_>,
    proposal: &Proposal,
    thought: Thought,
    status: AIAnalysisStatus,
    target: &Target,
) -> Result<Thought, Failure> {
    let failed = |message: String| AIAnalysisStatus { phase: Some(AnalysisPhase::Failed), message, ..status.clone() };
    let mut plan = match planning::draft(target, String::new(), proposal) {
        Ok(plan) => plan,
        Err(error) => return Ok(Thought { status: failed(error.to_string()), ..thought }),
    };
    let (mut unresolved, mut notes) = (vec![], vec![]);
    for step in &mut plan.steps {
        match planning::writes(target, step, &scene.cluster(), scene.now).await {
            Ok(writes) => step.writes = writes,
            Err(Error::Refused(why)) => match scene.missed().as_slice() {
                [] => return Ok(Thought { status: failed(why), ..thought }),
                missed => {
                    notes.push(format!("step {} is without its values, as {} is not in the files", step.step_number, missed.join(", ")));
                    unresolved.push(step.step_number);
                }
            },
            Err(error) => return Err(not_now(error)),
        }
        scene.missed();
    }
    let found = AIAnalysisStatus { plan: Some(plan), ..status };
    Ok(Thought { status: judged(proposal, scene, found), unresolved, notes, ..thought }.warned())
}

impl Thought {
    /// With a note where the plan is one that fails half way.
    fn warned(mut self) -> Self {
        let flaw = self.status.plan.as_ref().and_then(|plan| check_writes(&plan.steps).err());
        self.notes.extend(flaw.map(|flaw| flaw.to_string()));
        self
    }

    /// The plan, if it may be shown: that of a refused analysis is never stored.
    pub fn plan(&self) -> Option<&Plan> {
        self.status.plan.as_ref().filter(|_| self.decision() != Decision::Refuse)
    }
}
