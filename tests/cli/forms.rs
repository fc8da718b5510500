//! What is printed for programs: every kind is printed here in each of its forms, and every field that a schema names is printed by something.

use super::plenty::answer;
use super::schemas::{checked, published};
use super::server::Server;
use super::{BINARY, alone, run};
use kubernaut::cli::output::Document;
use kubernaut::cli::output::yaml::to_yaml;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write as _};
use std::process::Stdio;
use tempfile::NamedTempFile;

const PAYMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixtures/payment.yaml");
const STATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixtures/simulate.yaml");
const PLAYBOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixtures/playbooks.yaml");
const DOCUMENTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md");

/// What no command prints here: where it was not built from a commit, of a plan that only another analyst makes, and where a message is sent.
const NOT_HERE: [&str; 6] = [
    "RouteTest/properties/sent",
    "VersionInfo/properties/client/properties/commit",
    "VersionInfo/properties/client/properties/date",
    "Simulation/$defs/step/properties/approvalPolicy",
    "Simulation/$defs/step/properties/approvalPolicy/properties/approverGroups",
    "Simulation/$defs/step/properties/approvalPolicy/properties/timeout",
];

const OTHER: &str = "
kind: WorkflowExecution
metadata: {name: busy, namespace: pay}
spec: {targetResource: pay/deployment/busy, remediationRequestRef: {name: rr-busy}, workflowRef: {workflowId: oom}}
status: {phase: Executing, startTime: 2025-12-06T10:20:00Z}
---
kind: WorkflowExecution
metadata: {name: early, namespace: pay}
spec: {targetResource: pay/deployment/early, workflowRef: {workflowId: oom}}
status: {phase: Failed, completionTime: 2025-12-06T10:28:00Z, consecutiveFailures: 2, nextAllowedExecution: 2025-12-06T10:32:00Z,
  failureDetails: {wasExecutionFailure: false}}
---
kind: RemediationRequest
metadata: {name: rr-busy, namespace: pay}
spec: {targetResource: pay/deployment/busy}
status: {phase: Executing, workflowExecutionRef: {name: busy}}
---
kind: RemediationRequest
metadata: {name: rr-asks, namespace: pay}
spec: {targetResource: pay/deployment/asks}
status: {phase: AwaitingApproval, aiAnalysisRef: {name: rr-asks-analysis}}
---
kind: AIApprovalRequest
metadata: {name: rr-asks-analysis-approval, namespace: pay, creationTimestamp: 2025-12-06T10:25:00Z}
spec: {timeout: 15m}
";

const KNOWN: &str = "
kind: RemediationRequest
metadata: {name: rr-open, namespace: payment}
spec: {signalName: Sure, firingTime: 2025-12-06T10:29:00Z, targetResource: payment/deployment/payment-api}
status: {phase: Analyzing}
";

const TREE: &str = "
route:
  receiver: ops
  routes:
  - matchers: [team=a]
  - matchers: [team=b]
    receiver: ops
receivers: [{name: ops, channels: [console]}]
";

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().expect("a path")
}

/// The first lines of a command that goes on until it is ended.
fn first_lines(server: &Server, words: &str, count: usize) -> String {
    let mut command = alone(BINARY);
    command.args(words.split(' ')).args(["-s", &server.address, "-n", "payment"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it ran");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let text: Vec<String> = lines.take(count).map(|line| line.expect("a line")).collect();
    child.kill().expect("ended");
    child.wait().expect("it ended");
    text.join("\n")
}

/// The one document that is printed, in JSON, and in YAML the same; also when this version is asked for.
fn printed(go: &dyn Fn(&[&str]) -> String, words: &str) -> Value {
    let of = |form: &[&str]| {
        let words: Vec<&str> = words.split(' ').chain(form.iter().copied()).collect();
        let printed = go(&words);
        let documents = checked(&printed);
        assert_eq!(documents.len(), 1, "{words:?}: {printed}");
        documents.into_iter().next().expect("a document")
    };
    let (json, yaml) = (of(&["-o", "json"]), of(&["-o", "yaml", "--output-version=v1alpha1"]));
    assert_eq!(timeless(&yaml), timeless(&json), "{words}");
    json
}

/// The value without what differs a moment later; 72 and 72.0 are one number.
fn timeless(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let lasting = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "at" | "untilInSeconds"));
            lasting.map(|(name, value)| (name.clone(), timeless(value))).collect()
        }
        Value::Array(items) => items.iter().map(timeless).collect(),
        Value::Number(number) => number.as_f64().into(),
        other => other.clone(),
    }
}

/// Objects that leave out all that may be left out.
const BARE: &str = "
kind: RemediationTarget
metadata: {name: deployment.web, namespace: pay}
spec: {targetResource: pay/deployment/web}
status: {rebuiltAt: 2025-12-06T10:00:00Z, holder: {}, blocks: [{}], consecutiveFailures: -4, runs: [{}], lastSuccess: [{}]}
---
kind: RemediationTarget
metadata: {name: deployment.api, namespace: pay}
spec: {targetResource: pay/deployment/api}
status: {rebuiltAt: 2025-12-06T10:00:00Z, holder: {name: x}, blocks: [{id: ab, run: {name: y}}], consecutiveFailures: 9}
---
kind: WorkflowExecution
metadata: {name: run, namespace: pay}
spec: {targetResource: pay/deployment/run}
status: {phase: Executing}
---
kind: AIApprovalRequest
metadata: {name: bare, namespace: pay}
---
kind: NotificationRequest
metadata: {name: bare, namespace: pay}
";

#[test]
fn what_nobody_knows_is_absent_and_no_command_names_it() {
    let bare = file(BARE);
    let alert = file(&json!({"version": "4", "alerts": [{"status": "firing", "labels": {}}]}).to_string());
    #[rustfmt::skip]
    let table = [
        ("get targets",                      "/items/2/lastRun"),
        ("get blocks",                       "/items/2/execution"),
        ("why --target pay/deployment/web",  "/gates/0/because"),
        ("why --target pay/deployment/api",  "/gates/2/because/workflowId"),
        ("why wfe/run",                      "/workflow"),
        ("why aar/bare",                     "/target"),
        ("route test nr/bare",               "/labels/none"),
        (&format!("simulate -f {}", path(&alert)), "/requests/0/alert"),
    ];
    for (words, unknown) in table {
        let document = printed(&|words| run(words).out, &format!("{words} -n pay --at 2025-12-06T10:30:00Z --offline -f {}", path(&bare)));
        assert_eq!(document.pointer(unknown), None, "{words}: {document:#}");
        let commands = document["unblock"].as_array().into_iter().flatten().filter_map(|step| step["command"].as_str());
        commands.for_each(|command| assert!(!command.contains("/ ") && !command.contains("''"), "{words}: {command}"));
    }
}

/// Every document that a person gets without a cluster.
fn offline() -> Vec<Value> {
    let (other, tree) = (file(OTHER), file(TREE));
    let config = file(&format!("analyst: {{playbooks: {PLAYBOOKS}}}"));
    let here = |words: &[&str]| run(words).out;
    let at = "--at 2025-12-06T10:30:00Z --offline -f";
    let (other, simulate) = (path(&other), format!("simulate {at} {STATE} --config {}", path(&config)));
    let about = "--target payment/deployment/payment-api";
    let known = file(KNOWN);
    let message = file(
        &json!({"version": "4", "alerts": [{"status": "firing", "startsAt": "2025-12-06T10:29:00Z",
        "labels": {"alertname": "Sure", "severity": "critical", "namespace": "payment", "deployment": "payment-api"}}]})
        .to_string(),
    );
    [
        format!("why wfe/workflow-payment-oom-003 {at} {PAYMENT}"),
        format!("why rr/rr-busy -n pay {at} {other}"),
        format!("why rr/rr-asks -n pay {at} {other}"),
        format!("why --target pay/deployment/early {at} {other}"),
        format!("why --target pay/deployment/busy {at} {other}"),
        format!("get targets -A {at} {PAYMENT} -f {other}"),
        format!("get blocks -A {at} {PAYMENT}"),
        format!("{simulate} --alert Asks {about}"),
        format!("{simulate} --alert Two {about}"),
        format!("{simulate} --alert Sure {about} -f {PAYMENT} --workflow oomkill-increase-memory"),
        format!("{simulate} --alert Sure --target pay/deployment/early -f {other}"),
        format!("{simulate} --alert Sure --target pay/deployment/busy -f {other}"),
        format!("{simulate} -f {} -f {}", path(&known), path(&message)),
        format!("route test team=b --config {}", path(&tree)),
        format!("route test other=b --config {}", path(&tree)),
        format!("route show --config {}", path(&tree)),
        "version --client".to_owned(),
    ]
    .iter()
    .map(|words| printed(&here, words))
    .collect()
}

/// Every document about a cluster.
fn online() -> Vec<Value> {
    let server = Server::plain(answer);
    let there = |words: &[&str]| server.run(words).out;
    let errors = |words: &[&str]| server.run(words).err.lines().last().unwrap_or_default().to_owned();
    let mut all: Vec<Value> = [
        "status",
        "status rr/x --show-events",
        "status rr/z",
        "why --target payment/deployment/api",
        "history",
        "check --only client,crds",
        "version",
        "why aar/x-analysis-approval",
        "get targets",
        "get blocks",
    ]
    .map(|words| printed(&there, words))
    .into();
    all.push(printed(&errors, "status rr/nobody"));
    all.push(printed(&errors, "reject decided --yes --reason wrong"));
    for (words, count) in [("get targets -w", 2), ("get blocks -w", 1), ("history -w", 7), ("status -w", 1)] {
        let lines = checked(&first_lines(&server, &format!("{words} -o json"), count));
        assert_eq!(lines.len(), count, "{words}: an object on each line");
        let height = lines.iter().map(|line| 1 + to_yaml(line).expect("yaml").lines().count()).sum();
        let yaml = checked(&first_lines(&server, &format!("{words} -o yaml"), height));
        let timeless = |documents: &[Value]| documents.iter().map(timeless).collect::<Vec<_>>();
        assert_eq!(timeless(&yaml), timeless(&lines), "{words}");
        all.extend(lines);
    }
    all
}

#[test]
fn what_is_followed_comes_in_every_form() {
    let server = Server::plain(answer);
    #[rustfmt::skip]
    let table = [
        ("get blocks -w -o custom-columns=KIND:.kind", ["KIND", "Block"]),
        ("history -w -o custom-columns=KIND:.kind",    ["KIND", "TimelineItem"]),
        ("history -w -o name",                         ["remediationrequest.kubernaut.ai/x", "remediationrequest.kubernaut.ai/y"]),
        ("status -w -o custom-columns=NEEDS:.needsYou[0].what", ["NEEDS", "ApprovalPending"]),
    ];
    for (words, expected) in table {
        let lines = first_lines(&server, words, 2);
        assert_eq!(lines.lines().map(str::trim).collect::<Vec<_>>(), expected, "{words}");
    }
}

/// Both answers of `audit verify`.
fn audits() -> Vec<Value> {
    let log = super::audit::Log::new();
    let verify = |key: &str| log.verify(key, &["-o", "json"]).out;
    [verify("key"), verify("other")].iter().flat_map(|printed| checked(printed)).collect()
}

#[test]
fn every_kind_is_printed_and_every_field_of_its_schema() {
    let documents = [offline(), online(), audits()].concat();
    let kinds: BTreeSet<&str> = documents.iter().filter_map(|document| document["kind"].as_str()).collect();
    let schemas = published();
    assert_eq!(kinds, schemas.keys().map(String::as_str).collect(), "printed, and described");
    let mut missing = BTreeSet::new();
    for (kind, schema) in &schemas {
        named(schema, kind, &mut missing);
    }
    for document in &documents {
        let kind = document["kind"].as_str().expect("a kind");
        let root = &schemas[kind];
        seen(root, root, kind, document, &mut missing);
    }
    assert_eq!(missing, NOT_HERE.map(str::to_owned).into(), "named in a schema, and printed by nothing");
}

/// Every field that a schema names.
fn named(schema: &Value, at: &str, fields: &mut BTreeSet<String>) {
    for (key, inner) in schema.as_object().into_iter().flatten() {
        if key == "properties" {
            fields.extend(inner.as_object().into_iter().flatten().map(|(name, _)| format!("{at}/properties/{name}")));
        }
        named(inner, &format!("{at}/{key}"), fields);
    }
}

/// Takes away the fields that a value has.
fn seen(root: &Value, schema: &Value, at: &str, value: &Value, fields: &mut BTreeSet<String>) {
    if let Some(pointer) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        let kind = at.split('/').next().unwrap_or_default();
        return seen(root, root.pointer(pointer).expect("a definition"), &format!("{kind}{pointer}"), value, fields);
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            let at = format!("{at}/properties/{name}");
            seen(root, inner, &at, value, fields);
            fields.remove(&at);
        }
    }
    for item in value.as_array().into_iter().flatten() {
        seen(root, &schema["items"], &format!("{at}/items"), item, fields);
    }
}

#[test]
fn every_kind_has_a_schema_that_says_so_and_a_line_in_the_documents() {
    let names: BTreeSet<String> = Document::ALL.iter().map(|kind| format!("{kind:?}")).collect();
    let schemas = published();
    assert_eq!(names, schemas.keys().cloned().collect());
    let text = std::fs::read_to_string(DOCUMENTED).expect("docs/json.md");
    for (kind, schema) in &schemas {
        assert!(jsonschema::meta::is_valid(schema), "{kind}");
        assert_eq!(schema["title"], kind.as_str());
        assert!(!schema.to_string().contains(r#""additionalProperties":false"#), "{kind}: readers ignore what they do not know");
        let file =
            kind.chars().map(|c| if c.is_uppercase() { format!("-{}", c.to_lowercase()) } else { c.to_string() }).collect::<String>();
        let row = format!("| `{kind}` |");
        let link = format!("(../tests/schemas/{}.json)", file.trim_start_matches('-'));
        assert!(text.lines().any(|line| line.starts_with(&row) && line.contains(&link)), "{row} {link}");
    }
}

#[test]
fn a_version_that_is_not_there_is_refused() {
    let said = run(&["version", "--client", "-o", "json", "--output-version=v1"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(said.err.contains("v1alpha1") && checked(&said.err).len() == 1, "{}", said.err);
}

#[test]
fn a_document_that_is_not_as_its_schema_says_is_found() {
    let good = json!({"apiVersion": "cli.kubernaut.ai/v1alpha1", "kind": "Timeline", "items": [
        {"time": "2025-12-06T10:31:00.5Z", "source": "decision", "verified": true, "object": "aar/x", "what": "approved"}]});
    type Change = fn(&mut Value);
    #[rustfmt::skip]
    let table: &[(&str, Change)] = &[
        ("a field that nobody documented",   |it| it["more"] = json!(1)),
        ("one further down",                 |it| it["items"][0]["more"] = json!(1)),
        ("a field that is missing",          |it| drop(it.as_object_mut().map(|all| all.remove("items")))),
        ("another name of a field",          |it| { it["items"][0]["isVerified"] = json!(true); it["items"][0].as_object_mut().map(|all| all.remove("verified")); }),
        ("another type",                     |it| it["items"][0]["verified"] = json!("true")),
        ("a word that is not in the list",   |it| it["items"][0]["source"] = json!("rumour")),
        ("an empty text for none",           |it| it["items"][0]["why"] = json!("")),
        ("null for none",                    |it| it["items"][0]["why"] = Value::Null),
        ("a time of another zone",           |it| it["items"][0]["time"] = json!("2025-12-06T11:31:00+01:00")),
        ("a time that is none",              |it| it["items"][0]["time"] = json!("yesterdayZ")),
        ("another version",                  |it| it["apiVersion"] = json!("cli.kubernaut.ai/v2")),
        ("an unknown kind",                  |it| it["kind"] = json!("Rumour")),
    ];
    assert_eq!(checked(&good.to_string()), std::slice::from_ref(&good));
    for (case, change) in table {
        let mut wrong = good.clone();
        change(&mut wrong);
        for printed in [wrong.to_string(), format!("{wrong}\n{good}"), format!("note: x\n{wrong}")] {
            assert!(std::panic::catch_unwind(|| checked(&printed)).is_err(), "{case}: {printed}");
        }
    }
}
