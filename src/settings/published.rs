//! The part of the settings that running controllers publish, so that what the command line answers is what they do. Nothing in it is secret.

use super::{Approval, Gate, OutOfRange, Settings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What running controllers tell of their settings.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Published {
    /// Identity of the process that publishes; empty before it does. What another one left behind is not what is in force: versions that
    /// publish nothing keep what they find.
    pub holder: String,
    /// When a run may start.
    pub gate: Gate,
    /// When a person is asked.
    pub approval: Approval,
    /// Whether their playbooks are other than the built-in ones.
    pub own_playbooks: bool,
}

/// Why published settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// They are of another version.
    #[error("they cannot be understood: {0}")]
    Unknown(#[from] serde_json::Error),
    /// They are out of range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

impl Published {
    /// What these settings publish, by nobody yet.
    pub fn of(settings: &Settings) -> Self {
        Self {
            holder: String::new(),
            gate: settings.gate,
            approval: settings.approval,
            own_playbooks: settings.analyst.playbooks.is_some(),
        }
    }

    /// The same, by the process of this identity.
    pub fn by(&self, holder: &str) -> Self {
        Self { holder: holder.to_owned(), ..self.clone() }
    }

    /// What differs from the usual, in JSON; `{}` when nothing does.
    pub fn to_json(&self) -> String {
        let value = |published: &Self| serde_json::to_value(published).unwrap_or_default();
        different(&value(self), &value(&Self::default())).unwrap_or_else(|| Value::Object(Map::new())).to_string()
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// When it is of another version, or out of range.
    pub fn from_json(text: &str) -> Result<Self, Unusable> {
        let read: Self = serde_json::from_str(text)?;
        let whole = Settings { gate: read.gate, approval: read.approval, ..Settings::default() }.checked()?;
        Ok(Self { gate: whole.gate, approval: whole.approval, ..read })
    }
}

/// What of a value is not the same in another; of objects only those fields.
fn different(value: &Value, usual: &Value) -> Option<Value> {
    match (value, usual) {
        (same, other) if same == other => None,
        (Value::Object(fields), Value::Object(others)) => {
            let field = |(key, value): (&String, &Value)| Some((key.clone(), different(value, others.get(key).unwrap_or(&Value::Null))?));
            Some(fields.iter().filter_map(field).collect::<Map<_, _>>().into())
        }
        (other, _) => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_published_and_nothing_secret() {
        #[rustfmt::skip]
        let table = [
            ("the usual",        "{}",                                                            "{}"),
            ("one limit",        "gate: {cooldown: 1m}",                                          r#"{"gate":{"cooldown":"1m"}}"#),
            ("two bands",        "approval: {high: 95, medium: 70}",                              r#"{"approval":{"high":95.0,"medium":70.0}}"#),
            ("own playbooks",    "analyst: {playbooks: /secret/place.yaml}",                      r#"{"ownPlaybooks":true}"#),
            ("what is not told", "notifications: {slack: {webhookUrlFile: /secret/url}}",         "{}"),
        ];
        for (case, yaml, expected) in table {
            let settings: Settings = serde_saphyr::from_str(yaml).unwrap();
            let published = Published::of(&settings);
            assert_eq!(published.to_json(), expected, "{case}");
            assert_eq!(Published::from_json(expected).unwrap(), published, "{case} reads back");
            let published = published.by("me");
            assert!(published.to_json().contains(r#""holder":"me""#), "{case}: {}", published.to_json());
            assert_eq!(Published::from_json(&published.to_json()).unwrap(), published, "{case} reads back, and who told it");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let deep = "[".repeat(1_000_000);
        #[rustfmt::skip]
        let unusable = [
            "", "7", "null", "\u{0}", &deep,
            r#"{"holder":7}"#,
            r#"{"gate":null}"#, r#"{"gate":{"newer":1}}"#, r#"{"gate":{"cooldown":"soon"}}"#, r#"{"gate":{"cooldown":"-1m"}}"#,
            r#"{"gate":{"cooldown":"169h"}}"#, r#"{"gate":{"cooldown":"99999999999999999999h"}}"#, r#"{"gate":{"cooldown":"9223372036854775807s"}}"#,
            r#"{"gate":{"maxConsecutiveFailures":-1}}"#, r#"{"gate":{"maxConsecutiveFailures":1001}}"#, r#"{"gate":{"maxBackoffExponent":4294967296}}"#,
            r#"{"approval":{"high":200}}"#, r#"{"approval":{"high":1e999}}"#, r#"{"approval":{"maxSteps":18446744073709551616}}"#,
        ];
        for text in unusable {
            assert!(Published::from_json(text).is_err(), "{}", &text[..text.len().min(80)]);
        }
        assert!(Published::from_json(r#"{"newer":1}"#).is_ok(), "what a newer version tells besides does no harm");
    }
}
