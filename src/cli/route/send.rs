//! `route test --send`: has the controllers deliver a notice that says it is a test, and tells who has it.

use super::test::Asked;
use crate::api::{Delivery, DeliveryState, NotificationPhase, NotificationRequest, labels};
use crate::cli::approve::identity;
use crate::cli::connect::Connected;
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Attempted, Exit, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::{age::length, text::one_line};
use crate::cli::paste;
use crate::cli::prompt::{Answer, line};
use crate::cli::session::Session;
use crate::cli::whoami::whoami;
use crate::rules::wording::trial::trial;
use jiff::SignedDuration;
use kube::ResourceExt;
use kube::api::{Api, PostParams};
use std::time::Duration;

const LOOK: Duration = Duration::from_millis(200);
/// How long the delivery is waited for, unless it is said.
const USUAL: SignedDuration = SignedDuration::from_secs(30);

/// Whether a test message is sent, and how.
#[derive(clap::Args)]
pub struct SendArgs {
    /// Send a message that says it is a test; without this nothing is ever sent
    #[arg(long, conflicts_with_all = ["config", "offline"])]
    pub send: bool,
    /// Do not ask before sending
    #[arg(short = 'y', long)]
    yes: bool,
    /// Send nothing: none, client (show what would be made), server (have it checked)
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "client")]
    dry_run: DryRun,
    /// How long to wait for the delivery, 30s unless said; 0s does not wait
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    timeout: Option<SignedDuration>,
}

/// What was sent, and how it ended.
pub struct Sent {
    /// The notice.
    pub notice: NotificationRequest,
    /// 0 when everybody has it, 4 when not.
    pub exit: Exit,
}

impl SendArgs {
    /// Refuses flags that say how to send where nothing is sent.
    ///
    /// # Errors
    /// A usage error.
    pub fn check(&self) -> Result<(), Failure> {
        let told_how = self.yes || self.dry_run != DryRun::None || self.timeout.is_some();
        match told_how && !self.send {
            true => Err(Failure::usage("--yes, --dry-run and --timeout go with --send").hint("without --send nothing is sent")),
            false => Ok(()),
        }
    }

    /// Makes the notice and waits for its delivery; `None` after Ctrl-C.
    ///
    /// # Errors
    /// When nobody can be asked, the right is missing, or the controllers do not deliver in time.
    pub async fn send(
        &self,
        asked: &Asked,
        receivers: &[String],
        connected: &Connected,
        session: &Session,
    ) -> anyhow::Result<Option<Sent>> {
        let who = whoami(connected).await?;
        if self.dry_run == DryRun::None && !self.yes {
            match confirmed(receivers, &who, connected, session).await? {
                None => return Ok(None),
                Some(false) => {
                    return Err(Failure::new(Reason::ConfirmationRequired, "nothing was sent").exiting(Exit::Failed).into());
                }
                Some(true) => {}
            }
        }
        let notice = self.made(asked, &who, connected).await?;
        if self.dry_run != DryRun::None {
            return Ok(Some(Sent { notice, exit: Exit::Done }));
        }
        Ok(Some(self.delivered(notice, connected).await?))
    }

    /// `notificationrequest.kubernaut.ai/NAME created`.
    pub fn line(&self, sent: &Sent) -> String {
        format!("{} created{}", Kind::Notification.full_name(&sent.notice.name_any()), self.dry_run.remark())
    }

    /// Who has it, and what may be wrong with those who have not.
    pub fn tell(&self, sent: &Sent, receivers: &[String], session: &Session) {
        if self.dry_run != DryRun::None {
            return;
        }
        let deliveries = deliveries(&sent.notice);
        deliveries.iter().for_each(|delivery| session.voice.tell(&one_line(&told(delivery))));
        let by_others = deliveries.iter().any(|delivery| !receivers.contains(&delivery.receiver) && !receivers.contains(&delivery.channel));
        if by_others {
            session.voice.tell("warning: the controllers route it otherwise than this tree does; they read theirs when they start");
        }
        let (name, namespace) = (sent.notice.name_any(), sent.notice.namespace().unwrap_or_default());
        session.hint(&format!("it stays until it is deleted:  {}", deletion(&name, &namespace)));
    }

    async fn made(&self, asked: &Asked, who: &str, connected: &Connected) -> Result<NotificationRequest, Failure> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("test-{}", id.get(..12).unwrap_or(&id));
        let mut wanted = NotificationRequest::new(&name, trial(who, &name, &asked.labels, &asked.channels));
        wanted.metadata.namespace = Some(connected.namespace.clone());
        let mut labels = asked.labels.clone();
        // It would pass for a notice of that remediation.
        labels.remove(labels::REMEDIATION_REQUEST);
        wanted.metadata.labels = Some(labels);
        if self.dry_run == DryRun::Client {
            return Ok(wanted);
        }
        let params = PostParams { dry_run: self.dry_run == DryRun::Server, field_manager: Some(labels::CLI.to_owned()) };
        let made = notices(connected).create(&params, &wanted).await;
        made.map_err(|error| explained(&error, &connected.namespace))
    }

    async fn delivered(&self, notice: NotificationRequest, connected: &Connected) -> Result<Sent, Failure> {
        let patience = Duration::try_from(self.timeout.unwrap_or(USUAL)).unwrap_or_default();
        if patience.is_zero() {
            return Ok(Sent { notice, exit: Exit::Done });
        }
        let name = notice.name_any();
        let waited = async {
            loop {
                let now = notices(connected).get(&name).await.attempted(|| format!("read nr/{name}"))?;
                if now.phase().is_over() {
                    return Ok(now);
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let notice = tokio::time::timeout(patience, waited).await.unwrap_or_else(|_| Err(late(&name, &connected.namespace)))?;
        let exit = if notice.phase() == NotificationPhase::Sent { Exit::Done } else { Exit::No };
        Ok(Sent { notice, exit })
    }
}

/// Whether a person agrees; `None` after Ctrl-C.
async fn confirmed(receivers: &[String], who: &str, connected: &Connected, session: &Session) -> anyhow::Result<Option<bool>> {
    if !session.look.keyboard {
        let failure = Failure::new(Reason::ConfirmationRequired, "--send asks first, and nobody can be asked here");
        return Err(failure.hint("confirm with --yes, or see what would be made with --dry-run=server").into());
    }
    let to = one_line(&receivers.join(", "));
    let question = format!("Send a message that says it is a test to {to}? {} [y/N]", identity(who, &connected.context));
    Ok(match line(&question).await? {
        Answer::Interrupted => None,
        Answer::Line(said) => Some(matches!(said.to_lowercase().as_str(), "y" | "yes")),
    })
}

fn notices(connected: &Connected) -> Api<NotificationRequest> {
    Api::namespaced(connected.client.clone(), &connected.namespace)
}

fn deliveries(notice: &NotificationRequest) -> &[Delivery] {
    notice.status.as_ref().map(|status| status.deliveries.as_slice()).unwrap_or_default()
}

fn told(delivery: &Delivery) -> String {
    let by = if delivery.receiver == delivery.channel { String::new() } else { format!(" by {}", delivery.channel) };
    match (delivery.state, &delivery.last_error) {
        (DeliveryState::Delivered, _) => format!("delivered to {}{by}", delivery.receiver),
        (_, Some(why)) => format!("not delivered to {}{by}: {why}", delivery.receiver),
        (_, None) => format!("not delivered to {}{by}", delivery.receiver),
    }
}

fn late(name: &str, namespace: &str) -> Failure {
    Failure::new(Reason::Timeout, format!("the controllers have not delivered nr/{name} yet"))
        .about(format!("{namespace}/{name}"))
        .hint(format!("see whether they run:  {}", paste::ours("check --only controllers")))
        .hint(format!("it stays, and is delivered once they run, unless you delete it:  {}", deletion(name, namespace)))
}

fn deletion(name: &str, namespace: &str) -> String {
    paste::kubectl(&format!("delete notificationrequest {} -n {}", paste::quoted(name), paste::quoted(namespace)))
}

fn explained(error: &kube::Error, namespace: &str) -> Failure {
    let failure = Failure::from_kube(error, "send a test message");
    match failure.reason {
        Reason::Forbidden => failure.hint(format!(
            "notices tell people what to type, so only those who may act as controllers make them: create on notificationrequests and operate on remediationrequests, in namespace {namespace}; a cluster admin has both, and can send it for you"
        )),
        _ => failure,
    }
}
