//! What a command line wants cleared: by name, by labels, everything that is blocked, or what files name.

use super::ClearBlockArgs;
use super::subject::Subject;
use crate::api::{RemediationTargetStatus, SkipReason, Target};
use crate::cli::approve::within;
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason};
use crate::cli::in_force::InForce;
use crate::cli::kinds::Kind;
use crate::cli::ledgers::files::{Named, Naming};
use crate::cli::ledgers::{self, World, live, stored};
use crate::cli::output::{Seen, text::one_line};
use crate::cli::paste;
use crate::cli::read::{self, Selection};
use crate::cli::session::Session;
use crate::rules::clearing::Liftable;
use crate::rules::standing::{self, Standing};
use crate::settings::Gate;
use std::collections::BTreeMap;

/// One thing to lift.
pub struct Item {
    /// The run in whose way it stands, or whose end it is.
    pub subject: Subject,
    /// The block, or the spent retries.
    pub lifted: Liftable,
}

/// Everything that was selected and a person may lift, each once.
///
/// # Errors
/// When a part of the selection cannot be read: nothing is cleared then.
pub async fn items(args: &ClearBlockArgs, session: &Session, connected: &Connected) -> Result<Vec<Item>, Failure> {
    let found = match () {
        () if args.all => standing_anywhere(args, session, connected).await?,
        () if !args.files.is_empty() => of_files(args, session, connected).await?,
        () => in_the_way(runs(args, session, connected).await?),
    };
    let gate = args.gate();
    let mut once = BTreeMap::new();
    for item in found.into_iter().filter(|item| gate.is_none_or(|gate| item.lifted.gate == gate)) {
        once.entry((item.subject.target.to_string(), item.lifted.id.clone())).or_insert(item);
    }
    Ok(once.into_values().collect())
}

fn in_the_way(subjects: Vec<Subject>) -> Vec<Item> {
    let each =
        |subject: Subject| subject.liftable().into_iter().map(|lifted| Item { subject: subject.clone(), lifted }).collect::<Vec<_>>();
    subjects.into_iter().flat_map(each).collect()
}

/// The runs that were named or labelled.
async fn runs(args: &ClearBlockArgs, session: &Session, connected: &Connected) -> Result<Vec<Subject>, Failure> {
    let mut subjects = Vec::new();
    if let Some(labels) = &args.selector {
        let selection = selection(args, connected, Some(labels.clone()));
        let listed = read::list(&connected.client, Kind::Execution, &selection).await.attempted(|| "list executions".to_owned())?;
        for seen in listed.items {
            let run = serde_json::from_value(seen.0)
                .map_err(|error| Failure::new(Reason::Internal, format!("a run cannot be understood: {error}")))?;
            subjects.push(Subject::of(connected, &run, session).await?);
        }
        return Ok(subjects);
    }
    for name in &args.names {
        subjects.push(Subject::find(connected, name, session).await?);
    }
    Ok(subjects)
}

fn selection(args: &ClearBlockArgs, connected: &Connected, labels: Option<String>) -> Selection {
    let namespace = Some(connected.namespace.clone()).filter(|_| !args.all_namespaces);
    Selection { namespace, labels, fields: None, chunk: 500 }
}

/// Everything that the ledgers say does not clear by waiting; also where the run is gone.
async fn standing_anywhere(args: &ClearBlockArgs, session: &Session, connected: &Connected) -> Result<Vec<Item>, Failure> {
    let objects = live::ledgers(connected, &selection(args, connected, None), session).await?;
    let homes: Vec<Seen> = objects.iter().filter(|(kind, _)| *kind == Kind::Target).map(|(_, seen)| seen.clone()).collect();
    let world = World::of(objects, &mut |_| {});
    let targets = homes.iter().filter_map(|seen| stored::target(seen).ok());
    let settings = InForce::find(None, connected, session.now()).await.settings.gate;
    Ok(targets.flat_map(|target| standing_on(&target, &world, session, settings)).collect())
}

/// Everything on one target that does not clear by waiting.
fn standing_on(target: &Target, world: &World, session: &Session, settings: Gate) -> Vec<Item> {
    let now = session.now();
    let ledger = ledgers::of(world, target, now, &settings);
    let standing = standing::standing(&target.to_string(), &ledger.status, now, &settings);
    let item = |Standing { id, run, reason, workflow_id, .. }: Standing| {
        let failed = run.clone().filter(|_| reason == SkipReason::PreviousExecutionFailed);
        let subject =
            Subject::known(run.unwrap_or_default(), workflow_id.unwrap_or_default(), target.clone(), ledger.clone(), now, settings);
        Some(Item { subject, lifted: Liftable { gate: reason, id: id?, failed } })
    };
    standing.into_iter().filter_map(item).collect()
}

/// What stands in the way of the runs that files name, and on the targets that they name.
async fn of_files(args: &ClearBlockArgs, session: &Session, connected: &Connected) -> Result<Vec<Item>, Failure> {
    let fixed = session.connection.namespace.as_deref();
    let kinds = [Kind::Execution, Kind::Remediation, Kind::Target];
    let naming = Naming { what: "what clear-block takes", kinds: &kinds, default: &connected.namespace, fixed };
    let mut items = Vec::new();
    for Named { kind, namespace, seen } in naming.read(&args.files)? {
        let there = within(connected, &namespace);
        items.extend(match kind {
            Kind::Target => on_target(&there, seen, session).await?,
            _ => in_the_way(vec![Subject::find(&there, &format!("{}/{}", kind.short(), seen.name()), session).await?]),
        });
    }
    Ok(items)
}

/// What stands on a target of a file; where the file shows its blocks, only those: nobody looked at the others.
async fn on_target(there: &Connected, mut seen: Seen, session: &Session) -> Result<Vec<Item>, Failure> {
    if let Some(metadata) = seen.0.get_mut("metadata").and_then(|metadata| metadata.as_object_mut()) {
        metadata.insert("namespace".to_owned(), there.namespace.as_str().into());
    }
    let named = Kind::Target.full_name(seen.name());
    let target = stored::target(&seen).map_err(|why| Failure::usage(one_line(&format!("{named}: {why}"))))?;
    let world = World::of(live::ledger(there, &target, session).await?, &mut |_| {});
    let now = session.now();
    let settings = InForce::find(None, there, now).await.settings.gate;
    if ledgers::of(&world, &target, now, &settings).is_unknown() {
        return Err(Failure::new(Reason::NotFound, one_line(&format!("{named} not found in namespace {}", target.home())))
            .hint(format!("see what is blocked with  {}", paste::ours("get blocks -A"))));
    }
    let items = standing_on(&target, &world, session, settings);
    if seen.at("/status").is_none() {
        return Ok(items);
    }
    let looked_at: RemediationTargetStatus = stored::status(&seen, &[]);
    let shown = standing::standing(&target.to_string(), &looked_at, now, &settings);
    let (shown, newer): (Vec<Item>, Vec<Item>) =
        items.into_iter().partition(|item| shown.iter().any(|one| one.id.as_ref() == Some(&item.lifted.id)));
    for item in newer {
        let why = format!("warning: {} on {target} is not in the file, and stays", item.lifted.id);
        session.voice.tell(&one_line(&why));
    }
    Ok(shown)
}
