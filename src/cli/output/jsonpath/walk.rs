//! Walks a value as a template says. The order and the refusals are kubectl's.

use super::{Node, Operator, Slice};
use crate::cli::output::json;
use serde_json::Value;
use std::cmp::Ordering;
use std::sync::LazyLock;

type Found<'v> = Vec<&'v Value>;

/// The bytes of a text, which are what kubectl finds below one.
static BYTES: LazyLock<Vec<Value>> = LazyLock::new(|| (0..=u8::MAX).map(Value::from).collect());

/// Where a walk is in the ranges of its template.
#[derive(Debug, Default)]
pub struct Walk {
    begun: usize,
    inside: usize,
    ended: usize,
    last_end: usize,
}

impl Walk {
    /// What each action found, from `first` up to the end of the range that is being walked.
    pub fn results<'v>(&mut self, actions: &'v [Vec<Node>], first: usize, value: &'v Value) -> Result<Vec<Found<'v>>, String> {
        let (mut all, mut i) = (Vec::new(), first);
        while let Some(action) = actions.get(i) {
            let found = self.action(vec![value], action)?;
            if self.ended > 0 && self.ended <= self.inside {
                self.ended -= 1;
                self.last_end = i;
                break;
            }
            if self.begun > 0 {
                (self.begun, self.inside) = (self.begun - 1, self.inside + 1);
                if found.is_empty() {
                    // The way to the end of the range has to be found all the same.
                    self.results(actions, i + 1, &Value::Null)?;
                }
                for value in found {
                    all.extend(self.results(actions, i + 1, value)?);
                }
                self.inside -= 1;
                i = i.max(self.last_end);
            } else {
                all.push(found);
            }
            i += 1;
        }
        Ok(all)
    }

    fn action<'v>(&mut self, input: Found<'v>, nodes: &'v [Node]) -> Result<Found<'v>, String> {
        nodes.iter().try_fold(input, |input, node| self.node(input, node))
    }

    fn node<'v>(&mut self, input: Found<'v>, node: &'v Node) -> Result<Found<'v>, String> {
        match node {
            Node::Text(text) => Ok(vec![text]),
            Node::Literal(value) => Ok(vec![value; input.len()]),
            Node::Range => {
                self.begun += 1;
                Ok(input)
            }
            Node::End if self.inside == 0 => Err("not in range, nothing to end".to_owned()),
            Node::End => {
                self.ended += 1;
                Ok(Vec::new())
            }
            Node::Field(name) => Ok(input.into_iter().filter_map(|value| value.as_object()?.get(name)).collect()),
            Node::Wildcard => Ok(input.into_iter().flat_map(children).collect()),
            Node::Recursive => {
                let mut found = Vec::new();
                input.into_iter().for_each(|value| descend(value, &mut found));
                Ok(found)
            }
            Node::Slice(slice) => Ok(input.into_iter().map(|value| sliced(value, *slice)).collect::<Result<Vec<_>, _>>()?.concat()),
            Node::Union(parts) => {
                let found = parts.iter().map(|part| self.action(input.clone(), part)).collect::<Result<Vec<_>, _>>();
                Ok(found?.concat())
            }
            Node::Exists(path) => self.filtered(input, |walk, item| Ok(walk.action(vec![item], path).is_ok_and(|found| !found.is_empty()))),
            Node::Filter(left, operator, right) => self.filtered(input, |walk, item| {
                let Some(left) = one(&walk.action(vec![item], left)?)? else { return Ok(false) };
                let Some(right) = one(&walk.action(vec![item], right)?)? else { return Ok(false) };
                holds(left, *operator, right)
            }),
        }
    }

    fn filtered<'v>(
        &mut self,
        input: Found<'v>,
        passes: impl Fn(&mut Self, &'v Value) -> Result<bool, String>,
    ) -> Result<Found<'v>, String> {
        let mut found = Vec::new();
        for value in input {
            let refused = || format!("{} is not array or slice and cannot be filtered", json::go(value));
            for item in value.as_array().ok_or_else(refused)? {
                if passes(self, item)? {
                    found.push(item);
                }
            }
        }
        Ok(found)
    }
}

fn one<'v>(found: &[&'v Value]) -> Result<Option<&'v Value>, String> {
    match found {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        _ => Err("can only compare one element at a time".to_owned()),
    }
}

fn children(value: &Value) -> Found<'_> {
    match value {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        Value::String(text) => text.bytes().filter_map(|byte| BYTES.get(usize::from(byte))).collect(),
        _ => Vec::new(),
    }
}

/// A value that has something below it, and all such values below it.
fn descend<'v>(value: &'v Value, found: &mut Found<'v>) {
    let below = children(value);
    if !below.is_empty() {
        found.push(value);
    }
    if !value.is_string() {
        below.into_iter().for_each(|child| descend(child, found));
    }
}

fn sliced(value: &Value, slice: Slice) -> Result<Found<'_>, String> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        other => return Err(format!("{} is not array or slice", kind(other))),
    };
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let from_end = |index: i64| if index < 0 { index.saturating_add(length) } else { index };
    let start = from_end(slice.start.unwrap_or_default());
    let end = match slice.end.unwrap_or(length) {
        0 if slice.single => length,
        end => from_end(end),
    };
    let refused = |index: i64| Err(format!("array index out of bounds: index {index}, length {length}"));
    match (start, end) {
        (start, end) if start == end => return Ok(Vec::new()),
        (start, _) if start < 0 || start >= length => return refused(start),
        (_, end) if end < 0 || end > length => return refused(end - 1),
        (start, end) if start > end => return Err(format!("starting index {start} is greater than ending index {end}")),
        _ => {}
    }
    let step = slice.step.unwrap_or(1);
    let step = usize::try_from(step).ok().filter(|step| *step > 0).ok_or("step must be > 0")?;
    let (start, end) = (usize::try_from(start).unwrap_or_default(), usize::try_from(end).unwrap_or_default());
    Ok(items.get(start..end).unwrap_or_default().iter().step_by(step).collect())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn holds(left: &Value, operator: Operator, right: &Value) -> Result<bool, String> {
    let order = order(left, right)?;
    let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    if left.is_boolean() && !equality {
        return Err("invalid type for comparison".to_owned());
    }
    Ok(match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterEqual => order != Ordering::Less,
    })
}

fn order(left: &Value, right: &Value) -> Result<Ordering, String> {
    let is_basic = |value: &Value| matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_));
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Ok(left.cmp(right)),
        (Value::String(left), Value::String(right)) => Ok(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) if left.is_f64() == right.is_f64() => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Ok(left.cmp(&right)),
            _ => Ok(left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal)),
        },
        (left, right) if is_basic(left) && is_basic(right) => Err("incompatible types for comparison".to_owned()),
        _ => Err("invalid type for comparison".to_owned()),
    }
}
