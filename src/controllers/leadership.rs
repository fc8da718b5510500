//! Holds the lease that keeps a second copy from working. An optimisation only: safety comes from the ledger.

use super::context::{Doing, Error};
use crate::api::SYSTEM_NAMESPACE;
use crate::permissions::Rule;
use crate::settings::Published;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Client;
use kube::api::{Api, ObjectMeta, PostParams};
use std::time::Duration;
use tokio::time::Instant;

/// What holding the lease needs.
pub const RULES: &[Rule] = &[Rule { groups: &["coordination.k8s.io"], resources: &["leases"], verbs: &["get", "create", "update"] }];

/// Name of the lease, in the system namespace.
pub const LEASE: &str = "kubernaut-controllers";
/// Annotation of the lease: version of the program that holds it.
pub const VERSION: &str = "kubernaut.ai/version";
/// Annotation of the lease: what its holder publishes of its settings, in JSON. It names the holder, as a copy of an older version that takes
/// the lease over leaves it there.
pub const SETTINGS: &str = "kubernaut.ai/settings";
const LASTS: Duration = Duration::from_secs(15);
const RENEWED_EVERY: Duration = Duration::from_secs(5);
const LASTS_SECONDS: i32 = 15;

/// What trying to get the lease came to.
#[derive(Debug)]
pub enum Claim {
    /// It is ours.
    Held(Box<Leadership>),
    /// Somebody else holds it and renews it.
    HeldBy(String),
}

/// A held lease.
#[derive(Debug)]
pub struct Leadership {
    leases: Api<Lease>,
    lease: Lease,
    me: String,
}

/// Claims the lease, and publishes the settings with it. Whether another holder lives is judged by whether its record changes while we look, never by its clock.
pub async fn claim(client: Client, me: &str, settings: &Published, force: bool, now: impl Fn() -> Timestamp) -> Result<Claim, Error> {
    let leases: Api<Lease> = Api::namespaced(client, SYSTEM_NAMESPACE);
    let doing = || format!("claim the lease {SYSTEM_NAMESPACE}/{LEASE}");
    let Some(found) = leases.get_opt(LEASE).await.doing(doing)? else {
        let lease = leases.create(&PostParams::default(), &publishing(settings, me, lease(me, now(), None))).await.doing(doing)?;
        return Ok(Claim::Held(Box::new(Leadership { leases, lease, me: me.to_owned() })));
    };
    let other = holder(&found).filter(|holder| holder != me);
    if let Some(other) = other.filter(|_| !force)
        && is_renewed(&leases, &found).await?
    {
        return Ok(Claim::HeldBy(other));
    }
    let claimed = publishing(settings, me, lease(me, now(), Some(found)));
    let lease = leases.replace(LEASE, &PostParams::default(), &claimed).await.doing(doing)?;
    Ok(Claim::Held(Box::new(Leadership { leases, lease, me: me.to_owned() })))
}

fn holder(lease: &Lease) -> Option<String> {
    lease.spec.as_ref()?.holder_identity.clone().filter(|holder| !holder.is_empty())
}

async fn is_renewed(leases: &Api<Lease>, seen: &Lease) -> Result<bool, Error> {
    let until = Instant::now() + LASTS;
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let again = leases.get_opt(LEASE).await.doing(|| format!("read the lease {LEASE}"))?;
        let changed = again.as_ref().is_some_and(|again| again.metadata.resource_version != seen.metadata.resource_version);
        if changed {
            return Ok(again.as_ref().and_then(holder).is_some());
        }
    }
    Ok(false)
}

/// Renewals keep what is published here.
fn publishing(settings: &Published, me: &str, mut lease: Lease) -> Lease {
    lease.metadata.annotations.get_or_insert_default().insert(SETTINGS.to_owned(), settings.by(me).to_json());
    lease
}

fn lease(me: &str, now: Timestamp, before: Option<Lease>) -> Lease {
    let mut metadata = before.as_ref().map_or_else(
        || ObjectMeta { name: Some(LEASE.to_owned()), namespace: Some(SYSTEM_NAMESPACE.to_owned()), ..ObjectMeta::default() },
        |before| before.metadata.clone(),
    );
    metadata.annotations.get_or_insert_default().insert(VERSION.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    let spec = before.and_then(|before| before.spec).unwrap_or_default();
    let ours = spec.holder_identity.as_deref() == Some(me);
    let taken_over = spec.lease_transitions.unwrap_or(0) + i32::from(!ours);
    Lease {
        metadata,
        spec: Some(LeaseSpec {
            holder_identity: Some(me.to_owned()),
            lease_duration_seconds: Some(LASTS_SECONDS),
            renew_time: Some(MicroTime(now)),
            acquire_time: if ours { spec.acquire_time } else { Some(MicroTime(now)) },
            lease_transitions: Some(taken_over),
            ..LeaseSpec::default()
        }),
    }
}

impl Leadership {
    /// Renews the lease until somebody else has it; says who. While the API server is away nobody can take it, so that is waited out.
    pub async fn keep(&mut self, now: impl Fn() -> Timestamp) -> String {
        loop {
            tokio::time::sleep(RENEWED_EVERY).await;
            match self.leases.replace(LEASE, &PostParams::default(), &lease(&self.me, now(), Some(self.lease.clone()))).await {
                Ok(lease) => self.lease = lease,
                Err(kube::Error::Api(status)) if status.is_conflict() => match self.reread().await {
                    Some(winner) => return winner,
                    None => tracing::info!("the lease was written by somebody else, but is still ours"),
                },
                Err(error) => tracing::warn!(%error, "the lease could not be renewed, trying again"),
            }
        }
    }

    /// Reads the lease again: whoever holds it now, or nobody when it is ours (an answer to a renewal was lost).
    async fn reread(&mut self) -> Option<String> {
        let found = self.leases.get(LEASE).await.ok()?;
        let other = holder(&found).filter(|holder| *holder != self.me);
        if other.is_none() {
            self.lease = found;
        }
        other
    }

    /// Gives the lease back, so that the next one need not wait.
    pub async fn release(mut self) -> bool {
        if let Some(spec) = &mut self.lease.spec {
            spec.holder_identity = None;
        }
        self.leases.replace(LEASE, &PostParams::default(), &self.lease).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::fake_api::FakeApi;
    use crate::settings::Settings;
    use serde_json::json;

    const PATH: &str = "/apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases/kubernaut-controllers";

    fn held_by(holder: &str) -> serde_json::Value {
        json!({ "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": { "namespace": SYSTEM_NAMESPACE }, "spec": { "holderIdentity": holder } })
    }

    async fn claimed(api: &FakeApi) -> Claim {
        let client = api.context(Settings::default()).client.clone();
        claim(client, "me", &Published::default(), false, || Timestamp::UNIX_EPOCH).await.unwrap()
    }

    async fn held(api: &FakeApi) -> Box<Leadership> {
        match claimed(api).await {
            Claim::Held(lease) => lease,
            Claim::HeldBy(other) => panic!("held by {other}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_holder_that_renews_is_left_alone_and_one_that_does_not_is_replaced() {
        let api = FakeApi::default().with(PATH, held_by("other"));
        let renewing = api.clone();
        let renews = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let _ = renewing.with(PATH, held_by("other"));
        });
        assert!(matches!(claimed(&api).await, Claim::HeldBy(other) if other == "other"));
        renews.await.unwrap();
        assert!(matches!(claimed(&api).await, Claim::Held(_)), "nobody renewed it for as long as it lasts");
    }

    #[tokio::test(start_paused = true)]
    async fn an_api_server_that_is_away_is_waited_out_and_a_winner_is_named() {
        let api = FakeApi::default().with(PATH, held_by("me"));
        let mut lease = held(&api).await;
        let api = api.failing(&format!("PUT {PATH}"), 503, 100);
        let away = tokio::time::timeout(Duration::from_secs(400), lease.keep(|| Timestamp::UNIX_EPOCH)).await;
        assert!(away.is_err(), "kept through {} refused renewals", api.calls(&format!("PUT {PATH}")));
        let api = api.with(PATH, held_by("other"));
        let winner = tokio::time::timeout(Duration::from_secs(400), lease.keep(|| Timestamp::UNIX_EPOCH)).await;
        assert_eq!(winner.unwrap(), "other");
        assert!(api.object(PATH).is_some());
    }

    #[tokio::test]
    async fn a_lease_that_is_given_back_has_no_holder() {
        let api = FakeApi::default().with(PATH, held_by(""));
        let lease = held(&api).await;
        let holder = || api.object(PATH).and_then(|lease| lease.pointer("/spec/holderIdentity").cloned());
        assert_eq!(holder(), Some(json!("me")));
        assert!(lease.release().await);
        assert_eq!(holder(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_published_stays_published_through_renewals() {
        let api = FakeApi::default();
        let settings = Settings {
            gate: crate::settings::Gate { cooldown: crate::settings::Length::minutes(1), ..Default::default() },
            ..Default::default()
        };
        let client = api.context(settings.clone()).client.clone();
        let claimed = claim(client, "me", &Published::of(&settings), false, || Timestamp::UNIX_EPOCH).await.unwrap();
        let Claim::Held(mut lease) = claimed else { panic!("held by somebody else") };
        let stored = |api: &FakeApi| api.object(PATH).unwrap()["metadata"]["annotations"][SETTINGS].clone();
        assert_eq!(stored(&api), r#"{"gate":{"cooldown":"1m"},"holder":"me"}"#);
        assert!(tokio::time::timeout(Duration::from_secs(30), lease.keep(|| Timestamp::UNIX_EPOCH)).await.is_err());
        assert!(api.calls(&format!("PUT {PATH}")) > 2, "it was renewed");
        assert_eq!(stored(&api), r#"{"gate":{"cooldown":"1m"},"holder":"me"}"#);
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_whose_answer_was_lost_is_no_loss() {
        let api = FakeApi::default().with(PATH, held_by("me"));
        let mut lease = held(&api).await;
        let api = api.with(PATH, held_by("me"));
        assert!(tokio::time::timeout(Duration::from_secs(60), lease.keep(|| Timestamp::UNIX_EPOCH)).await.is_err());
        assert!(api.calls(&format!("PUT {PATH}")) > 5);
    }
}
