//! Shows on standard error that something is being waited for: a spinner on a terminal, a line otherwise.

use crate::cli::output::Voice;
use crate::cli::session::Session;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

const TURN: Duration = Duration::from_millis(120);

/// Something that is being waited for. The spinner is gone when this is.
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// Says what is waited for.
    pub fn begin(session: &Session, what: &str) -> Self {
        let spins = session.look.err.terminal && !session.look.ascii && matches!(session.voice, Voice::Streams);
        if !spins {
            session.voice.tell(what);
            return Self(None);
        }
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner().with_style(style).with_message(what.to_owned());
        bar.enable_steady_tick(TURN);
        Self(Some(bar))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
