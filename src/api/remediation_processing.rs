//! RemediationProcessing: gathers what is known about the target before the analysis.

use super::common::{Condition, Ref, Signal};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Gathers what is known about the target of one remediation.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "RemediationProcessing", namespaced)]
#[kube(
    plural = "remediationprocessings",
    status = "RemediationProcessingStatus",
    shortname = "rp",
    category = "kubernaut",
    derive = "PartialEq"
)]
#[kube(selectable = ".status.phase")]
#[kube(printcolumn(name = "Target", type_ = "string", json_path = ".spec.targetResource"))]
#[kube(printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"))]
#[kube(printcolumn(name = "Environment", type_ = "string", json_path = ".status.environment"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "Created", type_ = "string", json_path = ".metadata.creationTimestamp", priority = 1))]
#[kube(printcolumn(name = "Namespace", type_ = "string", json_path = ".metadata.namespace", priority = 1))]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec is immutable"))]
#[serde(rename_all = "camelCase")]
pub struct RemediationProcessingSpec {
    /// The remediation.
    pub remediation_request_ref: Ref,
    /// The target, `namespace/kind/name` or `kind/name`.
    #[schemars(length(max = 400))]
    pub target_resource: String,
    /// The alert.
    pub signal: Signal,
}

/// What was found. Only controllers write it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct RemediationProcessingStatus {
    /// Where the processing stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<ProcessingPhase>,
    /// What is known about the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<TargetContext>,
    /// Label `environment` of the namespace, or `unknown`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 63))]
    pub environment: String,
    /// Priority, `P0` to `P3`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 4))]
    pub priority: String,
    /// Parts of the context that could not be read, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 512)))]
    pub degraded: Vec<String>,
    /// What happened, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 2048))]
    pub message: String,
    /// Observations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
}

/// What is known about a target.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct TargetContext {
    /// From the alerting object up to the target, as `kind/name`.
    #[serde(default)]
    #[schemars(length(max = 8), inner(length(max = 317)))]
    pub owner_chain: Vec<String>,
    /// The target in a sentence, for example its replicas.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub workload: String,
    /// How far its rollout is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub rollout: String,
    /// Requests and limits of each container.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 512)))]
    pub resources: Vec<String>,
    /// Newest events of the target and its pods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 512)))]
    pub events: Vec<String>,
    /// Restarts and last terminations of its containers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 512)))]
    pub usage: Vec<String>,
    /// Earlier runs on the target, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 512)))]
    pub previous_runs: Vec<String>,
}

/// Where a processing stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ProcessingPhase {
    Pending,
    Completed,
    Failed,
}

impl RemediationProcessing {
    /// Where the processing stands; a new one is `Pending`.
    pub fn phase(&self) -> ProcessingPhase {
        self.status.as_ref().and_then(|s| s.phase).unwrap_or(ProcessingPhase::Pending)
    }
}
