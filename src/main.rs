//! The plugin's entry: parses, runs, and ends with the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubernaut::cli::main(std::env::args_os())
}
