//! Shows what ran, then asks for a reason and for the target's name.

use super::subject::Subject;
use super::{ClearBlockArgs, picture, rights, spec, write};
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

/// What is asked about.
pub struct Asking<'a> {
    /// The flags.
    pub args: &'a ClearBlockArgs,
    /// The run.
    pub subject: &'a Subject,
    /// What is lifted.
    pub lifted: &'a Liftable,
    /// Who clears.
    pub who: &'a str,
    /// Where.
    pub connected: &'a Connected,
    /// How.
    pub session: &'a Session,
}

impl Asking<'_> {
    /// Asks for what the flags leave open.
    ///
    /// # Errors
    /// When nobody can be asked, the name that was typed is another, or the API server would refuse.
    pub async fn reason_and_confirmation(&self) -> anyhow::Result<Said> {
        let (args, session) = (self.args, self.session);
        let name = self.subject.target.name.clone();
        if let Some(given) = args.confirm.as_ref().filter(|given| **given != name) {
            return Err(Failure::usage(format!("--confirm says {}, but the target is {}", one_line(given), one_line(&name))).into());
        }
        let open = args.reason.is_none() || (args.changes() && args.confirm.is_none());
        if open && !session.look.keyboard {
            return Err(self.nobody_to_ask(&name).into());
        }
        if open {
            rights::check(self.connected, &[&self.subject.target], self.who).await?;
            session.voice.tell(&picture::of(self).await?);
        }
        let reason = match &args.reason {
            Some(reason) => reason.trim().to_owned(),
            None => match self.reason().await? {
                Some(reason) => reason,
                None => return Ok(Said::Nothing),
            },
        };
        if args.changes() && args.confirm.is_none() {
            match line(&format!("Type the target name to confirm ({})", one_line(&name))).await? {
                Answer::Line(typed) if typed == name => {}
                Answer::Line(_) => {
                    return Err(Failure::new(Reason::ConfirmationRequired, "that is not the target's name; nothing was cleared").into());
                }
                Answer::Interrupted => return Ok(Said::Nothing),
            }
        }
        Ok(Said::Yes { reason })
    }

    fn nobody_to_ask(&self, name: &str) -> Failure {
        let more = if self.args.yes { "; --yes is not enough" } else { "" };
        let message = format!("clearing needs a reason and the target's name, and nobody can be asked here{more}");
        Failure::new(Reason::ConfirmationRequired, message)
            .hint(format!("give both:  --reason \"what you found and did\" --confirm {}", one_line(name)))
    }

    /// Asks until the API server takes the reason, before anything else is typed: its rules are its own. `None` when the person gives up.
    async fn reason(&self) -> anyhow::Result<Option<String>> {
        loop {
            let reason = match line("Reason (kept in the record)").await? {
                Answer::Interrupted => return Ok(None),
                Answer::Line(reason) => reason,
            };
            match write::tried(self.connected, self.subject, spec(self.subject, self.lifted, self.who, &reason)).await {
                Ok(()) => return Ok(Some(reason)),
                Err(failure) if write::is_about_the_reason(&failure) => {
                    self.session.voice.tell(&failure.as_text(self.session.look.err.color));
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }
}
