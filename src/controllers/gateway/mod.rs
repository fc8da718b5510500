//! Takes alerts in. Writes new RemediationRequests and `status.signal` of open ones; relies on nobody else writing that field.

mod answer;
mod auth;
mod store;
#[cfg(test)]
mod tests;

use super::context::{Ctx, Error};
use crate::permissions::Rule;
use crate::rules::alert::{Alert, Refusal, Webhook};
use crate::rules::intake::{self, Group};
use answer::{Handled, Verdict};
use auth::{Door, Sender};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{StreamExt, stream};
use http::StatusCode;
use std::error::Error as _;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use store::Task;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// What the gateway may do, beside what [`super::root::RULES`] lists.
pub const RULES: &[Rule] = &[
    Rule { groups: &["kubernaut.ai"], resources: &["remediationrequests"], verbs: &["get", "list", "create", "operate"] },
    Rule { groups: &["kubernaut.ai"], resources: &["remediationrequests/status"], verbs: &["patch"] },
    Rule { groups: &[""], resources: &["namespaces"], verbs: &["get"] },
    Rule { groups: &["authentication.k8s.io"], resources: &["tokenreviews"], verbs: &["create"] },
    Rule { groups: &["authorization.k8s.io"], resources: &["subjectaccessreviews"], verbs: &["create"] },
];

const MOST_BYTES: usize = 1024 * 1024;
const MOST_AT_ONCE: usize = 64;
const MOST_ALERTS_AT_ONCE: usize = 8;
const TIMEOUT: Duration = Duration::from_secs(10);

struct Gateway {
    ctx: Ctx,
    door: Door,
    seats: Semaphore,
    timeout: Duration,
}

/// Takes alerts in until `stop` is ready; then finishes what has begun.
///
/// Refuses to start without authentication anywhere but on a loopback address.
pub async fn serve(ctx: Ctx, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
    let address = listener.local_addr().map_err(|error| Error::Malformed(format!("the gateway's address cannot be told: {error}")))?;
    let open = ctx.settings.gateway.allow_unauthenticated;
    if open && !address.ip().is_loopback() {
        let advice = "listen on 127.0.0.1 or set gateway.allowUnauthenticated to false";
        return Err(Error::Malformed(format!("the gateway would take alerts from anybody at {address}; {advice}")));
    }
    let served = axum::serve(listener, router(ctx, open)).with_graceful_shutdown(stop).await;
    served.map_err(|error| Error::Malformed(format!("the gateway at {address} ended: {error}")))
}

/// The gateway's paths; an `open` one asks for no token.
pub fn router(ctx: Ctx, open: bool) -> Router {
    paths(ctx, open, TIMEOUT, MOST_AT_ONCE)
}

fn paths(ctx: Ctx, open: bool, timeout: Duration, seats: usize) -> Router {
    let door = Door::new(ctx.client.clone(), ctx.clock.clone(), open);
    let gateway = Gateway { ctx, door, seats: Semaphore::new(seats), timeout };
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/api/v1/signals/prometheus", post(prometheus))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(Arc::new(gateway))
}

async fn prometheus(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let Ok(_seat) = gateway.seats.try_acquire() else {
        return answer::refused(StatusCode::SERVICE_UNAVAILABLE, "too many messages at once; send it again");
    };
    let late = |_| answer::refused(StatusCode::SERVICE_UNAVAILABLE, "this took too long; send it again, what was stored is kept");
    let answered = tokio::time::timeout(gateway.timeout, received(&gateway, request)).await;
    answered.unwrap_or_else(late)
}

async fn received(gateway: &Gateway, request: Request) -> Response {
    let sender = match gateway.door.sender(request.headers()).await {
        Ok(sender) => sender,
        Err(away) => return answer::refused(away.status, &away.message),
    };
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return answer::refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the message is longer than 1 MiB; set max_alerts in Alertmanager's webhook_config",
            );
        }
        Err(rejection) => return answer::refused(StatusCode::BAD_REQUEST, &rejection.body_text()),
    };
    match Json::<Webhook>::from_bytes(&body) {
        Ok(Json(webhook)) => answer::all(&handled(gateway, &sender, &webhook.alerts).await),
        Err(rejection) => {
            let place = rejection.source().map_or_else(|| rejection.body_text(), ToString::to_string);
            answer::refused(StatusCode::BAD_REQUEST, &format!("the message is not an Alertmanager webhook of version 4: {place}"))
        }
    }
}

/// Looks at every alert: those of one fingerprint in turn, others side by side. Results are in the order of the alerts.
async fn handled(gateway: &Gateway, sender: &Sender, alerts: &[Alert]) -> Vec<Handled> {
    let (groups, refusals) = intake::grouped(alerts);
    let storing: Vec<_> = groups.into_iter().map(|group| in_turn(gateway, sender, group)).collect();
    let stored: Vec<Vec<(usize, Handled)>> = stream::iter(storing).buffer_unordered(MOST_ALERTS_AT_ONCE).collect().await;
    let told = |(place, refusal): (usize, Refusal)| Some((place, refused(alerts.get(place)?, refusal.to_string())));
    let mut results: Vec<(usize, Handled)> = refusals.into_iter().filter_map(told).chain(stored.into_iter().flatten()).collect();
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, handled)| handled).collect()
}

async fn in_turn(gateway: &Gateway, sender: &Sender, group: Group<'_>) -> Vec<(usize, Handled)> {
    let another_fires = intake::fires(&group);
    let mut results = vec![];
    for (place, alert, alerting) in group {
        let task = Task { alert, alerting, another_fires, sender };
        results.push((place, store::store(&gateway.ctx, &gateway.door, &task).await));
    }
    results
}

fn refused(alert: &Alert, message: String) -> Handled {
    let (name, namespace, fingerprint) = Default::default();
    Handled { alert: alert.title(), fingerprint, result: Verdict::Refused, name, namespace, message }
}
