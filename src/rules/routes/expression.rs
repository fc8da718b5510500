//! Regular expressions in the notation of Go, which is Alertmanager's, always matched against the whole value.
//!
//! They are written anew in the notation of the crate `regex`, which differs: there `\d \w \s \b` know all of Unicode, classes nest and have
//! operators, `\Q..\E`, octal numbers and `{` as itself are unknown, and repetitions may be repeated. What Go refuses is refused, except
//! nested repetitions that multiply to more than 1000. Unicode's tables may be of different years.

mod class;

use class::perl;
use regex::bytes::{Regex, RegexBuilder};
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// Deepest nesting of groups, as Go's.
const DEEPEST: u32 = 1000;
/// Largest number of repetitions, as Go's.
const MOST_REPETITIONS: u32 = 1000;

/// A regular expression that a whole value fits, or not.
#[derive(Clone, Debug)]
pub struct Expression(Regex);

impl Expression {
    /// Reads an expression; says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        // Go compiles the whole of it, so that an end of `text` may reach into what is behind it.
        let whole = format!("^(?:{text})$");
        let mut writer = Writer { rest: whole.chars().peekable(), out: String::new(), names: BTreeSet::new() };
        writer.all()?;
        let written = writer.out;
        let built = RegexBuilder::new(&written).nest_limit(DEEPEST).build();
        built.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            error => error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        })
    }

    /// Whether the whole value fits.
    pub fn fits(&self, value: &str) -> bool {
        self.0.is_match(value.as_bytes())
    }
}

struct Writer<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    names: BTreeSet<String>,
}

impl Writer<'_> {
    fn all(&mut self) -> Result<(), String> {
        let mut repeats = false;
        while let Some(c) = self.rest.next() {
            let repeated = std::mem::take(&mut repeats);
            match c {
                '*' | '+' | '?' => repeats = self.repetition(&c.to_string(), repeated)?,
                '{' => match self.counted()? {
                    Some(count) => repeats = self.repetition(&count, repeated)?,
                    None => self.literal('{'),
                },
                '(' => self.group()?,
                ')' | '|' | '^' | '$' | '.' => self.out.push(c),
                '[' => self.class()?,
                '\\' => self.escape()?,
                c => self.literal(c),
            }
        }
        Ok(())
    }

    fn literal(&mut self, c: char) {
        match c.is_ascii() && !c.is_ascii_alphanumeric() {
            true => self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c))),
            false => self.out.push(c),
        }
    }

    fn repetition(&mut self, how: &str, repeated: bool) -> Result<bool, String> {
        if repeated {
            return Err(format!("{how} repeats a repetition"));
        }
        self.out.push_str(how);
        self.out.extend(self.rest.next_if_eq(&'?'));
        Ok(true)
    }

    /// `{n}`, `{n,}` or `{n,m}` after its brace; anything else leaves the brace a character like others.
    fn counted(&mut self) -> Result<Option<String>, String> {
        let text: String = self.rest.clone().take_while(|c| *c != '}').take(24).collect();
        let closed = self.rest.clone().nth(text.chars().count()) == Some('}');
        let is_number =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        let (least, most) = text.split_once(',').map_or((text.as_str(), None), |(least, most)| (least, Some(most)));
        if !closed || !is_number(least) || !most.is_none_or(|most| most.is_empty() || is_number(most)) {
            return Ok(None);
        }
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number <= MOST_REPETITIONS);
        let (least, most) = (number(least), most.filter(|most| !most.is_empty()).map(number));
        if least.is_none() || most.is_some_and(|most| most.is_none() || most < least) {
            return Err(format!("{{{text}}} repeats more than {MOST_REPETITIONS} times, or from more to less"));
        }
        self.skip(text.chars().count() + 1);
        Ok(Some(format!("{{{text}}}")))
    }

    fn skip(&mut self, count: usize) {
        if let Some(last) = count.checked_sub(1) {
            self.rest.nth(last);
        }
    }

    fn group(&mut self) -> Result<(), String> {
        if self.rest.next_if_eq(&'?').is_none() {
            self.out.push_str("(?:");
            return Ok(());
        }
        let ahead: String = self.rest.clone().take(2).collect();
        let named = ["P<", "<"].into_iter().find(|start| ahead.starts_with(start));
        if let Some(start) = named {
            self.skip(start.len());
            return self.named_group();
        }
        self.flags()
    }

    fn named_group(&mut self) -> Result<(), String> {
        let mut name = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
            name.push(c);
        }
        let closed = self.rest.next() == Some('>');
        if name.is_empty() || !closed || !self.names.insert(name) {
            return Err("a group has no name, a wrong one, or another's".to_owned());
        }
        self.out.push_str("(?:");
        Ok(())
    }

    /// `i`, `m`, `s` and `U`, which changes nothing here, for a group or for the rest of the one around.
    fn flags(&mut self) -> Result<(), String> {
        let (mut on, mut off, mut minus, mut seen) = (BTreeSet::new(), BTreeSet::new(), false, false);
        let end = loop {
            match self.rest.next() {
                Some(flag @ ('i' | 'm' | 's' | 'U')) => {
                    seen = true;
                    if minus { &mut off } else { &mut on }.insert(flag);
                }
                Some('-') if !minus => (minus, seen) = (true, false),
                Some(end @ (':' | ')')) if seen || !minus => break end,
                _ => return Err("after (? are only flags of i, m, s and U, or a name in < >".to_owned()),
            }
        };
        let written = |flags: BTreeSet<char>| flags.into_iter().filter(|flag| *flag != 'U').collect::<String>();
        let (on, off) = (written(&on - &off), written(off));
        let minus = if off.is_empty() { "" } else { "-" };
        if end == ':' || !(on.is_empty() && off.is_empty()) {
            self.out.push_str(&format!("(?{on}{minus}{off}{end}"));
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let c = self.rest.peek().copied().ok_or("a \\ stands at the end")?;
        match c {
            'A' | 'z' => self.out.push_str(&format!("\\{c}")),
            'b' | 'B' => self.out.push_str(&format!("(?-u:\\{c})")),
            'Q' => {
                self.skip(1);
                self.quoted();
                return Ok(());
            }
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => self.out.push_str(perl(c)),
            'p' | 'P' => return self.unicode(),
            _ => {
                let c = self.character()?;
                self.literal(c);
                return Ok(());
            }
        }
        self.skip(1);
        Ok(())
    }

    /// Everything until `\E`, or the end, as it is.
    fn quoted(&mut self) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            self.literal(c);
        }
    }

    /// The one character that an escape means; its `\` is read.
    fn character(&mut self) -> Result<char, String> {
        let c = self.rest.next().ok_or("a \\ stands at the end")?;
        let wrong = || format!("\\{c} means nothing");
        let octal = |c: Option<&char>| c.and_then(|c| c.to_digit(8));
        match c {
            'a' => Ok('\u{7}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\u{b}'),
            '0'..='7' if c == '0' || octal(self.rest.peek()).is_some() => {
                let mut number = c.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    let Some(digit) = octal(self.rest.peek()) else { break };
                    number = number * 8 + digit;
                    self.skip(1);
                }
                char::from_u32(number).ok_or_else(wrong)
            }
            'x' => self.hexadecimal().ok_or_else(wrong),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(c),
            _ => Err(wrong()),
        }
    }

    fn hexadecimal(&mut self) -> Option<char> {
        let digits: String = match self.rest.next_if_eq(&'{') {
            Some(_) => {
                let digits: String = self.rest.clone().take_while(|c| *c != '}').take(8).collect();
                self.skip(digits.len());
                self.rest.next_if_eq(&'}')?;
                digits
            }
            None => {
                let digits: String = self.rest.clone().take(2).collect();
                self.skip(digits.chars().count());
                Some(digits).filter(|digits| digits.len() == 2)?
            }
        };
        let valid = digits.chars().all(|c| c.is_ascii_hexdigit());
        u32::from_str_radix(&digits, 16).ok().filter(|_| valid).and_then(char::from_u32)
    }
}
