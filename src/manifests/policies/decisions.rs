//! Who decides: about a plan, about a step, about a whole run.

use super::{COLLECTOR, OPERATE, On, Policy, Validation};
use crate::api::names;

/// A decision: by somebody with the right, in their own name, once. That it cannot be changed and is about the plan that is there is a
/// rule of the kinds themselves; afterwards only controllers may add when it was.
pub(super) const DECISIONS: Policy = Policy {
    name: names::DECISION_POLICY,
    on: &[On { operations: &["UPDATE"], resources: &["aiapprovalrequests/status", "workflowstepapprovalrequests/status"] }],
    // Also asked about writes that change no value: they can carry a forged record of who wrote what when.
    conditions: &[],
    variables: &[
        OPERATE,
        ("before", "oldObject.?status.?decision.orValue('')"),
        ("after", "object.?status.?decision.orValue('')"),
        ("by", "object.?status.?decidedBy.orValue('')"),
        ("person", "variables.after in ['Approved', 'Rejected']"),
        (
            "approver",
            "authorizer.group('kubernaut.ai').resource(request.resource.resource).namespace(request.namespace).name(object.metadata.name).check('approve').allowed()",
        ),
        ("groups", "object.spec.?approverGroups.orValue([])"),
    ],
    validations: &[
        Validation {
            name: "a decision is final",
            expression: "variables.before == '' || variables.operator",
            message: "'the decision of ' + oldObject.metadata.name + ' is final: ' + variables.before + ' by ' + oldObject.?status.?decidedBy.orValue('')",
        },
        Validation {
            name: "an undecided status belongs to the controllers",
            expression: "variables.before != '' || variables.after != '' || variables.operator",
            message: "request.userInfo.username + ' writes no decision; set status.decision to Approved or Rejected together with status.decidedBy'",
        },
        Validation {
            name: "deciding needs the right",
            expression: "variables.before != '' || !variables.person || variables.approver",
            message: "request.userInfo.username + ' may not approve ' + request.resource.resource + '/' + object.metadata.name + ' in namespace ' + request.namespace + '; ask for a Role there with apiGroups: [kubernaut.ai], resources: [' + request.resource.resource + '], verbs: [approve], or a RoleBinding there to the ClusterRole kubernaut-approver'",
        },
        Validation {
            name: "in one's own name",
            expression: "variables.before != '' || variables.after == '' || variables.by == request.userInfo.username",
            message: "'status.decidedBy must be the user who decides: ' + request.userInfo.username",
        },
        Validation {
            name: "the requester does not approve",
            expression: "variables.before != '' || variables.after != 'Approved' || request.userInfo.username != object.spec.requestedBy",
            message: "request.userInfo.username + ' asked for this remediation and may not approve it; somebody else must (rejecting is allowed)'",
        },
        Validation {
            name: "one of the approver groups",
            expression: "variables.before != '' || !variables.person || variables.groups.size() == 0 || variables.groups.exists(group, group in request.userInfo.groups)",
            message: "request.userInfo.username + ' is in none of the groups that decide about this step: ' + variables.groups.join(', ')",
        },
        Validation {
            name: "people do not stamp the time",
            expression: "variables.before != '' || variables.operator || !object.?status.?decidedAt.hasValue()",
            message: "'status.decidedAt is filled in by the controllers; leave it out'",
        },
        Validation {
            name: "only controllers expire and supersede",
            expression: "variables.before != '' || !(variables.after in ['Expired', 'Superseded']) || variables.operator",
            message: "'only the controllers write ' + variables.after + '; ' + request.userInfo.username + ' may write Approved or Rejected'",
        },
    ],
};

/// Requests are shown, then decided on: nothing about them changes in between, by nobody's hand.
pub(super) const REQUESTS: Policy = Policy {
    name: "kubernaut-requests",
    on: &[On { operations: &["UPDATE"], resources: &["aiapprovalrequests", "workflowstepapprovalrequests"] }],
    conditions: &[],
    variables: &[OPERATE, COLLECTOR],
    validations: &[Validation {
        name: "requests are not updated by people",
        expression: "variables.operator || variables.collector",
        message: "request.userInfo.username + ' may not change ' + oldObject.metadata.name + '; decide it through its status: kubectl kubernaut approve|reject ' + oldObject.metadata.name",
    }],
};

/// The annotation that approves a whole run.
pub(super) const RUN_APPROVALS: Policy = Policy {
    name: "kubernaut-run-approvals",
    on: &[On { operations: &["CREATE", "UPDATE"], resources: &["workflowexecutions"] }],
    conditions: &[(
        "approval-changed",
        "object.metadata.?annotations[?'kubernaut.ai/approved-by'].orValue('') != (oldObject == null ? '' : oldObject.metadata.?annotations[?'kubernaut.ai/approved-by'].orValue(''))",
    )],
    variables: &[
        ("before", "oldObject == null ? '' : oldObject.metadata.?annotations[?'kubernaut.ai/approved-by'].orValue('')"),
        ("after", "object.metadata.?annotations[?'kubernaut.ai/approved-by'].orValue('')"),
    ],
    validations: &[
        Validation {
            name: "a run is approved after it was made",
            expression: "oldObject != null",
            message: "'a run cannot be created with its own approval'",
        },
        Validation {
            name: "a run's approval is final",
            expression: "variables.before == ''",
            message: "'the approval of ' + object.metadata.name + ' by ' + variables.before + ' is final'",
        },
        Validation {
            name: "a run is approved in one's own name",
            expression: "variables.after == request.userInfo.username",
            message: "'the annotation kubernaut.ai/approved-by must be the user who approves: ' + request.userInfo.username",
        },
        Validation {
            name: "approving a run needs the right",
            expression: "authorizer.group('kubernaut.ai').resource('workflowexecutions').namespace(request.namespace).name(object.metadata.name).check('approve').allowed()",
            message: "request.userInfo.username + ' may not approve workflowexecutions/' + object.metadata.name + ' in namespace ' + request.namespace + '; ask for a Role there with apiGroups: [kubernaut.ai], resources: [workflowexecutions], verbs: [approve]'",
        },
    ],
};
