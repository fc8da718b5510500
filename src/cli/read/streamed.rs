//! Decodes a list while it arrives: object by object, or row by row of a table. Neither the answer nor its objects are kept.

use crate::cli::output::Seen;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};
use std::fmt;
use std::io::Read;

/// A column of the API server's table, and the pointer to what it shows.
pub type Served = (&'static str, &'static str);

/// What a list must have, and what becomes of its objects.
pub struct Decoder<'a> {
    /// Columns that the API server's table may have.
    pub served: &'a [Served],
    /// Pointers that every object must have a column for, unless whole objects come.
    pub needs: &'a [&'static str],
    /// Whether each row comes with the object's metadata.
    pub metadata: bool,
    /// Is given each object: whole, or as far as its row tells.
    pub each: &'a mut dyn FnMut(Seen),
}

/// How a page ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Version of the collection.
    pub version: String,
    /// Where the next page begins; empty after the last.
    pub next: String,
    /// The table lacks a column that is needed; nothing was decoded.
    pub lacks: bool,
}

impl Decoder<'_> {
    /// Decodes one answer.
    ///
    /// # Errors
    /// When it is no list, or breaks off.
    pub fn decode(self, answer: impl Read) -> serde_json::Result<Page> {
        let mut page = Page::default();
        let decoded = Body { decoder: self, page: &mut page }.deserialize(&mut serde_json::Deserializer::from_reader(answer));
        match decoded {
            Err(_) if page.lacks => Ok(page),
            decoded => decoded.map(|()| page),
        }
    }
}

#[derive(serde::Deserialize)]
struct ListMeta {
    #[serde(default, rename = "resourceVersion")]
    version: Option<String>,
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

/// The API server's table as it is, for lists that are short.
#[derive(serde::Deserialize)]
pub struct Table {
    /// Its columns; the first one names objects.
    #[serde(default, rename = "columnDefinitions")]
    pub columns: Vec<Definition>,
    /// A row for each object.
    #[serde(default)]
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(serde::Deserialize)]
pub struct Definition {
    /// Its header.
    pub name: String,
    /// 0 when the column is always shown.
    #[serde(default)]
    pub priority: u32,
}

/// An object as far as a table tells of it.
#[derive(serde::Deserialize)]
pub struct Row {
    /// What stands in each column.
    pub cells: Vec<Value>,
    #[serde(default)]
    object: Option<Value>,
}

struct Body<'a, 'p> {
    decoder: Decoder<'a>,
    page: &'p mut Page,
}

impl<'de> DeserializeSeed<'de> for Body<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let Decoder { served, needs, metadata, each } = self.decoder;
        let mut columns: Option<Vec<Option<&'static str>>> = None;
        while let Some(field) = fields.next_key::<String>()? {
            match field.as_str() {
                "metadata" => {
                    let meta: ListMeta = fields.next_value()?;
                    self.page.version = meta.version.unwrap_or_default();
                    self.page.next = meta.next.unwrap_or_default();
                }
                "columnDefinitions" => {
                    let definitions: Vec<Definition> = fields.next_value()?;
                    let pointers = pointers(&definitions, served);
                    let has = |need: &&str| pointers.contains(&Some(*need)) || metadata && need.starts_with("/metadata/");
                    if !needs.iter().all(has) {
                        self.page.lacks = true;
                        return Err(A::Error::custom("the table lacks a column"));
                    }
                    columns = Some(pointers);
                }
                "rows" => match &columns {
                    Some(columns) => {
                        fields.next_value_seed(Each(&mut |row: Row| each(partial(row, columns))))?;
                    }
                    None => return Err(A::Error::custom("rows before their columns")),
                },
                "items" => fields.next_value_seed(Each(&mut |object: Value| each(Seen(object))))?,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

fn pointers(definitions: &[Definition], served: &[Served]) -> Vec<Option<&'static str>> {
    let pointer = |definition: &Definition| served.iter().find(|(name, _)| *name == definition.name).map(|(_, pointer)| *pointer);
    definitions.iter().map(pointer).collect()
}

/// The object as far as its row tells.
fn partial(row: Row, columns: &[Option<&'static str>]) -> Seen {
    let mut object = row.object.filter(Value::is_object).unwrap_or_else(|| json!({}));
    for (cell, pointer) in row.cells.into_iter().zip(columns) {
        if let Some(pointer) = pointer.filter(|_| !cell.is_null()) {
            put(&mut object, pointer, cell);
        }
    }
    Seen(object)
}

fn put(object: &mut Value, pointer: &str, cell: Value) {
    let mut place = object;
    for key in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = json!({});
        }
        let Some(fields) = place.as_object_mut() else { return };
        place = fields.entry(key).or_insert(Value::Null);
    }
    *place = cell;
}

/// Gives each element of an array away as soon as it is read.
struct Each<'a, T>(&'a mut dyn FnMut(T));

impl<'de, T: serde::Deserialize<'de>> DeserializeSeed<'de> for Each<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // Go writes an empty list as null.
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: serde::Deserialize<'de>> Visitor<'de> for Each<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<T>()? {
            (self.0)(element);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVED: &[Served] = &[("Name", "/metadata/name"), ("Target", "/spec/plan/target"), ("Steps", "/spec/plan/steps")];

    fn decoded(needs: &[&'static str], metadata: bool, answer: &str) -> (Option<Page>, Vec<Value>) {
        let mut found = Vec::new();
        let page = Decoder { served: SERVED, needs, metadata, each: &mut |seen| found.push(seen.0) }.decode(answer.as_bytes());
        (page.ok(), found)
    }

    fn page(version: &str, next: &str, lacks: bool) -> Option<Page> {
        Some(Page { version: version.to_owned(), next: next.to_owned(), lacks })
    }

    const TABLE: &str = r#"{"kind":"Table","metadata":{"resourceVersion":"7","continue":"t","remainingItemCount":3},
        "columnDefinitions":[{"name":"Name","type":"string"},{"name":"Target"},{"name":"Age"},{"name":"Steps"}],
        "rows":[{"cells":["a","n/deployment/x","4m",2],"object":null},
                {"cells":["b",null,"4m",null],"object":{"metadata":{"name":"b","namespace":"n"}}}]}"#;

    #[test]
    fn rows_become_objects_as_far_as_they_tell() {
        let (ended, found) = decoded(&["/spec/plan/target"], false, TABLE);
        assert_eq!(ended, page("7", "t", false));
        let whole = json!({"metadata": {"name": "a"}, "spec": {"plan": {"target": "n/deployment/x", "steps": 2}}});
        assert_eq!(found, [whole, json!({"metadata": {"name": "b", "namespace": "n"}})]);
    }

    #[test]
    fn a_table_without_a_needed_column_is_left_alone() {
        assert_eq!(decoded(&["/spec/timeout"], false, TABLE), (page("7", "t", true), vec![]));
        assert_eq!(decoded(&["/metadata/namespace"], false, TABLE).1.len(), 0);
        assert_eq!(decoded(&["/metadata/namespace"], true, TABLE).1.len(), 2);
    }

    #[test]
    fn a_list_gives_its_objects_whole() {
        let list = r#"{"kind":"List","items":[{"metadata":{"name":"a"},"new":1}],"metadata":{"resourceVersion":"8"}}"#;
        let (ended, found) = decoded(&["/spec/timeout"], false, list);
        assert_eq!((ended, found), (page("8", "", false), vec![json!({"metadata": {"name": "a"}, "new": 1})]));
    }

    #[test]
    fn what_breaks_off_is_an_error_and_nothing_at_all_is_empty() {
        assert_eq!(decoded(&[], false, &TABLE[..TABLE.len() - 20]).0, None);
        assert_eq!(decoded(&[], false, r#"{"columnDefinitions":[],"rows":null}"#), (page("", "", false), vec![]));
        assert_eq!(decoded(&[], false, r#"{"rows":[{"cells":[]}]}"#).0, None);
    }
}
