//! Follows the cluster for a person who watches: frames over each other on a terminal, at most five a second and at least one a second; news one by one
//! otherwise.

use super::changes::{Change, Changes};
use super::known::Known;
use super::progress::{BACK, lost};
use super::screen::{Screen, Size};
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::Voice;
use crate::cli::read::Selection;
use crate::cli::session::Session;
use crate::cli::terminal::Look;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until, timeout_at};

/// Frames are at least so far apart.
const PAUSE: Duration = Duration::from_millis(200);
/// Ages count up by themselves.
const TICK: Duration = Duration::from_secs(1);

/// Something that is followed.
pub struct Live<'a> {
    session: &'a Session,
    /// What is known now.
    pub known: Known,
    changes: Changes,
    kinds: Vec<Kind>,
    lost: Vec<(Kind, String)>,
    draws: bool,
    screen: Option<Drawing>,
}

/// The terminal, and what it tells us.
struct Drawing {
    screen: Screen,
    resized: Signal,
    terminated: Signal,
    /// Ctrl-Z.
    stopped: Signal,
    drawn: Instant,
}

impl Drawing {
    fn begin(look: &Look) -> std::io::Result<Self> {
        let resized = signal(SignalKind::window_change())?;
        let terminated = signal(SignalKind::terminate())?;
        let stopped = signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?;
        Ok(Self { screen: Screen::begin(look.ellipsis())?, resized, terminated, stopped, drawn: Instant::now() })
    }
}

/// Whether frames can be drawn over each other there.
pub fn can_draw(session: &Session) -> bool {
    let moves = std::env::var_os("TERM").is_some_and(|term| term != "dumb");
    session.look.out.terminal && moves && matches!(session.voice, Voice::Streams)
}

impl<'a> Live<'a> {
    /// Follows `wanted`, and waits until everything was read once.
    ///
    /// # Errors
    /// When the API server does not answer, or nothing of it may be read.
    pub async fn begin(session: &'a Session, connected: &Connected, wanted: Vec<(Kind, Selection)>) -> Result<Self, Failure> {
        let kinds: Vec<Kind> = wanted.iter().map(|(kind, _)| *kind).collect();
        let changes = Changes::of(&connected.client, wanted);
        let mut live = Self { session, known: Known::default(), changes, kinds, lost: Vec::new(), draws: false, screen: None };
        while !live.kinds.iter().all(|kind| live.known.is_settled(*kind)) {
            match live.changes.next().await {
                Some(Change::Lost(_, why)) => return Err(why),
                Some(change) => live.known.follow(change),
                None => break,
            }
        }
        match live.known.hidden() {
            [(_, why), ..] if live.known.hidden().len() == live.kinds.len() => Err(why.clone()),
            _ => Ok(live),
        }
    }

    /// Draws from now on, instead of telling one by one.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw_on_terminal(&mut self) -> std::io::Result<()> {
        self.screen = Some(Drawing::begin(&self.session.look)?);
        self.draws = true;
        Ok(())
    }

    /// Draws a frame, if there is a terminal to draw on; `picture` is told how it may look and how many rows it may have.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, picture: impl FnOnce(&Look, usize) -> Vec<String>) -> std::io::Result<()> {
        let Some(drawing) = &mut self.screen else { return Ok(()) };
        let Size { rows, columns } = drawing.screen.size();
        let look = Look { width: Some(columns), ..self.session.look };
        let remark = self.lost.first().map(|(_, why)| why.clone());
        let mut lines = picture(&look, rows.saturating_sub(usize::from(remark.is_some())));
        lines.truncate(rows.saturating_sub(usize::from(remark.is_some())));
        lines.extend(remark);
        drawing.screen.draw(&lines)?;
        drawing.drawn = Instant::now();
        Ok(())
    }

    /// Ends the drawing, and takes the last frame away.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn end(&mut self) -> std::io::Result<()> {
        self.draws = false;
        self.screen.take().map_or(Ok(()), |mut drawing| drawing.screen.clear())
    }

    /// Waits for news; an exit code when it is time to go.
    ///
    /// # Errors
    /// When nothing more can come.
    pub async fn news(&mut self) -> Result<Option<Exit>, Failure> {
        let Some(mut drawing) = self.screen.take() else {
            let change = self.changes.next().await;
            return self.take(change).map(|()| None);
        };
        let ended = self.next_frame(&mut drawing).await;
        self.screen = Some(drawing);
        ended
    }

    /// Waits for changes, and takes all that come at about the same time.
    ///
    /// # Errors
    /// When nothing more can come.
    pub async fn several(&mut self) -> Result<(), Failure> {
        let first = self.changes.next().await;
        self.take(first)?;
        let until = Instant::now() + PAUSE;
        while let Ok(change) = timeout_at(until, self.changes.next()).await {
            self.take(change)?;
        }
        Ok(())
    }

    async fn next_frame(&mut self, drawing: &mut Drawing) -> Result<Option<Exit>, Failure> {
        tokio::select! {
            _ = drawing.terminated.recv() => return Ok(Some(Exit::Terminated)),
            _ = drawing.resized.recv() => {}
            _ = drawing.stopped.recv() => {
                let gone = |error| Failure::new(Reason::Internal, format!("the terminal cannot be drawn on: {error}"));
                drawing.screen.stop().map_err(gone)?;
            }
            () = sleep_until(drawing.drawn + TICK) => {}
            change = self.changes.next() => self.take(change)?,
        }
        while let Ok(change) = timeout_at(drawing.drawn + PAUSE, self.changes.next()).await {
            self.take(change)?;
        }
        Ok(None)
    }

    fn take(&mut self, change: Option<Change>) -> Result<(), Failure> {
        match change {
            None => return Err(Failure::new(Reason::Unreachable, "nothing more is heard of what is watched")),
            Some(Change::Lost(kind, why)) => {
                self.tell_first(&lost(&why));
                self.lost.push((kind, lost(&why)));
            }
            Some(Change::Back(kind)) => {
                self.lost.retain(|(known, _)| *known != kind);
                self.tell_first(BACK);
            }
            Some(change) => self.known.follow(change),
        }
        Ok(())
    }

    /// Says it once, however many kinds it is about; on a terminal the frame says it.
    fn tell_first(&self, line: &str) {
        if self.lost.is_empty() && !self.draws {
            self.session.voice.tell(line);
        }
    }
}
