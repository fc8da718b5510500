//! `check`: whether what `install` applies is there, holds, and is what this client would apply.

mod cluster;
mod controllers;
pub mod lease;
mod pre;
mod stuck;
mod tell;

use super::OUTPUT_VERSION;
use super::failure::{Exit, Failure, Reason};
use super::output::{Document, Format, OutputArgs, age::length};
use super::session::Session;
use crate::api::GROUP;
use crate::manifests;
use jiff::SignedDuration;
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;

/// Check the connection, what install applies, the controllers, and whether anything is stuck
#[derive(clap::Args)]
pub struct CheckArgs {
    /// Only what install needs: the cluster's version, and your right to apply everything
    #[arg(long, conflicts_with = "only")]
    pre: bool,
    /// Only these categories: client, cluster, crds, rbac, rights, attribution, controllers, stuck
    #[arg(long, value_name = "CATEGORIES", value_delimiter = ',', hide_possible_values = true)]
    only: Vec<Category>,
    /// Check again until nothing is wrong, for so long at most
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    wait: Option<SignedDuration>,
    /// End with 4 on warnings, too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// What can be checked, in the order in which it is told.
#[derive(Clone, Copy, Debug, clap::ValueEnum, PartialEq, Eq)]
enum Category {
    Client,
    Cluster,
    /// Only with --pre.
    #[value(skip)]
    Install,
    Crds,
    Rbac,
    Rights,
    #[value(aliases = ["policy", "policies"])]
    Attribution,
    Controllers,
    Stuck,
}

impl Category {
    const BEFORE: [Self; 3] = [Self::Client, Self::Cluster, Self::Install];
    const AFTER: [Self; 8] =
        [Self::Client, Self::Cluster, Self::Crds, Self::Rbac, Self::Rights, Self::Attribution, Self::Controllers, Self::Stuck];

    fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Cluster => "cluster",
            Self::Install => "install",
            Self::Crds => "crds",
            Self::Rbac => "rbac",
            Self::Rights => "rights",
            Self::Attribution => "attribution",
            Self::Controllers => "controllers",
            Self::Stuck => "stuck",
        }
    }
}

/// Everything that was checked.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckReport {
    api_version: &'static str,
    kind: Document,
    checks: Vec<Check>,
}

/// One thing that was checked.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
struct Check {
    category: &'static str,
    name: String,
    result: Outcome,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The rule that would let one see it.
    #[serde(skip)]
    unseen: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Ok,
    Warning,
    Failure,
}

impl Check {
    fn new(category: &'static str, name: impl Into<String>, result: Outcome, message: impl Into<String>) -> Self {
        Self { category, name: name.into(), result, message: message.into(), hint: None, unseen: None }
    }

    /// What cannot be read is not known to be wrong.
    fn unseen(category: &'static str, name: &str, error: &kube::Error) -> Self {
        let failure = Failure::from_kube(error, "read it");
        let rule = failure.hints.first().cloned().unwrap_or_else(|| failure.message.clone());
        let hint = format!("the ClusterRole {} reads all that is checked (group {GROUP})", manifests::AUDITOR);
        let check = Self::new(category, name, Outcome::Warning, failure.message).hint(hint);
        Self { unseen: Some(rule), ..check }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// How often is looked again.
const AGAIN: Duration = Duration::from_secs(2);

/// Prints what was found. Ends with 4 when anything is wrong, and with 124 when it still is after `--wait`.
///
/// # Errors
/// When the API server does not answer.
pub async fn run(args: &CheckArgs, session: &Session) -> anyhow::Result<Exit> {
    if args.output.format() == Format::Name {
        return Err(Failure::usage("checks are no objects and have no names; -o json has them as data").into());
    }
    let connected = session.connect()?;
    let deadline = args.wait.map(|wait| Instant::now() + Duration::try_from(wait).unwrap_or_default());
    let wanted = wanted(args);
    let mut told = false;
    let (checks, exit) = loop {
        let found = cluster::all(&connected, &wanted, session).await;
        let late = deadline.is_none_or(|deadline| Instant::now() + AGAIN > deadline);
        match found {
            Ok(checks) => {
                let exit = exit(&checks, args.strict);
                if exit == Exit::Done || late {
                    break (checks, exit);
                }
            }
            Err(failure) if late || failure.reason == Reason::Unauthorized => return Err(in_time(failure, args).into()),
            Err(_) => {}
        }
        if !told {
            session.voice.tell("not well yet; checking again until it is");
            told = true;
        }
        tokio::time::sleep(AGAIN).await;
    };
    let exit = if exit == Exit::No && args.wait.is_some() { Exit::TimedOut } else { exit };
    match args.output.format() {
        format if format.is_rendered() => {
            let report = CheckReport { api_version: OUTPUT_VERSION, kind: Document::CheckReport, checks };
            session.voice.print(&args.output.render(&serde_json::to_value(&report)?)?)?;
        }
        _ => tell::all(&checks, session)?,
    }
    Ok(exit)
}

fn in_time(failure: Failure, args: &CheckArgs) -> Failure {
    if args.wait.is_some() { failure.exiting(Exit::TimedOut) } else { failure }
}

fn wanted(args: &CheckArgs) -> Vec<Category> {
    match (args.pre, args.only.is_empty()) {
        (true, _) => Category::BEFORE.to_vec(),
        (false, true) => Category::AFTER.to_vec(),
        (false, false) => Category::AFTER.into_iter().filter(|category| args.only.contains(category)).collect(),
    }
}

fn exit(checks: &[Check], strict: bool) -> Exit {
    let wrong = |check: &Check| check.result == Outcome::Failure || (strict && check.result == Outcome::Warning);
    if checks.iter().any(wrong) { Exit::No } else { Exit::Done }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_decides_the_exit_code() {
        let of = |result| Check::new("crds", "x", result, "y");
        #[rustfmt::skip]
        let table = [
            ("all is well",          vec![of(Outcome::Ok)],                          false, Exit::Done),
            ("a warning",            vec![of(Outcome::Ok), of(Outcome::Warning)],    false, Exit::Done),
            ("a warning, strictly",  vec![of(Outcome::Ok), of(Outcome::Warning)],    true,  Exit::No),
            ("a failure",            vec![of(Outcome::Failure), of(Outcome::Ok)],    false, Exit::No),
        ];
        for (case, checks, strict, expected) in table {
            assert_eq!(exit(&checks, strict), expected, "{case}");
        }
    }
}
