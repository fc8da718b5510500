//! Answers kubectl, which asks a plugin's companion for the words that may come next: one `word TAB description` a line,
//! then how the shell is to treat them.

use super::candidates::completed;
use crate::cli::output::text::one_line;
use clap_complete::CompletionCandidate;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Nothing of the file system fits.
const NO_FILES: &str = ":4";
/// The same, and the word is not finished yet.
const NO_FILES_NO_SPACE: &str = ":6";
/// Files fit.
const FILES: &str = ":0";

/// The words to complete, when it is kubectl that asks: as `kubectl_complete-kubernaut WORD...`, or `__complete WORD...`.
pub fn asked(words: &[OsString]) -> Option<&[OsString]> {
    let (program, rest) = words.split_first()?;
    let name = Path::new(program).file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    match (name.starts_with("kubectl_complete-"), rest.split_first()) {
        (true, _) => Some(rest),
        (false, Some((first, rest))) if first == "__complete" => Some(rest),
        _ => None,
    }
}

/// Prints what may come next. Whatever goes wrong, nobody typing wants to read of it: then there are no words.
pub fn answer(words: &[OsString]) -> ExitCode {
    drop(std::io::stdout().lock().write_all(text(words).as_bytes()));
    ExitCode::SUCCESS
}

/// What is printed.
fn text(words: &[OsString]) -> String {
    let words = if words.is_empty() { &[OsString::new()][..] } else { words };
    let (current, before) = words.split_last().map(|(current, before)| (current.to_string_lossy(), before)).unwrap_or_default();
    let completed = completed(words);
    let takes_file = completed.as_ref().is_none_or(|found| found.takes_file);
    let found = completed.map(|found| found.candidates).unwrap_or_default();
    let lines = chosen(found, &current, before);
    let unfinished = !lines.is_empty() && lines.iter().all(|(word, _)| word.ends_with(['/', '=']));
    let directive = if takes_file && lines.is_empty() {
        FILES
    } else if unfinished {
        NO_FILES_NO_SPACE
    } else {
        NO_FILES
    };
    let mut text: String = lines.iter().map(|(word, about)| format!("{word}\t{about}\n")).collect();
    text.push_str(directive);
    text.push('\n');
    text
}

/// Flags only when one is begun; nothing that stands on the line already.
fn chosen(found: Vec<CompletionCandidate>, current: &str, before: &[OsString]) -> Vec<(String, String)> {
    let lines = found.iter().map(|one| {
        let about = one.get_help().map(ToString::to_string).unwrap_or_default();
        (one_line(&one.get_value().to_string_lossy()), one_line(about.lines().next().unwrap_or_default()))
    });
    let fitting = lines.filter(|(word, _)| word.starts_with(current) && !before.iter().any(|given| given == OsStr::new(word)));
    fitting.filter(|(word, _)| current.starts_with('-') || !word.starts_with('-')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn answered(line: &str) -> (Vec<String>, String) {
        let text = text(&words(line));
        let mut lines: Vec<String> = text.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect();
        let directive = lines.pop().expect("a directive");
        (lines, directive)
    }

    #[test]
    fn kubectl_asks_by_name_or_by_word() {
        #[rustfmt::skip]
        let table = [
            ("/usr/bin/kubectl_complete-kubernaut get ", Some("get ")),
            ("kubectl-kubernaut __complete get ",        Some("get ")),
            ("kubectl-kubernaut get approvals",          None),
            ("kubectl-kubernaut get __complete",         None),
        ];
        for (line, expected) in table {
            assert_eq!(asked(&words(line)).map(<[OsString]>::to_vec), expected.map(words), "{line}");
        }
    }

    #[test]
    fn words_come_before_flags_and_each_only_once() {
        let (verbs, directive) = answered("");
        assert!(verbs.contains(&"approve".to_owned()) && verbs.iter().all(|word| !word.starts_with('-')), "{verbs:?}");
        assert!(!verbs.contains(&"chat".to_owned()), "hidden");
        assert_eq!(directive, ":4");
        assert_eq!(answered("cl").0, ["clear-block"]);
        assert_eq!(answered("get app").0, ["approvals"]);
        assert!(answered("get --field").0.contains(&"--field-selector".to_owned()));
        assert_eq!(answered("get approvals x-").0, Vec::<String>::new());
        assert!(!answered("get --watch --wat").0.contains(&"--watch".to_owned()));
        assert!(answered("get approvals -o js").0.contains(&"json".to_owned()));
        assert_eq!(answered("completion ku").0, ["kubectl"]);
        assert_eq!(answered("get approvals --kubeconfig ").1, ":0");
    }

    #[test]
    fn objects_are_begun_by_their_type() {
        let (types, directive) = answered("status r");
        assert_eq!((types, directive.as_str()), (vec!["rp/".to_owned(), "rr/".to_owned()], ":6"));
        assert_eq!(answered("why ").0, ["aar/", "rr/", "wfe/"]);
    }
}
