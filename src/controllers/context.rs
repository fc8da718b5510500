//! What every controller is given: a client, the clock, the settings and who it is.

use super::own_writes::OwnWrites;
use crate::actions;
use crate::clock::Clock;
use crate::rules::step_run::is_refusal;
use crate::settings::Settings;
use jiff::Timestamp;
use kube::Client;
use kube::core::Status;
use std::sync::Arc;
use std::time::Duration;

/// What every controller is given.
pub struct Context {
    /// Talks to the API server as the controllers' account; never retries by itself.
    pub client: Client,
    /// Tells the time.
    pub clock: Clock,
    /// The settings.
    pub settings: Settings,
    /// User name of the controllers' account, as the API server sees it.
    pub account: String,
    /// Identifier of this process, drawn when it started.
    pub process: String,
    /// What this process has just written.
    pub own_writes: OwnWrites,
}

/// A context, shared by all controllers.
pub type Ctx = Arc<Context>;

/// When to look at an object again, if nothing about it changes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Not before it changes, or the slow resync.
    Change,
    /// After this long.
    After(Duration),
}

/// How long it is until then; nothing when it has passed.
pub fn time_left(now: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO)
}

/// Why a reconcile could not be finished. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server refused or did not answer.
    #[error("could not {doing}")]
    Api {
        /// What was attempted, for example `read deployment payment/api`.
        doing: String,
        /// The answer.
        #[source]
        source: kube::Error,
    },
    /// An object is not as it must be.
    #[error("{0}")]
    Malformed(String),
}

/// An action that cannot be looked at now is tried again; one that is refused where no refusal is expected, too.
impl From<actions::Error> for Error {
    fn from(error: actions::Error) -> Self {
        match error {
            actions::Error::NotNow { doing, source } => Self::Api { doing, source },
            actions::Error::Refused(why) => Self::Malformed(why),
        }
    }
}

/// Adds to an API error what was attempted.
pub trait Doing<T> {
    /// Says what was attempted.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, kube::Error> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Api { doing: what(), source })
    }
}

impl Error {
    /// The error with its cause, without the debug dump of a status.
    pub fn in_full(&self) -> String {
        match self {
            Self::Api { doing, source: kube::Error::Api(status) } => format!("could not {doing}: {} ({})", status.message, status.code),
            Self::Api { doing, source } => format!("could not {doing}: {source}"),
            Self::Malformed(message) => message.clone(),
        }
    }

    /// The API server's answer, if it refused for good.
    pub fn refusal(&self) -> Option<&Status> {
        match self {
            Self::Api { source: kube::Error::Api(status), .. } if is_refusal(status.code) => Some(status),
            _ => None,
        }
    }

    /// Whether somebody else wrote first: look again at once.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Api { source: kube::Error::Api(status), .. } if status.is_conflict())
    }
}
