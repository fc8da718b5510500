//! Whether controllers work on the cluster.

use super::lease::{self, Held};
use super::{Check, Outcome};
use crate::cli::connect::Connected;
use crate::cli::output::age::age;
use crate::cli::paste;
use crate::cli::run_controllers::deployed;
use crate::cli::session::Session;
use crate::controllers::leadership::LEASE;
use std::time::Duration;

/// Longer than the time between two renewals.
const A_RENEWAL: Duration = Duration::from_secs(6);
const CATEGORY: &str = "controllers";

/// Looks at the lease, and at who runs the holder.
pub async fn all(connected: &Connected, session: &Session) -> Vec<Check> {
    let held = match lease::look(connected, session.now()).await {
        Ok(stale @ Held::Stale { .. }) => renewed(stale, connected, session).await,
        held => held,
    };
    match held {
        Err(error) => vec![Check::unseen(CATEGORY, LEASE, &error)],
        Ok(held) => vec![told(&held, &host(connected).await)],
    }
}

/// The holder's clock may go behind the API server's; then only the renewal shows that it lives.
async fn renewed(stale: Held, connected: &Connected, session: &Session) -> Result<Held, kube::Error> {
    tokio::time::sleep(A_RENEWAL).await;
    let again = lease::look(connected, session.now()).await?;
    Ok(match (&stale, &again) {
        (Held::Stale { renewed: before, .. }, Held::Stale { holder, renewed }) if renewed < before => {
            Held::By { holder: holder.clone(), renewed: jiff::SignedDuration::ZERO }
        }
        _ => again,
    })
}

async fn host(connected: &Connected) -> String {
    match deployed::find(connected).await {
        Ok(Some(found)) => format!("by {found}"),
        Ok(None) => "by a run-controllers outside the cluster".to_owned(),
        Err(_) => "where it runs cannot be read".to_owned(),
    }
}

fn told(held: &Held, host: &str) -> Check {
    let of = |result, message: String| Check::new(CATEGORY, "lease", result, message);
    let start = format!("start them with  {}", paste::ours("run-controllers"));
    match held {
        Held::By { holder, renewed } => of(Outcome::Ok, format!("held, renewed {} ago ({holder}; {host})", age(*renewed))),
        Held::Never => of(Outcome::Warning, "is not there: no controllers work here".to_owned()).hint(start),
        Held::Free => of(Outcome::Warning, "was given back: no controllers work here".to_owned()).hint(start),
        Held::Stale { holder, renewed } => {
            let message = format!("was last renewed {} ago by {holder}, which did not give it back", age(*renewed));
            of(Outcome::Failure, message).hint("look for what ended that process; another copy takes the lease over by itself")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn only_a_lease_that_is_renewed_is_well() {
        let (holder, renewed) = ("me".to_owned(), SignedDuration::from_secs(3));
        #[rustfmt::skip]
        let table = [
            ("renewed",     Held::By { holder: holder.clone(), renewed },                 Outcome::Ok,      "held, renewed 3s ago (me; by x)"),
            ("never there", Held::Never,                                                  Outcome::Warning, "is not there: no controllers work here"),
            ("given back",  Held::Free,                                                   Outcome::Warning, "was given back: no controllers work here"),
            ("left behind", Held::Stale { holder, renewed: SignedDuration::from_secs(90) }, Outcome::Failure, "was last renewed 90s ago by me, which did not give it back"),
        ];
        for (case, held, result, message) in table {
            let check = told(&held, "by x");
            assert_eq!((check.result, check.message.as_str()), (result, message), "{case}");
        }
    }
}
