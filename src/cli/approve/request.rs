//! Finds the request that a person means.

use crate::api::{AIApprovalRequest, labels, names};
use crate::cli::connect::Connected;
use crate::cli::failure::{Failure, Reason, is_missing};
use crate::cli::get::not_found;
use crate::cli::kinds::{Kind, type_and_name};
use crate::cli::output::{Seen, text::one_line};
use crate::cli::read;

/// An approval request: as it was sent, and as we understand it.
#[derive(Clone, Debug)]
pub struct Request {
    /// As the server sent it.
    pub seen: Seen,
    /// As we understand it.
    pub typed: AIApprovalRequest,
}

impl Request {
    /// Understands what the server sent.
    pub fn read(seen: Seen) -> Result<Self, Failure> {
        let typed = serde_json::from_value(seen.0.clone());
        let typed = typed.map_err(|error| Failure::new(Reason::Internal, format!("{} cannot be understood: {error}", seen.name())))?;
        Ok(Self { seen, typed })
    }

    /// The command that shows where its remediation stands, whatever the namespace of the context.
    pub fn follow(&self) -> String {
        format!("kubectl kubernaut status rr/{} -n {}", self.remediation(), one_line(self.seen.namespace()))
    }

    /// `namespace/name`.
    pub fn object(&self) -> String {
        one_line(&format!("{}/{}", self.seen.namespace(), self.seen.name()))
    }

    /// `aiapprovalrequest.kubernaut.ai/name`.
    pub fn full_name(&self) -> String {
        one_line(&Kind::Approval.full_name(self.seen.name()))
    }

    /// Version that was read.
    pub fn version(&self) -> &str {
        self.seen.text("/metadata/resourceVersion")
    }

    /// Name of the remediation.
    pub fn remediation(&self) -> String {
        let labelled =
            self.seen.at("/metadata/labels").and_then(|labels| labels.get(labels::REMEDIATION_REQUEST)).and_then(|name| name.as_str());
        let analysis = &self.typed.spec.ai_analysis_ref.name;
        let ends = names::analysis("");
        one_line(labelled.or_else(|| analysis.strip_suffix(&ends)).unwrap_or(analysis))
    }
}

/// The request of this name, or the one of the remediation or analysis of this name.
pub async fn resolve(connected: &Connected, text: &str) -> Result<Request, Failure> {
    match type_and_name(text).map_err(Failure::usage)? {
        (Some(Kind::Approval), name) => direct(connected, &name).await,
        (Some(Kind::Remediation), name) => of(connected, &names::approval(&names::analysis(&name)), &format!("rr/{name}")).await,
        (Some(Kind::Analysis), name) => of(connected, &names::approval(&name), &format!("aia/{name}")).await,
        (Some(kind), _) => {
            Err(Failure::usage(format!("{text}: {} are not approved; name an approval request or its remediation", kind.friendly())))
        }
        (None, name) => guessed(connected, &name).await,
    }
}

async fn get(connected: &Connected, name: &str) -> Result<Seen, kube::Error> {
    read::get(&connected.client, Kind::Approval, &connected.namespace, name).await
}

async fn direct(connected: &Connected, name: &str) -> Result<Request, Failure> {
    match get(connected, name).await {
        Ok(seen) => Request::read(seen),
        Err(error) => Err(not_found(connected, Kind::Approval, name, &error).await),
    }
}

async fn of(connected: &Connected, name: &str, owner: &str) -> Result<Request, Failure> {
    match get(connected, name).await {
        Ok(seen) => Request::read(seen),
        Err(error) => {
            let failure = Failure::from_kube(&error, &format!("read the approval request of {owner}"));
            Err(match failure.reason {
                Reason::NotFound => Failure { message: format!("{owner} has no approval request"), ..failure }
                    .about(format!("{}/{name}", connected.namespace))
                    .hint(format!("see where it stands:  kubectl kubernaut status {owner}")),
                _ => failure,
            })
        }
    }
}

/// A bare name is an approval request's, or else a remediation's.
async fn guessed(connected: &Connected, name: &str) -> Result<Request, Failure> {
    match get(connected, name).await {
        Ok(seen) => Request::read(seen),
        Err(error) if is_missing(&error) => match get(connected, &names::approval(&names::analysis(name))).await {
            Ok(seen) => Request::read(seen),
            Err(_) => Err(not_found(connected, Kind::Approval, name, &error).await),
        },
        Err(error) => Err(not_found(connected, Kind::Approval, name, &error).await),
    }
}
