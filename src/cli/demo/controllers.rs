//! The controllers of the demo: the same program as a process of its own.

use crate::cli::failure::{Failure, Reason};
use crate::sandbox::Sandbox;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// A running `run-controllers`.
pub struct Controllers {
    /// The process; it is killed when this is dropped.
    pub process: Child,
    /// Where its gateway listens.
    pub gateway: String,
    log: PathBuf,
}

impl Controllers {
    /// Starts it and waits for its READY line.
    pub async fn start(sandbox: &Sandbox, confidence: f64) -> anyhow::Result<Self> {
        let log = sandbox.folder().join("controllers.log");
        let settings = settings(sandbox, confidence)?;
        let mut process = Command::new(std::env::current_exe()?)
            .args(["run-controllers", "--gateway-listen", "127.0.0.1:0", "--gateway-allow-unauthenticated", "--end-with-parent"])
            .arg("--config")
            .arg(settings)
            .arg("--kubeconfig")
            .arg(sandbox.kubeconfig_path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        let lines = process.stdout.take().map(|out| BufReader::new(out).lines());
        let first = match lines {
            Some(mut lines) => tokio::time::timeout(READY_WITHIN, lines.next_line()).await.ok().and_then(Result::ok).flatten(),
            None => None,
        };
        let controllers = Self { process, gateway: first.as_deref().and_then(gateway).unwrap_or_default(), log };
        if controllers.gateway.is_empty() {
            return Err(Failure::new(Reason::Internal, "the controllers did not become ready").because(controllers.tail()).into());
        }
        Ok(controllers)
    }

    /// The last lines of its log.
    pub fn tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n")
    }

    /// Ends it in order.
    pub async fn stop(mut self) {
        if let Some(pid) = self.process.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        drop(tokio::time::timeout(STOPS_WITHIN, self.process.wait()).await);
    }
}

fn gateway(ready: &str) -> Option<String> {
    let word = ready.strip_prefix("READY ")?.split(' ').find_map(|word| word.strip_prefix("gateway="))?;
    Some(word.to_owned())
}

/// The built-in playbooks with the demo's confidence, and settings that name them.
fn settings(sandbox: &Sandbox, confidence: f64) -> anyhow::Result<PathBuf> {
    let mut playbooks: Value = serde_saphyr::from_str(crate::analysts::playbook::BUILT_IN)?;
    for rule in playbooks.get_mut("playbooks").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(rule) = rule.as_object_mut() {
            rule.insert("confidence".to_owned(), confidence.into());
        }
    }
    let file = sandbox.folder().join("playbooks.yaml");
    std::fs::write(&file, playbooks.to_string())?;
    let path = sandbox.folder().join("settings.yaml");
    std::fs::write(&path, json!({ "analyst": { "playbooks": file } }).to_string())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::gateway;

    #[test]
    fn the_ready_line_names_the_gateway() {
        assert_eq!(gateway("READY controllers=6 scope=cluster gateway=127.0.0.1:4711 pid=1").as_deref(), Some("127.0.0.1:4711"));
        assert_eq!(gateway("READY controllers=6 pid=1"), None);
        assert_eq!(gateway("something else"), None);
    }
}
