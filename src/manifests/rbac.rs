//! Accounts and roles. The controllers' role is the sum of what controllers and actions declare, and nothing else.

use crate::actions::CATALOGUE;
use crate::api::SYSTEM_NAMESPACE;
use crate::controllers::{
    analysis, audit, clearing, gateway, leadership, ledger, notification, orchestrator, processing, root, step, workflow,
};
use crate::permissions::Rule;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The controllers' account.
pub const ACCOUNT: &str = "kubernaut-controllers";
/// Sees everything of ours; whoever has the cluster's own role `view` has it, too.
pub const VIEWER: &str = "kubernaut-viewer";
/// Decides about plans, steps and whole runs, and withdraws what nobody has decided.
pub const APPROVER: &str = "kubernaut-approver";
/// Lifts blocks, by a BlockClearance or by deleting the failed run.
pub const CLEARER: &str = "kubernaut-clearer";
/// Sees everything of ours, and the rules that hold.
pub const AUDITOR: &str = "kubernaut-auditor";

const OURS: &str = "kubernaut.ai";
const KINDS: &[&str] = &[
    "remediationrequests",
    "remediationprocessings",
    "aianalyses",
    "aiapprovalrequests",
    "workflowexecutions",
    "kubernetesexecutions",
    "workflowstepapprovalrequests",
    "notificationrequests",
    "remediationtargets",
    "blockclearances",
];
const READ: &[&str] = &["get", "list", "watch"];

/// Namespaced and cluster-wide rights, in the order in which they are applied.
pub fn objects() -> Vec<Value> {
    let mut objects = vec![
        json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": ACCOUNT, "namespace": SYSTEM_NAMESPACE } }),
        role("kubernaut-controllers", &declared()),
        binding(),
        viewer(),
        role(APPROVER, &approver()),
        role(CLEARER, &clearer()),
        role(AUDITOR, &auditor()),
    ];
    objects.extend([system_role(), system_binding()]);
    objects
}

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> Value {
    json!({ "apiGroups": [group], "resources": resources, "verbs": verbs })
}

fn role(name: &str, rules: &[Value]) -> Value {
    json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": name }, "rules": rules })
}

/// Everything of ours; the policies, without which nobody can tell whether a name in the history was checked; and the controllers' lease, which
/// tells whether they work, and by which settings.
fn reading() -> Vec<Value> {
    let policies = &["validatingadmissionpolicies", "validatingadmissionpolicybindings"];
    let lease =
        json!({ "apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": [leadership::LEASE], "verbs": ["get"] });
    vec![rule(OURS, KINDS, READ), rule("admissionregistration.k8s.io", policies, &["get", "list"]), lease]
}

/// Its label makes it a part of the cluster's own roles `view`, `edit` and `admin`. The others are never had by the way.
fn viewer() -> Value {
    let mut role = role(VIEWER, &reading());
    if let Some(fields) = role.get_mut("metadata").and_then(Value::as_object_mut) {
        fields.insert("labels".to_owned(), json!({ "rbac.authorization.k8s.io/aggregate-to-view": "true" }));
    }
    role
}

/// Which requests may be deleted, and what of a run may be changed, is said by the policies.
fn approver() -> Vec<Value> {
    let requests = &["aiapprovalrequests", "workflowstepapprovalrequests"];
    let statuses = &["aiapprovalrequests/status", "workflowstepapprovalrequests/status"];
    let deciding = [
        rule(OURS, requests, &["approve", "delete"]),
        rule(OURS, statuses, &["get", "patch", "update"]),
        rule(OURS, &["workflowexecutions"], &["approve", "patch"]),
    ];
    reading().into_iter().chain(deciding).collect()
}

fn clearer() -> Vec<Value> {
    let clearing = [
        rule(OURS, &["remediationtargets"], &["clear"]),
        rule(OURS, &["blockclearances"], &["create"]),
        rule(OURS, &["remediationrequests", "workflowexecutions"], &["delete"]),
    ];
    reading().into_iter().chain(clearing).collect()
}

fn auditor() -> Vec<Value> {
    vec![
        rule(OURS, KINDS, READ),
        rule("", &["events", "namespaces", "serviceaccounts"], READ),
        rule("apps", &["deployments"], READ),
        rule("coordination.k8s.io", &["leases"], READ),
        rule("apiextensions.k8s.io", &["customresourcedefinitions"], READ),
        rule("admissionregistration.k8s.io", &["validatingadmissionpolicies", "validatingadmissionpolicybindings"], READ),
        rule("rbac.authorization.k8s.io", &["clusterroles", "clusterrolebindings", "roles", "rolebindings"], READ),
    ]
}

fn binding() -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": { "name": "kubernaut-controllers" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "kubernaut-controllers" },
        "subjects": [{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": SYSTEM_NAMESPACE }],
    })
}

/// The lease, and the one ConfigMap that may say who is notified, are needed in the system namespace only.
fn system_role() -> Value {
    let mut rules = merged(leadership::RULES.iter());
    rules.push(json!({ "apiGroups": [""], "resources": ["configmaps"], "resourceNames": [notification::ROUTING.0], "verbs": ["get"] }));
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": { "name": "kubernaut-controllers", "namespace": SYSTEM_NAMESPACE }, "rules": rules,
    })
}

fn system_binding() -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": { "name": "kubernaut-controllers", "namespace": SYSTEM_NAMESPACE },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "kubernaut-controllers" },
        "subjects": [{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": SYSTEM_NAMESPACE }],
    })
}

/// What controllers and actions declare.
fn declared() -> Vec<Value> {
    let controllers = [
        gateway::RULES,
        root::RULES,
        orchestrator::RULES,
        processing::RULES,
        analysis::RULES,
        workflow::RULES,
        ledger::RULES,
        clearing::RULES,
        step::RULES,
        notification::RULES,
        audit::RULES,
    ];
    let actions = CATALOGUE.iter().map(|action| action.permissions());
    merged(controllers.into_iter().chain(actions).flatten())
}

/// One rule for each set of verbs on the resources of a group.
fn merged<'a>(rules: impl Iterator<Item = &'a Rule>) -> Vec<Value> {
    let mut verbs: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for rule in rules {
        for group in rule.groups {
            for resource in rule.resources {
                verbs.entry((group, resource)).or_default().extend(rule.verbs);
            }
        }
    }
    let mut grouped: BTreeMap<(&str, BTreeSet<&str>), Vec<&str>> = BTreeMap::new();
    for ((group, resource), verbs) in verbs {
        grouped.entry((group, verbs)).or_default().push(resource);
    }
    grouped.into_iter().map(|((group, verbs), resources)| json!({ "apiGroups": [group], "resources": resources, "verbs": verbs })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_role_reaches_further_than_it_says() {
        for role in objects() {
            let text = role.to_string();
            for never in ["\"*\"", "\"secrets\"", "\"escalate\"", "\"bind\"", "\"impersonate\""] {
                assert!(!text.contains(never), "{never} in {text}");
            }
        }
    }

    #[test]
    fn the_controllers_neither_approve_nor_clear() {
        for rule in declared() {
            let verbs = rule.get("verbs").unwrap().to_string();
            assert!(!verbs.contains("approve") && !verbs.contains("clear"), "{rule}");
        }
    }

    #[test]
    fn rules_of_one_resource_are_one() {
        let rules = [
            Rule { groups: &["a"], resources: &["x", "y"], verbs: &["get"] },
            Rule { groups: &["a"], resources: &["x"], verbs: &["list", "get"] },
        ];
        assert_eq!(
            merged(rules.iter()),
            [
                json!({ "apiGroups": ["a"], "resources": ["y"], "verbs": ["get"] }),
                json!({ "apiGroups": ["a"], "resources": ["x"], "verbs": ["get", "list"] }),
            ]
        );
    }
}
