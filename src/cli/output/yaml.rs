//! Writes YAML that kubectl reads back as the same value.

use super::text::is_dangerous_text;
use super::{ListWriter, json};
use serde_json::Value;

/// One YAML document. An object with text that a terminal must not see raw is written as JSON, which is YAML too.
/// A `v1 List` is written item by item, as [`super::ListWriter`] does.
///
/// # Errors
/// When the value cannot be written.
pub fn to_yaml(value: &Value) -> anyhow::Result<String> {
    if let Some(items) = value.get("items").and_then(Value::as_array).filter(|_| is_list(value)) {
        let mut writer = ListWriter::yaml();
        let items = items.iter().map(|item| writer.item(item)).collect::<anyhow::Result<String>>()?;
        return Ok(items + writer.end());
    }
    let text = serde_saphyr::to_string(value)?;
    // Some readers take a tab in a block for wrong indentation.
    match text.contains('\t') || is_dangerous_text(&text) {
        true => Ok(json::pretty(value, json::harmless) + "\n"),
        false => Ok(text),
    }
}

/// Whether this is a list as [`super::OutputArgs::list`] makes it.
fn is_list(value: &Value) -> bool {
    let is = |field: &str, wanted: Value| value.get(field) == Some(&wanted);
    is("kind", "List".into()) && is("apiVersion", "v1".into()) && is("metadata", serde_json::json!({"resourceVersion": ""}))
}

/// One item of a list in a block, each line indented below its dash.
///
/// # Errors
/// When the item cannot be written.
pub fn list_item(item: &Value) -> anyhow::Result<String> {
    let text = to_yaml(item)?;
    let indented = |(i, line): (usize, &str)| match (i, line) {
        (0, line) => format!("- {line}\n"),
        (_, "") => "\n".to_owned(),
        (_, line) => format!("  {line}\n"),
    };
    Ok(text.lines().enumerate().map(indented).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    fn traps() -> Value {
        let strings =
            ["yes", "no", "on", "off", "y", "n", "012", "1_000", "0o14", "1e3", "0x1f", "true", "null", "~", "", " x", "a: b", "- a"];
        let mut annotations = serde_json::Map::new();
        strings.iter().enumerate().for_each(|(i, text)| drop(annotations.insert(format!("k{i}"), (*text).into())));
        ["n", "y", "on", "012", "1_000"].iter().for_each(|key| drop(annotations.insert((*key).into(), "v".into())));
        annotations.insert("lines".into(), "a\nb\n\n c\n".into());
        annotations.insert("hostile".into(), "a\u{7f}b\u{202e}".into());
        serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "annotations": annotations}})
    }

    #[test]
    fn strings_that_look_like_something_else_survive() {
        for hostile in [true, false] {
            let mut value = traps();
            if !hostile {
                value["metadata"]["annotations"]["hostile"] = "tame".into();
            }
            let read: Value = serde_saphyr::from_str(&to_yaml(&value).expect("yaml")).expect("readable");
            assert_eq!(read, value);
        }
    }

    #[test]
    fn kubectl_reads_back_what_was_written() {
        let Ok(mut kubectl) = Command::new("kubectl")
            .args(["annotate", "--local", "-f", "-", "x-", "-o", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
        else {
            return;
        };
        let mut value = traps();
        value["metadata"]["annotations"]["hostile"] = "tame".into();
        let mut stdin = kubectl.stdin.take().expect("a pipe");
        stdin.write_all(to_yaml(&value).expect("yaml").as_bytes()).expect("written");
        drop(stdin);
        let answer = kubectl.wait_with_output().expect("ended");
        let read: Value = serde_json::from_slice(&answer.stdout).expect("json");
        assert_eq!(read["metadata"]["annotations"], value["metadata"]["annotations"]);
    }
}
