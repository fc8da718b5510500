//! What is drawn on terminals of several kinds and widths, and what is not drawn away from one.

use super::pty::spawn;
use super::{BINARY, alone, plugin, said};

const PAYMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixtures/payment.yaml");
const UNREACHABLE: [&str; 4] = ["get", "approvals", "-s", "http://127.0.0.1:1"];

/// What the binary draws on a terminal this wide, both streams together.
fn on_a_terminal(columns: u16, around: &[(&str, &str)], words: &[&str]) -> String {
    let mut command = alone("sh");
    command.args(["-c", &format!("stty cols {columns}; exec \"$@\""), "sh", BINARY]).args(words);
    command.env_remove("LC_ALL").env_remove("LC_CTYPE").env("LANG", "C.UTF-8").env("TERM", "xterm").envs(around.iter().copied());
    let mut session = spawn(command);
    session.exp_eof().expect("it ended").replace("\r\n", "\n")
}

fn away_from_one(around: &[(&str, &str)], words: &[&str]) -> String {
    let said = said(plugin().env("LANG", "C.UTF-8").envs(around.iter().copied()).args(words));
    said.out + &said.err
}

#[test]
fn colour_is_decided_by_flag_then_environment_then_terminal() {
    #[rustfmt::skip]
    let table: &[(&str, &[(&str, &str)], &[&str], bool, bool)] = &[
        // what                        environment                                    flag                  on a terminal, away from one
        ("nothing said",               &[],                                           &[],                  true,  false),
        ("NO_COLOR",                   &[("NO_COLOR", "1")],                          &[],                  false, false),
        ("an empty NO_COLOR",          &[("NO_COLOR", "")],                           &[],                  true,  false),
        ("CLICOLOR_FORCE",             &[("CLICOLOR_FORCE", "1")],                    &[],                  true,  true),
        ("CLICOLOR_FORCE=0",           &[("CLICOLOR_FORCE", "0")],                    &[],                  true,  false),
        ("both",                       &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], &[],                  false, false),
        ("a dumb terminal",            &[("TERM", "dumb")],                           &[],                  false, false),
        ("a dumb terminal, forced",    &[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")],  &[],                  true,  true),
        ("the flag against NO_COLOR",  &[("NO_COLOR", "1")],                          &["--color=always"],  true,  true),
        ("the flag against force",     &[("CLICOLOR_FORCE", "1")],                    &["--color", "never"], false, false),
    ];
    for (case, around, flag, terminal, elsewhere) in table {
        let words = [&UNREACHABLE[..], flag].concat();
        let drawn = [on_a_terminal(80, around, &words), away_from_one(around, &words)];
        assert!(drawn.iter().all(|text| text.contains("cannot reach the API server")), "{case}: {drawn:?}");
        assert_eq!(drawn.map(|text| text.contains('\u{1b}')), [*terminal, *elsewhere], "{case}");
    }
}

#[test]
fn names_are_whole_on_every_width() {
    let words = ["get", "targets", "--offline", "-f", PAYMENT, "--at", "2025-12-06T10:30:00Z"];
    let piped = away_from_one(&[], &words);
    assert!(piped.contains("payment/deployment/payment-api"), "{piped}");
    for columns in [40, 80, 200] {
        assert_eq!(on_a_terminal(columns, &[], &words), piped, "{columns}");
    }
}

#[test]
fn what_is_no_table_is_never_shortened() {
    let words = ["install", "--export", "--only", "crds"];
    assert_eq!(on_a_terminal(40, &[], &words), away_from_one(&[], &words));
}

#[test]
fn templates_send_a_terminal_no_control_characters() {
    let form = "jsonpath={'\\u001b[31m'}{.kind}{'\\u202e\\t|\\n\\n'}{.client.missing}end{'\\n'}";
    let words = ["version", "--client", "-o", form];
    assert_eq!(on_a_terminal(80, &[], &words), "VersionInfo\t|\n\nend\n");
    assert_eq!(away_from_one(&[], &words), "\u{1b}[31mVersionInfo\u{202e}\t|\n\nend\n");
}

#[test]
fn wrong_templates_are_failures_before_anything_is_asked() {
    #[rustfmt::skip]
    let table = [
        ("jsonpath={.a",       "error parsing jsonpath {.a, unclosed action"),
        ("jsonpath=",          "template format specified but no template given"),
        ("custom-columns=A",   "unexpected custom-columns spec: A, expected <header>:<json-path-expr>"),
        ("jsonpath-file=/nonexistent/x", "error reading /nonexistent/x"),
    ];
    for (form, expected) in table {
        let said = said(plugin().args(UNREACHABLE).args(["-o", form]));
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{form}: {}", said.err);
        assert!(said.err.starts_with("Error: ") && said.err.contains(expected), "{form}: {}", said.err);
    }
}

#[test]
fn computed_answers_have_every_form() {
    let words = ["get", "targets", "--offline", "-f", PAYMENT, "--at", "2025-12-06T10:30:00Z", "-o"];
    let shown = |form: &str| {
        let said = said(plugin().args(words).arg(form));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{form}");
        said.out
    };
    assert_eq!(shown("jsonpath={.items[0].target}"), "payment/deployment/payment-api");
    assert_eq!(
        shown("custom-columns=T:.target,S:{.state},NOPE:.nope"),
        "T                                S         NOPE\npayment/deployment/payment-api   Blocked   <none>\n"
    );
    assert!(shown("jsonpath-as-json={.items[*].state}").starts_with("[\n    \"Blocked\""));
    assert!(shown("json").starts_with("{\n    \"apiVersion\": \"cli.kubernaut.ai/v1alpha1\",\n"));
}
