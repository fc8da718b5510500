//! Explains that a named object is not there.

use crate::cli::connect::Connected;
use crate::cli::failure::{Failure, Reason};
use crate::cli::kinds::Kind;
use crate::cli::read;

/// Explains that a named object is not there: what is called similarly, and where that name exists.
pub async fn not_found(connected: &Connected, kind: Kind, name: &str, error: &kube::Error) -> Failure {
    let (client, namespace) = (&connected.client, connected.namespace.as_str());
    let failure = Failure::from_kube(error, &format!("read {}/{name}", kind.short()));
    if failure.reason != Reason::NotFound {
        return failure;
    }
    let mut failure = Failure { message: format!("{} not found in namespace {namespace}", kind.full_name(name)), ..failure };
    failure.object = Some(format!("{namespace}/{name}"));
    let (near, elsewhere) = futures::join!(read::near_names(client, kind, namespace, name), read::elsewhere(client, kind, namespace, name));
    if !near.is_empty() {
        failure.hints.push(format!("similar names in {namespace}: {}", near.join(", ")));
    }
    failure.hints.extend(elsewhere.iter().map(|found| format!("found in namespace {found}: add  -n {found}")));
    failure
}
