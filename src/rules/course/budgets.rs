//! The budgets of a remediation: which one ends first, and what happens then.

use super::endings::timed_out;
use super::{Child, Course, Seen, Workflow, later};
use crate::api::{RemediationPhase, StopReason};
use crate::settings::{Budgets, Length};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The budgets with what `spec.timeouts` of a request overrides: `processing`, `analysis`, `waiting`, `execution`, `overall`, each as
/// `30m`. A value that is no length, or zero, leaves the setting in force.
pub fn of(settings: &Budgets, own: &BTreeMap<String, String>) -> Budgets {
    let own = |key: &str, setting: Length| {
        let length = own.get(key).and_then(|text| text.parse::<Length>().ok());
        length.filter(|length| !length.0.is_zero()).unwrap_or(setting)
    };
    Budgets {
        processing: own("processing", settings.processing),
        analysis: own("analysis", settings.analysis),
        waiting: own("waiting", settings.waiting),
        execution: own("execution", settings.execution),
        overall: own("overall", settings.overall),
    }
}

/// A budget that was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Which one, in words.
    pub name: &'static str,
    /// How long it is.
    pub length: SignedDuration,
}

/// A step on the way that would wait is allowed to only within its budget.
pub fn within_budget(seen: &Seen, course: Course) -> Course {
    let Some((until, budget)) = first_to_end(seen) else { return course };
    if seen.now >= until {
        return give_up(seen, budget);
    }
    match course {
        Course::Wait { until: earlier } if earlier < until => course,
        Course::Nothing | Course::Wait { .. } => Course::Wait { until },
        other => other,
    }
}

fn first_to_end(seen: &Seen) -> Option<(Timestamp, Budget)> {
    let budgets = &seen.budgets;
    let in_run = waited_in_run(seen);
    let (since, name, length) = match (seen.phase, &seen.workflow) {
        (RemediationPhase::Processing, _) => (seen.phase_since, "processing", budgets.processing.0),
        (RemediationPhase::Analyzing, _) => (seen.phase_since, "analysis", budgets.analysis.0),
        // Waiting for a person is bounded by the request's own deadline.
        (RemediationPhase::AwaitingApproval, _) => return None,
        (_, Child::There(Workflow { started: Some(started), .. })) => (later(*started, in_run), "execution", budgets.execution.0),
        _ => (seen.phase_since, "waiting for the target", budgets.waiting.0),
    };
    let own = (later(since, length), Budget { name, length });
    let length = budgets.overall.0;
    let waited = seen.waited_for_people.saturating_add(in_run);
    let overall = (later(later(seen.created, length), waited), Budget { name: "the whole remediation", length });
    Some(if overall.0 < own.0 { overall } else { own })
}

/// Time in which the run waits for people is not its own: its budgets grow with it.
fn waited_in_run(seen: &Seen) -> SignedDuration {
    let Child::There(run) = &seen.workflow else { return SignedDuration::ZERO };
    let now = run.waiting_since.map_or(SignedDuration::ZERO, |since| seen.now.duration_since(since));
    run.waited.saturating_add(now.max(SignedDuration::ZERO))
}

/// A run is asked to end first, and the remediation ends when it has.
fn give_up(seen: &Seen, budget: Budget) -> Course {
    match &seen.workflow {
        Child::There(run) if !run.phase.is_over() && run.stop.is_none() => Course::Stop(StopReason::TimedOut),
        Child::There(run) if !run.phase.is_over() => Course::Nothing,
        _ => Course::Finish(timed_out(budget)),
    }
}

/// The budget of a run that was stopped because it took too long: the one that ends first by what is known now.
pub fn spent(seen: &Seen) -> Budget {
    let waiting = Budget { name: "waiting for the target", length: seen.budgets.waiting.0 };
    first_to_end(seen).map_or(waiting, |(_, budget)| budget)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_may_name_its_own_budgets() {
        let settings = Budgets::default();
        #[rustfmt::skip]
        let table = [
            ("its own",                 "execution", "5m",   Length::minutes(5)),
            ("another key",             "analysis",  "5m",   settings.execution),
            ("not a length",            "execution", "soon", settings.execution),
            ("zero would end it at once", "execution", "0s", settings.execution),
        ];
        for (case, key, text, expected) in table {
            assert_eq!(of(&settings, &[(key.to_owned(), text.to_owned())].into()).execution, expected, "{case}");
        }
    }
}
