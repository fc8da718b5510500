//! Builds the programs of a control plane from Go modules.

use super::binaries::{Binaries, GO_MOD, GO_SUM, STAGES, Tool, go_version, kubernetes_version};
use super::error::{Error, file, last_lines};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

const LINES_SHOWN: usize = 15;
const WORKSHOP: &str = "build-";

/// Builds what `binaries` misses; every file appears complete or not at all.
pub(super) fn build(binaries: &Binaries) -> Result<(), Error> {
    remove_leftovers(binaries.folder());
    let workshop =
        tempfile::Builder::new().prefix(WORKSHOP).tempdir_in(binaries.folder()).map_err(file("create a folder in", binaries.folder()))?;
    let go = Go::new(workshop.path(), binaries)?;
    go.install(binaries)?;
    go.copy_stages(binaries)
}

/// Removes the workshops of builds that were interrupted; the lock says that none is at work.
fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(WORKSHOP) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

struct Go<'a> {
    module: &'a Path,
    missing: String,
}

impl<'a> Go<'a> {
    fn new(module: &'a Path, binaries: &Binaries) -> Result<Self, Error> {
        for (name, text) in [("go.mod", GO_MOD), ("go.sum", GO_SUM)] {
            fs::write(module.join(name), text).map_err(file("write", module.join(name)))?;
        }
        let names: Vec<&str> = binaries.missing().into_iter().map(Tool::name).collect();
        let missing = if names.is_empty() { "kwok's stages".to_owned() } else { names.join(", ") };
        let go = Self { module, missing };
        go.run("the programs", &["version"])?;
        Ok(go)
    }

    fn install(&self, binaries: &Binaries) -> Result<(), Error> {
        let missing = binaries.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let progress = Progress::new(missing.len());
        for (done, tool) in missing.into_iter().enumerate() {
            progress.step(done, tool.name());
            self.run(tool.name(), &["install", "-trimpath", &format!("-ldflags={}", ldflags()), tool.package()])?;
            let target = binaries.path(tool);
            fs::rename(self.module.join("bin").join(tool.built_name()), &target).map_err(file("move a built program to", target))?;
        }
        Ok(())
    }

    fn copy_stages(&self, binaries: &Binaries) -> Result<(), Error> {
        self.run("kwok's stages", &["mod", "download", "sigs.k8s.io/kwok"])?;
        let answer = self.run("kwok's stages", &["list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"])?;
        let kwok = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
        fs::create_dir_all(binaries.folder().join("stages")).map_err(file("create", binaries.folder().join("stages")))?;
        for stage in STAGES {
            let (from, to) = (kwok.join("kustomize/stage").join(stage), binaries.stage(stage));
            let text = fs::read(&from).map_err(file("read", &from))?;
            let draft = self.module.join("stage.yaml");
            fs::write(&draft, text).map_err(file("write", &draft))?;
            fs::rename(&draft, &to).map_err(file("write", to))?;
        }
        Ok(())
    }

    fn run(&self, what: &str, arguments: &[&str]) -> Result<Output, Error> {
        let output = self.command().args(arguments).output().map_err(|source| match source.kind() {
            ErrorKind::NotFound => Error::GoMissing { missing: self.missing.clone(), needed: go_version().to_owned() },
            _ => file("run go in", self.module)(source),
        })?;
        if output.status.success() { Ok(output) } else { Err(failed(what, &output)) }
    }

    /// Go as the user has set it up, except for what would build for another machine or another module.
    fn command(&self) -> Command {
        let mut go = Command::new("go");
        go.current_dir(self.module).env("GOBIN", self.module.join("bin")).env("CGO_ENABLED", "0").env("GOWORK", "off");
        for foreign in ["GOOS", "GOARCH", "GO111MODULE"] {
            go.env_remove(foreign);
        }
        go
    }
}

fn failed(what: &str, output: &Output) -> Error {
    Error::GoFailed {
        what: what.to_owned(),
        status: output.status.to_string(),
        needed: go_version().to_owned(),
        tail: last_lines(&String::from_utf8_lossy(&output.stderr), LINES_SHOWN),
    }
}

/// Tells the programs their version: without it they call themselves v0.0.0 and refuse newer clients.
fn ldflags() -> String {
    let version = kubernetes_version();
    let mut numbers = version.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or("0"), numbers.next().unwrap_or("0"));
    let set = "-X k8s.io/component-base/version";
    format!("-s -w {set}.gitVersion={version} {set}.gitMajor={major} {set}.gitMinor={minor}")
}

/// Shows how far the build is: a bar on a terminal, else a line a step.
struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
}

impl Progress {
    fn new(total: usize) -> Self {
        eprintln!("Building {total} programs of a local Kubernetes {} (about 10 minutes the first time)", kubernetes_version());
        let bar = std::io::stderr().is_terminal().then(|| bar(total));
        Self { bar, total }
    }

    fn step(&self, done: usize, name: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(done as u64);
                bar.set_message(name.to_owned());
            }
            None => eprintln!("Building {name} ({} of {})", done + 1, self.total),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:20}] {pos}/{len} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_interrupted_build_leaves_nothing_for_long() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("build-x/bin")).unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        remove_leftovers(folder.path());
        assert!(!folder.path().join("build-x").exists() && folder.path().join("bin").exists());
    }

    #[test]
    fn programs_are_told_their_version() {
        assert!(ldflags().contains(&format!("gitVersion={}", kubernetes_version())));
        assert!(ldflags().contains("gitMajor=1 "));
    }
}
