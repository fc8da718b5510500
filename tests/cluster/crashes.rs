//! Crashes and lost answers at every write: some scenarios in every test run, all of them when they are asked for.

use crate::point::Point;
use crate::scenarios::{ALL, Scenario, TWO_STEPS};
use crate::support::PROGRAM;
use crate::sweep::{Ended, How, Learned, Stage};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

/// How often a point is tried that a run does not come to.
const MOST_TRIES: usize = 3;

/// Set to forget which points were tried before.
const ANEW: &str = "KUBERNAUT_PROVE_ANEW";
/// Part of the names of the scenarios that are wanted; all without it.
const ONLY: &str = "KUBERNAUT_PROVE_ONLY";

/// What was tried, and how it ended; kept in a file, so that what is interrupted goes on where it stopped.
struct Progress {
    path: Option<PathBuf>,
    program: String,
    ends: BTreeMap<String, String>,
}

impl Progress {
    /// Of this run alone.
    fn none() -> Self {
        Self { path: None, program: String::new(), ends: BTreeMap::new() }
    }

    /// Of all runs with the same program.
    fn kept() -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("crash-sweep.json");
        let program = format!("{:x?}", Sha256::digest(std::fs::read(PROGRAM).unwrap()).as_slice());
        let text = std::fs::read_to_string(&path).ok().filter(|_| std::env::var_os(ANEW).is_none());
        let read = text.and_then(|text| serde_json::from_str::<(String, BTreeMap<String, String>)>(&text).ok());
        let ends = read.filter(|(of, _)| *of == program).map(|(_, ends)| ends).unwrap_or_default();
        Self { path: Some(path), program, ends }
    }

    fn keep(&mut self, key: String, end: &str) {
        self.ends.insert(key, end.to_owned());
        if let Some(path) = &self.path {
            std::fs::write(path, serde_json::to_string_pretty(&(&self.program, &self.ends)).unwrap()).unwrap();
        }
    }
}

/// Not captured by the test runner.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Tries each point once, but for those that were tried before; what failed.
async fn sweep(stage: &mut Stage, (scenario, how): (&Scenario, How), learned: &Learned, progress: &mut Progress) -> Vec<String> {
    let points: Vec<&Point> = learned.points.iter().filter(|point| how != How::KilledAfterAndTouched || point.announces()).collect();
    if points.is_empty() {
        return Vec::new();
    }
    let (begun, mut failed, mut blocked, mut before) = (Instant::now(), Vec::new(), Vec::new(), 0);
    for point in &points {
        let key = format!("{} | {how:?} | {} #{}", scenario.name, point.name, point.nth);
        let end = match progress.ends.get(&key) {
            Some(end) => {
                before += 1;
                end.clone()
            }
            None => match tried(stage, (scenario, how), learned, point).await {
                Ok(ended) => {
                    let end = format!("{ended:?}");
                    progress.keep(key, &end);
                    end
                }
                Err(why) => {
                    say(&format!("  failed at {}: {why}", point.name));
                    failed.push(format!("{}, {how:?} at {}: {why}", scenario.name, point.name));
                    continue;
                }
            },
        };
        if end == format!("{:?}", Ended::Blocked) {
            blocked.push(point.name.as_str());
        }
    }
    let (count, survived, took) = (points.len(), points.len() - failed.len(), begun.elapsed().as_secs());
    say(&format!(
        "crash sweep: {count} points, {survived} survived, {} ended blocked as the contract asks: {blocked:?} ({}, {how:?}, {took} s{})",
        blocked.len(),
        scenario.name,
        if before > 0 { format!(", {before} tried before") } else { String::new() },
    ));
    failed
}

async fn tried(stage: &mut Stage, (scenario, how): (&Scenario, How), learned: &Learned, point: &Point) -> Result<Ended, String> {
    for _ in 0..MOST_TRIES {
        if let Some(ended) = stage.survives(scenario, learned, point, how).await? {
            return Ok(ended);
        }
    }
    Err("the remediation never came to this write".to_owned())
}

async fn swept(scenario: &Scenario, hows: &[How], progress: &mut Progress) -> Vec<String> {
    let mut stage = Stage::set(scenario).await;
    let learned = stage.learn(scenario).await;
    let mut failed = Vec::new();
    for how in hows {
        failed.extend(sweep(&mut stage, (scenario, *how), &learned, progress).await);
    }
    failed
}

/// Nothing failed at any of the two-step remediation's writes.
async fn two_steps_survive(how: How) {
    let failed = swept(&TWO_STEPS, &[how], &mut Progress::none()).await;
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test]
async fn killed_after_any_write_a_remediation_ends_as_if_nothing_had_happened() {
    two_steps_survive(How::KilledAfter).await;
}

#[tokio::test]
async fn killed_after_an_announcement_on_a_target_that_somebody_touches_it_ends_blocked() {
    two_steps_survive(How::KilledAfterAndTouched).await;
}

#[tokio::test]
async fn a_lost_answer_to_any_write_changes_nothing() {
    two_steps_survive(How::AnswerLost).await;
}

#[tokio::test]
async fn any_write_that_is_delivered_twice_counts_once() {
    two_steps_survive(How::SentTwice).await;
}

/// More than an hour: see the Makefile.
#[tokio::test]
#[ignore = "long; interrupted, it goes on where it stopped"]
async fn prove_that_every_scenario_survives_every_disturbance_at_every_write() {
    let mut progress = Progress::kept();
    let mut failed = Vec::new();
    let only = std::env::var(ONLY).unwrap_or_default();
    for scenario in ALL.iter().filter(|scenario| scenario.name.contains(&only)) {
        failed.extend(swept(scenario, scenario.hows, &mut progress).await);
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
