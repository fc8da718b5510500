//! What a command line wants cleared: by name, by labels, everything that is blocked, or what files name.

use super::ClearBlockArgs;
use super::find::{Wanted, subjects};
use super::reading::{Ledgers, Reading};
use super::subject::Subject;
use crate::api::{RemediationTargetStatus, Target, WorkflowExecution};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::ledgers::files::{Named, Naming};
use crate::cli::ledgers::stored;
use crate::cli::output::{Seen, text::one_line};
use crate::cli::paste;
use crate::cli::read::{self, CHUNK, Selection};
use crate::rules::clearing::Liftable;
use crate::rules::standing;
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
pub async fn items(args: &ClearBlockArgs, reading: &Reading<'_>) -> Result<Vec<Item>, Failure> {
    let found = match () {
        () if args.all => reading.standing(&selection(args, reading.connected, None)).await?,
        () if !args.files.is_empty() => of_files(args, reading).await?,
        () => in_the_way(runs(args, reading).await?),
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
async fn runs(args: &ClearBlockArgs, reading: &Reading<'_>) -> Result<Vec<Subject>, Failure> {
    let connected = reading.connected;
    let Some(labels) = &args.selector else {
        let wanted: Result<Vec<Wanted>, Failure> = args.names.iter().map(|name| Wanted::typed(&connected.namespace, name)).collect();
        return subjects(reading, &wanted?).await;
    };
    let selection = selection(args, connected, Some(labels.clone()));
    let listed = read::list(&connected.client, Kind::Execution, &selection).await.attempted(|| "list executions".to_owned())?;
    let decode = |seen: Seen| serde_json::from_value(seen.0);
    let runs: Result<Vec<WorkflowExecution>, _> = listed.items.into_iter().map(decode).collect();
    reading.subjects(runs.map_err(|error| Failure::new(Reason::Internal, format!("a run cannot be understood: {error}")))?).await
}

fn selection(args: &ClearBlockArgs, connected: &Connected, labels: Option<String>) -> Selection {
    let namespace = Some(connected.namespace.clone()).filter(|_| !args.all_namespaces);
    Selection { namespace, labels, fields: None, chunk: CHUNK }
}

/// What stands in the way of the runs that files name, and on the targets that they name.
async fn of_files(args: &ClearBlockArgs, reading: &Reading<'_>) -> Result<Vec<Item>, Failure> {
    let fixed = reading.session.connection.namespace.as_deref();
    let kinds = [Kind::Execution, Kind::Remediation, Kind::Target];
    let naming = Naming { what: "what clear-block takes", kinds: &kinds, default: &reading.connected.namespace, fixed };
    let (mut runs, mut targets) = (Vec::new(), Vec::new());
    for Named { kind, namespace, seen } in naming.read(&args.files)? {
        match kind {
            Kind::Target => targets.push(shown_target(&namespace, seen)?),
            _ => runs.push(Wanted::of_file(namespace, kind, seen.name(), seen.text("/metadata/uid"))),
        }
    }
    let mut items = in_the_way(subjects(reading, &runs).await?);
    let ledgers = reading.ledgers(targets.iter().map(|(target, _)| target.clone()).collect()).await?;
    for (target, seen) in &targets {
        items.extend(on_target(target, seen, &ledgers, reading)?);
    }
    Ok(items)
}

/// The target that a file shows the ledger of. What is cleared must be what its namespace and name promise.
fn shown_target(namespace: &str, mut seen: Seen) -> Result<(Target, Seen), Failure> {
    let refused = |why: &str, seen: &Seen| Failure::usage(one_line(&format!("{}: {why}", Kind::Target.full_name(seen.name()))));
    if let Some(metadata) = seen.0.get_mut("metadata").and_then(|metadata| metadata.as_object_mut()) {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    let target = stored::target(&seen).map_err(|why| refused(&why, &seen))?;
    match (target.home(), target.ledger_name()) {
        (home, _) if home != namespace => Err(refused(
            &format!("its target is {target}, whose ledger is in namespace {home}, but the object is in namespace {namespace}"),
            &seen,
        )
        .hint("nothing was cleared; take the file from the cluster:  kubectl get remediationtarget -o yaml")),
        (_, name) if name != seen.name() => Err(refused(&format!("its target is {target}, whose ledger is called {name}"), &seen)),
        _ => Ok((target, seen)),
    }
}

/// What stands on a target of a file; where the file shows its blocks, only those: nobody looked at the others.
fn on_target(target: &Target, seen: &Seen, ledgers: &Ledgers, reading: &Reading<'_>) -> Result<Vec<Item>, Failure> {
    let Some(ledger) = ledgers.of.get(target).filter(|ledger| !ledger.is_unknown()) else {
        let named = Kind::Target.full_name(seen.name());
        return Err(Failure::new(Reason::NotFound, one_line(&format!("{named} not found in namespace {}", target.home())))
            .hint(format!("see what is blocked with  {}", paste::here("get blocks"))));
    };
    let items = reading.standing_on(target, ledger, ledgers.settings);
    if seen.at("/status").is_none() {
        return Ok(items);
    }
    let looked_at: RemediationTargetStatus = stored::status(seen, &[]);
    let shown = standing::standing(&target.to_string(), &looked_at, reading.session.now(), &ledgers.settings);
    let (shown, newer): (Vec<Item>, Vec<Item>) =
        items.into_iter().partition(|item| shown.iter().any(|one| one.id.as_ref() == Some(&item.lifted.id)));
    for item in newer {
        let why = format!("warning: {} on {target} is not in the file, and stays", item.lifted.id);
        reading.session.voice.tell(&one_line(&why));
    }
    Ok(shown)
}
