//! Creates children, adopts those that are ours, and writes status against the version it was decided on.

use super::context::{Ctx, Doing, Error};
use super::stores::seen;
use crate::actions::cluster::found;
use crate::api::{Ref, labels};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, ObjectMeta, PatchParams, PostParams};
use kube::runtime::reflector::Store;
use kube::{Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Debug;
use std::sync::Arc;

/// A namespaced kind of ours.
pub trait Kind:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Serialize + Send + Sync + 'static
{
}
impl<K> Kind for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Serialize + Send + Sync + 'static
{
}

/// Fields that two writes of one object may differ in: they hold a time, a text, a setting, or what grows later.
const NOT_COMPARED: &[&str] = &["requestedAt", "subject", "body", "attempt", "stop", "timeout"];

/// What became of creating a child.
#[derive(Debug)]
pub enum Made<K> {
    /// It is there, and it is what we would have written.
    Ours(Box<K>),
    /// Another owner's object has the name: wait until the garbage collector took it.
    OtherOwner,
    /// Our object with another spec has the name: somebody else wrote it.
    Foreign,
}

/// The API of a kind in a namespace.
pub fn api<K: Kind>(ctx: &Ctx, namespace: &str) -> Api<K> {
    Api::namespaced(ctx.client.clone(), namespace)
}

/// Creates a child; an object that has the name already is adopted only if owner and spec are what we would have written.
pub async fn make<K: Kind>(ctx: &Ctx, child: &K) -> Result<Made<K>, Error> {
    let (namespace, name) = (child.namespace().unwrap_or_default(), child.name_any());
    let doing = || format!("create {} {namespace}/{name}", K::kind(&()));
    let api = api::<K>(ctx, &namespace);
    match api.create(&manager(), child).await {
        Ok(made) => {
            ctx.own_writes.made(&made);
            Ok(Made::Ours(Box::new(made)))
        }
        Err(kube::Error::Api(status)) if status.is_already_exists() => {
            let there = api.get(&name).await.doing(doing)?;
            Ok(adopt(child, there))
        }
        Err(source) => Err(Error::Api { doing: doing(), source }),
    }
}

/// Creates an object without an owner; one that has the name already is taken as it is.
pub async fn make_bare<K: Kind>(ctx: &Ctx, object: K) -> Result<K, Error> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let doing = || format!("create {} {namespace}/{name}", K::kind(&()));
    let api = api::<K>(ctx, &namespace);
    match api.create(&manager(), &object).await {
        Err(kube::Error::Api(status)) if status.is_already_exists() => api.get(&name).await.doing(doing),
        made => made.doing(doing),
    }
}

fn adopt<K: Kind>(wanted: &K, there: K) -> Made<K> {
    let owner = |object: &K| object.owner_references().first().map(|owner| owner.uid.clone());
    if owner(wanted) != owner(&there) {
        return Made::OtherOwner;
    }
    match comparable(wanted) == comparable(&there) {
        true => Made::Ours(Box::new(there)),
        false => Made::Foreign,
    }
}

fn comparable<K: Kind>(object: &K) -> Value {
    let mut spec = serde_json::to_value(object).ok().and_then(|mut whole| whole.get_mut("spec").map(Value::take)).unwrap_or(Value::Null);
    if let Some(fields) = spec.as_object_mut() {
        fields.retain(|key, _| !NOT_COMPARED.contains(&key.as_str()));
    }
    spec
}

/// Writes the whole status of an object, if nobody else wrote since it was read.
pub async fn put_status<K: Kind>(ctx: &Ctx, object: &K) -> Result<K, Error> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let mut sent = object.clone();
    // An empty list would reset the record of who wrote what.
    sent.meta_mut().managed_fields = None;
    let doing = || format!("write the status of {} {namespace}/{name}", K::kind(&()));
    let written = api::<K>(ctx, &namespace).replace_status(&name, &manager(), &sent).await.doing(doing)?;
    // A write that changed nothing made no version, and no event will come.
    if written.resource_version() != object.resource_version() {
        ctx.own_writes.note(object);
    }
    if let Some(phase) = phase(&written) {
        tracing::info!("{} {namespace}/{name} {phase}", K::kind(&()));
    }
    Ok(written)
}

fn phase<K: Kind>(object: &K) -> Option<String> {
    let value = serde_json::to_value(object).ok()?;
    Some(value.pointer("/status/phase")?.as_str()?.to_owned())
}

/// Reads an object live; `None` only when the API server says that it is not there.
pub async fn live<K: Kind>(ctx: &Ctx, namespace: &str, name: &str) -> Result<Option<K>, Error> {
    found(api::<K>(ctx, namespace).get(name).await).doing(|| format!("read {} {namespace}/{name}", K::kind(&())))
}

/// The object as it was last seen; one that was not seen is read live, since the stores of two kinds may lag apart.
pub async fn seen_or_live<K: Kind>(ctx: &Ctx, store: &Store<K>, namespace: &str, name: &str) -> Result<Option<Arc<K>>, Error> {
    match seen(store, namespace, name) {
        Some(found) => Ok(Some(found)),
        None => Ok(live(ctx, namespace, name).await?.map(Arc::new)),
    }
}

/// Writes by the controllers carry their own field manager.
pub fn manager() -> PostParams {
    PostParams { field_manager: Some(labels::CONTROLLERS.to_owned()), ..PostParams::default() }
}

/// Patches by the controllers carry it, too.
pub fn patching() -> PatchParams {
    PatchParams { field_manager: Some(labels::CONTROLLERS.to_owned()), ..PatchParams::default() }
}

/// Metadata of a child: beside its owner, labelled with its remediation.
pub fn child_of<O: Kind>(owner: &O, name: String, request: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: owner.namespace(),
        labels: Some([(labels::REMEDIATION_REQUEST.to_owned(), request.to_owned())].into()),
        owner_references: Some(vec![owner_reference(owner)]),
        ..ObjectMeta::default()
    }
}

fn owner_reference<O: Kind>(owner: &O) -> OwnerReference {
    OwnerReference {
        api_version: O::api_version(&()).into_owned(),
        kind: O::kind(&()).into_owned(),
        name: owner.name_any(),
        uid: owner.uid().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// A reference to an object of ours.
pub fn refer<K: Kind>(object: &K) -> Ref {
    Ref { name: object.name_any(), namespace: object.namespace().unwrap_or_default(), uid: object.uid() }
}

/// Whether a live object is the referenced one and not on its way out.
pub fn is_alive<K: Kind>(found: Option<&K>, reference: &Ref) -> bool {
    found.is_some_and(|object| (reference.uid.is_none() || object.uid() == reference.uid) && object.meta().deletion_timestamp.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{RemediationProcessing, RemediationProcessingSpec, Signal};

    fn child(owner: &str, target: &str) -> RemediationProcessing {
        let spec = RemediationProcessingSpec {
            remediation_request_ref: Ref::default(),
            target_resource: target.into(),
            signal: Signal::default(),
        };
        let mut child = RemediationProcessing::new("rr-processing", spec);
        let owner = OwnerReference { uid: owner.into(), ..OwnerReference::default() };
        child.metadata.owner_references = Some(vec![owner]);
        child
    }

    #[test]
    fn only_what_we_would_have_written_is_adopted() {
        let wanted = child("u1", "a/b/c");
        assert!(matches!(adopt(&wanted, child("u1", "a/b/c")), Made::Ours(_)));
        assert!(matches!(adopt(&wanted, child("u2", "a/b/c")), Made::OtherOwner));
        assert!(matches!(adopt(&wanted, child("u1", "a/b/x")), Made::Foreign));
    }
}
