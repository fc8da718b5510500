//! Follows several kinds at once, each by a list and then a watch. Kube's own watcher goes on for ever where a kind may not be read, and asks without a
//! pause where watches are cut at once; here a person waits for an answer.

use crate::cli::failure::Failure;
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::read::watch::{Heard, Watch};
use crate::cli::read::{self, Selection, is_too_old};
use kube::Client;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// A round that ends sooner is followed by a pause of at least as long.
const ROUND: Duration = Duration::from_secs(1);
/// The longest pause.
const PAUSE: Duration = Duration::from_secs(30);
/// Longer than the API server lets a watch last: then the connection is dead.
const SILENCE: Duration = Duration::from_secs(300);

/// Something that became known.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// All objects of a kind as they are; what is not among them is gone.
    Listed(Kind, Vec<Seen>),
    /// An object as it is now.
    Put(Kind, Seen),
    /// An object that is not there any more, or no longer selected.
    Gone(Kind, Seen),
    /// The kind may not be read; nothing more will come of it.
    Hidden(Kind, Failure),
    /// Nothing is heard of the kind; it is tried again.
    Lost(Kind, Failure),
    /// The kind is heard of again.
    Back(Kind),
}

/// What changes, as long as this value lives.
pub struct Changes {
    receiver: mpsc::Receiver<Change>,
    _watches: JoinSet<()>,
}

impl Changes {
    /// Follows these kinds. First comes a [`Change::Listed`] of each, unless it may not be read.
    pub fn of(client: &Client, wanted: Vec<(Kind, Selection)>) -> Self {
        let (sender, receiver) = mpsc::channel(256);
        let mut watches = JoinSet::new();
        for (kind, selection) in wanted {
            let follower = Follower { client: client.clone(), kind, selection, sender: sender.clone(), version: None, is_lost: false };
            watches.spawn(follower.run());
        }
        Self { receiver, _watches: watches }
    }

    /// The next change; `None` when nothing more can come.
    pub async fn next(&mut self) -> Option<Change> {
        self.receiver.recv().await
    }
}

struct Follower {
    client: Client,
    kind: Kind,
    selection: Selection,
    sender: mpsc::Sender<Change>,
    version: Option<String>,
    is_lost: bool,
}

impl Follower {
    async fn run(mut self) {
        let mut pause = Duration::ZERO;
        while !self.sender.is_closed() {
            let begun = Instant::now();
            let ended = self.round().await;
            let is_short = begun.elapsed() < ROUND;
            let is_quiet = matches!(&ended, Ok(()) | Err(kube::Error::Api(_)));
            match ended {
                Ok(()) => {}
                Err(error) if is_too_old(&error) => self.version = None,
                Err(error) => {
                    let failure = Failure::from_kube(&error, &format!("follow {}", self.kind.friendly()));
                    if is_final(&error) {
                        return self.tell(Change::Hidden(self.kind, failure)).await;
                    }
                    if !std::mem::replace(&mut self.is_lost, true) {
                        self.tell(Change::Lost(self.kind, failure)).await;
                    }
                }
            }
            pause = if is_quiet && !is_short { Duration::ZERO } else { (pause * 2).clamp(ROUND, PAUSE) };
            sleep(pause).await;
        }
    }

    /// One watch until it ends, after a list where there is no version to watch from.
    async fn round(&mut self) -> Result<(), kube::Error> {
        let version = match self.version.clone() {
            Some(version) => version,
            None => self.list().await?,
        };
        let mut watch = Watch::since(&self.client, self.kind, &self.selection, &version).await?;
        self.found_again().await;
        while let Ok(heard) = timeout(SILENCE, watch.next()).await {
            let Some((heard, version)) = heard? else { break };
            self.version = Some(version);
            match heard {
                Heard::Now(seen) => self.tell(Change::Put(self.kind, seen)).await,
                Heard::Gone(seen) => self.tell(Change::Gone(self.kind, seen)).await,
                Heard::Still => {}
            }
        }
        Ok(())
    }

    async fn list(&mut self) -> Result<String, kube::Error> {
        let listed = read::list(&self.client, self.kind, &self.selection).await?;
        self.version = Some(listed.version.clone());
        self.found_again().await;
        self.tell(Change::Listed(self.kind, listed.items)).await;
        Ok(listed.version)
    }

    async fn found_again(&mut self) {
        if std::mem::replace(&mut self.is_lost, false) {
            self.tell(Change::Back(self.kind)).await;
        }
    }

    async fn tell(&self, change: Change) {
        // Nobody listens any more when the reader is on its way out; the loop ends then.
        drop(self.sender.send(change).await);
    }
}

/// Whether asking again would bring the same answer.
fn is_final(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if matches!(status.code, 403..=405))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::scripted::{Answer, Script, object};
    use serde_json::{Value, json};

    async fn next(changes: &mut Changes) -> String {
        match changes.next().await {
            Some(Change::Listed(_, items)) => {
                format!("listed {}", items.iter().map(|seen| seen.text("/status/phase")).collect::<Vec<_>>().join(" "))
            }
            Some(Change::Put(_, seen)) => format!("put {}", seen.text("/status/phase")),
            Some(Change::Gone(_, seen)) => format!("gone {}", seen.name()),
            Some(Change::Hidden(kind, why)) => format!("hidden {} {:?}", kind.short(), why.reason),
            Some(Change::Lost(kind, why)) => format!("lost {} {:?}", kind.short(), why.reason),
            Some(Change::Back(kind)) => format!("back {}", kind.short()),
            None => "the end".to_owned(),
        }
    }

    fn at(phase: &str, version: &str) -> Value {
        let mut object = object("RemediationRequest", "rr-x", json!({}), json!({"phase": phase}));
        object["metadata"]["resourceVersion"] = version.into();
        object
    }

    fn follow(script: &Script) -> Changes {
        Changes::of(&script.client(), vec![(Kind::Remediation, Selection::default())])
    }

    #[tokio::test(start_paused = true)]
    async fn a_cut_watch_goes_on_and_a_version_that_is_too_old_is_listed_anew() {
        let too_old = json!({"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old", "reason": "Expired"}});
        let script = Script::of(move |asked| match (asked.is_watch, asked.version.as_str(), asked.nth) {
            (false, _, 0) => Answer::list(&[at("Pending", "1")], "1"),
            (true, "1", _) => Answer::Watch(vec![json!({"type": "MODIFIED", "object": at("Processing", "2")})], false),
            (true, "2", _) => Answer::Watch(vec![too_old.clone()], false),
            (false, ..) => Answer::list(&[at("Executing", "9")], "9"),
            (true, "9", _) => Answer::Watch(vec![json!({"type": "DELETED", "object": at("Executing", "10")})], true),
            other => panic!("{other:?}"),
        });
        let mut changes = follow(&script);
        let heard = [next(&mut changes).await, next(&mut changes).await, next(&mut changes).await, next(&mut changes).await];
        assert_eq!(heard, ["listed Pending", "put Processing", "listed Executing", "gone rr-x"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_not_be_read_is_hidden_and_asked_for_once() {
        let script = Script::of(|_| Answer::Json(403, json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"})));
        let mut changes = follow(&script);
        assert_eq!([next(&mut changes).await, next(&mut changes).await], ["hidden rr Forbidden", "the end"]);
        assert_eq!(script.asked(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_connection_is_told_once_and_then_that_it_is_back() {
        let script = Script::of(|asked| match asked.nth {
            0..3 => Answer::Broken,
            _ if asked.is_watch => Answer::Watch(vec![], true),
            _ => Answer::list(&[at("Pending", "1")], "1"),
        });
        let mut changes = follow(&script);
        assert_eq!(
            [next(&mut changes).await, next(&mut changes).await, next(&mut changes).await],
            ["lost rr Unreachable", "back rr", "listed Pending"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn watches_that_end_at_once_are_not_asked_for_in_a_hurry() {
        let script = Script::of(|asked| match asked.is_watch {
            true => Answer::Watch(vec![], false),
            false => Answer::list(&[], "1"),
        });
        let mut changes = follow(&script);
        assert_eq!(next(&mut changes).await, "listed ");
        drop(timeout(Duration::from_secs(120), changes.next()).await);
        assert!(script.asked() < 12, "{} requests in two minutes", script.asked());
    }
}
