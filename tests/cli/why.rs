//! `why`, `get targets` and `get blocks` on files: what they answer, on which stream, with which code.

use super::{Said, plugin, run, said};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

const PAYMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixtures/payment.yaml");
const STRANGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixtures/strange.yaml");
const AT: &str = "2025-12-06T10:30:00Z";
const GATES: [&str; 4] = ["PreviousExecutionFailed", "ExhaustedRetries", "ResourceBusy", "RecentlyRemediated"];

fn offline(words: &[&str], file: &str) -> Said {
    run(&[words, &["--offline", "-f", file, "--at", AT]].concat())
}

fn answer(said: &Said) -> Value {
    assert_eq!(said.code, 0, "{}", said.err);
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.out))
}

/// The explanation, which always has all four gates in order.
fn why(words: &[&str], file: &str) -> Value {
    let answer = answer(&offline(&[&["why"], words, &["-o", "json"]].concat(), file));
    let names: Vec<&str> = answer["gates"].as_array().expect("gates").iter().map(|gate| gate["name"].as_str().expect("a name")).collect();
    assert_eq!(names, GATES);
    answer
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

fn written(runs: &[String]) -> tempfile::NamedTempFile {
    file(&runs.join("---\n"))
}

/// A failed run, as a person would write it in short.
fn failed(name: &str, target: &str, status: &str) -> String {
    format!(
        "kind: WorkflowExecution\nmetadata: {{name: {name}, namespace: pay}}\nspec: {{targetResource: {target}, workflowRef: {{workflowId: oom}}}}\nstatus: {{phase: Failed, {status}}}\n"
    )
}

#[test]
fn an_explanation_has_exactly_the_documented_shape() {
    let answer = why(&["wfe/workflow-payment-oom-003"], PAYMENT);
    #[rustfmt::skip]
    let expected = [
        ("/apiVersion",                      json!("cli.kubernaut.ai/v1alpha1")),
        ("/kind",                            json!("Explanation")),
        ("/object",                          json!("payment/workflow-payment-oom-003")),
        ("/target",                          json!("payment/deployment/payment-api")),
        ("/workflow",                        json!("oomkill-increase-memory")),
        ("/at",                              json!(AT)),
        ("/verdict",                         json!("Blocked")),
        ("/reason",                          json!("PreviousExecutionFailed")),
        ("/retryAt",                         Value::Null),
        ("/retryInSeconds",                  Value::Null),
        ("/gates/0/verdict",                 json!("Blocked")),
        ("/gates/0/because/kind",            json!("WorkflowExecution")),
        ("/gates/0/because/name",            json!("workflow-payment-oom-002")),
        ("/gates/0/because/workflowId",      json!("oomkill-increase-memory")),
        ("/gates/0/because/completedAt",     json!("2025-12-06T10:15:00Z")),
        ("/gates/1/verdict",                 json!("Allowed")),
        ("/gates/1/message",                 json!("2 of 5 consecutive failures before start")),
        ("/gates/2/verdict",                 json!("Allowed")),
        ("/gates/3/verdict",                 json!("Waiting")),
        ("/gates/3/retryAt",                 json!("2025-12-06T10:31:12Z")),
        ("/consecutiveFailures",             json!(2)),
        ("/nextAllowedExecution",            json!("2025-12-06T10:31:12Z")),
        ("/recorded/reason",                 json!("PreviousExecutionFailed")),
        ("/recorded/skippedAt",              json!("2025-12-06T10:28:00Z")),
        ("/unblock/0/do",                    json!("inspect")),
        ("/unblock/2/do",                    json!("clear")),
        ("/unblock/2/command",               json!("kubectl kubernaut clear-block workflow-payment-oom-002 -n payment")),
    ];
    for (pointer, value) in expected {
        assert_eq!(answer.pointer(pointer).unwrap_or(&Value::Null), &value, "{pointer}");
    }
    let message = answer["message"].as_str().expect("a message");
    assert!(
        message.contains("workflow-payment-oom-002")
            && message.contains("Manual intervention required. Non-idempotent actions may have occurred.")
    );
    let yaml = offline(&["why", "wfe/workflow-payment-oom-003", "-o", "yaml"], PAYMENT);
    assert_eq!(serde_saphyr::from_str::<Value>(&yaml.out).expect("yaml"), answer);
}

#[test]
fn waiting_ends_at_the_time_that_it_names() {
    let words =
        ["why", "--target", "payment/deployment/payment-api", "--workflow", "cpu", "-o", "json", "--offline", "-f", PAYMENT, "--at"];
    #[rustfmt::skip]
    let table = [
        ("2025-12-06T10:31:11Z",      "Waiting", Some(json!("RecentlyRemediated")), Some(json!(1))),
        ("2025-12-06T10:31:11.5Z",    "Waiting", Some(json!("RecentlyRemediated")), Some(json!(1))),
        ("2025-12-06T10:31:12Z",      "Allowed", None,                              None),
        ("2025-12-06T11:31:12+01:00", "Allowed", None,                              None),
    ];
    for (at, verdict, reason, seconds) in table {
        let answer = answer(&run(&[&words[..], &[at]].concat()));
        assert_eq!(
            (&answer["verdict"], answer.get("reason"), answer.get("retryInSeconds")),
            (&verdict.into(), reason.as_ref(), seconds.as_ref()),
            "{at}"
        );
    }
}

#[test]
fn a_screen_says_what_to_do() {
    let said = offline(&["why", "workflow-payment-oom-003"], PAYMENT);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    for part in [
        "payment/workflow-payment-oom-003 was Skipped 2m ago: PreviousExecutionFailed\n",
        "1 previous execution      BLOCK     Previous execution payment/workflow-payment-oom-002",
        "2 retries left            pass      2 of 5 consecutive failures before start\n",
        "3 target free             pass      nothing runs on this target\n",
        "base 1m x 2^(2-1) = 2m, capped at 10m, last failure 2025-12-06T10:10:00Z",
        "Verdict    blocked, will not clear by waiting\n",
        "kubectl get deployment payment-api -n payment -o wide\n",
        "After clearing, earliest execution is in 72s",
        "Recorded reason vs now: same\n",
    ] {
        assert!(said.out.contains(part), "{part:?} is missing in\n{}", said.out);
    }
    let later = run(&["explain", "workflow-payment-oom-003", "--offline", "-f", PAYMENT, "--at", "2025-12-06T11:00:00Z"]);
    assert!(later.out.contains("After clearing, a new run may start at once."), "{}", later.out);
}

#[test]
fn what_is_over_or_asks_a_person_may_not_start() {
    let request = |name: &str, status: &str| {
        format!(
            "kind: RemediationRequest\nmetadata: {{name: {name}, namespace: pay}}\nspec: {{targetResource: pay/deployment/api}}\nstatus: {{{status}}}\n"
        )
    };
    let asking = "kind: AIApprovalRequest\nmetadata: {name: asks-analysis-approval, namespace: pay, creationTimestamp: \"2025-12-06T10:20:00Z\"}\n\
                  spec: {timeout: 15m}\n";
    let done = "kind: WorkflowExecution\nmetadata: {name: done, namespace: pay}\nspec: {targetResource: pay/deployment/api}\n\
                status: {phase: Completed, completionTime: \"2025-12-06T09:00:00Z\"}\n";
    let world = written(&[
        request("no", "phase: Failed, outcome: Rejected, message: alice rejected it"),
        request("asks", "phase: AwaitingApproval"),
        asking.to_owned(),
        done.to_owned(),
    ]);
    #[rustfmt::skip]
    let table = [
        ("rr/no",    "pay/no is Failed (Rejected): alice rejected it\n",  "Verdict    over, nothing will start for it;",                                "status rr/no -n pay\n"),
        ("rr/asks",  "pay/asks is AwaitingApproval, and has no run\n",     "Verdict    waits for a person to decide aar/asks-analysis-approval (expires", "approve asks-analysis-approval -n pay\n"),
        ("wfe/done", "pay/done is Completed\n",                            "Verdict    over, nothing will start for it;",                                "status wfe/done -n pay\n"),
    ];
    for (object, headline, verdict, step) in table {
        let said = offline(&["why", object], world.path().to_str().expect("a path"));
        for part in [headline, verdict, step] {
            assert!(said.out.contains(part), "{object}: {part:?} is missing in\n{}", said.out);
        }
        assert!(!said.out.contains("Verdict    may start"), "{object}: {}", said.out);
    }
    let other = said(plugin().args(["why", "rr/no", "--context", "prod eu", "--offline", "--at", AT, "-f"]).arg(world.path()));
    assert!(other.out.contains("status rr/no -n pay --context 'prod eu'\n"), "commands are for the cluster that was named: {}", other.out);
}

#[test]
fn exit_codes_answer_only_when_asked() {
    let blocked = ["why", "wfe/workflow-payment-oom-003"];
    let waiting = ["why", "--target", "payment/deployment/payment-api", "--workflow", "cpu"];
    let codes = |words: &[&str]| (offline(words, PAYMENT).code, offline(&[words, &["--exit-code"]].concat(), PAYMENT).code);
    assert_eq!((codes(&blocked), codes(&waiting)), ((0, 4), (0, 0)));
}

/// The verdict on a target for a workflow.
fn verdict(file: &str, target: &str) -> (String, i64) {
    let answer = why(&["--target", target, "--workflow", "oom"], file);
    let reason = answer.get("reason").and_then(Value::as_str).unwrap_or("Allowed");
    (reason.to_owned(), answer["consecutiveFailures"].as_i64().expect("a number"))
}

#[test]
fn strange_runs_have_the_right_verdict() {
    #[rustfmt::skip]
    let table = [
        ("strange/deployment/no-time",        "PreviousExecutionFailed", 0),
        ("strange/deployment/no-time-before", "Allowed",                 0),
        ("strange/deployment/mixed",          "RecentlyRemediated",      2),
        ("STRANGE/deployment/mixed",          "Allowed",                 0),
        ("strange/Deployment/MIXED",          "Allowed",                 0),
        ("strange/deployment/other",          "Allowed",                 0),
        ("strange/deployment/future-success", "RecentlyRemediated",      0),
        ("strange/deployment/future-failure", "RecentlyRemediated",      1),
        ("strange/deployment/contradiction",  "ExhaustedRetries",        7),
        ("strange/deployment/nonsense",       "PreviousExecutionFailed", 0),
        ("strange/deployment/running",        "ResourceBusy",            0),
        ("strange/deployment/quiet",          "Allowed",                 0),
        ("strange/deployment/cleared",        "Allowed",                 0),
        ("strange/deployment/annotated",      "PreviousExecutionFailed", 0),
        ("strange/deployment/ledger",         "ExhaustedRetries",        5),
        ("node/worker-1",                     "PreviousExecutionFailed", 0),
    ];
    for (target, reason, failures) in table {
        assert_eq!(verdict(STRANGE, target), (reason.to_owned(), failures), "{target}");
    }
    let said = offline(&["why", "--target", "strange/deployment/other"], STRANGE);
    assert!(said.err.contains("document") && said.err.contains("is left out"), "what cannot be used is named: {}", said.err);
    assert!(!said.err.contains('\u{1b}') && !said.out.contains('\u{1b}'));
}

#[test]
fn without_a_workflow_any_block_counts() {
    let runs = written(&[failed("a", "pay/deployment/api", "completionTime: 2025-12-06T10:00:00Z")]);
    let path = runs.path().to_str().expect("a path");
    let ask = |words: &[&str]| why(&[&["--target", "pay/deployment/api"], words].concat(), path)["verdict"].clone();
    assert_eq!(
        (ask(&[]), ask(&["--workflow", "cpu"]), ask(&["--workflow", "oom"])),
        ("Blocked".into(), "Allowed".into(), "Blocked".into())
    );
    let wide = file("gate: {blockScope: Target}\n");
    let config = wide.path().to_str().expect("a path");
    assert_eq!(ask(&["--workflow", "cpu", "--config", config]), "Blocked");
}

#[test]
fn a_run_that_holds_the_target_does_not_wait_for_itself() {
    let answer = why(&["wfe/runs"], STRANGE);
    assert_eq!((&answer["gates"][2]["verdict"], &answer["verdict"]), (&"Allowed".into(), &"Allowed".into()));
    let other = why(&["wfe/waits"], STRANGE);
    assert_eq!((&other["reason"], &other["verdict"], other.get("retryAt")), (&"ResourceBusy".into(), &"Waiting".into(), None));
    assert_eq!(other["gates"][2]["because"]["name"], "runs");
}

#[test]
fn thousands_of_runs_are_counted_in_a_moment() {
    let mut text = String::from("apiVersion: v1\nkind: List\nitems:\n");
    for nth in 0..5_000 {
        let (minute, second) = (nth / 60, nth % 60);
        let (hour, minute) = (minute / 60, minute % 60);
        writeln!(text, "- kind: WorkflowExecution\n  metadata: {{name: r{nth}, namespace: pay}}\n  spec: {{targetResource: pay/deployment/d{}, workflowRef: {{workflowId: oom}}}}\n  status: {{phase: Failed, completionTime: \"2025-12-06T0{hour}:{minute:02}:{second:02}Z\", failureDetails: {{wasExecutionFailure: false}}}}", nth % 2).expect("text");
    }
    let list = file(&text);
    let began = Instant::now();
    assert_eq!(verdict(list.path().to_str().expect("a path"), "pay/deployment/d1"), ("ExhaustedRetries".to_owned(), 2_500));
    assert!(began.elapsed() < Duration::from_secs(60), "took {:?}", began.elapsed());
}

#[test]
fn targets_stand_where_the_gate_says() {
    let items = |words: &[&str], file: &str| answer(&offline(&[&["get", "targets", "-o", "json"], words].concat(), file));
    let payment = items(&[], PAYMENT);
    assert_eq!((&payment["kind"], &payment["apiVersion"]), (&"TargetList".into(), &"cli.kubernaut.ai/v1alpha1".into()));
    let only = &payment["items"][0];
    assert_eq!(
        (&only["target"], &only["state"], &only["consecutiveFailures"]),
        (&"payment/deployment/payment-api".into(), &"Blocked".into(), &2.into())
    );
    assert_eq!(
        (&only["nextAllowedExecution"], &only["lastRun"], &only["lastOutcome"]),
        (&"2025-12-06T10:31:12Z".into(), &"workflow-payment-oom-002".into(), &"FailedDuring".into())
    );
    let strange = items(&[], STRANGE);
    let state = |target: &str| {
        let found = strange["items"].as_array().expect("items").iter().find(|item| item["target"] == target);
        found.map(|item| item["state"].as_str().expect("a state").to_owned()).unwrap_or_default()
    };
    #[rustfmt::skip]
    let table = [
        ("no-time", "Blocked"), ("contradiction", "Exhausted"), ("running", "Running"), ("mixed", "Backoff"), ("future-success", "Cooldown"), ("quiet", "Free"), ("ledger", "Exhausted"),
    ];
    for (name, expected) in table {
        assert_eq!(state(&format!("strange/deployment/{name}")), expected, "{name}");
    }
    let named = items(&["strange/Deployment/quiet"], STRANGE);
    assert_eq!(named["items"].as_array().map(Vec::len), Some(1));
    let table = offline(&["get", "targets"], PAYMENT).out;
    assert!(table.starts_with("TARGET                           STATE     FAILURES   NEXT-ALLOWED   LAST-RUN"), "{table}");
    assert!(table.contains("payment/deployment/payment-api   Blocked   2          never "), "{table}");
    assert_eq!(offline(&["get", "targets", "-o", "name"], PAYMENT).out, "remediationtarget.kubernaut.ai/deployment.payment-api\n");
}

#[test]
fn blocks_are_what_will_not_clear_by_waiting() {
    let list = answer(&offline(&["get", "blocks", "-o", "json"], PAYMENT));
    assert_eq!(list["kind"], "BlockList");
    let expected = json!({"id": "22222222cccc", "target": "payment/deployment/payment-api", "workflow": "oomkill-increase-memory",
        "reason": "PreviousExecutionFailed", "since": "2025-12-06T10:15:00Z", "execution": "workflow-payment-oom-002", "namespace": "payment", "clearable": true});
    assert_eq!(list["items"], json!([expected]));
    let all = answer(&offline(&["get", "blocks", "-A", "-o", "json"], STRANGE));
    let exhausted = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|item| item["reason"] == "ExhaustedRetries" && item["target"] == "strange/deployment/contradiction");
    assert_eq!(exhausted.expect("an exhaustion")["clearable"], true);
    let table = offline(&["get", "blocks", "-n", "payment"], PAYMENT).out;
    assert!(
        table.starts_with("NAME                       TARGET                   REASON                    SINCE   CLEARABLE   WORKFLOW\n"),
        "{table}"
    );
    let elsewhere = offline(&["get", "blocks", "-n", "nowhere"], PAYMENT);
    assert_eq!((elsewhere.code, elsewhere.out.as_str(), elsewhere.err.as_str()), (0, "", "No resources found in nowhere namespace.\n"));
    let missing = offline(&["get", "blocks", "nothing"], PAYMENT);
    assert!(missing.code == 1 && missing.err.contains("blocks not found: nothing"), "{}", missing.err);
}

#[test]
fn standard_input_and_several_files_stand_in_for_one_cluster() {
    let clearance = file(
        "kind: BlockClearance\nmetadata: {name: c, namespace: payment}\nspec: {targetResource: payment/deployment/payment-api, blockId: 22222222cccc}\nstatus: {phase: Applied}\n",
    );
    let piped = said(
        plugin()
            .args(["why", "wfe/workflow-payment-oom-003", "-o", "json", "--at", AT, "--offline", "-f", "-", "-f"])
            .arg(clearance.path())
            .write_stdin(std::fs::read(PAYMENT).expect("the fixture")),
    );
    let answer: Value = serde_json::from_str(&piped.out).expect("json");
    assert_eq!((&answer["verdict"], &answer["reason"]), (&"Waiting".into(), &"RecentlyRemediated".into()));
}

#[test]
fn nothing_is_contacted_offline() {
    let broken = file("this is no kubeconfig: [");
    let path = broken.path().to_str().expect("a path");
    let said = said(plugin().env("KUBECONFIG", path).args(["why", "wfe/workflow-payment-oom-003", "--offline", "-f", PAYMENT, "--at", AT]));
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn questions_that_make_no_sense_are_usage_errors() {
    let nonsense: &[&[&str]] = &[
        &["why"],
        &["why", "--offline", "wfe/x"],
        &["why", "wfe/x", "-f", PAYMENT],
        &["why", "wfe/x", "--target", "a/b/c"],
        &["why", "wfe/x", "--workflow", "w"],
        &["why", "pod/x", "--offline", "-f", PAYMENT],
        &["why", "nr/x", "--offline", "-f", PAYMENT],
        &["why", "--target", "api", "--offline", "-f", PAYMENT],
        &["why", "--target", "a//b", "--offline", "-f", PAYMENT],
        &["why", "wfe/x", "--offline", "-f", PAYMENT, "--at", "tomorrow"],
        &["get", "targets", "--offline"],
        &["get", "targets", "-w", "--offline", "-f", PAYMENT],
        &["get", "blocks", "--pending", "--offline", "-f", PAYMENT],
        &["get", "approvals", "--offline", "-f", PAYMENT],
    ];
    for words in nonsense {
        let said = run(words);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{words:?}: {}", said.err);
    }
    let missing = offline(&["why", "wfe/nothing", "-o", "json"], PAYMENT);
    let form: Value = serde_json::from_str(missing.err.trim()).expect("one JSON object");
    assert_eq!((missing.code, &form["reason"]), (1, &"NotFound".into()));
    let unreadable = offline(&["why", "wfe/x"], "/nonexistent/file.yaml");
    assert!(unreadable.code == 1 && unreadable.err.contains("cannot read /nonexistent/file.yaml"), "{}", unreadable.err);
}
