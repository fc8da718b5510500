//! Who holds the controllers' lease, and how fresh it is: by the API server's clock, as the one who asks may have a wrong one.

use crate::api::SYSTEM_NAMESPACE;
use crate::cli::connect::Connected;
use crate::cli::output::{age::age, text::one_line};
use crate::cli::paste;
use crate::controllers::leadership::LEASE;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::Api;

/// Without a duration of its own a lease lasts so long.
const LASTS: i64 = 15;

/// The controllers' lease as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// No controllers have ever worked here with a lease.
    Never,
    /// The last holder gave it back.
    Free,
    /// Somebody renews it.
    By {
        /// Who.
        holder: String,
        /// How long ago it was renewed, by the holder's clock and the API server's.
        renewed: SignedDuration,
    },
    /// Somebody had it, and has not renewed it for longer than it lasts.
    Stale {
        /// Who.
        holder: String,
        /// How long ago it was renewed, by the holder's clock and the API server's.
        renewed: SignedDuration,
    },
}

impl Held {
    /// That no controllers work here, why, and what to do; `None` when some do.
    pub fn idle(&self) -> Option<String> {
        let start = format!("start them with  {}", paste::ours("run-controllers"));
        let (why, next) = match self {
            Self::By { .. } => return None,
            Self::Never => ("nobody ever held their lease".to_owned(), start),
            Self::Free => ("the last ones gave their lease back".to_owned(), start),
            Self::Stale { holder, renewed } => {
                let why = format!("their lease was last renewed {} ago by {holder}", age(*renewed));
                (why, format!("look closer with  {}", paste::ours("check --only controllers")))
            }
        };
        Some(one_line(&format!("no controllers work here: {why}; {next}")))
    }
}

/// The lease, and when it was so.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The lease, unless there is none.
    pub lease: Option<Lease>,
    /// When it was read.
    pub at: Timestamp,
}

impl Reading {
    /// Who holds it.
    pub fn held(&self) -> Held {
        self.lease.as_ref().map_or(Held::Never, |lease| held(lease, self.at))
    }
}

/// Why nothing goes on; `None` when controllers work here, or nobody may tell.
pub async fn idle(connected: &Connected, now: Timestamp) -> Option<String> {
    look(connected, now).await.ok()?.idle()
}

/// Reads who holds the lease.
///
/// # Errors
/// As [`read`].
pub async fn look(connected: &Connected, now: Timestamp) -> Result<Held, kube::Error> {
    Ok(read(connected, now).await?.held())
}

/// Reads the lease. `now` counts only where the API server does not say what time it is.
///
/// # Errors
/// When it may not be read, or the API server does not answer.
pub async fn read(connected: &Connected, now: Timestamp) -> Result<Reading, kube::Error> {
    let leases: Api<Lease> = Api::namespaced(connected.client.clone(), SYSTEM_NAMESPACE);
    Ok(Reading { lease: leases.get_opt(LEASE).await?, at: now })
}

fn held(lease: &Lease, now: Timestamp) -> Held {
    let spec = lease.spec.clone().unwrap_or_default();
    let Some(holder) = spec.holder_identity.filter(|holder| !holder.is_empty()) else { return Held::Free };
    let renewed = spec.renew_time.map_or(SignedDuration::MAX, |renewed| now.duration_since(renewed.0));
    // A clock that goes ahead is not that of somebody who is gone.
    match renewed <= SignedDuration::from_secs(spec.lease_duration_seconds.map_or(LASTS, i64::from)) {
        true => Held::By { holder, renewed: renewed.max(SignedDuration::ZERO) },
        false => Held::Stale { holder, renewed },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_lease_is_fresh_for_as_long_as_it_lasts() {
        let now: Timestamp = "2025-12-06T10:30:00Z".parse().unwrap();
        let of = |holder: &str, renewed: &str| {
            let lease = json!({"spec": {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": renewed}});
            held(&serde_json::from_value(lease).unwrap(), now)
        };
        let seconds = SignedDuration::from_secs;
        let me = || "me".to_owned();
        #[rustfmt::skip]
        let table = [
            ("given back",              of("", "2025-12-06T10:29:59.000000Z"),   Held::Free),
            ("renewed just now",        of("me", "2025-12-06T10:29:57.000000Z"), Held::By { holder: me(), renewed: seconds(3) }),
            ("renewed as long ago as it lasts", of("me", "2025-12-06T10:29:45.000000Z"), Held::By { holder: me(), renewed: seconds(15) }),
            ("not renewed",             of("me", "2025-12-06T10:29:44.000000Z"), Held::Stale { holder: me(), renewed: seconds(16) }),
            ("by a clock that is ahead", of("me", "2025-12-06T10:31:00.000000Z"), Held::By { holder: me(), renewed: seconds(0) }),
        ];
        for (case, found, expected) in table {
            assert_eq!(found, expected, "{case}");
        }
        assert_eq!(held(&Lease::default(), now), Held::Free);
    }

    #[test]
    fn who_waits_is_told_that_nobody_works() {
        let (holder, renewed) = ("me".to_owned(), SignedDuration::from_secs(90));
        #[rustfmt::skip]
        let table = [
            ("somebody renews it", Held::By { holder: holder.clone(), renewed }, None),
            ("never there",        Held::Never, Some("no controllers work here: nobody ever held their lease; start them with  kubectl kubernaut run-controllers")),
            ("given back",         Held::Free,  Some("no controllers work here: the last ones gave their lease back; start them with  kubectl kubernaut run-controllers")),
            ("left behind",        Held::Stale { holder, renewed }, Some("no controllers work here: their lease was last renewed 90s ago by me; look closer with  kubectl kubernaut check --only controllers")),
        ];
        for (case, held, expected) in table {
            assert_eq!(held.idle().as_deref(), expected, "{case}");
        }
    }
}
