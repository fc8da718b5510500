//! `approve` and `reject` against the real policies: several at once, steps, one's own requests, and people without the right.

use crate::stage::{kubectl, program, succeeded};
use crate::support::{a_cluster_more, faults, namespace_in};
use kube::api::{Api, PostParams};
use kubernaut::api::{AIApprovalRequest, Decision, WorkflowStepApprovalRequest};
use serde_json::{Value, json};
use std::process::Output;

const ASKER: &str = "system:serviceaccount:kubernaut-system:gateway";

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn request(name: &str, requested_by: &str) -> Value {
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "AIApprovalRequest", "metadata": {"name": name, "labels": {"team": "a"}},
        "spec": {
            "aiAnalysisRef": {"name": "rr-x-analysis", "namespace": "x"},
            "investigation": {"rootCause": "a leak", "confidenceScore": 72.0, "confidenceLevel": "medium", "recommendations": []},
            "plan": {"targetResource": "x/deployment/api", "targetUid": "u", "workflowId": "oom", "policyHash": "", "planSchema": 1,
                "executionStrategy": {"rollbackStrategy": "automatic"}, "steps": [{"stepNumber": 1, "action": "restart_deployment"}]},
            "planHash": "a".repeat(64), "requestedBy": requested_by, "requestedAt": "2025-12-06T10:30:00Z", "timeout": "15m",
        },
    })
}

fn step(run: &str, groups: &[&str]) -> Value {
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "WorkflowStepApprovalRequest", "metadata": {"name": format!("{run}-step-1-approval")},
        "spec": {
            "workflowExecutionRef": {"name": run, "namespace": "x"}, "stepNumber": 1, "action": "restart_deployment", "parameters": {},
            "planHash": "a".repeat(64), "approverGroups": groups, "requestedBy": ASKER, "requestedAt": "2025-12-06T10:30:00Z", "timeout": "15m",
        },
    })
}

#[tokio::test]
async fn people_decide_what_they_may_and_are_told_what_they_may_not() {
    let _turn = a_cluster_more().await;
    let sandbox = faults().await;
    let namespace = namespace_in(sandbox, "decide").await;
    let client = sandbox.client("admin").await.unwrap();
    let plans: Api<AIApprovalRequest> = Api::namespaced(client.clone(), &namespace);
    let steps: Api<WorkflowStepApprovalRequest> = Api::namespaced(client, &namespace);
    for (name, by) in [("a", ASKER), ("b", ASKER), ("mine", "alice"), ("theirs", ASKER)] {
        plans.create(&PostParams::default(), &serde_json::from_value(request(name, by)).unwrap()).await.unwrap();
    }
    for (run, groups) in [("rr-x-workflow", &["sre"][..]), ("rr-y-workflow", &["dba"]), ("rr-z-workflow", &[])] {
        steps.create(&PostParams::default(), &serde_json::from_value(step(run, groups)).unwrap()).await.unwrap();
    }
    let run = async |person: &str, words: &[&str]| {
        let words: Vec<&str> = ["-n", &namespace].into_iter().chain(words.iter().copied()).collect();
        said(&program(sandbox, person, &words).await)
    };

    // Without the right: one line, and the Role that is missing.
    let (code, out, err) = run("bob", &["approve", "a", "--yes"]).await;
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("aiapprovalrequests") && err.contains("approve") && err.contains(&namespace), "{err}");
    let (code, _, err) = run("bob", &["reject", "wsar/rr-z-workflow-step-1-approval", "-m", "no"]).await;
    assert!(code == 1 && err.contains("workflowstepapprovalrequests"), "{err}");

    // The policies are asked in a dry run, too.
    assert_eq!(run("alice", &["approve", "a", "--dry-run=server"]).await.0, 0);
    assert_eq!(run("bob", &["approve", "a", "--dry-run=server"]).await.0, 1);
    assert_eq!(plans.get("a").await.unwrap().decision(), Decision::Undecided);

    // Several at once, one of them alice's own.
    let (code, out, err) = run("alice", &["approve", "a", "b", "mine", "--yes"]).await;
    assert_eq!(code, 5, "{err}");
    assert_eq!(out, "aiapprovalrequest.kubernaut.ai/a approved\naiapprovalrequest.kubernaut.ai/b approved\n");
    assert!(err.contains("alice asked for it, and may not approve it too") && err.ends_with("2 approved, 1 failed\n"), "{err}");
    let written = plans.get("a").await.unwrap().status.unwrap();
    assert_eq!((written.decided_by.as_deref(), written.plan_hash), (Some("alice"), Some("a".repeat(64))));
    let (code, out, err) = run("alice", &["reject", "-l", "team=a", "--yes", "-m", "not during the sale"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("a unchanged (approved by alice") && out.contains("mine rejected") && out.contains("theirs rejected"), "{out}");
    assert!(err.ends_with("2 rejected, 2 unchanged\n"), "{err}");
    let (code, _, err) = run("admin", &["approve", "mine", "--yes"]).await;
    assert!(code == 6 && err.contains("rejected by alice"), "{err}");
    let (code, _, err) = run("alice", &["approve", "--all", "--yes"]).await;
    assert!(code == 0 && err.contains("No resources found"), "{err}");

    // Steps: by the run's name, in a group that decides and in none.
    let (code, out, err) = run("alice", &["approve", "wfe/rr-x-workflow", "--yes"]).await;
    assert_eq!((code, out.as_str()), (0, "workflowstepapprovalrequest.kubernaut.ai/rr-x-workflow-step-1-approval approved\n"), "{err}");
    let (code, _, err) = run("alice", &["approve", "rr-y-workflow-step-1-approval", "--yes"]).await;
    assert!(code == 1 && err.contains("none of the groups that decide about this step: dba"), "{err}");

    // Somebody with a Role in this namespace and nothing else reads and decides here; what may not be read is said to be unknown.
    let words = ["-n", &namespace, "create", "rolebinding", "carol", "--clusterrole=kubernaut-approver", "--user=carol"];
    succeeded(&kubectl(sandbox, "admin", &words).await);
    let (code, out, err) = run("admin", &["--as=carol", "review", "wsar/rr-z-workflow-step-1-approval"]).await;
    assert!(code == 0 && out.contains("restart_deployment") && out.contains("unknown"), "{out}{err}");
    let (code, out, err) = run("admin", &["--as=carol", "approve", "rr/rr-z", "--yes"]).await;
    assert_eq!((code, out.as_str()), (0, "workflowstepapprovalrequest.kubernaut.ai/rr-z-workflow-step-1-approval approved\n"), "{err}");
    assert_eq!(steps.get("rr-z-workflow-step-1-approval").await.unwrap().status.unwrap().decided_by.as_deref(), Some("carol"));
}
