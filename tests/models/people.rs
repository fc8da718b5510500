//! Calls the project's rules about approvals and plans: small numbers in, the real rule, its verdict out.

use crate::rules::{at, workflow_id};
use crate::sabotage::Sabotage;
use jiff::{SignedDuration, Timestamp};
use kubernaut::api::{Decision, ExecutionStrategy, Plan, Step};
use kubernaut::rules::approval::{self, Verdict};
use kubernaut::rules::plan;
use std::collections::HashMap;
use std::sync::Mutex;

/// What a request for approval shows, in small numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// Tells it from another one of its name.
    pub uid: u8,
    /// Which plan it shows.
    pub plan: u8,
    /// When the API server created it.
    pub created: u8,
    /// What was decided.
    pub decision: Decision,
    /// Whose name stands under it.
    pub by: Option<&'static str>,
    /// The plan that the decision names.
    pub named: Option<u8>,
    /// The API server's stamp.
    pub stamp: Option<u8>,
    /// When the decision says that it was made.
    pub claimed: Option<u8>,
}

/// Minutes that a request waits.
pub const TIMEOUT: u8 = 1;
/// Who asked for the remediation.
pub const REQUESTER: &str = "gateway";

/// A verdict without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Word {
    Wait,
    Expire,
    Granted,
    Refused,
    Void,
}

/// The verdicts that were asked for.
#[derive(Default)]
pub struct Verdicts(Mutex<HashMap<(Request, u8), Word>>);

impl Verdicts {
    /// `rules::approval::decide`, by the controllers' clock.
    pub fn verdict(&self, sabotage: Option<Sabotage>, request: &Request, now: u8) -> Word {
        let mut known = self.0.lock().unwrap();
        *known.entry((*request, now)).or_insert_with(|| ask(sabotage, request, now))
    }
}

fn ask(sabotage: Option<Sabotage>, request: &Request, now: u8) -> Word {
    let stamp = match sabotage {
        Some(Sabotage::DecidersClock) => request.claimed.or(request.stamp),
        // Judged by the time at which the controller looks.
        Some(Sabotage::ControllersClock) => request.stamp.map(|_| now),
        _ => request.stamp,
    };
    let stamps: Vec<Option<Timestamp>> = stamp.map(|stamp| Some(at(stamp))).into_iter().collect();
    let requested_by = if sabotage == Some(Sabotage::RequesterApproves) { "" } else { REQUESTER };
    let verdict = approval::decide(&approval::Seen {
        now: at(now),
        created: at(request.created),
        timeout: SignedDuration::from_mins(i64::from(TIMEOUT)),
        decision: request.decision,
        decided_by: request.by,
        named_hash: request.named.map(plan_hash),
        plan_hash: plan_hash(request.plan),
        requested_by,
        stamps: &stamps,
    });
    match verdict {
        Verdict::Wait { .. } => Word::Wait,
        Verdict::Expire => Word::Expire,
        Verdict::Granted { .. } => Word::Granted,
        Verdict::Refused { .. } => Word::Refused,
        Verdict::Void { .. } => Word::Void,
    }
}

/// Whether two plans have one hash.
pub fn same_hash(one: u8, other: u8) -> bool {
    plan_hash(one) == plan_hash(other)
}

/// `rules::plan::hash` of one of two plans that differ in one parameter.
pub fn plan_hash(number: u8) -> &'static str {
    static HASHES: std::sync::OnceLock<[String; 2]> = std::sync::OnceLock::new();
    &HASHES.get_or_init(|| [0, 1].map(|number| plan::hash(&a_plan(number))))[usize::from(number)]
}

fn a_plan(number: u8) -> Plan {
    let parameters = [("memory".to_owned(), format!("{number}Gi"))].into();
    Plan {
        target_resource: "ns/deployment/api".to_owned(),
        target_uid: "target".to_owned(),
        workflow_id: workflow_id(0),
        steps: vec![Step { step_number: 1, action: "increase_resources".to_owned(), parameters, ..Step::default() }],
        execution_strategy: ExecutionStrategy::default(),
        policy_hash: String::new(),
        plan_schema: plan::PLAN_SCHEMA,
    }
}
