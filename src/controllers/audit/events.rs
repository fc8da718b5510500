//! Tells of a record on the object it is about, where `kubectl describe` shows it.

use crate::controllers::context::{Ctx, Doing, Error};
use crate::controllers::objects::manager;
use crate::rules::audit::{About, CONTROLLERS, Happening, Record};
use k8s_openapi::api::core::v1::Event;
use kube::api::Api;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Where Events on objects without a namespace are.
const NOWHERE: &str = "default";
/// The longest message that the API server takes, in bytes.
const LONGEST: usize = 1024;

/// Writes the Event of a record. It has a name of its own, so a second one is refused.
///
/// # Errors
/// The API server's answer, unless it is that the Event is there already.
pub async fn tell(record: &Record, ctx: &Ctx) -> Result<(), Error> {
    let namespace = record.object.namespace.as_deref().unwrap_or(NOWHERE);
    let Some(event) = event(record, namespace) else { return Ok(()) };
    let events: Api<Event> = Api::namespaced(ctx.client.clone(), namespace);
    match events.create(&manager(), &event).await {
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
        made => made.map(drop).doing(|| format!("write an Event on {}/{}", record.object.kind, record.object.name)),
    }
}

fn event(record: &Record, namespace: &str) -> Option<Event> {
    let About { api_version, kind, name, uid, .. } = &record.object;
    let warns = matches!(record.event, Happening::ClearanceRefused | Happening::PolicyRemoved);
    let event = json!({
        "metadata": { "name": name_of(record), "namespace": namespace },
        "involvedObject": { "apiVersion": api_version, "kind": kind, "name": name, "uid": uid, "namespace": record.object.namespace },
        "reason": record.event,
        "message": message(record),
        "type": if warns { "Warning" } else { "Normal" },
        "source": { "component": CONTROLLERS },
        "firstTimestamp": record.when, "lastTimestamp": record.when, "count": 1,
    });
    serde_json::from_value(event).ok()
}

fn name_of(record: &Record) -> String {
    let digest: String = Sha256::digest(&record.id).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let name: String = record.object.name.chars().take(236).collect();
    format!("{}.{digest}", name.trim_end_matches(['.', '-']))
}

fn message(record: &Record) -> String {
    let why = record.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let unverified = if record.verified { "" } else { " (unverified)" };
    let text = format!("{} by {}{unverified}{why}", record.what, record.who);
    text.char_indices().take_while(|(at, letter)| at + letter.len_utf8() <= LONGEST).map(|(_, letter)| letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, why: &str) -> Record {
        serde_json::from_value(json!({
            "id": format!("AIApprovalRequest/{name}/Decided"), "event": "Decided", "what": "Approved plan x", "who": "alice", "verified": false, "why": why,
            "object": { "apiVersion": "kubernaut.ai/v1alpha1", "kind": "AIApprovalRequest", "namespace": "pay", "name": name, "uid": "u" },
        }))
        .unwrap()
    }

    #[test]
    fn an_event_has_one_name_however_often_it_is_told() {
        let [one, again, other] = ["a", "a", "b"].map(|name| event(&record(name, "w"), "pay").unwrap());
        assert_eq!(
            (one.metadata.name.clone(), one.message.as_deref()),
            (again.metadata.name, Some("Approved plan x by alice (unverified): w"))
        );
        assert_ne!(one.metadata.name, other.metadata.name);
        assert_eq!((one.reason.as_deref(), one.type_.as_deref()), (Some("Decided"), Some("Normal")));
    }

    #[test]
    fn long_names_and_reasons_fit() {
        let told = event(&record(&"n".repeat(253), &"ü".repeat(1024)), "pay").unwrap();
        assert!(told.metadata.name.unwrap().len() <= 253);
        assert!(told.message.unwrap().len() <= LONGEST);
    }
}
