//! A cluster with one object in each state that somebody might want to tamper with, and people of every kind.

use crate::stage::install;
use crate::support::{eventually, namespace_in, start};
use http::{Method, Request};
use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Client;
use kube::api::{Api, PostParams};
use kube::core::Status;
use kubernaut::sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::OnceCell;

/// Besides alice (views, approves, clears), bob (views) and admin: mallory has every verb that is not a custom one on everything of ours,
/// statuses included; carol approves; dave clears and trudy asks, in the other namespace only; ivan may be alice.
const MORE: &[(&str, &str)] =
    &[("mallory", "hostile"), ("carol", "approvers"), ("dave", "elsewhere"), ("trudy", "ops"), ("ivan", "helpdesk")];

/// Has the rights of mallory.
pub const ROBOT: &str = "robot";
const GROUP: &str = "rbac.authorization.k8s.io";
const CRUD: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/// A cluster of these tests' own, installed and with everybody's rights. Take a turn before: see `a_cluster_more`.
pub async fn sandbox() -> &'static Sandbox {
    static CLUSTER: OnceCell<Sandbox> = OnceCell::const_new();
    let begun = async || {
        let options = Options { name: Some("hostile".to_owned()), more_people: MORE, audit_log: true, ..Options::default() };
        let sandbox = start(options).await;
        install(&sandbox).await;
        sandbox
    };
    CLUSTER.get_or_init(begun).await
}

/// Two namespaces, the first of which has the objects.
pub struct World {
    pub namespace: String,
    pub elsewhere: String,
    clients: BTreeMap<String, Client>,
}

impl World {
    /// Makes namespaces, rights and objects.
    pub async fn new() -> Self {
        let sandbox = sandbox().await;
        let namespace = namespace_in(sandbox, "here").await;
        let elsewhere = namespace_in(sandbox, "elsewhere").await;
        let mut clients = BTreeMap::new();
        for user in ["admin", "alice", "bob"].into_iter().chain(MORE.iter().map(|(user, _)| *user)) {
            clients.insert(user.to_owned(), sandbox.client(user).await.unwrap());
        }
        let mut world = Self { namespace, elsewhere, clients };
        world.grant().await;
        let robot = world.robot(sandbox).await;
        world.clients.insert(ROBOT.to_owned(), robot);
        world
    }

    pub fn client(&self, user: &str) -> Client {
        self.clients[user].clone()
    }

    async fn grant(&self) {
        let rule =
            |groups: &[&str], resources: &[&str], verbs: &[&str]| json!({"apiGroups": groups, "resources": resources, "verbs": verbs});
        let impersonate = json!([
            {"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"], "resourceNames": ["alice"]},
            {"apiGroups": [""], "resources": ["groups"], "verbs": ["impersonate"], "resourceNames": ["sre"]},
        ]);
        let asks = json!([rule(&["kubernaut.ai"], &["remediationrequests"], &["create"])]);
        for (name, rules) in
            [("everything-but", json!([rule(&["kubernaut.ai"], &["*"], CRUD)])), ("may-be-alice", impersonate), ("asks", asks)]
        {
            self.put_if_new("clusterroles", json!({"metadata": {"name": name}, "rules": rules})).await;
        }
        let to = |kind: &str, name: &str| json!([{"kind": kind, "name": name, "apiGroup": GROUP}]);
        for (name, role, subjects) in [
            ("hostile", "everything-but", to("Group", "hostile")),
            ("approvers", "kubernaut-approver", to("Group", "approvers")),
            ("helpdesk", "may-be-alice", to("Group", "helpdesk")),
            ("viewers", "kubernaut-viewer", to("Group", "elsewhere")),
            ("auditors", "kubernaut-auditor", to("Group", "auditors")),
        ] {
            self.put_if_new("clusterrolebindings", binding(name, role, &subjects)).await;
        }
        let robot = json!([{"kind": "ServiceAccount", "name": ROBOT, "namespace": self.namespace}]);
        self.create("admin", &self.rbac(&self.namespace), &binding("robot", "everything-but", &robot)).await.unwrap();
        self.create("admin", &self.rbac(&self.elsewhere), &binding("dave", "kubernaut-clearer", &to("User", "dave"))).await.unwrap();
        self.create("admin", &self.rbac(&self.elsewhere), &binding("trudy", "asks", &to("User", "trudy"))).await.unwrap();
    }

    fn rbac(&self, namespace: &str) -> String {
        format!("/apis/{GROUP}/v1/namespaces/{namespace}/rolebindings")
    }

    async fn put_if_new(&self, resource: &str, object: Value) {
        let made = self.create("admin", &format!("/apis/{GROUP}/v1/{resource}"), &object).await;
        assert!(made.as_ref().err().is_none_or(|status| status.code == 409), "{made:?}");
    }

    async fn robot(&self, sandbox: &Sandbox) -> Client {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client("admin"), &self.namespace);
        let account = serde_json::from_value(json!({"metadata": {"name": ROBOT}})).unwrap();
        accounts.create(&PostParams::default(), &account).await.unwrap();
        let asked: TokenRequest = serde_json::from_value(json!({"metadata": {}, "spec": {"audiences": []}})).unwrap();
        let made = accounts.create_token_request(ROBOT, &PostParams::default(), &asked).await.unwrap();
        let mut config = sandbox.config("admin").await.unwrap();
        config.auth_info = Default::default();
        config.auth_info.token = Some(made.status.unwrap().token.into());
        Client::try_from(config).unwrap()
    }

    /// Path of something of ours in the first namespace; `elsewhere:` in front means the other.
    pub fn path(&self, below: &str) -> String {
        let (namespace, below) = match below.strip_prefix("elsewhere:") {
            Some(below) => (&self.elsewhere, below),
            None => (&self.namespace, below),
        };
        format!("/apis/kubernaut.ai/v1alpha1/namespaces/{namespace}/{below}")
    }

    /// Sends one request as `who`, which may be `somebody as SOMEBODY+GROUP`.
    pub async fn send(&self, who: &str, method: Method, path: &str, kind: &str, body: &Value) -> Result<Value, Box<Status>> {
        let (user, other) = who.split_once(" as ").unwrap_or((who, ""));
        let mut request = Request::builder().method(method).uri(path).header("content-type", kind);
        if let Some((name, groups)) = other.split_once('+').or(Some((other, ""))).filter(|(name, _)| !name.is_empty()) {
            request = request.header("impersonate-user", name);
            if !groups.is_empty() {
                request = request.header("impersonate-group", groups);
            }
        }
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).unwrap() };
        match self.client(user).request::<Value>(request.body(body).unwrap()).await {
            Ok(answer) => Ok(answer),
            Err(kube::Error::Api(status)) => Err(status),
            Err(error) => panic!("{who}, {path}: {error}"),
        }
    }

    pub async fn get(&self, below: &str) -> Value {
        self.send("admin", Method::GET, &self.path(below), "application/json", &Value::Null).await.unwrap()
    }

    pub async fn is_there(&self, below: &str) -> bool {
        self.send("admin", Method::GET, &self.path(below), "application/json", &Value::Null).await.is_ok()
    }

    pub async fn create(&self, who: &str, path: &str, object: &Value) -> Result<Value, Box<Status>> {
        self.send(who, Method::POST, path, "application/json", object).await
    }

    pub async fn patch(&self, who: &str, below: &str, patch: &Value) -> Result<Value, Box<Status>> {
        self.send(who, Method::PATCH, &self.path(below), "application/merge-patch+json", patch).await
    }

    /// Creates an object as admin, with its status; a status that only its author may write is written by alice.
    pub async fn put(&self, resource: &str, name: &str, spec: Value, status: Value) {
        self.put_with(resource, name, spec, status, json!({})).await;
    }

    pub async fn put_with(&self, resource: &str, name: &str, spec: Value, status: Value, more: Value) {
        let mut metadata = json!({"name": name, "labels": {"state": name}});
        metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let object = json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": kind(resource), "metadata": metadata, "spec": spec});
        self.create("admin", &self.path(resource), &object).await.unwrap_or_else(|status| panic!("{resource}/{name}: {}", status.message));
        if !status.is_null() {
            let writer = status["decidedBy"].as_str().unwrap_or("admin");
            let written = self.patch(writer, &format!("{resource}/{name}/status"), &json!({"status": status})).await;
            written.unwrap_or_else(|status| panic!("{resource}/{name}/status: {}", status.message));
        }
    }

    /// Waits until an object is gone.
    pub async fn gone(&self, below: &str) {
        eventually(&format!("{below} is gone"), async || !self.is_there(below).await).await;
    }
}

fn binding(name: &str, role: &str, subjects: &Value) -> Value {
    json!({"metadata": {"name": name}, "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role}, "subjects": subjects})
}

/// The kind of a resource of ours.
pub fn kind(resource: &str) -> String {
    let definition = kubernaut::api::crds().into_iter().find(|crd| crd.spec.names.plural == resource);
    definition.unwrap_or_else(|| panic!("{resource}")).spec.names.kind
}
