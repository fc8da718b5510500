//! Says whether a remediation or a run can still start. The gate speaks of the target; this is about who asks.

use crate::api::{Decision, RemediationPhase, SkipReason, WorkflowPhase};
use serde::Serialize;

/// What is ahead of a remediation or a run.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Prospect {
    /// The gate decides whether it starts.
    Asks,
    /// Its analysis comes first.
    AwaitsAnalysis,
    /// A person decides first.
    AwaitsApproval,
    /// It has started, and is not over.
    Started,
    /// It is over: nothing will start for it, whatever the gate says.
    Over,
}

/// What a person was asked, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What was decided.
    pub decision: Decision,
    /// Whether the time to decide was up when it was decided; for what is undecided, whether it is up now.
    pub late: bool,
}

/// What is ahead of a run. A refusal that only a person lifts is final for the run that was refused: another one profits. One that is to stop,
/// or is being deleted, starts no more.
pub fn of_run(phase: WorkflowPhase, skipped_for: Option<SkipReason>, is_to_stop: bool) -> Prospect {
    use WorkflowPhase::{Completed, Executing, Failed, Monitoring, Pending, Planning, RollingBack, Skipped, Validating};
    match phase {
        Completed | Failed => Prospect::Over,
        Executing | Monitoring | RollingBack => Prospect::Started,
        Skipped if skipped_for.is_some_and(SkipReason::is_permanent) => Prospect::Over,
        Skipped | Pending | Planning | Validating if is_to_stop => Prospect::Over,
        Skipped | Pending | Planning | Validating => Prospect::Asks,
    }
}

/// What is ahead of a remediation; `asked` is known once a person was asked, `run` once there is a run.
pub fn of_remediation(phase: RemediationPhase, asked: Option<Asked>, run: Option<Prospect>) -> Prospect {
    if phase.is_over() {
        return Prospect::Over;
    }
    if let Some(run) = run {
        return run;
    }
    match (asked, phase) {
        (Some(Asked { decision: Decision::Approved, late: false }), _) | (None, RemediationPhase::Executing) => Prospect::Asks,
        (Some(Asked { decision: Decision::Undecided, late: false }), _) | (None, RemediationPhase::AwaitingApproval) => {
            Prospect::AwaitsApproval
        }
        (Some(_), _) => Prospect::Over,
        (None, _) => Prospect::AwaitsAnalysis,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Prospect::*;

    #[test]
    fn a_run_asks_the_gate_until_it_starts_or_is_over() {
        #[rustfmt::skip]
        let table = [
            ("a new run asks",                                WorkflowPhase::Pending,     None,                                      Asks),
            ("so does one that is about to take its target",  WorkflowPhase::Validating,  None,                                      Asks),
            ("one that waits for its turn asks again",        WorkflowPhase::Skipped,     Some(SkipReason::ResourceBusy),            Asks),
            ("one that was blocked never asks again",         WorkflowPhase::Skipped,     Some(SkipReason::PreviousExecutionFailed), Over),
            ("nor does one whose retries were spent",         WorkflowPhase::Skipped,     Some(SkipReason::ExhaustedRetries),        Over),
            ("one at work has started, whatever came before", WorkflowPhase::RollingBack, Some(SkipReason::ResourceBusy),            Started),
            ("one that ended well is over",                   WorkflowPhase::Completed,   None,                                      Over),
            ("one that failed is over",                       WorkflowPhase::Failed,      None,                                      Over),
        ];
        for (case, phase, skipped_for, expected) in table {
            assert_eq!(of_run(phase, skipped_for, false), expected, "{case}");
            let stopped = if expected == Asks { Over } else { expected };
            assert_eq!(of_run(phase, skipped_for, true), stopped, "{case}, and is to stop");
        }
    }

    #[test]
    fn a_remediation_waits_for_its_analysis_and_for_people_first() {
        let asked = |decision, late| Some(Asked { decision, late });
        #[rustfmt::skip]
        let table = [
            ("a new one is analysed first",                   RemediationPhase::Pending,          None,                                Option::None,  AwaitsAnalysis),
            ("so is one at it",                               RemediationPhase::Analyzing,        None,                                None,          AwaitsAnalysis),
            ("a person is asked before it is written down",   RemediationPhase::Analyzing,        asked(Decision::Undecided, false),   None,          AwaitsApproval),
            ("a person is asked",                             RemediationPhase::AwaitingApproval, asked(Decision::Undecided, false),   None,          AwaitsApproval),
            ("a person is asked, nobody knows in what words", RemediationPhase::AwaitingApproval, None,                                None,          AwaitsApproval),
            ("nobody answered in time",                       RemediationPhase::AwaitingApproval, asked(Decision::Undecided, true),    None,          Over),
            ("approved",                                      RemediationPhase::AwaitingApproval, asked(Decision::Approved, false),    None,          Asks),
            ("approved too late",                             RemediationPhase::AwaitingApproval, asked(Decision::Approved, true),     None,          Over),
            ("rejected",                                      RemediationPhase::AwaitingApproval, asked(Decision::Rejected, false),    None,          Over),
            ("superseded",                                    RemediationPhase::AwaitingApproval, asked(Decision::Superseded, false),  None,          Over),
            ("its run comes next",                            RemediationPhase::Executing,        None,                                None,          Asks),
            ("its run says what is ahead",                    RemediationPhase::Executing,        asked(Decision::Approved, true),     Some(Started), Started),
            ("it is over, whatever its run asked for",        RemediationPhase::TimedOut,         None,                                Some(Asks),    Over),
            ("it failed",                                     RemediationPhase::Failed,           asked(Decision::Approved, false),    None,          Over),
        ];
        for (case, phase, asked, run, expected) in table {
            assert_eq!(of_remediation(phase, asked, run), expected, "{case}");
        }
    }
}
