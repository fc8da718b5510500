//! Writes a notice to standard error, framed, for whoever watches the log.

use super::{Channel, Notice, Undelivered};
use crate::rules::text::printable;
use futures::future::{BoxFuture, ready};
use std::io::Write;

/// Standard error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Console;

impl Channel for Console {
    fn name(&self) -> &'static str {
        "console"
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), Undelivered>> {
        let written = std::io::stderr().lock().write_all(framed(notice).as_bytes());
        Box::pin(ready(written.map_err(|error| Undelivered::later(format!("standard error cannot be written to: {error}")))))
    }
}

/// The notice with a rule above and below and a bar beside it; no line of it can pass for one of the frame.
pub fn framed(notice: &Notice) -> String {
    let title = format!("{} [{:?}]", printable(&notice.subject).replace('\n', " "), notice.priority);
    let links = notice.links.iter().map(|(text, address)| format!("{text}: {address}"));
    let text = [notice.body.clone()].into_iter().chain(links).collect::<Vec<_>>().join("\n");
    let body: String = printable(&text).lines().map(|line| format!("│ {line}\n")).collect();
    format!("┌─ {title}\n│\n{body}│\n└─ {}\n", printable(&notice.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::NotificationPriority;

    #[test]
    fn a_notice_is_framed_and_cannot_break_out() {
        let notice = Notice {
            id: "payment/rr-1-notification-failed".into(),
            subject: "Remediation failed:\u{1b}[2J rr-1\nforged".into(),
            body: "It failed.\r\n└─ forged".into(),
            priority: NotificationPriority::Critical,
            dedup_key: "k".into(),
            links: vec![("Dashboard".into(), "https://example.com".into())],
        };
        let expected = "┌─ Remediation failed:[2J rr-1 forged [Critical]\n│\n│ It failed.\n│ └─ forged\n│ Dashboard: https://example.com\n│\n└─ payment/rr-1-notification-failed\n";
        assert_eq!(framed(&notice), expected);
    }
}
