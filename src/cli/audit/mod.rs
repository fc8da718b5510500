//! `audit`: proves that an audit log is as it was written, and prints the records that follow from the cluster now.

use super::failure::{Exit, Failure, Reason};
use super::history::trail;
use super::output::text::{escaped_json, one_line};
use super::output::{Document, OutputArgs};
use super::session::Session;
use crate::controllers::audit::{head_path, read_head, read_key};
use crate::rules::chain::{self, Intact, Key, Problem};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Check an audit log, or print what would be in one
#[derive(clap::Args)]
#[command(arg_required_else_help = false)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(clap::Subcommand)]
enum AuditCommand {
    Verify(VerifyArgs),
    Export(ExportArgs),
}

/// Find edits, moves, gaps, cuts and downgrades in an audit log
#[derive(clap::Args)]
struct VerifyArgs {
    /// The log
    #[arg(value_name = "FILE")]
    log: PathBuf,
    /// The key that sealed it
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// Its signed head, for example a copy from elsewhere; FILE.head when left out
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Print every record that follows from the cluster's objects now, as lines of JSON
#[derive(clap::Args)]
struct ExportArgs {}

/// The machine form of `audit verify`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    file: String,
    key_id: String,
    intact: bool,
    /// Number of the last record; only of a log without a flaw.
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<u64>,
    /// Number of the last record that the head knows; only of a log without a flaw.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a Problem>,
}

/// Runs the verb under `audit`.
///
/// # Errors
/// When a file cannot be read, or the API server does not answer.
pub async fn run(args: &AuditArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        AuditCommand::Verify(args) => verify(args, session),
        AuditCommand::Export(_) => export(session).await,
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Reason::Internal, format!("{}: {error}", path.display()))
}

fn verify(args: &VerifyArgs, session: &Session) -> anyhow::Result<Exit> {
    let key = read_key(&args.key_file).map_err(|error| Failure::new(Reason::Internal, error.to_string()))?;
    let log = std::fs::read(&args.log).map_err(|error| unreadable(&args.log, &error))?;
    let head = match &args.head {
        Some(path) => Some(std::fs::read(path).map_err(|error| unreadable(path, &error))?),
        None => read_head(&head_path(&args.log)).map_err(|error| unreadable(&head_path(&args.log), &error))?,
    };
    let checked = chain::verify(&log, head.as_deref(), &key);
    match args.output.format() {
        format if format.is_rendered() => session.voice.print(&args.output.render(&report(args, &checked, &key)?)?)?,
        _ => session.voice.print_line(&one_line(&sentence(args, &checked, &key)))?,
    }
    Ok(if checked.is_ok() { Exit::Done } else { Exit::No })
}

fn report(args: &VerifyArgs, checked: &Result<Intact, Problem>, key: &Key) -> serde_json::Result<serde_json::Value> {
    Document::AuditReport.of(&Report {
        file: args.log.display().to_string(),
        key_id: key.id(),
        intact: checked.is_ok(),
        records: checked.as_ref().ok().map(|whole| whole.seq),
        head: checked.as_ref().ok().map(|whole| whole.head),
        problem: checked.as_ref().err(),
    })
}

fn sentence(args: &VerifyArgs, checked: &Result<Intact, Problem>, key: &Key) -> String {
    let file = args.log.display();
    match checked {
        Ok(whole) => format!("{file} is whole: {} records, the head knows {}, key {}", whole.seq, whole.head, key.id()),
        Err(problem) => format!("{file} is NOT as it was written, {problem}"),
    }
}

async fn export(session: &Session) -> anyhow::Result<Exit> {
    if session.connection.namespace.is_some() {
        return Err(Failure::usage("audit export reads all namespaces; leave --namespace out").into());
    }
    let connected = session.connect()?;
    let mut records = trail::read(&connected, None, &[], session).await?.records;
    records.sort_by(|one, other| (one.when, &one.id).cmp(&(other.when, &other.id)));
    for record in records {
        session.voice.print_line(&escaped_json(&serde_json::to_string(&record)?))?;
    }
    Ok(Exit::Done)
}
