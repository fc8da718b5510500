//! Who holds the controllers' lease, and how fresh it is: by the API server's clock, as the one who asks may have a wrong one.

use crate::api::SYSTEM_NAMESPACE;
use crate::cli::connect::Connected;
use crate::cli::output::{age::age, text::one_line};
use crate::cli::paste;
use crate::controllers::leadership::LEASE;
use http::{HeaderMap, StatusCode, header};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Resource;
use kube::client::Body;
use kube::core::params::GetParams;
use kube::core::request::Request;
use kube::core::response::Status;

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

/// Reads the lease. `now` counts only where the API server does not say what time it is: whoever asks may have a wrong clock.
///
/// # Errors
/// When it may not be read, or the API server does not answer.
pub async fn read(connected: &Connected, now: Timestamp) -> Result<Reading, kube::Error> {
    let path = Request::new(Lease::url_path(&(), Some(SYSTEM_NAMESPACE)));
    let asked = path.get(LEASE, &GetParams::default()).map_err(kube::Error::BuildRequest)?;
    let answer = connected.client.send(asked.map(Body::from)).await?;
    let (code, at) = (answer.status(), server_time(answer.headers()).unwrap_or(now));
    let body = answer.into_body().collect_bytes().await?;
    if code.is_success() {
        return Ok(Reading { lease: Some(serde_json::from_slice(&body).map_err(kube::Error::SerdeError)?), at });
    }
    match refusal(code, &body) {
        kube::Error::Api(status) if status.is_not_found() => Ok(Reading { lease: None, at }),
        error => Err(error),
    }
}

/// What time it was where the answer was made, to the second.
fn server_time(headers: &HeaderMap) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(headers.get(header::DATE)?.to_str().ok()?).ok()
}

/// The API server's own words; or those of whatever answers in its place.
fn refusal(code: StatusCode, body: &[u8]) -> kube::Error {
    let status = serde_json::from_slice::<Status>(body)
        .unwrap_or_else(|_| Status::failure(String::from_utf8_lossy(body).trim(), "Failed to parse error data").with_code(code.as_u16()));
    kube::Error::Api(status.boxed())
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
    use crate::cli::scripted::{Answer, Script};
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

    const OF_CONTROLLERS: &str = "GET /apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases/kubernaut-controllers";

    /// Whoever asks has a clock that shows 10:30.
    async fn asked(answer: Answer) -> Result<Reading, kube::Error> {
        let script = Script::in_order(vec![(OF_CONTROLLERS, answer)], |_| {});
        read(&Connected::around(script.client(), "payment"), "2025-12-06T10:30:00Z".parse().unwrap()).await
    }

    #[tokio::test]
    async fn a_lease_is_judged_by_the_api_servers_clock() {
        let lease = || {
            let spec = json!({"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2025-12-06T10:20:00.000000Z"});
            json!({"metadata": {"name": LEASE}, "spec": spec})
        };
        let dated = |date: &'static str| Answer::Dated(date, lease());
        let (by, stale) = (|seconds| ("By", seconds), |seconds| ("Stale", seconds));
        #[rustfmt::skip]
        let table = [
            ("ours is ten minutes ahead", dated("Sat, 06 Dec 2025 10:20:04 GMT"), by(4)),
            ("theirs is that much ahead", dated("Sat, 06 Dec 2025 10:40:00 GMT"), stale(1200)),
            ("theirs is behind",          dated("Sat, 06 Dec 2025 10:19:00 GMT"), by(0)),
            ("they do not say",           Answer::Json(200, lease()),             stale(600)),
            ("they say nonsense",         dated("soon"),                          stale(600)),
            ("they say nothing",          dated(""),                              stale(600)),
            ("another way to write it",   dated("2025-12-06T10:20:04Z"),          stale(600)),
        ];
        for (case, answer, (expected, seconds)) in table {
            let found = match asked(answer).await.expect(case).held() {
                Held::By { renewed, .. } => ("By", renewed.as_secs()),
                Held::Stale { renewed, .. } => ("Stale", renewed.as_secs()),
                other => panic!("{case}: {other:?}"),
            };
            assert_eq!(found, (expected, seconds), "{case}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_told_as_everywhere() {
        assert_eq!(asked(Answer::missing()).await.unwrap().held(), Held::Never);
        let code = |error: kube::Error| match error {
            kube::Error::Api(status) => status.code,
            other => panic!("{other}"),
        };
        assert_eq!(code(asked(Answer::forbidden("leases")).await.unwrap_err()), 403);
        assert_eq!(code(asked(Answer::Text(404, "what?".to_owned())).await.unwrap_err()), 404, "nobody who knows says so");
        assert_eq!(code(asked(Answer::Text(502, "<html>".to_owned())).await.unwrap_err()), 502);
        assert!(matches!(asked(Answer::Text(200, "<html>".to_owned())).await, Err(kube::Error::SerdeError(_))));
        assert!(matches!(asked(Answer::Broken).await, Err(kube::Error::Service(_))));
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
