//! One remediation with the proxy before the API server, and what its writes say.

use crate::call::Call;
use crate::controllers::Controllers;
use crate::end::End;
use crate::fault::Hit;
use crate::proxy::Proxy;
use crate::stage::{SURE, Scene, settings};
use crate::support::{a_cluster_more, faults};
use tokio::sync::MutexGuard;

/// Without the lease: who starts need not wait for it.
pub const ALONE: &[&str] = &["--leader-elect=false"];

/// One remediation with the proxy before the API server.
pub struct Act {
    _turn: MutexGuard<'static, ()>,
    pub proxy: Proxy,
    pub controllers: Controllers,
    pub scene: Scene,
    settings: String,
}

impl Act {
    /// With one Deployment, `web`.
    pub async fn begin() -> Self {
        Self::with(&["web"]).await
    }

    /// With these Deployments.
    pub async fn with(deployments: &[&str]) -> Self {
        let turn = a_cluster_more().await;
        let sandbox = faults().await;
        let proxy = Proxy::start(sandbox).await;
        let scene = Scene::with(sandbox, deployments).await;
        let settings = settings("");
        let controllers = Controllers::start(&proxy.kubeconfig(), &settings, ALONE).await;
        Self { _turn: turn, proxy, controllers, scene, settings }
    }

    /// Posts an alert about `web` that is remediated without a person.
    pub async fn raise(&self) -> String {
        self.scene.raise(self.controllers.gateway(), SURE).await
    }

    /// Waits for the death of the controllers at a write, and starts others.
    pub async fn others_after(&mut self, hit: &mut Hit) {
        self.dead_after(hit).await;
        self.start().await;
    }

    /// Waits for the death of the controllers at a write.
    pub async fn dead_after(&mut self, hit: &mut Hit) {
        hit.happened().await;
        assert!(!self.controllers.reap().success());
    }

    /// Starts others.
    pub async fn start(&mut self) {
        self.controllers = Controllers::start(&self.proxy.kubeconfig(), &self.settings, ALONE).await;
    }

    /// Writes to Deployments, whatever became of them.
    pub fn deployment_writes(&self) -> Vec<Call> {
        let namespace = self.scene.namespace.clone();
        self.proxy.writes(|write| write.changes_deployment() && write.namespace == namespace)
    }

    /// How many of them the API server took.
    pub fn committed_deployment_writes(&self) -> usize {
        self.deployment_writes().iter().filter(|write| write.is_committed()).count()
    }

    /// Fails unless the remediation ends as one that nobody disturbed, and wrote once.
    pub async fn ends_as_undisturbed(&self, request: &str) {
        assert_eq!(self.scene.end(request, "web").await, End::remediated());
        assert_eq!(self.committed_deployment_writes(), 1);
    }
}

/// Whether a call takes a target.
pub fn takes_the_target(call: &Call) -> bool {
    call.sets_status("remediationtargets", "/status/holder")
}

/// Whether it announces a write.
pub fn announces(call: &Call) -> bool {
    call.sets_status("kubernetesexecutions", "/status/intent")
}

/// Whether it records the end of a run in the ledger.
pub fn records_the_end(call: &Call) -> bool {
    call.sets_status("remediationtargets", "/status/runs")
}
