//! Objects as the API server sent them: whole lists, written while they are read, and single lines of what is followed.

use super::View;
use super::watch::{self, Page, Versions};
use crate::cli::failure::Exit;
use crate::cli::output::Seen;
use crate::cli::read::key;
use serde_json::Value;

/// Shows every selected object.
///
/// # Errors
/// The API server's answer, or that the output cannot be written.
pub(super) async fn list(view: &View<'_>) -> anyhow::Result<Exit> {
    match (view.args.watches(), view.args.sort_by.is_some(), view.args.output.list_writer()) {
        (true, ..) => followed(view).await,
        (false, false, Some(mut writer)) => {
            let voice = &view.session.voice;
            let read = view.each_chunk(|chunk| {
                for seen in chunk {
                    voice.print(&writer.item(&view.args.output.object(seen.0))?)?;
                }
                Ok(())
            });
            read.await?;
            voice.print(writer.end())?;
            Ok(Exit::Done)
        }
        _ => whole(view).await,
    }
}

/// Templates, columns and sorting need all objects at once.
async fn whole(view: &View<'_>) -> anyhow::Result<Exit> {
    let mut items: Vec<Seen> = Vec::new();
    let read = view.each_chunk(|chunk| {
        items.extend(chunk);
        Ok(())
    });
    read.await?;
    view.sort(&mut items)?;
    let output = &view.args.output;
    let list = output.list(items.into_iter().map(|seen| seen.0).collect());
    view.session.voice.print(&output.render_with(&list, !view.args.no_headers)?)?;
    Ok(Exit::Done)
}

async fn followed(view: &View<'_>) -> anyhow::Result<Exit> {
    let mut known = Versions::new();
    let mut page = Page { header_due: true, widths: Vec::new() };
    let version = view.each_chunk(|chunk| {
        known.extend(chunk.iter().map(|seen| (key(seen), seen.text("/metadata/resourceVersion").to_owned())));
        for seen in chunk.into_iter().filter(|_| !view.args.watch_only) {
            print(view, seen.0, &mut page)?;
        }
        Ok(())
    });
    let version = version.await?;
    watch::follow(view, version, known, page).await
}

/// Shows the objects that were named: one as it is, several as a list.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn named(view: &View<'_>, mut items: Vec<Seen>) -> anyhow::Result<Page> {
    let output = &view.args.output;
    let whole = match (view.names.len(), items.pop()) {
        (1, None) => return Ok(Page::default()),
        (1, Some(only)) => output.object(only.0),
        (_, last) => output.list(items.into_iter().chain(last).map(|seen| seen.0).collect()),
    };
    view.session.voice.print(&output.render_with(&whole, !view.args.no_headers)?)?;
    Ok(Page::default())
}

/// Prints one object of those that are followed: compact JSON on a line, a YAML document, or what a template makes of it.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn print(view: &View<'_>, object: Value, page: &mut Page) -> anyhow::Result<()> {
    let output = &view.args.output;
    let object = output.object(object);
    let header = std::mem::take(&mut page.header_due) && !view.args.no_headers;
    Ok(view.session.voice.print(&output.render_next(&object, header)?)?)
}
