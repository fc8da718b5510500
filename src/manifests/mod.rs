//! Everything that an installation consists of.

use kube::core::DynamicObject;

/// The objects to apply, in the order in which they are applied.
pub fn all() -> Vec<DynamicObject> {
    crate::api::crds().into_iter().filter_map(|crd| serde_json::from_value(serde_json::to_value(crd).ok()?).ok()).collect()
}
