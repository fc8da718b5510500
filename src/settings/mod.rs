//! The settings: one documented structure, read from one YAML file. Unknown keys and values out of range are refused.

mod length;
mod published;
mod ranges;

pub use length::Length;
pub use published::Published;
pub use ranges::OutOfRange;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Everything that can be set.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// When a run may start.
    pub gate: Gate,
    /// When a person is asked.
    pub approval: Approval,
    /// How long each part may take.
    pub budgets: Budgets,
    /// How steps are run.
    pub execution: Execution,
    /// Who finds the root cause.
    pub analyst: Analyst,
    /// Where alerts come in.
    pub gateway: Gateway,
    /// Where notices go.
    pub notifications: Notifications,
    /// How long ended remediations are kept.
    pub retention: Retention,
}

/// When a run may start.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Gate {
    /// First wait after a failure before start; doubles with each further one; `0s` to `168h`. `0s` means no backoff.
    pub base_cooldown: Length,
    /// Longest wait, `0s` to `168h`. `0s` means no cap.
    pub max_cooldown: Length,
    /// How often the wait doubles at most, 0 to 30.
    pub max_backoff_exponent: u32,
    /// Failures before start in a row after which nothing starts, 0 to 1000. 0 means never.
    pub max_consecutive_failures: u32,
    /// How long the same workflow rests on a target after a success, `0s` to `168h`. `0s` means not at all.
    pub cooldown: Length,
    /// Whether a block stops its own workflow or every workflow on the target.
    pub block_scope: BlockScope,
    /// Whether deleting a failed run lifts its block, where the delete policy is bound.
    pub clear_by_deletion: bool,
}

/// What a block stops.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash)]
pub enum BlockScope {
    /// The workflow that failed.
    #[default]
    Workflow,
    /// Every workflow on the target.
    Target,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            base_cooldown: Length::minutes(1),
            max_cooldown: Length::minutes(10),
            max_backoff_exponent: 4,
            max_consecutive_failures: 5,
            cooldown: Length::minutes(5),
            block_scope: BlockScope::Workflow,
            clear_by_deletion: true,
        }
    }
}

/// When a person is asked.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Approval {
    /// How long a request waits, `1s` to `168h`.
    pub timeout: Length,
    /// Whether anything is ever approved without a person.
    pub auto_approve: bool,
    /// Confidence from which a plan is approved at once, up to 100.
    pub high: f64,
    /// Confidence from which a person is asked, up to `high`.
    pub medium: f64,
    /// Longest plan that is approved without a person, 1 to 50.
    pub max_steps: usize,
}

impl Default for Approval {
    fn default() -> Self {
        Self { timeout: Length::minutes(15), auto_approve: true, high: 80.0, medium: 60.0, max_steps: 10 }
    }
}

/// How long each part of a remediation may take, `1s` to `168h` each. A request may name its own in `spec.timeouts`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Budgets {
    /// Gathering the context.
    pub processing: Length,
    /// The analysis, without waiting for people.
    pub analysis: Length,
    /// Waiting for a busy target or a backoff.
    pub waiting: Length,
    /// The run, from taking the target.
    pub execution: Length,
    /// Everything, without waiting for people.
    pub overall: Length,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            processing: Length::minutes(5),
            analysis: Length::minutes(10),
            waiting: Length::minutes(30),
            execution: Length::minutes(30),
            overall: Length::minutes(60),
        }
    }
}

/// How steps are run.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Execution {
    /// Steps that run at once, 1 to 20.
    pub parallel_steps: usize,
    /// How long one step may take, `1s` to `168h`.
    pub step_timeout: Length,
    /// How long a target may take to become healthy again, `1s` to `168h`.
    pub health_timeout: Length,
}

impl Default for Execution {
    fn default() -> Self {
        Self { parallel_steps: 5, step_timeout: Length::minutes(5), health_timeout: Length::minutes(10) }
    }
}

/// Who finds the root cause.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Analyst {
    /// Which analyst is asked; `playbook` needs no network.
    pub name: String,
    /// A file of playbooks to use instead of the built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub playbooks: Option<PathBuf>,
}

impl Default for Analyst {
    fn default() -> Self {
        Self { name: "playbook".to_owned(), playbooks: None }
    }
}

/// Where alerts come in.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Gateway {
    /// Whether alerts without a token are taken; only on a loopback address.
    pub allow_unauthenticated: bool,
}

/// Where notices go.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Notifications {
    /// A file that says who receives what: `route` and `receivers` as Alertmanager's. Without it the ConfigMap `kubernaut-routing` of the
    /// system namespace, and without that everything goes to every channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<PathBuf>,
    /// Slack, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack: Option<Slack>,
}

/// A Slack incoming webhook.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Slack {
    /// A file that holds the webhook's address, which is a credential.
    pub webhook_url_file: PathBuf,
}

/// How long ended remediations are kept.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retention {
    /// How long after its end a remediation is deleted, `0s` to `8784h`.
    pub ended: Length,
}

impl Default for Retention {
    fn default() -> Self {
        Self { ended: Length::minutes(24 * 60) }
    }
}
