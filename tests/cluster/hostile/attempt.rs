//! One hostile attempt: who tries what, how, and what refuses it.

use super::world::{World, kind};
use http::Method;
use kube::core::Status;
use kubernaut::manifests::policies::{POLICIES, Policy, Validation};
use serde_json::{Value, json};

/// How something is tried.
#[derive(Clone, Debug)]
pub enum Does {
    Merge(Value),
    Json(Value),
    /// Server-side apply, with force.
    Apply(Value),
    /// What is there, changed like so, put back.
    Put(Value),
    Create(Value),
    Delete(Value),
}

/// What refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A validation of a policy, by its name.
    By(&'static str),
    /// A rule of the kind's definition, or the server's own checks, in these words.
    Rule(&'static str),
    /// There is no right to send such a request at all.
    Rbac,
    /// Nothing, but nothing that counts is changed by it.
    WithoutEffect,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub says: &'static str,
    pub who: String,
    pub on: String,
    pub does: Does,
    pub refused: Refused,
}

/// A line of the table.
pub fn attempt(says: &'static str, who: &str, on: &str, does: Does, refused: Refused) -> Attempt {
    Attempt { says, who: who.to_owned(), on: on.to_owned(), does, refused }
}

impl Attempt {
    /// Sends it, for real or as a dry run.
    pub async fn send(&self, world: &World, dry: bool) -> Result<Value, Box<Status>> {
        let (method, content, body) = match &self.does {
            Does::Merge(patch) => (Method::PATCH, "application/merge-patch+json", patch.clone()),
            Does::Json(patch) => (Method::PATCH, "application/json-patch+json", patch.clone()),
            Does::Apply(object) => (Method::PATCH, "application/apply-patch+yaml", self.typed(object)),
            Does::Put(change) => {
                let mut object = world.get(self.named()).await;
                merge(&mut object, change);
                (Method::PUT, "application/json", object)
            }
            Does::Create(object) => (Method::POST, "application/json", self.typed(object)),
            Does::Delete(options) => {
                let mut options = options.clone();
                if dry {
                    options["dryRun"] = json!(["All"]);
                }
                (Method::DELETE, "application/json", options)
            }
        };
        let separator = if self.on.contains('?') { '&' } else { '?' };
        let force = if matches!(self.does, Does::Apply(_)) { "&force=true" } else { "" };
        let dry = if dry && !matches!(self.does, Does::Delete(_)) { "&dryRun=All" } else { "" };
        let path = format!("{}{separator}fieldManager=hostile{force}{dry}", world.path(&self.on));
        self.send_as(world, method, &path, content, &body).await
    }

    async fn send_as(&self, world: &World, method: Method, path: &str, content: &str, body: &Value) -> Result<Value, Box<Status>> {
        let path = if method == Method::DELETE {
            path.replace("?fieldManager=hostile", "").replace("&fieldManager=hostile", "")
        } else {
            path.to_owned()
        };
        world.send(&self.who, method, &path, content, body).await
    }

    fn typed(&self, object: &Value) -> Value {
        let mut typed = json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": kind(self.resource())});
        merge(&mut typed, object);
        typed
    }

    /// The plural name of what it is about.
    pub fn resource(&self) -> &str {
        let below = self.on.strip_prefix("elsewhere:").unwrap_or(&self.on);
        below.split(['/', '?']).next().unwrap()
    }

    fn named(&self) -> &str {
        self.on.strip_suffix("/status").unwrap_or(&self.on)
    }

    /// Everything of that resource in that namespace, to be compared before and after.
    pub async fn surroundings(&self, world: &World) -> Value {
        let place = if self.on.starts_with("elsewhere:") { "elsewhere:" } else { "" };
        let mut items = world.get(&format!("{place}{}", self.resource())).await["items"].take();
        if self.refused == Refused::WithoutEffect {
            items.as_array_mut().unwrap().iter_mut().for_each(only_what_counts);
        }
        items
    }

    /// Fails unless the answer is the expected refusal.
    pub fn expect(&self, answer: &Result<Value, Box<Status>>) -> Result<(), String> {
        let wrong = |what: String| Err(format!("{} ({} on {}): {what}", self.says, self.who, self.on));
        match (answer, self.refused) {
            (Ok(_), Refused::WithoutEffect) => Ok(()),
            (Ok(_), refused) => wrong(format!("was done, but {refused:?} should have refused it")),
            (Err(status), refused) if self.is_refusal(status) && refused != Refused::WithoutEffect => Ok(()),
            (Err(status), refused) => wrong(format!("{refused:?} was expected: {} {}", status.code, status.message)),
        }
    }

    fn is_refusal(&self, status: &Status) -> bool {
        match self.refused {
            Refused::By(name) => status.code == 403 && said_by(&status.message, name),
            Refused::Rule(words) => matches!(status.code, 409 | 422) && status.message.contains(words) && !by_policy(&status.message),
            Refused::Rbac => status.code == 403 && status.message.contains(" cannot "),
            Refused::WithoutEffect => false,
        }
    }
}

fn only_what_counts(object: &mut Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|key, _| matches!(key.as_str(), "name" | "uid" | "ownerReferences" | "finalizers" | "deletionTimestamp"));
    }
}

fn by_policy(message: &str) -> bool {
    message.contains("ValidatingAdmissionPolicy")
}

/// Whether a refusal comes from this policy and has every fixed word of this validation's message.
fn said_by(message: &str, name: &str) -> bool {
    let (policy, validation) = validation(name);
    message.contains(&format!("ValidatingAdmissionPolicy '{}' with", policy.name))
        && fixed_words(validation.message).all(|words| message.contains(words))
}

/// The literals of a CEL expression that joins literals and variables, but for separators.
fn fixed_words(expression: &'static str) -> impl Iterator<Item = &'static str> {
    expression.split('\'').skip(1).step_by(2).filter(|words| words.len() > 3)
}

/// A validation and its policy.
pub fn validation(name: &str) -> (&'static Policy, &'static Validation) {
    let found = POLICIES.iter().flat_map(|policy| policy.validations.iter().map(move |one| (policy, one)));
    found.into_iter().find(|(_, one)| one.name == name).unwrap_or_else(|| panic!("there is no validation {name:?}"))
}

/// RFC 7386.
pub fn merge(into: &mut Value, patch: &Value) {
    match patch {
        Value::Object(fields) => {
            if !into.is_object() {
                *into = json!({});
            }
            for (key, value) in fields {
                match value {
                    Value::Null => drop(into.as_object_mut().unwrap().remove(key)),
                    value => merge(&mut into[key], value),
                }
            }
        }
        other => *into = other.clone(),
    }
}
