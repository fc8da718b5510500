//! Runs `run-controllers` as a real process, to be posted to, stopped and killed.

use crate::support::PROGRAM;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use tempfile::TempDir;

/// A process of controllers. It ends with this value, and with this program.
pub struct Controllers {
    child: Child,
    watchdog: Child,
    folder: TempDir,
    gateway: Option<SocketAddr>,
    _stdout: BufReader<ChildStdout>,
}

impl Controllers {
    /// Starts controllers that reach the cluster by `kubeconfig`; they are ready when this returns.
    pub async fn start(kubeconfig: &Path, settings: &str, flags: &[&str]) -> Self {
        let (kubeconfig, settings) = (kubeconfig.to_owned(), settings.to_owned());
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        tokio::task::spawn_blocking(move || Self::started(&kubeconfig, &settings, &flags).unwrap_or_else(|log| panic!("not ready: {log}")))
            .await
            .unwrap()
    }

    /// Tries to start controllers that are expected to refuse; what they said.
    pub async fn refusal(kubeconfig: &Path, settings: &str) -> String {
        let (kubeconfig, settings) = (kubeconfig.to_owned(), settings.to_owned());
        tokio::task::spawn_blocking(move || Self::started(&kubeconfig, &settings, &[]).err().expect("a refusal")).await.unwrap()
    }

    fn started(kubeconfig: &Path, settings: &str, flags: &[String]) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let (config, log) = (folder.path().join("settings.yaml"), folder.path().join("log"));
        std::fs::write(&config, settings).unwrap();
        let mut command = Command::new(PROGRAM);
        command.arg("--kubeconfig").arg(kubeconfig).arg("run-controllers").arg("--config").arg(&config);
        command.args(["--gateway-listen", "127.0.0.1:0", "--gateway-allow-unauthenticated"]).args(flags);
        command.env("TMPDIR", folder.path()).env("NO_COLOR", "1").stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
        let watchdog = watch_over(child.id());
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let gateway = line.split_whitespace().find_map(|word| word.strip_prefix("gateway=")?.parse().ok());
        let controllers = Self { child, watchdog, folder, gateway, _stdout: stdout };
        match line.starts_with("READY ") {
            true => Ok(controllers),
            false => Err(controllers.log()),
        }
    }

    /// Where alerts are posted to.
    pub fn gateway(&self) -> SocketAddr {
        self.gateway.unwrap()
    }

    /// What they said so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// A `kill -9` to be sent later.
    pub fn killer(&self) -> Box<dyn FnOnce() + Send> {
        self.signaller(Signal::KILL)
    }

    /// A stop of the whole process, to be sent later.
    pub fn pauser(&self) -> Box<dyn FnOnce() + Send> {
        self.signaller(Signal::STOP)
    }

    /// Lets a paused process go on.
    pub fn wake(&self) {
        self.signaller(Signal::CONT)();
    }

    fn signaller(&self, signal: Signal) -> Box<dyn FnOnce() + Send> {
        let pid = self.child.id();
        Box::new(move || kill_process(as_pid(pid), signal).unwrap())
    }

    /// Waits for the end of a process that was killed.
    pub fn reap(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Whether the process still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asks them to end, and waits; what they said.
    pub async fn terminate(mut self) -> (ExitStatus, String) {
        kill_process(as_pid(self.child.id()), Signal::TERM).unwrap();
        let ended = tokio::task::spawn_blocking(move || {
            let status = self.child.wait().unwrap();
            (status, self.log())
        });
        ended.await.unwrap()
    }
}

impl Drop for Controllers {
    fn drop(&mut self) {
        for child in [&mut self.watchdog, &mut self.child] {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().rev().take(60).collect();
            eprintln!("the controllers' last words:\n{}", lines.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}

/// Kills the process when ours is gone: what a static holds is never dropped.
fn watch_over(pid: u32) -> Child {
    Command::new("sh").args(["-c", &format!("read line; kill -9 {pid}")]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn as_pid(number: u32) -> Pid {
    Pid::from_raw(number.try_into().unwrap()).unwrap()
}
