//! `approve`, `reject` and `clear-block` without a terminal: what they ask the API server, what they write, and how they end.

use super::store::{Store, block, decided, ledger, remediation, request, run, step_request};
use super::{plugin, said};
use serde_json::{Value, json};

fn several() -> Store {
    let mut labelled = request("a");
    labelled["metadata"]["labels"] = json!({"team": "a"});
    Store::with(vec![labelled, request("b"), decided("c", "Approved", "bob"), decided("d", "Rejected", "bob")])
}

const REASON: &str = "--reason=put the limits back by hand";

#[test]
fn a_decision_without_questions_takes_three_calls() {
    for (words, kind) in [
        (&["approve", "x", "--yes"][..], "aiapprovalrequests/x"),
        (&["reject", "wsar/rr-x-workflow-step-2-approval", "-m", "no"], "workflowstepapprovalrequests/rr-x-workflow-step-2-approval"),
    ] {
        let server = Store::with(vec![request("x"), step_request("rr-x")]);
        let said = server.run(words);
        assert_eq!(said.code, 0, "{}", said.err);
        let group = "/apis/kubernaut.ai/v1alpha1/namespaces/payment";
        let expected = [
            format!("GET {group}/{kind}"),
            "POST /apis/authentication.k8s.io/v1/selfsubjectreviews".to_owned(),
            format!("PATCH {group}/{kind}/status"),
        ];
        let mut calls = server.calls();
        // Who we are is asked at the same time.
        calls.sort_by_key(|call| expected.iter().position(|known| known == call));
        assert_eq!(calls, expected);
    }
}

#[test]
fn decisions_end_as_they_went() {
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<&str>, i32, &str, &str, usize)> = vec![
        ("one",                         vec!["approve", "a", "-y"],                                0, "aiapprovalrequest.kubernaut.ai/a approved\n", "hint: follow it with  kubectl kubernaut status rr/rr-x -n payment", 1),
        ("its name",                    vec!["approve", "a", "-y", "-o", "name"],                  0, "aiapprovalrequest.kubernaut.ai/a\n", "", 1),
        ("TYPE NAME",                   vec!["approve", "aar", "a", "-y"],                         0, "aiapprovalrequest.kubernaut.ai/a approved\n", "", 1),
        ("TYPE and names",              vec!["approve", "aar", "a", "b", "-y"],                    0, "aiapprovalrequest.kubernaut.ai/a approved\naiapprovalrequest.kubernaut.ai/b approved\n", "2 approved", 2),
        ("by labels",                   vec!["approve", "-l", "team=a", "-y"],                     0, "aiapprovalrequest.kubernaut.ai/a approved\n", "1 approved", 1),
        ("all that wait",               vec!["approve", "--all", "-y"],                            0, "aiapprovalrequest.kubernaut.ai/a approved\naiapprovalrequest.kubernaut.ai/b approved\n", "2 approved", 2),
        ("all everywhere",              vec!["reject", "--all", "-A", "-y", "-m", "no"],           0, "aiapprovalrequest.kubernaut.ai/a rejected\naiapprovalrequest.kubernaut.ai/b rejected\n", "2 rejected", 2),
        ("approved before",             vec!["approve", "c"],                                      7, "", "--yes", 0),
        ("approved before, confirmed",  vec!["approve", "c", "-y"],                                0, "aiapprovalrequest.kubernaut.ai/c unchanged (approved by bob", "", 0),
        ("and that is asked for",       vec!["approve", "c", "-y", "--error-unchanged"],           3, "aiapprovalrequest.kubernaut.ai/c unchanged", "", 0),
        ("one of two, and that",        vec!["approve", "a", "c", "-y", "--error-unchanged"],      0, "aiapprovalrequest.kubernaut.ai/c unchanged", "1 approved, 1 unchanged", 1),
        ("as somebody else",            vec!["approve", "a", "-y", "--as", "eve"],                 0, "aiapprovalrequest.kubernaut.ai/a approved\n", "as alice", 1),
        ("a version of two",            vec!["approve", "a", "b", "-y", "--resource-version=7"],   2, "", "--resource-version goes with one name", 0),
        ("rejected before",             vec!["approve", "d", "-y"],                                6, "", "cannot approve payment/d: rejected by bob", 0),
        ("some of them",                vec!["approve", "a", "d", "nobody", "-y"],                 5, "aiapprovalrequest.kubernaut.ai/a approved\n", "1 approved, 2 failed", 1),
        ("none of them",                vec!["approve", "d", "d2", "-y"],                          1, "", "2 failed", 0),
        ("nothing selected",            vec!["approve", "wsar", "--all", "-y"],                    0, "", "No resources found in payment namespace.", 0),
        ("a dry run",                   vec!["approve", "a", "--dry-run"],                         0, "aiapprovalrequest.kubernaut.ai/a approved (dry run)\n", "", 0),
        ("several, dry",                vec!["approve", "a", "b", "--dry-run=server"],             0, "aiapprovalrequest.kubernaut.ai/a approved (server dry run)\n", "2 approved (server dry run)", 0),
        ("several, dry, in full",       vec!["approve", "a", "b", "--dry-run=server"],             0, "", "- payment/deployment/api spec.memory: 512Mi -> 1Gi", 0),
        ("a dry run points to it",      vec!["approve", "a", "--dry-run=server"],                  0, "", "see the whole plan with  kubectl kubernaut review aar/a -n payment", 0),
        ("nobody to ask",               vec!["approve", "nobody"],                                 7, "", "kubectl kubernaut review nobody -n payment", 0),
        ("in the client",               vec!["approve", "a", "--dry-run=client"],                  0, "aiapprovalrequest.kubernaut.ai/a approved (dry run)\n", "", 0),
        ("in the server",               vec!["approve", "a", "--dry-run=server"],                  0, "aiapprovalrequest.kubernaut.ai/a approved (server dry run)\n", "", 0),
        ("a rejection",                 vec!["reject", "a", "-m", "too risky"],                    0, "aiapprovalrequest.kubernaut.ai/a rejected\n", "", 1),
        ("a rejection without reason",  vec!["reject", "a"],                                       2, "", "--reason", 0),
        ("several rejections",          vec!["reject", "a", "b", "-m", "no"],                      7, "", "--yes", 0),
        ("without a terminal",          vec!["approve", "a"],                                      7, "", "--yes", 0),
        ("everywhere by name",          vec!["approve", "a", "-A", "-y"],                          2, "", "-A and --field-selector go with -l or --all", 0),
        ("an empty selector",           vec!["approve", "-l", "", "-y"],                           2, "", "an empty selector", 0),
        ("another version",             vec!["approve", "a", "-y", "--resource-version=6"],        6, "", "it changed meanwhile", 0),
        ("this version",                vec!["approve", "a", "-y", "--resource-version=7"],        0, "aiapprovalrequest.kubernaut.ai/a approved\n", "", 1),
        ("another kind",                vec!["approve", "nr/a", "-y"],                             2, "", "notifications are not decided about", 0),
        ("an upstream name",            vec!["chat", "rar/a"],                                     0, "  Request      payment/a\n", "", 0),
    ];
    for (case, words, code, out, err, written) in table {
        let server = several();
        let said = server.run(&words);
        assert_eq!(said.code, code, "{case}: {}{}", said.out, said.err);
        assert!(said.out.starts_with(out) && (code == 0 || code == 3 || code == 5 || said.out.is_empty()), "{case}: {}", said.out);
        assert!(said.err.contains(err), "{case}: {}", said.err);
        assert_eq!(server.written().len(), written, "{case}");
    }
}

#[test]
fn the_requester_may_reject_but_not_approve() {
    let server = several();
    server.kept().who = "gateway".to_owned();
    let said = server.run(&["approve", "a", "-y", "-o", "json"]);
    let form: Value = serde_json::from_str(said.err.trim()).expect("one JSON object");
    assert_eq!((said.code, &form["reason"], &form["object"]), (6, &"Forbidden".into(), &"payment/a".into()));
    assert_eq!(server.run(&["reject", "a", "-m", "no"]).code, 0);
}

#[test]
fn what_was_written_is_rendered() {
    let server = several();
    let one: Value = serde_json::from_str(&server.run(&["approve", "a", "-y", "-o", "json"]).out).expect("json");
    assert_eq!((&one["kind"], &one["status"]["decision"]), (&"AIApprovalRequest".into(), &"Approved".into()));
    let dry: Value = serde_json::from_str(&server.run(&["approve", "b", "--dry-run", "-o", "json"]).out).expect("json");
    assert_eq!(dry["status"], json!({"decision": "Approved", "decidedBy": "alice", "planHash": "h".repeat(64)}));
    let list: Value = serde_json::from_str(&server.run(&["approve", "--all", "-y", "-o", "json"]).out).expect("json");
    assert_eq!((&list["kind"], list["items"].as_array().map(Vec::len)), (&"List".into(), Some(1)));
}

#[test]
fn approvals_are_waited_for_together() {
    let of = |name: &str| {
        let mut request = request(name);
        request["metadata"]["labels"] = json!({"kubernaut.ai/remediation-request": format!("rr-{name}")});
        request
    };
    let ends = [("a", "Completed"), ("b", "Completed"), ("failed", "Failed"), ("long", "Executing")];
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<&str>, i32)> = vec![
        ("a good end",                  vec!["a"],                 0),
        ("good ends",                   vec!["a", "b"],            0),
        ("a bad end",                   vec!["failed"],            4),
        ("one of them bad",             vec!["a", "failed", "b"],  4),
        ("no end in time",              vec!["long"],              124),
        ("one of them not in time",     vec!["long", "failed"],    124),
        ("some were refused",           vec!["a", "nobody"],       5),
        ("some refused, one bad",       vec!["failed", "nobody"],  4),
    ];
    for (case, names, code) in table {
        let server = Store::with(ends.iter().flat_map(|(name, phase)| [of(name), remediation(&format!("rr-{name}"), phase)]).collect());
        let said = server.run(&[&["approve", "--yes", "--wait", "--timeout=1s"], &names[..]].concat());
        assert_eq!(said.code, code, "{case}: {}{}", said.out, said.err);
    }
}

#[test]
fn a_wait_that_ends_badly_says_why_and_what_to_look_at() {
    let mut failed = remediation("rr-x", "Failed");
    failed["status"]["message"] = "the plan could not be made".into();
    let mut asked = request("a");
    asked["metadata"]["labels"] = json!({"kubernaut.ai/remediation-request": "rr-x"});
    let server = Store::with(vec![asked, failed]);
    let said = server.run(&["approve", "a", "--yes", "--wait", "--timeout=9s"]);
    assert_eq!(said.code, 4, "{}", said.err);
    let end = "  the plan could not be made\nhint: see what became of it:  kubectl kubernaut status rr/rr-x -n payment --server ";
    assert!(said.err.contains(end) && !said.err.contains("follow it with"), "{}", said.err);
}

#[test]
fn another_namespace_is_named_where_the_name_is_there() {
    let elsewhere = |mut object: Value| {
        object["metadata"]["namespace"] = "shop".into();
        object
    };
    let (there, here) = (elsewhere(remediation("rr-z", "Executing")), remediation("rr-here", "Executing"));
    let server = Store::with(vec![elsewhere(request("x")), there, here]);
    for (name, part) in [
        ("x", "found in namespace shop: add  -n shop"),
        ("aar/x", "found in namespace shop: add  -n shop"),
        ("rr/rr-z", "found in namespace shop: add  -n shop"),
        ("rr-z", "rr/rr-z is in namespace shop: add  -n shop"),
        ("rr-here", "rr/rr-here has no approval request"),
        ("rr/rr-here", "rr/rr-here has no approval request"),
    ] {
        let said = server.run(&["approve", name, "--yes"]);
        assert!(said.code == 1 && said.err.contains(part), "{name}: {}", said.err);
    }
}

#[test]
fn several_with_yes_are_told_what_stands_there_in_two_more_calls() {
    let server = Store::with(vec![request("a"), request("b"), ledger(json!({"blocks": [block("rr-old")]}))]);
    let said = server.run(&["approve", "--all", "--yes"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for name in ["a", "b"] {
        let note = format!("note: payment/{name}: BLOCKED: payment/rr-old-workflow ran and failed");
        assert!(said.err.contains(&note), "{}", said.err);
    }
    let (calls, ledgers) = (server.calls(), "GET /apis/kubernaut.ai/v1alpha1/namespaces/payment/remediationtargets");
    assert_eq!((calls.len(), calls.iter().filter(|call| *call == ledgers).count()), (6, 1), "{calls:?}");
}

#[test]
fn who_may_not_clear_is_told_both_rules_at_once() {
    let server = blocked();
    server.kept().forbidden = vec!["blockclearances"];
    let said = server.run(&["clear-block", "rr-a-workflow", REASON, "--confirm=api"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let (clear, create) =
        (r#"resources: ["remediationtargets"], verbs: ["clear"]"#, r#"resources: ["blockclearances"], verbs: ["create"]"#);
    for part in [clear, create, "ClusterRole kubernaut-clearer"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
}

#[test]
fn rejections_are_waited_for_until_they_ended_it() {
    #[rustfmt::skip]
    let table: Vec<(&str, &str, &str, i32, &str)> = vec![
        ("the rejection ended it",     "Failed",     "Rejected",             0,   "remediationrequest.kubernaut.ai/rr-x Failed Rejected"),
        ("other steps were taken",     "Completed",  "PartialCompletion",    0,   "PartialCompletion"),
        ("something else ended it",    "TimedOut",   "",                     4,   "TimedOut"),
        ("it ran all the same",        "Completed",  "Remediated",           4,   "Remediated"),
        ("it did not end in time",     "Executing",  "",                     124, "rr/rr-x is still Executing"),
    ];
    for (case, phase, outcome, code, err) in table {
        let mut ended = remediation("rr-x", phase);
        ended["status"]["outcome"] = outcome.into();
        let server = Store::with(vec![request("a"), ended]);
        let said = server.run(&["reject", "a", "-m", "too risky", "--wait", "--timeout=1s"]);
        assert_eq!(said.code, code, "{case}: {}", said.err);
        assert!(said.out == "aiapprovalrequest.kubernaut.ai/a rejected\n" && said.err.contains(err), "{case}: {}{}", said.out, said.err);
        let said = server.run(&["reject", "a", "-m", "too risky", "--wait=ended", "--dry-run", "--timeout=1s"]);
        assert_eq!(said.code, 0, "nothing is waited for after a dry run: {case}: {}", said.err);
    }
}

#[test]
fn a_request_that_is_named_twice_is_decided_once() {
    let server = several();
    let said = server.run(&["approve", "a", "aar/a", "-y"]);
    assert_eq!((said.code, said.out.as_str()), (0, "aiapprovalrequest.kubernaut.ai/a approved\n"));
    assert!(!said.err.contains("unchanged") && server.written().len() == 1, "{}", said.err);
}

#[test]
fn what_is_not_decided_now_is_not_waited_for() {
    let store = || Store::with(vec![request("a"), decided("c", "Approved", "bob"), remediation("rr-x", "Executing")]);
    #[rustfmt::skip]
    let table: &[(&str, &[&str], i32)] = &[
        ("decided now",         &["a", "--yes"],                          124),
        ("a dry run",           &["a", "--dry-run=server"],               0),
        ("decided, and told",   &["c", "--yes", "--error-unchanged"],     3),
        ("decided before",      &["c", "--yes"],                          124),
    ];
    for (case, words, code) in table {
        let said = store().run(&[&["approve", "--wait", "--timeout=1s"], *words].concat());
        assert_eq!(said.code, *code, "{case}: {}{}", said.out, said.err);
    }
}

#[test]
fn a_file_from_standard_input_binds_its_version() {
    let server = several();
    let of = |version: &str| {
        let mut object = request("a");
        object["metadata"]["resourceVersion"] = version.into();
        json!({"kind": "List", "apiVersion": "v1", "items": [object, request("b")]}).to_string()
    };
    let decide = |input: String, more: &[&str]| {
        said(plugin().args(["approve", "-f", "-", "-s", &server.address, "-n", "payment"]).args(more).write_stdin(input))
    };
    assert_eq!(decide(of("7"), &[]).code, 7);
    let stale = decide(of("6"), &["--yes"]);
    assert_eq!(stale.code, 5, "{}", stale.err);
    assert!(
        stale.err.contains("cannot approve payment/a: it changed meanwhile") && stale.err.ends_with("1 approved, 1 failed\n"),
        "{}",
        stale.err
    );
    assert_eq!(decide("{".to_owned(), &["--yes"]).code, 2);
    assert_eq!(server.written().len(), 1);
}

#[test]
fn a_conflict_says_what_changed() {
    // The version of another time, and a request that was changed since.
    let server = several();
    let said = server.run(&["approve", "b", "-y", "--resource-version=1", "-o", "json"]);
    let form: Value = serde_json::from_str(said.err.trim()).expect("one JSON object");
    assert_eq!((said.code, &form["reason"]), (6, &"Conflict".into()));
    assert!(form["hints"][0].as_str().is_some_and(|hint| hint.contains("kubectl kubernaut review aar/b -n payment")), "{form}");
}

fn blocked() -> Store {
    Store::with(vec![run("rr-a", "Failed"), run("rr-b", "Failed"), ledger(json!({"blocks": [block("rr-a"), block("rr-b")]}))])
}

#[test]
fn blocks_are_cleared_one_at_a_time_or_by_their_count() {
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<&str>, i32, &str, &str, usize)> = vec![
        ("one",                       vec!["rr-a-workflow", REASON, "--confirm=api"],                 0, "blockclearance.kubernaut.ai/rr-aid-1 created, block cleared\n", "note: still blocked", 1),
        ("yes is not enough",         vec!["rr-a-workflow", REASON, "--yes"],                         7, "", "--confirm api", 0),
        ("nobody to ask",             vec!["rr-a-workflow"],                                          7, "", "--confirm api", 0),
        ("another target",            vec!["rr-a-workflow", REASON, "--confirm=web"],                 2, "", "--confirm says web, but the target is api", 0),
        ("too short a reason",        vec!["rr-a-workflow", "--reason=ok", "--confirm=api"],          1, "", "give a reason of at least 10 characters", 0),
        ("two by name",               vec!["rr-a-workflow", "rr-b-workflow", REASON],                 2, "", "one run is cleared at a time", 0),
        ("two by name, counted",      vec!["rr-a-workflow", "rr-b-workflow", REASON, "--confirm=2"],  0, "blockclearance.kubernaut.ai/rr-aid-1 created, block cleared\nblockclearance.kubernaut.ai/rr-bid-1 created, block cleared\n", "2 cleared", 2),
        ("all without a reason",      vec!["--all", "--confirm=2"],                                   2, "", "a reason is missing", 0),
        ("all uncounted",             vec!["--all", REASON],                                          7, "", "--confirm=2", 0),
        ("all miscounted",            vec!["--all", REASON, "--confirm=3"],                           2, "", "--confirm says 3, but 2 blocks would be cleared", 0),
        ("all",                       vec!["--all", REASON, "--confirm=2"],                           0, "blockclearance.kubernaut.ai/rr-aid-1 created, block cleared\n", "2 cleared", 2),
        ("by labels",                 vec!["-l", "team=a", REASON, "--confirm=2"],                    0, "blockclearance.kubernaut.ai/rr-aid-1 created, block cleared\n", "2 cleared", 2),
        ("another kind of block",     vec!["--all", REASON, "--confirm=2", "--for=exhausted-retries"], 0, "", "No resources found in payment namespace.", 0),
        ("one, in the server",        vec!["rr-a-workflow", REASON, "--dry-run=server"],              0, "blockclearance.kubernaut.ai/rr-aid-1 created (server dry run)\n", "", 0),
        ("all, in the server",        vec!["--all", REASON, "--dry-run=server"],                      0, "blockclearance.kubernaut.ai/rr-aid-1 created (server dry run)\n", "2 cleared (server dry run)", 0),
        ("all, dry",                  vec!["--all", REASON, "--dry-run"],                             0, "blockclearance.kubernaut.ai/rr-aid-1 created (dry run)\n", "2 cleared (dry run)", 0),
        ("names and all",             vec!["x", "--all", REASON],                                     2, "", "names go without", 0),
        ("nothing",                   vec![],                                                         2, "", "no run is named", 0),
        ("everywhere by name",        vec!["x", "-A"],                                                2, "", "-A goes with", 0),
    ];
    for (case, words, code, out, err, written) in table {
        let server = blocked();
        let said = server.run(&[&["clear-block"], &words[..]].concat());
        assert_eq!(said.code, code, "{case}: {}{}", said.out, said.err);
        assert!(said.out.starts_with(out) && (code == 0 || said.out.is_empty()), "{case}: {}", said.out);
        assert!(said.err.contains(err), "{case}: {}", said.err);
        assert_eq!(server.written().len(), written, "{case}");
    }
}

#[test]
fn blocks_of_files_are_counted_and_only_those_that_the_file_shows() {
    let of = |object: Value| object.to_string();
    let target = |blocks: Value| of(ledger(json!({ "blocks": blocks })));
    let bare = of(json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationTarget", "metadata": {"name": "deployment.api"}}));
    let both = of(json!({"kind": "List", "items": [run("rr-a", "Failed"), ledger(json!({"blocks": [block("rr-a")]}))]}));
    let elsewhere = of(run("rr-a", "Failed")).replace("payment", "shop");
    let pod = of(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}));
    let unknown = bare.replace(".api", ".other");
    #[rustfmt::skip]
    let table: Vec<(&str, String, Vec<&str>, i32, &str, &str, usize)> = vec![
        ("a run of its workflow",       of(run("rr-a", "Failed")),                  vec![REASON, "--confirm=1"],  0, "blockclearance.kubernaut.ai/rr-aid-1 created, block cleared\n", "1 cleared", 1),
        ("a target",                    bare.clone(),                               vec![REASON, "--confirm=2"],  0, "blockclearance.kubernaut.ai/rr-aid-1 created, block cleared\n", "2 cleared", 2),
        ("a target as it was seen",     target(json!([block("rr-a")])),             vec![REASON, "--confirm=1"],  0, "blockclearance.kubernaut.ai/rr-aid-1 created, block cleared\n", "warning: rr-bid on payment/deployment/api is not in the file, and stays", 1),
        ("a target seen without any",   target(json!([])),                          vec![REASON, "--confirm=1"],  0, "", "nothing is blocked on what the files name", 0),
        ("a run and its target",        both,                                       vec![REASON, "--confirm=1"],  0, "", "1 cleared", 1),
        ("miscounted",                  bare.clone(),                               vec![REASON, "--confirm=1"],  2, "", "--confirm says 1, but 2 blocks would be cleared", 0),
        ("uncounted",                   bare.clone(),                               vec![REASON],                 7, "", "--confirm=2", 0),
        ("without a reason",            bare.clone(),                               vec!["--confirm=2"],          2, "", "a reason is missing", 0),
        ("dry",                         bare.clone(),                               vec![REASON, "--dry-run"],    0, "blockclearance.kubernaut.ai/rr-aid-1 created (dry run)\n", "2 cleared (dry run)", 0),
        ("with a name",                 bare.clone(),                               vec!["x", REASON],            2, "", "-f goes without names", 0),
        ("with all",                    bare.clone(),                               vec!["--all", REASON],        2, "", "-f goes without names", 0),
        ("of another namespace",        elsewhere,                                  vec![REASON, "--confirm=2"],  2, "", "-: the object is in namespace shop, and -n says payment", 0),
        ("another kind",                pod,                                        vec![REASON, "--confirm=1"],  2, "", "\"Pod\" is not what clear-block takes", 0),
        ("a target that is not there",  unknown,                                    vec![REASON, "--confirm=1"],  1, "", "remediationtarget.kubernaut.ai/deployment.other not found in namespace payment", 0),
        ("a run that is not there",     of(run("rr-c", "Failed")),                  vec![REASON, "--confirm=1"],  1, "", "rr-c-workflow not found", 0),
        ("half a file",                 format!("{bare}\n---\n{{"),                 vec![REASON, "--confirm=2"],  2, "", "nothing is done while a part of the file cannot be read", 0),
    ];
    for (case, file, words, code, out, err, written) in table {
        let server = blocked();
        let said = said(plugin().args(["clear-block", "-f", "-", "-s", &server.address, "-n", "payment"]).args(&words).write_stdin(file));
        assert_eq!(said.code, code, "{case}: {}{}", said.out, said.err);
        assert!(said.out.starts_with(out) && (code == 0 || said.out.is_empty()), "{case}: {}", said.out);
        assert!(said.err.contains(err), "{case}: {}", said.err);
        assert_eq!(server.written().len(), written, "{case}");
    }
}

#[test]
fn what_the_controllers_make_of_a_clearance_decides_the_exit_code() {
    let one = ["rr-a-workflow", REASON, "--confirm=api"];
    let both = ["--all", REASON, "--confirm=2"];
    #[rustfmt::skip]
    let table: Vec<(&str, &[&str], bool, &[&str], i32, &str)> = vec![
        ("refused",              &one,  false, &["rr-aid"],           6,   "the controllers refused it: the block is another"),
        ("one of two refused",   &both, false, &["rr-aid"],           5,   "1 cleared, 1 failed"),
        ("both refused",         &both, false, &["rr-aid", "rr-bid"], 6,   "2 failed"),
        ("nobody there",         &one,  true,  &[],                   124, "run-controllers"),
        ("two, and nobody there", &both, true, &[],                   124, "2 failed"),
    ];
    for (case, words, idle, refused, code, err) in table {
        let server = blocked();
        server.kept().idle = idle;
        server.kept().refused = refused.iter().map(|&id| id.to_owned()).collect();
        let said = server.run(&[&["clear-block", "--timeout=1s"], words].concat());
        assert_eq!(said.code, code, "{case}: {}{}", said.out, said.err);
        assert!(said.err.contains(err), "{case}: {}", said.err);
    }
    let server = blocked();
    server.kept().idle = true;
    let said = server.run(&[&["clear-block", "--timeout=0s"], &one[..]].concat());
    assert_eq!((said.code, said.out.as_str()), (0, "blockclearance.kubernaut.ai/rr-aid-1 created\n"), "nobody is waited for: {}", said.err);
}

#[test]
fn a_second_clearance_of_a_block_has_a_name_of_its_own() {
    let server = blocked();
    for expected in ["rr-aid-1", "rr-aid-2"] {
        let said = server.run(&["clear-block", "rr-a-workflow", REASON, "--confirm=api"]);
        assert_eq!(said.out, format!("blockclearance.kubernaut.ai/{expected} created, block cleared\n"), "{}", said.err);
    }
    let ids: Vec<Value> = server.written().iter().map(|written| written["spec"]["blockId"].clone()).collect();
    assert_eq!(ids, ["rr-aid", "rr-aid"]);
}

#[test]
fn what_stands_in_the_way_decides_what_is_cleared() {
    let spent = json!([{"run": block("rr-a")["run"], "workflowId": "oom", "outcome": "FailedBeforeStart"}]);
    let exhausted = || json!({"consecutiveFailures": 5, "runs": spent});
    let both = || json!({"consecutiveFailures": 5, "runs": spent, "blocks": [block("rr-a")]});
    let waits = || json!({"consecutiveFailures": 1, "nextAllowedExecution": "2998-12-31T23:59:00Z"});
    let nothing = || json!({});
    type Status<'a> = &'a dyn Fn() -> Value;
    #[rustfmt::skip]
    let table: Vec<(&str, Status, &[&str], i32, &str, &str)> = vec![
        ("spent retries",             &exhausted, &[],                          0, "blockclearance.kubernaut.ai/exhausted-rrauid-1 created", ""),
        ("another than is there",     &exhausted, &["--for=previous-failure"],  6, "", "nothing to clear for previous-failure"),
        ("both",                      &both,      &[],                          2, "", "choose with  --for previous-failure  or"),
        ("the block of both",         &both,      &["--for=previous-failure"],  0, "blockclearance.kubernaut.ai/rr-aid-1 created", ""),
        ("the retries of both",       &both,      &["--for=exhausted-retries"], 0, "blockclearance.kubernaut.ai/exhausted-rrauid-1 created", ""),
        ("only time helps",           &waits,     &[],                          6, "", "nothing to clear on payment/deployment/api, wait "),
        ("nothing",                   &nothing,   &[],                          0, "workflowexecution.kubernaut.ai/rr-a-workflow unchanged (nothing is blocked)", ""),
        ("nothing, and that is told", &nothing,   &["--error-unchanged"],       3, "workflowexecution.kubernaut.ai/rr-a-workflow unchanged", ""),
    ];
    for (case, status, more, code, out, err) in table {
        let server = Store::with(vec![run("rr-a", "Failed"), ledger(status())]);
        let said = server.run(&[&["clear-block", "rr-a-workflow", REASON, "--confirm=api"], more].concat());
        assert_eq!(said.code, code, "{case}: {}{}", said.out, said.err);
        assert!(said.out.starts_with(out) && said.out.is_empty() == out.is_empty(), "{case}: {}", said.out);
        assert!(said.err.contains(err), "{case}: {}", said.err);
        assert_eq!(server.written().len(), usize::from(code == 0 && out.contains("created")), "{case}");
    }
}

#[test]
fn a_clearance_that_nobody_carries_out_is_late_unless_nobody_waits() {
    let words = ["clear-block", "rr-a-workflow", REASON, "--confirm=api"];
    #[rustfmt::skip]
    let table: Vec<(&str, &[&str], i32, &str)> = vec![
        ("waited for",         &["--timeout=1s"],                  124, "the controllers have not lifted rr-aid yet"),
        ("said so",            &["--wait", "--timeout=1s"],        124, "the controllers have not lifted rr-aid yet"),
        ("not waited for",     &["--wait=false"],                  0,   ""),
        ("no time at all",     &["--timeout=0s"],                  0,   ""),
    ];
    for (case, more, code, err) in table {
        let server = blocked();
        server.kept().idle = true;
        let said = server.run(&[&words, more].concat());
        assert_eq!((said.code, said.out.as_str()), (code, "blockclearance.kubernaut.ai/rr-aid-1 created\n"), "{case}: {}", said.err);
        assert!(said.err.contains(err), "{case}: {}", said.err);
    }
}

#[test]
fn all_is_the_namespace_unless_everywhere_is_said() {
    let mut far = ledger(json!({"blocks": [block("rr-c")]}));
    far["metadata"]["namespace"] = "shop".into();
    far["spec"]["targetResource"] = "shop/deployment/api".into();
    for (more, count) in [(&[][..], 2), (&["-A"], 3)] {
        let server = Store::with(vec![run("rr-a", "Failed"), ledger(json!({"blocks": [block("rr-a"), block("rr-b")]})), far.clone()]);
        let said = server.run(&[&["clear-block", "--all", REASON, &format!("--confirm={count}")], more].concat());
        assert_eq!((said.code, server.written().len()), (0, count), "{}", said.err);
    }
}
