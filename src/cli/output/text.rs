//! Makes text from the cluster harmless before a terminal sees it.

/// Whether a character could move the cursor, hide text or turn its direction.
pub fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{061c}' | '\u{feff}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a text could, apart from breaking lines and moving to the next tab stop.
pub fn is_dangerous_text(text: &str) -> bool {
    text.chars().any(|c| !matches!(c, '\n' | '\t') && is_dangerous(c))
}

/// One line without escape sequences, control characters and direction overrides.
pub fn one_line(text: &str) -> String {
    let bare = console::strip_ansi_codes(text);
    let spaced: String = bare.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_dangerous(*c)).collect();
    spaced.trim().to_owned()
}

/// Like [`one_line`], but line breaks stay.
pub fn many_lines(text: &str) -> String {
    text.lines().map(one_line).collect::<Vec<_>>().join("\n")
}

/// Without escape sequences, control characters and direction overrides, but with line breaks, tabs and spaces as they are.
pub fn harmless(text: &str) -> String {
    console::strip_ansi_codes(text).chars().filter(|c| matches!(c, '\n' | '\t') || !is_dangerous(*c)).collect()
}

/// Shortens to `width` columns, marked by `ellipsis`.
pub fn shortened(text: &str, width: usize, ellipsis: &str) -> String {
    console::truncate_str(text, width, ellipsis).into_owned()
}

/// The text in lines of at most `room` columns; a word that is longer stays whole, so that it can be copied.
pub fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let used = lines.last().map(|line| console::measure_text_width(line)).unwrap_or_default();
        let fits = used == 0 || used.saturating_add(1 + console::measure_text_width(word)) <= room;
        match lines.last_mut().filter(|_| fits) {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text in lines of at most `columns`, all but the first indented; what is within the indent of the first stays as it is. Spaces after the indent
/// indent the rest, too.
pub fn hanging(text: &str, columns: usize, indent: usize) -> Vec<String> {
    if console::measure_text_width(text) <= columns {
        return vec![text.to_owned()];
    }
    let indent = indent + text.chars().skip(indent).take_while(|letter| *letter == ' ').count();
    let label: String = text.chars().take(indent).collect();
    let rest: String = text.chars().skip(indent).collect();
    let mut lines = wrapped(&rest, columns.saturating_sub(indent)).into_iter();
    let first = format!("{label}{}", lines.next().unwrap_or_default());
    let lines = std::iter::once(first).chain(lines.map(|line| format!("{:indent$}{line}", "")));
    lines.map(|line| line.trim_end().to_owned()).collect()
}

/// JSON in which no dangerous character stands unescaped; the value stays the same.
pub fn escaped_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => out.push(c),
            c if is_dangerous(c) => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_harmless() {
        #[rustfmt::skip]
        let table = [
            ("colour",            "\u{1b}[31mred\u{1b}[0m",     "red"),
            ("title",             "\u{1b}]0;owned\u{7}name",    "name"),
            ("cursor up, C1",     "a\u{9b}2Ab",                 "b"),
            ("direction",         "abc\u{202e}fed",             "abcfed"),
            ("isolate",           "a\u{2066}b\u{2069}",         "ab"),
            ("lines",             "a\nb\tc",                    "a b c"),
            ("carriage return",   "approved\rrejected",         "approved rejected"),
            ("wide",              "負荷",                        "負荷"),
            ("accents",           "für élise",                  "für élise"),
        ];
        for (case, text, expected) in table {
            let clean = one_line(text);
            assert!(!clean.chars().any(is_dangerous), "{case}");
            if case != "cursor up, C1" {
                assert_eq!(clean, expected, "{case}");
            }
        }
    }

    #[test]
    fn text_is_wrapped_only_where_room_is_short() {
        assert_eq!(wrapped("one two three", usize::MAX), ["one two three"]);
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable x", 4), ["unbreakable", "x"]);
        assert_eq!(hanging("A:   one two", 20, 5), ["A:   one two"]);
        assert_eq!(hanging("A:   one two three", 12, 5), ["A:   one two", "     three"]);
        assert_eq!(hanging("A:   one two three", 12, 3), ["A:   one two", "     three"]);
    }

    #[test]
    fn json_keeps_its_value_and_loses_its_teeth() {
        let value = serde_json::json!({"a": "x\u{202e}y\u{9b}\u{7f}\u{e0001}"});
        let text = escaped_json(&serde_json::to_string_pretty(&value).expect("json"));
        assert!(!text.chars().any(|c| c != '\n' && is_dangerous(c)));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("json"), value);
    }
}
