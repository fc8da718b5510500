//! `get`: tables of objects, as kubectl prints them, with what kubectl cannot compute.

mod approvals;
mod blocks;
mod computed;
mod targets;
mod watch;

pub use approvals::decision;
use computed::Computed;

use super::connect::Connected;
use super::failure::{Attempted, Exit, Failure, Reason};
use super::kinds::{Kind, type_and_name};
use super::ledgers::SourceArgs;
use super::output::{Format, OutputArgs, Seen, Table};
use super::read::{self, Listed, Selection};
use super::session::Session;
use jiff::Timestamp;
use serde_json::Value;

/// Show approvals, targets or blocks as a table
#[derive(clap::Args)]
pub struct GetArgs {
    /// What to show: approvals (aar), targets (rt), blocks
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Names; all when there is none
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Objects of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Only objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    /// Only objects with these fields, for example status.decision=Approved
    #[arg(long, value_name = "FIELDS")]
    field_selector: Option<String>,
    /// Only requests that nobody has decided
    #[arg(long)]
    pending: bool,
    /// Go on showing what changes
    #[arg(short = 'w', long)]
    watch: bool,
    /// Leave out the headers
    #[arg(long)]
    no_headers: bool,
    /// Objects that are not there are no failure
    #[arg(long)]
    ignore_not_found: bool,
    /// How many objects to ask for at once; 0 asks for all
    #[arg(long, value_name = "NUMBER", default_value_t = 500)]
    chunk_size: u32,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is shown, and how.
struct View<'a> {
    args: &'a GetArgs,
    session: &'a Session,
    connected: &'a Connected,
    kind: Kind,
    names: Vec<String>,
}

/// Shows the objects.
///
/// # Errors
/// When an object that was named is not there, or the API server does not answer.
pub async fn run(args: &GetArgs, session: &Session) -> anyhow::Result<Exit> {
    if let Some((view, first)) = Computed::named(&args.kind) {
        let names: Vec<&str> = first.into_iter().chain(args.names.iter().map(String::as_str)).collect();
        return computed::run(view, &names, args, session).await;
    }
    let (kind, names) = what(args)?;
    let connected = session.connect()?;
    View { args, session, connected: &connected, kind, names }.show().await
}

fn what(args: &GetArgs) -> Result<(Kind, Vec<String>), Failure> {
    let (kind, first) = match type_and_name(&args.kind).map_err(Failure::usage)? {
        (Some(kind), name) => (Some(kind), Some(name)),
        (None, kind) => (Kind::named(&kind), None),
    };
    let known = kind.ok_or_else(|| {
        Failure::usage(format!("{:?} is not a type that get shows; it shows approvals (aar), targets (rt) and blocks", args.kind))
    })?;
    if known != Kind::Approval {
        let plain = known.resource().plural;
        return Err(Failure::usage(format!(
            "get {} is not there yet; it shows approvals (aar), targets (rt) and blocks",
            known.friendly()
        ))
        .hint(format!("kubectl get {plain}.{}", crate::api::GROUP)));
    }
    let names: Vec<String> = first.into_iter().chain(args.names.iter().cloned()).collect();
    if args.source.offline || args.source.at.is_some() || !args.source.files.is_empty() || args.source.config.is_some() {
        return Err(Failure::usage("--offline, -f, --at and --config go with targets and blocks, which are computed"));
    }
    if args.all_namespaces && !names.is_empty() {
        return Err(Failure::usage("a resource cannot be retrieved by name across all namespaces"));
    }
    let selects = args.selector.is_some() || args.field_selector.is_some() || args.pending;
    if selects && !names.is_empty() {
        return Err(Failure::usage("names and selectors exclude each other"));
    }
    if args.watch && names.len() > 1 {
        return Err(Failure::usage("only one object can be watched by name"));
    }
    let names = names.into_iter().map(|name| named(&name, known)).collect::<Result<_, _>>()?;
    Ok((known, names))
}

fn named(text: &str, wanted: Kind) -> Result<String, Failure> {
    match type_and_name(text).map_err(Failure::usage)? {
        (Some(kind), name) if kind != wanted => {
            Err(Failure::usage(format!("{text}: name the {} alone ({name} is of another type)", wanted.friendly())))
        }
        (_, name) => Ok(name),
    }
}

impl View<'_> {
    async fn show(&self) -> anyhow::Result<Exit> {
        let (listed, failures) = if self.names.is_empty() { (self.list().await?, Vec::new()) } else { self.each_named().await };
        let nothing_to_show = listed.items.is_empty() && self.names.is_empty();
        match self.args.output.format() {
            Format::Json | Format::Yaml if self.args.watch => self.lines(&listed.items)?,
            format if format.is_rendered() => self.documents(&listed.items)?,
            Format::Name => self.lines(&listed.items)?,
            _ if nothing_to_show && !self.args.watch => self.say_nothing_found(),
            _ => self.print(&self.table(&listed.items).lines(&self.session.look, self.headers(&listed)))?,
        }
        if self.args.watch && failures.is_empty() {
            return watch::follow(self, listed).await;
        }
        self.told(failures)
    }

    fn headers(&self, listed: &Listed) -> bool {
        !self.args.no_headers && !listed.items.is_empty()
    }

    fn selection(&self) -> Selection {
        let namespace = Some(self.connected.namespace.clone()).filter(|_| !self.args.all_namespaces);
        let pending = self.args.pending.then_some("status.decision=");
        let one = self.names.first().map(|name| format!("metadata.name={name}"));
        let fields: Vec<&str> = self.args.field_selector.as_deref().into_iter().chain(pending).chain(one.as_deref()).collect();
        let fields = Some(fields.join(",")).filter(|list| !list.is_empty());
        Selection { namespace, labels: self.args.selector.clone(), fields, chunk: self.args.chunk_size }
    }

    async fn list(&self) -> Result<Listed, Failure> {
        let doing = || format!("list {}", self.kind.friendly());
        read::list(&self.connected.client, self.kind, &self.selection()).await.attempted(doing)
    }

    async fn each_named(&self) -> (Listed, Vec<Failure>) {
        let (mut listed, mut failures) = (Listed::default(), Vec::new());
        for name in &self.names {
            match read::get(&self.connected.client, self.kind, &self.connected.namespace, name).await {
                Ok(seen) => {
                    seen.text("/metadata/resourceVersion").clone_into(&mut listed.version);
                    listed.items.push(seen);
                }
                Err(error) => failures.extend(self.unless_ignored(&error, name).await),
            }
        }
        (listed, failures)
    }

    async fn unless_ignored(&self, error: &kube::Error, name: &str) -> Option<Failure> {
        let failure = not_found(self.connected, self.kind, name, error).await;
        Some(failure).filter(|failure| !(self.args.ignore_not_found && failure.reason == Reason::NotFound))
    }

    /// All but the last failure are told here; the last one decides the exit code.
    fn told(&self, mut failures: Vec<Failure>) -> anyhow::Result<Exit> {
        let last = failures.pop();
        let form = |failure: &Failure| match self.args.output.format().is_for_machines() {
            true => failure.as_json(),
            false => failure.as_text(self.session.look.err.color),
        };
        failures.iter().for_each(|failure| self.session.voice.tell(&form(failure)));
        last.map_or(Ok(Exit::Done), |failure| Err(failure.into()))
    }

    fn documents(&self, items: &[Seen]) -> anyhow::Result<()> {
        let output = &self.args.output;
        let whole = match (self.names.len(), items) {
            (1, []) => return Ok(()),
            (1, [only]) => output.object(only.0.clone()),
            _ => output.list(items.iter().map(|item| item.0.clone()).collect()),
        };
        Ok(self.session.voice.print(&output.render(&whole)?)?)
    }

    /// One line an object: its name, or compact JSON or YAML documents when watching.
    fn lines(&self, items: &[Seen]) -> anyhow::Result<()> {
        items.iter().try_for_each(|item| {
            let value = || -> Value { self.args.output.object(item.0.clone()) };
            let line = match self.args.output.format() {
                Format::Json => super::output::text::escaped_json(&value().to_string()),
                Format::Yaml => format!("---\n{}", super::output::yaml::to_yaml(&value())?.trim_end()),
                _ => super::output::text::one_line(&self.kind.full_name(item.name())),
            };
            Ok(self.session.voice.print_line(&line)?)
        })
    }

    fn table(&self, items: &[Seen]) -> Table {
        let now: Timestamp = self.session.now();
        let wide = self.args.output.format() == Format::Wide;
        approvals::table(items, self.args.all_namespaces, wide, self.session.times, now)
    }

    fn print(&self, lines: &[String]) -> anyhow::Result<()> {
        lines.iter().try_for_each(|line| Ok(self.session.voice.print_line(line)?))
    }

    fn say_nothing_found(&self) {
        let place = match self.args.all_namespaces {
            true => "No resources found".to_owned(),
            false => format!("No resources found in {} namespace.", self.connected.namespace),
        };
        self.session.voice.tell(&place);
    }
}

/// Explains that a named object is not there: what is called similarly, and where that name exists.
pub async fn not_found(connected: &Connected, kind: Kind, name: &str, error: &kube::Error) -> Failure {
    let (client, namespace) = (&connected.client, connected.namespace.as_str());
    let failure = Failure::from_kube(error, &format!("read {}/{name}", kind.short()));
    if failure.reason != Reason::NotFound {
        return failure;
    }
    let mut failure = Failure { message: format!("{} not found in namespace {namespace}", kind.full_name(name)), ..failure };
    failure.object = Some(format!("{namespace}/{name}"));
    let (near, elsewhere) = futures::join!(read::near_names(client, kind, namespace, name), read::elsewhere(client, kind, namespace, name));
    if !near.is_empty() {
        failure.hints.push(format!("similar names in {namespace}: {}", near.join(", ")));
    }
    failure.hints.extend(elsewhere.iter().map(|found| format!("found in namespace {found}: add  -n {found}")));
    failure
}
