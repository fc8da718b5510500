//! The plugin's entry: parses, runs, and ends with the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Not a verb: the process that holds a sandbox's processes and ends them with their parent.
    if std::env::args().nth(1).as_deref() == Some("sandbox-keeper") {
        return kubernaut::sandbox::keeper::run();
    }
    kubernaut::cli::main(std::env::args_os())
}
