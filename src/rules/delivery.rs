//! Decides which receivers still need a notice, when to try again, and when to stop.

use crate::api::{Delivery, DeliveryState, NotificationPhase};
use crate::rules::receivers::Receiver;
use crate::rules::text::bounded;
use jiff::{SignedDuration, Timestamp};

/// First wait after a failed attempt; doubles with each further one.
pub const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
/// Longest wait between two attempts, unless the receiver asks for more.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(8);

/// How long and how often delivery is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long after the notice was made.
    pub deadline: SignedDuration,
    /// Number of attempts per receiver, if limited.
    pub most_attempts: Option<i32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: SignedDuration::from_hours(24), most_attempts: None }
    }
}

/// What is known about a notice when its delivery is decided.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Now.
    pub now: Timestamp,
    /// When the notice was made.
    pub created: Timestamp,
    /// Who receives it.
    pub receivers: &'a [Receiver],
    /// What was delivered so far.
    pub deliveries: &'a [Delivery],
    /// How long and how often delivery is tried.
    pub limits: Limits,
}

/// What to do about a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send it to these now.
    Send(Vec<Receiver>),
    /// Nobody is due before then.
    Wait {
        /// When the next one is due.
        until: Timestamp,
    },
    /// Nothing more will be tried.
    Finish(NotificationPhase),
}

/// How a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has the notice.
    Delivered,
    /// It may take it later.
    Later {
        /// How long it asked to be left alone.
        after: Option<SignedDuration>,
        /// What went wrong.
        why: String,
    },
    /// It never will.
    Never {
        /// What went wrong.
        why: String,
    },
}

/// Where one receiver stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Due,
    Waits(Timestamp),
    Delivered,
    Failed,
}

/// Decides what to do about a notice.
pub fn decide(seen: &Seen) -> Decision {
    let standings: Vec<(&Receiver, Standing)> = seen.receivers.iter().map(|receiver| (receiver, standing(seen, receiver))).collect();
    let due: Vec<Receiver> = standings.iter().filter(|(_, s)| *s == Standing::Due).map(|(receiver, _)| (*receiver).clone()).collect();
    if !due.is_empty() {
        return Decision::Send(due);
    }
    let waits = standings.iter().filter_map(|(_, standing)| match standing {
        Standing::Waits(until) => Some(*until),
        _ => None,
    });
    match waits.min() {
        Some(until) => Decision::Wait { until },
        None => Decision::Finish(phase(&standings)),
    }
}

fn standing(seen: &Seen, receiver: &Receiver) -> Standing {
    let Some(delivery) = delivery_to(seen.deliveries, receiver) else { return Standing::Due };
    match delivery.state {
        DeliveryState::Delivered => Standing::Delivered,
        DeliveryState::Failed => Standing::Failed,
        DeliveryState::Pending if delivery.attempts > 0 && seen.now >= deadline(seen) => Standing::Failed,
        DeliveryState::Pending => match delivery.next_attempt.filter(|next| *next > seen.now) {
            Some(next) => Standing::Waits(next.min(deadline(seen))),
            None => Standing::Due,
        },
    }
}

fn phase(standings: &[(&Receiver, Standing)]) -> NotificationPhase {
    let delivered = standings.iter().filter(|(_, standing)| *standing == Standing::Delivered).count();
    match delivered {
        0 => NotificationPhase::Failed,
        all if all == standings.len() => NotificationPhase::Sent,
        _ => NotificationPhase::PartiallySent,
    }
}

fn deadline(seen: &Seen) -> Timestamp {
    seen.created.checked_add(seen.limits.deadline).unwrap_or(Timestamp::MAX)
}

fn delivery_to<'a>(deliveries: &'a [Delivery], receiver: &Receiver) -> Option<&'a Delivery> {
    deliveries.iter().find(|delivery| delivery.receiver == receiver.name && delivery.channel == receiver.channel)
}

/// What is recorded about a receiver after it answered. `jitter` is from 0 to 1, 1 excluded.
pub fn after(seen: &Seen, receiver: &Receiver, answer: &Answer, jitter: f64) -> Delivery {
    let attempts = delivery_to(seen.deliveries, receiver).map_or(0, |delivery| delivery.attempts).saturating_add(1);
    let tried = Delivery {
        receiver: receiver.name.clone(),
        channel: receiver.channel.clone(),
        state: DeliveryState::Pending,
        attempts,
        last_error: None,
        delivered_at: None,
        next_attempt: None,
    };
    match answer {
        Answer::Delivered => Delivery { state: DeliveryState::Delivered, delivered_at: Some(seen.now), ..tried },
        Answer::Never { why } => failed(tried, why),
        Answer::Later { after, why } => {
            let wait = wait(attempts, jitter).max(after.unwrap_or_default());
            let next = seen.now.checked_add(wait).unwrap_or(Timestamp::MAX);
            match (next < deadline(seen), seen.limits.most_attempts) {
                (true, most) if most.is_none_or(|most| attempts < most) => retried(tried, next, why),
                _ => failed(tried, &format!("gave up after {attempts} attempts: {why}")),
            }
        }
    }
}

fn retried(tried: Delivery, next: Timestamp, why: &str) -> Delivery {
    Delivery { next_attempt: Some(next), last_error: Some(bounded(why, 1024)), ..tried }
}

fn failed(tried: Delivery, why: &str) -> Delivery {
    Delivery { state: DeliveryState::Failed, last_error: Some(bounded(why, 1024)), ..tried }
}

/// Between half of `30s · 2^(attempts−1)` and all of it, at most 8 minutes; never less than a second.
fn wait(attempts: i32, jitter: f64) -> SignedDuration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    let whole = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    let share = 0.5 + jitter.clamp(0.0, 1.0) / 2.0;
    SignedDuration::try_from_secs_f64(whole.as_secs_f64() * share).unwrap_or(whole)
}

/// The deliveries as they are recorded when nothing more is tried: what still waits has failed.
pub fn closed(deliveries: &[Delivery]) -> Vec<Delivery> {
    let close = |delivery: &Delivery| match delivery.state {
        DeliveryState::Pending => Delivery { state: DeliveryState::Failed, next_attempt: None, ..delivery.clone() },
        _ => delivery.clone(),
    };
    deliveries.iter().map(close).collect()
}

/// The deliveries with one of them replaced, or added.
pub fn with(mut deliveries: Vec<Delivery>, new: Delivery) -> Vec<Delivery> {
    match deliveries.iter_mut().find(|old| old.receiver == new.receiver && old.channel == new.channel) {
        Some(old) if old.state == DeliveryState::Delivered => {}
        Some(old) => *old = new,
        None => deliveries.push(new),
    }
    deliveries
}
