//! Restarts a deployment, pod by pod, as `kubectl rollout restart` does.

use super::cluster::{Cluster, as_value, identify};
use super::{Action, Asked, Error, Risk, field, only};
use crate::api::Write;
use crate::permissions::Rule;
use futures::future::BoxFuture;

/// Restarts a deployment by an annotation of its pod template.
pub struct RestartDeployment;

/// The annotation that kubectl uses, too.
const FIELD: &str = "spec.template.metadata.annotations[kubectl.kubernetes.io/restartedAt]";

impl Action for RestartDeployment {
    fn name(&self) -> &'static str {
        "restart_deployment"
    }

    fn risk(&self) -> Risk {
        Risk::Disruptive
    }

    fn is_reversible(&self) -> bool {
        false
    }

    fn writes_the_time(&self) -> bool {
        true
    }

    fn permissions(&self) -> &'static [Rule] {
        &[Rule { groups: &["apps"], resources: &["deployments"], verbs: &["get", "patch"] }]
    }

    fn plan<'a>(&'a self, cluster: &'a Cluster, asked: Asked<'a>) -> BoxFuture<'a, Result<Vec<Write>, Error>> {
        Box::pin(async move {
            only(&asked, &[])?;
            if asked.target.kind != "deployment" {
                return Err(Error::Refused(format!("restart_deployment needs a deployment, not {}", asked.target)));
            }
            let live = cluster.target(asked.target).await?;
            let before = field::read(&as_value(&live), FIELD);
            let after = Some(asked.now.to_string());
            Ok(vec![Write { object: identify("deployment", &live), field: FIELD.to_owned(), before, after }])
        })
    }
}
