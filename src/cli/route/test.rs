//! `route test`: who would be notified, and why the others would not.

use super::draw::{Drawn, branches};
use super::send::SendArgs;
use super::source::TreeArgs;
use crate::api::NotificationRequest;
use crate::cli::OUTPUT_VERSION;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::get::not_found;
use crate::cli::kinds::{Kind, type_and_name};
use crate::cli::ledgers::{World, files};
use crate::cli::output::{OutputArgs, Seen, Table, text::one_line};
use crate::cli::read;
use crate::cli::session::Session;
use crate::rules::routes::{Branch, Labels, Tree, label};
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;

/// Ask the routing tree who is notified; nothing is sent without --send
#[derive(clap::Args)]
pub struct TestArgs {
    /// Labels of a notice, or a notice that is there, as nr/NAME
    #[arg(value_name = "LABEL=VALUE | nr/NAME")]
    given: Vec<String>,
    /// File with a NotificationRequest whose labels are meant, repeatable; - is standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Show the whole tree, and why each branch was taken or not
    #[arg(long)]
    tree: bool,
    /// End with 4 unless these are the receivers, in this order, separated by commas
    #[arg(long, value_name = "RECEIVERS")]
    expect: Option<String>,
    #[command(flatten)]
    sending: SendArgs,
    #[command(flatten)]
    source: TreeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is asked for.
#[derive(Debug, Default, PartialEq)]
pub struct Asked {
    /// By what it is routed.
    pub labels: Labels,
    /// Channels that the notice names, which then no tree is asked about.
    pub channels: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteTest<'a> {
    api_version: &'static str,
    kind: &'static str,
    source: &'a str,
    labels: &'a Labels,
    receivers: &'a [String],
    tree: Vec<Branch>,
    /// The test message as it stands when it is delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<&'a NotificationRequest>,
}

/// Prints the receivers.
///
/// # Errors
/// When the labels make no sense, the tree cannot be read, or the API server does not answer.
pub async fn run(args: &TestArgs, session: &Session) -> anyhow::Result<Exit> {
    args.sending.check()?;
    let asked = args.asked(session).await?;
    let source = args.source.find(session).await?;
    let receivers = if asked.channels.is_empty() { source.tree.receivers(&asked.labels) } else { asked.channels.clone() };
    let root = source.tree.explain(&asked.labels);
    let is_rendered = args.output.format().is_rendered();
    if !is_rendered {
        args.tell(&receivers, &root, &source.tree, !asked.channels.is_empty(), session)?;
    }
    let unexpected = args.expect.as_deref().and_then(|expected| difference(expected, &receivers));
    // What would go to others than expected is not sent.
    let sends = args.sending.send && unexpected.is_none();
    let sent = match sends {
        true => match args.sending.send(&asked, &receivers, &session.connect()?, session).await? {
            None => return Ok(Exit::Interrupted),
            sent => sent,
        },
        false => None,
    };
    if is_rendered {
        let tree = if asked.channels.is_empty() { vec![root] } else { vec![] };
        let (from, labels, sent) = (source.from.as_str(), &asked.labels, sent.as_ref().map(|sent| &sent.notice));
        let answer = RouteTest { api_version: OUTPUT_VERSION, kind: "RouteTest", source: from, labels, receivers: &receivers, tree, sent };
        session.voice.print(&args.output.render(&serde_json::to_value(&answer)?)?)?;
    }
    if let Some(sent) = &sent {
        if !is_rendered {
            session.voice.print_line(&args.sending.line(sent))?;
        }
        args.sending.tell(sent, &receivers, session);
    }
    unexpected.iter().for_each(|difference| session.voice.tell(difference));
    Ok(match sent {
        _ if unexpected.is_some() => Exit::No,
        Some(sent) => sent.exit,
        None => Exit::Done,
    })
}

impl TestArgs {
    async fn asked(&self, session: &Session) -> Result<Asked, Failure> {
        let (labels, names): (Vec<&str>, Vec<&str>) = self.given.iter().map(String::as_str).partition(|word| word.contains('='));
        match (labels.as_slice(), names.as_slice(), self.files.is_empty()) {
            (labels, [], true) => {
                Ok(Asked { labels: labels.iter().map(|text| label(text)).collect::<Result<_, _>>().map_err(usage)?, channels: vec![] })
            }
            ([], [], false) => self.of_files(None, session),
            ([], [name], false) => self.of_files(Some(notice(name)?), session),
            ([], [name], true) if self.source.offline => {
                Err(Failure::usage(format!("{name} is in a cluster, or in a file")).hint("name the file with -f FILE"))
            }
            ([], [name], true) => of_cluster(notice(name)?, session).await,
            ([], _, _) => Err(Failure::usage("name one notice at a time")),
            _ => Err(Failure::usage("give labels, or a notice, not both")),
        }
    }

    fn of_files(&self, name: Option<&str>, session: &Session) -> Result<Asked, Failure> {
        let mut remark = |text: String| session.voice.tell(&format!("warning: {}", one_line(&text)));
        let found = files::read(&self.files, &mut remark)?;
        let namespace = session.connection.namespace.as_deref();
        let world = World::of_files(found, namespace, &mut remark);
        let is_meant =
            |seen: &Seen| name.is_none_or(|name| seen.name() == name) && namespace.is_none_or(|namespace| seen.namespace() == namespace);
        let meant: Vec<&Seen> =
            world.objects.iter().filter(|(kind, seen)| *kind == Kind::Notification && is_meant(seen)).map(|(_, seen)| seen).collect();
        match meant.as_slice() {
            [one] => Ok(Asked::of(one)),
            [] => Err(Failure::new(Reason::NotFound, "the files hold no such NotificationRequest")),
            many => {
                let names: Vec<String> = many.iter().take(5).map(|seen| format!("nr/{}", seen.name())).collect();
                Err(Failure::usage(format!("the files hold {} notices", many.len()))
                    .hint(format!("name one of them: {}", names.join(", "))))
            }
        }
    }

    /// The receivers in the first line, as amtool prints them; below it the tree, if it is wanted.
    fn tell(&self, receivers: &[String], root: &Branch, tree: &Tree, named: bool, session: &Session) -> anyhow::Result<()> {
        session.voice.print_line(&one_line(&receivers.join(",")))?;
        if named {
            session.voice.tell("note: the notice names its channels, so the routing tree is not asked");
        } else if self.tree {
            let mut table = Table::new(&["ROUTE", "ANSWER", "RECEIVER", "WHY"]);
            for drawn in branches(root, &session.look) {
                table.add_drawn(row(&drawn));
            }
            session.voice.print_line(&table.lines(&session.look, true).join("\n"))?;
        }
        tree.remarks().iter().for_each(|remark| session.voice.tell(&one_line(&format!("warning: {remark}"))));
        Ok(())
    }
}

impl Asked {
    fn of(seen: &Seen) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let labels = seen.at("/metadata/labels").and_then(Value::as_object);
        Self {
            labels: labels.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect(),
            channels: seen.list("/spec/channels").iter().filter_map(text).collect(),
        }
    }
}

fn usage(why: String) -> Failure {
    Failure::usage(why).hint("for example  kubernaut.ai/severity=critical,  or with spaces  'reason=\"a b\"'")
}

fn notice(word: &str) -> Result<&str, Failure> {
    match type_and_name(word) {
        Ok((Some(Kind::Notification), _)) => Ok(word.split_once('/').map_or(word, |(_, name)| name)),
        Ok((None, _)) | Err(_) => Err(usage(format!("{word:?} is neither LABEL=VALUE nor nr/NAME"))),
        Ok(_) => Err(usage(format!("{word:?} is not a notice; only notices are routed"))),
    }
}

async fn of_cluster(name: &str, session: &Session) -> Result<Asked, Failure> {
    let connected = session.connect()?;
    match read::get(&connected.client, Kind::Notification, &connected.namespace, name).await {
        Ok(seen) => Ok(Asked::of(&seen)),
        Err(error) => Err(not_found(&connected, Kind::Notification, name, &error).await),
    }
}

fn row(drawn: &Drawn<'_>) -> Vec<String> {
    let branch = drawn.branch;
    let then = if branch.r#continue { "then continues" } else { "" };
    let (answer, why) = match (branch.asked, branch.matched, branch.receives) {
        (false, ..) => ("not asked", not_asked(drawn)),
        (_, false, _) => ("no", failed(branch)),
        (_, _, true) => ("RECEIVES", then.to_owned()),
        _ => ("matches", then.to_owned()),
    };
    let receivers = if branch.receives { branch.receivers.join(",") } else { String::new() };
    vec![drawn.text.clone(), answer.to_owned(), one_line(&receivers), one_line(&why)]
}

fn not_asked(drawn: &Drawn<'_>) -> String {
    match drawn.ended_by {
        Some(line) => format!("line {line} matched and does not continue"),
        None => "the route above was not taken".to_owned(),
    }
}

fn failed(branch: &Branch) -> String {
    let Some(tested) = branch.failed() else { return String::new() };
    match &tested.value {
        Some(value) => format!("label {} is {value:?}", tested.label),
        None => format!("label {} is missing", tested.label),
    }
}

/// How the receivers differ from those that were expected, if they do.
fn difference(expected: &str, receivers: &[String]) -> Option<String> {
    let expected: Vec<&str> = expected.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if expected == receivers {
        return None;
    }
    let mut left = receivers.to_vec();
    let mut lines = vec![format!("expected {}, but the receivers are {}", listed(&expected), listed(receivers))];
    for name in &expected {
        match left.iter().position(|other| other == name) {
            Some(at) => drop(left.remove(at)),
            None => lines.push(format!("- {name}")),
        }
    }
    lines.extend(left.iter().map(|name| format!("+ {name}")));
    if lines.len() == 1 {
        lines.push("the same ones, in another order".to_owned());
    }
    Some(lines.iter().map(|line| one_line(line)).collect::<Vec<_>>().join("\n"))
}

fn listed<T: AsRef<str>>(names: &[T]) -> String {
    if names.is_empty() { "nobody".to_owned() } else { names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(",") }
}
