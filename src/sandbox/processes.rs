//! Holds the other end of a keeper's pipes: gives it orders, knows what runs.
//!
//! Threads and pipes only, no task: a sandbox outlives the runtime it was started in.

use super::error::{Error, file};
use super::protocol::{Ending, Event, Job, Order};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What is known of one process.
#[derive(Clone, Debug)]
enum State {
    Starting,
    Running(u32),
    Ended(Ending),
}

#[derive(Debug, Default)]
struct Board {
    states: BTreeMap<String, State>,
    keeper_gone: bool,
}

/// The processes of one sandbox. Dropping it closes the pipe, upon which the keeper stops them all.
#[derive(Debug)]
pub(super) struct Processes {
    program: PathBuf,
    orders: Mutex<Option<ChildStdin>>,
    board: Arc<watch::Sender<Board>>,
}

impl Processes {
    /// Starts a keeper. `folder` is where its own complaints go and, unless `keep`, what it removes at the end.
    pub fn new(program: &Path, folder: &Path, keep: bool) -> Result<Self, Error> {
        let complaints = File::create(folder.join("keeper.log")).map_err(file("create a log in", folder))?;
        let mut child = Command::new(program)
            .arg("sandbox-keeper")
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaints)
            .process_group(0)
            .spawn()
            .map_err(|error| Error::Keeper { program: program.into(), trouble: error.to_string() })?;
        let orders = Mutex::new(child.stdin.take());
        let board = Arc::new(watch::Sender::new(Board::default()));
        listen(child, Arc::clone(&board));
        let processes = Self { program: program.into(), orders, board };
        if !keep {
            processes.order(&Order::Remove(folder.into()))?;
        }
        Ok(processes)
    }

    /// Runs a process and answers its id.
    pub async fn start(&self, job: Job) -> Result<u32, Error> {
        let name = job.name.clone();
        self.board.send_modify(|board| {
            board.states.insert(name.clone(), State::Starting);
        });
        self.order(&Order::Start(job))?;
        match self.settled(&name, |state| !matches!(state, State::Starting)).await? {
            State::Running(pid) => Ok(pid),
            State::Ended(ending) => Err(died(ending)),
            State::Starting => Err(self.gone()),
        }
    }

    /// Ends a process with SIGKILL and waits until it is gone.
    pub async fn kill(&self, name: &str) -> Result<(), Error> {
        self.order(&Order::Kill(name.to_owned()))?;
        self.settled(name, |state| matches!(state, State::Ended(_))).await.map(drop)
    }

    /// Waits for a process that ends by itself.
    pub async fn unexpected_end(&self) -> Error {
        let mut board = self.board.subscribe();
        let found = board.wait_for(|board| board.keeper_gone || board.unexpected().is_some()).await;
        let ending = found.ok().and_then(|board| board.unexpected().cloned());
        ending.map_or_else(|| self.gone(), died)
    }

    /// Stops everything and waits until it is stopped.
    pub async fn stop(&self) {
        self.close();
        let _ = self.board.subscribe().wait_for(|board| board.keeper_gone).await;
    }

    /// The ids of what runs now.
    pub fn pids(&self) -> BTreeMap<String, u32> {
        let running = |(name, state): (&String, &State)| match state {
            State::Running(pid) => Some((name.clone(), *pid)),
            _ => None,
        };
        self.board.borrow().states.iter().filter_map(running).collect()
    }

    async fn settled(&self, name: &str, done: impl Fn(&State) -> bool) -> Result<State, Error> {
        let mut board = self.board.subscribe();
        let found = board.wait_for(|board| board.keeper_gone || board.states.get(name).is_none_or(&done)).await;
        found.ok().filter(|board| !board.keeper_gone).and_then(|board| board.states.get(name).cloned()).ok_or_else(|| self.gone())
    }

    fn order(&self, order: &Order) -> Result<(), Error> {
        let mut line = serde_json::to_vec(order).map_err(|error| self.trouble(error.to_string()))?;
        line.push(b'\n');
        let mut pipe = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = pipe.as_mut().ok_or_else(|| self.gone())?;
        pipe.write_all(&line).and_then(|()| pipe.flush()).map_err(|error| self.trouble(error.to_string()))
    }

    fn close(&self) {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn gone(&self) -> Error {
        self.trouble("has ended".to_owned())
    }

    fn trouble(&self, trouble: String) -> Error {
        Error::Keeper { program: self.program.clone(), trouble }
    }
}

impl Board {
    fn unexpected(&self) -> Option<&Ending> {
        self.states.values().find_map(|state| match state {
            State::Ended(ending) if !ending.ordered => Some(ending),
            _ => None,
        })
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Started { name, pid } => self.states.insert(name, State::Running(pid)),
            Event::Ended(ending) => self.states.insert(ending.name.clone(), State::Ended(ending)),
        };
    }
}

/// Notes the keeper's events until it ends, then reaps it.
fn listen(mut child: Child, board: Arc<watch::Sender<Board>>) {
    std::thread::spawn(move || {
        let lines = child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines);
        for line in lines.map_while(Result::ok) {
            if let Ok(event) = serde_json::from_str(&line) {
                board.send_modify(|board| board.note(event));
            }
        }
        let _ = child.wait();
        board.send_modify(|board| board.keeper_gone = true);
    });
}

fn died(ending: Ending) -> Error {
    Error::Died { component: ending.name, status: ending.status, tail: ending.tail }
}
