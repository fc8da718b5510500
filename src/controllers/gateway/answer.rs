//! What a sender of alerts is answered: one result an alert, and a status that tells whether to send again.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;

/// Seconds after which it makes sense to send again.
const AGAIN_AFTER: HeaderValue = HeaderValue::from_static("5");

/// What became of one alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Handled {
    /// Name of the alert.
    pub alert: String,
    /// Fingerprint of its object; empty when it could not be read.
    pub fingerprint: String,
    /// What became of it.
    pub result: Verdict,
    /// Name of the RemediationRequest, if there is one.
    pub name: String,
    /// Namespace of the RemediationRequest.
    pub namespace: String,
    /// What happened, in a sentence.
    pub message: String,
}

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It became a request.
    Created,
    /// It was counted in an open request.
    Duplicate,
    /// Its end was recorded, or nothing waited for it.
    Resolved,
    /// It cannot be taken; sending it again changes nothing.
    Refused,
    /// Its sender may not make requests in that namespace.
    #[serde(rename = "refused")]
    Forbidden,
    /// It could not be stored; send it again.
    NotNow,
}

/// The answer to a message whose alerts were all looked at.
pub fn all(results: &[Handled]) -> Response {
    let mut response = (status(results), Json(json!({ "results": results }))).into_response();
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, AGAIN_AFTER);
    }
    response
}

fn status(results: &[Handled]) -> StatusCode {
    let any = |verdict| results.iter().any(|handled| handled.result == verdict);
    match () {
        () if any(Verdict::NotNow) => StatusCode::SERVICE_UNAVAILABLE,
        () if any(Verdict::Created) => StatusCode::CREATED,
        () if results.is_empty() || any(Verdict::Duplicate) || any(Verdict::Resolved) => StatusCode::ACCEPTED,
        () if any(Verdict::Forbidden) => StatusCode::FORBIDDEN,
        () => StatusCode::BAD_REQUEST,
    }
}

/// The answer to a message that was not looked at.
pub fn refused(status: StatusCode, message: &str) -> Response {
    let mut response = (status, Json(json!({ "message": message, "results": [] }))).into_response();
    match status {
        StatusCode::SERVICE_UNAVAILABLE => response.headers_mut().insert(RETRY_AFTER, AGAIN_AFTER),
        StatusCode::UNAUTHORIZED => response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
        _ => None,
    };
    response
}

#[cfg(test)]
mod tests {
    use super::{Handled, Verdict, Verdict::*, status};

    #[test]
    fn the_status_tells_whether_to_send_again() {
        #[rustfmt::skip]
        let table: &[(&str, &[Verdict], u16)] = &[
            ("one was created",             &[Created],                    201),
            ("one of many was created",     &[Duplicate, Created, Refused], 201),
            ("all were known",              &[Duplicate, Resolved],        202),
            ("some were refused",           &[Duplicate, Refused],         202),
            ("no alert at all",             &[],                           202),
            ("all were refused",            &[Refused, Refused],           400),
            ("the sender may do nothing",   &[Forbidden, Refused],         403),
            ("the sender may do something", &[Forbidden, Created],         201),
            ("one could not be stored",     &[Created, NotNow, Refused],   503),
        ];
        for (case, verdicts, expected) in table {
            let handled = |result: &Verdict| Handled {
                alert: String::new(),
                fingerprint: String::new(),
                result: *result,
                name: String::new(),
                namespace: String::new(),
                message: String::new(),
            };
            assert_eq!(status(&verdicts.iter().map(handled).collect::<Vec<_>>()), *expected, "{case}");
        }
    }
}
