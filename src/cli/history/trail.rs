//! Reads the objects that records follow from.

use crate::api::labels;
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason, is_missing};
use crate::cli::kinds::Kind;
use crate::cli::output::{Seen, text::one_line};
use crate::cli::read::{self, CHUNK, Selection};
use crate::cli::session::Session;
use crate::rules::audit::{Committed, Record, records};
use crate::rules::guards::{Guards, policy_records};
use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};
use kube::api::{Api, ListParams};
use serde::de::DeserializeOwned;

/// The kinds that records follow from.
const KINDS: [Kind; 6] = [Kind::Approval, Kind::StepApproval, Kind::Analysis, Kind::Execution, Kind::Clearance, Kind::Target];

/// What the cluster's objects tell.
pub struct Trail {
    /// The records, in no order.
    pub records: Vec<Record>,
    /// Which policies hold.
    pub guards: Guards,
    /// The objects by kind, also of the kinds that were asked for besides.
    pub seen: Vec<(Kind, Seen)>,
}

impl Trail {
    /// What these objects tell. Those that are odd are told to `remark`, and left out.
    pub fn of(seen: Vec<(Kind, Seen)>, policies: &Policies, remark: &mut dyn FnMut(String)) -> Self {
        let guards = Guards::of(&policies.0, &policies.1);
        let committed: Vec<Committed> = seen.iter().filter_map(|(kind, item)| decoded(*kind, item, remark)).collect();
        let mut found = records(&committed, &guards);
        found.extend(policy_records(&policies.0, &policies.1));
        Self { records: found, guards, seen }
    }
}

/// One remediation, where nothing else is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct One {
    /// Its name.
    pub name: String,
    /// Name of its target's ledger, as far as it is known; any may be it otherwise.
    pub ledger: Option<String>,
}

/// Reads one namespace, or all: the kinds that records follow from, and `besides`.
///
/// # Errors
/// The API server's answer.
pub async fn read(connected: &Connected, namespace: Option<&str>, besides: &[Kind], session: &Session) -> Result<Trail, Failure> {
    let (policies, lists) = futures::join!(policies(connected, session), lists(connected, wanted(namespace, besides, None)));
    let mut seen = Vec::new();
    for (kind, listed) in lists {
        seen.extend(listed?.into_iter().map(|item| (kind, item)));
    }
    Ok(Trail::of(seen, &policies?, &mut |remark| session.voice.tell(&remark)))
}

/// Like [`read`], of `one` remediation if that is all that is asked for; but what may not be read is named and left out, as long as anything may be.
///
/// # Errors
/// The API server's answer.
pub async fn read_what_may_be(
    connected: &Connected,
    namespace: Option<&str>,
    besides: &[Kind],
    one: Option<&One>,
    session: &Session,
) -> Result<Trail, Failure> {
    let (policies, lists) = futures::join!(policies(connected, session), lists(connected, wanted(namespace, besides, one)));
    let (mut seen, mut refused) = (Vec::new(), Vec::new());
    let all = lists.len();
    for (kind, listed) in lists {
        match listed {
            Err(why) if why.reason == Reason::Forbidden => refused.push(why),
            listed => seen.extend(listed?.into_iter().map(|item| (kind, item))),
        }
    }
    match refused.first() {
        Some(why) if refused.len() == all => return Err(why.clone()),
        _ => refused.iter().for_each(|why| crate::cli::status::remark(session, why)),
    }
    Ok(Trail::of(seen, &policies?, &mut |remark| session.voice.tell(&remark)))
}

/// What to read, or to follow: the kinds that records follow from, and `besides`; of `one` remediation, only what may be about it.
pub fn wanted(namespace: Option<&str>, besides: &[Kind], one: Option<&One>) -> Vec<(Kind, Selection)> {
    let all = Selection { namespace: namespace.map(str::to_owned), chunk: CHUNK, ..Selection::default() };
    let named = |name: &str| Some(format!("metadata.name={name}"));
    let selection = |kind: Kind| match (one, kind) {
        // What people write carries no label; it names a block.
        (None, _) | (Some(_), Kind::Clearance) => all.clone(),
        (Some(one), Kind::Remediation) => Selection { fields: named(&one.name), ..all.clone() },
        (Some(one), Kind::Target) => Selection { fields: one.ledger.as_deref().and_then(named), ..all.clone() },
        (Some(one), _) => Selection { labels: Some(format!("{}={}", labels::REMEDIATION_REQUEST, one.name)), ..all.clone() },
    };
    KINDS.iter().chain(besides).map(|kind| (*kind, selection(*kind))).collect()
}

async fn lists(connected: &Connected, wanted: Vec<(Kind, Selection)>) -> Vec<(Kind, Result<Vec<Seen>, Failure>)> {
    let list = async |(kind, selection): (Kind, Selection)| {
        let listed = read::list(&connected.client, kind, &selection).await.attempted(|| format!("list {}", kind.friendly()));
        (kind, listed.map(|listed| listed.items))
    };
    futures::future::join_all(wanted.into_iter().map(list)).await
}

/// An object as one of ours; one that is odd is named and left out.
fn decoded(kind: Kind, item: &Seen, remark: &mut dyn FnMut(String)) -> Option<Committed> {
    let read = match kind {
        Kind::Approval => typed(item, Committed::Approval),
        Kind::StepApproval => typed(item, Committed::StepApproval),
        Kind::Analysis => typed(item, Committed::Analysis),
        Kind::Execution => typed(item, Committed::Run),
        Kind::Clearance => typed(item, Committed::Clearance),
        Kind::Target => typed(item, Committed::Ledger),
        _ => return None,
    };
    let odd = |error: serde_json::Error| {
        remark(one_line(&format!("warning: {}/{} in {} is left out: {error}", kind.short(), item.name(), item.namespace())));
    };
    read.map_err(odd).ok()
}

fn typed<K: DeserializeOwned>(item: &Seen, committed: fn(Box<K>) -> Committed) -> Result<Committed, serde_json::Error> {
    K::deserialize(&item.0).map(|object| committed(Box::new(object)))
}

/// The policies and their bindings.
pub type Policies = (Vec<ValidatingAdmissionPolicy>, Vec<ValidatingAdmissionPolicyBinding>);

/// The policies; where they may not be read, nobody is verified, and that is said.
///
/// # Errors
/// The API server's answer, unless it is that they may not be read.
pub async fn policies(connected: &Connected, session: &Session) -> Result<Policies, Failure> {
    let all = ListParams::default();
    let (policies, bindings) = (Api::all(connected.client.clone()), Api::all(connected.client.clone()));
    let read = futures::try_join!(policies.list(&all), bindings.list(&all));
    match read {
        Ok((policies, bindings)) => Ok((policies.items, bindings.items)),
        Err(error) if is_missing(&error) => Ok(Policies::default()),
        Err(error) => {
            let failure = Failure::from_kube(&error, "list the admission policies");
            if failure.reason != Reason::Forbidden {
                return Err(failure);
            }
            session
                .voice
                .tell("note: you may not read validatingadmissionpolicies and their bindings, so every name is shown as unverified");
            Ok(Policies::default())
        }
    }
}
