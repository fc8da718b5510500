//! The notice that only tries out how notices are routed. It says so in every part that a receiver may show.

use crate::api::notification_request::{EventAction, RetryPolicy};
use crate::api::{NotificationPriority, NotificationRequestSpec, NotificationType, labels};
use crate::rules::text::{bounded, printable};
use std::collections::BTreeMap;

/// What stands before the subject of a trial.
pub const MARK: &str = "[test]";

/// A notice that `who` sends to try out where notices with these labels go. It opens an incident of its own, named `id`, and every
/// receiver is tried once, so that its answer is known at once.
pub fn trial(who: &str, id: &str, routed_by: &BTreeMap<String, String>, channels: &[String]) -> NotificationRequestSpec {
    let all: Vec<String> = routed_by.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let by = if all.is_empty() { "no labels".to_owned() } else { all.join(", ") };
    let body = format!(
        "This is a test. Nothing is wrong, and nothing is to be done.\nSent by {who} with kubectl kubernaut route test --send, to see who receives notices with {by}."
    );
    let said = |label: &str| routed_by.get(label).map(String::as_str);
    NotificationRequestSpec {
        r#type: match said(labels::NOTIFICATION_TYPE) {
            Some("manual-review") => NotificationType::ManualReview,
            Some("approval") => NotificationType::Approval,
            Some("escalation") => NotificationType::Escalation,
            _ => NotificationType::StatusUpdate,
        },
        priority: match said(labels::SEVERITY) {
            Some("critical") => NotificationPriority::Critical,
            Some("high") => NotificationPriority::High,
            Some("medium") => NotificationPriority::Medium,
            Some("low") => NotificationPriority::Low,
            _ => NotificationPriority::Info,
        },
        subject: bounded(&printable(&format!("{MARK} {who} tries out the notifications")), 512),
        body: bounded(&printable(&body), 16384),
        channels: channels.to_vec(),
        recipients: vec![],
        metadata: [("test".to_owned(), "true".to_owned())].into(),
        action_links: vec![],
        dedup_key: id.to_owned(),
        event_action: EventAction::Trigger,
        retry_policy: Some(RetryPolicy { max_attempts: Some(1), deadline: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_says_that_it_is_one_and_is_as_urgent_as_what_it_tries_out() {
        use NotificationPriority as P;
        use NotificationType as T;
        #[rustfmt::skip]
        let table: [(&str, &[(&str, &str)], T, P); 4] = [
            ("no labels",        &[],                                                                             T::StatusUpdate, P::Info),
            ("a severity",       &[(labels::SEVERITY, "critical")],                                               T::StatusUpdate, P::Critical),
            ("a type, too",      &[(labels::SEVERITY, "high"), (labels::NOTIFICATION_TYPE, "manual-review")],     T::ManualReview, P::High),
            ("other labels",     &[("team", "a")],                                                                T::StatusUpdate, P::Info),
        ];
        for (case, given, kind, priority) in table {
            let given: BTreeMap<String, String> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let spec = trial("alice", "test-1", &given, &[]);
            assert_eq!((spec.r#type, spec.priority), (kind, priority), "{case}");
            assert!(spec.subject.starts_with("[test] alice ") && spec.body.starts_with("This is a test."), "{case}");
            assert!(given.values().all(|value| spec.body.contains(value.as_str())), "{case}");
            assert_eq!((spec.dedup_key.as_str(), spec.event_action), ("test-1", EventAction::Trigger), "{case}");
        }
    }

    #[test]
    fn no_name_makes_a_trial_too_long_or_forges_a_line() {
        let spec = trial(&"a\u{1b}[2J\n".repeat(500), "test-1", &BTreeMap::new(), &["console".to_owned()]);
        assert!(spec.subject.chars().count() <= 512 && spec.body.chars().count() <= 16384 && !spec.body.contains('\u{1b}'));
        assert_eq!(spec.channels, ["console"]);
    }
}
