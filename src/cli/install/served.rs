//! Waits until the API server serves the kinds, with the schema that was just applied.

use super::apply::{Applied, Change};
use super::compare::covers;
use super::objects::Part;
use super::progress::Progress;
use crate::api::VERSION;
use crate::cli::failure::{Failure, Reason, is_missing};
use crate::cli::session::Session;
use jiff::SignedDuration;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ApiResource, DynamicObject, ListParams};
use kube::core::GroupVersionKind;
use kube::runtime::wait::{await_condition, conditions::is_crd_established};
use kube::{Client, ResourceExt};
use serde_json::Value;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(200);

/// Waits until every applied kind answers, and those that were changed answer by their new schema.
///
/// # Errors
/// When that takes longer than `limit`.
pub async fn wait(client: &Client, applied: &[Applied], limit: SignedDuration, session: &Session) -> anyhow::Result<()> {
    let kinds = |changed: bool| {
        let of = applied.iter().filter(move |one| Part::of(&one.after) == Part::Crds && (!changed || one.change == Change::Configured));
        of.filter_map(|one| one.after.clone().try_parse::<CustomResourceDefinition>().ok()).collect::<Vec<_>>()
    };
    let (all, changed) = (kinds(false), kinds(true));
    if all.is_empty() {
        return Ok(());
    }
    let progress = Progress::begin(session, &format!("waiting until {} types are served", all.len()));
    let limit = Duration::try_from(limit).unwrap_or_default();
    let late = |_| Failure::new(Reason::Timeout, "the types are not served yet").hint("see  kubectl get crds");
    let waiting = async {
        all_answer(client, &all).await?;
        all_renewed(client, &changed).await
    };
    tokio::time::timeout(limit, waiting).await.map_err(late)??;
    drop(progress);
    session.voice.tell(&format!("{} types are served", all.len()));
    Ok(())
}

async fn all_answer(client: &Client, definitions: &[CustomResourceDefinition]) -> anyhow::Result<()> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for definition in definitions {
        await_condition(api.clone(), &definition.name_any(), is_crd_established()).await?;
        let gvk = GroupVersionKind::gvk(&definition.spec.group, VERSION, &definition.spec.names.kind);
        let resource = ApiResource::from_gvk_with_plural(&gvk, &definition.spec.names.plural);
        let collection: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        // Established comes a moment before the first request is answered.
        while collection.list(&ListParams::default().limit(1)).await.is_err_and(|error| is_missing(&error)) {
            tokio::time::sleep(INTERVAL).await;
        }
    }
    Ok(())
}

/// The published schema follows the one that requests are checked by. Who may not read it does not wait for it.
async fn all_renewed(client: &Client, changed: &[CustomResourceDefinition]) -> anyhow::Result<()> {
    while !changed.is_empty() {
        let request = http::Request::get(format!("/openapi/v3/apis/{}/{VERSION}", crate::api::GROUP)).body(Vec::new())?;
        match client.request::<Value>(request).await {
            Ok(published) if changed.iter().all(|definition| is_published(&published, definition)) => return Ok(()),
            Err(kube::Error::Api(status)) if status.code == 403 => return Ok(()),
            _ => tokio::time::sleep(INTERVAL).await,
        }
    }
    Ok(())
}

fn is_published(published: &Value, definition: &CustomResourceDefinition) -> bool {
    let name = format!("/components/schemas/ai.kubernaut.{VERSION}.{}", definition.spec.names.kind);
    let version = definition.spec.versions.iter().find(|version| version.name == VERSION);
    let wanted = version.and_then(|version| version.schema.as_ref()?.open_api_v3_schema.as_ref());
    let wanted = wanted.and_then(|schema| serde_json::to_value(schema).ok());
    match (published.pointer(&name), wanted) {
        (Some(there), Some(wanted)) => covers(there, &wanted),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_is_published_once_it_says_all_that_was_applied() {
        let definition = crate::api::crds().remove(0);
        let schema = serde_json::to_value(&definition.spec.versions[0].schema.as_ref().unwrap().open_api_v3_schema).unwrap();
        let kind = &definition.spec.names.kind;
        let published = |schema: Value| json!({ "components": { "schemas": { format!("ai.kubernaut.v1alpha1.{kind}"): schema } } });
        assert!(is_published(&published(schema.clone()), &definition));
        let mut old = schema;
        old["properties"]["spec"]["properties"].as_object_mut().unwrap().remove("targetResource");
        assert!(!is_published(&published(old), &definition));
        assert!(!is_published(&json!({}), &definition));
    }
}
