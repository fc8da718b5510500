//! Deterministic names: the same cause always has the same name, so creating twice is refused by the API server.

/// Longest name of a remediation request: its children's names and its label must fit.
pub const LONGEST_REQUEST_NAME: usize = 52;

/// Name of the admission policy, and of its binding, that lets people decide only in their own name.
pub const DECISION_POLICY: &str = "kubernaut-decisions";
/// Name of the one that lets people clear only in their own name.
pub const CLEARANCE_POLICY: &str = "kubernaut-clearances";
/// Name of the one that lets only the controllers write what they write.
pub const STATUS_POLICY: &str = "kubernaut-statuses";
/// Name of the one that lets people ask for a remediation only in their own name.
pub const REMEDIATION_POLICY: &str = "kubernaut-remediations";
/// Name of the one that asks whoever deletes a failed run for the right to clear its block.
pub const DELETION_POLICY: &str = "kubernaut-deletions";

/// Name of a remediation request: first 12 hex digits of the fingerprint and the second the alert began; `nth` from 2 on is added.
pub fn remediation_request(fingerprint: &str, firing_second: i64, nth: u32) -> String {
    let short: String = fingerprint.chars().take(12).collect();
    match nth {
        0 | 1 => format!("rr-{short}-{firing_second}"),
        n => format!("rr-{short}-{firing_second}-{n}"),
    }
}

/// Name of the request's RemediationProcessing.
pub fn processing(request: &str) -> String {
    format!("{request}-processing")
}

/// Name of the request's AIAnalysis.
pub fn analysis(request: &str) -> String {
    format!("{request}-analysis")
}

/// Name of the analysis' AIApprovalRequest.
pub fn approval(analysis: &str) -> String {
    format!("{analysis}-approval")
}

/// Name of the request's WorkflowExecution.
pub fn workflow(request: &str) -> String {
    format!("{request}-workflow")
}

/// Name of the KubernetesExecution of a step.
pub fn step(workflow: &str, number: i32) -> String {
    format!("{workflow}-step-{number}")
}

/// Name of the KubernetesExecution that undoes a step.
pub fn undo(workflow: &str, number: i32) -> String {
    format!("{workflow}-undo-{number}")
}

/// Name of the WorkflowStepApprovalRequest of a step.
pub fn step_approval(workflow: &str, number: i32) -> String {
    format!("{workflow}-step-{number}-approval")
}

/// Name of a NotificationRequest.
pub fn notification(request: &str, event: &str) -> String {
    format!("{request}-notification-{event}")
}

/// Identifier of the block that a run makes: first 12 hex digits of its uid.
pub fn block_id(run_uid: &str) -> String {
    run_uid.chars().filter(|c| *c != '-').take(12).collect()
}

/// Identifier of an exhaustion, by the uid of the run that failed last.
pub fn exhaustion_id(run_uid: &str) -> String {
    format!("exhausted-{}", block_id(run_uid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_request_leaves_room_for_its_longest_child() {
        let request = "r".repeat(LONGEST_REQUEST_NAME);
        let children =
            [notification(&request, "approval-reminder-99"), step_approval(&workflow(&request), 50), approval(&analysis(&request))];
        assert!(children.iter().all(|name| name.len() <= 253));
        assert!(request.len() <= 63, "the request's name is a label value");
    }

    #[test]
    fn names_say_what_they_belong_to() {
        let request = remediation_request(&"ab".repeat(32), 1_700_000_000, 1);
        assert_eq!(request, "rr-abababababab-1700000000");
        assert_eq!(remediation_request(&"ab".repeat(32), 1_700_000_000, 2), "rr-abababababab-1700000000-2");
        assert_eq!(approval(&analysis(&request)), format!("{request}-analysis-approval"));
        assert_eq!(block_id("3f9a1c07-be42-4c1e-9d6f-000000000000"), "3f9a1c07be42");
        assert_eq!(exhaustion_id("3f9a1c07-be42-4c1e-9d6f-000000000000"), "exhausted-3f9a1c07be42");
    }
}
