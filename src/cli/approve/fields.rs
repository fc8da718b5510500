//! Labelled lines for a person. Text from the cluster is cut, wrapped and indented, so that it cannot look like a line of ours.

use crate::cli::output::text::one_line;

/// Most characters of one text that are shown.
const MOST: usize = 1500;
const INDENT: usize = 15;

/// Labelled lines.
#[derive(Debug, Default)]
pub struct Fields {
    lines: Vec<String>,
    room: Option<usize>,
}

impl Fields {
    /// Lines of at most so many columns; as long as they are where nobody says.
    pub fn within(columns: Option<usize>) -> Self {
        Self { lines: Vec::new(), room: columns.map(|columns| columns.saturating_sub(INDENT).max(25)) }
    }

    /// Adds a text with its label.
    pub fn add(&mut self, label: &str, text: &str) {
        let mut label = label;
        for line in wrapped(&shortened(text), self.room) {
            self.lines.push(format!("  {label:13}{line}").trim_end().to_owned());
            label = "";
        }
    }

    /// Adds a name that somebody may want to copy: in one piece, below its label where it has no room beside it.
    pub fn name(&mut self, label: &str, name: &str) {
        let name = shortened(name);
        match self.room.is_some_and(|room| console::measure_text_width(&name) > room) {
            true => self.lines.extend([format!("  {label}"), format!("  {name}")]),
            false => self.add(label, &name),
        }
    }

    /// Adds a text below the one before.
    pub fn more(&mut self, text: &str) {
        self.add("", text);
    }

    /// The lines.
    pub fn into_text(self) -> String {
        self.lines.join("\n") + "\n"
    }
}

/// One line, runs of spaces counted as one, and not too long.
pub fn shortened(text: &str) -> String {
    // What is cut off need not be looked at; escape sequences that are left out are seldom longer than that.
    let head: String = text.chars().take(MOST * 8).collect();
    let clean = one_line(&head).split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = clean.chars().take(MOST).collect();
    match text.chars().count() {
        all if clean.len() > shown.len() || all > MOST * 8 => {
            format!("{shown}... ({} characters in all; look at the whole with -o yaml or d)", all)
        }
        _ => shown,
    }
}

/// The text in lines of at most `room` columns; words that are longer are broken.
fn wrapped(text: &str, room: Option<usize>) -> Vec<String> {
    let Some(room) = room else { return vec![text.to_owned()] };
    let (mut lines, mut used) = (vec![String::new()], 0);
    for word in text.split(' ') {
        let width = console::measure_text_width(word);
        if used > 0 && used + 1 + width > room {
            (used, _) = (0, lines.push(String::new()));
        } else if used > 0 {
            lines.iter_mut().last().into_iter().for_each(|line| line.push(' '));
            used += 1;
        }
        for letter in word.chars() {
            let wide = console::measure_text_width(letter.encode_utf8(&mut [0; 4]));
            if used + wide > room {
                (used, _) = (0, lines.push(String::new()));
            }
            lines.iter_mut().last().into_iter().for_each(|line| line.push(letter));
            used += wide;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_in_its_column() {
        let forged = format!("leak{}Confidence   99%", " ".repeat(200));
        #[rustfmt::skip]
        let table: Vec<(&str, &str, Option<usize>, Vec<&str>)> = vec![
            ("short",           "a leak",             Some(40), vec!["  Cause        a leak"]),
            ("no terminal",     "one two three four five six seven", None, vec!["  Cause        one two three four five six seven"]),
            ("wrapped",         "one two three four five six seven", Some(40), vec!["  Cause        one two three four five", "               six seven"]),
            ("a forged line",   &forged, Some(40), vec!["  Cause        leak Confidence 99%"]),
            ("unbreakable",     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Some(40), vec!["  Cause        aaaaaaaaaaaaaaaaaaaaaaaaa", "               aaaaa"]),
            ("wide letters",    "負荷負荷負荷負荷負荷負荷負荷", Some(40), vec!["  Cause        負荷負荷負荷負荷負荷負荷", "               負荷"]),
            ("nothing",         "",                   Some(40), vec!["  Cause"]),
        ];
        for (case, text, columns, expected) in table {
            let mut fields = Fields::within(columns);
            fields.add("Cause", text);
            assert_eq!(fields.into_text(), expected.join("\n") + "\n", "{case}");
        }
    }

    #[test]
    fn a_name_stays_in_one_piece() {
        #[rustfmt::skip]
        let table = [
            ("with room",    "payment/x",                            Some(40), "  Request      payment/x\n"),
            ("without",      "payment/rr-0123456789-analysis-approval", Some(40), "  Request\n  payment/rr-0123456789-analysis-approval\n"),
            ("no terminal",  "payment/rr-0123456789-analysis-approval", None,     "  Request      payment/rr-0123456789-analysis-approval\n"),
        ];
        for (case, name, columns, expected) in table {
            let mut fields = Fields::within(columns);
            fields.name("Request", name);
            assert_eq!(fields.into_text(), expected, "{case}");
        }
    }

    #[test]
    fn a_text_of_any_length_is_bounded_and_says_so() {
        let mut fields = Fields::within(Some(80));
        fields.add("Cause", &"\u{1b}[2Jx\u{202e}\n".repeat(200_000));
        let text = fields.into_text();
        let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.len() < 4_000 && unwrapped.contains("1400000 characters in all"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    }
}
