//! `run-controllers`: hosts the reconcilers until it is told to stop.

mod account;
mod args;
pub mod deployed;
mod ending;
mod guard;
pub mod routing;
mod starting;

use super::connect::Connected;
use super::failure::{Exit, Failure, Reason};
use super::ledgers::source;
use super::session::Session;
use crate::analysts::Analyst;
use crate::analysts::playbook::Playbook;
use crate::cli::paste;
use crate::controllers::audit::{self, Log, NotOpened};
use crate::controllers::context::{Context, Ctx};
use crate::controllers::engine::{Engine, Options};
use crate::controllers::gateway;
use crate::controllers::leadership::Leadership;
use crate::controllers::own_writes::OwnWrites;
use crate::controllers::shadow::Shadow;
use crate::settings::{Published, Settings};
pub use args::{LogFormat, RunControllersArgs};
use ending::{finish, until_told};
use kube::client::ClientBuilder;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long nothing may happen before `--once` takes it for the end.
const QUIET: Duration = Duration::from_secs(2);

/// Hosts the reconcilers.
///
/// # Errors
/// When the cluster cannot be reached, rights are missing, somebody else holds the lease, or a controller dies.
pub async fn run(args: &RunControllersArgs, session: &Session) -> anyhow::Result<Exit> {
    if session.connection.namespace.is_some() {
        let why = "run-controllers works on all namespaces: a ledger counts the runs of every namespace that name its target";
        return Err(Failure::usage(why).hint("leave --namespace out").into());
    }
    let settings = settings(args)?;
    let audit = audit_log(args, session)?;
    let caller = session.connect()?;
    guard::confirm(&caller, args.yes || args.shadow, session).await?;
    let kinds = starting::kinds(&caller).await?;
    guard::warn_of_a_deployment(&caller, session).await;
    let connected = if args.as_self { caller } else { account::controllers(&caller).await? };
    let account = super::whoami::whoami(&connected).await?;
    session.voice.tell(&format!("Context {} ({}), account {account}, all namespaces", connected.context, connected.server));
    starting::step(session, "crds", &format!("{kinds} types served"));
    guard::may_work(&connected, &account).await?;
    starting::step(session, "rbac", "the account may read all namespaces and operate");
    guard::warn_without_policies(&connected, session).await;
    let process = uuid::Uuid::new_v4().to_string();
    let lease = starting::lease(args, &connected, &process, &Published::of(&settings), session).await?;
    let connected = if args.shadow { shadowed(connected)? } else { connected };
    let clock = session.clock.clone();
    let ctx = Arc::new(Context { client: connected.client.clone(), clock, settings, account, process, own_writes: OwnWrites::default() });
    let ended = host(args, &ctx, lease, audit, session).await;
    account::forget();
    ended
}

/// The same connection, over which nothing is changed.
fn shadowed(connected: Connected) -> Result<Connected, Failure> {
    let builder = ClientBuilder::try_from(connected.config.clone()).map_err(|error| Failure::from_kube(&error, "connect"))?;
    Ok(Connected { client: builder.with_layer(&Shadow::default()).build(), ..connected })
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

/// The playbooks of the settings, else the built-in ones.
///
/// # Errors
/// When their file cannot be read or understood.
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
    let options = Options { chosen: args.controllers.0.clone(), concurrency: args.concurrency, shadow: args.shadow };
    let begun = Instant::now();
    let mut engine = Engine::start(ctx, playbooks(&ctx.settings)?, Arc::new(channels), audit.map(audit::Trail::new), options);
    let patience = Duration::try_from(args.sync_timeout).unwrap_or_default();
    if tokio::time::timeout(patience, engine.ready()).await.is_err() {
        return Err(Failure::new(Reason::Timeout, "the cluster could not be read in time")
            .hint(format!("see what is wrong with  {}", paste::ours("check")))
            .into());
    }
    starting::step(session, "caches", &format!("{} kinds synced in {:.1?}", crate::api::crds().len(), begun.elapsed()));
    let (close, closed) = oneshot::channel::<()>();
    let served = serve(ctx, listener, closed);
    announce(args, address, session)?;
    let reason = until_told(args, &mut engine, lease, served, session).await;
    drop(close);
    finish(args, engine, reason, session).await
}

/// The gateway, while it runs.
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
    session.voice.print_line(&format!(
        "READY controllers={} scope=cluster{gateway} pid={}",
        args.controllers.0.len(),
        std::process::id()
    ))?;
    if let Some(path) = &args.ready_file {
        std::fs::write(path, "")?;
    }
    Ok(())
}
