//! Waits until the API server enforces the policies: it takes a policy up about a second after it was written.

use crate::cli::failure::{Failure, Reason, is_missing};
use crate::cli::session::Session;
use crate::manifests::policies::POLICIES;
use jiff::SignedDuration;
use kube::Client;
use kube::api::PostParams;
use kube::core::Request;
use serde_json::{Value, json};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(100);

/// Waits until a request is refused that only the policy applied last refuses. Nothing is stored.
///
/// # Errors
/// When that takes longer than `limit`, or the API server refuses for another reason.
pub async fn wait(client: &Client, limit: SignedDuration, session: &Session) -> anyhow::Result<()> {
    let limit = Duration::try_from(limit).unwrap_or_default();
    let late = |_| Failure::new(Reason::Timeout, "the policies are not enforced yet").hint("see  kubectl kubernaut check");
    let enforced = tokio::time::timeout(limit, until_refused(client)).await.map_err(late)??;
    let count = POLICIES.len();
    session.voice.tell(&match enforced {
        true => format!("{count} policies are enforced"),
        false => format!("{count} policies are there; whether they are enforced can be seen once the types are served"),
    });
    Ok(())
}

async fn until_refused(client: &Client) -> anyhow::Result<bool> {
    loop {
        match attempt(client).await {
            Err(kube::Error::Api(status)) if status.message.contains("ValidatingAdmissionPolicy") => return Ok(true),
            Err(error) if is_missing(&error) => return Ok(false),
            Err(error) => return Err(Failure::from_kube(&error, "see whether the policies are enforced").into()),
            Ok(_) => tokio::time::sleep(INTERVAL).await,
        }
    }
}

/// Asks for a remediation in the name of nobody, as a server-side dry run.
async fn attempt(client: &Client) -> Result<Value, kube::Error> {
    let params = PostParams { dry_run: true, ..PostParams::default() };
    let path = "/apis/kubernaut.ai/v1alpha1/namespaces/default/remediationrequests";
    let body = serde_json::to_vec(&in_the_name_of_nobody()).map_err(kube::Error::SerdeError)?;
    client.request(Request::new(path).create(&params, body).map_err(kube::Error::BuildRequest)?).await
}

fn in_the_name_of_nobody() -> Value {
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest", "metadata": { "name": "in-the-name-of-nobody" },
        "spec": {
            "signalName": "none", "signalFingerprint": "0".repeat(64), "severity": "info", "environment": "none", "priority": "P3",
            "targetResource": "default/deployment/none", "firingTime": "2000-01-01T00:00:00Z", "receivedTime": "2000-01-01T00:00:00Z",
            "requestedBy": "",
        },
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_asked_for_is_well_formed() {
        let asked: crate::api::RemediationRequest = serde_json::from_value(super::in_the_name_of_nobody()).unwrap();
        assert_eq!(asked.spec.requested_by, "");
    }
}
