//! What people see of real remediations: the overview, the tree as it grows, and waits that end with what they wait for.

use crate::controllers::Controllers;
use crate::stage::{ASKS, FAILS, Scene, program, settings, succeeded};
use crate::support::{PROGRAM, a_cluster_more, faults};
use kubernaut::api::RemediationPhase;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the program in the background.
async fn begun(person: &'static str, words: Vec<String>) -> JoinHandle<Output> {
    let sandbox = faults().await;
    tokio::spawn(async move { program(sandbox, person, &words.iter().map(String::as_str).collect::<Vec<_>>()).await })
}

/// Waits for a decision in the background; this returns when the waiting has begun, and its end is when the decision was heard of.
async fn waits_for_decision(namespace: &str, request: &str) -> JoinHandle<(i32, Instant)> {
    let mut command = Command::new(PROGRAM);
    command.arg("--kubeconfig").arg(faults().await.kubeconfig_path()).args(["--context", "alice", "-n", namespace]);
    command.args(["status", &format!("rr/{request}"), "--wait=decided", "-o", "name"]);
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let started = tokio::task::spawn_blocking(move || {
        let mut said = BufReader::new(child.stderr.take().unwrap());
        // Notes come before it: these controllers hold no lease.
        let waits = said.by_ref().lines().map_while(Result::ok).find(|line| line.contains("AwaitingApproval"));
        assert!(waits.is_some(), "it ended");
        (child, said)
    });
    let (mut child, _said) = started.await.unwrap();
    tokio::task::spawn_blocking(move || (child.wait().unwrap().code().unwrap(), Instant::now()))
}

/// Where a remediation stood, as the lines of `status -w` tell it: each begins where the one before ended.
fn course(out: &str, request: &str) -> Vec<String> {
    let mut course: Vec<String> = Vec::new();
    for line in out.lines().filter(|line| line.split_whitespace().nth(1) == Some(&format!("rr/{request}"))) {
        let words: Vec<&str> = line.split_whitespace().skip(2).collect();
        let arrow = words.iter().position(|word| *word == "->").unwrap();
        assert_eq!(words[..arrow].first().copied(), course.last().map(String::as_str), "{out}");
        course.push(words[arrow + 1].to_owned());
    }
    course
}

#[tokio::test]
async fn a_remediation_is_followed_to_its_end_and_a_wait_ends_with_the_decision() {
    let _turn = a_cluster_more().await;
    let controllers = Controllers::start(&faults().await.kubeconfig_path(), &settings(""), &["--leader-elect=false"]).await;
    let scene = Scene::with(faults().await, &["web"]).await;
    let request = scene.raise(controllers.gateway(), ASKS).await;
    let words = ["-n", &scene.namespace, "status", &format!("rr/{request}"), "-w"].map(str::to_owned).to_vec();
    let following = begun("bob", words).await;
    scene.reaches(&request, RemediationPhase::AwaitingApproval).await;

    let at = ["-n", &scene.namespace, "status"];
    let overview = program(faults().await, "alice", &[&at[..], &["--exit-code"]].concat()).await;
    let (screen, command) = (text(&overview.stdout), format!("approve {request}-analysis-approval -n {}", scene.namespace));
    println!("{screen}");
    assert_eq!(overview.status.code(), Some(4));
    assert!(screen.contains("User alice") && screen.contains("1 approval pending") && screen.contains(&command), "{screen}");
    println!("{}", succeeded(&program(faults().await, "alice", &[&at[..], &[&format!("rr/{request}")]].concat()).await));

    let decision = waits_for_decision(&scene.namespace, &request).await;
    let words = ["-n", &scene.namespace, "approve", &format!("{request}-analysis-approval"), "--yes"];
    succeeded(&program(faults().await, "alice", &words).await);
    let decided = Instant::now();
    let (code, heard) = decision.await.unwrap();
    assert_eq!(code, 0);
    assert!(heard.saturating_duration_since(decided) < Duration::from_secs(1), "{:?}", heard.saturating_duration_since(decided));

    let followed = following.await.unwrap();
    let out = succeeded(&followed);
    println!("{out}");
    let course = course(&out, &request);
    assert!(course.ends_with(&["AwaitingApproval", "Executing", "Completed"].map(str::to_owned)), "{course:?}");
    let mut once = course.clone();
    once.dedup();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), course.len(), "each phase once: {course:?}");
    let tree = out.split_once("\n\n").unwrap().1;
    assert!(tree.contains("Phase: Completed (Remediated)") && tree.contains(&format!("rr/{request}")), "{tree}");

    let after = program(faults().await, "alice", &[&at[..], &["-o", "json"]].concat()).await;
    let overview: Value = serde_json::from_str(&succeeded(&after)).unwrap();
    assert_eq!((&overview["needsYou"], &overview["lastDay"]["Remediated"]), (&Value::Array(vec![]), &1.into()));
    let itself = format!("rr/{request}");
    let words = [&at[..], &[&itself, "--show-events"]].concat();
    let tree = succeeded(&program(faults().await, "alice", &words).await);
    println!("{tree}");
    println!("{}", succeeded(&program(faults().await, "alice", &["history", &format!("rr/{request}"), "-n", &scene.namespace]).await));
}

#[tokio::test]
async fn a_block_leads_the_overview_and_what_it_says_to_type_explains_it() {
    let _turn = a_cluster_more().await;
    let controllers = Controllers::start(&faults().await.kubeconfig_path(), &settings(""), &["--leader-elect=false"]).await;
    let scene = Scene::with(faults().await, &["web"]).await;
    let request = scene.raise(controllers.gateway(), FAILS).await;
    let waited = program(faults().await, "alice", &["-n", &scene.namespace, "status", &format!("rr/{request}"), "--wait"]).await;
    println!("{}{}", text(&waited.stdout), text(&waited.stderr));
    assert_eq!(waited.status.code(), Some(4), "it failed");
    let screen = succeeded(&program(faults().await, "bob", &["-n", &scene.namespace, "status"]).await);
    println!("{screen}");
    let typed = screen.lines().find_map(|line| line.split_once("kubectl kubernaut why ")).unwrap().1;
    let words: Vec<&str> = std::iter::once("why").chain(typed.split_whitespace()).collect();
    let why = succeeded(&program(faults().await, "bob", &words).await);
    println!("{why}");
    assert!(screen.contains("1 execution blocked") && why.contains("1 previous execution      BLOCK"), "{screen}{why}");
    let again = program(faults().await, "bob", &["-n", &scene.namespace, "status", &format!("rr/{request}"), "-w", "--exit-code"]).await;
    assert_eq!(again.status.code(), Some(4), "it is over, so nothing is followed");
    let late = program(faults().await, "bob", &["-n", &scene.namespace, "status", "rr/nobody", "--wait"]).await;
    assert_eq!(late.status.code(), Some(1));
}
