//! What a person sees before clearing: what ran, what it did, and what follows.

use super::ask::Asking;
use super::subject::Subject;
use crate::api::{KubernetesExecution, RunRef, StepPhase, WorkflowExecution};
use crate::cli::approve::{identity, shortened};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure};
use crate::cli::kinds::Kind;
use crate::cli::output::text::{hanging, one_line};
use crate::cli::prompt::columns;
use crate::cli::read;
use kube::api::{Api, ListParams};

/// What ran and what it did, what clearing allows, and who clears.
///
/// # Errors
/// When the steps of the failed run cannot be read: what is not known is not cleared on a look.
pub async fn of(asking: &Asking<'_>) -> Result<String, Failure> {
    let Asking { subject, lifted, connected, session, .. } = asking;
    let mut lines = match &lifted.failed {
        Some(failed) => what_failed(subject, failed, connected).await?,
        None => vec![format!("Runs on {} failed before they began, again and again. Nothing was executed.", subject.target)],
    };
    lines.push(match &lifted.failed {
        Some(_) if subject.workflow_id.is_empty() => format!("Clearing lets its workflow run again on {}.", subject.target),
        Some(_) => format!("Clearing lets {} run again on {}.", subject.workflow_id, subject.target),
        None => format!("Clearing lets them be tried again on {}.", subject.target),
    });
    lines.push(subject.after(lifted, session).unwrap_or_else(|| "Once cleared, the next run may start at once.".to_owned()));
    lines.push(format!("You clear {}.", identity(asking.who, &connected.context)));
    Ok(lines.iter().flat_map(|line| fitted(line, columns())).collect::<Vec<_>>().join("\n"))
}

/// A text in lines that the terminal has room for, all of them below its own indent.
fn fitted(line: &str, columns: usize) -> Vec<String> {
    let indent = line.chars().take_while(|letter| *letter == ' ').count();
    hanging(&format!("{:indent$}{}", "", shortened(line)), columns, indent)
}

async fn what_failed(subject: &Subject, failed: &RunRef, connected: &Connected) -> Result<Vec<String>, Failure> {
    let (steps, run) =
        futures::join!(steps(connected, failed), read::find(&connected.client, Kind::Execution, &failed.namespace, &failed.name));
    // Where the run is gone, its steps and the ledger still say what happened.
    let run = run.ok().flatten().and_then(|seen| serde_json::from_value::<WorkflowExecution>(seen.0).ok());
    let steps = steps?;
    let at = steps.iter().find(|step| step.phase() == StepPhase::Failed && step.spec.undo_of.is_none()).map(|step| step.spec.step_number);
    let all = run.map(|run| run.spec.workflow_definition.steps.len());
    let place = match (at, all) {
        (Some(at), Some(all)) => format!(" at step {at} of {all}"),
        (Some(at), None) => format!(" at step {at}"),
        _ => String::new(),
    };
    let what = if steps.is_empty() { "No record is left of what its steps did." } else { "What its steps did:" };
    let headline = format!("{}/{} ran and FAILED{place}. {what}", failed.namespace, failed.name);
    let other = (failed.uid != subject.run.uid).then(|| format!("(That run stands in the way of {}.)", subject.run.name));
    Ok(std::iter::once(headline).chain(steps.iter().flat_map(told)).chain(other).collect())
}

async fn steps(connected: &Connected, failed: &RunRef) -> Result<Vec<KubernetesExecution>, Failure> {
    let api: Api<KubernetesExecution> = Api::namespaced(connected.client.clone(), &failed.namespace);
    let of = ListParams::default().labels(&format!("kubernaut.ai/remediation-request={}", failed.remediation_request));
    let listed = api.list(&of).await.attempted(|| format!("list the steps of {}", failed.name))?;
    let mut steps = listed.items;
    steps.sort_by_key(|step| (step.spec.undo_of.is_some(), step.spec.step_number));
    Ok(steps)
}

/// What a step did, and below it what it says of that.
fn told(step: &KubernetesExecution) -> Vec<String> {
    let undo = if step.spec.undo_of.is_some() { "undo of " } else { "" };
    let status = step.status.clone().unwrap_or_default();
    let wrote = status.changes.iter().map(|change| format!("{}/{}", change.object.kind.to_lowercase(), change.object.name));
    let wrote: Vec<String> = wrote.collect();
    let begun = status.intent.is_some() || !wrote.is_empty();
    let what = match (wrote.is_empty(), begun) {
        (false, _) => format!("EXECUTED on {}", wrote.join(", ")),
        (true, true) => "announced; whether it was executed is not known".to_owned(),
        (true, false) => "wrote nothing".to_owned(),
    };
    let head = format!("  {}", one_line(&format!("{undo}{} {} {:?}, {what}", step.spec.step_number, step.spec.action, step.phase())));
    let message = Some(one_line(&status.message)).filter(|message| !message.is_empty()).map(|message| format!("    {message}"));
    std::iter::once(head).chain(message).collect()
}
