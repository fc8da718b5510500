//! The table of each type: what an operator needs in 80 columns, and more with `-o wide`.

use super::columns::{Column, Moment};
use crate::actions;
use crate::cli::kinds::Kind;
use crate::cli::output::{Seen, age::age};
use crate::cli::read::streamed::Served;
use serde_json::Value;

/// The columns of a type, in order.
pub fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Approval => APPROVALS,
        Kind::StepApproval => STEP_APPROVALS,
        Kind::Execution => EXECUTIONS,
        Kind::Remediation => REMEDIATIONS,
        Kind::Analysis => ANALYSES,
        Kind::Notification => NOTIFICATIONS,
        Kind::Processing => PROCESSINGS,
        Kind::Step => STEPS,
        Kind::Clearance => CLEARANCES,
        Kind::Target => LEDGERS,
    }
}

const NAME: Column = Column::text("NAME", "/metadata/name");
const AGE: Column = Column::age();
const PHASE: Column = Column::or("PHASE", "/status/phase", "Pending");
const DECISION: Column = Column::made("DECISION", &["/status/decision"], |seen, _| decision(seen).to_owned());
const EXPIRES: Column = Column::made("EXPIRES", &["/status/decision", "/spec/timeout", "/metadata/creationTimestamp"], expires);
const DECIDED_BY: Column = Column::text("DECIDED-BY", "/status/decidedBy").wide();
const MESSAGE: Column = Column::text("MESSAGE", "/status/message").wide().prose();

const APPROVALS: &[Column] = &[
    NAME,
    Column::target("/spec/plan/targetResource"),
    Column::made("CONFIDENCE", &["/spec/investigation/confidenceScore"], |seen, _| percent(seen, "/spec/investigation/confidenceScore")),
    Column::made("STEPS", &["/spec/plan/steps"], |seen, _| count(seen, "/spec/plan/steps")),
    DECISION,
    EXPIRES,
    AGE,
    Column::text("WORKFLOW", "/spec/plan/workflowId").wide(),
    DECIDED_BY,
    Column::text("ANALYSIS", "/spec/aiAnalysisRef/name").wide(),
    Column::made("RISK", &["/spec/plan/steps/-/action"], risk).wide(),
];

const STEP_APPROVALS: &[Column] = &[
    NAME,
    Column::text("STEP", "/spec/stepNumber"),
    Column::text("ACTION", "/spec/action"),
    DECISION,
    EXPIRES,
    AGE,
    Column::text("RUN", "/spec/workflowExecutionRef/name").wide(),
    DECIDED_BY,
    Column::made("APPROVERS", &["/spec/approverGroups"], |seen, _| joined(seen, "/spec/approverGroups", "")).wide(),
];

const EXECUTIONS: &[Column] = &[
    NAME,
    Column::target("/spec/targetResource"),
    Column::text("WORKFLOW", "/spec/workflowRef/workflowId"),
    PHASE,
    Column::or("REASON", "/status/skipDetails/reason", "-"),
    Column::made("NEXT-ALLOWED", &["/status/nextAllowedExecution", "/status/phase", "/status/skipDetails/reason"], next_allowed),
    AGE,
    Column::or("OUTCOME", "/status/outcome", "-").wide(),
    Column::or("FAILURES", "/status/consecutiveFailures", "-").wide(),
    Column::text("REMEDIATION", "/spec/remediationRequestRef/name").wide(),
    Column::or("FAILURE", "/status/failureDetails/message", "-").wide().prose(),
];

const REMEDIATIONS: &[Column] = &[
    NAME,
    Column::text("SIGNAL", "/spec/signalName").prose(),
    Column::target("/spec/targetResource"),
    PHASE,
    Column::or("OUTCOME", "/status/outcome", "-"),
    AGE,
    Column::text("SEVERITY", "/spec/severity").wide(),
    Column::text("PRIORITY", "/spec/priority").wide(),
    Column::text("ENVIRONMENT", "/spec/environment").wide(),
    Column::or("REASON", "/status/skipReason", "-").wide(),
    Column::or("DUPLICATES", "/status/duplicateCount", "0").wide(),
    MESSAGE,
];

const ANALYSES: &[Column] = &[
    NAME,
    Column::target("/spec/targetResource"),
    Column::made("CONFIDENCE", &["/status/confidenceScore"], |seen, _| percent(seen, "/status/confidenceScore")),
    Column::or("APPROVAL", "/status/approvalStatus", "-"),
    PHASE,
    AGE,
    Column::text("WORKFLOW", "/status/workflowId").wide(),
    Column::text("ANALYST", "/spec/analyst").wide(),
    Column::text("ROOT-CAUSE", "/status/rootCause").wide().prose(),
    MESSAGE,
];

const NOTIFICATIONS: &[Column] = &[
    NAME,
    Column::text("TYPE", "/spec/type"),
    Column::text("PRIORITY", "/spec/priority"),
    Column::text("SUBJECT", "/spec/subject").prose(),
    PHASE,
    AGE,
    Column::made("RECEIVERS", &["/status/deliveries/-/receiver"], |seen, _| joined(seen, "/status/deliveries", "receiver")).wide(),
    Column::made("ERROR", &["/status/deliveries/-/lastError"], |seen, _| joined(seen, "/status/deliveries", "lastError")).wide().prose(),
];

const PROCESSINGS: &[Column] = &[
    NAME,
    Column::target("/spec/targetResource"),
    Column::text("ENVIRONMENT", "/status/environment"),
    PHASE,
    AGE,
    Column::text("PRIORITY", "/status/priority").wide(),
    Column::made("DEGRADED", &["/status/degraded"], |seen, _| joined(seen, "/status/degraded", "")).wide().prose(),
    MESSAGE,
];

const STEPS: &[Column] = &[
    NAME,
    Column::text("STEP", "/spec/stepNumber"),
    Column::text("ACTION", "/spec/action"),
    PHASE,
    Column::made("TOOK", &["/status/startTime", "/status/completionTime"], took),
    AGE,
    Column::text("RUN", "/spec/workflowExecutionRef/name").wide(),
    Column::or("UNDO-OF", "/spec/undoOf/name", "-").wide(),
    MESSAGE,
];

const CLEARANCES: &[Column] = &[
    NAME,
    Column::target("/spec/targetResource"),
    Column::text("BLOCK", "/spec/blockId"),
    Column::text("BY", "/spec/clearedBy"),
    PHASE,
    AGE,
    Column::text("REASON", "/spec/reason").wide().prose(),
    MESSAGE,
];

/// The ledgers as they are stored; `get targets` computes more.
const LEDGERS: &[Column] = &[NAME, Column::target("/spec/targetResource"), AGE];

/// Columns of the API server's own tables, and what they show: the kinds' printer columns, of which every type has the first three.
pub fn served(kind: Kind) -> Vec<Served> {
    let own: &[Served] = match kind {
        Kind::Approval => &[
            ("Target", "/spec/plan/targetResource"),
            ("Confidence", "/spec/investigation/confidenceScore"),
            ("Decision", "/status/decision"),
            ("By", "/status/decidedBy"),
            ("Steps", "/spec/plan/steps"),
            ("Timeout", "/spec/timeout"),
            ("Workflow", "/spec/plan/workflowId"),
            ("Requested-By", "/spec/requestedBy"),
        ],
        Kind::StepApproval => &[
            ("Step", "/spec/stepNumber"),
            ("Action", "/spec/action"),
            ("Decision", "/status/decision"),
            ("By", "/status/decidedBy"),
            ("Timeout", "/spec/timeout"),
            ("Requested-By", "/spec/requestedBy"),
        ],
        Kind::Execution => &[
            ("Target", "/spec/targetResource"),
            ("Workflow", "/spec/workflowRef/workflowId"),
            ("Phase", "/status/phase"),
            ("Reason", "/status/skipDetails/reason"),
            ("Next-Allowed", "/status/nextAllowedExecution"),
            ("Outcome", "/status/outcome"),
            ("Remediation", "/spec/remediationRequestRef/name"),
        ],
        Kind::Remediation => &[
            ("Signal", "/spec/signalName"),
            ("Target", "/spec/targetResource"),
            ("Severity", "/spec/severity"),
            ("Phase", "/status/phase"),
            ("Outcome", "/status/outcome"),
        ],
        Kind::Analysis => &[
            ("Target", "/spec/targetResource"),
            ("Phase", "/status/phase"),
            ("Confidence", "/status/confidenceScore"),
            ("Approval", "/status/approvalStatus"),
        ],
        Kind::Notification => {
            &[("Type", "/spec/type"), ("Priority", "/spec/priority"), ("Subject", "/spec/subject"), ("Phase", "/status/phase")]
        }
        Kind::Processing => &[("Target", "/spec/targetResource"), ("Phase", "/status/phase"), ("Environment", "/status/environment")],
        Kind::Step => &[
            ("Step", "/spec/stepNumber"),
            ("Action", "/spec/action"),
            ("Phase", "/status/phase"),
            ("Started", "/status/startTime"),
            ("Ended", "/status/completionTime"),
        ],
        Kind::Clearance => {
            &[("Target", "/spec/targetResource"), ("Block", "/spec/blockId"), ("By", "/spec/clearedBy"), ("Phase", "/status/phase")]
        }
        Kind::Target => &[("Target", "/spec/targetResource")],
    };
    let every = [("Name", "/metadata/name"), ("Namespace", "/metadata/namespace"), ("Created", "/metadata/creationTimestamp")];
    every.iter().chain(own).copied().collect()
}

/// The decision; `Pending` while there is none.
pub fn decision(seen: &Seen) -> &str {
    Some(seen.text("/status/decision")).filter(|decision| !decision.is_empty()).unwrap_or("Pending")
}

fn expires(seen: &Seen, moment: Moment) -> String {
    match (decision(seen), seen.deadline()) {
        ("Pending", Some(deadline)) => moment.times.until(deadline, moment.now),
        ("Pending", None) => "<unknown>".to_owned(),
        _ => "-".to_owned(),
    }
}

fn percent(seen: &Seen, pointer: &str) -> String {
    seen.number(pointer).map(|score| format!("{score}%")).unwrap_or_default()
}

/// The length of a list; the API server's table tells the number of the last step instead, which is the same.
fn count(seen: &Seen, pointer: &str) -> String {
    match seen.at(pointer) {
        Some(Value::Number(number)) => number.to_string(),
        _ => seen.list(pointer).len().to_string(),
    }
}

/// Before when the target is not tried again; `never` where only a person can change that.
fn next_allowed(seen: &Seen, moment: Moment) -> String {
    let skipped = seen.text("/status/phase") == "Skipped";
    match seen.time("/status/nextAllowedExecution").filter(|at| *at > moment.now) {
        _ if skipped && is_permanent(seen.text("/status/skipDetails/reason")) => "never".to_owned(),
        Some(at) => moment.times.until(at, moment.now),
        None => "-".to_owned(),
    }
}

fn is_permanent(reason: &str) -> bool {
    serde_json::from_value::<crate::api::SkipReason>(reason.into()).is_ok_and(crate::api::SkipReason::is_permanent)
}

fn took(seen: &Seen, moment: Moment) -> String {
    let (start, end) = (seen.time("/status/startTime"), seen.time("/status/completionTime"));
    start.map_or_else(|| "-".to_owned(), |start| age(end.unwrap_or(moment.now).duration_since(start)))
}

/// The greatest risk of the plan's steps.
fn risk(seen: &Seen, _: Moment) -> String {
    let actions = seen.list("/spec/plan/steps").iter().filter_map(|step| step.get("action")?.as_str());
    let risks: Option<Vec<_>> = actions.map(|name| actions::find(name).map(|action| action.risk())).collect();
    match risks {
        Some(risks) => risks.into_iter().max().map(|risk| risk.as_str().to_owned()).unwrap_or_default(),
        None => "<unknown>".to_owned(),
    }
}

/// The texts of a list, or a field of each of its objects.
fn joined(seen: &Seen, pointer: &str, field: &str) -> String {
    let text =
        |value: &Value| if field.is_empty() { value.as_str().map(str::to_owned) } else { Some(value.get(field)?.as_str()?.to_owned()) };
    let texts: Vec<String> = seen.list(pointer).iter().filter_map(text).filter(|text| !text.is_empty()).collect();
    texts.join(",")
}

#[cfg(test)]
#[path = "tables_tests.rs"]
mod tests;
