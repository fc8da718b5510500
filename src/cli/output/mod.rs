//! What is printed, in which form.

pub mod age;
pub mod columns;
pub mod document;
pub mod json;
pub mod jsonpath;
pub mod labels;
pub mod list;
pub mod query;
pub mod seen;
pub mod table;
pub mod text;
pub mod voice;
pub mod yaml;

pub use age::Times;
pub use columns::Columns;
pub use document::Document;
pub use jsonpath::Template;
pub use labels::LabelArgs;
pub use list::ListWriter;
pub use query::Query;
pub use seen::Seen;
pub use table::Table;
pub use voice::Voice;

use crate::cli::terminal::Look;
use serde_json::Value;
use std::io::IsTerminal;

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
    /// What a JSONPath template says.
    Template,
    /// A table of custom columns.
    Columns,
}

impl Format {
    /// Whether errors are written for a program, too.
    pub fn is_for_machines(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }

    /// Whether the whole value is rendered, by [`OutputArgs::render`], instead of drawn for people.
    pub fn is_rendered(self) -> bool {
        matches!(self, Self::Json | Self::Yaml | Self::Template | Self::Columns)
    }
}

/// A template or columns that cannot be understood: a failure as kubectl's, and no misuse of the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadTemplate(pub String);

/// A form and what it needs.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    Plain(Format),
    Template { text: String, template: Template, as_json: bool },
    Columns(Columns),
}

impl Form {
    /// Reads the value of `-o`; a template or columns in a file are read from there.
    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let (kind, rest) = text.split_once('=').unwrap_or((text, ""));
        match kind {
            "jsonpath" | "jsonpath-file" | "jsonpath-as-json" => Ok(Self::template(kind, rest).map_err(BadTemplate)?),
            "custom-columns" => Ok(Self::Columns(Columns::parse(rest).map_err(BadTemplate)?)),
            "custom-columns-file" => Ok(Self::Columns(read(rest).and_then(|text| Columns::parse_file(&text)).map_err(BadTemplate)?)),
            "go-template" | "go-template-file" | "template" | "templatefile" => {
                Err("not supported; use -o jsonpath=..., or -o json | jq".into())
            }
            _ => match text {
                "" => Ok(Self::Plain(Format::Table)),
                "wide" => Ok(Self::Plain(Format::Wide)),
                "json" => Ok(Self::Plain(Format::Json)),
                "yaml" => Ok(Self::Plain(Format::Yaml)),
                "name" => Ok(Self::Plain(Format::Name)),
                _ => Err(
                    "one of wide, json, yaml, name, jsonpath=, jsonpath-as-json=, jsonpath-file=, custom-columns=, custom-columns-file="
                        .into(),
                ),
            },
        }
    }

    fn template(kind: &str, rest: &str) -> Result<Self, String> {
        if rest.is_empty() {
            return Err("template format specified but no template given".to_owned());
        }
        let text = if kind == "jsonpath-file" { read(rest)? } else { rest.to_owned() };
        let template = Template::parse(&text).map_err(|wrong| format!("error parsing jsonpath {text}, {wrong}"))?;
        Ok(Self::Template { text, template, as_json: kind == "jsonpath-as-json" })
    }
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("error reading {path}: {error}"))
}

/// How the output of a verb is chosen.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct OutputArgs {
    /// Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE,
    /// custom-columns=HEADER:PATH,... or custom-columns-file=FILE
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_parser = Form::parse)]
    form: Option<Form>,
    /// Keep managedFields in json and yaml
    #[arg(long)]
    pub show_managed_fields: bool,
    /// Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one
    #[arg(long = "output-version", value_name = "VERSION", value_parser = ["v1alpha1"], hide = true)]
    _output_version: Option<String>,
}

impl OutputArgs {
    /// The chosen form.
    pub fn format(&self) -> Format {
        match &self.form {
            None => Format::Table,
            Some(Form::Plain(format)) => *format,
            Some(Form::Template { .. }) => Format::Template,
            Some(Form::Columns(_)) => Format::Columns,
        }
    }

    /// The value in the chosen form; JSON where that is none that renders.
    ///
    /// # Errors
    /// When the value cannot be written, or the template does not fit it.
    pub fn render(&self, value: &Value) -> anyhow::Result<String> {
        self.render_with(value, true)
    }

    /// Like [`OutputArgs::render`]; custom columns have headers only if they are wanted.
    ///
    /// Custom columns have a row for each of a value's `items`. What a template printed reaches a terminal without escape
    /// sequences, control characters and direction overrides, but for line breaks and tabs; anywhere else it is kubectl's
    /// output byte for byte, since scripts depend on it. JSON and YAML have such characters escaped always: a reader gets
    /// the same value.
    ///
    /// # Errors
    /// As [`OutputArgs::render`].
    pub fn render_with(&self, value: &Value, headers: bool) -> anyhow::Result<String> {
        self.rendered(value, headers, std::io::stdout().is_terminal())
    }

    /// One of several values that are printed one after the other, as they come: compact JSON on a line, a YAML document, or
    /// what a template makes of it; custom columns have headers only if they are wanted.
    ///
    /// # Errors
    /// As [`OutputArgs::render`].
    pub fn render_next(&self, value: &Value, headers: bool) -> anyhow::Result<String> {
        Ok(match self.format() {
            Format::Json => json::compact(value, json::harmless) + "\n",
            Format::Yaml => format!("---\n{}", yaml::to_yaml(value)?),
            _ => self.render_with(value, headers)?,
        })
    }

    fn rendered(&self, value: &Value, headers: bool, terminal: bool) -> anyhow::Result<String> {
        match &self.form {
            Some(Form::Plain(Format::Yaml)) => yaml::to_yaml(value),
            Some(Form::Template { text, template, as_json }) => {
                let filled = if *as_json { template.fill_as_json(value) } else { template.fill(value) };
                let filled = filled.map_err(|wrong| anyhow::anyhow!("error executing jsonpath {text:?}: {wrong}"))?;
                Ok(if terminal { text::harmless(&filled) } else { filled })
            }
            Some(Form::Columns(columns)) => {
                let items = value.get("items").and_then(Value::as_array).map(|items| items.iter().collect());
                let table = columns.table(&items.unwrap_or_else(|| vec![value]), terminal).map_err(anyhow::Error::msg)?;
                let lines = table.lines(&Look::default(), headers);
                Ok(lines.into_iter().map(|line| line + "\n").collect())
            }
            _ => Ok(json::pretty(value, json::harmless) + "\n"),
        }
    }

    /// The custom columns, if they were chosen.
    pub fn columns(&self) -> Option<&Columns> {
        match &self.form {
            Some(Form::Columns(columns)) => Some(columns),
            _ => None,
        }
    }

    /// Whether a form was asked for.
    pub fn is_given(&self) -> bool {
        self.format() != Format::Table
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
mod hostile_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_are_not_there_say_what_to_use() {
        assert_eq!(Form::parse("yaml").expect("a form"), Form::Plain(Format::Yaml));
        let refused = |text: &str| Form::parse(text).expect_err(text);
        assert_eq!(refused("go-template=x").to_string(), "not supported; use -o jsonpath=..., or -o json | jq");
        for wrong in ["xml", "json=x", "jsonpaths={.a}"] {
            assert!(refused(wrong).to_string().starts_with("one of wide, json"), "{wrong}");
            assert!(!refused(wrong).is::<BadTemplate>());
        }
    }

    #[test]
    fn wrong_templates_are_refused_in_kubectls_words() {
        #[rustfmt::skip]
        let table = [
            ("jsonpath={.a",         "error parsing jsonpath {.a, unclosed action"),
            ("jsonpath",             "template format specified but no template given"),
            ("jsonpath-as-json=",    "template format specified but no template given"),
            ("custom-columns=A",     "unexpected custom-columns spec: A, expected <header>:<json-path-expr>"),
            ("custom-columns-file=/nonexistent/x", "error reading /nonexistent/x: No such file or directory (os error 2)"),
        ];
        for (text, expected) in table {
            let refused = Form::parse(text).expect_err(text);
            assert_eq!(refused.downcast_ref::<BadTemplate>(), Some(&BadTemplate(expected.to_owned())));
        }
    }

    #[test]
    fn objects_pass_through_but_for_managed_fields() {
        let sent = serde_json::json!({"metadata": {"name": "x", "managedFields": [1], "new": true}, "unknown": {"a": 1}});
        let shown = OutputArgs::default().object(sent.clone());
        assert_eq!(shown, serde_json::json!({"metadata": {"name": "x", "new": true}, "unknown": {"a": 1}}));
        assert_eq!(OutputArgs { show_managed_fields: true, ..OutputArgs::default() }.object(sent.clone()), sent);
    }
}
