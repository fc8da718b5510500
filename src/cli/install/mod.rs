//! `install`: puts kinds, rights and policies into a cluster, and waits until they are served and enforced.

mod enforced;

use super::connect::Connected;
use super::failure::{Attempted, Exit, Failure, Reason};
use super::output::{age::length, yaml::to_yaml};
use super::session::Session;
use crate::api::labels;
use jiff::SignedDuration;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ApiResource, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::runtime::wait::{await_condition, conditions::is_crd_established};
use kube::{Client, ResourceExt};
use std::collections::BTreeSet;
use std::time::Duration;

/// Install the types, rights and policies in the cluster
#[derive(clap::Args)]
pub struct InstallArgs {
    /// Only these parts: crds, rbac, policy, namespace
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    only: Vec<Part>,
    /// Print the objects as YAML instead of applying them
    #[arg(long)]
    export: bool,
    /// Have the API server check everything, and change nothing: none, server
    #[arg(long, value_name = "HOW", default_value = "none", value_parser = ["none", "server"])]
    dry_run: String,
    /// How long to wait until everything is served
    #[arg(long, value_name = "LENGTH", default_value = "1m", value_parser = length)]
    timeout: SignedDuration,
}

/// A part of the installation.
#[derive(Clone, Copy, Debug, clap::ValueEnum, PartialEq, Eq)]
enum Part {
    Namespace,
    Crds,
    Rbac,
    Policy,
    Other,
}

impl Part {
    fn of(object: &DynamicObject) -> Self {
        let kind = object.types.as_ref().map(|types| types.kind.as_str()).unwrap_or_default();
        match kind {
            "Namespace" => Self::Namespace,
            "CustomResourceDefinition" => Self::Crds,
            "ServiceAccount" | "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => Self::Rbac,
            kind if kind.starts_with("ValidatingAdmissionPolicy") => Self::Policy,
            _ => Self::Other,
        }
    }
}

/// Applies or prints the objects.
///
/// # Errors
/// When the API server refuses an object, or does not serve the types in time.
pub async fn run(args: &InstallArgs, session: &Session) -> anyhow::Result<Exit> {
    let objects = chosen(crate::manifests::all(), &args.only);
    if args.export {
        return export(&objects, session);
    }
    let connected = session.connect()?;
    for object in &objects {
        apply(&connected, object, args, session).await?;
    }
    if args.dry_run == "none" {
        served(&connected.client, &objects, args.timeout, session).await?;
        if objects.iter().any(|object| Part::of(object) == Part::Policy) {
            enforced::wait(&connected.client, args.timeout, session).await?;
        }
    }
    Ok(Exit::Done)
}

/// The objects of the wanted parts, after the namespaces that they live in.
fn chosen(all: Vec<DynamicObject>, only: &[Part]) -> Vec<DynamicObject> {
    let wanted = |object: &DynamicObject| only.is_empty() || only.contains(&Part::of(object));
    let needed: BTreeSet<String> = all.iter().filter(|object| wanted(object)).filter_map(ResourceExt::namespace).collect();
    let (homes, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|object| Part::of(object) == Part::Namespace);
    let missing = needed.iter().filter(|name| !homes.iter().any(|home| &home.name_any() == *name)).map(|name| namespace(name));
    let missing: Vec<_> = missing.collect();
    let homes = homes.into_iter().filter(|home| wanted(home) || needed.contains(&home.name_any()));
    homes.chain(missing).chain(others.into_iter().filter(wanted)).collect()
}

fn namespace(name: &str) -> DynamicObject {
    DynamicObject::new(name, &ApiResource::erase::<k8s_openapi::api::core::v1::Namespace>(&()))
}

fn export(objects: &[DynamicObject], session: &Session) -> anyhow::Result<Exit> {
    for object in objects {
        session.voice.print(&format!("---\n{}", to_yaml(&serde_json::to_value(object)?)?))?;
    }
    Ok(Exit::Done)
}

async fn apply(connected: &Connected, object: &DynamicObject, args: &InstallArgs, session: &Session) -> anyhow::Result<()> {
    let types = object.types.as_ref().ok_or_else(|| anyhow::anyhow!("an object of the installation has no kind"))?;
    let resource = ApiResource::from_gvk(&GroupVersionKind::try_from(types)?);
    let api: Api<DynamicObject> = match object.namespace() {
        Some(namespace) => Api::namespaced_with(connected.client.clone(), &namespace, &resource),
        None => Api::all_with(connected.client.clone(), &resource),
    };
    let mut params = PatchParams::apply(labels::CLI).force();
    params.dry_run = args.dry_run == "server";
    let name = object.name_any();
    let dot = if resource.group.is_empty() { "" } else { "." };
    let shown = format!("{}{dot}{}/{name}", resource.kind.to_lowercase(), resource.group);
    api.patch(&name, &params, &Patch::Apply(object)).await.attempted(|| format!("apply {shown}"))?;
    let how = if params.dry_run { " (server dry run)" } else { "" };
    session.voice.print_line(&format!("{shown} serverside-applied{how}"))?;
    Ok(())
}

async fn served(client: &Client, objects: &[DynamicObject], limit: SignedDuration, session: &Session) -> anyhow::Result<()> {
    let definitions: Vec<&DynamicObject> = objects.iter().filter(|object| Part::of(object) == Part::Crds).collect();
    if definitions.is_empty() {
        return Ok(());
    }
    session.voice.tell(&format!("waiting until {} types are served", definitions.len()));
    let limit = Duration::try_from(limit).unwrap_or_default();
    let late = |_| Failure::new(Reason::Timeout, "the types are not served yet").hint("see  kubectl get crds");
    tokio::time::timeout(limit, all_served(client, &definitions)).await.map_err(late)??;
    session.voice.tell(&format!("{} types are served", definitions.len()));
    Ok(())
}

async fn all_served(client: &Client, definitions: &[&DynamicObject]) -> anyhow::Result<()> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for definition in definitions {
        await_condition(api.clone(), &definition.name_any(), is_crd_established()).await?;
        let Ok(definition) = DynamicObject::clone(definition).try_parse::<CustomResourceDefinition>() else { continue };
        let Some(version) = definition.spec.versions.first() else { continue };
        let gvk = GroupVersionKind::gvk(&definition.spec.group, &version.name, &definition.spec.names.kind);
        let resource = ApiResource::from_gvk_with_plural(&gvk, &definition.spec.names.plural);
        let collection: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        // Established comes a moment before the first request is answered.
        while collection.list(&ListParams::default().limit(1)).await.is_err_and(|error| super::failure::is_missing(&error)) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
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
    fn a_namespace_comes_before_what_lives_in_it() {
        let mut account = namespace("controllers");
        account.types = Some(kube::core::TypeMeta { api_version: "v1".to_owned(), kind: "ServiceAccount".to_owned() });
        account.metadata.namespace = Some("home".to_owned());
        let names = |objects: Vec<DynamicObject>| objects.iter().map(ResourceExt::name_any).collect::<Vec<_>>();
        assert_eq!(names(chosen(vec![account.clone()], &[])), ["home", "controllers"]);
        assert_eq!(names(chosen(vec![account.clone(), namespace("home")], &[Part::Rbac])), ["home", "controllers"]);
        assert!(chosen(vec![account, namespace("home")], &[Part::Crds]).is_empty());
    }
}
