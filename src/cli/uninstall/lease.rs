//! The controllers' lease. They made it, so nothing but this takes it away from a namespace that stays.

use crate::api::SYSTEM_NAMESPACE;
use crate::cli::check::lease::{self, Held};
use crate::cli::connect::Connected;
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Attempted, Failure, is_missing};
use crate::cli::output::text::one_line;
use crate::cli::session::Session;
use crate::controllers::leadership::LEASE;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, DeleteParams, Preconditions};

/// A lease that nobody live holds, as it was seen.
pub struct Left(Lease);

/// What kubectl calls it.
pub fn shown() -> String {
    format!("lease.coordination.k8s.io/{LEASE}")
}

/// The lease, unless there is none; one that somebody renews stays, and that is said.
///
/// # Errors
/// When it may not be read, or the API server does not answer.
pub async fn left(connected: &Connected, session: &Session) -> Result<Option<Left>, Failure> {
    let read = lease::read(connected, session.now()).await.attempted(|| "read the controllers' lease".to_owned())?;
    if let Held::By { holder, .. } = read.held() {
        session.voice.tell(&one_line(&format!("{} stays: {holder} holds it", shown())));
        return Ok(None);
    }
    Ok(read.lease.map(Left))
}

impl Left {
    /// Deletes it as it was seen; whether it is gone. Whoever took it meanwhile keeps it, and that is said.
    ///
    /// # Errors
    /// When the right is missing, or the API server does not answer.
    pub async fn delete(&self, connected: &Connected, dry_run: DryRun, session: &Session) -> Result<bool, Failure> {
        let (uid, resource_version) = (self.0.metadata.uid.clone(), self.0.metadata.resource_version.clone());
        let preconditions = Some(Preconditions { uid, resource_version });
        let params = DeleteParams { dry_run: dry_run == DryRun::Server, preconditions, ..DeleteParams::default() };
        if dry_run == DryRun::Client {
            return Ok(true);
        }
        match api(connected).delete(LEASE, &params).await {
            Err(kube::Error::Api(status)) if status.is_conflict() => {
                session.voice.tell(&format!("{} stays: somebody took it meanwhile", shown()));
                Ok(false)
            }
            Err(error) if is_missing(&error) => Ok(true),
            answer => answer.attempted(|| format!("delete {} in namespace {SYSTEM_NAMESPACE}", shown())).map(|_| true),
        }
    }
}

fn api(connected: &Connected) -> Api<Lease> {
    Api::namespaced(connected.client.clone(), SYSTEM_NAMESPACE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::scripted::{self, Answer, Script};
    use serde_json::{Value, json};

    const GET: &str = "GET /apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases/kubernaut-controllers";
    const DELETE: &str = "DELETE /apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases/kubernaut-controllers";

    fn held(holder: &str, renewed: &str) -> Value {
        let spec = json!({"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": renewed});
        json!({"metadata": {"name": LEASE, "uid": "u", "resourceVersion": "7"}, "spec": spec})
    }

    fn lease(holder: &str, renewed: &str) -> Answer {
        Answer::Json(200, held(holder, renewed))
    }

    fn refused(code: u16, reason: &str) -> Answer {
        Answer::Json(
            code,
            json!({"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": "no", "details": {"name": LEASE}}),
        )
    }

    #[tokio::test]
    async fn a_lease_goes_as_it_was_seen_and_only_from_nobody() {
        let (old, fresh) = ("2025-12-06T10:00:00.000000Z", "2025-12-06T10:29:55.000000Z");
        let gone = || Answer::Json(200, json!({"kind": "Status", "status": "Success"}));
        #[rustfmt::skip]
        let table: Vec<(&str, Vec<(&'static str, Answer)>, DryRun, Option<bool>, &str)> = vec![
            ("there is none",         vec![(GET, refused(404, "NotFound"))],                                DryRun::None,   None,        ""),
            ("given back",            vec![(GET, lease("", fresh)), (DELETE, gone())],                      DryRun::None,   Some(true),  ""),
            ("not renewed",           vec![(GET, lease("me", old)), (DELETE, gone())],                      DryRun::None,   Some(true),  ""),
            ("somebody is at work",   vec![(GET, lease("me", fresh))],                                      DryRun::None,   None,        "stays: me holds it"),
            ("at work, by the API server's clock", vec![(GET, Answer::Dated("Sat, 06 Dec 2025 10:00:09 GMT", held("me", old)))], DryRun::None, None, "stays: me holds it"),
            ("taken meanwhile",       vec![(GET, lease("", old)), (DELETE, refused(409, "Conflict"))],      DryRun::None,   Some(false), "stays: somebody took it meanwhile"),
            ("gone meanwhile",        vec![(GET, lease("", old)), (DELETE, refused(404, "NotFound"))],      DryRun::None,   Some(true),  ""),
            ("only said",             vec![(GET, lease("", old))],                                          DryRun::Client, Some(true),  ""),
            ("only checked",          vec![(GET, lease("", old)), (DELETE, gone())],                        DryRun::Server, Some(true),  ""),
        ];
        for (case, calls, dry_run, expected, said) in table {
            let (count, server) = (calls.len(), dry_run == DryRun::Server);
            let script = Script::in_order(calls, |_| {});
            let (connected, session) = (Connected::around(script.client(), "payment"), scripted::session("2025-12-06T10:30:00Z", 0));
            let deleted = match left(&connected, &session).await.expect(case) {
                Some(left) => Some(left.delete(&connected, dry_run, &session).await.expect(case)),
                None => None,
            };
            assert_eq!((deleted, script.asked()), (expected, count), "{case}");
            let (_, err) = session.voice.heard();
            assert!(err.contains(said) && (said.is_empty() == err.is_empty()), "{case}: {err}");
            for asked in script.calls().into_iter().filter(|asked| asked.method == http::Method::DELETE) {
                assert_eq!(asked.body["preconditions"], json!({"uid": "u", "resourceVersion": "7"}), "{case}");
                assert_eq!(asked.body["dryRun"], if server { json!(["All"]) } else { Value::Null }, "{case}");
            }
        }
    }
}
