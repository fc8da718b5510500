//! `clear-block`: a person lifts what only a person lifts, having seen what ran, by typing the name of the target.

mod ask;
mod subject;
mod write;

use super::failure::{Exit, Failure, Reason};
use super::kinds::Kind;
use super::output::{Format, OutputArgs, age::length};
use super::session::Session;
use crate::api::{BlockClearanceSpec, SkipReason};
use crate::rules::clearing::Liftable;
use ask::Said;
use jiff::SignedDuration;
use subject::Subject;

/// Let a workflow run again where it ran and failed, or where its retries are spent
#[derive(clap::Args)]
pub struct ClearBlockArgs {
    /// A run, or its remediation, also as TYPE/NAME
    #[arg(value_name = "NAME", required = true)]
    name: String,
    /// Why it is safe to run again; kept in the record
    #[arg(short = 'm', long, value_name = "TEXT")]
    reason: Option<String>,
    /// Name of the target, in place of typing it
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    /// Which to lift, when both stand in the way
    #[arg(long = "for", value_name = "WHAT", value_parser = ["previous-failure", "exhausted-retries"])]
    which: Option<String>,
    /// Change nothing: none, client (show what would be sent), server (have it checked)
    #[arg(long, value_name = "HOW", default_value = "none", value_parser = ["none", "client", "server"])]
    dry_run: String,
    /// End with 3 when there was nothing to do
    #[arg(long)]
    error_unchanged: bool,
    /// How long to wait until the controllers have lifted it; 0s does not wait
    #[arg(long, value_name = "LENGTH", default_value = "30s", value_parser = length)]
    timeout: SignedDuration,
    #[command(flatten)]
    output: OutputArgs,
}

/// Lifts one block or one exhaustion.
///
/// # Errors
/// When only waiting helps, nobody can be asked, the right is missing, or the controllers refuse.
pub async fn run(args: &ClearBlockArgs, session: &Session) -> anyhow::Result<Exit> {
    let connected = session.connect()?;
    let subject = Subject::find(&connected, &args.name, session).await?;
    let Some(lifted) = chosen(&subject, args.which.as_deref())? else { return nothing_to_do(&subject, args, session) };
    let who = super::whoami::whoami(&connected).await?;
    let said = ask::reason_and_confirmation(args, &subject, &lifted, &who, &connected, session).await?;
    let Said::Yes { reason } = said else { return Ok(Exit::Interrupted) };
    let spec = BlockClearanceSpec { target_resource: subject.target.to_string(), block_id: lifted.id.clone(), cleared_by: who, reason };
    let written = write::clearance(args, &connected, &subject, spec).await?;
    write::tell(args, &written, &subject, session)
}

/// The one to lift; `None` when nothing stands in the way that a person could lift.
fn chosen(subject: &Subject, which: Option<&str>) -> Result<Option<Liftable>, Failure> {
    let all = subject.liftable();
    let gate = match which {
        Some("exhausted-retries") => Some(SkipReason::ExhaustedRetries),
        Some(_) => Some(SkipReason::PreviousExecutionFailed),
        None => None,
    };
    let mut wanted: Vec<Liftable> = all.iter().filter(|one| gate.is_none_or(|gate| one.gate == gate)).cloned().collect();
    match (wanted.len(), all.len(), which) {
        (0, 1.., Some(which)) => Err(Failure::new(Reason::NotClearable, format!("nothing to clear for {which} on {}", subject.target))
            .hint("leave --for out to lift what stands in the way")),
        (2.., _, _) => Err(Failure::usage(format!("a failed execution and spent retries both stand in the way on {}", subject.target))
            .hint("choose with  --for previous-failure  or  --for exhausted-retries")),
        _ => Ok(wanted.pop()),
    }
}

fn nothing_to_do(subject: &Subject, args: &ClearBlockArgs, session: &Session) -> anyhow::Result<Exit> {
    if let Some(wait) = subject.waits(session.now()) {
        return Err(Failure::new(Reason::NotClearable, format!("nothing to clear on {}, {wait}", subject.target))
            .about(subject.object())
            .hint(format!("see  {}", super::why::object("why", &format!("wfe/{}", subject.run.name), &subject.run.namespace)))
            .into());
    }
    if !args.output.format().is_for_machines() || args.output.format() == Format::Name {
        session.voice.print_line(&format!("{} unchanged (nothing is blocked)", Kind::Execution.full_name(&subject.run.name)))?;
    }
    Ok(if args.error_unchanged { Exit::Unchanged } else { Exit::Done })
}
