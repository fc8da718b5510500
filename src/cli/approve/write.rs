//! Writes a decision, and looks again when somebody else wrote first.

use super::choice::Choice;
use super::request::Request;
use super::standing::{Standing, judge};
use super::{Done, Job, rights};
use crate::api::labels;
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::output::Seen;
use crate::cli::whoami::may_one;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

impl Job<'_> {
    /// Decides one request; `None` when the person interrupted.
    pub async fn one(&mut self, mut request: Request) -> anyhow::Result<Option<Done>> {
        let mut changed = false;
        self.still_bound(&request)?;
        loop {
            if let Standing::Unchanged(how) = judge(&request, self.verb, &self.who, self.session.now())? {
                return Ok(Some(Done { request, changed: false, remark: format!("unchanged ({how})") }));
            }
            if self.lacks_reason() {
                self.permits(&request).await?;
                if !self.reasoned().await? {
                    return Ok(None);
                }
            }
            match self.confirmed(&request, changed).await? {
                Choice::Interrupted => return Ok(None),
                Choice::No => return Err(self.declined(&request).into()),
                Choice::Yes => {}
            }
            match self.write(&request).await {
                Ok(done) => return Ok(Some(done)),
                Err(failure) if failure.reason == Reason::Conflict => {
                    request = self.look_again(&request, failure, false).await?;
                    changed = true;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// Sends the decision for exactly the version that was seen.
    pub async fn write(&self, request: &Request) -> Result<Done, Failure> {
        // A person may think about it until the time is up.
        judge(request, self.verb, &self.who, self.session.now())?;
        let body = self.body(request);
        let remark = format!("{}{}", self.verb.past(), self.args.dry_run.remark());
        if self.args.dry_run == DryRun::Client {
            let patched = Request::read(request.kind(), Seen(merged(request.seen.0.clone(), &body)))?;
            return Ok(Done { request: patched, changed: true, remark });
        }
        let dry = self.args.dry_run == DryRun::Server;
        let params = PatchParams { field_manager: Some(labels::CLI.to_owned()), dry_run: dry, ..PatchParams::default() };
        let collection = kube::core::Request::new(request.kind().path(Some(request.seen.namespace())));
        let sent = collection.patch_subresource("status", request.seen.name(), &params, &Patch::Merge(&body));
        let answer = match sent.map_err(kube::Error::BuildRequest) {
            Ok(sent) => self.connected.client.request::<Value>(sent).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(written) => Ok(Done { request: Request::read(request.kind(), Seen(written))?, changed: true, remark }),
            Err(error) => Err(self.explained(request, &error).await),
        }
    }

    fn declined(&self, request: &Request) -> Failure {
        Failure::new(Reason::ConfirmationRequired, format!("{} was not {}: nothing is written", request.object(), self.verb.past()))
            .about(request.object())
            .exiting(Exit::Failed)
    }

    fn body(&self, request: &Request) -> Value {
        let version = self.args.resource_version.as_deref().unwrap_or_else(|| request.version());
        let mut status = json!({
            "decision": self.verb.decision(), "decidedBy": self.who, "planHash": request.plan_hash(),
        });
        if let (Some(reason), Some(fields)) = (&self.reason, status.as_object_mut()) {
            fields.insert("reason".to_owned(), Value::from(reason.trim()));
        }
        json!({"metadata": {"resourceVersion": version}, "status": status})
    }

    async fn explained(&self, request: &Request, error: &kube::Error) -> Failure {
        let mut failure = Failure::from_kube(error, &format!("{} {}", self.verb.word(), request.object())).about(request.object());
        if failure.reason == Reason::Forbidden && !failure.hints.is_empty() {
            failure.hints.push(rights::whole_role(request));
        }
        // A policy that misses the right says itself what helps.
        let told = !failure.hints.is_empty() || failure.message.contains("verbs: [approve]");
        if failure.reason == Reason::Forbidden && !told && !self.may_approve(request).await {
            failure.hints.push(rights::missing_rule(request));
        }
        failure
    }

    async fn may_approve(&self, request: &Request) -> bool {
        let plural = request.kind().resource().plural;
        // No answer explains nothing, so no rule is claimed to be missing.
        may_one(self.connected, "approve", &plural, request.seen.namespace(), request.seen.name()).await.unwrap_or(true)
    }
}

/// The object with a merge patch laid over it.
fn merged(mut object: Value, patch: &Value) -> Value {
    match (object.as_object_mut(), patch.as_object()) {
        (Some(fields), Some(changes)) => {
            for (key, change) in changes {
                let old = fields.remove(key).unwrap_or_default();
                if !change.is_null() {
                    let base = if change.is_object() && !old.is_object() { json!({}) } else { old };
                    fields.insert(key.clone(), merged(base, change));
                }
            }
            object
        }
        _ => patch.clone(),
    }
}
