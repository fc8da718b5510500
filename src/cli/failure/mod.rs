//! What went wrong: the kind of failure decides the exit code and what a person is told.

mod explain;
mod report;
pub mod rights;
mod usage;

pub use explain::UNKNOWN_TYPES;
use kube::core::Status;
use serde::Serialize;

/// How a verb ended, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// As asked, or nothing was to do.
    Done = 0,
    /// Something failed.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// Nothing was to do, and the caller wants to know.
    Unchanged = 3,
    /// The question was answered with no.
    No = 4,
    /// Some succeeded, some failed.
    Mixed = 5,
    /// The state of the cluster forbids it.
    Refused = 6,
    /// A person would have to be asked, and none is there.
    Unconfirmed = 7,
    /// A `--timeout` passed.
    TimedOut = 124,
    /// Ctrl-C.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

/// Why something failed: a closed list, part of the machine form; `tests/schemas/error.json` lists it for programs.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Reason {
    /// There is no such object.
    NotFound,
    /// The API server knows who we are and refuses: a Role rule is missing, or a policy says no.
    Forbidden,
    /// The API server does not accept our credentials, or there are none to be had.
    Unauthorized,
    /// Somebody else changed the object, or it is already there.
    Conflict,
    /// The time to decide is over.
    Expired,
    /// It was decided the other way.
    AlreadyDecided,
    /// Nothing is there that a person could clear.
    NotClearable,
    /// A person must confirm, and none can be asked.
    ConfirmationRequired,
    /// It took longer than `--timeout` (exit code 124) or `--request-timeout` (1) allow.
    Timeout,
    /// The API server does not answer, or not in a way that can be trusted.
    Unreachable,
    /// The cluster does not serve kubernaut's types.
    #[serde(rename = "CRDMissing")]
    CrdMissing,
    /// The command line makes no sense.
    Usage,
    /// Everything else, for example a kubeconfig that contradicts itself.
    Internal,
}

impl Reason {
    fn exit(self) -> Exit {
        match self {
            Self::Conflict | Self::Expired | Self::AlreadyDecided | Self::NotClearable => Exit::Refused,
            Self::ConfirmationRequired => Exit::Unconfirmed,
            Self::Timeout => Exit::TimedOut,
            Self::Usage => Exit::Usage,
            _ => Exit::Failed,
        }
    }
}

/// Something that went wrong, ready to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// What, in a sentence.
    pub message: String,
    /// The exit code.
    pub exit: Exit,
    /// The object it is about, `namespace/name`.
    pub object: Option<String>,
    /// What is behind it.
    pub causes: Vec<String>,
    /// What to do.
    pub hints: Vec<String>,
    /// The API server's answer.
    pub server: Option<Box<Status>>,
}

impl Failure {
    /// A failure with the exit code of its reason.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        let (exit, message) = (reason.exit(), message.into());
        Self { reason, message, exit, object: None, causes: Vec::new(), hints: Vec::new(), server: None }
    }

    /// A command line that makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Reason::Usage, message)
    }

    /// Names the object.
    #[must_use]
    pub fn about(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }

    /// Adds what is behind it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Ends with another code than its reason's.
    #[must_use]
    pub fn exiting(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Says what was attempted when an API call fails.
pub trait Attempted<T> {
    /// `what` completes the sentence "cannot …".
    ///
    /// # Errors
    /// The failure that explains the API server's answer.
    fn attempted(self, what: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T> Attempted<T> for Result<T, kube::Error> {
    fn attempted(self, what: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure::from_kube(&error, &what()))
    }
}

/// Whether the API server answered that there is no such object.
pub fn is_missing(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}
