//! Who deletes what.

use super::{COLLECTOR, OPERATE, On, Policy, Validation};
use crate::api::names;

/// Deleting what keeps a promise. A namespace that is being deleted may always end.
pub(super) const DELETIONS: Policy = Policy {
    name: names::DELETION_POLICY,
    on: &[On {
        operations: &["DELETE"],
        resources: &[
            "remediationrequests",
            "aiapprovalrequests",
            "workflowstepapprovalrequests",
            "workflowexecutions",
            "kubernetesexecutions",
            "remediationtargets",
        ],
    }],
    conditions: &[],
    variables: &[
        OPERATE,
        COLLECTOR,
        ("ending", "has(namespaceObject.metadata.deletionTimestamp)"),
        ("kind", "request.resource.resource"),
        ("parts", "oldObject.spec.?targetResource.orValue('').split('/')"),
        (
            "home",
            "variables.kind == 'workflowexecutions' || variables.kind == 'remediationrequests' ? (variables.parts.size() == 3 ? variables.parts[0] : 'kubernaut-system') : request.namespace",
        ),
        (
            "clearer",
            "authorizer.group('kubernaut.ai').resource('remediationtargets').namespace(variables.home).check('clear').allowed()",
        ),
        (
            "approver",
            "authorizer.group('kubernaut.ai').resource(request.resource.resource).namespace(request.namespace).name(oldObject.metadata.name).check('approve').allowed()",
        ),
        ("request", "variables.kind == 'aiapprovalrequests' || variables.kind == 'workflowstepapprovalrequests'"),
        ("decided", "oldObject.?status.?decision.orValue('') != ''"),
        ("phase", "oldObject.?status.?phase.orValue('Pending')"),
        (
            "uncleared",
            "variables.kind == 'workflowexecutions' && oldObject.?status.?failureDetails.?wasExecutionFailure.orValue(false) && !oldObject.?status.?blockCleared.orValue(false)",
        ),
    ],
    validations: &[
        Validation {
            name: "undecided requests",
            expression: "variables.ending || !variables.request || variables.decided || variables.operator || variables.collector || variables.approver",
            message: "request.userInfo.username + ' may not delete the undecided request ' + oldObject.metadata.name + ': it needs the verb approve on ' + variables.kind + ' in namespace ' + request.namespace",
        },
        Validation {
            name: "decided requests",
            expression: "variables.ending || !variables.request || !variables.decided || variables.operator || variables.collector || variables.clearer",
            message: "request.userInfo.username + ' may not delete the decided request ' + oldObject.metadata.name + ': it is evidence, and needs the verb clear on remediationtargets in namespace ' + variables.home",
        },
        Validation {
            name: "failed runs",
            expression: "variables.ending || !variables.uncleared || variables.clearer",
            message: "oldObject.metadata.name + ' ran and failed and was not cleared: deleting it needs the verb clear on remediationtargets in namespace ' + variables.home + ', or first  kubectl kubernaut clear-block ' + oldObject.metadata.name",
        },
        Validation {
            name: "running runs",
            expression: "variables.ending || variables.kind != 'workflowexecutions' || variables.phase in ['Completed', 'Failed'] || variables.clearer || variables.operator",
            message: "oldObject.metadata.name + ' is not over: deleting it needs the verb clear on remediationtargets in namespace ' + variables.home",
        },
        Validation {
            name: "blocked remediations",
            expression: "variables.ending || variables.kind != 'remediationrequests' || !oldObject.?status.?blocked.orValue(false) || variables.clearer",
            message: "'the run of ' + oldObject.metadata.name + ' failed half way and was not cleared: deleting it needs the verb clear on remediationtargets in namespace ' + variables.home",
        },
        Validation {
            name: "steps",
            expression: "variables.ending || variables.kind != 'kubernetesexecutions' || variables.operator || variables.collector",
            message: "request.userInfo.username + ' may not delete ' + oldObject.metadata.name + ': it is the record of what was executed (verb operate on remediationrequests)'",
        },
        Validation {
            name: "ledgers with blocks",
            expression: "variables.ending || variables.kind != 'remediationtargets' || oldObject.?status.?blocks.orValue([]).size() == 0 || variables.clearer",
            message: "'the ledger ' + oldObject.metadata.name + ' holds blocks: deleting it needs the verb clear on remediationtargets in namespace ' + variables.home",
        },
        Validation {
            name: "held ledgers",
            expression: "variables.ending || variables.kind != 'remediationtargets' || !oldObject.?status.?holder.hasValue()",
            message: "'a run holds the target of ' + oldObject.metadata.name + ': nobody deletes its ledger before the run ends'",
        },
    ],
};
