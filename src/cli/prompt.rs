//! Asks a person, on the terminal, without blocking the runtime.
//!
//! dialoguer forms the question, and the terminal itself reads the line: so Ctrl-D, Ctrl-Z, Ctrl-C and the erasing keys are what they are
//! in a shell. dialoguer's own reading is not used: where it edits lines, Ctrl-D does nothing and Ctrl-Z is swallowed; where it does not,
//! the end of input counts as an empty line, for which it asks again for ever.

use console::Term;
use dialoguer::theme::{SimpleTheme, Theme};
use rustix::termios::{QueueSelector, tcflush};
use std::io::BufRead;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

/// Columns of a terminal that does not say how many it has.
const USUAL: u16 = 80;

/// What a person answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A line, trimmed.
    Line(String),
    /// Ctrl-C, or the end of input.
    Interrupted,
}

/// Columns of the terminal on which questions are asked.
pub fn columns() -> usize {
    let columns = Term::stderr().size_checked().map(|(_, columns)| columns).filter(|columns| *columns > 0);
    usize::from(columns.unwrap_or(USUAL))
}

/// Asks for one line. What was typed before the question was there is no answer to it. Ask only when standard input and standard error are
/// terminals.
///
/// # Errors
/// When the terminal cannot be used.
pub async fn line(question: &str) -> anyhow::Result<Answer> {
    let (term, question) = (Term::stderr(), formed(question)?);
    let mut resumed = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
    forget();
    term.write_str(&question)?;
    let mut typing = typed();
    loop {
        tokio::select! {
            typed = &mut typing => match read(&typed??) {
                Read::Line(line) => return Ok(Answer::Line(line)),
                Read::End => break,
                Read::Garbled => {
                    term.write_line("That holds control characters, as the arrow keys make them, and is not taken; type it again.")?;
                    forget();
                    term.write_str(&question)?;
                    typing = self::typed();
                }
            },
            // After Ctrl-Z the terminal has forgotten what was typed, and the shell wrote over the question.
            _ = resumed.recv() => term.write_str(&question)?,
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    // The shell's next prompt belongs on a line of its own.
    drop(term.write_line(""));
    Ok(Answer::Interrupted)
}

fn formed(question: &str) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    SimpleTheme.format_input_prompt(&mut text, question, None)?;
    Ok(text)
}

/// Forgets what was typed so far. A terminal that cannot forget still can be read.
fn forget() {
    tcflush(std::io::stdin(), QueueSelector::IFlush).unwrap_or_default();
}

/// Reads a line where it may block.
fn typed() -> JoinHandle<std::io::Result<Vec<u8>>> {
    tokio::task::spawn_blocking(|| {
        let mut line = Vec::new();
        std::io::stdin().lock().read_until(b'\n', &mut line).map(|_| line)
    })
}

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Read {
    Line(String),
    End,
    Garbled,
}

/// A line is one only when it was ended: `y` and Ctrl-D twice is the end of input.
fn read(typed: &[u8]) -> Read {
    let Some(line) = typed.strip_suffix(b"\n") else { return Read::End };
    match std::str::from_utf8(line).map(str::trim) {
        Ok(line) if !line.contains(char::is_control) => Read::Line(line.to_owned()),
        _ => Read::Garbled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_and_harmless_line_is_an_answer() {
        let line = |text: &str| Read::Line(text.to_owned());
        #[rustfmt::skip]
        let table: [(&str, &[u8], Read); 7] = [
            ("a line",                  b" y \n",          line("y")),
            ("an empty line",           b"\n",             line("")),
            ("letters of all kinds",    "größer 負荷\n".as_bytes(), line("größer 負荷")),
            ("nothing more",            b"",               Read::End),
            ("a line that is cut off",  b"y",              Read::End),
            ("an arrow key",            b"y\x1b[D\n",      Read::Garbled),
            ("no text",                 b"\xff\n",         Read::Garbled),
        ];
        for (case, typed, expected) in table {
            assert_eq!(read(typed), expected, "{case}");
        }
    }

    #[test]
    fn a_question_ends_as_dialoguers_do() {
        assert_eq!(formed("Reason"), Ok("Reason: ".to_owned()));
    }
}
