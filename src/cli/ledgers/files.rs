//! Reads objects from files: YAML documents, JSON, and lists of either. Nothing in a file can stop the rest of it from being read.

use crate::api::GROUP;
use crate::cli::failure::{Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::output::text::{one_line, shortened};
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, NonFiniteFloatPolicy, Options};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Longest input that is read.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// One object of a file, and where it stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// For example `state.yaml, document 2`.
    pub place: String,
    /// The object.
    pub value: Value,
}

/// Reads every file; `-` is standard input. What cannot be read as an object is told to `remark`.
///
/// # Errors
/// When a file cannot be opened.
pub fn read(paths: &[PathBuf], remark: &mut dyn FnMut(String)) -> Result<Vec<Found>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let bytes = bytes(path).map_err(|error| {
            let message = format!("cannot read {}: {error}", path.display());
            Failure::new(Reason::Internal, message).hint("name the file with -f FILE; - is standard input")
        })?;
        all.extend(objects(&path.display().to_string(), &bytes, remark));
    }
    Ok(all)
}

/// An object of a file that something is to be done about.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace: its own, or the one of the context.
    pub namespace: String,
    /// The object as the file shows it.
    pub seen: Seen,
}

/// Which objects of files something can be done about, and where they are.
#[derive(Clone, Copy, Debug)]
pub struct Naming<'a> {
    /// What they are called, with an article.
    pub what: &'a str,
    /// Their kinds.
    pub kinds: &'a [Kind],
    /// The namespace of those that say none.
    pub default: &'a str,
    /// The namespace of the command line, which all must be in.
    pub fixed: Option<&'a str>,
}

impl Naming<'_> {
    /// The objects of all files; nothing is left out in silence.
    ///
    /// # Errors
    /// When a part of a file cannot be read, or is of another kind or namespace.
    pub fn read(&self, paths: &[PathBuf]) -> Result<Vec<Named>, Failure> {
        let mut broken = Vec::new();
        let found = read(paths, &mut |why| broken.push(why))?;
        match broken.into_iter().next() {
            Some(why) => Err(Failure::usage(why).hint("nothing is done while a part of the file cannot be read")),
            None => found.into_iter().map(|found| self.of(found)).collect(),
        }
    }

    fn of(&self, found: Found) -> Result<Named, Failure> {
        let Found { place, value } = found;
        let seen = Seen(value);
        let refused = |why: String| Err(Failure::usage(one_line(&format!("{place}: {why}"))));
        let ours = seen.text("/apiVersion").split('/').next() == Some(GROUP);
        let kind = match Kind::named(seen.text("/kind")) {
            Some(kind) if ours && self.kinds.contains(&kind) => kind,
            _ => {
                let kinds: Vec<String> = self.kinds.iter().map(|kind| kind.resource().kind).collect();
                return refused(format!("{:?} is not {} of {GROUP}; one of {}", seen.text("/kind"), self.what, kinds.join(", ")));
            }
        };
        let namespace = match (seen.namespace(), self.fixed) {
            _ if seen.name().is_empty() => return refused("the object has no name".to_owned()),
            ("", _) => self.default.to_owned(),
            (own, Some(fixed)) if own != fixed => {
                return refused(format!("the object is in namespace {own}, and -n says {fixed}"));
            }
            (own, _) => own.to_owned(),
        };
        Ok(Named { kind, namespace, seen })
    }
}

fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match path == Path::new("-") {
        true => std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)?,
        false => std::fs::File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// The objects of one file, with the items of lists in place of the lists.
pub fn objects(name: &str, bytes: &[u8], remark: &mut dyn FnMut(String)) -> Vec<Found> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    if let Some(values) = as_json(text) {
        let place = |nth: usize| if values.len() == 1 { name.to_owned() } else { format!("{name}, document {}", nth + 1) };
        return values.iter().cloned().enumerate().flat_map(|(nth, value)| unpacked(&place(nth), value)).collect();
    }
    let mut all = Vec::new();
    for (nth, document) in documents(text).into_iter().enumerate() {
        let place = format!("{name}, document {}", nth + 1);
        match serde_saphyr::from_str_with_options::<Value>(&document, options()) {
            Ok(Value::Null) => {}
            Ok(value) => all.extend(unpacked(&place, value)),
            Err(error) => {
                let why = shortened(&one_line(&error.to_string()), 300, "...");
                remark(format!("{place} is left out, it cannot be read: {why}"));
            }
        }
    }
    all
}

/// JSON values one after the other; `None` when the text is something else.
fn as_json(text: &str) -> Option<Vec<Value>> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().ok()
}

/// The documents of a YAML stream. They are parted by their markers, so that a broken one costs only itself.
fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        let rest = line.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        if rest.is_some() {
            documents.push(String::new());
        }
        if let Some(document) = documents.last_mut() {
            document.push_str(rest.unwrap_or(line));
            document.push('\n');
        }
    }
    documents.retain(|document| document.lines().any(says_something));
    documents
}

fn says_something(line: &str) -> bool {
    !(line.trim().is_empty() || line.trim_start().starts_with('#') || line.starts_with('%') || line.trim_end() == "...")
}

/// Words such as `yes` and `012` stay text, as they would have been meant for a name; a document cannot grow without bounds.
fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        duplicate_keys: DuplicateKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_events: 20_000_000, max_nodes: 10_000_000, max_depth: 64 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000 },
    }
}

/// The items of a list, also of `WorkflowExecutionList`; anything else stands for itself.
fn unpacked(place: &str, value: Value) -> Vec<Found> {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    let of = kind.strip_suffix("List").map(str::to_owned);
    let items = match (value, of) {
        (Value::Array(items), _) => (items, String::new()),
        (Value::Object(mut fields), Some(of)) if fields.get("items").is_some_and(Value::is_array) => match fields.remove("items") {
            Some(Value::Array(items)) => (items, of),
            _ => return Vec::new(),
        },
        (value, _) => return vec![Found { place: place.to_owned(), value }],
    };
    let (items, of) = items;
    let unpack = |(nth, mut item): (usize, Value)| {
        if let Some(fields) = item.as_object_mut().filter(|_| !of.is_empty()) {
            fields.entry("kind").or_insert_with(|| of.as_str().into());
        }
        unpacked(&format!("{place}, item {}", nth + 1), item)
    };
    items.into_iter().enumerate().flat_map(unpack).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Vec<String>, Vec<String>) {
        let mut remarks = Vec::new();
        let objects = objects("f", text.as_bytes(), &mut |remark| remarks.push(remark));
        (objects.iter().map(|found| format!("{} {}", found.place, found.value)).collect(), remarks)
    }

    #[test]
    fn documents_and_lists_become_objects() {
        #[rustfmt::skip]
        let table: Vec<(&str, &str, Vec<&str>)> = vec![
            ("nothing",               "",                                              vec![]),
            ("comments",              "# a\n---\n# b\n...\n",                          vec![]),
            ("one document",          "a: 1\n",                                        vec![r#"f, document 1 {"a":1}"#]),
            ("two documents",         "a: 1\n--- # next\nb: 2\n",                      vec![r#"f, document 1 {"a":1}"#, r#"f, document 2 {"b":2}"#]),
            ("a document in its marker's line", "--- {a: 1}\n--- {b: 2}\n",            vec![r#"f, document 1 {"a":1}"#, r#"f, document 2 {"b":2}"#]),
            ("JSON",                  r#" {"a": 1} {"b": 2}"#,                         vec![r#"f, document 1 {"a":1}"#, r#"f, document 2 {"b":2}"#]),
            ("a list",                "kind: List\nitems: [{a: 1}, {b: 2}]\n",         vec![r#"f, document 1, item 1 {"a":1}"#, r#"f, document 1, item 2 {"b":2}"#]),
            ("a list of a kind",      r#"{"kind": "FooList", "items": [{"a": 1}]}"#,   vec![r#"f, item 1 {"a":1,"kind":"Foo"}"#]),
            ("words stay words",      "[yes, 012, 1_000, on, 1]\n",                    vec![r#"f, document 1, item 1 "yes""#, r#"f, document 1, item 2 "012""#, r#"f, document 1, item 3 "1_000""#, r#"f, document 1, item 4 "on""#, "f, document 1, item 5 1"]),
            ("a byte order mark",     "\u{feff}a: 1\n",                                vec![r#"f, document 1 {"a":1}"#]),
        ];
        for (case, text, expected) in table {
            assert_eq!(found(text), (expected.into_iter().map(str::to_owned).collect(), vec![]), "{case}");
        }
    }

    #[test]
    fn a_broken_document_costs_only_itself() {
        let (objects, remarks) = found("a: 1\n---\nb: [\n---\nc: 3\n---\nd: 4\nd: 5\n");
        assert_eq!(objects, [r#"f, document 1 {"a":1}"#, r#"f, document 3 {"c":3}"#]);
        assert_eq!(remarks.len(), 2, "{remarks:?}");
        assert!(remarks[0].starts_with("f, document 2 is left out") && remarks[1].starts_with("f, document 4 is left out"));
    }

    #[test]
    fn bombs_do_not_go_off() {
        let laughs = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, nth| {
            let before = vec![format!("*a{}", nth - 1); 9].join(", ");
            format!("{text}a{nth}: &a{nth} [{before}]\n")
        });
        let deep = format!("a: {}", "[".repeat(100_000));
        let deep_json = "[".repeat(100_000);
        for text in [laughs, deep, deep_json, "&a [*a]".to_owned(), "\0\u{1}\u{fffd}: [".to_owned(), "- - - - ".repeat(10_000)] {
            let (objects, _) = found(&text);
            assert!(objects.len() < 100, "{}", objects.len());
        }
        let mut remarks = 0;
        objects("f", &[0xff, 0xfe, 0x00, 0x80, b':', b'\n'], &mut |_| remarks += 1);
    }

    #[test]
    fn files_name_objects_of_some_kinds_and_nothing_else() {
        let object = |kind: &str, namespace: &str, name: &str| {
            let value = serde_json::json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": namespace}});
            Found { place: "f".to_owned(), value }
        };
        #[rustfmt::skip]
        let table = [
            ("a request",                     object("AIApprovalRequest", "a", "x"),            None,      Some("a")),
            ("without a namespace",           object("AIApprovalRequest", "", "x"),             None,      Some("here")),
            ("a step's",                      object("WorkflowStepApprovalRequest", "a", "x"),  Some("a"), Some("a")),
            ("another namespace than -n",     object("AIApprovalRequest", "a", "x"),            Some("b"), None),
            ("another kind",                  object("RemediationRequest", "a", "x"),           None,      None),
            ("no name",                       object("AIApprovalRequest", "a", ""),             None,      None),
        ];
        let naming = |fixed| Naming { what: "a request", kinds: &[Kind::Approval, Kind::StepApproval], default: "here", fixed };
        for (case, found, fixed, expected) in table {
            assert_eq!(naming(fixed).of(found).ok().map(|named| named.namespace).as_deref(), expected, "{case}");
        }
        let value = serde_json::json!({"apiVersion": "v1", "kind": "AIApprovalRequest", "metadata": {"name": "x"}});
        assert!(naming(None).of(Found { place: "f".to_owned(), value }).is_err(), "a foreign group");
    }
}
