//! The rows of a table: each is made from its object, or from the API server's row, as it arrives, and nothing else is kept.

use super::columns::{Column, Moment};
use super::tables::{columns, served};
use super::wanted::Wanted;
use crate::cli::kinds::Kind;
use crate::cli::output::{LabelArgs, Seen, Table};
use crate::cli::read::streamed::Decoder;
use crate::cli::read::{self, CHUNK, Extent, Selection};
use kube::Client;
use kube::api::ListParams;
use serde_json::json;
use std::sync::Arc;

/// Which columns are shown, of which objects.
#[derive(Clone)]
pub struct Shape {
    /// The type.
    pub kind: Kind,
    /// With a column for the namespace.
    pub namespaces: bool,
    /// With more columns.
    pub wide: bool,
    /// Only the names, and none of the columns.
    pub names: bool,
    /// Columns of labels.
    pub labels: LabelArgs,
    /// Whether changes are followed afterwards, for which versions must be known.
    pub watched: bool,
    /// Of which objects.
    pub wanted: Wanted,
    /// When.
    pub moment: Moment,
}

/// One row, and whose it is.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The object's namespace, if it is known.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// The object's version, if it is known.
    pub version: String,
    cells: Vec<String>,
    /// The object's labels, where they are shown.
    labels: Option<Seen>,
}

/// Rows, and the version of the collection.
#[derive(Debug, Default)]
pub struct Rows {
    /// The rows, in the API server's order.
    pub rows: Vec<Row>,
    /// The version from which to watch on.
    pub version: String,
}

impl Shape {
    fn columns(&self) -> impl Iterator<Item = &'static Column> {
        let (wide, names) = (self.wide, self.names);
        columns(self.kind).iter().filter(move |column| !names && (wide || !column.wide))
    }

    /// The row of an object; none if it is not wanted.
    pub fn row(&self, seen: &Seen) -> Option<Row> {
        if !self.wanted.keeps(seen, self.moment.now) {
            return None;
        }
        let namespace = self.namespaces.then(|| seen.namespace().to_owned());
        let labels = self.labels.is_given().then(|| Seen(json!({"metadata": {"labels": seen.at("/metadata/labels")}})));
        Some(Row {
            namespace: seen.namespace().to_owned(),
            name: seen.name().to_owned(),
            version: if self.watched { seen.text("/metadata/resourceVersion").to_owned() } else { String::new() },
            cells: namespace.into_iter().chain(self.columns().map(|column| column.cell(seen, self.moment))).collect(),
            labels,
        })
    }

    /// A table of rows.
    pub fn table(&self, rows: impl IntoIterator<Item = Row>) -> Table {
        let headers: Vec<&str> =
            self.namespaces.then_some("NAMESPACE").into_iter().chain(self.columns().map(|column| column.header)).collect();
        let mut table = Table::new(&headers);
        for column in self.columns().filter(|column| column.prose) {
            table = table.with_free_text(column.header);
        }
        let mut labels = Vec::new();
        for row in rows {
            table.add(row.cells);
            labels.extend(row.labels);
        }
        if self.labels.is_given() {
            self.labels.add_to(&mut table, &labels);
        }
        table
    }

    fn extent(&self) -> Extent {
        if self.watched || self.labels.is_given() { Extent::RowAndMetadata } else { Extent::Row }
    }

    fn needs(&self) -> Vec<&'static str> {
        let columns = self.columns().flat_map(Column::needs).copied();
        let namespace = self.namespaces.then_some("/metadata/namespace");
        columns.chain(self.wanted.needs(self.kind)).chain(namespace).chain(["/metadata/name"]).collect()
    }
}

/// The rows of the selected objects: the API server's own, where its table has all that is shown, and else made from objects.
///
/// # Errors
/// The API server's answer.
pub async fn list(client: &Client, selection: &Selection, shape: &Arc<Shape>) -> Result<Rows, kube::Error> {
    if let Some(rows) = pages(client, selection, shape, shape.extent()).await? {
        return Ok(rows);
    }
    // No definition of ours has these columns, or an older one is installed.
    let chunk = if selection.chunk == 0 { CHUNK } else { selection.chunk };
    let rows = pages(client, &Selection { chunk, ..selection.clone() }, shape, Extent::Whole).await?;
    Ok(rows.unwrap_or_default())
}

async fn pages(client: &Client, selection: &Selection, shape: &Arc<Shape>, extent: Extent) -> Result<Option<Rows>, kube::Error> {
    let mut params = read::parameters(selection);
    let mut all = Rows::default();
    loop {
        let request = read::request(shape.kind, selection.namespace.as_deref(), &params, extent)?;
        let shape = Arc::clone(shape);
        let decoded = read::streamed(client, request, move |answer| {
            let (needs, served, mut rows) = (shape.needs(), served(shape.kind), Vec::new());
            let metadata = extent == Extent::RowAndMetadata;
            let mut each = |seen: Seen| rows.extend(shape.row(&seen));
            let page = Decoder { served: &served, needs: &needs, metadata, each: &mut each }.decode(answer)?;
            Ok((page, rows))
        });
        match decoded.await {
            Ok((page, _)) if page.lacks => return Ok(None),
            Ok((page, rows)) => {
                all.rows.extend(rows);
                all.version = page.version;
                if page.next.is_empty() {
                    return Ok(Some(all));
                }
                params.continue_token = Some(page.next);
            }
            // The next page is gone: everything anew, at once.
            Err(error) if read::is_too_old(&error) && params.continue_token.is_some() => {
                all = Rows::default();
                params = ListParams { continue_token: None, limit: None, ..params };
            }
            Err(error) => return Err(error),
        }
    }
}
