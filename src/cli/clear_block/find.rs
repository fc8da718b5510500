//! Finds what a name means: a run that is there, or one that is gone and only a ledger tells of.

use super::reading::Reading;
use super::select::Item;
use super::subject::Subject;
use crate::api::{WorkflowExecution, names};
use crate::cli::failure::{Attempted, Failure, Reason};
use crate::cli::kinds::{Kind, type_and_name};
use crate::cli::output::text::one_line;
use crate::cli::paste;
use crate::cli::read::{AT_A_TIME, CHUNK, Selection};
use futures::{StreamExt, TryStreamExt, stream};
use kube::ResourceExt;
use kube::api::Api;
use std::collections::BTreeMap;

/// A run that was named.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where it is.
    namespace: String,
    /// A run, or a remediation; what it is, if that was not said, shows when it is looked for.
    kind: Option<Kind>,
    name: String,
    /// What a file says its uid is, or its remediation's.
    uid: Option<String>,
}

impl Wanted {
    /// What was typed.
    ///
    /// # Errors
    /// When it can be no run.
    pub fn typed(namespace: &str, text: &str) -> Result<Self, Failure> {
        let (kind, name) = type_and_name(text).map_err(Failure::usage)?;
        match kind {
            None | Some(Kind::Execution | Kind::Remediation) => Ok(Self { namespace: namespace.to_owned(), kind, name, uid: None }),
            Some(other) => Err(Failure::usage(format!("clear-block takes a run (wfe) or its remediation (rr), not {}", other.friendly()))),
        }
    }

    /// What a file names.
    pub fn of_file(namespace: String, kind: Kind, name: &str, uid: &str) -> Self {
        Self { namespace, kind: Some(kind), name: name.to_owned(), uid: Some(uid.to_owned()).filter(|uid| !uid.is_empty()) }
    }

    /// The names that the run may have.
    fn runs(&self) -> Vec<String> {
        match self.kind {
            Some(Kind::Execution) => vec![self.name.clone()],
            Some(_) => vec![names::workflow(&self.name)],
            None => vec![self.name.clone(), names::workflow(&self.name)],
        }
    }

    /// The run, if it is there.
    async fn live(&self, reading: &Reading<'_>) -> Result<Option<WorkflowExecution>, Failure> {
        let api: Api<WorkflowExecution> = Api::namespaced(reading.connected.client.clone(), &self.namespace);
        for candidate in self.runs() {
            let found = api.get_opt(&candidate).await.attempted(|| format!("read {}", Kind::Execution.full_name(&candidate)))?;
            if let Some(found) = found {
                return self.still_is(found).map(Some);
            }
        }
        Ok(None)
    }

    /// Refuses a run that is another than the file's.
    fn still_is(&self, run: WorkflowExecution) -> Result<WorkflowExecution, Failure> {
        let Some(uid) = &self.uid else { return Ok(run) };
        let is_it = match self.kind {
            Some(Kind::Remediation) => run.owner_references().iter().any(|owner| owner.uid == *uid),
            _ => run.uid().as_ref() == Some(uid),
        };
        let look = || format!("look at it:  {}", paste::object("status", &self.short(), &self.namespace));
        if is_it { Ok(run) } else { Err(self.anew().hint(look())) }
    }

    /// What the ledgers of the namespace say of a run that is gone.
    fn gone(&self, standing: &[Item]) -> Result<Subject, Failure> {
        let named = standing.iter().filter(|item| self.kind.is_none() && item.lifted.id == self.name);
        let of_id = named.map(|item| item.subject.meaning(&item.lifted));
        let runs = self.runs();
        let is_meant = |item: &&Item| {
            let run = &item.subject.run;
            let by_remediation = self.kind != Some(Kind::Execution) && run.remediation_request == self.name;
            run.namespace == self.namespace && (by_remediation || runs.contains(&run.name))
        };
        let of_run = standing.iter().filter(is_meant).map(|item| item.subject.clone());
        let mut found: Vec<Subject> = Vec::new();
        for subject in of_id.chain(of_run) {
            if !found.iter().any(|known| known.run.uid == subject.run.uid && known.target == subject.target) {
                found.push(subject);
            }
        }
        let by_id = |failure| by_id(failure, standing.iter().filter(is_meant), &self.namespace);
        if found.is_empty() {
            return Err(self.not_found());
        }
        match &self.uid {
            // A ledger does not keep the uid of a remediation.
            Some(_) if self.kind == Some(Kind::Remediation) => return Err(by_id(self.unsure())),
            Some(uid) => found.retain(|one| one.run.uid == *uid),
            None => {}
        }
        match found.as_slice() {
            [] => Err(by_id(self.anew())),
            [one] => Ok(one.clone()),
            _ => Err(by_id(self.ambiguous())),
        }
    }

    fn not_found(&self) -> Failure {
        let what = Kind::Execution.full_name(&self.name);
        Failure::new(Reason::NotFound, format!("{what} not found in namespace {}", self.namespace))
            .hint(format!("see what is blocked with  {}", paste::here("get blocks")))
    }

    fn ambiguous(&self) -> Failure {
        Failure::usage(format!("{} in namespace {} means several runs that are gone", one_line(&self.name), self.namespace))
    }

    fn anew(&self) -> Failure {
        let message = format!("{} is another than the one of the file: it was created anew since; nothing was cleared", self.short());
        Failure::new(Reason::Conflict, message).about(format!("{}/{}", self.namespace, one_line(&self.name)))
    }

    fn unsure(&self) -> Failure {
        let message = format!("{} is gone, and whether it was the one of the file cannot be told; nothing was cleared", self.short());
        Failure::new(Reason::Conflict, message).about(format!("{}/{}", self.namespace, one_line(&self.name)))
    }

    fn short(&self) -> String {
        one_line(&format!("{}/{}", self.kind.unwrap_or(Kind::Execution).short(), self.name))
    }
}

/// With the commands that name each by its id, which nothing else has.
fn by_id<'a>(failure: Failure, items: impl Iterator<Item = &'a Item>, namespace: &str) -> Failure {
    items.fold(failure, |failure, item| {
        let command = paste::object("clear-block", &item.lifted.id, namespace);
        let what = one_line(&format!("{} ({})", item.subject.target, item.lifted.gate.as_str()));
        failure.hint(format!("for {what}:  {command}"))
    })
}

/// The run that is meant, with its target's ledger.
///
/// # Errors
/// As [`subjects`].
pub async fn subject(reading: &Reading<'_>, wanted: &Wanted) -> Result<Subject, Failure> {
    subjects(reading, std::slice::from_ref(wanted)).await?.pop().ok_or_else(|| wanted.not_found())
}

/// The runs that are meant, with their targets' ledgers; those that are gone as the ledgers tell them.
///
/// # Errors
/// When one is neither there nor in a ledger, is not the file's, or cannot be read.
pub async fn subjects(reading: &Reading<'_>, wanted: &[Wanted]) -> Result<Vec<Subject>, Failure> {
    let reads = wanted.iter().map(|one| one.live(reading));
    let read: Vec<Option<WorkflowExecution>> = stream::iter(reads).buffered(AT_A_TIME).try_collect().await?;
    let gone: Vec<&Wanted> = wanted.iter().zip(&read).filter(|(_, found)| found.is_none()).map(|(one, _)| one).collect();
    let mut standing = BTreeMap::new();
    for one in &gone {
        if !standing.contains_key(&one.namespace) {
            standing.insert(&one.namespace, standing_in(reading, one).await?);
        }
    }
    let gone = gone.into_iter().map(|one| one.gone(standing.get(&one.namespace).map(Vec::as_slice).unwrap_or_default()));
    let gone = gone.collect::<Result<Vec<_>, _>>()?;
    let mut subjects = reading.subjects(read.into_iter().flatten().collect()).await?;
    subjects.extend(gone);
    Ok(subjects)
}

/// Everything that stands in the namespace of a run that is not there.
async fn standing_in(reading: &Reading<'_>, one: &Wanted) -> Result<Vec<Item>, Failure> {
    let selection = Selection { namespace: Some(one.namespace.clone()), chunk: CHUNK, ..Selection::default() };
    match reading.standing(&selection).await {
        // Who may not list them has maybe only mistyped a name.
        Err(failure) if failure.reason == Reason::Forbidden => Err(one.not_found().because(failure.message)),
        standing => standing,
    }
}
