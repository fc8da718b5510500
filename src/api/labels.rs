//! Labels, annotations, finalizers and field managers.

/// Name of the remediation an object belongs to.
pub const REMEDIATION_REQUEST: &str = "kubernaut.ai/remediation-request";
/// Kind of notice: `manual-review`, `approval`, `escalation` or `status-update`.
pub const NOTIFICATION_TYPE: &str = "kubernaut.ai/notification-type";
/// Why a run was skipped.
pub const SKIP_REASON: &str = "kubernaut.ai/skip-reason";
/// `critical`, `high`, `medium` or `low`.
pub const SEVERITY: &str = "kubernaut.ai/severity";
/// `P0` to `P3`.
pub const PRIORITY: &str = "kubernaut.ai/priority";
/// Environment of the alert's namespace.
pub const ENVIRONMENT: &str = "kubernaut.ai/environment";
/// Who wrote the notice.
pub const COMPONENT: &str = "kubernaut.ai/component";
/// The only component that writes notices.
pub const ORCHESTRATOR: &str = "remediation-orchestrator";

/// Annotation that approves a whole workflow which asks for it.
pub const APPROVED_BY: &str = "kubernaut.ai/approved-by";
/// Annotation that makes a write which may still be on its way impossible.
pub const FENCE: &str = "kubernaut.ai/fence";
/// Keeps a run until its outcome stands in the ledger.
pub const LEDGER_FINALIZER: &str = "kubernaut.ai/ledger";

/// Field manager of everything the controllers write.
pub const CONTROLLERS: &str = "kubernaut-controllers";
/// Field manager of everything the command line writes.
pub const CLI: &str = "kubectl-kubernaut";
/// Field manager of what the gateway writes.
pub const GATEWAY: &str = "kubernaut-gateway";
