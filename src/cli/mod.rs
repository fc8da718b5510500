//! The command line: one verb a file, its arguments and what it does.

mod approve;
mod audit;
mod check;
mod clear_block;
mod completion;
pub mod connect;
mod demo;
mod dry_run;
pub mod failure;
pub mod get;
mod help;
pub mod history;
mod in_force;
mod install;
pub mod kinds;
pub mod ledgers;
pub mod output;
mod paste;
mod prompt;
pub mod read;
pub mod route;
mod run_controllers;
pub mod sandbox;
#[cfg(test)]
mod scripted;
pub mod session;
mod simulate;
pub mod status;
mod target;
pub mod terminal;
mod uninstall;
mod version;
mod whoami;
pub mod why;

use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand, builder::BoolishValueParser};
use connect::Connection;
use failure::{Exit, Failure, Reason};
use session::{Appearance, Session};
use std::ffi::OsString;
use std::process::ExitCode;
use terminal::Look;
use tokio::signal::unix::{SignalKind, signal};

/// `apiVersion` of everything that is computed here.
pub const OUTPUT_VERSION: &str = "cli.kubernaut.ai/v1alpha1";

/// See, decide and try out remediations that refuse to do harm.
#[derive(Parser)]
#[command(name = "kubectl-kubernaut", bin_name = "kubectl kubernaut", version, args_override_self = true, disable_help_subcommand = true)]
#[command(subcommand_required = true, arg_required_else_help = false, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    appearance: Appearance,
}

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant)]
enum Command {
    Get(get::GetArgs),
    Status(status::StatusArgs),
    #[command(alias = "explain")]
    Why(why::WhyArgs),
    Approve(approve::ApproveArgs),
    Reject(approve::RejectArgs),
    ClearBlock(clear_block::ClearBlockArgs),
    History(history::HistoryArgs),
    Simulate(simulate::SimulateArgs),
    Audit(audit::AuditArgs),
    /// Show what approve shows, without asking
    #[command(hide = true, alias = "review")]
    Chat(approve::ReviewArgs),
    Route(route::RouteArgs),
    Check(check::CheckArgs),
    Install(install::InstallArgs),
    Uninstall(uninstall::UninstallArgs),
    RunControllers(run_controllers::RunControllersArgs),
    Sandbox(sandbox::SandboxArgs),
    Demo(demo::DemoArgs),
    Completion(completion::CompletionArgs),
    Version(version::VersionArgs),
}

async fn run(cli: Cli, look: Look) -> anyhow::Result<Exit> {
    let session = Session::new(cli.connection, &cli.appearance, look);
    if matches!(cli.command, Command::RunControllers(_) | Command::Sandbox(_)) {
        // These end in an order of their own.
        return verb(cli.command, session).await;
    }
    let (asking, typed) = (session.clone(), paste::Typed::of(&session.connection));
    // Listened for before anything is begun: a signal that comes early ends us with its code, too.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        biased;
        ended = paste::TYPED.scope(typed, explained(carried_out(cli.command, session), &asking)) => ended,
        _ = interrupt.recv() => Ok(Exit::Interrupted),
        _ = terminate.recv() => Ok(Exit::Terminated),
    }
}

/// What a verb came to; where it found our types missing, with what the cluster serves instead.
async fn explained(ended: impl Future<Output = anyhow::Result<Exit>>, session: &Session) -> anyhow::Result<Exit> {
    let error = match ended.await {
        Err(error) => error,
        done => return done,
    };
    let Some(failure) = Failure::from_any(&error).filter(|failure| failure.reason == Reason::CrdMissing) else { return Err(error) };
    match session.connect() {
        Ok(connected) => Err(connect::served::explained(failure, &connected.client).await.into()),
        Err(_) => Err(error),
    }
}

async fn verb(command: Command, session: Session) -> anyhow::Result<Exit> {
    let typed = paste::Typed::of(&session.connection);
    paste::TYPED.scope(typed, carried_out(command, session)).await
}

async fn carried_out(command: Command, session: Session) -> anyhow::Result<Exit> {
    match command {
        Command::Get(args) => get::run(&args, &session).await,
        Command::Status(args) => status::run(&args, &session).await,
        Command::Why(args) => why::run(&args, &session).await,
        Command::Approve(args) => approve::approve(&args, &session).await,
        Command::ClearBlock(args) => clear_block::run(&args, &session).await,
        Command::History(args) => history::run(&args, &session).await,
        Command::Simulate(args) => simulate::run(&args, &session).await,
        Command::Audit(args) => audit::run(&args, &session).await,
        Command::Reject(args) => approve::reject(&args, &session).await,
        Command::Chat(args) => approve::review(&args, &session).await,
        Command::Route(args) => route::run(&args, &session).await,
        Command::Check(args) => check::run(&args, &session).await,
        Command::Install(args) => install::run(&args, &session).await,
        Command::Uninstall(args) => uninstall::run(&args, &session).await,
        Command::RunControllers(args) => run_controllers::run(&args, &session).await,
        Command::Demo(args) => demo::run(&args, &session).await,
        Command::Sandbox(args) => sandbox::run(args).await.map(|()| Exit::Done),
        Command::Completion(args) => completion::run(&args, &session),
        Command::Version(args) => version::run(&args, &session).await,
    }
}

/// Carries out a command line within another verb.
async fn perform(words: impl Iterator<Item = &str>, look: Look) -> anyhow::Result<Exit> {
    let cli = Cli::from_arg_matches(&grammar().try_get_matches_from(words)?)?;
    verb(cli.command, Session::new(cli.connection, &cli.appearance, look)).await
}

/// The grammar, with booleans that take `=false` as kubectl's do.
pub fn grammar() -> clap::Command {
    help::with_help(with_kubectl_booleans(Cli::command()))
}

fn with_kubectl_booleans(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| match arg.get_action() {
        ArgAction::SetTrue => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_value("false")
            .default_missing_value("true")
            .value_parser(BoolishValueParser::new())
            .value_name("BOOL")
            .hide_default_value(true)
            .hide_possible_values(true),
        _ => arg,
    });
    command.mut_subcommands(with_kubectl_booleans)
}

/// Parses, runs, and says how it ended.
pub fn main(words: impl Iterator<Item = OsString>) -> ExitCode {
    let words = help::asked(words.collect());
    if let Some(asked) = completion::bridge::asked(&words) {
        drop(rustls::crypto::ring::default_provider().install_default());
        return completion::bridge::answer(asked);
    }
    let ascii = words.iter().any(|word| word == "--ascii");
    let look = Look::decide(terminal::color_flag(&words), ascii);
    // Another provider may be installed already by whoever embeds us; either serves.
    drop(rustls::crypto::ring::default_provider().install_default());
    let machine = wants_json(&words);
    let cli = match grammar().try_get_matches_from(&words).and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(refused) => return refuse(&refused, &words, machine, &look),
    };
    let least = if matches!(cli.command, Command::RunControllers(_)) { 1 } else { 0 };
    let as_json = matches!(&cli.command, Command::RunControllers(args) if args.log_format == run_controllers::LogFormat::Json);
    log(cli.connection.verbosity.unwrap_or_default().max(least), &look, as_json);
    let ended = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from);
    let ended = ended.and_then(|runtime| {
        let ended = runtime.block_on(run(cli, look));
        runtime.shutdown_background();
        ended
    });
    let exit = ended.unwrap_or_else(|error| report(&error, machine, &look));
    ExitCode::from(exit as u8)
}

fn report(error: &anyhow::Error, machine: bool, look: &Look) -> Exit {
    Failure::from_any(error).map_or(Exit::Done, |failure| tell(&failure, machine, look))
}

fn tell(failure: &Failure, machine: bool, look: &Look) -> Exit {
    let text = if machine { failure.as_json() } else { failure.as_text(look.err.color) };
    output::Voice::Streams.tell(&text);
    failure.exit
}

fn refuse(refused: &clap::Error, words: &[OsString], machine: bool, look: &Look) -> ExitCode {
    let source = std::error::Error::source(refused);
    if let Some(wrong) = source.and_then(|source| source.downcast_ref::<output::BadTemplate>()) {
        return ExitCode::from(report(&anyhow::anyhow!(wrong.0.clone()), machine, look) as u8);
    }
    if refused.use_stderr() {
        return ExitCode::from(tell(&Failure::refused(refused, grammar(), words), machine, look) as u8);
    }
    // Help into a closed pipe is no failure.
    drop(refused.print());
    ExitCode::from(Exit::Done as u8)
}

fn wants_json(words: &[OsString]) -> bool {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--").collect();
    let machine = |form: &str| matches!(form, "json" | "yaml");
    let next = words.iter().zip(words.iter().skip(1)).any(|(flag, form)| matches!(*flag, "-o" | "--output") && machine(form));
    let joined = words.iter().any(|word| {
        let long = word.strip_prefix("--output=");
        let short = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')).and_then(|rest| rest.split_once('o'));
        long.or(short.map(|(_, form)| form.trim_start_matches('='))).is_some_and(machine)
    });
    next || joined
}

fn log(verbosity: u8, look: &Look, as_json: bool) {
    let filter = match verbosity {
        0 => return,
        1..=5 => "kubernaut=info",
        6..=7 => "kubernaut=debug,kube=debug,kube_client=debug",
        _ => "kubernaut=trace,kube=trace,kube_client=trace",
    };
    let made = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(look.err.color);
    // A second subscriber is refused; the first one stays.
    drop(if as_json { made.json().try_init() } else { made.try_init() });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        grammar().try_get_matches_from(line.split(' ')).and_then(|matches| Cli::from_arg_matches(&matches))
    }

    #[test]
    fn the_grammar_is_consistent() {
        grammar().debug_assert();
    }

    #[test]
    fn flags_are_pflags() {
        for line in [
            "k get approvals -A",
            "k get aar -A=false x y",
            "k get aar --watch=true",
            "k get aar -Aw",
            "k get aar -Aojson",
            "k -n prod get aar -w -w",
            "k get aar x -nprod --as-group a --as-group b --as u",
            "k get aar -v 6",
            "k get aar --v=6 -v6",
            "k --color always status rr/x",
            "k approve a b --yes=false",
        ] {
            assert!(parsed(line).is_ok(), "{line}: {:?}", parsed(line).err().map(|e| e.to_string()));
        }
        assert!(parsed("k get aar --wibble").is_err());
        let cli = parsed("k get aar x --as-group a --as-group b -nprod --request-timeout 10").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(cli.connection.as_group, ["a", "b"]);
        assert_eq!(cli.connection.namespace.as_deref(), Some("prod"));
        assert_eq!(cli.connection.request_timeout.map(|limit| limit.as_secs()), Some(10));
    }

    #[test]
    fn json_is_wanted_however_it_is_spelt() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        for line in
            ["k get aar -o json", "k get aar -ojson", "k get aar -o=yaml", "k get aar --output=json", "k get -Aojson", "k --output yaml"]
        {
            assert!(wants_json(&words(line)), "{line}");
        }
        for line in ["k get aar", "k get aar -o wide", "k get json", "k get -- -ojson"] {
            assert!(!wants_json(&words(line)), "{line}");
        }
    }
}
