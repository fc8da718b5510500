//! Finds out which run, target and workflow a question is about.

use super::ahead::{self, Ahead};
use crate::api::{RunRef, Target, names};
use crate::cli::failure::{Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::ledgers::World;
use crate::cli::ledgers::decode::word;
use crate::cli::output::Seen;
use crate::cli::paste;
use jiff::Timestamp;

/// Which run, target and workflow a question is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// `namespace/name` of the object that was asked for, or that it led to; absent for a bare target.
    pub object: Option<String>,
    /// `namespace/name` of the remediation that was asked for.
    pub remediation: Option<String>,
    /// The run; nobody when there is none.
    pub run: RunRef,
    /// The workflow; `None` asks for any.
    pub workflow_id: Option<String>,
    /// The target, normalised.
    pub target: Target,
    /// The run as it was read.
    pub seen: Option<Seen>,
    /// What is ahead of that run, or of the remediation that has none yet; absent for a bare target.
    pub ahead: Option<Ahead>,
    /// Whether a bare target is on the cluster, where that is known.
    pub is_there: Option<bool>,
}

/// Refuses kinds that no gate is asked for.
///
/// # Errors
/// A usage error that names the kinds that are.
pub fn check(kind: Kind, name: &str) -> Result<(), Failure> {
    match kind {
        Kind::Execution | Kind::Remediation | Kind::Approval => Ok(()),
        other => Err(Failure::usage(format!("why explains runs (wfe), remediations (rr) and approvals (aar), not {}", other.friendly()))
            .hint(format!("see it with  {}", paste::get(&format!("{}.{}", other.resource().plural, crate::api::GROUP), name)))),
    }
}

impl Question {
    /// The object as `TYPE/NAME`; empty for a bare target.
    pub fn short(&self) -> String {
        let kind = if self.seen.is_some() { Kind::Execution } else { Kind::Remediation };
        let name = self.object.as_deref().and_then(|object| object.rsplit('/').next());
        name.map(|name| format!("{}/{name}", kind.short())).unwrap_or_default()
    }

    /// The namespace of the object; empty for a bare target.
    pub fn namespace(&self) -> &str {
        self.object.as_deref().and_then(|object| object.split('/').next()).unwrap_or_default()
    }

    /// A question about a target, for one workflow or for any.
    pub fn of_target(target: Target, workflow: Option<&str>) -> Self {
        let workflow_id = workflow.map(str::to_owned).filter(|id| !id.is_empty());
        Self { object: None, remediation: None, run: RunRef::default(), workflow_id, target, seen: None, ahead: None, is_there: None }
    }

    fn of_run(world: &World, seen: &Seen, remediation: Option<&Seen>) -> Result<Self, Failure> {
        let Some(run) = world.run(seen.namespace(), seen.name()) else {
            let message = format!("wfe/{} says no target that can be used", seen.name());
            return Err(Failure::new(Reason::Internal, message)
                .about(full_name(seen))
                .hint("its spec.targetResource must be namespace/kind/name"));
        };
        Ok(Self {
            object: Some(full_name(seen)),
            remediation: remediation.map(full_name),
            run: run.past.run.clone(),
            workflow_id: Some(run.past.workflow_id.clone()).filter(|id| !id.is_empty()),
            target: run.target.clone(),
            seen: Some(seen.clone()),
            ahead: Some(ahead::of_run(seen, run.past.phase)),
            is_there: None,
        })
    }

    /// The run of a remediation; where there is none yet, its target with the workflow of its analysis.
    fn of_remediation(world: &World, request: &Seen, now: Timestamp) -> Result<Self, Failure> {
        let (namespace, name) = (request.namespace(), request.name());
        let recorded = Some(word(request, "/status/workflowExecutionRef/name")).filter(|name| !name.is_empty());
        let expected = recorded.unwrap_or_else(|| names::workflow(name));
        let run = world.run(namespace, &expected).or_else(|| world.run_for(namespace, name));
        if let Some(seen) = run.and_then(|run| world.find(Kind::Execution, namespace, &run.past.run.name)) {
            let found = Self::of_run(world, seen, Some(request))?;
            let ahead = ahead::of_remediation(request, None, found.ahead.clone(), now);
            return Ok(Self { ahead: Some(ahead), ..found });
        }
        let recorded = Some(word(request, "/status/aiAnalysisRef/name")).filter(|name| !name.is_empty());
        let analysis = world.find(Kind::Analysis, namespace, &recorded.unwrap_or_else(|| names::analysis(name)));
        let workflow = analysis.and_then(|seen| {
            ["/status/workflowId", "/status/plan/workflowId"].into_iter().map(|at| word(seen, at)).find(|id| !id.is_empty())
        });
        let wrong = |error: crate::api::target::NotATarget| Failure::new(Reason::Internal, error.to_string()).about(full_name(request));
        let target = Self::of_target(word(request, "/spec/targetResource").parse().map_err(wrong)?, workflow.as_deref());
        let approval = world.find(Kind::Approval, namespace, &approval(request, analysis));
        let ahead = Some(ahead::of_remediation(request, approval, None, now));
        Ok(Self { object: Some(full_name(request)), remediation: Some(full_name(request)), ahead, ..target })
    }
}

/// Name of the approval request that a remediation's analysis has made, or would make.
pub fn approval(request: &Seen, analysis: Option<&Seen>) -> String {
    let recorded = analysis.map(|seen| word(seen, "/status/approvalRequestRef/name")).filter(|name| !name.is_empty());
    let named = analysis.map_or_else(|| names::analysis(request.name()), |seen| seen.name().to_owned());
    recorded.unwrap_or_else(|| names::approval(&named))
}

/// What is asked about an object at a time. A bare name is a run's, or else a remediation's.
///
/// # Errors
/// When there is no such object, or it names no target.
pub fn about(world: &World, kind: Option<Kind>, name: &str, namespace: Option<&str>, now: Timestamp) -> Result<Question, Failure> {
    match kind {
        Some(Kind::Remediation) => Question::of_remediation(world, locate(world, Kind::Remediation, name, namespace)?, now),
        Some(_) => Question::of_run(world, locate(world, Kind::Execution, name, namespace)?, None),
        None => match locate(world, Kind::Execution, name, namespace) {
            Ok(seen) => Question::of_run(world, seen, None),
            Err(missing) => match locate(world, Kind::Remediation, name, namespace) {
                Ok(request) => Question::of_remediation(world, request, now),
                Err(_) => Err(missing),
            },
        },
    }
}

/// The object of this kind and name: in `namespace`, or wherever there is just one.
///
/// # Errors
/// When there is none, or several.
pub fn locate<'a>(world: &'a World, kind: Kind, name: &str, namespace: Option<&str>) -> Result<&'a Seen, Failure> {
    if let Some(found) = world.find(kind, namespace.unwrap_or("default"), name) {
        return Ok(found);
    }
    let anywhere = world.anywhere(kind, name);
    let mut places: Vec<&str> = anywhere.iter().map(|seen| seen.namespace()).collect();
    places.sort_unstable();
    places.dedup();
    match (namespace, places.as_slice()) {
        (None, [only]) => world.find(kind, only, name).ok_or_else(|| missing(kind, name, namespace, &[])),
        (None, [_, _, ..]) => {
            Err(Failure::usage(format!("{}/{name} is in several namespaces: {}", kind.short(), places.join(", ")))
                .hint("choose one with -n"))
        }
        _ => Err(missing(kind, name, namespace, &places)),
    }
}

fn missing(kind: Kind, name: &str, namespace: Option<&str>, places: &[&str]) -> Failure {
    let place = namespace.map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    let failure = Failure::new(Reason::NotFound, format!("{} not found{place}", kind.full_name(name)));
    let failure = failure.about(namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}")));
    places.iter().fold(failure, |failure, found| failure.hint(format!("found in namespace {found}: add  -n {found}")))
}

fn full_name(seen: &Seen) -> String {
    format!("{}/{}", seen.namespace(), seen.name())
}
