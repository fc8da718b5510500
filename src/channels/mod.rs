//! How a notice leaves: one channel a file, each answering "may I try again?".

pub mod console;
pub mod slack;
#[cfg(test)]
mod slack_tests;

use crate::api::{NotificationPriority, NotificationRequest};
use crate::settings::Notifications;
use futures::future::BoxFuture;
use kube::ResourceExt;
use std::fmt;
use std::time::Duration;

/// A notice as a channel needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where the notice stands in the cluster, `namespace/name`.
    pub id: String,
    /// One line.
    pub subject: String,
    /// The text.
    pub body: String,
    /// How urgent it is.
    pub priority: NotificationPriority,
    /// Key under which receivers fold repeats into one.
    pub dedup_key: String,
    /// What to follow: text and address.
    pub links: Vec<(String, String)>,
}

impl From<&NotificationRequest> for Notice {
    fn from(request: &NotificationRequest) -> Self {
        let links = request.spec.action_links.iter().map(|link| (link.text.clone(), link.url.clone()));
        Self {
            id: format!("{}/{}", request.namespace().unwrap_or_default(), request.name_any()),
            subject: request.spec.subject.clone(),
            body: request.spec.body.clone(),
            priority: request.spec.priority,
            dedup_key: request.spec.dedup_key.clone(),
            links: links.collect(),
        }
    }
}

/// Why a notice did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Whether trying again may help.
    pub retry: bool,
    /// How long the receiver asked to be left alone.
    pub retry_after: Option<Duration>,
    /// What went wrong; never holds a credential.
    pub why: String,
}

impl Undelivered {
    /// Trying again may help.
    pub fn later(why: impl Into<String>) -> Self {
        Self { retry: true, retry_after: None, why: why.into() }
    }

    /// Trying again does not help.
    pub fn never(why: impl Into<String>) -> Self {
        Self { retry: false, retry_after: None, why: why.into() }
    }
}

/// One way for a notice to leave.
pub trait Channel: Send + Sync {
    /// Its name, as in `spec.channels`.
    fn name(&self) -> &'static str;

    /// Sends a notice, within a bounded time.
    fn send<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), Undelivered>>;
}

/// Every channel that exists, whether configured or not, with the setting that configures it.
const KNOWN: [(&str, &str); 2] = [("console", ""), ("slack", "notifications.slack.webhookUrlFile")];

/// The channels that are configured.
pub struct Channels(Vec<Box<dyn Channel>>);

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channels").field(&self.names()).finish()
    }
}

impl Channels {
    /// The channels of the settings: the console always, Slack when it is configured. Fails when no TLS can be set up.
    pub fn configured(settings: &Notifications) -> Result<Self, String> {
        let mut all: Vec<Box<dyn Channel>> = vec![Box::new(console::Console)];
        if let Some(settings) = &settings.slack {
            all.push(Box::new(slack::Slack::new(settings.webhook_url_file.clone())?));
        }
        Ok(Self(all))
    }

    /// These channels, whatever the settings say.
    pub fn of(all: Vec<Box<dyn Channel>>) -> Self {
        Self(all)
    }

    /// Their names.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|channel| channel.name()).collect()
    }

    /// Sends a notice through the channel of this name.
    pub async fn send(&self, channel: &str, notice: &Notice) -> Result<(), Undelivered> {
        match self.0.iter().find(|known| known.name() == channel) {
            Some(channel) => channel.send(notice).await,
            None => Err(Undelivered::never(absent(channel))),
        }
    }
}

fn absent(channel: &str) -> String {
    match KNOWN.iter().find(|(name, _)| *name == channel) {
        Some((name, setting)) => format!("the channel {name} is not configured; set {setting}"),
        None => format!("there is no channel {channel:?}; there are {}", KNOWN.map(|(name, _)| name).join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_channel_that_is_not_there_says_why() {
        #[rustfmt::skip]
        let table = [
            ("not configured", "slack",  "the channel slack is not configured; set notifications.slack.webhookUrlFile"),
            ("unknown",        "pigeon", "there is no channel \"pigeon\"; there are console and slack"),
        ];
        let channels = Channels::configured(&Notifications::default()).unwrap();
        let notice = Notice {
            id: "n/a".into(),
            subject: "s".into(),
            body: "b".into(),
            priority: NotificationPriority::Low,
            dedup_key: "k".into(),
            links: vec![],
        };
        for (case, channel, why) in table {
            assert_eq!(channels.send(channel, &notice).await, Err(Undelivered::never(why)), "{case}");
        }
    }
}
