//! Writes JSON and bare values as Go does, so that what is printed is byte for byte what kubectl prints.

use super::text::is_dangerous;
use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Number, Value};
use std::io::{self, Write};

/// Whether Go's JSON never has a character unescaped in a text.
pub fn only_html(c: char) -> bool {
    matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
}

/// Like [`only_html`], and no character either that a terminal must not see.
pub fn harmless(c: char) -> bool {
    only_html(c) || is_dangerous(c)
}

/// JSON over several lines, indented by four spaces, without the last line break.
pub fn pretty(value: &Value, escaped: fn(char) -> bool) -> String {
    written(value, Go { depth: Some(0), empty: true, escaped })
}

/// JSON in one line.
pub fn compact(value: &Value, escaped: fn(char) -> bool) -> String {
    written(value, Go { depth: None, empty: true, escaped })
}

/// A number as JSON texts and jsonpath print it.
pub fn number(number: &Number) -> String {
    float_of(number).map_or_else(|| number.to_string(), |float| shortest(float, -4..21, 2))
}

/// A value as Go's `%v`: what custom columns print.
pub fn go(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(is) => is.to_string(),
        Value::Number(given) => number(given),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("{key}:{}", go(value))).collect();
            format!("map[{}]", fields.join(" "))
        }
    }
}

fn float_of(number: &Number) -> Option<f64> {
    number.as_i64().is_none().then(|| number.as_f64()).flatten()
}

/// The shortest text that reads back as the number; with an exponent when that is not in `plain`.
fn shortest(float: f64, plain: std::ops::Range<i32>, digits: usize) -> String {
    let text = format!("{float:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if exponent < 0 { '-' } else { '+' };
    match plain.contains(&exponent) {
        true => float.to_string(),
        false => format!("{mantissa}e{sign}{:0digits$}", exponent.abs()),
    }
}

fn written(value: &Value, form: Go) -> String {
    let mut out = Vec::new();
    let ended = value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, form));
    debug_assert!(ended.is_ok(), "writing a value into memory cannot fail");
    String::from_utf8_lossy(&out).into_owned()
}

/// Go's way of writing JSON.
struct Go {
    /// How deep the next line is indented; none to write one line.
    depth: Option<usize>,
    /// Whether nothing stands in the current brackets yet.
    empty: bool,
    escaped: fn(char) -> bool,
}

impl Go {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth = self.depth.map(|depth| depth + 1);
        self.empty = true;
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth = self.depth.map(|depth| depth.saturating_sub(1));
        if !self.empty {
            self.line(out)?;
        }
        self.empty = false;
        out.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        self.line(out)
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        let Some(depth) = self.depth else { return Ok(()) };
        out.write_all(b"\n")?;
        (0..depth).try_for_each(|_| out.write_all(b"    "))
    }
}

impl Formatter for Go {
    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        // Only large exponents keep two digits.
        out.write_all(shortest(value, -6..21, 1).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(self.escaped) {
            let (plain, marked) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            let mut chars = marked.chars();
            let mut units = [0; 2];
            for unit in chars.next().unwrap_or_default().encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.empty = false;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.depth.is_some() { b": " } else { b":" })
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.empty = false;
        Ok(())
    }
}
