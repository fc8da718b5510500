//! What kubectl cannot show: targets and blocks as the gate sees them, of a cluster or of files.

use super::blocks::BlockItem;
use super::targets::TargetItem;
use super::{GetArgs, following};
use crate::api::Target;
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::in_force::InForce;
use crate::cli::kinds::Kind;
use crate::cli::ledgers::{self, Ledger, World, live};
use crate::cli::output::text::one_line;
use crate::cli::output::{Document, Format, Query, Seen, Table, Times, query};
use crate::cli::paste;
use crate::cli::read::CHUNK;
use crate::cli::session::Session;
use crate::settings::Gate;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

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

    /// What people call many of them.
    pub fn plural(self) -> &'static str {
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

/// One row of a view.
pub trait Item: Serialize + Clone {
    /// What people call many of them.
    const VIEW: Computed;
    /// What a list of them is.
    const LIST: Document;
    /// What one of them is.
    const ONE: Document;
    /// All that the ledgers hold, in order of the targets.
    fn all(ledgers: &BTreeMap<Target, Ledger>, now: Timestamp, settings: &Gate) -> Vec<Self>;
    /// The target it is about.
    fn target(&self) -> &str;
    /// Notes that clearances of these names wait to be dealt with.
    fn is_asked_to_clear(&mut self, _ids: &BTreeSet<String>) {}
    /// Whether a person may mean it by this name.
    fn is_called(&self, name: &str) -> bool;
    /// `kind.group/name` of the object behind it, if there is one.
    fn full_name(&self) -> Option<String>;
    /// A row for each.
    fn table(items: &[Self], shape: Shape) -> Table;
}

/// Shows the view.
///
/// # Errors
/// When what was named is not there, or the API server does not answer.
pub async fn run(view: Computed, names: &[&str], args: &GetArgs, session: &Session) -> anyhow::Result<Exit> {
    args.check_computed(view, names.len())?;
    match view {
        Computed::Targets => show::<TargetItem>(names, args, session).await,
        Computed::Blocks => show::<BlockItem>(names, args, session).await,
    }
}

async fn show<T: Item>(names: &[&str], args: &GetArgs, session: &Session) -> anyhow::Result<Exit> {
    if args.source.offline {
        let place = session.connection.namespace.clone().filter(|_| !args.all_namespaces);
        let looking = Looking { args, session, names, place, settings: args.source.settings()?.gate };
        let items = looking.items::<T>(&args.source.world(session)?)?;
        return looking.print(items);
    }
    online::<T>(names, args, session, &session.connect()?).await
}

/// Shows the view of a cluster.
///
/// # Errors
/// As [`run`].
pub async fn online<T: Item>(names: &[&str], args: &GetArgs, session: &Session, connected: &Connected) -> anyhow::Result<Exit> {
    let place = Some(connected.namespace.clone()).filter(|_| !args.all_namespaces);
    let of_file = args.source.config.as_ref().map(|_| args.source.settings()).transpose()?;
    let in_force = InForce::find(of_file.as_ref(), connected, session.now()).await;
    let looking = Looking { args, session, names, place, settings: in_force.settings.gate };
    let selection = args.selection(&connected.namespace, &[], CHUNK);
    match args.watches() {
        true => {
            in_force.say("settings", session);
            following::follow::<T>(&looking, connected, selection).await
        }
        false => {
            let mut objects = live::ledgers(connected, &selection, session).await?;
            if T::VIEW == Computed::Blocks {
                objects.extend(live::open_clearances(connected, &selection).await);
            }
            let world = looking.world(objects);
            if ledgers::all(&world, session.now(), &looking.settings).values().any(Ledger::depends_on_settings) {
                in_force.say("settings", session);
            }
            looking.print(looking.items::<T>(&world)?)
        }
    }
}

/// What is asked, and where.
pub struct Looking<'a> {
    /// The arguments.
    pub args: &'a GetArgs,
    /// Where output goes.
    pub session: &'a Session,
    names: &'a [&'a str],
    place: Option<String>,
    settings: Gate,
}

impl Looking<'_> {
    /// Understands objects; what cannot be used is told.
    pub fn world(&self, objects: Vec<(Kind, Seen)>) -> World {
        World::of(objects, &mut |remark| self.session.voice.tell(&format!("warning: {}", one_line(&remark))))
    }

    /// How rows are shown, now.
    pub fn shape(&self) -> anyhow::Result<Shape> {
        let wide = self.args.output.format() == Format::Wide;
        Ok(Shape { namespaces: self.place.is_none(), wide, times: self.session.times, now: self.args.source.now(self.session)? })
    }

    /// What the view shows of a world, before anybody names anything, in the order that was asked for.
    ///
    /// # Errors
    /// When it cannot be sorted so.
    pub fn items<T: Item>(&self, world: &World) -> anyhow::Result<Vec<T>> {
        let now = self.args.source.now(self.session)?;
        let here = |target: &Target| self.place.as_deref().is_none_or(|place| place == target.home());
        let ledgers = ledgers::all(world, now, &self.settings).into_iter().filter(|(target, _)| here(target)).collect();
        let clearances = world.objects.iter().filter(|(kind, seen)| *kind == Kind::Clearance && live::is_open(seen));
        let asked: BTreeSet<String> = clearances.map(|(_, seen)| seen.text("/spec/blockId").to_owned()).collect();
        let mut items = T::all(&ledgers, now, &self.settings);
        items.iter_mut().for_each(|item| item.is_asked_to_clear(&asked));
        sorted(items, self.args.sort_by.as_ref())
    }

    /// Whether the item was named, or nothing was.
    pub fn is_meant(&self, item: &impl Item) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| item.is_called(name))
    }

    fn print<T: Item>(&self, items: Vec<T>) -> anyhow::Result<Exit> {
        let missing = self.names.iter().filter(|name| !items.iter().any(|item| item.is_called(name))).map(|name| (*name).to_owned());
        let missing: Vec<String> = missing.collect();
        let items: Vec<T> = items.into_iter().filter(|item| self.is_meant(item)).collect();
        let (voice, shape, output) = (&self.session.voice, self.shape()?, &self.args.output);
        match output.format() {
            format if format.is_rendered() => {
                let whole = T::LIST.of(&json!({"at": shape.now, "items": items}))?;
                voice.print(&output.render_with(&whole, !self.args.no_headers)?)?;
            }
            Format::Name => items.iter().filter_map(Item::full_name).try_for_each(|name| voice.print_line(&one_line(&name)))?,
            _ if items.is_empty() && self.names.is_empty() => self.say_nothing_found(),
            _ => {
                let header = !self.args.no_headers && !items.is_empty();
                T::table(&items, shape).lines(&self.session.look, header).iter().try_for_each(|line| voice.print_line(line))?;
            }
        }
        self.told::<T>(missing)
    }

    fn say_nothing_found(&self) {
        self.session.voice.tell(&match &self.place {
            Some(place) => format!("No resources found in {place} namespace."),
            None => "No resources found".to_owned(),
        });
    }

    fn told<T: Item>(&self, missing: Vec<String>) -> anyhow::Result<Exit> {
        if missing.is_empty() || self.args.ignore_not_found {
            return Ok(Exit::Done);
        }
        let (view, place) = (T::VIEW.plural(), self.place.as_ref().map(|place| format!(" in namespace {place}")).unwrap_or_default());
        let failure = Failure::new(Reason::NotFound, format!("{view} not found{place}: {}", missing.join(", ")));
        Err(failure.hint(format!("see all of them with  {}", paste::here(&format!("get {view}")))).into())
    }
}

/// The items in order of a field of what JSON shows of them.
fn sorted<T: Item>(items: Vec<T>, by: Option<&Query>) -> anyhow::Result<Vec<T>> {
    let Some(by) = by else { return Ok(items) };
    let place = "__place";
    let mut seen = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let mut value = serde_json::to_value(item)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert(place.to_owned(), number.into());
        }
        seen.push(Seen(value));
    }
    query::sort(&mut seen, by).map_err(|why| Failure::usage(why).exiting(Exit::Failed))?;
    let order = seen.iter().filter_map(|seen| usize::try_from(seen.0.get(place)?.as_u64()?).ok());
    Ok(order.filter_map(|number| items.get(number).cloned()).collect())
}
