//! `approve` and `reject`: a person decides about a plan, having seen exactly that plan.

mod bulk;
mod choice;
mod conflict;
mod fields;
mod find;
mod known;
mod request;
mod rights;
mod select;
mod show;
mod standing;
mod survey;
#[cfg(test)]
mod tests;
mod verb;
mod write;

use super::connect::Connected;
use super::dry_run::DryRun;
use super::failure::{Exit, Failure, Reason};
use super::output::{Format, OutputArgs, age::length};
use super::session::Session;
use super::status::wait::{self, Ended};
use super::whoami::whoami;
pub use fields::shortened;
use jiff::SignedDuration;
use request::Request;
use select::{SelectArgs, Selected};
pub use show::{identity, of_step, of_write};
use verb::Verb;

/// Approve plans that wait for a person
#[derive(clap::Args)]
pub struct ApproveArgs {
    #[command(flatten)]
    common: DecideArgs,
    /// Wait for the outcome, and end with 4 if it is a failure
    #[arg(long, value_name = "FOR", num_args = 0..=1, require_equals = true, default_missing_value = "executed", value_parser = ["executed"])]
    wait: Option<String>,
    /// How long to wait
    #[arg(long, value_name = "LENGTH", default_value = "30m", value_parser = length)]
    timeout: SignedDuration,
}

/// Reject plans that wait for a person
#[derive(clap::Args)]
pub struct RejectArgs {
    #[command(flatten)]
    common: DecideArgs,
    /// Wait until the remediation is over, and end with 4 if it was not the rejection that ended it
    #[arg(long, value_name = "FOR", num_args = 0..=1, require_equals = true, default_missing_value = "ended", value_parser = ["ended"])]
    wait: Option<String>,
    /// How long to wait
    #[arg(long, value_name = "LENGTH", default_value = "30m", value_parser = length)]
    timeout: SignedDuration,
}

/// Show what would be approved
#[derive(clap::Args)]
pub struct ReviewArgs {
    /// Names of requests, of their remediations or runs, also as TYPE/NAME
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
}

/// What approving and rejecting have in common.
#[derive(clap::Args, Default)]
struct DecideArgs {
    #[command(flatten)]
    select: SelectArgs,
    /// Why; a rejection needs it
    #[arg(short = 'm', long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do not ask
    #[arg(short = 'y', long)]
    yes: bool,
    /// Change nothing: none, client (show what would be sent), server (have it checked)
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "client")]
    dry_run: DryRun,
    /// End with 3 when there was nothing to do
    #[arg(long)]
    error_unchanged: bool,
    /// Decide only if the request still has this version
    #[arg(long, value_name = "VERSION")]
    resource_version: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// One decision or several: who decides what, and how it is told.
struct Job<'a> {
    verb: Verb,
    args: &'a DecideArgs,
    reason: Option<String>,
    session: &'a Session,
    connected: &'a Connected,
    who: String,
    /// Whether one request was named, and no list.
    is_one: bool,
    /// Whether the outcome is waited for.
    waits: bool,
}

/// How one decision ended.
struct Done {
    request: Request,
    changed: bool,
    remark: String,
}

/// Approves.
///
/// # Errors
/// When the state forbids it, nobody can be asked, or the API server refuses.
pub async fn approve(args: &ApproveArgs, session: &Session) -> anyhow::Result<Exit> {
    settled(Verb::Approve, &args.common, args.wait.as_ref().map(|_| args.timeout), session).await
}

/// Decides, and waits for what comes of it for as long as `patience` says.
async fn settled(verb: Verb, args: &DecideArgs, patience: Option<SignedDuration>, session: &Session) -> anyhow::Result<Exit> {
    check(verb, args, session)?;
    let connected = session.connect()?;
    let (exit, decided) = decide(verb, args, patience.is_some(), session, &connected).await?;
    match patience.filter(|_| args.dry_run == DryRun::None && matches!(exit, Exit::Done | Exit::Mixed)) {
        Some(limit) => outcome(verb, exit, &decided, limit, session, &connected).await,
        None => Ok(exit),
    }
}

/// Waits for what became of the decisions, of all at the same time.
async fn outcome(
    verb: Verb,
    exit: Exit,
    decided: &[Request],
    limit: SignedDuration,
    session: &Session,
    connected: &Connected,
) -> anyhow::Result<Exit> {
    let waits = decided.iter().map(|request| async move {
        let there = find::within(connected, request.seen.namespace());
        wait::until_over(session, &there, &request.remediation(), limit).await
    });
    let mut worst = exit;
    for (request, ended) in decided.iter().zip(futures::future::join_all(waits).await) {
        let ended = match ended {
            Err(error) if decided.len() == 1 => return Err(error),
            Err(error) => Failure::from_any(&error).map_or(Exit::Failed, |failure| {
                session.voice.tell(&failure.as_text(session.look.err.color));
                failure.exit
            }),
            Ok(ended) => {
                let exit = verb.judged(&ended);
                if exit != Exit::Done {
                    tell_failed(request, &ended, session);
                }
                exit
            }
        };
        // That some were refused says less than that one failed or is late.
        if ended != Exit::Done && worst != Exit::TimedOut {
            worst = ended;
        }
    }
    Ok(worst)
}

/// Says why a remediation ended otherwise than wished, and where to look.
fn tell_failed(request: &Request, ended: &Ended, session: &Session) {
    if !ended.message.is_empty() {
        session.voice.tell(&format!("  {}", shortened(&ended.message)));
    }
    session.hint(&format!("see what became of it:  {}", request.follow()));
}

/// Rejects.
///
/// # Errors
/// When the state forbids it, no reason is given, or the API server refuses.
pub async fn reject(args: &RejectArgs, session: &Session) -> anyhow::Result<Exit> {
    settled(Verb::Reject, &args.common, args.wait.as_ref().map(|_| args.timeout), session).await
}

/// Shows what would be approved.
///
/// # Errors
/// When there is no such request.
pub async fn review(args: &ReviewArgs, session: &Session) -> anyhow::Result<Exit> {
    let connected = session.connect()?;
    for name in &args.names {
        let request = find::resolve(&connected, name).await?;
        let known = known::about(&request, &connected, session).await;
        session.voice.print(&show::screen(&request, &known, session.look.width, session))?;
    }
    Ok(Exit::Done)
}

/// Decides, once [`check`] found nothing wrong; what was decided, or was so already, of what was named.
async fn decide(
    verb: Verb,
    args: &DecideArgs,
    waits: bool,
    session: &Session,
    connected: &Connected,
) -> anyhow::Result<(Exit, Vec<Request>)> {
    let (selected, who) = futures::join!(args.select.read(connected, session), whoami(connected));
    let Selected { requests, failures } = selected?;
    if requests.is_empty() && failures.is_empty() {
        return Ok((nothing_found(args, session, connected), Vec::new()));
    }
    let is_one = !args.select.lists() && requests.len() + failures.len() == 1;
    if let ([failure], true) = (failures.as_slice(), is_one) {
        return Err(failure.clone().into());
    }
    let mut job = Job { verb, args, reason: args.reason.clone(), session, connected, who: who?, is_one, waits };
    tell_impersonation(&job.who, session, connected);
    let request = match requests.as_slice() {
        [only] if is_one => only.clone(),
        _ => return job.several(Selected { requests, failures }).await,
    };
    match job.one(request).await? {
        None => Ok((Exit::Interrupted, Vec::new())),
        Some(done) => Ok((job.tell(std::slice::from_ref(&done))?, vec![done.request])),
    }
}

/// Whether people read how a trial went.
fn only_tried(args: &DecideArgs) -> bool {
    args.dry_run != DryRun::None && !args.output.format().is_for_machines() && args.output.format() != Format::Name
}

fn nothing_found(args: &DecideArgs, session: &Session, connected: &Connected) -> Exit {
    session.voice.tell(&match args.select.all_namespaces {
        true => "No resources found".to_owned(),
        false => format!("No resources found in {} namespace.", connected.namespace),
    });
    if args.error_unchanged { Exit::Unchanged } else { Exit::Done }
}

/// Whoever acts as somebody else is told so, also where nothing is asked.
fn tell_impersonation(who: &str, session: &Session, connected: &Connected) {
    if session.connection.as_user.is_some() {
        session.voice.tell(&show::identity(who, &connected.context));
    }
}

/// The command that shows what would be decided.
fn look(args: &DecideArgs, session: &Session) -> String {
    let namespace = session.connection.namespace.as_deref().unwrap_or_default();
    match args.select.spelt().as_slice() {
        [name] if args.select.is_one_name() => super::paste::object("review", name, namespace),
        _ => "--dry-run=server".to_owned(),
    }
}

/// What is wrong with the command line. Nothing is read for that, so a script without `--yes` ends the same way whatever the cluster says.
fn check(verb: Verb, args: &DecideArgs, session: &Session) -> Result<(), Failure> {
    args.select.check()?;
    if verb == Verb::Reject && args.reason.is_none() && !session.look.keyboard {
        return Err(Failure::usage("a rejection needs a reason").hint("give it with --reason"));
    }
    let one_name = args.select.is_one_name();
    let asks = !args.yes && args.dry_run == DryRun::None && (verb == Verb::Approve || !one_name);
    if args.resource_version.is_some() && !one_name {
        return Err(Failure::usage("--resource-version goes with one name"));
    }
    if args.reason.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
        return Err(Failure::usage("the reason is empty"));
    }
    match asks && !session.look.keyboard {
        true => Err(Failure::new(
            Reason::ConfirmationRequired,
            format!("to {} needs a confirmation, and nobody can be asked here", verb.word()),
        )
        .hint(format!("confirm with --yes, after a look at it with  {}", look(args, session)))),
        false => Ok(()),
    }
}

impl Job<'_> {
    fn tell(&self, done: &[Done]) -> anyhow::Result<Exit> {
        self.print(done)?;
        if let ([only], true) = (done, self.is_one && only_tried(self.args)) {
            self.session.hint(&format!("see the whole plan with  {}", only.request.review()));
        }
        if let ([only], true) = (done, self.verb == Verb::Approve) {
            let follow = only.changed && !self.waits && self.args.dry_run == DryRun::None && !self.args.output.format().is_for_machines();
            if follow {
                self.session.hint(&format!("follow it with  {} --wait", only.request.follow()));
            }
        }
        let unchanged = self.args.error_unchanged && done.iter().all(|one| !one.changed);
        Ok(if unchanged { Exit::Unchanged } else { Exit::Done })
    }

    fn print(&self, done: &[Done]) -> anyhow::Result<()> {
        let (voice, output) = (&self.session.voice, &self.args.output);
        match (output.format(), done) {
            (_, []) => {}
            (format, [only]) if format.is_rendered() && self.is_one => {
                voice.print(&output.render(&output.object(only.request.seen.0.clone()))?)?;
            }
            (format, all) if format.is_rendered() => {
                voice.print(&output.render(&output.list(all.iter().map(|one| one.request.seen.0.clone()).collect()))?)?;
            }
            (Format::Name, all) => all.iter().try_for_each(|one| voice.print_line(&one.request.full_name()))?,
            (_, all) => all.iter().try_for_each(|one| voice.print_line(&format!("{} {}", one.request.full_name(), one.remark)))?,
        }
        Ok(())
    }
}
