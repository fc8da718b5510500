//! Compares what is in a cluster with what would be applied, without what the API server fills in.

use serde_json::Value;

/// What the API server adds to policies and bindings that leave it out.
fn is_default(field: &str, value: &Value) -> bool {
    match field {
        "matchPolicy" => value == "Equivalent",
        "scope" => value == "*",
        "namespaceSelector" | "objectSelector" => value.as_object().is_some_and(serde_json::Map::is_empty),
        _ => false,
    }
}

/// The parts in which two objects of one kind must agree: everything that is said of them but metadata and status.
pub fn same(live: &Value, wanted: &Value) -> bool {
    said(live) == said(wanted)
}

/// Whether everything that is wanted is there already; what others added does not count.
pub fn covers(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            wanted.iter().all(|(field, value)| live.get(field).is_some_and(|there| covers(there, value)))
        }
        (Value::Array(live), Value::Array(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(there, value)| covers(there, value))
        }
        // 0 and 0.0 are one number to the API server.
        (Value::Number(live), Value::Number(wanted)) => live.as_f64() == wanted.as_f64(),
        (live, wanted) => live == wanted,
    }
}

/// An object as a person would have written it: without what the API server fills in about it.
pub fn written(object: &Value) -> Value {
    let mut written = object.clone();
    if let Some(fields) = written.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = written.get_mut("metadata").and_then(Value::as_object_mut) {
        let server_set = ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"];
        metadata.retain(|field, _| !server_set.contains(&field.as_str()));
    }
    written
}

fn said(object: &Value) -> Value {
    let mut said = object.clone();
    if let Some(fields) = said.as_object_mut() {
        fields.retain(|key, _| !matches!(key.as_str(), "metadata" | "status" | "apiVersion" | "kind"));
    }
    without_defaults(&mut said);
    said
}

fn without_defaults(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|field, value| !is_default(field, value));
            fields.values_mut().for_each(without_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(without_defaults),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_there_covers_what_is_wanted() {
        let wanted = json!({ "metadata": { "name": "x" }, "rules": [{ "verbs": ["get"] }], "least": 0.0 });
        #[rustfmt::skip]
        let table = [
            ("as wanted",            json!({ "metadata": { "name": "x" }, "rules": [{ "verbs": ["get"] }], "least": 0 }), true),
            ("filled in",            json!({ "metadata": { "name": "x", "uid": "1" }, "rules": [{ "verbs": ["get"], "scope": "*" }], "least": 0 }), true),
            ("another value",        json!({ "metadata": { "name": "x" }, "rules": [{ "verbs": ["list"] }], "least": 0 }), false),
            ("an element more",      json!({ "metadata": { "name": "x" }, "rules": [{ "verbs": ["get"] }, {}], "least": 0 }), false),
            ("another number",       json!({ "metadata": { "name": "x" }, "rules": [{ "verbs": ["get"] }], "least": 1 }), false),
            ("the same number",      json!({ "metadata": { "name": "x" }, "rules": [{ "verbs": ["get"] }], "least": 0 }), true),
            ("a field is missing",   json!({ "metadata": { "name": "x" } }), false),
        ];
        for (case, live, expected) in table {
            assert_eq!(covers(&live, &wanted), expected, "{case}");
        }
    }

    #[test]
    fn what_the_server_fills_in_was_not_written() {
        let live =
            json!({ "metadata": { "name": "x", "uid": "1", "managedFields": [1], "labels": { "a": "b" } }, "spec": 1, "status": {} });
        assert_eq!(written(&live), json!({ "metadata": { "name": "x", "labels": { "a": "b" } }, "spec": 1 }));
    }

    #[test]
    fn only_what_the_server_fills_in_may_differ() {
        let wanted = json!({ "metadata": { "name": "x" }, "spec": { "rules": [{ "resources": ["a"] }], "denies": true } });
        #[rustfmt::skip]
        let table = [
            ("as applied",            json!({ "metadata": { "uid": "1" }, "status": {}, "spec": { "rules": [{ "resources": ["a"] }], "denies": true } }), true),
            ("defaults filled in",    json!({ "spec": { "matchPolicy": "Equivalent", "rules": [{ "resources": ["a"], "scope": "*" }], "denies": true } }), true),
            ("another value",         json!({ "spec": { "rules": [{ "resources": ["a"] }], "denies": false } }), false),
            ("one rule less",         json!({ "spec": { "rules": [], "denies": true } }), false),
            ("an exemption",          json!({ "spec": { "namespaceSelector": { "matchLabels": { "x": "y" } }, "rules": [{ "resources": ["a"] }], "denies": true } }), false),
            ("a narrower scope",      json!({ "spec": { "rules": [{ "resources": ["a"], "scope": "Cluster" }], "denies": true } }), false),
            ("a condition besides",   json!({ "spec": { "matchConditions": [{}], "rules": [{ "resources": ["a"] }], "denies": true } }), false),
        ];
        for (case, live, expected) in table {
            assert_eq!(same(&live, &wanted), expected, "{case}");
        }
    }
}
