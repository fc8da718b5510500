//! Raises the memory or cpu limit of one container of the target's pod template.

use super::cluster::{Cluster, as_value, identify};
use super::quantity::Quantity;
use super::{Action, Asked, Error, Risk, field, only};
use crate::api::Write;
use crate::permissions::Rule;
use futures::future::BoxFuture;
use serde_json::Value;

/// Raises a limit: `resource` memory or cpu, `increase` in per cent (1 to 200), `container` where there are several, `max` as a ceiling.
pub struct IncreaseResources;

const PARAMETERS: &[&str] = &["resource", "increase", "container", "max"];
const LARGEST_INCREASE: u32 = 200;

impl Action for IncreaseResources {
    fn name(&self) -> &'static str {
        "increase_resources"
    }

    fn risk(&self) -> Risk {
        Risk::Disruptive
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn permissions(&self) -> &'static [Rule] {
        &[Rule { groups: &["apps"], resources: &["deployments", "statefulsets", "daemonsets"], verbs: &["get", "patch"] }]
    }

    fn plan<'a>(&'a self, cluster: &'a Cluster, asked: Asked<'a>) -> BoxFuture<'a, Result<Vec<Write>, Error>> {
        Box::pin(async move {
            only(&asked, PARAMETERS)?;
            if !matches!(asked.target.kind.as_str(), "deployment" | "statefulset" | "daemonset") {
                return Err(Error::Refused(format!("increase_resources needs a workload with a pod template, not {}", asked.target)));
            }
            let live = cluster.target(asked.target).await?;
            let (field, before, after) = raise(&as_value(&live), &asked)?;
            Ok(vec![Write { object: identify(&asked.target.kind, &live), field, before: Some(before), after: Some(after) }])
        })
    }
}

fn raise(workload: &Value, asked: &Asked) -> Result<(String, String, String), Error> {
    let resource = one_of(asked, "resource", &["memory", "cpu"], "memory")?;
    let percent = percentage(asked)?;
    let container = container(workload, asked)?;
    let field = format!("spec.template.spec.containers[name={container}].resources.limits.{resource}");
    let before = field::read(workload, &field)
        .ok_or_else(|| Error::Refused(format!("container {container} has no {resource} limit, so there is nothing to increase")))?;
    let old = quantity(&before)?;
    let max = asked.parameters.get("max").map_or(if resource == "cpu" { "8" } else { "16Gi" }, String::as_str);
    let new = old.increased_by(percent).min(quantity(max)?);
    if !new.exceeds(old) {
        return Err(Error::Refused(format!("the {resource} limit of container {container} is {before} already, and {max} is the most")));
    }
    Ok((field, before, new.to_string()))
}

fn one_of(asked: &Asked, key: &str, allowed: &[&'static str], default: &'static str) -> Result<&'static str, Error> {
    let given = asked.parameters.get(key).map_or(default, String::as_str);
    let known = allowed.iter().find(|one| **one == given).copied();
    known.ok_or_else(|| Error::Refused(format!("parameter {key} is {given:?}, but must be one of {}", allowed.join(", "))))
}

fn percentage(asked: &Asked) -> Result<u32, Error> {
    let given = asked.parameters.get("increase").map_or("100%", String::as_str);
    let number = given.strip_suffix('%').and_then(|number| number.parse::<u32>().ok());
    number
        .filter(|percent| (1..=LARGEST_INCREASE).contains(percent))
        .ok_or_else(|| Error::Refused(format!("parameter increase is {given:?}, but must be from 1% to {LARGEST_INCREASE}%")))
}

fn container(workload: &Value, asked: &Asked) -> Result<String, Error> {
    let containers = workload.pointer("/spec/template/spec/containers").and_then(Value::as_array).cloned().unwrap_or_default();
    let names: Vec<&str> = containers.iter().filter_map(|container| container.get("name")?.as_str()).collect();
    let named = asked.parameters.get("container").map(String::as_str);
    match (named, names.as_slice()) {
        (Some(named), names) if names.contains(&named) => Ok(named.to_owned()),
        (Some(named), names) => Err(Error::Refused(format!("there is no container {named:?}, only {}", names.join(", ")))),
        (None, [only]) => Ok((*only).to_owned()),
        (None, names) => Err(Error::Refused(format!("parameter container must say which of {} is meant", names.join(", ")))),
    }
}

fn quantity(text: &str) -> Result<Quantity, Error> {
    Quantity::parse(text).ok_or_else(|| Error::Refused(format!("{text:?} is not a quantity that is understood")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Target;
    use jiff::Timestamp;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn a_limit_is_raised_to_an_absolute_value_or_the_reason_is_said() {
        let container = |name: &str| json!({ "name": name, "resources": { "limits": { "memory": "512Mi", "cpu": "250m" } } });
        let workload = |containers: Vec<Value>| json!({ "spec": { "template": { "spec": { "containers": containers } } } });
        let (one, two, bare) = (
            workload(vec![container("api")]),
            workload(vec![container("api"), container("side")]),
            workload(vec![json!({ "name": "api" })]),
        );
        #[rustfmt::skip]
        let table: Vec<(&str, &Value, Vec<(&str, &str)>, Result<&str, &str>)> = vec![
            ("doubles memory by default",  &one,  vec![],                                        Ok("512Mi -> 1Gi")),
            ("half as much cpu again",     &one,  vec![("resource", "cpu"), ("increase", "50%")], Ok("250m -> 375m")),
            ("up to the ceiling",          &one,  vec![("max", "768Mi")],                        Ok("512Mi -> 768Mi")),
            ("the ceiling is reached",     &one,  vec![("max", "512Mi")],                        Err("is the most")),
            ("a named container",          &two,  vec![("container", "side")],                   Ok("512Mi -> 1Gi")),
            ("which of two",               &two,  vec![],                                        Err("must say which of api, side")),
            ("no such container",          &two,  vec![("container", "x")],                      Err("there is no container")),
            ("no limit",                   &bare, vec![],                                        Err("has no memory limit")),
            ("too much at once",           &one,  vec![("increase", "201%")],                    Err("from 1% to 200%")),
            ("less",                       &one,  vec![("increase", "-50%")],                    Err("from 1% to 200%")),
            ("another resource",           &one,  vec![("resource", "disk")],                    Err("one of memory, cpu")),
        ];
        let target = Target::namespaced("payment", "deployment", "api");
        for (case, workload, parameters, expected) in table {
            let parameters: BTreeMap<String, String> = parameters.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
            let asked = Asked { target: &target, parameters: &parameters, now: Timestamp::UNIX_EPOCH };
            match (raise(workload, &asked), expected) {
                (Ok((_, before, after)), Ok(expected)) => assert_eq!(format!("{before} -> {after}"), expected, "{case}"),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{case}: {error}"),
                (answer, expected) => panic!("{case}: {answer:?} instead of {expected:?}"),
            }
        }
    }
}
