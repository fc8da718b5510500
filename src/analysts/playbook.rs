//! Proposes what a playbook says about an alert, with what was read in the cluster as evidence. Deterministic, no network.

use super::{Analyst, Case, NoAnswer, Proposal};
use crate::api::{ApprovalPolicy, Evidence, Recommendation, Target};
use crate::rules::plan;
use futures::future::BoxFuture;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The playbooks that come with the program, as YAML.
pub const BUILT_IN: &str = include_str!("playbooks.yaml");

/// A file of playbooks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    playbooks: Vec<Rule>,
}

/// One playbook: which alerts on which kinds it knows, and what it would do.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    id: String,
    alerts: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
    root_cause: String,
    confidence: f64,
    steps: Vec<StepRule>,
}

/// One step of a playbook.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StepRule {
    action: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    #[serde(default)]
    parameters_from_labels: BTreeMap<String, String>,
    #[serde(default)]
    depends_on: Vec<i32>,
    #[serde(default)]
    confidence: Option<f64>,
    #[serde(default)]
    rationale: String,
    /// Whether a person is asked before this step, besides whatever the confidence asks for.
    #[serde(default)]
    requires_approval: bool,
    /// How long that waits, for example `5m`; without it, the setting `approval.timeout`.
    #[serde(default)]
    approval_timeout: Option<String>,
}

/// Proposes what a playbook says.
#[derive(Clone, Debug)]
pub struct Playbook {
    rules: Vec<Rule>,
}

/// Why a file of playbooks cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the playbooks cannot be read: {0}")]
pub struct Unreadable(String);

impl Playbook {
    /// The playbooks that come with the program.
    pub fn built_in() -> Result<Self, Unreadable> {
        Self::parse(BUILT_IN)
    }

    /// Playbooks from a text, with unknown keys refused.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| Unreadable(error.to_string()))?;
        file.playbooks.iter().try_for_each(Rule::check)?;
        Ok(Self { rules: file.playbooks })
    }

    fn rule(&self, alert: &str, kind: &str) -> Option<&Rule> {
        let knows = |rule: &&Rule| {
            rule.alerts.iter().any(|known| known == alert) && (rule.kinds.is_empty() || rule.kinds.iter().any(|known| known == kind))
        };
        self.rules.iter().find(knows)
    }

    fn propose(&self, case: &Case) -> Proposal {
        let kind = case.analysis.target_resource.parse::<Target>().map(|target| target.kind).unwrap_or_default();
        let alert = &case.analysis.signal.name;
        match self.rule(alert, &kind) {
            Some(rule) => rule.proposal(case),
            None => Proposal {
                root_cause: format!("no playbook knows the alert {alert} on a {kind}"),
                workflow_id: "playbook".to_owned(),
                evidence: evidence(case),
                ..Proposal::default()
            },
        }
    }
}

impl Rule {
    fn check(&self) -> Result<(), Unreadable> {
        let wrong = |number: i32, why: &dyn std::fmt::Display| Unreadable(format!("playbook {:?}, step {number}: {why}", self.id));
        for (number, step) in (1..).zip(&self.steps) {
            match step.policy() {
                Some(_) if !step.requires_approval => return Err(wrong(number, &"approvalTimeout without requiresApproval")),
                Some(policy) => plan::check_policy(number, &policy).map_err(|flaw| wrong(number, &flaw))?,
                None => {}
            }
        }
        Ok(())
    }

    fn proposal(&self, case: &Case) -> Proposal {
        let recommendation = |(nth, step): (usize, &StepRule)| Recommendation {
            id: format!("rec-{:03}", nth + 1),
            action: step.action.clone(),
            parameters: step.parameters_for(&case.analysis.signal.labels),
            confidence: step.confidence,
            rationale: step.rationale.clone(),
        };
        Proposal {
            root_cause: self.root_cause.clone(),
            evidence: evidence(case),
            confidence: Some(self.confidence),
            workflow_id: self.id.clone(),
            recommendations: self.steps.iter().enumerate().map(recommendation).collect(),
            dependencies: self.steps.iter().map(|step| step.depends_on.clone()).collect(),
            approvals: self.steps.iter().map(|step| step.requires_approval.then(|| step.policy().unwrap_or_default())).collect(),
        }
    }
}

impl StepRule {
    fn policy(&self) -> Option<ApprovalPolicy> {
        let timeout = Some(self.approval_timeout.clone()?);
        Some(ApprovalPolicy { approver_groups: Vec::new(), timeout })
    }

    fn parameters_for(&self, labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let from_labels = self.parameters_from_labels.iter().filter_map(|(key, label)| Some((key.clone(), labels.get(label)?.clone())));
        self.parameters.clone().into_iter().chain(from_labels).collect()
    }
}

/// What was read about the target, in the order in which a person would want it.
fn evidence(case: &Case) -> Vec<Evidence> {
    let Some(context) = &case.context.context else { return Vec::new() };
    let of = |source: &str, lines: &[String]| {
        lines.iter().map(|line| Evidence { source: source.to_owned(), finding: line.clone() }).collect::<Vec<_>>()
    };
    let mut found = of(&case.analysis.target_resource, &[context.workload.clone(), context.rollout.clone()]);
    found.extend(of("container", &context.usage));
    found.extend(of("resources", &context.resources));
    found.extend(of("event", &context.events));
    found.retain(|evidence| !evidence.finding.is_empty());
    found.truncate(32);
    found
}

impl Analyst for Playbook {
    fn name(&self) -> &'static str {
        "playbook"
    }

    fn investigate<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Proposal, NoAnswer>> {
        Box::pin(async move { Ok(self.propose(case)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions;
    use crate::api::{AIAnalysisSpec, RemediationProcessingStatus, Signal};

    fn case(alert: &str, target: &str) -> Case {
        let labels = [("pod".to_owned(), "api-1".to_owned())].into();
        let signal = Signal { name: alert.into(), labels, ..Signal::default() };
        let analysis = AIAnalysisSpec {
            remediation_request_ref: Default::default(),
            target_resource: target.into(),
            signal,
            context_ref: Default::default(),
            analyst: "playbook".into(),
        };
        Case { analysis, context: RemediationProcessingStatus::default() }
    }

    #[test]
    fn a_known_alert_gets_its_playbook() {
        let proposal = Playbook::built_in().unwrap().propose(&case("KubePodCrashLooping", "payment/deployment/api"));
        assert_eq!((proposal.workflow_id.as_str(), proposal.confidence), ("crashloop-increase-memory", Some(72.0)));
        assert_eq!(proposal.dependencies, [vec![], vec![1], vec![1, 2]]);
        assert_eq!(proposal.recommendations[2].parameters["pod"], "api-1");
    }

    #[test]
    fn an_unknown_alert_gets_no_confidence() {
        let book = Playbook::built_in().unwrap();
        for (alert, target) in [("SomethingElse", "payment/deployment/api"), ("KubePodCrashLooping", "node/worker-1")] {
            let proposal = book.propose(&case(alert, target));
            assert_eq!((proposal.confidence, proposal.recommendations.len()), (None, 0), "{alert} on {target}");
        }
    }

    #[test]
    fn the_built_in_playbooks_use_actions_that_exist() {
        for step in Playbook::built_in().unwrap().rules.iter().flat_map(|rule| &rule.steps) {
            assert!(actions::find(&step.action).is_some(), "{}", step.action);
        }
    }

    #[test]
    fn a_step_may_ask_for_its_own_approval() {
        let book = |more: &str| {
            let steps = format!("[{{action: collect_diagnostics}}, {{action: restart_deployment, {more}}}]");
            Playbook::parse(&format!("playbooks: [{{id: p, alerts: [A], rootCause: r, confidence: 90, steps: {steps}}}]"))
        };
        let approvals = |more: &str| book(more).unwrap().propose(&case("A", "payment/deployment/api")).approvals;
        let within = |timeout: Option<&str>| ApprovalPolicy { approver_groups: vec![], timeout: timeout.map(str::to_owned) };
        assert_eq!(approvals("requiresApproval: true"), [None, Some(within(None))]);
        assert_eq!(approvals("requiresApproval: true, approvalTimeout: 5m"), [None, Some(within(Some("5m")))]);
        assert_eq!(approvals("requiresApproval: false"), [None, None]);
        #[rustfmt::skip]
        let table = [
            ("a time for nothing", "approvalTimeout: 5m",                              "approvalTimeout without requiresApproval"),
            ("no time",            "requiresApproval: true, approvalTimeout: 0s",      "not a time to wait"),
            ("a bare number",      "requiresApproval: true, approvalTimeout: '15'",    "not a time to wait"),
            ("too long",           "requiresApproval: true, approvalTimeout: 25h",     "at most 24h"),
            ("groups",             "requiresApproval: true, approverGroups: [sre]",    "approverGroups"),
        ];
        for (case, more, expected) in table {
            let refusal = book(more).unwrap_err().to_string();
            assert!(refusal.contains(expected), "{case}: {refusal}");
        }
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        assert!(Playbook::parse("playbooks: [{id: x, alerts: [], rootCauze: y, confidence: 1, steps: []}]").is_err());
    }
}
