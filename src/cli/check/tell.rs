//! The report for people: a line for all of a category that is well, and one for everything that is not.

use super::{Check, Outcome};
use crate::cli::output::text::one_line;
use crate::cli::session::Session;

/// Prints every category, the hints, and the sum.
///
/// # Errors
/// When the reader has gone.
pub fn all(checks: &[Check], session: &Session) -> anyhow::Result<()> {
    for group in checks.chunk_by(|one, next| one.category == next.category) {
        for (result, text) in lines(group) {
            session.voice.print_line(&line(session, group.first().map_or("", |check| check.category), result, &text))?;
        }
    }
    hints(checks).iter().for_each(|hint| session.hint(&one_line(hint)));
    let count = |result| checks.iter().filter(|check| check.result == result).count();
    let (fine, warnings, failures) = (count(Outcome::Ok), count(Outcome::Warning), count(Outcome::Failure));
    session.voice.print_line(&format!("{fine} ok, {}, {}", counted(warnings, "warning"), counted(failures, "failure")))?;
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What is said about one category. All that cannot be seen is one line, with the first rule that is missing.
fn lines(group: &[Check]) -> Vec<(Outcome, String)> {
    let well: Vec<&Check> = group.iter().filter(|check| check.result == Outcome::Ok).collect();
    let unseen: Vec<&Check> = group.iter().filter(|check| check.unseen.is_some()).collect();
    let summed = match well[..] {
        [] => None,
        [only] => Some(format!("{}: {}", only.name, only.message)),
        [first, ..] => Some(format!("{} of {} {}", well.len(), group.len(), manner(first))),
    };
    let mut lines: Vec<(Outcome, String)> = summed.into_iter().map(|text| (Outcome::Ok, text)).collect();
    if let Some(first) = unseen.first() {
        let rule = first.unseen.clone().unwrap_or_default();
        let which = if unseen.len() == 1 { first.name.clone() } else { format!("{} of {}", unseen.len(), group.len()) };
        lines.push((Outcome::Warning, format!("{which} cannot be read; {rule}")));
    }
    let wrong = group.iter().filter(|check| check.result != Outcome::Ok && check.unseen.is_none());
    lines.extend(wrong.map(|check| (check.result, format!("{}: {}", check.name, check.message))));
    lines
}

fn manner(check: &Check) -> String {
    match check.category {
        "crds" => format!("established, served {}", crate::api::VERSION),
        "rbac" | "attribution" => "are there, as this client installs them".to_owned(),
        "install" => "kinds may be applied".to_owned(),
        _ => "are well".to_owned(),
    }
}

fn line(session: &Session, category: &str, result: Outcome, text: &str) -> String {
    let mark = match (result, session.look.ascii) {
        // What you may do is neither right nor wrong.
        (Outcome::Ok, false) if category == "rights" => "·",
        (Outcome::Ok, true) if category == "rights" => "-",
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
    fn a_hint_is_given_once() {
        let check = Check::new("policies", "x", Outcome::Failure, "is missing").hint("install");
        assert_eq!(hints(&[check.clone(), check]), ["install"]);
    }

    #[test]
    fn what_cannot_be_seen_is_one_line() {
        let unseen = |name: &str| {
            let check = Check::new("crds", name, Outcome::Warning, "cannot be read");
            Check { unseen: Some(format!("the missing rule for {name}")), ..check }
        };
        let group =
            [Check::new("crds", "a", Outcome::Ok, "x"), unseen("b"), unseen("c"), Check::new("crds", "d", Outcome::Failure, "is missing")];
        let said: Vec<String> = lines(&group).into_iter().map(|(_, text)| text).collect();
        assert_eq!(said, ["a: x", "2 of 4 cannot be read; the missing rule for b", "d: is missing"]);
    }
}
