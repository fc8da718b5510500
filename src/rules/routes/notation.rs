//! Reads matchers as Alertmanager does: by the older notation where it can read them, else by the newer one, which knows any label name.

use super::matcher::{Matcher, Operator};
use std::iter::Peekable;
use std::str::Chars;

/// Reads any number of matchers, separated by commas, in braces or not.
pub fn matchers(text: &str) -> Result<Vec<Matcher>, String> {
    classic::matchers(text).or_else(|_| modern(text)).map_err(|why| format!("{text:?} is not a matcher: {why}"))
}

/// Reads one `label=value`; a value with spaces or commas is quoted.
pub fn label(text: &str) -> Result<(String, String), String> {
    let wrong = |why: &str| format!("{text:?} is not LABEL=VALUE: {why}");
    if text.starts_with('{') || text.ends_with('}') {
        return Err(wrong("it must not be in braces"));
    }
    let read = classic::matcher(text).or_else(|_| match <[Matcher; 1]>::try_from(modern(text)?) {
        Ok([one]) => Ok(one),
        Err(all) => Err(format!("it holds {} of them", all.len())),
    });
    match read.map_err(|why| wrong(&why))? {
        Matcher { label, operator: Operator::Equal, value, .. } => Ok((label, value)),
        _ => Err(wrong("a label has its value after a single =")),
    }
}

/// Whether a character cannot stand in a name or value without quotes.
pub fn is_reserved(c: char) -> bool {
    c.is_whitespace() || "{}!=~,\\\"'`".contains(c)
}

/// The older notation: names of ASCII letters, values quoted or not.
mod classic {
    use super::{Matcher, Operator};

    const SPACES: [char; 5] = ['\t', '\n', '\u{c}', '\r', ' '];
    /// Longer ones first.
    const OPERATORS: [(&str, Operator); 4] =
        [("=~", Operator::Matches), ("=", Operator::Equal), ("!=", Operator::NotEqual), ("!~", Operator::NotMatches)];

    pub fn matchers(text: &str) -> Result<Vec<Matcher>, String> {
        let text = text.strip_prefix('{').unwrap_or(text);
        let text = text.strip_suffix('}').unwrap_or(text);
        parts(text).iter().map(|part| matcher(part)).collect()
    }

    /// Parts between commas that are not in quotes; the last one may be empty.
    fn parts(text: &str) -> Vec<String> {
        let (mut parts, mut part, mut quoted, mut escaped) = (vec![], String::new(), false, false);
        for c in text.chars() {
            match c {
                ',' if !quoted => {
                    parts.push(std::mem::take(&mut part));
                    continue;
                }
                ',' => {}
                '"' if escaped => escaped = false,
                '"' => quoted = !quoted,
                '\\' => escaped = !escaped,
                _ => escaped = false,
            }
            part.push(c);
        }
        parts.extend(Some(part.trim().to_owned()).filter(|last| !last.is_empty()));
        parts
    }

    pub fn matcher(text: &str) -> Result<Matcher, String> {
        let rest = text.trim_start_matches(SPACES);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err("it does not begin with a name".to_owned());
        }
        let rest = rest.trim_start_matches(SPACES);
        let found = OPERATORS.iter().find_map(|(text, operator)| Some((*operator, rest.strip_prefix(text)?)));
        let (operator, value) = found.ok_or("its name is not followed by =, !=, =~ or !~")?;
        Matcher::new(name, operator, unescaped(value.trim_matches(SPACES))?)
    }

    fn unescaped(raw: &str) -> Result<String, String> {
        let (quoted, raw) = raw.strip_prefix('"').map_or((false, raw), |rest| (true, rest));
        let (mut value, mut closed, mut chars) = (String::new(), false, raw.chars().peekable());
        while let Some(c) = chars.next() {
            match (c, chars.peek().copied()) {
                ('\\', Some(next)) => {
                    chars.next();
                    match next {
                        'n' => value.push('\n'),
                        '"' | '\\' => value.push(next),
                        _ => value.extend(['\\', next]),
                    }
                }
                ('"', None) if quoted => closed = true,
                ('"', _) => return Err("its value holds a double quote that is not escaped".to_owned()),
                _ => value.push(c),
            }
        }
        if quoted && !closed { Err("its value has no closing quote".to_owned()) } else { Ok(value) }
    }
}

/// A piece of the newer notation.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Operator(Operator),
    Text(String),
}

/// The newer notation: names of any characters, quoted where need be.
fn modern(text: &str) -> Result<Vec<Matcher>, String> {
    let tokens = tokens(text)?;
    let mut rest = match tokens.as_slice() {
        [Token::Open, inner @ .., Token::Close] => inner,
        [Token::Open, ..] => return Err("its brace is not closed".to_owned()),
        bare => bare,
    };
    let mut all = Vec::new();
    while !rest.is_empty() {
        let [Token::Text(name), Token::Operator(operator), Token::Text(value), after @ ..] = rest else {
            return Err("expected a name, then =, !=, =~ or !~, then a value; quote what holds spaces or any of {}!=~,\\\"'`".to_owned());
        };
        all.push(Matcher::new(name.as_str(), *operator, value.as_str())?);
        rest = match after {
            [] => after,
            [Token::Comma, next @ ..] => next,
            _ => return Err("expected a comma after the value".to_owned()),
        };
    }
    Ok(all)
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let (mut tokens, mut chars) = (vec![], text.chars().peekable());
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '{' => Token::Open,
            '}' => Token::Close,
            ',' => Token::Comma,
            '=' if chars.next_if_eq(&'~').is_some() => Token::Operator(Operator::Matches),
            '=' => Token::Operator(Operator::Equal),
            '!' if chars.next_if_eq(&'=').is_some() => Token::Operator(Operator::NotEqual),
            '!' if chars.next_if_eq(&'~').is_some() => Token::Operator(Operator::NotMatches),
            '!' => return Err("a ! is not followed by = or ~".to_owned()),
            '"' => Token::Text(quoted(&mut chars)?),
            c if c.is_whitespace() => continue,
            c if is_reserved(c) => return Err(format!("{c:?} stands outside of quotes")),
            c => {
                let mut text = c.to_string();
                while let Some(c) = chars.next_if(|c| !is_reserved(*c)) {
                    text.push(c);
                }
                Token::Text(text)
            }
        });
    }
    Ok(tokens)
}

/// A text in double quotes with the escapes of a Go string; the opening quote is read.
fn quoted(chars: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut bytes = Vec::new();
    loop {
        match chars.next().ok_or("a closing quote is missing")? {
            '"' => return String::from_utf8(bytes).map_err(|_| "a quoted text is not UTF-8".to_owned()),
            '\n' => return Err("a line breaks within quotes; write \\n".to_owned()),
            '\\' => escape(chars, &mut bytes)?,
            c => push(c, &mut bytes),
        }
    }
}

fn push(c: char, bytes: &mut Vec<u8>) {
    bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn escape(chars: &mut Peekable<Chars<'_>>, bytes: &mut Vec<u8>) -> Result<(), String> {
    let wrong = "an escape in quotes is none; write \\\\ for a backslash";
    let simple = [('a', 7), ('b', 8), ('f', 12), ('n', 10), ('r', 13), ('t', 9), ('v', 11), ('\\', 92), ('"', 34)];
    let c = chars.next().ok_or(wrong)?;
    let (digits, radix, first) = match c {
        'x' => (2, 16, 0),
        'u' => (4, 16, 0),
        'U' => (8, 16, 0),
        '0'..='7' => (2, 8, c.to_digit(8).unwrap_or_default()),
        _ => {
            bytes.push(simple.iter().find(|(name, _)| *name == c).ok_or(wrong)?.1);
            return Ok(());
        }
    };
    let mut number = first;
    for _ in 0..digits {
        let digit = chars.next().and_then(|c| c.to_digit(radix)).ok_or(wrong)?;
        number = number.checked_mul(radix).and_then(|number| number.checked_add(digit)).ok_or(wrong)?;
    }
    match c {
        'u' | 'U' => push(char::from_u32(number).ok_or(wrong)?, bytes),
        _ => bytes.push(u8::try_from(number).map_err(|_| wrong)?),
    }
    Ok(())
}
