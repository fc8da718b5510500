//! Who we are and what we may do, as the API server sees it.

use super::connect::Connected;
use super::failure::{Attempted, Failure, Reason};
use crate::api::GROUP;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use kube::api::{Api, PostParams};

/// The person that the API server takes us for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Me {
    /// Name of the user.
    pub name: String,
    /// Groups of the user.
    pub groups: Vec<String>,
}

/// Who we are; under `--as`, the impersonated one.
///
/// # Errors
/// When the API server does not answer, or does not say.
pub async fn me(connected: &Connected) -> Result<Me, Failure> {
    let api: Api<SelfSubjectReview> = Api::all(connected.client.clone());
    let review = api.create(&PostParams::default(), &SelfSubjectReview::default()).await.attempted(|| "ask who you are".to_owned())?;
    let user = review.status.and_then(|status| status.user_info).unwrap_or_default();
    let name = user.username.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Failure::new(Reason::Unauthorized, "the API server does not say who you are"))?;
    Ok(Me { name, groups: user.groups.unwrap_or_default() })
}

/// Name of the user; under `--as`, of the impersonated one.
///
/// # Errors
/// When the API server does not answer, or does not say.
pub async fn whoami(connected: &Connected) -> Result<String, Failure> {
    me(connected).await.map(|me| me.name)
}

/// Whether we have a verb on one of our resources, in a namespace or in all of them.
///
/// # Errors
/// When the API server does not answer.
pub async fn may(connected: &Connected, verb: &str, resource: &str, namespace: Option<&str>) -> Result<bool, Failure> {
    may_to(connected, verb, resource, namespace, None).await
}

/// Whether we have a verb on one object, which a role may name.
///
/// # Errors
/// When the API server does not answer.
pub async fn may_one(connected: &Connected, verb: &str, resource: &str, namespace: &str, name: &str) -> Result<bool, Failure> {
    may_to(connected, verb, resource, Some(namespace), Some(name)).await
}

async fn may_to(connected: &Connected, verb: &str, resource: &str, namespace: Option<&str>, name: Option<&str>) -> Result<bool, Failure> {
    let asked = ResourceAttributes {
        group: Some(GROUP.to_owned()),
        resource: Some(resource.to_owned()),
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
        verb: Some(verb.to_owned()),
        ..ResourceAttributes::default()
    };
    let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(asked), ..SelfSubjectAccessReviewSpec::default() };
    let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
    let reviews: Api<SelfSubjectAccessReview> = Api::all(connected.client.clone());
    let answer = reviews.create(&PostParams::default(), &review).await.attempted(|| "ask what you may do".to_owned())?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}
