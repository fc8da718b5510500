//! Whether anything lives in a namespace besides what every namespace has and what is ours.

use crate::cli::connect::Connected;
use crate::controllers::leadership::LEASE;
use crate::manifests;
use kube::api::{Api, DynamicObject, ListParams};
use kube::discovery::{Discovery, Scope, verbs};
use kube::{Client, ResourceExt};

/// What lives there, in words; `None` when nothing does. What cannot be read may be there.
pub async fn others(connected: &Connected, namespace: &str) -> Option<String> {
    match search(&connected.client, namespace).await {
        Ok(found) => found.map(|found| format!("{found} lives there")),
        Err(error) => Some(format!("whether anything else lives there cannot be told: {error}")),
    }
}

async fn search(client: &Client, namespace: &str) -> Result<Option<String>, kube::Error> {
    let discovery = Discovery::new(client.clone()).run().await?;
    for (resource, capabilities) in discovery.groups().flat_map(|group| group.recommended_resources()) {
        let is_stored = capabilities.supports_operation(verbs::LIST) && capabilities.supports_operation(verbs::DELETE);
        if capabilities.scope != Scope::Namespaced || !is_stored || resource.kind == "Event" {
            continue;
        }
        let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
        for object in api.list_metadata(&ListParams::default()).await?.items {
            if !belongs(&resource.kind, &object.name_any()) {
                return Ok(Some(format!("{}/{}", resource.kind.to_lowercase(), object.name_any())));
            }
        }
    }
    Ok(None)
}

fn belongs(kind: &str, name: &str) -> bool {
    let every = [("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt"), ("Lease", LEASE)];
    let ours = manifests::all();
    every.contains(&(kind, name))
        || ours.iter().any(|object| super::super::install::objects::kind(object) == kind && object.name_any() == name)
}

#[cfg(test)]
mod tests {
    use super::belongs;

    #[test]
    fn only_what_is_ours_or_everybodys_belongs() {
        #[rustfmt::skip]
        let table = [
            ("ServiceAccount", "default",               true),
            ("ServiceAccount", "kubernaut-controllers", true),
            ("ConfigMap",      "kube-root-ca.crt",      true),
            ("Lease",          "kubernaut-controllers", true),
            ("ConfigMap",      "playbooks",             false),
            ("Secret",         "slack",                 false),
            ("Pod",            "default",               false),
        ];
        for (kind, name, expected) in table {
            assert_eq!(belongs(kind, name), expected, "{kind}/{name}");
        }
    }
}
