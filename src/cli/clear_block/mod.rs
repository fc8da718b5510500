//! `clear-block`: a person lifts what only a person lifts, having seen what ran, by typing the name of the target.

mod ask;
mod bulk;
mod find;
mod picture;
mod reading;
mod rights;
mod select;
mod subject;
mod write;

use super::connect::Connected;
use super::dry_run::DryRun;
use super::failure::{Exit, Failure, Reason};
use super::kinds::Kind;
use super::output::{Format, OutputArgs, age::length};
use super::paste;
use super::session::Session;
use crate::api::{BlockClearanceSpec, SkipReason};
use crate::rules::clearing::Liftable;
use ask::Said;
use clap::ArgAction;
use clap::builder::BoolishValueParser;
use find::Wanted;
use jiff::SignedDuration;
use reading::Reading;
use std::path::PathBuf;
use subject::Subject;

/// Let a workflow run again where it ran and failed, or where its retries are spent
#[derive(clap::Args)]
pub struct ClearBlockArgs {
    /// A run, its remediation, also as TYPE/NAME, or the ID of a block; several need --reason and --confirm=COUNT
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// What stands in the way of the runs with these labels; needs --reason and --confirm=COUNT
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    /// Everything that is blocked in the namespace; needs --reason and --confirm=COUNT
    #[arg(long)]
    all: bool,
    /// Of all namespaces; goes with -l or --all
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// What stands in the way of the runs, or on the targets, of a file; - is standard input; needs --reason and --confirm=COUNT
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Why it is safe to run again; kept in the record
    #[arg(short = 'm', long, value_name = "TEXT")]
    reason: Option<String>,
    /// Name of the target, in place of typing it; for several: how many are cleared
    #[arg(long, value_name = "NAME|COUNT")]
    confirm: Option<String>,
    /// Accepted, but not enough: clearing takes --reason and --confirm
    #[arg(short = 'y', long)]
    yes: bool,
    /// The controllers' settings, in YAML, where they are not the usual ones
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which to lift, when both stand in the way
    #[arg(long = "for", value_name = "WHAT", value_parser = ["previous-failure", "exhausted-retries"])]
    which: Option<String>,
    /// Change nothing: none, client (show what would be sent), server (have it checked)
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "client")]
    dry_run: DryRun,
    /// End with 3 when there was nothing to do
    #[arg(long)]
    error_unchanged: bool,
    /// Wait until the controllers have lifted it; --wait=false only asks them to
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    wait: bool,
    /// How long to wait; 0s does not wait
    #[arg(long, value_name = "LENGTH", default_value = "30s", value_parser = length)]
    timeout: SignedDuration,
    #[command(flatten)]
    output: OutputArgs,
}

impl ClearBlockArgs {
    /// Whether what is cleared is counted, not named.
    fn counts(&self) -> bool {
        self.all || self.selector.is_some() || !self.files.is_empty()
    }

    /// Whether the controllers' answer is waited for.
    fn waits(&self) -> bool {
        self.wait && self.timeout.is_positive()
    }

    /// Whether anything is written.
    fn changes(&self) -> bool {
        self.dry_run == DryRun::None
    }

    fn gate(&self) -> Option<SkipReason> {
        Some(match self.which.as_deref()? {
            "exhausted-retries" => SkipReason::ExhaustedRetries,
            _ => SkipReason::PreviousExecutionFailed,
        })
    }

    fn check(&self) -> Result<(), Failure> {
        let (lists, files) = (self.all || self.selector.is_some(), !self.files.is_empty());
        let several = self.counts() || self.names.len() > 1;
        let bulk = "several at once need  --reason \"what you found and did\" --confirm=COUNT";
        match () {
            () if self.selector.as_ref().is_some_and(|text| text.trim().is_empty()) => {
                Err(Failure::usage("an empty selector would mean everything").hint("say so with --all"))
            }
            () if self.all && self.selector.is_some() => Err(Failure::usage("--all and -l exclude each other")),
            () if files && (lists || !self.names.is_empty()) => Err(Failure::usage("-f goes without names, -l and --all")),
            () if lists && !self.names.is_empty() => Err(Failure::usage("names go without -l and --all")),
            () if self.all_namespaces && !lists => {
                Err(Failure::usage("-A goes with -l or --all").hint("a run in another namespace is named with -n"))
            }
            () if self.names.is_empty() && !self.counts() => Err(Failure::usage("no run is named")
                .hint(format!("name one, or select with -l, --all or -f; see what is blocked with  {}", paste::here("get blocks")))),
            () if self.names.len() > 1 && (self.reason.is_none() || (self.changes() && self.confirm.is_none())) => {
                Err(Failure::usage("one run is cleared at a time, after a look at what it did").hint(bulk))
            }
            () if several && self.reason.is_none() => Err(Failure::usage("a reason is missing").hint(bulk)),
            () => Ok(()),
        }
    }
}

/// Lifts one block or one exhaustion, or several that were counted.
///
/// # Errors
/// When only waiting helps, nobody can be asked, the right is missing, or the controllers refuse.
pub async fn run(args: &ClearBlockArgs, session: &Session) -> anyhow::Result<Exit> {
    args.check()?;
    let connected = session.connect()?;
    match (args.counts(), args.names.as_slice()) {
        (false, [name]) => one(args, name, session, &connected).await,
        _ => bulk::run(args, session, &connected).await,
    }
}

async fn one(args: &ClearBlockArgs, name: &str, session: &Session, connected: &Connected) -> anyhow::Result<Exit> {
    let reading = Reading::new(args, session, connected)?;
    let wanted = Wanted::typed(&connected.namespace, name)?;
    let subject = find::subject(&reading, &wanted).await?;
    let Some(lifted) = chosen(&subject, args)? else { return nothing_to_do(&subject, args, session) };
    let who = super::whoami::whoami(connected).await?;
    let asking = ask::Asking { args, subject: &subject, lifted: &lifted, who: &who, connected, session };
    let Said::Yes { reason } = asking.reason_and_confirmation().await? else { return Ok(Exit::Interrupted) };
    let spec = spec(&subject, &lifted, &who, &reason);
    let made = write::clearance(args, connected, &subject, spec).await?;
    let written = write::decided(args, connected, vec![made]).await;
    written.iter().try_fold(Exit::Done, |_, one| write::tell(args, one, &subject, &lifted, session))
}

fn spec(subject: &Subject, lifted: &Liftable, who: &str, reason: &str) -> BlockClearanceSpec {
    BlockClearanceSpec {
        target_resource: subject.target.to_string(),
        block_id: lifted.id.clone(),
        cleared_by: who.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The one to lift; `None` when nothing stands in the way that a person could lift.
fn chosen(subject: &Subject, args: &ClearBlockArgs) -> Result<Option<Liftable>, Failure> {
    let all = subject.liftable();
    let gate = args.gate();
    let mut wanted: Vec<Liftable> = all.iter().filter(|one| gate.is_none_or(|gate| one.gate == gate)).cloned().collect();
    match (wanted.len(), all.len(), args.which.as_deref()) {
        (0, 1.., Some(which)) => Err(Failure::new(Reason::NotClearable, format!("nothing to clear for {which} on {}", subject.target))
            .hint("leave --for out to lift what stands in the way")),
        (2.., _, _) => Err(Failure::usage(format!("a failed execution and spent retries both stand in the way on {}", subject.target))
            .hint("choose with  --for previous-failure  or  --for exhausted-retries")),
        _ => Ok(wanted.pop()),
    }
}

fn nothing_to_do(subject: &Subject, args: &ClearBlockArgs, session: &Session) -> anyhow::Result<Exit> {
    if let Some(wait) = subject.waits(session) {
        return Err(Failure::new(Reason::NotClearable, format!("nothing to clear on {}, {wait}", subject.target))
            .about(subject.object())
            .hint(format!("see  {}", paste::object("why", &format!("wfe/{}", subject.run.name), &subject.run.namespace)))
            .into());
    }
    if !args.output.format().is_rendered() || args.output.format() == Format::Name {
        session.voice.print_line(&format!("{} unchanged (nothing is blocked)", Kind::Execution.full_name(&subject.run.name)))?;
    }
    Ok(if args.error_unchanged { Exit::Unchanged } else { Exit::Done })
}
