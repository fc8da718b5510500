//! kubectl's JSONPath templates: text, `{expressions}`, `{range …}{end}`.
//!
//! This is an evaluator of our own and no translation to RFC 9535 for a library, because the dialects differ in what they
//! select and not only in spelling: kubectl leaves out of `[?(@.a != "x")]` what has no `a`, refuses to compare a number with
//! text, refuses an index out of bounds and a filter on an object, takes `['a.b']` for two fields, and compares only integers
//! with integers. The RFC answers all of these otherwise, silently, so a script would act on other objects than with kubectl.
//! What is not taken over: a filter for an index that is out of bounds (`[?(@.a[9])]`) selects nothing here, everything there;
//! values of objects come in the order of their keys here, in any order there.

mod parse;
mod walk;

use super::json;
use serde_json::Value;

/// A template that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    actions: Vec<Vec<Node>>,
}

/// One step of an expression.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// Text, once, whatever came before.
    Text(Value),
    /// A number or boolean for each value that came before.
    Literal(Value),
    Range,
    End,
    Field(String),
    Wildcard,
    Recursive,
    Slice(Slice),
    Union(Vec<Vec<Node>>),
    Exists(Vec<Node>),
    Filter(Vec<Node>, Operator, Vec<Node>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    /// Whether only one index was given.
    single: bool,
    step: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// When it cannot be understood, in kubectl's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self { actions: parse::template(text)? })
    }

    /// What each text and expression of the template found, in their order.
    ///
    /// # Errors
    /// When an expression does not fit the value, for example an index out of bounds; a missing field is none.
    pub fn find<'v>(&'v self, value: &'v Value) -> Result<Vec<Vec<&'v Value>>, String> {
        walk::Walk::default().results(&self.actions, 0, value)
    }

    /// The template filled in: values of one expression are parted by a space.
    ///
    /// # Errors
    /// As [`Template::find`].
    pub fn fill(&self, value: &Value) -> Result<String, String> {
        let texts = |found: Vec<&Value>| found.into_iter().map(shown).collect::<Vec<_>>().join(" ");
        Ok(self.find(value)?.into_iter().map(texts).collect())
    }

    /// What was found as JSON arrays, one for each text and expression.
    ///
    /// # Errors
    /// As [`Template::find`].
    pub fn fill_as_json(&self, value: &Value) -> Result<String, String> {
        let array = |found: Vec<&Value>| json::pretty(&Value::Array(found.into_iter().cloned().collect()), json::only_html) + "\n";
        Ok(self.find(value)?.into_iter().map(array).collect())
    }
}

/// A value as kubectl's jsonpath prints it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => json::number(number),
        Value::Array(_) | Value::Object(_) => json::compact(value, json::only_html),
        Value::Null | Value::Bool(_) => value.to_string(),
    }
}
