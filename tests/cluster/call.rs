//! What one request to the API server asks for, as far as tests care.

use http::{Method, StatusCode, Uri};
use serde_json::Value;

/// A change of an object, or the reading of one: no watch, dry run, review, lease, event or token.
#[derive(Clone, Debug)]
pub struct Call {
    pub verb: Method,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    /// Empty for a list.
    pub name: String,
    pub body: Value,
    /// What the API server answered; absent when it was never asked.
    pub answer: Option<StatusCode>,
}

impl Call {
    pub fn read(verb: &Method, uri: &Uri, body: &[u8]) -> Option<Self> {
        let known = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::GET].contains(verb);
        let has = |word: &str| uri.query().is_some_and(|query| query.contains(word));
        if !known || has("dryRun=") || is_watch(uri) {
            return None;
        }
        let place = Place::read(uri.path())?;
        let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let own_name = || body.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = if place.name.is_empty() { own_name() } else { place.name };
        let uncounted =
            place.resource.ends_with("reviews") || ["leases", "events"].contains(&place.resource.as_str()) || place.subresource == "token";
        let (resource, subresource, namespace) = (place.resource, place.subresource, place.namespace);
        (!uncounted).then(|| Self { verb: verb.clone(), resource, subresource, namespace, name, body, answer: None })
    }

    /// Whether it changes an object.
    pub fn is_write(&self) -> bool {
        self.verb != Method::GET
    }

    /// Whether it creates an object of this kind.
    pub fn creates(&self, resource: &str) -> bool {
        self.verb == Method::POST && self.resource == resource
    }

    /// Whether it writes the status of this kind, and a value stands in it.
    pub fn sets_status(&self, resource: &str, pointer: &str) -> bool {
        let full = |value: &Value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
        self.resource == resource && self.subresource == "status" && self.body.pointer(pointer).is_some_and(full)
    }

    /// Whether it changes what a Deployment runs; a fence does not.
    pub fn changes_deployment(&self) -> bool {
        self.resource == "deployments" && self.verb == Method::PATCH && self.body.get("spec").is_some()
    }

    /// Whether it makes a write impossible that may still be on its way.
    pub fn fences(&self) -> bool {
        self.verb == Method::PATCH && self.body.pointer("/metadata/annotations/kubernaut.ai~1fence").is_some()
    }

    /// Whether the API server took it.
    pub fn is_committed(&self) -> bool {
        self.answer.is_some_and(|answer| answer.is_success())
    }
}

/// Whether a request asks for a stream of changes.
pub fn is_watch(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.contains("watch=true"))
}

/// The kind that a path is about.
pub fn resource(uri: &Uri) -> String {
    Place::read(uri.path()).map(|place| place.resource).unwrap_or_default()
}

struct Place {
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

impl Place {
    fn read(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let rest = match parts.as_slice() {
            ["api", _version, rest @ ..] | ["apis", _, _version, rest @ ..] => rest,
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            rest => ("", rest),
        };
        let part = |nth: usize| rest.get(nth).copied().unwrap_or_default().to_owned();
        Some(Self { resource: part(0), subresource: part(2), namespace: namespace.to_owned(), name: part(1) })
    }
}
