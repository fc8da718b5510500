//! `demo`: the main job on a local cluster, from the alert to the notice.

mod controllers;
mod ending;
mod stage;

use super::failure::{Exit, Failure, Reason};
use super::session::Session;
use super::status::{self, render};
use super::terminal::Look;
use crate::api::{AIApprovalRequest, Decision, RemediationPhase, RemediationRequest, names};
use crate::sandbox::{Options, Sandbox};
use controllers::Controllers;
use kube::api::Api;
use kube::runtime::wait::await_condition;
use kube::{Client, ResourceExt};
use std::time::Duration;

/// Show the main job on a local cluster: an alert comes in, a person approves, the remediation happens
///
/// Starts a sandbox, installs everything, deploys a workload, runs the controllers and sends them a recorded alert. On a terminal you are
/// asked to approve; otherwise, or with --yes, alice approves. Everything is removed at the end.
#[derive(clap::Args, Clone)]
pub struct DemoArgs {
    /// Let the playbook be this confident, 0 to 100: 80 and more runs at once, 60 to 79 is asked, less is refused
    #[arg(long, value_name = "PERCENT", default_value_t = 72.0, value_parser = percent)]
    confidence: f64,
    /// Reject instead of approving
    #[arg(long)]
    reject: bool,
    /// Approve (or reject) as alice without asking
    #[arg(short = 'y', long)]
    yes: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "a number from 0 to 100 is needed".to_owned())?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err("a number from 0 to 100 is needed".to_owned()) }
}

const PATIENCE: Duration = Duration::from_secs(120);

/// What the demo has on its stage.
struct Scene {
    sandbox: Sandbox,
    client: Client,
    look: Look,
}

impl Scene {
    /// Shows a command as a person would type it, and carries it out.
    async fn types(&self, user: &str, words: &[&str]) -> anyhow::Result<Exit> {
        eprintln!("\n$ kubectl kubernaut {} --context {user}", words.join(" "));
        let kubeconfig = self.sandbox.kubeconfig_path().display().to_string();
        let all = ["kubectl-kubernaut"].into_iter().chain(words.iter().copied()).chain(["--context", user, "--kubeconfig", &kubeconfig]);
        Box::pin(super::perform(all, self.look)).await
    }
}

/// Runs the demo.
///
/// # Errors
/// When a part cannot be started, or the end is not the expected one.
pub async fn run(args: &DemoArgs, session: &Session) -> anyhow::Result<Exit> {
    say("Starting a local cluster");
    let sandbox = Sandbox::start(Options::default()).await?;
    let client = sandbox.client("admin").await?;
    let scene = Scene { sandbox, client, look: session.look };
    let played = play(&scene, args, session).await;
    scene.sandbox.stop().await;
    played
}

fn say(text: &str) {
    eprintln!("\n▸ {text}");
}

async fn play(scene: &Scene, args: &DemoArgs, session: &Session) -> anyhow::Result<Exit> {
    scene.types("admin", &["install"]).await?;
    say("Deploying payment/payment-api, three pods with 512Mi each");
    stage::deploy(&scene.client).await?;
    say("Starting the controllers, as the account that install made");
    let mut controllers = Controllers::start(&scene.sandbox, args.confidence).await?;
    let played = tokio::select! {
        played = remediate(scene, args, session, &controllers.gateway) => played,
        died = controllers.process.wait() => Err(Failure::new(Reason::Internal, format!("the controllers ended: {died:?}")).because(controllers.tail()).into()),
    };
    controllers.stop().await;
    played
}

async fn remediate(scene: &Scene, args: &DemoArgs, session: &Session, gateway: &str) -> anyhow::Result<Exit> {
    let before = stage::look(&scene.client).await?;
    say("A recorded Alertmanager webhook arrives: KubePodCrashLooping, critical");
    let request = stage::alert(&scene.client, gateway, session.now()).await?;
    eprintln!("  remediation {}/{request}", stage::NAMESPACE);
    decide(scene, args, session, &request).await?;
    let ended = over(scene, &request).await?;
    say("What happened");
    let tree = status::tree(&scene.client, stage::NAMESPACE, &request, session.now()).await?;
    session.voice.print(&render::text(&tree, &scene.look, session.times, session.now()))?;
    let after = stage::look(&scene.client).await?;
    ending::show(&scene.client, &before, &after, &request, session).await?;
    ending::check(args.confidence, args.reject, &ended, &before, &after)
}

/// Waits until a person is asked or the remediation goes on by itself; decides in the first case.
async fn decide(scene: &Scene, args: &DemoArgs, session: &Session, request: &str) -> anyhow::Result<()> {
    let requests: Api<RemediationRequest> = Api::namespaced(scene.client.clone(), stage::NAMESPACE);
    let settled = |found: Option<&RemediationRequest>| {
        found.is_some_and(|found| {
            found.phase().is_over() || matches!(found.phase(), RemediationPhase::AwaitingApproval | RemediationPhase::Executing)
        })
    };
    let found = patiently("a decision", await_condition(requests, request, settled)).await?;
    if found.is_none_or(|found| found.phase() != RemediationPhase::AwaitingApproval) {
        return Ok(());
    }
    let name = names::approval(&names::analysis(request));
    scene.types("bob", &["get", "approvals", "-n", stage::NAMESPACE]).await?;
    let reason = "rejected in the demo";
    let mut words = if args.reject { vec!["reject", &name, "--reason", reason] } else { vec!["approve", &name] };
    words.extend(["-n", stage::NAMESPACE]);
    let asks = session.look.keyboard && !args.yes;
    if !asks {
        scene.types("alice", &["review", &name, "-n", stage::NAMESPACE]).await?;
        words.push("--yes");
    }
    scene.types("alice", &words).await?;
    decided(scene, &name).await
}

/// Somebody who answered with no is asked nothing more: then the demo rejects for them.
async fn decided(scene: &Scene, name: &str) -> anyhow::Result<()> {
    let approvals: Api<AIApprovalRequest> = Api::namespaced(scene.client.clone(), stage::NAMESPACE);
    match approvals.get(name).await?.decision() {
        Decision::Undecided => Err(Failure::new(Reason::ConfirmationRequired, "the plan was not decided, so the demo ends here").into()),
        _ => Ok(()),
    }
}

async fn over(scene: &Scene, request: &str) -> anyhow::Result<RemediationRequest> {
    let requests: Api<RemediationRequest> = Api::namespaced(scene.client.clone(), stage::NAMESPACE);
    let is_over = |found: Option<&RemediationRequest>| found.is_some_and(|found| found.phase().is_over());
    let found = patiently("the end of the remediation", await_condition(requests, request, is_over)).await?;
    found.ok_or_else(|| Failure::new(Reason::NotFound, format!("{request} is gone")).into())
}

async fn patiently<T, E: std::error::Error + Send + Sync + 'static>(
    what: &str,
    wait: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T> {
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Failure::new(Reason::Timeout, format!("waited {PATIENCE:?} for {what} in vain")).into()),
    }
}

/// The pods of the workload, oldest first.
fn oldest(mut pods: Vec<k8s_openapi::api::core::v1::Pod>) -> Option<String> {
    pods.sort_by_key(|pod| (pod.creation_timestamp(), pod.name_any()));
    pods.first().map(ResourceExt::name_any)
}
