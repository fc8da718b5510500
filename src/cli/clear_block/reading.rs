//! What the command reads: by which settings the controllers work, at most once, and the ledger of each target, at most once.

use super::ClearBlockArgs;
use super::select::Item;
use super::subject::Subject;
use crate::api::{SkipReason, Target, WorkflowExecution};
use crate::cli::connect::Connected;
use crate::cli::failure::{Failure, Reason};
use crate::cli::in_force::InForce;
use crate::cli::ledgers::{self, Ledger, World, live, source};
use crate::cli::read::{AT_A_TIME, Selection};
use crate::cli::session::Session;
use crate::rules::clearing::Liftable;
use crate::rules::standing::{self, Standing};
use crate::settings::{Gate, Settings};
use futures::{StreamExt, TryStreamExt, stream};
use kube::ResourceExt;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::OnceCell;

/// Where to read, and what was read already.
pub struct Reading<'a> {
    /// Where.
    pub connected: &'a Connected,
    /// The time, and where notes go.
    pub session: &'a Session,
    of_file: Option<Settings>,
    in_force: OnceCell<InForce>,
    worlds: RefCell<BTreeMap<Target, World>>,
}

/// Ledgers, and the settings that they are judged by.
pub struct Ledgers {
    /// The ledger of each target that was asked for.
    pub of: BTreeMap<Target, Ledger>,
    /// The settings.
    pub settings: Gate,
}

impl<'a> Reading<'a> {
    /// Nothing of the cluster is read yet.
    ///
    /// # Errors
    /// When the file of settings cannot be used.
    pub fn new(args: &ClearBlockArgs, session: &'a Session, connected: &'a Connected) -> Result<Self, Failure> {
        let of_file = args.config.as_deref().map(|path| source::settings(Some(path))).transpose()?;
        Ok(Self { connected, session, of_file, in_force: OnceCell::new(), worlds: RefCell::default() })
    }

    /// The settings. The controllers' are read, and that they are guessed is said, only once something depends on them.
    async fn settings(&self, ledgers: impl IntoIterator<Item = &Ledger>) -> Gate {
        if !ledgers.into_iter().any(Ledger::depends_on_settings) {
            return self.of_file.as_ref().map(|settings| settings.gate).unwrap_or_default();
        }
        let find = || async {
            let found = InForce::find(self.of_file.as_ref(), self.connected, self.session.now()).await;
            found.say("settings", self.session);
            found
        };
        self.in_force.get_or_init(find).await.settings.gate
    }

    /// The ledgers of these targets.
    ///
    /// # Errors
    /// When one cannot be read.
    pub async fn ledgers(&self, targets: BTreeSet<Target>) -> Result<Ledgers, Failure> {
        let unread: Vec<&Target> = targets.iter().filter(|target| !self.worlds.borrow().contains_key(target)).collect();
        let each = unread.into_iter().map(|target| async move {
            let objects = live::ledger(self.connected, target, self.session).await?;
            Ok::<_, Failure>((target.clone(), World::of(objects, &mut |_| {})))
        });
        let read: Vec<(Target, World)> = stream::iter(each).buffered(AT_A_TIME).try_collect().await?;
        self.worlds.borrow_mut().extend(read);
        let now = self.session.now();
        let by = |settings: &Gate| -> BTreeMap<Target, Ledger> {
            let worlds = self.worlds.borrow();
            let asked = worlds.iter().filter(|(target, _)| targets.contains(target));
            asked.map(|(target, world)| (target.clone(), ledgers::of(world, target, now, settings))).collect()
        };
        let settings = self.settings(by(&Gate::default()).values()).await;
        Ok(Ledgers { of: by(&settings), settings })
    }

    /// These runs, with their targets' ledgers.
    ///
    /// # Errors
    /// When one names no target, or a ledger cannot be read.
    pub async fn subjects(&self, runs: Vec<WorkflowExecution>) -> Result<Vec<Subject>, Failure> {
        let runs = runs.into_iter().map(|run| Ok((target_of(&run)?, run))).collect::<Result<Vec<_>, Failure>>()?;
        let Ledgers { of, settings } = self.ledgers(runs.iter().map(|(target, _)| target.clone()).collect()).await?;
        let subject = |(target, run): (Target, WorkflowExecution)| {
            let ledger = of.get(&target).cloned().unwrap_or_default();
            Subject::of(&run, target, ledger, self.session.now(), settings)
        };
        Ok(runs.into_iter().map(subject).collect())
    }

    /// Everything that the ledgers say does not clear by waiting; also where the run is gone.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn standing(&self, selection: &Selection) -> Result<Vec<Item>, Failure> {
        let objects = live::ledgers(self.connected, selection, self.session).await?;
        let (world, now) = (World::of(objects, &mut |_| {}), self.session.now());
        let settings = self.settings(ledgers::all(&world, now, &Gate::default()).values()).await;
        let stored: BTreeSet<&Target> = world.ledgers.iter().map(|stored| &stored.target).collect();
        let all = ledgers::all(&world, now, &settings).into_iter().filter(|(target, _)| stored.contains(target));
        Ok(all.flat_map(|(target, ledger)| self.standing_on(&target, &ledger, settings)).collect())
    }

    /// Everything on one target that does not clear by waiting.
    pub fn standing_on(&self, target: &Target, ledger: &Ledger, settings: Gate) -> Vec<Item> {
        let now = self.session.now();
        let standing = standing::standing(&target.to_string(), &ledger.status, now, &settings);
        let item = |Standing { id, run, reason, workflow_id, .. }: Standing| {
            let failed = run.clone().filter(|_| reason == SkipReason::PreviousExecutionFailed);
            let (run, workflow_id) = (run.unwrap_or_default(), workflow_id.unwrap_or_default());
            let subject = Subject::known(run, workflow_id, target.clone(), ledger.clone(), now, settings);
            Some(Item { subject, lifted: Liftable { gate: reason, id: id?, failed } })
        };
        standing.into_iter().filter_map(item).collect()
    }
}

fn target_of(run: &WorkflowExecution) -> Result<Target, Failure> {
    let about = || format!("{}/{}", run.namespace().unwrap_or_default(), run.name_any());
    let wrong = |error: crate::api::target::NotATarget| Failure::new(Reason::Internal, error.to_string()).about(about());
    run.spec.target_resource.parse().map_err(wrong)
}
