//! Follows a collection through cut connections and forgotten versions, so that no change is missed.

use super::watch::{Heard, Watch};
use super::{Chunks, Selection, is_too_old, key};
use crate::cli::failure::Failure;
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use kube::Client;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Milliseconds before each further attempt to reach the server again.
const PAUSES: [u64; 5] = [200, 1_000, 2_000, 5_000, 10_000];

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The object is new, or changed.
    Now(Seen),
    /// The object was deleted, or left the selection; this is how it looked last.
    Gone(Seen),
    /// The object, `namespace/name`, was deleted while nobody looked.
    Missed(String),
}

/// The changes of the selected objects, one after the other.
pub struct Changes {
    client: Client,
    kind: Kind,
    selection: Selection,
    version: String,
    known: HashMap<String, String>,
    due: VecDeque<Change>,
    watch: Option<Watch>,
    in_vain: usize,
}

impl Changes {
    /// Changes from a version on; `known` are the objects of that version by their keys, with their own versions.
    pub fn since(client: Client, kind: Kind, selection: Selection, version: String, known: HashMap<String, String>) -> Self {
        Self { client, kind, selection, version, known, due: VecDeque::new(), watch: None, in_vain: 0 }
    }

    /// Waits for the next change.
    ///
    /// # Errors
    /// When the API server refuses, or cannot be reached for a while.
    pub async fn next(&mut self) -> Result<Change, Failure> {
        loop {
            if let Some(change) = self.due.pop_front() {
                return Ok(change);
            }
            let Some(watch) = &mut self.watch else {
                self.connect().await?;
                continue;
            };
            match watch.next().await {
                Ok(Some((heard, version))) => self.take(heard, version),
                // The server ends a watch after a while, and connections break: both go on from the last version.
                Ok(None) => self.pause(&closed()).await?,
                Err(error) => self.go_on(&error).await?,
            }
        }
    }

    async fn connect(&mut self) -> Result<(), Failure> {
        match Watch::since(&self.client, self.kind, &self.selection, &self.version).await {
            Ok(watch) => self.watch = Some(watch),
            Err(error) => self.go_on(&error).await?,
        }
        Ok(())
    }

    async fn go_on(&mut self, error: &kube::Error) -> Result<(), Failure> {
        match is_too_old(error) {
            true => self.look_again().await,
            false => self.pause(error).await,
        }
    }

    /// Waits before the next attempt; gives up when the server refuses, or was tried often enough.
    async fn pause(&mut self, error: &kube::Error) -> Result<(), Failure> {
        self.watch = None;
        let refused = matches!(error, kube::Error::Api(status) if !(status.code == 429 || status.code >= 500));
        match PAUSES.get(self.in_vain).filter(|_| !refused) {
            Some(pause) => {
                self.in_vain += 1;
                tokio::time::sleep(Duration::from_millis(*pause)).await;
                Ok(())
            }
            None => Err(Failure::from_kube(error, &self.doing())),
        }
    }

    fn doing(&self) -> String {
        format!("watch {}", self.kind.friendly())
    }

    fn take(&mut self, heard: Heard, version: String) {
        self.in_vain = 0;
        self.version.clone_from(&version);
        match heard {
            Heard::Now(seen) => {
                self.known.insert(key(&seen), version);
                self.due.push_back(Change::Now(seen));
            }
            Heard::Gone(seen) => {
                self.known.remove(&key(&seen));
                self.due.push_back(Change::Gone(seen));
            }
            Heard::Still => {}
        }
    }

    /// The version is too old to go on from: lists everything, and finds what changed since.
    async fn look_again(&mut self) -> Result<(), Failure> {
        self.watch = None;
        let (mut now, mut changed) = (HashMap::new(), Vec::new());
        let mut chunks = Chunks::new(&self.client, self.kind, &self.selection);
        let listed = loop {
            match chunks.next().await {
                Ok(Some(chunk)) => {
                    for seen in chunk {
                        let (key, version) = (key(&seen), seen.text("/metadata/resourceVersion").to_owned());
                        if self.known.get(&key) != Some(&version) {
                            changed.push(Change::Now(seen));
                        }
                        now.insert(key, version);
                    }
                }
                Ok(None) => break Ok(chunks.version),
                Err(error) => break Err(error),
            }
        };
        match listed {
            Ok(version) => {
                let mut missed: Vec<String> = self.known.keys().filter(|key| !now.contains_key(*key)).cloned().collect();
                missed.sort();
                self.due.extend(missed.into_iter().map(Change::Missed).chain(changed));
                (self.version, self.known) = (version, now);
                Ok(())
            }
            Err(error) => self.pause(&error).await,
        }
    }
}

fn closed() -> kube::Error {
    kube::Error::ReadEvents(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the watch ended"))
}
