//! `completion`: scripts that complete words on the command line.

use super::failure::Exit;
use super::session::Session;
use clap_complete::aot::{Shell, generate};

/// Print a script that completes words for a shell
#[derive(clap::Args)]
pub struct CompletionArgs {
    /// The shell
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// When the script cannot be written.
pub fn run(args: &CompletionArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    let mut grammar = super::grammar().bin_name("kubectl-kubernaut");
    generate(args.shell, &mut grammar, "kubectl-kubernaut", &mut script);
    session.voice.print(&String::from_utf8(script)?)?;
    Ok(Exit::Done)
}
