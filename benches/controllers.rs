//! Runs the real `run-controllers` process, and reads how much memory it holds.

use crate::stage::{PROGRAM, Stage};
use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const PATIENCE: Duration = Duration::from_secs(60);
/// Should this process be killed, its controllers end by themselves, by then at the latest.
const LONGEST: &str = "15m";
const PLAYBOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/playbooks.yaml");

/// A running `run-controllers`.
pub struct Controllers {
    child: Child,
    /// Where it takes alerts.
    pub gateway: SocketAddr,
    pid: u32,
}

impl Controllers {
    /// Starts the process and waits until it says that it is ready.
    pub async fn start(stage: &Stage) -> Result<Self> {
        let folder = stage.sandbox.folder();
        let settings = folder.join("settings.yaml");
        std::fs::write(&settings, format!("analyst: {{playbooks: {PLAYBOOKS:?}}}\n"))?;
        let log = folder.join("logs/run-controllers.log");
        let mut child = command(stage, &settings, &log)?.spawn().context("start run-controllers")?;
        let output = child.stdout.take().context("run-controllers has no output")?;
        let ready = tokio::time::timeout(PATIENCE, said_ready(output)).await.context("run-controllers is not ready in time")?;
        let line = ready.with_context(|| format!("run-controllers said:\n{}", std::fs::read_to_string(&log).unwrap_or_default()))?;
        let word =
            |key: &str| line.split_whitespace().find_map(|word| word.strip_prefix(key)).with_context(|| format!("no {key} in {line}"));
        Ok(Self { gateway: word("gateway=")?.parse()?, pid: word("pid=")?.parse()?, child })
    }

    /// Asks it to end, and waits until it has ended well.
    pub async fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw).context("the process has no id")?;
        kill_process(pid, Signal::TERM)?;
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await.context("run-controllers does not end")??;
        ensure!(ended.success(), "run-controllers ended with {ended}");
        Ok(())
    }

    /// What it holds in memory now, in KiB.
    pub fn resident(&self) -> Result<u64> {
        let path = format!("/proc/{}/status", self.pid);
        let status = std::fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// What it holds in memory once that has not grown for two seconds.
    pub async fn settled(&self) -> Result<u64> {
        let deadline = Instant::now() + PATIENCE;
        let (mut most, mut since) = (self.resident()?, Instant::now());
        while since.elapsed() < Duration::from_secs(2) {
            ensure!(Instant::now() < deadline, "the memory of run-controllers keeps growing");
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = self.resident()?;
            if now > most {
                (most, since) = (now, Instant::now());
            }
        }
        self.resident()
    }
}

fn command(stage: &Stage, settings: &Path, log: &PathBuf) -> Result<Command> {
    let settings = settings.display().to_string();
    let arguments =
        ["run-controllers", "--gateway-listen", "127.0.0.1:0", "--gateway-allow-unauthenticated", "--for", LONGEST, "--config", &settings];
    let mut command = Command::from(stage.command(Path::new(PROGRAM), &arguments));
    let log = File::options().create(true).append(true).open(log)?;
    command.stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
    Ok(command)
}

async fn said_ready(output: tokio::process::ChildStdout) -> Result<String> {
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if line.starts_with("READY ") {
            return Ok(line);
        }
    }
    anyhow::bail!("it ended before it was ready")
}
