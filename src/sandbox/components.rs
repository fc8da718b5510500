//! Lists the components of a cluster and the command line of each.

use super::binaries::{Binaries, Tool};
use super::certificates::{Certificates, write};
use super::error::{Error, file};
use super::identities::{self, CONTROLLER_MANAGER, Identity, KWOK, PEOPLE, SCHEDULER};
use super::protocol::Job;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// A process of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// The store.
    Etcd,
    /// The API server.
    ApiServer,
    /// Deployments, garbage collection and the like.
    ControllerManager,
    /// Puts pods on nodes.
    Scheduler,
    /// Plays the nodes.
    Kwok,
}

impl Component {
    /// All of them, in the order they start.
    pub const ALL: [Self; 5] = [Self::Etcd, Self::ApiServer, Self::ControllerManager, Self::Scheduler, Self::Kwok];

    /// The name of its program, and of its log without `.log`.
    pub const fn name(self) -> &'static str {
        self.tool().name()
    }

    const fn tool(self) -> Tool {
        match self {
            Self::Etcd => Tool::Etcd,
            Self::ApiServer => Tool::ApiServer,
            Self::ControllerManager => Tool::ControllerManager,
            Self::Scheduler => Tool::Scheduler,
            Self::Kwok => Tool::Kwok,
        }
    }
}

/// Ports that were free a moment ago.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    etcd: u16,
    peer: u16,
    server: u16,
}

impl Ports {
    pub fn free() -> Result<Self, Error> {
        let held = || TcpListener::bind("127.0.0.1:0").map_err(Error::Port);
        let (etcd, peer, server) = (held()?, held()?, held()?);
        let number = |listener: &TcpListener| listener.local_addr().map(|address| address.port()).map_err(Error::Port);
        Ok(Self { etcd: number(&etcd)?, peer: number(&peer)?, server: number(&server)? })
    }
}

/// Everything the command lines are made of, written to the cluster's folder.
#[derive(Clone, Debug)]
pub(super) struct Blueprint {
    pub folder: PathBuf,
    pub binaries: Binaries,
    pub emulated_version: Option<String>,
    pub audit: bool,
    ports: Ports,
    certificates: Certificates,
    tokens: PathBuf,
}

const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n";

impl Blueprint {
    /// Writes certificates, tokens and kubeconfigs for a cluster called `name`.
    pub fn draw(folder: &Path, name: &str, more: &[(&'static str, &'static str)], binaries: Binaries) -> Result<Self, Error> {
        let (ports, everybody) = (Ports::free()?, identities::everybody(more));
        let certificates = Certificates::write(folder)?;
        let tokens = write(folder, "tokens.csv", &identities::tokens_csv(&everybody))?;
        let drawn = Self { folder: folder.into(), binaries, emulated_version: None, audit: false, ports, certificates, tokens };
        let people = everybody.iter().filter(|who| PEOPLE.iter().chain(more).any(|(user, _)| *user == who.user));
        write(folder, "kubeconfig", &drawn.kubeconfig_text(name, people)?)?;
        for machine in everybody.iter().filter(|who| [CONTROLLER_MANAGER, SCHEDULER, KWOK].contains(&who.user)) {
            write(folder, &kubeconfig_name(machine.user), &drawn.kubeconfig_text(name, std::iter::once(machine))?)?;
        }
        write(folder, "audit-policy.yaml", AUDIT_POLICY)?;
        std::fs::create_dir_all(folder.join("logs")).map_err(file("create a folder for logs in", folder))?;
        Ok(drawn)
    }

    fn kubeconfig_text<'a>(&self, name: &str, who: impl Iterator<Item = &'a Identity> + Clone) -> Result<String, Error> {
        identities::kubeconfig(name, &self.server_url(), &self.certificates.authority, who)
    }

    pub fn server_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.server)
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    pub fn audit_log(&self) -> Option<PathBuf> {
        self.audit.then(|| self.folder.join("logs/audit.log"))
    }

    pub fn log(&self, component: Component) -> PathBuf {
        self.folder.join("logs").join(format!("{}.log", component.name()))
    }

    /// How to run a component. Its HOME is the cluster's folder: what the user keeps in `~` does not configure it.
    pub fn job(&self, component: Component) -> Job {
        let home = self.folder.display().to_string();
        Job {
            name: component.name().to_owned(),
            program: self.binaries.path(component.tool()),
            args: self.arguments(component),
            env: BTreeMap::from([("HOME".to_owned(), home.clone()), ("TMPDIR".to_owned(), home)]),
            log: self.log(component),
        }
    }

    fn arguments(&self, component: Component) -> Vec<String> {
        match component {
            Component::Etcd => self.etcd(),
            Component::ApiServer => self.api_server(),
            Component::ControllerManager => self.controller_manager(),
            Component::Scheduler => self.client(SCHEDULER).chain(self.quiet()).chain(self.emulation()).collect(),
            Component::Kwok => self.kwok(),
        }
    }

    fn etcd(&self) -> Vec<String> {
        let (client, peer) = (format!("http://127.0.0.1:{}", self.ports.etcd), format!("http://127.0.0.1:{}", self.ports.peer));
        vec![
            "--name=n1".to_owned(),
            format!("--data-dir={}", self.folder.join("etcd").display()),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=n1={peer}"),
            "--heartbeat-interval=20".to_owned(),
            "--election-timeout=200".to_owned(),
            "--log-level=warn".to_owned(),
            "--unsafe-no-fsync=true".to_owned(),
        ]
    }

    /// The prefix is the cluster's own: should another etcd take our port, we do not write into its cluster.
    fn api_server(&self) -> Vec<String> {
        let keys = &self.certificates;
        let mut arguments = vec![
            format!("--etcd-servers=http://127.0.0.1:{}", self.ports.etcd),
            format!("--etcd-prefix=/{}", self.folder.file_name().unwrap_or_default().display()),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", self.ports.server),
            format!("--tls-cert-file={}", keys.serving.display()),
            format!("--tls-private-key-file={}", keys.serving_key.display()),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            format!("--token-auth-file={}", self.tokens.display()),
            "--authorization-mode=RBAC".to_owned(),
            format!("--service-account-issuer={}", self.server_url()),
            format!("--service-account-signing-key-file={}", keys.tokens_key.display()),
            format!("--service-account-key-file={}", keys.tokens_public_key.display()),
            "--endpoint-reconciler-type=none".to_owned(),
        ];
        arguments.extend(self.emulation());
        if let Some(log) = self.audit_log() {
            arguments.push(format!("--audit-policy-file={}", self.folder.join("audit-policy.yaml").display()));
            arguments.push(format!("--audit-log-path={}", log.display()));
        }
        arguments
    }

    fn controller_manager(&self) -> Vec<String> {
        let own = [
            "--use-service-account-credentials=true".to_owned(),
            format!("--service-account-private-key-file={}", self.certificates.tokens_key.display()),
            format!("--root-ca-file={}", self.certificates.authority_file.display()),
            "--kube-api-qps=500".to_owned(),
            "--kube-api-burst=1000".to_owned(),
        ];
        self.client(CONTROLLER_MANAGER).chain(self.quiet()).chain(self.emulation()).chain(own).collect()
    }

    fn kwok(&self) -> Vec<String> {
        let stages = self.binaries.stage_files().into_iter().map(|stage| format!("--config={}", stage.display()));
        self.client(KWOK)
            .chain(["--manage-all-nodes=true".to_owned(), "--node-lease-duration-seconds=40".to_owned()])
            .chain(stages)
            .collect()
    }

    fn client(&self, user: &str) -> impl Iterator<Item = String> + use<> {
        std::iter::once(format!("--kubeconfig={}", self.folder.join(kubeconfig_name(user)).display()))
    }

    /// One replica needs no lease, and serving nothing needs no port.
    fn quiet(&self) -> impl Iterator<Item = String> + use<> {
        ["--leader-elect=false", "--secure-port=0"].map(str::to_owned).into_iter()
    }

    fn emulation(&self) -> impl Iterator<Item = String> + use<> {
        self.emulated_version.as_deref().map(|version| format!("--emulated-version={}", version.trim_start_matches('v'))).into_iter()
    }
}

fn kubeconfig_name(user: &str) -> String {
    format!("{}.kubeconfig", user.trim_start_matches("system:"))
}
