//! What may come next: from the grammar, from the kubeconfig, from the cluster.

use super::names::{self, Wanted};
use crate::cli::connect::{Connection, files};
use crate::cli::kinds::Kind;
use clap::FromArgMatches;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

/// What may come next.
pub struct Completed {
    /// The words.
    pub candidates: Vec<CompletionCandidate>,
    /// Whether a file may come next.
    pub takes_file: bool,
}

/// Words that complete the last of `words`; `None` when the line makes no sense.
pub fn completed(words: &[OsString]) -> Option<Completed> {
    let line: Vec<OsString> = std::iter::once("kubectl-kubernaut".into()).chain(words.iter().cloned()).collect();
    let index = line.len().saturating_sub(1);
    let mut grammar = with_completers(crate::cli::grammar(), &Arc::new(Line::read(words)));
    let candidates = complete(&mut grammar, line, index, None).ok()?;
    let takes_file = words.iter().rev().nth(1).is_some_and(|flag| is_file_flag(&flag.to_string_lossy()));
    Some(Completed { candidates, takes_file })
}

fn is_file_flag(flag: &str) -> bool {
    let files = ["--kubeconfig", "--config", "--routing", "--certificate-authority", "--client-certificate", "--client-key"];
    matches!(flag, "-f" | "--filename") || files.contains(&flag) || flag.ends_with("-file")
}

/// What the line says already.
struct Line {
    connection: Connection,
    verb: String,
    /// The type that `get` shows.
    kind: Option<Kind>,
}

impl Line {
    fn read(words: &[OsString]) -> Self {
        let before = words.split_last().map(|(_, before)| before).unwrap_or_default();
        let line = std::iter::once(OsString::from("kubectl-kubernaut")).chain(before.iter().cloned());
        let matches = crate::cli::grammar().ignore_errors(true).try_get_matches_from(line).ok();
        let connection = matches.as_ref().and_then(|matches| Connection::from_arg_matches(matches).ok());
        let verb = matches.as_ref().and_then(|matches| matches.subcommand_name()).unwrap_or_default().to_owned();
        let position = before.iter().position(|word| *word == *verb).unwrap_or_default();
        let kind = before.iter().skip(position + 1).find_map(|word| Kind::named(word.to_str()?));
        Self { connection: connection.unwrap_or_default(), verb, kind }
    }
}

/// Hangs completers on the arguments whose values are names. Arguments are known by what their value is called in the help.
fn with_completers(grammar: clap::Command, line: &Arc<Line>) -> clap::Command {
    let grammar = grammar.mut_args(|arg| completer(arg, line));
    grammar.mut_subcommands(|command| command.mut_args(|arg| completer(arg, line)))
}

fn completer(arg: clap::Arg, line: &Arc<Line>) -> clap::Arg {
    let called = arg.get_value_names().and_then(<[_]>::first).map(ToString::to_string).unwrap_or_default();
    let id = arg.get_id().to_string();
    let is_name = (arg.is_positional() && matches!(called.as_str(), "TYPE" | "NAME" | "TYPE/NAME")) || called == "FORMAT";
    if !is_name && !matches!(id.as_str(), "namespace" | "context" | "cluster" | "user") {
        return arg;
    }
    let line = line.clone();
    arg.add(ArgValueCompleter::new(move |current: &OsStr| values(&line, &id, &called, &current.to_string_lossy())))
}

fn values(line: &Line, id: &str, called: &str, current: &str) -> Vec<CompletionCandidate> {
    match (id, called) {
        ("namespace", _) => names::fetched(&line.connection, &Wanted::Namespaces),
        ("context" | "cluster" | "user", _) => of_kubeconfig(&line.connection, id),
        (_, "FORMAT") => plain(
            ["json", "yaml", "wide", "name", "jsonpath=", "jsonpath-as-json=", "custom-columns="].iter().map(|form| (*form).to_owned()),
        ),
        (_, "TYPE") => plain(types().map(|kind| kind.friendly().to_owned()).chain(["blocks".to_owned()])),
        (_, "TYPE/NAME") => objects(line, current),
        _ => bare(line, current),
    }
}

/// Types that `get` shows, the more usual ones first.
fn types() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter()
}

/// `TYPE/NAME`: first the types that this verb takes, then the names of the one that was begun.
fn objects(line: &Line, current: &str) -> Vec<CompletionCandidate> {
    let taken: Vec<Kind> = match line.verb.as_str() {
        "why" => vec![Kind::Approval, Kind::Remediation, Kind::Execution],
        _ => Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Target | Kind::Clearance)).collect(),
    };
    match current.split_once('/') {
        None => {
            let mut begun: Vec<String> = taken.iter().map(|kind| format!("{}/", kind.short())).collect();
            begun.sort();
            plain(begun.into_iter())
        }
        Some((kind, _)) => match Kind::named(kind).filter(|found| taken.contains(found)) {
            Some(found) => {
                let names = names::fetched(&line.connection, &Wanted::Objects { kind: found, fields: None });
                names.into_iter().map(|one| one.add_prefix(format!("{kind}/"))).collect()
            }
            None => Vec::new(),
        },
    }
}

/// A name alone: what the verb works on.
fn bare(line: &Line, current: &str) -> Vec<CompletionCandidate> {
    let wanted = match line.verb.as_str() {
        "get" => match line.kind {
            Some(kind) => Wanted::Objects { kind, fields: None },
            None => return Vec::new(),
        },
        "approve" | "reject" if !current.contains('/') => Wanted::Objects { kind: Kind::Approval, fields: Some("status.decision=") },
        "chat" => Wanted::Objects { kind: Kind::Approval, fields: None },
        "clear-block" if !current.contains('/') => Wanted::Blocked,
        _ => return Vec::new(),
    };
    names::fetched(&line.connection, &wanted)
}

fn plain(words: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    words.map(CompletionCandidate::new).collect()
}

fn of_kubeconfig(connection: &Connection, which: &str) -> Vec<CompletionCandidate> {
    let Ok(read) = files::read(connection.kubeconfig.as_ref()) else { return Vec::new() };
    match which {
        "context" => plain(read.contexts.into_iter().map(|one| one.name)),
        "cluster" => plain(read.clusters.into_iter().map(|one| one.name)),
        _ => plain(read.auth_infos.into_iter().map(|one| one.name)),
    }
}
