//! What the demo shows at its end, and whether that was the expected end.

use super::stage::{NAMESPACE, Seen};
use crate::api::{NotificationPhase, NotificationRequest, RemediationPhase, RemediationRequest, labels};
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::output::text::one_line;
use crate::cli::session::Session;
use kube::api::{Api, ListParams};
use kube::runtime::wait::await_condition;
use kube::{Client, ResourceExt};

/// Prints what changed and what people were told.
pub async fn show(client: &Client, before: &Seen, after: &Seen, request: &str, session: &Session) -> anyhow::Result<()> {
    super::say("The deployment, before and after");
    let replaced = after.pods.iter().filter(|pod| !before.pods.contains(pod)).count();
    session.voice.print_line(&format!("  memory limit   {} -> {}", before.memory, after.memory))?;
    session.voice.print_line(&format!("  pods           {replaced} of {} replaced", after.pods.len()))?;
    session.voice.print_line(&format!("  healthy        {}", if after.healthy { "yes" } else { "no" }))?;
    super::say("Who was told");
    let notices: Api<NotificationRequest> = Api::namespaced(client.clone(), NAMESPACE);
    let of_request = ListParams::default().labels(&format!("{}={request}", labels::REMEDIATION_REQUEST));
    let found = notices.list(&of_request).await?.items;
    if found.is_empty() {
        session.voice.print_line("  nobody: nothing needed a person")?;
    }
    for notice in found {
        let is_over = |notice: Option<&NotificationRequest>| notice.is_some_and(|notice| notice.phase().is_over());
        let sent = super::patiently("a notice", await_condition(notices.clone(), &notice.name_any(), is_over)).await?.unwrap_or(notice);
        print(&sent, session)?;
    }
    Ok(())
}

fn print(notice: &NotificationRequest, session: &Session) -> anyhow::Result<()> {
    let deliveries = notice.status.iter().flat_map(|status| &status.deliveries);
    let receivers: Vec<&str> = deliveries.map(|delivery| delivery.receiver.as_str()).collect();
    let how = if notice.phase() == NotificationPhase::Sent { "sent to" } else { "not sent to" };
    session.voice.print_line(&format!("  {how} {}: {}", receivers.join(", "), one_line(&notice.spec.subject)))?;
    for line in notice.spec.body.lines() {
        session.voice.print_line(&format!("    | {}", one_line(line)))?;
    }
    Ok(())
}

/// Whether the remediation ended as it must for that confidence and decision.
pub fn check(confidence: f64, reject: bool, ended: &RemediationRequest, before: &Seen, after: &Seen) -> anyhow::Result<Exit> {
    let runs = confidence >= 80.0 || (confidence >= 60.0 && !reject);
    let (wanted, changed) = if runs { (RemediationPhase::Completed, true) } else { (RemediationPhase::Failed, false) };
    let touched = before.generation != after.generation || before.pods != after.pods;
    let remediated = before.memory != after.memory && after.healthy;
    let told = ended.status.as_ref().is_some_and(|status| !status.notification_request_refs.is_empty());
    let expected = ended.phase() == wanted && if changed { remediated } else { !touched && told };
    if !expected {
        let message = format!("the remediation ended {:?}, which is not the expected end", ended.phase());
        let why = ended.status.as_ref().map(|status| status.message.clone()).unwrap_or_default();
        return Err(Failure::new(Reason::Internal, message).because(one_line(&why)).into());
    }
    super::say(if runs {
        "As expected: the deployment was changed and is healthy."
    } else {
        "As expected: nothing was touched, and a person was told."
    });
    Ok(Exit::Done)
}
