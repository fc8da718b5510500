//! Lists ten thousand approvals and decides some, each command beside kubectl's on the same control plane.

use crate::figures::{Figures, milliseconds, percentile};
use crate::stage::{PROGRAM, Stage};
use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kubernaut::api::AIApprovalRequest;
use serde_json::json;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where the approvals are.
const NAMESPACE: &str = "many";
/// How many there are.
const APPROVALS: usize = 10_000;
/// How many of them nobody has decided; the first ones by name.
const PENDING: usize = 100;
/// Writes that are sent at once.
const AT_ONCE: usize = 32;
const RUNS: usize = 5;
/// Approvals that each contender decides.
const DECISIONS: usize = 20;

/// Lists and decides.
pub async fn measured(stage: &Stage, figures: &mut Figures) -> Result<()> {
    eprintln!("{APPROVALS} approvals");
    fill(stage).await?;
    let ours = |words: &[&'static str]| (PathBuf::from(PROGRAM), [&["-n", NAMESPACE, "get", "approvals"], words].concat());
    let theirs = |words: &[&'static str]| (stage.sandbox.kubectl(), [&["-n", NAMESPACE, "get", "aiapprovalrequests"], words].concat());
    let undecided = "--field-selector=status.decision=";
    let contenders = [
        ("get approvals", ours(&[]), APPROVALS, "1.0 s, a third of kubectl's, 40 MiB"),
        ("  kubectl get aiapprovalrequests", theirs(&[]), APPROVALS, "-"),
        ("  kubectl get aiapprovalrequests --chunk-size=0", theirs(&["--chunk-size=0"]), APPROVALS, "-"),
        ("get approvals --pending", ours(&["--pending"]), PENDING, "a fifth of kubectl's"),
        ("  kubectl get aiapprovalrequests --field-selector status.decision=", theirs(&[undecided]), PENDING, "-"),
        ("get approvals -o wide (from whole objects)", ours(&["-o", "wide"]), APPROVALS, "-"),
        ("get approvals --sort-by .metadata.creationTimestamp", ours(&["--sort-by=.metadata.creationTimestamp"]), APPROVALS, "-"),
    ];
    for (name, (program, words), rows, _) in &contenders {
        let lines = stage.run(&mut stage.command(program, words))?.lines().count();
        ensure!(lines == rows + 1, "{name} printed {lines} lines");
    }
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..RUNS {
        for ((_, (program, words), ..), times) in contenders.iter().zip(&mut times) {
            let mut command = stage.command(program, words);
            command.stdout(Stdio::null());
            let began = Instant::now();
            ensure!(command.status()?.success(), "{command:?}");
            times.push(began.elapsed());
        }
    }
    for ((name, (program, words), rows, aim), times) in contenders.iter().zip(&times) {
        let resident = resident(stage.command(program, words))?;
        let figure = format!("{name}, {rows} of {APPROVALS} approvals of 3 KB, median of {RUNS}");
        figures.add(figure, format!("{}, {:.0} MiB", milliseconds(percentile(times, 50)), resident as f64 / 1024.0), *aim);
    }
    first_bytes(stage, figures, [ours(&["-o", "json"]), theirs(&["-o", "json"])])?;
    decisions(stage, figures)
}

/// Makes the approvals, and decides all but the first.
async fn fill(stage: &Stage) -> Result<()> {
    let namespace = serde_json::from_value(json!({"metadata": {"name": NAMESPACE}}))?;
    Api::<Namespace>::all(stage.admin.clone()).create(&PostParams::default(), &namespace).await?;
    let api: Api<AIApprovalRequest> = Api::namespaced(stage.admin.clone(), NAMESPACE);
    let decided = Patch::Merge(json!({"status": {"decision": "Rejected", "decidedBy": "admin"}}));
    let make = |number: usize| {
        let (api, decided) = (api.clone(), decided.clone());
        async move {
            let made = approval(number)?;
            api.create(&PostParams::default(), &made).await.context("make an approval")?;
            if number >= PENDING {
                api.patch_status(&name(number), &PatchParams::default(), &decided).await.context("decide an approval")?;
            }
            anyhow::Ok(())
        }
    };
    stream::iter((0..APPROVALS).map(make)).buffer_unordered(AT_ONCE).try_collect().await
}

fn name(number: usize) -> String {
    format!("rr-memory-{number:05}-analysis-approval")
}

fn approval(number: usize) -> Result<AIApprovalRequest> {
    let target = format!("{NAMESPACE}/deployment/app-{number:05}");
    let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "namespace": NAMESPACE, "name": "app", "uid": "u"});
    let write =
        json!({"object": object, "field": "spec.template.spec.containers[app].resources.limits.memory", "before": "512Mi", "after": "1Gi"});
    let step =
        |number: usize| json!({"stepNumber": number, "action": "increase_resources", "parameters": {"memory": "1Gi"}, "writes": [write]});
    Ok(serde_json::from_value(json!({
        "apiVersion": "kubernaut.ai/v1alpha1",
        "kind": "AIApprovalRequest",
        "metadata": {"name": name(number)},
        "spec": {
            "aiAnalysisRef": {"name": format!("rr-memory-{number:05}-analysis"), "namespace": NAMESPACE},
            "investigation": {"rootCause": "the heap grows with every request ".repeat(36), "confidenceScore": 72.5, "recommendations": []},
            "plan": {
                "targetResource": target, "targetUid": "u", "workflowId": "oomkill-increase-memory", "policyHash": "", "planSchema": 1,
                "executionStrategy": {"rollbackStrategy": "automatic"}, "steps": [step(1), step(2), step(3)],
            },
            "planHash": "a".repeat(64),
            "requestedBy": "gateway",
            "requestedAt": "2025-12-06T10:30:00Z",
            "timeout": "12h",
        },
    }))?)
}

/// The most memory that the command held, in KiB.
fn resident(mut command: Command) -> Result<u64> {
    let mut child = command.stdout(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok());
        most = most.max(peak.unwrap_or_default());
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(most)
}

/// When the first byte of all objects comes, and the last.
fn first_bytes(stage: &Stage, figures: &mut Figures, contenders: [(PathBuf, Vec<&'static str>); 2]) -> Result<()> {
    let names = ["get approvals -o json", "  kubectl get aiapprovalrequests -o json"];
    for ((program, words), (name, aim)) in contenders.into_iter().zip(names.into_iter().zip(["before the last page", "-"])) {
        let began = Instant::now();
        let mut child = stage.command(&program, &words).stdout(Stdio::piped()).spawn()?;
        let mut out = child.stdout.take().context("its output")?;
        out.read_exact(&mut [0])?;
        let first = began.elapsed();
        std::io::copy(&mut out, &mut std::io::sink())?;
        let last = began.elapsed();
        ensure!(child.wait()?.success(), "{name} failed");
        let resident = resident(stage.command(&program, &words))? as f64 / 1024.0;
        let said = format!("{} to the first byte, {} to the last, {resident:.0} MiB", milliseconds(first), milliseconds(last));
        figures.add(format!("{name}, {APPROVALS} approvals"), said, aim);
    }
    Ok(())
}

/// Each contender decides approvals of its own, in turns.
fn decisions(stage: &Stage, figures: &mut Figures) -> Result<()> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let decision = r#"{"status":{"decision":"Approved","decidedBy":"alice"}}"#;
    for number in 0..DECISIONS {
        let (one, other) = (name(number), name(number + DECISIONS));
        let words = ["--context=alice", "-n", NAMESPACE, "approve", one.as_str(), "--yes"];
        ours.push(timed(stage, stage.command(PROGRAM.as_ref(), &words))?);
        let patch = ["patch", "aiapprovalrequest", other.as_str(), "--type=merge", "--subresource=status", "-p", decision];
        let words = [&["--context=alice", "-n", NAMESPACE], patch.as_slice()].concat();
        theirs.push(timed(stage, stage.command(&stage.sandbox.kubectl(), &words))?);
    }
    let spread = |times: &[Duration]| format!("p50 {}, p95 {}", milliseconds(percentile(times, 50)), milliseconds(percentile(times, 95)));
    figures.add(format!("approve --yes, one at a time, {DECISIONS} times"), spread(&ours), "p50 50 ms");
    figures.add(format!("  kubectl patch --subresource=status, {DECISIONS} times"), spread(&theirs), "-");
    Ok(())
}

fn timed(stage: &Stage, mut command: Command) -> Result<Duration> {
    let began = Instant::now();
    stage.run(&mut command)?;
    Ok(began.elapsed())
}
