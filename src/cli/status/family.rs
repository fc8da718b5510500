//! A remediation and everything that belongs to it, as a tree: what is there, and what is not there yet or never.

use super::absent;
use super::known::Known;
use super::reviews::{Successes, rejected_by_person};
use super::tree::{Node, StatusTree, Waiting};
use crate::api::{labels, names};
use crate::cli::OUTPUT_VERSION;
use crate::cli::kinds::Kind;
use crate::cli::output::{Document, Seen, age::age};
use crate::controllers::conditions::FENCE_REFUSED;
use crate::rules::review::{Ended, Review, review};
use jiff::Timestamp;
use serde_json::Value;

/// The tree of the remediation `name`; `None` when it is not known. Of the others that are known, only those that succeeded since count.
pub fn tree(known: &Known, namespace: &str, name: &str, now: Timestamp) -> Option<StatusTree> {
    let request = known.get(Kind::Remediation, namespace, name)?;
    let family = Family { known, namespace, request };
    let (processing, analysis, run) = (family.processing(), family.analysis(), family.run());
    let waiting = waiting(request, &analysis, &run, now);
    let mut children = vec![processing, analysis, run];
    children.extend(family.labelled(Kind::Notification).into_iter().map(|seen| node(Kind::Notification, seen)));
    let mut tree = root(request, waiting, children, now);
    let cleared = known.get(Kind::Execution, namespace, &child(request, Kind::Execution)).is_some_and(|run| run.is("/status/blockCleared"));
    let newest_success = Successes::of(known.of(Kind::Remediation)).newest(request);
    let ended = Ended { at: ended_at(request), rejected_by_person: rejected_by_person(known, request), cleared, newest_success };
    if let (true, Review::Settled(by)) = (tree.requires_manual_review, review(&ended, now)) {
        tree.review_settled = Some(by);
    }
    Some(tree)
}

/// When a remediation ended; when it was made, if it does not say.
pub fn ended_at(request: &Seen) -> Option<Timestamp> {
    let phase = phase(Kind::Remediation, request);
    request.time(&format!("/status/phaseTimes/{phase}")).or_else(|| request.created())
}

/// The recorded name of a child, else the one it must have.
pub fn child(request: &Seen, kind: Kind) -> String {
    let (reference, expected) = match kind {
        Kind::Processing => ("remediationProcessingRef", names::processing(request.name())),
        Kind::Analysis => ("aiAnalysisRef", names::analysis(request.name())),
        Kind::Approval => return names::approval(&child(request, Kind::Analysis)),
        _ => ("workflowExecutionRef", names::workflow(request.name())),
    };
    Some(request.text(&format!("/status/{reference}/name")).to_owned()).filter(|name| !name.is_empty()).unwrap_or(expected)
}

fn root(request: &Seen, waiting: Option<Waiting>, children: Vec<Node>, now: Timestamp) -> StatusTree {
    let text = |pointer: &str| Some(request.text(pointer).to_owned()).filter(|text| !text.is_empty());
    StatusTree {
        api_version: OUTPUT_VERSION,
        kind: Document::StatusTree,
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
        review_settled: None,
        blocked: request.is("/status/blocked"),
        waiting,
        children,
        events: None,
    }
}

/// The remediation whose children are drawn.
struct Family<'a> {
    known: &'a Known,
    namespace: &'a str,
    request: &'a Seen,
}

impl<'a> Family<'a> {
    fn absent(&self, kind: Kind, name: &str, because: impl Into<String>) -> Node {
        let because = if self.known.is_hidden(kind) { "may not be read".to_owned() } else { because.into() };
        Node::absent(kind, self.namespace, name, because)
    }

    fn phase(&self) -> String {
        phase(Kind::Remediation, self.request)
    }

    fn processing(&self) -> Node {
        let name = child(self.request, Kind::Processing);
        match self.known.get(Kind::Processing, self.namespace, &name) {
            Some(seen) => node(Kind::Processing, seen),
            None => self.absent(Kind::Processing, &name, absent::processing(&self.phase())),
        }
    }

    fn analysis(&self) -> Node {
        let (name, asked) = (child(self.request, Kind::Analysis), child(self.request, Kind::Approval));
        let Some(seen) = self.known.get(Kind::Analysis, self.namespace, &name) else {
            return self.absent(Kind::Analysis, &name, absent::analysis(&self.phase()));
        };
        let mut analysis = node(Kind::Analysis, seen);
        let asks = seen.text("/status/phase") == "Approving" || seen.at("/status/approvalRequestRef").is_some();
        match self.known.get(Kind::Approval, self.namespace, &asked) {
            Some(approval) => analysis.children.push(node(Kind::Approval, approval)),
            None if asks => {
                let because = if seen.text("/status/phase") == "Approving" { "comes next" } else { "was deleted" };
                analysis.children.push(self.absent(Kind::Approval, &asked, because));
            }
            None => {}
        }
        analysis
    }

    fn run(&self) -> Node {
        let name = child(self.request, Kind::Execution);
        let Some(seen) = self.known.get(Kind::Execution, self.namespace, &name) else {
            let asked = self.known.get(Kind::Approval, self.namespace, &child(self.request, Kind::Approval));
            let is_approved = asked.is_some_and(|asked| phase(Kind::Approval, asked) == "Approved");
            let because = absent::workflow(&self.phase(), self.request.text("/status/outcome"), is_approved);
            return self.absent(Kind::Execution, &name, because);
        };
        let mut run = node(Kind::Execution, seen);
        run.children = steps_of(self.namespace, seen, &self.steps(seen), &self.labelled(Kind::StepApproval));
        run
    }

    /// Everything of a kind that carries the remediation's label, oldest first.
    fn labelled(&self, kind: Kind) -> Vec<&'a Seen> {
        let ours = |seen: &&Seen| {
            let label = seen.at("/metadata/labels").and_then(|all| all.get(labels::REMEDIATION_REQUEST));
            seen.namespace() == self.namespace && label.and_then(Value::as_str).is_none_or(|name| name == self.request.name())
        };
        let mut items: Vec<&Seen> = self.known.of(kind).filter(ours).collect();
        items.sort_by_key(|seen| (seen.created(), seen.name()));
        items
    }

    /// The steps: by label, or because the run records them.
    fn steps(&self, run: &Seen) -> Vec<&'a Seen> {
        let recorded = recorded_steps(run);
        let is_of_run = |seen: &&Seen| {
            let parent = seen.text("/spec/workflowExecutionRef/name");
            parent.is_empty() || parent == run.name() || recorded.contains(&seen.name())
        };
        self.labelled(Kind::Step).into_iter().filter(is_of_run).collect()
    }
}

/// Names of the steps that a run records.
pub fn recorded_steps(run: &Seen) -> Vec<&str> {
    run.list("/status/stepStatuses").iter().filter_map(|status| status.pointer("/kubernetesExecutionRef/name")?.as_str()).collect()
}

/// Every step of the run, made or not, in order; undo steps after them.
fn steps_of(namespace: &str, run: &Seen, steps: &[&Seen], asked: &[&Seen]) -> Vec<Node> {
    let number = |seen: &Seen| seen.at("/spec/stepNumber").and_then(Value::as_i64).unwrap_or_default();
    let is_undo = |seen: &Seen| seen.at("/spec/undoOf").is_some();
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
    nodes.extend(steps.iter().filter(|seen| is_undo(seen)).map(|seen| node(Kind::Step, seen)));
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
    let leaves = seen.at("/metadata/deletionTimestamp").map(|_| "is being deleted".to_owned());
    leaves.into_iter().chain(parts).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
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
