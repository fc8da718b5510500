//! Waits until a remediation has come far enough.

use super::changes::{Change, Changes};
use super::family::{child, phase};
use super::known::Known;
use super::progress::Progress;
use super::reading::named;
use super::tree::mark;
use crate::cli::check::lease;
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Exit, Failure, Reason};
use crate::cli::get::not_found;
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::read;
use crate::cli::session::Session;
use crate::cli::terminal::Mark;
use jiff::SignedDuration;
use std::time::Duration;

/// The phases of a remediation in their order.
pub const PHASES: [&str; 8] = ["Pending", "Processing", "Analyzing", "AwaitingApproval", "Executing", "Completed", "Failed", "TimedOut"];

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The end.
    Terminal,
    /// A decision on the plan, if one is asked for.
    Decided,
    /// A phase, or any later one.
    Phase(&'static str),
}

impl Until {
    /// Reads the value of `--wait`.
    ///
    /// # Errors
    /// When there is no such phase.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "terminal" => Ok(Self::Terminal),
            "decided" => Ok(Self::Decided),
            other => PHASES
                .into_iter()
                .find(|phase| phase.eq_ignore_ascii_case(other))
                .map(Self::Phase)
                .ok_or_else(|| format!("one of terminal, decided, {}", PHASES.join(", "))),
        }
    }

    /// Whether what was waited for has come, given phase and decision; `None` as long as it has not.
    fn answer(self, phase: &str, decision: Option<&str>) -> Option<Exit> {
        let over = matches!(phase, "Completed" | "Failed" | "TimedOut");
        let ended = if phase == "Completed" { Exit::Done } else { Exit::No };
        let rank = |wanted: &str| PHASES.iter().position(|known| *known == wanted).unwrap_or_default();
        match self {
            Self::Phase(wanted) if phase == wanted => Some(Exit::Done),
            Self::Decided => match decision {
                Some(decision) if decision != "Pending" => Some(if mark(decision) == Mark::Good { Exit::Done } else { Exit::No }),
                _ if phase == "Executing" => Some(Exit::Done),
                _ => over.then_some(ended),
            },
            Self::Phase("Failed" | "TimedOut") if over => Some(Exit::No),
            _ if over => Some(ended),
            Self::Phase(wanted) => (rank(phase) > rank(wanted)).then_some(Exit::Done),
            Self::Terminal => None,
        }
    }
}

/// Waits; 0 when it came, 4 when the end was a failure.
///
/// # Errors
/// When the time is up, there is no such remediation, or it is deleted meanwhile.
pub async fn wait(session: &Session, connected: &Connected, name: &str, until: Until, limit: SignedDuration) -> anyhow::Result<Exit> {
    if let Some(idle) = lease::idle(connected, session.now()).await {
        session.voice.tell(&format!("note: {idle}"));
    }
    let mut progress = Progress::of(session, name);
    let patience = Duration::try_from(limit).unwrap_or_default();
    let waiting = tokio::time::timeout(patience, follow_until(connected, name, until, &mut progress));
    match waiting.await {
        Ok(ended) => ended,
        Err(_) => Err(late(session, connected, name, progress.phase()).await.into()),
    }
}

/// The time is up. If nobody works at it, that is why.
async fn late(session: &Session, connected: &Connected, name: &str, phase: &str) -> Failure {
    let stands = match phase {
        "" => format!("timed out: nothing was heard of rr/{name}"),
        phase => format!("timed out: rr/{name} is still {phase}"),
    };
    let see = format!("see where it stands:  {}", crate::cli::paste::object("status", &format!("rr/{name}"), &connected.namespace));
    let failure = Failure::new(Reason::Timeout, stands).about(format!("{}/{name}", connected.namespace)).hint(see);
    match lease::idle(connected, session.now()).await {
        Some(idle) => failure.because(idle),
        None => failure,
    }
}

/// How a remediation ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// 0 when it was completed, 4 when not.
    pub exit: Exit,
    /// Its outcome, such as `Remediated`; empty when it has none.
    pub outcome: String,
    /// Why it ended so, as the controllers say it; may be empty.
    pub message: String,
}

/// Waits for the end of a remediation, and says how it was.
///
/// # Errors
/// As [`wait`].
pub async fn until_over(session: &Session, connected: &Connected, name: &str, limit: SignedDuration) -> anyhow::Result<Ended> {
    let exit = wait(session, connected, name, Until::Terminal, limit).await?;
    let request =
        read::get(&connected.client, Kind::Remediation, &connected.namespace, name).await.attempted(|| format!("read rr/{name}"))?;
    let outcome = request.text("/status/outcome");
    let ended = crate::cli::output::text::one_line(&format!(
        "{} {} {outcome}",
        Kind::Remediation.full_name(name),
        phase(Kind::Remediation, &request)
    ));
    session.voice.tell(&ended);
    Ok(Ended { exit, outcome: outcome.to_owned(), message: request.text("/status/message").to_owned() })
}

async fn follow_until(connected: &Connected, name: &str, until: Until, progress: &mut Progress<'_>) -> anyhow::Result<Exit> {
    let (client, namespace) = (&connected.client, connected.namespace.as_str());
    let request = match read::get(client, Kind::Remediation, namespace, name).await {
        Ok(request) => request,
        Err(error) => return Err(not_found(connected, Kind::Remediation, name, &error).await.into()),
    };
    let mut wanted = vec![(Kind::Remediation, named(namespace, name))];
    if until == Until::Decided {
        wanted.push((Kind::Approval, named(namespace, &child(&request, Kind::Approval))));
    }
    let kinds: Vec<Kind> = wanted.iter().map(|(kind, _)| *kind).collect();
    let (mut changes, mut known) = (Changes::of(client, wanted), Known::default());
    while let Some(change) = changes.next().await {
        match change {
            Change::Lost(_, why) => progress.lost(&why),
            Change::Back(_) => progress.back(),
            Change::Hidden(Kind::Remediation, why) => return Err(why.into()),
            change => known.follow(change),
        }
        if !kinds.iter().all(|kind| known.is_settled(*kind)) {
            continue;
        }
        let Some(request) = known.get(Kind::Remediation, namespace, name) else { return Err(deleted(namespace, name).into()) };
        let phase = phase(Kind::Remediation, request);
        if let Some(exit) = until.answer(&phase, decision(&known, request).as_deref()) {
            return Ok(exit);
        }
        progress.at(&phase);
    }
    Err(Failure::new(Reason::Unreachable, format!("nothing more is heard of rr/{name}")).into())
}

/// The remediation went while somebody looked at it.
pub fn deleted(namespace: &str, name: &str) -> Failure {
    Failure::new(Reason::NotFound, format!("{} was deleted meanwhile", Kind::Remediation.full_name(name)))
        .about(format!("{namespace}/{name}"))
}

fn decision(known: &Known, request: &Seen) -> Option<String> {
    known.get(Kind::Approval, request.namespace(), &child(request, Kind::Approval)).map(|seen| phase(Kind::Approval, seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_when_it_came_or_never_can() {
        #[rustfmt::skip]
        let table = [
            ("still going",            Until::Terminal,            "Executing",        None,             None),
            ("a good end",             Until::Terminal,            "Completed",        None,             Some(Exit::Done)),
            ("a bad end",              Until::Terminal,            "TimedOut",         None,             Some(Exit::No)),
            ("undecided",              Until::Decided,             "AwaitingApproval", Some("Pending"),  None),
            ("approved",               Until::Decided,             "AwaitingApproval", Some("Approved"), Some(Exit::Done)),
            ("rejected",               Until::Decided,             "Failed",           Some("Rejected"), Some(Exit::No)),
            ("nobody was asked",       Until::Decided,             "Executing",        None,             Some(Exit::Done)),
            ("the phase",              Until::Phase("Executing"),  "Executing",        None,             Some(Exit::Done)),
            ("a later phase",          Until::Phase("Analyzing"),  "Executing",        None,             Some(Exit::Done)),
            ("an earlier phase",       Until::Phase("Executing"),  "Pending",          None,             None),
            ("ended before the phase", Until::Phase("Executing"),  "Failed",           None,             Some(Exit::No)),
            ("wanted to fail",         Until::Phase("Failed"),     "Failed",           None,             Some(Exit::Done)),
            ("did not fail",           Until::Phase("Failed"),     "Completed",        None,             Some(Exit::No)),
        ];
        for (case, until, phase, decision, expected) in table {
            assert_eq!(until.answer(phase, decision), expected, "{case}");
        }
        assert!(Until::parse("executing").is_ok() && Until::parse("soon").is_err());
    }
}
