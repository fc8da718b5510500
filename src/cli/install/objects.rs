//! The objects of an installation: which part each belongs to, what it is called, and how it is reached.

use crate::api::{SYSTEM_NAMESPACE, labels};
use kube::api::{Api, ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use kube::{Client, ResourceExt};
use std::collections::BTreeSet;

/// A part of the installation.
#[derive(Clone, Copy, Debug, clap::ValueEnum, PartialEq, Eq)]
pub enum Part {
    /// The namespace that the controllers live in.
    Namespace,
    /// The definitions of the kinds.
    Crds,
    /// Account and roles.
    Rbac,
    /// The admission policies and their bindings.
    Policy,
    /// None of these; no object is.
    #[value(skip)]
    Other,
}

impl Part {
    /// The part an object belongs to.
    pub fn of(object: &DynamicObject) -> Self {
        match kind(object).as_str() {
            "Namespace" => Self::Namespace,
            "CustomResourceDefinition" => Self::Crds,
            "ServiceAccount" | "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => Self::Rbac,
            kind if kind.starts_with("ValidatingAdmissionPolicy") => Self::Policy,
            _ => Self::Other,
        }
    }
}

/// The objects of the wanted parts, or all of them, after the namespaces that they live in.
pub fn chosen(only: &[Part]) -> Vec<DynamicObject> {
    of_parts(crate::manifests::all().into_iter().map(labelled).collect(), only)
}

fn of_parts(all: Vec<DynamicObject>, only: &[Part]) -> Vec<DynamicObject> {
    let wanted = |object: &DynamicObject| only.is_empty() || only.contains(&Part::of(object));
    let needed: BTreeSet<String> = all.iter().filter(|object| wanted(object)).filter_map(ResourceExt::namespace).collect();
    let (homes, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|object| Part::of(object) == Part::Namespace);
    let missing = needed.iter().filter(|name| !homes.iter().any(|home| &home.name_any() == *name)).map(|name| labelled(namespace(name)));
    let missing: Vec<_> = missing.collect();
    let homes = homes.into_iter().filter(|home| wanted(home) || needed.contains(&home.name_any()));
    homes.chain(missing).chain(others.into_iter().filter(wanted)).collect()
}

fn namespace(name: &str) -> DynamicObject {
    DynamicObject::new(name, &ApiResource::erase::<k8s_openapi::api::core::v1::Namespace>(&()))
}

/// The label by which uninstall knows a namespace that install made.
pub const MADE_BY: &str = "app.kubernetes.io/managed-by";

fn labelled(mut object: DynamicObject) -> DynamicObject {
    if Part::of(&object) == Part::Namespace {
        object.labels_mut().insert(MADE_BY.to_owned(), labels::CLI.to_owned());
    }
    object
}

/// Whether install made this namespace, and did not only find it.
pub fn is_made_by_us(namespace: &DynamicObject) -> bool {
    namespace.name_any() == SYSTEM_NAMESPACE && namespace.labels().get(MADE_BY).is_some_and(|by| by == labels::CLI)
}

/// Its kind, for example `ClusterRole`.
pub fn kind(object: &DynamicObject) -> String {
    object.types.as_ref().map(|types| types.kind.clone()).unwrap_or_default()
}

/// How the API server calls its kind.
pub fn resource(object: &DynamicObject) -> ApiResource {
    let gvk = object.types.as_ref().and_then(|types| GroupVersionKind::try_from(types).ok());
    ApiResource::from_gvk(&gvk.unwrap_or_else(|| GroupVersionKind::gvk("", "", "")))
}

/// Where it is, or would be.
pub fn api(client: &Client, object: &DynamicObject) -> Api<DynamicObject> {
    let resource = resource(object);
    match object.namespace() {
        Some(namespace) => Api::namespaced_with(client.clone(), &namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// `clusterrole.rbac.authorization.k8s.io/NAME`, as kubectl writes it.
pub fn shown(object: &DynamicObject) -> String {
    let resource = resource(object);
    let dot = if resource.group.is_empty() { "" } else { "." };
    format!("{}{dot}{}/{}", resource.kind.to_lowercase(), resource.group, object.name_any())
}

/// The object as it is in the cluster; `None` when it is not there.
///
/// # Errors
/// When the API server refuses or does not answer.
pub async fn find(client: &Client, object: &DynamicObject) -> Result<Option<DynamicObject>, kube::Error> {
    api(client, object).get_opt(&object.name_any()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_belongs_to_a_part() {
        for object in crate::manifests::all() {
            assert_ne!(Part::of(&object), Part::Other, "{:?}", object.types);
        }
    }

    #[test]
    fn objects_are_called_as_kubectl_calls_them() {
        let names: Vec<String> = chosen(&[]).iter().map(shown).collect();
        for name in [
            "namespace/kubernaut-system",
            "serviceaccount/kubernaut-controllers",
            "customresourcedefinition.apiextensions.k8s.io/aianalyses.kubernaut.ai",
            "clusterrole.rbac.authorization.k8s.io/kubernaut-viewer",
        ] {
            assert!(names.iter().any(|shown| shown == name), "{name} in {names:?}");
        }
    }

    #[test]
    fn a_namespace_comes_before_what_lives_in_it() {
        let mut account = namespace("controllers");
        account.types = Some(kube::core::TypeMeta { api_version: "v1".to_owned(), kind: "ServiceAccount".to_owned() });
        account.metadata.namespace = Some("home".to_owned());
        let names = |objects: Vec<DynamicObject>| objects.iter().map(ResourceExt::name_any).collect::<Vec<_>>();
        assert_eq!(names(of_parts(vec![account.clone()], &[])), ["home", "controllers"]);
        assert_eq!(names(of_parts(vec![account.clone(), namespace("home")], &[Part::Rbac])), ["home", "controllers"]);
        assert!(of_parts(vec![account, namespace("home")], &[Part::Crds]).is_empty());
    }

    #[test]
    fn only_a_namespace_that_install_made_is_ours() {
        assert!(is_made_by_us(&labelled(namespace(SYSTEM_NAMESPACE))));
        assert!(!is_made_by_us(&namespace(SYSTEM_NAMESPACE)));
        assert!(!is_made_by_us(&labelled(namespace("payment"))));
    }
}
