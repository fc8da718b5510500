//! One path, spelled as loosely as kubectl allows it, and what is sorted and shown by it.

use super::Seen;
use super::jsonpath::Template;
use crate::actions::quantity::Quantity;
use serde_json::Value;
use std::cmp::Ordering;

/// A path such as `.metadata.name`, `metadata.name` or `{.metadata.name}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    text: String,
    template: Template,
}

impl Query {
    /// Reads a path.
    ///
    /// # Errors
    /// When it is none, in kubectl's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let path = bare.strip_prefix('.').filter(|rest| !rest.is_empty()).unwrap_or(bare);
        if text.is_empty() {
            return Ok(Self { text: String::new(), template: Template::parse("")? });
        }
        if path.is_empty() || path.contains(['{', '}']) {
            let forms = "expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'";
            return Err(format!("unexpected path string, {forms}"));
        }
        let text = format!("{{.{path}}}");
        Ok(Self { template: Template::parse(&text)?, text })
    }

    /// What there is at the path; nothing where a field is missing.
    ///
    /// # Errors
    /// When the path does not fit the value, for example an index out of bounds.
    pub fn find<'v>(&'v self, value: &'v Value) -> Result<Vec<&'v Value>, String> {
        Ok(self.template.find(value)?.concat())
    }
}

impl std::str::FromStr for Query {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

/// Sorts as kubectl's `--sort-by`: what lacks the field comes first, then numbers by size, quantities such as `512Mi` by size
/// where all are quantities, and other texts by their bytes, so timestamps by time. Equal ones keep their order.
///
/// # Errors
/// When no item has the field, its values are of several kinds, or of one that has no order; in kubectl's words.
pub fn sort(items: &mut Vec<Seen>, by: &Query) -> Result<(), String> {
    if items.len() < 2 {
        return Ok(());
    }
    let keys = items.iter().map(|item| Ok(by.find(&item.0)?.first().map(|value| (*value).clone()))).collect::<Result<Vec<_>, String>>()?;
    if keys.iter().all(Option::is_none) {
        return Err(format!("couldn't find any field with path {:?} in the list of objects", by.text));
    }
    let keys = comparable(keys.into_iter().map(Option::unwrap_or_default).collect(), &by.text)?;
    let mut keyed: Vec<(Key, Seen)> = keys.into_iter().zip(items.drain(..)).collect();
    keyed.sort_by(|(left, _), (right, _)| left.compare(right));
    items.extend(keyed.into_iter().map(|(_, item)| item));
    Ok(())
}

/// What is compared; all keys of one list are of one kind, or missing.
enum Key {
    Missing,
    Whole(i64),
    Number(f64),
    Quantity(Quantity),
    Text(String),
}

impl Key {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Missing, Self::Missing) => Ordering::Equal,
            (Self::Missing, _) => Ordering::Less,
            (_, Self::Missing) => Ordering::Greater,
            (Self::Whole(left), Self::Whole(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::Quantity(left), Self::Quantity(right)) => left.exceeds(*right).cmp(&right.exceeds(*left)),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            _ => Ordering::Equal,
        }
    }
}

fn comparable(values: Vec<Value>, path: &str) -> Result<Vec<Key>, String> {
    let unsortable = |value: &Value| !matches!(value, Value::Null | Value::Number(_) | Value::String(_));
    if values.iter().any(unsortable) {
        return Err(format!("field {path} is an unsortable type: only numbers and texts have an order"));
    }
    let any = |is: fn(&Value) -> bool| values.iter().any(is);
    if any(Value::is_number) && any(Value::is_string) {
        return Err(format!("field {path} is an unsortable type: it is a number in one object and text in another"));
    }
    let every = |is: fn(&Value) -> bool| values.iter().filter(|value| !value.is_null()).all(is);
    let quantities = every(|value| value.as_str().is_some_and(|text| Quantity::parse(text).is_some()));
    let whole = every(Value::is_i64);
    let key = |value: Value| match value {
        Value::Number(number) if whole => number.as_i64().map(Key::Whole),
        Value::Number(number) => number.as_f64().map(Key::Number),
        Value::String(text) if quantities => Quantity::parse(&text).map(Key::Quantity),
        Value::String(text) => Some(Key::Text(text)),
        _ => None,
    };
    Ok(values.into_iter().map(|value| key(value).unwrap_or(Key::Missing)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(value: &Value) -> Vec<Seen> {
        let item = |(i, value): (usize, &Value)| Seen(if value.is_null() { json!({ "i": i }) } else { json!({ "i": i, "x": value }) });
        value.as_array().expect("a list").iter().enumerate().map(item).collect()
    }

    #[test]
    fn sorting_is_kubectls() {
        #[rustfmt::skip]
        let table = [
            ("numbers by size",                      json!([10, 9, 100]),                       Ok(vec![1, 0, 2])),
            ("large integers exactly",               json!([9007199254740993_i64, 9007199254740992_i64]), Ok(vec![1, 0])),
            ("integers among decimals",              json!([72.5, 72, 73]),                     Ok(vec![1, 0, 2])),
            ("texts by their bytes",                 json!(["b10", "b9", "B", "ä"]),            Ok(vec![2, 0, 1, 3])),
            ("quantities by size",                   json!(["1Gi", "512Mi", "2k"]),             Ok(vec![2, 1, 0])),
            ("numbers in texts as quantities",       json!(["10", "9"]),                        Ok(vec![1, 0])),
            ("texts when one is no quantity",        json!(["100", "5x", "9"]),                 Ok(vec![0, 1, 2])),
            ("timestamps by time",                   json!(["2026-01-02T00:00:00Z", "2025-12-31T23:59:59Z"]), Ok(vec![1, 0])),
            ("missing first, in their order",        json!([3, null, 1, null]),                 Ok(vec![1, 3, 2, 0])),
            ("equal ones keep their order",          json!(["a", "a", "a"]),                    Ok(vec![0, 1, 2])),
            ("no item has it",                       json!([null, null]),                       Err("couldn't find any field with path \"{.x}\" in the list of objects")),
            ("numbers and texts have no order",      json!([1, "a"]),                           Err("field {.x} is an unsortable type: it is a number in one object and text in another")),
            ("objects have no order",                json!([{"a": 1}, {"a": 2}]),               Err("field {.x} is an unsortable type: only numbers and texts have an order")),
            ("one alone needs none",                 json!([{"a": 1}]),                         Ok(vec![0])),
        ];
        for (case, values, expected) in table {
            let mut items = seen(&values);
            let sorted = sort(&mut items, &Query::parse("x").expect("a path"));
            let order = sorted.map(|()| items.iter().filter_map(|item| item.0["i"].as_u64()).collect::<Vec<_>>());
            assert_eq!(order, expected.map_err(str::to_owned), "{case}");
        }
    }

    #[test]
    fn paths_are_spelled_loosely() {
        let value = json!({"a": {"b": [1, 2], "c.d": 3}});
        for (path, expected) in [
            ("a.b[0]", json!([1])),
            (".a.b[0]", json!([1])),
            ("{a.b[1]}", json!([2])),
            ("{.a.b[*]}", json!([1, 2])),
            ("a.c\\.d", json!([3])),
            ("a..b", json!([[1, 2]])),
            ("a.x", json!([])),
        ] {
            let query = Query::parse(path).expect(path);
            assert_eq!(json!(query.find(&value).expect(path)), expected, "{path}");
        }
        for wrong in ["{a", "a}", "{a}{b}", "{}", "a[", "{.a[}"] {
            assert!(Query::parse(wrong).is_err(), "{wrong}");
        }
    }
}
