//! What else is known about the target of a request. What cannot be read is said to be unknown, and stops nobody.

use super::request::{Question, Request};
use crate::actions::cluster::Cluster;
use crate::api::{AIApprovalRequestSpec, RunRef, SkipReason, Target, WorkflowExecution};
use crate::cli::connect::Connected;
use crate::cli::failure::{Failure, is_missing};
use crate::cli::in_force::InForce;
use crate::cli::kinds::Kind;
use crate::cli::ledgers::{self, World, live};
use crate::cli::output::Seen;
use crate::cli::session::Session;
use crate::cli::{paste, read};
use crate::rules::gate::{self, Answer, Verdict};
use crate::rules::gitops;
use crate::rules::plan::check_writes;
use crate::settings::Gate;
use kube::ResourceExt;
use std::cell::RefCell;

/// What else is known.
#[derive(Debug, Default)]
pub struct Known {
    /// The run that waits for a step; `Err` says why it is unknown.
    pub run: Option<Result<WorkflowExecution, String>>,
    /// A word for the target, to stand beside it; empty when there is more to say than a word.
    pub word: String,
    /// What a person should know of the target, a sentence each.
    pub notes: Vec<String>,
}

/// Reads what else is known. For a plan two calls, in parallel, and those for its target's runs where these have no ledger; none once it
/// can no longer be decided, when the facts are others. For a step at most two.
pub async fn about(request: &Request, connected: &Connected, session: &Session) -> Known {
    match &request.question {
        Question::Plan(_) if !request.is_open(session.now()) => Known::default(),
        Question::Plan(spec) => of_plan(spec, connected, session).await,
        Question::Step(spec) => {
            let at = &spec.workflow_execution_ref;
            let run = run(connected, &at.namespace, &at.name).await;
            let notes = match &run {
                Ok(run) if request.is_open(session.now()) => owner(connected, &run.spec.target_resource, &run.spec.target_uid).await,
                _ => Vec::new(),
            };
            let holds = run.as_ref().is_ok_and(|run| !run.phase().is_over());
            Known { run: Some(run), word: if holds { "(held by this run)".to_owned() } else { String::new() }, notes }
        }
    }
}

async fn of_plan(spec: &AIApprovalRequestSpec, connected: &Connected, session: &Session) -> Known {
    let (target, uid) = (&spec.plan.target_resource, &spec.plan.target_uid);
    let (standing, owner) = futures::join!(standing(connected, target, &spec.plan.workflow_id, session), owner(connected, target, uid));
    let flaw = check_writes(&spec.plan.steps).err().map(|flaw| flaw.to_string());
    let owner: Vec<String> = flaw.into_iter().chain(owner).collect();
    match standing {
        Ok(notes) if notes.is_empty() => Known { run: None, word: "(no running execution, no block)".to_owned(), notes: owner },
        Ok(notes) => Known { notes: notes.into_iter().chain(owner).collect(), ..Known::default() },
        Err(why) => Known { notes: std::iter::once(unknown(&why)).chain(owner).collect(), ..Known::default() },
    }
}

/// What is said where it cannot be read what stands on a target.
pub fn unknown(why: &str) -> String {
    format!("whether anything runs or is blocked there is unknown: {why}")
}

/// The run of this name; `Err` says why it is unknown.
pub async fn run(connected: &Connected, namespace: &str, name: &str) -> Result<WorkflowExecution, String> {
    let found = read::get(&connected.client, Kind::Execution, namespace, name).await;
    let found = found.map_err(|error| Failure::from_kube(&error, &format!("read wfe/{name}")).message)?;
    serde_json::from_value(found.0).map_err(|error| format!("wfe/{name} cannot be understood: {error}"))
}

/// What stands between an approval and the start of its run, a sentence each.
async fn standing(connected: &Connected, target: &str, workflow: &str, session: &Session) -> Result<Vec<String>, String> {
    let target: Target = target.parse().map_err(|error: crate::api::target::NotATarget| error.to_string())?;
    let found = read::find(&connected.client, Kind::Target, target.home(), &target.ledger_name()).await;
    let found = found.map_err(|error| Failure::from_kube(&error, &format!("read the ledger of {target}")).message)?;
    stored(connected, &target, found, workflow, session, None).await
}

/// What stands there by the ledger that was found; without one that is built, by what the target's runs make of it.
///
/// # Errors
/// Why that is unknown.
pub async fn stored(
    connected: &Connected,
    target: &Target,
    found: Option<Seen>,
    workflow: &str,
    session: &Session,
    in_force: Option<&InForce>,
) -> Result<Vec<String>, String> {
    let partly = RefCell::new(Vec::new());
    let objects = live::completed(connected, target, found, &|remark| partly.borrow_mut().push(remark)).await;
    let world = World::of(objects.map_err(|failure| failure.message)?, &mut |_| {});
    let asked = match ledgers::of(&world, target, session.now(), &Gate::default()).depends_on_settings() && in_force.is_none() {
        true => Some(InForce::find(None, connected, session.now()).await),
        false => None,
    };
    let partly = partly.into_inner().into_iter().map(|remark| remark.trim_start_matches("warning: ").to_owned());
    Ok(shut(&world, target, workflow, session, in_force.or(asked.as_ref())).into_iter().chain(partly).collect())
}

/// What the gate would say to a run of this workflow, where it would not let it start; by the usual settings unless others are known.
pub fn shut(world: &World, target: &Target, workflow: &str, session: &Session, in_force: Option<&InForce>) -> Vec<String> {
    let (now, nobody) = (session.now(), RunRef::default());
    let settings = in_force.map(|known| known.settings.gate).unwrap_or_default();
    let ledger = ledgers::of(world, target, now, &settings);
    let guessed = in_force.and_then(|known| known.guessed.as_ref()).filter(|_| ledger.depends_on_settings());
    let guessed = guessed.map(|why| format!("what stands in the way is told by default settings, as {why}"));
    let name = target.to_string();
    let seen = gate::Seen { now, run: &nobody, workflow_id: Some(workflow), target: &name, ledger: &ledger.status, settings: &settings };
    let shut = gate::explain(&seen).into_iter().filter(|answer| answer.verdict != Verdict::Allowed);
    shut.map(|answer| sentence(&answer, session)).chain(guessed).collect()
}

fn sentence(answer: &Answer, session: &Session) -> String {
    let run = answer.because.as_ref().map(|because| &because.run);
    let who = run.map_or_else(|| "a run".to_owned(), |run| format!("{}/{}", run.namespace, run.name));
    let clear = run.map(|run| paste::object("clear-block", &format!("wfe/{}", run.name), &run.namespace)).unwrap_or_default();
    let at = answer.because.as_ref().and_then(|because| because.at);
    let ago = at.map(|at| format!(" {} ago", session.times.since(Some(at), session.now()))).unwrap_or_default();
    let until = answer.retry_at.map(|at| session.times.until(at, session.now())).unwrap_or_else(|| "later".to_owned());
    match answer.gate {
        SkipReason::PreviousExecutionFailed => {
            format!("BLOCKED: {who} ran and failed{ago}; even if approved, nothing starts before  {clear}")
        }
        SkipReason::ExhaustedRetries => {
            format!("BLOCKED: the retries are spent, last {who}{ago}; even if approved, nothing starts before  {clear}")
        }
        SkipReason::ResourceBusy => format!("busy: {who} works on it, begun{ago}; the run waits for its end"),
        SkipReason::RecentlyRemediated => format!("backoff or cooldown after {who}; the run starts {until} at the earliest"),
    }
}

/// Whether the target is still the one of the plan, and which tool may undo a change.
pub async fn owner(connected: &Connected, target: &str, uid: &str) -> Vec<String> {
    let unknown = |why: String| vec![format!("whether a GitOps tool manages it is unknown: {why}")];
    let target: Target = match target.parse() {
        Ok(target) => target,
        Err(error) => return unknown(format!("{error}")),
    };
    let api = match Cluster::new(connected.client.clone()).api(&target.kind, target.namespace.as_deref()) {
        Ok(api) => api,
        Err(error) => return unknown(error.to_string()),
    };
    let object = match api.get_metadata(&target.name).await {
        Ok(object) => object,
        Err(error) if is_missing(&error) => return vec!["the target does not exist any more".to_owned()],
        Err(error) => return unknown(Failure::from_kube(&error, &format!("read {target}")).message),
    };
    let replaced = object.uid().is_some_and(|live| !uid.is_empty() && live != uid);
    let replaced = replaced.then(|| "the target was replaced since the plan was made: the run will not touch it".to_owned());
    let owned = gitops::owner(object.labels(), object.annotations()).map(|owner| {
        let when = if owner.watches { "it may undo this" } else { "its next release may undo this" };
        format!("{} is managed by {}: {when}", target.kind, [owner.tool, owner.name].join(" ").trim())
    });
    replaced.into_iter().chain(owned).collect()
}
