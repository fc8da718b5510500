//! The run that somebody wants to go on, its target's ledger, and what ran.

use crate::api::{Clearance, RunRef, SkipReason, Target, WorkflowExecution};
use crate::cli::ledgers::Ledger;
use crate::cli::output::text::one_line;
use crate::cli::session::Session;
use crate::controllers::ledger::run_ref;
use crate::rules::clearing::{self, Clearing, Liftable, liftable};
use crate::rules::gate::{self, Seen, Verdict};
use crate::settings::Gate;
use jiff::Timestamp;

/// What a clearance is about.
#[derive(Clone)]
pub struct Subject {
    /// The run that was named.
    pub run: RunRef,
    /// Its workflow.
    pub workflow_id: String,
    /// Its target.
    pub target: Target,
    /// Why it was skipped, if it was.
    pub skipped_for: Option<SkipReason>,
    /// The one thing that was named by its id; whatever else stands there is not meant.
    named: Option<Liftable>,
    ledger: Ledger,
    now: Timestamp,
    settings: Gate,
}

impl Subject {
    /// A run, with its target's ledger.
    pub fn of(run: &WorkflowExecution, target: Target, ledger: Ledger, now: Timestamp, settings: Gate) -> Self {
        let skipped = run.status.as_ref().filter(|_| !run.phase().is_over()).and_then(|status| status.skip_details.as_ref());
        let known = Self::known(run_ref(run), run.spec.workflow_ref.workflow_id.clone(), target, ledger, now, settings);
        Self { skipped_for: skipped.map(|skip| skip.reason), ..known }
    }

    /// A run that only its target's ledger tells of.
    pub fn known(run: RunRef, workflow_id: String, target: Target, ledger: Ledger, now: Timestamp, settings: Gate) -> Self {
        Self { run, workflow_id, target, skipped_for: None, named: None, ledger, now, settings }
    }

    /// The same, where only this is meant of what stands there.
    pub fn meaning(&self, only: &Liftable) -> Self {
        Self { named: Some(only.clone()), ..self.clone() }
    }

    /// `namespace/name` of the run.
    pub fn object(&self) -> String {
        format!("{}/{}", self.run.namespace, self.run.name)
    }

    /// What a person may lift for it.
    pub fn liftable(&self) -> Vec<Liftable> {
        if let Some(named) = &self.named {
            return vec![named.clone()];
        }
        let target = self.target.to_string();
        liftable(&self.seen(&target), self.skipped_for)
    }

    fn seen<'a>(&'a self, target: &'a str) -> Seen<'a> {
        Seen {
            now: self.now,
            run: &self.run,
            workflow_id: Some(&self.workflow_id),
            target,
            ledger: &self.ledger.status,
            settings: &self.settings,
        }
    }

    /// What time or another run's end lifts, in words; `None` when nothing waits.
    pub fn waits(&self, session: &Session) -> Option<String> {
        let target = self.target.to_string();
        let answers = gate::explain(&self.seen(&target));
        let waiting = answers.into_iter().find(|answer| answer.verdict == Verdict::Waiting)?;
        Some(match waiting.retry_at {
            Some(until) => format!("wait {}", crate::cli::output::age::age(until.duration_since(session.now()))),
            None => format!("wait: {}", one_line(&waiting.message)),
        })
    }

    /// What stands in the way once this is lifted, in words; `None` when a run may start at once.
    pub fn after(&self, lifted: &Liftable, session: &Session) -> Option<String> {
        let clearance = Clearance {
            uid: "what if".to_owned(),
            block_id: lifted.id.clone(),
            who: String::new(),
            when: self.now,
            why: String::new(),
            how: String::new(),
        };
        let Clearing::Lift(left) = clearing::clear(&self.ledger.status, &clearance) else { return None };
        let target = self.target.to_string();
        let answers = gate::explain(&Seen { ledger: &left, ..self.seen(&target) });
        let decides = gate::deciding(&answers)?;
        Some(match (decides.gate, decides.retry_at) {
            (_, Some(at)) => {
                let what = if left.next_allowed_execution == Some(at) { "backoff" } else { "cooldown" };
                format!("note: {what} still active, earliest execution {}", session.times.until(at, session.now()))
            }
            (SkipReason::ResourceBusy, None) => format!("note: {}", decides.message),
            (_, None) => format!("note: still blocked: {}", decides.message),
        })
    }
}
