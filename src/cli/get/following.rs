//! Follows targets and blocks: whenever a ledger changes, what is computed from it and differs is appended.

use super::computed::{Item, Looking};
use super::watch::Page;
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Exit};
use crate::cli::kinds::Kind;
use crate::cli::ledgers::live;
use crate::cli::output::text::one_line;
use crate::cli::output::{Format, Seen};
use crate::cli::read::changes::{Change, Changes};
use crate::cli::read::{self, Selection, key};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Prints what there is, and appends what changes, until it is interrupted.
///
/// # Errors
/// When the API server refuses, or the output cannot be written.
pub(super) async fn follow<T: Item>(looking: &Looking<'_>, connected: &Connected, selection: Selection) -> anyhow::Result<Exit> {
    // The version is read before the ledgers: what changes in between comes as a change, and is the same then.
    let version = read::version(&connected.client, Kind::Target, &selection).await.attempted(|| "list targets".to_owned())?;
    let objects = live::ledgers(connected, &selection, looking.session).await?;
    let ledgers = objects.iter().filter(|(kind, _)| *kind == Kind::Target);
    let known: HashMap<String, String> = ledgers.map(|(_, seen)| (key(seen), seen.text("/metadata/resourceVersion").to_owned())).collect();
    let items: Vec<T> = looking.items(&looking.world(objects))?;
    let mut log = Log { looking, page: Page { header_due: true, widths: Vec::new() }, shown: BTreeMap::new() };
    match looking.args.watch_only {
        true => items.iter().try_for_each(|item| log.remember(item))?,
        false => log.append(items)?,
    }
    let mut changes = Changes::since(connected.client.clone(), Kind::Target, selection, version, known);
    loop {
        match changes.next().await? {
            // One that is not built yet says nothing; it changes once more when it is.
            Change::Now(seen) if seen.time("/status/rebuiltAt").is_some() => log.changed::<T>(seen)?,
            Change::Now(_) => {}
            Change::Gone(seen) => log.gone(&key(&seen)),
            Change::Missed(key) => log.gone(&key),
        }
    }
}

/// What was printed, and how wide.
struct Log<'a> {
    looking: &'a Looking<'a>,
    page: Page,
    /// What is shown of each target, by its name.
    shown: BTreeMap<String, Vec<Value>>,
}

impl Log<'_> {
    fn changed<T: Item>(&mut self, seen: Seen) -> anyhow::Result<()> {
        let target = seen.text("/spec/targetResource").to_owned();
        let items: Vec<T> = self.looking.items(&self.looking.world(vec![(Kind::Target, seen)]))?;
        let before = self.shown.remove(&target).unwrap_or_default();
        if items.is_empty() && !before.is_empty() {
            self.looking.session.voice.tell(&one_line(&format!("note: {target} has no {} any more", T::VIEW.plural())));
        }
        let mut new = Vec::new();
        for item in items {
            let value = serde_json::to_value(&item)?;
            match before.contains(&value) {
                true => self.remember(&item)?,
                false => new.push(item),
            }
        }
        self.append(new)
    }

    fn gone(&mut self, key: &str) {
        self.looking.session.voice.tell(&one_line(&format!("note: the ledger {key} is gone")));
    }

    fn remember<T: Item>(&mut self, item: &T) -> anyhow::Result<()> {
        self.shown.entry(item.target().to_owned()).or_default().push(serde_json::to_value(item)?);
        Ok(())
    }

    fn append<T: Item>(&mut self, items: Vec<T>) -> anyhow::Result<()> {
        items.iter().try_for_each(|item| self.remember(item))?;
        let items: Vec<T> = items.into_iter().filter(|item| self.looking.is_meant(item)).collect();
        let Self { looking, page, .. } = self;
        let (voice, output) = (&looking.session.voice, &looking.args.output);
        match output.format() {
            form if form.is_rendered() => items.iter().try_for_each(|item| {
                let header = std::mem::take(&mut page.header_due) && !looking.args.no_headers;
                Ok(voice.print(&output.render_next(&T::ONE.of(item)?, header)?)?)
            }),
            Format::Name => items.iter().filter_map(Item::full_name).try_for_each(|name| Ok(voice.print_line(&one_line(&name))?)),
            _ if items.is_empty() => Ok(()),
            _ => page.append(&T::table(&items, looking.shape()?), looking.session, !looking.args.no_headers),
        }
    }
}
