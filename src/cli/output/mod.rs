//! What is printed, in which form.

pub mod age;
pub mod seen;
pub mod table;
pub mod text;
pub mod voice;
pub mod yaml;

pub use age::Times;
pub use seen::Seen;
pub use table::Table;
pub use voice::Voice;

use serde_json::Value;

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A table, or prose.
    #[default]
    Table,
    /// A table with more columns.
    Wide,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// `type/name`, one a line.
    Name,
}

impl Format {
    /// Reads the value of `-o`.
    ///
    /// # Errors
    /// When there is no such form, with what there is instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let kind = text.split('=').next().unwrap_or_default();
        match kind {
            "" => Ok(Self::Table),
            "wide" => Ok(Self::Wide),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            "name" => Ok(Self::Name),
            "jsonpath" | "jsonpath-as-json" | "custom-columns" => {
                Err(format!("{kind} is not there yet; use -o json | jq, or kubectl get -o {kind}=..."))
            }
            "go-template" | "go-template-file" | "template" | "templatefile" => {
                Err("not supported; use -o jsonpath=..., or -o json | jq".to_owned())
            }
            _ => Err("one of wide, json, yaml, name".to_owned()),
        }
    }

    /// Whether errors are written for a program, too.
    pub fn is_for_machines(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }

    /// Whether the whole value is rendered, by [`OutputArgs::render`], instead of drawn for people.
    pub fn is_rendered(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }
}

/// How the output of a verb is chosen.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct OutputArgs {
    /// Form of the output: wide, json, yaml, name
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_parser = Format::parse)]
    format: Option<Format>,
    /// Keep managedFields in json and yaml
    #[arg(long)]
    pub show_managed_fields: bool,
}

impl OutputArgs {
    /// The chosen form.
    pub fn format(&self) -> Format {
        self.format.unwrap_or_default()
    }

    /// The value in the chosen form; JSON where that is none that renders.
    ///
    /// # Errors
    /// When the value cannot be written.
    pub fn render(&self, value: &Value) -> anyhow::Result<String> {
        match self.format() {
            Format::Yaml => yaml::to_yaml(value),
            _ => Ok(text::escaped_json(&serde_json::to_string_pretty(value)?) + "\n"),
        }
    }

    /// Whether a form was asked for.
    pub fn is_given(&self) -> bool {
        self.format.is_some_and(|format| format != Format::Table)
    }

    /// The object as the server sent it, but for managedFields unless they are wanted.
    pub fn object(&self, mut object: Value) -> Value {
        let metadata = object.get_mut("metadata").and_then(Value::as_object_mut).filter(|_| !self.show_managed_fields);
        if let Some(metadata) = metadata {
            metadata.remove("managedFields");
        }
        object
    }

    /// Several objects as a `v1 List`.
    pub fn list(&self, objects: Vec<Value>) -> Value {
        let items: Vec<Value> = objects.into_iter().map(|object| self.object(object)).collect();
        serde_json::json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_are_not_there_say_what_to_use() {
        assert_eq!(Format::parse("yaml"), Ok(Format::Yaml));
        assert!(Format::parse("jsonpath={.items}").unwrap_err().contains("not there yet"));
        assert!(Format::parse("go-template=x").unwrap_err().contains("not supported"));
        assert!(Format::parse("xml").is_err());
    }

    #[test]
    fn objects_pass_through_but_for_managed_fields() {
        let sent = serde_json::json!({"metadata": {"name": "x", "managedFields": [1], "new": true}, "unknown": {"a": 1}});
        let shown = OutputArgs::default().object(sent.clone());
        assert_eq!(shown, serde_json::json!({"metadata": {"name": "x", "new": true}, "unknown": {"a": 1}}));
        assert_eq!(OutputArgs { show_managed_fields: true, ..OutputArgs::default() }.object(sent.clone()), sent);
    }
}
