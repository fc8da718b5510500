//! Says where a target stands in a word, what is blocked there, and what clearing would leave; all of it by the gate's own answers.

use super::gate::{self, Answer, Seen, Verdict};
use super::ledger;
use crate::api::{RemediationTargetStatus, RunRef, SkipReason};
use crate::settings::Gate as Settings;
use jiff::Timestamp;
use serde::Serialize;

/// Where a target stands, for any workflow. Of several that hold, the first.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum State {
    /// A run failed half way and was not cleared.
    Blocked,
    /// Too many failures before start.
    Exhausted,
    /// A run holds the target.
    Running,
    /// Waits after failures before start.
    Backoff,
    /// Rests after a success.
    Cooldown,
    /// A run may start.
    Free,
}

impl State {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "Blocked",
            Self::Exhausted => "Exhausted",
            Self::Running => "Running",
            Self::Backoff => "Backoff",
            Self::Cooldown => "Cooldown",
            Self::Free => "Free",
        }
    }
}

/// Where a target stands, and when it leaves that by itself, if that is known.
pub fn state(target: &str, ledger: &RemediationTargetStatus, now: Timestamp, settings: &Settings) -> (State, Option<Timestamp>) {
    let nobody = RunRef::default();
    let seen = Seen { now, run: &nobody, workflow_id: None, target, ledger, settings };
    let answers = gate::explain(&seen);
    let decides = gate::deciding(&answers);
    let state = match decides.map(|answer| answer.gate) {
        Some(SkipReason::PreviousExecutionFailed) => State::Blocked,
        Some(SkipReason::ExhaustedRetries) => State::Exhausted,
        Some(SkipReason::ResourceBusy) => State::Running,
        Some(SkipReason::RecentlyRemediated) if gate::backing_off(&seen).is_some() => State::Backoff,
        Some(SkipReason::RecentlyRemediated) => State::Cooldown,
        None => State::Free,
    };
    (state, decides.and_then(|answer| answer.retry_at))
}

/// Something that does not clear by waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What to name in a clearance, if it can be named.
    pub id: Option<String>,
    /// Which gate it shuts.
    pub reason: SkipReason,
    /// The run that caused it, if it is known.
    pub run: Option<RunRef>,
    /// That run's workflow, if it is known.
    pub workflow_id: Option<String>,
    /// Since when, if it is known.
    pub since: Option<Timestamp>,
}

/// Everything on a target that does not clear by waiting, whatever the workflow.
pub fn standing(target: &str, ledger: &RemediationTargetStatus, now: Timestamp, settings: &Settings) -> Vec<Standing> {
    let nobody = RunRef::default();
    against(&Seen { now, run: &nobody, workflow_id: None, target, ledger, settings })
}

/// Everything that a person would have to clear before this run may start.
pub fn against(seen: &Seen) -> Vec<Standing> {
    let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let named = |run: &RunRef| Some(run.clone()).filter(|run| !run.name.is_empty());
    let blocks = gate::blocks_against(seen).map(|block| Standing {
        id: known(&block.id),
        reason: SkipReason::PreviousExecutionFailed,
        run: named(&block.run),
        workflow_id: known(&block.workflow_id),
        since: gate::known(block.since),
    });
    let [_, exhausted, ..] = gate::explain(seen);
    let spent = (exhausted.verdict == Verdict::Blocked).then(|| Standing {
        id: ledger::exhaustion_id(seen.ledger),
        reason: SkipReason::ExhaustedRetries,
        run: exhausted.because.as_ref().and_then(|because| named(&because.run)),
        workflow_id: exhausted.because.as_ref().and_then(|because| known(&because.workflow_id)),
        since: exhausted.because.as_ref().and_then(|because| because.at),
    });
    blocks.chain(spent).collect()
}

/// What the gates would say once everything against this run was cleared.
pub fn once_cleared(seen: &Seen) -> [Answer; 4] {
    let mut ledger = seen.ledger.clone();
    let lifted: Vec<_> = gate::blocks_against(seen).collect();
    ledger.blocks.retain(|block| !lifted.contains(&block));
    if gate::is_exhausted(seen) {
        (ledger.consecutive_failures, ledger.next_allowed_execution) = (0, None);
    }
    gate::explain(&Seen { ledger: &ledger, ..*seen })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Block, Holder, LastSuccess, RecordedRun, RunOutcome};

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn failures(count: i32, next: i64) -> RemediationTargetStatus {
        let run = RunRef { uid: "f".into(), ..RunRef::default() };
        let failed = RecordedRun { run, workflow_id: "oom".into(), outcome: RunOutcome::FailedBeforeStart, completed_at: Some(minute(1)) };
        RemediationTargetStatus {
            consecutive_failures: count,
            next_allowed_execution: Some(minute(next)),
            runs: vec![failed],
            ..RemediationTargetStatus::default()
        }
    }

    #[test]
    fn a_target_stands_where_its_worst_gate_stands() {
        let block = vec![Block { id: "b".into(), workflow_id: "oom".into(), since: minute(1), ..Block::default() }];
        let last_success = vec![LastSuccess { workflow_id: "oom".into(), completed_at: minute(9), ..LastSuccess::default() }];
        let resting = RemediationTargetStatus { last_success: last_success.clone(), ..RemediationTargetStatus::default() };
        let held = RemediationTargetStatus { holder: Some(Holder::default()), ..failures(1, 99) };
        #[rustfmt::skip]
        let table = [
            ("a fresh target",               RemediationTargetStatus::default(),                                   State::Free),
            ("after a success",              resting,                                                              State::Cooldown),
            ("after a failure before start", failures(1, 99),                                                      State::Backoff),
            ("backoff goes before cooldown", RemediationTargetStatus { last_success, ..failures(1, 11) },          State::Backoff),
            ("a run at work",                held.clone(),                                                         State::Running),
            ("spent retries",                RemediationTargetStatus { consecutive_failures: 5, ..held.clone() },  State::Exhausted),
            ("a block",                      RemediationTargetStatus { blocks: block, consecutive_failures: 5, ..held }, State::Blocked),
        ];
        for (case, ledger, expected) in table {
            assert_eq!(state("t", &ledger, minute(10), &Settings::default()).0, expected, "{case}");
        }
    }

    #[test]
    fn what_does_not_clear_by_waiting_is_listed_and_what_clearing_leaves_is_known() {
        let mut ledger = failures(5, 99);
        ledger.blocks = ["oom", "cpu"].map(|id| Block { id: id.into(), workflow_id: id.into(), ..Block::default() }).to_vec();
        ledger.last_success = vec![LastSuccess { workflow_id: "oom".into(), completed_at: minute(9), ..LastSuccess::default() }];
        let all = standing("t", &ledger, minute(10), &Settings::default());
        let ids: Vec<_> = all.iter().map(|one| one.id.as_deref().unwrap()).collect();
        assert_eq!(ids, ["oom", "cpu", "exhausted-f"]);
        let (me, settings) = (RunRef::default(), Settings::default());
        let seen = Seen { now: minute(10), run: &me, workflow_id: Some("oom"), target: "t", ledger: &ledger, settings: &settings };
        assert_eq!(against(&seen).len(), 2, "the other workflow's block is not against this one");
        let left = once_cleared(&seen);
        assert_eq!(
            gate::deciding(&left).map(|answer| (answer.gate, answer.retry_at)),
            Some((SkipReason::RecentlyRemediated, Some(minute(14))))
        );
    }
}
