//! A routing file as it is written: Alertmanager's configuration, whole or only its `route` and `receivers`.

use super::Error;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, Location, Options, Spanned};
use std::collections::BTreeMap;

/// What no routing file needs more of.
const MOST_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub global: Option<Value>,
    pub route: Option<Spanned<Route>>,
    pub receivers: Option<Vec<Spanned<Receiver>>>,
    pub mute_time_intervals: Option<Vec<Named>>,
    pub time_intervals: Option<Vec<Named>>,
    #[serde(rename = "inhibit_rules")]
    _inhibit_rules: Option<IgnoredAny>,
    #[serde(rename = "templates")]
    _templates: Option<IgnoredAny>,
    #[serde(rename = "tracing")]
    _tracing: Option<IgnoredAny>,
    #[serde(rename = "event_recorder")]
    _event_recorder: Option<IgnoredAny>,
}

/// A time interval; only its name matters here.
#[derive(Debug, Deserialize)]
pub struct Named {
    pub name: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub receiver: Option<Spanned<Option<String>>>,
    pub r#match: Option<BTreeMap<String, Spanned<Option<String>>>>,
    pub match_re: Option<BTreeMap<String, Spanned<Option<String>>>>,
    pub matchers: Option<Vec<Spanned<Option<String>>>>,
    pub r#continue: Option<bool>,
    pub routes: Option<Vec<Spanned<Route>>>,
    pub group_by: Option<Vec<Spanned<String>>>,
    pub group_wait: Option<Spanned<String>>,
    pub group_interval: Option<Spanned<String>>,
    pub repeat_interval: Option<Spanned<String>>,
    pub mute_time_intervals: Option<Vec<Spanned<String>>>,
    pub active_time_intervals: Option<Vec<Spanned<String>>>,
    #[serde(rename = "labels")]
    _labels: Option<IgnoredAny>,
}

/// A receiver. What Alertmanager calls `NAME_configs` is kept as it is.
#[derive(Debug, Deserialize)]
pub struct Receiver {
    pub name: Option<String>,
    /// Ours: channels that the settings configure.
    pub channels: Option<Vec<String>>,
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

impl File {
    /// Reads a file; says where it cannot be read.
    pub fn read(text: &str) -> Result<Self, Error> {
        if text.len() > MOST_BYTES {
            return Err(Error::nowhere(format!("it is larger than {MOST_BYTES} bytes")));
        }
        serde_saphyr::from_str_with_options(text, options()).map_err(|error| Error {
            place: error.location().map(|place| (place.line(), place.column())),
            why: without_place(&error.to_string()),
        })
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_events: 400_000, max_nodes: 200_000, max_depth: 200 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000 },
    }
}

/// The place is told apart from the reason.
fn without_place(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    first.split(" at line ").next().unwrap_or_default().trim_end_matches([':', ' ']).to_owned()
}

/// Where something stands.
pub fn place(at: &Location) -> Option<(u64, u64)> {
    (at.line() > 0).then(|| (at.line(), at.column()))
}
