//! Deletes one pod of the target, so that its controller makes a new one.

use super::cluster::Cluster;
use super::{Action, Asked, Error, Risk, only};
use crate::api::{ObjectId, Write};
use crate::permissions::Rule;
use crate::rules::step_run::OBJECT;
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

/// Deletes one pod of the target: `pod` names it, without it the target's oldest pod is meant.
pub struct RestartPod;

impl Action for RestartPod {
    fn name(&self) -> &'static str {
        "restart_pod"
    }

    fn risk(&self) -> Risk {
        Risk::Disruptive
    }

    fn is_reversible(&self) -> bool {
        false
    }

    fn permissions(&self) -> &'static [Rule] {
        // The annotation of a fence is a patch.
        &[Rule { groups: &[""], resources: &["pods"], verbs: &["get", "list", "patch", "delete"] }]
    }

    fn plan<'a>(&'a self, cluster: &'a Cluster, asked: Asked<'a>) -> BoxFuture<'a, Result<Vec<Write>, Error>> {
        Box::pin(async move {
            only(&asked, &["pod"])?;
            if asked.target.kind == "pod" {
                return Err(Error::Refused(format!("{} has no controller that would make it anew", asked.target)));
            }
            let pods = cluster.pods_of(asked.target).await?;
            let pod = choose(&pods, asked.parameters.get("pod").map(String::as_str), &asked)?;
            Ok(vec![Write { object: pod, field: OBJECT.to_owned(), before: Some("present".to_owned()), after: None }])
        })
    }
}

/// Only a pod that the target owns; one that is gone already was replaced, so the oldest stands in for it.
fn choose(pods: &[Pod], named: Option<&str>, asked: &Asked) -> Result<ObjectId, Error> {
    let owned = |pod: &&Pod| pod.owner_references().iter().any(|owner| owner.controller == Some(true));
    let mut candidates = pods.iter().filter(owned);
    let chosen = pods.iter().filter(owned).find(|pod| Some(pod.name_any().as_str()) == named).or_else(|| candidates.next());
    let pod = chosen.ok_or_else(|| Error::Refused(format!("{} has no pod to restart", asked.target)))?;
    Ok(ObjectId {
        api_version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespace: pod.namespace(),
        name: pod.name_any(),
        uid: pod.uid().unwrap_or_default(),
    })
}
