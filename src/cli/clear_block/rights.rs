//! Whether we may clear at all: asked before a person is.

use crate::api::{GROUP, Target};
use crate::cli::connect::Connected;
use crate::cli::failure::{Failure, Reason, rights};
use crate::cli::output::text::one_line;
use crate::cli::read::AT_A_TIME;
use crate::cli::whoami::{may, may_one};
use crate::manifests::CLEARER;
use futures::{StreamExt, stream};
use std::collections::BTreeSet;

const LEDGERS: &str = "remediationtargets";
const CLEAR: &str = "clear";

/// Both rules that clearing takes: resource and verb.
const RULES: [(&str, &str); 2] = [(LEDGERS, CLEAR), ("blockclearances", "create")];

/// Refuses whoever may not clear one of these targets. Where it is not known, the API server refuses in the end what it has to.
///
/// # Errors
/// Every rule that is missing in the first such namespace, and the role that has them.
pub async fn check(connected: &Connected, targets: &[&Target], who: &str) -> Result<(), Failure> {
    let homes: BTreeSet<&str> = targets.iter().map(|target| target.home()).collect();
    let asked = homes.iter().flat_map(|home| RULES.map(|(resource, verb)| (*home, resource, verb)));
    let each = asked.map(|(home, resource, verb)| async move {
        let may =
            may(connected, verb, resource, Some(home)).await.unwrap_or(true) || (verb == CLEAR && named(connected, targets, home).await);
        (!may).then_some((home, resource, verb))
    });
    let missing: Vec<_> = stream::iter(each).buffered(AT_A_TIME).filter_map(std::future::ready).collect().await;
    let Some((home, ..)) = missing.first() else { return Ok(()) };
    let here: Vec<(&str, &str)> =
        missing.iter().filter(|(there, ..)| there == home).map(|(_, resource, verb)| (*resource, *verb)).collect();
    let what: Vec<String> = here.iter().map(|(resource, verb)| format!("{verb} {resource}")).collect();
    let message = format!("{} may not {} in namespace {home}; nothing was cleared", one_line(who), what.join(" and may not "));
    Err(Failure::new(Reason::Forbidden, message).hint(missing_rules(&here, home)).hint(whole_role(home)))
}

/// Whether roles name all of these targets that are at home there.
async fn named(connected: &Connected, targets: &[&Target], home: &str) -> bool {
    let there: BTreeSet<String> = targets.iter().filter(|target| target.home() == home).map(|target| target.ledger_name()).collect();
    let each = there.into_iter().map(|ledger| async move { may_one(connected, CLEAR, LEDGERS, home, &ledger).await.unwrap_or(true) });
    stream::iter(each).buffered(AT_A_TIME).all(std::future::ready).await
}

/// What a refusal by the API server, which names one rule at most, leaves out.
pub fn needed(home: &str) -> [String; 2] {
    let rules: Vec<String> = RULES.iter().map(|(resource, verb)| rule(resource, verb)).collect();
    [format!("clearing takes both, in a Role in namespace {home}: {}", rules.join(" and ")), whole_role(home)]
}

fn missing_rules(missing: &[(&str, &str)], home: &str) -> String {
    let rules: Vec<String> = missing.iter().map(|(resource, verb)| rule(resource, verb)).collect();
    let noun = if rules.len() == 1 { "rule" } else { "rules" };
    format!("the missing {noun}, in a Role in namespace {home}: {}", rules.join(" and "))
}

fn rule(resource: &str, verb: &str) -> String {
    rights::rule(GROUP, resource, verb)
}

fn whole_role(home: &str) -> String {
    rights::whole_role("clearing", home, CLEARER)
}
