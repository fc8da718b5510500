//! Admission policies: what the API server refuses whoever asks, also while none of our processes runs.
//!
//! A policy is a list of validations; a validation's name stands in this file and in the tests. A message says who, what is missing, and
//! what helps. Nothing is exempt but what is said here: neither objects that are being deleted nor any namespace. What no user may do at
//! all, such as changing a decision, is a rule of the kind's own definition instead.

mod decisions;
mod deletions;
mod writers;

use crate::api::GROUP;
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

/// Every policy. The last one is asked whether they are enforced yet: the API server takes them all up at once.
pub const POLICIES: &[Policy] = &[DECISIONS, REQUESTS, WRITERS, STATUSES, TIES, RUN_APPROVALS, CLEARANCES, DELETIONS, REMEDIATIONS];

/// Being a controller.
const OPERATE: (&str, &str) = (
    "operator",
    "authorizer.group('kubernaut.ai').resource('remediationrequests').namespace(request.namespace).check('operate').allowed()",
);
/// The garbage collector, under its own account or, where the controller manager has only one, under that.
const COLLECTOR: (&str, &str) = (
    "collector",
    "request.userInfo.username in ['system:serviceaccount:kube-system:generic-garbage-collector', 'system:kube-controller-manager']",
);
/// The namespace of the target that an object is about; its own for kinds that name none.
const HOME: (&str, &str) =
    ("home", "variables.parts.size() == 3 ? variables.parts[0] : (variables.parts.size() == 2 ? 'kubernaut-system' : request.namespace)");
const PARTS: (&str, &str) = ("parts", "object.spec.?targetResource.orValue('').split('/')");
const PARTS_BEFORE: (&str, &str) = ("parts", "oldObject.spec.?targetResource.orValue('').split('/')");
/// The right to lift blocks of that target.
const CLEARER: (&str, &str) =
    ("clearer", "authorizer.group('kubernaut.ai').resource('remediationtargets').namespace(variables.home).check('clear').allowed()");

/// Policies and their bindings, in the order in which they are applied.
pub fn objects() -> Vec<Value> {
    POLICIES.iter().flat_map(|policy| [policy.definition(), policy.binding()]).collect()
}

impl Policy {
    /// The object that says what is refused.
    pub fn definition(&self) -> Value {
        let named = |(name, expression): &(&str, &str)| json!({ "name": name, "expression": expression });
        let rule = |on: &On| json!({ "apiGroups": [GROUP], "apiVersions": ["*"], "operations": on.operations, "resources": on.resources });
        let validation = |validation: &Validation| {
            json!({
                "expression": validation.expression, "messageExpression": validation.message,
                "message": validation.name, "reason": "Forbidden",
            })
        };
        let mut spec = json!({
            "failurePolicy": "Fail",
            "matchConstraints": { "resourceRules": self.on.iter().map(rule).collect::<Vec<_>>() },
            "validations": self.validations.iter().map(validation).collect::<Vec<_>>(),
        });
        if let Some(fields) = spec.as_object_mut() {
            for (field, list) in [("matchConditions", self.conditions), ("variables", self.variables)] {
                if !list.is_empty() {
                    fields.insert(field.to_owned(), list.iter().map(named).collect());
                }
            }
        }
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": { "name": self.name }, "spec": spec,
        })
    }

    /// The object that makes it hold, everywhere.
    pub fn binding(&self) -> Value {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": { "name": self.name }, "spec": { "policyName": self.name, "validationActions": ["Deny"] },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_validation_has_words() {
        let mut names: Vec<&str> = POLICIES.iter().flat_map(|policy| policy.validations).map(|validation| validation.name).collect();
        names.extend(POLICIES.iter().map(|policy| policy.name));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(POLICIES.iter().flat_map(|policy| policy.validations).all(|one| !one.message.is_empty() && !one.expression.is_empty()));
    }

    #[test]
    fn every_kind_has_its_status_and_its_spec_guarded() {
        let matched: Vec<&str> = POLICIES.iter().flat_map(|policy| policy.on).flat_map(|on| on.resources).copied().collect();
        for definition in crate::api::crds() {
            let plural = definition.spec.names.plural;
            assert!(matched.contains(&plural.as_str()), "{plural}");
            assert!(matched.contains(&format!("{plural}/status").as_str()), "{plural}/status");
        }
    }
}
