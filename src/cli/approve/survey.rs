//! What else is known about the targets of several requests. What they share is read once.

use super::known::{self, unknown};
use super::request::{Question, Request};
use crate::api::Target;
use crate::cli::connect::Connected;
use crate::cli::failure::Attempted;
use crate::cli::in_force::InForce;
use crate::cli::kinds::Kind;
use crate::cli::ledgers::{self, World};
use crate::cli::output::Seen;
use crate::cli::read::{self, AT_A_TIME, CHUNK, Selection};
use crate::cli::session::Session;
use crate::settings::Gate;
use futures::{StreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};

/// How much is asked of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The ledgers of each namespace, in one call.
    Ledgers,
    /// Also the targets themselves, once each; the runs of steps; and those on targets that have no ledger.
    Everything,
}

type Found = Result<BTreeMap<String, Seen>, String>;

/// What a person should know of the target of each request, a sentence each, in the order of the requests.
pub async fn survey(requests: &[Request], depth: Depth, connected: &Connected, session: &Session) -> Vec<Vec<String>> {
    let found = read_ledgers(requests, connected).await;
    let subjects = subjects(requests, depth, connected).await;
    let (owners, in_force) = match depth {
        Depth::Everything => {
            let (owners, in_force) = futures::join!(owners(&subjects, connected), InForce::find(None, connected, session.now()));
            (owners, Some(in_force))
        }
        Depth::Ledgers if requests.iter().any(|request| depends_on_settings(request, &found, session)) => {
            (BTreeMap::new(), Some(InForce::find(None, connected, session.now()).await))
        }
        Depth::Ledgers => (BTreeMap::new(), None),
    };
    let each = requests.iter().zip(&subjects).map(|(request, subject)| {
        let (owners, found, in_force) = (&owners, &found, in_force.as_ref());
        async move {
            let mut notes = standing(request, found, (depth, in_force), connected, session).await;
            match subject {
                Some(Ok(subject)) => notes.extend(owners.get(subject).into_iter().flatten().cloned()),
                Some(Err(why)) => notes.push(format!("what it writes is unknown: {why}")),
                None => {}
            }
            notes
        }
    });
    stream::iter(each).buffered(AT_A_TIME).collect().await
}

/// The ledgers of the namespaces that the plans' targets are in, by namespace and name.
async fn read_ledgers(requests: &[Request], connected: &Connected) -> BTreeMap<String, Found> {
    let homes: BTreeSet<String> = requests.iter().filter_map(target).map(|target| target.home().to_owned()).collect();
    let each = homes.into_iter().map(|home| async move {
        let selection = Selection { namespace: Some(home.clone()), chunk: CHUNK, ..Selection::default() };
        let listed = read::list(&connected.client, Kind::Target, &selection).await.attempted(|| "list the ledgers".to_owned());
        let by_name = |seen: Seen| (seen.name().to_owned(), seen);
        (home, listed.map(|listed| listed.items.into_iter().map(by_name).collect()).map_err(|failure| failure.message))
    });
    stream::iter(each).buffer_unordered(AT_A_TIME).collect().await
}

/// The target of a request for a plan, if it is one.
fn target(request: &Request) -> Option<Target> {
    match &request.question {
        Question::Plan(spec) => spec.plan.target_resource.parse().ok(),
        Question::Step(_) => None,
    }
}

/// Target and uid, or why they are unknown; `None` where nobody asks.
type Subject = Option<Result<(String, String), String>>;

/// Target and uid of each request; a step's are its run's.
async fn subjects(requests: &[Request], depth: Depth, connected: &Connected) -> Vec<Subject> {
    let each = requests.iter().map(|request| async move {
        match &request.question {
            Question::Plan(spec) => Some(Ok((spec.plan.target_resource.clone(), spec.plan.target_uid.clone()))),
            Question::Step(_) if depth == Depth::Ledgers => None,
            Question::Step(spec) => {
                let at = &spec.workflow_execution_ref;
                let run = known::run(connected, &at.namespace, &at.name).await;
                Some(run.map(|run| (run.spec.target_resource, run.spec.target_uid)))
            }
        }
    });
    stream::iter(each).buffered(AT_A_TIME).collect().await
}

async fn owners(subjects: &[Subject], connected: &Connected) -> BTreeMap<(String, String), Vec<String>> {
    let once: BTreeSet<(String, String)> = subjects.iter().flatten().flatten().cloned().collect();
    let each = once.into_iter().map(|(target, uid)| async move {
        let notes = known::owner(connected, &target, &uid).await;
        ((target, uid), notes)
    });
    stream::iter(each).buffer_unordered(AT_A_TIME).collect().await
}

/// The ledger of a target, if there is one; or why that is unknown.
fn stored<'a>(target: &Target, found: &'a BTreeMap<String, Found>) -> Result<Option<Seen>, &'a str> {
    match found.get(target.home()) {
        Some(Ok(all)) => Ok(all.get(&target.ledger_name()).cloned()),
        Some(Err(why)) => Err(why),
        None => Ok(None),
    }
}

/// Whether what is known of the plan's target says one thing or another by other settings.
fn depends_on_settings(request: &Request, found: &BTreeMap<String, Found>, session: &Session) -> bool {
    let Some(target) = target(request) else { return false };
    let ledger = stored(&target, found).ok().flatten();
    let world = World::of(ledger.into_iter().map(|seen| (Kind::Target, seen)).collect(), &mut |_| {});
    ledgers::of(&world, &target, session.now(), &Gate::default()).depends_on_settings()
}

/// What stands between the approval of a plan and the start of its run.
async fn standing(
    request: &Request,
    found: &BTreeMap<String, Found>,
    (depth, in_force): (Depth, Option<&InForce>),
    connected: &Connected,
    session: &Session,
) -> Vec<String> {
    let (Question::Plan(spec), Some(target)) = (&request.question, target(request)) else { return Vec::new() };
    let ledger = match stored(&target, found) {
        Ok(ledger) => ledger,
        Err(why) => return vec![unknown(why)],
    };
    let is_built = ledger.as_ref().is_some_and(|seen| seen.time("/status/rebuiltAt").is_some());
    let workflow = &spec.plan.workflow_id;
    match (ledger, depth) {
        (Some(seen), _) if is_built => {
            known::shut(&World::of(vec![(Kind::Target, seen)], &mut |_| {}), &target, workflow, session, in_force)
        }
        (Some(_), Depth::Ledgers) => vec![unknown(&format!("the ledger of {target} is not built yet"))],
        // Every run makes a ledger before it starts.
        (None, Depth::Ledgers) => Vec::new(),
        (ledger, Depth::Everything) => {
            known::stored(connected, &target, ledger, workflow, session, in_force).await.unwrap_or_else(|why| vec![unknown(&why)])
        }
    }
}
