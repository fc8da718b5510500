//! Clears several blocks at once: each is listed, and their number is the confirmation.

use super::subject::Subject;
use super::{ClearBlockArgs, spec, write};
use crate::api::{SkipReason, Target};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Exit, Failure, Reason};
use crate::cli::in_force::InForce;
use crate::cli::kinds::Kind;
use crate::cli::ledgers::{self, World, live};
use crate::cli::output::{Seen, Table};
use crate::cli::prompt::{Answer, line};
use crate::cli::read::{self, Selection};
use crate::cli::session::Session;
use crate::cli::whoami::whoami;
use crate::rules::clearing::Liftable;
use crate::rules::standing;
use futures::StreamExt;
use std::collections::BTreeMap;

/// How many clearances are written, and waited for, at a time.
const AT_A_TIME: usize = 16;

/// One thing to lift.
struct Item {
    subject: Subject,
    lifted: Liftable,
}

/// Lifts what was selected, past failures.
///
/// # Errors
/// When nothing can be read, or the count is not confirmed.
pub async fn run(args: &ClearBlockArgs, session: &Session, connected: &Connected) -> anyhow::Result<Exit> {
    let (found, who) = futures::join!(items(args, session, connected), whoami(connected));
    let (items, who) = (found?, who?);
    if items.is_empty() {
        session.voice.tell(&match args.all_namespaces {
            true => "No resources found".to_owned(),
            false => format!("No resources found in {} namespace.", connected.namespace),
        });
        return Ok(if args.error_unchanged { Exit::Unchanged } else { Exit::Done });
    }
    session.voice.tell(&crate::cli::approve::identity(&who, &connected.context));
    table(&items).lines(&session.look, true).iter().for_each(|row| session.voice.tell(row));
    if args.changes() && !confirmed(args, items.len(), session).await? {
        return Ok(Exit::Interrupted);
    }
    let reason = args.reason.as_deref().unwrap_or_default().trim();
    let (mut written, mut failures) = (Vec::new(), Vec::new());
    let writes = items.iter().map(|item| {
        let spec = spec(&item.subject, &item.lifted, &who, reason);
        async move { (write::clearance(args, connected, &item.subject, spec).await, item) }
    });
    let all: Vec<_> = futures::stream::iter(writes).buffered(AT_A_TIME).collect().await;
    for (one, item) in all {
        match one {
            Ok(one) => written.push((one, item)),
            Err(failure) => failures.push(failure),
        }
    }
    let printed = written.iter().map(|(one, item)| (one, &item.subject, &item.lifted)).collect::<Vec<_>>();
    failures.extend(write::tell_all(args, &printed, session)?);
    for failure in &failures {
        let machine = args.output.format().is_for_machines();
        session.voice.tell(&if machine { failure.as_json() } else { failure.as_text(session.look.err.color) });
    }
    let cleared = items.len().saturating_sub(failures.len());
    let counts = [(cleared, "cleared"), (failures.len(), "failed")];
    let parts: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    session.voice.tell(&format!("{}{}", parts.join(", "), args.dry_run.remark()));
    Ok(match failures.as_slice() {
        [] => Exit::Done,
        _ if cleared > 0 => Exit::Mixed,
        [first, rest @ ..] if rest.iter().all(|failure| failure.exit == first.exit) => first.exit,
        _ => Exit::Failed,
    })
}

/// Whether the count was given or typed; `false` after Ctrl-C.
async fn confirmed(args: &ClearBlockArgs, count: usize, session: &Session) -> anyhow::Result<bool> {
    let blocks = if count == 1 { "block" } else { "blocks" };
    if let Some(given) = &args.confirm {
        return match *given == count.to_string() {
            true => Ok(true),
            false => Err(Failure::usage(format!("--confirm says {given}, but {count} {blocks} would be cleared"))
                .hint("look at them above; nothing was cleared")
                .into()),
        };
    }
    if !session.look.keyboard {
        return Err(Failure::new(
            Reason::ConfirmationRequired,
            format!("clearing {count} {blocks} needs a confirmation, and nobody can be asked here"),
        )
        .hint(format!("confirm with  --confirm={count}"))
        .into());
    }
    match line(&format!("Type {count} to clear {count} {blocks}")).await? {
        Answer::Interrupted => Ok(false),
        Answer::Line(typed) if typed == count.to_string() => Ok(true),
        Answer::Line(_) => Err(Failure::new(Reason::ConfirmationRequired, "that is not the count; nothing was cleared").into()),
    }
}

fn table(items: &[Item]) -> Table {
    let mut table = Table::new(&["TARGET", "REASON", "RUN", "WORKFLOW", "ID"]);
    for Item { subject, lifted } in items {
        let run = lifted.failed.as_ref().unwrap_or(&subject.run).name.clone();
        let cells = [subject.target.to_string(), lifted.gate.as_str().to_owned(), run, subject.workflow_id.clone(), lifted.id.clone()];
        table.add(cells.to_vec());
    }
    table
}

/// Everything that was selected and a person may lift, each once.
async fn items(args: &ClearBlockArgs, session: &Session, connected: &Connected) -> Result<Vec<Item>, Failure> {
    let found = match () {
        () if args.all => standing_anywhere(args, session, connected).await?,
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
    let targets: Vec<Target> = homes.iter().filter_map(|seen| ledgers::stored::target(seen).ok()).collect();
    let now = session.now();
    let settings = InForce::find(None, connected, now).await.settings;
    let mut items = Vec::new();
    for target in targets {
        let ledger = ledgers::of(&world, &target, now, &settings.gate);
        for standing in standing::standing(&target.to_string(), &ledger.status, now, &settings.gate) {
            let Some(id) = standing.id else { continue };
            let run = standing.run.clone().unwrap_or_default();
            let failed = standing.run.filter(|_| standing.reason == SkipReason::PreviousExecutionFailed);
            let lifted = Liftable { gate: standing.reason, id, failed };
            let workflow_id = standing.workflow_id.unwrap_or_default();
            items.push(Item { subject: Subject::known(run, workflow_id, target.clone(), ledger.clone(), now, settings.gate), lifted });
        }
    }
    Ok(items)
}
