//! One object as the server sent it, read tolerantly: what is missing is empty.

use jiff::Timestamp;
use serde_json::Value;

/// An object as the server sent it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen(pub Value);

impl Seen {
    /// The value at a JSON pointer such as `/status/phase`.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer).filter(|value| !value.is_null())
    }

    /// The text at a pointer; empty when there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The list at a pointer; empty when there is none.
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// The number at a pointer.
    pub fn number(&self, pointer: &str) -> Option<f64> {
        self.at(pointer).and_then(Value::as_f64)
    }

    /// Whether the value at a pointer is `true`.
    pub fn is(&self, pointer: &str) -> bool {
        self.at(pointer).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The point in time at a pointer.
    pub fn time(&self, pointer: &str) -> Option<Timestamp> {
        self.text(pointer).parse().ok()
    }

    /// The object's name.
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// The object's namespace.
    pub fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// When the server stored the object first.
    pub fn created(&self) -> Option<Timestamp> {
        self.time("/metadata/creationTimestamp")
    }

    /// Whether it is being deleted and kept by this finalizer.
    pub fn is_kept_by(&self, finalizer: &str) -> bool {
        let keeps = || self.list("/metadata/finalizers").iter().any(|one| one.as_str() == Some(finalizer));
        self.at("/metadata/deletionTimestamp").is_some() && keeps()
    }

    /// When a request's time is up: the server's creation time and the request's own timeout.
    pub fn deadline(&self) -> Option<Timestamp> {
        let timeout: crate::settings::Length = self.text("/spec/timeout").parse().ok()?;
        self.created()?.checked_add(timeout.0).ok()
    }

    /// When the API server stamped the decision; `decidedAt` is filled in only later.
    pub fn decision_stamped(&self) -> Option<Timestamp> {
        let entries = self.list("/metadata/managedFields");
        let owner = entries.iter().find(|entry| entry.pointer("/fieldsV1/f:status/f:decision").is_some())?;
        owner.get("time")?.as_str()?.parse().ok()
    }

    /// `kind/name` of the target, without its namespace.
    pub fn short_target(&self, pointer: &str) -> String {
        let target = self.text(pointer);
        let parts: Vec<&str> = target.split('/').collect();
        match parts.as_slice() {
            [_, kind, name] => format!("{kind}/{name}"),
            _ => target.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_empty() {
        let seen =
            Seen(serde_json::json!({"metadata": {"name": "x", "creationTimestamp": "2025-12-06T10:30:00Z"}, "spec": {"timeout": "15m"}}));
        assert_eq!((seen.name(), seen.namespace(), seen.text("/status/phase")), ("x", "", ""));
        assert_eq!(seen.deadline(), "2025-12-06T10:45:00Z".parse().ok());
        assert_eq!(Seen(serde_json::json!({"t": "a/deployment/b"})).short_target("/t"), "deployment/b");
        assert_eq!(Seen(serde_json::json!({"t": "node/b"})).short_target("/t"), "node/b");
    }
}
