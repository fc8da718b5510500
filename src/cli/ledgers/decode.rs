//! Reads fields as a person may have written them: what is missing or of another type is as good as absent.

use crate::api::{RunOutcome, WorkflowPhase};
use crate::cli::output::Seen;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The text at a pointer, also where YAML took it for a number or a truth value; empty when there is none.
pub fn word(seen: &Seen, pointer: &str) -> String {
    seen.at(pointer).map(plain).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    }
}

/// The time at a pointer; one without a zone is in UTC, one beyond what can be counted is the last or first that can.
pub fn time(seen: &Seen, pointer: &str) -> Option<Timestamp> {
    let text = word(seen, pointer);
    text.parse().ok().or_else(|| in_utc(&text))
}

fn in_utc(text: &str) -> Option<Timestamp> {
    let civil = text.trim_end_matches(['Z', 'z']).parse::<DateTime>().ok().filter(|_| text.contains(':'))?;
    let beyond = if civil.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
    Some(civil.to_zoned(TimeZone::UTC).map_or(beyond, |zoned| zoned.timestamp()))
}

/// The count at a pointer, at most what a counter holds; what is no count is absent.
pub fn count(seen: &Seen, pointer: &str) -> Option<i32> {
    let count = word(seen, pointer).parse::<f64>().ok().filter(|count| *count >= 0.0 && count.fract() == 0.0)?;
    // A float beyond the range saturates.
    #[allow(clippy::cast_possible_truncation)]
    Some(count as i32)
}

/// The truth value at a pointer, also as text.
pub fn truth(seen: &Seen, pointer: &str) -> Option<bool> {
    match word(seen, pointer).to_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

/// A word as it is compared: lower case, without `-`, `_` and spaces.
fn folded(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

/// The phase that a word means. `None` when nobody can tell.
pub fn phase(text: &str) -> Option<WorkflowPhase> {
    use WorkflowPhase::*;
    Some(match folded(text).as_str() {
        "" | "pending" => Pending,
        "planning" => Planning,
        "validating" => Validating,
        "executing" | "running" | "inprogress" => Executing,
        "monitoring" => Monitoring,
        "rollingback" => RollingBack,
        "skipped" => Skipped,
        "completed" | "complete" | "succeeded" | "success" => Completed,
        "failed" | "failure" | "timedout" | "cancelled" | "canceled" => Failed,
        _ => return None,
    })
}

/// The outcome that a word means. `None` when nobody can tell.
pub fn outcome(text: &str) -> Option<RunOutcome> {
    use RunOutcome::*;
    let all = [
        Succeeded,
        PartialCompletion,
        Unverified,
        FailedBeforeStart,
        FailedDuring,
        NothingExecuted,
        TargetChanged,
        PlanMismatch,
        Cancelled,
    ];
    all.into_iter().find(|outcome| folded(&format!("{outcome:?}")) == folded(text))
}

/// A uid for an object that has none: the same one each time, for the same namespace and name.
pub fn made_up_uid(namespace: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{namespace}/{name}"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_read_as_they_were_meant() {
        let seen = Seen(json!({"number": 12, "text": " 3 ", "yes": true, "no": "no", "list": [1], "half": 2.5, "less": -1, "much": 1e300,
            "local": "2025-12-06T10:15:00", "space": "2025-12-06 10:15:00Z", "day": "2025-12-06", "wrong": "yesterday", "last": "9999-12-31T23:59:59Z"}));
        let words = ["/number", "/text", "/yes", "/list", "/none"].map(|pointer| word(&seen, pointer));
        assert_eq!(words, ["12", "3", "true", "", ""]);
        let counts = ["/number", "/text", "/half", "/less", "/much", "/yes"].map(|pointer| count(&seen, pointer));
        assert_eq!(counts, [Some(12), Some(3), None, None, Some(i32::MAX), None]);
        assert_eq!(["/yes", "/no", "/number"].map(|pointer| truth(&seen, pointer)), [Some(true), Some(false), None]);
        let times = ["/local", "/space", "/day", "/wrong"].map(|pointer| time(&seen, pointer).is_some());
        assert_eq!(times, [true, true, false, false]);
        assert_eq!(time(&seen, "/local"), time(&seen, "/space"));
        assert_eq!(time(&seen, "/last"), Some(Timestamp::MAX));
    }

    #[test]
    fn phases_and_outcomes_are_known_however_they_are_spelt() {
        for (text, expected) in [
            ("Running", Some(WorkflowPhase::Executing)),
            ("rolling-back", Some(WorkflowPhase::RollingBack)),
            ("planning", Some(WorkflowPhase::Planning)),
            ("", Some(WorkflowPhase::Pending)),
            ("Paused", None),
        ] {
            assert_eq!(phase(text), expected, "{text}");
        }
        assert_eq!(outcome("nothing-executed"), Some(RunOutcome::NothingExecuted));
        assert_eq!(outcome("Failed"), None);
    }
}
