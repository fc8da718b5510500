//! What a person is asked before a decision.

use super::request::Request;
use super::{Job, Verb, show};
use crate::cli::output::yaml::to_yaml;
use crate::cli::prompt::{Answer, line};

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

/// Asks why; `None` when the person gives up.
pub async fn reason() -> anyhow::Result<Option<String>> {
    loop {
        match line("Reason for the rejection").await? {
            Answer::Interrupted => return Ok(None),
            Answer::Line(reason) if !reason.is_empty() => return Ok(Some(reason)),
            Answer::Line(_) => {}
        }
    }
}

impl Job<'_> {
    /// Shows the plan and asks, unless nobody is to be asked.
    pub async fn confirmed(&self, request: &Request) -> anyhow::Result<Choice> {
        if self.args.yes || self.args.dry_run != "none" || self.verb == Verb::Reject {
            return Ok(Choice::Yes);
        }
        let voice = &self.session.voice;
        voice.tell(&format!("Approve {}?   {}", request.object(), show::identity(&self.who, &self.connected.context)));
        voice.tell(show::plan(request, self.session).trim_end());
        loop {
            match line("Approve this plan? [y/N/d=show yaml]").await? {
                Answer::Interrupted => return Ok(Choice::Interrupted),
                Answer::Line(word) if word == "d" => voice.tell(&to_yaml(&self.args.output.object(request.seen.0.clone()))?),
                Answer::Line(word) if matches!(word.to_lowercase().as_str(), "y" | "yes") => return Ok(Choice::Yes),
                Answer::Line(_) => return Ok(Choice::No),
            }
        }
    }
}
