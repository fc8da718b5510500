//! Sets the stage: one control plane with an audit log, the installation, and Deployments on its fake nodes.

use crate::watched::Watched;
use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Namespace;
use kube::Client;
use kube::api::{Api, PostParams};
use kubernaut::sandbox::{Options, Sandbox};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program that is measured, which also keeps the control plane.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-kubernaut");
/// Where everything happens.
pub const NAMESPACE: &str = "bench";

/// Requests that are sent at once while the stage is set.
pub const AT_ONCE: usize = 8;

/// A running control plane, and people who talk to it.
pub struct Stage {
    /// The control plane. It ends with this process, however that ends.
    pub sandbox: Sandbox,
    /// May do everything.
    pub admin: Client,
    /// May approve.
    pub alice: Client,
}

impl Stage {
    /// Starts the control plane and installs kinds and rights.
    pub async fn set() -> Result<Self> {
        let options =
            Options { name: Some("bench".to_owned()), audit_log: true, keeper_program: Some(PathBuf::from(PROGRAM)), ..Options::default() };
        let sandbox = Sandbox::start(options).await?;
        let (admin, alice) = (sandbox.client("admin").await?, sandbox.client("alice").await?);
        let stage = Self { sandbox, admin, alice };
        stage.run(&mut stage.command(Path::new(PROGRAM), &["install"]))?;
        let namespace = serde_json::from_value(json!({ "metadata": { "name": NAMESPACE } }))?;
        Api::<Namespace>::all(stage.admin.clone()).create(&PostParams::default(), &namespace).await?;
        Ok(stage)
    }

    /// A command that knows this cluster and nothing of the user's.
    pub fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).env("KUBECONFIG", self.sandbox.kubeconfig_path()).env("HOME", self.sandbox.folder());
        command
    }

    /// Runs a command to its end and answers what it printed.
    pub fn run(&self, command: &mut Command) -> Result<String> {
        let output = command.output().with_context(|| format!("run {command:?}"))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => bail!("{command:?}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// Where the audit log is.
    pub fn audit_log(&self) -> Result<PathBuf> {
        self.sandbox.audit_log_path().context("the API server writes no audit log")
    }

    /// Makes Deployments and waits until they have their replicas.
    pub async fn deploy(&self, names: &[String], replicas: i32) -> Result<()> {
        let api: Api<Deployment> = Api::namespaced(self.admin.clone(), NAMESPACE);
        let make = |name: &String| {
            let (api, name) = (api.clone(), name.clone());
            async move { anyhow::Ok(api.create(&PostParams::default(), &deployment(&name, replicas)?).await?) }
        };
        let made: Vec<Deployment> = stream::iter(names.iter().map(make)).buffer_unordered(AT_ONCE).try_collect().await?;
        ensure!(made.len() == names.len(), "some Deployments were not made");
        let watched: Watched<Deployment> = Watched::start(&self.admin, NAMESPACE);
        let all_ready =
            |board: &crate::watched::Board<_>| names.iter().all(|name| board.get(name).is_some_and(|sight| is_ready(&sight.object)));
        watched.when("every Deployment is ready", |board| Ok(all_ready(board).then_some(()))).await
    }
}

fn is_ready(deployment: &Deployment) -> bool {
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or_default();
    let Some(status) = &deployment.status else { return false };
    status.observed_generation == deployment.metadata.generation && status.available_replicas.unwrap_or_default() == wanted
}

fn deployment(name: &str, replicas: i32) -> Result<Deployment> {
    let limits = json!({ "memory": "64Mi", "cpu": "50m" });
    let container = json!({ "name": "app", "image": "example.invalid/app:1", "resources": { "limits": limits } });
    let made = json!({
        "metadata": { "name": name },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": name } },
            "template": { "metadata": { "labels": { "app": name } }, "spec": { "containers": [container] } },
        },
    });
    Ok(serde_json::from_value(made)?)
}
