//! `history`: who let what run, when, and on what evidence; as the objects tell it.

pub mod timeline;
pub mod trail;

#[cfg(test)]
mod tests;

use super::connect::Connected;
use super::failure::{Exit, Failure, Reason};
use super::get::not_found;
use super::kinds::{Kind, type_and_name};
use super::output::{Format, OutputArgs, Table, age::length};
use super::session::Session;
use super::{read, status};
use jiff::SignedDuration;
use timeline::{Item, Source, Subject, Timeline};

/// Show who decided, cleared and ran what, when, and on what grounds
#[derive(clap::Args)]
pub struct HistoryArgs {
    /// A remediation, anything that belongs to one, or a target (rt), as TYPE/NAME; everything when left out
    #[arg(value_name = "TYPE/NAME")]
    object: Option<String>,
    /// Everything in all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Only what is at most so old, for example 24h
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    since: Option<SignedDuration>,
    /// Only of these sources, separated by commas
    #[arg(long, value_name = "SOURCE", value_enum, value_delimiter = ',')]
    source: Vec<Source>,
    /// Only what this user did
    #[arg(long, value_name = "USER")]
    who: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Shows the timeline.
///
/// # Errors
/// When nothing is known of the object, or the API server does not answer.
pub async fn run(args: &HistoryArgs, session: &Session) -> anyhow::Result<Exit> {
    if args.all_namespaces && args.object.is_some() {
        return Err(Failure::usage("a name and --all-namespaces exclude each other").into());
    }
    let connected = session.connect()?;
    let subject = subject(args, &connected).await?;
    let namespace = Some(connected.namespace.as_str()).filter(|_| !args.all_namespaces);
    let trail = trail::read(&connected, namespace, &[Kind::Remediation, Kind::Notification], session).await?;
    let mut timeline = Timeline::of(&trail, &subject);
    if let (true, Subject::Remediation(name)) = (timeline.items.is_empty(), &subject) {
        let message = format!("nothing is known of {} in namespace {}", Kind::Remediation.full_name(name), connected.namespace);
        return Err(Failure::new(Reason::NotFound, message).into());
    }
    narrow(&mut timeline, args, session);
    match args.output.format() {
        format if format.is_rendered() => session.voice.print(&args.output.render(&serde_json::to_value(&timeline)?)?)?,
        format => print_table(&timeline, format == Format::Wide, args.all_namespaces, session)?,
    }
    session.voice.tell("note: this is what the objects tell that are still there; deletions and older runs are in the audit log");
    Ok(Exit::Done)
}

async fn subject(args: &HistoryArgs, connected: &Connected) -> Result<Subject, Failure> {
    let Some(object) = &args.object else { return Ok(Subject::All) };
    match type_and_name(object).map_err(Failure::usage)? {
        (Some(kind @ (Kind::Target | Kind::Clearance)), name) => {
            match read::get(&connected.client, kind, &connected.namespace, &name).await {
                Ok(seen) => Ok(Subject::Target(seen.text("/spec/targetResource").to_owned())),
                Err(error) => Err(not_found(connected, kind, &name, &error).await),
            }
        }
        _ => status::remediation_of(connected, object).await.map(Subject::Remediation),
    }
}

fn narrow(timeline: &mut Timeline, args: &HistoryArgs, session: &Session) {
    let oldest = args.since.and_then(|since| session.now().checked_sub(since).ok());
    timeline.items.retain(|item| {
        let young = oldest.is_none_or(|oldest| item.time.is_none_or(|time| time >= oldest));
        let wanted = args.source.is_empty() || args.source.contains(&item.source);
        young && wanted && args.who.as_ref().is_none_or(|who| *who == item.who)
    });
}

fn print_table(timeline: &Timeline, wide: bool, namespaces: bool, session: &Session) -> std::io::Result<()> {
    if timeline.items.is_empty() {
        session.voice.tell("nothing found");
        return Ok(());
    }
    let lines = table(timeline, wide, namespaces, session).lines(&session.look, true);
    session.voice.print_line(&lines.join("\n"))
}

/// A row for each item. WHO is marked where the API server did not make sure of it.
fn table(timeline: &Timeline, wide: bool, namespaces: bool, session: &Session) -> Table {
    let mut headers = vec!["TIME", "SOURCE", "WHO", "OBJECT", "WHAT"];
    if namespaces {
        headers.insert(0, "NAMESPACE");
    }
    if wide {
        headers.push("PLAN-HASH");
    }
    let mut table = Table::new(&headers).with_free_text("WHAT");
    for item in &timeline.items {
        let mut cells =
            vec![session.times.since(item.time, session.now()), word(item.source), who(item), item.object.clone(), sentence(item)];
        if namespaces {
            cells.insert(0, item.namespace.clone().unwrap_or_default());
        }
        if wide {
            cells.push(item.plan_hash.clone().unwrap_or_default());
        }
        table.add(cells);
    }
    table
}

fn word(source: Source) -> String {
    format!("{source:?}").to_lowercase()
}

fn who(item: &Item) -> String {
    let who = if item.who.is_empty() { "nobody named" } else { &item.who };
    if item.verified { who.to_owned() } else { format!("{who} (unverified)") }
}

/// What, why and on what grounds, in one line.
fn sentence(item: &Item) -> String {
    let why = item.why.as_ref().map(|why| format!(": {why:?}")).unwrap_or_default();
    let grounds = item.evidence.as_ref().map(|evidence| format!(" (on: {evidence})")).unwrap_or_default();
    format!("{}{why}{grounds}", item.what)
}
