//! Asks the API server who sends alerts and whether they may, and remembers the answer for a moment.

use crate::api::GROUP;
use crate::clock::Clock;
use crate::controllers::root::why;
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::Client;
use kube::api::{Api, PostParams};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// How long an answer is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(10);
/// How many answers of a kind are remembered.
const MOST_REMEMBERED: usize = 1024;

/// SHA-256 of a token: tokens themselves are never kept.
type Token = [u8; 32];

/// Who sends alerts.
#[derive(Clone, Debug)]
pub enum Sender {
    /// Anybody on this machine; no token is asked for.
    Local,
    /// Somebody whom the API server knows.
    Known {
        /// Digest of the token.
        token: Token,
        /// Who it is.
        user: Box<UserInfo>,
    },
}

/// Why a message is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    /// What is answered.
    pub status: StatusCode,
    /// Why, in a sentence.
    pub message: String,
}

/// Asks who sends alerts and whether they may.
pub struct Door {
    client: Client,
    clock: Clock,
    open: bool,
    people: Remembered<Token, Option<UserInfo>>,
    rights: Remembered<(Token, String), bool>,
}

impl Door {
    /// A door; an `open` one asks nobody.
    pub fn new(client: Client, clock: Clock, open: bool) -> Self {
        Self { client, clock, open, people: Remembered::default(), rights: Remembered::default() }
    }

    /// Who sends this message.
    pub async fn sender(&self, headers: &HeaderMap) -> Result<Sender, TurnedAway> {
        if self.open {
            return local(headers);
        }
        let token = bearer(headers).ok_or_else(|| unknown("send a bearer token: `Authorization: Bearer <token>`"))?;
        let digest: Token = Sha256::digest(token).into();
        let user = match self.people.get(&digest, self.clock.now()) {
            Some(user) => user,
            None => self.people.put(digest, self.review(token).await?, self.clock.now()),
        };
        let user = user.ok_or_else(|| unknown("the API server does not know this token; it may have expired"))?;
        Ok(Sender::Known { token: digest, user: Box::new(user) })
    }

    /// Whether the sender may create RemediationRequests in a namespace. An error means that nobody can tell now.
    pub async fn may_create(&self, sender: &Sender, namespace: &str) -> Result<bool, String> {
        let Sender::Known { token, user } = sender else { return Ok(true) };
        let key = (*token, namespace.to_owned());
        if let Some(allowed) = self.rights.get(&key, self.clock.now()) {
            return Ok(allowed);
        }
        let asked = Api::<SubjectAccessReview>::all(self.client.clone()).create(&PostParams::default(), &question(user, namespace)).await;
        let answer = asked.map_err(|error| format!("the right to create RemediationRequests cannot be checked now: {}", why(&error)))?;
        let allowed = answer.status.is_some_and(|status| status.allowed && !status.denied.unwrap_or(false));
        Ok(self.rights.put(key, allowed, self.clock.now()))
    }

    async fn review(&self, token: &str) -> Result<Option<UserInfo>, TurnedAway> {
        let spec = TokenReviewSpec { token: Some(token.to_owned()), audiences: None };
        let review = TokenReview { spec, ..TokenReview::default() };
        let answer = Api::<TokenReview>::all(self.client.clone()).create(&PostParams::default(), &review).await;
        let status = answer.map_err(|error| not_now(&why(&error)))?.status.unwrap_or_default();
        let is_known = status.authenticated == Some(true) && status.error.as_deref().unwrap_or_default().is_empty();
        Ok(status.user.filter(|user| is_known && user.username.as_deref().is_some_and(|name| !name.is_empty())))
    }
}

/// A web page that somebody on this machine looks at is not a sender of alerts: browsers always tell where a page is from.
fn local(headers: &HeaderMap) -> Result<Sender, TurnedAway> {
    match headers.contains_key(http::header::ORIGIN) {
        true => Err(TurnedAway { status: StatusCode::FORBIDDEN, message: "alerts are not taken from web pages".to_owned() }),
        false => Ok(Sender::Local),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}

fn question(user: &UserInfo, namespace: &str) -> SubjectAccessReview {
    let attributes = ResourceAttributes {
        group: Some(GROUP.to_owned()),
        resource: Some("remediationrequests".to_owned()),
        verb: Some("create".to_owned()),
        namespace: Some(namespace.to_owned()),
        ..ResourceAttributes::default()
    };
    let spec = SubjectAccessReviewSpec {
        user: user.username.clone(),
        groups: user.groups.clone(),
        uid: user.uid.clone(),
        extra: user.extra.clone(),
        resource_attributes: Some(attributes),
        ..SubjectAccessReviewSpec::default()
    };
    SubjectAccessReview { spec, ..SubjectAccessReview::default() }
}

fn unknown(message: &str) -> TurnedAway {
    TurnedAway { status: StatusCode::UNAUTHORIZED, message: message.to_owned() }
}

fn not_now(why: &str) -> TurnedAway {
    TurnedAway { status: StatusCode::SERVICE_UNAVAILABLE, message: format!("the token cannot be checked now: {why}") }
}

/// Answers of the last seconds.
struct Remembered<K, V>(Mutex<HashMap<K, (Timestamp, V)>>);

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + Hash, V: Clone> Remembered<K, V> {
    /// An answer from the future is not believed: the clock was set back.
    fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, value) = known.get(key)?;
        let age = now.duration_since(*since);
        (!age.is_negative() && age < REMEMBERED).then(|| value.clone())
    }

    fn put(&self, key: K, value: V, now: Timestamp) -> V {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(key, (now, value.clone()));
        value
    }
}
