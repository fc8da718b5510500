//! Everything that `install` applies, generated from the code: namespace, kinds, accounts, roles and policies.

pub mod policies;
mod rbac;

pub use rbac::{ACCOUNT, APPROVER, AUDITOR, CLEARER, VIEWER};

use crate::api::{self, SYSTEM_NAMESPACE};
use kube::core::DynamicObject;
use serde_json::{Value, json};

/// Part of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The definitions of the kinds.
    Crds,
    /// Namespace, account and roles.
    Rbac,
    /// The admission policies and their bindings.
    Policy,
}

/// The objects of a part, in the order in which they are applied.
pub fn of(part: Part) -> Vec<DynamicObject> {
    match part {
        Part::Crds => {
            api::crds().iter().filter_map(|crd| object(typed(crd, "apiextensions.k8s.io/v1", "CustomResourceDefinition"))).collect()
        }
        Part::Rbac => std::iter::once(namespace()).chain(rbac::objects()).filter_map(object).collect(),
        Part::Policy => policies::objects().into_iter().filter_map(object).collect(),
    }
}

/// Every object, in the order in which they are applied.
pub fn all() -> Vec<DynamicObject> {
    [Part::Crds, Part::Rbac, Part::Policy].into_iter().flat_map(of).collect()
}

fn namespace() -> Value {
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": SYSTEM_NAMESPACE } })
}

/// Definitions carry neither kind nor version when they are turned into data.
fn typed(value: &impl serde::Serialize, api_version: &str, kind: &str) -> Value {
    let mut value = serde_json::to_value(value).unwrap_or(Value::Null);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion".to_owned(), api_version.into());
        fields.insert("kind".to_owned(), kind.into());
    }
    value
}

fn object(value: Value) -> Option<DynamicObject> {
    serde_json::from_value(value).ok()
}
