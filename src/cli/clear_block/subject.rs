//! The run that somebody wants to go on, its target's ledger, and what ran.

use crate::api::{Clearance, RunRef, SkipReason, Target, WorkflowExecution, names};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason};
use crate::cli::in_force::InForce;
use crate::cli::kinds::{Kind, type_and_name};
use crate::cli::ledgers::{self, Ledger, World, live};
use crate::cli::output::text::one_line;
use crate::cli::paste;
use crate::cli::session::Session;
use crate::controllers::ledger::run_ref;
use crate::rules::clearing::{self, Clearing, Liftable, liftable};
use crate::rules::gate::{self, Seen, Verdict};
use crate::settings::Gate;
use jiff::Timestamp;
use kube::ResourceExt;
use kube::api::Api;

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
    ledger: Ledger,
    now: Timestamp,
    settings: Gate,
}

impl Subject {
    /// Finds the run by its own name or by its remediation's.
    ///
    /// # Errors
    /// When there is no such run, or the API server does not answer.
    pub async fn find(connected: &Connected, name: &str, session: &Session) -> Result<Self, Failure> {
        Self::of(connected, &find_run(connected, name).await?, session).await
    }

    /// A run, with its target's ledger.
    ///
    /// # Errors
    /// When it names no target, or the API server does not answer.
    pub async fn of(connected: &Connected, run: &WorkflowExecution, session: &Session) -> Result<Self, Failure> {
        let target: Target = run.spec.target_resource.parse().map_err(|error: crate::api::target::NotATarget| {
            Failure::new(Reason::Internal, error.to_string()).about(format!("{}/{}", connected.namespace, run.name_any()))
        })?;
        let objects = live::ledger(connected, &target, session).await?;
        let world = World::of(objects, &mut |_| {});
        let ledger = ledgers::of(&world, &target, session.now(), &Gate::default());
        let settings = match ledger.depends_on_settings() {
            true => InForce::find(None, connected, session.now()).await.settings.gate,
            false => Gate::default(),
        };
        let skipped = run.status.as_ref().filter(|_| !run.phase().is_over()).and_then(|status| status.skip_details.as_ref());
        Ok(Self {
            run: run_ref(run),
            workflow_id: run.spec.workflow_ref.workflow_id.clone(),
            skipped_for: skipped.map(|skip| skip.reason),
            target,
            ledger,
            now: session.now(),
            settings,
        })
    }

    /// A run that only its target's ledger tells of.
    pub fn known(run: RunRef, workflow_id: String, target: Target, ledger: Ledger, now: Timestamp, settings: Gate) -> Self {
        Self { run, workflow_id, target, skipped_for: None, ledger, now, settings }
    }

    /// `namespace/name` of the run.
    pub fn object(&self) -> String {
        format!("{}/{}", self.run.namespace, self.run.name)
    }

    /// What a person may lift for it.
    pub fn liftable(&self) -> Vec<Liftable> {
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

async fn find_run(connected: &Connected, text: &str) -> Result<WorkflowExecution, Failure> {
    let (kind, name) = type_and_name(text).map_err(Failure::usage)?;
    let api: Api<WorkflowExecution> = Api::namespaced(connected.client.clone(), &connected.namespace);
    let candidates = match kind {
        Some(Kind::Execution) => vec![name.clone()],
        Some(Kind::Remediation) => vec![names::workflow(&name)],
        None => vec![name.clone(), names::workflow(&name)],
        Some(other) => {
            return Err(Failure::usage(format!("clear-block takes a run (wfe) or its remediation (rr), not {}", other.friendly())));
        }
    };
    for candidate in &candidates {
        let found = api.get_opt(candidate).await.attempted(|| format!("read {}", Kind::Execution.full_name(candidate)))?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Err(Failure::new(Reason::NotFound, format!("{} not found in namespace {}", Kind::Execution.full_name(&name), connected.namespace))
        .hint(format!("see what is blocked with  {}", paste::ours("get blocks -A"))))
}
