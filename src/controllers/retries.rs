//! Decides when a failed reconcile is tried again: from one second, doubling to five minutes, per object.

use super::context::Error;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(300);
const AFTER_CONFLICT: Duration = Duration::from_millis(100);

/// Failures in a row of each object.
#[derive(Debug, Default)]
pub struct Retries {
    failures: Mutex<HashMap<String, u32>>,
}

impl Retries {
    /// An object was reconciled: the next failure is its first.
    pub fn succeeded(&self, object: &str) {
        self.lock().remove(object);
    }

    /// How long to wait after this failure. Somebody else writing first is no failure.
    pub fn after(&self, object: &str, error: &Error, jitter: f64) -> Duration {
        if error.is_conflict() {
            return AFTER_CONFLICT;
        }
        let mut failures = self.lock();
        let count = failures.entry(object.to_owned()).or_insert(0);
        *count = count.saturating_add(1);
        wait(*count, jitter)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, u32>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Doubles from one second, with up to half as much again, at most five minutes.
fn wait(failures: u32, jitter: f64) -> Duration {
    let doubled = Duration::from_secs(1 << failures.saturating_sub(1).min(9));
    doubled.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 2.0).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let waits: Vec<u64> = [1, 2, 3, 9, 10, 4_000_000].map(|failures| wait(failures, 0.0).as_secs()).to_vec();
        assert_eq!(waits, [1, 2, 4, 256, 300, 300]);
        assert_eq!(wait(1, 1.0), Duration::from_millis(1_500));
    }

    #[test]
    fn a_success_starts_the_count_anew() {
        let (retries, error) = (Retries::default(), Error::Malformed("x".into()));
        let after = || retries.after("a", &error, 0.0).as_secs();
        assert_eq!((after(), after()), (1, 2));
        retries.succeeded("a");
        assert_eq!(retries.after("a", &error, 0.0).as_secs(), 1);
    }
}
