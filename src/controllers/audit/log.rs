//! The audit log as a file: one writer, appended to with fsync, its head beside it. A crash leaves at most a torn last line, which is cut off.

use crate::rules::audit::{About, Happening, Record};
use crate::rules::chain::{self, Flaw, Intact, Key, Problem};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why a log cannot be written to.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process writes it.
    #[error("{0} is being written by another process")]
    Locked(PathBuf),
    /// It is not whole: nothing is added to it.
    #[error("{path} is not whole, {problem}")]
    Broken {
        /// The log.
        path: PathBuf,
        /// What is wrong.
        problem: Problem,
    },
    /// The key cannot be used.
    #[error("{path}: {why}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// A log that this process alone writes.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    key: Key,
    seq: u64,
    mac: String,
    length: u64,
    /// Whether a write may have left half a line.
    torn: bool,
    sealed: u64,
    known: BTreeSet<String>,
    policies: BTreeMap<String, About>,
    last: Option<Record>,
}

/// The head's place: beside its log.
pub fn head_path(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".head");
    PathBuf::from(name)
}

/// Reads a key.
///
/// # Errors
/// When the file cannot be read, or the key is too short.
pub fn read_key(path: &Path) -> Result<Key, NotOpened> {
    let contents = std::fs::read(path).map_err(|source| NotOpened::Io { path: path.to_owned(), source })?;
    Key::from_file(&contents).map_err(|why| NotOpened::Key { path: path.to_owned(), why })
}

/// The head, if there is one.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read_head(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

impl Log {
    /// Opens a log, or begins one where neither log nor head is; checks the whole of it.
    ///
    /// # Errors
    /// When it is locked, cannot be read or written, or is not whole.
    pub fn open(path: &Path, key: Key, now: Timestamp) -> Result<Self, NotOpened> {
        let failed = |source: io::Error| NotOpened::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => NotOpened::Locked(path.to_owned()),
            TryLockError::Error(source) => failed(source),
        })?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        let head = read_head(&head_path(path)).map_err(failed)?;
        if is_new(&text, head.as_deref(), &key) {
            text = begin(path, &mut file, &key, now).map_err(failed)?;
            let head = read_head(&head_path(path)).map_err(failed)?;
            return Self::opened(path, file, key, &text, head.as_deref());
        }
        Self::opened(path, file, key, &text, head.as_deref())
    }

    fn opened(path: &Path, file: File, key: Key, text: &[u8], head: Option<&[u8]>) -> Result<Self, NotOpened> {
        let broken = |problem| NotOpened::Broken { path: path.to_owned(), problem };
        let whole = chain::without_torn(text);
        let intact = match chain::verify(text, head, &key) {
            Err(problem) if problem.flaw == Flaw::Torn => {
                let intact = chain::verify(whole, head, &key).map_err(broken)?;
                // Half a line can only be the one that was being written, which comes right after the head.
                if intact.seq != intact.head {
                    return Err(broken(problem));
                }
                cut(&file, whole.len()).map_err(|source| NotOpened::Io { path: path.to_owned(), source })?;
                tracing::warn!(log = %path.display(), "the last line was torn by a crash and is cut off; what it said follows again from the cluster");
                intact
            }
            checked => checked.map_err(broken)?,
        };
        let mut log = Self {
            path: path.to_owned(),
            file,
            key,
            seq: intact.seq,
            mac: intact.mac.clone(),
            length: whole.len() as u64,
            torn: false,
            sealed: intact.head,
            known: BTreeSet::new(),
            policies: BTreeMap::new(),
            last: None,
        };
        log.remember(intact);
        Ok(log)
    }

    fn remember(&mut self, intact: Intact) {
        for record in intact.records {
            let text = |at: &str| record.get(at).and_then(Value::as_str).unwrap_or_default();
            self.known.insert(text("id").to_owned());
            // What a later version wrote is kept, but not understood.
            if let Ok(record) = serde_json::from_value::<Record>(record) {
                self.note(&record);
            }
        }
    }

    fn note(&mut self, record: &Record) {
        self.known.insert(record.id.clone());
        match record.event {
            Happening::PolicyChanged => drop(self.policies.insert(record.object.uid.clone(), record.object.clone())),
            Happening::PolicyRemoved => drop(self.policies.remove(&record.object.uid)),
            _ => {}
        }
        self.last = Some(record.clone());
    }

    /// Whether it holds a record of this identifier.
    pub fn knows(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    /// Policies and bindings that are on record and not on record as removed.
    pub fn policies(&self) -> impl Iterator<Item = &About> {
        self.policies.values()
    }

    /// The newest record.
    pub fn last(&self) -> Option<&Record> {
        self.last.as_ref()
    }

    /// Number of records.
    pub fn count(&self) -> u64 {
        self.seq
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a record, once, and the head. May be repeated after an error.
    ///
    /// # Errors
    /// When it could not be written; nothing is lost by trying again.
    pub fn append(&mut self, record: &Record, now: Timestamp) -> io::Result<()> {
        // The line that a crash may tear is then always the one after the head.
        self.seal(now)?;
        if !self.knows(&record.id) {
            let value = serde_json::to_value(record)?;
            let line = chain::line(&self.key, self.seq + 1, &self.mac, &value);
            self.write_line(&(line.text + "\n"))?;
            self.seq += 1;
            self.mac = line.mac;
            self.note(record);
        }
        self.seal(now)
    }

    /// Lets the head know the last line.
    fn seal(&mut self, now: Timestamp) -> io::Result<()> {
        if self.sealed != self.seq {
            write_head(&self.path, &chain::head(&self.key, self.seq, &self.mac, now))?;
            self.sealed = self.seq;
        }
        Ok(())
    }

    fn write_line(&mut self, line: &str) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.length)?;
            self.torn = false;
        }
        self.torn = true;
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        self.torn = false;
        self.length += line.len() as u64;
        Ok(())
    }

    /// Whether the file is still the one that was opened, and as long as it was left.
    pub fn is_untouched(&self) -> io::Result<bool> {
        let (ours, there) = (self.file.metadata()?, std::fs::metadata(&self.path));
        let same = there.is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino()));
        Ok(same && (self.torn || ours.len() == self.length))
    }
}

/// Whether nothing was ever recorded: no log and no head, or a beginning that a crash interrupted.
fn is_new(text: &[u8], head: Option<&[u8]>, key: &Key) -> bool {
    chain::without_torn(text).is_empty()
        && match head {
            None => text.is_empty(),
            Some(head) => chain::is_first_head(head, key),
        }
}

/// Writes the head before the log's first line: a log without a head has lost it.
fn begin(path: &Path, file: &mut File, key: &Key, now: Timestamp) -> io::Result<Vec<u8>> {
    let first = chain::header(key, now);
    write_head(path, &chain::head(key, 0, &first.mac, now))?;
    let text = (first.text + "\n").into_bytes();
    file.set_len(0)?;
    file.write_all(&text)?;
    file.sync_all()?;
    sync_folder(path)?;
    Ok(text)
}

fn cut(file: &File, length: usize) -> io::Result<()> {
    file.set_len(length as u64)?;
    file.sync_all()
}

/// Replaces the head in one step.
fn write_head(log: &Path, text: &str) -> io::Result<()> {
    let (path, mut fresh) = (head_path(log), head_path(log).into_os_string());
    fresh.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, &path)?;
    sync_folder(log)
}

fn sync_folder(of: &Path) -> io::Result<()> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn key() -> Key {
        Key::from_file(&[b'k'; 40]).unwrap()
    }

    fn record(id: &str) -> Record {
        serde_json::from_value(serde_json::json!({
            "id": id, "event": "Decided", "object": { "apiVersion": "v", "kind": "k", "name": "n", "uid": id },
            "who": "alice", "verified": true, "what": "Approved",
        }))
        .unwrap()
    }

    fn a_log(records: &[&str]) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let mut log = Log::open(&path, key(), NOW).unwrap();
        records.iter().for_each(|id| log.append(&record(id), NOW).unwrap());
        (folder, path)
    }

    fn flaw(path: &Path) -> String {
        match Log::open(path, key(), NOW) {
            Ok(log) => format!("whole, {} records", log.count()),
            Err(NotOpened::Broken { problem, .. }) => format!("{:?} in line {}", problem.flaw, problem.line),
            Err(other) => other.to_string(),
        }
    }

    #[test]
    fn a_record_is_written_once_also_after_a_restart() {
        let (_folder, path) = a_log(&["a", "b", "a"]);
        let mut log = Log::open(&path, key(), NOW).unwrap();
        assert!(log.count() == 2 && log.knows("a") && log.knows("b") && !log.knows("c"));
        log.append(&record("b"), NOW).unwrap();
        log.append(&record("c"), NOW).unwrap();
        drop(log);
        assert_eq!(flaw(&path), "whole, 3 records");
        let mode = std::fs::metadata(&path).unwrap().mode();
        assert_eq!(mode & 0o077, 0, "others read nothing");
    }

    #[test]
    fn only_one_process_writes() {
        let (_folder, path) = a_log(&["a"]);
        let _log = Log::open(&path, key(), NOW).unwrap();
        assert!(matches!(Log::open(&path, key(), NOW), Err(NotOpened::Locked(_))));
    }

    #[test]
    fn what_a_crash_left_is_mended_and_what_somebody_did_is_not() {
        type Change = fn(&Path, &Path, String, String);
        #[rustfmt::skip]
        let table: &[(&str, Change, &str)] = &[
            ("half a line after the head",        |log, _, text, _| std::fs::write(log, text + r#"{"seq":3"#).unwrap(),                      "whole, 2 records"),
            ("a line that the head does not know", |log, head, _, _| { let mut more = Log::open(log, key(), NOW).unwrap(); let before = std::fs::read(head).unwrap(); more.append(&record("c"), NOW).unwrap(); std::fs::write(head, before).unwrap(); }, "whole, 3 records"),
            ("half a line further on",            |log, head, _, _| { let mut more = Log::open(log, key(), NOW).unwrap(); let before = std::fs::read(head).unwrap(); more.append(&record("c"), NOW).unwrap(); std::fs::write(head, before).unwrap(); let text = std::fs::read_to_string(log).unwrap(); std::fs::write(log, text + "x").unwrap(); }, "Torn in line 5"),
            ("the last line cut in half",         |log, _, text, _| std::fs::write(log, &text[..text.len() - 9]).unwrap(),                   "Truncated in line 2"),
            ("the last line cut off",             |log, _, text, _| std::fs::write(log, text.lines().take(2).map(|line| format!("{line}\n")).collect::<String>()).unwrap(), "Truncated in line 2"),
            ("an edited line",                    |log, _, text, _| std::fs::write(log, text.replacen("alice", "mallo", 1)).unwrap(),        "Edited in line 2"),
            ("no log",                            |log, _, _, _| std::fs::remove_file(log).unwrap(),                                         "NoHeader in line 1"),
            ("no head",                           |_, head, _, _| std::fs::remove_file(head).unwrap(),                                       "HeadMissing in line 3"),
            ("an empty log without a head",       |log, head, _, _| { std::fs::write(log, "").unwrap(); std::fs::remove_file(head).unwrap(); }, "whole, 0 records"),
        ];
        for (case, change, expected) in table {
            let (_folder, path) = a_log(&["a", "b"]);
            let head = head_path(&path);
            let (text, sealed) = (std::fs::read_to_string(&path).unwrap(), std::fs::read_to_string(&head).unwrap());
            change(&path, &head, text, sealed);
            assert_eq!(flaw(&path), *expected, "{case}");
        }
    }

    #[test]
    fn a_beginning_that_was_interrupted_begins_again() {
        let (_folder, path) = a_log(&[]);
        let text = std::fs::read_to_string(&path).unwrap();
        for left in [0, 10, text.len() - 1] {
            std::fs::write(&path, &text[..left]).unwrap();
            assert_eq!(flaw(&path), "whole, 0 records", "{left} bytes of the header were left");
        }
    }

    #[test]
    fn a_write_that_failed_half_way_is_repeated_without_a_trace() {
        let (_folder, path) = a_log(&["a"]);
        let mut log = Log::open(&path, key(), NOW).unwrap();
        let writable = std::mem::replace(&mut log.file, File::open(&path).unwrap());
        assert!(log.append(&record("b"), NOW).is_err() && !log.knows("b"), "the disk takes nothing");
        log.file = writable;
        log.file.write_all(br#"{"seq":2,"rec"#).unwrap();
        assert!(log.is_untouched().unwrap(), "our own half line is no surprise");
        log.append(&record("b"), NOW).unwrap();
        drop(log);
        assert_eq!(flaw(&path), "whole, 2 records");
    }

    #[test]
    fn a_head_that_could_not_be_written_is_written_the_next_time() {
        let (_folder, path) = a_log(&["a"]);
        let mut log = Log::open(&path, key(), NOW).unwrap();
        let in_the_way = PathBuf::from(format!("{}.new", head_path(&path).display()));
        std::fs::create_dir(&in_the_way).unwrap();
        assert!(log.append(&record("b"), NOW).is_err() && log.knows("b"));
        std::fs::remove_dir(&in_the_way).unwrap();
        log.append(&record("b"), NOW).unwrap();
        drop(log);
        let text = std::fs::read(&path).unwrap();
        let head = std::fs::read(head_path(&path)).unwrap();
        let whole = chain::verify(&text, Some(&head), &key()).unwrap();
        assert_eq!((whole.seq, whole.head), (2, 2), "the record stands once, and the head knows it");
    }

    #[test]
    fn a_log_that_somebody_else_touched_is_noticed() {
        let (_folder, path) = a_log(&["a"]);
        let log = Log::open(&path, key(), NOW).unwrap();
        assert!(log.is_untouched().unwrap());
        let mut text = std::fs::read(&path).unwrap();
        text.push(b'x');
        std::fs::write(&path, &text).unwrap();
        assert!(!log.is_untouched().unwrap());
        std::fs::rename(&path, path.with_extension("old")).unwrap();
        assert!(!log.is_untouched().unwrap());
    }
}
