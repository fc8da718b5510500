//! The audit log as text: a header, then one record a line, each sealed together with the seal of the line before it, and a signed head beside
//! the log that says how far it goes. Whoever lacks the key can neither write, change, move nor drop a line unnoticed.
//!
//! Only a log and a head that are both put back to an earlier state look whole; a copy of the head that is kept elsewhere tells.

use super::plan::canonical_text;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Version of the log's form.
pub const FORMAT: u32 = 1;
/// The only algorithm.
pub const ALGORITHM: &str = "HMAC-SHA-256";
/// A key is at least this long, in bytes.
pub const SHORTEST_KEY: usize = 32;

/// The secret that seals a log. It is never shown.
pub struct Key(Vec<u8>);

impl Key {
    /// The key in a file's contents, without white space at its end.
    ///
    /// # Errors
    /// When it is shorter than [`SHORTEST_KEY`].
    pub fn from_file(contents: &[u8]) -> Result<Self, String> {
        let key = contents.trim_ascii_end();
        match key.len() >= SHORTEST_KEY {
            true => Ok(Self(key.to_vec())),
            false => Err(format!("the key has {} bytes and needs at least {SHORTEST_KEY}", key.len())),
        }
    }

    /// First 8 hex digits of its SHA-256: says which key it is, and not what it is.
    pub fn id(&self) -> String {
        hex(&Sha256::digest(&self.0)).chars().take(8).collect()
    }

    /// What is sealed differs by its kind, so that no seal of one thing serves for another.
    fn sealing(&self, kind: &str, text: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(kind.as_bytes());
        mac.update(b"\n");
        mac.update(text.as_bytes());
        Some(mac)
    }

    fn seal(&self, kind: &str, text: &str) -> String {
        self.sealing(kind, text).map(|mac| hex(&mac.finalize().into_bytes())).unwrap_or_default()
    }

    /// Compares in constant time.
    fn holds(&self, kind: &str, text: &str, seal: &str) -> bool {
        let checked = self.sealing(kind, text).zip(unhex(seal)).map(|(mac, seal)| mac.verify_slice(&seal).is_ok());
        checked.unwrap_or(false)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Header {
    format: u32,
    algorithm: String,
    key_id: String,
    created: Timestamp,
    mac: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    seq: u64,
    record: Value,
    prev: String,
    mac: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    seq: u64,
    mac: String,
    time: Timestamp,
    signature: String,
}

/// A line ready to be written, without its line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The line.
    pub text: String,
    /// Its seal, which goes into the next one.
    pub mac: String,
}

/// The first line of a new log.
pub fn header(key: &Key, created: Timestamp) -> Sealed {
    let mut header = Header { format: FORMAT, algorithm: ALGORITHM.to_owned(), key_id: key.id(), created, mac: String::new() };
    header.mac = key.seal("header", &header_body(&header));
    Sealed { text: text_of(&header), mac: header.mac }
}

/// The line of a record: number `seq`, counted from 1, after the line sealed by `prev`.
pub fn line(key: &Key, seq: u64, prev: &str, record: &Value) -> Sealed {
    let mac = key.seal("record", &line_body(seq, prev, record));
    Sealed { text: rendered(&Line { seq, record: record.clone(), prev: prev.to_owned(), mac: mac.clone() }), mac }
}

/// The head of a log whose last line is number `seq`, sealed by `mac`.
pub fn head(key: &Key, seq: u64, mac: &str, time: Timestamp) -> String {
    let mut head = Head { seq, mac: mac.to_owned(), time, signature: String::new() };
    head.signature = key.seal("head", &head_body(&head));
    text_of(&head) + "\n"
}

fn header_body(header: &Header) -> String {
    canonical_text(&json!([header.format, header.algorithm, header.key_id, header.created]))
}

fn line_body(seq: u64, prev: &str, record: &Value) -> String {
    format!("{prev}\n{}", canonical_text(&json!({ "seq": seq, "record": record })))
}

fn head_body(head: &Head) -> String {
    canonical_text(&json!([head.seq, head.mac, head.time]))
}

fn rendered(line: &Line) -> String {
    format!(r#"{{"seq":{},"record":{},"prev":"{}","mac":"{}"}}"#, line.seq, canonical_text(&line.record), line.prev, line.mac)
}

fn text_of(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, Hash)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub enum Flaw {
    NoHeader,
    Downgraded,
    WrongKey,
    Edited,
    Reordered,
    Missing,
    Duplicated,
    Spliced,
    Truncated,
    HeadMissing,
    HeadEdited,
    HeadOfAnother,
    /// The last line has no end: a crash, unless the head knows it.
    Torn,
}

/// The first thing that is wrong with a log.
#[derive(Clone, Debug, Serialize, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {flaw:?}: {message}")]
pub struct Problem {
    /// Which line of the log, from 1; for a head the last line of the log.
    pub line: usize,
    /// What kind.
    pub flaw: Flaw,
    /// What, in a sentence.
    pub message: String,
}

/// A log without a flaw.
#[derive(Clone, Debug, PartialEq)]
pub struct Intact {
    /// Number of its last record; 0 when there is none.
    pub seq: u64,
    /// Seal of its last line.
    pub mac: String,
    /// Number of the last record that the head knows.
    pub head: u64,
    /// The records, in order.
    pub records: Vec<Value>,
}

/// Finds the first flaw. The head may be an older one of the same log: the log then goes at least that far.
///
/// # Errors
/// The first flaw.
pub fn verify(log: &[u8], head: Option<&[u8]>, key: &Key) -> Result<Intact, Problem> {
    let whole = without_torn(log);
    let lines: Vec<&[u8]> = whole.split(|byte| *byte == b'\n').take(whole.iter().filter(|byte| **byte == b'\n').count()).collect();
    let Some((first, others)) = lines.split_first() else {
        return Err(problem(1, Flaw::NoHeader, "there is no first line, or not all of it"));
    };
    let mut macs = vec![check_header(first, key)?];
    let mut records = Vec::new();
    for (seq, text) in (1..).zip(others) {
        let line = check_line(text, seq, &macs, others, key)?;
        macs.push(line.mac);
        records.push(line.record);
    }
    let known = check_head(head, &macs, key)?;
    if whole.len() < log.len() {
        return Err(problem(lines.len() + 1, Flaw::Torn, "the last line has no end, as after a crash while it was written"));
    }
    Ok(Intact { seq: macs.len() as u64 - 1, mac: macs.pop().unwrap_or_default(), head: known, records })
}

/// The log up to its last line break.
pub fn without_torn(log: &[u8]) -> &[u8] {
    let end = log.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    log.get(..end).unwrap_or_default()
}

fn problem(line: usize, flaw: Flaw, message: impl Into<String>) -> Problem {
    Problem { line, flaw, message: message.into() }
}

/// Parsed, and written exactly as we write it: not a byte may differ.
fn exact<T: DeserializeOwned>(text: &[u8], render: impl Fn(&T) -> String) -> Option<T> {
    serde_json::from_slice::<T>(text).ok().filter(|read| render(read).as_bytes() == text)
}

/// The seal of the header.
fn check_header(text: &[u8], key: &Key) -> Result<String, Problem> {
    let stated: Value = serde_json::from_slice(text).unwrap_or_default();
    let (format, algorithm) = (stated.get("format"), stated.get("algorithm"));
    if format.is_none() || algorithm.is_none() {
        return Err(problem(1, Flaw::NoHeader, "the first line is no header"));
    }
    if format != Some(&json!(FORMAT)) || algorithm != Some(&json!(ALGORITHM)) {
        return Err(problem(1, Flaw::Downgraded, format!("the log says it is sealed otherwise than by {ALGORITHM}, format {FORMAT}")));
    }
    let Some(header) = exact::<Header>(text, text_of) else {
        return Err(problem(1, Flaw::Edited, "the header is not as it was written"));
    };
    if header.key_id != key.id() {
        return Err(problem(1, Flaw::WrongKey, format!("the log was sealed with another key than {}", key.id())));
    }
    match key.holds("header", &header_body(&header), &header.mac) {
        true => Ok(header.mac),
        false => Err(problem(1, Flaw::Edited, "the header is not as it was written")),
    }
}

fn check_line(text: &[u8], seq: u64, macs: &[String], all: &[&[u8]], key: &Key) -> Result<Line, Problem> {
    let at = |flaw, message: String| problem(usize::try_from(seq).unwrap_or(usize::MAX).saturating_add(1), flaw, message);
    let genuine = |text: &[u8]| {
        let line = exact::<Line>(text, rendered)?;
        key.holds("record", &line_body(line.seq, &line.prev, &line.record), &line.mac).then_some(line)
    };
    let Some(line) = genuine(text) else {
        return Err(at(Flaw::Edited, format!("record {seq} is not as it was written")));
    };
    if line.seq < seq {
        return Err(at(Flaw::Duplicated, format!("record {} stands here again", line.seq)));
    }
    if line.seq > seq {
        let is_later = all.iter().filter_map(|text| genuine(text)).any(|other| other.seq == seq);
        return Err(match is_later {
            true => at(Flaw::Reordered, format!("record {} stands in the place of {seq}", line.seq)),
            false => at(Flaw::Missing, format!("record {seq} is missing; {} follows", line.seq)),
        });
    }
    match macs.last() == Some(&line.prev) {
        true => Ok(line),
        false => Err(at(Flaw::Spliced, format!("record {seq} is genuine, but of another log"))),
    }
}

/// Number of the last record that the head knows.
fn check_head(head: Option<&[u8]>, macs: &[String], key: &Key) -> Result<u64, Problem> {
    let at = |flaw, message: &str| problem(macs.len(), flaw, message);
    let Some(text) = head else {
        return Err(at(Flaw::HeadMissing, "the head is missing, so nobody can tell how far the log went"));
    };
    let exactly = exact::<Head>(text, |head| text_of(head) + "\n").filter(|head| key.holds("head", &head_body(head), &head.signature));
    let Some(head) = exactly else {
        return Err(at(Flaw::HeadEdited, "the head is not as it was written"));
    };
    match usize::try_from(head.seq).ok().and_then(|seq| macs.get(seq)) {
        None => {
            Err(at(Flaw::Truncated, &format!("the log ends after record {}, the head knows {}", macs.len().saturating_sub(1), head.seq)))
        }
        Some(mac) if *mac == head.mac => Ok(head.seq),
        Some(_) => Err(at(Flaw::HeadOfAnother, "the head is of another log")),
    }
}

/// Whether a head is ours and of a log that held no record yet.
pub fn is_first_head(head: &[u8], key: &Key) -> bool {
    let read = exact::<Head>(head, |head| text_of(head) + "\n");
    read.is_some_and(|head| head.seq == 0 && key.holds("head", &head_body(&head), &head.signature))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lower-case digits only: one seal has one spelling.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| pair.first().and_then(digit).zip(pair.get(1).and_then(digit)).map(|(high, low)| high << 4 | low)).collect()
}
