//! Who deletes what.

use super::{CLEARER, COLLECTOR, HOME, OPERATE, On, PARTS_BEFORE, Policy, Validation};
use crate::api::names;

/// Deleting what keeps a promise. A namespace that is being deleted may always end.
pub(super) const DELETIONS: Policy = Policy {
    name: names::DELETION_POLICY,
    on: &[On {
        operations: &["DELETE"],
        resources: &[
            "remediationrequests",
            "aianalyses",
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
        PARTS_BEFORE,
        HOME,
        CLEARER,
        (
            "approver",
            "authorizer.group('kubernaut.ai').resource(request.resource.resource).namespace(request.namespace).name(oldObject.metadata.name).check('approve').allowed()",
        ),
        ("ending", "has(namespaceObject.metadata.deletionTimestamp)"),
        ("kind", "request.resource.resource"),
        ("request", "variables.kind in ['aiapprovalrequests', 'workflowstepapprovalrequests']"),
        ("decided", "oldObject.?status.?decision.orValue('') != ''"),
        (
            "uncleared",
            "oldObject.?status.?failureDetails.?wasExecutionFailure.orValue(false) && !oldObject.?status.?blockCleared.orValue(false)",
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
            message: "request.userInfo.username + ' may not delete the decided request ' + oldObject.metadata.name + ', which is evidence: it needs the verb clear on remediationtargets in namespace ' + variables.home",
        },
        Validation {
            name: "failed runs",
            expression: "variables.ending || variables.kind != 'workflowexecutions' || !variables.uncleared || variables.clearer",
            message: "oldObject.metadata.name + ' ran and failed and was not cleared: deleting it needs the verb clear on remediationtargets in namespace ' + variables.home",
        },
        Validation {
            name: "running runs",
            expression: "variables.ending || variables.kind != 'workflowexecutions' || oldObject.?status.?phase.orValue('') in ['Completed', 'Failed'] || variables.operator || variables.clearer",
            message: "oldObject.metadata.name + ' is not over: deleting it needs the verb clear on remediationtargets in namespace ' + variables.home",
        },
        Validation {
            name: "blocked remediations",
            expression: "variables.ending || variables.kind != 'remediationrequests' || !oldObject.?status.?blocked.orValue(false) || variables.clearer",
            message: "'the run of ' + oldObject.metadata.name + ' failed half way and was not cleared: deleting it needs the verb clear on remediationtargets in namespace ' + variables.home",
        },
        Validation {
            name: "records",
            expression: "variables.ending || !(variables.kind in ['aianalyses', 'kubernetesexecutions']) || variables.operator || variables.collector",
            message: "request.userInfo.username + ' may not delete ' + variables.kind + '/' + oldObject.metadata.name + ', which goes with its remediation only'",
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
