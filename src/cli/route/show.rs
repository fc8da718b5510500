//! `route show`: the tree, and how its receivers are reached.

use super::draw::branches;
use super::source::{Source, TreeArgs};
use crate::cli::OUTPUT_VERSION;
use crate::cli::failure::Exit;
use crate::cli::output::{Document, OutputArgs, Table, text::one_line};
use crate::cli::session::Session;
use crate::rules::routes::{Address, Branch, Labels, NOBODY, Way};
use serde::Serialize;

/// Show the routing tree, and how its receivers are reached
#[derive(clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    tree: TreeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteTree {
    api_version: &'static str,
    kind: Document,
    source: String,
    tree: Vec<Route>,
    receivers: Vec<Reached>,
}

/// A branch without anything that depends on labels.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    matchers: Vec<String>,
    receivers: Vec<String>,
    r#continue: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routes: Vec<Route>,
}

#[derive(Serialize)]
struct Reached {
    name: String,
    by: Vec<String>,
}

impl Route {
    fn of(branch: &Branch) -> Self {
        Self {
            line: branch.line,
            matchers: branch.matchers.iter().map(|tested| tested.matcher.clone()).collect(),
            receivers: branch.receivers.clone(),
            r#continue: branch.r#continue,
            routes: branch.routes.iter().map(Self::of).collect(),
        }
    }
}

/// Prints the tree.
///
/// # Errors
/// When it cannot be read, or the API server does not answer.
pub async fn run(args: &ShowArgs, session: &Session) -> anyhow::Result<Exit> {
    let Source { tree, from } = args.tree.find(session).await?;
    let root = tree.explain(&Labels::new());
    let mut receivers: Vec<Reached> =
        tree.defined().map(|(name, ways)| Reached { name: name.to_owned(), by: ways.iter().map(by).collect() }).collect();
    if receivers.is_empty() {
        receivers = root.receivers.iter().map(|name| Reached { name: name.clone(), by: vec![name.clone()] }).collect();
    }
    match args.output.format() {
        format if format.is_rendered() => {
            let shown =
                RouteTree { api_version: OUTPUT_VERSION, kind: Document::RouteTree, source: from, tree: vec![Route::of(&root)], receivers };
            session.voice.print(&args.output.render(&serde_json::to_value(&shown)?)?)?;
        }
        _ => {
            session.voice.tell(&one_line(&format!("routing tree: {from}")));
            let lines = [routes(&root, session), vec![String::new()], reached(&receivers, session)].concat();
            session.voice.print_line(&lines.join("\n"))?;
        }
    }
    tree.remarks().iter().for_each(|remark| session.voice.tell(&one_line(&format!("warning: {remark}"))));
    Ok(Exit::Done)
}

fn routes(root: &Branch, session: &Session) -> Vec<String> {
    let mut table = Table::new(&["ROUTE", "RECEIVER", "THEN", "LINE"]);
    for drawn in branches(root, &session.look) {
        let then = if drawn.branch.r#continue { "continues" } else { "ends" };
        let line = drawn.branch.line.map(|line| line.to_string()).unwrap_or_default();
        table.add_drawn(vec![drawn.text, one_line(&drawn.branch.receivers.join(",")), then.to_owned(), line]);
    }
    table.lines(&session.look, true)
}

fn reached(receivers: &[Reached], session: &Session) -> Vec<String> {
    let mut table = Table::new(&["RECEIVER", "REACHED-BY"]);
    for receiver in receivers {
        let by = if receiver.by.is_empty() { "nobody".to_owned() } else { receiver.by.join(", ") };
        table.add(vec![receiver.name.clone(), by]);
    }
    table.lines(&session.look, true)
}

fn by(way: &Way) -> String {
    match &way.address {
        _ if way.channel == NOBODY => "nobody".to_owned(),
        Address::Settings => way.channel.clone(),
        Address::File(path) => format!("{} by {}", way.channel, path.display()),
        Address::Written => format!("{} by an address in the file, which run-controllers refuses", way.channel),
    }
}
