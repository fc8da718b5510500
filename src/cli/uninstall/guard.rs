//! What keeps a cluster from being emptied by accident.

use super::UninstallArgs;
use super::data::Counts;
use crate::cli::check::lease::{self, Held};
use crate::cli::connect::Connected;
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Attempted, Exit, Failure, Reason};
use crate::cli::install::objects::Part;
use crate::cli::output::age::age;
use crate::cli::output::text::one_line;
use crate::cli::prompt::{self, Answer};
use crate::cli::session::Session;

/// What has to be typed: the types, and so the data, are the whole cluster's.
const NAME: &str = "cluster";

/// Refuses to drop data with the types that nobody asked to drop.
///
/// # Errors
/// `Conflict`, which names the ways on.
pub fn data(args: &UninstallArgs, counts: &Counts) -> Result<(), Failure> {
    if counts.total() == 0 || args.delete_data || !args.removes(Part::Crds) {
        return Ok(());
    }
    let message = format!("{} objects of kubernaut's types exist, and would be deleted with the types", counts.total());
    let failure = Failure::new(Reason::Conflict, message).hint("leave them, and the types, with --keep-crds");
    Err(failure.hint(format!("or delete them all with  --delete-data --confirm {NAME}")))
}

/// Refuses to take rights and policies away from controllers at work.
///
/// # Errors
/// `Conflict` while the lease is held.
pub async fn controllers(args: &UninstallArgs, connected: &Connected, session: &Session) -> Result<(), Failure> {
    let held = lease::look(connected, session.now()).await.attempted(|| "read the controllers' lease".to_owned())?;
    match held {
        Held::By { holder, renewed } if args.force => {
            session.voice.tell(&one_line(&format!("warning: controllers are at work: {holder}, lease renewed {} ago", age(renewed))));
            Ok(())
        }
        Held::By { holder, renewed } => {
            let message = format!("controllers are at work: {holder} holds the lease, renewed {} ago", age(renewed));
            Err(Failure::new(Reason::Conflict, message).hint("stop them first, or go on with --force"))
        }
        _ => Ok(()),
    }
}

/// Lets a person, or a flag, say again that the data goes.
///
/// # Errors
/// When it is not said, or something else is.
pub async fn confirm(args: &UninstallArgs, connected: &Connected, counts: &Counts, session: &Session) -> anyhow::Result<()> {
    if !args.delete_data || counts.total() == 0 || args.dry_run != DryRun::None {
        return Ok(());
    }
    let said = match &args.confirm {
        Some(said) => said.clone(),
        None if !session.look.keyboard => {
            let message = format!("{} objects would be deleted for good", counts.total());
            let hint = format!("say so with --confirm {NAME}");
            return Err(Failure::new(Reason::ConfirmationRequired, message).hint(hint).into());
        }
        None => {
            session.voice.tell(&one_line(&format!("Context {} ({})", connected.context, connected.server)));
            match prompt::line(&format!("This deletes {} objects for good. Type {NAME} to go on", counts.total())).await? {
                Answer::Line(line) => line,
                Answer::Interrupted => {
                    return Err(Failure::new(Reason::ConfirmationRequired, "interrupted; nothing was deleted")
                        .exiting(Exit::Interrupted)
                        .into());
                }
            }
        }
    };
    match said == NAME {
        true => Ok(()),
        false => Err(Failure::new(Reason::ConfirmationRequired, format!("{said:?} is not {NAME:?}; nothing was deleted")).into()),
    }
}
