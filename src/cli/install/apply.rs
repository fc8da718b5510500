//! Applies one object, and tells what that changed.

use super::compare::{covers, same, written};
use super::objects::{self, MADE_BY, Part, api, find, kind, shown};
use crate::api::labels;
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Attempted, Failure, Reason, is_missing};
use crate::cli::paste;
use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::Value;

/// How to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// Who checks without changing anything, if somebody does.
    pub dry_run: DryRun,
    /// Take over what others have set.
    pub force: bool,
}

/// What applying did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Created,
    /// It was there, and said something else.
    Configured,
    /// It was there as it should be.
    Unchanged,
}

impl Change {
    /// kubectl's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        }
    }
}

/// An object that was applied.
#[derive(Clone, Debug)]
pub struct Applied {
    /// As it was before.
    pub before: Option<DynamicObject>,
    /// As it is now, or would be.
    pub after: DynamicObject,
    /// What is different.
    pub change: Change,
}

/// Applies an object by server-side apply. Roles and policies are ours alone: what others added to them is taken out again, by force.
///
/// # Errors
/// `Conflict` when others have set something and `how` does not take it over, and whatever the API server refuses.
pub async fn apply(client: &Client, wanted: &DynamicObject, how: How) -> Result<Applied, Failure> {
    let doing = || format!("apply {}", shown(wanted));
    let before = find(client, wanted).await.attempted(doing)?;
    let wanted = claimed(wanted.clone(), before.as_ref());
    let after = match how.dry_run {
        DryRun::Client => wanted.clone(),
        _ => sent(client, &wanted, before.is_none(), how).await?,
    };
    let change = match &before {
        None => Change::Created,
        Some(before) if how.dry_run == DryRun::Client => changed(covers(&value(before), &value(&wanted))),
        Some(before) => changed(written(&value(before)) == written(&value(&after))),
    };
    Ok(Applied { before, after, change })
}

fn changed(equal: bool) -> Change {
    if equal { Change::Unchanged } else { Change::Configured }
}

/// A namespace that was there before is not ours to remove one day.
fn claimed(mut wanted: DynamicObject, before: Option<&DynamicObject>) -> DynamicObject {
    let found = before.is_some_and(|before| !objects::is_made_by_us(before));
    if Part::of(&wanted) == Part::Namespace && found {
        wanted.labels_mut().remove(MADE_BY);
    }
    wanted
}

async fn sent(client: &Client, wanted: &DynamicObject, is_new: bool, how: How) -> Result<DynamicObject, Failure> {
    let (api, name) = (api(client, wanted), wanted.name_any());
    let dry_run = how.dry_run == DryRun::Server;
    let params = PatchParams { dry_run, force: how.force, ..PatchParams::apply(labels::CLI) };
    let after = match api.patch(&name, &params, &Patch::Apply(wanted)).await {
        // Its namespace would have been made before it.
        Err(error) if dry_run && is_new && wanted.namespace().is_some() && is_missing(&error) => return Ok(wanted.clone()),
        answer => answer.map_err(|error| explained(Failure::from_kube(&error, &format!("apply {}", shown(wanted)))))?,
    };
    if !is_ours_alone(wanted) || same(&value(&after), &value(wanted)) {
        return Ok(after);
    }
    if !how.force {
        let added = format!("cannot apply {}: others added to what it says", shown(wanted));
        return Err(explained(Failure::new(Reason::Conflict, added)));
    }
    let params = PostParams { dry_run, field_manager: Some(labels::CLI.to_owned()) };
    api.replace(&name, &params, &restored(after, wanted)).await.attempted(|| format!("restore {}", shown(wanted)))
}

fn explained(failure: Failure) -> Failure {
    match failure.reason {
        Reason::Conflict => {
            failure.hint(format!("see the differences with  {},  and take them back with --force-conflicts", paste::ours("install --diff")))
        }
        _ => failure,
    }
}

/// A condition that somebody adds to a policy, or a subject to a binding, changes what it does.
fn is_ours_alone(object: &DynamicObject) -> bool {
    match Part::of(object) {
        Part::Policy => true,
        Part::Rbac => kind(object) != "ServiceAccount",
        _ => false,
    }
}

/// What the object says, replaced by what it should say.
fn restored(live: DynamicObject, wanted: &DynamicObject) -> DynamicObject {
    DynamicObject { data: wanted.data.clone(), ..live }
}

/// The object as data.
pub fn value(object: &DynamicObject) -> Value {
    serde_json::to_value(object).unwrap_or(Value::Null)
}
