//! `install`: puts kinds, rights and policies into a cluster, and waits until they are served and enforced.

pub mod apply;
pub mod compare;
mod diff;
pub mod enforced;
pub mod objects;
pub mod progress;
mod served;

use super::connect::Connected;
use super::dry_run::DryRun;
use super::failure::{Exit, Failure, Reason};
use super::output::{Format, OutputArgs, age::length, yaml::to_yaml};
use super::session::Session;
use apply::{Applied, How, apply, value};
use jiff::SignedDuration;
use kube::api::DynamicObject;
use objects::{Part, chosen, shown};

/// Install the types, rights and policies in the cluster
#[derive(clap::Args)]
pub struct InstallArgs {
    /// Only these parts: crds, rbac, policy, namespace
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    only: Vec<Part>,
    /// Print the objects as YAML instead of applying them
    #[arg(long, conflicts_with_all = ["diff", "dry_run"])]
    export: bool,
    /// Show what would change, and change nothing: ends with 0 when nothing would, with 1 otherwise
    #[arg(long, conflicts_with = "dry_run")]
    diff: bool,
    /// Change nothing, only check: none, client, server
    #[arg(long, value_name = "HOW", default_value = "none", hide_possible_values = true)]
    dry_run: DryRun,
    /// Take back what others have set in these objects
    #[arg(long)]
    force_conflicts: bool,
    /// Wait until everything is served and enforced
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set, default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    wait: bool,
    /// How long to wait
    #[arg(long, value_name = "LENGTH", default_value = "1m", value_parser = length)]
    timeout: SignedDuration,
    #[command(flatten)]
    output: OutputArgs,
}

/// Applies, prints or compares the objects.
///
/// # Errors
/// When the API server refuses an object, or does not serve the types in time.
pub async fn run(args: &InstallArgs, session: &Session) -> anyhow::Result<Exit> {
    let objects = chosen(&args.only);
    if args.export {
        return export(&objects, args, session);
    }
    if args.diff {
        return differences(&objects, session).await;
    }
    let connected = session.connect()?;
    let applied = apply_all(&connected, &objects, args, session).await?;
    if args.dry_run == DryRun::None && args.wait {
        served::wait(&connected.client, &applied, args.timeout, session).await?;
        enforced::wait(&connected, &applied, args.timeout, session).await?;
    }
    Ok(Exit::Done)
}

fn export(objects: &[DynamicObject], args: &InstallArgs, session: &Session) -> anyhow::Result<Exit> {
    if args.output.format() == Format::Json {
        let list = args.output.list(objects.iter().map(value).collect());
        session.voice.print(&args.output.render(&list)?)?;
        return Ok(Exit::Done);
    }
    for object in objects {
        session.voice.print(&format!("---\n{}", to_yaml(&value(object))?))?;
    }
    Ok(Exit::Done)
}

/// 1 means that there are differences, so a failure is more than that.
async fn differences(objects: &[DynamicObject], session: &Session) -> anyhow::Result<Exit> {
    let how = How { dry_run: DryRun::Server, force: true };
    let compared = async { diff::print(&session.connect()?, objects, how, session).await };
    compared.await.map_err(|error| match Failure::from_any(&error) {
        Some(failure) => failure.exiting(Exit::Usage).into(),
        None => error,
    })
}

/// What others have set stops only the object in which they have.
async fn apply_all(
    connected: &Connected,
    objects: &[DynamicObject],
    args: &InstallArgs,
    session: &Session,
) -> anyhow::Result<Vec<Applied>> {
    let how = How { dry_run: args.dry_run, force: args.force_conflicts };
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for object in objects {
        match apply(&connected.client, object, how).await {
            Ok(applied) => {
                tell(object, &applied, args, session)?;
                done.push(applied);
            }
            Err(failure) if failure.reason == Reason::Conflict => refused.push(failure),
            Err(failure) => return Err(failure.into()),
        }
    }
    if args.output.format().is_rendered() {
        let list = args.output.list(done.iter().map(|applied| value(&applied.after)).collect());
        session.voice.print(&args.output.render(&list)?)?;
    }
    match refused.len() {
        0 => Ok(done),
        1 => Err(refused.remove(0).into()),
        count => Err(conflicts(count, &refused).into()),
    }
}

fn tell(object: &DynamicObject, applied: &Applied, args: &InstallArgs, session: &Session) -> std::io::Result<()> {
    let name = shown(object);
    match args.output.format() {
        Format::Name => session.voice.print_line(&name),
        format if format.is_rendered() => Ok(()),
        _ => session.voice.print_line(&format!("{name} {}{}", applied.change.word(), args.dry_run.remark())),
    }
}

fn conflicts(count: usize, refused: &[Failure]) -> Failure {
    let failure = Failure::new(Reason::Conflict, format!("{count} objects were not applied, because others have set what they say"));
    let failure = refused.iter().fold(failure, |failure, one| failure.because(one.message.clone()));
    refused.iter().flat_map(|one| &one.hints).take(1).fold(failure, |failure, hint| failure.hint(hint.clone()))
}
