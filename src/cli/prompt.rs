//! Asks a person, on the terminal, without blocking the runtime or leaving the cursor hidden.

use console::Term;

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

struct ShownCursor;

impl Drop for ShownCursor {
    fn drop(&mut self) {
        // A terminal that is gone needs no cursor.
        drop(Term::stderr().show_cursor());
    }
}

/// Columns of the terminal on which questions are asked.
pub fn columns() -> usize {
    let columns = Term::stderr().size_checked().map(|(_, columns)| columns).filter(|columns| *columns > 0);
    usize::from(columns.unwrap_or(USUAL))
}

/// Asks for one line. Ask only when standard input and standard error are terminals.
///
/// # Errors
/// When the terminal cannot be used.
pub async fn line(question: &str) -> anyhow::Result<Answer> {
    let question = question.to_owned();
    let _cursor = ShownCursor;
    let asked = tokio::task::spawn_blocking(move || {
        let _cursor = ShownCursor;
        dialoguer::Input::<String>::new().with_prompt(question).allow_empty(true).interact_text()
    });
    let answer = tokio::select! {
        answered = asked => read(answered?)?,
        _ = tokio::signal::ctrl_c() => Answer::Interrupted,
    };
    if answer == Answer::Interrupted {
        // The shell's next prompt belongs on a line of its own.
        drop(Term::stderr().write_line(""));
    }
    Ok(answer)
}

fn read(answered: dialoguer::Result<String>) -> anyhow::Result<Answer> {
    match answered {
        Ok(line) => Ok(Answer::Line(line.trim().to_owned())),
        Err(dialoguer::Error::IO(error)) => match error.kind() {
            std::io::ErrorKind::Interrupted | std::io::ErrorKind::UnexpectedEof => Ok(Answer::Interrupted),
            _ => Err(error.into()),
        },
    }
}
