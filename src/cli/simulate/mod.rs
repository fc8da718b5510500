//! `simulate`: what would become of an alert, by the rules that the controllers use. It writes nothing, to no cluster.

mod apply;
mod input;
mod play;
mod scene;
mod screen;
pub(super) mod shape;
mod stand_in;
#[cfg(test)]
mod tests;
mod thought;
mod told;

use super::connect::Connected;
use super::failure::{Exit, Failure, Reason};
use super::in_force::InForce;
use super::ledgers::{SourceArgs, World, files};
use super::output::{Format, OutputArgs, text::one_line};
use super::run_controllers::{playbooks, routing};
use super::session::Session;
use crate::channels::Channels;
use crate::rules::alert::Webhook;
use crate::settings::Settings;
use input::AlertArgs;
use jiff::Timestamp;
use play::Play;
use scene::{Place, Scene};
use shape::{Outcome, Simulation};
use stand_in::StandIn;
use std::path::PathBuf;
use thought::Supposed;

/// Show what would become of an alert, end to end, without acting
#[derive(clap::Args)]
pub struct SimulateArgs {
    /// An Alertmanager webhook in JSON, repeatable; with --offline also objects that stand in for the cluster; - is standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    alert: AlertArgs,
    #[command(flatten)]
    supposed: Supposed,
    /// Read files instead of a cluster; nothing is contacted
    #[arg(long)]
    offline: bool,
    /// The time to simulate, as RFC 3339 or from now on, for example +10m
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// The controllers' settings, in YAML, where they are not the usual ones
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Routing file, or a whole Alertmanager configuration; without it the ConfigMap that run-controllers reads, else the built-in tree
    #[arg(long, value_name = "FILE")]
    routing: Option<PathBuf>,
    /// End with 4 unless this is the result
    #[arg(long, value_name = "RESULT", value_enum, ignore_case = true)]
    expect: Option<Outcome>,
    /// Create the requests after all, in your name, if the result is as expected; you may then not approve them yourself
    #[arg(long, conflicts_with_all = ["offline", "at", "confidence", "workflow"])]
    apply: bool,
    /// Do not ask before creating
    #[arg(short = 'y', long, requires = "apply")]
    yes: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is simulated, when, and under which settings.
struct Asked<'a> {
    args: &'a SimulateArgs,
    session: &'a Session,
    now: Timestamp,
    settings: Settings,
}

/// Simulates.
///
/// # Errors
/// When there is no alert, or the cluster cannot be read.
pub async fn run(args: &SimulateArgs, session: &Session) -> anyhow::Result<Exit> {
    let source = SourceArgs { at: args.at.clone(), config: args.config.clone(), ..SourceArgs::default() };
    let asked = Asked { args, session, now: source.now(session)?, settings: source.settings()? };
    // What is wrong with the words is said first, so whether there is a cluster counts later.
    let connected = (!args.offline).then(|| session.connect());
    let context = connected.as_ref().and_then(|connected| connected.as_ref().ok()).map(|connected| connected.namespace.as_str());
    let (messages, objects) = asked.given(context.or(session.connection.namespace.as_deref()))?;
    match connected {
        None => asked.of_files(&messages, objects).await,
        Some(connected) => asked.of_cluster(&messages, &connected?).await,
    }
}

impl Asked<'_> {
    fn remark(&self, text: &str) {
        self.session.voice.tell(&format!("warning: {}", one_line(text)));
    }

    /// The alerts, and the objects of the files.
    fn given(&self, namespace: Option<&str>) -> Result<(Vec<Webhook>, Vec<files::Found>), Failure> {
        let described = self.args.alert.message(self.now, namespace)?;
        let (mut messages, objects) = input::parted(files::read(&self.args.files, &mut |text| self.remark(&text))?)?;
        if described.is_some() && !messages.is_empty() {
            return Err(Failure::usage("--alert describes an alert, and a file holds one, too").hint("leave out one of them"));
        }
        messages.extend(described);
        if messages.iter().all(|message| message.alerts.is_empty()) {
            let hint = "name an Alertmanager webhook with -f FILE, or describe an alert with --alert NAME --target namespace/kind/name";
            return Err(Failure::usage("there is no alert to simulate").hint(hint));
        }
        if !objects.is_empty() && !self.args.offline {
            return Err(Failure::usage("the files hold objects, not only alerts").hint("with --offline they stand in for the cluster"));
        }
        Ok((messages, objects))
    }

    async fn of_files(&self, messages: &[Webhook], objects: Vec<files::Found>) -> anyhow::Result<Exit> {
        let namespace = self.session.connection.namespace.as_deref();
        let stand_in = StandIn::of(&objects, namespace.unwrap_or("default"), &mut |text| self.remark(&text));
        let world = World::of_files(objects, namespace, &mut |text| self.remark(&text));
        let channels = self.channels(None).await?;
        let simulation = self.played(messages, &self.scene(stand_in.client(), Place::Files(Box::new(world), stand_in)), &channels).await?;
        self.tell(&simulation)
    }

    async fn of_cluster(&self, messages: &[Webhook], connected: &Connected) -> anyhow::Result<Exit> {
        let asked = self.by_controllers(connected).await;
        let channels = asked.channels(Some(&connected.client)).await?;
        let simulation = asked.played(messages, &asked.scene(connected.client.clone(), Place::Cluster(connected)), &channels).await?;
        match asked.tell(&simulation)? {
            Exit::Done if self.args.apply => apply::create(&simulation, self.args.yes, connected, self.session).await,
            exit => Ok(exit),
        }
    }

    /// The same question, by the settings that are in force on the cluster. Playbooks are not published: which are used is said.
    async fn by_controllers(&self, connected: &Connected) -> Asked<'_> {
        let of_file = self.args.config.as_ref().map(|_| &self.settings);
        let in_force = InForce::find(of_file, connected, self.session.now()).await;
        in_force.say("settings and the built-in playbooks", self.session);
        if in_force.own_playbooks == Some(true) {
            self.session
                .voice
                .tell("note: with the built-in playbooks, but the controllers have their own; name their settings with --config");
        }
        Asked { args: self.args, session: self.session, now: self.now, settings: in_force.settings }
    }

    fn scene<'b>(&'b self, client: kube::Client, place: Place<'b>) -> Scene<'b> {
        Scene { client, place, session: self.session, now: self.now, settings: self.settings.clone() }
    }

    async fn played(&self, messages: &[Webhook], scene: &Scene<'_>, channels: &Channels) -> Result<Simulation, Failure> {
        let analyst = playbooks(&self.settings)?;
        let mut play = Play::new(scene, analyst.as_ref(), &self.args.supposed, channels.tree());
        let mut requests = vec![];
        for message in messages {
            requests.extend(play.message(message).await?);
        }
        Ok(Simulation::of(requests, self.now))
    }

    fn tell(&self, simulation: &Simulation) -> anyhow::Result<Exit> {
        let printed = match self.args.output.format() {
            format if format.is_rendered() => self.args.output.render(&serde_json::to_value(simulation)?)?,
            Format::Name => screen::names(simulation),
            _ => screen::of(simulation, &self.settings.approval, self.session),
        };
        self.session.voice.print(&printed)?;
        Ok(self.compared(simulation))
    }

    /// The routing tree that the controllers would use; what one may not read is said.
    async fn channels(&self, client: Option<&kube::Client>) -> Result<Channels, Failure> {
        let found = |client| routing::channels(self.args.routing.as_deref(), &self.settings.notifications, client, self.session);
        match found(client).await {
            Err(failure) if failure.reason == Reason::Forbidden => {
                self.remark(&format!("receivers are those of the built-in routing tree: {failure}; name the file with --routing"));
                found(None).await
            }
            found => found,
        }
    }

    fn compared(&self, simulation: &Simulation) -> Exit {
        let Some(expected) = self.args.expect.filter(|expected| *expected != simulation.result) else { return Exit::Done };
        let expected = format!("{expected:?}").to_uppercase();
        self.session.voice.tell(&format!("expected {expected}, but it {}", screen::result(simulation)));
        Exit::No
    }
}
