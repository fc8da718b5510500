//! Admission policies: what the API server refuses whoever asks, also while none of our processes runs.
//!
//! Each policy is a list of validations; the name of a validation stands in this file and in the tests only. A message says who, what
//! is missing, and what helps. Nothing is exempt but what is said here: neither objects that are being deleted nor any namespace.

mod decisions;
mod deletions;
mod writers;

use super::rbac::ACCOUNT;
use crate::api::{GROUP, SYSTEM_NAMESPACE};
use decisions::{DECISIONS, REQUESTS, RUN_APPROVALS};
use deletions::DELETIONS;
use serde_json::{Value, json};
use writers::{CLEARANCES, REMEDIATIONS, STATUSES, TIES, WRITERS};

/// One policy, bound to the whole cluster.
pub struct Policy {
    /// Name of the policy and of its binding.
    pub name: &'static str,
    /// Resources with their operations.
    pub on: &'static [On],
    /// What a request must meet, for the rest to be asked about it.
    pub conditions: &'static [(&'static str, &'static str)],
    /// Names for expressions.
    pub variables: &'static [(&'static str, &'static str)],
    /// What must hold.
    pub validations: &'static [Validation],
}

/// Operations on resources.
pub struct On {
    /// `CREATE`, `UPDATE`, `DELETE`.
    pub operations: &'static [&'static str],
    /// Plural names, with `/status` where meant.
    pub resources: &'static [&'static str],
}

/// Something that must hold of a request.
pub struct Validation {
    /// What it is called in the tests.
    pub name: &'static str,
    /// CEL; true when the request is allowed.
    pub expression: &'static str,
    /// CEL; what the refused user is told.
    pub message: &'static str,
}

/// Every policy.
pub const POLICIES: &[Policy] = &[
    DECISIONS,
    REQUESTS,
    WRITERS,
    STATUSES,
    TIES,
    RUN_APPROVALS,
    CLEARANCES,
    REMEDIATIONS,
    DELETIONS,
];

const OPERATE: (&str, &str) = (
    "operator",
    "authorizer.group('kubernaut.ai').resource('remediationrequests').namespace(request.namespace).check('operate').allowed()",
);
/// The garbage collector, under its own account or, where the controller manager has only one, under that.
const COLLECTOR: (&str, &str) = (
    "collector",
    "request.userInfo.username in ['system:serviceaccount:kube-system:generic-garbage-collector', 'system:kube-controller-manager']",
);

/// Policies and their bindings, in the order in which they are applied.
pub fn objects() -> Vec<Value> {
    POLICIES.iter().flat_map(|policy| [policy.definition(), policy.binding()]).collect()
}

impl Policy {
    fn definition(&self) -> Value {
        let named = |(name, expression): &(&str, &str)| json!({ "name": name, "expression": expression });
        let rule = |on: &On| json!({ "apiGroups": [GROUP], "apiVersions": ["*"], "operations": on.operations, "resources": on.resources });
        let validation = |validation: &Validation| {
            json!({ "expression": validation.expression, "messageExpression": validation.message, "message": validation.name, "reason": "Forbidden" })
        };
        let mut spec = json!({
            "failurePolicy": "Fail",
            "matchConstraints": { "resourceRules": self.on.iter().map(rule).collect::<Vec<_>>() },
            "variables": self.variables.iter().map(named).collect::<Vec<_>>(),
            "validations": self.validations.iter().map(validation).collect::<Vec<_>>(),
        });
        if let (Some(fields), false) = (spec.as_object_mut(), self.conditions.is_empty()) {
            fields.insert("matchConditions".to_owned(), self.conditions.iter().map(named).collect());
        }
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": { "name": self.name }, "spec": spec,
        })
    }

    fn binding(&self) -> Value {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": { "name": self.name }, "spec": { "policyName": self.name, "validationActions": ["Deny"] },
        })
    }
}

/// User name of the controllers' account, as policies see it.
pub fn controllers() -> String {
    format!("system:serviceaccount:{SYSTEM_NAMESPACE}:{ACCOUNT}")
}
