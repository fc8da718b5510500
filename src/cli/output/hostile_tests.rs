//! Hostile text through every form: what a terminal sees, what a script reads, and that no value is lost.

use super::text::is_dangerous_text as harmful;
use super::*;
use clap::Parser;
use serde_json::json;

#[derive(Parser)]
struct Words {
    #[command(flatten)]
    output: OutputArgs,
}

fn output(form: &str) -> OutputArgs {
    Words::try_parse_from(["x", "-o", form]).expect(form).output
}

#[rustfmt::skip]
const HOSTILE: [(&str, &str); 14] = [
    ("colour",             "\u{1b}[31mred\u{1b}[0m"),
    ("clear the screen",   "a\u{1b}[2J\u{1b}[Hb"),
    ("window title",       "\u{1b}]0;owned\u{7}x"),
    ("link",               "\u{1b}]8;;http://evil\u{1b}\\text\u{1b}]8;;\u{1b}\\"),
    ("unfinished escape",  "a\u{1b}["),
    ("C1 introducer",      "a\u{9b}2Jb\u{9d}0;t\u{9c}"),
    ("carriage return",    "approved\rrejected"),
    ("backspace, delete",  "ab\u{8}\u{7f}"),
    ("direction",          "abc\u{202e}fed\u{202c}\u{2066}x\u{2069}\u{200f}"),
    ("invisible",          "a\u{200b}b\u{feff}c\u{2060}\u{e0041}"),
    ("emoji",              "👩\u{200d}💻 😀"),
    ("wide",               "負荷が高い"),
    ("lines",              "first\n\nthird\u{2028}fourth\u{85}"),
    ("tabs",               "a\tb\u{b}c\u{c}d"),
];

fn object(text: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "X", "metadata": {"name": "n", "labels": {"l": text}}, "list": [text, {text: text}]})
}

#[test]
fn nothing_that_commands_a_terminal_reaches_one() {
    for (case, text) in HOSTILE {
        let object = object(text);
        for form in [
            "json",
            "yaml",
            "jsonpath={.metadata.labels.l}{.list}",
            "jsonpath-as-json={.list}",
            "custom-columns=A:.metadata.labels.l,B:.list",
        ] {
            let shown = output(form).rendered(&object, true, true).expect(form);
            assert!(!harmful(&shown), "{case}, {form}: {shown:?}");
        }
        let mut table = Table::new(&["NAME"]);
        table.add(vec![text.to_owned()]);
        LabelArgs::default().add_to(&mut table, &[Seen(object.clone())]);
        table.add_column("LABEL", vec![text.to_owned()]);
        let lines = table.lines(&Look::default(), true);
        assert!(lines.len() == 2 && !lines.iter().any(|line| harmful(line)), "{case}: {lines:?}");
    }
}

#[test]
fn a_script_reads_what_kubectl_would_have_printed() {
    for (case, text) in HOSTILE {
        let object = object(text);
        assert_eq!(output("jsonpath={.metadata.labels.l}").rendered(&object, true, false).expect(case), text, "{case}");
        let read = |form: &str, terminal| output(form).rendered(&object, true, terminal).expect(case);
        for terminal in [true, false] {
            assert_eq!(serde_json::from_str::<Value>(&read("json", terminal)).expect(case), object, "{case}");
            assert_eq!(serde_saphyr::from_str::<Value>(&read("yaml", terminal)).expect(case), object, "{case}");
        }
        let columns = read("custom-columns=A:.metadata.labels.l,B:.metadata.name", false);
        assert_eq!(columns.lines().count(), 2, "{case}: one row an object");
        assert!(!columns.contains(['\u{1b}', '\r']), "{case}: kubectl marks these, too");
    }
}

#[test]
fn a_template_keeps_its_own_lines_and_tabs_on_a_terminal() {
    let template = output("jsonpath={range .list[*]}  {.x}{'\\t'}|{'\\n\\n'}{end}\n done ");
    let value = json!({"list": [{"x": "a\u{1b}[31m\u{202e}b"}]});
    assert_eq!(template.rendered(&value, true, true).expect("shown"), "  ab\t|\n\n\n done ");
}

#[test]
fn a_megabyte_is_no_trouble() {
    let text = "x\u{1b}[31m負\n".repeat(150_000);
    let object = object(&text);
    for form in ["json", "yaml", "jsonpath={.list[0]}", "jsonpath={..l}", "custom-columns=A:.metadata.labels.l"] {
        let started = std::time::Instant::now();
        let shown = output(form).rendered(&object, true, true).expect(form);
        assert!(shown.len() > 500_000 && !harmful(&shown), "{form}");
        assert!(started.elapsed().as_secs() < 20, "{form} took {:?}", started.elapsed());
    }
}

#[test]
fn a_list_is_the_same_bytes_whole_and_in_pieces() {
    let hostile: Vec<Value> = HOSTILE.iter().map(|(_, text)| object(text)).collect();
    let tame = vec![json!({"a": {"lines": "x\n\n  y\n", "b": [], "c": {}, "d": [[1], {"e": ["f"]}]}}), json!({}), json!({"z": 1.5})];
    for items in [Vec::new(), tame, hostile] {
        for form in ["json", "yaml"] {
            let output = output(form);
            let whole = output.rendered(&output.list(items.clone()), true, false).expect(form);
            let mut writer = output.list_writer().expect(form);
            let pieces: String = items.iter().map(|item| writer.item(item).expect(form)).collect();
            assert_eq!(pieces + writer.end(), whole, "{form}");
            let read: Value =
                if form == "json" { serde_json::from_str(&whole).expect(form) } else { serde_saphyr::from_str(&whole).expect(form) };
            assert_eq!(read, output.list(items.clone()), "{form}");
        }
    }
    assert!(output("name").list_writer().is_none());
}

#[test]
fn tables_fit_narrow_and_wide_terminals() {
    let mut table = Table::new(&["NAME", "WHAT", "AGE"]).with_free_text("WHAT");
    for (name, what) in [("plain", "went wrong ".repeat(6)), ("負荷-pay-oom", "負荷が高い".repeat(9)), ("emoji😀", "short".to_owned())]
    {
        table.add(vec![name.to_owned(), what, "4m2s".to_owned()]);
    }
    let width = |line: &str| console::measure_text_width(line);
    for (columns, ascii, mark) in [(40, false, "…"), (40, true, "..."), (80, false, "…"), (80, true, "..."), (200, false, "")] {
        let lines = table.lines(&Look { width: Some(columns), ascii, ..Look::default() }, true);
        assert!(lines.iter().all(|line| width(line) <= columns), "{columns}: {lines:?}");
        let age = |line: &String| width(line.rsplit_once("   ").expect("three columns").0.trim_end());
        let start = width(lines[0].strip_suffix("AGE").expect("the last column"));
        assert!(lines.iter().skip(1).all(|line| width(line.strip_suffix("4m2s").expect("whole")) == start), "{columns}: aligned {lines:?}");
        assert!(lines.iter().map(age).all(|end| end <= start), "{columns}");
        assert!(lines[2].starts_with("負荷-pay-oom   "), "{columns}: only free text is shortened");
        assert_eq!(lines[2].contains('…') || lines[2].contains("..."), !mark.is_empty(), "{columns}");
        assert!(lines[2].contains(mark), "{columns}");
    }
    let piped = table.lines(&Look::default(), true);
    assert!(piped[2].contains(&"負荷が高い".repeat(9)), "nothing is shortened away from a terminal");
}
