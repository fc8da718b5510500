//! `route`: who is notified of what, and why.

mod draw;
mod send;
mod show;
pub mod source;
mod test;
#[cfg(test)]
mod tests;

use super::failure::Exit;
use super::session::Session;

/// Show who is notified of what, and test it
#[derive(clap::Args)]
#[command(arg_required_else_help = false)]
pub struct RouteArgs {
    #[command(subcommand)]
    command: RouteCommand,
}

#[derive(clap::Subcommand)]
enum RouteCommand {
    Show(show::ShowArgs),
    Test(test::TestArgs),
}

/// Shows the routing tree, or asks it.
///
/// # Errors
/// When the tree cannot be read, or the API server does not answer.
pub async fn run(args: &RouteArgs, session: &Session) -> anyhow::Result<Exit> {
    match &args.command {
        RouteCommand::Show(args) => show::run(args, session).await,
        RouteCommand::Test(args) => test::run(args, session).await,
    }
}
