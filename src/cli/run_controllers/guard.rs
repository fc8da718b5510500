//! Keeps a laptop from changing a shared cluster by accident, and controllers without rights from starting.

use super::deployed;
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::output::text::one_line;
use crate::cli::paste;
use crate::cli::prompt::{self, Answer};
use crate::cli::session::Session;
use crate::cli::whoami::may;
use crate::manifests::policies::POLICIES;
use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicyBinding;
use kube::api::Api;
use std::net::{IpAddr, Ipv4Addr};

/// Asks before working on a cluster that is not this machine's own.
///
/// # Errors
/// When nobody can be asked, or says no.
pub async fn confirm(connected: &Connected, yes: bool, session: &Session) -> anyhow::Result<()> {
    if yes || is_local(&connected.server) || is_toy(&connected.context, &connected.server) {
        return Ok(());
    }
    let question = format!("{} is not on this machine. Run the controllers there, from here?", connected.server);
    if !session.look.keyboard {
        return Err(Failure::new(Reason::ConfirmationRequired, question).hint("say so with --yes").into());
    }
    match prompt::line(&format!("{question} [y/N]")).await? {
        Answer::Line(line) if matches!(line.as_str(), "y" | "yes") => Ok(()),
        Answer::Line(_) => Err(Failure::new(Reason::ConfirmationRequired, "not confirmed").into()),
        Answer::Interrupted => Err(Failure::new(Reason::ConfirmationRequired, "interrupted").exiting(Exit::Interrupted).into()),
    }
}

fn is_local(server: &str) -> bool {
    let Ok(uri) = server.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Clusters that one machine runs for itself are called so by the programs that make them, and are at a private address.
fn is_toy(context: &str, server: &str) -> bool {
    let named = context == "minikube" || context == "docker-desktop" || context.starts_with("kind-") || context.starts_with("k3d-");
    let Ok(uri) = server.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let private = host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_private()) || host == "kubernetes.docker.internal";
    named && private
}

/// Warns when the cluster runs controllers already.
pub async fn warn_of_a_deployment(connected: &Connected, session: &Session) {
    if let Ok(Some(found)) = deployed::find(connected).await {
        session
            .voice
            .tell(&one_line(&format!("warning: {found} runs the controllers in this cluster already; only one copy works at a time")));
    }
}

/// A ledger is built from the runs of all namespaces, and the policies let nobody but controllers write.
///
/// # Errors
/// When a right is missing; names it.
pub async fn may_work(connected: &Connected, account: &str) -> anyhow::Result<()> {
    for (verb, resource, why) in [
        ("list", "workflowexecutions", "no ledger could be trusted"),
        ("operate", "remediationrequests", "the API server would refuse every write"),
    ] {
        if !may(connected, verb, resource, None).await? {
            let missing = format!("{account} may not {verb} {resource}.kubernaut.ai in all namespaces, so {why}");
            let hint = format!("{}  grants it to the controllers' account", paste::ours("install"));
            return Err(Failure::new(Reason::Forbidden, missing).hint(hint).into());
        }
    }
    Ok(())
}

/// Warns when the API server would let others decide and write; the controllers check again what they can.
pub async fn warn_without_policies(connected: &Connected, session: &Session) {
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(connected.client.clone());
    let mut missing = Vec::new();
    for policy in POLICIES {
        if !matches!(bindings.get_opt(policy.name).await, Ok(Some(_))) {
            missing.push(policy.name);
        }
    }
    if !missing.is_empty() {
        session.voice.tell(&format!("warning: not seen to be bound, so that others could decide and write: {}", missing.join(", ")));
        session.hint(&paste::ours("install --only policy"));
    }
}

#[cfg(test)]
mod tests {
    use super::{is_local, is_toy};

    #[test]
    fn a_toy_is_called_so_and_is_at_a_private_address() {
        #[rustfmt::skip]
        let table = [
            ("minikube",               "minikube",       "https://192.168.49.2:8443",              true),
            ("kind on another host",   "kind-dev",       "https://10.1.2.3:6443",                  true),
            ("docker's own",           "docker-desktop", "https://kubernetes.docker.internal:6443", true),
            ("only called so",         "minikube",       "https://34.1.2.3:6443",                  false),
            ("only near",              "prod",           "https://10.1.2.3:6443",                  false),
        ];
        for (case, context, server, expected) in table {
            assert_eq!(is_toy(context, server), expected, "{case}");
        }
    }

    #[test]
    fn only_loopback_is_local() {
        #[rustfmt::skip]
        let table = [
            ("a sandbox",     "https://127.0.0.1:40123",  true),
            ("IPv6",          "https://[::1]:6443",       true),
            ("by name",       "https://localhost:6443",   true),
            ("a cluster",     "https://10.0.0.1:6443",    false),
            ("a look-alike",  "https://localhost.example", false),
        ];
        for (case, server, expected) in table {
            assert_eq!(is_local(server), expected, "{case}");
        }
    }
}
