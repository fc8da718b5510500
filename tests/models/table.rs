//! Runs every check and every sabotage, and prints what was proven.

use crate::checks::{CHECKS, Check};
use crate::sabotage::{REDUNDANT, ROWS, Row};
use std::fmt::Write as _;

/// The checks of every day, or all of them when `KUBERNAUT_PROVE` is set.
fn checks() -> impl Iterator<Item = &'static Check> {
    let all = std::env::var_os("KUBERNAUT_PROVE").is_some();
    CHECKS.iter().filter(move |check| all || !check.long)
}

fn named(name: &str) -> &'static Check {
    CHECKS.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no check is named {name:?}"))
}

#[test]
fn every_promise_holds_in_every_configuration() {
    let (mut table, mut wrong, mut states) = (String::new(), Vec::new(), 0);
    for check in checks() {
        let found = (check.run)(None);
        states += found.states;
        let promises: Vec<String> = check.promises.iter().map(ToString::to_string).collect();
        let verdict = if found.broken.is_empty() { "green" } else { "RED" };
        let line = format!("{:<26} {:<26} {:>9} {:>6.1} s  {verdict}", check.name, promises.join(" "), found.states, found.seconds);
        println!("{line}");
        let _ = writeln!(table, "{line}");
        if !found.broken.is_empty() || !found.unseen.is_empty() {
            wrong.push(format!("{}: broken {:?}, never seen {:?}", check.name, found.broken, found.unseen));
        }
    }
    println!("{states} states in all");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(states >= 250_000, "only {states} states: the configurations have become too small to prove much");
}

#[test]
fn every_sabotage_is_seen_by_the_check_that_is_named_for_it() {
    let mut survivors = Vec::new();
    for row in ROWS.iter().filter(|row| checks().any(|check| check.name == row.check)) {
        let red = is_red(row);
        println!("{:<4} {:<26} {:<62} {}", row.promise.to_string(), row.check, row.says, if red { "red" } else { "SURVIVES" });
        if !red {
            survivors.push(format!("{:?} survives {:?}", row.sabotage, row.check));
        }
    }
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
}

#[test]
fn a_redundant_defence_is_called_one() {
    for row in REDUNDANT.iter().filter(|row| checks().any(|check| check.name == row.check)) {
        assert!(!is_red(row), "{:?} is not redundant: {}", row.sabotage, row.says);
    }
}

fn is_red(row: &Row) -> bool {
    let check = named(row.check);
    assert!(check.promises.contains(&row.promise), "{} does not check {}", check.name, row.promise);
    (check.run)(Some((row.sabotage, row.promise))).broken.contains(&row.promise.to_string())
}
