//! AIAnalysis: what an analyst found, what it proposes, and whether that was approved.

use super::common::{Condition, Evidence, Recommendation, Ref, Signal, string_map};
use super::plan::Plan;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Finds the root cause of one alert and proposes a plan.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "AIAnalysis", namespaced)]
#[kube(
    plural = "aianalyses",
    singular = "aianalysis",
    status = "AIAnalysisStatus",
    shortname = "aia",
    category = "kubernaut",
    derive = "PartialEq"
)]
#[kube(selectable = ".status.phase")]
#[kube(printcolumn(name = "Target", type_ = "string", json_path = ".spec.targetResource"))]
#[kube(printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"))]
#[kube(printcolumn(name = "Confidence", type_ = "number", json_path = ".status.confidenceScore"))]
#[kube(printcolumn(name = "Approval", type_ = "string", json_path = ".status.approvalStatus"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "Created", type_ = "string", json_path = ".metadata.creationTimestamp", priority = 1))]
#[kube(printcolumn(name = "Namespace", type_ = "string", json_path = ".metadata.namespace", priority = 1))]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec is immutable"))]
#[serde(rename_all = "camelCase")]
pub struct AIAnalysisSpec {
    /// The remediation.
    pub remediation_request_ref: Ref,
    /// The target, `namespace/kind/name` or `kind/name`.
    #[schemars(length(max = 400))]
    pub target_resource: String,
    /// The alert.
    pub signal: Signal,
    /// The RemediationProcessing with the context.
    pub context_ref: Ref,
    /// Which analyst is asked: `playbook` or `holmesgpt`.
    #[schemars(length(max = 63))]
    pub analyst: String,
}

/// What was found and decided. Only controllers write it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AIAnalysisStatus {
    /// Where the analysis stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<AnalysisPhase>,
    /// The root cause, in a sentence or two.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 4096))]
    pub root_cause: String,
    /// What supports it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub evidence: Vec<Evidence>,
    /// Confidence of the analyst, 0 to 100; absent when it stated none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub confidence_score: Option<f64>,
    /// Band of the confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence_level: Option<ConfidenceLevel>,
    /// The proposed actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub recommendations: Vec<Recommendation>,
    /// The playbook rule's id, or the analyst's constant name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 128))]
    pub workflow_id: String,
    /// Whether the plan was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_status: Option<ApprovalStatus>,
    /// The AIApprovalRequest, when a person is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_request_ref: Option<Ref>,
    /// The plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// SHA-256 of the plan's canonical form, in hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub plan_hash: String,
    /// What happened, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 2048))]
    pub message: String,
    /// What the analyst used up, for example tokens.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "string_map")]
    pub usage: BTreeMap<String, String>,
    /// Observations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
}

/// Where an analysis stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum AnalysisPhase {
    Pending,
    Investigating,
    Recommending,
    Approving,
    Completed,
    Rejected,
    Failed,
}

impl AnalysisPhase {
    /// Whether the analysis is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Rejected | Self::Failed)
    }
}

/// Whether a plan was approved, and by whom.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ApprovalStatus {
    AutoApproved,
    Pending,
    Approved,
    Rejected,
    Expired,
    Superseded,
}

/// Band of a confidence: low is under 60, high is 80 and more.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum ConfidenceLevel {
    Low,
    Medium,
    High,
}

impl AIAnalysis {
    /// Where the analysis stands; a new one is `Pending`.
    pub fn phase(&self) -> AnalysisPhase {
        self.status.as_ref().and_then(|s| s.phase).unwrap_or(AnalysisPhase::Pending)
    }
}
