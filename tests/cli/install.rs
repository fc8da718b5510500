//! `install`, `uninstall` and `check` against an API server that keeps whatever is applied: what is written, and what is left alone.

use super::server::{Asked, Server, answered, status, user};
use super::{Said, plugin, said};
use axum::response::Response;
use kubernaut::cli::kinds::Kind;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};

const NAMESPACE: &str = "/api/v1/namespaces/kubernaut-system";
const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases/kubernaut-controllers";
const REMEDIATION: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/payment/remediationrequests/x";

/// What it holds, by path, and what somebody else owns in it.
#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, Value>,
    contested: Vec<String>,
}

struct Cluster {
    server: Server,
    kept: Arc<Mutex<Kept>>,
}

impl Deref for Cluster {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Cluster {
    fn new() -> Self {
        let kept = Arc::<Mutex<Kept>>::default();
        let known = kept.clone();
        let server = Server::plain(move |asked| Some(answer(&mut known.lock().expect("not poisoned"), asked)));
        Self { server, kept }
    }

    /// One that everything is installed in.
    fn installed() -> Self {
        let cluster = Self::new();
        let said = cluster.does(&["install", "--wait=false"]);
        assert_eq!(said.code, 0, "{}", said.err);
        cluster.take();
        cluster
    }

    fn with(self, path: &str, object: Value) -> Self {
        self.kept().objects.insert(path.to_owned(), object);
        self
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("not poisoned")
    }

    fn does(&self, words: &[&str]) -> Said {
        said(plugin().args(words).args(["-s", &self.address]))
    }

    /// Every write since the last time, and whether it was a dry run.
    fn writes(&self) -> Vec<(Asked, bool)> {
        let dry = |asked: &Asked| asked.query.contains("dryRun=All") || asked.body["dryRun"] == json!(["All"]);
        let all = self.take().into_iter().filter(|asked| asked.method != "GET" && !asked.path.contains("selfsubject"));
        all.map(|asked| (asked.clone(), dry(&asked))).collect()
    }

    fn holds(&self) -> Vec<String> {
        self.kept().objects.keys().cloned().collect()
    }
}

fn answer(kept: &mut Kept, asked: &Asked) -> Response {
    let (path, name) = (asked.path.as_str(), asked.path.rsplit('/').next().unwrap_or_default());
    let dry = asked.query.contains("dryRun=All") || asked.body["dryRun"] == json!(["All"]);
    match (asked.method.as_str(), path) {
        ("POST", path) if path.ends_with("/selfsubjectreviews") => user("alice"),
        ("GET", "/version") => answered(
            200,
            &json!({"major": "1", "minor": "33", "gitVersion": "v1.33.0", "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "", "compiler": "", "platform": ""}),
        ),
        ("GET", "/api") => answered(200, &json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})),
        ("GET", "/apis") => answered(200, &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})),
        ("GET", "/api/v1") => {
            let maps =
                json!({"name": "configmaps", "singularName": "", "namespaced": true, "kind": "ConfigMap", "verbs": ["list", "delete"]});
            answered(200, &json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "v1", "resources": [maps]}))
        }
        ("GET", path) if kept.objects.contains_key(path) => answered(200, &kept.objects[path]),
        ("GET", path) if is_collection(path) => {
            let below = path.replace("/apis/kubernaut.ai/v1alpha1/", "/apis/kubernaut.ai/v1alpha1/namespaces/payment/") + "/";
            let items: Vec<&Value> = kept.objects.iter().filter(|(at, _)| at.starts_with(&below)).map(|(_, object)| object).collect();
            answered(200, &json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": {}, "items": items}))
        }
        ("PATCH", path) if kept.contested.iter().any(|one| one == path) && !asked.query.contains("force=true") => {
            status(409, "Conflict", "Apply failed with 1 conflict: conflict with \"somebody\": .spec", name)
        }
        ("PATCH" | "PUT", path) => {
            // What was applied replaces what it says; what others added stays, unless all is replaced.
            let before = kept.objects.get(path).cloned().filter(|_| asked.method == "PATCH").unwrap_or_else(|| json!({}));
            let mut after = before;
            asked.body.as_object().into_iter().flatten().for_each(|(key, value)| after[key] = value.clone());
            after["metadata"]["resourceVersion"] = "1".into();
            if !dry {
                kept.objects.insert(path.to_owned(), after.clone());
            }
            answered(200, &after)
        }
        ("DELETE", path) if kept.objects.contains_key(path) => {
            if !dry {
                kept.objects.remove(path);
            }
            answered(200, &json!({"kind": "Status", "apiVersion": "v1", "status": "Success"}))
        }
        _ => status(404, "NotFound", &format!("{name} not found"), name),
    }
}

fn is_collection(path: &str) -> bool {
    path.ends_with("/configmaps") || (path.starts_with("/apis/kubernaut.ai/v1alpha1/") && path.matches('/').count() == 4)
}

fn remediation(finalizers: Value) -> Value {
    json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata",
        "metadata": {"name": "x", "namespace": "payment", "resourceVersion": "5", "finalizers": finalizers}})
}

fn lease(renewed: &str) -> Value {
    json!({"metadata": {"name": "kubernaut-controllers"},
        "spec": {"holderIdentity": "the-other", "leaseDurationSeconds": 15, "renewTime": renewed}})
}

#[test]
fn installing_writes_each_object_once_and_by_force_only_when_told() {
    let cluster = Cluster::new();
    for (more, forced) in [(&[][..], false), (&["--force-conflicts"], true)] {
        let said = cluster.does(&[&["install", "--wait=false"], more].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        let writes = cluster.writes();
        assert_eq!(writes.len(), said.out.lines().count());
        for (asked, dry) in writes {
            assert!(asked.method == "PATCH" && asked.query.contains("fieldManager=kubectl-kubernaut") && !dry, "{asked:?}");
            assert_eq!(asked.query.contains("force=true"), forced, "{asked:?}");
        }
    }
    assert!(cluster.does(&["install", "--wait=false"]).out.lines().all(|line| line.ends_with(" unchanged")));
}

#[test]
fn a_dry_run_and_a_difference_change_nothing() {
    #[rustfmt::skip]
    let table: &[(&str, &[&str], i32, bool, &str)] = &[
        ("a dry run in the server", &["install", "--dry-run=server"], 0, true,  "namespace/kubernaut-system created (server dry run)"),
        ("one in the client",       &["install", "--dry-run=client"], 0, false, "namespace/kubernaut-system created (dry run)"),
        ("a difference",            &["install", "--diff"],           1, true,  "+++ install/namespace/kubernaut-system"),
    ];
    for (case, words, code, sends, expected) in table {
        let cluster = Cluster::new();
        let said = cluster.does(words);
        assert_eq!(said.code, *code, "{case}: {}", said.err);
        assert!(said.out.contains(expected), "{case}: {}", said.out);
        let writes = cluster.writes();
        assert!(writes.iter().all(|(_, dry)| *dry) && writes.is_empty() != *sends, "{case}: {writes:?}");
        assert_eq!(cluster.holds(), Vec::<String>::new(), "{case}");
    }
    let same = Cluster::installed().does(&["install", "--diff"]);
    assert_eq!((same.code, same.out.as_str()), (0, ""), "{}", same.err);
}

#[test]
fn what_others_set_or_added_is_taken_back_only_by_force() {
    let role = |cluster: &Cluster| {
        let kept = cluster.kept();
        let found = kept.objects.keys().find(|path| path.contains("/clusterroles/")).cloned();
        found.expect("a role")
    };
    let cluster = Cluster::installed();
    let role = role(&cluster);
    cluster.kept().objects.get_mut(&role).expect("the role")["aggregationRule"] = json!({"clusterRoleSelectors": [{}]});
    let refused = cluster.does(&["install", "--wait=false"]);
    assert_eq!(refused.code, 6, "{}", refused.err);
    assert!(refused.err.contains("others added to what it says") && refused.err.contains("--force-conflicts"), "{}", refused.err);
    assert!(cluster.kept().objects[&role].get("aggregationRule").is_some());
    assert_eq!(cluster.does(&["install", "--wait=false", "--force-conflicts"]).code, 0);
    assert!(cluster.kept().objects[&role].get("aggregationRule").is_none());
    cluster.kept().contested.push(role.clone());
    cluster.kept().objects.remove(NAMESPACE);
    let contested = cluster.does(&["install", "--wait=false"]);
    assert_eq!(contested.code, 6, "{}", contested.err);
    assert!(contested.err.contains("somebody") && cluster.holds().iter().any(|path| path == NAMESPACE), "the others are applied");
}

#[test]
fn a_namespace_that_was_there_before_stays_when_the_rest_goes() {
    let made_by = |cluster: &Cluster| cluster.kept().objects[NAMESPACE]["metadata"]["labels"]["app.kubernetes.io/managed-by"].clone();
    let own = Cluster::installed();
    assert_eq!(made_by(&own), "kubectl-kubernaut");
    let before = Cluster::new().with(NAMESPACE, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kubernaut-system"}}));
    assert_eq!(before.does(&["install", "--wait=false"]).code, 0);
    assert_eq!(made_by(&before), Value::Null);
    let shared = Cluster::installed().with(&format!("{NAMESPACE}/configmaps/theirs"), json!({"metadata": {"name": "theirs"}}));
    for (case, cluster, left, expected) in [
        ("install made it", own, vec![], ""),
        ("it was there before", before, vec![NAMESPACE.to_owned()], "namespace/kubernaut-system stays: install did not make it"),
        (
            "something lives there",
            shared,
            vec![NAMESPACE.to_owned(), format!("{NAMESPACE}/configmaps/theirs")],
            "configmap/theirs lives there",
        ),
    ] {
        let said = cluster.does(&["uninstall"]);
        assert_eq!((said.code, cluster.holds()), (0, left), "{case}: {}", said.err);
        assert!(said.err.contains(expected), "{case}: {}", said.err);
    }
}

#[test]
fn nothing_goes_by_accident() {
    let data = || Cluster::installed().with(REMEDIATION, remediation(json!([])));
    let empty = Cluster::installed;
    let held = || Cluster::installed().with(LEASE, lease("2999-01-01T00:00:00.000000Z"));
    let stale = || Cluster::installed().with(LEASE, lease("2020-01-01T00:00:00.000000Z"));
    let (nothing, all_but_crds, everything) = ("nothing", "all but the types", "everything");
    type Begin<'a> = &'a dyn Fn() -> Cluster;
    #[rustfmt::skip]
    let table: Vec<(&str, Begin, &[&str], i32, &str, &str)> = vec![
        ("there is data",              &data,  &[],                                              6, "--delete-data --confirm cluster",          nothing),
        ("with the types kept",        &data,  &["--keep-crds"],                                 0, "",                                         all_but_crds),
        ("nobody to ask",              &data,  &["--delete-data"],                               7, "1 objects would be deleted for good",      nothing),
        ("another word",               &data,  &["--delete-data", "--confirm", "yes"],           7, "nothing was deleted",                      nothing),
        ("said twice",                 &data,  &["--delete-data", "--confirm", "cluster"],       0, "",                                         everything),
        ("all dry, in the server",     &data,  &["--delete-data", "--dry-run", "server"],        0, "",                                         nothing),
        ("all dry, in the client",     &data,  &["--delete-data", "--dry-run", "client"],        0, "",                                         nothing),
        ("dry, in the server",         &empty, &["--dry-run", "server"],                         0, "",                                         nothing),
        ("controllers at work",        &held,  &[],                                              6, "the-other holds the lease",                nothing),
        ("controllers long gone",      &stale, &[],                                              0, "",                                         everything),
        ("in spite of controllers",    &held,  &["--force"],                                     0, "warning: controllers are at work",         everything),
    ];
    for (case, begin, more, code, err, gone) in table {
        let cluster = begin();
        let before = cluster.holds();
        let said = cluster.does(&[&["uninstall", "--timeout=20s"], more].concat());
        assert_eq!(said.code, code, "{case}: {}{}", said.out, said.err);
        assert!(said.err.contains(err), "{case}: {}", said.err);
        let left: Vec<String> = cluster.holds().into_iter().filter(|path| path != LEASE).collect();
        match gone {
            "nothing" => assert_eq!(cluster.holds(), before, "{case}"),
            "everything" => assert_eq!(left, Vec::<String>::new(), "{case}"),
            _ => assert!(
                left.iter().all(|path| path.contains("customresourcedefinitions") || path == REMEDIATION) && left.len() == 11,
                "{case}: {left:?}"
            ),
        }
        let sent = cluster.writes();
        assert!(!more.contains(&"client") || sent.is_empty(), "{case}: {sent:?}");
    }
}

#[test]
fn only_our_own_finalizer_is_taken_off_and_only_of_what_was_seen() {
    let kept_by_both = json!(["kubernaut.ai/ledger", "somebody.example/else"]);
    let cluster = Cluster::installed().with(REMEDIATION, remediation(kept_by_both));
    cluster.does(&["uninstall", "--delete-data", "--confirm=cluster", "--timeout=20s"]);
    let patches: Vec<Value> =
        cluster.writes().into_iter().filter(|(asked, _)| asked.method == "PATCH").map(|(asked, _)| asked.body).collect();
    assert_eq!(patches[0]["metadata"], json!({"finalizers": ["somebody.example/else"], "resourceVersion": "5"}));
}

#[test]
fn what_is_missing_ends_a_check_with_four_and_a_wait_for_it_with_its_own_code() {
    let cluster = Cluster::new();
    for (words, code) in
        [(&["check", "--only", "crds"][..], 4), (&["check", "--only", "crds", "--wait", "1s"], 124), (&["check", "--only", "client"], 0)]
    {
        let said = cluster.does(words);
        assert_eq!(said.code, code, "{words:?}: {}{}", said.out, said.err);
    }
}

/// As much of a cluster as the controllers look at before they start.
fn to_run_on(may: bool, holder: &'static str) -> Server {
    Server::plain(move |asked| {
        Some(match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", path) if path.ends_with("/selfsubjectreviews") => user("alice"),
            ("POST", path) if path.ends_with("/selfsubjectaccessreviews") => {
                answered(201, &json!({"metadata": {}, "spec": {}, "status": {"allowed": may}}))
            }
            ("GET", "/apis/kubernaut.ai/v1alpha1") => answered(200, &served(asked)),
            ("GET", path) if path == LEASE && !holder.is_empty() => {
                let mut held = lease("2999-01-01T00:00:00.000000Z");
                held["spec"]["holderIdentity"] = holder.into();
                answered(200, &held)
            }
            ("PUT" | "POST", path) if path.contains("/leases") => answered(200, &asked.body),
            _ => return None,
        })
    })
}

fn served(_: &Asked) -> Value {
    let resource = |kind: Kind| json!({"name": kind.resource().plural, "singularName": "", "namespaced": true, "kind": "X", "verbs": []});
    let resources: Vec<Value> = Kind::ALL.into_iter().map(resource).collect();
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "kubernaut.ai/v1alpha1", "resources": resources})
}

#[test]
fn controllers_start_only_where_they_may_work_alone() {
    let bare = Cluster::new();
    let [ours, forbidden, held] = [to_run_on(true, ""), to_run_on(false, ""), to_run_on(true, "the-other")];
    #[rustfmt::skip]
    let table: Vec<(&str, &str, &[&str], i32, &str)> = vec![
        ("no types",                     &bare.address,      &[],                                        1,   "kubectl kubernaut install"),
        ("no rights",                    &forbidden.address, &[],                                        1,   "alice may not list workflowexecutions.kubernaut.ai in all namespaces"),
        ("the lease is to be taken",     &held.address,      &["--force-lease"],                         7,   "the-other holds the lease, and stops when it is taken"),
        ("nothing can be read",          &ours.address,      &["--sync-timeout=1s"],                     124, "could not be read in time"),
        ("the same without a lease",     &held.address,      &["--shadow", "--sync-timeout=1s"],         124, "could not be read in time"),
    ];
    for (case, address, more, code, err) in table {
        let said =
            said(plugin().args(["run-controllers", "--as-self", "-s", address]).args(more).timeout(std::time::Duration::from_secs(60)));
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{case}: {}", said.err);
        assert!(said.err.contains(err), "{case}: {}", said.err);
    }
    assert!(held.take().iter().all(|asked| asked.method == "GET" || asked.path.contains("selfsubject")), "nothing was written");
}
