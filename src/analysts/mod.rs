//! Who finds the root cause. Whatever an analyst says is a proposal from an untrusted source.

pub mod playbook;

use crate::api::{AIAnalysisSpec, ApprovalPolicy, Evidence, Recommendation, RemediationProcessingStatus};
use futures::future::BoxFuture;

/// What an analyst is told.
#[derive(Clone, Debug)]
pub struct Case {
    /// The alert and its target.
    pub analysis: AIAnalysisSpec,
    /// What is known about the target.
    pub context: RemediationProcessingStatus,
}

/// What an analyst proposes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// The root cause, in a sentence or two.
    pub root_cause: String,
    /// What supports it.
    pub evidence: Vec<Evidence>,
    /// Confidence, 0 to 100; absent when none was stated.
    pub confidence: Option<f64>,
    /// The playbook rule's id, or the analyst's constant name; never model text.
    pub workflow_id: String,
    /// The actions, in order.
    pub recommendations: Vec<Recommendation>,
    /// For each action the positions, from 1, of those that must complete before it.
    pub dependencies: Vec<Vec<i32>>,
    /// For each action how a person is asked before it, if one is; shorter when nobody is.
    pub approvals: Vec<Option<ApprovalPolicy>>,
}

/// Why an analyst gave no proposal; it is asked again.
#[derive(Debug, thiserror::Error)]
#[error("the analyst {analyst} did not answer: {why}")]
pub struct NoAnswer {
    /// Which analyst.
    pub analyst: &'static str,
    /// Why.
    pub why: String,
}

/// Finds root causes.
pub trait Analyst: Send + Sync {
    /// Its name, as analyses carry it.
    fn name(&self) -> &'static str;
    /// Looks into a case.
    fn investigate<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Proposal, NoAnswer>>;
}
