//! Whether anything stands still that should go on by itself.

use super::{Check, Outcome, lease};
use crate::api::{Target, labels};
use crate::cli::connect::Connected;
use crate::cli::kinds::Kind;
use crate::cli::output::Seen;
use crate::cli::paste;
use crate::cli::read::{self, CHUNK, Selection};
use crate::cli::session::Session;
use crate::rules::course::budgets;
use crate::rules::stuck::{self, Course, Holder, deleting, held, on_its_way};
use crate::settings::Budgets;
use jiff::Timestamp;
use std::collections::BTreeMap;

const CATEGORY: &str = "stuck";
/// The kinds that controllers take up, each by writing a phase.
const TAKEN_UP: [Kind; 7] =
    [Kind::Remediation, Kind::Processing, Kind::Analysis, Kind::Execution, Kind::Step, Kind::Notification, Kind::Clearance];

/// Looks at everything in the cluster, or at the namespace when no more may be seen.
pub async fn all(connected: &Connected, session: &Session) -> Vec<Check> {
    match look(connected, session.now()).await {
        Ok(found) if found.is_empty() => vec![Check::new(CATEGORY, "nothing", Outcome::Ok, "everything goes on or rests")],
        Ok(found) => found,
        Err((kind, error)) => vec![Check::unseen(CATEGORY, kind.friendly(), &error)],
    }
}

async fn look(connected: &Connected, now: Timestamp) -> Result<Vec<Check>, (Kind, kube::Error)> {
    let targets = list(connected, Kind::Target).await?;
    let (mut runs, mut found) = (Vec::new(), Vec::new());
    for kind in TAKEN_UP {
        let seen = list(connected, kind).await?;
        let stuck = seen.iter().filter_map(|seen| Some((seen, on_its_way(&course(kind, seen), now)?)));
        found.extend(stuck.map(|(seen, why)| warning(kind, seen, &why).hint(see_the_controllers())));
        if kind == Kind::Execution {
            runs = seen;
        }
    }
    found.extend(targets.iter().filter_map(|target| kept(target, &runs, now)));
    let controllers_work = lease::idle(connected, now).await.is_none();
    found.extend(being_deleted(&runs, controllers_work, now));
    found.extend(without_ledger(&targets, &runs));
    Ok(found)
}

fn see_the_controllers() -> String {
    format!("whether controllers work says  {};  why an object waits, their log", paste::ours("check --only controllers"))
}

async fn list(connected: &Connected, kind: Kind) -> Result<Vec<Seen>, (Kind, kube::Error)> {
    let of = |namespace: Option<String>| Selection { namespace, chunk: CHUNK, ..Selection::default() };
    let listed = match read::list(&connected.client, kind, &of(None)).await {
        Err(kube::Error::Api(status)) if status.is_forbidden() => {
            read::list(&connected.client, kind, &of(Some(connected.namespace.clone()))).await
        }
        listed => listed,
    };
    listed.map(|listed| listed.items).map_err(|error| (kind, error))
}

fn warning(kind: Kind, seen: &Seen, why: &str) -> Check {
    Check::new(CATEGORY, format!("{}/{} in {}", kind.short(), seen.name(), seen.namespace()), Outcome::Warning, why)
}

fn course(kind: Kind, seen: &Seen) -> Course {
    let phase = seen.text("/status/phase").to_owned();
    let budget = match kind {
        Kind::Remediation => seen.time(&format!("/status/phaseTimes/{phase}")).map(|since| (since, whole(seen))),
        _ => None,
    };
    let rests = matches!(phase.as_str(), "AwaitingApproval" | "Completed" | "Failed" | "TimedOut");
    Course { created: seen.created(), phase, rests, budget }
}

/// The budget of the whole remediation, as it is unless the settings say otherwise: longer than that of any of its phases.
fn whole(seen: &Seen) -> jiff::SignedDuration {
    let own: BTreeMap<String, String> = seen
        .at("/spec/timeouts")
        .cloned()
        .and_then(|timeouts| serde_json::from_value::<BTreeMap<String, String>>(timeouts).ok())
        .unwrap_or_default();
    budgets::of(&Budgets::default(), &own).overall.0
}

fn is_over(run: &Seen) -> bool {
    matches!(run.text("/status/phase"), "Completed" | "Failed" | "Skipped")
}

fn kept(target: &Seen, runs: &[Seen], now: Timestamp) -> Option<Check> {
    let (uid, since) = (target.text("/status/holder/uid"), target.time("/status/holder/since")?);
    let holder = match runs.iter().find(|run| run.text("/metadata/uid") == uid) {
        // A run of a namespace that may not be read is not known to be gone.
        None if target.text("/status/holder/namespace") != target.namespace() => Holder::Going,
        None => Holder::Gone,
        Some(run) if is_over(run) => Holder::Over(run.time("/status/completionTime")),
        Some(_) => Holder::Going,
    };
    let why = held(holder, since, now)?;
    let run = target.text("/status/holder/name");
    Some(warning(Kind::Target, target, &format!("{why}: {run}")).hint(see_the_controllers()))
}

/// One warning for all runs of a namespace that only controllers let go.
fn being_deleted(runs: &[Seen], controllers_work: bool, now: Timestamp) -> Vec<Check> {
    let mut by_namespace: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.is_kept_by(labels::LEDGER_FINALIZER)) {
        by_namespace.entry(run.namespace()).or_default().push(run);
    }
    let is_stuck = |runs: &[&Seen]| {
        let since = runs.iter().filter_map(|run| run.time("/metadata/deletionTimestamp")).min();
        since.is_some_and(|since| deleting(since, controllers_work, now))
    };
    let stuck = by_namespace.into_iter().filter(|(_, runs)| is_stuck(runs));
    let told = |(namespace, runs): (&str, Vec<&Seen>)| {
        let message =
            format!("{} (finalizer {})", stuck::kept(runs.len(), &paste::ours("run-controllers --once")), labels::LEDGER_FINALIZER);
        Check::new(CATEGORY, format!("deletion in {namespace}"), Outcome::Warning, message).hint(see_the_controllers())
    };
    stuck.map(told).collect()
}

/// One warning for all ledgers that are not there.
fn without_ledger(targets: &[Seen], runs: &[Seen]) -> Option<Check> {
    let stays = |run: &Seen| run.at("/metadata/deletionTimestamp").is_none();
    let counts = |run: &&Seen| stays(run) && is_over(run) && run.text("/status/phase") != "Skipped";
    let has_ledger = |run: &&Seen| {
        let name = run.text("/spec/targetResource");
        targets.iter().any(|target| Target::same(target.text("/spec/targetResource"), name))
    };
    let mut lost: Vec<&str> =
        runs.iter().filter(counts).filter(|run| !has_ledger(run)).map(|run| run.text("/spec/targetResource")).collect();
    lost.sort_unstable();
    lost.dedup();
    let first = lost.first()?;
    let more = if lost.len() > 1 { format!(" and {} more", lost.len() - 1) } else { String::new() };
    let message =
        format!("runs are there, but no ledger: {first}{more}; the controllers rebuild it from the runs before anything starts there");
    Some(
        Check::new(CATEGORY, "ledgers", Outcome::Warning, message)
            .hint(format!("see what a rebuilt ledger says with  {}", paste::ours(&format!("why --target {}", paste::quoted(first))))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn run(uid: &str, target: &str, status: Value) -> Seen {
        Seen(json!({"metadata": {"name": uid, "namespace": "a", "uid": uid}, "spec": {"targetResource": target}, "status": status}))
    }

    fn target(name: &str, status: Value) -> Seen {
        Seen(json!({"metadata": {"name": "t", "namespace": "a"}, "spec": {"targetResource": name}, "status": status}))
    }

    #[test]
    fn ledgers_that_are_not_there_are_one_warning() {
        let over = json!({"phase": "Completed"});
        let runs = [
            run("1", "a/deployment/x", over.clone()),
            run("2", "a/deployment/y", over.clone()),
            run("3", "a/Deployment/z", over),
            run("4", "a/deployment/going", json!({"phase": "Running"})),
            run("5", "a/deployment/skipped", json!({"phase": "Skipped"})),
        ];
        let found = without_ledger(&[target("a/deployment/z", json!({}))], &runs).unwrap();
        assert!(found.message.starts_with("runs are there, but no ledger: a/deployment/x and 1 more;"), "{}", found.message);
        assert_eq!(without_ledger(&[], &[]), None);
    }

    #[test]
    fn runs_that_nobody_lets_go_are_one_warning_and_need_no_ledger() {
        let now: Timestamp = "2025-12-06T10:30:00Z".parse().unwrap();
        let leaving = |uid: &str| {
            let mut run = run(uid, "a/deployment/x", json!({"phase": "Completed"}));
            run.0["metadata"]["deletionTimestamp"] = "2025-12-06T10:29:00Z".into();
            run.0["metadata"]["finalizers"] = json!(["kubernaut.ai/ledger"]);
            run
        };
        let runs = [leaving("1"), leaving("2"), run("3", "a/deployment/x", json!({"phase": "Completed"}))];
        let found = being_deleted(&runs, false, now);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "deletion in a");
        assert!(found[0].message.starts_with("2 executions are being deleted"), "{}", found[0].message);
        assert_eq!(being_deleted(&runs, true, now), [], "controllers are about to");
        assert_eq!(without_ledger(&[], &runs[..2]), None);
    }

    #[test]
    fn a_target_whose_holder_is_gone_is_told() {
        let now: Timestamp = "2025-12-06T10:30:00Z".parse().unwrap();
        let holder = |uid: &str| json!({"holder": {"uid": uid, "name": uid, "namespace": "a", "since": "2025-12-06T10:00:00Z"}});
        let runs = [run("1", "a/deployment/x", json!({"phase": "Running"}))];
        assert_eq!(kept(&target("a/deployment/x", holder("1")), &runs, now), None);
        let gone = kept(&target("a/deployment/x", holder("2")), &runs, now).unwrap();
        assert_eq!(gone.message, "is held by a run that is gone: 2");
        assert_eq!(kept(&target("a/deployment/x", json!({})), &runs, now), None);
    }

    #[test]
    fn a_remediation_has_the_budget_it_names() {
        let seen = |spec: Value| {
            Seen(json!({"spec": spec, "status": {"phase": "Executing", "phaseTimes": {"Executing": "2025-12-06T10:00:00Z"}}}))
        };
        let budget = |seen: &Seen| course(Kind::Remediation, seen).budget.unwrap().1;
        assert_eq!(budget(&seen(json!({}))).as_mins(), 60);
        assert_eq!(budget(&seen(json!({"timeouts": {"overall": "2h"}}))).as_mins(), 120);
    }
}
