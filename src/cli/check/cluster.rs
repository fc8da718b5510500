//! Asks the cluster: who we are, which kinds are served, which roles and policies are there.

use super::compare::same;
use super::{Check, Outcome};
use crate::api::{self, GROUP, VERSION};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure};
use crate::cli::whoami::{may, whoami};
use crate::manifests::{self, Part};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::ResourceExt;
use kube::api::{Api, ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use serde_json::Value;

const INSTALL: &str = "kubectl kubernaut install";

/// Every check, in the order in which one asks.
///
/// # Errors
/// When the API server does not say who asks: then it says nothing else, either.
pub async fn all(connected: &Connected) -> Result<Vec<Check>, Failure> {
    let mut checks = vec![client(connected).await?, version(connected).await?];
    for definition in api::crds() {
        checks.push(kind(connected, &definition.name_any()).await);
    }
    for object in manifests::of(Part::Rbac) {
        checks.push(there(connected, "rbac", &object).await);
    }
    checks.push(rights(connected).await?);
    for object in manifests::of(Part::Policy) {
        checks.push(there(connected, "attribution", &object).await);
    }
    Ok(checks)
}

async fn client(connected: &Connected) -> Result<Check, Failure> {
    let who = whoami(connected).await?;
    let message = format!("{}; context {}; user {who}", env!("CARGO_PKG_VERSION"), connected.context);
    Ok(Check::new("client", "kubectl-kubernaut", Outcome::Ok, message))
}

/// Admission policies are as we need them since 1.31.
async fn version(connected: &Connected) -> Result<Check, Failure> {
    let info = connected.client.apiserver_version().await.attempted(|| "ask for the cluster's version".to_owned())?;
    let number = |text: &str| text.trim_end_matches(|letter: char| !letter.is_ascii_digit()).parse::<u32>().unwrap_or_default();
    let enough = (number(&info.major), number(&info.minor)) >= (1, 31);
    let message = format!("{} (needs v1.31 or newer)", info.git_version);
    Ok(Check::new("cluster", "Kubernetes", if enough { Outcome::Ok } else { Outcome::Failure }, message))
}

async fn kind(connected: &Connected, name: &str) -> Check {
    let definitions: Api<CustomResourceDefinition> = Api::all(connected.client.clone());
    let of = |result, message: String| Check::new("crds", name, result, message);
    match definitions.get_opt(name).await {
        Err(error) => unseen("crds", name, &error),
        Ok(None) => of(Outcome::Failure, "is missing".to_owned()).hint(INSTALL),
        Ok(Some(definition)) if !established(&definition) => of(Outcome::Failure, "is not established".to_owned()),
        Ok(Some(definition)) if !definition.spec.versions.iter().any(|version| version.name == VERSION && version.served) => {
            of(Outcome::Failure, format!("does not serve {VERSION}")).hint(INSTALL)
        }
        Ok(Some(definition)) => match wanted_kind(name).is_some_and(|wanted| same_schema(&definition, &wanted)) {
            true => of(Outcome::Ok, format!("serves {VERSION}")),
            false => of(Outcome::Warning, format!("serves {VERSION}, with another schema than this client's")).hint(INSTALL),
        },
    }
}

fn established(definition: &CustomResourceDefinition) -> bool {
    let conditions = definition.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|all| all.iter().any(|one| one.type_ == "Established" && one.status == "True"))
}

fn wanted_kind(name: &str) -> Option<CustomResourceDefinition> {
    api::crds().into_iter().find(|definition| definition.name_any() == name)
}

fn same_schema(live: &CustomResourceDefinition, wanted: &CustomResourceDefinition) -> bool {
    let schema = |definition: &CustomResourceDefinition| {
        let version = definition.spec.versions.iter().find(|version| version.name == VERSION)?;
        serde_json::to_value(&version.schema).ok()
    };
    schema(live) == schema(wanted)
}

/// What a person may do is no fault of the installation.
async fn rights(connected: &Connected) -> Result<Check, Failure> {
    let namespace = Some(connected.namespace.as_str());
    let word = |allowed| if allowed { "may" } else { "may not" };
    let approves = word(may(connected, "approve", "aiapprovalrequests", namespace).await?);
    let clears = word(may(connected, "clear", "remediationtargets", namespace).await?);
    let message = format!("in namespace {} you {approves} approve and {clears} clear blocks", connected.namespace);
    Ok(Check::new("rights", "you", Outcome::Ok, message))
}

/// Whether an object of the installation is there, and says what we would say.
async fn there(connected: &Connected, category: &'static str, wanted: &DynamicObject) -> Check {
    let kind = wanted.types.as_ref().map(|types| types.kind.clone()).unwrap_or_default();
    let name = format!("{kind}/{}", wanted.name_any());
    let found = match wanted.types.as_ref().and_then(|types| GroupVersionKind::try_from(types).ok()) {
        Some(gvk) => find(connected, wanted, &ApiResource::from_gvk(&gvk)).await,
        None => Ok(None),
    };
    let hint = if category == "attribution" { format!("{INSTALL} --only policy") } else { INSTALL.to_owned() };
    let value = |object: &DynamicObject| serde_json::to_value(object).unwrap_or(Value::Null);
    match found {
        Err(error) => unseen(category, &name, &error),
        Ok(None) => Check::new(category, name, Outcome::Failure, "is missing").hint(hint),
        Ok(Some(live)) if matches!(kind.as_str(), "Namespace" | "ServiceAccount") || same(&value(&live), &value(wanted)) => {
            Check::new(category, name, Outcome::Ok, "is there")
        }
        Ok(Some(_)) => Check::new(category, name, Outcome::Failure, "was changed: it is not what this client installs").hint(hint),
    }
}

async fn find(connected: &Connected, wanted: &DynamicObject, resource: &ApiResource) -> Result<Option<DynamicObject>, kube::Error> {
    let client = connected.client.clone();
    let api: Api<DynamicObject> = match wanted.namespace() {
        Some(namespace) => Api::namespaced_with(client, &namespace, resource),
        None => Api::all_with(client, resource),
    };
    api.get_opt(&wanted.name_any()).await
}

/// What cannot be read is not known to be wrong.
fn unseen(category: &'static str, name: &str, error: &kube::Error) -> Check {
    let failure = Failure::from_kube(error, "tell");
    let check = Check::new(category, name, Outcome::Warning, failure.message);
    check.hint(format!("the ClusterRole {} reads all that is checked (group {GROUP})", manifests::AUDITOR))
}
