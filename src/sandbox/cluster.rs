//! Starts, disturbs and stops one local cluster.

use super::binaries::{Binaries, Sources};
use super::components::{Blueprint, Component};
use super::error::{Error, file};
use super::processes::Processes;
use super::ready;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How many times a start is tried when another program takes one of our ports meanwhile.
const ATTEMPTS: u32 = 3;

/// What kind of sandbox to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many fake nodes.
    pub nodes: u32,
    /// Leave the folder, with its logs, when the sandbox stops.
    pub keep: bool,
    /// The cluster's name in the kubeconfig, and a part of the folder's.
    pub name: Option<String>,
    /// The program whose hidden `sandbox-keeper` command keeps the processes; this one when absent.
    pub keeper_program: Option<PathBuf>,
    /// An older Kubernetes version to behave like, such as `1.33`.
    pub emulated_version: Option<String>,
    /// Write every request to [`Sandbox::audit_log_path`], without bodies.
    pub audit_log: bool,
    /// People besides [`super::PEOPLE`], each with a group; nobody has given them any rights.
    pub more_people: &'static [(&'static str, &'static str)],
}

impl Default for Options {
    fn default() -> Self {
        Self { nodes: 2, keep: false, name: None, keeper_program: None, emulated_version: None, audit_log: false, more_people: &[] }
    }
}

/// A running cluster. It needs no runtime to live, and stops when it is dropped or this process ends in any way.
#[derive(Debug)]
pub struct Sandbox {
    blueprint: Blueprint,
    processes: Processes,
}

impl Sandbox {
    /// Starts a cluster and waits until its nodes take pods. The first time ever it builds the programs, which takes minutes.
    ///
    /// # Errors
    /// When something cannot be built, dies while starting, or takes longer than 90 s.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let binaries = find_binaries().await?;
        for _ in 1..ATTEMPTS {
            match Self::attempt(&options, binaries.clone()).await {
                Err(error) if port_was_taken(&error) => {}
                outcome => return outcome,
            }
        }
        Self::attempt(&options, binaries).await
    }

    async fn attempt(options: &Options, binaries: Binaries) -> Result<Self, Error> {
        let name = options.name.as_deref().unwrap_or("sandbox");
        let folder = new_folder(name)?;
        let mut blueprint = Blueprint::draw(folder.path(), name, options.more_people, binaries)?;
        blueprint.audit = options.audit_log;
        blueprint.emulated_version.clone_from(&options.emulated_version);
        let processes = Processes::new(&keeper_program(options)?, folder.path(), options.keep)?;
        let _ = folder.keep();
        let sandbox = Self { blueprint, processes };
        match sandbox.unless_something_dies(sandbox.bring_up(options.nodes)).await {
            Ok(()) => Ok(sandbox),
            Err(error) => {
                sandbox.stop().await;
                Err(error)
            }
        }
    }

    /// The API server waits for etcd by itself; everything else waits for the API server.
    async fn bring_up(&self, nodes: u32) -> Result<(), Error> {
        self.run(Component::Etcd).await?;
        self.run(Component::ApiServer).await?;
        let config = self.config("admin").await?;
        ready::server(&config, self.folder()).await?;
        self.run(Component::ControllerManager).await?;
        self.run(Component::Scheduler).await?;
        let client = self.client("admin").await?;
        ready::grant(&client).await?;
        self.run(Component::Kwok).await?;
        ready::add_nodes(&client, nodes).await?;
        ready::nodes(&client, nodes, self.folder()).await
    }

    async fn run(&self, component: Component) -> Result<(), Error> {
        self.processes.start(self.blueprint.job(component)).await.map(drop)
    }

    async fn unless_something_dies<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            error = self.processes.unexpected_end() => Err(error),
            outcome = work => outcome,
        }
    }

    /// The kubeconfig of the cluster's people: contexts `admin` (current), `alice` and `bob`.
    pub fn kubeconfig_path(&self) -> PathBuf {
        self.blueprint.kubeconfig()
    }

    /// Where the cluster keeps its files; logs are in `logs/`.
    pub fn folder(&self) -> &Path {
        &self.blueprint.folder
    }

    /// The log of a component.
    pub fn log_path(&self, component: Component) -> PathBuf {
        self.blueprint.log(component)
    }

    /// Where the API server writes its audit log, if asked to.
    pub fn audit_log_path(&self) -> Option<PathBuf> {
        self.blueprint.audit_log()
    }

    /// A `kubectl` of the cluster's version.
    pub fn kubectl(&self) -> PathBuf {
        self.blueprint.binaries.kubectl()
    }

    /// The API server's address.
    pub fn server_url(&self) -> String {
        self.blueprint.server_url()
    }

    /// The process ids of the components that run now, by name.
    pub fn pids(&self) -> BTreeMap<String, u32> {
        self.processes.pids()
    }

    /// How to connect as a person of this cluster. No retries: a test wants the first answer.
    ///
    /// # Errors
    /// When `user` is neither one of [`super::PEOPLE`] nor of [`Options::more_people`], or the folder is gone.
    pub async fn config(&self, user: &str) -> Result<Config, Error> {
        let trouble = |error: kube::config::KubeconfigError| Error::Kubeconfig(error.to_string());
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig_path()).map_err(trouble)?;
        let options = KubeConfigOptions { context: Some(user.to_owned()), ..KubeConfigOptions::default() };
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(trouble)?;
        config.default_retry = false;
        config.proxy_url = None;
        Ok(config)
    }

    /// A client for a person of this cluster. It belongs to the current runtime: make one in each test.
    ///
    /// # Errors
    /// As [`Sandbox::config`].
    pub async fn client(&self, user: &str) -> Result<Client, Error> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::try_from(self.config(user).await?).map_err(super::error::api("connect"))
    }

    /// Kills a component with SIGKILL and waits until it is gone.
    ///
    /// # Errors
    /// When the keeper is gone.
    pub async fn kill(&self, component: Component) -> Result<(), Error> {
        self.processes.kill(component.name()).await
    }

    /// Kills a component if it runs, starts it again, and waits until the API server is ready.
    ///
    /// # Errors
    /// When it does not come back within 90 s.
    pub async fn restart(&self, component: Component) -> Result<(), Error> {
        self.kill(component).await?;
        self.run(component).await?;
        let config = self.config("admin").await?;
        self.unless_something_dies(ready::server(&config, self.folder())).await
    }

    /// Waits until a component ends without having been told to, and says which.
    pub async fn death(&self) -> Error {
        self.processes.unexpected_end().await
    }

    /// Stops every process, removes the folder unless it is to be kept, and waits until both are done.
    pub async fn stop(self) {
        self.processes.stop().await;
    }
}

async fn find_binaries() -> Result<Binaries, Error> {
    let search = || Binaries::ready(Sources::from_env()?);
    tokio::task::spawn_blocking(search).await.map_err(|error| Error::Interrupted(error.to_string()))?
}

fn new_folder(name: &str) -> Result<TempDir, Error> {
    use std::os::unix::fs::PermissionsExt;
    let prefix = format!("kubernaut-{name}-");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).permissions(std::fs::Permissions::from_mode(0o700));
    builder.tempdir().map_err(file("create a folder in", std::env::temp_dir()))
}

fn keeper_program(options: &Options) -> Result<PathBuf, Error> {
    let own = || std::env::current_exe().map_err(file("find the running program in", "/proc/self/exe"));
    options.keeper_program.clone().map_or_else(own, Ok)
}

fn port_was_taken(error: &Error) -> bool {
    matches!(error, Error::Died { tail, .. } if tail.contains("address already in use"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn died(tail: &str) -> Error {
        Error::Died { component: "etcd".to_owned(), status: "exit status: 1".to_owned(), tail: tail.to_owned() }
    }

    #[test]
    fn only_a_taken_port_is_worth_another_attempt() {
        assert!(port_was_taken(&died("listen tcp 127.0.0.1:1: bind: address already in use")));
        assert!(!port_was_taken(&died("no space left on device")));
    }

    #[test]
    fn a_folder_is_its_owners_alone() {
        let folder = new_folder("here").unwrap();
        assert_eq!(std::fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
