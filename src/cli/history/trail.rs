//! Reads the objects that records follow from.

use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason, is_missing};
use crate::cli::kinds::Kind;
use crate::cli::output::{Seen, text::one_line};
use crate::cli::read::{self, Selection};
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

/// Reads one namespace, or all: the kinds that records follow from, and `besides`.
///
/// # Errors
/// The API server's answer.
pub async fn read(connected: &Connected, namespace: Option<&str>, besides: &[Kind], session: &Session) -> Result<Trail, Failure> {
    let (policies, bindings) = policies(connected, session).await?;
    let guards = Guards::of(&policies, &bindings);
    let mut seen = Vec::new();
    for kind in KINDS.iter().chain(besides) {
        let selection = Selection { namespace: namespace.map(str::to_owned), chunk: 500, ..Selection::default() };
        let listed = read::list(&connected.client, *kind, &selection).await.attempted(|| format!("list {}", kind.friendly()))?;
        seen.extend(listed.items.into_iter().map(|item| (*kind, item)));
    }
    let committed: Vec<Committed> = seen.iter().filter_map(|(kind, item)| decoded(*kind, item, session)).collect();
    let mut found = records(&committed, &guards);
    found.extend(policy_records(&policies, &bindings));
    Ok(Trail { records: found, guards, seen })
}

/// An object as one of ours; one that is odd is named and left out.
fn decoded(kind: Kind, item: &Seen, session: &Session) -> Option<Committed> {
    let read = match kind {
        Kind::Approval => typed(item, Committed::Approval),
        Kind::StepApproval => typed(item, Committed::StepApproval),
        Kind::Analysis => typed(item, Committed::Analysis),
        Kind::Execution => typed(item, Committed::Run),
        Kind::Clearance => typed(item, Committed::Clearance),
        Kind::Target => typed(item, Committed::Ledger),
        _ => return None,
    };
    let remark = |error: serde_json::Error| {
        session.voice.tell(&one_line(&format!("warning: {}/{} in {} is left out: {error}", kind.short(), item.name(), item.namespace())));
    };
    read.map_err(remark).ok()
}

fn typed<K: DeserializeOwned>(item: &Seen, committed: fn(Box<K>) -> Committed) -> Result<Committed, serde_json::Error> {
    K::deserialize(&item.0).map(|object| committed(Box::new(object)))
}

type Policies = (Vec<ValidatingAdmissionPolicy>, Vec<ValidatingAdmissionPolicyBinding>);

/// The policies; where they may not be read, nobody is verified, and that is said.
async fn policies(connected: &Connected, session: &Session) -> Result<Policies, Failure> {
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
