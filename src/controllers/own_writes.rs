//! Remembers which versions of objects this process has replaced: a view that still shows one lags, and deciding on it only makes a conflict.

use kube::Resource;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After this long a view counts again, whatever it shows: an API server that was restored may number anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

/// Versions that were replaced a moment ago, by uid and version. An optimisation only: every write is refused if its view lags.
#[derive(Debug, Default)]
pub struct OwnWrites {
    replaced: Mutex<HashMap<(String, String), Instant>>,
}

impl OwnWrites {
    /// This version of the object has been replaced by a write of ours.
    pub fn note(&self, object: &impl Resource) {
        let Some(version) = version(object) else { return };
        let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        replaced.retain(|_, at| at.elapsed() < FORGOTTEN_AFTER);
        replaced.insert(version, Instant::now());
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
