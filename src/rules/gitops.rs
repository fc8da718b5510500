//! Tells from labels and annotations which tool keeps an object as it is written elsewhere, and may so undo a change.

use std::collections::BTreeMap;

/// A tool that keeps an object as it is written elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// What it calls the thing that holds the object, for example `Argo CD application`.
    pub tool: String,
    /// Name of that thing; empty where nothing says it.
    pub name: String,
    /// Whether it looks again and again by itself, instead of when somebody releases.
    pub watches: bool,
}

type Words = BTreeMap<String, String>;

/// Who owns the object; the one that undoes soonest first.
pub fn owner(labels: &Words, annotations: &Words) -> Option<Owner> {
    let found = |words: &Words, key: &str| words.get(key).filter(|value| !value.is_empty()).cloned();
    let qualified = |name: String, namespace: Option<String>| namespace.map_or(name.clone(), |namespace| format!("{namespace}/{name}"));
    let owner = |tool: &str, name: String, watches: bool| Owner { tool: tool.to_owned(), name, watches };
    let managed = found(labels, "app.kubernetes.io/managed-by");
    let tracked = found(annotations, "argocd.argoproj.io/tracking-id").map(|id| id.split(':').next().unwrap_or_default().to_owned());
    if let Some(name) = tracked.or_else(|| found(labels, "argocd.argoproj.io/instance")) {
        return Some(owner("Argo CD application", name, true));
    }
    for (tool, group) in [("Flux Kustomization", "kustomize"), ("Flux HelmRelease", "helm")] {
        if let Some(name) = found(labels, &format!("{group}.toolkit.fluxcd.io/name")) {
            let namespace = found(labels, &format!("{group}.toolkit.fluxcd.io/namespace"));
            return Some(owner(tool, qualified(name, namespace), true));
        }
    }
    if let Some(name) = found(annotations, "meta.helm.sh/release-name") {
        return Some(owner("Helm release", qualified(name, found(annotations, "meta.helm.sh/release-namespace")), false));
    }
    match managed {
        // kubectl only writes when somebody types.
        Some(tool) if tool.eq_ignore_ascii_case("kubectl") => None,
        Some(tool) if tool.eq_ignore_ascii_case("helm") => Some(owner("Helm release", String::new(), false)),
        Some(tool) => Some(owner(&tool, String::new(), true)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_undo_a_change_is_known_by_its_marks() {
        let words = |text: &str| -> Words {
            let pairs = text.split(' ').filter_map(|pair| pair.split_once('='));
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        let argo = "argocd.argoproj.io/tracking-id=shop:apps/Deployment:payment/api";
        #[rustfmt::skip]
        let table = [
            ("nobody",                  "app=api",                                    "",                                  None),
            ("Argo CD",                 "",                                           argo,                                Some(("Argo CD application", "shop", true))),
            ("Argo CD by its label",    "argocd.argoproj.io/instance=shop",           "",                                  Some(("Argo CD application", "shop", true))),
            ("Argo CD before Helm",     "app.kubernetes.io/managed-by=Helm",          argo,                                Some(("Argo CD application", "shop", true))),
            ("Flux",                    "kustomize.toolkit.fluxcd.io/name=apps kustomize.toolkit.fluxcd.io/namespace=flux", "", Some(("Flux Kustomization", "flux/apps", true))),
            ("Flux with Helm",          "helm.toolkit.fluxcd.io/name=api",            "meta.helm.sh/release-name=api",     Some(("Flux HelmRelease", "api", true))),
            ("Helm",                    "app.kubernetes.io/managed-by=Helm",          "meta.helm.sh/release-name=api meta.helm.sh/release-namespace=pay", Some(("Helm release", "pay/api", false))),
            ("Helm, release unknown",   "app.kubernetes.io/managed-by=Helm",          "",                                  Some(("Helm release", "", false))),
            ("somebody else",           "app.kubernetes.io/managed-by=fleet",         "",                                  Some(("fleet", "", true))),
            ("kubectl undoes nothing",  "app.kubernetes.io/managed-by=kubectl",       "",                                  None),
            ("an empty mark",           "kustomize.toolkit.fluxcd.io/name=",          "argocd.argoproj.io/tracking-id=",   None),
        ];
        for (case, labels, annotations, expected) in table {
            let expected = expected.map(|(tool, name, watches)| Owner { tool: tool.to_owned(), name: name.to_owned(), watches });
            assert_eq!(owner(&words(labels), &words(annotations)), expected, "{case}");
        }
    }
}
