//! Decides who receives a notice: exactly the channels it names, or whom the routing tree says.

use crate::api::{Delivery, DeliveryState};
use crate::rules::routes::{Labels, Tree};

/// Most receivers of one notice; as many as its status has room for.
pub const MOST: usize = 32;

/// Who receives a notice, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receiver {
    /// Name of the receiver; of the built-in ones it is the channel.
    pub name: String,
    /// How it is reached, for example `slack`.
    pub channel: String,
}

impl Receiver {
    /// The built-in receiver of a channel.
    pub fn of(channel: &str) -> Self {
        Self { name: channel.to_owned(), channel: channel.to_owned() }
    }

    fn is_of(&self, delivery: &Delivery) -> bool {
        self.name == delivery.receiver && self.channel == delivery.channel
    }
}

/// Who receives a notice, everybody once. A channel that it names is kept though nobody configured it: its delivery says so.
///
/// Once anybody has the notice, its receivers stay as they are: a tree that changed since must not send it again under another name.
/// While nobody has it, it follows the tree of today.
pub fn receivers(named: &[String], deliveries: &[Delivery], labels: &Labels, tree: &Tree) -> Vec<Receiver> {
    let is_begun = deliveries.iter().any(|delivery| delivery.state == DeliveryState::Delivered);
    let wanted: Vec<Receiver> = match named {
        [] if is_begun => deliveries.iter().map(recorded).collect(),
        [] => tree.deliveries(labels),
        named => named.iter().map(|channel| Receiver::of(channel)).collect(),
    };
    let mut receivers: Vec<Receiver> = vec![];
    for receiver in wanted {
        if !receivers.contains(&receiver) {
            receivers.push(receiver);
        }
    }
    receivers.truncate(MOST);
    receivers
}

/// The deliveries to those who receive the notice; what was tried with others does not count any more.
pub fn to_these(deliveries: &[Delivery], receivers: &[Receiver]) -> Vec<Delivery> {
    deliveries.iter().filter(|delivery| receivers.iter().any(|receiver| receiver.is_of(delivery))).cloned().collect()
}

fn recorded(delivery: &Delivery) -> Receiver {
    Receiver { name: delivery.receiver.clone(), channel: delivery.channel.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "
route:
  receiver: team
  routes:
  - {match: {severity: critical}, receiver: both, continue: true}
  - {match: {severity: critical}, receiver: team}
  - {match: {severity: none}, receiver: void}
receivers: [{name: team, channels: [slack]}, {name: both, channels: [slack, console]}, {name: void}]";

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn shown(receivers: &[Receiver]) -> String {
        receivers.iter().map(|receiver| format!("{}/{}", receiver.name, receiver.channel)).collect::<Vec<_>>().join(" ")
    }

    fn delivery(receiver: &str, channel: &str, state: DeliveryState) -> Delivery {
        let (receiver, channel) = (receiver.to_owned(), channel.to_owned());
        Delivery { receiver, channel, state, attempts: 1, last_error: None, delivered_at: None, next_attempt: None }
    }

    #[test]
    fn named_channels_are_used_and_no_others() {
        let built_in = Tree::built_in(&["console", "slack"]);
        let routed = Tree::parse(TREE).unwrap();
        #[rustfmt::skip]
        let table: [(&str, &[&str], &Tree, &str, &str); 8] = [
            ("everybody who is configured", &[],                 &built_in, "critical", "console/console slack/slack"),
            ("exactly those named",         &["slack"],          &built_in, "critical", "slack/slack"),
            ("whatever the tree says",      &["slack"],          &routed,   "critical", "slack/slack"),
            ("an unknown one stays",        &["pigeon"],         &built_in, "critical", "pigeon/pigeon"),
            ("named twice is told once",    &["slack", "slack"], &built_in, "critical", "slack/slack"),
            ("else the tree decides",       &[],                 &routed,   "low",      "team/slack"),
            ("several of it",               &[],                 &routed,   "critical", "both/slack both/console team/slack"),
            ("or nobody",                   &[],                 &routed,   "none",     "void/none"),
        ];
        for (case, names, tree, severity, expected) in table {
            let labels = [("severity".to_owned(), severity.to_owned())].into();
            assert_eq!(shown(&receivers(&named(names), &[], &labels, tree)), expected, "{case}");
        }
    }

    #[test]
    fn a_changed_tree_sends_nothing_twice() {
        use DeliveryState::{Delivered, Failed, Pending};
        let routed = Tree::parse(TREE).unwrap();
        let (console, slack) = (|state| delivery("console", "console", state), |state| delivery("slack", "slack", state));
        #[rustfmt::skip]
        let table = [
            ("nothing was tried",          vec![],                                    "team/slack"),
            ("nobody has it",              vec![console(Pending), slack(Failed)],     "team/slack"),
            ("one has it, one waits",      vec![console(Delivered), slack(Pending)],  "console/console slack/slack"),
        ];
        for (case, before, expected) in table {
            assert_eq!(shown(&receivers(&[], &before, &Labels::new(), &routed)), expected, "{case}");
        }
        let before = [console(Failed), delivery("team", "slack", Pending)];
        assert_eq!(to_these(&before, &[Receiver { name: "team".into(), channel: "slack".into() }]), before[1..]);
    }

    #[test]
    fn nobody_overflows_the_status() {
        let many: Vec<String> = (0..50).map(|nth| format!("c{nth}")).collect();
        assert_eq!(receivers(&many, &[], &Labels::new(), &Tree::built_in(&[])).len(), MOST);
    }
}
