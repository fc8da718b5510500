//! The only place that asks what time it is.

use jiff::{SignedDuration, SignedDurationRound, Timestamp, Unit};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the time. Tests move it; everything else uses [`Clock::system`].
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_by_millis: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// Now, to the millisecond: what is written is what was decided on.
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_by_millis.load(Ordering::Relaxed));
        let now = Timestamp::now().checked_add(ahead).unwrap_or(Timestamp::MAX);
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Moves this clock, and every clone of it, by `step`; backwards when negative.
    pub fn advance(&self, step: SignedDuration) {
        let rounded = step.round(SignedDurationRound::new().smallest(Unit::Millisecond)).unwrap_or(step);
        self.ahead_by_millis.fetch_add(i64::try_from(rounded.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}
