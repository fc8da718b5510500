//! Paths of fields, and the patch that sets them: `spec.template.spec.containers[name=api].resources.limits.memory`.

use crate::api::Write;
use crate::rules::step_run::OBJECT;
use serde_json::{Map, Value, json};

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A key of an object.
    Key(String),
    /// The item of a list whose `key` is `value`.
    Item { key: String, value: String },
}

/// Keys may hold dots when they stand in brackets; `[key=value]` picks an item of a list.
fn parts(path: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some((inside, after)) = rest.strip_prefix('[').and_then(|open| open.split_once(']')) {
            parts.push(match inside.split_once('=') {
                Some((key, value)) => Part::Item { key: key.to_owned(), value: value.to_owned() },
                None => Part::Key(inside.to_owned()),
            });
            rest = after;
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        parts.push(Part::Key(key.to_owned()));
        rest = after;
    }
    parts
}

/// The field's value as text; `None` where it is not set. The object itself is `present`.
pub fn read(object: &Value, path: &str) -> Option<String> {
    if path == OBJECT {
        return Some("present".to_owned());
    }
    let found = parts(path).iter().try_fold(object, |value, part| match part {
        Part::Key(key) => value.get(key),
        Part::Item { key, value: wanted } => value.as_array()?.iter().find(|item| item.get(key).and_then(Value::as_str) == Some(wanted)),
    })?;
    match found {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The strategic merge patch that makes these writes, all to one object, at exactly this version of it.
pub fn patch(writes: &[&Write], uid: &str, resource_version: &str) -> Value {
    let mut patch = json!({ "metadata": { "uid": uid, "resourceVersion": resource_version } });
    for write in writes {
        let after = write.after.clone().map_or(Value::Null, Value::String);
        set(&mut patch, &parts(&write.field), after);
    }
    patch
}

fn set(into: &mut Value, parts: &[Part], after: Value) {
    let Some((first, rest)) = parts.split_first() else {
        *into = after;
        return;
    };
    match first {
        Part::Key(key) => {
            if !into.is_object() {
                *into = Value::Object(Map::new());
            }
            if let Some(fields) = into.as_object_mut() {
                set(fields.entry(key.clone()).or_insert(Value::Null), rest, after);
            }
        }
        Part::Item { key, value } => {
            let mut items = match into.take() {
                Value::Array(items) => items,
                _ => Vec::new(),
            };
            let named = |item: &Value| item.get(key).and_then(Value::as_str) == Some(value);
            let mut item = items.iter().position(named).map_or_else(|| json!({ key: value }), |at| items.remove(at));
            set(&mut item, rest, after);
            items.push(item);
            *into = Value::Array(items);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: &str = "spec.template.spec.containers[name=api].resources.limits.memory";
    const RESTARTED: &str = "spec.template.metadata.annotations[kubectl.kubernetes.io/restartedAt]";

    #[test]
    fn a_path_reads_what_it_names() {
        let object = json!({ "spec": { "replicas": 3, "template": {
            "metadata": { "annotations": { "kubectl.kubernetes.io/restartedAt": "then" } },
            "spec": { "containers": [{ "name": "side" }, { "name": "api", "resources": { "limits": { "memory": "512Mi" } } }] } } } });
        #[rustfmt::skip]
        let table = [
            ("a field of a named container", MEMORY,                                         Some("512Mi")),
            ("a key with dots",              RESTARTED,                                      Some("then")),
            ("a number as text",             "spec.replicas",                                Some("3")),
            ("not set",                      "spec.template.spec.containers[name=side].resources", None),
            ("no such container",            "spec.template.spec.containers[name=x].image",  None),
            ("the object itself",            ".",                                            Some("present")),
        ];
        for (case, path, expected) in table {
            assert_eq!(read(&object, path).as_deref(), expected, "{case}");
        }
    }

    #[test]
    fn a_patch_names_the_version_it_may_change() {
        let write = |field: &str, after: Option<&str>| Write { field: field.into(), after: after.map(str::to_owned), ..Write::default() };
        let cpu = MEMORY.replace("memory", "cpu");
        let writes = [write(MEMORY, Some("1Gi")), write(&cpu, None), write(RESTARTED, Some("now"))];
        let patch = patch(&writes.iter().collect::<Vec<_>>(), "u", "7");
        assert_eq!(
            patch,
            json!({ "metadata": { "uid": "u", "resourceVersion": "7" }, "spec": { "template": {
                "metadata": { "annotations": { "kubectl.kubernetes.io/restartedAt": "now" } },
                "spec": { "containers": [{ "name": "api", "resources": { "limits": { "memory": "1Gi", "cpu": null } } }] } } } })
        );
    }
}
