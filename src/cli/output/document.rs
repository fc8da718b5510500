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

#[cfg(test)]
mod tests {
    use crate::api::{ConfidenceLevel, NotificationPriority, RunOutcome, SkipReason};
    use crate::cli::simulate::shape::{Decision, Outcome};
    use crate::cli::{check, failure, history::timeline, status::needs};
    use crate::rules::{chain, confidence, gate, prospect, review, standing};
    use schemars::JsonSchema;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn strings<'a>(values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
        values.into_iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Every word that is written for a type.
    fn written<T: JsonSchema>() -> BTreeSet<String> {
        let schema = schemars::schema_for!(T).to_value();
        let list = |schema: &Value, key: &str| schema[key].as_array().cloned().unwrap_or_default();
        let of_one = |one: &Value| [list(one, "enum"), one.get("const").into_iter().cloned().collect()].concat();
        strings(&[list(&schema, "enum"), list(&schema, "oneOf").iter().flat_map(of_one).collect()].concat())
    }

    #[test]
    fn the_schemas_list_every_word_that_can_be_written() {
        let gates = written::<SkipReason>();
        #[rustfmt::skip]
        let table = [
            ("explanation",          "/$defs/verdict",                                                written::<gate::Verdict>()),
            ("explanation",          "/$defs/gate",                                                   gates.clone()),
            ("explanation",          "/properties/prospect",                                          written::<prospect::Prospect>()),
            ("status-tree",          "/properties/reviewSettled",                                     written::<review::Settled>()),
            ("simulation",           "/$defs/verdict",                                                written::<gate::Verdict>()),
            ("simulation",           "/$defs/gate",                                                   gates),
            ("simulation",           "/$defs/result",                                                 written::<Outcome>()),
            ("simulation",           "/$defs/request/properties/decision",                            written::<Decision>()),
            ("simulation",           "/$defs/request/properties/notifications/items/properties/priority", written::<NotificationPriority>()),
            ("target-list",          "/$defs/target/properties/state",                                written::<standing::State>()),
            ("target-list",          "/$defs/target/properties/lastOutcome",                          written::<RunOutcome>()),
            ("target",               "/properties/state",                                             written::<standing::State>()),
            ("target",               "/properties/lastOutcome",                                       written::<RunOutcome>()),
            ("timeline",             "/$defs/item/properties/source",                                 written::<timeline::Source>()),
            ("timeline-item",        "/properties/source",                                            written::<timeline::Source>()),
            ("check-report",         "/properties/checks/items/properties/result",                    written::<check::Outcome>()),
            ("overview",             "/properties/needsYou/items/properties/what",                    written::<needs::What>()),
            ("approval-explanation", "/properties/reason",                                            written::<confidence::Asking>()),
            ("approval-explanation", "/properties/level",                                             written::<ConfidenceLevel>()),
            ("audit-report",         "/properties/problem/properties/flaw",                           written::<chain::Flaw>()),
            ("error",                "/properties/reason",                                            written::<failure::Reason>()),
        ];
        for (file, pointer, words) in table {
            let path = format!("{}/tests/schemas/{file}.json", env!("CARGO_MANIFEST_DIR"));
            let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).expect(file)).expect("json");
            let listed = strings(schema.pointer(pointer).and_then(|place| place["enum"].as_array()).expect(pointer));
            assert!(words.len() > 1, "{file} {pointer}");
            assert_eq!(listed, words, "{file} {pointer}");
        }
    }
}
