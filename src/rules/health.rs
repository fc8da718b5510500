//! Decides whether a workload is healthy after a run.

use jiff::{SignedDuration, Timestamp};

/// What a workload tells about itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Workload {
    /// A workload with a rollout: a Deployment, a StatefulSet or a DaemonSet.
    Rollout {
        /// Whether its controller has seen the newest spec.
        observed: bool,
        /// Replicas it should have.
        wanted: i32,
        /// Replicas of the newest revision.
        updated: i32,
        /// Replicas that are available.
        available: i32,
        /// Replicas in all, old ones included.
        existing: i32,
    },
    /// Something without a rollout: nothing can be said.
    Other,
    /// It is gone.
    Gone,
}

/// What the health of a target means for its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is healthy.
    Healthy,
    /// Not yet; look again, at the latest then.
    Wait {
        /// When waiting ends.
        until: Timestamp,
    },
    /// It did not become healthy in time.
    Unhealthy(String),
    /// Nothing can be said.
    Unknown,
}

/// How long a target has been watched, and for how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Now, by the controllers' clock.
    pub now: Timestamp,
    /// Since when it is watched.
    pub since: Timestamp,
    /// Before how long nothing it shows is believed.
    pub settling: SignedDuration,
    /// After how long it must be healthy.
    pub timeout: SignedDuration,
    /// Whether the run changed anything; what it did not touch it did not harm.
    pub touched: bool,
    /// Pods of the target that end again and again.
    pub crashing: usize,
}

impl Watch {
    /// Whether the target must be healthy by now.
    pub fn is_over(&self) -> bool {
        self.now >= after(self.since, self.timeout)
    }
}

fn after(since: Timestamp, length: SignedDuration) -> Timestamp {
    since.checked_add(length).unwrap_or(Timestamp::MAX)
}

/// Judges what a watched target shows. A target that is not healthy in time after it was changed counts as harmed by that,
/// whether it was healthy before or not; what was not touched is not waited for.
pub fn decide(workload: &Workload, watch: &Watch) -> Health {
    let settled = after(watch.since, watch.settling);
    match workload {
        Workload::Other => Health::Unknown,
        rollout if !watch.touched => {
            if is_healthy(rollout, watch) {
                Health::Healthy
            } else {
                Health::Unknown
            }
        }
        Workload::Gone => Health::Unhealthy("the target is gone".to_owned()),
        _ if watch.now < settled => Health::Wait { until: settled },
        rollout if is_healthy(rollout, watch) => Health::Healthy,
        _ if !watch.is_over() => Health::Wait { until: after(watch.since, watch.timeout) },
        rollout => {
            let Watch { timeout, crashing, .. } = watch;
            let crashing = if *crashing > 0 { format!(", {crashing} pods end again and again") } else { String::new() };
            Health::Unhealthy(format!("the target did not become healthy within {timeout:#}: {}{crashing}", describe(rollout)))
        }
    }
}

fn is_healthy(workload: &Workload, watch: &Watch) -> bool {
    is_complete(workload) && watch.crashing == 0
}

fn is_complete(workload: &Workload) -> bool {
    match *workload {
        Workload::Rollout { observed, wanted, updated, available, existing } => {
            observed && updated >= wanted && available >= wanted && existing <= wanted.max(updated)
        }
        _ => false,
    }
}

/// A workload's rollout in a few words.
pub fn describe(workload: &Workload) -> String {
    match workload {
        Workload::Rollout { wanted, updated, available, .. } => format!("{available} of {wanted} replicas available, {updated} updated"),
        Workload::Other => "no rollout to watch".to_owned(),
        Workload::Gone => "gone".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollout_is_healthy_when_it_is_complete() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let rollout = |observed, wanted, updated, available, existing| Workload::Rollout { observed, wanted, updated, available, existing };
        #[rustfmt::skip]
        let table = [
            ("complete",                    rollout(true, 3, 3, 3, 3),  0,   "healthy"),
            ("complete, but still settling", rollout(true, 3, 3, 3, 3), 1,   "wait"),
            ("complete after settling",     rollout(true, 3, 3, 3, 3),  2,   "healthy"),
            ("scaled to nothing",           rollout(true, 0, 0, 0, 0),  0,   "healthy"),
            ("the spec was not seen yet",   rollout(false, 3, 3, 3, 3), 0,   "wait"),
            ("old replicas are left",       rollout(true, 3, 3, 3, 4),  0,   "wait"),
            ("one is missing",              rollout(true, 3, 3, 2, 3),  599, "wait"),
            ("one is missing for too long", rollout(true, 3, 3, 2, 3),  600, "unhealthy"),
            ("gone",                        Workload::Gone,             0,   "unhealthy"),
            ("a bare pod",                  Workload::Other,            0,   "unknown"),
            ("complete, but pods crash",    rollout(true, 3, 3, 3, 3),  0,   "wait"),
            ("pods crash for too long",     rollout(true, 3, 3, 3, 3),  600, "unhealthy"),
            ("healthy and untouched",       rollout(true, 3, 3, 3, 3),  0,   "healthy"),
            ("untouched and not healthy",   rollout(true, 3, 3, 2, 3),  600, "unknown"),
            ("untouched, and pods crash",   rollout(true, 3, 3, 3, 3),  0,   "unknown"),
            ("untouched and gone",          Workload::Gone,             0,   "unknown"),
        ];
        for (case, workload, now, expected) in table {
            let settling = SignedDuration::from_secs(if case.contains("settling") { 2 } else { 0 });
            let (touched, crashing) = (!case.contains("untouched"), usize::from(case.contains("crash")));
            let watch = Watch { now: at(now), since: at(0), settling, timeout: SignedDuration::from_mins(10), touched, crashing };
            let word = match decide(&workload, &watch) {
                Health::Healthy => "healthy",
                Health::Wait { .. } => "wait",
                Health::Unhealthy(_) => "unhealthy",
                Health::Unknown => "unknown",
            };
            assert_eq!(word, expected, "{case}");
        }
    }
}
