//! `audit verify` on files: what it says of a log that somebody touched, and with which code.

use super::{Said, run};
use kubernaut::rules::chain::{Key, head, header, line};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

const SECRET: &str = "the secret of thirty-two bytes and more";

pub struct Log {
    folder: TempDir,
}

impl Log {
    /// A log of five records, its head, its key and another key.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Self { folder };
        let key = Key::from_file(SECRET.as_bytes()).expect("a key");
        let first = header(&key, "2026-01-01T00:00:00Z".parse().expect("a time"));
        let (mut text, mut mac) = (first.text + "\n", first.mac);
        for seq in 1..=5 {
            let next = line(&key, seq, &mac, &json!({ "id": format!("k/{seq}"), "who": "alice" }));
            text += &(next.text + "\n");
            mac = next.mac;
        }
        log.write("log", &text);
        log.write("log.head", &head(&key, 5, &mac, "2026-01-01T00:00:09Z".parse().expect("a time")));
        log.write("key", &format!("{SECRET}\n"));
        log.write("other", &"x".repeat(40));
        log
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path("log")).expect("the log")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    pub fn verify(&self, key: &str, more: &[&str]) -> Said {
        let (log, key) = (self.path("log"), self.path(key));
        let words = ["audit", "verify", log.to_str().expect("a path"), "--key-file", key.to_str().expect("a path")];
        let said = run(&[&words, more].concat());
        assert!(!said.out.contains(SECRET) && !said.err.contains(SECRET), "the key is never shown");
        said
    }
}

#[test]
fn tampering_ends_with_four_and_names_line_and_kind() {
    type Tamper = fn(&Log, Vec<&str>);
    #[rustfmt::skip]
    let table: &[(&str, Tamper, &str)] = &[
        ("edited",      |log, _| log.write("log", &log.text().replacen("alice", "mallo", 1)),                           "line 2: Edited"),
        ("reordered",   |log, mut lines| { lines.swap(2, 3); log.write("log", &(lines.join("\n") + "\n")); },           "line 3: Reordered"),
        ("missing",     |log, mut lines| { lines.remove(2); log.write("log", &(lines.join("\n") + "\n")); },            "line 3: Missing"),
        ("truncated",   |log, mut lines| { lines.pop(); log.write("log", &(lines.join("\n") + "\n")); },                "line 5: Truncated"),
        ("downgraded",  |log, _| log.write("log", &log.text().replacen("HMAC-SHA-256", "none", 1)),                     "line 1: Downgraded"),
        ("torn",        |log, _| log.write("log", &(log.text() + r#"{"seq":6"#)),                                       "line 7: Torn"),
        ("no head",     |log, _| fs::remove_file(log.path("log.head")).expect("removed"),                               "line 6: HeadMissing"),
        ("hostile",     |log, _| log.write("log", "\u{1b}[2J\n"),                                                       "line 1: NoHeader"),
    ];
    for (case, tamper, expected) in table {
        let log = Log::new();
        let text = log.text();
        tamper(&log, text.lines().collect());
        let said = log.verify("key", &[]);
        assert_eq!(said.code, 4, "{case}: {}{}", said.out, said.err);
        assert!(said.out.contains("NOT as it was written") && said.out.contains(expected), "{case}: {}", said.out);
    }
}

#[test]
fn a_whole_log_ends_with_nought() {
    let said = Log::new().verify("key", &[]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.contains("is whole: 5 records, the head knows 5, key "), "{}", said.out);
}

#[test]
fn the_wrong_key_is_named() {
    let said = Log::new().verify("other", &[]);
    assert!(said.code == 4 && said.out.contains("line 1: WrongKey"), "{}", said.out);
}

#[test]
fn a_head_from_elsewhere_shows_that_log_and_head_were_put_back() {
    let log = Log::new();
    let kept = fs::read_to_string(log.path("log.head")).expect("the head");
    log.write("kept", &kept);
    let key = Key::from_file(SECRET.as_bytes()).expect("a key");
    let text = log.text();
    let earlier: Vec<&str> = text.lines().take(3).collect();
    let last: Value = serde_json::from_str(earlier[2]).expect("a line");
    let now = "2026-01-01T00:00:03Z".parse().expect("a time");
    log.write("log.head", &head(&key, 2, last["mac"].as_str().expect("a seal"), now));
    log.write("log", &(earlier.join("\n") + "\n"));
    assert_eq!(log.verify("key", &[]).code, 0, "beside each other they look whole");
    let kept = log.path("kept");
    let said = log.verify("key", &["--head", kept.to_str().expect("a path")]);
    assert!(said.code == 4 && said.out.contains("Truncated"), "{}", said.out);
}

#[test]
fn the_machine_form_says_the_same() {
    let log = Log::new();
    let whole: Value = serde_json::from_str(&log.verify("key", &["-o", "json"]).out).expect("json");
    assert_eq!((&whole["kind"], &whole["intact"], &whole["records"]), (&json!("AuditReport"), &json!(true), &json!(5)));
    log.write("log", &log.text().replacen("alice", "mallo", 1));
    let said = log.verify("key", &["-o", "json"]);
    let broken: Value = serde_json::from_str(&said.out).expect("json");
    assert_eq!(
        (said.code, &broken["intact"], &broken["problem"]["flaw"], &broken["problem"]["line"]),
        (4, &json!(false), &json!("Edited"), &json!(2))
    );
}

#[test]
fn what_cannot_be_read_ends_with_one() {
    let log = Log::new();
    log.write("short", "abc");
    for key in ["none", "short"] {
        let said = log.verify(key, &[]);
        assert!(said.code == 1 && said.out.is_empty() && said.err.starts_with("Error: "), "{}", said.err);
    }
    fs::remove_file(log.path("log")).expect("removed");
    assert_eq!(log.verify("key", &[]).code, 1);
}

#[test]
fn a_log_and_its_key_come_together() {
    let said = run(&["run-controllers", "--audit-log", "x"]);
    assert!(said.code == 2 && said.err.contains("--audit-key-file"), "{}", said.err);
}
