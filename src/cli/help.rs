//! What `--help` adds to the grammar: verbs in groups, and examples that can be typed as they stand.

use clap::{Arg, Command};
use std::ffi::OsString;

/// The words as the grammar knows them: nothing at all, and `help VERB`, ask for what `--help` prints.
pub fn asked(words: Vec<OsString>) -> Vec<OsString> {
    let (program, rest) = words.split_at(words.len().min(1));
    let about = match rest {
        [] => rest,
        [first, about @ ..] if first == "help" => about,
        _ => return words,
    };
    // Flags that help goes with are only --help's own.
    program.iter().chain(about).cloned().chain(["--help".into()]).collect()
}

/// Verbs by what one wants.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Read", &["get", "status", "why", "history", "audit"]),
    ("Decide", &["approve", "reject", "clear-block"]),
    ("Try", &["simulate", "route", "sandbox", "demo"]),
    ("Operate", &["check", "install", "uninstall", "run-controllers"]),
    ("Other", &["completion", "version"]),
];

/// What each verb is used for, and the line that does it.
const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "get",
        &[
            ("requests that wait for somebody, in all namespaces", "get approvals --pending -A"),
            ("those that run out within ten minutes and that you may decide", "get approvals --expiring 10m --mine"),
            ("runs that were skipped because an earlier one failed", "get executions --skip-reason PreviousExecutionFailed"),
            ("what will not clear by waiting", "get blocks -A"),
            ("follow a target", "get targets -w"),
            ("one field of each", "get aar -o jsonpath='{.items[*].spec.planHash}'"),
        ],
    ),
    (
        "status",
        &[
            ("what needs a person", "status -A"),
            ("one remediation with all that belongs to it, redrawn as it changes", "status rr/NAME -w"),
            ("wait for its end; 4 if it failed, 124 if it took too long", "status rr/NAME --wait --timeout 10m"),
        ],
    ),
    (
        "why",
        &[
            ("why a run does not start, and what would help", "why wfe/NAME"),
            ("whether anything could run on a target in ten minutes", "why --target payment/deployment/api --at +10m"),
            ("why a person is asked, and who may decide", "why aar/NAME"),
            ("from files, without a cluster", "why wfe/NAME --offline -f state.yaml"),
        ],
    ),
    (
        "history",
        &[
            ("who did what about one remediation", "history rr/NAME --time utc"),
            ("decisions and clearances of the last day, everywhere", "history -A --since 24h --source decision,clearance"),
        ],
    ),
    (
        "audit",
        &[
            ("whether a log is whole", "audit verify audit.jsonl --key-file audit.key"),
            ("the records that follow from the cluster's objects", "audit export"),
        ],
    ),
    (
        "approve",
        &[
            ("see the plan, then say yes or no", "approve NAME"),
            (
                "in a script: exactly the version that was looked at, and wait for the outcome",
                "approve NAME --yes --resource-version 4711 --wait",
            ),
            ("everything of a team, after typing how many", "approve -l team=payment"),
            ("whether the API server would accept it", "approve NAME --dry-run=server"),
        ],
    ),
    (
        "reject",
        &[
            ("with the reason that the record needs", "reject NAME --reason 'the leak is known, wait for the release'"),
            ("and wait until it has ended the remediation", "reject NAME --reason 'not during the sale' --wait --timeout 1m"),
        ],
    ),
    (
        "clear-block",
        &[
            ("see what ran, then type the target's name", "clear-block NAME"),
            ("in a script", "clear-block NAME --reason 'replicas checked by hand, quota fixed' --confirm payment-api"),
            (
                "what a target showed when it was looked at, and nothing newer",
                "clear-block -f target.yaml --reason 'replicas checked by hand' --confirm 1",
            ),
        ],
    ),
    (
        "simulate",
        &[
            ("what would become of an alert, end to end", "simulate -f alert.json"),
            ("without a file or a cluster", "simulate --offline --alert OOMKilled --target payment/deployment/api --confidence 72"),
            (
                "a test of the settings: 4 unless a person would be asked",
                "simulate --offline -f alert.json -f state.yaml --expect approval",
            ),
        ],
    ),
    (
        "route",
        &[
            ("the routing tree", "route show --config routing.yaml"),
            ("who would be told, and why the others not", "route test --config routing.yaml kubernaut.ai/severity=critical --tree"),
            ("a test of it: 4 if it is anybody else", "route test --config routing.yaml team=payment --expect pagerduty-oncall,slack-ops"),
            ("have the controllers deliver a message that says it is a test", "route test kubernaut.ai/severity=critical --send"),
        ],
    ),
    (
        "check",
        &[("what is missing or was changed", "check"), ("before an installation", "check --pre"), ("until all is well", "check --wait 2m")],
    ),
    (
        "install",
        &[
            ("kinds, account, roles and policies", "install"),
            ("what would change; 1 if anything", "install --diff"),
            ("for GitOps", "install --export > kubernaut.yaml"),
        ],
    ),
    (
        "uninstall",
        &[("what it would remove", "uninstall --dry-run=client"), ("with all data", "uninstall --delete-data --confirm cluster")],
    ),
    (
        "run-controllers",
        &[
            (
                "with a gateway that Alertmanager can reach on this machine",
                "run-controllers --gateway-listen 127.0.0.1:9099 --gateway-allow-unauthenticated",
            ),
            ("see what they would do, without doing it", "run-controllers --shadow"),
            ("until nothing is left to do now", "run-controllers --once"),
        ],
    ),
    ("completion", &[("words and names through kubectl", "completion kubectl --install ~/.local/bin"), ("for bash", "completion bash")]),
];

/// The grammar with its help.
pub fn with_help(grammar: Command) -> Command {
    let grouped = groups(&grammar);
    let template = format!("{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{grouped}Options:\n{{options}}{{after-help}}");
    let grammar = grammar.help_template(template).mut_args(out_of_short_help);
    grammar.mut_subcommands(|verb| {
        let examples = examples(verb.get_name());
        let more = "`--help` also shows the options for connecting and for how things look.";
        let below: Vec<&str> = examples.iter().map(String::as_str).collect();
        let long = below.join("\n");
        verb.after_help([&below[..], &[more]].concat().join("\n")).after_long_help(long)
    })
}

/// Short help is about the verb: how to connect stands in the long one.
fn out_of_short_help(arg: Arg) -> Arg {
    let common = matches!(arg.get_help_heading(), Some("Connection" | "Appearance")) && arg.get_id() != "namespace";
    if common { arg.hide_short_help(true) } else { arg }
}

fn groups(grammar: &Command) -> String {
    let width = grammar.get_subcommands().map(|verb| verb.get_name().len()).max().unwrap_or_default();
    let mut text = String::new();
    for (title, verbs) in GROUPS {
        text.push_str(&format!("{title}:\n"));
        for verb in verbs.iter().filter_map(|name| grammar.find_subcommand(name)) {
            let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("  {:width$}  {about}\n", verb.get_name()));
        }
        text.push('\n');
    }
    text
}

fn examples(verb: &str) -> Option<String> {
    let (_, examples) = EXAMPLES.iter().find(|(name, _)| *name == verb)?;
    let lines = examples.iter().map(|(what, line)| format!("  # {what}\n  kubectl kubernaut {line}\n"));
    Some(format!("Examples:\n{}", lines.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_asked_for_as_with_kubectl() {
        #[rustfmt::skip]
        let table = [
            ("K",                 "K --help"),
            ("K help",            "K --help"),
            ("K help route test", "K route test --help"),
            ("K get help",        "K get help"),
            ("K -n help get aar", "K -n help get aar"),
        ];
        for (line, expected) in table {
            let asked = asked(line.split(' ').map(OsString::from).collect());
            assert_eq!(asked, expected.split(' ').map(OsString::from).collect::<Vec<_>>(), "{line}");
        }
    }

    #[test]
    fn every_verb_stands_in_one_group() {
        let grammar = crate::cli::grammar();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, verbs)| verbs.iter().copied()).collect();
        let mut shown: Vec<&str> = grammar.get_subcommands().filter(|verb| !verb.is_hide_set()).map(Command::get_name).collect();
        grouped.sort_unstable();
        shown.sort_unstable();
        assert_eq!(grouped, shown);
    }

    #[test]
    fn every_example_can_be_typed() {
        for (verb, examples) in EXAMPLES {
            for (what, line) in *examples {
                let line = line.split(" > ").next().unwrap_or_default();
                // As a shell would split it; none has more than simple quotes.
                let words: Vec<String> = line
                    .split('\'')
                    .enumerate()
                    .flat_map(|(i, part)| match i % 2 {
                        0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
                        _ => vec![part.to_owned()],
                    })
                    .collect();
                let words = words.iter().map(String::as_str).fold(Vec::<String>::new(), |mut words, word| {
                    match words.last_mut().filter(|last| last.ends_with('=')) {
                        Some(last) => last.push_str(word),
                        None => words.push(word.to_owned()),
                    }
                    words
                });
                assert_eq!(words.first().map(String::as_str), Some(*verb));
                let line: Vec<&str> = ["kubectl-kubernaut"].into_iter().chain(words.iter().map(String::as_str)).collect();
                let parsed = crate::cli::grammar().try_get_matches_from(&line);
                assert!(parsed.is_ok(), "{what}: {line:?}: {}", parsed.err().map(|error| error.to_string()).unwrap_or_default());
            }
        }
    }
}
