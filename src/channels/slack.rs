//! Posts a notice to a Slack incoming webhook. The webhook's address is a credential: it is read when it is needed and shown nowhere.

use super::{Channel, Notice, Undelivered};
use crate::rules::text::{bounded, printable};
use futures::future::BoxFuture;
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, Url};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Slack's limits: characters of a header, of a section, of the fallback; blocks above a total of about 13,000 are refused.
const LONGEST_HEADER: usize = 150;
const LONGEST_SECTION: usize = 2900;
const LONGEST_TEXT: usize = 4000;
const MOST_SECTIONS: usize = 4;
/// As much of an answer as is read and told.
const LONGEST_ANSWER: usize = 200;

/// A Slack incoming webhook.
#[derive(Clone, Debug)]
pub struct Slack {
    webhook_url_file: PathBuf,
    http: reqwest::Client,
}

impl Slack {
    /// A webhook whose address is in this file. A TLS provider must be installed before.
    pub fn new(webhook_url_file: PathBuf) -> Result<Self, String> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build();
        let http = http.map_err(|error| format!("could not set up TLS for Slack: {error}"))?;
        Ok(Self { webhook_url_file, http })
    }

    /// The same webhook with less patience.
    pub fn with_timeout(self, timeout: Duration) -> Result<Self, String> {
        let http = reqwest::Client::builder().timeout(timeout).redirect(Policy::none()).build();
        Ok(Self { http: http.map_err(|error| format!("could not set up TLS for Slack: {error}"))?, ..self })
    }

    async fn address(&self) -> Result<Url, Undelivered> {
        let file = self.webhook_url_file.display();
        let text = tokio::fs::read_to_string(&self.webhook_url_file).await;
        let text = text.map_err(|error| Undelivered::later(format!("the webhook's address cannot be read from {file}: {error}")))?;
        let address = Url::parse(text.trim()).ok().filter(is_safe);
        address
            .ok_or_else(|| Undelivered::later(format!("{file} holds no https address; put the address of Slack's incoming webhook there")))
    }

    async fn post(&self, notice: &Notice) -> Result<(), Undelivered> {
        let address = self.address().await?;
        let sent = self.http.post(address.clone()).json(&message(notice)).send().await;
        let answer = match sent {
            Ok(response) => verdict(response).await,
            Err(error) => Err(Undelivered::later(unsent(error))),
        };
        answer.map_err(|undelivered| Undelivered { why: redacted(&undelivered.why, &address), ..undelivered })
    }
}

impl Channel for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), Undelivered>> {
        Box::pin(self.post(notice))
    }
}

/// The address may only travel encrypted, or not at all.
fn is_safe(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    let is_local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    address.scheme() == "https" || (address.scheme() == "http" && is_local)
}

fn unsent(error: reqwest::Error) -> String {
    let error = error.without_url();
    match (error.is_timeout(), error.is_connect()) {
        (true, _) => "Slack did not answer in time".to_owned(),
        (_, true) => "Slack cannot be reached; check the name and the way out of the cluster".to_owned(),
        _ => format!("the request to Slack broke off: {error}"),
    }
}

async fn verdict(mut response: Response) -> Result<(), Undelivered> {
    let status = response.status();
    let retry_after = retry_after(&response);
    let text = start_of(&mut response).await;
    let may_change = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) || status.is_server_error();
    match (status, text) {
        (StatusCode::OK, Some(text)) if text.trim() == "ok" => Ok(()),
        (StatusCode::OK, None) => Err(Undelivered::later("Slack's answer broke off")),
        (_, text) if may_change => Err(Undelivered { retry_after, ..Undelivered::later(said(status, &text.unwrap_or_default())) }),
        (_, text) => Err(Undelivered::never(said(status, &text.unwrap_or_default()))),
    }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(http::header::RETRY_AFTER)?;
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The beginning of an answer; none when it broke off.
async fn start_of(response: &mut Response) -> Option<String> {
    let mut bytes: Vec<u8> = vec![];
    while let Some(chunk) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST_ANSWER * 4 {
            break;
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn said(status: StatusCode, text: &str) -> String {
    format!("Slack answered {}: {}", status.as_u16(), bounded(&printable(text.trim()).replace('\n', " "), LONGEST_ANSWER))
}

/// Removes the address, and its secret part, wherever somebody echoed it.
fn redacted(why: &str, address: &Url) -> String {
    let secret = address.path().trim_matches('/');
    let parts = [address.as_str(), secret].into_iter().chain(secret.split('/').filter(|part| part.len() > 4));
    parts.filter(|part| !part.is_empty()).fold(why.to_owned(), |why, part| why.replace(part, "<address>"))
}

/// The message: a header, the body in sections, where to read on, and a fallback for notifications.
pub fn message(notice: &Notice) -> Value {
    let subject = printable(&notice.subject).replace('\n', " ");
    let header = bounded_escaped(&subject, LONGEST_HEADER);
    let mut blocks = vec![json!({ "type": "header", "text": { "type": "plain_text", "text": header, "emoji": true } })];
    let links: String = notice.links.iter().map(|(text, address)| format!("\n{text}: {address}")).collect();
    let (chunks, is_cut) = chunks(&printable(&format!("{}{links}", notice.body)));
    blocks.extend(chunks.into_iter().map(section));
    if is_cut {
        let (namespace, name) = notice.id.split_once('/').unwrap_or_default();
        blocks.push(section(format!("… read on: `kubectl get nr {name} -n {namespace} -o jsonpath='{{.spec.body}}'`")));
    }
    json!({ "text": bounded_escaped(&subject, LONGEST_TEXT), "blocks": blocks })
}

fn section(text: String) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

/// The text in escaped pieces that fit into a section each, cut between lines where possible, and whether something was left out.
fn chunks(text: &str) -> (Vec<String>, bool) {
    let mut pieces: Vec<String> = vec![];
    for line in text.lines().flat_map(short_lines) {
        match pieces.last_mut().filter(|last| last.chars().count() + line.chars().count() < LONGEST_SECTION) {
            Some(last) => *last = format!("{last}\n{line}"),
            None => pieces.push(line),
        }
    }
    let is_cut = pieces.len() > MOST_SECTIONS;
    pieces.truncate(MOST_SECTIONS);
    pieces.retain(|piece| !piece.trim().is_empty());
    (pieces, is_cut)
}

/// The line, escaped, in pieces that fit into a section; no entity is cut in two.
fn short_lines(line: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut length = 0;
    for escaped in line.chars().map(escaped) {
        if length + escaped.len() > LONGEST_SECTION - 1 {
            pieces.push(String::new());
            length = 0;
        }
        length += escaped.chars().count();
        if let Some(last) = pieces.last_mut() {
            last.push_str(&escaped);
        }
    }
    pieces
}

fn bounded_escaped(text: &str, most: usize) -> String {
    let mut kept = String::new();
    let mut length = 0;
    for escaped in text.chars().map(escaped) {
        length += escaped.chars().count();
        if length > most - 1 {
            return format!("{kept}…");
        }
        kept.push_str(&escaped);
    }
    kept
}

fn escaped(c: char) -> String {
    match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        other => other.to_string(),
    }
}
