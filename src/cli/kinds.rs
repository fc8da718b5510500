//! The kinds, and the names people call them by.

use crate::api;
use kube::core::ApiResource;

/// One kind of our group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Remediation,
    Processing,
    Analysis,
    Approval,
    Execution,
    Step,
    StepApproval,
    Notification,
    Target,
    Clearance,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Remediation,
        Self::Processing,
        Self::Analysis,
        Self::Approval,
        Self::Execution,
        Self::Step,
        Self::StepApproval,
        Self::Notification,
        Self::Target,
        Self::Clearance,
    ];

    /// Short name, as in `rr/NAME`.
    pub fn short(self) -> &'static str {
        match self {
            Self::Remediation => "rr",
            Self::Processing => "rp",
            Self::Analysis => "aia",
            Self::Approval => "aar",
            Self::Execution => "wfe",
            Self::Step => "ke",
            Self::StepApproval => "wsar",
            Self::Notification => "nr",
            Self::Target => "rt",
            Self::Clearance => "bc",
        }
    }

    /// What people call many of them.
    pub fn friendly(self) -> &'static str {
        match self {
            Self::Remediation => "remediations",
            Self::Processing => "processings",
            Self::Analysis => "analyses",
            Self::Approval => "approvals",
            Self::Execution => "executions",
            Self::Step => "steps",
            Self::StepApproval => "stepapprovals",
            Self::Notification => "notifications",
            Self::Target => "targets",
            Self::Clearance => "clearances",
        }
    }

    fn singular(self) -> &'static str {
        match self {
            Self::Analysis => "analysis",
            other => other.friendly().trim_end_matches('s'),
        }
    }

    /// How the API server calls it.
    pub fn resource(self) -> ApiResource {
        match self {
            Self::Remediation => ApiResource::erase::<api::RemediationRequest>(&()),
            Self::Processing => ApiResource::erase::<api::RemediationProcessing>(&()),
            Self::Analysis => ApiResource::erase::<api::AIAnalysis>(&()),
            Self::Approval => ApiResource::erase::<api::AIApprovalRequest>(&()),
            Self::Execution => ApiResource::erase::<api::WorkflowExecution>(&()),
            Self::Step => ApiResource::erase::<api::KubernetesExecution>(&()),
            Self::StepApproval => ApiResource::erase::<api::WorkflowStepApprovalRequest>(&()),
            Self::Notification => ApiResource::erase::<api::NotificationRequest>(&()),
            Self::Target => ApiResource::erase::<api::RemediationTarget>(&()),
            Self::Clearance => ApiResource::erase::<api::BlockClearance>(&()),
        }
    }

    /// `aiapprovalrequest.kubernaut.ai/NAME`.
    pub fn full_name(self, name: &str) -> String {
        let resource = self.resource();
        format!("{}.{}/{name}", resource.kind.to_lowercase(), resource.group)
    }

    /// Path of the kind's collection, in a namespace or in all.
    pub fn path(self, namespace: Option<&str>) -> String {
        let resource = self.resource();
        let scope = namespace.map(|namespace| format!("/namespaces/{namespace}")).unwrap_or_default();
        format!("/apis/{}/{}{scope}/{}", resource.group, resource.version, resource.plural)
    }

    /// The kind that a person means: singular, plural, short or friendly, with or without the group.
    pub fn named(text: &str) -> Option<Self> {
        let wanted = text.to_lowercase();
        let wanted = wanted.split('.').next().unwrap_or_default();
        Self::ALL.into_iter().find(|kind| {
            let resource = kind.resource();
            [kind.short(), kind.friendly(), kind.singular(), &resource.plural, &resource.kind.to_lowercase()].contains(&wanted)
        })
    }
}

/// `TYPE/NAME`, or a bare name.
///
/// # Errors
/// When the type is none of ours, or the name is missing.
pub fn type_and_name(text: &str) -> Result<(Option<Kind>, String), String> {
    match text.split_once('/') {
        None if text.is_empty() => Err("an empty name".to_owned()),
        None => Ok((None, text.to_owned())),
        Some((_, name)) if name.is_empty() || name.contains('/') => Err(format!("{text:?} is not TYPE/NAME")),
        Some((kind, name)) => match Kind::named(kind) {
            Some(kind) => Ok((Some(kind), name.to_owned())),
            None => Err(format!("{kind:?} is not a type of kubernaut; one of {}", known_types())),
        },
    }
}

/// All types, as a person may write them.
pub fn known_types() -> String {
    Kind::ALL.map(|kind| format!("{} ({})", kind.friendly(), kind.short())).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_goes_by_many_names() {
        for name in ["aar", "approval", "approvals", "aiapprovalrequest", "AIApprovalRequests", "aiapprovalrequests.kubernaut.ai"] {
            assert_eq!(Kind::named(name), Some(Kind::Approval), "{name}");
        }
        assert_eq!(Kind::named("analysis"), Some(Kind::Analysis));
        assert_eq!(Kind::named("pods"), None);
    }

    #[test]
    fn names_of_kinds_are_unambiguous() {
        for kind in Kind::ALL {
            let resource = kind.resource();
            for name in [kind.short(), kind.friendly(), kind.singular(), &resource.plural] {
                assert_eq!(Kind::named(name), Some(kind), "{name}");
            }
        }
    }

    #[test]
    fn a_name_may_carry_its_type() {
        assert_eq!(type_and_name("x"), Ok((None, "x".to_owned())));
        assert_eq!(type_and_name("rr/x"), Ok((Some(Kind::Remediation), "x".to_owned())));
        assert!(type_and_name("pod/x").is_err() && type_and_name("rr/").is_err() && type_and_name("a/b/c").is_err());
    }

    #[test]
    fn paths_are_the_api_servers() {
        assert_eq!(Kind::Approval.path(Some("a")), "/apis/kubernaut.ai/v1alpha1/namespaces/a/aiapprovalrequests");
        assert_eq!(Kind::Target.path(None), "/apis/kubernaut.ai/v1alpha1/remediationtargets");
        assert_eq!(Kind::Approval.full_name("x"), "aiapprovalrequest.kubernaut.ai/x");
    }
}
