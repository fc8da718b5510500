//! Which admission policies of ours hold, and since when: only then has the API server made sure of the name beside a decision.

use super::audit::{About, Happening, Record};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Resource, ResourceExt};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What the names of all our policies and bindings begin with.
pub const PREFIX: &str = "kubernaut-";

/// How long an API server may take to enforce what was just bound.
const TAKES_HOLD: SignedDuration = SignedDuration::from_secs(2);

/// The policies that hold, each with the time since when nobody changed it or its binding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guards(BTreeMap<String, Timestamp>);

impl Guards {
    /// What these policies and bindings guarantee: only what is bound to everything, and refuses.
    pub fn of(policies: &[ValidatingAdmissionPolicy], bindings: &[ValidatingAdmissionPolicyBinding]) -> Self {
        let holds = |policy: &ValidatingAdmissionPolicy| {
            let name = policy.name_any();
            let refuses = policy.spec.as_ref().is_some_and(|spec| spec.failure_policy.as_deref() != Some("Ignore"));
            let binding = bindings.iter().find(|binding| refuses && binds(binding, &name))?;
            Some((name, unchanged_since(policy.meta())?.max(unchanged_since(binding.meta())?)))
        };
        Self(policies.iter().filter_map(holds).collect())
    }

    /// Whether a policy held at that time.
    pub fn held(&self, policy: &str, at: Option<Timestamp>) -> bool {
        let since = self.0.get(policy).and_then(|since| since.checked_add(TAKES_HOLD).ok());
        since.zip(at).is_some_and(|(since, at)| since <= at)
    }
}

/// Whether a binding puts a policy in force for everything, and refuses what it forbids.
pub fn binds(binding: &ValidatingAdmissionPolicyBinding, policy: &str) -> bool {
    binding.spec.as_ref().is_some_and(|spec| {
        spec.policy_name.as_deref() == Some(policy)
            && spec.match_resources.is_none()
            && spec.param_ref.is_none()
            && spec.validation_actions.iter().flatten().any(|action| action == "Deny")
    })
}

/// The last write of the object itself; one of its status changes nothing.
fn unchanged_since(meta: &ObjectMeta) -> Option<Timestamp> {
    let entries = meta.managed_fields.iter().flatten().filter(|entry| entry.subresource.as_deref().unwrap_or_default().is_empty());
    let writes = entries.filter_map(|entry| entry.time.as_ref().map(|time| time.0));
    writes.chain(meta.creation_timestamp.as_ref().map(|created| created.0)).max()
}

/// A record for each policy and binding of ours as it is now: one a generation.
pub fn policy_records(policies: &[ValidatingAdmissionPolicy], bindings: &[ValidatingAdmissionPolicyBinding]) -> Vec<Record> {
    let policies = policies.iter().filter(|policy| is_ours(*policy)).map(|policy| changed(policy, "policy", &policy.spec));
    let bindings = bindings.iter().filter(|binding| is_ours(*binding)).map(|binding| changed(binding, "binding", &binding.spec));
    policies.chain(bindings).collect()
}

/// A record for a policy or binding that is on record and no longer there. Nobody knows when it went, only when that was noticed.
pub fn removed(object: &About, noticed: Timestamp) -> Record {
    let what = format!("{} {} is gone", object.kind, object.name);
    Record { when: Some(noticed), ..about(object.clone(), Happening::PolicyRemoved, what) }
}

fn is_ours<K: Resource<DynamicType = ()>>(object: &K) -> bool {
    object.name_any().starts_with(PREFIX)
}

fn changed<K: Resource<DynamicType = ()>>(object: &K, noun: &str, spec: &impl Serialize) -> Record {
    let generation = object.meta().generation.unwrap_or(1);
    let about_it = About {
        api_version: K::api_version(&()).into_owned(),
        kind: K::kind(&()).into_owned(),
        namespace: None,
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
    };
    let what = format!("{noun} {} is at generation {generation}, SHA-256 of its spec {}", about_it.name, digest(spec));
    let made = about(about_it, Happening::PolicyChanged, what);
    Record { id: format!("{}-{generation}", made.id), when: unchanged_since(object.meta()), ..made }
}

fn about(object: About, event: Happening, what: String) -> Record {
    Record {
        id: super::audit::id(&object.kind, &object.uid, event),
        event,
        object,
        who: "unknown; see the API server's audit log".to_owned(),
        verified: false,
        when: None,
        what,
        why: None,
        evidence: None,
        plan_hash: None,
        block_id: None,
        target: None,
        remediation: None,
    }
}

fn digest(spec: &impl Serialize) -> String {
    let text = serde_json::to_value(spec).map(|value| super::plan::canonical_text(&value)).unwrap_or_default();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
