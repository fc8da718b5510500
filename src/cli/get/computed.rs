//! What kubectl cannot show: targets and blocks as the gate sees them, of a cluster or of files.

use super::GetArgs;
use super::blocks::{self, BlockItem};
use super::targets::{self, TargetItem};
use crate::api::{GROUP, Target};
use crate::cli::OUTPUT_VERSION;
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::ledgers::{self, Ledger, World, live};
use crate::cli::output::text::one_line;
use crate::cli::output::{Format, Table, Times};
use crate::cli::read::Selection;
use crate::cli::session::Session;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// A view that is computed from ledgers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computed {
    /// Where each target stands.
    Targets,
    /// What does not clear by waiting.
    Blocks,
}

impl Computed {
    /// The view that a person means, and the name behind a `/`.
    pub fn named(text: &str) -> Option<(Self, Option<&str>)> {
        let (kind, name) = text.split_once('/').map_or((text, None), |(kind, name)| (kind, Some(name)));
        match kind.to_lowercase().split('.').next().unwrap_or_default() {
            "targets" | "target" | "rt" | "remediationtarget" | "remediationtargets" => Some((Self::Targets, name)),
            "blocks" | "block" => Some((Self::Blocks, name)),
            _ => None,
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Targets => "targets",
            Self::Blocks => "blocks",
        }
    }
}

/// How rows are shown.
#[derive(Clone, Copy)]
pub struct Shape {
    /// With a column for the namespace.
    pub namespaces: bool,
    /// With more columns.
    pub wide: bool,
    /// How points in time are shown.
    pub times: Times,
    /// The time that is answered for.
    pub now: Timestamp,
}

/// One row: it knows its names.
trait Item {
    fn is_called(&self, name: &str) -> bool;
}

impl Item for TargetItem {
    fn is_called(&self, name: &str) -> bool {
        self.ledger == name || self.target == name || name.parse::<Target>().is_ok_and(|target| target.to_string() == self.target)
    }
}

impl Item for BlockItem {
    fn is_called(&self, name: &str) -> bool {
        self.id.as_deref() == Some(name) || self.execution.as_deref() == Some(name)
    }
}

/// Shows the view.
///
/// # Errors
/// When what was named is not there, or the API server does not answer.
pub async fn run(view: Computed, names: &[&str], args: &GetArgs, session: &Session) -> anyhow::Result<Exit> {
    check(view, names, args)?;
    let (now, settings) = (args.source.now(session)?, args.source.settings()?.gate);
    let given = session.connection.namespace.clone();
    let (world, place) = match args.source.offline {
        true => (args.source.world(session)?, given.filter(|_| !args.all_namespaces)),
        false => {
            let connected = session.connect()?;
            (live_world(args, &connected, session).await?, Some(connected.namespace).filter(|_| !args.all_namespaces))
        }
    };
    let here = |target: &Target| place.as_deref().is_none_or(|place| place == target.home());
    let ledgers: BTreeMap<Target, Ledger> = ledgers::all(&world, now, &settings).into_iter().filter(|(target, _)| here(target)).collect();
    let form = args.output.format();
    let shape = Shape { namespaces: place.is_none(), wide: form == Format::Wide, times: session.times, now };
    let printing = Printing { view, args, session, place: place.as_deref(), names };
    match view {
        Computed::Targets => printing.targets(targets::items(&ledgers, now, &settings), shape),
        Computed::Blocks => printing.blocks(blocks::items(&ledgers, now, &settings), shape),
    }
}

fn check(view: Computed, names: &[&str], args: &GetArgs) -> Result<(), Failure> {
    args.source.check()?;
    let selects = args.selector.is_some() || args.field_selector.is_some();
    let refused = [
        (args.pending, format!("--pending goes with approvals, not with {}", view.plural())),
        (args.watch, format!("{} are computed and cannot be watched yet", view.plural())),
        (selects && args.source.offline, "selectors are the API server's; --offline has none".to_owned()),
        (selects && !names.is_empty(), "names and selectors exclude each other".to_owned()),
        (args.all_namespaces && !names.is_empty(), "a resource cannot be retrieved by name across all namespaces".to_owned()),
    ];
    refused.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, why)| Err(Failure::usage(why)))
}

async fn live_world(args: &GetArgs, connected: &Connected, session: &Session) -> Result<World, Failure> {
    let selection = Selection {
        namespace: Some(connected.namespace.clone()).filter(|_| !args.all_namespaces),
        labels: args.selector.clone(),
        fields: args.field_selector.clone(),
        chunk: args.chunk_size,
    };
    let objects = live::ledgers(connected, &selection, session).await?;
    Ok(World::of(objects, &mut |remark| session.voice.tell(&format!("warning: {}", one_line(&remark)))))
}

struct Printing<'a> {
    view: Computed,
    args: &'a GetArgs,
    session: &'a Session,
    place: Option<&'a str>,
    names: &'a [&'a str],
}

impl Printing<'_> {
    fn targets(&self, items: Vec<TargetItem>, shape: Shape) -> anyhow::Result<Exit> {
        let (items, missing) = self.named(items);
        let names = items.iter().map(|item| format!("remediationtarget.{GROUP}/{}", item.ledger)).collect();
        self.print("TargetList", &items, names, targets::table(&items, shape), shape)?;
        self.told(missing)
    }

    fn blocks(&self, items: Vec<BlockItem>, shape: Shape) -> anyhow::Result<Exit> {
        let (items, missing) = self.named(items);
        let runs = items.iter().filter_map(|item| item.execution.as_ref());
        let names = runs.map(|run| format!("workflowexecution.{GROUP}/{run}")).collect();
        self.print("BlockList", &items, names, blocks::table(&items, shape), shape)?;
        self.told(missing)
    }

    /// The items that were named, and the names that nothing has; everything when nothing was named.
    fn named<T: Item>(&self, items: Vec<T>) -> (Vec<T>, Vec<String>) {
        let missing = self.names.iter().filter(|name| !items.iter().any(|item| item.is_called(name))).map(|name| (*name).to_owned());
        let missing = missing.collect();
        (items.into_iter().filter(|item| self.names.is_empty() || self.names.iter().any(|name| item.is_called(name))).collect(), missing)
    }

    fn print(&self, kind: &str, items: &[impl serde::Serialize], names: Vec<String>, table: Table, shape: Shape) -> anyhow::Result<()> {
        let voice = &self.session.voice;
        match self.args.output.format() {
            format if format.is_rendered() => {
                let whole = json!({"apiVersion": OUTPUT_VERSION, "kind": kind, "at": shape.now, "items": items});
                voice.print(&self.args.output.render(&whole)?)?;
            }
            Format::Name => names.iter().try_for_each(|name| voice.print_line(&one_line(name)))?,
            _ if items.is_empty() && self.names.is_empty() => voice.tell(&match self.place {
                Some(place) => format!("No resources found in {place} namespace."),
                None => "No resources found".to_owned(),
            }),
            _ => {
                let header = !self.args.no_headers && !items.is_empty();
                table.lines(&self.session.look, header).iter().try_for_each(|line| voice.print_line(line))?;
            }
        }
        Ok(())
    }

    fn told(&self, missing: Vec<String>) -> anyhow::Result<Exit> {
        if missing.is_empty() || self.args.ignore_not_found {
            return Ok(Exit::Done);
        }
        let place = self.place.map(|place| format!(" in namespace {place}")).unwrap_or_default();
        let message = format!("{} not found{place}: {}", self.view.plural(), missing.join(", "));
        Err(Failure::new(Reason::NotFound, message)
            .hint(format!("see all of them with  kubectl kubernaut get {}", self.view.plural()))
            .into())
    }
}
