//! The alerts to simulate: from files, or from flags.

use crate::cli::failure::Failure;
use crate::cli::ledgers::files::Found;
use crate::cli::output::text::one_line;
use crate::cli::target::{lenient, strict};
use crate::rules::alert::{Alert, KINDS, Webhook};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// An alert that is described on the command line.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct AlertArgs {
    /// Simulate an alert of this name, instead of one from a file
    #[arg(long, value_name = "NAME", requires = "target")]
    alert: Option<String>,
    /// The object that it is about, as namespace/kind/name or kind/name
    #[arg(long, value_name = "OBJECT", requires = "alert")]
    target: Option<String>,
    /// How bad it is
    #[arg(long, value_name = "SEVERITY", requires = "alert", value_parser = ["critical", "warning", "info"])]
    severity: Option<String>,
    /// A label of it, repeatable
    #[arg(long = "label", value_name = "NAME=VALUE", requires = "alert")]
    labels: Vec<String>,
}

impl AlertArgs {
    /// The alert that the flags describe, firing since `now`; `namespace` completes `kind/name`.
    ///
    /// # Errors
    /// When its target or a label makes no sense.
    pub fn message(&self, now: Timestamp, namespace: Option<&str>) -> Result<Option<Webhook>, Failure> {
        let (Some(name), Some(target)) = (&self.alert, &self.target) else { return Ok(None) };
        let target = lenient(target, namespace)?;
        if !KINDS.contains(&target.kind.as_str()) {
            return Err(Failure::usage(format!("alerts are about a {}, not about a {}", KINDS.join(", "), target.kind)));
        }
        // Refused here, where it can be said how to say it: the rule that reads alerts knows only labels.
        let target = strict(&target.to_string(), namespace)?;
        let mut labels: BTreeMap<String, String> = self.labels.iter().map(|text| label(text)).collect::<Result<_, _>>()?;
        labels.insert("alertname".to_owned(), name.clone());
        labels.extend(target.namespace.map(|namespace| ("namespace".to_owned(), namespace)));
        labels.insert(target.kind, target.name);
        labels.extend(self.severity.iter().map(|severity| ("severity".to_owned(), severity.clone())));
        let alert = Alert { status: "firing".to_owned(), labels, starts_at: now.to_string(), ..Alert::default() };
        Ok(Some(Webhook { alerts: vec![alert] }))
    }
}

fn label(text: &str) -> Result<(String, String), Failure> {
    let wrong = || Failure::usage(format!("--label {text:?} is not NAME=VALUE")).hint("write for example --label container=api");
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Parts what files hold into messages of Alertmanager, and objects.
///
/// # Errors
/// When something looks like a message and is not one.
pub fn parted(found: Vec<Found>) -> Result<(Vec<Webhook>, Vec<Found>), Failure> {
    let (messages, objects): (Vec<Found>, Vec<Found>) = found.into_iter().partition(is_message);
    let read = |found: Found| {
        Webhook::deserialize(&found.value).map_err(|error| {
            let why = one_line(&error.to_string());
            Failure::usage(format!("{} is not an Alertmanager webhook of version 4: {why}", found.place))
        })
    };
    Ok((messages.into_iter().map(read).collect::<Result<_, _>>()?, objects))
}

fn is_message(found: &Found) -> bool {
    found.value.get("alerts").is_some_and(serde_json::Value::is_array) && found.value.get("kind").is_none()
}
