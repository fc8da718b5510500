//! Objects that belong together: runs with their targets, ledgers, clearances, and everything else by kind and name.

use super::decode::{count, made_up_uid, outcome, phase, time, truth, word};
use super::files::Found;
use super::stored;
use crate::api::{GROUP, RemediationTargetStatus, RunRef, Target, WorkflowPhase, labels};
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::rules::rebuild::PastRun;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::HashMap;

/// Objects of our kinds, understood as far as it takes to rebuild ledgers.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Every object, with name and namespace.
    pub objects: Vec<(Kind, Seen)>,
    /// The runs.
    pub runs: Vec<Run>,
    /// The ledgers that are stored.
    pub ledgers: Vec<Stored>,
    lifted: Vec<(Option<Target>, String)>,
}

/// A run and its target.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The target, normalised.
    pub target: Target,
    /// What the run says.
    pub past: PastRun,
}

/// A ledger as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The target, normalised.
    pub target: Target,
    /// What the ledger holds.
    pub status: RemediationTargetStatus,
    /// Since when there is one.
    pub created: Option<Timestamp>,
}

impl World {
    /// Sorts the objects of files. Those without a namespace are in `namespace`, or `default`. What cannot be used is told to `remark`.
    pub fn of_files(found: Vec<Found>, namespace: Option<&str>, remark: &mut dyn FnMut(String)) -> Self {
        let mut objects = Vec::new();
        for Found { place, value } in found {
            match ours(value, namespace.unwrap_or("default")) {
                Ok(Some(object)) => objects.push(object),
                Ok(None) => {}
                Err(why) => remark(format!("{place} is left out, {why}")),
            }
        }
        Self::of(objects, remark)
    }

    /// Understands objects as far as it takes to rebuild ledgers. What cannot be used is told to `remark`.
    pub fn of(objects: Vec<(Kind, Seen)>, remark: &mut dyn FnMut(String)) -> Self {
        let (mut runs, mut ledgers, mut owners) = (Vec::new(), Vec::new(), HashMap::new());
        let requests: HashMap<(&str, &str), &Seen> =
            each(&objects, Kind::Remediation).map(|seen| ((seen.namespace(), seen.name()), seen)).collect();
        for seen in each(&objects, Kind::Execution) {
            match target_of(seen, &requests) {
                Ok(target) => runs.push(Run { target, past: past_run(seen, &mut owners, remark) }),
                Err(why) => remark(format!("{} is left out, {why}", shown(Kind::Execution, seen))),
            }
        }
        for seen in each(&objects, Kind::Target) {
            match stored::target(seen) {
                Ok(target) => ledgers.push(Stored { target, status: stored::status(seen, &runs), created: seen.created() }),
                Err(why) => remark(format!("{} is left out, {why}", shown(Kind::Target, seen))),
            }
        }
        let lifted = each(&objects, Kind::Clearance).filter_map(|seen| lifted(seen, remark)).collect();
        Self { runs, ledgers, lifted, objects }
    }

    /// The object of this kind and name; of several of one name the last.
    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Seen> {
        each(&self.objects, kind).filter(|seen| seen.name() == name && seen.namespace() == namespace).last()
    }

    /// The objects of this kind and name in any namespace.
    pub fn anywhere(&self, kind: Kind, name: &str) -> Vec<&Seen> {
        each(&self.objects, kind).filter(|seen| seen.name() == name).collect()
    }

    /// The run of this name, as the last object of that name tells it.
    pub fn run(&self, namespace: &str, name: &str) -> Option<&Run> {
        self.runs.iter().rfind(|run| run.past.run.name == name && run.past.run.namespace == namespace)
    }

    /// The newest run of a remediation.
    pub fn run_for(&self, namespace: &str, request: &str) -> Option<&Run> {
        let of = self.runs.iter().filter(|run| run.past.run.remediation_request == request && run.past.run.namespace == namespace);
        of.max_by_key(|run| run.past.started)
    }

    /// The ids that applied clearances lifted on a target.
    pub fn lifted(&self, target: &Target) -> Vec<String> {
        let here = |on: &Option<Target>| on.as_ref().is_none_or(|on| on == target);
        self.lifted.iter().filter(|(on, _)| here(on)).map(|(_, id)| id.clone()).collect()
    }
}

fn each(objects: &[(Kind, Seen)], kind: Kind) -> impl Iterator<Item = &Seen> {
    objects.iter().filter(move |(known, _)| *known == kind).map(|(_, seen)| seen)
}

fn shown(kind: Kind, seen: &Seen) -> String {
    format!("{}/{} in namespace {}", kind.short(), seen.name(), seen.namespace())
}

/// An object of one of our kinds, with a name and a namespace; `None` for objects of other kinds.
fn ours(mut value: Value, namespace: &str) -> Result<Option<(Kind, Seen)>, String> {
    if !value.is_object() {
        return Err("it is not an object".to_owned());
    }
    let seen = Seen(value.clone());
    let (kind, version) = (word(&seen, "/kind"), word(&seen, "/apiVersion"));
    if kind.is_empty() {
        return Err("it says no kind".to_owned());
    }
    let group = version.split('/').next().unwrap_or_default();
    let is_ours = version.is_empty() || group == GROUP || group.ends_with(&format!(".{GROUP}"));
    let named = Kind::ALL.into_iter().find(|known| known.resource().kind.eq_ignore_ascii_case(&kind));
    let Some(kind) = named.filter(|_| is_ours) else { return Ok(None) };
    let name = word(&seen, "/metadata/name");
    if name.is_empty() {
        return Err(format!("this {} has no name", kind.resource().kind));
    }
    let given = Some(word(&seen, "/metadata/namespace")).filter(|given| !given.is_empty());
    let home = || stored::target(&seen).ok().filter(|_| kind == Kind::Target).map(|target| target.home().to_owned());
    let namespace = given.or_else(home).unwrap_or_else(|| namespace.to_owned());
    if let Some(fields) = value.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        fields.insert("name".to_owned(), name.into());
        fields.insert("namespace".to_owned(), namespace.into());
    }
    Ok(Some((kind, Seen(value))))
}

/// The run's own target, or that of its remediation.
fn target_of(seen: &Seen, requests: &HashMap<(&str, &str), &Seen>) -> Result<Target, String> {
    let own = word(seen, "/spec/targetResource");
    let request = remediation(seen);
    let text = match requests.get(&(seen.namespace(), request.as_str())) {
        Some(request) if own.is_empty() => word(request, "/spec/targetResource"),
        _ => own,
    };
    text.parse().map_err(|error: crate::api::target::NotATarget| error.to_string())
}

fn remediation(seen: &Seen) -> String {
    let labelled = seen.at("/metadata/labels").and_then(|labels| labels.get(labels::REMEDIATION_REQUEST)).and_then(Value::as_str);
    let named = word(seen, "/spec/remediationRequestRef/name");
    if named.is_empty() { labelled.unwrap_or_default().to_owned() } else { named }
}

/// Who has which uid: an outcome counts once by its uid, so two runs must not share one.
type Owners = HashMap<String, (String, String)>;

fn past_run(seen: &Seen, owners: &mut Owners, remark: &mut dyn FnMut(String)) -> PastRun {
    let phase = phase_of(seen, remark);
    let completed = time(seen, "/status/completionTime");
    if phase.is_over() && completed.is_none() {
        remark(format!("{} ended at an unknown time, so it moves no counter", shown(Kind::Execution, seen)));
    }
    PastRun {
        run: RunRef {
            namespace: seen.namespace().to_owned(),
            name: seen.name().to_owned(),
            uid: uid(seen, owners, remark),
            remediation_request: remediation(seen),
        },
        workflow_id: word(seen, "/spec/workflowRef/workflowId"),
        phase,
        outcome: outcome(&word(seen, "/status/outcome")),
        // Details that do not say are no proof that nothing was executed.
        was_execution_failure: seen
            .at("/status/failureDetails")
            .map(|_| truth(seen, "/status/failureDetails/wasExecutionFailure") != Some(false)),
        started: time(seen, "/status/startTime"),
        completed,
        consecutive_failures: count(seen, "/status/consecutiveFailures"),
        next_allowed_execution: time(seen, "/status/nextAllowedExecution"),
        block_cleared: truth(seen, "/status/blockCleared") == Some(true),
        message: word(seen, "/status/failureDetails/message"),
    }
}

/// A phase that nobody knows may be one at work. A run without a phase that tells how or when it ended is over.
fn phase_of(seen: &Seen, remark: &mut dyn FnMut(String)) -> WorkflowPhase {
    let written = seen.at("/status/phase").filter(|written| written.as_str().is_none_or(|text| !text.trim().is_empty()));
    if written.is_none() && ["/status/failureDetails", "/status/outcome", "/status/completionTime"].iter().any(|at| seen.at(at).is_some()) {
        let succeeded = ["Succeeded", "PartialCompletion", "Unverified"].iter().any(|word| seen.text("/status/outcome") == *word);
        return if succeeded { WorkflowPhase::Completed } else { WorkflowPhase::Failed };
    }
    let known = written.map_or(Some(WorkflowPhase::Pending), |written| phase(written.as_str()?));
    known.unwrap_or_else(|| {
        remark(format!("{} has a phase that nobody knows, so it counts as one at work", shown(Kind::Execution, seen)));
        WorkflowPhase::Executing
    })
}

fn uid(seen: &Seen, owners: &mut Owners, remark: &mut dyn FnMut(String)) -> String {
    let me = (seen.namespace().to_owned(), seen.name().to_owned());
    let made_up = made_up_uid(&me.0, &me.1);
    let given = Some(word(seen, "/metadata/uid")).filter(|uid| !uid.is_empty()).unwrap_or_else(|| made_up.clone());
    let owner = owners.entry(given.clone()).or_insert_with(|| me.clone());
    if *owner == me {
        return given;
    }
    remark(format!("{} has the uid of {}/{}, so it is given one of its own", shown(Kind::Execution, seen), owner.0, owner.1));
    owners.entry(made_up.clone()).or_insert(me);
    made_up
}

/// One without a target lifts its id wherever it stands; one whose target cannot be read lifts nothing.
fn lifted(seen: &Seen, remark: &mut dyn FnMut(String)) -> Option<(Option<Target>, String)> {
    let applied = word(seen, "/status/phase").eq_ignore_ascii_case("Applied");
    let (id, target) = (word(seen, "/spec/blockId"), word(seen, "/spec/targetResource"));
    if !applied || id.is_empty() {
        return None;
    }
    match (target.is_empty(), target.parse()) {
        (true, _) => Some((None, id)),
        (false, Ok(target)) => Some((Some(target), id)),
        (false, Err(_)) => {
            remark(format!("{} says no target that can be used, so it lifts nothing", shown(Kind::Clearance, seen)));
            None
        }
    }
}
