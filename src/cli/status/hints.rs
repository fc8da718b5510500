//! What to type next about a remediation.

use super::tree::{Node, StatusTree};
use crate::cli::paste::object as command;

/// What to type next, the most urgent first. `namespace` is named where it is not the context's own.
pub fn of(tree: &StatusTree, namespace: &str) -> Vec<String> {
    let nodes = tree.nodes();
    let open = nodes.iter().filter(|node| node.deadline.is_some_and(|deadline| deadline > tree.at));
    let mut hints: Vec<String> = open.map(|node| decide(node, namespace)).collect();
    let run = nodes.iter().find(|node| node.resource == "WorkflowExecution" && node.phase.is_some());
    if let Some(run) = run.filter(|run| run.phase.as_deref() == Some("Skipped") || tree.blocked) {
        hints.push(format!("see what stands in its way with  {}", command("why", &run.short, namespace)));
    }
    if let Some(run) = run.filter(|_| tree.blocked) {
        hints.push(format!("after repairing the target, clear it with  {}", command("clear-block", bare(run), namespace)));
    }
    let itself = format!("rr/{}", tree.name());
    match tree.is_over() {
        true if tree.has_failed() => hints.push(format!("see what happened with  {}", command("history", &itself, namespace))),
        true => {}
        false => hints.push(format!("follow it with  {} -w", command("status", &itself, namespace))),
    }
    hints
}

fn decide(node: &Node, namespace: &str) -> String {
    match node.resource.as_str() {
        "AIApprovalRequest" => format!("decide it with  {}", command("approve", bare(node), namespace)),
        _ => format!("decide it with  {}", command("approve", &node.short, namespace)),
    }
}

fn bare(node: &Node) -> &str {
    node.object.rsplit('/').next().unwrap_or_default()
}
