//! Shares one cluster among all tests of this binary.

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{Api, PostParams};
use kubernaut::sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

/// The binary under test, which is also the keeper of the clusters.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-kubernaut");

const PATIENCE: Duration = Duration::from_secs(60);

/// The cluster every test may use, each in a namespace of its own. It stops when this process ends.
pub async fn cluster() -> &'static Sandbox {
    static CLUSTER: OnceCell<Sandbox> = OnceCell::const_new();
    CLUSTER.get_or_init(|| start(Options { name: Some("tests".to_owned()), audit_log: true, ..Options::default() })).await
}

/// A second cluster, for tests that start and kill the controllers themselves: they do so in turns, see [`a_cluster_more`].
pub async fn faults() -> &'static Sandbox {
    static CLUSTER: OnceCell<Sandbox> = OnceCell::const_new();
    let begun = async || {
        let sandbox = start(Options { name: Some("faults".to_owned()), ..Options::default() }).await;
        crate::stage::install(&sandbox).await;
        sandbox
    };
    CLUSTER.get_or_init(begun).await
}

/// Starts a cluster for one test.
pub async fn start(options: Options) -> Sandbox {
    let options = Options { keeper_program: Some(PathBuf::from(PROGRAM)), ..options };
    Sandbox::start(options).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Lets one test at a time have a cluster besides the shared one: each takes 700 MB and two busy cores while it starts.
pub async fn a_cluster_more() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// A new namespace of the shared cluster, ready for pods.
pub async fn namespace(prefix: &str) -> String {
    namespace_in(cluster().await, prefix).await
}

/// A new namespace, ready for pods.
pub async fn namespace_in(sandbox: &Sandbox, prefix: &str) -> String {
    namespace_with(sandbox, json!({"generateName": format!("{prefix}-")})).await
}

/// A new namespace with this metadata, ready for pods.
pub async fn namespace_with(sandbox: &Sandbox, metadata: Value) -> String {
    let client = sandbox.client("admin").await.unwrap();
    let wanted = serde_json::from_value(json!({"metadata": metadata})).unwrap();
    let made: Namespace = Api::all(client.clone()).create(&PostParams::default(), &wanted).await.unwrap();
    let name = made.metadata.name.unwrap();
    let accounts = Api::<ServiceAccount>::namespaced(client, &name);
    eventually("the namespace has its service account", async || accounts.get_opt("default").await.unwrap().is_some()).await;
    name
}

/// Asks `fact` until it holds, or fails after a minute.
pub async fn eventually(what: &str, fact: impl AsyncFnMut() -> bool) {
    eventually_within(PATIENCE, what, fact).await;
}

/// Asks `fact` until it holds, or fails after this long.
pub async fn eventually_within(patience: Duration, what: &str, mut fact: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !fact().await {
        assert!(Instant::now() < deadline, "waited {patience:?} in vain: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
