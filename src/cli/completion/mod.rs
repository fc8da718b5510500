//! `completion`: scripts that complete words for a shell, and the bridge through which kubectl asks.

pub mod bridge;
mod candidates;
mod names;

use super::failure::{Exit, Failure, Reason};
use super::output::text::one_line;
use super::session::Session;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use clap_complete::aot::{Shell, generate};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Name of the program that kubectl asks for words; it has to be in PATH.
const BRIDGE: &str = "kubectl_complete-kubernaut";
const BRIDGE_SCRIPT: &str = "#!/bin/sh\n# kubectl asks this program for the words that may come next on  kubectl kubernaut ...\nexec kubectl-kubernaut __complete \"$@\"\n";

/// Print a script that completes words for a shell, or for kubectl
///
/// kubectl completes the words of plugins itself, with the names of objects in the cluster: its own completion has to be
/// loaded in your shell (kubectl completion --help), and `kubectl kubernaut completion kubectl --install DIR` puts the
/// program that it asks into a folder of your PATH. The scripts for shells complete the words after `kubectl-kubernaut`.
#[derive(clap::Args)]
pub struct CompletionArgs {
    /// The shell, or kubectl
    #[arg(value_name = "SHELL")]
    taker: Taker,
    /// Write the program that kubectl asks into this folder, which has to be in PATH
    #[arg(long, value_name = "DIR")]
    install: Option<PathBuf>,
}

/// Who takes the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taker {
    Shell(Shell),
    Kubectl,
}

impl ValueEnum for Taker {
    fn value_variants<'a>() -> &'a [Self] {
        use Shell::{Bash, Elvish, Fish, PowerShell, Zsh};
        use Taker::Shell as Of;
        &[Of(Bash), Of(Zsh), Of(Fish), Of(PowerShell), Of(Elvish), Self::Kubectl]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Shell(shell) => shell.to_possible_value(),
            Self::Kubectl => Some(PossibleValue::new("kubectl")),
        }
    }
}

/// Prints the script, or installs the bridge.
///
/// # Errors
/// When the script cannot be written.
pub fn run(args: &CompletionArgs, session: &Session) -> anyhow::Result<Exit> {
    match (args.taker, &args.install) {
        (Taker::Kubectl, Some(folder)) => install(folder, session)?,
        (Taker::Kubectl, None) => session.voice.print(BRIDGE_SCRIPT)?,
        (Taker::Shell(_), Some(_)) => return Err(Failure::usage("--install goes with kubectl, not with a shell").into()),
        (Taker::Shell(shell), None) => {
            let mut script = Vec::new();
            let mut grammar = super::grammar().bin_name("kubectl-kubernaut");
            generate(shell, &mut grammar, "kubectl-kubernaut", &mut script);
            session.voice.print(&String::from_utf8(script)?)?;
        }
    }
    Ok(Exit::Done)
}

fn install(folder: &Path, session: &Session) -> Result<(), Failure> {
    let file = folder.join(BRIDGE);
    let shown = one_line(&file.display().to_string());
    let written =
        std::fs::write(&file, BRIDGE_SCRIPT).and_then(|()| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)));
    written.map_err(|error| Failure::new(Reason::Internal, format!("cannot write {shown}: {error}")))?;
    session.voice.tell(&format!("wrote {shown}"));
    let reached = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|one| one == folder));
    if !reached {
        session.hint(&format!("{} is not in PATH; kubectl finds the program only there", one_line(&folder.display().to_string())));
    }
    Ok(())
}
