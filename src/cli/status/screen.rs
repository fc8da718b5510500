//! Draws frames over each other on a terminal, below what was there before. Whatever ends it, the cursor is shown again.

use console::{Term, measure_text_width, truncate_str};
use rustix::process::{Signal, getpid, kill_process};
use std::io::Write;

/// The part of the terminal that is drawn over. The cursor is hidden as long as this value lives.
pub struct Screen {
    term: Term,
    drawn: Vec<String>,
    ellipsis: &'static str,
}

/// Rows and columns of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows a frame may have: all but the one that the cursor stands in.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
}

impl Screen {
    /// Hides the cursor.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn begin(ellipsis: &'static str) -> std::io::Result<Self> {
        let term = Term::stdout();
        term.hide_cursor()?;
        Ok(Self { term, drawn: Vec::new(), ellipsis })
    }

    /// How large it is now.
    pub fn size(&self) -> Size {
        let (rows, columns) = self.term.size();
        Size { rows: usize::from(rows).saturating_sub(1).max(1), columns: usize::from(columns).max(1) }
    }

    /// Draws `lines` in place of the frame before. What does not fit is cut off.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, lines: &[String]) -> std::io::Result<()> {
        let size = self.size();
        let lines: Vec<String> = cut(lines, size, self.ellipsis);
        let before = rows(&self.drawn, size.columns).min(size.rows);
        self.term.write_all(frame(before, &lines).as_bytes())?;
        self.term.flush()?;
        self.drawn = lines;
        Ok(())
    }

    /// Stops this process, as Ctrl-Z does when nobody listens for it, with the cursor shown. Once it goes on, the next frame is drawn below
    /// what the shell wrote meanwhile.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn stop(&mut self) -> std::io::Result<()> {
        self.term.show_cursor()?;
        kill_process(getpid(), Signal::STOP)?;
        self.drawn.clear();
        self.term.hide_cursor()
    }

    /// Takes the frame away, for something that stays.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn clear(&mut self) -> std::io::Result<()> {
        self.draw(&[])
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs no cursor.
        drop(self.term.show_cursor());
    }
}

fn cut(lines: &[String], size: Size, ellipsis: &str) -> Vec<String> {
    lines.iter().take(size.rows).map(|line| truncate_str(line, size.columns, ellipsis).into_owned()).collect()
}

/// How many rows lines take now that the terminal has so many columns: terminals wrap anew what was drawn before they shrank.
fn rows(lines: &[String], columns: usize) -> usize {
    lines.iter().map(|line| measure_text_width(line).div_ceil(columns).max(1)).sum()
}

/// Goes up over the rows before, then writes each line over what is there, and wipes the rest. Each line is wiped first: wiping after a line of full
/// width would take its last character.
fn frame(before: usize, lines: &[String]) -> String {
    let up = if before > 0 { format!("\r\x1b[{before}A") } else { "\r".to_owned() };
    let lines: String = lines.iter().map(|line| format!("\x1b[2K{line}\r\n")).collect();
    format!("{up}{lines}\x1b[J")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_frame_is_written_over_the_one_before() {
        assert_eq!(frame(0, &lines(&["a", "b"])), "\r\x1b[2Ka\r\n\x1b[2Kb\r\n\x1b[J");
        assert_eq!(frame(2, &lines(&["c"])), "\r\x1b[2A\x1b[2Kc\r\n\x1b[J");
    }

    #[test]
    fn no_frame_is_larger_than_the_terminal() {
        let size = Size { rows: 2, columns: 5 };
        assert_eq!(cut(&lines(&["1234567", "負荷負荷", "third"]), size, "…"), ["1234…", "負荷…"]);
    }

    #[test]
    fn lines_that_wrap_after_a_resize_are_counted_by_their_rows() {
        assert_eq!(rows(&lines(&["1234567890", "", "\x1b[31m12345\x1b[0m"]), 5), 4);
        assert_eq!(rows(&lines(&["1234567890", "", "12345"]), 10), 3);
    }
}
