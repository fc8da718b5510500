//! Finds out who is notified of what: by the flag, the settings, the cluster's ConfigMap, or else everybody of everything.

use crate::channels::Channels;
use crate::cli::failure::Failure;
use crate::cli::output::text::one_line;
use crate::cli::route::source;
use crate::cli::session::Session;
use crate::settings::Notifications;
use kube::Client;
use std::path::Path;

/// The channels, with the routing tree that holds; without a client the cluster's ConfigMap is left out. What it says that will not happen is told.
///
/// # Errors
/// When the tree cannot be read: notices that go to the wrong people are worse than none that are late.
pub async fn channels(
    flag: Option<&Path>,
    settings: &Notifications,
    client: Option<&Client>,
    session: &Session,
) -> Result<Channels, Failure> {
    let tree = match (flag.or(settings.routing.as_deref()), client) {
        (Some(path), _) => Some(source::of_file(path)?),
        (None, Some(client)) => source::of_cluster(client).await?,
        (None, None) => None,
    };
    let channels = Channels::configured(settings, tree).map_err(Failure::usage)?;
    for remark in channels.tree().remarks().iter().chain(&channels.missing()) {
        session.voice.tell(&one_line(&format!("warning: {remark}")));
    }
    Ok(channels)
}
