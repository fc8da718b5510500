//! `--dry-run`: trying instead of doing, as every verb that writes can.

/// Who checks without changing anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[allow(missing_docs)]
pub enum DryRun {
    // What these mean differs from verb to verb, so each says it in its own help.
    #[default]
    None,
    Client,
    Server,
}

impl DryRun {
    /// What is added to a line about something that was not done.
    pub fn remark(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }
}
