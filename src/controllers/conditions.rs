//! Observations on objects: set and taken away without losing since when they hold.

use crate::api::Condition;
use jiff::Timestamp;

/// A run waits for a person's decision on a step.
pub const WAITING_FOR_APPROVAL: &str = "WaitingForApproval";
/// An interrupted write cannot be settled: the fence that would make it impossible is refused, and a person must help.
pub const FENCE_REFUSED: &str = "FenceRefused";

/// The observations with this one holding, or taken away when there is no message. What has not changed keeps its time.
pub fn with(mut conditions: Vec<Condition>, kind: &str, reason: &str, message: Option<String>, now: Timestamp) -> Vec<Condition> {
    let message = message.map(|message| message.chars().take(2048).collect::<String>());
    let since = conditions.iter().find(|condition| condition.r#type == kind).map(|condition| condition.last_transition_time);
    let Some(message) = message else {
        conditions.retain(|condition| condition.r#type != kind);
        return conditions;
    };
    let holds = Condition {
        r#type: kind.to_owned(),
        status: "True".to_owned(),
        reason: if reason.is_empty() { "Unknown".to_owned() } else { reason.chars().take(128).collect() },
        message,
        last_transition_time: since.unwrap_or(now),
    };
    match conditions.iter_mut().find(|condition| condition.r#type == kind) {
        Some(there) => *there = holds,
        None => conditions.push(holds),
    }
    conditions
}

/// What is observed, if it is.
pub fn message<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a str> {
    conditions.iter().find(|condition| condition.r#type == kind && condition.status == "True").map(|condition| condition.message.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_is_kept_replaced_and_taken_away() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = with(Vec::new(), "A", "R", Some("one".into()), at(1));
        let again = with(first.clone(), "A", "R", Some("one".into()), at(2));
        assert_eq!(again, first, "nothing new, so nothing changes");
        let other = with(first, "A", "R", Some("two".into()), at(3));
        assert_eq!((message(&other, "A"), other.len(), other[0].last_transition_time), (Some("two"), 1, at(1)));
        let both = with(other, "B", "R", Some("three".into()), at(4));
        assert_eq!(with(both, "A", "R", None, at(5)).iter().map(|one| one.r#type.as_str()).collect::<Vec<_>>(), ["B"]);
    }
}
