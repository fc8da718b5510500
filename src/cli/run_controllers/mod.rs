//! `run-controllers`: hosts the reconcilers until it is told to stop.

mod account;
mod guard;
pub mod routing;

use super::connect::Connected;
use super::failure::{Exit, Failure, Reason};
use super::ledgers::source;
use super::output::age::length;
use super::session::Session;
use crate::analysts::Analyst;
use crate::analysts::playbook::Playbook;
use crate::controllers::audit::{self, Log, NotOpened};
use crate::controllers::context::{Context, Ctx};
use crate::controllers::engine::{CONTROLLERS, Engine};
use crate::controllers::gateway;
use crate::controllers::leadership::{self, Claim, Leadership};
use crate::controllers::own_writes::OwnWrites;
use crate::settings::Settings;
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Run the controllers here, as the account that install makes
#[derive(clap::Args, Clone)]
pub struct RunControllersArgs {
    /// Settings, in YAML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Who is notified of what: routes and receivers in Alertmanager's YAML; without it a ConfigMap, see route show
    #[arg(long, value_name = "FILE")]
    routing: Option<PathBuf>,
    /// Take alerts at this address, for example 127.0.0.1:9099
    #[arg(long, value_name = "ADDRESS")]
    gateway_listen: Option<SocketAddr>,
    /// Take alerts without a token; only on a loopback address
    #[arg(long)]
    gateway_allow_unauthenticated: bool,
    /// Work as yourself instead of as the controllers' account
    #[arg(long)]
    as_self: bool,
    /// Hold a lease, so that only one copy works
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set, default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    leader_elect: bool,
    /// Take the lease from whoever holds it
    #[arg(long)]
    force_lease: bool,
    /// Reconcile until nothing is left to do now, then end
    #[arg(long)]
    once: bool,
    /// End after this long
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    r#for: Option<SignedDuration>,
    /// How long to wait until everything has been read once
    #[arg(long, value_name = "LENGTH", default_value = "30s", value_parser = length)]
    sync_timeout: SignedDuration,
    /// How long what is at work may take to end
    #[arg(long, value_name = "LENGTH", default_value = "30s", value_parser = length)]
    drain_timeout: SignedDuration,
    /// Keep an audit log in this file; its signed head is FILE.head
    #[arg(long, value_name = "FILE", requires = "audit_key_file")]
    audit_log: Option<PathBuf>,
    /// The key that seals the audit log, at least 32 bytes
    #[arg(long, value_name = "FILE", requires = "audit_log")]
    audit_key_file: Option<PathBuf>,
    /// Write an empty file once everything is ready
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// End when the program that started this one does
    #[arg(long, hide = true)]
    end_with_parent: bool,
    /// Do not ask whether a cluster that others may use is meant
    #[arg(long, short)]
    yes: bool,
}

/// How long nothing may happen before `--once` takes it for the end.
const QUIET: Duration = Duration::from_secs(2);

/// Hosts the reconcilers.
///
/// # Errors
/// When the cluster cannot be reached, rights are missing, somebody else holds the lease, or a controller dies.
pub async fn run(args: &RunControllersArgs, session: &Session) -> anyhow::Result<Exit> {
    if session.connection.namespace.is_some() {
        return Err(Failure::usage("run-controllers works on all namespaces; leave --namespace out").into());
    }
    let settings = settings(args)?;
    let audit = audit_log(args, session)?;
    let caller = session.connect()?;
    guard::confirm(&caller, args.yes, session).await?;
    let connected = if args.as_self { caller } else { account::controllers(&caller).await? };
    let account = super::whoami::whoami(&connected).await?;
    session.voice.tell(&format!("Context {} ({}), account {account}, all namespaces", connected.context, connected.server));
    guard::may_work(&connected, &account).await?;
    guard::warn_without_policies(&connected, session).await;
    let process = uuid::Uuid::new_v4().to_string();
    let lease = lease(args, &connected, &process, session).await?;
    let clock = session.clock.clone();
    let ctx = Arc::new(Context { client: connected.client.clone(), clock, settings, account, process, own_writes: OwnWrites::default() });
    let ended = host(args, &ctx, lease, audit, session).await;
    account::forget();
    ended
}

fn settings(args: &RunControllersArgs) -> Result<Settings, Failure> {
    let mut settings = source::settings(args.config.as_deref())?;
    settings.gateway.allow_unauthenticated |= args.gateway_allow_unauthenticated;
    Ok(settings)
}

/// Opens the audit log and checks all of it: what is not whole is not continued.
fn audit_log(args: &RunControllersArgs, session: &Session) -> Result<Option<Log>, Failure> {
    let (Some(path), Some(key)) = (&args.audit_log, &args.audit_key_file) else { return Ok(None) };
    let opened = audit::read_key(key).and_then(|key| Log::open(path, key, session.now()));
    opened.map(Some).map_err(|error| {
        let refused = Failure::new(Reason::Internal, format!("cannot keep the audit log: {error}"));
        match error {
            NotOpened::Broken { .. } => {
                refused.hint("look at it with  kubectl kubernaut audit verify,  keep it, and begin a new one in another file")
            }
            _ => refused,
        }
    })
}

/// The playbooks that the settings name.
pub fn playbooks(settings: &Settings) -> Result<Arc<dyn Analyst>, Failure> {
    let wrong = |why: String| Failure::usage(why);
    let book = match &settings.analyst.playbooks {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("{}: {error}", path.display())))?;
            Playbook::parse(&text).map_err(|error| wrong(format!("{}: {error}", path.display())))?
        }
        None => Playbook::built_in().map_err(|error| wrong(error.to_string()))?,
    };
    Ok(Arc::new(book))
}

async fn lease(args: &RunControllersArgs, connected: &Connected, process: &str, session: &Session) -> anyhow::Result<Option<Leadership>> {
    if !args.leader_elect {
        return Ok(None);
    }
    let clock = session.clock.clone();
    match leadership::claim(connected.client.clone(), process, args.force_lease, move || clock.now()).await {
        Ok(Claim::Held(lease)) => {
            session.voice.tell(&format!("lease {}/{} held as {process}", crate::api::SYSTEM_NAMESPACE, leadership::LEASE));
            Ok(Some(*lease))
        }
        Ok(Claim::HeldBy(other)) => Err(Failure::new(Reason::Conflict, format!("another copy holds the lease: {other}"))
            .hint("stop it first, or take the lease with --force-lease")
            .into()),
        Err(error) => Err(not_finished(&error)),
    }
}

fn not_finished(error: &crate::controllers::context::Error) -> anyhow::Error {
    Failure::new(Reason::Internal, error.in_full()).into()
}

async fn host(
    args: &RunControllersArgs,
    ctx: &Ctx,
    lease: Option<Leadership>,
    audit: Option<Log>,
    session: &Session,
) -> anyhow::Result<Exit> {
    let channels = routing::channels(args.routing.as_deref(), &ctx.settings.notifications, Some(&ctx.client), session).await?;
    let listener = match args.gateway_listen {
        Some(address) => {
            Some(TcpListener::bind(address).await.map_err(|error| Failure::usage(format!("cannot listen on {address}: {error}")))?)
        }
        None => None,
    };
    let address = listener.as_ref().and_then(|listener| listener.local_addr().ok());
    let mut engine = Engine::start(ctx, playbooks(&ctx.settings)?, Arc::new(channels), audit.map(audit::Trail::new));
    let patience = Duration::try_from(args.sync_timeout).unwrap_or_default();
    if tokio::time::timeout(patience, engine.ready()).await.is_err() {
        return Err(Failure::new(Reason::Timeout, "the cluster could not be read in time").hint("see  kubectl kubernaut install").into());
    }
    let (close, closed) = oneshot::channel::<()>();
    let served = serve(ctx, listener, closed);
    announce(args, address, session)?;
    let reason = until_told(args, &mut engine, lease, served, session).await;
    drop(close);
    finish(args, engine, reason, session).await
}

type Served = tokio::task::JoinHandle<Result<(), crate::controllers::context::Error>>;

fn serve(ctx: &Ctx, listener: Option<TcpListener>, closed: oneshot::Receiver<()>) -> Option<Served> {
    let listener = listener?;
    let stop = async move {
        let _ = closed.await;
    };
    Some(tokio::spawn(gateway::serve(ctx.clone(), listener, stop)))
}

fn announce(args: &RunControllersArgs, address: Option<SocketAddr>, session: &Session) -> anyhow::Result<()> {
    let gateway = address.map(|address| format!(" gateway={address}")).unwrap_or_default();
    session.voice.print_line(&format!("READY controllers={CONTROLLERS} scope=cluster{gateway} pid={}", std::process::id()))?;
    if let Some(path) = &args.ready_file {
        std::fs::write(path, "")?;
    }
    Ok(())
}

/// Why the controllers stop.
enum Why {
    Told,
    Died(String),
    LeaseLost(String),
}

async fn until_told(
    args: &RunControllersArgs,
    engine: &mut Engine,
    lease: Option<Leadership>,
    served: Option<Served>,
    session: &Session,
) -> (Why, Option<Leadership>) {
    let mut lease = lease;
    let clock = session.clock.clone();
    let tally = engine.tally.clone();
    let reason = tokio::select! {
        () = signalled() => Why::Told,
        () = timer(args.r#for) => Why::Told,
        () = orphaned(args.end_with_parent) => Why::Told,
        () = quiet(args.once, &tally) => Why::Told,
        name = engine.death() => Why::Died(name.to_owned()),
        winner = kept(lease.as_mut(), move || clock.now()) => Why::LeaseLost(winner),
        why = stopped_serving(served) => Why::Died(why),
    };
    (reason, lease)
}

async fn signalled() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

async fn orphaned(wanted: bool) {
    match wanted {
        true => super::sandbox::parent_changed(rustix::process::getppid()).await,
        false => std::future::pending().await,
    }
}

async fn timer(length: Option<SignedDuration>) {
    match length.and_then(|length| Duration::try_from(length).ok()) {
        Some(length) => tokio::time::sleep(length).await,
        None => std::future::pending().await,
    }
}

/// Ends once nothing has been reconciled for a while.
async fn quiet(wanted: bool, tally: &crate::controllers::engine::Tally) {
    if !wanted {
        return std::future::pending().await;
    }
    loop {
        let before = tally.reconciles.load(Ordering::Relaxed);
        tokio::time::sleep(QUIET).await;
        if tally.reconciles.load(Ordering::Relaxed) == before && tally.in_flight.load(Ordering::Relaxed) == 0 {
            return;
        }
    }
}

async fn kept(lease: Option<&mut Leadership>, now: impl Fn() -> jiff::Timestamp) -> String {
    match lease {
        Some(lease) => lease.keep(now).await,
        None => std::future::pending().await,
    }
}

async fn stopped_serving(served: Option<Served>) -> String {
    match served {
        Some(served) => match served.await {
            Ok(Err(error)) => format!("the gateway: {}", error.in_full()),
            _ => "the gateway".to_owned(),
        },
        None => std::future::pending().await,
    }
}

/// Ends in order on the first signal, at once on the second.
async fn finish(
    args: &RunControllersArgs,
    engine: Engine,
    (reason, lease): (Why, Option<Leadership>),
    session: &Session,
) -> anyhow::Result<Exit> {
    let (reconciles, errors) = (engine.tally.reconciles.load(Ordering::Relaxed), engine.tally.errors.load(Ordering::Relaxed));
    let in_flight = engine.tally.in_flight.load(Ordering::Relaxed);
    session
        .voice
        .tell(&format!("draining: {in_flight} reconciles in flight, up to {:#}; press Ctrl-C again to stop now", args.drain_timeout));
    let patience = Duration::try_from(args.drain_timeout).unwrap_or_default();
    let in_time = tokio::select! {
        in_time = engine.drain(patience) => in_time,
        () = signalled() => return Ok(Exit::Interrupted),
    };
    let released = match (lease, &reason) {
        (Some(lease), Why::Told | Why::Died(_)) => tokio::time::timeout(Duration::from_secs(2), lease.release()).await.unwrap_or(false),
        _ => false,
    };
    let lease = if released { ", lease released" } else { "" };
    let how = if in_time { "drained" } else { "gave up waiting" };
    session.voice.tell(&format!("{how}{lease}, {reconciles} reconciles, {errors} errors"));
    match reason {
        Why::Told => Ok(Exit::Done),
        Why::Died(what) => Err(Failure::new(Reason::Internal, format!("a part of the controllers ended: {what}")).into()),
        Why::LeaseLost(winner) => Err(Failure::new(Reason::Internal, format!("lease lost to {winner}")).into()),
    }
}
