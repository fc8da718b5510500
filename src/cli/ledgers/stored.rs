//! Understands a stored ledger, also one that a person wrote by hand: what is there counts, however little of it there is.

use super::decode::{count, made_up_uid, outcome, time, word};
use super::world::Run;
use crate::api::{
    Block, Clearance, Holder, LastSuccess, RecordedRun, RemediationTargetStatus, RunOutcome, RunRef, SYSTEM_NAMESPACE, Target, names,
};
use crate::cli::output::Seen;

/// The ledger's target: its own, or the one that its name says.
///
/// # Errors
/// When neither is a target.
pub fn target(seen: &Seen) -> Result<Target, String> {
    let written = word(seen, "/spec/targetResource");
    if !written.is_empty() {
        return written.parse().map_err(|error: crate::api::target::NotATarget| error.to_string());
    }
    let (namespace, name) = (word(seen, "/metadata/namespace"), word(seen, "/metadata/name"));
    match name.split_once('.').filter(|(kind, name)| !kind.is_empty() && !name.is_empty()) {
        Some((kind, name)) if namespace.is_empty() || namespace == SYSTEM_NAMESPACE => Ok(Target::cluster(kind, name)),
        Some((kind, name)) => Ok(Target::namespaced(&namespace, kind, name)),
        None => Err("it says no target".to_owned()),
    }
}

/// What the ledger holds; runs that it names without a uid are looked up among `runs`.
pub fn status(seen: &Seen, runs: &[Run]) -> RemediationTargetStatus {
    let reader = Reader { home: seen.namespace(), runs };
    let each = |pointer: &str| seen.list(pointer).iter().cloned().map(Seen).collect::<Vec<_>>();
    RemediationTargetStatus {
        holder: seen
            .at("/status/holder")
            .filter(|held| !held.as_object().is_some_and(|fields| fields.is_empty()))
            .map(|_| reader.holder(seen)),
        consecutive_failures: count(seen, "/status/consecutiveFailures").unwrap_or_default(),
        next_allowed_execution: time(seen, "/status/nextAllowedExecution"),
        last_success: each("/status/lastSuccess").iter().filter_map(|item| reader.success(item)).collect(),
        blocks: each("/status/blocks").iter().map(|item| reader.block(item)).collect(),
        clearances: each("/status/clearances").iter().map(clearance).collect(),
        runs: each("/status/runs").iter().map(|item| reader.recorded(item)).collect(),
        rebuilt_at: time(seen, "/status/rebuiltAt"),
    }
}

struct Reader<'a> {
    home: &'a str,
    runs: &'a [Run],
}

impl Reader<'_> {
    fn known(&self, run: &RunRef) -> Option<&Run> {
        self.runs.iter().rfind(|known| known.past.run.name == run.name && known.past.run.namespace == run.namespace)
    }

    /// A reference below `at`, with the uid of the run that it names.
    fn run(&self, seen: &Seen, at: &str) -> RunRef {
        let field = |name: &str| word(seen, &format!("{at}/{name}"));
        let namespace = Some(field("namespace")).filter(|given| !given.is_empty()).unwrap_or_else(|| self.home.to_owned());
        let mut run = RunRef { namespace, name: field("name"), uid: field("uid"), remediation_request: field("remediationRequest") };
        if run.uid.is_empty() && !run.name.is_empty() {
            run.uid = self.known(&run).map_or_else(|| made_up_uid(&run.namespace, &run.name), |known| known.past.run.uid.clone());
        }
        run
    }

    /// The workflow that is written, or the one of the run that is named.
    fn workflow(&self, written: String, run: &RunRef) -> String {
        match written.is_empty() {
            true => self.known(run).map(|known| known.past.workflow_id.clone()).unwrap_or_default(),
            false => written,
        }
    }

    fn holder(&self, seen: &Seen) -> Holder {
        let run = self.run(seen, "/status/holder");
        let workflow_id = self.workflow(word(seen, "/status/holder/workflowId"), &run);
        Holder { run, workflow_id, since: time(seen, "/status/holder/since").unwrap_or_default() }
    }

    fn block(&self, item: &Seen) -> Block {
        let run = self.run(item, "/run");
        let id = Some(word(item, "/id")).filter(|id| !id.is_empty()).unwrap_or_else(|| names::block_id(&run.uid));
        let workflow_id = self.workflow(word(item, "/workflowId"), &run);
        Block { id, run, workflow_id, since: time(item, "/since").unwrap_or_default(), message: word(item, "/message") }
    }

    fn success(&self, item: &Seen) -> Option<LastSuccess> {
        let run = self.run(item, "/run");
        let workflow_id = self.workflow(word(item, "/workflowId"), &run);
        Some(LastSuccess { workflow_id, run, completed_at: time(item, "/completedAt")? })
    }

    fn recorded(&self, item: &Seen) -> RecordedRun {
        let run = self.run(item, "/run");
        let workflow_id = self.workflow(word(item, "/workflowId"), &run);
        let outcome = outcome(&word(item, "/outcome")).unwrap_or(RunOutcome::FailedDuring);
        RecordedRun { run, workflow_id, outcome, completed_at: time(item, "/completedAt") }
    }
}

fn clearance(item: &Seen) -> Clearance {
    Clearance {
        uid: word(item, "/uid"),
        block_id: word(item, "/blockId"),
        who: word(item, "/who"),
        when: time(item, "/when").unwrap_or_default(),
        why: word(item, "/why"),
        how: word(item, "/how"),
    }
}
