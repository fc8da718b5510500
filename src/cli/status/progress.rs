//! Says how far something is while it is waited for: by a spinner on a terminal, otherwise by a line for each news.

use crate::cli::failure::Failure;
use crate::cli::output::{Voice, text::one_line};
use crate::cli::session::Session;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

const TURN: Duration = Duration::from_millis(120);

/// What is waited for, on standard error. Nothing of it stays on a terminal once it is dropped.
pub struct Progress<'a> {
    voice: &'a Voice,
    name: String,
    phase: String,
    spinner: Option<ProgressBar>,
}

impl<'a> Progress<'a> {
    /// Begins to say how far the remediation `name` is.
    pub fn of(session: &'a Session, name: &str) -> Self {
        let is_seen = session.look.err.terminal && matches!(session.voice, Voice::Streams);
        let spinner = is_seen.then(|| spinner(session.look.ascii));
        Self { voice: &session.voice, name: one_line(&format!("rr/{name}")), phase: String::new(), spinner }
    }

    /// Where it stood last; empty before anything was heard.
    pub fn phase(&self) -> &str {
        &self.phase
    }

    /// It stands here now.
    pub fn at(&mut self, phase: &str) {
        if self.phase == phase {
            return;
        }
        phase.clone_into(&mut self.phase);
        let line = format!("{} {}", self.name, one_line(phase));
        match &self.spinner {
            Some(spinner) => spinner.set_message(line),
            None => self.voice.tell(&line),
        }
    }

    /// Nothing is heard any more.
    pub fn lost(&self, why: &Failure) {
        self.say(&lost(why));
    }

    /// Something is heard again.
    pub fn back(&self) {
        self.say(BACK);
    }

    fn say(&self, line: &str) {
        match &self.spinner {
            Some(spinner) => spinner.suspend(|| self.voice.tell(line)),
            None => self.voice.tell(line),
        }
    }
}

/// What is said when nothing is heard any more.
pub fn lost(why: &Failure) -> String {
    one_line(&format!("connection lost, trying again: {}", why.message))
}

/// What is said when something is heard again.
pub const BACK: &str = "connected again";

fn spinner(ascii: bool) -> ProgressBar {
    let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    spinner.set_style(if ascii { style.tick_chars(r"-\|/ ") } else { style });
    spinner.enable_steady_tick(TURN);
    spinner
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}
