//! Reads a remediation and everything that belongs to it.

use super::absent;
use super::tree::{Node, StatusTree, Waiting};
use crate::api::{labels, names};
use crate::cli::OUTPUT_VERSION;
use crate::cli::failure::is_missing;
use crate::cli::kinds::Kind;
use crate::cli::output::{Seen, age::age};
use crate::cli::read::{self, Selection};
use crate::controllers::conditions::FENCE_REFUSED;
use futures::future::try_join_all;
use jiff::Timestamp;
use kube::Client;
use serde_json::Value;

/// Reads the remediation `name` and everything that belongs to it.
///
/// # Errors
/// When there is no such remediation, or the API server does not answer; a child that may not be read is only marked so.
pub async fn tree(client: &Client, namespace: &str, name: &str, now: Timestamp) -> anyhow::Result<StatusTree> {
    let request = read::get(client, Kind::Remediation, namespace, name).await?;
    let look = Look { client, namespace, request: &request };
    let (processing, analysis, run, notices) =
        futures::try_join!(look.processing(), look.analysis(), look.run(), look.listed(Kind::Notification))?;
    let waiting = waiting(&request, &analysis, &run, now);
    let mut children = vec![processing, analysis, run];
    children.extend(notices.iter().map(|seen| node(Kind::Notification, seen)));
    Ok(root(&request, waiting, children, now))
}

fn root(request: &Seen, waiting: Option<Waiting>, children: Vec<Node>, now: Timestamp) -> StatusTree {
    let text = |pointer: &str| Some(request.text(pointer).to_owned()).filter(|text| !text.is_empty());
    StatusTree {
        api_version: OUTPUT_VERSION,
        kind: "StatusTree",
        object: format!("{}/{}", request.namespace(), request.name()),
        phase: phase(Kind::Remediation, request),
        outcome: text("/status/outcome"),
        target: request.text("/spec/targetResource").to_owned(),
        severity: request.text("/spec/severity").to_owned(),
        signal: request.text("/spec/signalName").to_owned(),
        created_at: request.created(),
        at: now,
        message: text("/status/message"),
        requires_manual_review: request.is("/status/requiresManualReview"),
        blocked: request.is("/status/blocked"),
        waiting,
        children,
    }
}

/// The remediation whose children are looked for.
struct Look<'a> {
    client: &'a Client,
    namespace: &'a str,
    request: &'a Seen,
}

enum Found {
    There(Seen),
    Missing,
    Hidden,
}

impl Look<'_> {
    async fn find(&self, kind: Kind, name: &str) -> Result<Found, kube::Error> {
        match read::get(self.client, kind, self.namespace, name).await {
            Ok(seen) => Ok(Found::There(seen)),
            Err(error) if is_missing(&error) => Ok(Found::Missing),
            Err(kube::Error::Api(status)) if status.code == 403 => Ok(Found::Hidden),
            Err(error) => Err(error),
        }
    }

    fn absent(&self, kind: Kind, name: &str, found: &Found, because: impl Into<String>) -> Node {
        let hidden = matches!(found, Found::Hidden);
        Node::absent(kind, self.namespace, name, if hidden { "may not be read".to_owned() } else { because.into() })
    }

    /// The recorded name of a child, else the one it must have.
    fn name(&self, reference: &str, expected: String) -> String {
        Some(self.request.text(&format!("/status/{reference}/name")).to_owned()).filter(|name| !name.is_empty()).unwrap_or(expected)
    }

    fn phase(&self) -> String {
        phase(Kind::Remediation, self.request)
    }

    async fn processing(&self) -> Result<Node, kube::Error> {
        let name = self.name("remediationProcessingRef", names::processing(self.request.name()));
        Ok(match self.find(Kind::Processing, &name).await? {
            Found::There(seen) => node(Kind::Processing, &seen),
            missing => self.absent(Kind::Processing, &name, &missing, absent::processing(&self.phase())),
        })
    }

    async fn analysis(&self) -> Result<Node, kube::Error> {
        let name = self.name("aiAnalysisRef", names::analysis(self.request.name()));
        let asked = names::approval(&name);
        let (analysis, approval) = futures::try_join!(self.find(Kind::Analysis, &name), self.find(Kind::Approval, &asked))?;
        let seen = match analysis {
            Found::There(seen) => seen,
            missing => return Ok(self.absent(Kind::Analysis, &name, &missing, absent::analysis(&self.phase()))),
        };
        let mut analysis = node(Kind::Analysis, &seen);
        let asks = seen.text("/status/phase") == "Approving" || seen.at("/status/approvalRequestRef").is_some();
        match approval {
            Found::There(approval) => analysis.children.push(node(Kind::Approval, &approval)),
            missing if asks => {
                let because = if seen.text("/status/phase") == "Approving" { "comes next" } else { "was deleted" };
                analysis.children.push(self.absent(Kind::Approval, &asked, &missing, because));
            }
            _ => {}
        }
        Ok(analysis)
    }

    async fn run(&self) -> Result<Node, kube::Error> {
        let name = self.name("workflowExecutionRef", names::workflow(self.request.name()));
        let seen = match self.find(Kind::Execution, &name).await? {
            Found::There(seen) => seen,
            missing => {
                let because = absent::workflow(&self.phase(), self.request.text("/status/outcome"));
                return Ok(self.absent(Kind::Execution, &name, &missing, because));
            }
        };
        let mut run = node(Kind::Execution, &seen);
        let (steps, asked) = futures::try_join!(self.steps(&seen), self.listed(Kind::StepApproval))?;
        run.children = steps_of(self.namespace, &seen, &steps, &asked);
        Ok(run)
    }

    /// Everything of a kind that carries the remediation's label; nothing where it may not be read.
    async fn listed(&self, kind: Kind) -> Result<Vec<Seen>, kube::Error> {
        let labels = format!("{}={}", labels::REMEDIATION_REQUEST, self.request.name());
        let selection = Selection { namespace: Some(self.namespace.to_owned()), labels: Some(labels), ..Selection::default() };
        let mut items = match read::list(self.client, kind, &selection).await {
            Ok(listed) => listed.items,
            Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404) => Vec::new(),
            Err(error) => return Err(error),
        };
        items.sort_by_key(|seen| (seen.created(), seen.name().to_owned()));
        Ok(items)
    }

    /// The steps that exist: by label, and those recorded in the run that carry none.
    async fn steps(&self, run: &Seen) -> Result<Vec<Seen>, kube::Error> {
        let mut steps = self.listed(Kind::Step).await?;
        let recorded =
            run.list("/status/stepStatuses").iter().filter_map(|status| status.pointer("/kubernetesExecutionRef/name")?.as_str());
        let unseen: Vec<&str> = recorded.filter(|name| !steps.iter().any(|seen| seen.name() == *name)).collect();
        let found = try_join_all(unseen.into_iter().map(|name| read::find(self.client, Kind::Step, self.namespace, name))).await?;
        steps.extend(found.into_iter().flatten());
        Ok(steps)
    }
}

/// Every step of the run, made or not, in order; undo steps after them.
fn steps_of(namespace: &str, run: &Seen, steps: &[Seen], asked: &[Seen]) -> Vec<Node> {
    let number = |seen: &Seen| seen.at("/spec/stepNumber").and_then(Value::as_i64).unwrap_or_default();
    let is_undo = |seen: &&Seen| seen.at("/spec/undoOf").is_some();
    let phases: Vec<(i64, String)> =
        steps.iter().filter(|seen| !is_undo(seen)).map(|seen| (number(seen), phase(Kind::Step, seen))).collect();
    let mut nodes: Vec<Node> = Vec::new();
    for planned in run.list("/spec/workflowDefinition/steps") {
        let planned = Seen(planned.clone());
        let wanted = number(&Seen(serde_json::json!({"spec": planned.0})));
        let made = steps.iter().find(|seen| number(seen) == wanted && !is_undo(seen));
        let question = asked.iter().find(|seen| number(seen) == wanted).map(|seen| node(Kind::StepApproval, seen));
        let mut step = made.map(|seen| node(Kind::Step, seen)).unwrap_or_else(|| {
            let dependencies: Vec<i64> = planned.list("/dependencies").iter().filter_map(Value::as_i64).collect();
            let name = format!("{}-step-{wanted}", run.name());
            let open = question.as_ref().is_some_and(|question| question.deadline.is_some());
            let because = if open { "waits for its approval".to_owned() } else { absent::step(run, wanted, &dependencies, &phases) };
            Node { info: planned.text("/action").to_owned(), ..Node::absent(Kind::Step, namespace, &name, because) }
        });
        step.children.extend(question);
        nodes.push(step);
    }
    nodes.extend(steps.iter().filter(is_undo).map(|seen| node(Kind::Step, seen)));
    nodes
}

/// Where an object stands, in a word.
pub fn phase(kind: Kind, seen: &Seen) -> String {
    let pointer = if matches!(kind, Kind::Approval | Kind::StepApproval) { "/status/decision" } else { "/status/phase" };
    Some(seen.text(pointer)).filter(|phase| !phase.is_empty()).unwrap_or("Pending").to_owned()
}

fn node(kind: Kind, seen: &Seen) -> Node {
    let phase = phase(kind, seen);
    let waits = matches!(kind, Kind::Approval | Kind::StepApproval) && phase == "Pending";
    Node {
        object: format!("{}/{}", seen.namespace(), seen.name()),
        resource: kind.resource().kind,
        short: format!("{}/{}", kind.short(), seen.name()),
        info: info(kind, seen),
        phase: Some(phase),
        absent_because: None,
        created_at: seen.created(),
        deadline: seen.deadline().filter(|_| waits),
        children: Vec::new(),
    }
}

fn info(kind: Kind, seen: &Seen) -> String {
    let parts = match kind {
        Kind::Analysis => vec![confidence(seen), seen.text("/status/approvalStatus").to_owned()],
        Kind::Approval | Kind::StepApproval => vec![by(seen), seen.text("/status/reason").to_owned()],
        Kind::Execution => {
            vec![
                needs(seen),
                first(seen, &["/status/skipDetails/message", "/status/failureDetails/message", "/spec/workflowRef/workflowId"]),
            ]
        }
        Kind::Step => vec![seen.text("/spec/action").to_owned(), took(seen), in_short(seen.text("/status/message"))],
        Kind::Notification => vec![receivers(seen)],
        _ => vec![first(seen, &["/status/message"])],
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn first(seen: &Seen, pointers: &[&str]) -> String {
    pointers.iter().map(|pointer| seen.text(pointer)).find(|text| !text.is_empty()).unwrap_or_default().to_owned()
}

/// What a run cannot do without a person's help.
fn needs(seen: &Seen) -> String {
    let refused =
        seen.list("/status/conditions").iter().find(|condition| condition.get("type").and_then(Value::as_str) == Some(FENCE_REFUSED));
    refused.map(|_| format!("needs a person: {FENCE_REFUSED}")).unwrap_or_default()
}

fn by(seen: &Seen) -> String {
    Some(seen.text("/status/decidedBy")).filter(|name| !name.is_empty()).map(|name| format!("by {name}")).unwrap_or_default()
}

fn confidence(seen: &Seen) -> String {
    let level = seen.text("/status/confidenceLevel");
    let band = if level.is_empty() { String::new() } else { format!(" ({level})") };
    seen.number("/status/confidenceScore").map(|score| format!("confidence {score}%{band}")).unwrap_or_default()
}

/// The first line of what a step said; the whole of it is in the object.
fn in_short(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    if message.lines().count() > 1 { format!("{first} …") } else { first.to_owned() }
}

fn took(seen: &Seen) -> String {
    let ends = seen.time("/status/startTime").zip(seen.time("/status/completionTime"));
    ends.map(|(start, end)| format!("took {}", age(end.duration_since(start)))).unwrap_or_default()
}

fn receivers(seen: &Seen) -> String {
    let names = seen.list("/status/deliveries").iter().filter_map(|delivery| delivery.get("receiver")?.as_str());
    let names: Vec<&str> = names.collect();
    if names.is_empty() { seen.text("/spec/subject").to_owned() } else { names.join(", ") }
}

fn waiting(request: &Seen, analysis: &Node, run: &Node, now: Timestamp) -> Option<Waiting> {
    let approvals = analysis.children.iter().chain(run.children.iter().flat_map(|step| &step.children));
    let open = approvals.filter(|node| node.deadline.is_some()).min_by_key(|node| node.deadline);
    if let Some(open) = open {
        let until = open.deadline;
        let until_in_seconds = until.map(|until| until.duration_since(now).as_secs());
        return Some(Waiting { what: format!("a person's decision on {}", open.short), until, until_in_seconds });
    }
    let skipped = run.phase.as_deref() == Some("Skipped") && phase(Kind::Remediation, request) == "Executing";
    skipped.then(|| Waiting { what: format!("{} was skipped: {}", run.short, run.info), until: None, until_in_seconds: None })
}
