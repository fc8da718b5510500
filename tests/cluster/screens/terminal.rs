//! A person at a terminal of 80 columns, with kubectl and the plugin on the PATH.

use crate::pty;
use crate::support::PROGRAM;
use kubernaut::sandbox::Sandbox;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Its columns.
pub const COLUMNS: usize = 80;

/// Ctrl-C.
pub const INTERRUPT: &str = "\u{3}";

/// A terminal, and the folder that its person works in.
pub struct Terminal {
    folder: TempDir,
    path: String,
}

/// What was drawn, both streams together, and how the command ended.
pub struct Drawn {
    pub text: String,
    pub code: i32,
}

impl Terminal {
    /// A person of the sandbox, whose context names this namespace.
    pub async fn of(sandbox: &Sandbox, person: &str, namespace: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(sandbox.kubeconfig_path(), folder.path().join("config")).unwrap();
        let kubectl = sandbox.kubectl();
        let folders = [kubectl.parent().unwrap(), Path::new(PROGRAM).parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")];
        let path = std::env::join_paths(folders).unwrap().into_string().unwrap();
        let terminal = Self { folder, path };
        for words in ["kubectl config use-context", "kubectl config set-context --current --namespace"].iter().zip([person, namespace]) {
            assert_eq!(terminal.types(&format!("{} {}", words.0, words.1)).await.code, 0);
        }
        terminal
    }

    /// Puts a file where the person works.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Types a command line.
    pub async fn types(&self, line: &str) -> Drawn {
        self.answers(line, &[]).await
    }

    /// Types a command line, and then whenever a text has appeared, what belongs to it.
    pub async fn answers(&self, line: &str, answers: &[(&str, &str)]) -> Drawn {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("stty rows 50 cols {COLUMNS} echo; exec {line}")]).current_dir(self.folder.path()).env_clear();
        command.env("PATH", &self.path).env("HOME", self.folder.path()).env("KUBECONFIG", self.folder.path().join("config"));
        command.env("LANG", "C.UTF-8").env("TERM", "xterm").env("NO_COLOR", "1").env("TZ", "UTC");
        let answers: Vec<(String, String)> = answers.iter().map(|(text, keys)| ((*text).to_owned(), (*keys).to_owned())).collect();
        tokio::task::spawn_blocking(move || {
            let mut session = pty::spawn(command);
            let mut text = String::new();
            for (awaited, keys) in &answers {
                text += &session.exp_string(awaited).unwrap_or_else(|error| panic!("{awaited:?}: {error}"));
                text += awaited;
                session.send(keys).unwrap();
                session.flush().unwrap();
            }
            text += &session.exp_eof().unwrap();
            // It takes each byte for a letter.
            let bytes: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
            Drawn { text: String::from_utf8(bytes).unwrap().replace("\r\n", "\n"), code: pty::code(&session) }
        })
        .await
        .unwrap()
    }
}
