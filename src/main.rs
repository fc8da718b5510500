//! The kubectl plugin: `kubectl kubernaut`.

use clap::Parser;
use kubernaut::cli::sandbox::{SandboxArgs, run};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "kubectl-kubernaut")]
enum Command {
    Sandbox(SandboxArgs),
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("sandbox-keeper") {
        return kubernaut::sandbox::keeper::run();
    }
    let Command::Sandbox(args) = Command::parse();
    let runtime = tokio::runtime::Runtime::new().map_err(anyhow::Error::from);
    match runtime.and_then(|runtime| runtime.block_on(run(args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
