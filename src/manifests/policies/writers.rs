//! Who writes what: specs, statuses, owners and finalizers, and the requests that people make.

use super::{CLEARER, COLLECTOR, HOME, OPERATE, On, PARTS, PARTS_BEFORE, Policy, Validation};
use crate::api::names;

/// What controllers make, only controllers make.
pub(super) const WRITERS: Policy = Policy {
    name: "kubernaut-writers",
    on: &[On {
        operations: &["CREATE", "UPDATE"],
        resources: &[
            "remediationprocessings",
            "aianalyses",
            "aiapprovalrequests",
            "workflowexecutions",
            "kubernetesexecutions",
            "workflowstepapprovalrequests",
            "notificationrequests",
            "remediationtargets",
        ],
    }],
    conditions: &[],
    variables: &[OPERATE],
    validations: &[Validation {
        name: "only controllers make and change these",
        expression: "variables.operator || (oldObject != null && object.spec == oldObject.spec)",
        message: "request.userInfo.username + ' may not write ' + request.resource.resource + ' in namespace ' + request.namespace + ': only controllers do (verb operate on remediationrequests)'",
    }],
};

/// Statuses but for decisions are the controllers'.
pub(super) const STATUSES: Policy = Policy {
    name: names::STATUS_POLICY,
    on: &[On {
        operations: &["UPDATE"],
        resources: &[
            "remediationrequests/status",
            "remediationprocessings/status",
            "aianalyses/status",
            "workflowexecutions/status",
            "kubernetesexecutions/status",
            "notificationrequests/status",
            "remediationtargets/status",
            "blockclearances/status",
        ],
    }],
    conditions: &[],
    variables: &[OPERATE],
    validations: &[Validation {
        name: "only controllers write statuses",
        expression: "variables.operator",
        message: "request.userInfo.username + ' may not write the status of ' + request.resource.resource + ' in namespace ' + request.namespace + ': only controllers do (verb operate on remediationrequests)'",
    }],
};

/// A forged owner would make the garbage collector delete what its author may not; a finalizer taken off lets go what must stay.
pub(super) const TIES: Policy = Policy {
    name: "kubernaut-ties",
    on: &[On {
        operations: &["UPDATE"],
        resources: &[
            "remediationrequests",
            "remediationprocessings",
            "aianalyses",
            "workflowexecutions",
            "kubernetesexecutions",
            "notificationrequests",
            "remediationtargets",
            "blockclearances",
        ],
    }],
    conditions: &[(
        "ties-changed",
        "object.metadata.?ownerReferences.orValue([]) != oldObject.metadata.?ownerReferences.orValue([]) || object.metadata.?finalizers.orValue([]) != oldObject.metadata.?finalizers.orValue([])",
    )],
    variables: &[OPERATE, COLLECTOR, PARTS_BEFORE, HOME, CLEARER],
    validations: &[Validation {
        name: "owners and finalizers stay",
        expression: "variables.operator || variables.collector || variables.clearer",
        message: "request.userInfo.username + ' may not change owner references or finalizers of ' + oldObject.metadata.name + ': it needs the verb clear on remediationtargets in namespace ' + variables.home",
    }],
};

/// Lifting a block: by somebody with the right over the target, in their own name, beside the ledger.
pub(super) const CLEARANCES: Policy = Policy {
    name: names::CLEARANCE_POLICY,
    on: &[On { operations: &["CREATE"], resources: &["blockclearances"] }],
    conditions: &[],
    variables: &[
        PARTS,
        HOME,
        ("target", "variables.parts[variables.parts.size() - 2].lowerAscii() + '.' + variables.parts[variables.parts.size() - 1]"),
    ],
    validations: &[
        Validation {
            name: "clearing in one's own name",
            expression: "object.spec.clearedBy == request.userInfo.username",
            message: "'spec.clearedBy must be the user who clears: ' + request.userInfo.username",
        },
        Validation {
            name: "clearing needs the right",
            expression: "authorizer.group('kubernaut.ai').resource('remediationtargets').namespace(variables.home).name(variables.target).check('clear').allowed()",
            message: "request.userInfo.username + ' may not clear remediationtargets/' + variables.target + ' in namespace ' + variables.home + '; ask for a Role there with apiGroups: [kubernaut.ai], resources: [remediationtargets], verbs: [clear], or a RoleBinding there to the ClusterRole kubernaut-clearer'",
        },
        Validation {
            name: "clearing beside the ledger",
            expression: "request.namespace == variables.home",
            message: "'a clearance for ' + object.spec.targetResource + ' must be in namespace ' + variables.home",
        },
    ],
};

/// Asking for a remediation: in one's own name, and not of what one could not ask for where it is.
pub(super) const REMEDIATIONS: Policy = Policy {
    name: names::REMEDIATION_POLICY,
    on: &[On { operations: &["CREATE"], resources: &["remediationrequests"] }],
    conditions: &[],
    variables: &[PARTS, HOME],
    validations: &[
        Validation {
            name: "asking in one's own name",
            expression: "object.spec.requestedBy == request.userInfo.username",
            message: "'spec.requestedBy must be the user who asks: ' + request.userInfo.username",
        },
        Validation {
            name: "asking needs the right where the target is",
            expression: "variables.home == request.namespace || authorizer.group('kubernaut.ai').resource('remediationrequests').namespace(variables.home).check('create').allowed()",
            message: "request.userInfo.username + ' may not create remediationrequests in namespace ' + variables.home + ', where ' + object.spec.targetResource + ' is'",
        },
    ],
};
