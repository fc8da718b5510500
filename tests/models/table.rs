//! Runs every check and every sabotage, and prints what was proven: once a promise, with its checks, and the sabotages that they see.

use crate::checks::{CHECKS, Check, Found};
use crate::sabotage::{REDUNDANT, ROWS, Row};
use crate::world::Promise;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use Promise::{Ends, S1, S2, S3, S4, S6, S9, S10, S14, S18, S19, S21};
const PROMISES: [Promise; 12] = [S1, S2, S3, S4, S6, S9, S10, S14, S18, S19, S21, Ends];

/// What `make test` must cover at least.
const LEAST_STATES: usize = 250_000;

/// Every day's checks; all of them when `KUBERNAUT_PROVE` is set; one when `KUBERNAUT_CHECK` names it.
fn chosen(check: &Check) -> bool {
    match std::env::var("KUBERNAUT_CHECK") {
        Ok(only) => check.name == only,
        Err(_) => !check.long || std::env::var_os("KUBERNAUT_PROVE").is_some(),
    }
}

/// Sabotages are seen soon, so they are tried in the big configurations, too; unless one check alone is asked for.
fn chosen_rows() -> Vec<&'static Row> {
    ROWS.iter()
        .filter(|row| std::env::var("KUBERNAUT_CHECK").is_ok_and(|only| only == row.check) || std::env::var_os("KUBERNAUT_CHECK").is_none())
        .collect()
}

fn named(name: &str) -> &'static Check {
    CHECKS.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no check is named {name:?}"))
}

/// Does the work on two threads; the answers keep the order of the items.
fn on_two_threads<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((nth, item)) = Some(next.fetch_add(1, Ordering::SeqCst)).and_then(|nth| Some((nth, items.get(nth)?))) {
                    let result = work(item);
                    done.lock().unwrap().push((nth, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(nth, _)| *nth);
    done.into_iter().map(|(_, result)| result).collect()
}

/// One line of the table for one check of one promise; `true` if it holds.
fn line(promise: Promise, check: &Check, found: &Found) -> bool {
    let green = !found.broken.contains(&promise.to_string()) && found.unseen.is_empty();
    let verdict = if green { "green" } else { "RED" };
    println!("       {:<28} {:>9} states {:>6.1} s   {verdict}", check.name, found.states, found.seconds);
    green
}

#[test]
fn the_promises_hold_and_every_sabotage_is_seen() {
    let checks: Vec<&Check> = CHECKS.iter().filter(|check| chosen(check)).collect();
    let found = on_two_threads(&checks, |check| (check.run)(None));
    let rows = chosen_rows();
    let redundant: Vec<&Row> = REDUNDANT.iter().filter(|row| chosen(named(row.check))).collect();
    let red = on_two_threads(&rows, |row| tried(row));
    let also_red = on_two_threads(&redundant, |row| is_red(row));
    let mut wrong = Vec::new();
    for promise in PROMISES {
        println!("{:<5} {}", promise.to_string(), promise.says());
        for (check, found) in checks.iter().zip(&found).filter(|(check, _)| check.promises.contains(&promise)) {
            if !line(promise, check, found) {
                wrong.push(format!("{promise} in {:?}: {}; never seen: {:?}", check.name, found.histories.join("\n"), found.unseen));
            }
        }
        let red_lines = red.iter();
        for (row, (red, seconds)) in rows.iter().zip(red_lines).filter(|(row, _)| row.promise == promise) {
            let verdict = if *red { "red" } else { "NOT SEEN" };
            println!("       sabotage: {:<60} {:<26} {seconds:>6.1} s {verdict}", row.says, row.check);
            wrong.extend((!red).then(|| format!("{:?} is not seen by {:?}", row.sabotage, row.check)));
        }
        for (row, red) in redundant.iter().zip(&also_red).filter(|(row, _)| row.promise == promise) {
            println!("       redundant: {:<61} {:<28} {}", row.says, row.check, if *red { "RED" } else { "still green" });
            wrong.extend(red.then(|| format!("{:?} is not redundant", row.sabotage)));
        }
    }
    let states: usize = found.iter().map(|found| found.states).sum();
    println!("{states} states, {} checks, {} sabotages seen, {} redundant", checks.len(), rows.len(), redundant.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all = std::env::var_os("KUBERNAUT_CHECK").is_none();
    assert!(!all || states >= LEAST_STATES, "only {states} states: the configurations have become too small to prove much");
}

fn tried(row: &Row) -> (bool, f64) {
    let began = Instant::now();
    (is_red(row), began.elapsed().as_secs_f64())
}

fn is_red(row: &Row) -> bool {
    let check = named(row.check);
    assert!(check.promises.contains(&row.promise), "{} does not check {}", check.name, row.promise);
    (check.run)(Some((row.sabotage, row.promise))).broken.contains(&row.promise.to_string())
}
