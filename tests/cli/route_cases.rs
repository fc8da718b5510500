//! Makes up routing trees and labels: whole trees, and matchers and expressions of characters that mean something to their parsers.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A configuration, and labels to route by it.
pub struct Case {
    pub config: String,
    pub labels: BTreeMap<String, String>,
}

/// The case of a number, always the same one.
pub fn case(number: u64) -> Case {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1));
    match number % 4 {
        0 => Case { config: one(&json!({ "matchers": [dice.soup("ab=!~\"\\,{} é1:.n/'_\u{a0}", 10)] })), labels: dice.labels() },
        1 => {
            let expression = dice.soup("ab*+?|()[]{}^$.\\dwsbQE:-,12AZi&~<>P=xzpLé", 9);
            let value = dice.soup("ab12A-: .é{}\\[]", 4);
            let route = if dice.one_in(2) {
                json!({ "match_re": { "x": expression } })
            } else {
                json!({ "matchers": [format!("x=~{}", quoted(&expression))] })
            };
            Case { config: one(&route), labels: [("x".to_owned(), value)].into() }
        }
        _ => Case { config: dice.tree().to_string(), labels: dice.labels() },
    }
}

fn one(route: &Value) -> String {
    let mut route = route.clone();
    route["receiver"] = json!("a");
    json!({ "route": { "receiver": "root", "routes": [route] }, "receivers": [{ "name": "root" }, { "name": "a" }] }).to_string()
}

/// A text in double quotes, as a matcher holds it.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

const NAMES: [&str; 5] = ["severity", "team", "region", "x", "kubernaut.ai/skip-reason"];
const VALUES: [&str; 24] = [
    "critical", "high", "a", "b", "a b", "ä", "", "A", "1", "a.b", "x,y", "\"q\"", "\\d", "eu1", "aa", "k", "\u{212a}", "٣", "a\nb", "ſ",
    "{a}", "ab", "α", "-",
];
const EXPRESSIONS: [&str; 64] = [
    "critical|high",
    "a",
    ".",
    ".*",
    ".+",
    "",
    "a|b",
    "a.*",
    "[a-c]",
    r"\d",
    r"\d+",
    r"\w+",
    r"\W",
    r"\s",
    r"\S+",
    "(?i)A",
    "(?i)k",
    "(?i:K)b?",
    "(?-i:a)",
    "eu[0-9]",
    "a{2}",
    "a{1,2}",
    "a{,2}",
    "{a}",
    "{",
    r"\Qa.b\E",
    r"\Qa.b",
    "[[:alpha:]]+",
    "[^a]",
    "[^[:^alpha:]]",
    r"\pL",
    r"\p{Greek}",
    r"\P{Lu}",
    r"\p{^Lu}",
    r"\ba\b",
    r"\Ba",
    "(?P<n>a)",
    "(?<n>a)b",
    r"\x61",
    r"\x{e4}",
    r"\141",
    "a)|(?:b",
    r"[\d.]+",
    "[]a]",
    "[a-]",
    "[-a]",
    "(?s).*",
    "(?s)a.b",
    "^a$",
    r"\Aa\z",
    "x*",
    "[a&&b]",
    "[[a]",
    r"[\w-]",
    r"\_",
    r"\-",
    "(?U)a+",
    "(?ism-U:A)",
    "(a|b)*",
    "(?:a?){3}",
    "()",
    "a||b",
    "(?i)[^k]",
    "(?i)\u{df}|S",
];
const REFUSED: [&str; 24] = [
    "(",
    "[",
    ")",
    "*",
    "a**",
    "a{2}{3}",
    "a{1001}",
    "a{3,2}",
    r"\y",
    r"\<a",
    r"\C",
    r"\Z",
    "(?x)a",
    "(?u)a",
    "(?R)a",
    r"\p{Alphabetic}",
    r"\p{gc=L}",
    "(?P<n>a)(?P<n>b)",
    "(?=a)",
    r"\1",
    "[[:foo:]]",
    r"[a-\d]",
    "[b-a]",
    r"\",
];
const RECEIVERS: [&str; 5] = ["root", "a", "b", "c", "d"];

/// Numbers that look random: splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap_or_default() % most
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn soup(&mut self, letters: &str, longest: usize) -> String {
        let letters: Vec<char> = letters.chars().collect();
        (0..=self.below(longest)).map(|_| self.of(&letters)).collect()
    }

    fn labels(&mut self) -> BTreeMap<String, String> {
        let names = [&NAMES[..], &["a", "b"]].concat();
        (0..self.below(5)).map(|_| (self.of(&names).to_owned(), self.of(&VALUES).to_owned())).collect()
    }

    fn expression(&mut self) -> &'static str {
        if self.one_in(60) { self.of(&REFUSED) } else { self.of(&EXPRESSIONS) }
    }

    fn tree(&mut self) -> Value {
        let mut root = json!({ "receiver": "root", "routes": self.routes(0) });
        let mut receivers: Vec<Value> = RECEIVERS.iter().map(|name| json!({ "name": name })).collect();
        let global = json!({ "resolve_timeout": "5m" });
        match self.below(80) {
            0 => root["receiver"] = json!("nobody"),
            1 => root["continue"] = json!(true),
            2 => root["match"] = json!({ "x": "y" }),
            3 => receivers.push(json!({ "name": "a" })),
            4 => root["wibble"] = json!(1),
            5 => root["group_by"] = json!(["a", "a"]),
            6 => root["group_by"] = json!(["..."]),
            7 => root["group_by"] = json!(["...", "a"]),
            8 => root["group_wait"] = json!(self.of(&["0s", "1h30m", "soon", "1.5h", "", "90", "1m1h", "5ms"])),
            9 => root["repeat_interval"] = json!(self.of(&["0s", "1d", "4w", "-1h"])),
            10 => receivers.push(json!({})),
            11 => receivers.push(json!({ "name": "e", "wibble_configs": [] })),
            12 => receivers.push(json!({ "name": "e", "webhook_configs": [{ "url": "http://localhost/" }] })),
            13 => root["matchers"] = json!([]),
            14 => root["mute_time_intervals"] = json!(["night"]),
            15 => root["routes"] = json!([{ "active_time_intervals": ["night"] }]),
            _ => {}
        }
        json!({ "global": global, "route": root, "receivers": receivers })
    }

    fn routes(&mut self, depth: usize) -> Vec<Value> {
        (0..self.below(4)).map(|_| self.route(depth)).collect()
    }

    fn route(&mut self, depth: usize) -> Value {
        let mut route = json!({});
        if !self.one_in(3) {
            route["receiver"] = json!(if self.one_in(200) { "nobody" } else { self.of(&RECEIVERS) });
        }
        if self.one_in(3) {
            route["match"] = json!({ self.of(&NAMES[..4]): self.of(&VALUES) });
        }
        if self.one_in(3) {
            route["match_re"] = json!({ self.of(&NAMES[..4]): self.expression() });
        }
        if self.one_in(2) {
            route["matchers"] = (0..=self.below(2)).map(|_| json!(self.matchers())).collect();
        }
        if self.one_in(2) {
            route["continue"] = json!(self.one_in(2));
        }
        if depth < 3 && self.one_in(2) {
            route["routes"] = json!(self.routes(depth + 1));
        }
        route
    }

    fn matchers(&mut self) -> String {
        let all: Vec<String> = (0..=self.below(2)).map(|_| self.matcher()).collect();
        let all = all.join(self.of(&[",", ", "]));
        match self.below(4) {
            0 => format!("{{{all}}}"),
            1 => format!("{{{all},}}"),
            _ => all,
        }
    }

    fn matcher(&mut self) -> String {
        let name = self.of(&NAMES);
        let name = if name.contains('/') || self.one_in(4) { quoted(name) } else { name.to_owned() };
        let (operator, value) = match self.of(&["=", "!=", "=~", "!~"]) {
            operator @ ("=" | "!=") => (operator, self.of(&VALUES)),
            operator => (operator, self.expression()),
        };
        let value = if self.one_in(5) { value.to_owned() } else { quoted(value) };
        let space = self.of(&["", "", " "]);
        format!("{name}{space}{operator}{space}{value}")
    }
}
