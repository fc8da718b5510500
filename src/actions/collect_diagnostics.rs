//! Collects what the target's pods and events say, and writes nothing.

use super::cluster::Cluster;
use super::{Action, Asked, Error, Risk, only};
use crate::api::Write;
use crate::permissions::Rule;
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::ResourceExt;

/// Collects what the target's pods and events say.
pub struct CollectDiagnostics;

impl Action for CollectDiagnostics {
    fn name(&self) -> &'static str {
        "collect_diagnostics"
    }

    fn risk(&self) -> Risk {
        Risk::Safe
    }

    fn is_reversible(&self) -> bool {
        false
    }

    fn permissions(&self) -> &'static [Rule] {
        &[Rule { groups: &[""], resources: &["pods", "events"], verbs: &["get", "list"] }]
    }

    fn plan<'a>(&'a self, _: &'a Cluster, asked: Asked<'a>) -> BoxFuture<'a, Result<Vec<Write>, Error>> {
        Box::pin(async move { only(&asked, &[]).map(|()| Vec::new()) })
    }

    fn read<'a>(&'a self, cluster: &'a Cluster, asked: Asked<'a>) -> BoxFuture<'a, Result<String, Error>> {
        Box::pin(async move {
            let mut lines: Vec<String> = cluster.pods_of(asked.target).await?.iter().flat_map(describe).collect();
            if let Some(namespace) = &asked.target.namespace {
                lines.extend(cluster.events_of(namespace, &asked.target.name).await?);
            }
            Ok(lines.join("\n").chars().take(8_000).collect())
        })
    }
}

/// A pod's phase and what its containers went through, a line each.
pub fn describe(pod: &Pod) -> Vec<String> {
    let status = pod.status.clone().unwrap_or_default();
    let mut lines = vec![format!("pod/{}: {}", pod.name_any(), status.phase.unwrap_or_else(|| "Unknown".to_owned()))];
    lines.extend(status.container_statuses.unwrap_or_default().iter().map(container));
    lines
}

fn container(status: &ContainerStatus) -> String {
    let ended = status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    let last = ended.map_or_else(String::new, |ended| {
        format!(", last ended with {} (exit code {})", ended.reason.as_deref().unwrap_or("no reason"), ended.exit_code)
    });
    let ready = if status.ready { "ready" } else { "not ready" };
    format!("  container {}: {ready}, {} restarts{last}", status.name, status.restart_count)
}
