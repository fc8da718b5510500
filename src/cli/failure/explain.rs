//! Turns what libraries say into what a person can act on.

use super::{Exit, Failure, Reason, rights};
use crate::cli::connect::reach::{NotReached, Slow};
use crate::cli::paste;
use kube::core::Status;
use std::error::Error;

/// What is said where a request found our types missing, before anybody asked what is served instead.
pub const UNKNOWN_TYPES: &str = "the API server does not know kubernaut's types";

impl Failure {
    /// Explains an answer of the API server, or that there was none. `what` completes "cannot …".
    pub fn from_kube(error: &kube::Error, what: &str) -> Self {
        match error {
            kube::Error::Api(status) => from_status(status, what),
            other => from_transport(other, what),
        }
    }

    /// Explains any error; `None` when the reader of our output has gone, which is nobody's failure.
    pub fn from_any(error: &anyhow::Error) -> Option<Self> {
        if let Some(failure) = error.downcast_ref::<Self>() {
            return Some(failure.clone());
        }
        if error.chain().any(is_broken_pipe) {
            return None;
        }
        let inner = error.chain().find_map(|cause| cause.downcast_ref::<Self>().cloned());
        let kube = || error.chain().find_map(|cause| cause.downcast_ref::<kube::Error>());
        Some(inner.or_else(|| kube().map(|kube| Self::from_kube(kube, ""))).unwrap_or_else(|| {
            let failure = Self::new(Reason::Internal, error.to_string());
            error.chain().skip(1).fold(failure, |failure, cause| failure.because(cause.to_string()))
        }))
    }
}

fn is_broken_pipe(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn sentence(what: &str, said: &str) -> String {
    if what.is_empty() { said.to_owned() } else { format!("cannot {what}: {said}") }
}

fn from_status(status: &Status, what: &str) -> Failure {
    let said = without_policy_prefix(&status.message);
    let missing_kind = status.code == 404 && status.details.as_ref().is_none_or(|details| details.name.is_empty());
    let reason = match status.code {
        404 if missing_kind => Reason::CrdMissing,
        404 => Reason::NotFound,
        401 => Reason::Unauthorized,
        403 => Reason::Forbidden,
        409 => Reason::Conflict,
        _ => Reason::Internal,
    };
    let said = match reason {
        Reason::CrdMissing => UNKNOWN_TYPES,
        _ if said.is_empty() => "the API server refused",
        _ => said,
    };
    let refused = Refused::read(said).filter(|_| reason == Reason::Forbidden);
    let mut failure = match &refused {
        Some(refused) => Failure::new(reason, sentence(what, &refused.in_short())).hint(refused.missing_rule()),
        None => Failure::new(reason, sentence(what, said)),
    };
    failure.hints.extend(hint(reason));
    // kube makes up a Status for an answer that is none.
    failure.server = Some(Box::new(status.clone())).filter(|status| !status.reason.contains("Failed to parse"));
    failure
}

fn hint(reason: Reason) -> Option<String> {
    match reason {
        Reason::CrdMissing => Some(format!("install them with  {}", paste::ours("install"))),
        Reason::Unauthorized => Some(format!("the credentials of this context are not accepted; see  {}", paste::kubectl("auth whoami"))),
        _ => None,
    }
}

/// What a policy says, without the API server's words about which policy said it.
fn without_policy_prefix(message: &str) -> &str {
    let said = message.split_once("denied request: ").filter(|(before, _)| before.contains("ValidatingAdmissionPolicy"));
    said.map_or(message, |(_, said)| said)
}

/// What the API server says when no rule allows a request.
struct Refused {
    user: String,
    verb: String,
    resource: String,
    group: String,
    /// Absent for the whole cluster.
    namespace: Option<String>,
}

impl Refused {
    /// Reads `… is forbidden: User "bob" cannot get resource "pods" in API group "" in the namespace "shop"`.
    fn read(said: &str) -> Option<Self> {
        let quoted = |after: &str| Some(said.split_once(after)?.1.split_once('"')?.0.to_owned());
        let verb = said.split_once("\" cannot ")?.1.split(' ').next()?.to_owned();
        let (user, resource, group) = (quoted("User \"")?, quoted("resource \"")?, quoted("API group \"")?);
        Some(Self { user, verb, resource, group, namespace: quoted("in the namespace \"") })
    }

    fn in_short(&self) -> String {
        let place = self.namespace.as_ref().map_or_else(|| "in the whole cluster".to_owned(), |name| format!("in namespace {name}"));
        format!("{} may not {} {} {place}", self.user, self.verb, self.resource)
    }

    /// The Role rule that would have allowed it.
    fn missing_rule(&self) -> String {
        rights::missing_rule(self.namespace.as_deref(), &rights::rule(&self.group, &self.resource, &self.verb))
    }
}

fn from_transport(error: &kube::Error, what: &str) -> Failure {
    let mut chain = anyhow::Chain::new(error);
    if let Some(failure) = chain.clone().find_map(|cause| cause.downcast_ref::<Failure>()) {
        return failure.clone();
    }
    if let Some(slow) = chain.clone().find_map(|cause| cause.downcast_ref::<Slow>()) {
        let failure = Failure::new(Reason::Timeout, sentence(what, &slow.to_string())).exiting(Exit::Failed);
        return failure.hint("give it longer with --request-timeout");
    }
    if let Some(away) = chain.clone().find_map(|cause| cause.downcast_ref::<NotReached>()) {
        return not_reached(away);
    }
    if chain.any(|cause| cause.is::<std::io::Error>()) || matches!(error, kube::Error::HyperError(_)) {
        return unreachable_at("the API server", &innermost(error));
    }
    Failure::new(Reason::Internal, sentence(what, &innermost(error)))
}

fn not_reached(away: &NotReached) -> Failure {
    if away.guessed {
        let said = "nothing says where to connect: no kubeconfig, no --server, and this is not a pod";
        let failure = Failure::new(Reason::Unreachable, said).because(format!("{} was tried: {}", away.server, innermost(away)));
        return failure.hint("name a kubeconfig with --kubeconfig or KUBECONFIG; without a cluster, try  kubectl kubernaut sandbox");
    }
    match handshake(away).or_else(|| plaintext(away)) {
        Some((why, hint)) => {
            Failure::new(Reason::Unreachable, format!("cannot talk to the API server at {}: {why}", away.server)).hint(hint)
        }
        None => unreachable_at(&away.server, &innermost(away)),
    }
}

/// Why TLS did not come about, and what to do.
fn handshake(error: &(dyn Error + 'static)) -> Option<(String, &'static str)> {
    use rustls::CertificateError as Bad;
    let found = anyhow::Chain::new(error).find_map(carried)?;
    let (why, hint) = match found {
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer | Bad::BadSignature) => {
            ("its certificate is signed by an unknown authority", "name the right one with --certificate-authority, or in the kubeconfig")
        }
        rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
            ("its certificate has expired", "renew the certificate of the API server, and check the clock of this machine")
        }
        rustls::Error::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            ("its certificate is not valid yet", "check the clock of this machine")
        }
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            ("its certificate is for another name", "name it with --tls-server-name, or correct the server's address")
        }
        rustls::Error::InvalidMessage(_) => ("it does not speak TLS", "is its address http:// instead of https://?"),
        rustls::Error::AlertReceived(_) => {
            return Some((format!("it refused the connection: {found}"), "check the client certificate of this context"));
        }
        other => return Some((other.to_string(), "check the certificates of this context:  kubectl config view")),
    };
    Some((why.to_owned(), hint))
}

/// What TLS says within this error; an I/O error does not name what it carries as its source.
fn carried<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let within = || carried(error.downcast_ref::<std::io::Error>()?.get_ref()?);
    error.downcast_ref::<rustls::Error>().or_else(within)
}

/// An answer that is no HTTP, which is what a TLS server gives to a question in the clear.
fn plaintext(away: &NotReached) -> Option<(String, &'static str)> {
    let garbled = away.server.starts_with("http://") && innermost(away).contains("invalid HTTP version");
    garbled.then(|| ("it does not answer in plain HTTP".to_owned(), "is its address https:// instead of http://?"))
}

fn unreachable_at(server: &str, why: &str) -> Failure {
    let hint = "check that the cluster is up and the context is right:  kubectl config get-contexts";
    Failure::new(Reason::Unreachable, format!("cannot reach the API server at {server}: {why}")).hint(hint)
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    anyhow::Chain::new(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: u16, message: &str, name: &str) -> kube::Error {
        let details = kube::core::response::StatusDetails { name: name.to_owned(), ..serde_json::from_str("{}").expect("details") };
        kube::Error::Api(Box::new(Status { code, message: message.to_owned(), details: Some(details), ..Status::default() }))
    }

    #[test]
    fn each_answer_has_its_reason_and_code() {
        #[rustfmt::skip]
        let table = [
            ("no such object",  answer(404, "x not found", "x"),        Reason::NotFound,     Exit::Failed),
            ("no such kind",    answer(404, "404 page not found", ""),  Reason::CrdMissing,   Exit::Failed),
            ("who are you",     answer(401, "Unauthorized", ""),        Reason::Unauthorized, Exit::Failed),
            ("you may not",     answer(403, "no", "x"),                 Reason::Forbidden,    Exit::Failed),
            ("somebody else",   answer(409, "modified", "x"),           Reason::Conflict,     Exit::Refused),
            ("server trouble",  answer(500, "etcd", ""),                Reason::Internal,     Exit::Failed),
        ];
        for (case, error, reason, exit) in table {
            let failure = Failure::from_kube(&error, "read x");
            assert_eq!((failure.reason, failure.exit), (reason, exit), "{case}");
            assert!(!failure.message.contains("Status {"), "{case}");
        }
    }

    #[test]
    fn a_refusal_names_the_missing_rule() {
        let said = "aiapprovalrequests.kubernaut.ai \"x\" is forbidden: User \"bob\" cannot get resource \"aiapprovalrequests\" in API group \"kubernaut.ai\" in the namespace \"payment\"";
        let failure = Failure::from_kube(&answer(403, said, "x"), "read x");
        let rule = "the missing rule, in a Role in namespace payment: {apiGroups: [\"kubernaut.ai\"], resources: [\"aiapprovalrequests\"], verbs: [\"get\"]}";
        assert_eq!(failure.hints, [rule]);
        assert_eq!(failure.message, "cannot read x: bob may not get aiapprovalrequests in namespace payment");
        let everywhere = "x is forbidden: User \"bob\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
        let failure = Failure::from_kube(&answer(403, everywhere, ""), "list pods");
        assert_eq!(failure.message, "cannot list pods: bob may not list pods in the whole cluster");
        assert_eq!(failure.hints, ["the missing rule, in a ClusterRole: {apiGroups: [\"\"], resources: [\"pods\"], verbs: [\"list\"]}"]);
    }

    #[test]
    fn policies_speak_for_themselves() {
        let said = "aiapprovalrequests.kubernaut.ai \"x\" is forbidden: ValidatingAdmissionPolicy 'decisions' with binding 'decisions' denied request: bob may not approve";
        assert_eq!(Failure::from_kube(&answer(403, said, "x"), "approve x").message, "cannot approve x: bob may not approve");
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let gone = anyhow::Error::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert_eq!(Failure::from_any(&gone), None);
        assert!(Failure::from_any(&anyhow::anyhow!("x")).is_some());
    }
}
