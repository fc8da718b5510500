//! Where output goes: data to standard output, everything else to standard error, or both into a text for tests.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Writes data and remarks.
#[derive(Clone, Debug, Default)]
pub enum Voice {
    /// To the process' streams.
    #[default]
    Streams,
    /// Into memory: data, remarks.
    Kept(Arc<Mutex<(String, String)>>),
}

impl Voice {
    /// Writes data.
    ///
    /// # Errors
    /// When the reader has gone.
    pub fn print(&self, data: &str) -> std::io::Result<()> {
        match self {
            Self::Streams => {
                let mut out = std::io::stdout().lock();
                out.write_all(data.as_bytes())?;
                out.flush()
            }
            Self::Kept(kept) => {
                kept.lock().unwrap_or_else(PoisonError::into_inner).0.push_str(data);
                Ok(())
            }
        }
    }

    /// Writes a line of data.
    ///
    /// # Errors
    /// When the reader has gone.
    pub fn print_line(&self, line: &str) -> std::io::Result<()> {
        self.print(&format!("{line}\n"))
    }

    /// Writes a remark; nobody reading it is no error.
    pub fn tell(&self, remark: &str) {
        match self {
            Self::Streams => drop(writeln!(std::io::stderr().lock(), "{remark}")),
            Self::Kept(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).1.push_str(&format!("{remark}\n")),
        }
    }

    /// What was kept so far: data and remarks.
    pub fn heard(&self) -> (String, String) {
        match self {
            Self::Streams => Default::default(),
            Self::Kept(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
