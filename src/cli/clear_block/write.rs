//! Writes a clearance, and waits until the controllers have carried it out.

use super::subject::Subject;
use super::{ClearBlockArgs, rights};
use crate::api::{BlockClearance, BlockClearancePhase, BlockClearanceSpec, labels};
use crate::cli::connect::Connected;
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Attempted, Exit, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::{Format, text::one_line};
use crate::cli::paste;
use crate::cli::session::Session;
use crate::rules::clearing::Liftable;
use kube::ResourceExt;
use kube::api::{Api, PostParams};
use std::time::Duration;

/// How many clearances of one block are tried before giving up on a free name.
const MOST_NAMES: u32 = 50;
const LOOK: Duration = Duration::from_millis(150);

/// Writes the clearance under the first free name, and returns it as it stands when it is decided or the patience ends.
///
/// # Errors
/// The API server's answer, with the missing rule where the right is missing.
pub async fn clearance(
    args: &ClearBlockArgs,
    connected: &Connected,
    subject: &Subject,
    spec: BlockClearanceSpec,
) -> Result<BlockClearance, Failure> {
    let home = subject.target.home();
    let api: Api<BlockClearance> = Api::namespaced(connected.client.clone(), home);
    let params = PostParams { dry_run: args.dry_run == DryRun::Server, field_manager: Some(labels::CLI.to_owned()) };
    for nth in 1..=MOST_NAMES {
        let mut wanted = BlockClearance::new(&format!("{}-{nth}", spec.block_id), spec.clone());
        wanted.metadata.namespace = Some(home.to_owned());
        if args.dry_run == DryRun::Client {
            return Ok(wanted);
        }
        match api.create(&params, &wanted).await {
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => return Err(explained(&error, &wanted, home)),
            Ok(made) if params.dry_run => return Ok(made),
            Ok(made) => return decided(&api, made, args).await,
        }
    }
    Err(Failure::new(Reason::Conflict, format!("{MOST_NAMES} clearances of {} are there already", spec.block_id)))
}

/// Has the API server check a clearance without keeping it.
///
/// # Errors
/// What it would refuse the clearance for.
pub async fn tried(connected: &Connected, subject: &Subject, spec: BlockClearanceSpec) -> Result<(), Failure> {
    let home = subject.target.home();
    let api: Api<BlockClearance> = Api::namespaced(connected.client.clone(), home);
    let mut wanted = BlockClearance::new(&format!("{}-{MOST_NAMES}", spec.block_id), spec);
    wanted.metadata.namespace = Some(home.to_owned());
    let params = PostParams { dry_run: true, field_manager: Some(labels::CLI.to_owned()) };
    match api.create(&params, &wanted).await {
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
        Err(error) => Err(explained(&error, &wanted, home)),
        Ok(_) => Ok(()),
    }
}

/// Whether the API server refuses the reason, which may be said again.
pub fn is_about_the_reason(failure: &Failure) -> bool {
    failure.server.as_ref().is_some_and(|status| status.code == 422 && status.message.contains("spec.reason"))
}

fn explained(error: &kube::Error, wanted: &BlockClearance, home: &str) -> Failure {
    let mut failure = Failure::from_kube(error, &format!("clear {}", wanted.spec.block_id)).about(format!("{home}/{}", wanted.name_any()));
    if is_about_the_reason(&failure) {
        return failure.hint("say what you found and did; it is kept in the record");
    }
    if failure.reason == Reason::Forbidden {
        failure.hints = rights::needed(home).to_vec();
    }
    failure
}

async fn decided(api: &Api<BlockClearance>, made: BlockClearance, args: &ClearBlockArgs) -> Result<BlockClearance, Failure> {
    let patience = Duration::try_from(args.timeout).unwrap_or_default();
    let name = made.name_any();
    let waited = async {
        loop {
            let found = api.get(&name).await.attempted(|| format!("read {name}"))?;
            if found.status.as_ref().is_some_and(|status| status.phase.is_some()) {
                return Ok(found);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    if !args.waits() {
        return Ok(made);
    }
    tokio::time::timeout(patience, waited).await.unwrap_or(Ok(made))
}

/// Says what came of it.
///
/// # Errors
/// When the controllers refused it, or did not decide in time.
pub fn tell(
    args: &ClearBlockArgs,
    written: &BlockClearance,
    subject: &Subject,
    lifted: &Liftable,
    session: &Session,
) -> anyhow::Result<Exit> {
    let (voice, format) = (&session.voice, args.output.format());
    match format.is_rendered() {
        true => voice.print(&args.output.render(&args.output.object(serde_json::to_value(written)?))?)?,
        false => voice.print_line(&line(args, written))?,
    }
    came(args, written, subject, lifted, session)?;
    Ok(Exit::Done)
}

/// Says what came of several; returns those of which nothing came.
///
/// # Errors
/// When nobody reads the output.
pub fn tell_all(args: &ClearBlockArgs, all: &[(&BlockClearance, &Subject, &Liftable)], session: &Session) -> anyhow::Result<Vec<Failure>> {
    let (voice, format) = (&session.voice, args.output.format());
    if format.is_rendered() {
        let objects = all.iter().map(|(written, ..)| serde_json::to_value(written)).collect::<Result<Vec<_>, _>>()?;
        voice.print(&args.output.render(&args.output.list(objects))?)?;
    }
    let mut failures = Vec::new();
    for (written, subject, lifted) in all {
        if !format.is_rendered() {
            voice.print_line(&line(args, written))?;
        }
        failures.extend(came(args, written, subject, lifted, session).err());
    }
    Ok(failures)
}

fn line(args: &ClearBlockArgs, written: &BlockClearance) -> String {
    let name = Kind::Clearance.full_name(&written.name_any());
    let phase = written.status.as_ref().and_then(|status| status.phase);
    let how = match phase {
        Some(BlockClearancePhase::Applied) if args.changes() => ", block cleared",
        _ => args.dry_run.remark(),
    };
    match args.output.format() {
        Format::Name => name,
        _ => format!("{name} created{how}"),
    }
}

/// What the controllers made of it.
fn came(args: &ClearBlockArgs, written: &BlockClearance, subject: &Subject, lifted: &Liftable, session: &Session) -> Result<(), Failure> {
    let status = written.status.clone().unwrap_or_default();
    match status.phase {
        _ if !args.changes() => {}
        Some(BlockClearancePhase::Applied) => {
            if let Some(note) = subject.after(lifted, session) {
                session.voice.tell(&one_line(&note));
            }
        }
        Some(BlockClearancePhase::Refused) => {
            let message = format!("the controllers refused it: {}", one_line(&status.message));
            return Err(Failure::new(Reason::NotClearable, message).about(subject.object()));
        }
        None if !args.waits() => {}
        None => {
            return Err(Failure::new(Reason::Timeout, format!("the controllers have not lifted {} yet", lifted.id))
                .about(subject.object())
                .hint(format!("it stays, and is carried out once they run:  {}", paste::ours("run-controllers"))));
        }
    }
    Ok(())
}
