//! `uninstall`: takes out of a cluster what `install` put there, and data only when that is said twice.

mod data;
mod guard;
mod home;
mod lease;

use super::connect::Connected;
use super::dry_run::DryRun;
use super::failure::{Attempted, Exit, Failure, Reason, is_missing};
use super::install::enforced;
use super::install::objects::{Part, api, find, is_made_by_us, shown};
use super::install::progress::Progress;
use super::output::{Format, OutputArgs, age::length};
use super::session::Session;
use crate::cli::paste;
use crate::manifests;
use data::Counts;
use jiff::SignedDuration;
use kube::ResourceExt;
use kube::api::{DeleteParams, DynamicObject};
use std::time::Duration;

/// Remove the types, rights and policies from the cluster
///
/// Refuses while objects of these types exist, unless --delete-data says that they go, too, and --confirm or a person says so again.
/// Policies go first, since they protect the data, then the data, the types, the rights, the controllers' lease, and the namespace if install made it and nothing
/// else lives there.
#[derive(clap::Args)]
pub struct UninstallArgs {
    /// Only these parts: crds, rbac, policy, namespace
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    only: Vec<Part>,
    /// Leave the types, and with them all data
    #[arg(long)]
    keep_crds: bool,
    /// Delete every remediation, decision, ledger and notice in the cluster
    #[arg(long)]
    delete_data: bool,
    /// Confirms --delete-data without being asked; must be: cluster
    #[arg(long, value_name = "NAME", requires = "delete_data")]
    confirm: Option<String>,
    /// Go on while controllers hold the lease
    #[arg(long)]
    force: bool,
    /// Remove nothing, only say what would be: none, client, server
    #[arg(long, value_name = "HOW", default_value = "none", hide_possible_values = true)]
    dry_run: DryRun,
    /// Wait until everything is gone
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set, default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    wait: bool,
    /// How long to wait
    #[arg(long, value_name = "LENGTH", default_value = "2m", value_parser = length)]
    timeout: SignedDuration,
    #[command(flatten)]
    output: OutputArgs,
}

impl UninstallArgs {
    fn removes(&self, part: Part) -> bool {
        let wanted = self.only.is_empty() || self.only.contains(&part);
        wanted && !(self.keep_crds && part == Part::Crds)
    }
}

/// Removes the installation.
///
/// # Errors
/// `Conflict` while there is data or controllers work, and whatever the API server refuses.
pub async fn run(args: &UninstallArgs, session: &Session) -> anyhow::Result<Exit> {
    if args.output.format().is_rendered() {
        return Err(Failure::usage("what is gone has no form but its name; use -o name").into());
    }
    let connected = session.connect()?;
    let found = installed(&connected, args).await?;
    let counts = data::count(&connected.client).await?;
    let is_left_alone = |object: &DynamicObject| Part::of(object) == Part::Namespace && !is_made_by_us(object);
    let lease = if args.removes(Part::Namespace) { lease::left(&connected, session).await? } else { None };
    if found.iter().all(is_left_alone) && lease.is_none() && (counts.total() == 0 || !args.delete_data) {
        session.voice.tell("nothing to uninstall");
        return Ok(Exit::Done);
    }
    counts.tell(session);
    if lease.is_some() {
        session.voice.tell(&data::counted(1, "leases"));
    }
    guard::data(args, &counts)?;
    guard::controllers(args, &connected, session).await?;
    guard::confirm(args, &connected, &counts, session).await?;
    let limit = Duration::try_from(args.timeout).unwrap_or_default();
    let removal = Removal { args, connected: &connected, session, limit };
    removal.all(&found, &counts, lease.as_ref()).await?;
    Ok(Exit::Done)
}

/// What is there, in the order in which it goes: the last that was applied first, but for the types.
async fn installed(connected: &Connected, args: &UninstallArgs) -> anyhow::Result<Vec<DynamicObject>> {
    let all = manifests::all().into_iter().rev();
    let mut wanted: Vec<DynamicObject> = all.filter(|object| args.removes(Part::of(object))).collect();
    wanted.sort_by_key(|object| place(Part::of(object)));
    if args.removes(Part::Policy) {
        wanted.splice(0..0, enforced::leftovers().into_iter().rev());
    }
    let mut found = Vec::new();
    for object in wanted {
        let live = find(&connected.client, &object).await.attempted(|| format!("read {}", shown(&object)))?;
        found.extend(live.map(|live| DynamicObject { types: object.types.clone(), ..live }));
    }
    Ok(found)
}

/// Policies protect data, so they go first; nothing can be asked for without rights, so they go late.
fn place(part: Part) -> u8 {
    match part {
        Part::Policy => 0,
        Part::Crds => 1,
        Part::Rbac => 2,
        Part::Namespace | Part::Other => 3,
    }
}

/// One removal under way.
struct Removal<'a> {
    args: &'a UninstallArgs,
    connected: &'a Connected,
    session: &'a Session,
    limit: Duration,
}

impl Removal<'_> {
    async fn all(&self, found: &[DynamicObject], counts: &Counts, lease: Option<&lease::Left>) -> anyhow::Result<()> {
        let of = |part: Part| found.iter().filter(move |object| Part::of(object) == part);
        let deletes_data = self.args.delete_data && counts.total() > 0;
        if deletes_data && of(Part::Policy).next().is_some() {
            self.session.voice.tell("the policies go first: they keep blocked runs and their ledgers from being deleted");
        }
        self.each(of(Part::Policy)).await?;
        if deletes_data {
            data::delete(self.connected, counts, self.args.dry_run, self.limit, self.session).await?;
        }
        self.each(of(Part::Crds)).await?;
        self.each(of(Part::Rbac)).await?;
        if let Some(lease) = lease
            && lease.delete(self.connected, self.args.dry_run, self.session).await?
        {
            self.deleted(&lease::shown())?;
        }
        for namespace in of(Part::Namespace) {
            self.namespace(namespace).await?;
        }
        Ok(())
    }

    async fn each(&self, objects: impl Iterator<Item = &DynamicObject>) -> anyhow::Result<()> {
        let mut gone = Vec::new();
        for object in objects {
            self.delete(object).await?;
            gone.push(object);
        }
        self.until_gone(&gone).await
    }

    async fn delete(&self, object: &DynamicObject) -> anyhow::Result<()> {
        let params = DeleteParams { dry_run: self.args.dry_run == DryRun::Server, ..DeleteParams::background() };
        if self.args.dry_run != DryRun::Client {
            match api(&self.connected.client, object).delete(&object.name_any(), &params).await {
                Err(error) if !is_missing(&error) => return Err(Failure::from_kube(&error, &format!("delete {}", shown(object))).into()),
                _ => {}
            }
        }
        self.deleted(&shown(object))
    }

    fn deleted(&self, shown: &str) -> anyhow::Result<()> {
        let line = match self.args.output.format() {
            Format::Name => shown.to_owned(),
            _ => format!("{shown} deleted{}", self.args.dry_run.remark()),
        };
        self.session.voice.print_line(&line)?;
        Ok(())
    }

    async fn until_gone(&self, objects: &[&DynamicObject]) -> anyhow::Result<()> {
        if objects.is_empty() || !self.args.wait || self.args.dry_run != DryRun::None {
            return Ok(());
        }
        let progress = Progress::begin(self.session, &format!("waiting until {} objects are gone", objects.len()));
        let waiting = async {
            for object in objects {
                while find(&self.connected.client, object).await.attempted(|| format!("read {}", shown(object)))?.is_some() {
                    tokio::time::sleep(data::INTERVAL).await;
                }
            }
            Ok::<(), Failure>(())
        };
        let ended = tokio::time::timeout(self.limit, waiting).await;
        drop(progress);
        let late = |_| {
            Failure::new(Reason::Timeout, "not everything is gone yet")
                .hint(format!("see what is left with  {}", paste::ours("uninstall --dry-run=client")))
        };
        Ok(ended.map_err(late)??)
    }

    /// A namespace goes with everything in it, so only an empty one that install made does.
    async fn namespace(&self, namespace: &DynamicObject) -> anyhow::Result<()> {
        let name = namespace.name_any();
        if !is_made_by_us(namespace) {
            self.session.voice.tell(&format!("namespace/{name} stays: install did not make it"));
            return Ok(());
        }
        if let Some(others) = home::others(self.connected, &name).await {
            self.session.voice.tell(&format!("namespace/{name} stays: {others}"));
            return Ok(());
        }
        self.each(std::iter::once(namespace)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_go_first_and_the_namespace_last() {
        let mut parts: Vec<Part> = manifests::all().iter().map(Part::of).collect();
        parts.sort_by_key(|part| place(*part));
        parts.dedup();
        assert_eq!(parts, [Part::Policy, Part::Crds, Part::Rbac, Part::Namespace]);
    }
}
