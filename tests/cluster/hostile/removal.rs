//! No validation is there for nothing: without it, something goes through that should not.

use super::attempt::{Attempt, Refused, validation};
use super::table;
use super::world::{World, sandbox};
use crate::stage::program;
use crate::support::a_cluster_more;
use http::Method;
use kubernaut::manifests::policies::POLICIES;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// A policy, with or without one of its validations.
async fn apply(world: &World, name: &str, without: bool) {
    let (policy, missing) = validation(name);
    let place = policy.validations.iter().position(|one| one.name == missing.name).unwrap();
    let mut definition = policy.definition();
    if without {
        definition["spec"]["validations"][place]["expression"] = json!("true");
    }
    let path = format!(
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/{}?fieldManager=kubectl-kubernaut&force=true",
        policy.name
    );
    world.send("admin", Method::PATCH, &path, "application/apply-patch+yaml", &definition).await.unwrap();
}

async fn goes_through(world: &World, attempts: &[&Attempt]) -> bool {
    for one in attempts {
        if one.send(world, true).await.is_ok() {
            return true;
        }
    }
    false
}

async fn until(world: &World, attempts: &[&Attempt], through: bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while goes_through(world, attempts).await != through {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

#[tokio::test]
async fn without_any_single_validation_something_goes_through() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    world.furnish().await;
    let (table, begun) = (table(&world), Instant::now());
    let of =
        |name: &str| -> Vec<&Attempt> { table.iter().filter(|one| matches!(one.refused, Refused::By(by) if by == name)).take(6).collect() };
    let names: Vec<&str> = POLICIES.iter().flat_map(|policy| policy.validations).map(|one| one.name).collect();
    let mut idle = Vec::new();
    for (place, name) in names.iter().enumerate() {
        apply(&world, name, true).await;
        if !until(&world, &of(name), true).await {
            idle.push(*name);
        }
        if place == 0 {
            check(name).await;
        }
        apply(&world, name, false).await;
        println!("without {name:?}, {}", if idle.contains(name) { "nothing changes" } else { "something goes through" });
    }
    for name in &names {
        assert!(until(&world, &of(name), false).await, "{name} holds again");
    }
    println!("{} validations in {:.0?}", names.len(), begun.elapsed());
    assert!(idle.is_empty(), "{idle:?} are there for nothing");
    succeeds().await;
}

/// `check` says which policy was changed.
async fn check(name: &str) {
    let told = program(sandbox().await, "admin", &["check", "-o", "json"]).await;
    assert_eq!(told.status.code(), Some(4));
    let report: Value = serde_json::from_slice(&told.stdout).unwrap();
    let failed: Vec<&str> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["result"] == "failure")
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(failed, [format!("ValidatingAdmissionPolicy/{}", validation(name).0.name)]);
}

async fn succeeds() {
    let told = program(sandbox().await, "admin", &["check"]).await;
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
}
