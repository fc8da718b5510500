//! Waits until the API server enforces the policies that were just written: it takes them up about a second later, all at once.
//!
//! Whether it has can only be seen by a refusal, and an upgraded policy may refuse just what the old one refused. So a policy of our own
//! is written last, which refuses one request by a word drawn now; once that request is refused, those written before it hold, too.

use super::apply::{Applied, Change};
use super::objects::{Part, api};
use super::progress::Progress;
use crate::api::{GROUP, VERSION, labels};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason, is_missing};
use crate::cli::paste;
use crate::cli::session::Session;
use crate::cli::whoami::whoami;
use crate::manifests::policies::POLICIES;
use jiff::SignedDuration;
use kube::Client;
use kube::ResourceExt;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::Request;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(100);
/// Refused for another reason for so long, it will not be refused for ours.
const OTHERWISE: Duration = Duration::from_secs(10);
/// Name of the policy that is written to see, and of the request that it refuses.
pub const PROBE: &str = "kubernaut-install-probe";

/// Waits until a request is refused that only the policy applied last refuses. Nothing is stored.
///
/// # Errors
/// When that takes longer than `limit`.
pub async fn wait(connected: &Connected, applied: &[Applied], limit: SignedDuration, session: &Session) -> anyhow::Result<()> {
    let policies = applied.iter().filter(|one| Part::of(&one.after) == Part::Policy);
    if policies.clone().count() == 0 {
        return Ok(());
    }
    let count = POLICIES.len();
    if policies.clone().all(|one| one.change == Change::Unchanged) {
        session.voice.tell(&format!("{count} policies are enforced"));
        return Ok(());
    }
    let progress = Progress::begin(session, &format!("waiting until {count} policies are enforced"));
    let limit = Duration::try_from(limit).unwrap_or_default();
    let client = &connected.client;
    let asked = tokio::time::timeout(limit, until_refused(connected)).await;
    remove(client).await;
    drop(progress);
    let late = |_| Failure::new(Reason::Timeout, "the policies are not enforced yet").hint(format!("see  {}", paste::ours("check")));
    session.voice.tell(&match asked.map_err(late)?? {
        true => format!("{count} policies are enforced"),
        false => format!("{count} policies are there; whether they are enforced could not be seen"),
    });
    Ok(())
}

async fn until_refused(connected: &Connected) -> anyhow::Result<bool> {
    let (who, word) = (whoami(connected).await?, uuid::Uuid::new_v4().to_string());
    for object in probe(&word) {
        let params = PatchParams::apply(labels::CLI).force();
        let name = object.name_any();
        api(&connected.client, &object).patch(&name, &params, &Patch::Apply(&object)).await.attempted(|| format!("write policy {name}"))?;
    }
    let begun = Instant::now();
    loop {
        match attempt(&connected.client, &who).await {
            Err(kube::Error::Api(status)) if status.message.contains(&word) => return Ok(true),
            // Without the kinds there is nothing to refuse.
            Err(error) if is_missing(&error) => return Ok(false),
            Err(kube::Error::Api(_)) if begun.elapsed() > OTHERWISE => return Ok(false),
            Err(kube::Error::Api(_)) | Ok(_) => tokio::time::sleep(INTERVAL).await,
            Err(error) => return Err(Failure::from_kube(&error, "see whether the policies are enforced").into()),
        }
    }
}

/// The binding comes last: it makes the policy hold.
fn probe(word: &str) -> Vec<DynamicObject> {
    let group = "admissionregistration.k8s.io/v1";
    let rule = json!({ "apiGroups": [GROUP], "apiVersions": [VERSION], "operations": ["CREATE"], "resources": ["remediationrequests"] });
    let definition = json!({
        "apiVersion": group, "kind": "ValidatingAdmissionPolicy", "metadata": { "name": PROBE },
        "spec": {
            "failurePolicy": "Ignore",
            "matchConstraints": { "resourceRules": [rule] },
            "matchConditions": [{ "name": "the-probe", "expression": format!("object.metadata.name == '{PROBE}'") }],
            "validations": [{ "expression": "false", "message": word }],
        },
    });
    let binding = json!({
        "apiVersion": group, "kind": "ValidatingAdmissionPolicyBinding", "metadata": { "name": PROBE },
        "spec": { "policyName": PROBE, "validationActions": ["Deny"] },
    });
    [definition, binding].into_iter().filter_map(|object| serde_json::from_value(object).ok()).collect()
}

/// What is left behind when this fails refuses nothing but the probe.
async fn remove(client: &Client) {
    for object in probe("").iter().rev() {
        drop(api(client, object).delete(PROBE, &DeleteParams::default()).await);
    }
}

/// Asks for a remediation that every other policy lets pass, as a server-side dry run.
async fn attempt(client: &Client, who: &str) -> Result<Value, kube::Error> {
    let params = PostParams { dry_run: true, ..PostParams::default() };
    let path = "/apis/kubernaut.ai/v1alpha1/namespaces/default/remediationrequests";
    let body = serde_json::to_vec(&asked_for_by(who)).map_err(kube::Error::SerdeError)?;
    client.request(Request::new(path).create(&params, body).map_err(kube::Error::BuildRequest)?).await
}

fn asked_for_by(who: &str) -> Value {
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest", "metadata": { "name": PROBE },
        "spec": {
            "signalName": "none", "signalFingerprint": "0".repeat(64), "severity": "info", "environment": "none", "priority": "P3",
            "targetResource": "default/deployment/none", "firingTime": "2000-01-01T00:00:00Z", "receivedTime": "2000-01-01T00:00:00Z",
            "requestedBy": who,
        },
    })
}

/// The objects that are written to see, for whoever cleans up.
pub fn leftovers() -> Vec<DynamicObject> {
    probe("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::install::apply::value;

    #[test]
    fn what_is_asked_for_is_well_formed() {
        let asked: crate::api::RemediationRequest = serde_json::from_value(asked_for_by("me")).unwrap();
        assert_eq!(asked.spec.requested_by, "me");
    }

    #[test]
    fn the_probe_refuses_nothing_else() {
        let [definition, binding] = &probe("word")[..] else { panic!("two objects") };
        let text = value(definition).to_string();
        assert!(text.contains("object.metadata.name == 'kubernaut-install-probe'") && text.contains("Ignore"), "{text}");
        assert_eq!(value(binding)["spec"]["policyName"], PROBE);
    }
}
