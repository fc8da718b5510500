//! Somebody wrote first: what changed between the version that was looked at and the one that is there.

use super::find::{direct, within};
use super::request::Request;
use super::standing::{Standing, judge};
use super::{Job, standing};
use crate::cli::failure::{Failure, Reason};
use crate::cli::output::Seen;
use crate::cli::output::text::one_line;
use crate::cli::output::yaml::to_yaml;
use serde_json::Value;
use similar::TextDiff;

/// Most lines of a difference that are shown.
const MOST_LINES: usize = 40;
/// Most lines of it that stand in an error.
const MOST_CAUSES: usize = 12;

impl Job<'_> {
    /// Reads the request anew: to be asked about again where a person can answer and it is no one of `several`, with what changed
    /// shown; else a refusal that says it.
    ///
    /// # Errors
    /// What was decided meanwhile, or the conflict.
    pub async fn look_again(&self, before: &Request, conflict: Failure, several: bool) -> Result<Request, Failure> {
        let now = self.reread(before).await?;
        // A decision in the meantime is the better explanation.
        let standing = judge(&now, self.verb, &self.who, self.session.now())?;
        if standing != Standing::Open {
            return Ok(now);
        }
        let may_ask = !several && self.session.look.keyboard && !self.asks_nobody() && self.args.resource_version.is_none();
        if !may_ask {
            return Err(self.changed(before, &now.seen, Some(conflict)));
        }
        let voice = &self.session.voice;
        voice.tell(&format!("{} changed while you looked at it:", before.object()));
        voice.tell(&difference(&before.seen, &now.seen).join("\n"));
        Ok(now)
    }

    /// The same request as it is now.
    ///
    /// # Errors
    /// When it is gone, or the API server does not answer.
    async fn reread(&self, before: &Request) -> Result<Request, Failure> {
        direct(&within(self.connected, before.seen.namespace()), before.kind(), before.seen.name()).await
    }

    /// Refuses what is not what a file says was looked at.
    ///
    /// # Errors
    /// A conflict, with what differs.
    pub fn still_bound(&self, request: &Request) -> Result<(), Failure> {
        let Some(looked_at) = &request.bound else { return Ok(()) };
        let same = |pointer: &str| looked_at.text(pointer).is_empty() || looked_at.text(pointer) == request.seen.text(pointer);
        match same("/metadata/resourceVersion") && same("/spec/planHash") && same("/metadata/uid") {
            true => Ok(()),
            false => Err(self.changed(&Request { seen: looked_at.clone(), ..request.clone() }, &request.seen, None)),
        }
    }

    fn changed(&self, before: &Request, now: &Seen, conflict: Option<Failure>) -> Failure {
        let failure = standing::refusal(before, Reason::Conflict, self.verb, "it changed meanwhile");
        let failure = Failure { server: conflict.and_then(|conflict| conflict.server), ..failure };
        let lines = difference(&before.seen, now);
        let told = lines.iter().filter(|line| line.starts_with(['-', '+'])).take(MOST_CAUSES);
        let failure = told.fold(failure, |failure, line| failure.because(line.as_str()));
        failure.hint(format!("look at it, then try again:  {}", before.review()))
    }
}

/// A unified difference of two versions in YAML, without what every write changes; each line is harmless and not long.
pub fn difference(before: &Seen, now: &Seen) -> Vec<String> {
    let (before, now) = (without_bookkeeping(before), without_bookkeeping(now));
    let diff = TextDiff::from_lines(before.as_str(), now.as_str());
    let text = diff.unified_diff().context_radius(2).to_string();
    let all: Vec<&str> = text.lines().filter(|line| !line.starts_with("\\ ")).collect();
    let mut lines: Vec<String> = all.iter().take(MOST_LINES).map(|line| harmless(line)).collect();
    match all.len() {
        0 => lines.push("nothing but its version".to_owned()),
        more if more > MOST_LINES => lines.push(format!("... and {} lines more", more - MOST_LINES)),
        _ => {}
    }
    lines
}

/// The line with its indentation.
fn harmless(line: &str) -> String {
    let sign: String = line.chars().take(1).collect();
    let rest = line.get(sign.len()..).unwrap_or_default();
    let indent: String = rest.chars().take_while(|c| *c == ' ').take(40).collect();
    let text: String = one_line(rest).chars().take(200).collect();
    format!("{sign}{indent}{text}")
}

fn without_bookkeeping(seen: &Seen) -> String {
    let mut value = seen.0.clone();
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        ["managedFields", "resourceVersion", "generation"].iter().for_each(|field| drop(metadata.remove(*field)));
    }
    to_yaml(&value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn version(version: &str, label: &str) -> Seen {
        Seen(json!({"metadata": {"name": "x", "resourceVersion": version, "labels": {"team": label}}, "spec": {"a": 1, "b": 2, "c": 3}}))
    }

    #[test]
    fn only_what_people_look_at_is_a_difference() {
        assert_eq!(difference(&version("7", "a"), &version("8", "a")), ["nothing but its version"]);
        let lines = difference(&version("7", "a"), &version("8", "b"));
        assert!(lines.contains(&"-    team: a".to_owned()) && lines.contains(&"+    team: b".to_owned()), "{lines:?}");
        assert!(lines.iter().all(|line| !line.contains("resourceVersion")), "{lines:?}");
    }

    #[test]
    fn a_hostile_difference_is_short_and_harmless() {
        let many: serde_json::Map<String, Value> =
            (0..100).map(|nth| (format!("k{nth}"), "\u{1b}[2J\u{202e}x".repeat(500).into())).collect();
        let lines = difference(&version("7", "a"), &Seen(json!({"metadata": {"name": "x"}, "spec": many})));
        assert_eq!(lines.len(), MOST_LINES + 1);
        assert!(lines.iter().all(|line| line.chars().count() <= 250 && !line.contains(['\u{1b}', '\u{202e}'])));
    }
}
