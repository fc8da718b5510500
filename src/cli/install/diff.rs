//! `install --diff`: what applying would change, as a unified diff.

use super::apply::{Applied, Change, How, apply, value};
use super::compare::written;
use super::objects::shown;
use crate::cli::connect::Connected;
use crate::cli::failure::Exit;
use crate::cli::output::text::is_dangerous;
use crate::cli::output::yaml::to_yaml;
use crate::cli::session::Session;
use kube::api::DynamicObject;
use similar::TextDiff;

/// Prints what would change. Ends with 0 when nothing would, and with 1 otherwise, as kubectl diff does.
///
/// # Errors
/// When the API server refuses to try.
pub async fn print(connected: &Connected, objects: &[DynamicObject], how: How, session: &Session) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for object in objects {
        let applied = apply(&connected.client, object, how).await?;
        if applied.change != Change::Unchanged {
            exit = Exit::Failed;
            session.voice.print(&painted(&unified(&shown(object), &applied)?, session.look.out.color))?;
        }
    }
    Ok(exit)
}

fn unified(name: &str, applied: &Applied) -> anyhow::Result<String> {
    let text = |object: &DynamicObject| to_yaml(&written(&value(object)));
    let before = applied.before.as_ref().map(text).transpose()?.unwrap_or_default();
    let after = text(&applied.after)?;
    let diff = TextDiff::from_lines(&before, &after);
    Ok(diff.unified_diff().context_radius(3).header(&format!("cluster/{name}"), &format!("install/{name}")).to_string())
}

fn painted(diff: &str, color: bool) -> String {
    let line = |line: &str| {
        let plain = console::Style::new().force_styling(color);
        let style = match line.chars().next() {
            Some('+') => plain.green(),
            Some('-') => plain.red(),
            Some('@') => plain.cyan(),
            _ => plain,
        };
        format!("{}\n", style.apply_to(harmless(line)))
    };
    diff.lines().map(line).collect()
}

/// What hides or moves is left out; what indents stays.
fn harmless(line: &str) -> String {
    console::strip_ansi_codes(line).chars().filter(|c| !is_dangerous(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn role(verbs: &[&str]) -> DynamicObject {
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": { "name": "x", "uid": "1", "managedFields": [] }, "rules": [{ "verbs": verbs }],
        });
        serde_json::from_value(role).unwrap()
    }

    #[test]
    fn a_difference_names_the_object_and_leaves_out_what_the_server_fills_in() {
        let applied = Applied { before: Some(role(&["get", "*"])), after: role(&["get"]), change: Change::Configured };
        let text = unified("clusterrole/x", &applied).unwrap();
        assert!(text.starts_with("--- cluster/clusterrole/x\n+++ install/clusterrole/x\n@@ "), "{text}");
        assert!(text.contains("\n-  - \"*\"\n"), "{text}");
        assert!(!text.contains("uid") && !text.contains("managedFields"), "{text}");
        assert_eq!(painted("   - a\u{1b}[31m\u{202e}\n", false), "   - a\n");
        assert!(!painted(&text, false).contains('\u{1b}') && painted(&text, true).contains('\u{1b}'));
    }
}
