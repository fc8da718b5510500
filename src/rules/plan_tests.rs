use super::plan::*;
use crate::api::{ApprovalPolicy, ExecutionStrategy, ObjectId, Plan, RollbackStrategy, Step, Write};
use proptest::prelude::*;
use serde_json::{Value, json};

fn step(number: i32, dependencies: &[i32]) -> Step {
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

fn asking(policy: ApprovalPolicy) -> Step {
    Step { requires_approval: true, approval_policy: Some(policy), ..step(1, &[]) }
}

fn within(timeout: &str) -> Step {
    asking(ApprovalPolicy { timeout: Some(timeout.into()), ..ApprovalPolicy::default() })
}

#[test]
fn no_two_steps_write_the_same() {
    let on = |name: &str| ObjectId { kind: "Deployment".into(), name: name.into(), uid: name.into(), ..ObjectId::default() };
    let writing = |number: i32, name: &str, field: &str, before: &str, after: &str| Step {
        writes: vec![Write { object: on(name), field: field.into(), before: Some(before.into()), after: Some(after.into()) }],
        ..step(number, &[])
    };
    let twice = |field: &str| Err(Flaw::WrittenTwice { first: 1, second: 2, object: "Deployment api".into(), field: field.into() });
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<Step>, Result<(), Flaw>)> = vec![
        ("nothing is written",             vec![step(1, &[]), step(2, &[])],                                                   Ok(())),
        ("two fields of one object",       vec![writing(1, "api", "cpu", "1", "2"), writing(2, "api", "memory", "1", "2")],    Ok(())),
        ("one field of two objects",       vec![writing(1, "api", "cpu", "1", "2"), writing(2, "web", "cpu", "1", "2")],       Ok(())),
        ("one field twice",                vec![writing(1, "api", "cpu", "1", "2"), writing(2, "api", "cpu", "1", "2")],       twice("cpu")),
        ("also one on top of the other",   vec![writing(1, "api", "cpu", "1", "2"), writing(2, "api", "cpu", "2", "4")],       twice("cpu")),
        ("an object that is gone by then", vec![writing(1, "api", ".", "present", "none"), writing(2, "api", "cpu", "1", "2")], twice("cpu")),
    ];
    for (case, steps, expected) in table {
        assert_eq!(check_writes(&steps), expected, "{case}");
    }
}

#[test]
fn a_plan_is_refused_for_its_first_flaw() {
    let unknown = Step { action: "rm_rf".into(), ..step(1, &[]) };
    let groups = ApprovalPolicy { approver_groups: vec!["sre".into()], ..ApprovalPolicy::default() };
    let needless = Step { requires_approval: false, ..asking(ApprovalPolicy::default()) };
    let bad_time = |text: &str| Err(Flaw::ApprovalTimeout { step: 1, timeout: text.into() });
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<Step>, Result<(), Flaw>)> = vec![
        ("one step",              vec![step(1, &[])],                              Ok(())),
        ("a chain",               vec![step(1, &[]), step(2, &[1]), step(3, &[1, 2])], Ok(())),
        ("order does not matter", vec![step(2, &[1]), step(1, &[])],               Ok(())),
        ("numbers may have gaps", vec![step(7, &[]), step(50, &[7])],              Ok(())),
        ("the longest plan",      (1..=50).map(|number| step(number, &[])).collect(), Ok(())),
        ("nothing to do",         vec![],                                          Err(Flaw::Empty)),
        ("twice the same number", vec![step(1, &[]), step(1, &[])],                Err(Flaw::Repeated(1))),
        ("number nought",         vec![step(0, &[])],                              Err(Flaw::Number(0))),
        ("a negative number",     vec![step(-1, &[])],                             Err(Flaw::Number(-1))),
        ("a number too high",     vec![step(51, &[])],                             Err(Flaw::Number(51))),
        ("unknown dependency",    vec![step(1, &[7])],                             Err(Flaw::UnknownDependency { step: 1, on: 7 })),
        ("a dependency twice",    vec![step(1, &[]), step(2, &[1, 1])],            Err(Flaw::RepeatedDependency { step: 2, on: 1 })),
        ("depends on itself",     vec![step(1, &[]), step(2, &[2])],               Err(Flaw::SelfDependency(2))),
        ("two wait for each other", vec![step(1, &[]), step(2, &[3]), step(3, &[2])], Err(Flaw::Cycle(vec![2, 3]))),
        ("three in a circle",     vec![step(1, &[3]), step(2, &[1]), step(3, &[2])], Err(Flaw::Cycle(vec![1, 2, 3]))),
        ("one behind a circle",   vec![step(1, &[2]), step(2, &[1]), step(3, &[2])], Err(Flaw::Cycle(vec![1, 2, 3]))),
        ("unknown action",        vec![unknown],                                   Err(Flaw::UnknownAction { step: 1, action: "rm_rf".into() })),
        ("asks a person",         vec![Step { requires_approval: true, ..step(1, &[]) }], Ok(())),
        ("asks for five minutes", vec![within("5m")],                              Ok(())),
        ("asks for a day",        vec![within("24h")],                             Ok(())),
        ("asks for longer",       vec![within("24h1s")],                           bad_time("24h1s")),
        ("asks for no time",      vec![within("0s")],                              bad_time("0s")),
        ("asks for a bare number", vec![within("15")],                             bad_time("15")),
        ("asks certain groups",   vec![asking(groups)],                            Err(Flaw::ApproverGroups(1))),
        ("a policy for nothing",  vec![needless],                                  Err(Flaw::NeedlessPolicy(1))),
    ];
    for (case, steps, expected) in table {
        assert_eq!(check(&plan(steps), |action| action != "rm_rf"), expected, "{case}");
    }
    assert_eq!(check(&Plan { plan_schema: 2, ..plan(vec![step(1, &[])]) }, |_| true), Err(Flaw::Schema(2)), "another shape");
}

#[test]
fn the_hash_is_of_this_shape_for_good() {
    assert_eq!(hash(&plan(vec![step(1, &[])])), hash(&plan(vec![step(1, &[])])));
    assert_eq!(hash(&plan(vec![])).len(), 64);
}

fn any_text() -> impl Strategy<Value = String> {
    "[a-c\\\\\":,{}\u{e9} ]{0,4}"
}

prop_compose! {
    fn any_write()(
        texts in proptest::collection::vec(any_text(), 5),
        namespace in proptest::option::of(any_text()),
        before in proptest::option::of(any_text()),
        after in proptest::option::of(any_text()),
    ) -> Write {
        let [api_version, kind, name, uid, field] = <[String; 5]>::try_from(texts).unwrap();
        Write { object: ObjectId { api_version, kind, namespace, name, uid }, field, before, after }
    }
}

prop_compose! {
    fn any_policy()(approver_groups in proptest::collection::vec(any_text(), 0..3), timeout in proptest::option::of(any_text())) -> ApprovalPolicy {
        ApprovalPolicy { approver_groups, timeout }
    }
}

prop_compose! {
    fn any_step()(
        step_number in -1..4,
        action in any_text(),
        parameters in proptest::collection::btree_map(any_text(), any_text(), 0..3),
        dependencies in proptest::collection::vec(0..4, 0..3),
        requires_approval in any::<bool>(),
        approval_policy in proptest::option::of(any_policy()),
        writes in proptest::collection::vec(any_write(), 0..3),
    ) -> Step {
        Step { step_number, action, parameters, dependencies, requires_approval, approval_policy, writes }
    }
}

prop_compose! {
    fn any_plan()(
        texts in proptest::collection::vec(any_text(), 4),
        steps in proptest::collection::vec(any_step(), 0..3),
        approval_required in any::<bool>(),
        dry_run_first in any::<bool>(),
        rollback in 0..3,
        plan_schema in 0..3,
    ) -> Plan {
        let [target_resource, target_uid, workflow_id, policy_hash] = <[String; 4]>::try_from(texts).unwrap();
        let rollback_strategy = [RollbackStrategy::Automatic, RollbackStrategy::Manual, RollbackStrategy::None][usize::try_from(rollback).unwrap()];
        let execution_strategy = ExecutionStrategy { approval_required, dry_run_first, rollback_strategy };
        Plan { target_resource, target_uid, workflow_id, steps, execution_strategy, policy_hash, plan_schema }
    }
}

/// Every leaf of a value: a way to change it a little.
fn leaves(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, inner)| leaves(inner, format!("{path}/{}", escaped(key)), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(nth, inner)| leaves(inner, format!("{path}/{nth}"), found)),
        _ => found.push(path),
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn changed(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.as_str() {
            "automatic" => json!("none"),
            "manual" | "none" => json!("automatic"),
            text => json!(format!("{text}x")),
        },
        Value::Number(number) => json!(number.as_i64().unwrap() + 1),
        Value::Bool(yes) => json!(!yes),
        other => other.clone(),
    }
}

/// The same data with every map written in the opposite order.
fn turned_round(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut pairs: Vec<String> = fields.iter().map(|(key, inner)| format!("{}:{}", json!(key), turned_round(inner))).collect();
            pairs.sort();
            pairs.reverse();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(items) => format!("[ {} ]", items.iter().map(turned_round).collect::<Vec<_>>().join(" ,")),
        plain => plain.to_string(),
    }
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
    /// Every field counts: a plan has the hash of another only if it is the other.
    #[test]
    fn two_plans_have_one_hash_only_if_they_are_one(one in any_plan(), other in any_plan()) {
        prop_assert_eq!(hash(&one) == hash(&other), one == other);
    }

    /// Whatever is written in a plan, changing it a little changes the hash.
    #[test]
    fn changing_any_leaf_changes_the_hash(base in any_plan()) {
        let value = serde_json::to_value(&base).unwrap();
        let mut paths = Vec::new();
        leaves(&value, String::new(), &mut paths);
        prop_assert!(paths.len() >= 8, "target, uid, workflow, policy, schema and the strategy are always there");
        for path in paths {
            let mut edited = value.clone();
            let leaf = edited.pointer_mut(&path).unwrap();
            *leaf = changed(leaf);
            let edited: Plan = serde_json::from_value(edited).unwrap();
            prop_assert_ne!(hash(&edited), hash(&base), "{}", path);
        }
    }

    /// The order in which maps are written, and white space, change nothing.
    #[test]
    fn the_order_of_maps_does_not_matter(base in any_plan()) {
        let text = turned_round(&serde_json::to_value(&base).unwrap());
        let again: Plan = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(hash(&again), hash(&base));
    }

    /// The order of steps and of dependencies is part of the plan.
    #[test]
    fn the_order_of_lists_matters(base in any_plan()) {
        let mut turned = base.clone();
        turned.steps.reverse();
        prop_assert_eq!(hash(&turned) == hash(&base), turned == base);
    }

    /// Checking is total and says the same twice.
    #[test]
    fn every_plan_is_checked_without_a_panic(base in any_plan()) {
        prop_assert_eq!(check(&base, |_| true), check(&base, |_| true));
    }

    /// Two texts that are put together differently are different plans.
    #[test]
    fn moving_text_between_fields_changes_the_hash(a in "[a-z]{1,6}", b in "[a-z]{1,6}") {
        let one = Plan { target_uid: a.clone(), workflow_id: b.clone(), ..plan(vec![]) };
        let other = Plan { target_uid: format!("{a}{b}"), workflow_id: String::new(), ..plan(vec![]) };
        prop_assert_ne!(hash(&one), hash(&other));
    }
}
