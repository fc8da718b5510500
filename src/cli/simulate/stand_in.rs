//! Answers the reads of a client from the objects of files, as an API server would. There is nothing that it could write to.

use crate::api::Target;
use crate::cli::ledgers::decode::{made_up_uid, word};
use crate::cli::ledgers::files::Found;
use crate::cli::output::Seen;
use crate::rules::owners::Kind;
use http::{Method, Request, Response, Uri};
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::client::Body;
use kube::core::DynamicObject;
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

/// Objects of a cluster that are held in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct StandIn {
    objects: Arc<Vec<Item>>,
    missed: Arc<Mutex<Vec<String>>>,
}

/// An object, and where it is served.
#[derive(Clone, Debug)]
struct Item {
    plural: &'static str,
    namespace: Option<String>,
    value: Value,
}

impl StandIn {
    /// Holds the workloads, nodes, services and namespaces among the objects; those without a namespace are in `namespace`.
    /// What cannot be used is told to `remark`.
    pub fn of(found: &[Found], namespace: &str, remark: &mut dyn FnMut(String)) -> Self {
        let mut objects = Vec::new();
        for Found { place, value } in found {
            match item(value, namespace) {
                Ok(item) => objects.extend(item),
                Err(why) => remark(format!("{place} is left out, {why}")),
            }
        }
        Self { objects: Arc::new(objects), missed: Arc::default() }
    }

    /// A client that is answered from memory.
    pub fn client(&self) -> Client {
        let memory = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let (code, answer) = memory.answer(request.method(), request.uri());
            async move {
                let mut response = Response::new(Body::from(answer.to_string().into_bytes()));
                *response.status_mut() = code;
                Ok::<_, Infallible>(response)
            }
        });
        Client::new(service, "default")
    }

    /// The objects, as targets.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        let target = |item: &Item| {
            let (kind, seen) = (Kind::ALL.into_iter().find(|kind| kind.plural() == item.plural)?.name(), Seen(item.value.clone()));
            Some(Target { namespace: item.namespace.clone(), kind: kind.to_lowercase(), name: seen.name().to_owned() })
        };
        self.objects.iter().filter_map(target)
    }

    /// An answer as plain data, for a test's own server.
    #[cfg(test)]
    pub fn respond(&self, method: &Method, uri: &Uri) -> (u16, Value) {
        let (code, answer) = self.answer(method, uri);
        (code.as_u16(), answer)
    }

    /// What was asked for and is not there, since this was called last.
    pub fn missed(&self) -> Vec<String> {
        std::mem::take(&mut self.missed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer(&self, method: &Method, uri: &Uri) -> (http::StatusCode, Value) {
        let asked = Asked::of(uri).filter(|_| method == Method::GET);
        let Some(asked) = asked else { return refused(http::StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed") };
        let fits = |item: &&Item| item.plural == asked.plural && item.namespace == asked.namespace;
        let mut found = self.objects.iter().filter(fits).map(|item| &item.value).filter(|value| asked.selects(value));
        let Some(name) = &asked.name else {
            let items: Vec<&Value> = found.collect();
            if items.is_empty() {
                self.miss(&asked, "");
            }
            return (http::StatusCode::OK, json!({ "apiVersion": "v1", "kind": "List", "metadata": {}, "items": items }));
        };
        match found.rfind(|value| value.pointer("/metadata/name").and_then(Value::as_str) == Some(name)) {
            Some(value) => {
                if is_bare(&asked.plural, value) {
                    self.miss(&asked, " with its containers");
                }
                (http::StatusCode::OK, value.clone())
            }
            None => {
                self.miss(&asked, "");
                refused(http::StatusCode::NOT_FOUND, "NotFound")
            }
        }
    }

    fn miss(&self, asked: &Asked, what_of_it: &str) {
        let what = [asked.namespace.as_deref(), Some(asked.plural.as_str()), asked.name.as_deref()];
        let what: Vec<&str> = what.into_iter().flatten().collect();
        let what = what.join("/") + what_of_it;
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if !missed.contains(&what) {
            missed.push(what);
        }
    }
}

fn refused(code: http::StatusCode, reason: &str) -> (http::StatusCode, Value) {
    let status =
        json!({ "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code.as_u16(), "reason": reason, "message": reason });
    (code, status)
}

/// What a path asks for.
struct Asked {
    namespace: Option<String>,
    plural: String,
    name: Option<String>,
    labels: Vec<(String, String)>,
}

impl Asked {
    fn of(uri: &Uri) -> Option<Self> {
        let mut parts = uri.path().trim_matches('/').split('/').map(str::to_owned);
        let ahead = if parts.next()? == "api" { 1 } else { 2 };
        let rest: Vec<String> = parts.skip(ahead).collect();
        let (namespace, plural, name) = match rest.as_slice() {
            [word, namespace, plural] if word == "namespaces" => (Some(namespace), plural, None),
            [word, namespace, plural, name] if word == "namespaces" => (Some(namespace), plural, Some(name)),
            [plural, name] => (None, plural, Some(name)),
            [plural] => (None, plural, None),
            _ => return None,
        };
        Some(Self { namespace: namespace.cloned(), plural: plural.clone(), name: name.cloned(), labels: labels(uri)? })
    }

    fn selects(&self, value: &Value) -> bool {
        let own = value.pointer("/metadata/labels");
        let has = |(key, value): &(String, String)| own.and_then(|own| own.get(key)).and_then(Value::as_str) == Some(value);
        self.labels.iter().all(has)
    }
}

/// The label selector of a query; `None` for one that is not understood.
fn labels(uri: &Uri) -> Option<Vec<(String, String)>> {
    let url = reqwest::Url::parse(&format!("http://files{uri}", uri = uri.path_and_query()?)).ok()?;
    let selector = url.query_pairs().find(|(key, _)| key == "labelSelector").map(|(_, value)| value.into_owned());
    let pair = |pair: &str| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    selector.unwrap_or_default().split(',').filter(|pair| !pair.is_empty()).map(pair).collect()
}

/// An object of a kind that is read; `None` for others.
fn item(value: &Value, namespace: &str) -> Result<Option<Item>, String> {
    let seen = Seen(value.clone());
    let (kind, version) = (word(&seen, "/kind"), word(&seen, "/apiVersion"));
    let Some((plural, group, namespaced)) = served(&kind) else { return Ok(None) };
    let given = version.split_once('/').map_or("", |(group, _)| group);
    if !version.is_empty() && given != group {
        return Ok(None);
    }
    let name = Some(word(&seen, "/metadata/name")).filter(|name| !name.is_empty()).ok_or_else(|| format!("this {kind} has no name"))?;
    let home = Some(word(&seen, "/metadata/namespace")).filter(|home| !home.is_empty()).unwrap_or_else(|| namespace.to_owned());
    let home = Some(home).filter(|_| namespaced);
    let mut value = value.clone();
    complete(&mut value, &kind, group, home.as_deref(), &name);
    let usable = match plural {
        "pods" => serde_json::from_value::<Pod>(value.clone()).map(drop),
        _ => serde_json::from_value::<DynamicObject>(value.clone()).map(drop),
    };
    usable.map_err(|error| format!("this {kind} cannot be used: {error}"))?;
    Ok(Some(Item { plural, namespace: home, value }))
}

fn served(kind: &str) -> Option<(&'static str, &'static str, bool)> {
    if kind.eq_ignore_ascii_case("Namespace") {
        return Some(("namespaces", "", false));
    }
    Kind::named(kind).map(|kind| (kind.plural(), kind.group(), kind.is_namespaced()))
}

/// Writes what the server would have filled in: uids above all, by which an owner is recognised.
fn complete(value: &mut Value, kind: &str, group: &str, home: Option<&str>, name: &str) {
    let Some(fields) = value.as_object_mut() else { return };
    if matches!(kind.to_lowercase().as_str(), "deployment" | "statefulset" | "daemonset") {
        select(fields, name);
    }
    let version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    fields.entry("apiVersion").or_insert_with(|| version.into());
    let Some(metadata) = fields.entry("metadata").or_insert_with(|| Map::new().into()).as_object_mut() else { return };
    metadata.insert("name".to_owned(), name.into());
    metadata.extend(home.map(|home| ("namespace".to_owned(), home.into())));
    metadata.entry("uid").or_insert_with(|| uid(kind, home, name).into());
    for owner in metadata.get_mut("ownerReferences").and_then(Value::as_array_mut).into_iter().flatten() {
        let above = Seen(owner.clone());
        let (kind, name) = (word(&above, "/kind"), word(&above, "/name"));
        let Some(fields) = owner.as_object_mut() else { continue };
        fields.entry("uid").or_insert_with(|| uid(&kind, home, &name).into());
    }
}

/// Whether a workload is named without saying what it runs.
fn is_bare(plural: &str, value: &Value) -> bool {
    let containers = value.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    matches!(plural, "deployments" | "statefulsets" | "daemonsets") && containers.is_none_or(Vec::is_empty)
}

/// A workload without a selector picks the pods that its template would make.
fn select(workload: &mut Map<String, Value>, name: &str) {
    let labels = workload.get("spec").and_then(|spec| spec.pointer("/template/metadata/labels")).cloned();
    let Some(spec) = workload.entry("spec").or_insert_with(|| Map::new().into()).as_object_mut() else { return };
    spec.entry("selector").or_insert_with(|| json!({ "matchLabels": labels.unwrap_or_else(|| json!({ "app": name })) }));
}

fn uid(kind: &str, home: Option<&str>, name: &str) -> String {
    made_up_uid(home.unwrap_or_default(), &format!("{}/{name}", kind.to_lowercase()))
}
