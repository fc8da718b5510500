//! Finds the top of an object's owner chain, read live: the object that blocks, ledgers and plans are about.

use crate::api::Target;
use crate::permissions::Rule;
use crate::rules::owners::{self, Kind, MOST_HOPS};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject};
use std::collections::BTreeMap;

/// What finding a root may read.
pub const RULES: &[Rule] = &[
    Rule { groups: &[""], resources: &["pods", "nodes", "services"], verbs: &["get"] },
    Rule { groups: &["apps"], resources: &["replicasets", "deployments", "statefulsets", "daemonsets"], verbs: &["get"] },
    Rule { groups: &["batch"], resources: &["jobs", "cronjobs"], verbs: &["get"] },
];

/// The top of an owner chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Which object it is.
    pub target: Target,
    /// Its uid.
    pub uid: String,
    /// The chain from the object that was asked for up to the root, as `kind/name`.
    pub chain: Vec<String>,
}

/// Why there is no root.
#[derive(Debug, thiserror::Error)]
pub enum NoRoot {
    /// The object is gone, and so is what the alert's labels name instead. Asking again changes nothing.
    #[error("TargetGone: {object} does not exist, and no existing workload is named by the labels deployment, statefulset or daemonset")]
    TargetGone {
        /// The object that was asked for.
        object: Target,
    },
    /// Objects of this kind are not looked after.
    #[error("{object} is of a kind that is not looked after; known are {}", Kind::ALL.map(|kind| kind.name().to_lowercase()).join(", "))]
    UnknownKind {
        /// The object that was asked for.
        object: Target,
    },
    /// Nobody can tell now: the API server refused, did not answer, or the chain is changing.
    #[error("{what} cannot be read now: {why}")]
    NotNow {
        /// What was being read.
        what: Target,
        /// Why it could not be.
        why: String,
    },
}

/// Finds the root of an object; if that is gone, of the workload that the alert's labels name.
pub async fn find(client: &Client, object: &Target, labels: &BTreeMap<String, String>) -> Result<Root, NoRoot> {
    let kind = Kind::named(&object.kind).ok_or_else(|| NoRoot::UnknownKind { object: object.clone() })?;
    if let Some(meta) = metadata(client, kind, object).await? {
        return climb(client, kind, object.clone(), meta).await;
    }
    let gone = || NoRoot::TargetGone { object: object.clone() };
    let (kind, named) = owners::named_by(labels, object).ok_or_else(gone)?;
    let meta = metadata(client, kind, &named).await?.ok_or_else(gone)?;
    climb(client, kind, named, meta).await
}

async fn climb(client: &Client, mut kind: Kind, mut target: Target, mut meta: ObjectMeta) -> Result<Root, NoRoot> {
    let mut chain = vec![link(&target)];
    for _ in 0..MOST_HOPS {
        let owners = meta.owner_references.unwrap_or_default();
        let Some((above, owner)) = owners::followed(kind, &owners) else { break };
        kind = above;
        target = Target { namespace: target.namespace.clone(), kind: above.name().to_lowercase(), name: owner.name.clone() };
        meta = same_object(&target, &owner.uid, metadata(client, above, &target).await?)?;
        chain.push(link(&target));
    }
    Ok(Root { target, uid: meta.uid.unwrap_or_default(), chain })
}

/// An owner that is gone, or is another object of its name, means that the garbage collector is about to change the chain.
fn same_object(target: &Target, uid: &str, meta: Option<ObjectMeta>) -> Result<ObjectMeta, NoRoot> {
    let changing = || NoRoot::NotNow { what: target.clone(), why: "it owns an object that is about to be removed with it".to_owned() };
    meta.filter(|meta| meta.uid.as_deref() == Some(uid)).ok_or_else(changing)
}

async fn metadata(client: &Client, kind: Kind, target: &Target) -> Result<Option<ObjectMeta>, NoRoot> {
    let found = objects(client, kind, target).get_metadata_opt(&target.name).await;
    let found = found.map_err(|error| NoRoot::NotNow { what: target.clone(), why: why(&error) })?;
    Ok(found.map(|object| object.metadata))
}

fn objects(client: &Client, kind: Kind, target: &Target) -> Api<DynamicObject> {
    let api_version = if kind.group().is_empty() { "v1".to_owned() } else { format!("{}/v1", kind.group()) };
    let resource = ApiResource {
        group: kind.group().to_owned(),
        version: "v1".to_owned(),
        api_version,
        kind: kind.name().to_owned(),
        plural: kind.plural().to_owned(),
    };
    match &target.namespace {
        Some(namespace) if kind.is_namespaced() => Api::namespaced_with(client.clone(), namespace, &resource),
        _ => Api::all_with(client.clone(), &resource),
    }
}

fn link(target: &Target) -> String {
    format!("{}/{}", target.kind, target.name)
}

/// What an API server's answer says, in its own words.
pub(super) fn why(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => format!("{} ({})", status.message, status.code),
        kube::Error::Api(status) => format!("the API server answered {}", status.code),
        other => other.to_string(),
    }
}
