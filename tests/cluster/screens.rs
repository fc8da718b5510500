//! Every screen of the command line, as a person sees it on a terminal, compared with the ones kept in `snapshots`.

mod kept;
mod plain;
mod story;
mod tables;
mod terminal;
mod world;

use crate::operate::{cluster, nothing_installed};
use crate::stage::{kubectl, succeeded};
use crate::support::a_cluster_more;
use futures::future::join_all;
use kubernaut::sandbox::Sandbox;
use std::collections::BTreeMap;
use std::sync::Mutex;
use terminal::Terminal;
use world::World;

/// The screens that were drawn, by name, and where.
struct Album {
    sandbox: &'static Sandbox,
    terminal: Terminal,
    screens: Mutex<BTreeMap<String, String>>,
}

impl Album {
    /// Types a command line, without the `kubectl kubernaut` before it, and keeps what is drawn.
    async fn shows(&self, name: &str, line: &str) {
        self.answers(name, line, &[]).await;
    }

    /// Types several, which do not change anything.
    async fn shows_all(&self, lines: &[(&str, String)]) {
        join_all(lines.iter().map(|(name, line)| self.shows(name, line))).await;
    }

    /// Types a command line, and then whenever a text has appeared, what belongs to it.
    async fn answers(&self, name: &str, line: &str, answers: &[(&str, &str)]) {
        let line = format!("kubectl kubernaut {line}");
        let drawn = self.terminal.answers(&line, answers).await;
        let code = if drawn.code == 0 { String::new() } else { format!("$ echo $?\n{}\n", drawn.code) };
        let screen = format!("$ {line}\n{}{code}", plain::plain(&drawn.text));
        assert_eq!(self.screens.lock().unwrap().insert(name.to_owned(), screen), None, "{name} is drawn twice");
    }

    /// What an admin does with kubectl.
    async fn kube(&self, words: &[&str]) {
        succeeded(&kubectl(self.sandbox, "admin", words).await);
    }
}

#[tokio::test]
async fn every_screen_is_the_one_that_is_kept() {
    let _turn = a_cluster_more().await;
    let sandbox = cluster().await;
    nothing_installed().await;
    let album = Album { sandbox, terminal: Terminal::of(sandbox, "alice", "payment").await, screens: Mutex::default() };
    story::installed(&album).await;
    let world = World::new(sandbox).await;
    story::told(&album, &world).await;
    world.thaw(&album).await;
    kept::compare(&album.screens.into_inner().unwrap());
}
