//! What the API server sees, from kubectl and from us, for the same kubeconfig, flags and environment.

mod cases;

use super::server::{Asked, Certificates, Proxy, Server, answered};
use super::{BINARY, Said, alone, plugin, said};
use cases::{Case, FILES, HOW, WHERE, WHICH, WHO, case};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// Every file that the cases name, and the servers.
struct World {
    folder: tempfile::TempDir,
    server: Server,
    plain: Server,
    expired: Server,
    proxy: Proxy,
    words: Vec<(&'static str, String)>,
}

const NAMES: [&str; 4] = ["127.0.0.1", "localhost", "c1.example", "inner.example"];

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let certificates = Certificates::new();
        let (certificate, key) = certificates.write(folder.path());
        let server = Server::secure(certificates.serving(&NAMES, false), known);
        let expired = Server::secure(certificates.serving(&NAMES, true), known);
        let (plain, proxy) = (Server::plain(known), Proxy::start(&server));
        let base64 = |text: &str| json!(k8s_openapi::ByteString(text.as_bytes().to_vec())).as_str().expect("text").to_owned();
        let port = |server: &Server| server.address.rsplit(':').next().expect("a port").to_owned();
        let words = vec![
            ("SERVER", server.address.clone()),
            ("PLAIN", plain.address.clone()),
            ("EXPIRED", expired.address.clone()),
            ("SCHEMELESS", plain.address.trim_start_matches("http://").to_owned()),
            ("TLSPORT", port(&server)),
            ("CLEARPORT", port(&plain)),
            ("PXADDR", proxy.address.clone()),
            ("CADATA", base64(&certificates.authority)),
            ("CERTDATA", base64(&certificate)),
            ("KEYDATA", base64(&key)),
            ("DIR", folder.path().display().to_string()),
        ];
        let world = Self { folder, server, plain, expired, proxy, words };
        world.write_files(&certificates);
        world
    }

    fn write_files(&self, certificates: &Certificates) {
        let stranger = Certificates::new().authority;
        let (certificate, key) = certificates.client("from-a-plugin");
        let answer = |version: &str, status: serde_json::Value| {
            json!({"kind": "ExecCredential", "apiVersion": format!("client.authentication.k8s.io/{version}"), "status": status}).to_string()
        };
        let both = json!({"clientCertificateData": certificate, "clientKeyData": key});
        let with_token = json!({"clientCertificateData": certificate, "clientKeyData": key, "token": "plugged"});
        let files = [
            ("stranger.crt", stranger),
            ("token", "from-a-file\n".to_owned()),
            ("garbage", "this is no kubeconfig: [".to_owned()),
            ("empty", String::new()),
            ("token.json", answer("v1", json!({"token": "plugged"}))),
            ("beta.json", answer("v1beta1", json!({"token": "plugged"}))),
            ("cert.json", answer("v1", both)),
            ("both.json", answer("v1", with_token)),
            ("expired.json", answer("v1", json!({"token": "plugged", "expirationTimestamp": "2001-01-01T00:00:00Z"}))),
            ("lasting.json", answer("v1", json!({"token": "plugged", "expirationTimestamp": "2999-01-01T00:00:00Z"}))),
            ("nothing.json", answer("v1", json!({}))),
            ("other.json", "{}".to_owned()),
            ("babble.json", "s3cret: [".to_owned()),
            ("badtoken", "s3cret\u{7}x".to_owned()),
        ];
        for (name, text) in files {
            std::fs::write(self.folder.path().join(name), text).expect("written");
        }
        self.script(
            "give",
            "echo run >> DIR/runs\necho \"$KUBERNETES_EXEC_INFO\" > DIR/info\necho \"$COLOUR\" > DIR/colour\ncat \"DIR/$1\"",
        );
        self.script("fail", "echo s3cret\nexit 3");
        for (name, text) in FILES {
            std::fs::write(self.folder.path().join(name), self.said(text)).expect("written");
        }
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{}\n", self.said(text))).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    }

    /// The text with its words in capitals replaced.
    fn said(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
    }

    /// Runs one of the two as the case says; what the servers and the proxy saw of it.
    fn ask(&self, program: &mut Command, words: &[&str], case: &Case) -> (Said, String) {
        let (list, flags) = (self.said(case.files), self.said(case.flags));
        program.args(words).args(flags.split_whitespace()).env("HOME", self.folder.path().join("home")).current_dir(self.folder.path());
        if !list.is_empty() {
            program.env("KUBECONFIG", list);
        }
        for pair in self.said(case.env).split_whitespace() {
            let (name, value) = pair.split_once('=').expect("NAME=VALUE");
            program.env(name, value);
        }
        let said = said(&mut assert_cmd::Command::from_std(std::mem::replace(program, Command::new("true"))));
        let seen = [&self.server, &self.plain, &self.expired]
            .into_iter()
            .flat_map(|server| server.take())
            .filter(|asked| is_ours(&asked.path))
            .last();
        let proxied = self.proxy.take().pop().map(|line| format!(" through {line}")).unwrap_or_default();
        (said, seen.map(|asked| summary(&asked)).unwrap_or_else(|| "nothing".to_owned()) + &proxied)
    }
}

fn is_ours(path: &str) -> bool {
    path.contains("/namespaces/")
}

fn known(asked: &Asked) -> Option<axum::response::Response> {
    let resources = json!([{"name": "configmaps", "singularName": "", "namespaced": true, "kind": "ConfigMap", "verbs": ["get"]}]);
    let answer = match asked.path.rsplit('/').next().unwrap_or_default() {
        "version" => {
            json!({"major": "1", "minor": "33", "gitVersion": "v1.33.0", "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "", "compiler": "", "platform": ""})
        }
        "api" => json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}),
        "apis" => json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": []}),
        "v1" => json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "v1", "resources": resources}),
        "kubernaut.ai" => json!({"kind": "APIGroup", "apiVersion": "v1", "name": "kubernaut.ai", "versions": []}),
        _ => return None,
    };
    Some(answered(200, &answer))
}

/// All of a request that depends on how one connects.
fn summary(asked: &Asked) -> String {
    let mut parts = vec![asked.path.split("/api").next().unwrap_or_default().to_owned()];
    let mut headers: Vec<String> = Vec::new();
    for (name, value) in &asked.headers {
        let counts = ["authorization", "accept-encoding"].contains(&name.as_str()) || name.as_str().starts_with("impersonate-");
        if counts {
            headers.push(format!("{name}: {}", value.to_str().unwrap_or("?")));
        }
    }
    headers.sort();
    parts.extend(headers);
    parts.extend(
        [("sni", &asked.sni), ("certificate", &asked.certificate)]
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}: {value}")),
    );
    let namespace = asked.path.split("/namespaces/").nth(1).and_then(|rest| rest.split('/').next());
    parts.extend(namespace.map(|name| format!("in {name}")));
    parts.join("; ")
}

fn kubectl() -> Option<Command> {
    static THERE: LazyLock<bool> = LazyLock::new(|| {
        let there = Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success());
        if !there {
            eprintln!("no kubectl here: compared with what was expected alone");
        }
        there
    });
    THERE.then(|| alone("kubectl"))
}

/// Runs every case with kubectl and with us, and compares.
fn compare(world: &World, cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let (said, seen) = world.ask(&mut alone(BINARY), NAMED[1], case);
        match case.expected.strip_prefix('!') {
            Some(error) if seen.starts_with("nothing") && said.code != 0 && said.err.contains(error) => {}
            None if case.expected.strip_prefix('=').is_some_and(|exactly| seen == exactly) => {}
            None if seen.contains(&world.said(case.expected.trim_start_matches('~'))) => {}
            _ => wrong.push(format!("{}: we: {seen}; {}: {}", case.name, said.code, said.err)),
        }
        if said.err.contains("s3cret") || said.err.contains("panicked") {
            wrong.push(format!("{}: we said too much: {}", case.name, said.err));
        }
        let Some(mut theirs) = kubectl().filter(|_| !case.expected.starts_with('~')) else { continue };
        let (told, shown) = world.ask(&mut theirs, NAMED[0], case);
        let both_fail = shown.starts_with("nothing") && seen.starts_with("nothing");
        if shown != seen && !(both_fail && shown.contains("through") == seen.contains("through")) {
            wrong.push(format!("{}:\n  kubectl: {shown}; {}\n  we:      {seen}", case.name, told.err));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

const NAMED: [&[&str]; 2] = [&["get", "configmap", "x"], &["get", "approvals", "x"]];

#[test]
fn the_same_cluster_is_asked_as_by_kubectl() {
    compare(&World::new(), WHICH);
}

#[test]
fn one_is_the_same_person_as_with_kubectl() {
    compare(&World::new(), WHO);
}

#[test]
fn the_way_there_is_kubectls() {
    compare(&World::new(), HOW);
}

#[test]
fn one_is_in_the_same_namespace_as_with_kubectl() {
    compare(&World::new(), WHERE);
}

#[test]
fn a_plugin_is_told_what_kubectl_tells_it_and_runs_once() {
    let world = World::new();
    let told = |program: &mut Command, words: &[&str]| {
        world.ask(program, words, &case("", "DIR/plugins", "", "", ""));
        let read = |name: &str| std::fs::read_to_string(world.folder.path().join(name)).expect("written by the plugin");
        let told: serde_json::Value = serde_json::from_str(&read("info")).expect("json");
        let runs = read("runs").lines().count();
        std::fs::remove_file(world.folder.path().join("runs")).expect("removed");
        (told, read("colour"), runs)
    };
    let (ours, colour, runs) = told(&mut alone(BINARY), NAMED[1]);
    assert_eq!((colour.as_str(), runs), ("blue\n", 1));
    assert_eq!(ours["spec"]["cluster"]["config"]["audience"], "us");
    assert_eq!((&ours["spec"]["interactive"], &ours["kind"]), (&false.into(), &"ExecCredential".into()));
    if let Some(mut theirs) = kubectl() {
        assert_eq!(told(&mut theirs, NAMED[0]).0, ours);
    }
}

#[test]
fn failures_are_a_few_lines_that_say_what_to_do() {
    let world = World::new();
    for case in [WHICH, WHO, HOW].into_iter().flatten().filter(|case| case.expected.starts_with('!')) {
        let (said, _) = world.ask(&mut alone(BINARY), &["version"], case);
        let lines: Vec<&str> = said.err.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines[0].starts_with("Error: ") && lines.iter().any(|line| line.starts_with("Hint: ")), "{}: {}", case.name, said.err);
        assert!(lines.len() <= 4 && said.out.is_empty(), "{}: {}", case.name, said.err);
    }
}

#[test]
fn logs_hold_no_secrets() {
    let world = World::new();
    for (flags, secret) in [
        ("--kubeconfig DIR/base --token s3cret", "s3cret"),
        ("--kubeconfig DIR/data --user basic", "czNjcmV0"),
        ("--kubeconfig DIR/plugins", "plugged"),
    ] {
        for level in ["6", "7", "8", "9", "10"] {
            let said = said(plugin().args(["version", "-v", level]).args(world.said(flags).split_whitespace()).current_dir(Path::new("/")));
            assert_eq!(said.code, 0, "{}", said.err);
            assert!(said.err.contains("requesting") || said.err.contains("HTTP"), "-v {level} logs requests: {}", said.err);
            assert!(!said.err.contains(secret), "-v {level}: {}", said.err);
        }
    }
}
