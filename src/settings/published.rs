//! The part of the settings that running controllers publish, so that what the command line answers is what they do. Nothing in it is secret.

use super::{Approval, Gate, OutOfRange, Settings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What running controllers tell of their settings.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Published {
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
    /// What these settings publish.
    pub fn of(settings: &Settings) -> Self {
        Self { gate: settings.gate, approval: settings.approval, own_playbooks: settings.analyst.playbooks.is_some() }
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
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for text in ["", "7", r#"{"gate":{"cooldown":"soon"}}"#, r#"{"gate":{"newer":1}}"#, r#"{"approval":{"high":200}}"#] {
            assert!(Published::from_json(text).is_err(), "{text}");
        }
        assert!(Published::from_json(r#"{"newer":1}"#).is_ok(), "what a newer version tells besides does no harm");
    }
}
