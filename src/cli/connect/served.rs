//! What a cluster that lacks our types serves instead, and what to do then. It is asked only once a request found them missing.

use crate::api::{GROUP, VERSION};
use crate::cli::failure::{Failure, Reason, UNKNOWN_TYPES};
use crate::cli::kinds::Kind;
use crate::cli::output::text::one_line;
use crate::cli::paste;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{APIGroup, APIGroupList};
use kube::Client;
use kube::core::Version;

/// A failure that says what is served, where it only says that our types are missing. Where nobody may ask, it stays as it is.
pub async fn explained(failure: Failure, client: &Client) -> Failure {
    if failure.reason != Reason::CrdMissing {
        return failure;
    }
    let Ok(groups) = client.list_api_groups().await else { return failure };
    let speaks = |group: &APIGroup| group.name == GROUP && group.versions.iter().any(|version| version.version == VERSION);
    let missing = match groups.groups.iter().any(speaks) {
        false => Kind::ALL.map(|kind| kind.resource().plural).to_vec(),
        true => match client.list_api_group_resources(&format!("{GROUP}/{VERSION}")).await {
            Ok(served) => {
                let all = Kind::ALL.into_iter().map(|kind| kind.resource().plural);
                all.filter(|plural| !served.resources.iter().any(|resource| resource.name == *plural)).collect()
            }
            Err(_) => return failure,
        },
    };
    told(failure, &groups, &missing)
}

/// The failure, given the groups that are served and our kinds that are not.
fn told(failure: Failure, groups: &APIGroupList, missing: &[String]) -> Failure {
    let ours = groups.groups.iter().find(|group| group.name == GROUP);
    let versions: Vec<&str> = ours.into_iter().flat_map(|group| &group.versions).map(|version| version.version.as_str()).collect();
    let install = paste::ours("install");
    let (said, hint) = match () {
        () if versions.is_empty() => {
            (format!("the API server serves no types of {GROUP}; this client speaks {VERSION}"), format!("install them with  {install}"))
        }
        () if !versions.contains(&VERSION) => {
            let said = format!("the API server serves {GROUP} as {}, and this client speaks {VERSION} only", versions.join(", "));
            let ahead = versions.iter().any(|other| Version::parse(other).priority() > Version::parse(VERSION).priority());
            match ahead {
                true => {
                    (said, "the cluster is ahead: take the plugin of its version, for example  kubectl krew upgrade kubernaut".to_owned())
                }
                false => (said, format!("the cluster is behind: bring it up to this client with  {install}")),
            }
        }
        () if missing.is_empty() => (
            format!("the API server answered \"404 page not found\", though it serves all types of {GROUP}/{VERSION}"),
            "see which request that was with  -v 6; what stands between here and the API server may answer for it".to_owned(),
        ),
        () => (
            format!("the API server serves {GROUP}/{VERSION} without {}", missing.join(", ")),
            format!("the installation is not whole: repair it with  {install}"),
        ),
    };
    let relatives = groups.groups.iter().filter(|group| group.name != GROUP && group.name.contains("kubernaut"));
    let relatives = relatives.map(|group| {
        let versions: Vec<&str> = group.versions.iter().map(|version| version.version.as_str()).collect();
        one_line(&format!("it serves {} ({}), which is not this client's", group.name, versions.join(", ")))
    });
    let message = one_line(&match failure.message.contains(UNKNOWN_TYPES) {
        true => failure.message.replace(UNKNOWN_TYPES, &said),
        false => format!("{}: {said}", failure.message),
    });
    let causes = failure.causes.iter().cloned().chain(relatives).collect();
    Failure { message, causes, hints: vec![hint], ..failure }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::Attempted;
    use crate::cli::read::{self, Selection};
    use crate::cli::scripted::{Answer, Script};
    use serde_json::{Value, json};

    fn group(name: &str, versions: &[&str]) -> Value {
        let version = |version: &str| json!({"groupVersion": format!("{name}/{version}"), "version": version});
        json!({"name": name, "versions": versions.iter().map(|text| version(text)).collect::<Vec<_>>()})
    }

    /// How a list of approvals fails on a server that serves these groups, and of our version all kinds but these.
    async fn failing(groups: Option<Vec<Value>>, without: &'static [&'static str]) -> (Failure, Vec<String>) {
        let script = Script::of(move |asked| match asked.path.as_str() {
            "/apis" => match &groups {
                Some(groups) => Answer::Json(200, json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})),
                None => Answer::Json(403, json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"})),
            },
            "/apis/kubernaut.ai/v1alpha1" => {
                let plurals = Kind::ALL.into_iter().map(|kind| kind.resource().plural).filter(|plural| !without.contains(&plural.as_str()));
                let resource = |name: String| json!({"name": name, "singularName": "", "namespaced": true, "kind": "X", "verbs": []});
                let resources: Vec<Value> = plurals.map(resource).collect();
                Answer::Json(200, json!({"kind": "APIResourceList", "groupVersion": "kubernaut.ai/v1alpha1", "resources": resources}))
            }
            _ => Answer::Text(404, "404 page not found\n".to_owned()),
        });
        let client = script.client();
        let listed = read::list(&client, Kind::Approval, &Selection::default()).await.attempted(|| "list approvals".to_owned());
        let failure = explained(listed.expect_err("a failure"), &client).await;
        (failure, script.calls().into_iter().map(|asked| asked.path).collect())
    }

    #[tokio::test]
    async fn a_failure_says_what_is_served_and_what_to_do() {
        #[rustfmt::skip]
        let table: Vec<(&str, Option<Vec<Value>>, &'static [&'static str], &str, &str)> = vec![
            ("nothing of ours",         Some(vec![group("apps", &["v1"])]),                           &[],
                "cannot list approvals: the API server serves no types of kubernaut.ai; this client speaks v1alpha1",
                "install them with  kubectl kubernaut install"),
            ("newer versions",          Some(vec![group("kubernaut.ai", &["v1", "v1beta1"])]),        &[],
                "cannot list approvals: the API server serves kubernaut.ai as v1, v1beta1, and this client speaks v1alpha1 only",
                "the cluster is ahead: take the plugin of its version, for example  kubectl krew upgrade kubernaut"),
            ("an older version",        Some(vec![group("kubernaut.ai", &["x"])]),                    &[],
                "cannot list approvals: the API server serves kubernaut.ai as x, and this client speaks v1alpha1 only",
                "the cluster is behind: bring it up to this client with  kubectl kubernaut install"),
            ("some kinds are missing",  Some(vec![group("kubernaut.ai", &["v1alpha1"])]),             &["aiapprovalrequests"],
                "cannot list approvals: the API server serves kubernaut.ai/v1alpha1 without aiapprovalrequests",
                "the installation is not whole: repair it with  kubectl kubernaut install"),
            ("all are there",           Some(vec![group("kubernaut.ai", &["v1alpha1"])]),             &[],
                "cannot list approvals: the API server answered \"404 page not found\", though it serves all types of kubernaut.ai/v1alpha1",
                "see which request that was with  -v 6; what stands between here and the API server may answer for it"),
            ("nobody may ask",          None,                                                         &[],
                "cannot list approvals: the API server does not know kubernaut's types",
                "install them with  kubectl kubernaut install"),
        ];
        for (case, groups, without, message, hint) in table {
            let (failure, _) = failing(groups, without).await;
            assert_eq!(
                (failure.reason, failure.message.as_str(), failure.hints),
                (Reason::CrdMissing, message, vec![hint.to_owned()]),
                "{case}"
            );
        }
        let (renamed, calls) = failing(Some(vec![group("kubernaut.io", &["v1"])]), &[]).await;
        assert_eq!(renamed.causes, ["it serves kubernaut.io (v1), which is not this client's"]);
        assert_eq!(calls, ["/apis/kubernaut.ai/v1alpha1/aiapprovalrequests", "/apis"]);
    }

    #[tokio::test]
    async fn other_failures_cost_no_question() {
        let script = Script::of(|asked| panic!("{}", asked.call()));
        let failure = Failure::new(Reason::NotFound, "x not found");
        assert_eq!(explained(failure.clone(), &script.client()).await, failure);
    }
}
