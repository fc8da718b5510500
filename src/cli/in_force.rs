//! Which settings an answer goes by: a file's, those that the running controllers publish with their lease, or the usual ones; then that is said.

use super::check::lease::{self, Held, Reading};
use super::connect::Connected;
use super::output::text::one_line;
use super::session::Session;
use crate::controllers::leadership::SETTINGS;
use crate::settings::{Published, Settings};
use jiff::Timestamp;

/// The settings that an answer goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct InForce {
    /// The settings.
    pub settings: Settings,
    /// Whether the controllers' playbooks are other than the built-in ones; `None` when nobody knows, or a file says which are used.
    pub own_playbooks: Option<bool>,
    /// Why they are the usual ones, though nobody knows what the controllers go by.
    pub guessed: Option<String>,
}

impl InForce {
    /// What a file said; without one what the running controllers publish, else the usual settings. One read at most, and no error: who may
    /// not read the lease is answered by the usual settings.
    pub async fn find(of_file: Option<&Settings>, connected: &Connected, now: Timestamp) -> Self {
        match of_file {
            Some(settings) => Self { settings: settings.clone(), own_playbooks: None, guessed: None },
            None => Self::published(lease::read(connected, now).await.ok().as_ref()),
        }
    }

    /// What the running controllers publish, else the usual settings; without a reading, the lease could not be read.
    pub fn published(read: Option<&Reading>) -> Self {
        match read.ok_or_else(|| "the controllers' lease cannot be read".to_owned()).and_then(published) {
            Ok(Published { gate, approval, own_playbooks, .. }) => {
                Self { settings: Settings { gate, approval, ..Settings::default() }, own_playbooks: Some(own_playbooks), guessed: None }
            }
            Err(why) => Self { settings: Settings::default(), own_playbooks: None, guessed: Some(why) },
        }
    }

    /// Says that nobody knows what the controllers go by, where that is so.
    pub fn say(&self, what: &str, session: &Session) {
        self.say_and(what, "name their file with --config", session);
    }

    /// The same, where something else is to be done if the controllers' differ.
    pub fn say_and(&self, what: &str, to_do: &str, session: &Session) {
        if let Some(why) = &self.guessed {
            session.voice.tell(&one_line(&format!("note: with default {what}, as {why}; if the controllers' differ, {to_do}")));
        }
    }
}

/// So much is told of why something cannot be used; whoever may write the lease decides how long that is.
const LONGEST: usize = 200;

/// What the holder of a lease publishes, as long as it renews it. What an earlier holder left there is none of its own.
fn published(read: &Reading) -> Result<Published, String> {
    let Held::By { holder, .. } = read.held() else { return Err("no controllers work here".to_owned()) };
    let annotations = read.lease.as_ref().and_then(|lease| lease.metadata.annotations.as_ref());
    let text = annotations.and_then(|annotations| annotations.get(SETTINGS));
    let unknown = || "the controllers are of a version that does not tell theirs".to_owned();
    let told = Published::from_json(text.ok_or_else(unknown)?).map_err(|error| {
        let why: String = error.to_string().chars().take(LONGEST).collect();
        format!("what the controllers tell of theirs cannot be used: {why}")
    })?;
    Some(told).filter(|told| told.holder == holder).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_live_controllers_count() {
        let now: Timestamp = "2025-12-06T10:30:00Z".parse().unwrap();
        let lease = |holder: &str, renewed: &str, annotations: serde_json::Value| {
            let value = json!({"metadata": {"annotations": annotations},
                "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": renewed}});
            serde_json::from_value::<k8s_openapi::api::coordination::v1::Lease>(value).unwrap()
        };
        let (fresh, old) = ("2025-12-06T10:29:57.000000Z", "2025-12-06T10:20:00.000000Z");
        let told = || json!({SETTINGS: r#"{"holder":"me","gate":{"cooldown":"1m"}}"#});
        #[rustfmt::skip]
        let table = [
            ("live",                  Some(lease("me", fresh, told())),                    Ok("1m")),
            ("live, with the usual",  Some(lease("me", fresh, json!({SETTINGS: r#"{"holder":"me"}"#}))),   Ok("5m")),
            ("gone without a word",   Some(lease("me", old, told())),                      Err("no controllers work here")),
            ("given back",            Some(lease("", fresh, told())),                      Err("no controllers work here")),
            ("never there",           None,                                                Err("no controllers work here")),
            ("an older version",      Some(lease("me", fresh, json!({}))),                 Err("the controllers are of a version that does not tell theirs")),
            ("an older version after a newer one", Some(lease("you", fresh, told())),      Err("the controllers are of a version that does not tell theirs")),
            ("nobody's",              Some(lease("me", fresh, json!({SETTINGS: "{}"}))),   Err("the controllers are of a version that does not tell theirs")),
            ("something long",        Some(lease("me", fresh, json!({SETTINGS: format!(r#"{{"gate":{{"{}":1}}}}"#, "x".repeat(100_000))}))), Err("what the controllers tell of theirs cannot be used")),
            ("something else",        Some(lease("me", fresh, json!({SETTINGS: "soon"}))), Err("what the controllers tell of theirs cannot be used")),
        ];
        for (case, lease, expected) in table {
            match (published(&Reading { lease, at: now }), expected) {
                (Ok(found), Ok(cooldown)) => assert_eq!(found.gate.cooldown.to_string(), cooldown, "{case}"),
                (Err(why), Err(part)) => assert!(why.starts_with(part) && why.len() < 400, "{case}: {why}"),
                (found, _) => panic!("{case}: {found:?}"),
            }
        }
    }
}
