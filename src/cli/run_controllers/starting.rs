//! What is told while the controllers start, a line a step.

use super::args::RunControllersArgs;
use super::not_finished;
use crate::api::{GROUP, SYSTEM_NAMESPACE, VERSION};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Exit, Failure, Reason, is_missing};
use crate::cli::output::text::one_line;
use crate::cli::paste;
use crate::cli::prompt::{self, Answer};
use crate::cli::session::Session;
use crate::cli::terminal::Mark;
use crate::controllers::leadership::{self, Claim, Leadership};
use crate::settings::Published;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResourceList;
use kube::api::Api;

/// Tells a step that went well. There is no spinner: the log goes to the same place.
pub fn step(session: &Session, what: &str, how: &str) {
    session.voice.tell(&one_line(&format!("{} {what:<11} {how}", session.look.glyph(Mark::Good))));
}

/// Checks that every kind is served, as anybody may ask; how many there are.
///
/// # Errors
/// When one is missing.
pub async fn kinds(connected: &Connected) -> Result<usize, Failure> {
    let wanted: Vec<String> = crate::api::crds().into_iter().map(|definition| definition.spec.names.plural).collect();
    let served = match connected.client.list_api_group_resources(&format!("{GROUP}/{VERSION}")).await {
        Err(error) if is_missing(&error) => APIResourceList::default(),
        answer => answer.attempted(|| "ask which types are served".to_owned())?,
    };
    let missing: Vec<&str> =
        wanted.iter().filter(|kind| !served.resources.iter().any(|one| one.name == **kind)).map(String::as_str).collect();
    if !missing.is_empty() {
        let failure = Failure::new(Reason::CrdMissing, format!("the API server does not serve {}", missing.join(", ")));
        return Err(failure.hint(format!("install them with  {}", paste::ours("install"))));
    }
    Ok(wanted.len())
}

/// Gets the lease, unless none is to be held.
///
/// # Errors
/// When somebody else holds it, or a person does not want to take it.
pub async fn lease(
    args: &RunControllersArgs,
    connected: &Connected,
    process: &str,
    settings: &Published,
    session: &Session,
) -> anyhow::Result<Option<Leadership>> {
    if !args.leader_elect || args.shadow {
        let why = if args.shadow { "none: a shadow changes nothing" } else { "none: another copy may work at the same time" };
        step(session, "lease", why);
        return Ok(None);
    }
    if args.force_lease {
        confirm_taking(args, connected, session).await?;
    }
    let clock = session.clock.clone();
    match leadership::claim(connected.client.clone(), process, settings, args.force_lease, move || clock.now()).await {
        Ok(Claim::Held(lease)) => {
            step(session, "lease", &format!("{SYSTEM_NAMESPACE}/{} held as {process}", leadership::LEASE));
            Ok(Some(*lease))
        }
        Ok(Claim::HeldBy(other)) => Err(Failure::new(Reason::Conflict, format!("another copy holds the lease: {other}"))
            .hint("stop it first, or take the lease with --force-lease")
            .into()),
        Err(error) => Err(not_finished(&error)),
    }
}

/// Whoever has the lease stops at once when it is taken.
async fn confirm_taking(args: &RunControllersArgs, connected: &Connected, session: &Session) -> anyhow::Result<()> {
    let leases: Api<Lease> = Api::namespaced(connected.client.clone(), SYSTEM_NAMESPACE);
    let found = leases.get_opt(leadership::LEASE).await.attempted(|| format!("read the lease {}", leadership::LEASE))?;
    let holder = found.and_then(|lease| lease.spec?.holder_identity).filter(|holder| !holder.is_empty());
    let Some(holder) = holder.filter(|_| !args.yes) else { return Ok(()) };
    let question = one_line(&format!("{holder} holds the lease, and stops when it is taken. Take it?"));
    if !session.look.keyboard {
        return Err(Failure::new(Reason::ConfirmationRequired, question).hint("say so with --yes").into());
    }
    match prompt::line(&format!("{question} [y/N]")).await? {
        Answer::Line(line) if matches!(line.as_str(), "y" | "yes") => Ok(()),
        Answer::Line(_) => Err(Failure::new(Reason::ConfirmationRequired, "not confirmed").into()),
        Answer::Interrupted => Err(Failure::new(Reason::ConfirmationRequired, "interrupted").exiting(Exit::Interrupted).into()),
    }
}
