//! Asks the cluster: who we are, which kinds are served, which roles and policies are there.

use super::{Category, Check, Outcome};
use crate::api::{self, VERSION};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure};
use crate::cli::install::compare::{covers, same};
use crate::cli::install::objects::find;
use crate::cli::paste;
use crate::cli::session::Session;
use crate::cli::whoami::{may, whoami};
use crate::manifests::{self, Part};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::ResourceExt;
use kube::api::{Api, DynamicObject};
use serde_json::Value;

fn install() -> String {
    paste::ours("install")
}

fn repair() -> String {
    let (look, repair) = (paste::ours("install --diff"), paste::ours("install --force-conflicts"));
    format!("see the difference with  {look},  and repair it with  {repair}")
}

/// Every check of the wanted categories, in their order.
///
/// # Errors
/// When the API server does not say who asks: then it says nothing else, either.
pub async fn all(connected: &Connected, wanted: &[Category], session: &Session) -> Result<Vec<Check>, Failure> {
    let mut checks = Vec::new();
    for category in wanted {
        checks.extend(of(*category, connected, session).await?);
    }
    Ok(checks)
}

async fn of(category: Category, connected: &Connected, session: &Session) -> Result<Vec<Check>, Failure> {
    Ok(match category {
        Category::Client => vec![client(connected).await?],
        Category::Cluster => vec![version(connected).await?],
        Category::Install => super::pre::all(connected).await?,
        Category::Crds => {
            let mut checks = Vec::new();
            for definition in api::crds() {
                checks.push(kind(connected, &definition).await);
            }
            checks
        }
        Category::Rbac => all_there(connected, category, Part::Rbac).await,
        Category::Rights => vec![rights(connected).await?],
        Category::Attribution => all_there(connected, category, Part::Policy).await,
        Category::Controllers => super::controllers::all(connected, session).await,
        Category::Stuck => super::stuck::all(connected, session).await,
    })
}

async fn all_there(connected: &Connected, category: Category, part: Part) -> Vec<Check> {
    let mut checks = Vec::new();
    for object in manifests::of(part) {
        checks.push(there(connected, category.name(), &object).await);
    }
    checks
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

async fn kind(connected: &Connected, wanted: &CustomResourceDefinition) -> Check {
    let definitions: Api<CustomResourceDefinition> = Api::all(connected.client.clone());
    let name = wanted.name_any();
    let of = |result, message: String| Check::new("crds", name.clone(), result, message);
    match definitions.get_opt(&name).await {
        Err(error) => Check::unseen("crds", &name, &error),
        Ok(None) => of(Outcome::Failure, "is missing".to_owned()).hint(install()),
        Ok(Some(definition)) if !established(&definition) => of(Outcome::Failure, "is not established".to_owned()),
        Ok(Some(definition)) if !definition.spec.versions.iter().any(|version| version.name == VERSION && version.served) => {
            of(Outcome::Failure, format!("does not serve {VERSION}")).hint(install())
        }
        Ok(Some(definition)) => match same_schema(&definition, wanted) {
            true => of(Outcome::Ok, format!("serves {VERSION}")),
            false => of(Outcome::Warning, "stored version differs from client schema".to_owned()).hint(repair()),
        },
    }
}

fn established(definition: &CustomResourceDefinition) -> bool {
    let conditions = definition.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|all| all.iter().any(|one| one.type_ == "Established" && one.status == "True"))
}

fn same_schema(live: &CustomResourceDefinition, wanted: &CustomResourceDefinition) -> bool {
    let schema = |definition: &CustomResourceDefinition| {
        let version = definition.spec.versions.iter().find(|version| version.name == VERSION)?;
        serde_json::to_value(&version.schema).ok()
    };
    // Both ways: what others added to a schema lets pass, or refuses, what ours does not.
    match (schema(live), schema(wanted)) {
        (Some(live), Some(wanted)) => covers(&live, &wanted) && covers(&wanted, &live),
        _ => false,
    }
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
    let hint = if category == "attribution" { paste::ours("install --only policy") } else { install() };
    let value = |object: &DynamicObject| serde_json::to_value(object).unwrap_or(Value::Null);
    match find(&connected.client, wanted).await {
        Err(error) => Check::unseen(category, &name, &error),
        Ok(None) => Check::new(category, name, Outcome::Failure, missing(&kind)).hint(hint),
        Ok(Some(live)) if matches!(kind.as_str(), "Namespace" | "ServiceAccount") || same(&value(&live), &value(wanted)) => {
            Check::new(category, name, Outcome::Ok, "is there")
        }
        Ok(Some(_)) => Check::new(category, name, Outcome::Failure, "was changed: it is not what this client installs").hint(repair()),
    }
}

fn missing(kind: &str) -> &'static str {
    match kind {
        "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding" => "is missing: who decided what is not verified",
        _ => "is missing",
    }
}
