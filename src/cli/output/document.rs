//! The kinds of what is printed for programs.

use serde::Serialize;

/// What is printed for programs, by its `kind`. The fields of each are in `tests/schemas/`, where every kind has a JSON Schema.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    /// Why a person is asked.
    ApprovalExplanation,
    /// Whether an audit log is as it was written.
    AuditReport,
    /// One block, as `get blocks -w` prints it.
    Block,
    /// What does not clear by waiting.
    BlockList,
    /// What `check` found.
    CheckReport,
    /// Why a command failed.
    Error,
    /// Whether a run may start.
    Explanation,
    /// What needs a person.
    Overview,
    /// Who would be notified.
    RouteTest,
    /// The routing tree.
    RouteTree,
    /// What would become of alerts.
    Simulation,
    /// A remediation and everything that belongs to it.
    StatusTree,
    /// One target, as `get targets -w` prints it.
    Target,
    /// Where targets stand.
    TargetList,
    /// What happened.
    Timeline,
    /// One thing that happened, as `history -w` prints it.
    TimelineItem,
    /// The versions of client and cluster.
    VersionInfo,
}

impl Document {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::ApprovalExplanation,
        Self::AuditReport,
        Self::Block,
        Self::BlockList,
        Self::CheckReport,
        Self::Error,
        Self::Explanation,
        Self::Overview,
        Self::RouteTest,
        Self::RouteTree,
        Self::Simulation,
        Self::StatusTree,
        Self::Target,
        Self::TargetList,
        Self::Timeline,
        Self::TimelineItem,
        Self::VersionInfo,
    ];

    /// An object of this kind with the fields of `value`; an object with nothing else when `value` is none.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn of(self, value: &impl Serialize) -> serde_json::Result<serde_json::Value> {
        let mut object = serde_json::json!({"apiVersion": crate::cli::OUTPUT_VERSION, "kind": self});
        if let (Some(fields), serde_json::Value::Object(more)) = (object.as_object_mut(), serde_json::to_value(value)?) {
            fields.extend(more);
        }
        Ok(object)
    }
}
