//! Reads objects from the API server, as they are.

use super::kinds::Kind;
use super::output::Seen;
use kube::Client;
use kube::api::{GetParams, ListParams};
use kube::core::Request;
use serde_json::Value;

/// Which objects of a kind are wanted.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// One namespace; all when absent.
    pub namespace: Option<String>,
    /// Label selector.
    pub labels: Option<String>,
    /// Field selector.
    pub fields: Option<String>,
    /// How many objects one answer may hold; 0 means all.
    pub chunk: u32,
}

/// A list, and the version from which to watch on.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The objects.
    pub items: Vec<Seen>,
    /// Version of the collection.
    pub version: String,
}

/// One object as the server sends it.
///
/// # Errors
/// The API server's answer.
pub async fn get(client: &Client, kind: Kind, namespace: &str, name: &str) -> Result<Seen, kube::Error> {
    let request = Request::new(kind.path(Some(namespace))).get(name, &GetParams::default()).map_err(kube::Error::BuildRequest)?;
    client.request::<Value>(request).await.map(Seen)
}

/// One object, or `None` when there is none of that name.
///
/// # Errors
/// The API server's answer, unless it is that there is no such object.
pub async fn find(client: &Client, kind: Kind, namespace: &str, name: &str) -> Result<Option<Seen>, kube::Error> {
    match get(client, kind, namespace, name).await {
        Ok(seen) => Ok(Some(seen)),
        Err(error) if super::failure::is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All selected objects, chunk by chunk. Items carry `apiVersion` and `kind`, which lists leave out.
///
/// # Errors
/// The API server's answer.
pub async fn list(client: &Client, kind: Kind, selection: &Selection) -> Result<Listed, kube::Error> {
    let mut params = parameters(selection);
    let mut listed = Listed::default();
    loop {
        let request = Request::new(kind.path(selection.namespace.as_deref())).list(&params).map_err(kube::Error::BuildRequest)?;
        let mut page = client.request::<Value>(request).await?;
        let items = page.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
        listed.items.extend(items.into_iter().map(|item| typed(item, kind)));
        let page = Seen(page);
        page.text("/metadata/resourceVersion").clone_into(&mut listed.version);
        match page.text("/metadata/continue") {
            "" => return Ok(listed),
            token => params.continue_token = Some(token.to_owned()),
        }
    }
}

fn parameters(selection: &Selection) -> ListParams {
    ListParams {
        label_selector: selection.labels.clone(),
        field_selector: selection.fields.clone(),
        limit: Some(selection.chunk).filter(|chunk| *chunk > 0),
        ..ListParams::default()
    }
}

fn typed(mut item: Value, kind: Kind) -> Seen {
    let resource = kind.resource();
    if let Some(fields) = item.as_object_mut() {
        fields.entry("apiVersion").or_insert_with(|| resource.api_version.into());
        fields.entry("kind").or_insert_with(|| resource.kind.into());
    }
    Seen(item)
}

/// Names like `wanted` among those of the namespace, nearest first, at most three.
pub async fn near_names(client: &Client, kind: Kind, namespace: &str, wanted: &str) -> Vec<String> {
    let here = Selection { namespace: Some(namespace.to_owned()), ..Selection::default() };
    let names = list(client, kind, &here).await.map(|listed| listed.items).unwrap_or_default();
    let mut ranked: Vec<(usize, String)> = names.iter().map(|seen| (distance(wanted, seen.name()), seen.name().to_owned())).collect();
    ranked.retain(|(far, name)| *far <= wanted.len().max(name.len()) / 2 || name.contains(wanted));
    ranked.sort();
    ranked.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Namespaces other than `namespace` that have an object of this name, as far as they may be seen.
pub async fn elsewhere(client: &Client, kind: Kind, namespace: &str, name: &str) -> Vec<String> {
    let anywhere = Selection { fields: Some(format!("metadata.name={name}")), ..Selection::default() };
    let found = list(client, kind, &anywhere).await.map(|listed| listed.items).unwrap_or_default();
    found.iter().filter(|seen| seen.name() == name && seen.namespace() != namespace).map(|seen| seen.namespace().to_owned()).collect()
}

/// Number of single-character edits from one text to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((above, diagonal), right) in row.iter().skip(1).zip(&row).zip(&b) {
            let before = next.last().copied().unwrap_or_default();
            next.push((above + 1).min(before + 1).min(diagonal + usize::from(left != *right)));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn names_are_as_far_apart_as_their_edits() {
        for (a, b, expected) in [("", "", 0), ("abc", "abc", 0), ("abc", "abd", 1), ("kitten", "sitting", 3), ("", "ab", 2)] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
