//! Checks a routing file as Alertmanager does, and makes a tree of it.

use super::file::{self, File};
use super::{Address, Error, Matcher, Node, Operator, Tree, Way, notation};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};
use std::collections::{BTreeMap, BTreeSet};

/// Names of Alertmanager's receivers of every kind, in its configuration followed by `_configs`.
const INTEGRATIONS: [&str; 18] = [
    "discord",
    "email",
    "incidentio",
    "jira",
    "mattermost",
    "msteams",
    "msteamsv2",
    "opsgenie",
    "pagerduty",
    "pushover",
    "rocketchat",
    "slack",
    "sns",
    "telegram",
    "victorops",
    "webex",
    "webhook",
    "wechat",
];
/// Receivers of these names are reached by the channel of that name, unless they say otherwise.
const CHANNELS: [&str; 5] = ["console", "slack", "email", "pagerduty", "webhook"];
const ONLY_OURS: &str = "its intervals do not hold here: what Alertmanager would mute is sent";

/// A tree of a file.
pub fn tree(file: File) -> Result<Tree, Error> {
    let Some(route) = file.route else { return Err(Error::nowhere("there is no route in it; write  route: {receiver: NAME}")) };
    let slack_file = file.global.as_ref().and_then(|global| global.get("slack_api_url_file")).and_then(Value::as_str);
    let receivers = receivers(file.receivers.unwrap_or_default(), slack_file)?;
    let intervals = intervals(file.mute_time_intervals.into_iter().chain(file.time_intervals).flatten())?;
    root(&route)?;
    let mut builder = Builder { receivers: &receivers, intervals: &intervals, remarks: vec![] };
    let root = builder.node(route, None)?;
    let mut remarks = builder.remarks;
    remarks.extend(receivers.iter().filter(|(_, ways)| ways.is_empty()).map(|(name, _)| format!("receiver {name:?} reaches nobody")));
    Ok(Tree { root, receivers, built_in: vec!["console".to_owned()], remarks })
}

fn receivers(all: Vec<Spanned<file::Receiver>>, slack_file: Option<&str>) -> Result<BTreeMap<String, Vec<Way>>, Error> {
    let mut known = BTreeMap::new();
    for Spanned { value, referenced: at, .. } in all {
        let name = value.name.clone().filter(|name| !name.is_empty()).ok_or_else(|| Error::at(&at, "a receiver has no name"))?;
        let ways = ways(&name, value, slack_file).map_err(|why| Error::at(&at, format!("receiver {name:?} {why}")))?;
        if known.insert(name.clone(), ways).is_some() {
            return Err(Error::at(&at, format!("receiver {name:?} is defined twice")));
        }
    }
    Ok(known)
}

fn ways(name: &str, receiver: file::Receiver, slack_file: Option<&str>) -> Result<Vec<Way>, String> {
    let by_settings = |channel: &str| Way { channel: channel.to_owned(), address: Address::Settings };
    let mut ways: Vec<Way> = receiver.channels.iter().flatten().map(|channel| by_settings(channel)).collect();
    for (key, value) in receiver.rest.iter().filter(|(key, _)| *key != "labels") {
        let channel = key.strip_suffix("_configs").filter(|channel| INTEGRATIONS.contains(channel));
        let channel = channel.ok_or_else(|| format!("has an unknown key {key:?}"))?;
        let configs = match value {
            Value::Array(configs) => configs.as_slice(),
            Value::Null => &[],
            _ => return Err(format!("has {key}, which must be a list")),
        };
        ways.extend(configs.iter().map(|config| Way { channel: channel.to_owned(), address: address(channel, config, slack_file) }));
    }
    if ways.is_empty() && receiver.channels.is_none() && CHANNELS.contains(&name) {
        ways.push(by_settings(name));
    }
    Ok(ways)
}

fn address(channel: &str, config: &Value, slack_file: Option<&str>) -> Address {
    let file = config.get("api_url_file").and_then(Value::as_str).or(slack_file);
    match file {
        _ if channel != "slack" => Address::Settings,
        _ if config.get("api_url").is_some_and(|url| !url.is_null()) => Address::Written,
        Some(file) => Address::File(file.into()),
        None => Address::Settings,
    }
}

fn intervals(all: impl Iterator<Item = file::Named>) -> Result<BTreeSet<String>, Error> {
    let mut known = BTreeSet::new();
    for named in all {
        if !known.insert(named.name.value.clone()) {
            return Err(Error::at(&named.name.referenced, format!("time interval {:?} is defined twice", named.name.value)));
        }
    }
    Ok(known)
}

/// Everything enters at the root, so that nothing is lost.
fn root(route: &Spanned<file::Route>) -> Result<(), Error> {
    let refused = |why: &str| Err(Error::at(&route.referenced, format!("the root route {why}")));
    let Spanned { value, .. } = route;
    let matchers = [
        value.r#match.iter().map(BTreeMap::len).sum(),
        value.match_re.iter().map(BTreeMap::len).sum(),
        value.matchers.iter().map(Vec::len).sum::<usize>(),
    ];
    if matchers.iter().any(|count| *count > 0) {
        return refused("must not have matchers: it takes everything");
    }
    if value.r#continue == Some(true) {
        return refused("cannot continue: there is nothing after it");
    }
    if [&value.mute_time_intervals, &value.active_time_intervals].into_iter().flatten().any(|names| !names.is_empty()) {
        return refused("must not have time intervals");
    }
    Ok(())
}

struct Builder<'a> {
    receivers: &'a BTreeMap<String, Vec<Way>>,
    intervals: &'a BTreeSet<String>,
    remarks: Vec<String>,
}

impl Builder<'_> {
    fn node(&mut self, Spanned { value: route, referenced: at, .. }: Spanned<file::Route>, above: Option<&str>) -> Result<Node, Error> {
        self.muting(&route)?;
        grouping(&route)?;
        let receiver = match route.receiver {
            Some(Spanned { value: Some(name), referenced, .. }) if !name.is_empty() => Some(self.known(name, &referenced)?),
            _ => above.map(str::to_owned),
        };
        let matchers = matchers(route.r#match, route.match_re, route.matchers)?;
        let below = route.routes.unwrap_or_default().into_iter();
        let routes = below.map(|route| self.node(route, receiver.as_deref())).collect::<Result<_, _>>()?;
        let line = file::place(&at).map(|(line, _)| line);
        Ok(Node { line, matchers, receiver, r#continue: route.r#continue.unwrap_or_default(), routes })
    }

    fn known(&self, name: String, at: &Location) -> Result<String, Error> {
        match self.receivers.contains_key(&name) {
            true => Ok(name),
            false => {
                let known: Vec<&str> = self.receivers.keys().map(String::as_str).collect();
                let known = if known.is_empty() { "none is".to_owned() } else { format!("there are {}", known.join(", ")) };
                Err(Error::at(at, format!("receiver {name:?} is not defined under receivers; {known}")))
            }
        }
    }

    fn muting(&mut self, route: &file::Route) -> Result<(), Error> {
        for named in route.mute_time_intervals.iter().chain(&route.active_time_intervals).flatten() {
            if !self.intervals.contains(&named.value) {
                return Err(Error::at(&named.referenced, format!("time interval {:?} is not defined", named.value)));
            }
            self.remarks.push(format!("the route with time interval {:?}: {ONLY_OURS}", named.value));
        }
        Ok(())
    }
}

type Pairs = Option<BTreeMap<String, Spanned<Option<String>>>>;

/// All of a route's conditions, in the order in which they are written by kind.
fn matchers(equal: Pairs, fitting: Pairs, written: Option<Vec<Spanned<Option<String>>>>) -> Result<Vec<Matcher>, Error> {
    let mut all = vec![];
    for (operator, pairs) in [(Operator::Equal, equal), (Operator::Matches, fitting)] {
        for (label, Spanned { value, referenced: at, .. }) in pairs.unwrap_or_default() {
            if label.is_empty() {
                return Err(Error::at(&at, "a label has no name"));
            }
            if value.is_none() && operator == Operator::Matches {
                return Err(Error::at(&at, format!("label {label:?} has no expression")));
            }
            all.push(Matcher::new(label, operator, value.unwrap_or_default()).map_err(|why| Error::at(&at, why))?);
        }
    }
    for Spanned { value, referenced: at, .. } in written.unwrap_or_default() {
        all.extend(notation::matchers(&value.unwrap_or_default()).map_err(|why| Error::at(&at, why))?);
    }
    Ok(all)
}

/// How alerts are grouped does not matter to notices, but what Alertmanager refuses is refused.
fn grouping(route: &file::Route) -> Result<(), Error> {
    let mut names = BTreeSet::new();
    for label in route.group_by.iter().flatten() {
        let wrong = if label.value.is_empty() {
            Some("an empty name")
        } else if !names.insert(label.value.as_str()) && label.value != "..." {
            Some("a label twice")
        } else {
            None
        };
        if let Some(what) = wrong {
            return Err(Error::at(&label.referenced, format!("group_by has {what}")));
        }
    }
    if let Some(label) = route.group_by.iter().flatten().find(|label| label.value == "...").filter(|_| names.len() > 1) {
        return Err(Error::at(&label.referenced, "group_by has ... beside other labels"));
    }
    let lengths = [
        ("group_wait", &route.group_wait, true),
        ("group_interval", &route.group_interval, false),
        ("repeat_interval", &route.repeat_interval, false),
    ];
    for (key, length, may_be_zero) in lengths {
        let Some(length) = length else { continue };
        match is_zero(&length.value) {
            None => return Err(Error::at(&length.referenced, format!("{key} is {:?}, not a length such as 30s or 1h30m", length.value))),
            Some(true) if !may_be_zero => return Err(Error::at(&length.referenced, format!("{key} cannot be zero"))),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whether a length as Prometheus writes them is zero; none when it is no length.
fn is_zero(text: &str) -> Option<bool> {
    if text == "0" {
        return Some(true);
    }
    let mut rest = text;
    let mut zero = true;
    for unit in ["y", "w", "d", "h", "m", "s", "ms"] {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        let after_unit =
            after.strip_prefix(unit).filter(|after| !digits.is_empty() && after.chars().next().is_none_or(|c| c.is_ascii_digit()));
        if let Some(after) = after_unit {
            zero &= digits.bytes().all(|digit| digit == b'0');
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(zero)
}
