//! Plays alerts through the rules of gateway, analysis, orchestrator and gate, one after the other, and writes nothing.

use super::scene::{Rooted, Scene};
use super::shape::{Analysis, Decision, Outcome, Planned, Simulated};
use super::thought::{self, Supposed, Thought};
use super::told;
use crate::actions;
use crate::analysts::Analyst;
use crate::api::{Plan, RemediationRequestSpec, RemediationTargetStatus, RunRef, Target, names};
use crate::cli::failure::Failure;
use crate::cli::why::explanation::GateAnswer;
use crate::rules::alert::{Alert, Alerting, Webhook};
use crate::rules::gate::{self, Answer, Gate, Verdict};
use crate::rules::intake::{self, Found, Intake, Known, Seen};
use crate::rules::routes::Tree;
use std::collections::BTreeMap;

/// Plays alerts.
pub struct Play<'a> {
    scene: &'a Scene<'a>,
    analyst: &'a dyn Analyst,
    supposed: &'a Supposed,
    routing: &'a Tree,
    known: BTreeMap<String, Vec<Known>>,
    ledgers: BTreeMap<Target, RemediationTargetStatus>,
}

/// One alert of a message.
struct Sent<'a> {
    alert: &'a Alert,
    alerting: Alerting,
    another_fires: bool,
}

impl<'a> Play<'a> {
    /// Nothing has happened yet.
    pub fn new(scene: &'a Scene<'a>, analyst: &'a dyn Analyst, supposed: &'a Supposed, routing: &'a Tree) -> Self {
        Self { scene, analyst, supposed, routing, known: BTreeMap::new(), ledgers: BTreeMap::new() }
    }

    /// What becomes of each alert of a message, in their order. What one does is there for the next.
    ///
    /// # Errors
    /// When the cluster cannot be read.
    pub async fn message(&mut self, message: &Webhook) -> Result<Vec<Simulated>, Failure> {
        let (groups, refusals) = intake::grouped(&message.alerts);
        let mut played: BTreeMap<usize, Simulated> = BTreeMap::new();
        for (place, refusal) in refusals {
            let title = message.alerts.get(place).map(Alert::title).unwrap_or_default();
            played.insert(place, nothing(title, Outcome::Refused, refusal.to_string()));
        }
        let mut sent: Vec<(usize, Sent)> = vec![];
        for group in groups {
            let another_fires = intake::fires(&group);
            sent.extend(group.into_iter().map(|(place, alert, alerting)| (place, Sent { alert, alerting, another_fires })));
        }
        sent.sort_by_key(|(place, _)| *place);
        for (place, sent) in sent {
            played.insert(place, self.alert(&sent).await?);
        }
        Ok(played.into_values().collect())
    }

    async fn alert(&mut self, sent: &Sent<'_>) -> Result<Simulated, Failure> {
        let alerting = &sent.alerting;
        let mut known = match self.known.remove(&alerting.fingerprint) {
            Some(known) => known,
            None => self.scene.known(alerting).await?,
        };
        let decided = intake::decide(&Seen { alerting, another_fires: sent.another_fires, known: &known });
        let simulated = match &decided {
            Intake::Create { name } => self.created(sent, name).await?,
            Intake::Duplicate { of, .. } => {
                let message = format!("it would be counted as one more occurrence of the open remediation {of}");
                let about = about(alerting, Outcome::Duplicate, message);
                Simulated { name: Some(of.clone()), duplicate_of: Some(of.clone()), ..about }
            }
            Intake::Resolved { which } => about(alerting, Outcome::Nothing, format!("its end would be recorded in {}", which.join(", "))),
            Intake::NothingToDo => about(alerting, Outcome::Nothing, "no open request waits for the end of this alert".to_owned()),
        };
        if simulated.result != Outcome::Refused {
            self.remember(&mut known, decided, alerting);
        }
        self.known.insert(alerting.fingerprint.clone(), known);
        Ok(simulated)
    }

    /// What the gateway would have stored by now.
    fn remember(&self, known: &mut Vec<Known>, decided: Intake, alerting: &Alerting) {
        match decided {
            Intake::Create { name } => known.push(Known { name, over: false, began: alerting.began, resolved: None }),
            Intake::Duplicate { of, reopened } => {
                known.iter_mut().filter(|known| reopened && known.name == of).for_each(|known| known.resolved = None);
            }
            Intake::Resolved { which } => {
                known.iter_mut().filter(|known| which.contains(&known.name)).for_each(|known| known.resolved = Some(self.scene.now));
            }
            Intake::NothingToDo => {}
        }
    }

    async fn created(&mut self, sent: &Sent<'_>, name: &str) -> Result<Simulated, Failure> {
        let (target, assumed) = match self.scene.root(&sent.alerting, &sent.alert.labels).await? {
            Rooted::Found(target) => (target, None),
            Rooted::Assumed(target, note) => (target, Some(note)),
            Rooted::Refused(why) => return Ok(about(&sent.alerting, Outcome::Refused, why)),
        };
        let (environment, unknown) = self.scene.environment(&target).await;
        let found = Found { target: &target, environment: &environment, now: self.scene.now, requested_by: "" };
        let spec = intake::request(sent.alert, &sent.alerting, &found);
        let home = sent.alerting.object.home();
        let request = Request { namespace: home, name, spec: &spec, target: &target };
        let mut thought = thought::of(self.scene, self.analyst, self.supposed, &request).await?;
        thought.notes.splice(0..0, assumed.into_iter().chain(unknown));
        self.judged(request, &sent.alerting, thought).await
    }

    async fn judged(&mut self, request: Request<'_>, alerting: &Alerting, mut thought: Thought) -> Result<Simulated, Failure> {
        let ledger = match self.ledgers.get(request.target) {
            Some(ledger) => ledger.clone(),
            None => self.scene.ledger(request.target).await?,
        };
        let run = RunRef {
            namespace: request.namespace.to_owned(),
            name: names::workflow(request.name),
            uid: format!("simulated-{}", request.name),
            remediation_request: request.name.to_owned(),
        };
        let asked = gate::Seen {
            now: self.scene.now,
            run: &run,
            workflow_id: thought.workflow.as_deref(),
            target: &request.spec.target_resource,
            ledger: &ledger,
            settings: &self.scene.settings.gate,
        };
        let answers = gate::explain(&asked);
        let refusing = gate::deciding(&answers).cloned();
        let result = result(&thought, refusing.as_ref());
        if result == Outcome::Auto
            && let Gate::Start(permit) = gate::decide(&asked)
        {
            self.ledgers.insert(request.target.clone(), permit.take(&ledger, self.scene.now));
        }
        let told = told::until_start(&request, &thought, refusing.as_ref(), &ledger, self.scene, self.routing);
        let decision = thought.decision();
        let timed = thought.plan().and_then(writing_the_time);
        if let Some(action) = timed {
            thought.notes.push(format!("the plan's hash is not foretold, as {action} writes the time at which it is planned"));
        }
        let simulated = Simulated {
            name: Some(request.name.to_owned()),
            duplicate_of: told.repeats,
            target: Some(request.target.to_string()),
            sender_needs: intake::sender_needs(&alerting.object, request.target).into_iter().map(str::to_owned).collect(),
            verdict: Some(refusing.as_ref().map_or(Verdict::Allowed, |answer| answer.verdict)),
            reason: refusing.as_ref().map(|answer| answer.gate),
            retry_at: refusing.as_ref().and_then(|answer| answer.retry_at),
            gates: answers.into_iter().map(GateAnswer::from).collect(),
            notifications: told.notifications,
            plan: thought.plan().map(|plan| Planned {
                steps: plan.steps.clone(),
                unresolved: thought.unresolved.clone(),
                hash: Some(thought.status.plan_hash.clone()).filter(|hash| !hash.is_empty() && timed.is_none()),
            }),
            decision: Some(decision),
            analysis: Some(Analysis {
                confidence: thought.status.confidence_score,
                from: thought.from,
                root_cause: thought.status.root_cause,
                workflow: thought.workflow,
            }),
            notes: thought.notes,
            wanted: Some(Box::new(request.spec.clone())),
            ..about(alerting, result, message(result, refusing.as_ref(), &thought.status.message))
        };
        Ok(simulated)
    }
}

/// An action of the plan that makes it another one each time it is planned.
fn writing_the_time(plan: &Plan) -> Option<&'static str> {
    let mut actions = plan.steps.iter().filter_map(|step| actions::find(&step.action));
    actions.find(|action| action.writes_the_time()).map(|action| action.name())
}

/// A request that would be made.
pub struct Request<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its spec.
    pub spec: &'a RemediationRequestSpec,
    /// Its target.
    pub target: &'a Target,
}

fn result(thought: &Thought, refusing: Option<&Answer>) -> Outcome {
    match (thought.decision(), refusing) {
        (Decision::Refuse, _) => Outcome::Escalate,
        (_, Some(_)) => Outcome::Skipped,
        (Decision::Ask, None) => Outcome::Approval,
        (Decision::AutoApprove, None) => Outcome::Auto,
    }
}

fn message(result: Outcome, refusing: Option<&Answer>, analysis: &str) -> String {
    match (result, refusing) {
        (Outcome::Skipped, Some(answer)) => answer.message.clone(),
        (Outcome::Approval, _) => "a person must decide".to_owned(),
        (Outcome::Auto, _) => "confidence is high, approved without a person".to_owned(),
        _ => analysis.to_owned(),
    }
}

fn about(alerting: &Alerting, result: Outcome, message: String) -> Simulated {
    Simulated {
        namespace: Some(alerting.object.home().to_owned()),
        fingerprint: Some(alerting.fingerprint.clone()),
        ..nothing(alerting.alert.clone(), result, message)
    }
}

fn nothing(alert: String, result: Outcome, message: String) -> Simulated {
    Simulated {
        alert,
        result,
        message,
        name: None,
        namespace: None,
        fingerprint: None,
        duplicate_of: None,
        target: None,
        sender_needs: vec![],
        analysis: None,
        decision: None,
        verdict: None,
        reason: None,
        retry_at: None,
        gates: vec![],
        plan: None,
        notifications: vec![],
        notes: vec![],
        wanted: None,
    }
}
