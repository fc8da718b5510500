//! `history`: who let what run, when, and on what evidence; as the objects tell it.

mod events;
mod follow;
pub mod timeline;
pub mod trail;

#[cfg(test)]
mod tests;

use super::connect::Connected;
use super::failure::{Exit, Failure, Reason};
use super::get::not_found;
use super::kinds::{Kind, type_and_name};
use super::output::text::{hanging, one_line};
use super::output::{Format, OutputArgs, Table, age::length};
use super::session::Session;
use super::{read, status, target};
use crate::api::{GROUP, SYSTEM_NAMESPACE, Target};
use crate::manifests::ACCOUNT;
use crate::rules::audit::CONTROLLERS;
use crate::rules::text::label_value;
use jiff::Timestamp;
use timeline::{Item, Source, Subject, Timeline};
use trail::One;

/// Show who decided, cleared and ran what, when, and on what grounds
#[derive(clap::Args, Default)]
pub struct HistoryArgs {
    /// A remediation, anything that belongs to one, or a target (rt), as TYPE/NAME; everything when left out
    #[arg(value_name = "TYPE/NAME", conflicts_with = "target")]
    object: Option<String>,
    /// A target instead, as namespace/kind/name or kind/name
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Everything in all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Only from then on: so long ago, for example 24h, or a time as in 2025-12-06T10:30:00Z
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    since: Option<When>,
    /// Only until then, said in the same way
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    until: Option<When>,
    /// Only of these sources, separated by commas
    #[arg(long, value_name = "SOURCE", value_enum, value_delimiter = ',')]
    source: Vec<Source>,
    /// Only what this user did
    #[arg(long, value_name = "USER")]
    who: Option<String>,
    /// Go on showing what happens
    #[arg(short = 'w', long)]
    watch: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// A point in time, as people say it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Ago(jiff::SignedDuration),
    At(Timestamp),
}

impl When {
    fn parse(text: &str) -> Result<Self, String> {
        let at = text.parse().map(Self::At).ok();
        at.map_or_else(|| length(text).map(Self::Ago).map_err(|why| format!("{why}; or a time as in 2025-12-06T10:30:00Z")), Ok)
    }

    fn point(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(length) => now.checked_sub(length).unwrap_or(Timestamp::MIN),
            Self::At(at) => at,
        }
    }
}

/// The kinds that explain the records around them.
const BESIDES: [Kind; 2] = [Kind::Remediation, Kind::Notification];

/// Shows the timeline.
///
/// # Errors
/// When nothing is known of the object, or the API server does not answer.
pub async fn run(args: &HistoryArgs, session: &Session) -> anyhow::Result<Exit> {
    let refused = [
        (args.all_namespaces && args.object.is_some(), "a name and --all-namespaces exclude each other"),
        (args.watch && args.until.is_some(), "--watch and --until exclude each other"),
    ];
    if let Some((_, why)) = refused.into_iter().find(|(is_so, _)| *is_so) {
        return Err(Failure::usage(why).into());
    }
    let connected = session.connect()?;
    let subject = subject(args, session, &connected).await?;
    let place = place(args, session, &connected, &subject);
    if args.watch {
        return follow::follow(args, session, &connected, place.as_deref(), &subject).await;
    }
    let timeline = whole(args, session, &connected, place.as_deref(), &subject).await?;
    match args.output.format() {
        format if format.is_rendered() => session.voice.print(&args.output.render(&serde_json::to_value(&timeline)?)?)?,
        Format::Name => names(&timeline).iter().try_for_each(|name| session.voice.print_line(name))?,
        format => print_table(&timeline, format == Format::Wide, args.all_namespaces, session)?,
    }
    session.voice.tell(LIMITS);
    Ok(Exit::Done)
}

const LIMITS: &str = "note: this is what the objects tell that are still there; deletions and older runs are in the audit log, and Events are gone after \
                      an hour or so (the API server's --event-ttl)";

/// The timeline of the subject, narrowed as asked.
async fn whole(
    args: &HistoryArgs,
    session: &Session,
    connected: &Connected,
    place: Option<&str>,
    subject: &Subject,
) -> anyhow::Result<Timeline> {
    let one = one(connected, subject).await;
    let trail = trail::read_what_may_be(connected, place, &BESIDES, one.as_ref(), session);
    let (trail, events) = futures::join!(trail, async {
        if args.wants(Source::Event) { events::read(connected, place, subject, session).await } else { Ok(Vec::new()) }
    });
    let trail = trail?;
    let mut timeline = Timeline::of(&trail, subject);
    if let (true, Subject::Remediation(name)) = (timeline.items.is_empty(), subject) {
        let message = format!("nothing is known of {} in namespace {}", Kind::Remediation.full_name(name), connected.namespace);
        return Err(Failure::new(Reason::NotFound, message).into());
    }
    timeline.add(events::items(&events?, &trail.seen, subject));
    narrow(&mut timeline, args, session.now());
    Ok(timeline)
}

/// What to look for, where only one remediation is asked for: then all that the controllers made for it carries its label.
async fn one(connected: &Connected, subject: &Subject) -> Option<One> {
    let Subject::Remediation(name) = subject else { return None };
    if label_value(name) != *name {
        return None;
    }
    // Whatever is wrong is said by the lists; until then any ledger may be the one.
    let found = read::find(&connected.client, Kind::Remediation, &connected.namespace, name).await.ok().flatten();
    let target: Option<Target> = found.and_then(|seen| seen.text("/spec/targetResource").parse().ok());
    Some(One { name: name.clone(), ledger: target.map(|target| target.ledger_name()) })
}

impl HistoryArgs {
    fn wants(&self, source: Source) -> bool {
        self.source.is_empty() || self.source.contains(&source)
    }
}

async fn subject(args: &HistoryArgs, session: &Session, connected: &Connected) -> Result<Subject, Failure> {
    if let Some(target) = &args.target {
        let target = target::strict(target, Some(&connected.namespace))?;
        target::remark(connected, &target, session).await;
        return Ok(Subject::Target(target.to_string()));
    }
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

/// The namespace to look in. A target names its own, unless another is asked for.
fn place(args: &HistoryArgs, session: &Session, connected: &Connected, subject: &Subject) -> Option<String> {
    if args.all_namespaces {
        return None;
    }
    let home = match subject {
        Subject::Target(target) if args.target.is_some() && session.connection.namespace.is_none() => {
            target.parse::<Target>().ok().map(|target| target.home().to_owned())
        }
        _ => None,
    };
    Some(home.unwrap_or_else(|| connected.namespace.clone()))
}

fn narrow(timeline: &mut Timeline, args: &HistoryArgs, now: Timestamp) {
    let (oldest, newest) = (args.since.map(|when| when.point(now)), args.until.map(|when| when.point(now)));
    timeline.items.retain(|item| {
        let young = oldest.is_none_or(|oldest| item.time.is_none_or(|time| time >= oldest));
        let old = newest.is_none_or(|newest| item.time.is_some_and(|time| time <= newest));
        young && old && args.wants(item.source) && args.who.as_ref().is_none_or(|who| *who == item.who)
    });
}

/// The objects of the timeline, each once, as `-o name` shows them.
fn names(timeline: &Timeline) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for item in &timeline.items {
        let (kind, name) = item.object.split_once('/').unwrap_or(("", &item.object));
        let name = Kind::named(kind).map_or_else(|| format!("{kind}.{GROUP}/{name}"), |kind| kind.full_name(name));
        if !names.contains(&one_line(&name)) {
            names.push(one_line(&name));
        }
    }
    names
}

fn print_table(timeline: &Timeline, wide: bool, namespaces: bool, session: &Session) -> std::io::Result<()> {
    if timeline.items.is_empty() {
        session.voice.tell("nothing found");
        return Ok(());
    }
    let table = table(timeline, wide, namespaces, session);
    if table.fits(&session.look) {
        return session.voice.print_line(&table.lines(&session.look, true).join("\n"));
    }
    let mut rows = table.without("WHAT").lines(&session.look, true).into_iter();
    session.voice.print_line(&rows.next().unwrap_or_default())?;
    rows.zip(&timeline.items).try_for_each(|(row, item)| session.voice.print_line(&format!("{row}\n{}", below(item, session))))
}

/// What happened, below its row, for terminals that have no room beside it.
fn below(item: &Item, session: &Session) -> String {
    let text = format!("{:BELOW$}{}", "", one_line(&sentence(item)));
    hanging(&text, session.look.width.unwrap_or(usize::MAX), BELOW).join("\n")
}

const BELOW: usize = 7;

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
            vec![session.times.since(item.time, session.now()), word(item.source), who(item, wide), item.object.clone(), sentence(item)];
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

fn who(item: &Item, wide: bool) -> String {
    let account = format!("system:serviceaccount:{SYSTEM_NAMESPACE}:{ACCOUNT}");
    let who = match item.who.as_str() {
        "" => "nobody named",
        // As the other lines have it, which tell what the controllers did.
        who if who == account && !wide => CONTROLLERS,
        who => who,
    };
    if item.verified { who.to_owned() } else { format!("{who} (unverified)") }
}

/// What, why and on what grounds, in one line.
fn sentence(item: &Item) -> String {
    let why = item.why.as_ref().map(|why| format!(": {why:?}")).unwrap_or_default();
    let grounds = item.evidence.as_ref().map(|evidence| format!(" (on: {evidence})")).unwrap_or_default();
    format!("{}{why}{grounds}", item.what)
}
