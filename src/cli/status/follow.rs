//! `status -w`: frames over each other on a terminal, a line for each change otherwise.

use super::asker::{Asker, DECIDED};
use super::controllers::Controllers;
use super::known::Known;
use super::live::{Live, can_draw};
use super::news::News;
use super::overview::{self, Overview, View};
use super::tree::StatusTree;
use super::wait::deleted;
use super::{
    StatusArgs, family, named_place, namespace, overview_lines, print_tree, read_tree, reading, remark, render, shape, there_is, verdict,
};
use crate::cli::check::lease;
use crate::cli::connect::Connected;
use crate::cli::failure::Exit;
use crate::cli::get::not_found;
use crate::cli::kinds::Kind;
use crate::cli::output::text::one_line;
use crate::cli::output::{Format, OutputArgs};
use crate::cli::read;
use crate::cli::session::Session;
use crate::cli::whoami::me;
use serde_json::Value;
use std::collections::BTreeMap;

/// Follows a remediation until it is over; then its tree stays.
pub async fn one(args: &StatusArgs, name: &str, session: &Session, connected: &Connected) -> anyhow::Result<Exit> {
    let place = connected.namespace.as_str();
    let request = match read::get(&connected.client, Kind::Remediation, place, name).await {
        Ok(request) => request,
        Err(error) => return Err(not_found(connected, Kind::Remediation, name, &error).await.into()),
    };
    let mut live = Live::begin(session, connected, reading::followed(place, &request)).await?;
    if let Some((_, why)) = live.known.hidden().iter().find(|(kind, _)| *kind == Kind::Remediation) {
        return Err(why.clone().into());
    }
    if let Some(idle) = lease::idle(connected, session.now()).await {
        session.voice.tell(&format!("note: {idle}"));
    }
    let mut telling = Telling::of(args, session);
    if telling.draws {
        live.draw_on_terminal()?;
    }
    loop {
        let now = session.now();
        let Some(tree) = family::tree(&live.known, place, name, now) else { return Err(deleted(place, name).into()) };
        if tree.is_over() {
            break;
        }
        live.draw(|look, rows| {
            let wide = args.output.format() == Format::Wide;
            render::lines(&tree, &render::Shape { rows: Some(rows), ..shape(session, look, wide, now) })
        })?;
        telling.tree(&tree)?;
        if let Some(exit) = live.news().await? {
            return Ok(exit);
        }
    }
    live.end()?;
    // Its children are followed one by one, and what was heard of them last may be older.
    let tree = read_tree(args, name, session, connected).await?;
    telling.tree(&tree)?;
    if !telling.is_for_machines {
        telling.gap()?;
        print_tree(args, &tree, session, connected)?;
    }
    Ok(verdict(args, &tree))
}

/// Follows what needs a person, until it is interrupted.
pub async fn everything(args: &StatusArgs, session: &Session, connected: &Connected) -> anyhow::Result<Exit> {
    let place = namespace(args, connected);
    let asker = async { Asker::ask(connected, me(connected).await.ok(), place, &DECIDED).await };
    let begun = Live::begin(session, connected, overview::wanted(place));
    let (live, asker, controllers) = futures::join!(begun, asker, Controllers::look(connected, session));
    let mut live = live?;
    there_is(&live.known, place, connected).await?;
    controllers.tell_idle(place, session, connected).await;
    live.known.hidden().iter().for_each(|(_, why)| remark(session, why));
    let sum_up = |known: &Known| overview::overview(&View::of(known, place, &asker, controllers.gate(), session.now()));
    if View::of(&live.known, place, &asker, controllers.gate(), session.now()).depends_on_settings() {
        controllers.tell_guessed(&named_place(args, session, connected), session);
    }
    let mut telling = Telling::of(args, session);
    if telling.draws {
        live.draw_on_terminal()?;
    } else if !telling.is_for_machines {
        let overview = sum_up(&live.known);
        let lines = overview_lines(&overview, args, session, connected, &session.look, None);
        session.voice.print_line(&lines.join("\n"))?;
    }
    loop {
        let overview = sum_up(&live.known);
        live.draw(|look, rows| overview_lines(&overview, args, session, connected, look, Some(rows)))?;
        let phases: Vec<(String, String, String)> = live.known.of(Kind::Remediation).map(standing).collect();
        telling.overview(&overview, &phases)?;
        if let Some(exit) = live.news().await? {
            return Ok(exit);
        }
    }
}

fn standing(seen: &crate::cli::output::Seen) -> (String, String, String) {
    let outcome = [seen.text("/status/outcome"), seen.text("/status/message")].into_iter().filter(|text| !text.is_empty());
    let object = format!("{}/rr/{}", seen.namespace(), seen.name());
    (object, family::phase(Kind::Remediation, seen), outcome.collect::<Vec<_>>().join(": "))
}

/// Tells what changed, where nothing is drawn.
struct Telling<'a> {
    session: &'a Session,
    draws: bool,
    is_for_machines: bool,
    output: &'a OutputArgs,
    header_due: bool,
    news: News,
    needs: Option<BTreeMap<String, String>>,
    told: Value,
}

impl<'a> Telling<'a> {
    fn of(args: &'a StatusArgs, session: &'a Session) -> Self {
        let is_for_machines = args.output.format().is_rendered();
        let draws = !is_for_machines && can_draw(session);
        let (output, news) = (&args.output, News::default());
        Self { session, draws, is_for_machines, output, header_due: true, news, needs: None, told: Value::Null }
    }

    fn tree(&mut self, tree: &StatusTree) -> anyhow::Result<()> {
        if self.is_for_machines {
            return self.document(serde_json::to_value(tree)?);
        }
        self.lines(|news, now| news.of(tree, now))
    }

    fn overview(&mut self, overview: &Overview, phases: &[(String, String, String)]) -> anyhow::Result<()> {
        if self.is_for_machines {
            return self.document(serde_json::to_value(overview)?);
        }
        let is_first = self.needs.is_none();
        let now = self.session.now();
        let moved = phases.iter().filter_map(|(object, phase, info)| self.news.line(object, phase, info, now)).collect::<Vec<_>>();
        let needs: BTreeMap<String, String> =
            overview.needs_you.iter().map(|need| (format!("{:?} {}", need.what, need.object), need.to_do(true).to_owned())).collect();
        let before = self.needs.replace(needs.clone()).unwrap_or_default();
        let stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ");
        let new = needs
            .iter()
            .filter(|(key, _)| !before.contains_key(*key))
            .map(|(key, command)| format!("{stamp}  needs you: {key}  {command}"));
        let done = before.keys().filter(|key| !needs.contains_key(*key)).map(|key| format!("{stamp}  no longer: {key}"));
        let lines: Vec<String> = moved.into_iter().chain(new).chain(done).collect();
        // What there is at the beginning was shown already.
        if is_first { Ok(()) } else { self.lines(|_, _| lines) }
    }

    fn lines(&mut self, lines: impl FnOnce(&mut News, jiff::Timestamp) -> Vec<String>) -> anyhow::Result<()> {
        let lines = lines(&mut self.news, self.session.now());
        let shown = lines.iter().filter(|_| !self.draws);
        Ok(shown.map(|line| one_line(line)).try_for_each(|line| self.session.voice.print_line(&line))?)
    }

    /// One compact document for each change, as `kubectl get -w` writes them; that time passes is none.
    fn document(&mut self, value: Value) -> anyhow::Result<()> {
        let timeless = without_clock(value.clone());
        if std::mem::replace(&mut self.told, timeless.clone()) == timeless {
            return Ok(());
        }
        let header = std::mem::take(&mut self.header_due);
        Ok(self.session.voice.print(&self.output.render_next(&value, header)?)?)
    }

    /// Sets the tree that stays apart from the lines before it.
    fn gap(&self) -> std::io::Result<()> {
        if self.draws { Ok(()) } else { self.session.voice.print_line("") }
    }
}

fn without_clock(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.remove("at");
    }
    if let Some(waiting) = value.get_mut("waiting").and_then(Value::as_object_mut) {
        waiting.remove("untilInSeconds");
    }
    value
}
