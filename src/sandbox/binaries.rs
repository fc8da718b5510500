//! Finds the programs of a control plane, and has the missing ones built.

use super::build;
use super::error::{Error, file};
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

pub(super) const GO_MOD: &str = include_str!("../../tests/cluster/go.mod");
pub(super) const GO_SUM: &str = include_str!("../../tests/cluster/go.sum");

/// A program of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Etcd,
    ApiServer,
    ControllerManager,
    Scheduler,
    Kubectl,
    Kwok,
}

impl Tool {
    /// All of them, quick ones first, so that a failing build fails early.
    pub const ALL: [Self; 6] = [Self::Etcd, Self::Kwok, Self::Kubectl, Self::ApiServer, Self::ControllerManager, Self::Scheduler];

    /// The file's name in a `bin` folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kubectl => "kubectl",
            Self::Kwok => "kwok",
        }
    }

    /// The Go package it is built from.
    pub const fn package(self) -> &'static str {
        match self {
            Self::Etcd => "go.etcd.io/etcd/server/v3",
            Self::ApiServer => "k8s.io/kubernetes/cmd/kube-apiserver",
            Self::ControllerManager => "k8s.io/kubernetes/cmd/kube-controller-manager",
            Self::Scheduler => "k8s.io/kubernetes/cmd/kube-scheduler",
            Self::Kubectl => "k8s.io/kubernetes/cmd/kubectl",
            Self::Kwok => "sigs.k8s.io/kwok/cmd/kwok",
        }
    }

    /// The name `go install` gives it: etcd's package is called `server`.
    pub const fn built_name(self) -> &'static str {
        match self {
            Self::Etcd => "server",
            other => other.name(),
        }
    }

    const fn comes_with_kubebuilder(self) -> bool {
        matches!(self, Self::Etcd | Self::ApiServer | Self::Kubectl)
    }
}

/// The files of kwok that say how fake nodes and pods behave.
pub(super) const STAGES: [&str; 5] = [
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
];

/// Where the programs come from; read from the environment once.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The folder that holds every built control plane.
    pub cache: PathBuf,
    /// A folder with `etcd`, `kube-apiserver` and `kubectl` to use instead of building them.
    pub assets: Option<PathBuf>,
}

impl Sources {
    /// Reads `KUBERNAUT_CACHE`, `XDG_CACHE_HOME`, `HOME` and `KUBEBUILDER_ASSETS`.
    ///
    /// # Errors
    /// When none of the first three is set.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_lookup(|name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from))
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<PathBuf>) -> Result<Self, Error> {
        let cache = lookup("KUBERNAUT_CACHE")
            .or_else(|| lookup("XDG_CACHE_HOME").map(|folder| folder.join("kubernaut")))
            .or_else(|| lookup("HOME").map(|folder| folder.join(".cache/kubernaut")))
            .ok_or(Error::NoCache)?;
        let cache = std::path::absolute(&cache).map_err(file("find", &cache))?;
        Ok(Self { cache, assets: lookup("KUBEBUILDER_ASSETS") })
    }
}

/// The programs of a control plane, all present.
#[derive(Clone, Debug)]
pub struct Binaries {
    folder: PathBuf,
    assets: Option<PathBuf>,
}

impl Binaries {
    /// Finds the programs, building what is missing; blocks for minutes the first time.
    ///
    /// # Errors
    /// When something is missing and cannot be built.
    pub fn ready(sources: Sources) -> Result<Self, Error> {
        let found = Self { folder: sources.cache.join("cluster").join(cache_key()), assets: sources.assets };
        found.check_assets()?;
        if !found.is_complete() {
            found.complete()?;
        }
        Ok(found)
    }

    /// Where `kubectl` of the same version is.
    pub fn kubectl(&self) -> PathBuf {
        self.path(Tool::Kubectl)
    }

    pub(super) fn path(&self, tool: Tool) -> PathBuf {
        match &self.assets {
            Some(assets) if tool.comes_with_kubebuilder() => assets.join(tool.name()),
            _ => self.folder.join("bin").join(tool.name()),
        }
    }

    pub(super) fn stage_files(&self) -> Vec<PathBuf> {
        STAGES.iter().map(|stage| self.stage(stage)).collect()
    }

    pub(super) fn stage(&self, stage: &str) -> PathBuf {
        self.folder.join("stages").join(stage.rsplit('/').next().unwrap_or(stage))
    }

    pub(super) fn missing(&self) -> Vec<Tool> {
        Tool::ALL.into_iter().filter(|tool| !self.path(*tool).is_file()).collect()
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn is_complete(&self) -> bool {
        self.missing().is_empty() && self.stage_files().iter().all(|stage| stage.is_file())
    }

    fn check_assets(&self) -> Result<(), Error> {
        let Some(folder) = &self.assets else { return Ok(()) };
        let absent = Tool::ALL.into_iter().find(|tool| tool.comes_with_kubebuilder() && !folder.join(tool.name()).is_file());
        absent.map_or(Ok(()), |tool| Err(Error::AssetMissing { folder: folder.clone(), name: tool.name() }))
    }

    fn complete(&self) -> Result<(), Error> {
        fs::create_dir_all(self.folder.join("bin")).map_err(file("create", &self.folder))?;
        let _lock = lock(&self.folder.join("lock"))?;
        if self.is_complete() { Ok(()) } else { build::build(self) }
    }
}

/// Waits until no other process builds; the lock ends with the returned file.
fn lock(path: &Path) -> Result<File, Error> {
    let lock = File::create(path).map_err(file("create", path))?;
    match lock.try_lock() {
        Ok(()) => return Ok(lock),
        Err(TryLockError::WouldBlock) => eprintln!("Another process is building the control plane; waiting for it"),
        Err(TryLockError::Error(source)) => return Err(file("lock", path)(source)),
    }
    lock.lock().map_err(file("lock", path))?;
    Ok(lock)
}

/// Names what is built: 16 hex digits that change whenever a module version does.
fn cache_key() -> String {
    let digest = Sha256::new().chain_update(GO_MOD).chain_update(GO_SUM).finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The version of Kubernetes that is built, such as `v1.36.3`.
pub fn kubernetes_version() -> &'static str {
    word_after("k8s.io/kubernetes v").map_or("v0.0.0", |rest| rest.trim_start_matches("k8s.io/kubernetes "))
}

/// The lowest Go version that can build it, such as `1.26.0`.
pub(super) fn go_version() -> &'static str {
    word_after("go 1").map_or("1", |line| line.trim_start_matches("go "))
}

fn word_after(start: &str) -> Option<&'static str> {
    let line = GO_MOD.lines().map(str::trim).find(|line| line.starts_with(start))?;
    Some(line.split(" //").next().unwrap_or(line))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sources(pairs: &'static [(&str, &str)]) -> Result<Sources, Error> {
        Sources::from_lookup(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| PathBuf::from(value)))
    }

    #[test]
    fn the_cache_key_is_sixteen_hex_digits() {
        let key = cache_key();
        assert_eq!(key.len(), 16);
        assert!(key.chars().all(|digit| digit.is_ascii_hexdigit()));
    }

    #[test]
    fn versions_are_read_from_the_module_file() {
        assert!(kubernetes_version().starts_with("v1."), "{}", kubernetes_version());
        assert!(go_version().starts_with("1."), "{}", go_version());
    }

    #[test]
    fn every_tool_is_in_the_module_file() {
        for tool in Tool::ALL {
            assert!(GO_MOD.contains(tool.package()), "{}", tool.package());
        }
    }

    #[test]
    fn the_cache_is_the_most_specific_folder_named() {
        assert_eq!(sources(&[("KUBERNAUT_CACHE", "/k"), ("XDG_CACHE_HOME", "/x")]).unwrap().cache, Path::new("/k"));
        assert_eq!(sources(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]).unwrap().cache, Path::new("/x/kubernaut"));
        assert_eq!(sources(&[("HOME", "/h")]).unwrap().cache, Path::new("/h/.cache/kubernaut"));
        assert!(matches!(sources(&[]), Err(Error::NoCache)));
    }

    #[test]
    fn assets_replace_three_tools_and_must_be_complete() {
        let folder = tempfile::tempdir().unwrap();
        for present in ["etcd", "kubectl"] {
            fs::write(folder.path().join(present), "").unwrap();
        }
        let sources = Sources { cache: folder.path().join("cache"), assets: Some(folder.path().into()) };
        let error = Binaries::ready(sources).unwrap_err();
        assert!(error.to_string().contains("kube-apiserver"), "{error}");
    }

    #[test]
    fn only_one_process_builds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = lock(&path).unwrap();
        assert!(matches!(File::open(&path).unwrap().try_lock(), Err(TryLockError::WouldBlock)));
        drop(held);
        assert!(File::open(&path).unwrap().try_lock().is_ok());
    }
}
