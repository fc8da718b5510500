//! `status`: where a remediation stands, with everything that belongs to it; or what needs a person, everywhere.

mod absent;
mod asker;
pub mod changes;
mod controllers;
mod events;
mod family;
mod follow;
mod hints;
pub mod known;
pub mod live;
pub(super) mod needs;
mod news;
pub mod overview;
#[cfg(test)]
mod overview_tests;
mod overview_text;
mod place;
mod progress;
mod reading;
pub mod render;
pub mod reviews;
mod screen;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod wait;

pub use reading::tree;
pub use tree::{Node, StatusTree};

use super::check::lease;
use super::connect::Connected;
use super::failure::{Attempted, Exit, Failure};
use super::get::not_found;
use super::kinds::{Kind, type_and_name};
use super::output::{Format, OutputArgs, age::length, text::one_line};
use super::session::Session;
use super::whoami::me;
use super::{read, terminal::Look};
use crate::api::labels;
use crate::settings::Gate;
use asker::{Asker, undecided};
use controllers::Controllers;
use jiff::{SignedDuration, Timestamp};
use overview::{Overview, View};
use wait::Until;

/// Show where a remediation stands, or what needs a person
#[derive(clap::Args, Default)]
pub struct StatusArgs {
    /// A remediation, or anything that belongs to one, as TYPE/NAME; everything when left out
    #[arg(value_name = "TYPE/NAME")]
    object: Option<String>,
    /// Everything in all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Go on showing what changes; with a remediation until it is over
    #[arg(short = 'w', long)]
    watch: bool,
    /// Show the Events of everything that belongs to the remediation
    #[arg(long)]
    show_events: bool,
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
    check(args)?;
    let connected = session.connect()?;
    place::check_name(&connected.namespace)?;
    match &args.object {
        None if args.watch => follow::everything(args, session, &connected).await,
        None => everything(args, session, &connected).await,
        Some(object) => one(args, &remediation_of(&connected, object).await?, session, &connected).await,
    }
}

fn check(args: &StatusArgs) -> Result<(), Failure> {
    let (named, waits) = (args.object.is_some(), args.wait.is_some());
    let refused = [
        (waits && !named, "--wait needs a remediation"),
        (args.show_events && !named, "--show-events needs a remediation"),
        (args.all_namespaces && named, "a name and --all-namespaces exclude each other"),
        (args.watch && waits, "--watch and --wait exclude each other; --watch ends by itself when the remediation is over"),
        (args.watch && args.output.format() == Format::Name, "-o name and --watch exclude each other"),
    ];
    refused.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, why)| Err(Failure::usage(why)))
}

async fn one(args: &StatusArgs, name: &str, session: &Session, connected: &Connected) -> anyhow::Result<Exit> {
    if args.watch {
        return follow::one(args, name, session, connected).await;
    }
    let waited = match args.wait {
        Some(until) => Some(wait::wait(session, connected, name, until, args.timeout).await?),
        None => None,
    };
    let tree = read_tree(args, name, session, connected).await?;
    if let (false, None, Some(idle)) = (tree.is_over(), waited, lease::idle(connected, session.now()).await) {
        session.voice.tell(&format!("note: {idle}"));
    }
    print_tree(args, &tree, session, connected)?;
    Ok(waited.filter(|exit| *exit != Exit::Done).unwrap_or(verdict(args, &tree)))
}

/// Reads the tree, with its Events if they are wanted.
async fn read_tree(args: &StatusArgs, name: &str, session: &Session, connected: &Connected) -> anyhow::Result<StatusTree> {
    let mut tree = match tree(&connected.client, &connected.namespace, name, session.now()).await {
        Ok(tree) => tree,
        Err(error) => return Err(explained(connected, name, error).await),
    };
    if args.show_events {
        match events::read(&connected.client, &tree).await {
            Ok(events) => tree.events = Some(events),
            Err(why) => remark(session, &why),
        }
    }
    Ok(tree)
}

fn print_tree(args: &StatusArgs, tree: &StatusTree, session: &Session, connected: &Connected) -> anyhow::Result<()> {
    match args.output.format() {
        format if format.is_rendered() => session.voice.print(&args.output.render(&serde_json::to_value(tree)?)?)?,
        Format::Name => session.voice.print_line(&one_line(&Kind::Remediation.full_name(tree.name())))?,
        format => {
            let shape = shape(session, &session.look, format == Format::Wide, session.now());
            session.voice.print(&(render::lines(tree, &shape).join("\n") + "\n"))?;
            let place = session.connection.namespace.as_ref().map_or("", |_| connected.namespace.as_str());
            hints::of(tree, place).iter().for_each(|hint| session.hint(hint));
        }
    }
    Ok(())
}

fn shape<'a>(session: &Session, look: &'a Look, wide: bool, now: Timestamp) -> render::Shape<'a> {
    render::Shape { look, times: session.times, now, wide, rows: None }
}

fn verdict(args: &StatusArgs, tree: &StatusTree) -> Exit {
    if args.exit_code && (tree.has_failed() || tree.needs_a_person()) { Exit::No } else { Exit::Done }
}

/// Says what is missing, and which rule would show it.
pub(super) fn remark(session: &Session, why: &Failure) {
    let hints = why.hints.first().map(|hint| format!("; {hint}")).unwrap_or_default();
    session.voice.tell(&one_line(&format!("note: {}{hints}", why.message)));
}

async fn explained(connected: &Connected, name: &str, error: anyhow::Error) -> anyhow::Error {
    match error.chain().find_map(|cause| cause.downcast_ref::<kube::Error>()) {
        Some(kube) => not_found(connected, Kind::Remediation, name, kube).await.into(),
        None => error,
    }
}

fn namespace<'a>(args: &StatusArgs, connected: &'a Connected) -> Option<&'a str> {
    Some(connected.namespace.as_str()).filter(|_| !args.all_namespaces)
}

async fn everything(args: &StatusArgs, session: &Session, connected: &Connected) -> anyhow::Result<Exit> {
    let namespace = namespace(args, connected);
    let (known, me, controllers) =
        futures::join!(overview::read(connected, namespace), me(connected), Controllers::look(connected, session));
    let known = known?;
    there_is(&known, namespace, connected).await?;
    let asker = Asker::ask(connected, me.ok(), namespace, &undecided(&known)).await;
    known.hidden().iter().for_each(|(_, why)| remark(session, why));
    controllers.tell_idle(namespace, session, connected).await;
    let view = View::of(&known, namespace, &asker, controllers.gate(), session.now());
    if view.depends_on_settings() {
        controllers.tell_guessed(&named_place(args, session, connected), session);
    }
    let overview = overview::overview(&view);
    match args.output.format() {
        format if format.is_rendered() => session.voice.print(&args.output.render(&serde_json::to_value(&overview)?)?)?,
        Format::Name => names(&overview, session)?,
        _ => {
            session
                .voice
                .print(&(overview_lines(&overview, args, session, connected, &session.look, height(session)).join("\n") + "\n"))?;
            if namespace.is_some() && overview.needs_you.is_empty() {
                look_elsewhere(controllers.gate(), session, connected).await;
            }
        }
    }
    Ok(if args.exit_code && overview.needs_somebody() { Exit::No } else { Exit::Done })
}

/// Nothing in a namespace that is not there would be a false comfort.
async fn there_is(known: &known::Known, namespace: Option<&str>, connected: &Connected) -> Result<(), Failure> {
    match namespace.filter(|_| place::is_empty(known)) {
        Some(namespace) => place::check_exists(connected, namespace).await,
        None => Ok(()),
    }
}

async fn look_elsewhere(gate: &Gate, session: &Session, connected: &Connected) {
    match place::needed_elsewhere(connected, gate, session.now()).await {
        0 => {}
        1 => session.hint("1 thing needs somebody in another namespace: add -A"),
        number => session.hint(&format!("{number} things need somebody in other namespaces: add -A")),
    }
}

fn names(overview: &Overview, session: &Session) -> std::io::Result<()> {
    let full = |need: &needs::Need| {
        let bare = need.object.split_once('/').map_or(need.object.as_str(), |(_, name)| name);
        Kind::named(need.r#type).map(|kind| one_line(&kind.full_name(bare)))
    };
    overview.needs_you.iter().filter_map(full).try_for_each(|name| session.voice.print_line(&name))
}

/// What a command must add to ask about the same: ` -A`, ` -n NAME` or nothing.
fn named_place(args: &StatusArgs, session: &Session, connected: &Connected) -> String {
    match args.all_namespaces {
        true => " -A".to_owned(),
        false if session.connection.namespace.is_some() => format!(" -n {}", super::paste::quoted(&connected.namespace)),
        false => String::new(),
    }
}

fn overview_lines(
    overview: &Overview,
    args: &StatusArgs,
    session: &Session,
    connected: &Connected,
    look: &Look,
    rows: Option<usize>,
) -> Vec<String> {
    let explicit = session.connection.namespace.is_some();
    let place = named_place(args, session, connected);
    let namespaces = args.all_namespaces;
    let shape = overview_text::Shape { look, times: session.times, now: session.now(), place: &place, namespaces, explicit, rows };
    overview_text::lines(overview, connected, &shape)
}

/// How many lines fit above the next prompt of the shell; without a terminal all do.
fn height(session: &Session) -> Option<usize> {
    session.look.width.map(|_| usize::from(console::Term::stdout().size().0).saturating_sub(2))
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
