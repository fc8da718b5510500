//! Runs programs on a pseudo-terminal.

use rexpect::session::{PtySession, spawn_command};
use std::process::Command;

/// A program on a terminal that waits for a minute at the most for what is expected of it.
pub fn spawn(process: Command) -> PtySession {
    spawn_command(process, Some(60_000)).expect("a terminal")
}

/// The exit code; rexpect does not export the type that holds it.
pub fn code(session: &PtySession) -> i32 {
    let ended = format!("{:?}", session.process().wait().expect("it ended"));
    let code = ended.strip_prefix("Exited(").and_then(|rest| rest.rsplit(", ").next()?.strip_suffix(')')?.parse().ok());
    code.unwrap_or_else(|| panic!("{ended}"))
}
