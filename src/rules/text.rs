//! Fits text into the bounds of the schema.

use std::collections::BTreeMap;

const LONGEST_KEY: usize = 253;
const LONGEST_VALUE: usize = 4096;
const MOST_ENTRIES: usize = 64;

/// The text, or as much of it as fits into `most` characters, ending in `…` when something was left out.
pub fn bounded(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A map that the schema of labels and annotations takes: at most 64 entries, `first` ones preferred, keys that are too long left out.
pub fn bounded_map(map: &BTreeMap<String, String>, first: &[&str]) -> BTreeMap<String, String> {
    let fits = |key: &&String| key.chars().count() <= LONGEST_KEY;
    let (preferred, rest): (Vec<_>, Vec<_>) = map.keys().filter(fits).partition(|key| first.contains(&key.as_str()));
    let kept = preferred.into_iter().chain(rest).take(MOST_ENTRIES);
    kept.filter_map(|key| Some((key.clone(), bounded(map.get(key)?, LONGEST_VALUE)))).collect()
}

/// A value that a label may have: what is not allowed becomes `_`, and nothing is left of a text without letters or digits.
pub fn label_value(text: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let value: String = text.chars().map(allowed).take(63).collect();
    value.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// Whether this can be the name of a namespace: a label of the domain name system.
pub fn is_label(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with('-') && !name.ends_with('-')
}

/// The text without characters that could move a cursor, ring a bell or turn the direction of writing; line feeds stay.
pub fn printable(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| *c == '\n' || !(c.is_control() || turns(*c))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_called_by_a_label() {
        let long = "a".repeat(64);
        for (name, expected) in [
            ("payment", true),
            ("9-a", true),
            ("", false),
            ("Bad", false),
            ("a_b", false),
            ("-a", false),
            ("a-", false),
            ("a.b", false),
            (&long, false),
        ] {
            assert_eq!(is_label(name), expected, "{name}");
        }
    }

    #[test]
    fn text_is_cut_between_characters_and_says_so() {
        #[rustfmt::skip]
        let table = [
            ("short text stays",       "abc",  3, "abc"),
            ("long text is cut",       "abcd", 3, "ab…"),
            ("characters stay whole",  "äöüß", 3, "äö…"),
            ("nothing fits in one",    "abcd", 1, "…"),
        ];
        for (case, text, most, expected) in table {
            assert_eq!(bounded(text, most), expected, "{case}");
        }
    }

    #[test]
    fn label_values_are_what_the_api_server_takes() {
        #[rustfmt::skip]
        let table = [
            ("a usual one",       "production",      "production"),
            ("spaces",            "pre production",  "pre_production"),
            ("ends are trimmed",  "-prod-",          "prod"),
            ("other scripts",     "отдел",           ""),
            ("empty",             "",                ""),
        ];
        for (case, text, expected) in table {
            assert_eq!(label_value(text), expected, "{case}");
        }
        assert_eq!(label_value(&"x".repeat(80)).len(), 63);
    }

    #[test]
    fn terminals_are_not_commanded() {
        assert_eq!(printable("a\u{1b}[31mred\u{7}\r\nnext\u{202e}"), "a[31mred\nnext");
    }

    #[test]
    fn what_is_needed_survives_a_flood_of_labels() {
        let mut map: BTreeMap<String, String> = (0..200).map(|n| (format!("a{n:03}"), "x".repeat(5000))).collect();
        map.insert("pod".into(), "api".into());
        map.insert("k".repeat(300), "too long a key".into());
        let kept = bounded_map(&map, &["pod"]);
        assert_eq!((kept.len(), kept["pod"].as_str()), (64, "api"));
        assert!(kept.values().all(|value| value.chars().count() <= 4096));
    }
}
