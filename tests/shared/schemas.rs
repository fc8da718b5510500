//! Holds what the program prints for programs against the schemas in `tests/schemas/`. They allow fields that they do not name, since readers ignore
//! those; here such a field is an error, so that none is printed that nobody can look up.

use jsonschema::Validator;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemas");
const GROUP: &str = "cli.kubernaut.ai/";

/// Every schema as it is published, by the kind that it describes.
pub fn published() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(FOLDER).expect("the schemas").map(|file| file.expect("a file").path());
    let read = |path| serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("json");
    let kind = |schema: &Value| schema["properties"]["kind"]["const"].as_str().expect("the kind that it describes").to_owned();
    files.map(read).map(|schema| (kind(&schema), schema)).collect()
}

static STRICT: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let strict = |(kind, mut schema)| {
        forbid_others(&mut schema);
        (kind, jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema"))
    };
    published().into_iter().map(strict).collect()
});

fn forbid_others(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.entry("additionalProperties").or_insert(false.into());
            }
            fields.values_mut().for_each(forbid_others);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_others),
        _ => {}
    }
}

/// What our own documents among what was printed are, in their order.
///
/// # Panics
/// When one of them does not fit its schema, or has none.
pub fn checked(printed: &str) -> Vec<Value> {
    let ours =
        documents(printed).into_iter().filter(|document| document["apiVersion"].as_str().is_some_and(|version| version.starts_with(GROUP)));
    ours.inspect(check).collect()
}

/// JSON, one object on each of several lines, or YAML.
fn documents(printed: &str) -> Vec<Value> {
    if let Ok(whole) = serde_json::from_str(printed) {
        return vec![whole];
    }
    let lines: Vec<Value> = printed.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect();
    let is_yaml = lines.is_empty() && printed.lines().any(|line| line.starts_with("apiVersion: "));
    match is_yaml {
        true => format!("\n{printed}").split("\n---\n").filter_map(|text| serde_saphyr::from_str(text).ok()).collect(),
        false => lines,
    }
}

fn check(document: &Value) {
    let kind = document["kind"].as_str().unwrap_or_default();
    let schema = STRICT.get(kind).unwrap_or_else(|| panic!("no schema describes {kind:?}: {document}"));
    let wrong: Vec<String> =
        schema.iter_errors(document).map(|wrong| format!("{} at {:?}", wrong, wrong.instance_path().as_str())).collect();
    assert!(wrong.is_empty(), "{kind} is not as its schema says: {}\n{document:#}", wrong.join("; "));
}
