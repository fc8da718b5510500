//! The text form and the machine form of a failure.

use super::Failure;
use crate::cli::output::Document;
use crate::cli::output::text::{escaped_json, many_lines, one_line};
use serde_json::{Value, json};

impl Failure {
    /// `Error: …`, then causes and hints, a line each. What the API server said over several lines is indented, so that none passes for ours.
    pub fn as_text(&self, color: bool) -> String {
        let head = console::style("Error:").red().bold().force_styling(color);
        let causes = self.causes.iter().map(|cause| format!("Caused by: {}", one_line(cause)));
        let hints = self.hints.iter().map(|hint| format!("Hint: {}", one_line(hint)));
        std::iter::once(format!("{head} {}", many_lines(&self.message).replace('\n', "\n  ")))
            .chain(causes)
            .chain(hints)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// One JSON object on one line.
    pub fn as_json(&self) -> String {
        let mut form = json!({
            "apiVersion": crate::cli::OUTPUT_VERSION, "kind": Document::Error, "reason": self.reason, "message": self.message,
            "exitCode": self.exit as u8, "causes": self.causes, "hints": self.hints, "server": self.server,
        });
        if let (Some(object), Some(fields)) = (&self.object, form.as_object_mut()) {
            fields.insert("object".to_owned(), Value::from(object.as_str()));
        }
        escaped_json(&form.to_string())
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::failure::{Failure, Reason};

    fn expired() -> Failure {
        let failure = Failure::new(Reason::Expired, "cannot approve payment/x: it expired 3m ago").about("payment/x");
        failure.because("approval window was 15m\u{1b}[31m").hint("see  kubectl kubernaut status")
    }

    #[test]
    fn the_text_form_has_a_line_each() {
        let text = expired().as_text(false);
        assert_eq!(
            text,
            "Error: cannot approve payment/x: it expired 3m ago\nCaused by: approval window was 15m\nHint: see  kubectl kubernaut status"
        );
        assert!(expired().as_text(true).contains("\u{1b}[31m"));
    }

    #[test]
    fn no_line_of_the_server_passes_for_one_of_ours() {
        let text = Failure::new(Reason::Internal, "no\nHint: run  rm -rf /").as_text(false);
        assert_eq!(text, "Error: no\n  Hint: run  rm -rf /");
    }

    #[test]
    fn the_machine_form_is_one_documented_object() {
        let form: serde_json::Value = serde_json::from_str(&expired().as_json()).expect("json");
        assert_eq!(form["apiVersion"], "cli.kubernaut.ai/v1alpha1");
        assert_eq!((&form["kind"], &form["reason"], &form["exitCode"]), (&"Error".into(), &"Expired".into(), &6.into()));
        assert_eq!(form["object"], "payment/x");
        assert!(form["server"].is_null());
    }
}
