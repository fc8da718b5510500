//! `simulate` on files: what it foretells, on which stream, with which code.

use super::{Said, plugin, said};
use serde_json::{Value, json};
use std::io::Write as _;

const STATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixtures/simulate.yaml");
const PLAYBOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixtures/playbooks.yaml");
const AT: &str = "2025-12-06T10:30:00Z";
const BEGAN: &str = "2025-12-06T10:29:00Z";
/// Of the alert `Sure` about payment/deployment/payment-api.
const NAME: &str = "rr-ce11fb428c1d-1765016940";

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

fn simulate(alerts: &Value, state: &str, settings: &str, words: &[&str]) -> Said {
    let message = file(&json!({"version": "4", "alerts": alerts}).to_string());
    let more = file(state);
    let config = file(&format!("analyst: {{playbooks: {PLAYBOOKS}}}\n{settings}"));
    let mut command = plugin();
    command.args(["simulate", "--offline", "--at", AT, "-f", STATE, "-f"]).arg(more.path()).arg("-f").arg(message.path());
    said(command.arg("--config").arg(config.path()).args(words))
}

fn alert(name: &str, labels: &[(&str, &str)]) -> Value {
    let mut alert = json!({"status": "firing", "startsAt": BEGAN, "labels": {"alertname": name, "severity": "critical"}});
    for (key, value) in labels {
        alert["labels"][key] = json!(value);
    }
    alert
}

/// An alert about the deployment of the fixture.
fn about(name: &str) -> Value {
    alert(name, &[("namespace", "payment"), ("deployment", "payment-api")])
}

fn answer(said: &Said) -> Value {
    assert_eq!(said.code, 0, "{}", said.err);
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.out))
}

fn foretold(alerts: &Value, state: &str, settings: &str, words: &[&str]) -> Value {
    answer(&simulate(alerts, state, settings, &[words, &["-o", "json"]].concat()))
}

/// Result, decision, verdict, reason, what is told, and what is written, of one request.
fn in_short(request: &Value) -> String {
    let word = |key: &str| request[key].as_str().unwrap_or("-").to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let told: Vec<String> = list(&request["notifications"]).iter().map(|one| one["event"].as_str().unwrap_or("?").to_owned()).collect();
    let writes = list(&request["plan"]["steps"]).into_iter().flat_map(|step| list(&step["writes"]));
    let value = |write: &Value, key: &str| write[key].as_str().unwrap_or("none").to_owned();
    let writes: Vec<String> = writes.map(|write| format!("{}->{}", value(&write, "before"), value(&write, "after"))).collect();
    let head = ["result", "decision", "verdict", "reason"].map(word).join(" ");
    format!("{head} [{}] {}", told.join(","), writes.join(" ")).trim_end().to_owned()
}

/// A run of the fixture's deployment, as a person would write it in short.
fn run(workflow: &str, status: &str) -> String {
    format!(
        "kind: WorkflowExecution\nmetadata: {{name: before, namespace: payment}}\nspec: {{targetResource: payment/deployment/payment-api, \
         remediationRequestRef: {{name: rr-before}}, workflowRef: {{workflowId: {workflow}}}}}\nstatus: {{{status}}}\n"
    )
}

fn blocked(workflow: &str) -> String {
    run(workflow, "phase: Failed, completionTime: 2025-12-06T10:15:00Z, failureDetails: {wasExecutionFailure: true}")
}

/// A request of the alert `Sure` about the fixture's deployment.
fn request(name: &str, more: &str) -> String {
    format!(
        "kind: RemediationRequest\nmetadata: {{name: {name}, namespace: payment}}\nspec: {{signalName: Sure, firingTime: {BEGAN}, \
         targetResource: payment/deployment/payment-api}}\nstatus: {{{more}}}\n"
    )
}

#[test]
fn each_alert_comes_to_what_the_rules_say() {
    let failures = |count: u32, next: &str| {
        run(
            "sure",
            &format!(
                "phase: Failed, completionTime: 2025-12-06T10:28:00Z, consecutiveFailures: {count}, nextAllowedExecution: '{next}', failureDetails: {{wasExecutionFailure: false}}"
            ),
        )
    };
    let busy = run("other", "phase: Executing, startTime: 2025-12-06T10:20:00Z");
    let success = run("sure", "phase: Completed, completionTime: 2025-12-06T10:26:00Z");
    let (none, plain) = (String::new, "");
    let auto = "Auto AutoApprove Allowed - [] 512Mi->1Gi";
    let asked = "Approval Ask Allowed - [approval] 512Mi->1Gi";
    let told = "Escalate Refuse Allowed - [failed]";
    let of = |kind: &str, namespace: &str, name: &str| alert("Sure", &[("namespace", namespace), (kind, name)]);
    let resolved = json!({"status": "resolved", "startsAt": BEGAN, "endsAt": AT, "labels": about("Sure")["labels"]});
    #[rustfmt::skip]
    let table: Vec<(&str, Value, String, &str, &[&str], &str)> = vec![
        ("sure of it",                       about("Sure"),   none(), plain, &[],                               auto),
        ("not quite sure",                   about("Asks"),   none(), plain, &[],                               asked),
        ("not sure enough",                  about("Unsure"), none(), plain, &[],                               told),
        ("just under medium",                about("Sure"),   none(), plain, &["--confidence", "59.9"],         told),
        ("exactly medium",                   about("Sure"),   none(), plain, &["--confidence", "60"],           asked),
        ("just under high",                  about("Sure"),   none(), plain, &["--confidence", "79.9"],         asked),
        ("exactly high",                     about("Asks"),   none(), plain, &["--confidence", "80"],           auto),
        ("certain",                          about("Asks"),   none(), plain, &["--confidence=100"],             auto),
        ("no confidence at all",             about("Sure"),   none(), plain, &["--confidence", "0"],            told),
        ("a stricter upper limit",           about("Sure"),   none(), "approval: {high: 96}",       &[],        asked),
        ("a laxer upper limit",              about("Asks"),   none(), "approval: {high: 70}",       &[],        auto),
        ("a stricter lower limit",           about("Asks"),   none(), "approval: {medium: 75}",     &[],        told),
        ("a laxer lower limit",              about("Unsure"), none(), "approval: {medium: 40}",     &[],        asked),
        ("nothing without a person",         about("Sure"),   none(), "approval: {autoApprove: false}", &[],    asked),
        ("too many steps for no person",     about("Two"),    none(), "approval: {maxSteps: 1}",    &[],        "Approval Ask Allowed - [approval] present->none"),
        ("as many steps as may be",          about("Two"),    none(), "approval: {maxSteps: 2}",    &[],        "Auto AutoApprove Allowed - [] present->none"),
        ("no playbook",                      about("Who"),    none(), plain, &[],                               told),
        ("no playbook for the kind",         alert("Picky", &[("node", "worker-1")]), none(), plain, &[],       told),
        ("no playbook, but supposed",        about("Who"),    none(), plain, &["--confidence", "72"],           "Approval Ask Allowed - [approval]"),
        ("no playbook, supposed too low",    about("Who"),    none(), plain, &["--confidence", "59"],           told),
        ("an action that nobody has",        about("Odd"),    none(), plain, &[],                               told),
        ("a limit that is not there",        of("deployment", "payment", "no-limit"),    none(), plain, &[],    told),
        ("what is never touched",            of("deployment", "kube-system", "coredns"), none(), plain, &[],    told),
        ("never touched, and supposed",      alert("Who", &[("namespace", "kube-system"), ("deployment", "coredns")]), none(), plain, &["--confidence", "90"], told),
        ("a pod of the deployment",          of("pod", "payment", "payment-api-5f7d-x"), none(), plain, &[],    auto),
        ("a pod that is gone",               alert("Sure", &[("namespace", "payment"), ("pod", "gone"), ("deployment", "payment-api")]), none(), plain, &[], auto),
        ("a step that asks for itself",      about("Looks"),  none(), plain, &[],                               "Auto AutoApprove Allowed - []"),
        ("blocked",                          about("Sure"),   blocked("sure"), plain, &[],                   "Skipped AutoApprove Blocked PreviousExecutionFailed [manual-review] 512Mi->1Gi"),
        ("blocked, and a person is asked",   about("Asks"),   blocked("asks"), plain, &[],                   "Skipped Ask Blocked PreviousExecutionFailed [approval,manual-review] 512Mi->1Gi"),
        ("blocked, and not sure",            about("Unsure"), blocked("unsure"), plain, &[],                 "Escalate Refuse Blocked PreviousExecutionFailed [failed]"),
        ("blocked, and nobody knows it",     about("Who"),    blocked("any"), plain, &["--confidence", "90"], "Skipped AutoApprove Blocked PreviousExecutionFailed [manual-review]"),
        ("another workflow's block",         about("Sure"),   blocked("other"), plain, &[],                  auto),
        ("the workflow is supposed",         about("Sure"),   blocked("other"), plain, &["--workflow", "other"], "Skipped AutoApprove Blocked PreviousExecutionFailed [manual-review] 512Mi->1Gi"),
        ("a block counts for every workflow", about("Sure"),  blocked("other"), "gate: {blockScope: Target}", &[], "Skipped AutoApprove Blocked PreviousExecutionFailed [manual-review] 512Mi->1Gi"),
        ("exhausted",                        about("Sure"),   failures(5, "2025-12-06T10:31:00Z"), plain, &[], "Skipped AutoApprove Blocked ExhaustedRetries [manual-review] 512Mi->1Gi"),
        ("not exhausted by other settings",  about("Sure"),   failures(5, "2025-12-06T10:30:00Z"), "gate: {maxConsecutiveFailures: 6}", &[], auto),
        ("in backoff",                       about("Sure"),   failures(2, "2025-12-06T10:30:01Z"), plain, &[], "Skipped AutoApprove Waiting RecentlyRemediated [] 512Mi->1Gi"),
        ("backoff has just ended",           about("Sure"),   failures(2, "2025-12-06T10:30:00Z"), plain, &[], auto),
        ("busy",                             about("Sure"),   busy, plain, &[],                              "Skipped AutoApprove Waiting ResourceBusy [] 512Mi->1Gi"),
        ("in cooldown",                      about("Sure"),   success.clone(), plain, &[],                           "Skipped AutoApprove Waiting RecentlyRemediated [] 512Mi->1Gi"),
        ("without a cooldown",               about("Sure"),   success.clone(), "gate: {cooldown: 0s}", &[],          auto),
        ("another workflow's success",       about("Asks"),   success.clone(), plain, &[],                           asked),
        ("a duplicate",                      about("Sure"),   request("rr-open", "phase: Analyzing"), plain, &[], "Duplicate - - - []"),
        ("one that nobody looked at yet",    about("Sure"),   request("rr-open", ""), plain, &[],            "Duplicate - - - []"),
        ("an earlier one is over",           about("Sure"),   request("rr-over", "phase: Completed"), plain, &[], auto),
        ("another alert's request",          about("Asks"),   request("rr-open", "phase: Analyzing"), plain, &[], asked),
        ("resolved, and waited for",         resolved.clone(), request("rr-open", "phase: Analyzing"), plain, &[], "Nothing - - - []"),
        ("resolved, and nobody waits",       resolved,        none(), plain, &[],                               "Nothing - - - []"),
        ("no object",                        alert("Sure", &[]), none(), plain, &[],                            "Refused - - - []"),
        ("no namespace",                     alert("Sure", &[("pod", "x")]), none(), plain, &[],                "Refused - - - []"),
        ("no name",                          json!({"status": "firing", "startsAt": BEGAN, "labels": {"node": "worker-1"}}), none(), plain, &[], "Refused - - - []"),
        ("a name that leads elsewhere",      alert("Sure", &[("namespace", "payment"), ("pod", "../../x")]), none(), plain, &[], "Refused - - - []"),
    ];
    for (case, alert, state, settings, words, expected) in table {
        let simulation = foretold(&json!([alert]), &state, settings, words);
        let request = &simulation["requests"][0];
        assert_eq!(in_short(request), expected, "{case}: {simulation:#}");
        assert_eq!(simulation["result"], request["result"], "{case}");
    }
}

#[test]
fn a_simulation_has_the_documented_shape() {
    let simulation = foretold(&json!([about("Asks")]), &blocked("asks"), "", &[]);
    #[rustfmt::skip]
    let expected = [
        ("/apiVersion",                            json!("cli.kubernaut.ai/v1alpha1")),
        ("/kind",                                  json!("Simulation")),
        ("/at",                                    json!(AT)),
        ("/result",                                json!("Skipped")),
        ("/requests/0/alert",                      json!("Asks")),
        ("/requests/0/namespace",                  json!("payment")),
        ("/requests/0/target",                     json!("payment/deployment/payment-api")),
        ("/requests/0/senderNeeds",                json!(["payment"])),
        ("/requests/0/duplicateOf",                Value::Null),
        ("/requests/0/decision",                   json!("Ask")),
        ("/requests/0/verdict",                    json!("Blocked")),
        ("/requests/0/reason",                     json!("PreviousExecutionFailed")),
        ("/requests/0/retryAt",                    Value::Null),
        ("/requests/0/gates/0/verdict",            json!("Blocked")),
        ("/requests/0/gates/0/because/name",       json!("before")),
        ("/requests/0/gates/3/name",               json!("RecentlyRemediated")),
        ("/requests/0/analysis/confidence",        json!(72)),
        ("/requests/0/analysis/workflow",          json!("asks")),
        ("/requests/0/plan/steps/0/stepNumber",    json!(1)),
        ("/requests/0/plan/steps/0/action",        json!("increase_resources")),
        ("/requests/0/plan/steps/0/writes/0/field", json!("spec.template.spec.containers[name=api].resources.limits.memory")),
        ("/requests/0/notifications/0",            json!({"event": "approval", "priority": "high", "subject": "Approval needed: payment/deployment/payment-api (72%)", "receivers": ["console"]})),
        ("/requests/0/notifications/1",            json!({"event": "manual-review", "priority": "critical", "subject": "🔴 Workflow Blocked: Execution Failed", "receivers": ["console"]})),
        ("/requests/0/notes",                      Value::Null),
    ];
    for (pointer, value) in expected {
        assert_eq!(simulation.pointer(pointer).unwrap_or(&Value::Null), &value, "{pointer}: {simulation:#}");
    }
    let request = &simulation["requests"][0];
    assert_eq!(request["fingerprint"].as_str().map(str::len), Some(64));
    assert_eq!(request["plan"]["hash"].as_str().map(str::len), Some(64));
    let yaml = simulate(&json!([about("Asks")]), &blocked("asks"), "", &["-o", "yaml"]);
    let mut yaml: Value = serde_saphyr::from_str(&yaml.out).expect("yaml");
    // JSON writes 72 for 72.0, as kubectl does.
    let confidence = &mut yaml["requests"][0]["analysis"]["confidence"];
    assert_eq!(confidence.as_f64(), Some(72.0));
    *confidence = json!(72);
    assert_eq!(yaml, simulation);
}

#[test]
fn a_hash_that_holds_the_time_is_not_foretold() {
    let hash = |alert: &str| {
        let request = foretold(&json!([about(alert)]), "", "", &[])["requests"][0].clone();
        (request["plan"]["hash"].is_string(), request["notes"].clone())
    };
    assert_eq!(hash("Sure"), (true, Value::Null));
    assert_eq!(
        hash("Restarts"),
        (false, json!(["the plan's hash is not foretold, as restart_deployment writes the time at which it is planned"]))
    );
}

#[test]
fn names_are_those_that_the_gateway_gives() {
    let name = |state: &str| foretold(&json!([about("Sure")]), state, "", &[])["requests"][0].clone();
    assert_eq!(name("")["name"], NAME);
    assert_eq!(name(&request(NAME, "phase: Failed"))["name"], format!("{NAME}-2"));
    let open = name(&request("rr-open", "phase: Executing"));
    assert_eq!((&open["name"], &open["duplicateOf"]), (&json!("rr-open"), &json!("rr-open")));
    let busy = run("other", "phase: Executing, startTime: 2025-12-06T10:20:00Z");
    assert_eq!((&name(&busy)["name"], &name(&busy)["duplicateOf"]), (&json!(NAME), &json!("rr-before")));
}

#[test]
fn what_the_files_leave_out_is_said() {
    let missing = |alert: Value| {
        let simulation = foretold(&json!([alert]), "", "", &[]);
        let notes = simulation["requests"][0]["notes"].as_array().cloned().unwrap_or_default();
        (in_short(&simulation["requests"][0]), simulation["requests"][0]["plan"].clone(), notes)
    };
    let (short, plan, notes) = missing(alert("Sure", &[("namespace", "shop"), ("deployment", "cart")]));
    assert_eq!(short, "Auto AutoApprove Allowed - []");
    assert_eq!((&plan["unresolved"], &plan["hash"]), (&json!([1]), &Value::Null));
    assert_eq!(notes[0], "shop/deployment/cart is not in the files, so it is taken to stand for itself");
    assert_eq!(notes[1], "step 1 is without its values, as shop/deployments/cart is not in the files");
    let (_, plan, notes) = missing(alert("Two", &[("namespace", "payment"), ("deployment", "no-limit")]));
    assert_eq!((&plan["unresolved"], notes.len()), (&json!([2]), 1), "{notes:?}");
    let (_, _, notes) = missing(alert("Sure", &[("namespace", "shop"), ("pod", "cart-1")]));
    assert_eq!(notes[0], "shop/pod/cart-1 is not in the files, so it is taken to stand for itself");
    let (short, plan, notes) = missing(alert("Sure", &[("namespace", "payment"), ("deployment", "bare")]));
    assert_eq!((short.as_str(), &plan["unresolved"]), ("Auto AutoApprove Allowed - []", &json!([1])));
    assert_eq!(notes, [json!("step 1 is without its values, as payment/deployments/bare with its containers is not in the files")]);
    let (short, _, notes) = missing(alert("Sure", &[("namespace", "payment"), ("pod", "payment-api-99-abc")]));
    assert_eq!(short, "Auto AutoApprove Allowed - [] 512Mi->1Gi");
    assert_eq!(notes[0], "payment/pod/payment-api-99-abc is not in the files, so the target is taken to be payment/deployment/payment-api");
}

#[test]
fn the_alerts_of_a_message_are_taken_in_turn() {
    let resolved = json!({"status": "resolved", "startsAt": BEGAN, "endsAt": AT, "labels": about("Sure")["labels"]});
    #[rustfmt::skip]
    let table: Vec<(&str, Value, &[&str], &str)> = vec![
        ("one alert twice",                json!([about("Sure"), about("Sure")]),                                &["Auto", "Duplicate"],          "Auto"),
        ("two of one target",              json!([about("Sure"), about("Two")]),                                 &["Auto", "Skipped"],            "Skipped"),
        ("two that wait for a person",     json!([about("Asks"), about("Sure")]),                                &["Approval", "Auto"],           "Approval"),
        ("fires and ends in one message",  json!([about("Sure"), resolved.clone()]),                             &["Auto", "Nothing"],            "Auto"),
        ("a useless one among them",       json!([alert("Watchdog", &[]), about("Sure")]),                       &["Refused", "Auto"],            "Auto"),
        ("only ended ones",                json!([resolved, alert("Watchdog", &[])]),                            &["Nothing", "Refused"],         "Refused"),
        ("one that goes to a person",      json!([about("Sure"), about("Unsure"), about("Sure")]),               &["Auto", "Escalate", "Duplicate"], "Escalate"),
    ];
    for (case, alerts, expected, result) in table {
        let simulation = foretold(&alerts, "", "", &[]);
        let results: Vec<&str> =
            simulation["requests"].as_array().expect("requests").iter().map(|one| one["result"].as_str().expect("a result")).collect();
        assert_eq!((results.as_slice(), &simulation["result"]), (expected, &json!(result)), "{case}");
    }
}

#[test]
fn an_expectation_that_fails_ends_with_four_and_says_what_it_was() {
    let block = blocked("sure");
    let open = request("rr-open", "phase: Analyzing");
    #[rustfmt::skip]
    let table: Vec<(&str, Value, &str)> = vec![
        ("auto",      about("Sure"),      ""),
        ("approval",  about("Asks"),      ""),
        ("escalate",  about("Unsure"),    ""),
        ("skipped",   about("Sure"),      &block),
        ("duplicate", about("Sure"),      &open),
        ("refused",   alert("Sure", &[]), ""),
        ("nothing",   json!({"status": "resolved", "startsAt": BEGAN, "labels": about("Sure")["labels"]}), ""),
    ];
    for (was, alert, state) in &table {
        for (expected, ..) in &table {
            let said = simulate(&json!([alert]), state, "", &["--expect", expected]);
            assert_eq!(said.code, if was == expected { 0 } else { 4 }, "{was}, expected {expected}: {}", said.err);
            assert!(said.out.contains("Result: "), "{}", said.out);
            if was != expected {
                let told = said.err.to_lowercase();
                assert!(told.starts_with(&format!("expected {expected}, but it would ")) && told.contains(was), "{was}: {}", said.err);
            }
        }
    }
    let said = simulate(&json!([about("Asks")]), "", "", &["--expect", "AUTO", "-o", "json"]);
    assert_eq!((said.code, serde_json::from_str::<Value>(&said.out).expect("json")["result"].clone()), (4, json!("Approval")));
}

#[test]
fn a_screen_tells_it_from_end_to_end() {
    let said = simulate(&json!([about("Asks")]), &blocked("asks"), "", &[]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    for part in [
        "[dry] remediation request would be  payment/rr-",
        "no open duplicate)\n",
        "[dry] target          payment/deployment/payment-api\n",
        "[dry] sender          not checked: kubectl auth can-i create remediationrequests.kubernaut.ai -n payment --as SENDER\n",
        "[dry] analysis        confidence 72%  (from playbook asks; no model call made)\n",
        "[dry] decision        approval required    auto >= 80, refused < 60\n",
        "[dry] plan            1 increase_resources (disruptive)\n",
        "resources.limits.memory: 512Mi -> 1Gi\n",
        "[dry] gates           previous execution: BLOCK  Previous execution payment/before failed",
        "  -> would be Skipped\n",
        "[dry] notifications   approval/high -> console\n[dry]                 manual-review/critical -> console\n",
        "Result: would be SKIPPED, PreviousExecutionFailed\n",
    ] {
        assert!(said.out.contains(part), "{part:?} is not in\n{}", said.out);
    }
}

#[test]
fn alerts_are_described_by_flags_too() {
    let with = |words: &[&str]| said(plugin().args(["simulate", "--offline", "-f", STATE, "--at", BEGAN]).args(words));
    let words =
        ["--alert", "OOMKilled", "--target", "payment/Deployment/payment-api", "--severity", "critical", "--label", "container=api"];
    let simulation = answer(&with(&[&words[..], &["-o", "json"]].concat()));
    assert_eq!(in_short(&simulation["requests"][0]), "Approval Ask Allowed - [approval] 512Mi->1Gi present->none");
    let same = json!([alert("OOMKilled", &[("namespace", "payment"), ("deployment", "payment-api")])]);
    assert_eq!(simulation["requests"][0]["name"], foretold(&same, "", "", &[])["requests"][0]["name"]);
    #[rustfmt::skip]
    let table: &[(&[&str], &str)] = &[
        (&[],                                                              "there is no alert to simulate"),
        (&["--alert", "X"],                                                "--target"),
        (&["--target", "a/pod/b"],                                         "--alert"),
        (&["--alert", "X", "--target", "nonsense"],                        "is not a target"),
        (&["--alert", "X", "--target", "a/job/b"],                         "not about a job"),
        (&["--alert", "X", "--target", "a/pod/b", "--label", "x"],         "is not NAME=VALUE"),
        (&["--alert", "X", "--target", "a/pod/b", "--severity", "loud"],   "loud"),
        (&["--alert", "X", "--target", "a/pod/b", "--expect", "maybe"],    "maybe"),
        (&["--alert", "X", "--target", "a/pod/b", "--confidence", "much"], "much"),
        (&["--alert", "X", "--target", "a/pod/b", "--confidence", "101"],  "from 0 to 100"),
        (&["--alert", "X", "--target", "a/pod/b", "--confidence", "-1"],   "from 0 to 100"),
        (&["--alert", "X", "--target", "a/pod/b", "--confidence", "NaN"],  "from 0 to 100"),
        (&["--alert", "X", "--target", "pod/b"],                           "say which one with -n"),
        (&["--alert", "X", "--target", "foo/b"],                           "not about a foo"),
        (&["--alert", "X", "--target", "a/pod/b", "-f", "/nonexistent"],   "cannot read /nonexistent"),
    ];
    for (words, expected) in table {
        let said = with(words);
        assert!(matches!(said.code, 1 | 2) && said.out.is_empty() && said.err.contains(expected), "{words:?}: {} {}", said.code, said.err);
    }
    let online = said(plugin().args(["simulate", "-f", STATE, "--alert", "X", "--target", "a/pod/b"]));
    assert!(online.code == 2 && online.err.contains("--offline"), "{}", online.err);
    let wrong = file(r#"{"alerts": [{"labels": 7}], "version": "4"}"#);
    let wrong = said(plugin().args(["simulate", "--offline", "-f"]).arg(wrong.path()));
    assert!(wrong.code == 2 && wrong.err.contains("is not an Alertmanager webhook of version 4"), "{}", wrong.err);
}

#[test]
fn recorded_messages_of_alertmanager_are_understood() {
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/alertmanager-webhook-mixed.json");
    let said = said(plugin().args(["simulate", "--offline", "-o", "json", "--at", AT, "-f", recorded]));
    let simulation = answer(&said);
    let message: Value = serde_json::from_str(&std::fs::read_to_string(recorded).expect("recorded")).expect("json");
    assert_eq!(simulation["requests"].as_array().map(Vec::len), message["alerts"].as_array().map(Vec::len));
    let from_stdin =
        plugin().args(["simulate", "--offline", "-o", "json", "--at", AT, "-f", "-"]).write_stdin(message.to_string()).output();
    assert_eq!(serde_json::from_slice::<Value>(&from_stdin.expect("it ran").stdout).expect("json"), simulation);
}

#[test]
fn nothing_but_the_files_is_read() {
    let broken = file("this is no kubeconfig: [");
    let message = file(&json!({"version": "4", "alerts": [about("OOMKilled")]}).to_string());
    let mut command = plugin();
    command.env("KUBECONFIG", broken.path()).env("HTTPS_PROXY", "http://127.0.0.1:1").args(["simulate", "--offline", "-f", STATE, "-f"]);
    let said = said(command.arg(message.path()));
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}

#[test]
fn hostile_alerts_do_not_reach_the_terminal() {
    let evil = "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}b\r\nResult: would run by itself";
    let mut about = about(evil);
    about["annotations"] = json!({"summary": evil, "description": evil});
    about["labels"]["team"] = json!(evil);
    about["status"] = json!("firing");
    let mut nameless = alert("Sure", &[("namespace", "payment"), ("pod", evil)]);
    nameless["labels"]["extra"] = json!(evil);
    let state = format!(
        "kind: Deployment\nmetadata: {{name: {:?}, namespace: payment}}\n---\nkind: Pod\nspec: 7\n---\nbroken: [{evil}\n",
        "x\u{1b}[31m"
    );
    for form in [&[][..], &["-o", "json"], &["-o", "yaml"]] {
        let words = [form, &["--workflow", evil, "--confidence", "90"]].concat();
        let said = simulate(&json!([about, nameless]), &state, "", &words);
        let dangerous = |text: &str| text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}'));
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(!dangerous(&said.out) && !dangerous(&said.err), "{form:?}: {:?} {:?}", said.out, said.err);
        assert!(said.err.lines().all(|line| line.starts_with("warning: ")), "{}", said.err);
    }
    let screen = simulate(&json!([about]), "", "", &[]);
    assert_eq!(screen.out.lines().filter(|line| line.starts_with("Result: ")).count(), 1, "{}", screen.out);
}

#[test]
fn notices_are_routed_by_the_tree_that_is_named() {
    let tree = file(
        "route:\n  receiver: everybody\n  routes:\n  - matchers: ['\"kubernaut.ai/skip-reason\"=PreviousExecutionFailed', '\"kubernaut.ai/severity\"=critical']\n    \
         receiver: pagerduty-oncall\n    continue: true\n  - matchers: ['\"kubernaut.ai/environment\"=production', '\"kubernaut.ai/severity\"=~\"critical|high\"']\n    receiver: slack-ops\n\
         receivers: [{name: everybody}, {name: pagerduty-oncall}, {name: slack-ops}]\n",
    );
    let path = tree.path().to_str().expect("a path");
    let simulation = foretold(&json!([about("Asks")]), &blocked("asks"), "", &["--routing", path]);
    let receivers: Vec<&Value> =
        simulation["requests"][0]["notifications"].as_array().expect("notices").iter().map(|one| &one["receivers"]).collect();
    assert_eq!(receivers, [&json!(["slack-ops"]), &json!(["pagerduty-oncall", "slack-ops"])]);
    let elsewhere = foretold(&json!([alert("Asks", &[("namespace", "shop"), ("deployment", "cart")])]), "", "", &["--routing", path]);
    assert_eq!(elsewhere["requests"][0]["notifications"][0]["receivers"], json!(["everybody"]));
    let wrong = file("route: {receiver: nobody}\n");
    let said = simulate(&json!([about("Asks")]), "", "", &["--routing", wrong.path().to_str().expect("a path")]);
    assert!(said.code == 2 && said.err.contains("the routing tree cannot be used"), "{} {}", said.code, said.err);
}
