//! Remediations that wait for another one's run: recorded on both sides, told of once.

use super::{Part, notices};
use crate::api::{Ref, RemediationRequest, RemediationRequestStatus, names};
use crate::controllers::context::{Error, Next};
use crate::controllers::objects::refer;
use crate::rules::course::duplicates::Duplicate;
use jiff::Timestamp;
use kube::ResourceExt;
use std::sync::Arc;

/// References that the schema has room for.
const MOST_REFS: usize = 256;

impl Part<'_> {
    /// The remediations that say that they repeat this one, and those that did and are gone.
    pub(super) fn duplicates(&self) -> Vec<Duplicate> {
        let refs = self.status().duplicate_refs;
        let repeating = self.repeating();
        let gone = refs.iter().filter(|reference| !repeating.iter().any(|request| refer(request.as_ref()) == **reference));
        let gone = gone.map(|_| Duplicate { created: Timestamp::UNIX_EPOCH, over: true, counted: true });
        let there = repeating.iter().map(|request| Duplicate {
            created: request.creation_timestamp().map_or(Timestamp::UNIX_EPOCH, |created| created.0),
            over: request.phase().is_over(),
            counted: refs.len() >= MOST_REFS || refs.contains(&refer(request.as_ref())),
        });
        there.chain(gone).collect()
    }

    fn repeating(&self) -> Vec<Arc<RemediationRequest>> {
        let me = refer(self.request);
        let is_me = |other: &Ref| other.name == me.name && other.namespace == me.namespace && (other.uid.is_none() || other.uid == me.uid);
        let repeats =
            |request: &Arc<RemediationRequest>| request.status.as_ref().and_then(|status| status.duplicate_of.as_ref()).is_some_and(is_me);
        self.stores.requests.state().into_iter().filter(repeats).collect()
    }

    pub(super) fn told_of_duplicates(&self) -> bool {
        let notice = names::notification(&self.request.name_any(), notices::DUPLICATES);
        self.status().notification_request_refs.iter().any(|reference| reference.name == notice)
    }

    pub(super) async fn become_duplicate(&self) -> Result<Next, Error> {
        let skip = self.run().and_then(|run| run.status.as_ref()?.skip_details.clone());
        let Some(parent) = skip.and_then(|skip| self.in_the_way(&skip)) else { return Ok(Next::Change) };
        self.write(RemediationRequestStatus { duplicate_of: Some(parent), ..self.status() }).await
    }

    pub(super) async fn count_duplicates(&self) -> Result<Next, Error> {
        let mut status = self.status();
        for request in self.repeating() {
            let reference = refer(request.as_ref());
            if status.duplicate_refs.len() < MOST_REFS && !status.duplicate_refs.contains(&reference) {
                status.duplicate_refs.push(reference);
            }
        }
        status.duplicate_count = i32::try_from(status.duplicate_refs.len()).unwrap_or(i32::MAX);
        self.write(status).await
    }

    pub(super) async fn tell_duplicates(&self) -> Result<Next, Error> {
        let mut status = self.status();
        self.tell(notices::duplicates(self, &self.repeating()), &mut status).await?;
        self.write(status).await
    }
}
