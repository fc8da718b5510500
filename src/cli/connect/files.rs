//! Reads kubeconfig files as kubectl does: which files, what an empty value means, and where relative paths lead.

use super::wrong;
use crate::cli::failure::Failure;
use kube::config::Kubeconfig;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Reads `--kubeconfig`, else the files of KUBECONFIG that exist, else the one in the home directory.
///
/// # Errors
/// When the named file is missing, or any of them cannot be read or understood.
pub fn read(explicit: Option<&PathBuf>) -> Result<Kubeconfig, Failure> {
    let explicit = explicit.filter(|file| !file.as_os_str().is_empty());
    let list = std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty());
    let files: Vec<PathBuf> = match (explicit, list) {
        (Some(file), _) => vec![file.clone()],
        (None, Some(list)) => std::env::split_paths(&list).filter(|file| !file.as_os_str().is_empty()).collect(),
        (None, None) => std::env::home_dir().map(|home| home.join(".kube/config")).into_iter().collect(),
    };
    merged(&files, explicit.is_some())
}

/// Merges the files; the first that says something wins. Unless `all` must be there, missing ones are skipped.
fn merged(files: &[PathBuf], all: bool) -> Result<Kubeconfig, Failure> {
    let mut seen = HashSet::new();
    files.iter().filter(|file| seen.insert(*file)).try_fold(Kubeconfig::default(), |merged, file| {
        let unread = |error: &dyn std::fmt::Display| wrong(format!("cannot read kubeconfig {}: {error}", file.display()));
        let bytes = match std::fs::read(file) {
            Err(error) if error.kind() == ErrorKind::NotFound && !all => return Ok(merged),
            read => read.map_err(|error| unread(&error))?,
        };
        let next = parse(&bytes, file.parent().unwrap_or(Path::new(""))).map_err(|error| unread(&error))?;
        merged.merge(next).map_err(|error| unread(&error))
    })
}

/// Understands a file's bytes; relative paths in it start at `folder`. The error never quotes the file, which may hold secrets.
fn parse(bytes: &[u8], folder: &Path) -> Result<Kubeconfig, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_owned())?.trim_start_matches('\u{feff}');
    let place = |error: &serde_saphyr::Error| error.location().map(|at| format!(", at line {}", at.line())).unwrap_or_default();
    let value = serde_saphyr::from_str::<Option<Value>>(text).map_err(|error| format!("it is not YAML{}", place(&error)))?;
    let mut value = value.unwrap_or_else(|| Value::Object(Map::new()));
    let file = value.as_object_mut().ok_or("it is not a kubeconfig")?;
    tidy(file);
    let kinds = [("kind", "Config"), ("apiVersion", "v1")];
    if let Some((field, _)) = kinds.iter().find(|(field, wanted)| file.get(*field).is_some_and(|found| found != wanted)) {
        return Err(format!("its {field} is not a kubeconfig's"));
    }
    for (list, inner) in [("clusters", "cluster"), ("users", "user"), ("contexts", "context")] {
        tidy_list(file, list, inner, folder)?;
    }
    serde_json::from_value(value).map_err(|error| without_values(&error.to_string()))
}

/// serde names what it found: `invalid type: integer 12345, expected a string`. That may be a password.
fn without_values(said: &str) -> String {
    let expected = said.split_once("expected ").map(|(_, expected)| expected);
    expected.map_or_else(|| said.to_owned(), |expected| format!("a field has the wrong type, expected {expected}"))
}

fn tidy_list(file: &mut Map<String, Value>, list: &str, inner: &str, folder: &Path) -> Result<(), String> {
    let mut names = HashSet::new();
    for entry in file.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
        let name = entry.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !names.insert(name.clone()) {
            return Err(format!("it has two {list} called {name:?}"));
        }
        entry.insert("name".to_owned(), Value::from(name));
        let Some(fields) = entry.get_mut(inner).and_then(Value::as_object_mut) else { continue };
        tidy(fields);
        if inner == "context" {
            fields.entry("cluster").or_insert_with(|| Value::from(""));
        }
        for (field, value) in fields.iter_mut() {
            if let Some(data) = value.as_str().filter(|_| field.ends_with("-data")) {
                *value = Value::from(data.replace(['\r', '\n'], ""));
            }
        }
        resolve(fields, folder);
    }
    Ok(())
}

/// To kubectl, an empty value is an absent one.
fn tidy(fields: &mut Map<String, Value>) {
    fields.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
}

fn resolve(fields: &mut Map<String, Value>, folder: &Path) {
    let absolute = |value: &mut Value| {
        if let Some(path) = value.as_str().map(|path| folder.join(path)) {
            *value = Value::from(path.display().to_string());
        }
    };
    for field in ["certificate-authority", "client-certificate", "client-key", "tokenFile"] {
        fields.get_mut(field).into_iter().for_each(absolute);
    }
    let command = fields.get_mut("exec").and_then(|exec| exec.get_mut("command"));
    // A bare name is looked for in PATH.
    command.filter(|command| command.as_str().is_some_and(|text| text.contains('/'))).into_iter().for_each(absolute);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_values_are_absent_ones() {
        let text = r#"{current-context: "", users: [{name: u, user: {token: "", password: "", client-certificate: ""}}], contexts: null}"#;
        let read = parse(text.as_bytes(), Path::new("/k")).unwrap();
        let user = read.auth_infos[0].auth_info.clone().unwrap();
        assert!(user.token.is_none() && user.password.is_none() && user.client_certificate.is_none() && read.current_context.is_none());
    }

    #[test]
    fn relative_paths_start_at_the_files_folder() {
        let text = "clusters: [{name: k, cluster: {certificate-authority: ca.crt}}]\n\
            users: [{name: u, user: {tokenFile: /t, exec: {command: ./plugin}}}, {name: v, user: {exec: {command: aws}}}]";
        let read = parse(text.as_bytes(), Path::new("/k")).unwrap();
        assert_eq!(read.clusters[0].cluster.clone().unwrap().certificate_authority.as_deref(), Some("/k/ca.crt"));
        let users: Vec<_> = read.auth_infos.into_iter().map(|named| named.auth_info.unwrap()).collect();
        assert_eq!(users[0].token_file.as_deref(), Some("/t"));
        let commands: Vec<_> = users.into_iter().map(|user| user.exec.unwrap().command.unwrap()).collect();
        assert_eq!(commands, ["/k/./plugin", "aws"]);
    }

    #[test]
    fn what_is_no_kubeconfig_is_said_without_quoting_it() {
        #[rustfmt::skip]
        let table: &[(&str, &[u8], &str)] = &[
            ("text",             b"s3cret",                                            "it is not a kubeconfig"),
            ("broken",           b"users:\n- name: u\n  user: {token: s3cret",         "it is not YAML, at line"),
            ("binary",           b"\xff\xfes3cret",                                    "it is not text in UTF-8"),
            ("another kind",     b"kind: Secret\ndata: {a: s3cret}",                   "its kind is not a kubeconfig's"),
            ("twice one name",   b"users: [{name: u}, {name: u}]",                     "it has two users called \"u\""),
            ("a number",         b"users: [{name: u, user: {password: 12345}}]",       "a field has the wrong type, expected"),
        ];
        for (case, bytes, expected) in table {
            let refused = parse(bytes, Path::new("/")).err().unwrap_or_default();
            assert!(refused.contains(expected), "{case}: {refused}");
            assert!(!refused.contains("s3cret") && !refused.contains("12345"), "{case}: {refused}");
        }
        assert!(parse(b"", Path::new("/")).is_ok(), "an empty file says nothing");
    }
}
