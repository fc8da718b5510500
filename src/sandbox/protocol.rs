//! Defines what a sandbox and its keeper say to each other: one JSON object a line.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A process to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// What the other messages call it.
    pub name: String,
    /// The program, with its path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its whole environment: nothing is inherited, or `ETCD_*` of the user would configure our etcd.
    pub env: BTreeMap<String, String>,
    /// Where its output is appended.
    pub log: PathBuf,
}

/// From the sandbox to its keeper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Order {
    /// Remove this folder at the end.
    Remove(PathBuf),
    /// Run a process; the latest started is the first to be stopped.
    Start(Job),
    /// End one process at once, with SIGKILL.
    Kill(String),
}

/// From the keeper to its sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// A process runs.
    #[serde(rename_all = "camelCase")]
    Started {
        /// The job's name.
        name: String,
        /// Its process id.
        pid: u32,
    },
    /// A process ended, or could not be run.
    Ended(Ending),
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// The job's name.
    pub name: String,
    /// The exit status, or why it could not be run.
    pub status: String,
    /// Whether it was killed by order.
    pub ordered: bool,
    /// The last lines of its log.
    pub tail: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn orders_and_events_are_one_line_each() {
        assert_eq!(serde_json::to_string(&Order::Kill("etcd".to_owned())).unwrap(), r#"{"kill":"etcd"}"#);
        let started = Event::Started { name: "etcd".to_owned(), pid: 7 };
        assert_eq!(serde_json::to_string(&started).unwrap(), r#"{"started":{"name":"etcd","pid":7}}"#);
    }
}
