//! What every verb is given: how to connect, how to look, the time, and where output goes.

use super::connect::{Connected, Connection, connect};
use super::failure::Failure;
use super::output::{Times, Voice};
use super::terminal::{ColorWhen, Look};
use crate::clock::Clock;
use jiff::Timestamp;

/// How output looks.
#[derive(clap::Args, Clone, Default)]
#[command(next_help_heading = "Appearance")]
pub struct Appearance {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorWhen,
    /// Use ASCII characters only
    #[arg(long, global = true)]
    pub ascii: bool,
    /// How to show points in time
    #[arg(long, global = true, value_enum, default_value_t, value_name = "HOW")]
    pub time: Times,
    /// Never ask
    #[arg(long, global = true)]
    pub no_input: bool,
}

/// What every verb is given.
#[derive(Clone)]
pub struct Session {
    /// How to connect.
    pub connection: Connection,
    /// How output looks.
    pub look: Look,
    /// Tells the time.
    pub clock: Clock,
    /// How points in time are shown.
    pub times: Times,
    /// Where output goes.
    pub voice: Voice,
}

impl Session {
    /// A session with the machine's clock and the process' streams.
    pub fn new(connection: Connection, appearance: &Appearance, look: Look) -> Self {
        let look = Look { keyboard: look.keyboard && !appearance.no_input, ..look };
        Self { connection, look, clock: Clock::system(), times: appearance.time, voice: Voice::Streams }
    }

    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    /// When the kubeconfig or the flags are wrong.
    pub fn connect(&self) -> Result<Connected, Failure> {
        connect(&self.connection)
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Writes a hint, marked as one.
    pub fn hint(&self, text: &str) {
        self.voice.tell(&format!("hint: {text}"));
    }
}
