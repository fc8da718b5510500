//! `status`: where a remediation stands, with everything that belongs to it; or what needs a person, everywhere.

mod absent;
pub mod overview;
mod reading;
pub mod render;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod wait;

pub use reading::tree;
pub use tree::{Node, StatusTree};

use super::connect::Connected;
use super::failure::{Attempted, Exit, Failure};
use super::get::not_found;
use super::kinds::{Kind, type_and_name};
use super::output::{Format, OutputArgs, age::length};
use super::read;
use super::session::Session;
use crate::api::labels;
use jiff::SignedDuration;
use wait::Until;

/// Show where a remediation stands, or what needs a person
#[derive(clap::Args)]
pub struct StatusArgs {
    /// A remediation, or anything that belongs to one, as TYPE/NAME; everything when left out
    #[arg(value_name = "TYPE/NAME")]
    object: Option<String>,
    /// Everything in all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Wait first: terminal, decided, or the name of a phase
    #[arg(long, value_name = "FOR", num_args = 0..=1, require_equals = true, default_missing_value = "terminal", value_parser = Until::parse)]
    wait: Option<Until>,
    /// How long to wait
    #[arg(long, value_name = "LENGTH", default_value = "10m", value_parser = length)]
    timeout: SignedDuration,
    /// End with 4 if a person is needed, or the remediation failed
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Shows the tree or the overview.
///
/// # Errors
/// When the object is not there, or the API server does not answer.
pub async fn run(args: &StatusArgs, session: &Session) -> anyhow::Result<Exit> {
    let connected = session.connect()?;
    match &args.object {
        None if args.wait.is_some() => Err(Failure::usage("--wait needs a remediation").into()),
        None => everything(args, session, &connected).await,
        Some(_) if args.all_namespaces => Err(Failure::usage("a name and --all-namespaces exclude each other").into()),
        Some(object) => one(args, object, session, &connected).await,
    }
}

async fn one(args: &StatusArgs, object: &str, session: &Session, connected: &Connected) -> anyhow::Result<Exit> {
    let name = remediation_of(connected, object).await?;
    let waited = match args.wait {
        Some(until) => Some(wait::wait(session, connected, &name, until, args.timeout).await?),
        None => None,
    };
    let tree = match tree(&connected.client, &connected.namespace, &name, session.now()).await {
        Ok(tree) => tree,
        Err(error) => return Err(explained(connected, &name, error).await),
    };
    match args.output.format() {
        format if format.is_rendered() => session.voice.print(&args.output.render(&serde_json::to_value(&tree)?)?)?,
        Format::Name => session.voice.print_line(&super::output::text::one_line(&Kind::Remediation.full_name(&name)))?,
        _ => session.voice.print(&render::text(&tree, &session.look, session.times, session.now()))?,
    }
    let failed = args.exit_code && (tree.has_failed() || tree.needs_a_person());
    Ok(waited.filter(|exit| *exit != Exit::Done).unwrap_or(if failed { Exit::No } else { Exit::Done }))
}

async fn explained(connected: &Connected, name: &str, error: anyhow::Error) -> anyhow::Error {
    match error.chain().find_map(|cause| cause.downcast_ref::<kube::Error>()) {
        Some(kube) => not_found(connected, Kind::Remediation, name, kube).await.into(),
        None => error,
    }
}

async fn everything(args: &StatusArgs, session: &Session, connected: &Connected) -> anyhow::Result<Exit> {
    let namespace = Some(connected.namespace.clone()).filter(|_| !args.all_namespaces);
    let overview = overview::overview(&connected.client, namespace.as_deref(), session.now()).await?;
    match args.output.format() {
        format if format.is_rendered() => session.voice.print(&args.output.render(&serde_json::to_value(&overview)?)?)?,
        _ => session.voice.print(&overview::text(&overview, session, connected))?,
    }
    Ok(if args.exit_code && !overview.needs_you.is_empty() { Exit::No } else { Exit::Done })
}

/// Name of the remediation that an object belongs to.
pub(super) async fn remediation_of(connected: &Connected, text: &str) -> Result<String, Failure> {
    let (kind, name) = type_and_name(text).map_err(Failure::usage)?;
    let kind = match kind {
        None | Some(Kind::Remediation) => return Ok(name),
        Some(kind @ (Kind::Target | Kind::Clearance)) => {
            return Err(Failure::usage(format!("{} belong to no single remediation", kind.friendly())));
        }
        Some(kind) => kind,
    };
    let seen = match read::get(&connected.client, kind, &connected.namespace, &name).await {
        Ok(seen) => seen,
        Err(error) => return Err(not_found(connected, kind, &name, &error).await),
    };
    let labelled = seen.at("/metadata/labels").and_then(|all| all.get(labels::REMEDIATION_REQUEST)).and_then(|name| name.as_str());
    if let Some(request) = labelled.or_else(|| seen.at("/spec/remediationRequestRef/name").and_then(|name| name.as_str())) {
        return Ok(request.to_owned());
    }
    owner(connected, kind, &seen).await
}

/// The remediation of something that names only its parent.
async fn owner(connected: &Connected, kind: Kind, seen: &super::output::Seen) -> Result<String, Failure> {
    let (parent, name) = match kind {
        Kind::Approval => (Kind::Analysis, seen.text("/spec/aiAnalysisRef/name")),
        Kind::Step | Kind::StepApproval => (Kind::Execution, seen.text("/spec/workflowExecutionRef/name")),
        _ => return Err(Failure::usage(format!("{}/{} names no remediation", kind.short(), seen.name()))),
    };
    let doing = || format!("read {}/{name}", parent.short());
    let parent = read::get(&connected.client, parent, &connected.namespace, name).await.attempted(doing)?;
    Ok(parent.text("/spec/remediationRequestRef/name").to_owned())
}
