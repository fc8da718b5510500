//! How a notice leaves: one channel a file, each answering "may I try again?".

pub mod console;
pub mod slack;
#[cfg(test)]
mod slack_tests;

use crate::api::{NotificationPriority, NotificationRequest};
use crate::rules::receivers::Receiver;
use crate::rules::routes::{Address, NOBODY, Tree, Way};
use crate::settings::Notifications;
use futures::future::BoxFuture;
use kube::ResourceExt;
use std::collections::HashMap;
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
/// Longest name of a receiver and of a channel that a notice's status has room for.
const LONGEST_NAMES: (usize, usize) = (253, 63);

/// The channels that are configured, and the tree that says who receives what.
pub struct Channels {
    tree: Tree,
    /// Those of the settings.
    shared: Vec<Box<dyn Channel>>,
    /// Those of one receiver alone.
    own: HashMap<Receiver, Box<dyn Channel>>,
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channels").field("shared", &self.names()).field("own", &self.own.keys()).finish_non_exhaustive()
    }
}

impl Channels {
    /// The channels of the settings (the console always, Slack when it is configured) and those of the tree's receivers; without a tree
    /// everything goes to those of the settings. Fails when no TLS can be set up, or a receiver cannot be reached as its file says.
    pub fn configured(settings: &Notifications, tree: Option<Tree>) -> Result<Self, String> {
        let mut shared: Vec<Box<dyn Channel>> = vec![Box::new(console::Console)];
        if let Some(settings) = &settings.slack {
            shared.push(Box::new(slack::Slack::new(settings.webhook_url_file.clone())?));
        }
        let channels = Self::of(shared);
        match tree {
            Some(tree) => channels.routed(tree),
            None => Ok(channels),
        }
    }

    /// These channels, with a tree that says who receives what. Fails when a receiver cannot be reached as its file says.
    pub fn routed(self, tree: Tree) -> Result<Self, String> {
        let own = own(&tree)?;
        let tree = tree.with_channels(&self.names());
        Ok(Self { own, tree, ..self })
    }

    /// These channels, whatever the settings say, each of which receives everything.
    pub fn of(shared: Vec<Box<dyn Channel>>) -> Self {
        let names: Vec<&str> = shared.iter().map(|channel| channel.name()).collect();
        Self { tree: Tree::built_in(&names), shared, own: HashMap::new() }
    }

    /// Who receives what.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Names of the channels of the settings.
    pub fn names(&self) -> Vec<&str> {
        self.shared.iter().map(|channel| channel.name()).collect()
    }

    /// What of the tree will not be delivered, in sentences.
    pub fn missing(&self) -> Vec<String> {
        let unknown = |channel: &str| self.shared.iter().all(|known| known.name() != channel);
        let ways = self.tree.defined().flat_map(|(name, ways)| ways.iter().map(move |way| (name, way)));
        let missing = ways.filter(|(_, way)| way.address == Address::Settings && unknown(&way.channel));
        missing.map(|(name, way)| format!("receiver {name:?} gets nothing: {}", absent(&way.channel))).collect()
    }

    /// Sends a notice to a receiver.
    pub async fn send(&self, receiver: &Receiver, notice: &Notice) -> Result<(), Undelivered> {
        let shared = || self.shared.iter().find(|known| known.name() == receiver.channel);
        match self.own.get(receiver) {
            Some(own) => own.send(notice).await,
            None if receiver.channel == NOBODY => Ok(()),
            None if !self.shares(receiver) => Err(Undelivered::never(format!("there is no receiver {:?} any more", receiver.name))),
            None => match shared() {
                Some(channel) => channel.send(notice).await,
                None => Err(Undelivered::never(absent(&receiver.channel))),
            },
        }
    }

    /// Whether a receiver is reached by a channel of the settings: a built-in one, or one whose file says so.
    fn shares(&self, receiver: &Receiver) -> bool {
        let is_way = |way: &Way| way.channel == receiver.channel && way.address == Address::Settings;
        let defined = self.tree.defined().find(|(name, _)| *name == receiver.name);
        receiver.name == receiver.channel || defined.is_some_and(|(_, ways)| ways.iter().any(is_way))
    }
}

/// The channels of single receivers. Two of one kind could not be told apart in a notice's status.
fn own(tree: &Tree) -> Result<HashMap<Receiver, Box<dyn Channel>>, String> {
    let mut own: HashMap<Receiver, Box<dyn Channel>> = HashMap::new();
    for (name, ways) in tree.defined() {
        for (nth, way) in ways.iter().enumerate() {
            let refused = |why: &str| Err(format!("receiver {name:?} {why}"));
            if ways.iter().take(nth).any(|other| other.channel == way.channel) {
                return refused(&format!("names {} twice; make two receivers of it, and let both routes match with continue", way.channel));
            }
            if name.len() > LONGEST_NAMES.0 || way.channel.len() > LONGEST_NAMES.1 {
                return refused("has a name that is too long, or its channel has");
            }
            match &way.address {
                Address::Settings => {}
                Address::Written => {
                    return refused("has its address, a credential, in the routing file; put it into a file and name that in api_url_file");
                }
                Address::File(path) => {
                    let receiver = Receiver { name: name.to_owned(), channel: way.channel.clone() };
                    own.insert(receiver, Box::new(slack::Slack::new(path.clone())?));
                }
            }
        }
    }
    Ok(own)
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

    fn notice() -> Notice {
        Notice {
            id: "n/a".into(),
            subject: "s".into(),
            body: "b".into(),
            priority: NotificationPriority::Low,
            dedup_key: "k".into(),
            links: vec![],
        }
    }

    fn routed(receivers: &str) -> Result<Channels, String> {
        drop(rustls::crypto::ring::default_provider().install_default());
        let tree = Tree::parse(&format!("route: {{}}\nreceivers: {receivers}")).map_err(|error| error.to_string())?;
        Channels::configured(&Notifications::default(), Some(tree))
    }

    #[tokio::test]
    async fn a_channel_that_is_not_there_says_why() {
        #[rustfmt::skip]
        let table = [
            ("not configured",  "slack",  "slack",  "the channel slack is not configured; set notifications.slack.webhookUrlFile"),
            ("unknown",         "pigeon", "pigeon", "there is no channel \"pigeon\"; there are console and slack"),
            ("of the tree",     "oncall", "pagerduty", "there is no channel \"pagerduty\"; there are console and slack"),
            ("no longer there", "old",    "slack",  "there is no receiver \"old\" any more"),
        ];
        let channels = routed("[{name: oncall, pagerduty_configs: [{routing_key_file: /x}]}]").unwrap();
        for (case, name, channel, why) in table {
            let receiver = Receiver { name: name.into(), channel: channel.into() };
            assert_eq!(channels.send(&receiver, &notice()).await, Err(Undelivered::never(why)), "{case}");
        }
        assert_eq!(
            channels.missing(),
            ["receiver \"oncall\" gets nothing: there is no channel \"pagerduty\"; there are console and slack"]
        );
    }

    #[tokio::test]
    async fn a_receiver_has_its_own_webhook_or_that_of_the_settings() {
        let channels =
            routed("[{name: own, slack_configs: [{api_url_file: /nonexistent/own}]}, {name: shared, channels: [slack]}, {name: void}]")
                .unwrap();
        let of = |name: &str, channel: &str| Receiver { name: name.into(), channel: channel.into() };
        let own = channels.send(&of("own", "slack"), &notice()).await.unwrap_err();
        assert!(own.retry && own.why.contains("/nonexistent/own"), "{own:?}");
        let shared = channels.send(&of("shared", "slack"), &notice()).await.unwrap_err();
        assert!(shared.why.contains("is not configured"), "{shared:?}");
        assert_eq!(channels.send(&of("void", NOBODY), &notice()).await, Ok(()));
        assert_eq!(channels.send(&of("console", "console"), &notice()).await, Ok(()));
    }

    #[test]
    fn a_receiver_that_cannot_be_reached_as_its_file_says_is_refused() {
        #[rustfmt::skip]
        let table = [
            ("[{name: a, slack_configs: [{api_url: 'https://hooks.slack.com/CANARY'}]}]", "put it into a file"),
            ("[{name: a, slack_configs: [{}, {}]}]",                                      "names slack twice"),
            ("[{name: a, channels: [slack], slack_configs: [{}]}]",                       "names slack twice"),
        ];
        for (receivers, why) in table {
            let refused = routed(receivers).unwrap_err();
            assert!(refused.contains(why) && !refused.contains("CANARY"), "{refused}");
        }
        assert!(routed(&format!("[{{name: {}, channels: [slack]}}]", "a".repeat(254))).is_err());
    }
}
