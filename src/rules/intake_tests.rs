use super::alert::{Alert, Alerting, Refusal, State, Webhook, fingerprint, read};
use super::intake::{Found, Intake::*, Known, Seen, decide, priority, request, sender_needs};
use crate::api::{Priority::*, Severity::*, Target};
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// An alert with labels written `name=value`.
fn alert(labels: &str) -> Alert {
    let pairs = labels.split_whitespace().filter_map(|pair| pair.split_once('='));
    Alert {
        labels: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        starts_at: "2026-11-22T17:28:04Z".into(),
        ..Default::default()
    }
}

#[test]
fn a_sender_needs_the_right_where_the_request_and_where_the_target_is() {
    let pod = Target::namespaced("pay", "pod", "p");
    #[rustfmt::skip]
    let table: [(&str, Target, &[&str]); 3] = [
        ("in its own namespace",  Target::namespaced("pay", "deployment", "d"),   &["pay"]),
        ("in another one",        Target::namespaced("shop", "deployment", "d"),  &["pay", "shop"]),
        ("of the whole cluster",  Target::cluster("node", "n"),                   &["pay", "kubernaut-system"]),
    ];
    for (case, root, expected) in table {
        assert_eq!(sender_needs(&pod, &root), expected, "{case}");
    }
    let node = Target::cluster("node", "n");
    assert_eq!(sender_needs(&node, &node), ["kubernaut-system"]);
}

#[test]
fn the_first_label_that_names_an_object_wins() {
    let refused = |alert: &str| {
        Err(format!(
            "the alert {alert} names no object; give it one of the labels pod, deployment, statefulset, daemonset, node or service"
        ))
    };
    #[rustfmt::skip]
    let table = [
        ("a pod",                       "alertname=A namespace=pay pod=p-1",                       Ok("pay/pod/p-1")),
        ("a pod before its workload",   "alertname=A namespace=pay deployment=d pod=p-1",          Ok("pay/pod/p-1")),
        ("a deployment before a node",  "alertname=A namespace=pay node=n deployment=d",           Ok("pay/deployment/d")),
        ("a stateful set",              "alertname=A namespace=pay statefulset=s",                 Ok("pay/statefulset/s")),
        ("a daemon set",                "alertname=A namespace=pay daemonset=s",                   Ok("pay/daemonset/s")),
        ("a node has no namespace",     "alertname=A namespace=pay node=n service=s",              Ok("node/n")),
        ("a service",                   "alertname=A namespace=pay service=s",                     Ok("pay/service/s")),
        ("an empty label is missing",   "alertname=A namespace=pay pod= service=s",                Ok("pay/service/s")),
        ("no object",                   "alertname=A namespace=pay",                               refused("A")),
        ("no name",                     "namespace=pay pod=p",                                     Err(Refusal::NoName.to_string())),
        ("no namespace",                "alertname=A pod=p", Err("the alert A is about pod/p, but has no label `namespace`; keep that label in the rule's expression".into())),
        ("a path",                      "alertname=A namespace=pay pod=../nodes/n",
            Err("the alert A has \"../nodes/n\" in its label `pod`, which is no name of an object; correct the rule that sends it".into())),
        ("a namespace with dots",       "alertname=A namespace=p.q pod=p",
            Err("the alert A has \"p.q\" in its label `namespace`, which is no name of an object; correct the rule that sends it".into())),
    ];
    for (case, labels, expected) in table {
        let read = read(&alert(labels)).map(|alerting| alerting.object.to_string()).map_err(|refusal| refusal.to_string());
        assert_eq!(read, expected.map(str::to_owned), "{case}");
    }
}

#[test]
fn an_alert_must_say_whether_and_since_when_it_fires() {
    let with = |status: &str, starts_at: &str| Alert {
        status: status.into(),
        starts_at: starts_at.into(),
        ..alert("alertname=A namespace=n pod=p")
    };
    #[rustfmt::skip]
    let table = [
        ("firing",             with("firing", "2026-11-22T17:28:04.815900368Z"), Some(State::Firing)),
        ("resolved",           with("resolved", "2026-11-22T17:28:04Z"),         Some(State::Resolved)),
        ("no status is firing", with("", "2026-11-22T17:28:04Z"),                Some(State::Firing)),
        ("another status",     with("suppressed", "2026-11-22T17:28:04Z"),       None),
        ("no beginning",       with("firing", ""),                               None),
        ("Go's zero time",     with("firing", "0001-01-01T00:00:00Z"),           None),
    ];
    for (case, alert, expected) in table {
        assert_eq!(read(&alert).ok().map(|alerting| alerting.state), expected, "{case}");
    }
}

#[test]
fn fingerprints_are_sha_256_of_name_namespace_kind_and_object() {
    let pod = Target::namespaced("payment", "pod", "payment-api-5f7d");
    // printf 'KubePodCrashLooping:payment:pod:payment-api-5f7d' | sha256sum
    assert_eq!(fingerprint("KubePodCrashLooping", &pod), "a984f3cc43153cfa322bfa909516a8478c322c9a904b8c6ba663460852fdd289");
    assert_ne!(fingerprint("A", &Target::cluster("node", "n")), fingerprint("A", &Target::namespaced("x", "node", "n")));
}

#[test]
fn priority_follows_severity_and_environment() {
    #[rustfmt::skip]
    let table = [
        ("production",  P0, P1, P2),
        ("staging",     P1, P2, P2),
        ("development", P2, P2, P2),
        ("unknown",     P1, P2, P3),
        ("",            P1, P2, P3),
    ];
    for (environment, critical, warning, info) in table {
        let all = [Critical, Warning, Info].map(|severity| priority(severity, environment));
        assert_eq!(all, [critical, warning, info], "{environment:?}");
    }
}

fn alerting(state: State, began: i64, ended: Option<i64>) -> Alerting {
    let object = Target::namespaced("pay", "pod", "p");
    let fingerprint = "ab".repeat(32);
    Alerting { alert: "A".into(), object, fingerprint, severity: Critical, began: at(began), ended: ended.map(at), state }
}

const FIRST: &str = "rr-abababababab-100";
const SECOND: &str = "rr-abababababab-100-2";
const THIRD: &str = "rr-abababababab-100-3";

fn known(name: &str, over: bool, began: i64) -> Known {
    Known { name: name.into(), over, began: at(began), resolved: None }
}

fn reported(known: Known, resolved: i64) -> Known {
    Known { resolved: Some(at(resolved)), ..known }
}

#[test]
fn an_alert_becomes_one_open_request() {
    let fires = || alerting(State::Firing, 100, None);
    let create = |name: &str| Create { name: name.into() };
    let duplicate = |of: &str, reopened| Duplicate { of: of.into(), reopened };
    #[rustfmt::skip]
    let table = [
        ("nothing is known",              fires(), vec![],                                               create(FIRST)),
        ("its request is open",           fires(), vec![known(FIRST, false, 100)],                       duplicate(FIRST, false)),
        ("an earlier request is open",    fires(), vec![known("rr-x-50", false, 50)],                    duplicate("rr-x-50", false)),
        ("the older of two open ones",    fires(), vec![known("b", false, 90), known("a", false, 95)],   duplicate("b", false)),
        ("its request has ended",         fires(), vec![known(FIRST, true, 100)],                        create(SECOND)),
        ("and so has the second",         fires(), vec![known(SECOND, true, 100), known(FIRST, true, 100)], create(THIRD)),
        ("the lowest free number",        fires(), vec![known(FIRST, true, 100), known(THIRD, true, 100)],  create(SECOND)),
        ("an earlier request has ended",  fires(), vec![known("rr-x-50", true, 50)],                     create(FIRST)),
        ("it fires anew",                 fires(), vec![reported(known("rr-x-50", false, 50), 99)],      duplicate("rr-x-50", true)),
        ("a late copy of what has ended", fires(), vec![reported(known(FIRST, false, 100), 120)],        duplicate(FIRST, false)),
    ];
    for (case, alerting, known, expected) in table {
        assert_eq!(decide(&Seen { alerting: &alerting, another_fires: false, known: &known }), expected, "{case}");
    }
}

#[test]
fn an_end_ends_what_began_before_it() {
    let ends = |ended| alerting(State::Resolved, 100, ended);
    let resolved = |which: &[&str]| Resolved { which: which.iter().map(|name| (*name).to_owned()).collect() };
    #[rustfmt::skip]
    let table = [
        ("its request",                  ends(Some(110)), false, vec![known(FIRST, false, 100)],                     resolved(&[FIRST])),
        ("every open request",           ends(Some(110)), false, vec![known("a", false, 90), known("b", false, 95)], resolved(&["a", "b"])),
        ("no end is given",              ends(None),      false, vec![known(FIRST, false, 100)],                     resolved(&[FIRST])),
        ("nothing is known",             ends(Some(110)), false, vec![],                                             NothingToDo),
        ("it has ended",                 ends(Some(110)), false, vec![known(FIRST, true, 100)],                      NothingToDo),
        ("it was reported before",       ends(Some(110)), false, vec![reported(known(FIRST, false, 100), 111)],      NothingToDo),
        ("a later firing stays open",    ends(Some(110)), false, vec![known("rr-x-200", false, 200)],                NothingToDo),
        ("another container still fires", ends(Some(110)), true, vec![known(FIRST, false, 100)],                     NothingToDo),
    ];
    for (case, alerting, another_fires, known, expected) in table {
        assert_eq!(decide(&Seen { alerting: &alerting, another_fires, known: &known }), expected, "{case}");
    }
}

#[test]
fn a_request_says_what_the_alert_said() {
    let mut alert = alert("alertname=KubePodCrashLooping namespace=pay pod=p-1 severity=critical team=payments");
    alert.annotations.insert("summary".into(), "ä".repeat(5000));
    let alerting = read(&alert).unwrap();
    let target = Target::namespaced("pay", "deployment", "api");
    let spec = request(&alert, &alerting, &Found { target: &target, environment: "production", now: at(9), requested_by: "gateway" });
    assert_eq!((spec.target_resource.as_str(), spec.priority, spec.severity), ("pay/deployment/api", P0, Critical));
    assert_eq!((spec.signal_labels, spec.requested_by.as_str(), spec.is_storm), (alert.labels, "gateway", false));
    assert_eq!(spec.signal_annotations["summary"].chars().count(), 4096);
}

#[test]
fn the_recorded_messages_of_alertmanager_are_read() {
    #[rustfmt::skip]
    let table = [
        (include_str!("../../tests/fixtures/alertmanager-webhook-firing.json"),   vec![Some(State::Firing), Some(State::Firing)]),
        (include_str!("../../tests/fixtures/alertmanager-webhook-resolved.json"), vec![Some(State::Resolved)]),
        (include_str!("../../tests/fixtures/alertmanager-webhook-mixed.json"),    vec![Some(State::Resolved), Some(State::Firing)]),
        (include_str!("../../tests/fixtures/alertmanager-webhook-from-prometheus.json"), vec![None]),
    ];
    for (text, expected) in table {
        let webhook: Webhook = serde_json::from_str(text).unwrap();
        let states: Vec<_> = webhook.alerts.iter().map(|alert| read(alert).ok().map(|alerting| alerting.state)).collect();
        assert_eq!(states, expected, "{text}");
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value, json};
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|b| json!(b)),
        any::<f64>().prop_map(|n| json!(n)),
        ".*".prop_map(|s| json!(s))
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(".{0,8}", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_alert() -> impl Strategy<Value = Alert> {
    let label = prop_oneof![
        Just("alertname".to_owned()),
        Just("namespace".into()),
        Just("pod".into()),
        Just("node".into()),
        Just("severity".into()),
        "[a-z]{1,8}",
        "[a-z]{250,260}"
    ];
    let value = prop_oneof![30 => "[a-z0-9.-]{0,10}", 1 => ".{0,5000}"];
    let map = |most| prop::collection::btree_map(label.clone(), value.clone(), 0..most);
    let time = prop_oneof![Just("2026-11-22T17:28:04Z".to_owned()), Just("-009999-01-02T01:59:59Z".into()), ".{0,30}"];
    let status = prop_oneof![Just("firing".to_owned()), Just("resolved".into()), ".{0,10}"];
    (status, map(80), map(4), time.clone(), time).prop_map(|(status, labels, annotations, starts_at, ends_at)| Alert {
        status,
        labels,
        annotations,
        starts_at,
        ends_at,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_json_makes_the_intake_panic(labels in any_json(), annotations in any_json(), rest in any_json()) {
        let message = serde_json::json!({ "alerts": [{ "labels": labels, "annotations": annotations, "startsAt": rest, "status": "firing" }] });
        if let Ok(webhook) = serde_json::from_value::<Webhook>(message) {
            webhook.alerts.iter().for_each(|alert| drop(read(alert)));
        }
    }

    #[test]
    fn every_alert_is_refused_or_makes_a_request_within_bounds(alert in any_alert()) {
        if let Ok(alerting) = read(&alert) {
            let found = Found { target: &alerting.object, environment: "production", now: at(0), requested_by: "gateway" };
            let spec = request(&alert, &alerting, &found);
            prop_assert!(spec.signal_labels.len() <= 64 && spec.signal_name.chars().count() <= 253 && spec.target_resource.len() <= 400);
            let values: BTreeMap<_, _> = spec.signal_labels.into_iter().chain(spec.signal_annotations).collect();
            prop_assert!(values.iter().all(|(key, value)| key.chars().count() <= 253 && value.chars().count() <= 4096));
            match decide(&Seen { alerting: &alerting, another_fires: false, known: &[] }) {
                Create { name } => prop_assert!(name.len() <= crate::api::names::LONGEST_REQUEST_NAME),
                other => prop_assert_eq!(other, NothingToDo),
            }
        }
    }
}
