//! Commands that a person can paste: what comes from the cluster is quoted for the shell.

use crate::cli::output::text::one_line;

/// The word, in quotes where a shell would take it for more than a word.
pub fn quoted(word: &str) -> String {
    let word = one_line(word);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '+');
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// A verb of ours on an object in its namespace.
pub fn object(verb: &str, name: &str, namespace: &str) -> String {
    let place = if namespace.is_empty() { String::new() } else { format!(" -n {}", quoted(namespace)) };
    format!("kubectl kubernaut {verb} {}{place}", quoted(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_stay_words() {
        #[rustfmt::skip]
        let table = [
            ("pay-oom-002",        "pay-oom-002"),
            ("a/b.c",              "a/b.c"),
            ("",                   "''"),
            ("x; rm -rf /",        "'x; rm -rf /'"),
            ("it's",               r"'it'\''s'"),
            ("--all",              "'--all'"),
            ("$(id)",              "'$(id)'"),
            ("a\nb\u{202e}",       "'a b'"),
        ];
        for (word, expected) in table {
            assert_eq!(quoted(word), expected);
        }
        assert_eq!(object("why", "wfe/x", "pay"), "kubectl kubernaut why wfe/x -n pay");
    }
}
