//! Says why something that belongs to a remediation is not there: not yet, or never.

use crate::cli::output::Seen;
use serde_json::Value;

/// Why there is no RemediationProcessing.
pub fn processing(phase: &str) -> &'static str {
    if is_over(phase) { "was not reached" } else { "comes next" }
}

/// Why there is no AIAnalysis.
pub fn analysis(phase: &str) -> &'static str {
    match phase {
        phase if is_over(phase) => "was not reached",
        "Analyzing" => "comes next",
        _ => "waits for the processing",
    }
}

/// Why there is no WorkflowExecution.
pub fn workflow(phase: &str, outcome: &str, is_approved: bool) -> String {
    match (phase, outcome) {
        ("AwaitingApproval", _) if is_approved => "is approved, waits for the controllers".to_owned(),
        ("AwaitingApproval", _) => "waits for approval".to_owned(),
        ("Executing", _) => "comes next".to_owned(),
        (phase, "") if is_over(phase) => "was not reached".to_owned(),
        (phase, outcome) if is_over(phase) => format!("never: {outcome}"),
        _ => "waits for the analysis".to_owned(),
    }
}

/// Why a step has no KubernetesExecution; `phases` are those of the steps that have one.
pub fn step(run: &Seen, number: i64, dependencies: &[i64], phases: &[(i64, String)]) -> String {
    if let Some(why) = refused(run, number, dependencies) {
        return why;
    }
    let completed = |number: &i64| phases.iter().any(|(known, phase)| known == number && phase == "Completed");
    let waiting: Vec<String> = dependencies.iter().filter(|number| !completed(number)).map(ToString::to_string).collect();
    match run.text("/status/phase") {
        "Completed" | "Failed" | "RollingBack" | "Monitoring" => "was not reached".to_owned(),
        "Skipped" => "the run was skipped".to_owned(),
        "Executing" if waiting.is_empty() => "comes next".to_owned(),
        "Executing" => format!("waits for step {}", waiting.join(", ")),
        _ => "waits for the start".to_owned(),
    }
}

/// A step that a person did not approve never runs, nor does what depends on it.
fn refused(run: &Seen, number: i64, dependencies: &[i64]) -> Option<String> {
    let text = |asked: &Value, key: &str| asked.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let asked = run.list("/status/stepApprovals");
    let refusal = |wanted: i64| {
        let of = asked.iter().find(|asked| asked.get("stepNumber").and_then(Value::as_i64) == Some(wanted))?;
        let refused = !matches!(text(of, "approvalStatus").as_str(), "Pending" | "Approved" | "");
        refused.then(|| text(of, "message"))
    };
    let own = refusal(number).map(|why| format!("was not approved: {why}"));
    let of_another = || dependencies.iter().find(|on| refusal(**on).is_some()).map(|on| format!("never: step {on} was not approved"));
    own.or_else(of_another)
}

fn is_over(phase: &str) -> bool {
    matches!(phase, "Completed" | "Failed" | "TimedOut")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_yet_and_never_are_told_apart() {
        #[rustfmt::skip]
        let table = [
            ("Pending",          "",         false, "waits for the analysis"),
            ("AwaitingApproval", "",         false, "waits for approval"),
            ("AwaitingApproval", "",         true,  "is approved, waits for the controllers"),
            ("Executing",        "",         true,  "comes next"),
            ("Failed",           "Rejected", false, "never: Rejected"),
            ("TimedOut",         "",         false, "was not reached"),
        ];
        for (phase, outcome, is_approved, expected) in table {
            assert_eq!(workflow(phase, outcome, is_approved), expected, "{phase}");
        }
    }

    #[test]
    fn a_step_waits_for_its_dependencies() {
        let run = |phase: &str| Seen(serde_json::json!({"status": {"phase": phase}}));
        let done = [(1, "Completed".to_owned()), (2, "Executing".to_owned())];
        assert_eq!(step(&run("Executing"), 3, &[1, 2], &done), "waits for step 2");
        assert_eq!(step(&run("Executing"), 3, &[1], &done), "comes next");
        assert_eq!(step(&run("Pending"), 3, &[1], &[]), "waits for the start");
        assert_eq!(step(&run("Failed"), 3, &[1], &[]), "was not reached");
    }

    #[test]
    fn a_step_that_a_person_refused_says_so_and_so_do_its_dependents() {
        let asked = |status: &str| {
            let asked = serde_json::json!([{"stepNumber": 2, "approvalStatus": status, "message": "rejected by bob"}]);
            Seen(serde_json::json!({"status": {"phase": "Executing", "stepApprovals": asked}}))
        };
        assert_eq!(step(&asked("Rejected"), 2, &[], &[]), "was not approved: rejected by bob");
        assert_eq!(step(&asked("Expired"), 3, &[2], &[]), "never: step 2 was not approved");
        assert_eq!(step(&asked("Approved"), 2, &[], &[]), "comes next");
    }
}
