//! What a person is asked before a decision.

use super::request::{Question, Request};
use super::{Job, Verb, known, show};
use crate::cli::dry_run::DryRun;
use crate::cli::output::yaml::to_yaml;
use crate::cli::prompt::{Answer, columns, line};

/// What a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Go on.
    Yes,
    /// Write nothing.
    No,
    /// Ctrl-C.
    Interrupted,
}

impl Job<'_> {
    /// Whether a person has to say why.
    pub fn lacks_reason(&self) -> bool {
        self.verb == Verb::Reject && self.reason.is_none()
    }

    /// Asks why; `false` when the person gives up.
    ///
    /// # Errors
    /// When the terminal cannot be used.
    pub async fn reasoned(&mut self) -> anyhow::Result<bool> {
        while self.reason.is_none() {
            match line("Reason for the rejection").await? {
                Answer::Interrupted => return Ok(false),
                Answer::Line(reason) if !reason.is_empty() => self.reason = Some(reason),
                Answer::Line(_) => self
                    .session
                    .voice
                    .tell("A rejection needs a reason; it is kept in the record. Ctrl-C ends this, and nothing is written."),
            }
        }
        Ok(true)
    }

    /// Whether nobody is to be asked: told so, or nothing is written.
    pub fn asks_nobody(&self) -> bool {
        self.args.yes || self.args.dry_run != DryRun::None
    }

    /// Shows what is asked, and asks. A named rejection is the safe direction: it is asked for only if the request `changed` meanwhile.
    ///
    /// # Errors
    /// When the terminal cannot be used.
    pub async fn confirmed(&self, request: &Request, changed: bool) -> anyhow::Result<Choice> {
        if self.asks_nobody() || (self.verb == Verb::Reject && !changed) {
            return Ok(Choice::Yes);
        }
        let (voice, verb) = (&self.session.voice, self.verb.word());
        let (permitted, known) = futures::join!(self.permits(request), known::about(request, self.connected, self.session));
        permitted?;
        let title = format!("{}{}", verb.get(..1).unwrap_or_default().to_uppercase(), verb.get(1..).unwrap_or_default());
        voice.tell(&format!("{title} {}?   {}", request.object(), show::identity(&self.who, &self.connected.context)));
        voice.tell(show::screen(request, &known, Some(columns()), self.session).trim_end());
        let what = match request.question {
            Question::Plan(_) => "plan",
            Question::Step(_) => "step",
        };
        loop {
            match line(&format!("{title} this {what}? [y/N/d=show yaml]")).await? {
                Answer::Interrupted => return Ok(Choice::Interrupted),
                Answer::Line(word) if word.eq_ignore_ascii_case("d") => {
                    voice.tell(&to_yaml(&self.args.output.object(request.seen.0.clone()))?);
                }
                Answer::Line(word) if matches!(word.to_lowercase().as_str(), "y" | "yes") => return Ok(Choice::Yes),
                Answer::Line(word) if word.starts_with('?') => voice.tell(&format!(
                    "y or yes: {verb} exactly what is shown above. d: show the whole request as YAML, then ask again. Anything else: no, nothing is written."
                )),
                Answer::Line(_) => return Ok(Choice::No),
            }
        }
    }
}
