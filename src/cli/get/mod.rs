//! `get`: tables of objects, as kubectl prints them, with what kubectl cannot compute.

mod args;
mod blocks;
mod columns;
mod computed;
mod documents;
mod following;
mod missing;
mod rows;
mod tables;
mod targets;
#[cfg(test)]
mod tests;
mod wanted;
mod watch;

pub use args::GetArgs;
pub use missing::not_found;
pub use tables::decision;
pub use wanted::person_may;

use super::connect::Connected;
use super::failure::{Exit, Failure, Reason};
use super::kinds::Kind;
use super::output::text::one_line;
use super::output::{Format, Seen, Table, query};
use super::read::{self, CHUNK, Chunks, Selection};
use super::session::Session;
use super::status::reviews;
use columns::Moment;
use computed::Computed;
use rows::{Row, Rows, Shape};
use std::sync::Arc;
use wanted::{Mine, Wanted};
use watch::Page;

/// Rows that are laid out at once where no terminal asks for more.
const BATCH: usize = 1_000;

/// What is shown, and how.
struct View<'a> {
    args: &'a GetArgs,
    session: &'a Session,
    connected: &'a Connected,
    kind: Kind,
    names: Vec<String>,
    wanted: Wanted,
}

/// Shows the objects.
///
/// # Errors
/// When an object that was named is not there, or the API server does not answer.
pub async fn run(args: &GetArgs, session: &Session) -> anyhow::Result<Exit> {
    if let Some((view, first)) = Computed::named(&args.kind) {
        let names: Vec<&str> = first.into_iter().chain(args.names.iter().map(String::as_str)).collect();
        return computed::run(view, &names, args, session).await;
    }
    let (kind, names) = args.subject()?;
    let connected = session.connect()?;
    show(args, session, &connected, kind, names).await
}

async fn show(args: &GetArgs, session: &Session, connected: &Connected, kind: Kind, names: Vec<String>) -> anyhow::Result<Exit> {
    let mut wanted = args.wanted();
    if args.mine {
        wanted.mine = Some(Arc::new(Mine::ask(connected, kind, args.all_namespaces).await?));
    }
    if args.needs_review {
        let place = Some(connected.namespace.as_str()).filter(|_| !args.all_namespaces);
        wanted.among = Some(Arc::new(reviews::open(connected, place, session.now()).await?));
    }
    let view = View { args, session, connected, kind, names, wanted };
    if args.watches() && args.sort_by.is_some() {
        session.voice.tell("note: changes come in the order in which they happen; --sort-by orders only what is there now");
    }
    match (view.names.is_empty(), args.output.format().is_rendered()) {
        (false, _) => view.named().await,
        (true, true) => documents::list(&view).await,
        (true, false) => view.all().await,
    }
}

impl View<'_> {
    /// Shows every selected object as a row.
    async fn all(&self) -> anyhow::Result<Exit> {
        let found = match &self.args.sort_by {
            Some(_) => self.sorted_rows().await?,
            None => rows::list(&self.connected.client, &self.selection(0), &self.shape()).await.map_err(|error| self.not_listed(&error))?,
        };
        let Rows { rows, version } = found;
        let rows = self.only_ours(rows).await?;
        let known = watch::versions(&rows);
        let page = self.print_rows(if self.args.watch_only { Vec::new() } else { rows })?;
        match self.args.watches() {
            true => watch::follow(self, version, known, page).await,
            false => Ok(Exit::Done),
        }
    }

    async fn sorted_rows(&self) -> anyhow::Result<Rows> {
        let mut items = Vec::new();
        let version = self.each_chunk(|chunk| {
            items.extend(chunk);
            Ok(())
        });
        let version = version.await?;
        self.sort(&mut items)?;
        let shape = self.shape();
        Ok(Rows { rows: items.iter().filter_map(|seen| shape.row(seen)).collect(), version })
    }

    /// Shows the objects that were named; a failure for each that is not there.
    async fn named(&self) -> anyhow::Result<Exit> {
        let (mut items, mut failures) = (Vec::new(), Vec::new());
        for name in &self.names {
            match read::get(&self.connected.client, self.kind, &self.connected.namespace, name).await {
                Ok(seen) => items.push(seen),
                Err(error) => failures.extend(self.unless_ignored(&error, name).await),
            }
        }
        self.sort(&mut items)?;
        let version = items.first().map(|seen| seen.text("/metadata/resourceVersion").to_owned());
        let shape = self.shape();
        let rows: Vec<Row> = items.iter().filter_map(|seen| shape.row(seen)).collect();
        let known = watch::versions(&rows);
        let shown = !self.args.watch_only;
        let page = match self.args.output.format().is_rendered() {
            true if self.args.watches() => self.lines(if shown { &items } else { &[] })?,
            true => documents::named(self, items)?,
            false => self.print_rows(if shown { rows } else { Vec::new() })?,
        };
        match version.filter(|_| self.args.watches() && failures.is_empty()) {
            Some(version) => watch::follow(self, version, known, page).await,
            None => self.told(failures),
        }
    }

    async fn unless_ignored(&self, error: &kube::Error, name: &str) -> Option<Failure> {
        let failure = not_found(self.connected, self.kind, name, error).await;
        Some(failure).filter(|failure| !(self.args.ignore_not_found && failure.reason == Reason::NotFound))
    }

    /// All but the last failure are told here; the last one decides the exit code.
    fn told(&self, mut failures: Vec<Failure>) -> anyhow::Result<Exit> {
        let last = failures.pop();
        let form = |failure: &Failure| match self.args.output.format().is_for_machines() {
            true => failure.as_json(),
            false => failure.as_text(self.session.look.err.color),
        };
        failures.iter().for_each(|failure| self.session.voice.tell(&form(failure)));
        last.map_or(Ok(Exit::Done), |failure| Err(failure.into()))
    }

    fn selection(&self, chunk: u32) -> Selection {
        self.args.selection(&self.connected.namespace, &self.names, chunk)
    }

    fn shape(&self) -> Arc<Shape> {
        let form = self.args.output.format();
        Arc::new(Shape {
            kind: self.kind,
            namespaces: self.args.all_namespaces && form != Format::Name,
            wide: form == Format::Wide,
            names: form == Format::Name,
            labels: if form == Format::Name { Default::default() } else { self.args.labels.clone() },
            watched: self.args.watches(),
            wanted: self.wanted.clone(),
            moment: Moment { times: self.session.times, now: self.session.now() },
        })
    }

    /// Gives each chunk of whole objects away before the next one is fetched, as far as they are wanted; answers the version.
    async fn each_chunk(&self, mut take: impl FnMut(Vec<Seen>) -> anyhow::Result<()>) -> anyhow::Result<String> {
        let (now, selection) = (self.session.now(), self.selection(CHUNK));
        let mut chunks = Chunks::new(&self.connected.client, self.kind, &selection);
        while let Some(chunk) = chunks.next().await.map_err(|error| self.not_listed(&error))? {
            let mut wanted = Vec::new();
            for seen in chunk.into_iter().filter(|seen| self.wanted.keeps(seen, now)) {
                if self.wanted.may_decide_in(self.connected, seen.namespace()).await? {
                    wanted.push(seen);
                }
            }
            take(wanted)?;
        }
        Ok(chunks.version)
    }

    async fn only_ours(&self, rows: Vec<Row>) -> Result<Vec<Row>, Failure> {
        let mut ours = Vec::with_capacity(rows.len());
        for row in rows {
            if self.wanted.may_decide_in(self.connected, &row.namespace).await? {
                ours.push(row);
            }
        }
        Ok(ours)
    }

    fn sort(&self, items: &mut Vec<Seen>) -> Result<(), Failure> {
        let Some(by) = &self.args.sort_by else { return Ok(()) };
        query::sort(items, by).map_err(|why| Failure::usage(why).exiting(Exit::Failed))
    }

    /// Why the objects could not be listed; who lacks the right to see all namespaces may see one.
    fn not_listed(&self, error: &kube::Error) -> Failure {
        let failure = Failure::from_kube(error, &format!("list {}", self.kind.friendly()));
        match failure.reason == Reason::Forbidden && self.args.all_namespaces {
            true => failure.hint(format!("without -A, it shows namespace {}; another one with  -n NAMESPACE", self.connected.namespace)),
            false => failure,
        }
    }

    /// Prints rows as they are laid out, or only their names.
    fn print_rows(&self, rows: Vec<Row>) -> anyhow::Result<Page> {
        if self.args.output.format() == Format::Name {
            let lines = rows.iter().map(|row| one_line(&self.kind.full_name(&row.name)) + "\n");
            self.session.voice.print(&lines.collect::<String>())?;
            return Ok(Page::default());
        }
        if rows.is_empty() {
            if self.names.is_empty() && !self.args.watches() {
                self.say_nothing_found();
            }
            return Ok(Page { header_due: true, widths: Vec::new() });
        }
        let tables = self.tables(rows);
        let widths = tables.iter().map(Table::widths).reduce(watch::wider).unwrap_or_default();
        for (i, table) in tables.iter().enumerate() {
            let header = i == 0 && !self.args.no_headers;
            let lines = table.lines_as_wide_as(&self.session.look, header, if tables.len() > 1 { &widths } else { &[] });
            self.session.voice.print(&lines.into_iter().map(|line| line + "\n").collect::<String>())?;
        }
        Ok(Page { header_due: false, widths })
    }

    /// The rows in tables that can be laid out one after the other; on a terminal they are one, since what is too wide is shortened.
    fn tables(&self, rows: Vec<Row>) -> Vec<Table> {
        let shape = self.shape();
        let batch = if self.session.look.width.is_some() { rows.len().max(1) } else { BATCH };
        let (mut tables, mut rows) = (Vec::new(), rows.into_iter().peekable());
        while rows.peek().is_some() {
            tables.push(shape.table(rows.by_ref().take(batch)));
        }
        tables
    }

    /// Each object by itself, for what is followed.
    fn lines(&self, items: &[Seen]) -> anyhow::Result<Page> {
        let mut page = Page { header_due: true, widths: Vec::new() };
        items.iter().try_for_each(|item| documents::print(self, item.0.clone(), &mut page))?;
        Ok(page)
    }

    fn say_nothing_found(&self) {
        let place = match self.args.all_namespaces {
            true => "No resources found".to_owned(),
            false => format!("No resources found in {} namespace.", self.connected.namespace),
        };
        self.session.voice.tell(&place);
    }
}
