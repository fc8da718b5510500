//! Measures what performance is claimed from, against one real control plane: `cargo bench --bench remediation`.
//! Only what people type: `cargo bench --bench remediation -- commands`.
//!
//! Nothing is asserted about the figures; a flow that does not come through fails the run.

mod audit;
mod commands;
mod controllers;
mod figures;
mod full;
mod lists;
mod remediations;
mod stage;
mod watched;

use anyhow::{Context, Result};
use controllers::Controllers;
use figures::{Figures, milliseconds, spread};
use futures::future::try_join_all;
use jiff::Timestamp;
use remediations::Remediations;
use stage::Stage;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Approvals that are decided one after the other.
const TURNS: usize = 30;
/// Approvals that wait, and are decided at once.
const BURST: usize = 50;
const PLANS: [usize; 3] = [1, 2, 3];
/// Objects that `run-controllers` holds when its memory is read again.
const OBJECTS: usize = 1_000;
const MINUTE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    // `cargo test --all-targets` runs benches, too, but not to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("nothing to test here; measure with  cargo bench --bench remediation");
        return ExitCode::SUCCESS;
    }
    match tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| runtime.block_on(measure())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<()> {
    let began = Instant::now();
    let mut figures = Figures::default();
    say("starting a control plane");
    let stage = Stage::set().await?;
    if std::env::args().any(|argument| argument == "commands") {
        commands::started(&stage)?.into_iter().for_each(|(command, median, aim)| figures.add(command, median, aim));
        lists::measured(&stage, &mut figures).await?;
        figures.print();
        stage.sandbox.stop().await;
        return Ok(());
    }
    stage.deploy(&[deployments("auto", 3), deployments("asked", 3), deployments("turn", TURNS)].concat(), 1).await?;
    stage.deploy(&deployments("burst", BURST), 0).await?;
    let controllers = Controllers::start(&stage).await?;
    match flows(&stage, controllers, &mut figures).await {
        Ok(()) => {}
        failed => return failed.with_context(|| said(&stage)),
    }
    figures.note(format!("Measured in {} s.", began.elapsed().as_secs()));
    figures.print();
    stage.sandbox.stop().await;
    Ok(())
}

async fn flows(stage: &Stage, controllers: Controllers, figures: &mut Figures) -> Result<()> {
    let idle = minute(stage, "a minute with nothing to do").await?;
    let memory = controllers.settled().await?;
    let flows = Remediations::new(stage, controllers.gateway)?;
    in_turn(&flows, figures).await?;
    let plans = plans(&flows).await?;
    let waiting = ask_all(&flows).await?;
    let busy = minute(stage, &format!("a minute with {BURST} approvals waiting")).await?;
    let commands = commands::measured(stage, BURST)?;
    burst(&flows, &waiting, figures).await?;
    let spare = full::spare(stage, &flows, OBJECTS).await?;
    controllers.stop().await?;
    add_writes(stage, &plans, figures)?;
    figures.add("API writes in an idle minute, nothing to do", idle, "12, the lease's");
    figures.add(format!("API writes in an idle minute, {BURST} approvals waiting"), busy, "12, the lease's");
    figures.add("resident memory of run-controllers, idle", mebibytes(memory), "-");
    let (objects, memory) = full::resident(stage, spare).await?;
    figures.add(format!("resident memory of run-controllers, idle, {objects} objects"), mebibytes(memory), "-");
    commands.into_iter().for_each(|(command, median, aim)| figures.add(command, median, aim));
    lists::measured(stage, figures).await
}

/// One remediation after the other, each seen to its end, so that none disturbs the next.
async fn in_turn(flows: &Remediations, figures: &mut Figures) -> Result<()> {
    say(&format!("{TURNS} remediations, one after the other"));
    let (mut visible, mut decided) = (Vec::new(), Vec::new());
    for deployment in deployments("turn", TURNS) {
        let waiting = flows.ask("Asked1", &deployment).await?;
        visible.push(waiting.visible_after);
        decided.push(flows.approve_and_time(&waiting.request).await?);
        flows.ended(&waiting.request).await?;
    }
    figures.add(format!("alert posted → approval visible, {TURNS} in turn"), spread(&visible), "-");
    let aim = "p95 50 ms (Go: 85, p95 123)";
    figures.add(format!("decision written → WorkflowExecution created, {TURNS} in turn"), spread(&decided), aim);
    Ok(())
}

async fn ask_all(flows: &Remediations) -> Result<Vec<String>> {
    say(&format!("{BURST} alerts at once"));
    let asked = deployments("burst", BURST);
    let waiting = try_join_all(asked.iter().map(|deployment| flows.ask("Asked1", deployment))).await?;
    try_join_all(waiting.iter().map(|waiting| flows.asked(&waiting.request))).await?;
    Ok(waiting.into_iter().map(|waiting| waiting.request).collect())
}

async fn burst(flows: &Remediations, waiting: &[String], figures: &mut Figures) -> Result<()> {
    say(&format!("{BURST} decisions at once"));
    let length = flows.approve_all(waiting).await?;
    figures.add(format!("{BURST} decisions at once → last WorkflowExecution created"), milliseconds(length), "1 s (Go: 8.6 s)");
    try_join_all(waiting.iter().map(|request| flows.ended(request))).await.map(drop)
}

/// A remediation whose writes are counted.
struct Counted {
    request: String,
    deployment: String,
    label: String,
    aim: String,
}

async fn plans(flows: &Remediations) -> Result<Vec<Counted>> {
    say("plans of one, two and three steps");
    let mut counted = Vec::new();
    for asked in [false, true] {
        for steps in PLANS {
            let (alert, how, name) = if asked { ("Asked", "asked", "asked") } else { ("Auto", "approved by itself", "auto") };
            let (alert, deployment) = (format!("{alert}{steps}"), format!("{name}-{steps:02}"));
            let request = match asked {
                true => flows.ask(&alert, &deployment).await?.request,
                false => flows.alert(&alert, &deployment).await?,
            };
            if asked {
                flows.approve(&request).await?;
            }
            flows.ended(&request).await?;
            let plural = if steps == 1 { "" } else { "s" };
            let label = format!("API writes of a remediation, {steps} step{plural}, {how}");
            counted.push(Counted { request, deployment, label, aim: (26 + 4 * (steps - 1)).to_string() });
        }
    }
    Ok(counted)
}

fn add_writes(stage: &Stage, plans: &[Counted], figures: &mut Figures) -> Result<()> {
    let writes = audit::writes(&stage.audit_log()?)?;
    for plan in plans {
        let own = audit::of_remediation(&writes, &plan.request, &plan.deployment);
        let (stored, tried) = (own.iter().filter(|write| write.stored()).count(), own.iter().filter(|write| write.dry_run()).count());
        figures.add(&plan.label, format!("{stored} (and {tried} dry runs, which store nothing)"), &plan.aim);
        figures.note(format!("{}: {}.", plan.label, audit::by_kind(own.into_iter().filter(|write| write.stored()))));
    }
    let refused: Vec<&audit::Write> = writes.iter().filter(|write| write.code >= 300).collect();
    figures.add("API writes that were refused (conflicts), all flows", format!("{} of {}", refused.len(), writes.len()), "-");
    figures.note(format!("Refused in all flows: {}.", audit::by_kind(refused.into_iter())));
    Ok(())
}

/// The only wait by the clock: what happens in a minute can only be counted after it.
async fn minute(stage: &Stage, what: &str) -> Result<String> {
    say(what);
    let from = Timestamp::now();
    tokio::time::sleep(MINUTE).await;
    let until = Timestamp::now();
    let writes = audit::writes(&stage.audit_log()?)?;
    let within: Vec<_> = writes.iter().filter(|write| (from..until).contains(&write.at)).collect();
    let (leases, others) = (within.iter().filter(|write| write.lease()).count(), within.iter().filter(|write| write.stored()).count());
    Ok(format!("{}: {leases} of the lease, {others} others", leases + others))
}

fn deployments(name: &str, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{name}-{number:02}")).collect()
}

fn mebibytes(kibibytes: u64) -> String {
    format!("{:.1} MiB", kibibytes as f64 / 1024.0)
}

fn say(what: &str) {
    eprintln!("{what}");
}

/// What the controllers said last.
fn said(stage: &Stage) -> String {
    let log = std::fs::read_to_string(stage.sandbox.folder().join("logs/run-controllers.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    format!("the controllers said last:\n{}\n", lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n"))
}
