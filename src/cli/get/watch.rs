//! Follows changes and appends a row for each, as kubectl does.

use super::View;
use crate::cli::failure::{Attempted, Exit};
use crate::cli::output::{Format, Seen};
use crate::cli::read::{self, Listed};
use futures::TryStreamExt;
use kube::api::WatchParams;
use kube::core::{Request, WatchEvent};
use serde_json::Value;

/// Appends what changes, until it is interrupted.
pub(super) async fn follow(view: &View<'_>, listed: Listed) -> anyhow::Result<Exit> {
    let mut version = listed.version.clone();
    let mut page = Page { header_due: listed.items.is_empty(), widths: view.table(&listed.items).widths() };
    loop {
        version = match until_it_ends(view, &version, &mut page).await? {
            Some(version) => version,
            // The version is too old: look again, and go on from there.
            None => read::list(&view.connected.client, view.kind, &view.selection()).await.attempted(|| "list again".to_owned())?.version,
        };
    }
}

/// How rows are laid out after the first page.
struct Page {
    header_due: bool,
    widths: Vec<usize>,
}

async fn until_it_ends(view: &View<'_>, version: &str, page: &mut Page) -> anyhow::Result<Option<String>> {
    let selection = view.selection();
    let params = WatchParams { label_selector: selection.labels, field_selector: selection.fields, ..WatchParams::default() };
    let request = Request::new(view.kind.path(selection.namespace.as_deref())).watch(&params, version)?;
    let doing = || format!("watch {}", view.kind.friendly());
    let events = view.connected.client.request_events::<Value>(request).await.attempted(doing)?;
    let mut events = std::pin::pin!(events);
    let mut version = version.to_owned();
    while let Some(event) = events.try_next().await.attempted(doing)? {
        match event {
            WatchEvent::Added(value) | WatchEvent::Modified(value) | WatchEvent::Deleted(value) => {
                let seen = Seen(value);
                seen.text("/metadata/resourceVersion").clone_into(&mut version);
                append(view, seen, page)?;
            }
            WatchEvent::Bookmark(mark) => version = mark.metadata.resource_version,
            WatchEvent::Error(status) if status.code == 410 => return Ok(None),
            WatchEvent::Error(status) => return Err(kube::Error::Api(status)).attempted(doing).map_err(Into::into),
        }
    }
    Ok(Some(version))
}

fn append(view: &View<'_>, seen: Seen, page: &mut Page) -> anyhow::Result<()> {
    if matches!(view.args.output.format(), Format::Json | Format::Yaml | Format::Name) {
        return view.lines(&[seen]);
    }
    let table = view.table(&[seen]);
    let grown = table.widths().iter().zip(&page.widths).any(|(wanted, given)| wanted > given);
    if page.widths.is_empty() || grown {
        let old = page.widths.iter().copied().chain(std::iter::repeat(0));
        page.widths = table.widths().into_iter().zip(old).map(|(wanted, given)| wanted.max(given)).collect();
    }
    let again = grown && view.session.look.out.terminal;
    let header = (page.header_due || again) && !view.args.no_headers;
    page.header_due = false;
    view.print(&table.lines_as_wide_as(&view.session.look, header, &page.widths))
}
