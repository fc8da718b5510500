//! Where the routing tree comes from: a file, the ConfigMap of the cluster, or what is built in.

use crate::api::SYSTEM_NAMESPACE;
use crate::cli::failure::{Failure, Reason};
use crate::cli::paste;
use crate::cli::session::Session;
use crate::controllers::notification::ROUTING;
use crate::rules::routes::Tree;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A routing tree, and where it was found.
#[derive(Clone, Debug)]
pub struct Source {
    /// The tree.
    pub tree: Tree,
    /// For example `routing.yaml`.
    pub from: String,
}

/// Which routing tree is meant.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct TreeArgs {
    /// Routing file, or a whole Alertmanager configuration; without it the ConfigMap that run-controllers reads, else the built-in tree
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Contact no cluster
    #[arg(long)]
    pub offline: bool,
}

impl TreeArgs {
    /// The tree that is meant.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn find(&self, session: &Session) -> Result<Source, Failure> {
        if let Some(path) = &self.config {
            return Ok(Source { tree: of_file(path)?, from: path.display().to_string() });
        }
        let found = match self.offline {
            true => None,
            false => of_cluster(&session.connect()?.client).await?,
        };
        Ok(found.map_or_else(built_in, |tree| Source { tree, from: place() }))
    }
}

fn built_in() -> Source {
    let from = "built in; where the settings configure Slack, everything goes there, too".to_owned();
    Source { tree: Tree::built_in(&["console"]), from }
}

fn place() -> String {
    format!("configmap {SYSTEM_NAMESPACE}/{}", ROUTING.0)
}

/// The tree of a file; `-` is standard input.
///
/// # Errors
/// When it cannot be read, or Alertmanager would refuse it.
pub fn of_file(path: &Path) -> Result<Tree, Failure> {
    let mut text = String::new();
    let read = match path == Path::new("-") {
        true => std::io::stdin().lock().read_to_string(&mut text).map(drop),
        false => std::fs::read_to_string(path).map(|found| text = found),
    };
    let refused = |why: String| Failure::usage(format!("the routing tree cannot be used: {}: {why}", path.display()));
    read.map_err(|error| refused(error.to_string()))?;
    Tree::parse(&text).map_err(|error| refused(error.to_string()))
}

/// The tree of the cluster's ConfigMap, if there is one.
///
/// # Errors
/// When it cannot be read, or Alertmanager would refuse it.
pub async fn of_cluster(client: &Client) -> Result<Option<Tree>, Failure> {
    let (name, key) = ROUTING;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), SYSTEM_NAMESPACE);
    let found = maps.get_opt(name).await.map_err(|error| {
        let failure = Failure::from_kube(&error, &format!("read {}", place()));
        failure.hint(format!("name a routing file instead, or let  {}  give the right to read it", paste::ours("install")))
    })?;
    let Some(found) = found else { return Ok(None) };
    let unusable = |why: String| Failure::new(Reason::Internal, format!("the routing tree cannot be used: {}: {why}", place()));
    let data = found.data.unwrap_or_default();
    let text = data.get(key).ok_or_else(|| unusable(format!("it has no key {key}")))?;
    Tree::parse(text).map(Some).map_err(|error| unusable(error.to_string()))
}
