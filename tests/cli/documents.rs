//! The samples of the documentation do what it says they do.

use super::{plugin, said};
use std::fs;

const TEXT: &str = include_str!("../../docs/alerts.md");

/// The first block of this language that comes after these words.
fn block(after: &str, language: &str) -> &'static str {
    let rest = TEXT.split_once(after).expect("the words are there").1;
    let start = format!("```{language}\n");
    rest.split_once(&start).and_then(|(_, rest)| rest.split_once("\n```")).expect("a block").0
}

#[test]
fn the_alert_and_the_playbook_that_are_shown_end_as_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = [
        ("`alert.json`:", "json", "alert.json"),
        ("`playbooks.yaml`:", "yaml", "playbooks.yaml"),
        ("`state.yaml` stands", "yaml", "state.yaml"),
    ];
    for (after, language, name) in files {
        fs::write(folder.path().join(name), block(after, language)).expect("written");
    }
    fs::write(folder.path().join("kubernaut.yaml"), block("`simulate --config`", "yaml")).expect("written");
    let (typed, shown) = block("is the line above.", "").split_once('\n').expect("a command and what it prints");
    let words = typed.strip_prefix("$ kubectl kubernaut ").expect("a command").split(' ');
    let answer = said(plugin().args(words).current_dir(folder.path()));
    assert_eq!((answer.code, answer.out.trim_end()), (0, shown), "{}", answer.err);
}
