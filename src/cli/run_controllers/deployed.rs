//! Finds controllers that the cluster itself runs.

use crate::api::SYSTEM_NAMESPACE;
use crate::cli::connect::Connected;
use crate::manifests::ACCOUNT;
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;
use kube::api::{Api, ListParams};

/// `deployment NAMESPACE/NAME` that runs under the controllers' account and is not scaled to nothing.
///
/// # Errors
/// When Deployments there may not be read, or the API server does not answer.
pub async fn find(connected: &Connected) -> Result<Option<String>, kube::Error> {
    let deployments: Api<Deployment> = Api::namespaced(connected.client.clone(), SYSTEM_NAMESPACE);
    let listed = deployments.list(&ListParams::default()).await?;
    let found = listed.items.iter().find(|deployment| runs_the_controllers(deployment));
    Ok(found.map(|deployment| format!("deployment {SYSTEM_NAMESPACE}/{}", deployment.name_any())))
}

fn runs_the_controllers(deployment: &Deployment) -> bool {
    let Some(spec) = &deployment.spec else { return false };
    let account = spec.template.spec.as_ref().and_then(|pod| pod.service_account_name.as_deref());
    account == Some(ACCOUNT) && spec.replicas.unwrap_or(1) > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_deployment_of_the_account_that_has_pods_runs_them() {
        let of = |account: &str, replicas: i32| {
            let pod = json!({"serviceAccountName": account, "containers": []});
            serde_json::from_value(json!({"spec": {"replicas": replicas, "selector": {}, "template": {"spec": pod}}})).unwrap()
        };
        assert!(runs_the_controllers(&of(ACCOUNT, 1)));
        assert!(!runs_the_controllers(&of(ACCOUNT, 0)));
        assert!(!runs_the_controllers(&of("default", 1)));
    }
}
