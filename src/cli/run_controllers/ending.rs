//! Waits for a reason to stop, and ends in order.

use super::args::RunControllersArgs;
use super::{QUIET, Served};
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::session::Session;
use crate::controllers::engine::{Engine, Tally};
use crate::controllers::leadership::Leadership;
use jiff::SignedDuration;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Why the controllers stop.
pub enum Why {
    /// A signal, a flag or the parent said so.
    Told,
    /// A part of them ended.
    Died(String),
    /// Another copy has the lease.
    LeaseLost(String),
}

/// Waits for the first reason to stop.
pub async fn until_told(
    args: &RunControllersArgs,
    engine: &mut Engine,
    lease: Option<Leadership>,
    served: Option<Served>,
    session: &Session,
) -> (Why, Option<Leadership>) {
    let mut lease = lease;
    let clock = session.clock.clone();
    let (tally, seen) = (engine.tally.clone(), engine.seen_writes());
    let reason = tokio::select! {
        () = signalled() => Why::Told,
        () = timer(args.r#for) => Why::Told,
        () = orphaned(args.end_with_parent) => Why::Told,
        () = quiet(args.once, &tally, seen) => Why::Told,
        name = engine.death() => Why::Died(name.to_owned()),
        winner = kept(lease.as_mut(), move || clock.now()) => Why::LeaseLost(winner),
        why = stopped_serving(served) => Why::Died(why),
    };
    (reason, lease)
}

async fn signalled() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

async fn orphaned(wanted: bool) {
    match wanted {
        true => crate::cli::sandbox::parent_changed(rustix::process::getppid()).await,
        false => std::future::pending().await,
    }
}

async fn timer(length: Option<SignedDuration>) {
    match length.and_then(|length| Duration::try_from(length).ok()) {
        Some(length) => tokio::time::sleep(length).await,
        None => std::future::pending().await,
    }
}

/// Ends once nothing has been reconciled for a while, and the watches have shown all that was written: a late one would wake somebody.
async fn quiet(wanted: bool, tally: &Tally, seen: impl Fn() -> bool) {
    if !wanted {
        return std::future::pending().await;
    }
    loop {
        let before = tally.reconciles.load(Ordering::Relaxed);
        tokio::time::sleep(QUIET).await;
        let still = tally.reconciles.load(Ordering::Relaxed) == before && tally.in_flight.load(Ordering::Relaxed) == 0;
        if still && seen() {
            return;
        }
    }
}

async fn kept(lease: Option<&mut Leadership>, now: impl Fn() -> jiff::Timestamp) -> String {
    match lease {
        Some(lease) => lease.keep(now).await,
        None => std::future::pending().await,
    }
}

async fn stopped_serving(served: Option<Served>) -> String {
    match served {
        Some(served) => match served.await {
            Ok(Err(error)) => format!("the gateway: {}", error.in_full()),
            _ => "the gateway".to_owned(),
        },
        None => std::future::pending().await,
    }
}

/// Ends in order on the first signal, at once on the second.
///
/// # Errors
/// When the controllers stop for another reason than having been told to.
pub async fn finish(
    args: &RunControllersArgs,
    engine: Engine,
    (reason, lease): (Why, Option<Leadership>),
    session: &Session,
) -> anyhow::Result<Exit> {
    let (reconciles, errors) = (engine.tally.reconciles.load(Ordering::Relaxed), engine.tally.errors.load(Ordering::Relaxed));
    let in_flight = engine.tally.in_flight.load(Ordering::Relaxed);
    session
        .voice
        .tell(&format!("draining: {in_flight} reconciles in flight, up to {:#}; press Ctrl-C again to stop now", args.drain_timeout));
    let patience = Duration::try_from(args.drain_timeout).unwrap_or_default();
    let in_time = tokio::select! {
        in_time = engine.drain(patience) => in_time,
        () = signalled() => return Ok(Exit::Interrupted),
    };
    let released = match (lease, &reason) {
        (Some(lease), Why::Told | Why::Died(_)) => tokio::time::timeout(Duration::from_secs(2), lease.release()).await.unwrap_or(false),
        _ => false,
    };
    let lease = if released { ", lease released" } else { "" };
    let how = if in_time { "drained" } else { "gave up waiting" };
    session.voice.tell(&format!("{how}{lease}, {reconciles} reconciles, {errors} errors"));
    ended(reason)
}

/// What the reason to stop means to whoever started them.
fn ended(reason: Why) -> anyhow::Result<Exit> {
    match reason {
        Why::Told => Ok(Exit::Done),
        Why::Died(what) => Err(Failure::new(Reason::Internal, format!("a part of the controllers ended: {what}")).into()),
        Why::LeaseLost(winner) => Err(Failure::new(Reason::Internal, format!("lease lost to {winner}")).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn only_being_told_is_a_good_end() {
        assert_eq!(ended(Why::Told).unwrap(), Exit::Done);
        let lost = ended(Why::LeaseLost("other".to_owned())).unwrap_err();
        assert_eq!(lost.to_string(), "lease lost to other");
        let died = Failure::from_any(&ended(Why::Died("workflow".to_owned())).unwrap_err()).unwrap();
        assert!(died.exit == Exit::Failed && died.message.contains("workflow"), "{died}");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_left_to_do_once_nothing_is_at_work_and_every_write_was_seen() {
        let (tally, seen) = (Arc::<Tally>::default(), Arc::<AtomicBool>::default());
        let known = seen.clone();
        let is_quiet = async || tokio::time::timeout(QUIET * 3, quiet(true, &tally, || known.load(Ordering::Relaxed))).await.is_ok();
        tally.in_flight.store(1, Ordering::Relaxed);
        assert!(!is_quiet().await, "neither");
        seen.store(true, Ordering::Relaxed);
        assert!(!is_quiet().await, "something is at work");
        tally.in_flight.store(0, Ordering::Relaxed);
        assert!(is_quiet().await);
        seen.store(false, Ordering::Relaxed);
        assert!(!is_quiet().await, "a write has not come back");
        assert!(tokio::time::timeout(QUIET * 9, quiet(false, &tally, || true)).await.is_err(), "nobody asked for it");
    }
}
