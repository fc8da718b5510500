use super::chain::{Flaw, Intact, Key, Problem, head, header, is_first_head, line, verify, without_torn};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

fn key(letter: char) -> Key {
    Key::from_file(letter.to_string().repeat(40).as_bytes()).unwrap()
}

/// The lines of a log with so many records, and its head.
fn written(key: &Key, created: i64, records: u64) -> (Vec<String>, String) {
    let first = header(key, Timestamp::from_second(created).unwrap());
    let (mut lines, mut mac) = (vec![first.text], first.mac);
    for seq in 1..=records {
        let next = line(key, seq, &mac, &json!({ "id": format!("k/{seq}"), "who": "alice", "what": "Approved \"it\"\u{1b}[2J" }));
        lines.push(next.text);
        mac = next.mac;
    }
    (lines, head(key, records, &mac, Timestamp::from_second(created + 1).unwrap()))
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn found(log: &str, head: Option<&str>, key: &Key) -> Result<Intact, (Flaw, usize)> {
    verify(log.as_bytes(), head.map(str::as_bytes), key).map_err(|Problem { flaw, line, .. }| (flaw, line))
}

#[test]
fn an_untouched_log_is_whole() {
    for records in [0, 1, 7] {
        let (lines, head) = written(&key('k'), 100, records);
        let whole = found(&joined(&lines), Some(&head), &key('k')).unwrap();
        assert_eq!((whole.seq, whole.head, whole.records.len() as u64), (records, records, records));
    }
}

#[test]
fn a_log_may_be_longer_than_its_head_knows() {
    let (lines, _) = written(&key('k'), 100, 7);
    let (_, older) = written(&key('k'), 100, 5);
    let whole = found(&joined(&lines), Some(&older), &key('k')).unwrap();
    assert_eq!((whole.seq, whole.head), (7, 5));
}

#[test]
fn every_kind_of_tampering_is_found_and_named() {
    type Tamper = fn(&mut Vec<String>, &mut Option<String>);
    #[rustfmt::skip]
    let table: &[(&str, Tamper, Flaw, usize)] = &[
        ("a name is edited",                   |log, _| log[3] = log[3].replace("alice", "mallo"),                    Flaw::Edited, 4),
        ("a number is edited",                 |log, _| log[3] = log[3].replacen(r#""seq":3"#, r#""seq":9"#, 1),      Flaw::Edited, 4),
        ("a field is added",                   |log, _| log[3] = log[3].replacen('{', r#"{"x":1,"#, 1),               Flaw::Edited, 4),
        ("white space is added",               |log, _| log[3] = log[3].replacen(':', ": ", 1),                       Flaw::Edited, 4),
        ("a seal is taken away",               |log, _| { let at = log[3].rfind(r#""mac""#).unwrap(); log[3] = format!(r#"{}"mac":""}}"#, &log[3][..at]); }, Flaw::Edited, 4),
        ("two lines change places",            |log, _| log.swap(3, 4),                                               Flaw::Reordered, 4),
        ("a line is missing",                  |log, _| drop(log.remove(3)),                                          Flaw::Missing, 4),
        ("a line stands twice",                |log, _| log.insert(4, log[3].clone()),                                Flaw::Duplicated, 5),
        ("a record of another log, same key",  |log, _| log[3] = written(&key('k'), 900, 5).0[3].clone(),             Flaw::Spliced, 4),
        ("the end of another log, same key",   |log, _| log.splice(3.., written(&key('k'), 900, 5).0.split_off(3)).for_each(drop), Flaw::Spliced, 4),
        ("the last line is missing",           |log, _| drop(log.pop()),                                              Flaw::Truncated, 5),
        ("all records are missing",            |log, _| log.truncate(1),                                              Flaw::Truncated, 1),
        ("everything is missing",              |log, _| log.clear(),                                                  Flaw::NoHeader, 1),
        ("the header is missing",              |log, _| drop(log.remove(0)),                                          Flaw::NoHeader, 1),
        ("another algorithm",                  |log, _| log[0] = log[0].replace("HMAC-SHA-256", "none"),              Flaw::Downgraded, 1),
        ("another format",                     |log, _| log[0] = log[0].replace(r#""format":1"#, r#""format":0"#),    Flaw::Downgraded, 1),
        ("an unsealed header",                 |log, _| log[0] = r#"{"format":1,"algorithm":"SHA-256"}"#.to_owned(),  Flaw::Downgraded, 1),
        ("another time of creation",           |log, _| log[0] = log[0].replace("1970", "1971"),                      Flaw::Edited, 1),
        ("all sealed anew with another key",   |log, head| { let (lines, forged) = written(&key('x'), 100, 5); *log = lines; *head = Some(forged); }, Flaw::WrongKey, 1),
        ("another log, same key, with its head missing", |log, head| { *log = written(&key('k'), 900, 2).0; *head = None; }, Flaw::HeadMissing, 3),
        ("another log, same key, under our head", |log, _| *log = written(&key('k'), 900, 5).0,                       Flaw::HeadOfAnother, 6),
        ("cut short, and so the head",         |log, head| { log.pop(); *head = head.as_ref().map(|text| text.replace(r#""seq":5"#, r#""seq":4"#)); }, Flaw::HeadEdited, 5),
        ("cut short, and a head of one's own", |log, head| { log.pop(); *head = Some(written(&key('x'), 100, 4).1); }, Flaw::HeadEdited, 5),
        ("no head",                            |_, head| *head = None,                                                Flaw::HeadMissing, 6),
    ];
    for (case, tamper, flaw, at) in table {
        let (mut lines, head) = written(&key('k'), 100, 5);
        let mut head = Some(head);
        tamper(&mut lines, &mut head);
        assert_eq!(found(&joined(&lines), head.as_deref(), &key('k')), Err((*flaw, *at)), "{case}");
    }
}

#[test]
fn a_torn_last_line_is_told_apart_from_a_cut() {
    let (lines, head) = written(&key('k'), 100, 5);
    let (more, _) = written(&key('k'), 100, 6);
    let crashed = joined(&lines) + &more[6][..20];
    assert_eq!(found(&crashed, Some(&head), &key('k')), Err((Flaw::Torn, 7)));
    assert_eq!(without_torn(crashed.as_bytes()), joined(&lines).as_bytes());
    let cut = joined(&lines);
    assert_eq!(found(&cut[..cut.len() - 20], Some(&head), &key('k')), Err((Flaw::Truncated, 5)), "the head knows the line that is torn");
}

#[test]
fn the_wrong_key_is_named_and_no_key_is_shown() {
    let (lines, head) = written(&key('k'), 100, 2);
    let said = verify(joined(&lines).as_bytes(), Some(head.as_bytes()), &key('w')).unwrap_err();
    assert_eq!(said.flaw, Flaw::WrongKey);
    assert!(said.message.contains(&key('w').id()) && !said.message.contains("www"), "{said}");
    assert!(!format!("{:?}", key('w')).contains("www"));
    assert!(Key::from_file(b"short\n").is_err());
    assert_eq!(Key::from_file(&[&[b'k'; 40][..], b"\n"].concat()).unwrap().id(), key('k').id(), "a line break at the end is no part of it");
}

#[test]
fn only_the_head_of_an_empty_log_is_a_first_one() {
    let (_, empty) = written(&key('k'), 100, 0);
    let (_, full) = written(&key('k'), 100, 1);
    assert!(is_first_head(empty.as_bytes(), &key('k')));
    assert!(!is_first_head(full.as_bytes(), &key('k')) && !is_first_head(empty.as_bytes(), &key('w')));
}

proptest! {
    #[test]
    fn any_single_byte_that_changes_is_found(at in any::<prop::sample::Index>(), to in any::<u8>(), records in 0_u64..4) {
        let (lines, head) = written(&key('k'), 100, records);
        let mut log = joined(&lines).into_bytes();
        let at = at.index(log.len());
        prop_assume!(log[at] != to);
        log[at] = to;
        prop_assert!(verify(&log, Some(head.as_bytes()), &key('k')).is_err());
    }

    #[test]
    fn any_byte_that_goes_or_comes_is_found(at in any::<prop::sample::Index>(), byte in any::<u8>(), adds in any::<bool>()) {
        let (lines, head) = written(&key('k'), 100, 3);
        let mut log = joined(&lines).into_bytes();
        let at = at.index(log.len());
        match adds {
            true => log.insert(at, byte),
            false => drop(log.remove(at)),
        }
        prop_assume!(log != joined(&lines).into_bytes());
        prop_assert!(verify(&log, Some(head.as_bytes()), &key('k')).is_err());
    }

    #[test]
    fn any_byte_of_the_head_that_changes_is_found(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let (lines, head) = written(&key('k'), 100, 3);
        let mut head = head.into_bytes();
        let at = at.index(head.len());
        prop_assume!(head[at] != to);
        head[at] = to;
        prop_assert!(verify(joined(&lines).as_bytes(), Some(&head), &key('k')).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(log in any::<Vec<u8>>(), head in any::<Vec<u8>>()) {
        prop_assert!(verify(&log, Some(&head), &key('k')).is_err());
    }
}
