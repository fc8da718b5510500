//! What may happen to a call on its way, and how a test hears of it.

use crate::call::Call;
use http::StatusCode;
use std::time::Duration;
use tokio::sync::oneshot;

const PATIENCE: Duration = Duration::from_secs(60);

/// Which calls are meant.
pub type Matches = Box<dyn Fn(&Call) -> bool + Send>;

/// Runs at the moment of the fault.
pub type Hook = Box<dyn FnOnce() + Send>;

/// What happens to a call. One that the API server would refuse anyway is let through, and the next that matches is meant.
pub enum Fault {
    /// The hook runs, and the API server never hears of the call.
    LoseAfter(Hook),
    /// The hook runs; the call stays on its way until the test lets it go on.
    HoldAfter(Hook),
    /// The API server commits; then the hook runs, and the client's connection is cut.
    CommitThen(Hook),
    /// The API server commits; then the hook runs, and the client hears of it.
    AnswerAfter(Hook),
    /// The API server commits, and the answer stays on its way until the test lets it go on.
    HoldAnswer,
    /// The API server is sent it twice; the client hears one of the answers.
    Twice(Heard),
    /// The API server never hears of it; this is the answer.
    Answer(StatusCode),
    /// It arrives late.
    Delay(Duration),
}

/// Which of two answers arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    First,
    Second,
}

impl Fault {
    /// The API server commits, and the client never learns of it.
    pub fn cut() -> Self {
        Self::CommitThen(Box::new(|| {}))
    }
}

/// What happens to the call whose turn it is.
pub struct Rule {
    pub matches: Matches,
    pub left: u32,
    pub fault: Fault,
    pub signals: Signals,
}

/// How a rule and its test hear of each other.
pub struct Signals {
    pub happened: oneshot::Sender<()>,
    pub released: oneshot::Receiver<()>,
    pub answered: oneshot::Sender<StatusCode>,
}

/// A disturbance that was asked for.
pub struct Hit {
    what: String,
    happened: Option<oneshot::Receiver<()>>,
    release: oneshot::Sender<()>,
    answered: oneshot::Receiver<StatusCode>,
}

impl Hit {
    /// Waits until it has happened.
    pub async fn happened(&mut self) {
        assert!(self.comes(PATIENCE).await, "waited {PATIENCE:?} in vain for the write: {}", self.what);
    }

    /// Whether it happens in this time.
    pub async fn comes(&mut self, patience: Duration) -> bool {
        let Some(happened) = self.happened.as_mut() else { return true };
        let came = tokio::time::timeout(patience, happened).await.is_ok_and(|told| told.is_ok());
        self.happened.take_if(|_| came);
        came
    }

    /// Lets a held write go on, and tells what the API server answered.
    pub async fn release(self) -> StatusCode {
        self.release.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.answered).await.expect("an answer in time").expect("an answer")
    }
}

/// A rule, and its other end.
pub fn rule(what: &str, nth: u32, matches: Matches, fault: Fault) -> (Rule, Hit) {
    let (happened, hears_happened) = oneshot::channel();
    let (release, released) = oneshot::channel();
    let (answered, hears_answered) = oneshot::channel();
    let signals = Signals { happened, released, answered };
    let hit = Hit { what: what.to_owned(), happened: Some(hears_happened), release, answered: hears_answered };
    (Rule { matches, left: nth, fault, signals }, hit)
}
