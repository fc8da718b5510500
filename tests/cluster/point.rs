//! Names the writes of a remediation, so that two runs can be compared.

use crate::call::Call;
use http::Method;
use serde_json::Value;

/// A write of a remediation, by what it says: of two runs of one scenario, each has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    pub name: String,
    /// Of several that say the same.
    pub nth: u32,
}

/// The points of a run's writes, in their order.
pub fn points(writes: &[Call]) -> Vec<Point> {
    let mut points = Vec::<Point>::new();
    for write in writes.iter().filter(|write| write.is_committed()) {
        let name = describe(write);
        let before = points.iter().filter(|point| point.name == name).count();
        points.push(Point { name, nth: u32::try_from(before).unwrap() + 1 });
    }
    points
}

impl Point {
    /// Whether a write is this one, or another that says the same.
    pub fn says(&self, write: &Call) -> bool {
        write.is_write() && describe(write) == self.name
    }

    /// Whether it announces a write to the target: what comes of that write nobody knows until it is recorded.
    pub fn announces(&self) -> bool {
        self.name.contains("kubernetesexecutions/status") && self.name.contains("intent")
    }
}

/// Verb, object and what is said about it: `PUT kubernetesexecutions/status -workflow-step-1 Executing {intent startTime undo:1}`.
fn describe(call: &Call) -> String {
    let of_request = call.name.splitn(4, '-').nth(3).map(|rest| format!("-{rest}"));
    let name = if call.name.starts_with("rr-") { of_request.unwrap_or_default() } else { call.name.clone() };
    let place =
        [call.resource.as_str(), call.subresource.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let fields = |of: &Value| of.as_object().map(|of| of.iter().filter_map(|(key, value)| shape(key, value)).collect::<Vec<_>>().join(" "));
    let said = match (&call.verb, call.body.get("status")) {
        (&Method::POST, _) => None,
        (_, Some(status)) => fields(status),
        (_, None) => fields(&call.body),
    };
    let said = said.map(|said| format!(" {{{said}}}")).unwrap_or_default();
    [call.verb.as_str(), &place, &name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ") + &said
}

/// A field without its value, but for the phase and the lengths of lists.
fn shape(key: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(phase) if key == "phase" => Some(phase.clone()),
        Value::Array(items) => Some(format!("{key}:{}", items.len())),
        Value::Object(fields) if key == "phaseTimes" => Some(format!("{key}:{}", fields.len())),
        Value::Bool(false) | Value::Number(_) => None,
        _ => Some(key.to_owned()),
    }
}
