//! `route`: what it answers, on which stream, with which code; and that the tree is walked as amtool walks it.

use super::route_cases::{Case, case, quoted};
use super::{Said, run};
use kubernaut::rules::routes::Tree;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const AMTOOL: &str = "0.34.2";
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/routing-cases-made-up.json");
/// How many made-up cases are recorded, and how many are proved.
const FEW: u64 = 320;
const MANY: u64 = 6_000;

const TREE: &str = r#"
route:
  receiver: default
  routes:
  - match: {kubernaut.ai/skip-reason: PreviousExecutionFailed}
    receiver: pagerduty-oncall
    continue: true
    routes:
    - matchers: ['"kubernaut.ai/severity"="critical"']
  - match_re: {kubernaut.ai/severity: critical|high}
    receiver: slack-ops
  - match: {kubernaut.ai/skip-reason: ExhaustedRetries}
    receiver: default
receivers:
- {name: default, channels: [console]}
- {name: pagerduty-oncall, pagerduty_configs: [{routing_key_file: /etc/pagerduty}]}
- {name: slack-ops, slack_configs: [{api_url_file: /etc/slack-ops}]}
"#;
const BLOCKED: [&str; 2] = ["kubernaut.ai/skip-reason=PreviousExecutionFailed", "kubernaut.ai/severity=critical"];

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

fn route(words: &[&str], tree: &str) -> Said {
    let file = file(tree);
    run(&[&["route"], words, &["--config", file.path().to_str().expect("a path")]].concat())
}

#[test]
fn the_receivers_are_in_the_first_line_and_the_tree_says_why() {
    let said = route(&[&["test"], &BLOCKED[..]].concat(), TREE);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "pagerduty-oncall,slack-ops\n", ""));
    let said = route(&[&["test", "--tree", "--ascii"], &BLOCKED[..]].concat(), TREE);
    #[rustfmt::skip]
    let expected = r#"pagerduty-oncall,slack-ops
ROUTE                                                   ANSWER      RECEIVER           WHY
everything                                              matches
|- kubernaut.ai/skip-reason="PreviousExecutionFailed"   matches                        then continues
|  `- kubernaut.ai/severity="critical"                  RECEIVES    pagerduty-oncall
|- kubernaut.ai/severity=~"critical|high"               RECEIVES    slack-ops
`- kubernaut.ai/skip-reason="ExhaustedRetries"          not asked                      line 10 matched and does not continue
"#;
    assert_eq!(said.out, expected);
    let said = route(&["test", "--tree", "kubernaut.ai/severity=low"], TREE);
    assert!(said.out.contains("└─ kubernaut.ai/skip-reason=\"ExhaustedRetries\"") || said.out.contains("`- "), "{}", said.out);
    assert!(said.out.contains("no") && said.out.contains("label kubernaut.ai/skip-reason is missing"), "{}", said.out);
    assert!(said.out.contains("label kubernaut.ai/severity is \"low\""), "{}", said.out);
}

#[test]
fn the_machine_form_has_the_documented_shape() {
    let said = route(&[&["test", "-o", "json"], &BLOCKED[..]].concat(), TREE);
    let answer: Value = serde_json::from_str(&said.out).expect("json");
    assert_eq!((&answer["apiVersion"], &answer["kind"]), (&json!("cli.kubernaut.ai/v1alpha1"), &json!("RouteTest")));
    assert_eq!(answer["receivers"], json!(["pagerduty-oncall", "slack-ops"]));
    let root = &answer["tree"][0];
    assert_eq!((&root["matched"], &root["receives"], &root["receivers"]), (&json!(true), &json!(false), &json!(["default"])));
    assert_eq!(root["routes"][2]["asked"], false);
    assert_eq!(root["routes"][0]["routes"][0]["receives"], true);
    let yaml = route(&[&["test", "-o", "yaml"], &BLOCKED[..]].concat(), TREE);
    assert!(yaml.out.contains("kind: RouteTest"), "{}", yaml.out);
}

#[test]
fn expectations_decide_the_exit_code() {
    #[rustfmt::skip]
    let table: [(&str, i32, &[&str]); 5] = [
        ("pagerduty-oncall,slack-ops",  0, &[]),
        ("slack-ops,pagerduty-oncall",  4, &["another order"]),
        ("slack-ops",                   4, &["expected slack-ops, but the receivers are pagerduty-oncall,slack-ops", "+ pagerduty-oncall"]),
        ("pagerduty-oncall,email",      4, &["- email", "+ slack-ops"]),
        ("",                            4, &["expected nobody"]),
    ];
    for (expected, code, says) in table {
        let said = route(&[&["test", "--expect", expected], &BLOCKED[..]].concat(), TREE);
        assert_eq!((said.code, said.out.as_str()), (code, "pagerduty-oncall,slack-ops\n"), "{expected}: {}", said.err);
        assert!(says.iter().all(|text| said.err.contains(text)) && (code == 4) != said.err.is_empty(), "{expected}: {}", said.err);
    }
}

#[test]
fn labels_come_from_a_notice_in_a_file_too() {
    let notice = |name: &str, severity: &str, channels: &str| {
        format!(
            "kind: NotificationRequest\nmetadata: {{name: {name}, namespace: pay, labels: {{kubernaut.ai/severity: {severity}}}}}\nspec: {{channels: [{channels}]}}\n---\n"
        )
    };
    let one = file(&notice("n1", "high", ""));
    let two = file(&(notice("n1", "high", "") + &notice("n2", "low", "")));
    let named = file(&notice("n1", "high", "console, slack"));
    let path = |file: &tempfile::NamedTempFile| file.path().to_str().expect("a path").to_owned();
    #[rustfmt::skip]
    let table = [
        ("one notice",             vec![path(&one)],                 None,           0, "slack-ops\n"),
        ("one of two",             vec![path(&two)],                 Some("nr/n2"),  0, "default\n"),
        ("which of two?",          vec![path(&two)],                 None,           2, ""),
        ("no such notice",         vec![path(&one)],                 Some("nr/n3"),  1, ""),
        ("its own channels",       vec![path(&named)],               None,           0, "console,slack\n"),
    ];
    for (case, files, name, code, out) in table {
        let mut words = vec!["test", "--offline"];
        files.iter().for_each(|file| words.extend(["-f", file]));
        words.extend(name);
        let said = route(&words, TREE);
        assert_eq!((said.code, said.out.as_str()), (code, out), "{case}: {}", said.err);
    }
}

#[test]
fn without_a_file_and_a_cluster_the_built_in_tree_answers() {
    let said = run(&["route", "test", "--offline", "a=b"]);
    assert_eq!((said.code, said.out.as_str()), (0, "console\n"), "{}", said.err);
    let said = run(&["route", "show", "--offline"]);
    assert!(said.code == 0 && said.out.contains("console") && said.err.contains("built in"), "{}{}", said.out, said.err);
    let said = run(&["route", "test", "a=b", "-s", "http://127.0.0.1:1"]);
    assert!(said.code == 1 && said.out.is_empty() && said.err.contains("cannot reach"), "{}", said.err);
}

#[test]
fn the_tree_is_shown_with_its_receivers() {
    let said = route(&["show", "--ascii"], TREE);
    #[rustfmt::skip]
    let expected = r#"ROUTE                                                   RECEIVER           THEN        LINE
everything                                              default            ends        3
|- kubernaut.ai/skip-reason="PreviousExecutionFailed"   pagerduty-oncall   continues   5
|  `- kubernaut.ai/severity="critical"                  pagerduty-oncall   ends        9
|- kubernaut.ai/severity=~"critical|high"               slack-ops          ends        10
`- kubernaut.ai/skip-reason="ExhaustedRetries"          default            ends        12

RECEIVER           REACHED-BY
default            console
pagerduty-oncall   pagerduty
slack-ops          slack by /etc/slack-ops
"#;
    assert_eq!((said.code, said.out.as_str()), (0, expected), "{}", said.err);
    let answer: Value = serde_json::from_str(&route(&["show", "-o", "json"], TREE).out).expect("json");
    assert_eq!((&answer["kind"], &answer["tree"][0]["routes"][1]["line"]), (&json!("RouteTree"), &json!(10)));
}

#[test]
fn nonsense_is_refused_with_its_place() {
    #[rustfmt::skip]
    let table: [(&[&str], &str, &str); 8] = [
        (&["test", "a!=b"],          TREE,                                 "a label has its value after a single ="),
        (&["test", "a"],             TREE,                                 "neither LABEL=VALUE nor nr/NAME"),
        (&["test", "rr/x"],          TREE,                                 "only notices are routed"),
        (&["test", "nr/x", "a=b"],   TREE,                                 "not both"),
        (&["test", "nr/x", "--offline"], TREE,                             "-f FILE"),
        (&["test"],                  "route: {receiver: x}",               "line 1, column 19: receiver \"x\" is not defined"),
        (&["show"],                  "route: {receivr: x}",                "line 1, column 9: unknown field `receivr`"),
        (&["show"],                  "",                                   "there is no route"),
    ];
    for (words, tree, says) in table {
        let said = route(words, tree);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{words:?} {}", said.err);
        assert!(said.err.contains(says), "{words:?} {}", said.err);
    }
    let missing = run(&["route", "test", "--config", "/nonexistent", "a=b"]);
    assert!(missing.code == 2 && missing.err.contains("/nonexistent"), "{}", missing.err);
}

#[test]
fn hostile_labels_never_reach_a_terminal() {
    let tree =
        "route: {receiver: \"a\\e[31m\\u202e\", routes: [{match: {\"x\\e]0;t\\a\": \"y\"}}]}\nreceivers: [{name: \"a\\e[31m\\u202e\"}]";
    for words in [
        &["test", "--tree", "\"x\u{1b}]0;t\u{7}\"=z\u{1b}[2J\u{202e}", "--expect", "b\u{1b}[2J"][..],
        &["show"],
        &["test", "-o", "json", "x=\u{9b}2J"],
    ] {
        let said = route(words, tree);
        assert!(
            !(said.out.clone() + &said.err).contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']),
            "{words:?}: {:?}{:?}",
            said.out,
            said.err
        );
        assert!(said.code == 0 || said.code == 4, "{words:?}: {}", said.err);
    }
}

/// Our answer: the receivers, or that the configuration is refused.
fn ours(case: &Case) -> Option<Vec<String>> {
    Tree::parse(&case.config).ok().map(|tree| tree.receivers(&case.labels))
}

fn recorded() -> Vec<Option<Vec<String>>> {
    serde_json::from_str(&std::fs::read_to_string(RECORDED).expect("recorded answers")).expect("a list")
}

#[test]
fn made_up_trees_are_walked_as_amtool_was_seen_to() {
    let recorded = recorded();
    assert_eq!(recorded.len() as u64, FEW);
    let refused = recorded.iter().filter(|answer| answer.is_none()).count();
    assert!(refused > 20 && refused < 240, "{refused} of them were refused, so they show little");
    for (number, theirs) in (0..).zip(recorded) {
        let case = case(number);
        assert_eq!(ours(&case), theirs, "case {number}: {:?} by\n{}", case.labels, case.config);
    }
}

/// What has been looked at, and differs on purpose.
fn may_differ(case: &Case, ours: Option<&Vec<String>>, theirs: Option<&Vec<String>>) -> bool {
    // Nested repetitions that multiply to more than 1000 are refused by Go only.
    ours.is_some() && theirs.is_none() && case.config.matches('{').count() > 8 && case.config.contains("}{")
}

#[test]
#[ignore = "needs Go, and asks thousands of questions"]
fn prove_that_routes_agree_with_amtool() {
    let amtool = amtool();
    let folder = tempfile::tempdir().expect("a folder");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                scope.spawn({
                    let (amtool, folder) = (&amtool, folder.path());
                    move || (worker..MANY).step_by(4).map(|number| (number, theirs(amtool, folder, &case(number)))).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("answers")).collect()
    });
    let mut wrong = vec![];
    for (number, theirs) in &answers {
        let case = case(*number);
        let ours = ours(&case);
        if ours != *theirs && !may_differ(&case, ours.as_ref(), theirs.as_ref()) {
            wrong.push(format!("case {number}: ours {ours:?}, amtool's {theirs:?}, of {:?} by {}", case.labels, case.config));
        }
    }
    let refused = answers.iter().filter(|(_, answer)| answer.is_none()).count();
    println!("{} cases, {refused} refused by amtool, {} differ", answers.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.iter().take(25).cloned().collect::<Vec<_>>().join("\n"));
    let mut few: Vec<_> = answers.into_iter().filter(|(number, _)| *number < FEW).collect();
    few.sort_by_key(|(number, _)| *number);
    let few: Vec<Option<Vec<String>>> = few.into_iter().map(|(_, answer)| answer).collect();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(RECORDED, serde_json::to_string(&few).expect("json") + "\n").expect("written");
    }
    assert_eq!(few, recorded(), "record them anew with UPDATE=1");
}

/// amtool's answer: the receivers, or that the configuration is refused.
fn theirs(amtool: &Path, folder: &Path, case: &Case) -> Option<Vec<String>> {
    let file = tempfile::NamedTempFile::new_in(folder).expect("a file");
    std::fs::write(file.path(), &case.config).expect("written");
    let labels = case.labels.iter().map(|(name, value)| format!("{}={}", quoted(name), quoted(value)));
    let mut command = Command::new(amtool);
    command.args(["config", "routes", "test", "--config.file"]).arg(file.path()).arg("--").args(labels).env("HOME", folder);
    let output = command.output().expect("amtool");
    let text = String::from_utf8(output.stdout).expect("text");
    output.status.success().then(|| text.trim_end_matches('\n').split(',').map(str::to_owned).collect())
}

/// The real amtool, built once into the cache.
fn amtool() -> PathBuf {
    let home = std::env::var_os("HOME").expect("HOME");
    let folder = Path::new(&home).join(format!(".cache/kubernaut/amtool-{AMTOOL}"));
    let program = folder.join("amtool");
    if !program.exists() {
        let module = tempfile::tempdir().expect("a folder");
        let package = format!("github.com/prometheus/alertmanager/cmd/amtool@v{AMTOOL}");
        let mut go = Command::new("go");
        go.args(["install", &package]).env("GOBIN", &folder).env("GOFLAGS", "-mod=mod").current_dir(module.path());
        let built = go.status().expect("Go is needed to build amtool: https://go.dev/dl");
        assert!(built.success(), "go install {package} failed");
    }
    program
}
