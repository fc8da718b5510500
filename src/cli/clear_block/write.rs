//! Writes a clearance, and waits until the controllers have carried it out.

use super::ClearBlockArgs;
use super::subject::Subject;
use crate::api::{BlockClearance, BlockClearancePhase, BlockClearanceSpec, GROUP, labels};
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Exit, Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::output::{Format, text::one_line};
use crate::cli::session::Session;
use kube::ResourceExt;
use kube::api::{Api, PostParams};
use std::time::Duration;

/// How many clearances of one block are tried before giving up on a free name.
const MOST_NAMES: u32 = 50;
const LOOK: Duration = Duration::from_millis(150);

/// Writes the clearance under the first free name, and returns it as it stands when it is decided or the patience ends.
///
/// # Errors
/// The API server's answer, with the missing rule where the right is missing.
pub async fn clearance(
    args: &ClearBlockArgs,
    connected: &Connected,
    subject: &Subject,
    spec: BlockClearanceSpec,
) -> anyhow::Result<BlockClearance> {
    let home = subject.target.home();
    let api: Api<BlockClearance> = Api::namespaced(connected.client.clone(), home);
    let params = PostParams { dry_run: args.dry_run == "server", field_manager: Some(labels::CLI.to_owned()) };
    for nth in 1..=MOST_NAMES {
        let mut wanted = BlockClearance::new(&format!("{}-{nth}", spec.block_id), spec.clone());
        wanted.metadata.namespace = Some(home.to_owned());
        if args.dry_run == "client" {
            return Ok(wanted);
        }
        match api.create(&params, &wanted).await {
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => return Err(explained(&error, &wanted, home).into()),
            Ok(made) if params.dry_run => return Ok(made),
            Ok(made) => return Ok(decided(&api, made, args).await?),
        }
    }
    Err(Failure::new(Reason::Conflict, format!("{MOST_NAMES} clearances of {} are there already", spec.block_id)).into())
}

fn explained(error: &kube::Error, wanted: &BlockClearance, home: &str) -> Failure {
    let failure = Failure::from_kube(error, &format!("clear {}", wanted.spec.block_id)).about(format!("{home}/{}", wanted.name_any()));
    match failure.reason == Reason::Forbidden && failure.hints.is_empty() {
        true => failure.hint(format!(
            "the missing rules, in a Role in namespace {home}: {{apiGroups: [{GROUP:?}], resources: [\"remediationtargets\"], verbs: [\"clear\"]}} and {{apiGroups: [{GROUP:?}], resources: [\"blockclearances\"], verbs: [\"create\"]}}"
        )),
        false => failure,
    }
}

async fn decided(api: &Api<BlockClearance>, made: BlockClearance, args: &ClearBlockArgs) -> Result<BlockClearance, Failure> {
    let patience = Duration::try_from(args.timeout).unwrap_or_default();
    let name = made.name_any();
    let waited = async {
        loop {
            let found = api.get(&name).await.attempted(|| format!("read {name}"))?;
            if found.status.as_ref().is_some_and(|status| status.phase.is_some()) {
                return Ok(found);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    if patience.is_zero() {
        return Ok(made);
    }
    tokio::time::timeout(patience, waited).await.unwrap_or(Ok(made))
}

/// Says what came of it.
///
/// # Errors
/// When the controllers refused it, or did not decide in time.
pub fn tell(args: &ClearBlockArgs, written: &BlockClearance, subject: &Subject, session: &Session) -> anyhow::Result<Exit> {
    let (voice, format) = (&session.voice, args.output.format());
    let name = Kind::Clearance.full_name(&written.name_any());
    let phase = written.status.as_ref().and_then(|status| status.phase);
    let how = match (args.dry_run.as_str(), phase) {
        ("client", _) => "created (dry run)".to_owned(),
        ("server", _) => "created (server dry run)".to_owned(),
        (_, Some(BlockClearancePhase::Applied)) => "created, block cleared".to_owned(),
        _ => "created".to_owned(),
    };
    match format {
        format if format.is_rendered() => voice.print(&args.output.render(&args.output.object(serde_json::to_value(written)?))?)?,
        Format::Name => voice.print_line(&name)?,
        _ => voice.print_line(&format!("{name} {how}"))?,
    }
    let status = written.status.clone().unwrap_or_default();
    match phase {
        _ if args.dry_run != "none" => {}
        Some(BlockClearancePhase::Applied) => {
            if let Some(wait) = subject.waits(session.now()) {
                voice.tell(&format!("note: nothing starts at once, {wait}"));
            }
        }
        Some(BlockClearancePhase::Refused) => {
            return Err(Failure::new(Reason::NotClearable, format!("the controllers refused it: {}", one_line(&status.message))).into());
        }
        None if args.timeout.is_zero() => {}
        None => {
            return Err(Failure::new(Reason::Timeout, "the controllers have not lifted it yet")
                .hint("it stays, and is carried out once they run:  kubectl kubernaut run-controllers")
                .into());
        }
    }
    Ok(Exit::Done)
}
