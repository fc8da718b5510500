//! Compares screens with the ones that are kept in the repository. `UPDATE=1`, as in `make screens`, writes them anew.

use similar::TextDiff;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

const FOLDER: &str = "tests/cluster/snapshots";

/// Fails unless every screen is the one that is kept under its name, and none is kept besides; or writes them.
pub fn compare(screens: &BTreeMap<String, String>) {
    if env::var_os("UPDATE").is_some() {
        gone(screens).iter().for_each(|path| fs::remove_file(path).unwrap());
        screens.iter().for_each(|(name, screen)| fs::write(path(name), screen).unwrap());
    }
    let differ = screens.iter().map(|(name, screen)| difference(name, screen)).filter(|difference| !difference.is_empty());
    let differ: Vec<String> = differ.chain(gone(screens).iter().map(|path| format!("{}: nobody draws it", path.display()))).collect();
    assert!(differ.is_empty(), "look at these, and keep them with `make screens`:\n{}", differ.join("\n"));
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(FOLDER).join(format!("{name}.txt"))
}

fn difference(name: &str, screen: &str) -> String {
    let kept = fs::read_to_string(path(name)).unwrap_or_default();
    TextDiff::from_lines(kept.as_str(), screen).unified_diff().header(&format!("{name}.txt"), "drawn now").to_string()
}

/// What is kept of screens that are not drawn any more.
fn gone(screens: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let files = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let is_screen = |path: &PathBuf| fs::read_to_string(path).unwrap().starts_with("$ kubectl kubernaut");
    let is_drawn = |path: &PathBuf| path.file_stem().is_some_and(|name| screens.contains_key(name.to_str().unwrap()));
    files.filter(|path| is_screen(path) && !is_drawn(path)).collect()
}
