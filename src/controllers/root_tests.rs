use super::fake_api::{FakeApi, owned_by};
use super::root::{NoRoot, find};
use crate::api::Target;
use crate::settings::Settings;
use serde_json::json;
use std::collections::BTreeMap;

const POD: &str = "/api/v1/namespaces/pay/pods/api-1";
const SET: &str = "/apis/apps/v1/namespaces/pay/replicasets/api-5f7d";
const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/pay/deployments/api";

fn of_a_deployment() -> FakeApi {
    let set = owned_by("apps/v1 Deployment api", &format!("uid-{DEPLOYMENT}"));
    let pod = owned_by("apps/v1 ReplicaSet api-5f7d", &format!("uid-{SET}"));
    FakeApi::default().with(POD, pod).with(SET, set).with(DEPLOYMENT, json!({}))
}

/// The root and its chain, or a word that says why there is none.
type Found = Result<(String, String), &'static str>;
/// What a case is called, the cluster, the object, the alert's labels, what is found.
type Case = (&'static str, FakeApi, &'static str, &'static [(&'static str, &'static str)], Found);

/// The root and its chain, or the first word of why there is none.
async fn root(api: FakeApi, object: &str, labels: &[(&str, &str)]) -> Found {
    let labels: BTreeMap<String, String> = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let target: Target = object.parse().unwrap();
    match find(&api.context(Settings::default()).client, &target, &labels).await {
        Ok(root) => Ok((root.target.to_string(), root.chain.join(" "))),
        Err(NoRoot::TargetGone { .. }) => Err("gone"),
        Err(NoRoot::UnknownKind { .. }) => Err("unknown"),
        Err(NoRoot::NotNow { .. }) => Err("not now"),
    }
}

fn ok(target: &str, chain: &str) -> Found {
    Ok((target.into(), chain.into()))
}

#[tokio::test]
async fn the_root_is_the_top_of_the_chain_read_live() {
    let alone = |path: &str| FakeApi::default().with(path, json!({}));
    let job = || {
        let uid = "uid-/apis/batch/v1/namespaces/pay/jobs/j";
        let owner = owned_by("batch/v1 CronJob nightly", "uid-/apis/batch/v1/namespaces/pay/cronjobs/nightly");
        alone("/apis/batch/v1/namespaces/pay/cronjobs/nightly")
            .with("/apis/batch/v1/namespaces/pay/jobs/j", owner)
            .with(POD, owned_by("batch/v1 Job j", uid))
    };
    let recreated = || of_a_deployment().with(SET, owned_by("apps/v1 Deployment api", "of-an-earlier-one"));
    let static_pod = owned_by("v1 Node n", "u");
    #[rustfmt::skip]
    let table: Vec<Case> = vec![
        ("a pod of a deployment",    of_a_deployment(),        "pay/pod/api-1", &[], ok("pay/deployment/api", "pod/api-1 replicaset/api-5f7d deployment/api")),
        ("a pod of a cron job",      job(),                    "pay/pod/api-1", &[], ok("pay/cronjob/nightly", "pod/api-1 job/j cronjob/nightly")),
        ("a bare pod",               alone(POD),               "pay/pod/api-1", &[], ok("pay/pod/api-1", "pod/api-1")),
        ("a static pod",             FakeApi::default().with(POD, static_pod), "pay/pod/api-1", &[], ok("pay/pod/api-1", "pod/api-1")),
        ("a node",                   alone("/api/v1/nodes/n"), "node/n",        &[], ok("node/n", "node/n")),
        ("a service",                alone("/api/v1/namespaces/pay/services/s"), "pay/service/s", &[], ok("pay/service/s", "service/s")),
        ("gone, but labelled",       alone(DEPLOYMENT),        "pay/pod/api-1", &[("deployment", "api")], ok("pay/deployment/api", "deployment/api")),
        ("gone, label gone too",     FakeApi::default(),       "pay/pod/api-1", &[("deployment", "api")], Err("gone")),
        ("gone, label is a path",    alone(DEPLOYMENT),        "pay/pod/api-1", &[("deployment", "../x")], Err("gone")),
        ("gone without a label",     FakeApi::default(),       "pay/pod/api-1", &[], Err("gone")),
        ("the label is not needed",  of_a_deployment(),        "pay/pod/api-1", &[("statefulset", "x")], ok("pay/deployment/api", "pod/api-1 replicaset/api-5f7d deployment/api")),
        ("an owner made anew",       recreated(),              "pay/pod/api-1", &[], Err("not now")),
        ("a forbidden owner",        of_a_deployment().failing("GET /apis/apps", 403, 9), "pay/pod/api-1", &[], Err("not now")),
        ("too many requests",        of_a_deployment().failing("GET /api/v1", 429, 9),    "pay/pod/api-1", &[], Err("not now")),
        ("a broken API server",      of_a_deployment().failing("GET /apis/apps/v1/namespaces/pay/dep", 500, 9), "pay/pod/api-1", &[], Err("not now")),
        ("a kind nobody looks after", FakeApi::default(),      "pay/ingress/i", &[], Err("unknown")),
    ];
    for (case, api, object, labels, expected) in table {
        assert_eq!(root(api, object, labels).await, expected, "{case}");
    }
}
