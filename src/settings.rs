//! The settings: one documented structure, read from one YAML file. Unknown keys and values out of range are refused.

use jiff::SignedDuration;
use jiff::fmt::friendly::{Designator, SpanPrinter};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
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

/// A length of time, written as `90s`, `5m` or `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Length(pub SignedDuration);

impl Length {
    /// So many minutes.
    pub const fn minutes(minutes: i64) -> Self {
        Self(SignedDuration::from_mins(minutes))
    }

    /// So many seconds.
    pub const fn seconds(seconds: i64) -> Self {
        Self(SignedDuration::from_secs(seconds))
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            &SpanPrinter::new().designator(Designator::Compact).spacing(jiff::fmt::friendly::Spacing::None).duration_to_string(&self.0),
        )
    }
}

impl std::str::FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let length: SignedDuration =
            text.parse().map_err(|_| format!("{text:?} is not a length of time; write for example 90s, 5m or 1h30m"))?;
        match length.is_negative() {
            true => Err(format!("{text:?} is negative")),
            false => Ok(Self(length)),
        }
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl JsonSchema for Length {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "A length of time, for example 90s, 5m or 1h30m" })
    }
}

/// When a run may start.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Gate {
    /// First wait after a failure before start; doubles with each further one. `0s` means no backoff.
    pub base_cooldown: Length,
    /// Longest wait. `0s` means no cap.
    pub max_cooldown: Length,
    /// How often the wait doubles at most, 0 to 30.
    pub max_backoff_exponent: u32,
    /// Failures before start in a row after which nothing starts. 0 means never.
    pub max_consecutive_failures: u32,
    /// How long the same workflow rests on a target after a success. `0s` means not at all.
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
    /// How long a request waits.
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

/// How long each part of a remediation may take.
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
    /// How long one step may take.
    pub step_timeout: Length,
    /// How long a target may take to become healthy again.
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
    /// How long after its end a remediation is deleted.
    pub ended: Length,
}

impl Default for Retention {
    fn default() -> Self {
        Self { ended: Length::minutes(24 * 60) }
    }
}

/// A value that is out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} is {value}, but must be {range}")]
pub struct OutOfRange {
    /// Path of the key, for example `approval.high`.
    pub key: &'static str,
    /// What it was set to.
    pub value: String,
    /// What is allowed.
    pub range: &'static str,
}

impl Settings {
    /// Refuses the first value that is out of its range.
    pub fn checked(self) -> Result<Self, OutOfRange> {
        let approval = &self.approval;
        let checks: [(&'static str, bool, String, &'static str); 7] = [
            ("approval.high", (0.0..=100.0).contains(&approval.high), approval.high.to_string(), "from 0 to 100"),
            ("approval.medium", (0.0..=approval.high).contains(&approval.medium), approval.medium.to_string(), "from 0 to approval.high"),
            ("approval.maxSteps", (1..=50).contains(&approval.max_steps), approval.max_steps.to_string(), "from 1 to 50"),
            ("approval.timeout", !approval.timeout.0.is_zero(), approval.timeout.to_string(), "longer than 0s"),
            ("gate.maxBackoffExponent", self.gate.max_backoff_exponent <= 30, self.gate.max_backoff_exponent.to_string(), "from 0 to 30"),
            (
                "execution.parallelSteps",
                (1..=20).contains(&self.execution.parallel_steps),
                self.execution.parallel_steps.to_string(),
                "from 1 to 20",
            ),
            ("analyst.name", self.analyst.name == "playbook", self.analyst.name.clone(), "playbook"),
        ];
        match checks.into_iter().find(|(_, fits, _, _)| !fits) {
            Some((key, _, value, range)) => Err(OutOfRange { key, value, range }),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_write_them() {
        #[rustfmt::skip]
        let table = [
            ("seconds", "90s",   Some("1m30s")),
            ("minutes", "15m",   Some("15m")),
            ("mixed",   "1h30m", Some("1h30m")),
            ("nothing", "0s",    Some("0s")),
            ("a bare number says no unit", "15", None),
            ("negative", "-5m",  None),
        ];
        for (case, text, expected) in table {
            let read = text.parse::<Length>().ok().inspect(|&length| {
                let again = length.to_string();
                assert_eq!(again.parse::<Length>(), Ok(length), "{case} reads back");
            });
            assert_eq!(read, expected.map(|e| e.parse::<Length>().unwrap()), "{case}");
        }
    }

    #[test]
    fn unknown_keys_and_wild_values_are_refused() {
        let unknown: Result<Settings, _> = serde_saphyr::from_str("gate: {baseCooldwon: 1m}");
        assert!(unknown.unwrap_err().to_string().contains("baseCooldwon"));
        let high: Settings = serde_saphyr::from_str("approval: {high: 101}").unwrap();
        assert_eq!(high.checked().unwrap_err().to_string(), "approval.high is 101, but must be from 0 to 100");
        assert!(Settings::default().checked().is_ok());
    }
}
