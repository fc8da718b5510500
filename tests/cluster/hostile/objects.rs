//! The objects of a world, one in each state.

use super::world::World;
use serde_json::{Value, json};

impl World {
    /// Makes one object in each state.
    pub async fn furnish(&self) {
        self.put("remediationrequests", "ended", self.remediation("admin"), json!({"phase": "Completed"})).await;
        self.put("remediationrequests", "blocked", self.remediation("admin"), json!({"phase": "Failed", "blocked": true})).await;
        self.put("remediationprocessings", "done", self.processing(), json!({"phase": "Completed"})).await;
        self.put("aianalyses", "asks", self.analysis(), json!({"phase": "Approving", "approvalStatus": "Pending"})).await;
        for (name, by, status) in [
            ("open", "gateway", Value::Null),
            ("alices", "alice", Value::Null),
            ("approved", "gateway", json!({"decision": "Approved", "decidedBy": "alice"})),
            ("rejected", "gateway", json!({"decision": "Rejected", "decidedBy": "alice", "reason": "not during the sale"})),
            ("expired", "gateway", json!({"decision": "Expired", "decidedBy": "admin", "decidedAt": "2026-01-01T00:00:00Z"})),
        ] {
            self.put("aiapprovalrequests", name, self.approval(by), status).await;
        }
        for (name, groups, by, status) in [
            ("step", json!([]), "gateway", Value::Null),
            ("oncall", json!(["oncall"]), "gateway", Value::Null),
            ("own-step", json!([]), "alice", Value::Null),
            ("approved-step", json!(["sre"]), "gateway", json!({"decision": "Approved", "decidedBy": "alice"})),
        ] {
            self.put("workflowstepapprovalrequests", name, self.step_approval(by, &groups), status).await;
        }
        let failed = json!({"wasExecutionFailure": true, "reason": "StepFailed", "message": "step 2 failed"});
        for (name, status) in [
            ("new", Value::Null),
            ("running", json!({"phase": "Executing"})),
            ("skipped", json!({"phase": "Skipped"})),
            ("failed", json!({"phase": "Failed", "outcome": "FailedDuring", "failureDetails": failed})),
            ("cleared", json!({"phase": "Failed", "outcome": "FailedDuring", "failureDetails": failed, "blockCleared": true})),
        ] {
            let more = json!({"finalizers": if name == "running" { json!(["kubernaut.ai/ledger"]) } else { json!([]) }});
            self.put_with("workflowexecutions", name, self.run(), status, more).await;
        }
        self.put("workflowexecutions", "approved", self.run(), json!({"phase": "Validating"})).await;
        let approval = json!({"metadata": {"annotations": {"kubernaut.ai/approved-by": "alice"}}});
        self.patch("alice", "workflowexecutions/approved", &approval).await.unwrap();
        let owner = json!([{"apiVersion": "kubernaut.ai/v1alpha1", "kind": "WorkflowExecution", "name": "running", "uid": self.uid("workflowexecutions/running").await}]);
        self.put_with("kubernetesexecutions", "step-1", self.step(), json!({"phase": "Executing"}), json!({"ownerReferences": owner}))
            .await;
        self.put("notificationrequests", "notice", self.notice(), Value::Null).await;
        let run = json!({"namespace": self.namespace, "name": "failed", "uid": "3f9a1c07-be42", "remediationRequest": "blocked"});
        let mut holder = run.clone();
        holder
            .as_object_mut()
            .unwrap()
            .extend([("workflowId".to_owned(), json!("w")), ("since".to_owned(), json!("2026-01-01T00:00:00Z"))]);
        let block =
            json!({"id": "3f9a1c07be42", "run": run, "workflowId": "w", "since": "2026-01-01T00:00:00Z", "message": "step 2 failed"});
        self.put("remediationtargets", "deployment.held", self.target("held"), json!({"holder": holder})).await;
        self.put("remediationtargets", "deployment.web", self.target("web"), json!({"blocks": [block], "consecutiveFailures": 2})).await;
        let clearance = self.clearance("alice", "web");
        let object =
            json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "BlockClearance", "metadata": {"name": "done"}, "spec": clearance});
        self.create("alice", &self.path("blockclearances"), &object).await.unwrap();
    }

    async fn uid(&self, below: &str) -> Value {
        self.get(below).await["metadata"]["uid"].clone()
    }

    pub fn target_of(&self, name: &str) -> String {
        format!("{}/deployment/{name}", self.namespace)
    }

    fn to(&self, name: &str) -> Value {
        json!({"name": name, "namespace": self.namespace})
    }

    pub fn remediation(&self, by: &str) -> Value {
        self.remediation_of(by, &self.target_of("web"))
    }

    pub fn remediation_of(&self, by: &str, target: &str) -> Value {
        json!({
            "signalName": "OOM", "signalFingerprint": "a".repeat(64), "severity": "critical", "environment": "production", "priority": "P0",
            "targetResource": target, "firingTime": "2026-01-01T00:00:00Z", "receivedTime": "2026-01-01T00:00:00Z", "requestedBy": by,
        })
    }

    fn signal(&self) -> Value {
        json!({"name": "OOM", "fingerprint": "a".repeat(64), "severity": "critical", "firingTime": "2026-01-01T00:00:00Z"})
    }

    pub fn processing(&self) -> Value {
        json!({"remediationRequestRef": self.to("ended"), "targetResource": self.target_of("web"), "signal": self.signal()})
    }

    pub fn analysis(&self) -> Value {
        json!({
            "remediationRequestRef": self.to("ended"), "targetResource": self.target_of("web"), "signal": self.signal(),
            "contextRef": self.to("done"), "analyst": "playbook",
        })
    }

    fn plan(&self) -> Value {
        json!({
            "targetResource": self.target_of("web"), "targetUid": "u", "workflowId": "w", "policyHash": "", "planSchema": 1,
            "steps": [{"stepNumber": 1, "action": "restart_deployment"}], "executionStrategy": {"rollbackStrategy": "automatic"},
        })
    }

    pub fn approval(&self, by: &str) -> Value {
        json!({
            "aiAnalysisRef": self.to("asks"), "plan": self.plan(), "planHash": "b".repeat(64), "requestedBy": by,
            "investigation": {"rootCause": "too little memory", "confidenceScore": 72.0, "recommendations": []},
            "requestedAt": "2026-01-01T00:00:00Z", "timeout": "15m",
        })
    }

    pub fn step_approval(&self, by: &str, groups: &Value) -> Value {
        json!({
            "workflowExecutionRef": self.to("running"), "stepNumber": 1, "action": "restart_deployment", "planHash": "b".repeat(64),
            "approverGroups": groups, "requestedBy": by, "requestedAt": "2026-01-01T00:00:00Z", "timeout": "15m",
        })
    }

    pub fn run(&self) -> Value {
        json!({
            "remediationRequestRef": self.to("ended"), "targetResource": self.target_of("web"), "targetUid": "u",
            "workflowRef": {"workflowId": "w"}, "workflowDefinition": {"steps": [{"stepNumber": 1, "action": "restart_deployment"}]},
            "executionStrategy": {"approvalRequired": true, "rollbackStrategy": "automatic"}, "planHash": "b".repeat(64),
            "policyHash": "", "planSchema": 1,
        })
    }

    pub fn step(&self) -> Value {
        json!({"workflowExecutionRef": self.to("running"), "stepNumber": 1, "action": "restart_deployment", "timeout": "5m"})
    }

    pub fn notice(&self) -> Value {
        json!({"type": "escalation", "priority": "critical", "subject": "s", "body": "b", "dedupKey": "k"})
    }

    pub fn target(&self, name: &str) -> Value {
        json!({"targetResource": self.target_of(name)})
    }

    pub fn clearance(&self, by: &str, target: &str) -> Value {
        json!({"targetResource": self.target_of(target), "blockId": "3f9a1c07be42", "clearedBy": by, "reason": "looked at it, all is well"})
    }
}

/// A well-formed spec.
#[derive(Clone, Copy)]
pub enum Spec {
    Analysis,
    Approval,
    Run,
    Step,
}

impl Spec {
    pub fn of(self, world: &World) -> Value {
        match self {
            Self::Analysis => world.analysis(),
            Self::Approval => world.approval("gateway"),
            Self::Run => world.run(),
            Self::Step => world.step(),
        }
    }
}
