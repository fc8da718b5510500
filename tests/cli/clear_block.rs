//! `clear-block`: what a name or a file may mean, by which settings it judges, and how much it asks.

use super::store::{Store, block, ledger, run};
use super::{Said, plugin, said};
use serde_json::{Value, json};

const REASON: &str = "--reason=put the limits back by hand";
const NOTE: &str = "note: with default settings, as ";
const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases/kubernaut-controllers";

/// A target that failed so often before start, last in a run that is gone.
fn failed(times: u8) -> Value {
    let mut spent = block("rr-s");
    spent["outcome"] = "FailedBeforeStart".into();
    spent["workflowId"] = "cpu".into();
    ledger(json!({"consecutiveFailures": times, "runs": [spent]}))
}

/// The ledger of another Deployment of the same namespace.
fn of(name: &str, mut ledger: Value) -> Value {
    ledger["metadata"]["name"] = format!("deployment.{name}").into();
    ledger["spec"]["targetResource"] = format!("payment/deployment/{name}").into();
    ledger
}

/// What the controllers at work publish.
fn publish(server: &Store, settings: &Value) {
    let mut settings = settings.clone();
    settings["holder"] = "me".into();
    let lease = json!({"metadata": {"name": "kubernaut-controllers", "annotations": {"kubernaut.ai/settings": settings.to_string()}},
        "spec": {"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2999-01-01T00:00:00.000000Z"}});
    server.kept().objects.insert(LEASE.to_owned(), lease);
}

fn clear(server: &Store, words: &[&str]) -> Said {
    server.run(&[&["clear-block", REASON], words].concat())
}

fn of_file(server: &Store, file: &Value, words: &[&str]) -> Said {
    let line = ["clear-block", "-f", "-", "-s", &server.address, "-n", "payment", REASON];
    said(plugin().args(line).args(words).write_stdin(file.to_string()))
}

#[test]
fn settings_that_nobody_knows_are_said_to_be_guessed_once_and_only_where_they_matter() {
    let limit = json!({"gate": {"maxConsecutiveFailures": 3}});
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("settings.yaml");
    std::fs::write(&file, limit.to_string()).expect("written");
    let config = format!("--config={}", file.display());
    let blocked = || ledger(json!({"blocks": [block("rr-a")]}));
    let both = || vec![of("web", failed(3)), blocked(), run("rr-a", "Failed")];
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<Value>, &str, Vec<&str>, usize, &str)> = vec![
        ("nobody works here",       vec![failed(3)],         "",       vec!["--all"],                             0, "no controllers work here"),
        ("it may not be read",      vec![failed(3)],         "leases", vec!["--all"],                             0, "the controllers' lease cannot be read"),
        ("the controllers' limit",  vec![failed(3)],         "theirs", vec!["--all", "--confirm=1"],              1, ""),
        ("a file's",                vec![failed(3)],         "leases", vec!["--all", "--confirm=1", &config],     1, ""),
        ("nothing is known",        vec![ledger(json!({}))], "leases", vec!["--all"],                             0, ""),
        ("one by name",             both(),                  "leases", vec!["rr-a", "--confirm=api"],             1, "the controllers' lease cannot be read"),
        ("one that is gone",        vec![failed(3)],         "theirs", vec!["wfe/rr-s-workflow", "--confirm=api"], 1, ""),
        ("by labels",               both(),                  "leases", vec!["-l", "team=a", "--confirm=1"],       1, "the controllers' lease cannot be read"),
        ("several by name",         both(),                  "leases", vec!["rr-a", "rr-aid", "--confirm=1"],     1, "the controllers' lease cannot be read"),
    ];
    for (case, objects, lease, words, written, why) in table {
        let server = Store::with(objects);
        match lease {
            "theirs" => publish(&server, &limit),
            "" => {}
            forbidden => server.kept().forbidden = vec![forbidden],
        }
        let said = clear(&server, &words);
        assert_eq!((said.code, server.written().len()), (0, written), "{case}: {}{}", said.out, said.err);
        assert_eq!(said.err.matches("default settings").count(), usize::from(!why.is_empty()), "{case}: {}", said.err);
        assert!(why.is_empty() || said.err.contains(&format!("{NOTE}{why};")), "{case}: {}", said.err);
    }
}

#[test]
fn what_a_run_that_is_gone_left_is_cleared_by_what_the_ledger_says() {
    let blocks = || ledger(json!({"blocks": [block("rr-a"), block("rr-b")]}));
    let mut other = block("rr-a");
    other["id"] = "elsewhere".into();
    other["run"]["uid"] = "another".into();
    let twice = || vec![blocks(), of("web", ledger(json!({"blocks": [other]})))];
    let mut all = failed(5);
    all["status"]["blocks"] = json!([block("rr-a")]);
    let all = || vec![all.clone()];
    let (one, spent) = ("blockclearance.kubernaut.ai/rr-aid-1 created", "blockclearance.kubernaut.ai/exhausted-rrsuid-1 created");
    let gone = "not found in namespace payment";
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<Value>, &[&str], i32, &str, &str)> = vec![
        ("a run",                      vec![blocks()],  &["wfe/rr-a-workflow"],                          0, one,   ""),
        ("its bare name",              vec![blocks()],  &["rr-a-workflow"],                              0, one,   ""),
        ("a remediation",              vec![blocks()],  &["rr/rr-a"],                                    0, one,   ""),
        ("its bare name",              vec![blocks()],  &["rr-a"],                                       0, one,   ""),
        ("a block",                    vec![blocks()],  &["rr-aid"],                                     0, one,   ""),
        ("the run of an exhaustion",   vec![failed(5)], &["wfe/rr-s-workflow"],                          0, spent, ""),
        ("its remediation",            vec![failed(5)], &["rr/rr-s"],                                    0, spent, ""),
        ("its id",                     vec![failed(5)], &["exhausted-rrsuid"],                           0, spent, ""),
        ("both in the way",            all(),           &["wfe/rr-a-workflow"],                          2, "",    "choose with  --for"),
        ("one of both",                all(),           &["wfe/rr-a-workflow", "--for=previous-failure"], 0, one,  ""),
        ("one of both, by its id",     all(),           &["rr-aid"],                                     0, one,   ""),
        ("the other, by its id",       all(),           &["exhausted-rrsuid"],                           0, spent, ""),
        ("not spent yet",              vec![failed(1)], &["wfe/rr-s-workflow"],                          1, "",    gone),
        ("an id is no run",            vec![blocks()],  &["wfe/rr-aid"],                                 1, "",    gone),
        ("a run is no remediation",    vec![blocks()],  &["rr/rr-a-workflow"],                           1, "",    gone),
        ("a remediation is no run",    vec![blocks()],  &["wfe/rr-a"],                                   1, "",    gone),
        ("nobody",                     vec![blocks()],  &["nobody"],                                     1, "",    "see what is blocked with  kubectl kubernaut get blocks -n payment -s http"),
        ("two runs of one name",       twice(),         &["rr-a"],                                       2, "",    "means several runs that are gone"),
        ("two runs of one name",       twice(),         &["rr-a"],                                       2, "",    "for payment/deployment/web (PreviousExecutionFailed):  kubectl kubernaut clear-block elsewhere -n payment"),
        ("one of them by its id",      twice(),         &["rr-aid"],                                     0, one,   ""),
        ("another kind",               vec![blocks()],  &["aar/rr-a"],                                   2, "",    "clear-block takes a run"),
    ];
    for (case, objects, words, code, out, err) in table {
        let server = Store::with(objects);
        let said = clear(&server, &[&["--confirm=api"], words].concat());
        assert_eq!(said.code, code, "{case}: {}{}", said.out, said.err);
        assert!(said.out.starts_with(out) && said.out.is_empty() == out.is_empty(), "{case}: {}", said.out);
        assert!(said.err.replace("--server", "-s").contains(err), "{case}: {}", said.err);
        assert_eq!(server.written().len(), usize::from(code == 0), "{case}");
    }
    let server = Store::with(twice());
    let mut file = run("rr-a", "Failed");
    file["metadata"]["uid"] = "another".into();
    let said = of_file(&server, &file, &["--confirm=1"]);
    assert_eq!(said.out, "blockclearance.kubernaut.ai/elsewhere-1 created, block cleared\n", "a uid tells them apart: {}", said.err);
    let server = Store::with(vec![blocks()]);
    let said = clear(&server, &["rr-a", "rr/rr-b", "rr-aid", "--confirm=2"]);
    assert_eq!((said.code, server.written().len()), (0, 2), "{}", said.err);
}

#[test]
fn a_file_clears_where_it_says_and_what_it_shows() {
    let stray = |namespace: &str, target: &str, name: &str| {
        json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationTarget", "metadata": {"namespace": namespace, "name": name},
            "spec": {"targetResource": target}})
    };
    let with_uid = |kind: &str, name: &str, uid: &str| json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": kind, "metadata": {"namespace": "payment", "name": name, "uid": uid}});
    let run_of = |uid: &str| with_uid("WorkflowExecution", "rr-a-workflow", uid);
    let remediation_of = |uid: &str| with_uid("RemediationRequest", "rr-a", uid);
    let anew = "is another than the one of the file: it was created anew since; nothing was cleared";
    #[rustfmt::skip]
    let table: Vec<(&str, Value, bool, i32, &str)> = vec![
        ("its own namespace",              stray("payment", "payment/Deployment/api", "deployment.api"), true,  0, "1 cleared"),
        ("another namespace's target",     stray("payment", "shop/deployment/cart", "deployment.cart"),  true,  2, "its target is shop/deployment/cart, whose ledger is in namespace shop, but the object is in namespace payment"),
        ("without a namespace",            stray("", "shop/deployment/cart", "deployment.cart"),         true,  2, "whose ledger is in namespace shop"),
        ("a node",                         stray("payment", "node/worker-1", "node.worker-1"),           true,  2, "whose ledger is in namespace kubernaut-system"),
        ("another target's name",          stray("payment", "payment/deployment/api", "deployment.web"), true,  2, "whose ledger is called deployment.api"),
        ("the same run",                   run_of("rr-a-uid"),                                           true,  0, "1 cleared"),
        ("a run of no uid",                run_of(""),                                                   true,  0, "1 cleared"),
        ("a run that was created anew",    run_of("old"),                                                true,  6, anew),
        ("the same, gone",                 run_of("rr-a-uid"),                                           false, 0, "1 cleared"),
        ("another one, gone",              run_of("old"),                                                false, 6, anew),
        ("another one, gone",              run_of("old"),                                                false, 6, "kubectl kubernaut clear-block rr-aid -n payment"),
        ("the same remediation",           remediation_of("owner"),                                      true,  0, "1 cleared"),
        ("one that was created anew",      remediation_of("old"),                                        true,  6, anew),
        ("one that is gone",               remediation_of("owner"),                                      false, 6, "whether it was the one of the file cannot be told; nothing was cleared"),
        ("one that is gone",               remediation_of("owner"),                                      false, 6, "kubectl kubernaut clear-block rr-aid -n payment"),
        ("one of no uid, gone",            remediation_of(""),                                           false, 0, "1 cleared"),
    ];
    for (case, file, is_there, code, err) in table {
        let mut far = ledger(json!({"blocks": [block("rr-c")]}));
        far["metadata"] = json!({"namespace": "shop", "name": "deployment.cart"});
        far["spec"]["targetResource"] = "shop/deployment/cart".into();
        let mut live = run("rr-a", "Failed");
        live["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest", "name": "rr-a", "uid": "owner"}]);
        let known = vec![ledger(json!({"blocks": [block("rr-a")]})), far, live];
        let server = Store::with(known.into_iter().take(if is_there { 3 } else { 2 }).collect());
        let said = of_file(&server, &file, &["--confirm=1"]);
        assert_eq!((said.code, server.written().len()), (code, usize::from(code == 0)), "{case}: {}{}", said.out, said.err);
        assert!(said.err.contains(err), "{case}: {}", said.err);
    }
}

#[test]
fn ledgers_and_settings_are_read_once_however_many_runs_there_are() {
    let names = ["rr-a", "rr-b", "rr-c", "rr-d"];
    let mut objects: Vec<Value> = names.iter().map(|name| run(name, "Failed")).collect();
    objects[3]["spec"]["targetResource"] = "payment/deployment/web".into();
    objects.extend([ledger(json!({"blocks": names[..3].iter().map(|name| block(name)).collect::<Vec<_>>()})), of("web", failed(5))]);
    let file = json!({"kind": "List", "items": objects.clone()});
    let calls = |server: &Store, end: &str| server.calls().iter().filter(|call| call.ends_with(end)).count();
    let server = Store::with(objects.clone());
    assert_eq!(clear(&server, &["-l", "team=a", "--dry-run"]).code, 0);
    let (named, filed) = (Store::with(objects.clone()), Store::with(objects));
    assert_eq!(clear(&named, &[&names[..], &["--dry-run"]].concat()).code, 0);
    let from_file = of_file(&filed, &file, &["--dry-run"]);
    assert!(from_file.code == 0 && from_file.err.contains("4 cleared"), "{}", from_file.err);
    for (server, case) in [(&server, "by labels"), (&named, "by name"), (&filed, "both in a file")] {
        for end in ["remediationtargets/deployment.api", "remediationtargets/deployment.web"] {
            assert_eq!(calls(server, end), 1, "{case}: {end}");
        }
        assert_eq!(calls(server, LEASE), 1, "{case}");
    }
}

#[test]
fn what_was_created_is_named_whatever_happens_afterwards() {
    let (look, unknown) =
        ("kubectl kubernaut get clearances rr-aid-1 -n payment", "rr-aid-1 was created, and what became of it is not known");
    let (cleared, created) =
        ("blockclearance.kubernaut.ai/rr-aid-1 created, block cleared\n", "blockclearance.kubernaut.ai/rr-aid-1 created\n");
    let ever = || vec![503; 10_000];
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<u16>, bool, bool, i32, &str, Vec<&str>)> = vec![
        ("seen at last",             vec![500, 503, 429], false, false, 0,   cleared, vec![]),
        ("never seen",               ever(),              false, false, 124, created, vec![unknown, "not now", look]),
        ("seen and not decided",     vec![503],           true,  false, 124, created, vec!["the controllers have not lifted rr-aid yet", look]),
        ("deleted",                  vec![404],           false, false, 1,   created, vec![unknown, look]),
        ("not to be read",           vec![403],           false, false, 1,   created, vec![unknown, look]),
        ("nobody knows if created",  vec![],              false, true,  1,   "",      vec!["whether rr-aid-1 was created is not known; look before you try again", look]),
    ];
    for (case, unseen, idle, lost, code, out, err) in table {
        for (words, one) in [(&["rr-a", "--confirm=api"][..], true), (&["--all", "--confirm=1"], false)] {
            let server = Store::with(vec![run("rr-a", "Failed"), ledger(json!({"blocks": [block("rr-a")]}))]);
            (server.kept().unseen, server.kept().idle, server.kept().lost) = (unseen.clone(), idle, lost);
            let said = clear(&server, &[words, &["--timeout=2s"]].concat());
            assert_eq!((said.code, said.out.as_str()), (code, out), "{case}, one {one}: {}", said.err);
            assert!(err.iter().all(|part| said.err.contains(part)), "{case}, one {one}: {}", said.err);
            assert_eq!(server.written().len(), 1, "{case}, one {one}");
        }
    }
}

#[test]
fn everything_is_asked_for_before_anything_is_waited_for_and_the_wait_is_one() {
    let names: Vec<String> = (10..50).map(|nth| format!("rr-{nth}")).collect();
    let server = Store::with(names.iter().map(|name| of(name, ledger(json!({"blocks": [block(name)]})))).collect());
    server.kept().idle = true;
    let said = clear(&server, &["--all", "--confirm=40", "--timeout=1s"]);
    assert!(said.code == 124 && said.err.contains("40 failed"), "{}: {}", said.code, said.err);
    assert_eq!(said.out.lines().count(), 40, "{}", said.out);
    let calls = server.calls();
    let written = calls.iter().rposition(|call| call.ends_with("/blockclearances"));
    let waited = calls.iter().position(|call| call.starts_with("GET ") && call.contains("/blockclearances/"));
    assert!(written < waited && waited.is_some(), "{written:?} {waited:?}");
}
