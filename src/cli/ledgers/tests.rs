//! Objects as people write them: whatever they hold, every target has an answer from four gates.

use super::files::{Found, objects};
use super::{World, all, of};
use crate::api::{RunRef, Target};
use crate::rules::gate::{Seen, explain};
use crate::rules::standing;
use crate::settings::Gate;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2025-12-06T10:30:00Z".parse().unwrap()
}

fn world(values: Vec<Value>) -> (World, Vec<String>) {
    let mut remarks = Vec::new();
    let found = values.into_iter().enumerate().map(|(nth, value)| Found { place: format!("f, document {}", nth + 1), value });
    let world = World::of_files(found.collect(), None, &mut |remark| remarks.push(remark));
    (world, remarks)
}

fn failed(name: &str, uid: Option<&str>) -> Value {
    let mut object = json!({"kind": "WorkflowExecution", "metadata": {"name": name, "namespace": "pay"},
        "spec": {"targetResource": "pay/Deployment/api", "workflowRef": {"workflowId": "oom"}},
        "status": {"phase": "Failed", "completionTime": "2025-12-06T10:00:00Z", "failureDetails": {"wasExecutionFailure": true}}});
    if let Some(uid) = uid {
        object["metadata"]["uid"] = uid.into();
    }
    object
}

fn target() -> Target {
    "pay/deployment/api".parse().unwrap()
}

#[test]
fn what_cannot_be_used_is_named_and_left_out() {
    #[rustfmt::skip]
    let table = [
        ("text",                 json!("x"),                                                               "f, document 1 is left out, it is not an object"),
        ("no kind",              json!({"a": 1}),                                                          "f, document 1 is left out, it says no kind"),
        ("no name",              json!({"kind": "WorkflowExecution"}),                                     "this WorkflowExecution has no name"),
        ("no target",            json!({"kind": "WorkflowExecution", "metadata": {"name": "x"}}),          "wfe/x in namespace default is left out"),
        ("a target of one part", json!({"kind": "WorkflowExecution", "metadata": {"name": "x"}, "spec": {"targetResource": "api"}}), "\"api\" is not a target"),
        ("a ledger of nothing",  json!({"kind": "RemediationTarget", "metadata": {"name": "x"}}),          "rt/x in namespace default is left out"),
    ];
    for (case, value, expected) in table {
        let (world, remarks) = world(vec![value]);
        assert!(world.runs.is_empty() && world.ledgers.is_empty(), "{case}");
        assert!(matches!(remarks.as_slice(), [only] if only.contains(expected)), "{case}: {remarks:?}");
    }
    let (others, remarks) =
        world(vec![json!({"kind": "Deployment"}), json!({"kind": "WorkflowExecution", "apiVersion": "argoproj.io/v1"})]);
    assert!(others.objects.is_empty() && remarks.is_empty(), "objects of others are nobody's business: {remarks:?}");
}

#[test]
fn runs_that_share_a_uid_are_two_runs() {
    let (world, remarks) = world(vec![failed("a", Some("same")), failed("b", Some("same")), failed("c", None), failed("c", None)]);
    let ledger = of(&world, &target(), now(), &Gate::default()).status;
    let blocked: Vec<&str> = ledger.blocks.iter().map(|block| block.run.name.as_str()).collect();
    assert_eq!((blocked.len(), ledger.runs.len()), (3, 3), "{blocked:?}");
    assert!(remarks.iter().any(|remark| remark.contains("has the uid of pay/a")), "{remarks:?}");
}

#[test]
fn a_ledger_written_by_hand_finds_its_runs() {
    let stored = json!({"kind": "RemediationTarget", "metadata": {"name": "deployment.api", "namespace": "pay"}, "status": {
        "holder": {"name": "a", "namespace": "pay"}, "blocks": [{"run": {"name": "a"}}], "consecutiveFailures": "2", "rebuiltAt": "2025-12-06T10:00:00Z"}});
    let (world, remarks) = world(vec![stored, failed("a", Some("uid-of-a"))]);
    let ledger = of(&world, &target(), now(), &Gate::default());
    assert!(!ledger.is_rebuilt_here && remarks.is_empty(), "{remarks:?}");
    assert_eq!(ledger.status.holder.as_ref().unwrap().run.uid, "uid-of-a");
    assert_eq!((ledger.status.blocks[0].id.as_str(), ledger.status.blocks[0].workflow_id.as_str()), ("uidofa", "oom"));
    assert_eq!(ledger.status.consecutive_failures, 2);
}

#[test]
fn the_annotation_clears_nothing_and_an_applied_clearance_does() {
    let mut annotated = failed("a", Some("3f9a1c07-be42-4c1e-9d6f-000000000000"));
    annotated["metadata"]["annotations"] = json!({"kubernaut.ai/clear-execution-block": "acknowledged-by-operator"});
    let clearance = |phase: Value, target: &str| {
        json!({"kind": "BlockClearance", "metadata": {"name": "c"},
        "spec": {"blockId": "3f9a1c07be42", "targetResource": target}, "status": {"phase": phase}})
    };
    #[rustfmt::skip]
    let table = [
        ("applied",             json!("Applied"), "pay/DEPLOYMENT/api", 0),
        ("refused",             json!("Refused"), "pay/deployment/api", 1),
        ("not answered yet",    Value::Null,      "pay/deployment/api", 1),
        ("on another target",   json!("Applied"), "pay/deployment/web", 1),
    ];
    for (case, phase, on, blocks) in table {
        let (world, _) = world(vec![annotated.clone(), clearance(phase, on)]);
        assert_eq!(of(&world, &target(), now(), &Gate::default()).status.blocks.len(), blocks, "{case}");
    }
}

#[test]
fn a_run_whose_state_nobody_can_tell_is_not_harmless() {
    let with = |status: Value| {
        let mut run = failed("a", None);
        run["status"] = status;
        let ledger = of(&world(vec![run]).0, &target(), now(), &Gate::default()).status;
        (ledger.blocks.len(), ledger.consecutive_failures, ledger.holder.is_some())
    };
    #[rustfmt::skip]
    let table = [
        ("no status",                       Value::Null,                                                               (0, 0, false)),
        ("a phase of later times",          json!({"phase": "Paused"}),                                                (0, 0, true)),
        ("a phase that is no word",         json!({"phase": 7}),                                                       (0, 0, true)),
        ("running, as the documents say",   json!({"phase": "running"}),                                               (0, 0, true)),
        ("failed without details",          json!({"phase": "failed"}),                                                (1, 0, false)),
        ("details that do not say",         json!({"phase": "Failed", "failureDetails": {"reason": "x"}, "consecutiveFailures": 2}), (1, 0, false)),
        ("details without a phase",         json!({"failureDetails": {"wasExecutionFailure": true}}),                  (1, 0, false)),
        ("a truth in quotes",               json!({"phase": "Failed", "completionTime": "2025-12-06T10:00:00Z", "failureDetails": {"wasExecutionFailure": "false"}}), (0, 1, false)),
        ("a counter in quotes",             json!({"phase": "Failed", "completionTime": "2025-12-06T10:00:00Z", "consecutiveFailures": "4"}), (0, 4, false)),
    ];
    for (case, status, expected) in table {
        assert_eq!(with(status), expected, "{case}");
    }
}

/// Any value, with words in it that mean something here.
fn any_value() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "Failed",
        "Completed",
        "Running",
        "Skipped",
        "Applied",
        "pay/deployment/api",
        "Pay/Deployment/api",
        "node/n",
        "a",
        "b",
        "oom",
        "",
        "2025-12-06T10:15:00Z",
        "9999-12-31T23:59:59Z",
        "-9999-01-01T00:00:00Z",
        "2025",
        "true",
        "exhausted-a",
        "\u{1b}[2J\u{202e}",
    ]);
    let leaf = prop_oneof![
        4 => words.prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(|map| json!(map))
        ]
    })
}

/// Fields that are read somewhere, with any values.
fn any_object() -> impl Strategy<Value = Value> {
    const FIELDS: &[&str] = &[
        "/metadata/name",
        "/metadata/namespace",
        "/metadata/uid",
        "/metadata/creationTimestamp",
        "/spec/targetResource",
        "/spec/workflowRef/workflowId",
        "/spec/remediationRequestRef/name",
        "/spec/blockId",
        "/status/phase",
        "/status/completionTime",
        "/status/startTime",
        "/status/outcome",
        "/status/consecutiveFailures",
        "/status/nextAllowedExecution",
        "/status/blockCleared",
        "/status/failureDetails",
        "/status/failureDetails/wasExecutionFailure",
        "/status/holder",
        "/status/holder/uid",
        "/status/blocks",
        "/status/lastSuccess",
        "/status/runs",
        "/status/clearances",
        "/status/rebuiltAt",
        "/status",
        "/spec",
    ];
    let kind = prop::sample::select(vec![
        "WorkflowExecution",
        "WorkflowExecution",
        "RemediationTarget",
        "BlockClearance",
        "RemediationRequest",
        "workflowexecution",
    ]);
    let fields = prop::collection::vec((prop::sample::select(FIELDS), any_value()), 0..14);
    let sound = any::<bool>();
    (kind, fields, sound).prop_map(|(kind, fields, sound)| {
        let mut object = json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": kind});
        if sound {
            object["metadata"] = json!({"name": "deployment.api", "namespace": "pay"});
            object["spec"] = json!({"targetResource": "pay/deployment/api"});
        }
        fields.into_iter().for_each(|(pointer, value)| set(&mut object, pointer, value));
        object
    })
}

fn set(object: &mut Value, pointer: &str, value: Value) {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    if !parent.is_empty() && !object.pointer(parent).is_some_and(Value::is_object) {
        set(object, parent, json!({}));
    }
    let parent = if parent.is_empty() { object } else { object.pointer_mut(parent).unwrap() };
    parent[field] = value;
}

fn check(world: &World) -> Result<(), TestCaseError> {
    let settings = Gate::default();
    let mut ledgers = all(world, now(), &settings);
    ledgers.entry(target()).or_default();
    for (target, ledger) in &ledgers {
        let (nobody, text) = (RunRef::default(), target.to_string());
        for workflow_id in [None, Some("oom"), Some("")] {
            let seen = Seen { now: now(), run: &nobody, workflow_id, target: &text, ledger: &ledger.status, settings: &settings };
            prop_assert_eq!(explain(&seen).map(|answer| answer.message.is_empty()), [false; 4]);
            prop_assert_eq!(standing::once_cleared(&seen).len(), 4);
        }
        standing::state(&text, &ledger.status, now(), &settings);
        standing::standing(&text, &ledger.status, now(), &settings);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_objects_have_an_answer_from_four_gates(values in prop::collection::vec(any_object(), 0..8)) {
        check(&world(values).0)?;
    }

    #[test]
    fn any_objects_survive_yaml(values in prop::collection::vec(any_object(), 0..3)) {
        let text: String = values.iter().map(|value| format!("---\n{}", serde_saphyr::to_string(value).unwrap())).collect();
        let found = objects("f", text.as_bytes(), &mut |_| {});
        check(&World::of_files(found, None, &mut |_| {}))?;
    }

    #[test]
    fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[-:{}\\[\\]&*#!|>'\"a\\n \\t]{0,80}") {
        objects("f", &bytes, &mut |_| {});
        objects("f", text.as_bytes(), &mut |_| {});
    }
}
