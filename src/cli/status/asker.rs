//! Who looks, and whether it is theirs to decide what is undecided.

use super::known::Known;
use crate::cli::connect::Connected;
use crate::cli::get::{decision, person_may};
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::whoami::{Me, may};

/// The kinds that people decide.
pub const DECIDED: [Kind; 2] = [Kind::Approval, Kind::StepApproval];

/// Who looks, as far as the API server says it.
#[derive(Clone, Debug, Default)]
pub struct Asker {
    me: Option<Me>,
    everywhere: bool,
    answers: Vec<(Kind, bool)>,
}

impl Asker {
    /// Asks once for each of these kinds whether it may be decided in the namespace, or in all of them.
    pub async fn ask(connected: &Connected, me: Option<Me>, namespace: Option<&str>, kinds: &[Kind]) -> Self {
        let one =
            async |kind: &Kind| may(connected, "approve", &kind.resource().plural, namespace).await.ok().map(|answer| (*kind, answer));
        let answers = futures::future::join_all(kinds.iter().map(one)).await.into_iter().flatten().collect();
        Self { me, everywhere: namespace.is_none(), answers }
    }

    /// Name of the user.
    pub fn name(&self) -> Option<&str> {
        self.me.as_ref().map(|me| me.name.as_str())
    }

    /// Whether they may decide this request; unknown where the API server did not say so.
    pub fn may_decide(&self, kind: Kind, seen: &Seen) -> Option<bool> {
        let (_, allowed) = self.answers.iter().find(|(known, _)| *known == kind)?;
        match allowed {
            true => self.me.as_ref().map(|me| person_may(me, seen)),
            // Who may not everywhere may still be allowed in this namespace.
            false if self.everywhere => None,
            false => Some(false),
        }
    }
}

/// The kinds of which something is undecided.
pub fn undecided(known: &Known) -> Vec<Kind> {
    DECIDED.into_iter().filter(|kind| known.of(*kind).any(|seen| decision(seen) == "Pending")).collect()
}
