//! Writes a clearance, and waits until the controllers have carried it out.

use super::subject::Subject;
use super::{ClearBlockArgs, rights};
use crate::api::{BlockClearance, BlockClearancePhase, BlockClearanceSpec, labels};
use crate::cli::connect::Connected;
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::{Format, text::one_line};
use crate::cli::paste;
use crate::cli::session::Session;
use crate::rules::clearing::Liftable;
use futures::StreamExt;
use kube::ResourceExt;
use kube::api::{Api, PostParams};
use std::time::Duration;

/// How many clearances of one block are tried before giving up on a free name.
const MOST_NAMES: u32 = 50;
/// How many clearances are written, and looked at, at a time.
pub const AT_A_TIME: usize = 16;
const LOOK: Duration = Duration::from_millis(150);

/// A clearance that was written, or would be.
pub struct Written {
    /// As it was seen last.
    pub clearance: BlockClearance,
    /// Why it could not be seen since, and whether looking again is of no use.
    unseen: Option<(Failure, bool)>,
}

impl Written {
    fn is_decided(&self) -> bool {
        self.clearance.status.as_ref().is_some_and(|status| status.phase.is_some())
    }

    fn learn(&mut self, found: Result<BlockClearance, kube::Error>) {
        match found {
            Ok(clearance) => *self = Self { clearance, unseen: None },
            Err(error) => {
                let is_final = matches!(&error, kube::Error::Api(status) if matches!(status.code, 403 | 404));
                let what = format!("read {}", Kind::Clearance.full_name(&self.clearance.name_any()));
                self.unseen = Some((Failure::from_kube(&error, &what), is_final));
            }
        }
    }
}

/// Writes the clearance under the first free name, and returns it as it was written.
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
            Err(error) if may_have_arrived(&error) && !params.dry_run => {
                let unknown =
                    format!("whether {} was created is not known; look before you try again:  {}", wanted.name_any(), look(&wanted));
                return Err(explained(&error, &wanted, home).hint(unknown));
            }
            Err(error) => return Err(explained(&error, &wanted, home)),
            Ok(made) => return Ok(made),
        }
    }
    Err(Failure::new(Reason::Conflict, format!("{MOST_NAMES} clearances of {} are there already", spec.block_id)))
}

/// Whether a request may have been carried out though no answer says so.
fn may_have_arrived(error: &kube::Error) -> bool {
    !matches!(error, kube::Error::Api(status) if status.code < 500)
}

/// The command that shows a clearance.
fn look(clearance: &BlockClearance) -> String {
    paste::object("get clearances", &clearance.name_any(), &clearance.namespace().unwrap_or_default())
}

/// Looks at what was written until all of it is decided, or the patience, which is one for all, ends. Whatever goes wrong meanwhile, the
/// clearances are there: it is looked at again, unless one is gone or may not be read.
pub async fn decided(args: &ClearBlockArgs, connected: &Connected, made: Vec<BlockClearance>) -> Vec<Written> {
    let mut all: Vec<Written> = made.into_iter().map(|clearance| Written { clearance, unseen: None }).collect();
    if !args.waits() || !args.changes() {
        return all;
    }
    let waiting = async {
        while look_at(&mut all, connected).await {
            tokio::time::sleep(LOOK).await;
        }
    };
    // What was learned until then counts.
    let _ = tokio::time::timeout(Duration::try_from(args.timeout).unwrap_or_default(), waiting).await;
    all
}

/// Looks once at each that is open, several at a time; whether one still is.
async fn look_at(all: &mut [Written], connected: &Connected) -> bool {
    let is_open = |one: &Written| !one.is_decided() && !matches!(one.unseen, Some((_, true)));
    let open = all.iter().enumerate().filter(|(_, one)| is_open(one)).map(|(nth, one)| {
        let (name, home) = (one.clearance.name_any(), one.clearance.namespace().unwrap_or_default());
        let api: Api<BlockClearance> = Api::namespaced(connected.client.clone(), &home);
        async move { (nth, api.get(&name).await) }
    });
    let open: Vec<_> = open.collect();
    let mut looks = futures::stream::iter(open).buffer_unordered(AT_A_TIME);
    while let Some((nth, found)) = looks.next().await {
        if let Some(one) = all.get_mut(nth) {
            one.learn(found);
        }
    }
    all.iter().any(is_open)
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

/// Says what came of it.
///
/// # Errors
/// When the controllers refused it, or did not decide in time.
pub fn tell(args: &ClearBlockArgs, written: &Written, subject: &Subject, lifted: &Liftable, session: &Session) -> anyhow::Result<Exit> {
    let (voice, format) = (&session.voice, args.output.format());
    match format.is_rendered() {
        true => voice.print(&args.output.render(&args.output.object(serde_json::to_value(&written.clearance)?))?)?,
        false => voice.print_line(&line(args, &written.clearance))?,
    }
    came(args, written, subject, lifted, session)?;
    Ok(Exit::Done)
}

/// Says what came of several; returns those of which nothing came.
///
/// # Errors
/// When nobody reads the output.
pub fn tell_all(args: &ClearBlockArgs, all: &[(&Written, &Subject, &Liftable)], session: &Session) -> anyhow::Result<Vec<Failure>> {
    let (voice, format) = (&session.voice, args.output.format());
    if format.is_rendered() {
        let objects = all.iter().map(|(written, ..)| serde_json::to_value(&written.clearance)).collect::<Result<Vec<_>, _>>()?;
        voice.print(&args.output.render(&args.output.list(objects))?)?;
    }
    let mut failures = Vec::new();
    for (written, subject, lifted) in all {
        if !format.is_rendered() {
            voice.print_line(&line(args, &written.clearance))?;
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
fn came(args: &ClearBlockArgs, written: &Written, subject: &Subject, lifted: &Liftable, session: &Session) -> Result<(), Failure> {
    let status = written.clearance.status.clone().unwrap_or_default();
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
        None => return Err(undecided(written, lifted).about(subject.object())),
    }
    Ok(())
}

/// What is known of a clearance that was created, and about which nothing was heard.
fn undecided(written: &Written, lifted: &Liftable) -> Failure {
    let name = Kind::Clearance.full_name(&written.clearance.name_any());
    let see = format!("see what became of it:  {}", look(&written.clearance));
    let stays = format!("it stays, and is carried out once they run:  {}", paste::ours("run-controllers"));
    match &written.unseen {
        None => Failure::new(Reason::Timeout, format!("the controllers have not lifted {} yet", lifted.id)).hint(stays).hint(see),
        Some((why, is_final)) => {
            let message = format!("{name} was created, and what became of it is not known: {}", why.message);
            let reason = if *is_final { why.reason } else { Reason::Timeout };
            let failure = why.causes.iter().fold(Failure::new(reason, message), |failure, cause| failure.because(cause));
            Failure { server: why.server.clone(), ..failure }.hint(see)
        }
    }
}
