//! Whether `install` would be let do its work: the API server tries all of it and stores nothing.

use super::{Check, Outcome};
use crate::cli::connect::Connected;
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Failure, Reason};
use crate::cli::install::apply::{How, apply};
use crate::cli::install::objects::{chosen, kind};
use kube::api::DynamicObject;

/// One check for each kind of object that install applies.
///
/// # Errors
/// When the API server does not answer.
pub async fn all(connected: &Connected) -> Result<Vec<Check>, Failure> {
    let mut objects = chosen(&[]);
    objects.sort_by_key(kind);
    let mut checks = Vec::new();
    for group in objects.chunk_by(|one, next| kind(one) == kind(next)) {
        checks.push(tried(connected, group).await?);
    }
    Ok(checks)
}

async fn tried(connected: &Connected, group: &[DynamicObject]) -> Result<Check, Failure> {
    let name = group.first().map(kind).unwrap_or_default();
    for object in group {
        match apply(&connected.client, object, How { dry_run: DryRun::Server, force: true }).await {
            Ok(_) => {}
            Err(failure) if failure.reason == Reason::Unreachable => return Err(failure),
            Err(failure) => {
                let rule = failure.hints.first().filter(|_| failure.reason == Reason::Forbidden);
                let message = rule.map_or_else(|| failure.message.clone(), |rule| format!("may not be applied; {rule}"));
                return Ok(Check::new("install", name, Outcome::Failure, message));
            }
        }
    }
    Ok(Check::new("install", name, Outcome::Ok, format!("{} may be applied", group.len())))
}
