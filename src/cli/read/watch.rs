//! One watch of a collection, until it ends.

use super::Selection;
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use futures::{StreamExt, stream::BoxStream};
use kube::Client;
use kube::api::WatchParams;
use kube::core::{Request, WatchEvent};
use serde_json::Value;

/// What a watch tells.
pub enum Heard {
    /// The object is new, or changed.
    Now(Seen),
    /// The object was deleted, or left the selection; this is how it looked last.
    Gone(Seen),
    /// Nothing happened up to a newer version.
    Still,
}

/// A watch that was begun.
pub struct Watch(BoxStream<'static, Result<WatchEvent<Value>, kube::Error>>);

impl Watch {
    /// Watches the selected objects from a version on.
    ///
    /// # Errors
    /// The API server's answer.
    pub async fn since(client: &Client, kind: Kind, selection: &Selection, version: &str) -> Result<Self, kube::Error> {
        let Selection { namespace, labels, fields, .. } = selection.clone();
        let params = WatchParams { label_selector: labels, field_selector: fields, ..WatchParams::default() };
        let request = Request::new(kind.path(namespace.as_deref())).watch(&params, version).map_err(kube::Error::BuildRequest)?;
        Ok(Self(client.request_events::<Value>(request).await?.boxed()))
    }

    /// Waits for what comes next, with the version to go on from after it; `None` when the server ended the watch.
    ///
    /// # Errors
    /// The connection broke, or the API server says why it cannot go on.
    pub async fn next(&mut self) -> Result<Option<(Heard, String)>, kube::Error> {
        let Some(event) = self.0.next().await.transpose()? else { return Ok(None) };
        let versioned = |value: Value, heard: fn(Seen) -> Heard| {
            let seen = Seen(value);
            let version = seen.text("/metadata/resourceVersion").to_owned();
            (heard(seen), version)
        };
        match event {
            WatchEvent::Added(value) | WatchEvent::Modified(value) => Ok(Some(versioned(value, Heard::Now))),
            WatchEvent::Deleted(value) => Ok(Some(versioned(value, Heard::Gone))),
            WatchEvent::Bookmark(mark) => Ok(Some((Heard::Still, mark.metadata.resource_version))),
            WatchEvent::Error(status) => Err(kube::Error::Api(status)),
        }
    }
}
