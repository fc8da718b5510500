//! Keeps the processes of one sandbox as its own children, and ends them all when the sandbox is gone.
//!
//! It relies on a pipe: orders come on stdin, and however the sandbox ends, even by `kill -9`, that pipe is closed.

use super::error::last_lines;
use super::protocol::{Ending, Event, Job, Order};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(5);
const LINES_SHOWN: usize = 15;

/// Obeys the orders on stdin until it is closed or a signal comes, then stops everything it started.
pub fn run() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(keep())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: cannot keep the sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn keep() -> Result<(), String> {
    let mut signals = Vec::new();
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        signals.push(signal(kind).map_err(|error| error.to_string())?);
    }
    let mut asked_to_stop = std::pin::pin!(first_of(signals));
    let (mut orders, mut household) = (orders_on_stdin(), Household::new());
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(order) => household.obey(order),
                None => break,
            },
            Some((name, status)) = household.exits.recv() => household.ended(&name, &status.to_string()),
            () = &mut asked_to_stop => break,
        }
    }
    household.stop().await;
    Ok(())
}

async fn first_of(mut signals: Vec<tokio::signal::unix::Signal>) {
    let waits = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    futures::future::select_all(waits).await;
}

/// Reads orders in a thread; the channel closes with the pipe.
fn orders_on_stdin() -> UnboundedReceiver<Order> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let Ok(order) = serde_json::from_str(&line) else { continue };
            if sender.send(order).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Tells the sandbox; when it is gone there is nobody to tell.
fn tell(event: &Event) {
    let Ok(line) = serde_json::to_string(event) else { return };
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A process that has not been reaped yet.
struct Kept {
    name: String,
    log: PathBuf,
    signals: UnboundedSender<Signal>,
    ordered: bool,
}

struct Household {
    folder: Option<PathBuf>,
    kept: Vec<Kept>,
    exits: UnboundedReceiver<(String, ExitStatus)>,
    exited: UnboundedSender<(String, ExitStatus)>,
}

impl Household {
    fn new() -> Self {
        let (exited, exits) = unbounded_channel();
        Self { folder: None, kept: Vec::new(), exits, exited }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Remove(folder) => self.folder = Some(folder),
            Order::Start(job) => self.start(job),
            Order::Kill(name) => self.kill(&name),
        }
    }

    fn start(&mut self, job: Job) {
        let child = match spawn(&job) {
            Ok(child) => child,
            Err(error) => return tell(&Event::Ended(cannot_run(job, &error))),
        };
        tell(&Event::Started { name: job.name.clone(), pid: child.id().unwrap_or_default() });
        let (signals, inbox) = unbounded_channel();
        tokio::spawn(attend(child, inbox, job.name.clone(), self.exited.clone()));
        self.kept.push(Kept { name: job.name, log: job.log, signals, ordered: false });
    }

    fn kill(&mut self, name: &str) {
        for kept in self.kept.iter_mut().filter(|kept| kept.name == name) {
            kept.ordered = true;
            let _ = kept.signals.send(Signal::KILL);
        }
    }

    fn ended(&mut self, name: &str, status: &str) {
        let Some(place) = self.kept.iter().position(|kept| kept.name == name) else { return };
        let kept = self.kept.remove(place);
        let tail = tail(&kept.log);
        tell(&Event::Ended(Ending { name: kept.name, status: status.to_owned(), ordered: kept.ordered, tail }));
    }

    async fn stop(mut self) {
        if timeout(PATIENCE, self.end_in_order()).await.is_err() {
            for kept in &self.kept {
                let _ = kept.signals.send(Signal::KILL);
            }
            while !self.kept.is_empty() {
                self.next_end().await;
            }
        }
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
        }
    }

    /// Latest first, each when the one before is gone: an API server that loses its etcd does not stop by itself.
    async fn end_in_order(&mut self) {
        self.kept.iter_mut().for_each(|kept| kept.ordered = true);
        while let Some(latest) = self.kept.last() {
            let _ = latest.signals.send(Signal::TERM);
            self.next_end().await;
        }
    }

    async fn next_end(&mut self) {
        if let Some((name, status)) = self.exits.recv().await {
            self.ended(&name, &status.to_string());
        }
    }
}

fn spawn(job: &Job) -> std::io::Result<Child> {
    let log = File::options().create(true).append(true).open(&job.log)?;
    Command::new(&job.program)
        .args(&job.args)
        .env_clear()
        .envs(&job.env)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
}

/// Waits for a child; only here is it signalled, and never after it was reaped: its number may be another's by then.
async fn attend(mut child: Child, mut signals: UnboundedReceiver<Signal>, name: String, exited: UnboundedSender<(String, ExitStatus)>) {
    loop {
        tokio::select! {
            status = child.wait() => {
                let _ = exited.send((name, status.unwrap_or_default()));
                return;
            }
            Some(signal) = signals.recv() => send(&child, signal),
        }
    }
}

fn send(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _ = kill_process(pid, signal);
    }
}

fn cannot_run(job: Job, error: &std::io::Error) -> Ending {
    Ending { status: format!("cannot run {}: {error}", job.program.display()), name: job.name, ordered: false, tail: String::new() }
}

fn tail(log: &Path) -> String {
    fs::read(log).map(|text| last_lines(&String::from_utf8_lossy(&text), LINES_SHOWN)).unwrap_or_default()
}
