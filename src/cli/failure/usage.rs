//! Turns what clap says about a command line into a failure: its tips become hints.

use super::Failure;
use clap::error::{ContextKind, ContextValue};

impl From<&clap::Error> for Failure {
    fn from(refused: &clap::Error) -> Self {
        let text = refused.to_string();
        let mut blocks = text.split("\n\n");
        let said = blocks.next().unwrap_or_default().trim_start_matches("error: ");
        let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let tips = text.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
        let failure = tips.fold(Self::usage(said.join(" ")), |failure, tip| failure.hint(tip.replace('\'', "")));
        match refused.get(ContextKind::Usage) {
            Some(ContextValue::StyledStr(usage)) => failure.hint(format!("usage:  {}", on_one_line(&usage.to_string()))),
            _ => failure,
        }
        .hint("see  kubectl kubernaut --help")
    }
}

fn on_one_line(usage: &str) -> String {
    let usage = usage.trim_start_matches("Usage: ");
    usage.split_whitespace().collect::<Vec<_>>().join(" ")
}
