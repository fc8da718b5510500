//! Turns what clap says about a command line into a failure: its tips become hints.

use super::Failure;
use crate::cli::kinds::known_types;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;

impl Failure {
    /// Explains why the grammar refused these words, and names the help of the verb that they are about.
    pub fn refused(refused: &clap::Error, grammar: clap::Command, words: &[OsString]) -> Self {
        let text = refused.to_string();
        let mut blocks = text.split("\n\n");
        let said = blocks.next().unwrap_or_default().trim_start_matches("error: ");
        let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let tips = text.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
        let (path, reached) = verb(grammar, words);
        let said = match refused.kind() {
            // Clap would list the aliases among them.
            ErrorKind::MissingSubcommand => format!("'{path}' requires a subcommand: {}", shown(&reached)),
            _ => said.join(" "),
        };
        let failure = tips.fold(Self::usage(said), |failure, tip| failure.hint(tip.replace('\'', "")));
        let failure = match refused.kind() {
            ErrorKind::MissingRequiredArgument if reached.get_name() == "get" => failure.hint(format!("types:  {}, blocks", known_types())),
            _ => failure,
        };
        match refused.get(ContextKind::Usage) {
            Some(ContextValue::StyledStr(usage)) => failure.hint(format!("usage:  {}", on_one_line(&usage.to_string()))),
            _ => failure,
        }
        .hint(format!("see  {path} --help"))
    }
}

/// The program with the verb that the words are about, as far as they can be understood, and the grammar of that verb.
fn verb(grammar: clap::Command, words: &[OsString]) -> (String, clap::Command) {
    let mut path = grammar.get_bin_name().unwrap_or_else(|| grammar.get_name()).to_owned();
    let mut reached = grammar.clone();
    let understood = grammar.ignore_errors(true).try_get_matches_from(words).ok();
    let mut at = understood.as_ref();
    while let Some((name, below)) = at.and_then(|matches| matches.subcommand()) {
        path = format!("{path} {name}");
        reached = reached.find_subcommand(name).cloned().unwrap_or(reached);
        at = Some(below);
    }
    (path, reached)
}

/// The subcommands that help shows.
fn shown(command: &clap::Command) -> String {
    let names: Vec<&str> = command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(clap::Command::get_name).collect();
    names.join(", ")
}

fn on_one_line(usage: &str) -> String {
    let usage = usage.trim_start_matches("Usage: ");
    usage.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::grammar;

    #[test]
    fn a_refusal_names_the_help_of_its_verb_and_what_is_near() {
        #[rustfmt::skip]
        let table: Vec<(&str, &str, &[&str])> = vec![
            ("install --yes",             "kubectl kubernaut install",     &["usage:  kubectl kubernaut install [OPTIONS]"]),
            ("install --dry-rum",         "kubectl kubernaut install",     &["a similar argument exists: --dry-run"]),
            ("aprove x",                  "kubectl kubernaut",             &["some similar subcommands exist: route, approve"]),
            ("approve x --timeout",       "kubectl kubernaut approve",     &[]),
            ("approve x --dry-run=foo",   "kubectl kubernaut approve",     &[]),
            ("-n status get aar --zzz",   "kubectl kubernaut get",         &["to pass --zzz as a value, use -- --zzz"]),
            ("route tets",                "kubectl kubernaut route",       &["a similar subcommand exists: test"]),
            ("route test --tre a=b",      "kubectl kubernaut route test",  &["a similar argument exists: --tree"]),
            ("route",                     "kubectl kubernaut route",       &["usage:  kubectl kubernaut route [OPTIONS] <COMMAND>"]),
            ("audit",                     "kubectl kubernaut audit",       &["usage:  kubectl kubernaut audit [OPTIONS] <COMMAND>"]),
            ("get",                       "kubectl kubernaut get",         &["usage:  kubectl kubernaut get <TYPE> [NAME]..."]),
            ("explain --wat",             "kubectl kubernaut why",         &[]),
            ("--wat",                     "kubectl kubernaut",             &[]),
            ("",                          "kubectl kubernaut",             &[]),
        ];
        for (line, verb, hints) in table {
            let words: Vec<OsString> =
                std::iter::once("x").chain(line.split(' ').filter(|word| !word.is_empty())).map(Into::into).collect();
            let refused = grammar().try_get_matches_from(&words).expect_err(line);
            let failure = Failure::refused(&refused, grammar(), &words);
            assert_eq!(failure.hints.last().map(String::as_str), Some(format!("see  {verb} --help").as_str()), "{line}: {failure:?}");
            assert!(hints.iter().all(|hint| failure.hints.iter().any(|given| given == hint)), "{line}: {failure:?}");
        }
    }
}
