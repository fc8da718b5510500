//! Folders depend only downwards, nothing but the clock asks what time it is, and rules touch nothing outside.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each folder or file of `src`, and the ones it may use besides itself. Lower ones come first.
const LAYERS: &[(&str, &[&str])] = &[
    ("api", &[]),
    ("clock", &[]),
    ("permissions", &[]),
    ("settings", &[]),
    ("sandbox", &[]),
    ("rules", &["api", "settings"]),
    ("actions", &["api", "permissions", "rules", "settings"]),
    ("channels", &["api", "rules", "settings"]),
    ("analysts", &["api", "rules", "settings"]),
    ("controllers", &["api", "clock", "permissions", "settings", "rules", "actions", "channels", "analysts"]),
    ("manifests", &["api", "permissions", "actions", "controllers"]),
    (
        "cli",
        &["api", "clock", "permissions", "settings", "sandbox", "rules", "actions", "channels", "analysts", "controllers", "manifests"],
    ),
];

/// Words that would let a rule touch the outside world.
const NOT_IN_RULES: &[&str] = &["async ", ".await", "Client", "tokio", "::now()", "std::env", "std::fs", "rand", "SystemTime"];

/// Ways to ask what time it is; a monotonic instant only measures.
const CLOCKS: &[&str] = &["Timestamp::now()", "SystemTime::now()", "Zoned::now()"];

#[test]
fn folders_depend_only_downwards() {
    let mut checked = 0;
    for (path, text) in sources() {
        let layer = layer_of(&path);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            assert!(layer == "lib" || layer == "main", "{} is in no layer: add it to LAYERS", path.display());
            continue;
        };
        for used in used_by(&text) {
            let fits = used == layer || allowed.contains(&used.as_str());
            assert!(fits, "{} uses {used}, but {layer} may use only {allowed:?}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 200, "the check found only {checked} uses, so it looks in the wrong place");
}

#[test]
fn rules_touch_nothing_outside() {
    for (path, text) in sources().into_iter().filter(|(path, _)| layer_of(path) == "rules") {
        let code = without_comments(&text);
        let found = NOT_IN_RULES.iter().find(|word| code.contains(**word));
        assert!(found.is_none(), "{} is a rule and must not mention {found:?}", path.display());
    }
}

#[test]
fn only_the_clock_asks_what_time_it_is() {
    for (path, text) in sources().into_iter().filter(|(path, _)| layer_of(path) != "clock" && !path.to_string_lossy().contains("_tests")) {
        let code = without_tests(&without_comments(&text));
        let found = CLOCKS.iter().find(|word| code.contains(**word));
        assert!(found.is_none(), "{} asks for the time by {found:?}; take it as an argument", path.display());
    }
}

#[test]
fn no_file_grows_beyond_three_hundred_lines_of_code() {
    for (path, text) in sources().into_iter().filter(|(path, _)| !path.to_string_lossy().contains("test") && layer_of(path) != "api") {
        let lines = without_tests(&text).lines().count();
        assert!(lines <= 330, "{} has {lines} lines: split it by noun", path.display());
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(Path::new("src"), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// The first part of a path below `src`.
fn layer_of(path: &Path) -> String {
    let below = path.strip_prefix("src").unwrap().components().next().unwrap();
    below.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// What a file names by `crate::`, also in a list in braces.
fn used_by(text: &str) -> Vec<String> {
    let mut used = Vec::new();
    for rest in without_tests(&without_comments(text)).split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => used.extend(list.split('}').next().unwrap().split(',').map(first_word)),
            None => used.push(first_word(rest)),
        }
    }
    used.retain(|name| !name.is_empty());
    used
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Tests at the end of a file may reach further.
fn without_tests(text: &str) -> String {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned()
}
