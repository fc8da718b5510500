//! `check`: whether what `install` applies is there, holds, and is what this client would apply.

mod cluster;
mod compare;

use super::OUTPUT_VERSION;
use super::failure::Exit;
use super::output::{OutputArgs, text::one_line};
use super::session::Session;
use serde::Serialize;

/// Check kinds, roles and policies in the cluster
#[derive(clap::Args)]
pub struct CheckArgs {
    /// End with 4 on warnings, too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Everything that was checked.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckReport {
    api_version: &'static str,
    kind: &'static str,
    checks: Vec<Check>,
}

/// One thing that was checked.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
struct Check {
    category: &'static str,
    name: String,
    result: Outcome,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok,
    Warning,
    Failure,
}

impl Check {
    fn new(category: &'static str, name: impl Into<String>, result: Outcome, message: impl Into<String>) -> Self {
        Self { category, name: name.into(), result, message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Prints what was found. Ends with 4 when anything is wrong.
///
/// # Errors
/// When the API server does not answer.
pub async fn run(args: &CheckArgs, session: &Session) -> anyhow::Result<Exit> {
    let checks = cluster::all(&session.connect()?).await?;
    let exit = exit(&checks, args.strict);
    match args.output.format() {
        format if format.is_rendered() => {
            let report = CheckReport { api_version: OUTPUT_VERSION, kind: "CheckReport", checks };
            session.voice.print(&args.output.render(&serde_json::to_value(&report)?)?)?;
        }
        _ => tell(&checks, session)?,
    }
    Ok(exit)
}

fn exit(checks: &[Check], strict: bool) -> Exit {
    let wrong = |check: &Check| check.result == Outcome::Failure || (strict && check.result == Outcome::Warning);
    if checks.iter().any(wrong) { Exit::No } else { Exit::Done }
}

/// One line for all of a category that is well, and one for everything that is not.
fn tell(checks: &[Check], session: &Session) -> anyhow::Result<()> {
    for group in checks.chunk_by(|one, next| one.category == next.category) {
        let (well, wrong): (Vec<&Check>, Vec<&Check>) = group.iter().partition(|check| check.result == Outcome::Ok);
        let summed = match well[..] {
            [] => None,
            [only] => Some(format!("{}: {}", only.name, only.message)),
            [..] => Some(format!("{} of {} are there, as this client installs them", well.len(), group.len())),
        };
        if let (Some(summed), Some(first)) = (summed, group.first()) {
            session.voice.print_line(&line(session, first.category, Outcome::Ok, &summed))?;
        }
        for check in wrong {
            session.voice.print_line(&line(session, check.category, check.result, &format!("{}: {}", check.name, check.message)))?;
        }
    }
    hints(checks).iter().for_each(|hint| session.hint(&one_line(hint)));
    let count = |result| checks.iter().filter(|check| check.result == result).count();
    let (fine, warnings, failures) = (count(Outcome::Ok), count(Outcome::Warning), count(Outcome::Failure));
    session.voice.print_line(&format!("{fine} ok, {warnings} warnings, {failures} failures"))?;
    Ok(())
}

fn line(session: &Session, category: &str, result: Outcome, text: &str) -> String {
    let mark = match (result, session.look.ascii) {
        (Outcome::Ok, false) => "✔",
        (Outcome::Ok, true) => "ok",
        (Outcome::Warning, _) => "!",
        (Outcome::Failure, false) => "✖",
        (Outcome::Failure, true) => "x",
    };
    one_line(&format!("{category:<12} {mark} {text}"))
}

/// Each hint once.
fn hints(checks: &[Check]) -> Vec<String> {
    let mut hints: Vec<String> = checks.iter().filter_map(|check| check.hint.clone()).collect();
    hints.sort();
    hints.dedup();
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_decides_the_exit_code() {
        let of = |result| Check::new("crds", "x", result, "y");
        #[rustfmt::skip]
        let table = [
            ("all is well",          vec![of(Outcome::Ok)],                          false, Exit::Done),
            ("a warning",            vec![of(Outcome::Ok), of(Outcome::Warning)],    false, Exit::Done),
            ("a warning, strictly",  vec![of(Outcome::Ok), of(Outcome::Warning)],    true,  Exit::No),
            ("a failure",            vec![of(Outcome::Failure), of(Outcome::Ok)],    false, Exit::No),
        ];
        for (case, checks, strict, expected) in table {
            assert_eq!(exit(&checks, strict), expected, "{case}");
        }
    }

    #[test]
    fn a_hint_is_given_once() {
        let check = Check::new("policies", "x", Outcome::Failure, "is missing").hint("install");
        assert_eq!(hints(&[check.clone(), check]), ["install"]);
    }
}
