//! NotificationRequest: one notice to people, and how far its delivery has come.

use super::common::{Condition, string_map};
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One notice to people. Subject and body are delivered as they are.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize, PartialEq)]
#[kube(group = "kubernaut.ai", version = "v1alpha1", kind = "NotificationRequest", namespaced)]
#[kube(status = "NotificationRequestStatus", shortname = "nr", category = "kubernaut", derive = "PartialEq")]
#[kube(selectable = ".status.phase", selectable = ".spec.type")]
#[kube(printcolumn(name = "Type", type_ = "string", json_path = ".spec.type"))]
#[kube(printcolumn(name = "Priority", type_ = "string", json_path = ".spec.priority"))]
#[kube(printcolumn(name = "Subject", type_ = "string", json_path = ".spec.subject"))]
#[kube(printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "Created", type_ = "string", json_path = ".metadata.creationTimestamp", priority = 1))]
#[kube(printcolumn(name = "Namespace", type_ = "string", json_path = ".metadata.namespace", priority = 1))]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec is immutable"))]
#[serde(rename_all = "camelCase")]
pub struct NotificationRequestSpec {
    /// What kind of notice.
    pub r#type: NotificationType,
    /// How urgent it is.
    pub priority: NotificationPriority,
    /// One line.
    #[schemars(length(min = 1, max = 512))]
    pub subject: String,
    /// The text.
    #[schemars(length(max = 16384))]
    pub body: String,
    /// Channels to use; empty leaves the choice to the routing tree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 63)))]
    pub channels: Vec<String>,
    /// Recipients, for channels that know any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 253)))]
    pub recipients: Vec<String>,
    /// Facts for machines.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "string_map")]
    pub metadata: BTreeMap<String, String>,
    /// Links to follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub action_links: Vec<ActionLink>,
    /// Key under which receivers fold repeats into one.
    #[schemars(length(max = 255))]
    pub dedup_key: String,
    /// Whether this opens, acknowledges or resolves an incident.
    #[serde(default)]
    pub event_action: EventAction,
    /// How delivery is retried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<RetryPolicy>,
}

/// A link in a notice.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ActionLink {
    /// What the link is called.
    #[schemars(length(max = 75))]
    pub text: String,
    /// Where it leads.
    #[schemars(length(max = 2048))]
    pub url: String,
}

/// How delivery is retried.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RetryPolicy {
    /// Number of attempts per receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub max_attempts: Option<i32>,
    /// How long delivery is tried, for example `24h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub deadline: Option<String>,
}

/// What kind of notice.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum NotificationType {
    Escalation,
    Approval,
    ManualReview,
    StatusUpdate,
}

/// How urgent a notice is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum NotificationPriority {
    Critical,
    High,
    Medium,
    Low,
    Info,
}

/// Whether a notice opens, acknowledges or resolves an incident.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum EventAction {
    #[default]
    Trigger,
    Acknowledge,
    Resolve,
}

/// How far the delivery has come. Only controllers write it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, KubeSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct NotificationRequestStatus {
    /// Where the delivery stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<NotificationPhase>,
    /// One entry a receiver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub deliveries: Vec<Delivery>,
    /// Observations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
}

/// Where the delivery of a notice stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum NotificationPhase {
    Pending,
    Sending,
    Sent,
    PartiallySent,
    Failed,
}

impl NotificationPhase {
    /// Whether nothing more will be tried.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Sent | Self::PartiallySent | Self::Failed)
    }
}

/// How far the delivery to one receiver has come.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Name of the receiver.
    #[schemars(length(max = 253))]
    pub receiver: String,
    /// Channel of the receiver, for example `slack`.
    #[schemars(length(max = 63))]
    pub channel: String,
    /// Whether it has arrived.
    pub state: DeliveryState,
    /// How often it was tried.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub attempts: i32,
    /// What went wrong the last time; never holds a credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub last_error: Option<String>,
    /// When it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Timestamp>,
}

/// Whether a notice has arrived at a receiver.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DeliveryState {
    Pending,
    Delivered,
    Failed,
}

impl NotificationRequest {
    /// Where the delivery stands; a new one is `Pending`.
    pub fn phase(&self) -> NotificationPhase {
        self.status.as_ref().and_then(|s| s.phase).unwrap_or(NotificationPhase::Pending)
    }
}
