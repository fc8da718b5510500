//! What people try who may do less than they want, and what they may do: against the real API server, with nothing of ours running.
//!
//! `cargo test --test cluster hostile -- --nocapture` prints the table: attempt, who, what refuses it.

mod attempt;
mod decisions;
mod legitimate;
mod objects;
mod removal;
mod roles;
mod runs;
mod truth;
pub mod world;

use crate::support::a_cluster_more;
use attempt::{Attempt, Refused};
use world::World;

/// Every attempt.
fn table(world: &World) -> Vec<Attempt> {
    let lists = [
        decisions::undecided(),
        decisions::decided(),
        decisions::runs(world),
        decisions::deletions(),
        runs::makers(world),
        runs::statuses(world),
        runs::people(world),
        runs::deletions(),
    ];
    lists.into_iter().flatten().collect()
}

#[tokio::test]
async fn every_hostile_attempt_is_refused_and_changes_nothing() {
    let _turn = a_cluster_more().await;
    let world = World::new().await;
    world.furnish().await;
    let table = table(&world);
    assert!(table.len() >= 80, "{} attempts", table.len());
    let mut wrong = Vec::new();
    for one in &table {
        let before = one.surroundings(&world).await;
        let dry = one.send(&world, true).await;
        let real = one.send(&world, false).await;
        wrong.extend(one.expect(&dry).err().map(|why| format!("as a dry run: {why}")));
        wrong.extend(one.expect(&real).err());
        if before != one.surroundings(&world).await {
            wrong.push(format!("{} ({}): something was changed", one.says, one.on));
        }
        println!("{:<62} | {:<10} | {}", one.says, one.who.split(" as ").last().unwrap_or_default(), words(one.refused));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

fn words(refused: Refused) -> String {
    match refused {
        Refused::By(name) => format!("{}: {name}", attempt::validation(name).0.name),
        Refused::Rule(words) => format!("the kind's definition: {words}"),
        Refused::Rbac => "RBAC".to_owned(),
        Refused::WithoutEffect => "without effect".to_owned(),
    }
}
