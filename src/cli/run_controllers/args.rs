//! The flags of `run-controllers`.

use crate::cli::output::age::length;
use crate::controllers::engine::CONTROLLERS;
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Run the controllers here, as the account that install makes
#[derive(clap::Args, Clone)]
pub struct RunControllersArgs {
    /// Settings, in YAML
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Who is notified of what: routes and receivers in Alertmanager's YAML; without it a ConfigMap, see route show
    #[arg(long, value_name = "FILE")]
    pub routing: Option<PathBuf>,
    /// Take alerts at this address, for example 127.0.0.1:9099
    #[arg(long, value_name = "ADDRESS")]
    pub gateway_listen: Option<SocketAddr>,
    /// Take alerts without a token; only on a loopback address
    #[arg(long)]
    pub gateway_allow_unauthenticated: bool,
    /// Work as yourself instead of as the controllers' account
    #[arg(long)]
    pub as_self: bool,
    /// Hold a lease, so that only one copy works
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set, default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub leader_elect: bool,
    /// Take the lease from whoever holds it; asks first
    #[arg(long, conflicts_with = "shadow")]
    pub force_lease: bool,
    /// Only look: every write is sent as a dry run and told, no notice leaves, no lease is held
    #[arg(long, conflicts_with = "audit_log")]
    pub shadow: bool,
    /// Which controllers run, as kube-controller-manager takes it: '*' for all, NAME, -NAME
    #[arg(long, value_name = "LIST", default_value = "*", value_parser = chosen, allow_hyphen_values = true)]
    pub controllers: Chosen,
    /// Objects that each controller works on at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub concurrency: u16,
    /// Form of the log: text, json
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub log_format: LogFormat,
    /// Reconcile until nothing is left to do now, then end
    #[arg(long)]
    pub once: bool,
    /// End after this long
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub r#for: Option<SignedDuration>,
    /// How long to wait until everything has been read once
    #[arg(long, value_name = "LENGTH", default_value = "30s", value_parser = length)]
    pub sync_timeout: SignedDuration,
    /// How long what is at work may take to end
    #[arg(long, value_name = "LENGTH", default_value = "30s", value_parser = length)]
    pub drain_timeout: SignedDuration,
    /// Keep an audit log in this file; its signed head is FILE.head
    #[arg(long, value_name = "FILE", requires = "audit_key_file")]
    pub audit_log: Option<PathBuf>,
    /// The key that seals the audit log, at least 32 bytes
    #[arg(long, value_name = "FILE", requires = "audit_log")]
    pub audit_key_file: Option<PathBuf>,
    /// Write an empty file once everything is ready
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
    /// End when the program that started this one does
    #[arg(long, hide = true)]
    pub end_with_parent: bool,
    /// Do not ask whether a cluster that others may use is meant
    #[arg(long, short)]
    pub yes: bool,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The controllers that run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen(pub Vec<&'static str>);

/// Reads `'*,-notification'`: what is not named runs if `*` is.
fn chosen(text: &str) -> Result<Chosen, String> {
    let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let name = |word: &&str| word.strip_prefix('-').unwrap_or(word).to_owned();
    if let Some(unknown) = words.iter().map(name).find(|name| name != "*" && !CONTROLLERS.contains(&name.as_str())) {
        return Err(format!("there is no controller {unknown:?}; there are {}", CONTROLLERS.join(", ")));
    }
    let all = words.contains(&"*");
    let runs = |name: &&str| match words.iter().rev().find(|word| word.trim_start_matches('-') == *name) {
        Some(word) => !word.starts_with('-'),
        None => all,
    };
    match CONTROLLERS.into_iter().filter(runs).collect::<Vec<_>>() {
        none if none.is_empty() => Err("no controller is left to run".to_owned()),
        chosen => Ok(Chosen(chosen)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_are_chosen_as_kube_controller_manager_does() {
        let all_but = |left_out: &[&str]| CONTROLLERS.into_iter().filter(|name| !left_out.contains(name)).collect::<Vec<_>>();
        #[rustfmt::skip]
        let table = [
            ("*",                        Ok(all_but(&[]))),
            ("*,-notification",          Ok(all_but(&["notification"]))),
            ("-notification,*",          Ok(all_but(&["notification"]))),
            ("step, workflow",           Ok(vec!["workflow", "step"])),
            ("*,-step,-workflow",        Ok(all_but(&["step", "workflow"]))),
            ("-step",                    Err("no controller is left")),
            ("",                         Err("no controller is left")),
            ("*,-notifications",         Err("there is no controller \"notifications\"")),
        ];
        for (text, expected) in table {
            match (chosen(text), expected) {
                (Ok(Chosen(chosen)), Ok(expected)) => assert_eq!(chosen, expected, "{text}"),
                (Err(said), Err(expected)) => assert!(said.contains(expected), "{text}: {said}"),
                (said, expected) => panic!("{text}: {said:?}, not {expected:?}"),
            }
        }
    }
}
