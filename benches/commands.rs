//! Times commands as a person sees them: from start to exit, each beside kubectl in the same run.

use crate::figures::{milliseconds, percentile};
use crate::stage::{NAMESPACE, PROGRAM, Stage};
use anyhow::{Result, ensure};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const RUNS: usize = 20;

/// A command, its median, and what that should be.
pub type Timed = (String, String, String);

struct Contender {
    program: PathBuf,
    arguments: Vec<&'static str>,
    figure: String,
    aim: &'static str,
    times: Vec<Duration>,
}

/// Medians of `--version` and of the list of approvals.
pub fn measured(stage: &Stage, waiting: usize) -> Result<Vec<Timed>> {
    medians(stage, contenders(stage, waiting), waiting)
}

/// Medians of what calls nobody.
pub fn started(stage: &Stage) -> Result<Vec<Timed>> {
    let alone = contenders(stage, 0).into_iter().filter(|contender| !contender.arguments.contains(&"get")).collect();
    medians(stage, alone, 0)
}

/// One run of each goes uncounted: kubectl keeps what it discovers on disk.
fn medians(stage: &Stage, mut contenders: Vec<Contender>, waiting: usize) -> Result<Vec<Timed>> {
    for contender in &contenders {
        let lines = stage.run(&mut stage.command(&contender.program, &contender.arguments))?.lines().count();
        let lists = contender.arguments.contains(&"get");
        ensure!(!lists || lines == waiting + 1, "{} printed {lines} lines", contender.figure);
    }
    for _ in 0..RUNS {
        for contender in &mut contenders {
            let mut command = stage.command(&contender.program, &contender.arguments);
            let began = Instant::now();
            stage.run(&mut command)?;
            contender.times.push(began.elapsed());
        }
    }
    Ok(contenders.into_iter().map(median).collect())
}

fn contenders(stage: &Stage, waiting: usize) -> Vec<Contender> {
    let contender = |program: PathBuf, arguments: Vec<&'static str>, name: &str, aim| Contender {
        program,
        figure: format!("{name}, median of {RUNS}"),
        arguments,
        aim,
        times: Vec::new(),
    };
    let theirs = format!("  kubectl get aiapprovalrequests, {waiting} waiting");
    let pending = ["-n", NAMESPACE, "--field-selector", "status.decision="];
    let list = |verb: [&'static str; 2]| [verb.as_slice(), &pending].concat();
    vec![
        contender(PROGRAM.into(), vec!["--version"], "kubectl-kubernaut --version", "5 ms"),
        contender(stage.sandbox.kubectl(), vec!["version", "--client"], "  kubectl version --client", "-"),
        contender(
            PROGRAM.into(),
            list(["get", "approvals"]),
            &format!("kubectl-kubernaut get approvals, {waiting} waiting"),
            "under kubectl's",
        ),
        contender(stage.sandbox.kubectl(), list(["get", "aiapprovalrequests"]), &theirs, "-"),
    ]
}

fn median(contender: Contender) -> Timed {
    (contender.figure, milliseconds(percentile(&contender.times, 50)), contender.aim.to_owned())
}
