//! Decides whether a plan is well formed, and gives it the hash that binds an approval to it.

use crate::api::{Plan, Step};
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
    /// A part that is not built yet must not be skipped silently.
    #[error("step {0} asks for its own approval, which is not supported yet")]
    StepApproval(i32),
}

/// SHA-256 over the plan's canonical form, in hex.
pub fn hash(plan: &Plan) -> String {
    let mut canonical = String::new();
    // A plan is plain data: turning it into a value cannot fail, and a failure must not look like any plan.
    let value = serde_json::to_value(plan).unwrap_or(Value::Null);
    write_canonical(&value, &mut canonical);
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

fn check_step(step: &Step, numbers: &BTreeSet<i32>, is_known_action: impl Fn(&str) -> bool) -> Result<(), Flaw> {
    let number = step.step_number;
    if !is_known_action(&step.action) {
        return Err(Flaw::UnknownAction { step: number, action: step.action.clone() });
    }
    if step.requires_approval {
        return Err(Flaw::StepApproval(number));
    }
    match step.dependencies.iter().find(|on| !numbers.contains(on)) {
        Some(on) => Err(Flaw::UnknownDependency { step: number, on: *on }),
        None => Ok(()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ExecutionStrategy, ObjectId, Write};
    use proptest::prelude::*;

    pub fn step(number: i32, dependencies: &[i32]) -> Step {
        Step { step_number: number, action: "restart_pod".into(), dependencies: dependencies.to_vec(), ..Step::default() }
    }

    fn plan(steps: Vec<Step>) -> Plan {
        Plan {
            target_resource: "payment/deployment/api".into(),
            target_uid: "u".into(),
            workflow_id: "oom".into(),
            steps,
            execution_strategy: ExecutionStrategy { dry_run_first: true, ..ExecutionStrategy::default() },
            policy_hash: String::new(),
            plan_schema: PLAN_SCHEMA,
        }
    }

    #[test]
    fn a_plan_is_refused_for_its_first_flaw() {
        let unknown = Step { action: "rm_rf".into(), ..step(1, &[]) };
        #[rustfmt::skip]
        let table: [(&str, Vec<Step>, Result<(), Flaw>); 8] = [
            ("one step",              vec![step(1, &[])],                              Ok(())),
            ("a chain",               vec![step(1, &[]), step(2, &[1]), step(3, &[1, 2])], Ok(())),
            ("order does not matter", vec![step(2, &[1]), step(1, &[])],               Ok(())),
            ("nothing to do",         vec![],                                          Err(Flaw::Empty)),
            ("twice the same number", vec![step(1, &[]), step(1, &[])],                Err(Flaw::Repeated(1))),
            ("unknown dependency",    vec![step(1, &[7])],                             Err(Flaw::UnknownDependency { step: 1, on: 7 })),
            ("waits for itself",      vec![step(1, &[]), step(2, &[3]), step(3, &[2])], Err(Flaw::Cycle(vec![2, 3]))),
            ("unknown action",        vec![unknown],                                   Err(Flaw::UnknownAction { step: 1, action: "rm_rf".into() })),
        ];
        for (case, steps, expected) in table {
            assert_eq!(check(&plan(steps), |action| action != "rm_rf"), expected, "{case}");
        }
    }

    #[test]
    fn the_hash_is_of_this_shape_for_good() {
        assert_eq!(hash(&plan(vec![step(1, &[])])), hash(&plan(vec![step(1, &[])])));
        assert_eq!(hash(&plan(vec![])).len(), 64);
    }

    #[test]
    fn every_field_that_matters_changes_the_hash() {
        let base = plan(vec![Step {
            writes: vec![Write { object: ObjectId::default(), field: "f".into(), before: Some("1".into()), after: Some("2".into()) }],
            ..step(1, &[])
        }]);
        let edits: Vec<(&str, fn(&mut Plan))> = vec![
            ("target", |p| p.target_resource.push('x')),
            ("target uid", |p| p.target_uid.push('x')),
            ("workflow", |p| p.workflow_id.push('x')),
            ("policy", |p| p.policy_hash.push('x')),
            ("schema", |p| p.plan_schema += 1),
            ("dry run", |p| p.execution_strategy.dry_run_first = false),
            ("approval required", |p| p.execution_strategy.approval_required = true),
            ("action", |p| p.steps[0].action.push('x')),
            ("number", |p| p.steps[0].step_number += 1),
            ("dependency", |p| p.steps[0].dependencies.push(1)),
            ("parameter", |p| drop(p.steps[0].parameters.insert("a".into(), "b".into()))),
            ("step approval", |p| p.steps[0].requires_approval = true),
            ("value before", |p| p.steps[0].writes[0].before = None),
            ("value after", |p| p.steps[0].writes[0].after = Some("3".into())),
            ("object", |p| p.steps[0].writes[0].object.uid.push('x')),
        ];
        for (case, edit) in edits {
            let mut edited = base.clone();
            edit(&mut edited);
            assert_ne!(hash(&edited), hash(&base), "{case}");
        }
    }

    proptest! {
        /// Two texts that are put together differently are different plans.
        #[test]
        fn moving_text_between_fields_changes_the_hash(a in "[a-z]{1,6}", b in "[a-z]{1,6}") {
            let one = Plan { target_uid: a.clone(), workflow_id: b.clone(), ..plan(vec![]) };
            let other = Plan { target_uid: format!("{a}{b}"), workflow_id: String::new(), ..plan(vec![]) };
            prop_assert_ne!(hash(&one), hash(&other));
        }
    }
}
