//! `route test --send`: what is made, what is never made, and how it ends.

use super::Said;
use super::server::{Asked, Server, answered, status, user};
use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};

const NOTICES: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/payment/notificationrequests";
const POLICY: &str = "notificationrequests.kubernaut.ai \"test-1\" is forbidden: ValidatingAdmissionPolicy 'kubernaut-writers' with binding 'kubernaut-writers' denied request: bob may not write notificationrequests in namespace payment: only controllers do (verb operate on remediationrequests)";
const RBAC: &str = "notificationrequests.kubernaut.ai is forbidden: User \"bob\" cannot create resource \"notificationrequests\" in API group \"kubernaut.ai\" in the namespace \"payment\"";

fn delivery(receiver: &str, state: &str, why: Option<&str>) -> Value {
    json!({"receiver": receiver, "channel": receiver, "state": state, "attempts": 1, "lastError": why})
}

/// A server without a routing tree, whose controllers deliver so.
fn server(phase: &'static str, deliveries: Vec<Value>) -> Server {
    let made = std::sync::Mutex::new(Value::Null);
    answering(move |asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", NOTICES) => {
            *made.lock().expect("not poisoned") = asked.body.clone();
            Some(answered(201, &asked.body))
        }
        ("GET", path) if path.starts_with(NOTICES) => {
            let mut notice = made.lock().expect("not poisoned").clone();
            notice["status"] = json!({"phase": phase, "deliveries": deliveries});
            Some(answered(200, &notice))
        }
        _ => None,
    })
}

fn answering(more: impl Fn(&Asked) -> Option<Response> + Send + Sync + 'static) -> Server {
    Server::plain(move |asked| match asked.path.ends_with("/selfsubjectreviews") {
        true => Some(user("alice")),
        false => more(asked),
    })
}

fn send(server: &Server, more: &[&str]) -> (Said, Vec<Asked>) {
    let said = server.run(&[&["route", "test", "kubernaut.ai/severity=critical", "--send"], more].concat());
    (said, server.take().into_iter().filter(|asked| asked.method == Method::POST && asked.path == NOTICES).collect())
}

#[test]
fn a_test_message_says_so_and_is_routed_by_the_labels() {
    let server = server("Sent", vec![delivery("console", "Delivered", None)]);
    let (said, made) = send(&server, &["--yes"]);
    let notice = &made[0].body;
    let name = notice["metadata"]["name"].as_str().expect("a name");
    assert!(name.starts_with("test-") && name.len() == 17, "{name}");
    assert_eq!((said.code, said.out), (0, format!("console\nnotificationrequest.kubernaut.ai/{name} created\n")), "{}", said.err);
    assert_eq!(
        said.err,
        format!(
            "delivered to console\nhint: it stays until it is deleted:  kubectl delete notificationrequest {name} -n payment --server {}\n",
            server.address
        )
    );
    assert_eq!(notice["metadata"]["labels"], json!({"kubernaut.ai/severity": "critical"}));
    let spec = &notice["spec"];
    assert_eq!((&spec["priority"], &spec["dedupKey"]), (&"critical".into(), &name.into()));
    assert_eq!(spec["subject"], "[test] alice tries out the notifications");
    assert!(spec["body"].as_str().is_some_and(|body| body.starts_with("This is a test. Nothing is wrong")), "{spec}");
    assert_eq!((&spec["channels"], &spec["retryPolicy"]), (&Value::Null, &json!({"maxAttempts": 1})), "the controllers' own tree decides");
    let (_, made) = send(&server, &["kubernaut.ai/remediation-request=rr-x", "--yes"]);
    assert_eq!(made[0].body["metadata"]["labels"], json!({"kubernaut.ai/severity": "critical"}), "it is no notice of that remediation");
    let (said, made) = send(&server, &["--yes", "-o", "json"]);
    let answer: Value = serde_json::from_str(&said.out).expect("json");
    assert_eq!((&answer["receivers"], &answer["sent"]["metadata"]["name"]), (&json!(["console"]), &made[0].body["metadata"]["name"]));
    assert_eq!(answer["sent"]["status"]["phase"], "Sent");
}

#[test]
fn nothing_is_sent_but_on_purpose() {
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<&str>, i32, &str, &str)> = vec![
        ("unconfirmed",                  vec![],                                    7, "console\n", "confirm with --yes"),
        ("another receiver expected",    vec!["--yes", "--expect=slack"],           4, "console\n", "expected slack, but the receivers are console"),
        ("in the client",                vec!["--dry-run"],                         0, "console\nnotificationrequest.kubernaut.ai/test-", ""),
        ("by a tree of a file",          vec!["--yes", "--config=x"],               2, "",          "cannot be used with"),
        ("without a cluster",            vec!["--yes", "--offline"],                2, "",          "cannot be used with"),
    ];
    for (case, more, code, out, err) in table {
        let (said, made) = send(&server("Sent", vec![]), &more);
        assert_eq!((said.code, made.len()), (code, 0), "{case}: {}{}", said.out, said.err);
        assert!(said.out.starts_with(out) && said.err.contains(err), "{case}: {}{}", said.out, said.err);
    }
    let (said, made) = send(&server("Sent", vec![]), &["--dry-run=server"]);
    assert!(said.code == 0 && said.out.ends_with(" created (server dry run)\n") && made[0].query.contains("dryRun=All"), "{}", said.err);
    for flag in ["--yes", "--dry-run=server", "--timeout=1s"] {
        let said = server("Sent", vec![]).run(&["route", "test", "a=b", flag]);
        assert!(said.code == 2 && said.err.contains("go with --send"), "{flag}: {}", said.err);
    }
}

#[test]
fn what_does_not_arrive_is_told() {
    let refused =
        |message: &'static str| answering(move |asked| (asked.method == Method::POST).then(|| status(403, "Forbidden", message, "test-1")));
    let slack = || delivery("slack", "Failed", Some("answered 404"));
    #[rustfmt::skip]
    let table: Vec<(&str, Server, Vec<&str>, i32, &str)> = vec![
        ("one has it, one has not",    server("PartiallySent", vec![delivery("console", "Delivered", None), slack()]),  vec![],                4,   "delivered to console\nnot delivered to slack: answered 404\n"),
        ("nobody has it",              server("Failed", vec![slack()]),                                                 vec![],                4,   "not delivered to slack: answered 404"),
        ("others have it",             server("Sent", vec![delivery("slack", "Delivered", None)]),                      vec![],                0,   "warning: the controllers route it otherwise"),
        ("no controllers",             server("Pending", vec![]),                                                       vec!["--timeout=1s"],  124, "kubectl kubernaut check --only controllers"),
        ("not waited for",             server("Pending", vec![]),                                                       vec!["--timeout=0s"],  0,   "it stays until it is deleted"),
        ("no right to act as they do", refused(POLICY),                                                                 vec![],                1,   "create on notificationrequests and operate on remediationrequests, in namespace payment"),
        ("no right at all",            refused(RBAC),                                                                   vec![],                1,   "resources: [\"notificationrequests\"], verbs: [\"create\"]"),
    ];
    for (case, server, more, code, err) in table {
        let (said, _) = send(&server, &[&["--yes"], &more[..]].concat());
        assert!(said.code == code && said.err.contains(err), "{case}: {} {}", said.code, said.err);
    }
}
