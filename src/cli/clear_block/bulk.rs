//! Clears several blocks at once: each is listed, and their number is the confirmation.

use super::reading::Reading;
use super::select::{Item, items};
use super::{ClearBlockArgs, rights, spec, write};
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::output::Table;
use crate::cli::prompt::{Answer, line};
use crate::cli::session::Session;
use crate::cli::whoami::whoami;
use futures::StreamExt;

/// Lifts what was selected, past failures.
///
/// # Errors
/// When nothing can be read, or the count is not confirmed.
pub async fn run(args: &ClearBlockArgs, session: &Session, connected: &Connected) -> anyhow::Result<Exit> {
    let reading = Reading::new(args, session, connected)?;
    let (found, who) = futures::join!(items(args, &reading), whoami(connected));
    let (items, who) = (found?, who?);
    if items.is_empty() {
        session.voice.tell(&match () {
            () if !args.files.is_empty() => "nothing is blocked on what the files name".to_owned(),
            () if args.all_namespaces => "No resources found".to_owned(),
            () => format!("No resources found in {} namespace.", connected.namespace),
        });
        return Ok(if args.error_unchanged { Exit::Unchanged } else { Exit::Done });
    }
    if args.changes() && args.confirm.is_none() && session.look.keyboard {
        rights::check(connected, &items.iter().map(|item| &item.subject.target).collect::<Vec<_>>(), &who).await?;
    }
    session.voice.tell(&crate::cli::approve::identity(&who, &connected.context));
    table(&items).lines(&session.look, true).iter().for_each(|row| session.voice.tell(row));
    if args.changes() && !confirmed(args, items.len(), session).await? {
        return Ok(Exit::Interrupted);
    }
    let reason = args.reason.as_deref().unwrap_or_default().trim();
    let (mut made, mut cleared, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    let writes = items.iter().map(|item| {
        let spec = spec(&item.subject, &item.lifted, &who, reason);
        async move { (write::clearance(args, connected, &item.subject, spec).await, item) }
    });
    let all: Vec<_> = futures::stream::iter(writes).buffered(write::AT_A_TIME).collect().await;
    for (one, item) in all {
        match one {
            Ok(one) => {
                made.push(one);
                cleared.push(item);
            }
            Err(failure) => failures.push(failure),
        }
    }
    let written = write::decided(args, connected, made).await;
    let printed: Vec<_> = written.iter().zip(&cleared).map(|(one, item)| (one, &item.subject, &item.lifted)).collect();
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
