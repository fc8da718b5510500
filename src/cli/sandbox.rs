//! Runs a local cluster until it is told to stop.

use crate::sandbox::{Options, Sandbox, kubernetes_version};
use rustix::process::{Pid, getppid};
use std::io::{ErrorKind, Write};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Run a local Kubernetes control plane with fake nodes, to try things out.
///
/// A real etcd, API server, controller manager and scheduler run on 127.0.0.1; kwok plays the nodes, so pods become ready without running
/// anything. The first time, the programs are built, which needs Go and takes about 10 minutes. Everything stops and is removed with this
/// command.
#[derive(Clone, Debug, clap::Args)]
pub struct SandboxArgs {
    /// Number of fake nodes.
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub nodes: u32,

    /// Leave the folder with logs and kubeconfig when the sandbox stops.
    #[arg(long)]
    pub keep: bool,

    /// Behave like this older Kubernetes version, such as 1.33.
    #[arg(long, value_name = "VERSION")]
    pub emulated_version: Option<String>,
}

const PARENT_CHECK: Duration = Duration::from_millis(500);

/// Starts a cluster, prints how to use it, and keeps it until Ctrl-C, a signal, or the end of the calling program.
///
/// Until it is ready, a signal ends this process the usual way; that closes the keeper's pipe, and nothing is left either.
///
/// # Errors
/// When the cluster cannot be started, or one of its components dies.
pub async fn run(args: SandboxArgs) -> anyhow::Result<()> {
    let parent = getppid();
    let options = Options { nodes: args.nodes, keep: args.keep, emulated_version: args.emulated_version.clone(), ..Options::default() };
    let sandbox = Sandbox::start(options).await?;
    let stop = told_to_stop(parent)?;
    say_how_to_use(&sandbox, &args)?;
    let outcome = tokio::select! {
        () = stop => Ok(()),
        death = sandbox.death() => Err(death.into()),
    };
    eprintln!("Stopping the sandbox");
    sandbox.stop().await;
    outcome
}

fn say_how_to_use(sandbox: &Sandbox, args: &SandboxArgs) -> anyhow::Result<()> {
    let line = format!("export KUBECONFIG={}\n", quoted(&sandbox.kubeconfig_path().display().to_string()));
    let mut out = std::io::stdout().lock();
    match out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    eprint!("{}", hints(sandbox, args));
    Ok(())
}

fn hints(sandbox: &Sandbox, args: &SandboxArgs) -> String {
    let version = args.emulated_version.as_deref().unwrap_or(kubernetes_version());
    let nodes = if args.nodes == 1 { "1 node".to_owned() } else { format!("{} nodes", args.nodes) };
    let folder = sandbox.folder().display();
    let end = if args.keep { "stop it, and keep its folder" } else { "stop it and remove everything" };
    format!(
        "Kubernetes {version} with {nodes} is ready at {url}; logs are in {folder}/logs\n\
         Contexts: admin (current), alice (group sre: may approve), bob (group dev: may look)\n\
         Next, in another terminal, after the line above:  kubectl kubernaut install\n\
         As somebody else:  kubectl --context alice get nodes\n\
         Press Ctrl-C to {end}\n",
        url = sandbox.server_url(),
    )
}

/// As a shell reads it; temporary folders may have a space in their name.
fn quoted(path: &str) -> String {
    let plain = path.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-+".contains(letter));
    if plain { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// Ends with Ctrl-C, a request to terminate, a closed terminal, or the end of the program that started this one.
fn told_to_stop(parent: Option<Pid>) -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            () = parent_changed(parent) => {}
        }
    })
}

/// Ends when the program that started this one has.
pub async fn parent_changed(parent: Option<Pid>) {
    let mut ticks = tokio::time::interval(PARENT_CHECK);
    while getppid() == parent {
        ticks.tick().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_only_when_a_shell_needs_it() {
        assert_eq!(quoted("/tmp/kubernaut-x/kubeconfig"), "/tmp/kubernaut-x/kubeconfig");
        assert_eq!(quoted("/tmp/it's here"), r"'/tmp/it'\''s here'");
    }
}
