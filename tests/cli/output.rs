//! What is printed, compared with what the real kubectl prints of the same object. Skipped only where there is no kubectl.

use clap::Parser;
use kubernaut::cli::output::{OutputArgs, Template, yaml::to_yaml};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

/// Stands between templates that are asked in one go.
const SEAM: &str = "\u{1}SEAM\u{1}";

#[derive(Parser)]
struct Words {
    #[command(flatten)]
    output: OutputArgs,
}

struct Answer {
    good: bool,
    out: String,
    err: String,
}

/// What kubectl prints of an object; none when there is no kubectl.
fn kubectl(form: &str, object: &str) -> Option<Answer> {
    let mut command = Command::new("kubectl");
    command.args(["annotate", "--local", "-f", "-", "x-", "-o", form]).env_remove("KUBECONFIG");
    let mut child = match command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        child => child.expect("kubectl starts"),
    };
    // A template that is refused is refused before anything is read.
    drop(child.stdin.take().expect("a pipe").write_all(object.as_bytes()));
    let output = child.wait_with_output().expect("it ended");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Some(Answer { good: output.status.code() == Some(0), out: text(output.stdout), err: text(output.stderr) })
}

fn ours(form: &str, object: &Value) -> Result<String, String> {
    let words = Words::try_parse_from(["x", "-o", form]).map_err(|error| error.to_string())?;
    words.output.render(object).map_err(|error| error.to_string())
}

/// An object with everything that is hard to print; kubectl leaves it as it is.
fn object() -> Value {
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1",
        "kind": "AIApprovalRequest",
        "metadata": {
            "name": "pay-oom-7f3a",
            "namespace": "payment",
            "annotations": {"keep": "it", "text": "a \"quoted\" \\ line\nand another\ttab", "empty": ""},
            "labels": {"kubernaut.ai/severity": "high", "app": "payment-api", "a.b/c.d": "1", "with-dash": "x"},
        },
        "spec": {
            "int": 72, "negative": -3, "float": 72.5, "whole": 1.0, "large": 1e21, "small": 0.00001, "tiny": 1e-7, "limit": 9223372036854775807_i64,
            "yes": true, "no": false, "nothing": null, "html": "<a href='x'>&amp;</a>", "unicode": "負荷 für élise 😀 \u{202e}rtl\u{2028}",
            "control": "\u{8}\u{c}\u{1b}[31m\u{7f}\u{9b}", "emptyObject": {}, "emptyList": [], "key with space": "s", "true": "a word",
            "numbers": [10, 20, 30, 40, 50],
            "mixed": [1, 2.5, true, "s", [1, [2]], {"k": "v"}],
            "words": ["a", "b", "c"],
            "steps": [
                {"name": "collect", "order": 1, "confidence": 98, "ratio": 0.5, "risky": false, "params": {"lines": "100"}, "tags": ["x", "y"]},
                {"name": "increase", "order": 2, "confidence": 88, "ratio": 1.5, "risky": true, "params": {"memory": "512Mi -> 1Gi"}},
                {"name": "restart pod", "order": 3, "confidence": 95, "ratio": 2.5, "risky": true, "reason": "it's \"stuck\""},
            ],
            "nested": [{"steps": [{"name": "n1"}, {"name": "n2"}]}, {"steps": []}, {"steps": [{"name": "n3"}]}],
        },
    })
}

/// Templates that print something, or nothing.
const PRINTED: &[&str] = &[
    "text",
    ".metadata.name",
    "a}b",
    "",
    "{}",
    "{@}",
    "{$}",
    "{.}",
    "{.metadata.name}",
    "{$.metadata.name}",
    "{@.metadata.name}",
    "{ .metadata.name }",
    "name: {.metadata.name}, in {.metadata.namespace}.",
    "{.metadata.name}{\"\\n\"}",
    "{.metadata.name}{'\\t'}{.kind}",
    "{\"a\\\"b\"}{'it\\'s'}",
    "{\"\\u00e4\\x41\\101\\a\\v\\\\ \"}",
    "{'text'}",
    "{\"two\" \"texts\"}",
    "{.missing}",
    "{.missing.deeper[0].x}",
    "{.spec.nothing}",
    "{.spec.nothing.x}",
    "{.spec.int} {.spec.negative} {.spec.float} {.spec.whole} {.spec.large} {.spec.small} {.spec.tiny} {.spec.limit}",
    "{.spec.yes}{.spec.no}",
    "{.spec.html}",
    "{.spec.unicode}",
    "{.spec.control}",
    "{.spec.emptyObject}{.spec.emptyList}",
    "{.spec.mixed}",
    "{.spec.steps}",
    "{.spec}",
    "{.metadata.labels}",
    "{.metadata.annotations.text}",
    "{.metadata.labels.kubernaut\\.ai/severity}",
    "{.metadata.labels['kubernaut\\.ai/severity']}",
    "{.metadata.labels['app']}",
    "{.metadata['name','namespace']}",
    "{.metadata['name', 'namespace', 'missing']}",
    "{.metadata.labels.a\\.b/c\\.d}",
    "{.metadata.labels.with-dash}",
    "{['metadata']['name']}",
    "{.spec.key\\ with\\ space}",
    "{.spec['true']}",
    "{.metadata['labels.app']}",
    "{.spec.numbers[0]}",
    "{.spec.numbers[-1]}",
    "{.spec.numbers[*]}",
    "{.spec.numbers[:]}",
    "{.spec.numbers[]}",
    "{.spec.numbers[1:3]}",
    "{.spec.numbers[-2:]}",
    "{.spec.numbers[:-3]}",
    "{.spec.numbers[0:5:2]}",
    "{.spec.numbers[::2]}",
    "{.spec.numbers[1::3]}",
    "{.spec.numbers[2:2]}",
    "{.spec.numbers[0,2]}",
    "{.spec.numbers[0,2,-1]}",
    "{.spec.numbers[0:2,4]}",
    "{.spec.numbers[*,0]}",
    "{.spec.emptyList[*]}",
    "{.spec.emptyList[0:0]}",
    "{.missing[5]}",
    "{.spec.steps[*].name}",
    "{.spec.steps[*]['name','order']}",
    "{.spec.steps[*].params}",
    "{.spec.steps[*].tags[*]}",
    "{.spec.steps[0].tags}",
    "{.spec.steps[?(@.name==\"increase\")].order}",
    "{.spec.steps[?(@.name=='restart pod')].order}",
    "{.spec.steps[?(@.name!=\"increase\")].name}",
    "{.spec.steps[?(@.confidence>90)].name}",
    "{.spec.steps[?(@.confidence>=95)].name}",
    "{.spec.steps[?(@.confidence<95)].name}",
    "{.spec.steps[?(@.confidence<=88)].name}",
    "{.spec.steps[?( @.order == 2 )].name}",
    "{.spec.steps[?(@.ratio>1.0)].name}",
    "{.spec.steps[?(@.risky==true)].name}",
    "{.spec.steps[?(@.risky!=true)].name}",
    "{.spec.steps[?(@.reason)].name}",
    "{.spec.steps[?(@.tags)].name}",
    "{.spec.steps[?(@.reason!=\"x\")].name}",
    "{.spec.steps[?(@.params.lines==\"100\")].name}",
    "{.spec.steps[?(@.tags[0]==\"x\")].name}",
    "{.spec.steps[?(@.reason==\"it's \\\"stuck\\\"\")].name}",
    "{.spec.steps[?(@.order==@.order)].name}",
    "{.spec.steps[?(\"b\">\"a\")].name}",
    "{.spec.words[?(@==\"b\")]}",
    "{.spec.words[?(@>\"a\")]}",
    "{.spec.numbers[?(@>25)]}",
    "{.spec.steps[?(@.name>\"d\")].name}",
    "{.spec.steps[?(@.missing==1)].name}",
    "{.spec.steps[?(@.a=)].name}",
    "{.spec.emptyList[?(@.x==1)]}",
    "{..name}",
    "{.spec..name}",
    "{.spec.steps..name}",
    "{.spec.nested..name}",
    "{.spec.numbers..x}",
    "{.spec.words.*}",
    "{.spec.steps[*].order}",
    "{.metadata.name.*}",
    "{.spec.emptyObject.*}",
    "{.spec.steps.*.name}",
    "{1}{1.5}{-2}{true}{false}",
    "{.spec.numbers[*] 7}",
    "{range .spec.steps[*]}{.name}={.confidence}{\"\\n\"}{end}",
    "{range .spec.steps[*]}[{.name}{'\\t'}{.params.memory}]{end}after",
    "{range .spec.nested[*]}({range .steps[*]}{.name},{end}){end}",
    "{range .missing[*]}{.x}text{end}after",
    "{range .spec.emptyList[*]}x{end}y",
    "{range .spec.numbers[*]}{@} {end}",
    "{range .spec.steps[?(@.risky==true)]}{.name};{end}",
    "{range .spec.words[*]}{end}",
    "{range .spec.numbers[1:3]}{@}{\",\"}{end}",
    "{range .spec.steps[*]}{range .tags[*]}{@}{end}|{end}{.metadata.name}",
    "{range .spec.words[*]}{@}",
    "{range .spec}{.int}{end}",
    "{range .spec.steps[*]}{.name}{end}{range .spec.words[*]}{@}{end}",
    "{.metadata.name}\n{.kind}\n",
    "\u{1b}[1m{.kind}\u{1b}[0m",
    "{.kind}負荷😀",
];

/// Templates that are refused: when they are read, or when they do not fit the object.
const REFUSED: &[(&str, &str)] = &[
    ("{", "unclosed action"),
    ("{.a", "unclosed action"),
    ("x{.metadata.name", "unclosed action"),
    ("{range .items[*]", "unclosed action"),
    ("{.a\n}", "unclosed action"),
    ("{.items[*", "unterminated array"),
    ("{.a[?(@.b]}", "unterminated filter"),
    ("{.a[?(@.b)}", "unclosed array expect ]"),
    ("{\"x}", "unterminated quoted string"),
    ("{'x}", "unterminated quoted string"),
    ("{\"\\q\"}", "unquote string \"\\q\" error invalid syntax"),
    ("{.a[x]}", "invalid array index x"),
    ("{.a[1:2:3:4]}", "invalid array index 1:2:3:4"),
    ("{.a[-]}", "array index - is not a number"),
    ("{.a[\"b\"]}", "invalid array index \"b\""),
    ("{....a}", "invalid multiple recursive descent"),
    ("{#}", "unrecognized character in action: U+0023 '#'"),
    ("{..*}", "unrecognized character in action: U+002A '*'"),
    ("{.a | .b}", "unrecognized character in action: U+007C '|'"),
    ("{1.2.3}", "cannot parse number 1.2.3"),
    ("{end}", "not in range, nothing to end"),
    ("{range .spec.words[*]}{end}{end}", "not in range, nothing to end"),
    ("{metadata}", "unrecognized identifier metadata"),
    ("{foo}", "unrecognized identifier foo"),
    ("{.spec.numbers[5]}", "array index out of bounds: index 5, length 5"),
    ("{.spec.numbers[-6]}", "array index out of bounds: index -1, length 5"),
    ("{.spec.numbers[0:6]}", "array index out of bounds: index 5, length 5"),
    ("{.spec.numbers[3:1]}", "starting index 3 is greater than ending index 1"),
    ("{.spec.numbers[::0]}", "step must be > 0"),
    ("{.spec.numbers[::-1]}", "step must be > 0"),
    ("{.spec.emptyList[0]}", "array index out of bounds: index 0, length 0"),
    ("{.spec..steps[0].name}", "array index out of bounds: index 0, length 0"),
    ("{.spec.int[0]}", "int64 is not array or slice"),
    ("{.spec.float[0]}", "float64 is not array or slice"),
    ("{.spec[0]}", "map[string]interface {} is not array or slice"),
    ("{.metadata.name[*]}", "string is not array or slice"),
    ("{.metadata.name[?(@.x)]}", "pay-oom-7f3a is not array or slice and cannot be filtered"),
    ("{.metadata.labels[?(@==\"x\")]}", "is not array or slice and cannot be filtered"),
    ("{.spec.steps[?(@.name==1)]}", "incompatible types for comparison"),
    ("{.spec.steps[?(@.order==1.0)]}", "incompatible types for comparison"),
    ("{.spec.steps[?(@.params==1)]}", "invalid type for comparison"),
    ("{.spec.steps[?(@.risky>false)]}", "invalid type for comparison"),
    ("{.spec.steps[?(@.order=1)]}", "unrecognized filter operator ="),
    ("{.spec.steps[?(@.name=~\"x\")]}", "unrecognized character in action: U+007E '~'"),
    ("{.spec.steps[?(@.tags[*]==\"x\")]}", "can only compare one element at a time"),
];

fn sorted(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split(' ').collect();
    words.sort_unstable();
    words
}

/// Asks kubectl for many templates at once, and says which came out differently.
fn differences(templates: &[&str], object: &Value) -> Option<Vec<String>> {
    let whole = templates.join(SEAM);
    let answer = kubectl(&format!("jsonpath={whole}"), &object.to_string())?;
    assert!(answer.good, "kubectl refuses one of {templates:?}: {}", answer.err.lines().next().unwrap_or_default());
    let theirs: Vec<&str> = answer.out.split(SEAM).collect();
    assert_eq!(theirs.len(), templates.len(), "as many answers as questions");
    let differ = |(template, theirs): (&&str, &&str)| {
        let ours = Template::parse(template).and_then(|known| known.fill(object));
        let same = ours.as_ref().is_ok_and(|ours| match template.contains("..") {
            // kubectl walks maps in an order of chance.
            true => sorted(ours) == sorted(theirs),
            false => ours == theirs,
        });
        (!same).then(|| format!("{template}\n  kubectl {theirs:?}\n  ours    {ours:?}"))
    };
    Some(templates.iter().zip(&theirs).filter_map(differ).collect())
}

#[test]
fn templates_print_what_kubectl_prints() {
    // One range that nobody ends runs over everything that follows, so it is asked alone.
    let alone = |template: &&&str| template.matches("{range").count() != template.matches("{end").count();
    let together: Vec<&str> = PRINTED.iter().filter(|template| !alone(template)).copied().collect();
    assert!(together.len() >= 100);
    let Some(wrong) = differences(&together, &object()) else { return };
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for template in PRINTED.iter().filter(alone) {
        assert_eq!(differences(&[template], &object()).expect("kubectl"), Vec::<String>::new());
    }
}

#[test]
fn what_kubectl_refuses_is_refused_in_its_words() {
    let text = object().to_string();
    let refused = |(template, words): &(&str, &str)| {
        let form = format!("jsonpath={template}");
        let ours = ours(&form, &object()).expect_err(template);
        assert!(ours.contains(words), "{template}: {ours}");
        let Some(theirs) = kubectl(&form, &text) else { return };
        assert!(!theirs.good && theirs.err.contains(words), "{template}: {}", theirs.err);
        assert_eq!(theirs.out, "", "{template}");
    };
    std::thread::scope(|scope| {
        for part in REFUSED.chunks(REFUSED.len().div_ceil(4)) {
            scope.spawn(move || part.iter().for_each(refused));
        }
    });
}

#[test]
fn every_form_prints_the_same_bytes() {
    let mut object = object();
    // kubectl refuses to write control characters as YAML, and leaves those in JSON that move a cursor.
    object["spec"]["control"] = "\u{8}\u{c}".into();
    object["spec"]["unicode"] = "負荷 für élise 😀\u{2028}".into();
    let as_json = format!(
        "jsonpath-as-json={}",
        ["{.spec}", "{.metadata.name}{.missing}", "{.spec.steps[*].name}text{range .spec.words[*]}{@}{end}"].concat()
    );
    for form in ["json", &as_json] {
        let Some(theirs) = kubectl(form, &object.to_string()) else { return };
        assert_eq!(ours(form, &object).expect(form), theirs.out, "{form}");
    }
}

#[test]
fn templates_and_columns_can_be_in_files() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(b"{.metadata.name}\n{.kind}\n").expect("written");
    let form = format!("jsonpath-file={}", file.path().display());
    assert_eq!(ours(&form, &object()).expect("printed"), "pay-oom-7f3a\nAIApprovalRequest\n");
    let Some(theirs) = kubectl(&form, &object().to_string()) else { return };
    assert_eq!(theirs.out, "pay-oom-7f3a\nAIApprovalRequest\n");
}

/// Where kubectl loses or invents something: template, what we print, what kubectl prints.
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("{.spec.nested[*].steps[*].name}", "n1 n2 n3", "n1 n2"),
    ("{range .spec.nested..steps[*]}{.name} {end}", "n1 n2 n3 ", "n1 n2 "),
    ("{.spec.steps[?(@.tags[9])].name}", "", "collect"),
];

#[test]
fn only_what_kubectl_loses_or_invents_is_different() {
    for (template, mine, theirs) in DIFFERENT {
        let form = format!("jsonpath={template}");
        assert_eq!(ours(&form, &object()).as_deref(), Ok(*mine), "{template}");
        let Some(answer) = kubectl(&form, &object().to_string()) else { return };
        assert_eq!(answer.out, *theirs, "{template}: kubectl has changed, so ours may, too");
    }
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![Just("a"), Just("b"), Just("c.d"), Just("e/f")].prop_map(str::to_owned)
}

/// Objects without null and without empty lists, which kubectl itself treats unlike from place to place.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-3_i64..100).prop_map(Value::from),
        (-8_i32..8).prop_map(|eighths| json!(f64::from(eighths) / 8.0 + 0.5)),
        any::<bool>().prop_map(Value::from),
        "[a-c]{0,2}|[ -~]{0,6}|[é負😀<&>]{1,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            prop::collection::hash_map(words(), inner, 1..4).prop_map(|fields| json!(fields)),
        ]
    })
}

fn paths() -> impl Strategy<Value = String> {
    let step = prop_oneof![
        6 => words().prop_map(|name| format!(".{}", name.replace('.', "\\."))),
        1 => words().prop_map(|name| format!("['{}']", name.replace('.', "\\."))),
        3 => Just("[*]".to_owned()),
        1 => prop_oneof![Just("[0]"), Just("[-1]"), Just("[0:1]"), Just("[-1:]"), Just("[0,-1]"), Just("['a','b']"), Just("@"), Just(" ")].prop_map(str::to_owned),
        1 => (words(), "==|!=|<|<=|>|>=", "1|0\\.5|true|\"a\"|'b'")
            .prop_map(|(name, operator, right)| format!("[?(@.{}{operator}{right})]", name.replace('.', "\\."))),
        1 => words().prop_map(|name| format!("[?(@.{})]", name.replace('.', "\\."))),
    ];
    // Anything but a field first crashes kubectl in a range over nothing.
    (words(), prop::collection::vec(step, 0..4)).prop_map(|(first, steps)| format!(".{}{}", first.replace('.', "\\."), steps.concat()))
}

fn templates() -> impl Strategy<Value = String> {
    let literal = prop_oneof![Just("text}"), Just("{'\\n'}"), Just("{\"x\"}"), Just("{1}"), Just(" é\n")].prop_map(str::to_owned);
    let part = prop_oneof![4 => paths().prop_map(|path| format!("{{{path}}}")), 1 => literal];
    let part = part.prop_recursive(2, 12, 3, |inner| {
        (paths(), prop::collection::vec(inner, 0..3)).prop_map(|(path, inner)| format!("{{range {path}}}{}{{end}}", inner.concat()))
    });
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}

#[test]
fn generated_templates_print_what_kubectl_prints() {
    let mut runner = TestRunner::deterministic();
    let (mut compared, mut refused) = (0, 0);
    for _ in 0..6 {
        let spec = values().new_tree(&mut runner).expect("a value").current();
        let object = json!({"apiVersion": "v1", "kind": "X", "metadata": {"name": "x", "annotations": {"a": "b"}}, "a": spec, "b": {"a": spec, "b": [1, 2]}});
        let all: Vec<String> = (0..150).map(|_| templates().new_tree(&mut runner).expect("a template").current()).collect();
        let fills = |text: &&String| Template::parse(text).and_then(|template| template.fill(&object)).is_ok();
        let (good, bad): (Vec<&String>, Vec<&String>) = all.iter().partition(fills);
        let Some(wrong) = differences(&good.iter().map(|text| text.as_str()).collect::<Vec<_>>(), &object) else { return };
        assert!(wrong.is_empty(), "{object}\n{}", wrong.join("\n"));
        for text in bad.iter().take(3) {
            let theirs = kubectl(&format!("jsonpath={text}"), &object.to_string()).expect("kubectl");
            assert!(!theirs.good, "{object}\n{text}: kubectl prints {:?}", theirs.out);
        }
        (compared, refused) = (compared + good.len(), refused + bad.len().min(3));
    }
    assert!(compared >= 400 && refused >= 6, "{compared} compared, {refused} refused");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_template_brings_us_down(
        parts in prop::collection::vec(
            r#"\{|\}|range |\{end\}|end|\.a|\.\.|\[|\]|\[\?\(|\)\]|'|"|\\|,|:|-1|9{20}|@|==|<|x|é|\n|\*|1\.5|\[\*\]|\{range [@]\}|true|\PC"#, 0..14),
        value in values(),
    ) {
        let text = parts.concat();
        if let Ok(template) = Template::parse(&text) {
            drop((template.fill(&value), template.fill_as_json(&value)));
        }
        drop(kubernaut::cli::output::Query::parse(&text).map(|query| query.find(&value).map(|found| found.len())));
        drop(kubernaut::cli::output::Columns::parse(&text));
    }
}

#[test]
fn kubectl_reads_yaml_back_unchanged() {
    let mut runner = TestRunner::deterministic();
    let texts = "\\PC{0,12}|[ -~\\n]{0,20}|[yYnN0-9_.:eExo+~-]{1,8}|[ \\n#:'\"|>-]{0,6}|(word ){0,40}end|\\PC{80,120}";
    let mut tame = serde_json::Map::new();
    for i in 0..400 {
        let text: String = texts.new_tree(&mut runner).expect("a text").current();
        let key: String = "[a-zA-Z0-9_.~ -]{1,8}|\\PC{1,6}".new_tree(&mut runner).expect("a key").current();
        tame.insert(if i % 2 == 0 { format!("k{i}") } else { key }, text.into());
    }
    let mut wild = serde_json::Map::new();
    for i in 0..200 {
        wild.insert(format!("k{i}"), any::<String>().new_tree(&mut runner).expect("a text").current().into());
    }
    // What a terminal must not see can turn the whole object into JSON, so each kind is written on its own.
    let is_tame = |text: &str| !text.contains('\t') && !kubernaut::cli::output::text::is_dangerous_text(text);
    tame.retain(|key, value| is_tame(key) && value.as_str().is_some_and(is_tame));
    assert!(tame.len() >= 300);
    for (strings, is_wild) in [(tame, false), (wild, true)] {
        let object = json!({"apiVersion": "v1", "kind": "X", "metadata": {"name": "x", "annotations": {"a": "b"}}, "strings": strings});
        for object in [
            object.clone(),
            json!({"apiVersion": "v1", "kind": "X", "metadata": {"name": "x", "annotations": {"a": "b"}}, "list": [[object]]}),
        ] {
            let yaml = to_yaml(&object).expect("yaml");
            assert!(!kubernaut::cli::output::text::is_dangerous_text(&yaml));
            assert!(is_wild || !yaml.starts_with('{'), "a tame object is YAML as people write it");
            let Some(theirs) = kubectl("json", &yaml) else { return };
            assert!(theirs.good, "{}", theirs.err);
            let read: Value = serde_json::from_str(&theirs.out).expect("json");
            assert_eq!(read, object);
        }
    }
}
