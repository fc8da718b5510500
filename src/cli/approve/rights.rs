//! Whether we may decide at all: asked before a person is.

use super::request::Request;
use super::{Job, Verb};
use crate::api::GROUP;
use crate::cli::failure::{Failure, Reason, rights};
use crate::cli::output::text::one_line;
use crate::cli::read::AT_A_TIME;
use crate::cli::whoami::{may, may_one};
use crate::manifests::APPROVER;
use futures::{StreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};

impl Job<'_> {
    /// Those of the requests that we may decide, and a refusal for each of the others; one call for each kind and namespace, and, where not all
    /// of them may be decided, one for each request. Where it is not known, the API server refuses in the end what it has to.
    pub async fn permitted(&self, requests: Vec<Request>) -> (Vec<Request>, Vec<Failure>) {
        let place = |request: &Request| (request.kind().short(), request.seen.namespace().to_owned());
        let places: BTreeSet<_> = requests.iter().map(|request| (place(request), request.kind().resource().plural.to_string())).collect();
        let each = places.into_iter().map(|((kind, namespace), plural)| async move {
            let may = may(self.connected, "approve", &plural, Some(&namespace)).await.unwrap_or(true);
            ((kind, namespace), may)
        });
        let may: BTreeMap<_, bool> = stream::iter(each).buffer_unordered(AT_A_TIME).collect().await;
        let each = requests.into_iter().map(|request| {
            let in_place = may.get(&place(&request)).copied().unwrap_or(true);
            async move { (in_place || self.permits_by_name(&request).await, request) }
        });
        let each: Vec<(bool, Request)> = stream::iter(each).buffered(AT_A_TIME).collect().await;
        let (open, shut): (Vec<_>, Vec<_>) = each.into_iter().partition(|(may, _)| *may);
        let refused = shut.iter().map(|(_, request)| self.not_permitted(request)).collect();
        (open.into_iter().map(|(_, request)| request).collect(), refused)
    }

    /// Whether a role names this very request.
    async fn permits_by_name(&self, request: &Request) -> bool {
        let (plural, seen) = (request.kind().resource().plural, &request.seen);
        may_one(self.connected, "approve", &plural, seen.namespace(), seen.name()).await.unwrap_or(true)
    }

    /// The request, if we may decide it.
    ///
    /// # Errors
    /// The missing rule, and the role that has it.
    pub async fn permits(&self, request: &Request) -> Result<(), Failure> {
        self.permitted(vec![request.clone()]).await.1.pop().map_or(Ok(()), Err)
    }

    fn not_permitted(&self, request: &Request) -> Failure {
        let (plural, namespace) = (request.kind().resource().plural, one_line(request.seen.namespace()));
        let why = format!("{} may not approve {plural} in namespace {namespace}", one_line(&self.who));
        let why = if self.verb == Verb::Reject { format!("{why}, which rejecting takes, too") } else { why };
        super::standing::refusal(request, Reason::Forbidden, self.verb, &why).hint(missing_rule(request)).hint(whole_role(request))
    }
}

/// The rule that deciding needs and a role may lack.
pub fn missing_rule(request: &Request) -> String {
    rights::missing_rule(Some(&one_line(request.seen.namespace())), &rights::rule(GROUP, &request.kind().resource().plural, "approve"))
}

/// The role that has everything.
pub fn whole_role(request: &Request) -> String {
    rights::whole_role("deciding", &one_line(request.seen.namespace()), APPROVER)
}
