//! Classes of characters, written out as ranges, so that nothing in them means anything else.

use super::Writer;
use regex::bytes::Regex;

const POSIX: [&str; 14] =
    ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"];

impl Writer<'_> {
    /// A general category or a script, never one of the properties that Go does not know.
    pub(super) fn unicode(&mut self) -> Result<(), String> {
        let sign = self.rest.next().unwrap_or('p');
        let name: String = match self.rest.next() {
            Some('{') => {
                let name: String = self.rest.clone().take_while(|c| *c != '}').take(64).collect();
                self.skip(name.chars().count());
                if self.rest.next() != Some('}') {
                    return Err(format!("\\{sign}{{{name} is not closed"));
                }
                name
            }
            one => one.into_iter().collect(),
        };
        let (caret, name) = name.strip_prefix('^').map_or(("", name.as_str()), |name| ("^", name));
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c));
        let forms = ["gc", "sc"].map(|kind| format!("\\p{{{kind}={name}}}"));
        let known =
            forms.into_iter().find(|form| plain && Regex::new(form).is_ok()).ok_or(format!("\\{sign}{{{caret}{name}}} is unknown"))?;
        let negated = (sign == 'P') != (caret == "^");
        self.out.push_str(&if negated { known.replacen('p', "P", 1) } else { known });
        Ok(())
    }

    pub(super) fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        self.out.extend(self.rest.next_if_eq(&'^'));
        let mut first = true;
        loop {
            match self.rest.peek().copied().ok_or("a [ is not closed")? {
                ']' if !first => break,
                '[' if self.posix()? => {}
                '\\' => {
                    self.skip(1);
                    match self.rest.peek().copied() {
                        Some(c @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                            self.skip(1);
                            self.out.push_str(perl(c));
                        }
                        Some('p' | 'P') => self.unicode()?,
                        _ => {
                            let low = self.character()?;
                            self.range(low)?;
                        }
                    }
                }
                low => {
                    self.skip(1);
                    self.range(low)?;
                }
            }
            first = false;
        }
        self.skip(1);
        self.out.push(']');
        Ok(())
    }

    /// `[:alpha:]` and its like; anything else leaves the bracket a character like others.
    fn posix(&mut self) -> Result<bool, String> {
        let ahead: String = self.rest.clone().skip(1).collect();
        let Some((name, _)) = ahead.strip_prefix(':').and_then(|ahead| ahead.split_once(":]")) else { return Ok(false) };
        if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(format!("[:{name}:] is unknown"));
        }
        self.out.push_str(&format!("[:{name}:]"));
        self.skip(name.len() + 4);
        Ok(true)
    }

    fn range(&mut self, low: char) -> Result<(), String> {
        let ahead: Vec<char> = self.rest.clone().take(2).collect();
        let high = match ahead.as_slice() {
            ['-', next] if *next != ']' => {
                self.skip(1);
                match self.rest.next() {
                    Some('\\') => self.character()?,
                    next => next.unwrap_or(low),
                }
            }
            _ => low,
        };
        if high < low {
            return Err(format!("{low:?} to {high:?} is no range"));
        }
        self.out.push_str(&format!("\\x{{{:x}}}-\\x{{{:x}}}", u32::from(low), u32::from(high)));
        Ok(())
    }
}

/// What a letter such as `d` stands for after a `\`; ASCII only.
pub(super) fn perl(class: char) -> &'static str {
    match class {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        's' => r"[\t\n\x0c\r ]",
        'S' => r"[^\t\n\x0c\r ]",
        'w' => "[0-9A-Za-z_]",
        _ => "[^0-9A-Za-z_]",
    }
}
