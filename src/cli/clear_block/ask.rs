//! Shows what ran, then asks for a reason and for the target's name.

use super::ClearBlockArgs;
use super::subject::Subject;
use crate::cli::approve::identity;
use crate::cli::connect::Connected;
use crate::cli::failure::{Failure, Reason};
use crate::cli::output::text::one_line;
use crate::cli::prompt::{Answer, line};
use crate::cli::session::Session;
use crate::rules::clearing::Liftable;

/// What a person said.
pub enum Said {
    /// Go on, because of this.
    Yes {
        /// Why it is safe.
        reason: String,
    },
    /// Ctrl-C.
    Nothing,
}

/// Asks for what the flags leave open.
///
/// # Errors
/// When nobody can be asked, or the name that was typed is another.
pub async fn reason_and_confirmation(
    args: &ClearBlockArgs,
    subject: &Subject,
    lifted: &Liftable,
    who: &str,
    connected: &Connected,
    session: &Session,
) -> anyhow::Result<Said> {
    let changes = args.dry_run == "none";
    let name = subject.target.name.clone();
    if let Some(given) = args.confirm.as_ref().filter(|given| **given != name) {
        return Err(Failure::usage(format!("--confirm says {given}, but the target is {name}")).into());
    }
    let open = args.reason.is_none() || (changes && args.confirm.is_none());
    if open && !session.look.keyboard {
        return Err(Failure::new(
            Reason::ConfirmationRequired,
            "clearing needs a reason and the target's name, and nobody can be asked here",
        )
        .hint(format!("give both:  --reason \"what you found and did\" --confirm {}", one_line(&name)))
        .into());
    }
    if open {
        session.voice.tell(&picture(subject, lifted, who, connected).await?);
    }
    let reason = match &args.reason {
        Some(reason) => reason.clone(),
        None => match line("Reason (kept in the record)").await? {
            Answer::Line(reason) => reason,
            Answer::Interrupted => return Ok(Said::Nothing),
        },
    };
    if changes && args.confirm.is_none() {
        match line(&format!("Type the target name to confirm ({})", one_line(&name))).await? {
            Answer::Line(typed) if typed == name => {}
            Answer::Line(_) => {
                return Err(Failure::new(Reason::ConfirmationRequired, "that is not the target's name; nothing was cleared").into());
            }
            Answer::Interrupted => return Ok(Said::Nothing),
        }
    }
    Ok(Said::Yes { reason: reason.trim().to_owned() })
}

async fn picture(subject: &Subject, lifted: &Liftable, who: &str, connected: &Connected) -> Result<String, Failure> {
    let mut lines = Vec::new();
    match &lifted.failed {
        Some(failed) => {
            lines.push(format!("{}/{} ran and FAILED. What its steps did:", failed.namespace, failed.name));
            lines.extend(subject.steps(connected, failed).await?);
            lines.push(format!("Clearing lets {} run again on {}.", subject.workflow_id, subject.target));
        }
        None => {
            lines.push(format!("Runs on {} failed before they began, again and again. Clearing lets them be tried again.", subject.target))
        }
    }
    lines.push(format!("You clear {}.", identity(who, &connected.context)));
    Ok(lines.iter().map(|line| one_line(line)).collect::<Vec<_>>().join("\n"))
}
