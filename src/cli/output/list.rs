//! Writes a `v1 List` item by item, in the same bytes as if it were rendered whole.

use super::{Format, OutputArgs, json, yaml};
use serde_json::Value;

/// A list that is being written, in JSON or YAML.
#[derive(Debug)]
pub struct ListWriter {
    json: bool,
    empty: bool,
}

impl OutputArgs {
    /// A writer of a list; none when the form needs all items at once.
    pub fn list_writer(&self) -> Option<ListWriter> {
        match self.format() {
            Format::Json => Some(ListWriter { json: true, empty: true }),
            Format::Yaml => Some(ListWriter { json: false, empty: true }),
            _ => None,
        }
    }
}

impl ListWriter {
    /// What comes before the next item, and the item.
    ///
    /// # Errors
    /// When the item cannot be written.
    pub fn item(&mut self, item: &Value) -> anyhow::Result<String> {
        let first = std::mem::replace(&mut self.empty, false);
        if self.json {
            let start = if first { "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n" } else { ",\n" };
            return Ok(format!("{start}        {}", json::pretty(item, json::harmless).replace('\n', "\n        ")));
        }
        let start = if first { "apiVersion: v1\nitems:\n" } else { "" };
        Ok(start.to_owned() + &yaml::list_item(item)?)
    }

    /// What comes after the last item.
    pub fn end(self) -> &'static str {
        match (self.json, self.empty) {
            (true, true) => {
                "{\n    \"apiVersion\": \"v1\",\n    \"items\": [],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n"
            }
            (true, false) => "\n    ],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n",
            (false, true) => "apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: \"\"\n",
            (false, false) => "kind: List\nmetadata:\n  resourceVersion: \"\"\n",
        }
    }
}
