use super::{Branch, Labels, Operator, Tree, label, notation};
use serde_json::Value;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn read(text: &str) -> Labels {
    text.split_whitespace().filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A tree whose root is `root`, with these routes below and receivers of all one-letter names.
fn tree(routes: &str) -> Tree {
    let receivers: Vec<String> = ["root", "a", "b", "c", "d"].iter().map(|name| format!("{{name: {name}}}")).collect();
    let text = format!("route: {{receiver: root, routes: [{routes}]}}\nreceivers: [{}]\n", receivers.join(", "));
    Tree::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn recorded_answers_of_amtool_are_ours() {
    for (name, recorded) in [("by hand", include_str!("../../../tests/fixtures/routing-cases.json"))] {
        let recorded: Value = serde_json::from_str(recorded).unwrap();
        let cases = recorded["cases"].as_array().unwrap();
        assert!(cases.len() >= 37, "{name}");
        for case in cases {
            let tree = Tree::parse(case["config"].as_str().unwrap());
            let labels: Labels = serde_json::from_value(case["labels"].clone()).unwrap();
            let ours = tree.map(|tree| tree.receivers(&labels)).map_err(|error| error.to_string());
            let theirs: Result<Vec<String>, String> = Ok(serde_json::from_value(case["receivers"].clone()).unwrap());
            assert_eq!(ours, theirs, "{name}, {}", case["id"]);
        }
    }
}

#[test]
fn the_first_route_that_matches_takes_all_unless_it_continues() {
    #[rustfmt::skip]
    let table = [
        ("nothing matches",                    "{receiver: a, match: {x: 1}}",                                                                             "",        "root"),
        ("the first of two",                   "{receiver: a, match: {x: 1}}, {receiver: b, match: {x: 1}}",                                               "x=1",     "a"),
        ("the second when the first does not", "{receiver: a, match: {x: 2}}, {receiver: b, match: {x: 1}}",                                               "x=1",     "b"),
        ("both when the first continues",      "{receiver: a, match: {x: 1}, continue: true}, {receiver: b, match: {x: 1}}",                               "x=1",     "a b"),
        ("a route without matchers",           "{receiver: a}",                                                                                            "",        "a"),
        ("its receiver is inherited",          "{match: {x: 1}}",                                                                                          "x=1",     "root"),
        ("the deepest one",                    "{receiver: a, match: {x: 1}, routes: [{receiver: b, match: {y: 1}}]}",                                     "x=1 y=1", "b"),
        ("the parent when no child does",      "{receiver: a, match: {x: 1}, routes: [{receiver: b, match: {y: 1}}]}",                                     "x=1",     "a"),
        ("a child's continue stays inside",    "{receiver: a, match: {x: 1}, routes: [{receiver: b, continue: true}]}, {receiver: c}",                     "x=1",     "b"),
        ("a parent's goes on after it",        "{receiver: a, match: {x: 1}, continue: true, routes: [{receiver: b}]}, {receiver: c}",                     "x=1",     "b c"),
        ("one receiver twice",                 "{receiver: a, continue: true}, {receiver: a}",                                                             "",        "a a"),
        ("all conditions must hold",           "{receiver: a, match: {x: 1}, match_re: {y: '.+'}, matchers: ['z!=1']}",                                    "x=1 y=2", "a"),
        ("one does not",                       "{receiver: a, match: {x: 1}, match_re: {y: '.+'}, matchers: ['z!=1']}",                                    "x=1",     "root"),
        ("values have a case",                 "{receiver: a, match: {x: One}}",                                                                           "x=one",   "root"),
        ("our labels in match",                "{receiver: a, match: {kubernaut.ai/skip-reason: PreviousExecutionFailed}}",                                "kubernaut.ai/skip-reason=PreviousExecutionFailed", "a"),
        ("and in matchers, quoted",            "{receiver: a, matchers: ['\"kubernaut.ai/severity\"=~\"critical|high\"']}",                                "kubernaut.ai/severity=high", "a"),
        ("an anchor",                          "&one {receiver: a, match: {x: 1}}, {<<: *one, match: {x: 2}}",                                             "x=2",     "a"),
    ];
    for (case, routes, given, expected) in table {
        assert_eq!(tree(routes).receivers(&read(given)).join(" "), expected, "{case}");
    }
}

#[test]
fn conditions_compare_whole_values_and_a_missing_label_is_empty() {
    #[rustfmt::skip]
    let table = [
        ("x=a",            Some("a"),      true),
        ("x=a",            Some("ab"),     false),
        ("x=a",            None,           false),
        ("x!=a",           None,           true),
        ("x=\"\"",         None,           true),
        ("x!=\"\"",        None,           false),
        ("x=~\".*\"",      None,           true),
        ("x=~\".+\"",      None,           false),
        ("x!~\".+\"",      None,           true),
        ("x=~a",           Some("ba"),     false),
        ("x=~\"a|b\"",     Some("ab"),     false),
        ("x=~\"a|b\"",     Some("b"),      true),
        ("x=~\"(?i)A\"",   Some("a"),      true),
        ("x=~\".*\"",      Some("a\nb"),   false),
        ("x=~\"a\"",       Some("a\n"),    false),
        ("x=~\"^a$\"",     Some("a"),      true),
    ];
    for (text, value, expected) in table {
        let matchers = notation::matchers(text).unwrap();
        let given = value.map(|value| labels(&[("x", value)])).unwrap_or_default();
        assert_eq!(matchers.iter().all(|matcher| matcher.holds(&given)), expected, "{text} of {value:?}");
    }
}

#[test]
fn matchers_are_read_by_either_notation() {
    use Operator::{Equal, Matches, NotEqual, NotMatches};
    type Case<'a> = (&'a str, &'a [(&'a str, Operator, &'a str)]);
    #[rustfmt::skip]
    let table: &[Case] = &[
        ("",                          &[]),
        ("{}",                        &[]),
        ("a=b",                       &[("a", Equal, "b")]),
        (" a != b ",                  &[("a", NotEqual, "b")]),
        ("a=~b,c!~d",                 &[("a", Matches, "b"), ("c", NotMatches, "d")]),
        ("{a=b,}",                    &[("a", Equal, "b")]),
        ("a=",                        &[("a", Equal, "")]),
        ("a=b c",                     &[("a", Equal, "b c")]),
        ("a=\"b, c\"",                &[("a", Equal, "b, c")]),
        (r#"a="b \"c\"""#,            &[("a", Equal, "b \"c\"")]),
        (r#"a="b\\c\n\d""#,           &[("a", Equal, "b\\c\n\\d")]),
        (r"a=\",                      &[("a", Equal, "\\")]),
        (r#""a b"="c""#,              &[("a b", Equal, "c")]),
        ("ä=ö",                       &[("ä", Equal, "ö")]),
        ("kubernaut.ai/x=y",          &[("kubernaut.ai/x", Equal, "y")]),
        (r#""\u00e4\x41\101"="\t""#,  &[("äAA", Equal, "\t")]),
        (r#"{"a b"=c,d=e}"#,          &[("a b", Equal, "c"), ("d", Equal, "e")]),
    ];
    for (text, expected) in table {
        let found = notation::matchers(text).unwrap_or_else(|error| panic!("{error}"));
        let found: Vec<_> = found.iter().map(|matcher| (matcher.label.as_str(), matcher.operator, matcher.value.as_str())).collect();
        assert_eq!(found, *expected, "{text}");
    }
    for text in [
        "a",
        "=b",
        "a==~b\"",
        "a b=c",
        "\"a=b",
        "{a b=c",
        "a=\"b\"c\"",
        "a.b=c}",
        ",",
        "1 a=b",
        "a=~\"[\"",
        "'a'=b",
        "\"\\xff\"=a",
        "\"a\"b=c",
    ] {
        assert!(notation::matchers(text).is_err(), "{text}: {:?}", notation::matchers(text));
    }
}

#[test]
fn what_is_shown_of_a_matcher_reads_back_the_same() {
    for text in ["a=b", "\"a b\"=~\"c|d\"", r#"a!="x\\y\"z\n""#, "kubernaut.ai/severity!~x", "ä=\"\u{202e}\""] {
        let matchers = notation::matchers(text).unwrap();
        assert_eq!(notation::matchers(&matchers[0].to_string()).unwrap(), matchers, "{text}");
    }
}

#[test]
fn labels_are_given_as_amtool_takes_them() {
    #[rustfmt::skip]
    let table = [
        ("a=b",                 Ok(("a", "b"))),
        ("a=",                  Ok(("a", ""))),
        ("a=\"b c\"",           Ok(("a", "b c"))),
        ("a=b c",               Ok(("a", "b c"))),
        ("kubernaut.ai/x=y",    Ok(("kubernaut.ai/x", "y"))),
        ("\"a b\"=c",           Ok(("a b", "c"))),
        ("a=b=c",               Ok(("a", "b=c"))),
        ("a",                   Err(())),
        ("a!=b",                Err(())),
        ("a=~b",                Err(())),
        ("{a=b}",               Err(())),
        ("\"a b\"=c,d=e",       Err(())),
    ];
    for (text, expected) in table {
        let found = label(text);
        assert_eq!(found.as_ref().map(|(name, value)| (name.as_str(), value.as_str())).map_err(drop), expected, "{text}: {found:?}");
    }
}

#[test]
fn a_file_that_alertmanager_refuses_is_refused_with_its_place() {
    #[rustfmt::skip]
    let table = [
        ("receivers: []",                                                            "there is no route in it"),
        ("route: {receiver: x}\nreceivers: []",                                      "line 1, column 19: receiver \"x\" is not defined under receivers; none is"),
        ("route: {receiver: a}\nreceivers: [{name: a}, {name: a}]",                  "line 2, column 24: receiver \"a\" is defined twice"),
        ("route:\n  receiver: a\n  wibble: 1\nreceivers: [{name: a}]",               "line 3, column 3: unknown field `wibble`"),
        ("wibble: 1",                                                                "line 1, column 1: unknown field `wibble`"),
        ("route: {receiver: a}\nreceivers: [{name: a, wibble_configs: []}]",         "line 2, column 13: receiver \"a\" has an unknown key \"wibble_configs\""),
        ("route: {receiver: a}\nreceivers: [{}]",                                    "line 2, column 13: a receiver has no name"),
        ("route: {receiver: a, match: {x: y}}\nreceivers: [{name: a}]",              "line 1, column 8: the root route must not have matchers"),
        ("route: {receiver: a, continue: true}\nreceivers: [{name: a}]",             "line 1, column 8: the root route cannot continue"),
        ("route: {receiver: a, mute_time_intervals: [x]}\nreceivers: [{name: a}]",   "line 1, column 8: the root route must not have time intervals"),
        ("route:\n  routes:\n  - match_re:\n      x: '['",                           "line 4, column 10: \"[\" is not a regular expression"),
        ("route:\n  routes:\n  - matchers:\n    - a b",                              "line 4, column 7: \"a b\" is not a matcher"),
        ("route: {routes: [{mute_time_intervals: [x]}]}",                            "line 1, column 41: time interval \"x\" is not defined"),
        ("route: {}\ntime_intervals: [{name: x}, {name: x}]",                        "line 2, column 36: time interval \"x\" is defined twice"),
        ("route: {group_by: [a, a]}",                                                "line 1, column 23: group_by has a label twice"),
        ("route: {group_interval: 0s}",                                              "line 1, column 25: group_interval cannot be zero"),
        ("route: {group_wait: soon}",                                                "line 1, column 21: group_wait is \"soon\", not a length"),
        ("route: {receiver: a, receiver: b}",                                        "line 1, column 22: duplicate"),
        ("route: [",                                                                 "line 1, column "),
        ("- a",                                                                      "line 1, column 1: "),
    ];
    for (text, expected) in table {
        let error = Tree::parse(text).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}\n  says {error}\n  not  {expected}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_whole_configuration_of_alertmanager_is_taken() {
    let text = r#"
global: {smtp_smarthost: 'localhost:25', slack_api_url_file: /etc/slack}
templates: ['/etc/*.tmpl']
route:
  receiver: team
  group_by: [alertname, cluster]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 1h30m
  labels: {a: b}
  routes:
  - {matchers: [severity="critical"], receiver: pager, mute_time_intervals: [night], active_time_intervals: [day]}
inhibit_rules:
- {source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [alertname]}
mute_time_intervals: [{name: night, time_intervals: [{times: [{start_time: '22:00', end_time: '06:00'}]}]}]
time_intervals: [{name: day, time_intervals: []}]
receivers:
- name: team
  email_configs: [{to: team@example.org, headers: {a: b}}]
  slack_configs: [{channel: '#team', send_resolved: true}]
- name: pager
  pagerduty_configs: [{service_key: x}]
"#;
    let tree = Tree::parse(text).unwrap();
    assert_eq!(tree.receivers(&labels(&[("severity", "critical")])), ["pager"]);
    assert_eq!(tree.remarks().len(), 2, "{:?}", tree.remarks());
}

#[test]
fn the_built_in_tree_reaches_every_channel_and_stands_in_for_a_missing_root_receiver() {
    assert_eq!(Tree::built_in(&["console", "slack"]).receivers(&Labels::new()), ["console", "slack"]);
    let tree = Tree::parse("route: {routes: [{receiver: a, match: {x: y}}]}\nreceivers: [{name: a, channels: [slack]}]").unwrap();
    assert_eq!(tree.receivers(&Labels::new()), ["console"]);
    let tree = tree.with_channels(&["console", "slack"]);
    assert_eq!(tree.receivers(&Labels::new()), ["console", "slack"]);
    assert_eq!(tree.receivers(&labels(&[("x", "y")])), ["a"]);
}

fn drawn(branch: &Branch, depth: usize, into: &mut Vec<String>) {
    let state = match (branch.asked, branch.matched, branch.receives) {
        (false, ..) => "not asked",
        (_, false, _) => "no",
        (_, _, true) => "receives",
        _ => "through",
    };
    into.push(format!("{}{} {state}", "-".repeat(depth), branch.receivers.join("+")));
    branch.routes.iter().for_each(|branch| drawn(branch, depth + 1, into));
}

#[test]
fn every_branch_says_what_became_of_it() {
    let tree = tree(
        "{receiver: a, match: {x: 1}, continue: true, routes: [{receiver: b, match: {y: 1}}]}, {receiver: c, match: {x: 1}}, {receiver: d, routes: [{receiver: a}]}",
    );
    #[rustfmt::skip]
    let table: [(&str, &[&str]); 2] = [
        ("x=1", &["root through", "-a receives", "--b no", "-c receives", "-d not asked", "--a not asked"]),
        ("y=1", &["root through", "-a no", "--b not asked", "-c no", "-d through", "--a receives"]),
    ];
    for (given, expected) in table {
        let (explained, mut lines) = (tree.explain(&read(given)), vec![]);
        drawn(&explained, 0, &mut lines);
        assert_eq!(lines, expected, "{given}");
        let receiving: Vec<&str> = explained.receiving().into_iter().flat_map(|branch| &branch.receivers).map(String::as_str).collect();
        assert_eq!(receiving, tree.receivers(&read(given)), "{given}");
    }
    let explained = tree.explain(&read("x=2"));
    let failed = explained.routes[0].failed().unwrap();
    assert_eq!((failed.matcher.as_str(), failed.label.as_str(), failed.value.as_deref()), ("x=\"1\"", "x", Some("2")));
    assert_eq!((explained.line, explained.routes[0].line), (Some(1), Some(1)));
}

#[test]
fn bombs_do_not_go_off() {
    let deep = format!("route: {}", "{routes: [".repeat(5_000));
    let bomb = (1..20).fold("a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned(), |text, nth| {
        format!("{text}a{nth}: &a{nth} [*a{0}, *a{0}, *a{0}, *a{0}]\n", nth - 1)
    });
    let counted = "route: {routes: [{match_re: {x: '((((a{1000}){1000}){1000}){1000}){1000}'}}]}".to_owned();
    let nested = format!("route: {{routes: [{{match_re: {{x: '{}'}}}}]}}", "(".repeat(100_000));
    for text in [deep, bomb, counted, nested, "route: &r {routes: [*r]}".to_owned(), "\0".to_owned(), "a".repeat(5_000_000)] {
        assert!(Tree::parse(&text).is_err(), "{}", text.chars().take(60).collect::<String>());
    }
}
