//! What the API server sees, from kubectl and from us, for the same kubeconfig, flags and environment.

use super::server::{Asked, Certificates, Proxy, Server, answered};
use super::{Said, plugin, said};
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

struct Case {
    name: &'static str,
    files: &'static str,
    flags: &'static str,
    env: &'static str,
    /// Part of what the server must have seen; all of it after `=`; or part of the error after `!`. After `~`, kubectl does
    /// something else: without any credential, it asks for a name and a password; we go on as nobody;
    /// before 1.36, it refuses a certificate by flag beside one in the kubeconfig.
    expected: &'static str,
}

fn kubectl() -> Option<Command> {
    static THERE: LazyLock<bool> = LazyLock::new(|| {
        let there = Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success());
        if !there {
            eprintln!("no kubectl here: compared with what was expected alone");
        }
        there
    });
    THERE.then(|| Command::new("kubectl"))
}

fn without_surroundings(command: &mut Command) {
    for name in [
        "KUBECONFIG",
        "KUBERNETES_SERVICE_HOST",
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "NO_PROXY",
        "no_proxy",
        "ALL_PROXY",
    ] {
        command.env_remove(name);
    }
}

/// Runs every case with kubectl and with us, and compares.
fn compare(world: &World, cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let mut ours = Command::new(env!("CARGO_BIN_EXE_kubectl-kubernaut"));
        without_surroundings(&mut ours);
        let (said, seen) = world.ask(&mut ours, NAMED[1], case);
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
        without_surroundings(&mut theirs);
        let (told, shown) = world.ask(&mut theirs, NAMED[0], case);
        let both_fail = shown.starts_with("nothing") && seen.starts_with("nothing");
        if shown != seen && !(both_fail && shown.contains("through") == seen.contains("through")) {
            wrong.push(format!("{}:\n  kubectl: {shown}; {}\n  we:      {seen}", case.name, told.err));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

const NAMED: [&[&str]; 2] = [&["get", "configmap", "x"], &["get", "approvals", "x"]];

/// `NAME` and the text of each kubeconfig; words in capitals are replaced.
#[rustfmt::skip]
const FILES: &[(&str, &str)] = &[
    ("base",       "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: k, cluster: {server: 'SERVER', certificate-authority: ca.crt}}, {name: pre, cluster: {server: 'SERVER/pre/fix/', certificate-authority: DIR/ca.crt}}]\nusers: [{name: u, user: {token: base}}, {name: v, user: {token: other}}]\ncontexts: [{name: c, context: {cluster: k, user: u, namespace: payment}}, {name: d, context: {cluster: pre, user: v}}, {name: nocluster, context: {cluster: gone, user: u}}, {name: nouser, context: {cluster: k, user: gone}}, {name: bare, context: {namespace: shop}}]"),
    ("second",     "current-context: d\nusers: [{name: u, user: {token: second}}, {name: w, user: {token: third}}]\ncontexts: [{name: e, context: {cluster: k, user: w, namespace: shop}}]"),
    ("first",      "current-context: ''\nusers: [{name: u, user: {token: first}}]"),
    ("lost",       "current-context: gone\nclusters: [{name: k, cluster: {server: 'SERVER'}}]"),
    ("twice",      "current-context: c\nusers: [{name: u, user: {token: a}}, {name: u, user: {token: b}}]"),
    ("data",       "current-context: c\nclusters: [{name: k, cluster: {server: 'SERVER', certificate-authority-data: CADATA}}]\nusers: [{name: u, user: {client-certificate-data: CERTDATA, client-key-data: KEYDATA}}, {name: t, user: {token: t, client-certificate: client.crt, client-key: DIR/client.key}}, {name: half, user: {client-certificate: client.crt}}, {name: key, user: {client-key: client.key, token: k}}, {name: gone, user: {client-certificate: no.crt, client-key: client.key}}, {name: basic, user: {username: me, password: s3cret}}, {name: name, user: {username: me}}, {name: two, user: {token: t, username: me}}, {name: file, user: {tokenFile: token}}, {name: filetoken, user: {tokenFile: token, token: fixed}}, {name: nofile, user: {tokenFile: missing}}, {name: acting, user: {token: t, as: eve, as-uid: '7', as-groups: [a, b], as-user-extra: {'example.com/x%y': [1x, 2x], Scope: [all]}}}, {name: extra, user: {token: t, as-user-extra: {a: [b]}}}, {name: garbled, user: {client-certificate-data: eHg=, client-key-data: eHg=}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]"),
    ("clusters",   "current-context: c\ncontexts: [{name: c, context: {cluster: none, user: u}}]\nclusters: [{name: none, cluster: {server: 'SERVER'}}, {name: skip, cluster: {server: 'SERVER', insecure-skip-tls-verify: true}}, {name: both, cluster: {server: 'SERVER', insecure-skip-tls-verify: true, certificate-authority: ca.crt}}, {name: two, cluster: {server: 'SERVER', certificate-authority-data: CADATA, certificate-authority: ca.crt}}, {name: stranger, cluster: {server: 'SERVER', certificate-authority: stranger.crt}}, {name: garbage, cluster: {server: 'SERVER', certificate-authority: garbage}}, {name: gone, cluster: {server: 'SERVER', certificate-authority: no.crt}}, {name: sni, cluster: {server: 'SERVER', certificate-authority: ca.crt, tls-server-name: inner.example}}, {name: wrongsni, cluster: {server: 'SERVER', certificate-authority: ca.crt, tls-server-name: no.example}}, {name: plain, cluster: {server: 'PLAIN'}}, {name: schemeless, cluster: {server: 'SCHEMELESS'}}, {name: expired, cluster: {server: 'EXPIRED', certificate-authority: ca.crt}}, {name: notls, cluster: {server: 'https://127.0.0.1:CLEARPORT', certificate-authority: ca.crt}}, {name: tls, cluster: {server: 'http://127.0.0.1:TLSPORT'}}, {name: notthere, cluster: {server: 'https://127.0.0.1:1'}}, {name: noserver, cluster: {certificate-authority: ca.crt}}, {name: uncompressed, cluster: {server: 'SERVER', certificate-authority: ca.crt, disable-compression: true}}, {name: far, cluster: {server: 'https://c1.example:TLSPORT', certificate-authority: ca.crt}}, {name: farplain, cluster: {server: 'http://c1.example:TLSPORT'}}, {name: network, cluster: {server: 'https://192.0.2.7:TLSPORT', certificate-authority: ca.crt, tls-server-name: c1.example}}, {name: proxied, cluster: {server: 'SERVER', certificate-authority: ca.crt, proxy-url: 'http://PXADDR'}}, {name: secretproxy, cluster: {server: 'SERVER', certificate-authority: ca.crt, proxy-url: 'http://me:s3cret@PXADDR'}}, {name: noproxy, cluster: {server: 'SERVER', certificate-authority: ca.crt, proxy-url: 'ftp://me:s3cret@PXADDR'}}, {name: deadproxy, cluster: {server: 'SERVER', certificate-authority: ca.crt, proxy-url: 'http://me:s3cret@127.0.0.1:1'}}]\nusers: [{name: u, user: {token: t}}]"),
    ("base64",     "clusters: [{name: base64, cluster: {server: 'SERVER', certificate-authority-data: '!!'}}]"),
    ("plugins",    "current-context: c\nclusters: [{name: k, cluster: {server: 'SERVER', certificate-authority: ca.crt, extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: us}}]}}, {name: plain, cluster: {server: 'PLAIN'}}]\ncontexts: [{name: c, context: {cluster: k, user: token}}]\nusers: [{name: token, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [token.json], env: [{name: COLOUR, value: blue}], provideClusterInfo: true, interactiveMode: IfAvailable}}}, {name: beta, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./give, args: [beta.json]}}}, {name: cert, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [cert.json], interactiveMode: Never}}}, {name: both, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [both.json], interactiveMode: Never}}}, {name: expired, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [expired.json], interactiveMode: Never}}}, {name: lasting, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [lasting.json], interactiveMode: Never}}}, {name: nothing, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [nothing.json], interactiveMode: Never}}}, {name: other, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [other.json], interactiveMode: Never}}}, {name: version, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [beta.json], interactiveMode: Never}}}, {name: missing, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, installHint: 'get it from the cellar', interactiveMode: Never}}}, {name: fail, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./fail, interactiveMode: Never}}}, {name: always, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [token.json], interactiveMode: Always}}}, {name: alpha, user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: ./give, args: [token.json], interactiveMode: Never}}}, {name: nomode, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [token.json]}}}, {name: certified, user: {client-certificate: client.crt, client-key: client.key, exec: {apiVersion: client.authentication.k8s.io/v1, command: ./give, args: [token.json], interactiveMode: Never}}}]"),
];

const fn case(name: &'static str, files: &'static str, flags: &'static str, env: &'static str, expected: &'static str) -> Case {
    Case { name, files, flags, env, expected }
}

#[rustfmt::skip]
const WHICH: &[Case] = &[
    case("a file of KUBECONFIG",                    "DIR/base",                          "",                                         "",  "authorization: Bearer base"),
    case("a relative file",                         "base",                              "",                                         "",  "authorization: Bearer base"),
    case("a file that is named",                    "",                                  "--kubeconfig DIR/base",                    "",  "authorization: Bearer base"),
    case("a named file beats KUBECONFIG",           "DIR/garbage",                       "--kubeconfig DIR/base",                    "",  "authorization: Bearer base"),
    case("an empty name is none",                   "DIR/base",                          "--kubeconfig=",                            "",  "authorization: Bearer base"),
    case("the first file wins",                     "DIR/first:DIR/base:DIR/second",     "",                                         "",  "authorization: Bearer first"),
    case("the first context that is set",           "DIR/first:DIR/second:DIR/base",     "",                                         "",  "/pre/fix; accept-encoding: gzip; authorization: Bearer other"),
    case("parts from several files",                "DIR/base:DIR/second",               "--context e",                              "",  "authorization: Bearer third"),
    case("missing files and empty entries",         "DIR/no::DIR/base:DIR/nope",         "",                                         "",  "authorization: Bearer base"),
    case("one file twice",                          "DIR/base:DIR/base",                 "",                                         "",  "authorization: Bearer base"),
    case("all files missing",                       "DIR/no:DIR/nope",                   "",                                         "",  "!nothing says where to connect"),
    case("no file at all",                          "",                                  "",                                         "",  "!nothing says where to connect"),
    case("an empty file",                           "DIR/empty",                         "",                                         "",  "!nothing says where to connect"),
    case("a named file that is missing",            "DIR/base",                          "--kubeconfig DIR/no",                      "",  "!No such file"),
    case("a folder",                                "DIR:DIR/base",                      "",                                         "",  "!cannot read kubeconfig"),
    case("a file that is not YAML",                 "DIR/garbage",                       "",                                         "",  "!cannot read kubeconfig"),
    case("one of several is not YAML",              "DIR/base:DIR/garbage",              "",                                         "",  "!cannot read kubeconfig"),
    case("one name twice in a file",                "DIR/twice",                         "",                                         "",  "!two users called \"u\""),
    case("another context",                         "DIR/base",                          "--context d",                              "",  "/pre/fix; accept-encoding: gzip; authorization: Bearer other"),
    case("a context that does not exist",           "DIR/base",                          "--context no",                             "",  "!context \"no\" does not exist"),
    case("it does not, whatever the server",        "DIR/base",                          "--context no -s SERVER",                   "",  "!context \"no\" does not exist"),
    case("the file's context does not exist",       "DIR/lost",                          "",                                         "",  "!context \"gone\" does not exist"),
    case("it does not, whatever the server, too",   "DIR/lost",                          "-s SERVER",                                "",  "!context \"gone\" does not exist"),
    case("a context whose cluster does not exist",  "DIR/base",                          "--context nocluster",                      "",  "!cluster \"gone\" does not exist"),
    case("a context whose user does not exist",     "DIR/base",                          "--context nouser",                         "",  "~; accept-encoding: gzip; in default"),
    case("a context of a namespace only",           "DIR/base",                          "--context bare",                           "",  "!nothing says where to connect"),
    case("another cluster",                         "DIR/base",                          "--cluster pre",                            "",  "/pre/fix; accept-encoding: gzip; authorization: Bearer base"),
    case("a cluster that does not exist",           "DIR/base",                          "--cluster no",                             "",  "!cluster \"no\" does not exist"),
    case("it does not, whatever its server",        "DIR/base",                          "--cluster no -s SERVER",                   "",  "!cluster \"no\" does not exist"),
    case("another user",                            "DIR/base",                          "--user v",                                 "",  "authorization: Bearer other"),
    case("a user that does not exist",              "DIR/base",                          "--user no",                                "",  "!user \"no\" does not exist"),
    case("another server, same everything else",    "DIR/base",                          "-s SERVER/else",                           "",  "/else; accept-encoding: gzip; authorization: Bearer base"),
    case("a server without scheme is plain",        "DIR/base",                          "-s SCHEMELESS",                            "",  "; accept-encoding: gzip"),
    case("a server alone",                          "",                                  "-s SERVER --insecure-skip-tls-verify",     "",  "~; accept-encoding: gzip; in default"),
    case("a server and a token alone",              "",                                  "-s SERVER --insecure-skip-tls-verify --token t", "", "authorization: Bearer t"),
    case("a server that makes no sense",            "DIR/base",                          "-s https://a:b:c",                         "",  "!is not the address of a server"),
];

#[rustfmt::skip]
const WHO: &[Case] = &[
    case("a token",                                 "DIR/data",     "--token mine --user name-not-there-is-fine",    "",  "!does not exist"),
    case("a token over the file's token",           "DIR/base",     "--token mine",                                  "",  "authorization: Bearer mine"),
    case("a token beside a certificate",            "DIR/data",     "--token mine",                                  "",  "authorization: Bearer mine; certificate: from-data"),
    case("a token and a password",                  "DIR/data",     "--token mine --user basic",                     "",  "!more than one authentication method"),
    case("a token over a plugin",                   "DIR/plugins",  "--token mine --user fail",                      "",  "authorization: Bearer mine"),
    case("a token over an open connection",         "DIR/base",     "--token mine -s PLAIN",                         "",  "; accept-encoding: gzip"),
    case("a token over a token file",               "DIR/data",     "--token mine --user file",                      "",  "authorization: Bearer from-a-file"),
    case("a certificate in the kubeconfig",         "DIR/data",     "",                                              "",  "certificate: from-data"),
    case("a certificate and a token in files",      "DIR/data",     "--user t",                                      "",  "authorization: Bearer t; certificate: from-a-file"),
    case("certificate and key by flags",            "DIR/data",     "--client-certificate DIR/client.crt --client-key DIR/client.key", "", "~certificate: from-a-file"),
    case("certificate and key by flags, relative",  "DIR/data",     "--client-certificate client.crt --client-key client.key",         "", "~certificate: from-a-file"),
    case("a key that does not fit",                 "DIR/data",     "--client-certificate DIR/client.crt",           "",  "!"),
    case("half a certificate",                      "DIR/data",     "--user half",                                   "",  "!client-key"),
    case("a key without a certificate",             "DIR/data",     "--user key",                                    "",  "authorization: Bearer k"),
    case("a certificate that is missing",           "DIR/data",     "--user gone",                                   "",  "!cannot read client-certificate"),
    case("a certificate that is none",              "DIR/data",     "--user garbled",                                "",  "!cannot be used"),
    case("name and password",                       "DIR/data",     "--user basic",                                  "",  "authorization: Basic bWU6czNjcmV0"),
    case("a name without a password",               "DIR/data",     "--user name",                                   "",  "authorization: Basic bWU6"),
    case("a token and a name in the file",          "DIR/data",     "--user two",                                    "",  "!more than one authentication method"),
    case("a token file, with its line end",         "DIR/data",     "--user file",                                   "",  "authorization: Bearer from-a-file"),
    case("a token file beside a token",             "DIR/data",     "--user filetoken",                              "",  "authorization: Bearer from-a-file"),
    case("a token file that is missing",            "DIR/data",     "--user nofile",                                 "",  "!cannot read the token"),
    case("as somebody",                             "DIR/base",     "--as bob",                                      "",  "impersonate-user: bob"),
    case("as somebody, over an open connection",    "DIR/base",     "--as bob -s PLAIN",                             "",  "impersonate-user: bob"),
    case("as somebody of groups",                   "DIR/base",     "--as bob --as-group a --as-group b",            "",  "impersonate-group: a; impersonate-group: b; impersonate-user: bob"),
    case("as somebody with a uid",                  "DIR/base",     "--as bob --as-uid 12",                          "",  "impersonate-uid: 12"),
    case("groups of nobody",                        "DIR/base",     "--as-group a",                                  "",  "!without impersonating a user"),
    case("a uid of nobody",                         "DIR/base",     "--as-uid 12",                                   "",  "!without impersonating a user"),
    case("as the kubeconfig says",                  "DIR/data",     "--user acting",                                 "",  "impersonate-extra-example.com%2fx%25y: 1x"),
    case("as the flag says instead",                "DIR/data",     "--user acting --as bob --as-group c",           "",  "impersonate-group: c"),
    case("extra of nobody",                         "DIR/data",     "--user extra",                                  "",  "!without impersonating a user"),
    case("a plugin's token",                        "DIR/plugins",  "",                                              "",  "authorization: Bearer plugged"),
    case("a plugin of the first version",           "DIR/plugins",  "--user beta",                                   "",  "authorization: Bearer plugged"),
    case("a plugin's certificate",                  "DIR/plugins",  "--user cert",                                   "",  "certificate: from-a-plugin"),
    case("a plugin's certificate and token",        "DIR/plugins",  "--user both",                                   "",  "authorization: Bearer plugged; certificate: from-a-plugin"),
    case("a plugin's token that has expired",       "DIR/plugins",  "--user expired",                                "",  "authorization: Bearer plugged"),
    case("a plugin's token that lasts",             "DIR/plugins",  "--user lasting",                                "",  "authorization: Bearer plugged"),
    case("a certificate spares the plugin",         "DIR/plugins",  "--user certified",                              "",  "gzip; certificate: from-a-file"),
    case("a plugin over an open connection",        "DIR/plugins",  "--cluster plain --user fail",                   "",  "; accept-encoding: gzip"),
    case("a plugin that gives nothing",             "DIR/plugins",  "--user nothing",                                "",  "!gave neither a token nor a certificate"),
    case("a plugin that says something else",       "DIR/plugins",  "--user other",                                  "",  "!answered in version \"\""),
    case("a plugin of another version",             "DIR/plugins",  "--user version",                                "",  "!answered in version"),
    case("a plugin that is not there",              "DIR/plugins",  "--user missing",                                "",  "!is not installed\nHint: get it from the cellar"),
    case("a plugin that fails",                     "DIR/plugins",  "--user fail",                                   "",  "!fail failed with exit status: 3"),
    case("a plugin that needs a keyboard",          "DIR/plugins",  "--user always",                                 "",  "!needs a terminal"),
    case("a plugin of a version long gone",         "DIR/plugins",  "--user alpha",                                  "",  "!there is no apiVersion"),
    case("a plugin without its mode",               "DIR/plugins",  "--user nomode",                                 "",  "!interactiveMode must be specified"),
];

#[rustfmt::skip]
const HOW: &[Case] = &[
    case("an authority in the kubeconfig",          "DIR/data",                   "",                                                   "",  "certificate: from-data"),
    case("an authority nobody knows",               "DIR/clusters",               "--cluster none",                                     "",  "!signed by an unknown authority"),
    case("another authority",                       "DIR/clusters",               "--cluster stranger",                                 "",  "!signed by an unknown authority"),
    case("an authority by flag",                    "DIR/clusters",               "--cluster stranger --certificate-authority ca.crt",  "",  "; accept-encoding: gzip"),
    case("an authority by flag, and checked again", "DIR/clusters",               "--cluster skip --certificate-authority stranger.crt", "", "!signed by an unknown authority"),
    case("an authority that is missing",            "DIR/clusters",               "--cluster gone",                                     "",  "!cannot read certificate-authority"),
    case("an authority that is none",               "DIR/clusters",               "--cluster garbage",                                  "",  "!holds no certificate"),
    case("an authority that is not base64",         "DIR/base64",                 "--cluster base64",                                   "",  "!is not base64"),
    case("two authorities",                         "DIR/clusters",               "--cluster two",                                      "",  "!both specified"),
    case("not checked",                             "DIR/clusters",               "--cluster skip",                                     "",  "authorization: Bearer t"),
    case("not checked, by flag",                    "DIR/clusters",               "--cluster stranger --insecure-skip-tls-verify",      "",  "; accept-encoding: gzip"),
    case("checked and not, in the file",            "DIR/clusters",               "--cluster both",                                     "",  "!exclude each other"),
    case("checked and not, by flags",               "DIR/clusters",               "--cluster none --certificate-authority ca.crt --insecure-skip-tls-verify", "", "!exclude each other"),
    case("another name",                            "DIR/clusters",               "--cluster sni",                                      "",  "sni: inner.example"),
    case("a name that is not the server's",         "DIR/clusters",               "--cluster wrongsni",                                 "",  "!is for another name"),
    case("another name by flag",                    "DIR/clusters",               "--cluster wrongsni --tls-server-name localhost",     "",  "sni: localhost"),
    case("another server drops the file's name",    "DIR/clusters",               "--cluster wrongsni -s SERVER",                       "",  "; accept-encoding: gzip"),
    case("a certificate that has expired",          "DIR/clusters",               "--cluster expired",                                  "",  "!has expired"),
    case("a server without TLS",                    "DIR/clusters",               "--cluster notls",                                    "",  "!does not speak TLS"),
    case("a server with TLS, asked in the clear",   "DIR/clusters",               "--cluster tls",                                      "",  "!cannot "),
    case("a server that is not there",              "DIR/clusters",               "--cluster notthere",                                 "",  "!cannot reach the API server at https://127.0.0.1:1: "),
    case("a plain server gets no credentials",      "DIR/clusters",               "--cluster plain --user u",                           "",  "; accept-encoding: gzip"),
    case("a plain server without scheme",           "DIR/clusters",               "--cluster schemeless --user u",                      "",  "; accept-encoding: gzip"),
    case("a cluster without a server",              "DIR/clusters",               "--cluster noserver",                                 "",  "!nothing says where to connect"),
    case("not compressed, by flag",                 "DIR/base",                   "--disable-compression",                              "",  "=; authorization: Bearer base; in payment"),
    case("not compressed, by the file",             "DIR/clusters",               "--cluster uncompressed",                             "",  "=; authorization: Bearer t; in default"),
    case("a proxy of the environment",              "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR",  "through CONNECT c1.example:TLSPORT as nobody"),
    case("in lower case",                           "DIR/clusters",               "--cluster far",              "https_proxy=http://PXADDR",  "through CONNECT"),
    case("without its scheme",                      "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=PXADDR",         "through CONNECT"),
    case("only for plain servers",                  "DIR/clusters",               "--cluster far",              "HTTP_PROXY=http://PXADDR",   "!cannot reach"),
    case("ALL_PROXY does not count",                "DIR/clusters",               "--cluster far",              "ALL_PROXY=http://PXADDR",    "!cannot reach"),
    case("never for this machine",                  "DIR/base",                   "",                           "HTTPS_PROXY=http://PXADDR",  "Bearer base"),
    case("with a password",                         "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://me:s3%63ret@PXADDR", "as bWU6czNjcmV0"),
    case("the server excluded",                     "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR NO_PROXY=c1.example",          "!cannot reach"),
    case("the server excluded, in lower case",      "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR no_proxy=C1.EXAMPLE",          "!cannot reach"),
    case("its domain excluded",                     "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR NO_PROXY=a,,.example",         "!cannot reach"),
    case("its domain excluded, without the dot",    "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR NO_PROXY=example",             "!cannot reach"),
    case("its domain excluded, with a star",        "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR NO_PROXY=*.example",           "!cannot reach"),
    case("half a word excluded",                    "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR NO_PROXY=ample",               "through CONNECT"),
    case("with its port excluded",                  "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR NO_PROXY=c1.example:TLSPORT",  "!cannot reach"),
    case("another port excluded",                   "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR NO_PROXY=c1.example:1",        "through CONNECT"),
    case("everything excluded",                     "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR NO_PROXY=*",                   "!cannot reach"),
    case("the proxy excluded means nothing",        "DIR/clusters",               "--cluster far",              "HTTPS_PROXY=http://PXADDR NO_PROXY=127.0.0.1",           "through CONNECT"),
    case("another network excluded",                "DIR/clusters",               "--cluster network",          "HTTPS_PROXY=http://PXADDR NO_PROXY=10.0.0.0/8,10.1.1.1", "through CONNECT 192.0.2.7:TLSPORT"),
    case("its network excluded",                    "DIR/clusters",               "--cluster network --request-timeout 2s", "HTTPS_PROXY=http://PXADDR NO_PROXY=192.0.2.0/24", "!"),
    case("its address excluded",                    "DIR/clusters",               "--cluster network --request-timeout 2s", "HTTPS_PROXY=http://PXADDR NO_PROXY=192.0.2.7",    "!"),
    case("the cluster's own proxy",                 "DIR/clusters",               "--cluster proxied",          "",                          "through CONNECT 127.0.0.1:TLSPORT as nobody"),
    case("the cluster's own proxy cannot be excluded", "DIR/clusters",            "--cluster proxied",          "NO_PROXY=*",                "through CONNECT"),
    case("the cluster's own proxy with a password", "DIR/clusters",               "--cluster secretproxy",      "",                          "as bWU6czNjcmV0"),
    case("a proxy that is none",                    "DIR/clusters",               "--cluster noproxy",          "",                          "!must start with http://"),
    case("a proxy that is not there",               "DIR/clusters",               "--cluster deadproxy",        "",                          "!cannot reach"),
    case("a length without unit",                   "DIR/base",                   "--request-timeout 60",       "",                          "Bearer base"),
    case("a length",                                "DIR/base",                   "--request-timeout 1m30s",    "",                          "Bearer base"),
    case("for ever",                                "DIR/base",                   "--request-timeout 0",        "",                          "Bearer base"),
    case("a day is no length",                      "DIR/base",                   "--request-timeout 1d",       "",                          "!is not a length of time"),
];

#[rustfmt::skip]
const WHERE: &[Case] = &[
    case("the context's namespace",                 "DIR/base",             "",                      "",  "in payment"),
    case("another context's, which has none",       "DIR/base",             "--context d",           "",  "in default"),
    case("by flag",                                 "DIR/base",             "-n web",                "",  "in web"),
    case("an empty flag is none",                   "DIR/base",             "--namespace=",          "",  "in payment"),
    case("without a kubeconfig",                    "",                     "-s PLAIN",              "",  "in default"),
    case("of a context of a later file",            "DIR/base:DIR/second",  "--context e",           "",  "in shop"),
    case("of a context without a cluster",          "DIR/base",             "--context bare -s PLAIN", "", "in shop"),
];

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
        without_surroundings(program);
        world.ask(program, words, &case("", "DIR/plugins", "", "", ""));
        let read = |name: &str| std::fs::read_to_string(world.folder.path().join(name)).expect("written by the plugin");
        let told: serde_json::Value = serde_json::from_str(&read("info")).expect("json");
        let runs = read("runs").lines().count();
        std::fs::remove_file(world.folder.path().join("runs")).expect("removed");
        (told, read("colour"), runs)
    };
    let (ours, colour, runs) = told(&mut Command::new(env!("CARGO_BIN_EXE_kubectl-kubernaut")), NAMED[1]);
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
        let mut ours = Command::new(env!("CARGO_BIN_EXE_kubectl-kubernaut"));
        without_surroundings(&mut ours);
        let (said, _) = world.ask(&mut ours, &["version"], case);
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
