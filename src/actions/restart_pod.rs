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
        &[
            Rule { groups: &[""], resources: &["pods"], verbs: &["get", "list", "patch", "delete"] },
            Rule { groups: &["apps"], resources: &["deployments", "replicasets", "statefulsets", "daemonsets"], verbs: &["get"] },
        ]
    }

    fn plan<'a>(&'a self, cluster: &'a Cluster, asked: Asked<'a>) -> BoxFuture<'a, Result<Vec<Write>, Error>> {
        Box::pin(async move {
            only(&asked, &["pod"])?;
            if asked.target.kind == "pod" {
                return Err(Error::Refused(format!("{} has no controller that would make it anew", asked.target)));
            }
            let pod = choose(cluster, &asked).await?;
            Ok(vec![Write { object: pod, field: OBJECT.to_owned(), before: Some("present".to_owned()), after: None }])
        })
    }
}

/// Only a pod that the target owns; one that is gone already was replaced, so the oldest stands in for it.
async fn choose(cluster: &Cluster, asked: &Asked<'_>) -> Result<ObjectId, Error> {
    let named = asked.parameters.get("pod");
    let owner = cluster.target(asked.target).await?.uid().unwrap_or_default();
    let mut pods = cluster.pods_of(asked.target).await?;
    pods.sort_by_key(|pod| Some(&pod.name_any()) != named);
    for pod in &pods {
        if cluster.owns(&owner, pod).await? {
            return Ok(identity(pod));
        }
    }
    Err(Error::Refused(format!("{} has no pod to restart", asked.target)))
}

fn identity(pod: &Pod) -> ObjectId {
    ObjectId {
        api_version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespace: pod.namespace(),
        name: pod.name_any(),
        uid: pod.uid().unwrap_or_default(),
    }
}
