//! Finds the request that a person means by a name.

use super::request::Request;
use crate::api::{Decision, names};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason, is_missing};
use crate::cli::get::not_found;
use crate::cli::kinds::{Kind, type_and_name};
use crate::cli::output::text::one_line;
use crate::cli::read::{self, Selection};

/// Reads in another namespace than the context's.
pub fn within(connected: &Connected, namespace: &str) -> Connected {
    Connected { namespace: namespace.to_owned(), ..connected.clone() }
}

/// The request of this name, or the one of the remediation, run or analysis of this name.
///
/// # Errors
/// When there is none, several wait, or the API server does not answer.
pub async fn resolve(connected: &Connected, text: &str) -> Result<Request, Failure> {
    // Notices of older installations call the kind so.
    let text = text.strip_prefix("rar/").unwrap_or(text);
    match type_and_name(text).map_err(Failure::usage)? {
        (Some(kind @ (Kind::Approval | Kind::StepApproval)), name) => direct(connected, kind, &name).await,
        (Some(Kind::Remediation), name) => of_remediation(connected, &name).await,
        (Some(Kind::Execution), name) => of_run(connected, &name).await,
        (Some(Kind::Analysis), name) => match find(connected, Kind::Approval, &names::approval(&name)).await? {
            Some(found) => Ok(found),
            None => Err(nothing_asked(connected, Kind::Analysis, &name).await),
        },
        (Some(kind), _) => Err(Failure::usage(format!(
            "{text}: {} are not decided about; name an approval request (aar), a step's (wsar), a remediation (rr) or a run (wfe)",
            kind.friendly()
        ))),
        (None, name) => guessed(connected, &name).await,
    }
}

/// The request of exactly this kind and name.
///
/// # Errors
/// When there is none, or the API server does not answer.
pub async fn direct(connected: &Connected, kind: Kind, name: &str) -> Result<Request, Failure> {
    match read::get(&connected.client, kind, &connected.namespace, name).await {
        Ok(seen) => Request::read(kind, seen),
        Err(error) => Err(not_found(connected, kind, name, &error).await),
    }
}

async fn find(connected: &Connected, kind: Kind, name: &str) -> Result<Option<Request>, Failure> {
    let found = read::find(&connected.client, kind, &connected.namespace, name).await;
    found.attempted(|| format!("read {}/{name}", kind.short()))?.map(|seen| Request::read(kind, seen)).transpose()
}

async fn of_remediation(connected: &Connected, name: &str) -> Result<Request, Failure> {
    match asked_of(connected, name).await? {
        Some(found) => Ok(found),
        None => Err(nothing_asked(connected, Kind::Remediation, name).await),
    }
}

/// The request for a remediation's plan while that waits, else the one for the step that its run waits for.
async fn asked_of(connected: &Connected, name: &str) -> Result<Option<Request>, Failure> {
    let plan = find(connected, Kind::Approval, &names::approval(&names::analysis(name))).await?;
    match plan {
        Some(open) if open.decision() == Decision::Undecided => Ok(Some(open)),
        decided => Ok(waiting_step(connected, &names::workflow(name)).await?.or(decided)),
    }
}

async fn of_run(connected: &Connected, name: &str) -> Result<Request, Failure> {
    match waiting_step(connected, name).await? {
        Some(found) => Ok(found),
        None => Err(nothing_asked(connected, Kind::Execution, name).await),
    }
}

/// The request for the step that a run waits for.
async fn waiting_step(connected: &Connected, run: &str) -> Result<Option<Request>, Failure> {
    let namespace = Some(connected.namespace.clone());
    let selection = Selection { namespace, fields: Some(format!("spec.workflowExecutionRef.name={run}")), ..Selection::default() };
    let listed = read::list(&connected.client, Kind::StepApproval, &selection).await;
    let listed = listed.attempted(|| format!("list the steps that wfe/{run} waits for"))?;
    let all = listed.items.into_iter().map(|seen| Request::read(Kind::StepApproval, seen)).collect::<Result<Vec<_>, _>>()?;
    let mut open: Vec<Request> = all.into_iter().filter(|request| request.decision() == Decision::Undecided).collect();
    match open.len() {
        0 | 1 => Ok(open.pop()),
        _ => {
            let each: Vec<String> = open.iter().map(Request::short).collect();
            Err(Failure::usage(format!("wfe/{} waits for several steps", one_line(run))).hint(format!("name one: {}", each.join(", "))))
        }
    }
}

/// Why there is nothing to decide for an object: it is not there itself, maybe in this namespace only, or nothing was asked about it.
async fn nothing_asked(connected: &Connected, kind: Kind, name: &str) -> Failure {
    if let Err(error) = read::get(&connected.client, kind, &connected.namespace, name).await
        && is_missing(&error)
    {
        return not_found(connected, kind, name, &error).await;
    }
    let owner = one_line(&format!("{}/{name}", kind.short()));
    Failure::new(Reason::NotFound, format!("{owner} has no approval request"))
        .about(format!("{}/{}", connected.namespace, one_line(name)))
        .hint(format!("see where it stands:  {}", crate::cli::paste::object("status", &owner, &connected.namespace)))
}

/// A bare name is an approval request's, or a step's, or else a remediation's.
async fn guessed(connected: &Connected, name: &str) -> Result<Request, Failure> {
    let error = match read::get(&connected.client, Kind::Approval, &connected.namespace, name).await {
        Ok(seen) => return Request::read(Kind::Approval, seen),
        Err(error) => error,
    };
    if !is_missing(&error) {
        return Err(not_found(connected, Kind::Approval, name, &error).await);
    }
    if let Ok(Some(step)) = find(connected, Kind::StepApproval, name).await {
        return Ok(step);
    }
    match asked_of(connected, name).await {
        Ok(Some(found)) => return Ok(found),
        Err(failure) if failure.reason == Reason::Usage => return Err(failure),
        _ => {}
    }
    if let Ok(Some(_)) = read::find(&connected.client, Kind::Remediation, &connected.namespace, name).await {
        return Err(nothing_asked(connected, Kind::Remediation, name).await);
    }
    let mut failure = not_found(connected, Kind::Approval, name, &error).await;
    for found in read::elsewhere(&connected.client, Kind::Remediation, &connected.namespace, name).await {
        failure = failure.hint(format!("rr/{} is in namespace {found}: add  -n {found}", one_line(name)));
    }
    Err(failure)
}
