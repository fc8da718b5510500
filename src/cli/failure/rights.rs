//! What a person lacks: rules and roles, in the words of a hint.

/// A rule as it stands in a role.
pub fn rule(group: &str, resource: &str, verb: &str) -> String {
    format!("{{apiGroups: [{group:?}], resources: [{resource:?}], verbs: [{verb:?}]}}")
}

/// Where the rule that is missing belongs: in a Role of the namespace, without one in a ClusterRole.
pub fn missing_rule(namespace: Option<&str>, rule: &str) -> String {
    let place = namespace.map_or_else(|| "a ClusterRole".to_owned(), |name| format!("a Role in namespace {name}"));
    format!("the missing rule, in {place}: {rule}")
}

/// The role that has all that something takes in a namespace.
pub fn whole_role(what: &str, namespace: &str, role: &str) -> String {
    format!("everything that {what} needs: a RoleBinding in namespace {namespace} to the ClusterRole {role}")
}
