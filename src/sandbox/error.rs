//! Says what went wrong with a sandbox and what to do next.

use std::path::PathBuf;

/// Why a sandbox, or the binaries it needs, could not be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder to keep the built binaries in.
    #[error("cannot find a folder for the built control plane: set KUBERNAUT_CACHE, XDG_CACHE_HOME or HOME")]
    NoCache,
    /// `KUBEBUILDER_ASSETS` is set but incomplete.
    #[error("KUBEBUILDER_ASSETS is {folder}, which has no executable {name}; put it there or unset the variable")]
    AssetMissing {
        /// The folder the variable names.
        folder: PathBuf,
        /// The file that was looked for.
        name: &'static str,
    },
    /// There is no Go on this machine and something has to be built.
    #[error(
        "cannot build {missing} for the local control plane: `go` is not on PATH; \
         install Go {needed} or newer, or set KUBERNAUT_CACHE to a cache folder copied from a machine where it was built"
    )]
    GoMissing {
        /// The binaries still to be built, comma separated.
        missing: String,
        /// The lowest Go version that will do.
        needed: String,
    },
    /// Go ran and failed.
    #[error(
        "cannot build {what} for the local control plane (`go` {status}); it needs Go {needed} or newer and a reachable GOPROXY, \
         or KUBERNAUT_CACHE set to a cache folder copied from a machine where it was built; go said:\n{tail}"
    )]
    GoFailed {
        /// The binary or the file being made.
        what: String,
        /// How go ended.
        status: String,
        /// The lowest Go version that will do.
        needed: String,
        /// The last lines go wrote.
        tail: String,
    },
    /// A file or folder could not be read or written.
    #[error("cannot {attempt} {path}; check that the folder exists, is yours and has space left")]
    File {
        /// What was tried, as a verb.
        attempt: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Certificates could not be made.
    #[error("cannot make the certificates of the local control plane")]
    Certificate(#[from] rcgen::Error),
    /// The kubeconfig could not be rendered or read back.
    #[error("cannot use the kubeconfig of the local control plane: {0}")]
    Kubeconfig(String),
    /// No free loopback port.
    #[error("cannot get a free port on 127.0.0.1")]
    Port(#[source] std::io::Error),
    /// The keeper process could not be started or is gone.
    #[error("cannot keep the local control plane: {program} sandbox-keeper {trouble}; run it by hand to see why")]
    Keeper {
        /// The program that was run.
        program: PathBuf,
        /// What happened to it.
        trouble: String,
    },
    /// A component could not be run or ended by itself.
    #[error("{component} of the local control plane ended ({status}); its log ends with:\n{tail}")]
    Died {
        /// Its name.
        component: String,
        /// How it ended.
        status: String,
        /// The last lines of its log.
        tail: String,
    },
    /// Something did not happen in time.
    #[error("{what} took longer than {seconds} s; see the logs in {folder}, or try again when the machine is less busy")]
    Slow {
        /// What was waited for.
        what: String,
        /// For how long.
        seconds: u64,
        /// The cluster's folder.
        folder: PathBuf,
    },
    /// The new cluster refused a request.
    #[error("cannot {attempt} in the local control plane")]
    Api {
        /// What was tried.
        attempt: &'static str,
        /// What the server said.
        source: Box<kube::Error>,
    },
    /// A background thread of this program failed.
    #[error("cannot finish preparing the local control plane: {0}")]
    Interrupted(String),
}

/// Makes an [`Error::File`] out of a system error.
pub(super) fn file(attempt: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.into();
    move |source| Error::File { attempt, path, source }
}

/// Makes an [`Error::Api`] out of a server's answer.
pub(super) fn api(attempt: &'static str) -> impl FnOnce(kube::Error) -> Error {
    move |source| Error::Api { attempt, source: Box::new(source) }
}

/// The last `count` lines of `text`.
pub(super) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(count);
    lines.into_iter().skip(skipped).collect::<Vec<_>>().join("\n")
}
