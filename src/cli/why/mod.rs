//! `why`: whether a run may start, what stands in its way, and what would clear it; by the rules the controllers use, writing nothing.

mod ahead;
mod approval;
pub mod explanation;
mod question;
#[cfg(test)]
mod tests;
mod text;

pub use text::gate_name;

use super::connect::Connected;
use super::failure::{Attempted, Exit, Failure, Reason};
use super::get::not_found;
use super::in_force::InForce;
use super::kinds::{Kind, type_and_name};
use super::ledgers::{self, SourceArgs, World, live};
use super::output::{OutputArgs, Seen, text::one_line};
use super::read;
use super::session::Session;
use super::target;
use crate::api::names;
use crate::rules::gate::Verdict;
use crate::settings::Settings;
use explanation::Explanation;
use jiff::Timestamp;
use question::Question;
use serde::Serialize;

/// Explain whether a run may start, and what stands in its way
#[derive(clap::Args)]
pub struct WhyArgs {
    /// A run (wfe/NAME), a remediation (rr/NAME), or an approval request (aar/NAME: why a person is asked)
    #[arg(value_name = "TYPE/NAME", required_unless_present = "target", conflicts_with = "target")]
    object: Option<String>,
    /// A target instead, as namespace/kind/name or kind/name
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Ask for this workflow on the target; for any when left out
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
    /// End with 4 if it is blocked
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is asked, when, and under which settings.
struct Asked<'a> {
    args: &'a WhyArgs,
    session: &'a Session,
    now: Timestamp,
    settings: Settings,
}

type Objects = Vec<(Kind, Seen)>;

/// Explains.
///
/// # Errors
/// When there is no such object, or the API server does not answer.
pub async fn run(args: &WhyArgs, session: &Session) -> anyhow::Result<Exit> {
    args.source.check()?;
    if args.workflow.is_some() && args.object.is_some() {
        return Err(Failure::usage("--workflow goes with --target; a run has its own workflow").into());
    }
    let asked = Asked { args, session, now: args.source.now(session)?, settings: args.source.settings()? };
    let named = args.object.as_deref().map(type_and_name).transpose().map_err(Failure::usage)?;
    if let Some((Some(kind), name)) = &named {
        question::check(*kind, name)?;
    }
    match args.source.offline {
        true => asked.of_files(named),
        false => asked.of_cluster(named, &session.connect()?).await,
    }
}

impl Asked<'_> {
    fn of_files(&self, named: Option<(Option<Kind>, String)>) -> anyhow::Result<Exit> {
        let world = self.args.source.world(self.session)?;
        let namespace = self.session.connection.namespace.as_deref();
        match named {
            Some((Some(Kind::Approval), name)) => self.tell_approval(question::locate(&world, Kind::Approval, &name, namespace)?),
            named => {
                let question = self.question(&world, named, namespace)?;
                if question.run.uid.is_empty() && ledgers::of(&world, &question.target, self.now, &self.settings.gate).is_unknown() {
                    self.session.voice.tell(&one_line(&format!("note: nothing in the files is about {}", question.target)));
                }
                self.tell(&world, &question)
            }
        }
    }

    fn question(&self, world: &World, named: Option<(Option<Kind>, String)>, namespace: Option<&str>) -> Result<Question, Failure> {
        match (named, &self.args.target) {
            (Some((kind, name)), _) => question::about(world, kind, &name, namespace, self.now),
            (None, Some(text)) => {
                let read = if self.args.source.offline { target::lenient } else { target::strict };
                Ok(Question::of_target(read(text, namespace)?, self.args.workflow.as_deref()))
            }
            (None, None) => Err(Failure::usage("name an object or a target")),
        }
    }

    async fn of_cluster(&self, named: Option<(Option<Kind>, String)>, connected: &Connected) -> anyhow::Result<Exit> {
        if let Some((Some(Kind::Approval), name)) = &named {
            let seen = get(connected, Kind::Approval, name).await?;
            return self.by_controllers("limits", connected).await.tell_approval(&seen);
        }
        let mut objects = match &named {
            Some((kind, name)) => fetched(connected, *kind, name).await?,
            None => Objects::new(),
        };
        let first = World::of(objects.clone(), &mut |_| {});
        let mut question = self.question(&first, named, Some(&connected.namespace))?;
        if question.object.is_none() {
            question.is_there = target::remark(connected, &question.target, self.session).await;
        }
        objects.extend(live::ledger(connected, &question.target, self.session).await?);
        let world = World::of(objects, &mut |remark| self.session.voice.tell(&format!("warning: {}", one_line(&remark))));
        match ledgers::of(&world, &question.target, self.now, &self.settings.gate).depends_on_settings() {
            true => self.by_controllers("settings", connected).await.tell(&world, &question),
            false => self.tell(&world, &question),
        }
    }

    /// The same question, by the settings that are in force on the cluster.
    async fn by_controllers(&self, what: &str, connected: &Connected) -> Asked<'_> {
        let of_file = self.args.source.config.as_ref().map(|_| &self.settings);
        let in_force = InForce::find(of_file, connected, self.session.now()).await;
        in_force.say(what, self.session);
        Asked { args: self.args, session: self.session, now: self.now, settings: in_force.settings }
    }

    fn tell(&self, world: &World, question: &Question) -> anyhow::Result<Exit> {
        let ledger = ledgers::of(world, &question.target, self.now, &self.settings.gate);
        let explained = Explanation::of(question, &ledger.status, self.now, &self.settings.gate);
        self.print(&explained, || text::screen(&explained, question, self.session))?;
        Ok(if self.args.exit_code && explained.verdict == Verdict::Blocked { Exit::No } else { Exit::Done })
    }

    fn tell_approval(&self, seen: &Seen) -> anyhow::Result<Exit> {
        let explained = approval::ApprovalExplanation::of(seen, self.now, &self.settings.approval);
        self.print(&explained, || approval::screen(&explained, self.session))?;
        Ok(Exit::Done)
    }

    fn print(&self, explained: &impl Serialize, screen: impl Fn() -> String) -> anyhow::Result<()> {
        let printed = match self.args.output.format() {
            format if format.is_rendered() => self.args.output.render(&serde_json::to_value(explained)?)?,
            _ => screen(),
        };
        Ok(self.session.voice.print(&printed)?)
    }
}

async fn get(connected: &Connected, kind: Kind, name: &str) -> Result<Seen, Failure> {
    match read::get(&connected.client, kind, &connected.namespace, name).await {
        Ok(seen) => Ok(seen),
        Err(error) => Err(not_found(connected, kind, name, &error).await),
    }
}

/// The run or remediation of that name, and of a remediation its run, or its analysis and what people are asked. A bare name is a run's, or else a remediation's.
async fn fetched(connected: &Connected, kind: Option<Kind>, name: &str) -> Result<Objects, Failure> {
    match kind {
        Some(Kind::Remediation) => remediation(connected, get(connected, Kind::Remediation, name).await?).await,
        Some(kind) => Ok(vec![(kind, get(connected, kind, name).await?)]),
        None => match get(connected, Kind::Execution, name).await {
            Ok(seen) => Ok(vec![(Kind::Execution, seen)]),
            Err(failure) if failure.reason == Reason::NotFound => {
                let doing = || format!("read rr/{name}");
                let found = read::find(&connected.client, Kind::Remediation, &connected.namespace, name).await.attempted(doing)?;
                match found {
                    Some(request) => remediation(connected, request).await,
                    None => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        },
    }
}

async fn remediation(connected: &Connected, request: Seen) -> Result<Objects, Failure> {
    let expected =
        |pointer: &str, expected: String| Some(request.text(pointer).to_owned()).filter(|name| !name.is_empty()).unwrap_or(expected);
    let children = [
        (Kind::Execution, expected("/status/workflowExecutionRef/name", names::workflow(request.name()))),
        (Kind::Analysis, expected("/status/aiAnalysisRef/name", names::analysis(request.name()))),
    ];
    let mut objects = vec![];
    for (kind, name) in children {
        let doing = || format!("read {}/{name}", kind.short());
        let found = read::find(&connected.client, kind, &connected.namespace, &name).await.attempted(doing)?;
        objects.extend(found.map(|seen| (kind, seen)));
    }
    if !objects.iter().any(|(kind, _)| *kind == Kind::Execution) {
        let analysis = objects.iter().find(|(kind, _)| *kind == Kind::Analysis).map(|(_, seen)| seen);
        let asked = question::approval(&request, analysis);
        // Who may not read what people are asked is told that they are.
        let found = read::find(&connected.client, Kind::Approval, &connected.namespace, &asked).await.ok().flatten();
        objects.extend(found.map(|seen| (Kind::Approval, seen)));
    }
    objects.push((Kind::Remediation, request));
    Ok(objects)
}
