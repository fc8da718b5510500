//! Pieces that several kinds share.

use jiff::Timestamp;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A reference to an object of our own group.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Ref {
    /// Name of the object.
    #[schemars(length(max = 253))]
    pub name: String,
    /// Namespace of the object.
    #[schemars(length(max = 63))]
    pub namespace: String,
    /// Uid of the object, absent where it was not known when the reference was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uid: Option<String>,
}

/// The alert as the analyst sees it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Signal {
    /// The alert's name.
    #[schemars(length(max = 253))]
    pub name: String,
    /// SHA-256 of alert name, namespace, kind and name of the alerting object, 64 hex digits.
    #[schemars(length(max = 64))]
    pub fingerprint: String,
    /// `critical`, `warning` or `info`.
    #[schemars(length(max = 16))]
    pub severity: String,
    /// The alert's labels.
    #[serde(default)]
    #[schemars(schema_with = "string_map")]
    pub labels: BTreeMap<String, String>,
    /// The alert's annotations.
    #[serde(default)]
    #[schemars(schema_with = "string_map")]
    pub annotations: BTreeMap<String, String>,
    /// When the alert began to fire.
    pub firing_time: Timestamp,
}

/// One finding that supports a root cause.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Where it was seen, for example `pod/payment-api-5f7d`.
    #[schemars(length(max = 512))]
    pub source: String,
    /// What was seen.
    #[schemars(length(max = 2048))]
    pub finding: String,
}

/// One action that an analyst proposes.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Recommendation {
    /// Identifier within the analysis, for example `rec-001`.
    #[schemars(length(max = 63))]
    pub id: String,
    /// Name of an action of the catalogue.
    #[schemars(length(max = 63))]
    pub action: String,
    /// Parameters of the action.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "string_map")]
    pub parameters: BTreeMap<String, String>,
    /// Confidence in this action, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub confidence: Option<f64>,
    /// Why the action helps.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 2048))]
    pub rationale: String,
}

/// What was decided about a request; absent while it waits.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Nobody has decided yet; the same as an absent decision.
    #[serde(rename = "")]
    Undecided,
    /// A person approved.
    Approved,
    /// A person rejected.
    Rejected,
    /// The deadline passed without a decision.
    Expired,
    /// The remediation ended before anybody decided.
    Superseded,
}

/// One observation about an object, as elsewhere in Kubernetes.
#[derive(Clone, Debug, Deserialize, Serialize, KubeSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What is observed.
    #[schemars(length(max = 64))]
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    #[schemars(length(max = 16))]
    pub status: String,
    /// One word that says why.
    #[schemars(length(max = 128))]
    pub reason: String,
    /// A sentence that says why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 2048))]
    pub message: String,
    /// When `status` last changed.
    pub last_transition_time: Timestamp,
}

/// Schema of a bounded map from text to text.
pub fn string_map(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 64,
        "additionalProperties": { "type": "string", "maxLength": 4096 }
    })
}

/// Makes `spec` required at the root: without it, removing and re-adding the spec escapes every immutability rule.
pub fn require_spec(crd: &mut CustomResourceDefinition) {
    for version in &mut crd.spec.versions {
        let root = version.schema.as_mut().and_then(|s| s.open_api_v3_schema.as_mut());
        if let Some(root) = root {
            let required = root.required.get_or_insert_with(Vec::new);
            if !required.iter().any(|field| field == "spec") {
                required.push("spec".to_owned());
            }
        }
    }
}
