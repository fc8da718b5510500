//! Fills the cluster with ended remediations, for the memory that many objects take.

use crate::controllers::Controllers;
use crate::remediations::Remediations;
use crate::stage::{AT_ONCE, NAMESPACE, Stage};
use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ApiResource, DynamicObject, ListParams, ObjectMeta, PostParams};
use kube::core::GroupVersionKind;
use kube::{Client, ResourceExt};
use kubernaut::api::{AIAnalysis, GROUP, Ref, RemediationPhase, RemediationRequest, VERSION, names};
use kubernaut::controllers::objects::Kind;

/// An ended remediation to copy, and how many copies are missing.
pub struct Spare {
    request: RemediationRequest,
    analysis: AIAnalysis,
    missing: usize,
}

/// What it takes to have `wanted` objects, counting those that the other figures left behind.
pub async fn spare(stage: &Stage, flows: &Remediations, wanted: usize) -> Result<Spare> {
    let over = |board: &crate::watched::Board<RemediationRequest>| {
        board.values().find(|sight| sight.object.phase() == RemediationPhase::Completed).map(|sight| sight.object.clone())
    };
    let request = flows.requests.when("an ended remediation", |board| Ok(over(board))).await?;
    let analyses: Api<AIAnalysis> = Api::namespaced(stage.admin.clone(), NAMESPACE);
    let analysis = analyses.get(&names::analysis(&request.name_any())).await?;
    Ok(Spare { request, analysis, missing: wanted.saturating_sub(count(&stage.admin).await?) })
}

/// Makes the copies while no controllers run, starts them, and tells how many objects there are and what memory is held.
pub async fn resident(stage: &Stage, spare: Spare) -> Result<(usize, u64)> {
    let pairs = 0..spare.missing.div_ceil(2);
    stream::iter(pairs.map(|pair| copy(stage, &spare, pair))).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    let controllers = Controllers::start(stage).await?;
    let held = controllers.settled().await?;
    controllers.stop().await?;
    Ok((count(&stage.admin).await?, held))
}

async fn copy(stage: &Stage, spare: &Spare, pair: usize) -> Result<()> {
    let name = format!("ended-{pair:04}");
    let mut analysis = spare.analysis.clone();
    analysis.spec.remediation_request_ref = Ref { name: name.clone(), namespace: NAMESPACE.to_owned(), uid: None };
    // Whoever creates a request is the one who asks.
    let mut request = RemediationRequest { metadata: named(name.clone()), ..spare.request.clone() };
    request.spec.requested_by = "admin".to_owned();
    put(stage, request).await?;
    put(stage, AIAnalysis { metadata: named(names::analysis(&name)), ..analysis }).await
}

fn named(name: String) -> ObjectMeta {
    ObjectMeta { name: Some(name), namespace: Some(NAMESPACE.to_owned()), ..ObjectMeta::default() }
}

/// Creates an object with its status, which takes two writes.
async fn put<K: Kind>(stage: &Stage, object: K) -> Result<()> {
    let api: Api<K> = Api::namespaced(stage.admin.clone(), NAMESPACE);
    let made = api.create(&PostParams::default(), &object).await.with_context(|| format!("create {}", object.name_any()))?;
    let mut object = object;
    *object.meta_mut() = made.meta().clone();
    api.replace_status(&object.name_any(), &PostParams::default(), &object).await?;
    Ok(())
}

/// How many objects of ours there are, of all kinds and namespaces.
async fn count(client: &Client) -> Result<usize> {
    let kinds = kubernaut::api::crds();
    let counts: Vec<usize> = stream::iter(kinds.iter().map(|kind| count_of(client, kind))).buffered(AT_ONCE).try_collect().await?;
    Ok(counts.iter().sum())
}

async fn count_of(client: &Client, kind: &CustomResourceDefinition) -> Result<usize> {
    let gvk = GroupVersionKind::gvk(GROUP, VERSION, &kind.spec.names.kind);
    let resource = ApiResource::from_gvk_with_plural(&gvk, &kind.spec.names.plural);
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
    Ok(api.list_metadata(&ListParams::default()).await?.items.len())
}
