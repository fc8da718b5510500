//! Remembers which versions of objects this process has replaced: a view that still shows one lags, and deciding on it only makes a conflict.

use kube::Resource;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After this long a view counts again, whatever it shows: an API server that was restored may number anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

/// A write whose event has not been seen when it was made.
#[derive(Debug)]
struct Awaited {
    /// The version it replaced; none when it made the object.
    replaced: Option<String>,
    at: Instant,
}

/// So long a watch may lag before it is no longer waited for.
const AWAITED_FOR: Duration = Duration::from_secs(60);

/// Versions that were replaced a moment ago, by uid and version. An optimisation only: every write is refused if its view lags.
#[derive(Debug, Default)]
pub struct OwnWrites {
    replaced: Mutex<HashMap<(String, String), Instant>>,
    awaited: Mutex<HashMap<String, Awaited>>,
}

impl OwnWrites {
    /// This version of the object has been replaced by a write of ours.
    pub fn note(&self, object: &impl Resource) {
        let Some(version) = version(object) else { return };
        self.await_event(version.0.clone(), Some(version.1.clone()));
        let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        replaced.retain(|_, at| at.elapsed() < FORGOTTEN_AFTER);
        replaced.insert(version, Instant::now());
    }

    /// This object has been made by us. One without a version was made by a dry run, and never comes.
    pub fn made(&self, object: &impl Resource) {
        if let Some((uid, _)) = version(object) {
            self.await_event(uid, None);
        }
    }

    fn await_event(&self, uid: String, replaced: Option<String>) {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        awaited.retain(|_, write| write.at.elapsed() < AWAITED_FOR);
        awaited.insert(uid, Awaited { replaced, at: Instant::now() });
    }

    /// Whether a view that shows these versions, by uid, shows everything that we wrote.
    pub fn have_come(&self, shown: &HashMap<String, String>) -> bool {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let has_come = |uid: &str, write: &Awaited| shown.get(uid).is_some_and(|version| Some(version) != write.replaced.as_ref());
        awaited.retain(|uid, write| write.at.elapsed() < AWAITED_FOR && !has_come(uid, write));
        awaited.is_empty()
    }

    /// Whether this is a version that we have replaced since; the watch is about to bring the next one.
    pub fn outdated(&self, object: &impl Resource) -> bool {
        let Some(version) = version(object) else { return false };
        let replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        replaced.get(&version).is_some_and(|at| at.elapsed() < FORGOTTEN_AFTER)
    }
}

fn version(object: &impl Resource) -> Option<(String, String)> {
    let meta = object.meta();
    Some((meta.uid.clone()?, meta.resource_version.clone()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;

    fn seen(uid: &str, version: Option<&str>) -> ConfigMap {
        let mut object = ConfigMap::default();
        object.metadata.uid = Some(uid.to_owned());
        object.metadata.resource_version = version.map(str::to_owned);
        object
    }

    #[test]
    fn a_write_has_come_once_the_view_shows_what_it_made() {
        let own = OwnWrites::default();
        own.note(&seen("a", Some("1")));
        own.made(&seen("b", Some("5")));
        own.made(&seen("dry-run", None));
        let view = |shown: &[(&str, &str)]| shown.iter().map(|(uid, version)| ((*uid).to_owned(), (*version).to_owned())).collect();
        assert!(!own.have_come(&view(&[("a", "1")])), "one is as it was, the other is not there");
        assert!(!own.have_come(&view(&[("a", "2")])), "one is not there");
        assert!(own.have_come(&view(&[("a", "2"), ("b", "5")])));
        assert!(own.have_come(&view(&[("a", "1")])), "what has come once is not waited for again");
    }

    #[test]
    fn only_a_version_that_was_replaced_is_outdated() {
        let own = OwnWrites::default();
        own.note(&seen("a", Some("1")));
        #[rustfmt::skip]
        let table = [
            ("what was replaced",           seen("a", Some("1")), true),
            ("what replaced it",            seen("a", Some("2")), false),
            ("another object's version",    seen("b", Some("1")), false),
            ("an object without a version", seen("a", None),      false),
        ];
        for (case, object, expected) in table {
            assert_eq!(own.outdated(&object), expected, "{case}");
        }
    }
}
