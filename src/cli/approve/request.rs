//! A request for a person's decision: about a plan, or about one step of a run.

use crate::api::{
    AIApprovalRequest, AIApprovalRequestSpec, AIApprovalRequestStatus, Decision, WorkflowStepApprovalRequest,
    WorkflowStepApprovalRequestSpec, labels, names,
};
use crate::cli::failure::{Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::{Seen, text::one_line};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

/// What is asked.
#[derive(Clone, Debug)]
pub enum Question {
    /// Whether a plan may run.
    Plan(Box<AIApprovalRequestSpec>),
    /// Whether a step of a run may be taken.
    Step(Box<WorkflowStepApprovalRequestSpec>),
}

/// A request: as it was sent, and as we understand it.
#[derive(Clone, Debug)]
pub struct Request {
    /// As the server sent it.
    pub seen: Seen,
    /// What is asked.
    pub question: Question,
    /// What was decided.
    pub status: AIApprovalRequestStatus,
    /// The object of a file, if it says what was looked at; the decision holds only for that.
    pub bound: Option<Seen>,
}

fn understood<K: DeserializeOwned>(seen: &Seen) -> Result<K, Failure> {
    serde_json::from_value(seen.0.clone())
        .map_err(|error| Failure::new(Reason::Internal, format!("{} cannot be understood: {error}", one_line(seen.name()))))
}

impl Request {
    /// Understands what the server sent.
    ///
    /// # Errors
    /// When it is not what the kind looks like.
    pub fn read(kind: Kind, seen: Seen) -> Result<Self, Failure> {
        let (question, status) = match kind {
            Kind::StepApproval => {
                let request: WorkflowStepApprovalRequest = understood(&seen)?;
                (Question::Step(Box::new(request.spec)), request.status)
            }
            _ => {
                let request: AIApprovalRequest = understood(&seen)?;
                (Question::Plan(Box::new(request.spec)), request.status)
            }
        };
        Ok(Self { seen, question, status: status.unwrap_or_default(), bound: None })
    }

    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self.question {
            Question::Plan(_) => Kind::Approval,
            Question::Step(_) => Kind::StepApproval,
        }
    }

    /// What was decided; `Undecided` while it waits.
    pub fn decision(&self) -> Decision {
        self.status.decision.unwrap_or(Decision::Undecided)
    }

    /// Whether it waits, and still can be decided.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.decision() == Decision::Undecided && self.seen.deadline().is_none_or(|deadline| deadline > now)
    }

    /// Who asked for the remediation; may not approve it.
    pub fn requested_by(&self) -> &str {
        match &self.question {
            Question::Plan(spec) => &spec.requested_by,
            Question::Step(spec) => &spec.requested_by,
        }
    }

    /// Hash of the plan that is decided about.
    pub fn plan_hash(&self) -> &str {
        match &self.question {
            Question::Plan(spec) => &spec.plan_hash,
            Question::Step(spec) => &spec.plan_hash,
        }
    }

    /// The command that shows where its remediation stands, whatever the namespace of the context.
    pub fn follow(&self) -> String {
        crate::cli::paste::object("status", &format!("rr/{}", self.remediation()), self.seen.namespace())
    }

    /// The command that shows what is asked, whatever the namespace of the context.
    pub fn review(&self) -> String {
        crate::cli::paste::object("review", &self.short(), self.seen.namespace())
    }

    /// `namespace/name`.
    pub fn object(&self) -> String {
        one_line(&format!("{}/{}", self.seen.namespace(), self.seen.name()))
    }

    /// `aar/name` or `wsar/name`.
    pub fn short(&self) -> String {
        one_line(&format!("{}/{}", self.kind().short(), self.seen.name()))
    }

    /// `aiapprovalrequest.kubernaut.ai/name`.
    pub fn full_name(&self) -> String {
        one_line(&self.kind().full_name(self.seen.name()))
    }

    /// Version that was read.
    pub fn version(&self) -> &str {
        self.seen.text("/metadata/resourceVersion")
    }

    /// Name of the remediation.
    pub fn remediation(&self) -> String {
        let labelled = self.seen.at("/metadata/labels").and_then(|labels| labels.get(labels::REMEDIATION_REQUEST)?.as_str());
        let (owner, ends) = match &self.question {
            Question::Plan(spec) => (&spec.ai_analysis_ref.name, names::analysis("")),
            Question::Step(spec) => (&spec.workflow_execution_ref.name, names::workflow("")),
        };
        one_line(labelled.or_else(|| owner.strip_suffix(&ends)).unwrap_or(owner))
    }
}
