//! Disturbs a remediation at each of its writes in turn: every one must end as if nobody had, or in the block that the contract asks for.

use crate::act::ALONE;
use crate::call::Call;
use crate::controllers::Controllers;
use crate::fault::{Fault, Heard, Hit};
use crate::point::{Point, points};
use crate::proxy::Proxy;
use crate::scenarios::Scenario;
use crate::snapshot::Snapshot;
use crate::stage::Scene;
use crate::support::{a_cluster_more, faults};
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kubernaut::api::{RemediationPhase, RemediationRequest, RunOutcome, StepPhase, names};
use kubernaut::sandbox::Sandbox;
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{MutexGuard, watch};
use tokio::task::JoinHandle;

const PATIENCE: Duration = Duration::from_secs(120);
/// How long what is over may take to look as it should.
const LAST_WRITES: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(40);
/// After so long without a write, a remediation that is over writes no more.
const QUIET: Duration = Duration::from_millis(1_500);

/// What happens at a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// `kill -9` right after the API server committed it; others go on.
    KilledAfter,
    /// `kill -9` before it reaches the API server; others go on.
    KilledBefore,
    /// `kill -9` right after it, and somebody else touches the Deployment before others go on.
    KilledAfterAndTouched,
    /// The API server commits it, the client sees a cut connection and lives on.
    AnswerLost,
    /// The API server is sent it twice, and the client hears the second answer.
    SentTwice,
}

impl How {
    fn kills(self) -> bool {
        matches!(self, Self::KilledAfter | Self::KilledBefore | Self::KilledAfterAndTouched)
    }
}

/// How a disturbed remediation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    AsUndisturbed,
    /// With a block, since nobody can tell whether a write happened.
    Blocked,
}

/// One process of controllers behind the proxy, and the cluster.
pub struct Stage {
    _turn: MutexGuard<'static, ()>,
    sandbox: &'static Sandbox,
    proxy: Proxy,
    settings: String,
    controllers: Controllers,
    gateway: watch::Sender<SocketAddr>,
    next: JoinHandle<Scene>,
    last: Option<(Scene, Snapshot)>,
}

/// What an undisturbed run showed.
pub struct Learned {
    pub points: Vec<Point>,
    end: Snapshot,
}

impl Stage {
    pub async fn set(scenario: &Scenario) -> Self {
        let turn = a_cluster_more().await;
        let sandbox = faults().await;
        let proxy = Proxy::start(sandbox).await;
        let settings = scenario.settings();
        let controllers = Controllers::start(&proxy.kubeconfig(), &settings, ALONE).await;
        let (gate, client) = (scenario.gate(), sandbox.client("admin").await.unwrap());
        proxy.wait_for(move |call| gate(call, &client));
        let gateway = watch::Sender::new(controllers.gateway());
        Self { _turn: turn, sandbox, proxy, settings, controllers, gateway, next: scene(sandbox), last: None }
    }

    /// A scene that was made while another was played.
    async fn scene(&mut self) -> Scene {
        std::mem::replace(&mut self.next, scene(self.sandbox)).await.unwrap()
    }

    /// Plays a scenario undisturbed, and learns its writes and its end.
    pub async fn learn(&mut self, scenario: &Scenario) -> Learned {
        let scene = self.scene().await;
        let ends = over(&scene, scenario);
        let requests = meanwhile(scenario.played(&scene, self.sandbox, self.gateway.subscribe()), ends).await.unwrap();
        self.is_quiet(&scene).await;
        for request in requests {
            assert_eq!(scene.end(&request.name_any(), "web").await.request, scenario.end, "{}", scenario.name);
        }
        assert_eq!(self.committed(&scene), scenario.writes, "{}", scenario.name);
        Learned { points: points(&self.writes_of(&scene)), end: Snapshot::of(&scene).await }
    }

    /// Plays a scenario disturbed at one write, and judges its end; `None` when it ended without coming to that write.
    pub async fn survives(&mut self, scenario: &Scenario, learned: &Learned, point: &Point, how: How) -> Result<Option<Ended>, String> {
        if !self.controllers.runs() {
            self.start().await;
        }
        let scene = self.scene().await;
        let hit = self.disturb(&scene, point, how);
        let people = scenario.played(&scene, self.sandbox, self.gateway.subscribe());
        let ended = meanwhile(people, self.disturbed(&scene, scenario, learned, (hit, point, how))).await?;
        let end = Snapshot::of(&scene).await;
        if let Some((last, end)) = self.last.replace((scene, end)) {
            stays_as_it_was(&last, &end).await?;
        }
        Ok(ended)
    }

    async fn disturbed(
        &mut self,
        scene: &Scene,
        scenario: &Scenario,
        learned: &Learned,
        (mut hit, point, how): (Hit, &Point, How),
    ) -> Result<Option<Ended>, String> {
        tokio::select! {
            true = hit.comes(PATIENCE) => {}
            ended = ended_without(scene, scenario) => return ended.map(|()| None),
        }
        if how.kills() {
            assert!(!self.controllers.reap().success());
            if how == How::KilledAfterAndTouched {
                touch(scene).await;
            }
            self.start().await;
        }
        let ended = self.judge(scene, scenario, learned, (point, how)).await;
        match self.controllers.runs() {
            true => ended.map(Some),
            false => Err("the controllers died".to_owned()),
        }
    }

    async fn start(&mut self) {
        self.controllers = Controllers::start(&self.proxy.kubeconfig(), &self.settings, ALONE).await;
        self.gateway.send_replace(self.controllers.gateway());
    }

    fn disturb(&self, scene: &Scene, point: &Point, how: How) -> Hit {
        let (namespace, wanted) = (scene.namespace.clone(), point.clone());
        let is_it = move |call: &Call| call.namespace == namespace && wanted.says(call);
        let fault = match how {
            How::KilledAfter | How::KilledAfterAndTouched => Fault::CommitThen(self.controllers.killer()),
            How::KilledBefore => Fault::LoseAfter(self.controllers.killer()),
            How::AnswerLost => Fault::cut(),
            How::SentTwice => Fault::Twice(Heard::Second),
        };
        self.proxy.disturb(&point.name, point.nth, is_it, fault)
    }

    async fn judge(&self, scene: &Scene, scenario: &Scenario, learned: &Learned, (point, how): (&Point, How)) -> Result<Ended, String> {
        let requests = over(scene, scenario).await?;
        if self.is_unknowable(scene, point, how) {
            self.is_quiet(scene).await;
            return self.is_blocked_and_nothing_else_ran(scene, &requests[0], point).await.map(|()| Ended::Blocked);
        }
        let deadline = Instant::now() + LAST_WRITES;
        loop {
            let differences = learned.end.differences(&Snapshot::of(scene).await);
            let writes = self.committed(scene);
            if differences.is_empty() && writes == scenario.writes {
                return Ok(Ended::AsUndisturbed);
            }
            if Instant::now() > deadline || writes > scenario.writes {
                return Err(format!("{writes} writes instead of {}; {differences:#?}", scenario.writes));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether a write was announced, not recorded, and the object has moved on since: then the first fence is refused, and the values
    /// are not those that were to be written. The API server's answer to the fence decides, not what we expect.
    fn is_unknowable(&self, scene: &Scene, point: &Point, how: How) -> bool {
        let fences = self.proxy.writes(|call| call.namespace == scene.namespace && call.fences());
        let refused = fences.first().is_some_and(|fence| !fence.is_committed());
        assert!(how != How::KilledAfterAndTouched || refused, "a touched object is not fenced at the announced version");
        point.announces() && refused
    }

    async fn is_blocked_and_nothing_else_ran(&self, scene: &Scene, request: &RemediationRequest, point: &Point) -> Result<(), String> {
        let name = request.name_any();
        let end = scene.end(&name, "web").await;
        let run = scene.run(&name).await.unwrap();
        let ledger = scene.ledger("web").await;
        let steps = scene.steps(&name).await;
        let changes: usize = steps.iter().map(|step| step.status.as_ref().map_or(0, |status| status.changes.len())).sum();
        let interrupted = steps.iter().find(|step| point.name.contains(step.name_any().trim_start_matches(&name)));
        let told: Vec<&String> = end.notices.iter().filter(|notice| *notice != "-notification-approval").collect();
        let facts = [
            ("the remediation asks for a person", end.request == "Failed Some(ManualReviewRequired) review=true blocked=true"),
            ("the run counts as executed", run.status.as_ref().and_then(|status| status.outcome) == Some(RunOutcome::FailedDuring)),
            ("the block is that of the run", ledger.blocks.len() == 1 && ledger.blocks[0].id == names::block_id(&run.uid().unwrap())),
            ("the target was given back", ledger.holder.is_none()),
            ("the interrupted step failed", interrupted.is_some_and(|step| step.phase() == StepPhase::Failed)),
            ("every step is over", steps.iter().all(|step| step.phase().is_over())),
            ("every write stands in a step", changes == self.committed(scene)),
            ("what completed was undone, but for an interrupted undo", end.memory == "128Mi" || point.name.contains("-undo-")),
            ("somebody was told, once", told == ["-notification-failed"]),
        ];
        let wrong: Vec<&str> = facts.iter().filter(|(_, holds)| !holds).map(|(what, _)| *what).collect();
        if wrong.is_empty() { Ok(()) } else { Err(format!("not so: {wrong:?}; {end:#?}")) }
    }

    fn writes_of(&self, scene: &Scene) -> Vec<Call> {
        self.proxy.writes(|write| write.namespace == scene.namespace)
    }

    /// Writes to the Deployment that the API server took.
    fn committed(&self, scene: &Scene) -> usize {
        self.writes_of(scene).iter().filter(|write| write.changes_deployment() && write.is_committed()).count()
    }

    async fn is_quiet(&self, scene: &Scene) {
        let (mut before, mut since) = (0, Instant::now());
        while since.elapsed() < QUIET {
            tokio::time::sleep(LOOK).await;
            let now = self.writes_of(scene).len();
            if now != before {
                (before, since) = (now, Instant::now());
            }
        }
    }
}

/// Makes a scene meanwhile.
fn scene(sandbox: &'static Sandbox) -> JoinHandle<Scene> {
    let here = Handle::current();
    tokio::task::spawn_blocking(move || here.block_on(Scene::of_pods(sandbox, &["web"], 1)))
}

/// What is over is left alone; then its Deployment makes room on the nodes.
async fn stays_as_it_was(scene: &Scene, end: &Snapshot) -> Result<(), String> {
    let differences = end.differences(&Snapshot::of(scene).await);
    scene.api::<Deployment>().delete("web", &DeleteParams::background()).await.unwrap();
    match differences.is_empty() {
        true => Ok(()),
        false => Err(format!("the one before changed after its end: {differences:#?}")),
    }
}

async fn touch(scene: &Scene) {
    let touch = Patch::Merge(json!({ "metadata": { "annotations": { "somebody": "else" } } }));
    scene.api::<Deployment>().patch("web", &PatchParams::default(), &touch).await.unwrap();
}

/// What comes of `this` while people do their part.
async fn meanwhile<T>(people: impl Future<Output = ()>, this: impl Future<Output = T>) -> T {
    let people = async {
        people.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        came = this => came,
        () = people => unreachable!("it is pending"),
    }
}

/// Waits for the end of every remediation; they are in the order of their creation.
async fn over(scene: &Scene, scenario: &Scenario) -> Result<Vec<RemediationRequest>, String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut found = scene.api::<RemediationRequest>().list(&ListParams::default()).await.unwrap().items;
        if found.len() > scenario.alerts.len() {
            return Err("an alert became two remediations".to_owned());
        }
        if found.len() == scenario.alerts.len() && found.iter().all(|request| request.phase().is_over()) {
            found.sort_by_key(|request| scenario.alerts.iter().position(|alert| *alert == request.spec.signal_name));
            return Ok(found);
        }
        let phases: Vec<RemediationPhase> = found.iter().map(RemediationRequest::phase).collect();
        if Instant::now() > deadline {
            return Err(format!("not over after {PATIENCE:?}: {phases:?}"));
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn ended_without(scene: &Scene, scenario: &Scenario) -> Result<(), String> {
    over(scene, scenario).await?;
    // What it writes after its end may still come.
    tokio::time::sleep(QUIET).await;
    Ok(())
}
