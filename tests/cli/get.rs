//! What `get` refuses before it asks anybody.

use super::run;

#[test]
fn arguments_that_exclude_each_other_are_refused_with_what_to_do() {
    #[rustfmt::skip]
    let table: &[(&[&str], &str)] = &[
        (&["get", "aar,wfe"],                            "one type at a time"),
        (&["get", "aar/x", "wfe/y"],                     "kubectl kubernaut get wfe/y"),
        (&["get", "pods"],                               "executions (wfe)"),
        (&["get", "wfe", "--pending"],                   "go with approvals"),
        (&["get", "nr", "--mine"],                       "go with approvals"),
        (&["get", "aar", "--skip-reason=ResourceBusy"],  "goes with executions"),
        (&["get", "wfe", "--skip-reason=Busy"],          "PreviousExecutionFailed"),
        (&["get", "targets", "--pending"],               "not with targets"),
        (&["get", "targets", "-L", "a"],                 "have no labels"),
        (&["get", "blocks", "-w", "--offline", "-f", "-"], "files do not change"),
        (&["get", "aar", "--expiring", "1d"],            "24h"),
        (&["get", "aar", "x", "y", "-w"],                "only one object"),
        (&["get", "aar", "x", "-l", "a=b"],              "exclude each other"),
        (&["get", "aar", "-A", "x"],                     "across all namespaces"),
        (&["get", "aar", "--offline", "-f", "-"],        "which are computed"),
    ];
    for (words, hint) in table {
        let said = run(words);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{words:?}: {}", said.err);
        assert!(said.err.contains(hint), "{words:?}: {}", said.err);
    }
}

#[test]
fn every_type_has_a_place_in_the_help() {
    let said = run(&["get", "--help"]);
    for word in [
        "approvals",
        "executions",
        "remediations",
        "analyses",
        "notifications",
        "blocks",
        "--pending",
        "--expiring",
        "--mine",
        "--skip-reason",
        "--watch-only",
    ] {
        assert!(said.out.contains(word), "{word}");
    }
}
