//! Where objects come from, what time it is, and which settings hold: the flags that say so.

use crate::cli::failure::Failure;
use crate::cli::ledgers::{World, files};
use crate::cli::output::text::one_line;
use crate::cli::session::Session;
use crate::settings::Settings;
use jiff::{SignedDuration, Timestamp};
use std::path::{Path, PathBuf};

/// Where objects come from, what time it is, and which settings hold.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct SourceArgs {
    /// Read files instead of a cluster; nothing is contacted
    #[arg(long)]
    pub offline: bool,
    /// File of objects that stands in for the cluster, repeatable; - is standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The time to answer for, as RFC 3339 or from now on, for example +10m
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// The controllers' settings, in YAML, where they are not the usual ones
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl SourceArgs {
    /// Refuses files without `--offline`, and `--offline` without files.
    ///
    /// # Errors
    /// A usage error that names the missing flag.
    pub fn check(&self) -> Result<(), Failure> {
        match (self.offline, self.files.is_empty()) {
            (true, true) => Err(Failure::usage("--offline needs objects").hint("name a file with -f FILE; - is standard input")),
            (false, false) => Err(Failure::usage("-f goes with --offline").hint("with --offline the files stand in for the cluster")),
            _ => Ok(()),
        }
    }

    /// The time to answer for.
    ///
    /// # Errors
    /// When `--at` is neither a time nor a length.
    pub fn now(&self, session: &Session) -> Result<Timestamp, Failure> {
        let Some(text) = &self.at else { return Ok(session.now()) };
        moved(text, session.now()).ok_or_else(|| {
            Failure::usage(format!("--at {text:?} is not a time"))
                .hint("write for example 2025-12-06T10:30:00Z, or +10m for in ten minutes")
        })
    }

    /// The settings that hold.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn settings(&self) -> Result<Settings, Failure> {
        settings(self.config.as_deref())
    }

    /// The objects of the files; what cannot be used is told on standard error.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn world(&self, session: &Session) -> Result<World, Failure> {
        let mut remark = |text: String| session.voice.tell(&format!("warning: {}", one_line(&text)));
        let found = files::read(&self.files, &mut remark)?;
        Ok(World::of_files(found, session.connection.namespace.as_deref(), &mut remark))
    }
}

fn moved(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    let length = |text: &str| text.parse::<SignedDuration>().ok();
    match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(later), _) => now.checked_add(length(later)?).ok(),
        (_, Some(earlier)) => now.checked_sub(length(earlier)?).ok(),
        _ => text.parse().ok(),
    }
}

/// Settings from a file, or the usual ones.
///
/// # Errors
/// When the file cannot be read, holds unknown keys, or values out of range.
pub fn settings(path: Option<&Path>) -> Result<Settings, Failure> {
    let wrong = |why: String| Failure::usage(format!("the settings cannot be used: {why}"));
    let settings = match path {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("{}: {error}", path.display())))?;
            serde_saphyr::from_str::<Settings>(&text).map_err(|error| wrong(format!("{}: {error}", path.display())))?
        }
        None => Settings::default(),
    };
    settings.checked().map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_given_or_moved() {
        let now: Timestamp = "2025-12-06T10:30:00Z".parse().unwrap();
        #[rustfmt::skip]
        let table = [
            ("2025-12-06T11:00:00Z",      Some("2025-12-06T11:00:00Z")),
            ("2025-12-06T12:00:00+01:00", Some("2025-12-06T11:00:00Z")),
            ("+10m",                      Some("2025-12-06T10:40:00Z")),
            ("+1h30m",                    Some("2025-12-06T12:00:00Z")),
            ("-30m",                      Some("2025-12-06T10:00:00Z")),
            ("10m",                       None),
            ("tomorrow",                  None),
            ("+99999999999h",             None),
        ];
        for (text, expected) in table {
            assert_eq!(moved(text, now), expected.map(|time| time.parse().unwrap()), "{text}");
        }
    }
}
