//! Follows changes and appends a row for each, as kubectl does.

use super::View;
use super::documents;
use super::rows::Row;
use crate::cli::failure::Exit;
use crate::cli::output::text::one_line;
use crate::cli::output::{Format, Seen, Table};
use crate::cli::read::changes::{Change, Changes};
use crate::cli::read::{CHUNK, key};
use crate::cli::session::Session;
use std::collections::HashMap;

/// Versions of objects, by their keys.
pub type Versions = HashMap<String, String>;

/// How rows are laid out after the first page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// No header was printed yet.
    pub header_due: bool,
    /// Widths of the columns so far.
    pub widths: Vec<usize>,
}

/// The versions of the objects that rows were made of.
pub fn versions(rows: &[Row]) -> Versions {
    rows.iter().filter(|row| !row.version.is_empty()).map(|row| (format!("{}/{}", row.namespace, row.name), row.version.clone())).collect()
}

/// The wider of two tables' columns, each.
pub fn wider(one: Vec<usize>, other: Vec<usize>) -> Vec<usize> {
    one.into_iter().zip(other).map(|(one, other)| one.max(other)).collect()
}

/// Appends what changes, until it is interrupted.
///
/// # Errors
/// When the API server refuses, or the output cannot be written.
pub(super) async fn follow(view: &View<'_>, version: String, known: Versions, mut page: Page) -> anyhow::Result<Exit> {
    let mut changes = Changes::since(view.connected.client.clone(), view.kind, view.selection(CHUNK), version, known);
    loop {
        match changes.next().await? {
            // What left the selection looks in this event as it did when it was in it.
            Change::Gone(seen) if view.args.selects() => tell_gone(view, &key(&seen), "is no longer among these"),
            Change::Now(seen) | Change::Gone(seen) => append(view, seen, &mut page).await?,
            Change::Missed(key) => tell_gone(view, &key, "is gone"),
        }
    }
}

fn tell_gone(view: &View<'_>, key: &str, what: &str) {
    let (namespace, name) = key.split_once('/').unwrap_or_default();
    view.session.voice.tell(&one_line(&format!("note: {} of namespace {namespace} {what}", view.kind.full_name(name))));
}

async fn append(view: &View<'_>, seen: Seen, page: &mut Page) -> anyhow::Result<()> {
    let shape = view.shape();
    let Some(row) = shape.row(&seen) else { return Ok(()) };
    if !view.wanted.may_decide_in(view.connected, seen.namespace()).await? {
        return Ok(());
    }
    match view.args.output.format() {
        Format::Name => Ok(view.session.voice.print_line(&one_line(&view.kind.full_name(seen.name())))?),
        form if form.is_rendered() => documents::print(view, seen.0, page),
        _ => page.append(&shape.table([row]), view.session, !view.args.no_headers),
    }
}

impl Page {
    /// Appends rows; the header comes once, and on a terminal again when columns grow.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn append(&mut self, table: &Table, session: &Session, headers: bool) -> anyhow::Result<()> {
        let wanted = table.widths();
        let grown = wanted.iter().zip(&self.widths).any(|(wanted, given)| wanted > given);
        self.widths = if self.widths.is_empty() { wanted } else { wider(wanted, std::mem::take(&mut self.widths)) };
        let again = grown && session.look.out.terminal;
        let header = (std::mem::take(&mut self.header_due) || again) && headers;
        let lines = table.lines_as_wide_as(&session.look, header, &self.widths);
        Ok(session.voice.print(&lines.into_iter().map(|line| line + "\n").collect::<String>())?)
    }
}
