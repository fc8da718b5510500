//! `history -w`: what happens is appended, a line each, as the objects tell it.

use super::timeline::{Item, Subject, Timeline};
use super::trail::{Trail, policies, wanted};
use super::{BESIDES, HistoryArgs, LIMITS, narrow, one, table};
use crate::cli::connect::Connected;
use crate::cli::failure::Exit;
use crate::cli::kinds::Kind;
use crate::cli::output::text::escaped_json;
use crate::cli::output::{Format, Seen, yaml};
use crate::cli::session::Session;
use crate::cli::status::live::Live;
use crate::cli::status::remark;
use jiff::Timestamp;
use std::collections::HashSet;

/// Shows the timeline, and then goes on until it is interrupted. Events of the cluster are not followed.
pub async fn follow(
    args: &HistoryArgs,
    session: &Session,
    connected: &Connected,
    place: Option<&str>,
    subject: &Subject,
) -> anyhow::Result<Exit> {
    let one = one(connected, subject).await;
    let wanted = wanted(place, &BESIDES, one.as_ref());
    let kinds: Vec<Kind> = wanted.iter().map(|(kind, _)| *kind).collect();
    let (live, policies) = futures::join!(Live::begin(session, connected, wanted), policies(connected, session));
    let (mut live, policies) = (live?, policies?);
    live.known.hidden().iter().for_each(|(_, why)| remark(session, why));
    session.voice.tell(LIMITS);
    let mut printing = Printing { args, session, told: HashSet::new(), widths: Vec::new() };
    loop {
        let seen: Vec<(Kind, Seen)> = kinds.iter().flat_map(|kind| live.known.of(*kind).map(|seen| (*kind, seen.clone()))).collect();
        let is_first = printing.told.is_empty();
        let trail = Trail::of(seen, &policies, &mut |remark| {
            if is_first {
                session.voice.tell(&remark)
            }
        });
        let mut timeline = Timeline::of(&trail, subject);
        narrow(&mut timeline, args, session.now());
        printing.add(timeline)?;
        live.several().await?;
    }
}

struct Printing<'a> {
    args: &'a HistoryArgs,
    session: &'a Session,
    told: HashSet<(String, String, Option<Timestamp>)>,
    widths: Vec<usize>,
}

impl Printing<'_> {
    fn add(&mut self, mut timeline: Timeline) -> anyhow::Result<()> {
        // A name that was unverified a moment ago is no news.
        timeline.items.retain(|item| self.told.insert((item.object.clone(), item.what.clone(), item.time)));
        if timeline.items.is_empty() {
            return Ok(());
        }
        match self.args.output.format() {
            Format::Json | Format::Yaml => timeline.items.iter().try_for_each(|item| self.document(item)),
            format => self.rows(&timeline, format == Format::Wide),
        }
    }

    fn document(&self, item: &Item) -> anyhow::Result<()> {
        let value = serde_json::to_value(item)?;
        let line = match self.args.output.format() {
            Format::Yaml => format!("---\n{}", yaml::to_yaml(&value)?.trim_end()),
            _ => escaped_json(&value.to_string()),
        };
        Ok(self.session.voice.print_line(&line)?)
    }

    fn rows(&mut self, timeline: &Timeline, wide: bool) -> anyhow::Result<()> {
        let table = table(timeline, wide, self.args.all_namespaces, self.session);
        let header = self.widths.is_empty();
        if header {
            self.widths = table.widths();
            // What happened may be long once; the next line need not be as wide.
            self.widths.pop();
        }
        let lines = table.lines_as_wide_as(&self.session.look, header, &self.widths);
        Ok(lines.iter().try_for_each(|line| self.session.voice.print_line(line))?)
    }
}
