//! Reads objects from the API server, as they are, or only as much of them as a table shows.

pub mod changes;
pub mod streamed;
pub mod watch;

use super::kinds::Kind;
use super::output::Seen;
use futures::io::{AsyncRead, AsyncReadExt};
use http::{HeaderValue, header};
use kube::Client;
use kube::api::{GetParams, ListParams};
use kube::core::Request;
use serde_json::Value;
use std::io;
use std::pin::Pin;
use streamed::Decoder;
use tokio::runtime::Handle;

/// Asks for a table, and takes objects from a server that makes none.
const TABLE: HeaderValue = HeaderValue::from_static("application/json;as=Table;v=v1;g=meta.k8s.io,application/json");

/// How many objects are asked for at once where nothing else is said.
pub const CHUNK: u32 = 500;

/// How many small requests go on at a time.
pub const AT_A_TIME: usize = 8;

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

/// How much of each object is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    Whole,
    /// The row of the API server's table.
    Row,
    /// The row, and the object's metadata.
    RowAndMetadata,
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
    let mut chunks = Chunks::new(client, kind, selection);
    let mut items = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        items.extend(chunk);
    }
    Ok(Listed { items, version: chunks.version })
}

/// The selected objects, one chunk after the other; the next one is fetched when it is asked for.
///
/// When the server no longer knows where the next chunk begins, the rest is fetched at once: nothing comes twice.
pub struct Chunks<'a> {
    /// Version of the collection, once a chunk has come.
    pub version: String,
    client: &'a Client,
    kind: Kind,
    selection: &'a Selection,
    params: ListParams,
    last: Option<String>,
    is_over: bool,
}

impl<'a> Chunks<'a> {
    /// Nothing is fetched yet.
    pub fn new(client: &'a Client, kind: Kind, selection: &'a Selection) -> Self {
        Self { version: String::new(), client, kind, selection, params: parameters(selection), last: None, is_over: false }
    }

    /// The next chunk; `None` after the last one.
    ///
    /// # Errors
    /// The API server's answer.
    pub async fn next(&mut self) -> Result<Option<Vec<Seen>>, kube::Error> {
        if self.is_over {
            return Ok(None);
        }
        let mut page = self.page().await?;
        let items = page.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
        let items = items.into_iter().map(|item| typed(item, self.kind));
        // Lists are in the order of the keys.
        let goes_on = self.params.continue_token.is_some();
        let items: Vec<Seen> = items.filter(|seen| goes_on || self.last.as_ref().is_none_or(|last| key(seen) > *last)).collect();
        self.last = items.last().map(key).or(self.last.take());
        let page = Seen(page);
        page.text("/metadata/resourceVersion").clone_into(&mut self.version);
        self.params.continue_token = Some(page.text("/metadata/continue").to_owned()).filter(|token| !token.is_empty());
        self.is_over = self.params.continue_token.is_none();
        Ok(Some(items))
    }

    async fn page(&mut self) -> Result<Value, kube::Error> {
        loop {
            let request = request(self.kind, self.selection.namespace.as_deref(), &self.params, Extent::Whole)?;
            match self.client.request::<Value>(request).await {
                Err(error) if is_too_old(&error) && self.params.continue_token.is_some() => {
                    self.params.continue_token = None;
                    self.params.limit = None;
                }
                page => return page,
            }
        }
    }
}

/// The version of a collection now.
///
/// # Errors
/// The API server's answer.
pub async fn version(client: &Client, kind: Kind, selection: &Selection) -> Result<String, kube::Error> {
    let params = ListParams { limit: Some(1), ..parameters(selection) };
    let request = request(kind, selection.namespace.as_deref(), &params, Extent::Row)?;
    let decode = |answer: &mut dyn io::Read| Decoder { served: &[], needs: &[], metadata: false, each: &mut |_| {} }.decode(answer);
    streamed(client, request, decode).await.map(|page| page.version)
}

/// `namespace/name`, as the API server orders objects.
pub fn key(seen: &Seen) -> String {
    format!("{}/{}", seen.namespace(), seen.name())
}

/// Whether the server no longer knows a version, or where a page begins.
pub fn is_too_old(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 410)
}

/// Parameters that select the same; the first chunk of them.
pub fn parameters(selection: &Selection) -> ListParams {
    ListParams {
        label_selector: selection.labels.clone(),
        field_selector: selection.fields.clone(),
        limit: Some(selection.chunk).filter(|chunk| *chunk > 0),
        ..ListParams::default()
    }
}

/// A request for one page.
///
/// # Errors
/// When the parameters make none.
pub fn request(kind: Kind, namespace: Option<&str>, params: &ListParams, extent: Extent) -> Result<http::Request<Vec<u8>>, kube::Error> {
    request_at(kind.path(namespace), params, extent)
}

/// The same for the collection at a path.
///
/// # Errors
/// When the parameters make none.
pub fn request_at(path: String, params: &ListParams, extent: Extent) -> Result<http::Request<Vec<u8>>, kube::Error> {
    let mut request = Request::new(path).list(params).map_err(kube::Error::BuildRequest)?;
    let included = match extent {
        Extent::Whole => return Ok(request),
        Extent::Row => "None",
        Extent::RowAndMetadata => "Metadata",
    };
    let invalid = |error: http::uri::InvalidUri| kube::Error::HttpError(error.into());
    *request.uri_mut() = format!("{}&includeObject={included}", request.uri()).parse().map_err(invalid)?;
    request.headers_mut().insert(header::ACCEPT, TABLE);
    Ok(request)
}

/// Sends a request and decodes the answer while it arrives, on a thread that may wait.
///
/// # Errors
/// The API server's answer, or that it broke off.
pub async fn streamed<T: Send + 'static>(
    client: &Client,
    request: http::Request<Vec<u8>>,
    decode: impl FnOnce(&mut dyn io::Read) -> serde_json::Result<T> + Send + 'static,
) -> Result<T, kube::Error> {
    let body = Box::pin(client.request_stream(request).await?);
    let mut arriving = io::BufReader::with_capacity(1 << 16, Arriving { body, runtime: Handle::current() });
    let decoded = tokio::task::spawn_blocking(move || decode(&mut arriving)).await;
    let decoded = decoded.map_err(|stopped| kube::Error::ReadEvents(io::Error::other(stopped)))?;
    decoded.map_err(|wrong| if wrong.is_io() { kube::Error::ReadEvents(wrong.into()) } else { kube::Error::SerdeError(wrong) })
}

/// A body that is read by waiting for it.
struct Arriving<R> {
    body: Pin<Box<R>>,
    runtime: Handle,
}

impl<R: AsyncRead> io::Read for Arriving<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.runtime.block_on(self.body.read(buffer))
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

/// Namespaces and names of the selected objects, and nothing else of them; none where they may not be read.
async fn names(client: &Client, kind: Kind, selection: &Selection) -> Vec<(String, String)> {
    let params = parameters(selection);
    // In one namespace, the name is all there is to know.
    let extent = if selection.namespace.is_some() { Extent::Row } else { Extent::RowAndMetadata };
    let Ok(request) = request(kind, selection.namespace.as_deref(), &params, extent) else { return Vec::new() };
    let read = streamed(client, request, |body| {
        let mut found = Vec::new();
        let mut each = |seen: Seen| found.push((seen.namespace().to_owned(), seen.name().to_owned()));
        Decoder { served: &[("Name", "/metadata/name")], needs: &["/metadata/name"], metadata: true, each: &mut each }.decode(body)?;
        Ok(found)
    });
    read.await.unwrap_or_default()
}

/// Names like `wanted` among those of the namespace, nearest first, at most three.
pub async fn near_names(client: &Client, kind: Kind, namespace: &str, wanted: &str) -> Vec<String> {
    let here = Selection { namespace: Some(namespace.to_owned()), ..Selection::default() };
    nearest(wanted, names(client, kind, &here).await.into_iter().map(|(_, name)| name))
}

/// Those of the names that are like `wanted`, nearest first, at most three.
pub fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut ranked: Vec<(usize, String)> = names.map(|name| (distance(wanted, &name), name)).collect();
    ranked.retain(|(far, name)| *far <= wanted.len().max(name.len()) / 2 || name.contains(wanted));
    ranked.sort();
    ranked.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Namespaces other than `namespace` that have an object of this name, as far as they may be seen.
pub async fn elsewhere(client: &Client, kind: Kind, namespace: &str, name: &str) -> Vec<String> {
    let anywhere = Selection { fields: Some(format!("metadata.name={name}")), ..Selection::default() };
    let found = names(client, kind, &anywhere).await.into_iter();
    found.filter(|(there, found)| found == name && there != namespace).map(|(there, _)| there).collect()
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
