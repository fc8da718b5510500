//! Takes remediations through their course: posts alerts, approves as a person, waits for ends.

use crate::stage::{NAMESPACE, Stage};
use crate::watched::{Board, Sight, Watched};
use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use kube::api::{Api, Patch, PatchParams};
use kubernaut::api::{
    AIAnalysis, AIApprovalRequest, NotificationPhase, NotificationRequest, RemediationPhase, RemediationRequest, WorkflowExecution, names,
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Posts alerts to the gateway and sees what comes of them.
pub struct Remediations {
    http: reqwest::Client,
    gateway: SocketAddr,
    decide: Api<AIApprovalRequest>,
    /// The remediations.
    pub requests: Watched<RemediationRequest>,
    analyses: Watched<AIAnalysis>,
    approvals: Watched<AIApprovalRequest>,
    runs: Watched<WorkflowExecution>,
    notices: Watched<NotificationRequest>,
}

/// A remediation that waits for a person.
pub struct Waiting {
    /// Its name.
    pub request: String,
    /// From just before the alert was posted to the event of the approval request.
    pub visible_after: Duration,
}

impl Remediations {
    /// Begins to watch.
    pub fn new(stage: &Stage, gateway: SocketAddr) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?,
            gateway,
            decide: Api::namespaced(stage.alice.clone(), NAMESPACE),
            requests: Watched::start(&stage.admin, NAMESPACE),
            analyses: Watched::start(&stage.admin, NAMESPACE),
            approvals: Watched::start(&stage.admin, NAMESPACE),
            runs: Watched::start(&stage.admin, NAMESPACE),
            notices: Watched::start(&stage.admin, NAMESPACE),
        })
    }

    /// Posts an alert on a Deployment and answers the name of its remediation.
    pub async fn alert(&self, name: &str, deployment: &str) -> Result<String> {
        let labels = json!({ "alertname": name, "namespace": NAMESPACE, "deployment": deployment, "severity": "critical" });
        let body = json!({ "alerts": [{ "status": "firing", "startsAt": jiff::Timestamp::now(), "labels": labels }] });
        let url = format!("http://{}/api/v1/signals/prometheus", self.gateway);
        let answer = self.http.post(url).json(&body).send().await?;
        let (status, answer): (_, Value) = (answer.status(), answer.json().await?);
        let made = answer.pointer("/results/0/name").and_then(Value::as_str).filter(|_| status == http::StatusCode::CREATED);
        made.map(ToOwned::to_owned).with_context(|| format!("the gateway answered {status}: {answer}"))
    }

    /// Posts an alert whose plan a person must approve, and waits for the approval request.
    pub async fn ask(&self, name: &str, deployment: &str) -> Result<Waiting> {
        let posted = Instant::now();
        let request = self.alert(name, deployment).await?;
        let visible = self.approvals.appears(&approval(&request)).await?;
        Ok(Waiting { request, visible_after: visible.duration_since(posted) })
    }

    /// Waits until everything that asks a person is written.
    pub async fn asked(&self, request: &str) -> Result<()> {
        let (analysis, notice) = (names::analysis(request), names::notification(request, "approval"));
        let waits = |sight: &Sight<RemediationRequest>| sight.object.phase() == RemediationPhase::AwaitingApproval;
        self.requests.when("the remediation waits", |board| Ok(board.get(request).is_some_and(waits).then_some(()))).await?;
        let refers = |sight: &Sight<AIAnalysis>| sight.object.status.as_ref().is_some_and(|status| status.approval_request_ref.is_some());
        self.analyses.when("the analysis waits", |board| Ok(board.get(&analysis).is_some_and(refers).then_some(()))).await?;
        let sent = |sight: &Sight<NotificationRequest>| is_sent(&sight.object);
        self.notices.when("the notice is sent", |board| Ok(board.get(&notice).is_some_and(sent).then_some(()))).await
    }

    /// Approves as alice does with `kubectl patch`.
    pub async fn approve(&self, request: &str) -> Result<()> {
        let decision = json!({ "status": { "decision": "Approved", "decidedBy": "alice" } });
        let params = PatchParams { field_manager: Some("kubectl-patch".to_owned()), ..PatchParams::default() };
        self.decide.patch_status(&approval(request), &params, &Patch::Merge(&decision)).await.context("approve as alice")?;
        Ok(())
    }

    /// Approves, and tells how long after it began the run existed.
    pub async fn approve_and_time(&self, request: &str) -> Result<Duration> {
        let decided = Instant::now();
        self.approve(request).await?;
        Ok(self.runs.appears(&names::workflow(request)).await?.duration_since(decided))
    }

    /// Approves all at once, and tells how long after that began the last run existed.
    pub async fn approve_all(&self, requests: &[String]) -> Result<Duration> {
        let decided = Instant::now();
        try_join_all(requests.iter().map(|request| self.approve(request))).await?;
        let mut last = decided;
        for request in requests {
            last = last.max(self.runs.appears(&names::workflow(request)).await?);
        }
        Ok(last.duration_since(decided))
    }

    /// Waits until a remediation has succeeded and nothing of it is left to be written.
    pub async fn ended(&self, request: &str) -> Result<()> {
        self.requests.when(&format!("{request} succeeds"), |board| succeeded(board, request)).await?;
        let stamped = |board: &Board<AIApprovalRequest>| board.get(&approval(request)).is_none_or(|sight| is_stamped(&sight.object));
        self.approvals.when("the decision is stamped", |board| Ok(stamped(board).then_some(()))).await?;
        let notice = names::notification(request, "approval");
        let told = |board: &Board<NotificationRequest>| board.get(&notice).is_none_or(|sight| is_sent(&sight.object));
        self.notices.when("the notice is sent", |board| Ok(told(board).then_some(()))).await
    }
}

fn approval(request: &str) -> String {
    names::approval(&names::analysis(request))
}

fn succeeded(board: &Board<RemediationRequest>, request: &str) -> Result<Option<()>> {
    let Some(sight) = board.get(request) else { return Ok(None) };
    let status = sight.object.status.clone().unwrap_or_default();
    match sight.object.phase() {
        RemediationPhase::Completed => Ok(Some(())),
        phase if phase.is_over() => bail!("{request} ended {phase:?}: {}", status.message),
        _ => Ok(None),
    }
}

fn is_stamped(approval: &AIApprovalRequest) -> bool {
    approval.status.as_ref().is_some_and(|status| status.decided_at.is_some())
}

fn is_sent(notice: &NotificationRequest) -> bool {
    notice.phase() == NotificationPhase::Sent
}
