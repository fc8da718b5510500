//! Makes the requests that were simulated, in the name of whoever asks. Nothing else: only the gateway may count duplicates and record ends.

use super::shape::{Simulated, Simulation};
use crate::api::{GROUP, RemediationRequest, RemediationRequestSpec, labels};
use crate::cli::connect::Connected;
use crate::cli::failure::rights::{missing_rule, rule};
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::text::one_line;
use crate::cli::paste::object;
use crate::cli::prompt::{Answer, line};
use crate::cli::session::Session;
use crate::cli::whoami::whoami;
use kube::api::{Api, PostParams};

/// Makes the requests, after asking unless `yes`.
///
/// # Errors
/// When nobody can be asked, or the API server refuses.
pub async fn create(simulation: &Simulation, yes: bool, connected: &Connected, session: &Session) -> anyhow::Result<Exit> {
    let wanted: Vec<(&Simulated, &RemediationRequestSpec)> =
        simulation.requests.iter().filter_map(|one| Some((one, one.wanted.as_deref()?))).collect();
    if wanted.is_empty() {
        session.voice.tell("nothing to create: no alert would become a new remediation");
        return Ok(Exit::Done);
    }
    let who = whoami(connected).await?;
    if !yes && !confirmed(wanted.len(), &who, connected, session).await? {
        session.voice.tell("nothing was created");
        return Ok(Exit::Done);
    }
    for (simulated, spec) in wanted {
        made(simulated, spec, &who, connected, session).await?;
    }
    Ok(Exit::Done)
}

async fn confirmed(how_many: usize, who: &str, connected: &Connected, session: &Session) -> anyhow::Result<bool> {
    if !session.look.keyboard {
        return Err(Failure::new(Reason::ConfirmationRequired, "--apply asks first, and nobody can be asked here")
            .hint("add --yes")
            .into());
    }
    let noun = if how_many == 1 { "this remediation request" } else { "these remediation requests" };
    let question =
        format!("Create {noun} as {}, who then may not approve it (context {})? [y/N]", one_line(who), one_line(&connected.context));
    Ok(matches!(line(&question).await?, Answer::Line(said) if matches!(said.to_lowercase().as_str(), "y" | "yes")))
}

async fn made(
    simulated: &Simulated,
    spec: &RemediationRequestSpec,
    who: &str,
    connected: &Connected,
    session: &Session,
) -> Result<(), Failure> {
    let (name, namespace) = (simulated.name.as_deref().unwrap_or_default(), simulated.namespace.as_deref().unwrap_or_default());
    let request = RemediationRequest::new(name, RemediationRequestSpec { requested_by: who.to_owned(), ..spec.clone() });
    let params = PostParams { field_manager: Some(labels::CLI.to_owned()), ..PostParams::default() };
    let api = Api::<RemediationRequest>::namespaced(connected.client.clone(), namespace);
    api.create(&params, &request).await.map_err(|error| explained(&error, namespace, name))?;
    session.voice.tell(&one_line(&format!("{} created", Kind::Remediation.full_name(name))));
    session.hint(&format!("follow it with  {} -w", object("status", &format!("rr/{name}"), namespace)));
    Ok(())
}

fn explained(error: &kube::Error, namespace: &str, name: &str) -> Failure {
    let failure = Failure::from_kube(error, &format!("create rr/{name}")).about(format!("{namespace}/{name}"));
    match failure.reason == Reason::Forbidden && failure.hints.is_empty() {
        true => failure.hint(missing_rule(Some(namespace), &rule(GROUP, "remediationrequests", "create"))),
        false => failure,
    }
}
