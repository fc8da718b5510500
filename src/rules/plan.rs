//! Decides whether a plan is well formed, and gives it the hash that binds an approval to it.

use super::step_run::OBJECT;
use crate::api::{ApprovalPolicy, Plan, Step, Write};
use crate::settings::Length;
use jiff::SignedDuration;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The only version of the plan's shape that is understood.
pub const PLAN_SCHEMA: i32 = 1;

/// Keeps a plan's hash apart from any other hash over the same bytes.
const DOMAIN: &str = "kubernaut.ai/plan/v1";

/// What is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Nothing to do.
    #[error("the plan has no steps")]
    Empty,
    /// Numbers must be unique.
    #[error("step {0} appears twice")]
    Repeated(i32),
    /// A dependency that does not exist.
    #[error("step {step} depends on step {on}, which does not exist")]
    UnknownDependency {
        /// The step.
        step: i32,
        /// What it names.
        on: i32,
    },
    /// Steps that wait for each other.
    #[error("steps {0:?} wait for each other")]
    Cycle(Vec<i32>),
    /// An action that is not in the catalogue.
    #[error("step {step}: {action:?} is not an action of the catalogue")]
    UnknownAction {
        /// The step.
        step: i32,
        /// What it names.
        action: String,
    },
    /// A shape that is not understood.
    #[error("plan schema {0} is not understood")]
    Schema(i32),
    /// A number out of range.
    #[error("step number {0} is not from 1 to {MOST_STEPS}")]
    Number(i32),
    /// The same dependency twice.
    #[error("step {step} names step {on} twice")]
    RepeatedDependency {
        /// The step.
        step: i32,
        /// What it names.
        on: i32,
    },
    /// A step that waits for itself.
    #[error("step {0} waits for itself")]
    SelfDependency(i32),
    /// Rules for an approval that is not asked for.
    #[error("step {0} has an approval policy but does not require approval")]
    NeedlessPolicy(i32),
    /// A time that cannot be waited for.
    #[error("step {step}: {timeout:?} is not a time to wait for an approval; write for example 15m, at most 24h")]
    ApprovalTimeout {
        /// The step.
        step: i32,
        /// What it says.
        timeout: String,
    },
    /// Only the API server knows a decider's groups, and only at the moment of the decision.
    #[error("step {0} names approver groups, which nobody checks as long as the admission policy for them is not installed")]
    ApproverGroups(i32),
    /// Every write is planned for what is there before any step runs, so the second one could only fail, half way.
    #[error(
        "steps {first} and {second} both write {field} of {object}: the plan was made for what is there now, so step {second} would fail after step {first}; make them one step"
    )]
    WrittenTwice {
        /// The step that comes first.
        first: i32,
        /// The other one.
        second: i32,
        /// Kind and name of the object.
        object: String,
        /// The field that both write.
        field: String,
    },
}

/// Steps that a plan may have.
pub const MOST_STEPS: i32 = 50;

/// Longest time that a step's approval is waited for.
const LONGEST_APPROVAL: SignedDuration = SignedDuration::from_hours(24);

/// SHA-256 over the plan's canonical form, in hex.
pub fn hash(plan: &Plan) -> String {
    // A plan is plain data: turning it into a value cannot fail, and a failure must not look like any plan.
    let canonical = canonical_text(&serde_json::to_value(plan).unwrap_or(Value::Null));
    let mut digest = Sha256::new();
    digest.update(DOMAIN.as_bytes());
    digest.update([0]);
    digest.update(canonical.as_bytes());
    digest.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// JSON without white space and with sorted keys, whatever the map behind it.
pub fn canonical_text(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort();
            write_list(out, '{', '}', keys, |key, out| {
                let _ = write!(out, "{}:", Value::String(key.clone()));
                write_canonical(fields.get(key).unwrap_or(&Value::Null), out);
            });
        }
        Value::Array(items) => write_list(out, '[', ']', items.iter().collect(), write_canonical),
        plain => {
            let _ = write!(out, "{plain}");
        }
    }
}

fn write_list<T>(out: &mut String, open: char, close: char, items: Vec<T>, write_one: impl Fn(T, &mut String)) {
    out.push(open);
    for (nth, item) in items.into_iter().enumerate() {
        if nth > 0 {
            out.push(',');
        }
        write_one(item, out);
    }
    out.push(close);
}

/// Refuses a plan that cannot be run as written.
pub fn check(plan: &Plan, is_known_action: impl Fn(&str) -> bool) -> Result<(), Flaw> {
    if plan.plan_schema != PLAN_SCHEMA {
        return Err(Flaw::Schema(plan.plan_schema));
    }
    if plan.steps.is_empty() {
        return Err(Flaw::Empty);
    }
    let mut numbers = BTreeSet::new();
    if let Some(step) = plan.steps.iter().find(|step| !numbers.insert(step.step_number)) {
        return Err(Flaw::Repeated(step.step_number));
    }
    plan.steps.iter().try_for_each(|step| check_step(step, &numbers, &is_known_action))?;
    acyclic(&plan.steps)
}

/// Finds steps that write what another step of the plan writes, too: such a plan fails half way. Asked once the writes are known.
pub fn check_writes(steps: &[Step]) -> Result<(), Flaw> {
    let all: Vec<(i32, &Write)> = steps.iter().flat_map(|step| step.writes.iter().map(|write| (step.step_number, write))).collect();
    for (nth, (second, write)) in all.iter().enumerate() {
        let meets = |other: &Write| other.field == write.field || other.field == OBJECT || write.field == OBJECT;
        let touches = |other: &Write| other.object == write.object && meets(other);
        if let Some((first, _)) = all.iter().take(nth).find(|(first, other)| first != second && touches(other)) {
            let object = format!("{} {}", write.object.kind, write.object.name);
            return Err(Flaw::WrittenTwice { first: *first, second: *second, object, field: write.field.clone() });
        }
    }
    Ok(())
}

fn check_step(step: &Step, numbers: &BTreeSet<i32>, is_known_action: impl Fn(&str) -> bool) -> Result<(), Flaw> {
    let number = step.step_number;
    if !(1..=MOST_STEPS).contains(&number) {
        return Err(Flaw::Number(number));
    }
    if !is_known_action(&step.action) {
        return Err(Flaw::UnknownAction { step: number, action: step.action.clone() });
    }
    match &step.approval_policy {
        Some(_) if !step.requires_approval => return Err(Flaw::NeedlessPolicy(number)),
        Some(policy) => check_policy(number, policy)?,
        None => {}
    }
    check_dependencies(step, numbers)
}

/// Refuses what cannot be kept: groups that nobody checks, and a time that is none.
pub fn check_policy(step: i32, policy: &ApprovalPolicy) -> Result<(), Flaw> {
    if !policy.approver_groups.is_empty() {
        return Err(Flaw::ApproverGroups(step));
    }
    let fits = |text: &String| text.parse::<Length>().is_ok_and(|length| !length.0.is_zero() && length.0 <= LONGEST_APPROVAL);
    match policy.timeout.as_ref().filter(|timeout| !fits(timeout)) {
        Some(timeout) => Err(Flaw::ApprovalTimeout { step, timeout: timeout.clone() }),
        None => Ok(()),
    }
}

fn check_dependencies(step: &Step, numbers: &BTreeSet<i32>) -> Result<(), Flaw> {
    let number = step.step_number;
    let mut named = BTreeSet::new();
    for on in step.dependencies.iter().copied() {
        match () {
            () if on == number => return Err(Flaw::SelfDependency(number)),
            () if !numbers.contains(&on) => return Err(Flaw::UnknownDependency { step: number, on }),
            () if !named.insert(on) => return Err(Flaw::RepeatedDependency { step: number, on }),
            () => {}
        }
    }
    Ok(())
}

/// Takes away steps whose dependencies are gone; what cannot be taken away waits for itself.
fn acyclic(steps: &[Step]) -> Result<(), Flaw> {
    let mut left: Vec<&Step> = steps.iter().collect();
    loop {
        let waiting: BTreeSet<i32> = left.iter().map(|step| step.step_number).collect();
        let before = left.len();
        left.retain(|step| step.dependencies.iter().any(|on| waiting.contains(on)));
        match left.len() {
            0 => return Ok(()),
            same if same == before => return Err(Flaw::Cycle(waiting.into_iter().collect())),
            _ => {}
        }
    }
}
