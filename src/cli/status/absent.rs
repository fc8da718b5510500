//! Says why something that belongs to a remediation is not there: not yet, or never.

use crate::cli::output::Seen;

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
pub fn workflow(phase: &str, outcome: &str) -> String {
    match (phase, outcome) {
        ("AwaitingApproval", _) => "waits for approval".to_owned(),
        ("Executing", _) => "comes next".to_owned(),
        (phase, "") if is_over(phase) => "was not reached".to_owned(),
        (phase, outcome) if is_over(phase) => format!("never: {outcome}"),
        _ => "waits for the analysis".to_owned(),
    }
}

/// Why a step has no KubernetesExecution; `phases` are those of the steps that have one.
pub fn step(run: &Seen, dependencies: &[i64], phases: &[(i64, String)]) -> String {
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
            ("Pending",          "",         "waits for the analysis"),
            ("AwaitingApproval", "",         "waits for approval"),
            ("Executing",        "",         "comes next"),
            ("Failed",           "Rejected", "never: Rejected"),
            ("TimedOut",         "",         "was not reached"),
        ];
        for (phase, outcome, expected) in table {
            assert_eq!(workflow(phase, outcome), expected, "{phase}");
        }
    }

    #[test]
    fn a_step_waits_for_its_dependencies() {
        let run = |phase: &str| Seen(serde_json::json!({"status": {"phase": phase}}));
        let done = [(1, "Completed".to_owned()), (2, "Executing".to_owned())];
        assert_eq!(step(&run("Executing"), &[1, 2], &done), "waits for step 2");
        assert_eq!(step(&run("Executing"), &[1], &done), "comes next");
        assert_eq!(step(&run("Pending"), &[1], &[]), "waits for the start");
        assert_eq!(step(&run("Failed"), &[1], &[]), "was not reached");
    }
}
